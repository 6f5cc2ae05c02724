/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VM of a VTL: see vm.h. */
#include "emu/vm.h"

#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/kept-calls.h"
#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/page-set.h"
#include "emu/stolen.h"

/* Offsets in a redistributor; these are in its second frame (Arm IHI 0069). */
#define GICR_ISPENDR0 0x10200u
#define GICR_ICACTIVER0 0x10380u

static int forward_range(int vm, uint64_t first, uint64_t end)
{
    struct kvm_smccc_filter filter = {
        .base = (uint32_t)first,
        .nr_functions = (uint32_t)(end - first),
        .action = KVM_SMCCC_FILTER_FWD_TO_USER,
    };

    if (first == end)
        return 0;
    return kvm_set_attribute(vm, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, &filter);
}

/* Forwards all that lies between the kept ranges. */
static int forward_calls(int vm, bool kvm_uid)
{
    struct window_range ranges[WINDOW_RANGES];
    size_t count = kept_calls(kvm_uid, ranges);
    uint64_t first = 0;

    for (size_t i = 0; i < count; i++) {
        int error = forward_range(vm, first, ranges[i].first);

        if (error < 0)
            return error;
        first = (uint64_t)ranges[i].last + 1;
    }
    return forward_range(vm, first, UINT64_C(1) << 32);
}

static int map_memory(int vm, unsigned vtl, const struct memory *memory, bool track)
{
    struct kvm_userspace_memory_region region = {
        .slot = VM_SLOT_RAM,
        .flags = track ? KVM_MEM_LOG_DIRTY_PAGES : 0,
        .guest_phys_addr = memory->base,
        .memory_size = memory->size,
        .userspace_addr = (uintptr_t)memory->view[vtl].host,
    };

    return kvm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

int vm_set_counter_offset(const struct vm *vm, uint64_t offset)
{
    struct kvm_arm_counter_offset argument = {.counter_offset = offset};

    return kvm_ioctl(vm->fd, KVM_ARM_SET_COUNTER_OFFSET, &argument);
}

int vm_create(int kvm)
{
    /* Type 0 asks for 40 bits of GPA, more than the layout needs; some hosts have fewer. */
    int vm = ioctl(kvm, KVM_CREATE_VM, 0ul);

    if (vm < 0 && errno == EINVAL) {
        int bits = kvm_check_extension(kvm, KVM_CAP_ARM_VM_IPA_SIZE);

        vm = ioctl(kvm, KVM_CREATE_VM, (unsigned long)KVM_VM_TYPE_ARM_IPA_SIZE(bits));
    }
    return vm < 0 ? -errno : vm;
}

static bool failed(int result, const char *what, const char *remedy, unsigned vtl, GError **error)
{
    if (result >= 0)
        return false;
    emu_set_error(error, EMU_ERROR_SETUP, "VTL%u: %s: %s%s%s", vtl, what, g_strerror(-result),
                  remedy ? "; " : "", remedy ? remedy : "");
    return true;
}

bool vm_open(struct vm *vm, int kvm, unsigned vtl, const struct memory *memory,
             uint64_t counter_offset, bool kvm_uid, GError **error)
{
    static const char linux_6_4[] = "the host needs Linux 6.4 or newer (see vtlemu probe)";

    *vm = (struct vm){.fd = vm_create(kvm), .kvm_uid = kvm_uid};
    g_mutex_init(&vm->flush.lock);
    g_mutex_init(&vm->lines.lock);
    if (failed(vm->fd, "KVM creates no virtual machine", NULL, vtl, error) ||
        failed(map_memory(vm->fd, vtl, memory, false), "KVM refuses the guest memory", NULL, vtl,
               error) ||
        failed(forward_calls(vm->fd, kvm_uid), "KVM refuses the SMCCC filter", linux_6_4, vtl,
               error) ||
        failed(vm_set_counter_offset(vm, counter_offset), "KVM refuses the counter offset",
               linux_6_4, vtl, error) ||
        failed(kvm_enable_capability(vm->fd, KVM_CAP_ARM_NISV_TO_USER),
               "KVM does not report undecodable accesses", linux_6_4, vtl, error))
        return false;
    vm->breakpoints = (unsigned)kvm_check_extension(vm->fd, KVM_CAP_GUEST_DEBUG_HW_BPS);
    vm->can_suspend = kvm_enable_capability(vm->fd, KVM_CAP_ARM_SYSTEM_SUSPEND) == 0;
    return true;
}

void vm_close(struct vm *vm)
{
    if (vm->gic > 0)
        close(vm->gic);
    if (vm->fd > 0)
        close(vm->fd);
    vm_flush_close(vm);
    stolen_close(vm);
    g_mutex_clear(&vm->lines.lock);
    *vm = (struct vm){0};
}

static int configure_gic(int gic, unsigned vp_count)
{
    uint64_t distributor = LAYOUT_GICD_BASE;
    /* count in bits 63:52, flags 15:12 = 0, index 11:0 = 0 (devices/arm-vgic-v3.rst) */
    uint64_t redistributors = LAYOUT_GICR_BASE | (uint64_t)vp_count << 52;
    uint32_t interrupts = LAYOUT_INTERRUPTS;
    const struct {
        uint32_t group;
        uint64_t attribute;
        const void *value;
    } steps[] = {
        {KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &distributor},
        {KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &redistributors},
        {KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &interrupts},
        {KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        int error = kvm_set_attribute(gic, steps[i].group, steps[i].attribute, steps[i].value);

        if (error < 0)
            return error;
    }
    return 0;
}

bool vm_create_gic(struct vm *vm, unsigned vp_count, GError **error)
{
    struct kvm_create_device device = {.type = KVM_DEV_TYPE_ARM_VGIC_V3};
    int result = kvm_ioctl(vm->fd, KVM_CREATE_DEVICE, &device);

    if (result >= 0) {
        vm->gic = (int)device.fd;
        result = configure_gic(vm->gic, vp_count);
    }
    if (result < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "KVM gives no GICv3: %s; the host needs one",
                      g_strerror(-result));
    return result >= 0;
}

/* @vcpu is for a PPI; an SPI is the GIC's. */
static int set_line(const struct vm *vm, uint32_t type, unsigned vcpu, uint32_t intid, bool level)
{
    struct kvm_irq_level irq = {
        .irq = type << KVM_ARM_IRQ_TYPE_SHIFT | vcpu << KVM_ARM_IRQ_VCPU_SHIFT | intid,
        .level = level,
    };

    return kvm_ioctl(vm->fd, KVM_IRQ_LINE, &irq);
}

int vm_track(struct vm *vm, unsigned vtl, const struct memory *memory, bool on)
{
    int error = on ? vm_begin_dirty(vm) : 0;

    return error < 0 ? error : map_memory(vm->fd, vtl, memory, on);
}

/*
 * Clean first, read the pages later: what is written in between is sent once more. KVM notes pages
 * of the host's size.
 */
int vm_take_written(struct vm *vm, const struct memory *memory, uint64_t *set)
{
    size_t host_page = (size_t)sysconf(_SC_PAGESIZE), pages = memory->size / host_page;
    g_autofree uint64_t *bits = g_try_new0(uint64_t, memory_set_words(memory));
    struct kvm_dirty_log written = {.slot = VM_SLOT_RAM, .dirty_bitmap = bits};
    struct kvm_clear_dirty_log clean = {
        .slot = VM_SLOT_RAM, .num_pages = (uint32_t)pages, .dirty_bitmap = bits};
    int error = bits ? kvm_ioctl(vm->fd, KVM_GET_DIRTY_LOG, &written) : -ENOMEM;

    if (error >= 0)
        error = kvm_ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &clean);
    if (error >= 0)
        page_set_add(set, bits, pages, host_page / MEMORY_PAGE_SIZE);
    return error;
}

static bool is_spi(uint32_t intid)
{
    return intid >= LAYOUT_SPI_BASE && intid < LAYOUT_INTERRUPTS;
}

/* To KVM, raising the line of an edge-triggered interrupt is an edge each time. */
int vm_set_spi(struct vm *vm, enum vm_line_driver driver, uint32_t intid, bool high)
{
    uint8_t bit = (uint8_t)(1u << driver), *drivers = &vm->lines.high[intid % LAYOUT_INTERRUPTS];
    int error = 0;

    if (!is_spi(intid))
        return -EINVAL;
    g_mutex_lock(&vm->lines.lock);
    *drivers = high ? *drivers | bit : *drivers & (uint8_t)~bit;
    if (high || !*drivers)
        error = set_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, intid, high);
    g_mutex_unlock(&vm->lines.lock);
    return error;
}

