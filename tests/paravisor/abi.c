/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ABI of the module, and above all what it refuses: see module/hv_vtl.h. Runs in Linux at VTL2
 * with the module loaded; says PASS or FAIL for each rule, and ends with 1 if one failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/paravisor/module/hv_vtl.h"

#define FAST (1ull << 16)
#define REPS(count) ((uint64_t)(count) << 32)
#define SELF UINT64_MAX
#define USE_VTL 0x10u
#define NOWHERE ((uintptr_t)1)
#define CPU_NONE 1000000ull

static int device;
static struct hv_vtl_info info;
static bool failed;

static void report(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void report(bool good, const char *format, ...)
{
    va_list arguments;

    printf("abi: %s: ", good ? "PASS" : "FAIL");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    failed |= !good;
}

/* errno of a call, 0 if it is done. */
static int call(unsigned long command, const void *argument)
{
    return ioctl(device, command, argument) < 0 ? errno : 0;
}

static void expect(int wanted, int got, const char *what)
{
    report(wanted == got, "%s: %s%s%s", what, strerror(got), wanted == got ? "" : ", not ",
           wanted == got ? "" : strerror(wanted));
}

/* --- Opening ---------------------------------------------------------------------------------- */

static int open_without_rights(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    int status;
    pid_t child = fork();

    if (child == 0) {
        syscall(SYS_capset, &header, none);
        _exit(open(HV_VTL_DEVICE, O_RDWR) < 0 ? errno : 0);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void test_device(void)
{
    struct hv_vtl_range range = {.index = 1000};

    expect(EPERM, open_without_rights(), "opening it without CAP_SYS_ADMIN");
    expect(0, call(HV_VTL_GET_INFO, &info), "what there is");
    report(info.abi == HV_VTL_ABI && info.vtl == 2 && info.ranges > 0 && info.capabilities,
           "ABI %u, VTL%u, %u range(s), VsmCapabilities 0x%llx, messages by %s", info.abi, info.vtl,
           info.ranges, (unsigned long long)info.capabilities,
           info.intercept_page ? "VP assist page" : "SINT 0");
    expect(EFAULT, call(HV_VTL_GET_INFO, (void *)NOWHERE), "the same to nowhere");
    expect(ENOTTY, call(_IO(HV_VTL_MAGIC, 99), NULL), "an unknown call");
    expect(EINVAL, call(HV_VTL_GET_RANGE, &range), "a range that is not there");
    expect(EFAULT, call(HV_VTL_GET_RANGE, (void *)NOWHERE), "a range from nowhere");
}

/* --- Running ---------------------------------------------------------------------------------- */

static void pin(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(0, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static void *map(uint64_t offset, size_t size, int protection, int flags)
{
    return mmap(NULL, size, protection, flags, device, (off_t)offset);
}

static void test_run(void)
{
    struct hv_vtl_run *run = map(HV_VTL_MAP_RUN, info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED);

    report(run != MAP_FAILED, "the run page of CPU 0 is there");
    if (run == MAP_FAILED)
        return;
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
        expect(EINVAL, call(HV_VTL_RUN, NULL), "running VTL0 on no CPU in particular");
    pin();
    run->cancel = 1;
    expect(EINTR, call(HV_VTL_RUN, NULL), "running VTL0 with cancel");
    report(run->entries == 0, "it has not run");
}

/* --- Registers -------------------------------------------------------------------------------- */

static const struct {
    int wanted;
    bool set;
    uint32_t vtl, name;
    const char *what;
} registers[] = {
    {0, false, 2, 0x000d0006, "reading VsmCapabilities"},
    {0, false, 2, 0x00090003, "reading VpIndex"},
    {EPERM, true, 2, 0x00090003, "writing it"},
    {EPERM, false, 2, 0x00040002, "reading SCTLR_EL1 of VTL2"},
    {EPERM, true, 2, 0x00090013, "moving VTL2's VP assist page"},
    {EPERM, true, 2, 0x00020022, "setting PC of VTL2"},
    {EINVAL, false, 1, 0x00020022, "reading PC of VTL1"},
    {EINVAL, false, 0x10, 0x00020022, "reading PC of VTL16"},
    {0, false, 0, 0x00020022, "reading PC of VTL0"},
    {0, false, 0, 0x00020012, "reading X18 of VTL0"},
    {0, false, 0, 0x0002001d, "reading X29 of VTL0"},
    {EPERM, true, 0, 0x00020000, "setting X0"},
    {EPERM, true, 0, 0x00020011, "setting X17"},
    {EPERM, true, 0, 0x0002001c, "setting X28"},
    {EPERM, false, 0, 0x0003001f, "reading Q31"},
    {EPERM, true, 0, 0x00030100, "setting Z0"},
};

static int access_registers(bool set, uint32_t vtl, uint32_t count, const void *list)
{
    struct hv_vtl_registers argument = {
        .vp = HV_VTL_VP_SELF, .vtl = vtl, .count = count, .registers = (uintptr_t)list};

    return call(set ? HV_VTL_SET_REGISTERS : HV_VTL_GET_REGISTERS, &argument);
}

static void test_registers(void)
{
    static struct hv_vtl_register many[HV_VTL_REGISTERS_MAX + 1];
    struct hv_vtl_register two[2] = {{.name = 0x12345678}, {.name = 0x00020022}};
    struct hv_vtl_registers list = {
        .vp = HV_VTL_VP_SELF, .count = 2, .registers = (uintptr_t)two};

    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        struct hv_vtl_register one = {.name = registers[i].name};

        expect(registers[i].wanted, access_registers(registers[i].set, registers[i].vtl, 1, &one),
               registers[i].what);
        if (!registers[i].wanted)
            report(one.status == 0, "  its status: 0x%x", one.status);
    }
    expect(EINVAL, access_registers(false, 0, HV_VTL_REGISTERS_MAX + 1, many), "too many");
    expect(EINVAL, access_registers(false, 0, UINT32_MAX, many), "far too many");
    expect(EFAULT, access_registers(false, 0, 1, (void *)NOWHERE), "a list nowhere");
    expect(0, access_registers(false, 0, 0, NULL), "none at all");
    expect(0, call(HV_VTL_GET_REGISTERS, &list), "an unknown register, then PC");
    report(list.done == 0 && two[0].status != 0, "ends at the first: status 0x%x", two[0].status);
}

/* --- Hypercalls ------------------------------------------------------------------------------- */

static int make(uint64_t control, const void *input, uint32_t size, uint32_t output_size)
{
    static uint8_t output[2 * 4096];
    struct hv_vtl_hypercall hypercall = {
        .control = control,
        .input = (uintptr_t)input,
        .input_size = size,
        .output = (uintptr_t)output,
        .output_size = output_size,
    };

    return call(HV_VTL_HYPERCALL, &hypercall);
}

/* Input blocks of 32-bit words: partition, VP, HV_INPUT_VTL, and so on. */
static const struct {
    int wanted;
    uint64_t control;
    uint32_t size, output;
    uint32_t words[14];
    const char *what;
} hypercalls[] = {
    {EPERM, 0x005c, 256, 0, {0}, "HvCallPostMessage"},
    {EPERM, 0x000f, 88, 0, {0}, "HvCallEnableVpVtl"},
    {EPERM, 0xffff, 8, 0, {0}, "an unknown hypercall"},
    {EINVAL, 0x0050 | FAST | REPS(1), 20, 16, {-1u, -1u, -2u, USE_VTL, 0x20022}, "a fast one"},
    {EINVAL, 0x0050 | 1ull << 17, 20, 16, {0}, "one with a variable header"},
    {EINVAL, 0x0050 | 1ull << 31, 20, 16, {0}, "a nested one"},
    {0, 0x0050 | REPS(1), 20, 16, {-1u, -1u, -2u, USE_VTL, 0x20022}, "HvCallGetVpRegisters, PC"},
    {EPERM, 0x0050 | REPS(1), 20, 16, {-1u, -1u, -2u, 0, 0x20022}, "of VTL2 itself"},
    {EPERM, 0x0050 | REPS(1), 20, 16, {-1u, -1u, -2u, USE_VTL | 2, 0x20022}, "of VTL2 by number"},
    {EPERM, 0x0050 | REPS(2), 24, 32, {-1u, -1u, -2u, USE_VTL, 0x20022, 0x20003}, "of X3"},
    {EPERM, 0x0050 | REPS(2000), 24, 32, {-1u, -1u, -2u, USE_VTL}, "more than a page of them"},
    {EPERM, 0x0051 | REPS(1), 48, 0, {-1u, -1u, -2u, USE_VTL, 0x20003}, "setting X3"},
    {EPERM, 0x0051 | REPS(1), 48, 0, {-1u, -1u, -2u, 0, 0x20022}, "setting PC of VTL2"},
    {EINVAL, 0x0050, 8, 16, {-1u, -1u}, "half a header"},
    {EINVAL, 0x0050 | REPS(1), 4097, 16, {0}, "a block of more than 4096 bytes"},
    {EINVAL, 0x0050 | REPS(1), 20, 4097, {0}, "an output of more"},
    {EPERM, 0x0099, 88, 0, {-1u, -1u, 0, 2}, "HvCallStartVirtualProcessor at VTL2"},
    {EPERM, 0x0094, 32, 0, {-1u, -1u, 0, 4, 0, 0, 33, 2}, "an interrupt of VTL2's"},
    {EPERM, 0x00ac, 32, 16, {-1u, -1u, -2u, 0, 1, 0}, "translating VTL2's addresses"},
    {EPERM, 0x00ac, 32, 16, {-1u, -1u, -2u, 0, 1, 0x12u << 24}, "the same by number"},
};

static void test_hypercalls(void)
{
    static uint8_t block[2 * 4096];

    for (size_t i = 0; i < sizeof(hypercalls) / sizeof(hypercalls[0]); i++) {
        memset(block, 0, sizeof(block));
        memcpy(block, hypercalls[i].words, sizeof(hypercalls[i].words));
        expect(hypercalls[i].wanted,
               make(hypercalls[i].control, block, hypercalls[i].size, hypercalls[i].output),
               hypercalls[i].what);
    }
    expect(EFAULT, make(0x0050 | REPS(1), (void *)NOWHERE, 20, 16), "an input nowhere");
}

/* --- Memory ----------------------------------------------------------------------------------- */

static void refuse_map(uint64_t offset, size_t size, int protection, int flags, const char *what)
{
    void *address = map(offset, size, protection, flags);

    expect(EINVAL, address == MAP_FAILED ? errno : 0, what);
    if (address != MAP_FAILED)
        munmap(address, size);
}

static void test_maps(const struct hv_vtl_range *range)
{
    size_t page = info.run_size;
    uint64_t ram = HV_VTL_MAP_RAM + range->base;
    int rw = PROT_READ | PROT_WRITE;

    refuse_map(ram + range->size, page, rw, MAP_SHARED, "memory behind VTL0's: VTL2's own");
    refuse_map(ram + range->size - page, 2 * page, rw, MAP_SHARED, "half of it behind");
    refuse_map(ram - page, 2 * page, rw, MAP_SHARED, "half of it before");
    refuse_map(HV_VTL_MAP_RAM + 0x09000000, page, rw, MAP_SHARED, "VTL2's console");
    refuse_map(HV_VTL_MAP_RAM, page, rw, MAP_SHARED, "GPA 0");
    refuse_map((uint64_t)INT64_MAX - page + 1, page, rw, MAP_SHARED, "the end of everything");
    refuse_map(ram, page, PROT_READ, MAP_PRIVATE, "a private mapping of RAM");
    refuse_map(ram, page, PROT_READ | PROT_EXEC, MAP_SHARED, "one to execute");
    refuse_map(HV_VTL_MAP_RUN, page, rw, MAP_PRIVATE, "a private run page");
    refuse_map(HV_VTL_MAP_RUN, 2 * page, rw, MAP_SHARED, "two run pages at once");
    refuse_map(HV_VTL_MAP_RUN + CPU_NONE * page, page, rw, MAP_SHARED, "the run page of no CPU");
}

/* What VTL0 will find can be read and written. */
static void test_memory(void)
{
    struct hv_vtl_range range = {0};
    volatile uint64_t *last;

    expect(0, call(HV_VTL_GET_RANGE, &range), "VTL0's RAM");
    test_maps(&range);
    last = map(HV_VTL_MAP_RAM + range.base + range.size - info.run_size, info.run_size,
               PROT_READ | PROT_WRITE, MAP_SHARED);
    report(last != MAP_FAILED, "the last page of 0x%llx-0x%llx can be mapped",
           (unsigned long long)range.base, (unsigned long long)(range.base + range.size - 1));
    if (last == MAP_FAILED)
        return;
    last[1] = 0x123456789;
    report(last[1] == 0x123456789, "and written");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    device = open(HV_VTL_DEVICE, O_RDWR | O_CLOEXEC);
    report(device >= 0, "%s is there", HV_VTL_DEVICE);
    if (device < 0)
        return 1;
    test_device();
    test_registers();
    test_hypercalls();
    test_memory();
    test_run();
    return failed;
}
