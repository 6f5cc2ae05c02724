/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device tree of a VTL, a function a node: see fdt.h.
 * Bindings: Linux, Documentation/devicetree/bindings (named at each node).
 */
#include "emu/fdt.h"

#include <libfdt.h>
#include <string.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "vtl/partition.h"
#include "vtl/vmbus-protocol.h"

#define PHANDLE_GIC 1
#define PHANDLE_CLOCK 2

/* Interrupt specifiers (interrupt-controller/arm,gic-v3.yaml). */
#define GIC_SPI 0
#define GIC_PPI 1
#define IRQ_LEVEL_HIGH 4
#define IRQ_LEVEL_LOW 8

/* openhcl,memory-type (OpenVMM, loader_defs/src/shim.rs, MemoryVtlType). */
#define OPENHCL_MEMORY_VTL0 0
#define OPENHCL_MEMORY_VTL2 1

/* PL011's reference clock; any plausible rate serves a UART without wires. */
#define UART_CLOCK_HZ 24000000

/* A tree in the making; the first error sticks. */
struct writer {
    void *tree;
    int error;
};

static void check(struct writer *writer, int result)
{
    if (!writer->error)
        writer->error = result;
}

static void begin(struct writer *writer, const char *name)
{
    check(writer, fdt_begin_node(writer->tree, name));
}

static void end(struct writer *writer)
{
    check(writer, fdt_end_node(writer->tree));
}

static void put_empty(struct writer *writer, const char *name)
{
    check(writer, fdt_property(writer->tree, name, NULL, 0));
}

static void put_string(struct writer *writer, const char *name, const char *value)
{
    check(writer, fdt_property_string(writer->tree, name, value));
}

static void put_cells(struct writer *writer, const char *name, const uint32_t *cells, size_t count)
{
    uint32_t big_endian[16];

    g_assert(count <= G_N_ELEMENTS(big_endian));
    for (size_t i = 0; i < count; i++)
        big_endian[i] = cpu_to_fdt32(cells[i]);
    check(writer, fdt_property(writer->tree, name, big_endian, (int)(count * sizeof(uint32_t))));
}