int vm_pulse_spi(struct vm *vm, uint32_t intid)
{
    int error;

    if (!is_spi(intid))
        return -EINVAL;
    g_mutex_lock(&vm->lines.lock);
    error = set_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, intid, true);
    if (error == 0 && !vm->lines.high[intid])
        error = set_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, intid, false);
    g_mutex_unlock(&vm->lines.lock);
    return error;
}

static bool is_timer(uint32_t intid)
{
    static const uint32_t timers[] = {LAYOUT_PPI_TIMER_SECURE, LAYOUT_PPI_TIMER_PHYSICAL,
                                      LAYOUT_PPI_TIMER_VIRTUAL, LAYOUT_PPI_TIMER_HYPERVISOR};

    for (size_t i = 0; i < G_N_ELEMENTS(timers); i++)
        if (intid == LAYOUT_PPI_BASE + timers[i])
            return true;
    return false;
}

int vm_set_ppi(const struct vm *vm, unsigned index, uint32_t intid, bool high)
{
    return is_timer(intid) ? -EPERM : set_line(vm, KVM_ARM_IRQ_TYPE_PPI, index, intid, high);
}

static int access_redistributor(const struct vm *vm, uint64_t mpidr, uint32_t offset, bool write,
                                uint32_t *value)
{
    return kvm_access_gic(vm->gic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, mpidr, offset, write, value);
}

/*
 * KVM has all PPIs level-triggered and does not let anybody change that (arch/arm64/kvm/vgic/
 * vgic-mmio.c, vgic_mmio_write_config()), so that a pulse of the line would be lost. What the guest
 * could do itself is made pending here, by GICR_ISPENDR0. KVM drops that when the interrupt is
 * deactivated (vgic-v3.c, vgic_v3_fold_lr_state()); one that is being handled is therefore
 * deactivated first. Its handler goes on with its priority, and the next one follows after EOI.
 */
int vm_pulse_ppi(const struct vm *vm, uint64_t mpidr, uint32_t intid)
{
    uint32_t bit = UINT32_C(1) << intid, pending;
    int error;

    if (is_timer(intid))
        return -EPERM;
    error = access_redistributor(vm, mpidr, GICR_ICACTIVER0, true, &bit);
    if (error == 0)
        error = access_redistributor(vm, mpidr, GICR_ISPENDR0, false, &pending);
    if (error < 0)
        return error;
    /* A write from outside sets and clears (devices/arm-vgic-v3.rst). */
    pending |= bit;
    return access_redistributor(vm, mpidr, GICR_ISPENDR0, true, &pending);
}
