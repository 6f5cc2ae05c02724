/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device and the hypercalls: see vtl.h. */
#include "tests/paravisor/vtl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/paravisor/paravisor.h"

#define PARTITION_SELF UINT64_MAX
#define STATUS_MASK 0xffffu
#define REPS(count) ((uint64_t)(count) << 32)

#define CALL_MODIFY_VTL_PROTECTION_MASK 0x000cull
#define CALL_ASSERT_VIRTUAL_INTERRUPT 0x0094ull
#define CALL_START_VIRTUAL_PROCESSOR 0x0099ull
#define CALL_GET_VP_INDEX 0x009aull

#define INTERRUPT_ASSERTED (1ull << 34)

/* SCTLR_EL1 with MMU and caches off; the bits are those that Linux wants to be one then. */
#define SCTLR_OFF 0x30d00800ull

static int device = -1;
static struct hv_vtl_info info;

void vtl_open(void)
{
    device = open(HV_VTL_DEVICE, O_RDWR | O_CLOEXEC);
    if (device < 0)
        die("%s: %s; is the module hv_vtl loaded?", HV_VTL_DEVICE, strerror(errno));
    if (ioctl(device, HV_VTL_GET_INFO, &info) < 0)
        die("%s: %s", HV_VTL_DEVICE, strerror(errno));
    if (info.abi != HV_VTL_ABI)
        die("%s has ABI %u instead of %u", HV_VTL_DEVICE, info.abi, HV_VTL_ABI);
}

unsigned vtl_range_count(void)
{
    return info.ranges;
}

struct hv_vtl_range vtl_range(unsigned index)
{
    struct hv_vtl_range range = {.index = index};

    if (ioctl(device, HV_VTL_GET_RANGE, &range) < 0)
        die("range %u of VTL0's RAM: %s", index, strerror(errno));
    return range;
}

struct hv_vtl_run *vtl_map_run(unsigned cpu)
{
    off_t offset = (off_t)(HV_VTL_MAP_RUN + (uint64_t)cpu * info.run_size);
    void *page = mmap(NULL, info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, device, offset);

    if (page == MAP_FAILED)
        die("the run page of CPU %u: %s", cpu, strerror(errno));
    return page;
}

int vtl_run(void)
{
    return ioctl(device, HV_VTL_RUN) < 0 ? errno : 0;
}

static uint32_t access_register(unsigned long command, uint32_t vp, uint32_t vtl, uint32_t name,
                                uint64_t value[2])
{
    struct hv_vtl_register one = {.name = name, .value = {value[0], value[1]}};
    struct hv_vtl_registers list = {
        .vp = vp, .vtl = vtl, .count = 1, .registers = (uintptr_t)&one};

    if (ioctl(device, command, &list) < 0)
        die("register 0x%x of VTL%u: %s", name, vtl, strerror(errno));
    memcpy(value, one.value, sizeof(one.value));
    return one.status;
}

static void must(uint32_t status, const char *what, uint32_t name)
{
    if (status != STATUS_SUCCESS)
        die("register 0x%x is not %s: status 0x%x", name, what, status);
}

uint64_t vtl_get(uint32_t name)
{
    uint64_t value;

    must(vtl_get_of(HV_VTL_VP_SELF, name, &value), "read", name);
    return value;
}

void vtl_set(uint32_t name, uint64_t value)
{
    vtl_set2(name, value, 0);
}

void vtl_set2(uint32_t name, uint64_t low, uint64_t high)
{
    uint64_t value[2] = {low, high};

    must(access_register(HV_VTL_SET_REGISTERS, HV_VTL_VP_SELF, 0, name, value), "set", name);
}

uint32_t vtl_get_of(uint32_t vp, uint32_t name, uint64_t *value)
{
    uint64_t both[2] = {0};
    uint32_t status = access_register(HV_VTL_GET_REGISTERS, vp, 0, name, both);

    *value = both[0];
    return status;
}

uint64_t vtl_get_own(uint32_t name)
{
    uint64_t value[2] = {0};

    must(access_register(HV_VTL_GET_REGISTERS, HV_VTL_VP_SELF, info.vtl, name, value), "read",
         name);
    return value[0];
}

