/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register window's half in vtlemu: see register-window.h. */
#include "emu/register-window.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/window.skel.h"

/* Where CO-RE finds what KVM's structures look like. */
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

const char register_window_remedy[] =
    "a kernel with CONFIG_DEBUG_INFO_BTF, and root or CAP_BPF and CAP_PERFMON";

struct mapping {
    void *base;
    size_t size;
    size_t stride; /* of a vCPU's part */
};

struct register_window {
    struct window_program *program;
    uint64_t first_tag;
    struct mapping windows, vectors;
};

/* What libbpf has complained of first, which is the cause; the rest follows from it. */
static _Thread_local char complaint[256];

static int note(enum libbpf_print_level level, const char *format, va_list arguments)
{
    if (level == LIBBPF_WARN && !*complaint)
        vsnprintf(complaint, sizeof(complaint), format, arguments);
    return 0;
}

static bool failed(int result, const char *what, GError **error)
{
    if (result >= 0)
        return false;
    g_strchomp(complaint);
    if (access(KERNEL_BTF, R_OK) < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "%s: there is no " KERNEL_BTF, what);
    else if (result == -EPERM || result == -EACCES)
        emu_set_error(error, EMU_ERROR_SETUP, "%s: it takes root, or CAP_BPF and CAP_PERFMON", what);
    else
        emu_set_error(error, EMU_ERROR_SETUP, "%s: %s%s%s%s", what, g_strerror(-result),
                      *complaint ? " (" : "", complaint, *complaint ? ")" : "");
    return true;
}

static int configure(struct register_window *window, const struct register_window_request *request)
{
    struct window_program__rodata *constants = window->program->rodata;
    size_t z_bytes = request->vector_bits / 8 * WINDOW_VECTORS;
    int error;

    if (request->kept_count > WINDOW_RANGES)
        return -E2BIG;
    if (getrandom(&window->first_tag, sizeof(window->first_tag), 0) < 0)
        return -errno;
    constants->first_tag = window->first_tag;
    constants->window_count = request->vcpus;
    constants->z_bytes = (uint32_t)z_bytes;
    constants->signal = (uint32_t)request->signal;
    constants->kept_count = (uint32_t)request->kept_count;
    for (size_t i = 0; i < request->kept_count; i++)
        constants->kept[i] = request->kept[i];
    error = bpf_map__set_max_entries(window->program->maps.windows, request->vcpus);
    if (error == 0 && z_bytes)
        error = bpf_map__set_value_size(window->program->maps.vectors, (uint32_t)z_bytes);
    if (error == 0 && z_bytes)
        error = bpf_map__set_max_entries(window->program->maps.vectors, request->vcpus);
    return error;
}

static int map(struct mapping *mapping, const struct bpf_map *map)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *base;

    mapping->stride = bpf_map__value_size(map);
    mapping->size = (mapping->stride * bpf_map__max_entries(map) + page - 1) & ~(page - 1);
    base = mmap(NULL, mapping->size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
    if (base == MAP_FAILED)
        return -errno;
    madvise(base, mapping->size, MADV_DONTFORK); /* sandbox.h */
    mapping->base = base;
    return 0;
}

static void unmap(struct mapping *mapping)
{
    if (mapping->base)
        munmap(mapping->base, mapping->size);
}

struct register_window *register_window_open(const struct register_window_request *request,
                                             GError **error)
{
    struct register_window *window = g_new0(struct register_window, 1);
    libbpf_print_fn_t before = libbpf_set_print(note);
    bool good;

    *complaint = '\0';
    libbpf_set_memlock_rlim(0); /* vtlemu's kernels do not count it */
    window->program = window_program__open();
    good = !failed(window->program ? configure(window, request) : -errno,
                   "the register window's program is not what libbpf expects", error) &&
           !failed(window_program__load(window->program),
                   "the kernel does not load the register window's program", error) &&
           !failed(window_program__attach(window->program),
                   "the kernel does not attach the register window's program", error) &&
           !failed(map(&window->windows, window->program->maps.windows), "mmap", error) &&
           !failed(map(&window->vectors, window->program->maps.vectors), "mmap", error);
    libbpf_set_print(before);
    if (!good)
        g_clear_pointer(&window, register_window_close);
    return window;
}

void register_window_close(struct register_window *window)
{
    if (!window)
        return;
    unmap(&window->windows);
    unmap(&window->vectors);
    window_program__destroy(window->program);
    g_free(window);
}

void register_window_give(struct register_window *window, unsigned number, struct vcpu *vcpu)
{
    const char *windows = window->windows.base, *vectors = window->vectors.base;

    vcpu->window.now = (const struct window *)(windows + number * window->windows.stride);
    vcpu->window.run = &vcpu->run->kvm_dirty_regs;
    /* The vCPU that had it before, in another life of the machine, has left its numbers there. */
    *vcpu->window.run = MAX(vcpu->window.now->run, vcpu->window.now->call.run) + 1;
    vcpu->window.z = (const uint8_t *)(vectors + number * window->vectors.stride);
    vcpu->run->kvm_valid_regs = window->first_tag + number;
}
