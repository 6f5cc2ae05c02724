/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register window's half in the kernel: see register-window.h. Of KVM's structures it names
 * only what it reads; where that lies is found out when it is loaded (CO-RE), so that one program
 * fits all kernels.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "emu/window-layout.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct user_pt_regs {
    __u64 regs[31], sp, pc, pstate;
};

struct user_fpsimd_state {
    __uint128_t vregs[WINDOW_VECTORS];
};

struct kvm_cpu_context {
    struct user_pt_regs regs;
    struct user_fpsimd_state fp_regs;
    __u64 sys_regs[1];
};

struct kvm_vcpu_fault_info {
    __u64 esr_el2, far_el2, hpfar_el2;
};

struct kvm_vcpu_arch {
    struct kvm_cpu_context ctxt;
    void *sve_state;
    struct kvm_vcpu_fault_info fault;
};

struct kvm_run {
    __u64 kvm_valid_regs, kvm_dirty_regs;
};

struct kvm_vcpu {
    struct kvm_run *run;
    struct kvm_vcpu_arch arch;
};
#pragma clang attribute pop

/* Their numbers differ between kernels. */
#define SYSTEM_NAME(name) name,
enum vcpu_sysreg { WINDOW_SYSTEM(SYSTEM_NAME) };

#define ESR_EC_SHIFT 26
#define ESR_EC_MASK 0x3f
#define ESR_EC_HVC64 0x16 /* Arm ARM, D19.2 "ESR_EL2" */

/* Z0-Z31 with vectors of up to 2048 bits. */
#define Z_BYTES_MAX (WINDOW_VECTORS * 256)

/*
 * What vtlemu says when it loads the programs. A vCPU of ours carries a tag where arm64 has no use
 * for the field: @first_tag plus its number. The first one is drawn at random, so that no other
 * process' vCPU has one of ours by chance or on purpose. Beside it is the number of the KVM_RUN:
 * the kernel leaves out a program if another task has been stopped in it on the same processor
 * (kernel/bpf/trampoline.c, __bpf_prog_enter_recur()), and what is there is not taken for new then.
 */
const volatile __u64 first_tag = 0;
const volatile __u32 window_count = 0;
const volatile __u32 z_bytes = 0; /* Z0-Z31 of a vCPU; 0: it has no SVE */
const volatile __u32 signal = 0;
const volatile __u32 kept_count = 0;
const volatile struct window_range kept[WINDOW_RANGES] = {};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct window);
} windows SEC(".maps");

/* Z0-Z31 of the vCPU with the same number. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u64));
} vectors SEC(".maps");

static __always_inline struct window *find_window(struct kvm_vcpu *vcpu, __u32 *key)
{
    __u64 number = vcpu->run->kvm_valid_regs - first_tag;

    if (number >= window_count)
        return NULL;
    *key = (__u32)number;
    return bpf_map_lookup_elem(&windows, key);
}

/* KVM has put everything back into memory by now (vcpu_put()). */
SEC("fexit/kvm_arch_vcpu_ioctl_run")
int BPF_PROG(came_back, struct kvm_vcpu *vcpu)
{
    struct kvm_cpu_context *context = &vcpu->arch.ctxt;
    __u64 *system = context->sys_regs;
    struct window *window;
    void *z;
    __u32 key;

    window = find_window(vcpu, &key);
    if (!window)
        return 0;
    if (bpf_probe_read_kernel(&window->general, sizeof(window->general), &context->regs))
        return 0;
#define COPY_SYSTEM(name)                                                                          \
    window->system[WINDOW_##name] = system[bpf_core_enum_value(enum vcpu_sysreg, name)];
    WINDOW_SYSTEM(COPY_SYSTEM)
    window->esr = vcpu->arch.fault.esr_el2;
    window->far = vcpu->arch.fault.far_el2;
    window->hpfar = vcpu->arch.fault.hpfar_el2;
    if (!z_bytes) {
        if (bpf_probe_read_kernel(window->vector, sizeof(window->vector), context->fp_regs.vregs))
            return 0;
    } else {
        z = bpf_map_lookup_elem(&vectors, &key);
        if (!z || bpf_probe_read_kernel(z, z_bytes & (2 * Z_BYTES_MAX - 1), vcpu->arch.sve_state))
            return 0;
    }
    window->run = vcpu->run->kvm_dirty_regs;
    return 0;
}

static __always_inline int is_kept(__u32 function)
{
    for (__u32 i = 0; i < WINDOW_RANGES && i < kept_count; i++)
        if (function >= kept[i].first && function <= kept[i].last)
            return 1;
    return 0;
}

SEC("fentry/kvm_smccc_call_handler")
int BPF_PROG(called, struct kvm_vcpu *vcpu)
{
    __u64 esr = vcpu->arch.fault.esr_el2;
    struct window *window;
    __u32 key;

    window = find_window(vcpu, &key);
    if (!window || (esr >> ESR_EC_SHIFT & ESR_EC_MASK) != ESR_EC_HVC64)
        return 0;
    for (int i = 0; i < WINDOW_CALL_REGISTERS; i++)
        window->call.x[i] = vcpu->arch.ctxt.regs.regs[i];
    window->call.pc = vcpu->arch.ctxt.regs.pc;
    window->call.immediate = (__u16)esr;
    window->call.answered = window->call.immediate && is_kept((__u32)window->call.x[0]);
    /* Without the signal the guest would go on with KVM's answer. */
    window->call.signalled = window->call.answered && bpf_send_signal_thread(signal) == 0;
    window->call.run = vcpu->run->kvm_dirty_regs;
    return 0;
}

/* The helpers are for programs under the GPL, and the kernel takes no longer name for that. */
char license_name[] SEC("license") = "GPL";