uint32_t vtl_set_own(uint32_t name, uint64_t low)
{
    uint64_t value[2] = {low, 0};

    return access_register(HV_VTL_SET_REGISTERS, HV_VTL_VP_SELF, info.vtl, name, value);
}

uint64_t vtl_hypercall(uint64_t control, const void *input, size_t input_size, void *output,
                       size_t output_size)
{
    struct hv_vtl_hypercall call = {
        .control = control,
        .input = (uintptr_t)input,
        .input_size = (uint32_t)input_size,
        .output = (uintptr_t)output,
        .output_size = (uint32_t)output_size,
    };

    if (ioctl(device, HV_VTL_HYPERCALL, &call) < 0)
        die("hypercall 0x%llx: %s", (unsigned long long)control, strerror(errno));
    return call.result;
}

/* --- Calls ------------------------------------------------------------------------------------ */

struct protect_input {
    uint64_t partition;
    uint32_t rights;
    uint8_t vtl; /* HV_INPUT_VTL; 0: by the caller's own protections */
    uint8_t zero[3];
    uint64_t pages[(HV_PAGE - 16) / 8];
};

#define PROTECT_MAX (sizeof(((struct protect_input *)0)->pages) / sizeof(uint64_t))

uint32_t vtl_protect(uint64_t base, uint64_t size, uint32_t rights)
{
    struct protect_input input = {.partition = PARTITION_SELF, .rights = rights};
    uint64_t page = base / HV_PAGE, left = size / HV_PAGE;
    uint32_t status = STATUS_SUCCESS;

    while (left && status == STATUS_SUCCESS) {
        uint64_t count = left < PROTECT_MAX ? left : PROTECT_MAX;

        for (uint64_t i = 0; i < count; i++)
            input.pages[i] = page + i;
        status = vtl_hypercall(CALL_MODIFY_VTL_PROTECTION_MASK | REPS(count), &input,
                               offsetof(struct protect_input, pages) + count * sizeof(uint64_t),
                               NULL, 0) & STATUS_MASK;
        page += count;
        left -= count;
    }
    return status;
}

void vtl_set_line(uint32_t intid, bool level)
{
    const struct {
        uint64_t partition, control, destination; /* an SPI goes where VTL0's GIC sends it */
        uint32_t intid;
        uint8_t vtl, zero[3];
    } input = {PARTITION_SELF, level ? INTERRUPT_ASSERTED : 0, 0, intid, 0, {0}};
    uint64_t result =
        vtl_hypercall(CALL_ASSERT_VIRTUAL_INTERRUPT, &input, sizeof(input), NULL, 0);

    if ((result & STATUS_MASK) != STATUS_SUCCESS)
        die("interrupt %u is not set: status 0x%llx", intid, (unsigned long long)result);
}

bool vtl_find_vp(uint64_t mpidr, uint32_t *vp)
{
    const struct {
        uint64_t partition;
        uint8_t vtl, zero[7];
        uint64_t mpidr;
    } input = {PARTITION_SELF, 0, {0}, mpidr};
    uint64_t output = 0;
    uint64_t result = vtl_hypercall(CALL_GET_VP_INDEX | REPS(1), &input, sizeof(input), &output,
                                    sizeof(output));

    *vp = (uint32_t)output;
    return (result & STATUS_MASK) == STATUS_SUCCESS;
}

uint32_t vtl_start_vp(uint32_t vp, uint64_t pc)
{
    const struct {
        uint64_t partition;
        uint32_t vp;
        uint8_t vtl, zero[3];
        uint64_t pc, sp, sctlr, mair, tcr, vbar, ttbr0, ttbr1, x18; /* HV_INITIAL_VP_CONTEXT */
    } input = {.partition = PARTITION_SELF, .vp = vp, .pc = pc, .sctlr = SCTLR_OFF};

    return vtl_hypercall(CALL_START_VIRTUAL_PROCESSOR, &input, sizeof(input), NULL, 0) &
           STATUS_MASK;
}