#define PUT_CELLS(writer, name, ...)                                                               \
    put_cells(writer, name, (const uint32_t[]){__VA_ARGS__},                                       \
              sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* The two cells of a 64-bit number. */
#define U64_CELLS(value) (uint32_t)((uint64_t)(value) >> 32), (uint32_t)(value)

/* chosen.yaml (dtschema); linux,initrd-* as the kernel's boot protocol has it */
static void add_chosen(struct writer *writer, const struct fdt_config *config)
{
    begin(writer, "chosen");
    put_string(writer, "bootargs", config->command_line ? config->command_line : "");
    put_string(writer, "stdout-path", "/pl011@9000000");
    if (config->initrd_size) {
        PUT_CELLS(writer, "linux,initrd-start", U64_CELLS(config->initrd_base));
        PUT_CELLS(writer, "linux,initrd-end", U64_CELLS(config->initrd_base + config->initrd_size));
    }
    end(writer);
}

static void add_memory(struct writer *writer, const struct fdt_config *config)
{
    g_autofree char *name = g_strdup_printf("memory@%" G_GINT64_MODIFIER "x", config->memory_base);

    begin(writer, name);
    put_string(writer, "device_type", "memory");
    PUT_CELLS(writer, "reg", U64_CELLS(config->memory_base), U64_CELLS(config->memory_size));
    end(writer);
}

/* arm/cpus.yaml */
static void add_cpu(struct writer *writer, uint64_t mpidr)
{
    g_autofree char *name = g_strdup_printf("cpu@%" G_GINT64_MODIFIER "x", mpidr);

    begin(writer, name);
    put_string(writer, "device_type", "cpu");
    put_string(writer, "compatible", "arm,armv8");
    put_string(writer, "enable-method", "psci");
    PUT_CELLS(writer, "reg", U64_CELLS(mpidr));
    end(writer);
}

static void add_cpus(struct writer *writer, const struct fdt_config *config)
{
    begin(writer, "cpus");
    PUT_CELLS(writer, "#address-cells", 2);
    PUT_CELLS(writer, "#size-cells", 0);
    for (unsigned i = 0; i < config->cpus; i++)
        add_cpu(writer, config->mpidr[i]);
    end(writer);
}

/* arm/psci.yaml; ids are those of PSCI 0.2 and later */
static void add_psci(struct writer *writer, const struct fdt_config *config)
{
    static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";
    size_t skip = config->psci_0_2 ? strlen(compatible) + 1 : 0;

    begin(writer, "psci");
    check(writer, fdt_property(writer->tree, "compatible", compatible + skip,
                               (int)(sizeof(compatible) - skip)));
    put_string(writer, "method", "hvc");
    end(writer);
}

/* interrupt-controller/arm,gic-v3.yaml */
static void add_gic(struct writer *writer, unsigned cpus)
{
    begin(writer, "interrupt-controller@8000000");
    put_string(writer, "compatible", "arm,gic-v3");
    put_empty(writer, "interrupt-controller");
    PUT_CELLS(writer, "#interrupt-cells", 3);
    PUT_CELLS(writer, "#address-cells", 0);
    PUT_CELLS(writer, "reg", U64_CELLS(LAYOUT_GICD_BASE), U64_CELLS(LAYOUT_GICD_SIZE),
              U64_CELLS(LAYOUT_GICR_BASE), U64_CELLS(LAYOUT_GICR_SIZE * cpus));
    PUT_CELLS(writer, "phandle", PHANDLE_GIC);
    end(writer);
}

/* timer/arm,arch_timer.yaml: secure, physical, virtual, hypervisor */
static void add_timer(struct writer *writer)
{
    begin(writer, "timer");
    put_string(writer, "compatible", "arm,armv8-timer");
    put_empty(writer, "always-on");
    PUT_CELLS(writer, "interrupts", GIC_PPI, LAYOUT_PPI_TIMER_SECURE, IRQ_LEVEL_LOW, GIC_PPI,
              LAYOUT_PPI_TIMER_PHYSICAL, IRQ_LEVEL_LOW, GIC_PPI, LAYOUT_PPI_TIMER_VIRTUAL,
              IRQ_LEVEL_LOW, GIC_PPI, LAYOUT_PPI_TIMER_HYPERVISOR, IRQ_LEVEL_LOW);
    end(writer);
}

/* clock/fixed-clock.yaml */
static void add_clock(struct writer *writer)
{
    begin(writer, "apb-clock");
    put_string(writer, "compatible", "fixed-clock");
    PUT_CELLS(writer, "#clock-cells", 0);
    PUT_CELLS(writer, "clock-frequency", UART_CLOCK_HZ);
    PUT_CELLS(writer, "phandle", PHANDLE_CLOCK);
    end(writer);
}

/* serial/pl011.yaml */
static void add_uart(struct writer *writer)
{
    static const char compatible[] = "arm,pl011\0arm,primecell";
    static const char clocks[] = "uartclk\0apb_pclk";

    begin(writer, "pl011@9000000");
    check(writer, fdt_property(writer->tree, "compatible", compatible, sizeof(compatible)));
    PUT_CELLS(writer, "reg", U64_CELLS(LAYOUT_UART_BASE), U64_CELLS(LAYOUT_UART_SIZE));
    PUT_CELLS(writer, "interrupts", GIC_SPI, LAYOUT_UART_SPI, IRQ_LEVEL_HIGH);
    PUT_CELLS(writer, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
    check(writer, fdt_property(writer->tree, "clock-names", clocks, sizeof(clocks)));
    end(writer);
}

/* rtc/arm,pl031.yaml */
static void add_rtc(struct writer *writer)
{
    static const char compatible[] = "arm,pl031\0arm,primecell";

    begin(writer, "pl031@9020000");
    check(writer, fdt_property(writer->tree, "compatible", compatible, sizeof(compatible)));
    PUT_CELLS(writer, "reg", U64_CELLS(LAYOUT_RTC_BASE), U64_CELLS(LAYOUT_RTC_SIZE));
    PUT_CELLS(writer, "interrupts", GIC_SPI, LAYOUT_RTC_SPI, IRQ_LEVEL_HIGH);
    PUT_CELLS(writer, "clocks", PHANDLE_CLOCK);
    put_string(writer, "clock-names", "apb_pclk");
    end(writer);
}

/* arm/hypervisor.yaml, as on Hyper-V itself; Linux detects us by the vendor UID */
static void add_hypervisor(struct writer *writer)
{
    begin(writer, "hypervisor");
    put_string(writer, "compatible", "microsoft,hyperv");
    end(writer);
}

/*
 * bus/microsoft,vmbus.yaml, and what OpenHCL adds, openhcl_boot/src/dt.rs. Guests take the
 * interrupt for all of their SINTs from here (Linux, drivers/hv/vmbus_drv.c), which holds even if
 * the bus is disabled. Hyper-V has it as an edge. The PPIs of KVM's GIC are level-triggered, say so in
 * GICR_ICFGR1 and stay so; Linux warns when the tree says otherwise, and handles both alike.
 */
static void add_vmbus(struct writer *writer, const struct fdt_config *config)
{
    begin(writer, "vmbus");
    put_string(writer, "compatible", "microsoft,vmbus");
    PUT_CELLS(writer, "#address-cells", 2);
    PUT_CELLS(writer, "#size-cells", 1);
    put_empty(writer, "ranges");
    put_empty(writer, "dma-coherent");
    PUT_CELLS(writer, "interrupts", GIC_PPI, LAYOUT_PPI_SINT, IRQ_LEVEL_HIGH);
    PUT_CELLS(writer, "microsoft,vtl", config->vtl);
    PUT_CELLS(writer, "microsoft,message-connection-id",
              config->vtl == VTL_PARAVISOR ? VMBUS_CONNECTION_REDIRECT : VMBUS_CONNECTION_5_0);
    put_string(writer, "status", config->vmbus ? "okay" : "disabled");
    end(writer);
}

/* As on Hyper-V; bus/simple-bus (Devicetree Specification). */
static void add_bus(struct writer *writer, const struct fdt_config *config)
{
    begin(writer, "bus");
    put_string(writer, "compatible", "simple-bus");
    PUT_CELLS(writer, "#address-cells", 2);
    PUT_CELLS(writer, "#size-cells", 1);
    put_empty(writer, "ranges");
    add_vmbus(writer, config);
    end(writer);
}

/* A range as OpenHCL's boot shim tells its user space (OpenVMM, openhcl_boot/src/dt.rs). */
static void add_openhcl_memory(struct writer *writer, uint64_t base, uint64_t size, uint32_t type)
{
    g_autofree char *name = g_strdup_printf("memory@%" G_GINT64_MODIFIER "x", base);

    begin(writer, name);
    put_string(writer, "device_type", "memory-openhcl"); /* not "memory": Linux would take it */
    PUT_CELLS(writer, "reg", U64_CELLS(base), U64_CELLS(size));
    PUT_CELLS(writer, "openhcl,memory-type", type);
    end(writer);
}

/* For the user space of a higher VTL's Linux: which RAM is whose. */
static void add_openhcl(struct writer *writer, const struct fdt_config *config)
{
    if (!config->lower_size)
        return;
    begin(writer, "openhcl");
    PUT_CELLS(writer, "#address-cells", 2);
    PUT_CELLS(writer, "#size-cells", 2);
    put_string(writer, "isolation-type", "none");
    put_string(writer, "memory-allocation-mode", "host");
    add_openhcl_memory(writer, config->lower_base, config->lower_size, OPENHCL_MEMORY_VTL0);
    add_openhcl_memory(writer, config->memory_base, config->memory_size, OPENHCL_MEMORY_VTL2);
    end(writer);
}

static void add_root(struct writer *writer, const struct fdt_config *config)
{
    begin(writer, "");
    put_string(writer, "compatible", "vtlemu");
    put_string(writer, "model", "vtlemu");
    PUT_CELLS(writer, "#address-cells", 2);
    PUT_CELLS(writer, "#size-cells", 2);
    PUT_CELLS(writer, "interrupt-parent", PHANDLE_GIC);
    add_chosen(writer, config);
    add_memory(writer, config);
    add_cpus(writer, config);
    add_psci(writer, config);
    add_gic(writer, config->cpus);
    add_timer(writer);
    add_clock(writer);
    add_uart(writer);
    if (config->has_rtc)
        add_rtc(writer);
    if (!config->no_hypervisor)
        add_hypervisor(writer);
    if (!config->no_synic)
        add_bus(writer, config);
    add_openhcl(writer, config);
    end(writer);
}

GBytes *fdt_build(const struct fdt_config *config, GError **error)
{
    g_autofree void *tree = g_malloc0(FDT_MAX_SIZE);
    struct writer writer = {.tree = tree};

    check(&writer, fdt_create(tree, FDT_MAX_SIZE));
    check(&writer, fdt_finish_reservemap(tree));
    add_root(&writer, config);
    check(&writer, fdt_finish(tree));
    if (writer.error) {
        emu_set_error(error, EMU_ERROR_SETUP,
                      "the device tree does not fit into %u bytes (%s); shorten the command line",
                      FDT_MAX_SIZE, fdt_strerror(writer.error));
        return NULL;
    }
    return g_bytes_new(tree, fdt_totalsize(tree));
}
