/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What KVM on this arm64 host offers: see probe.h. */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "emu/elect.h"
#include "emu/kvm.h"
#include "emu/probe.h"
#include "emu/register-window.h"
#include "emu/sve.h"
#include "emu/vcpu.h"
#include "fw-regs/fw-regs.h"

#define LINUX_6_4 "Linux 6.4 or newer"

/* Capabilities that are a line each. */
static const struct {
    unsigned capability;
    const char *name;
    enum probe_state otherwise;
    const char *meaning;
    const char *remedy;
} capabilities[] = {
    {KVM_CAP_COUNTER_OFFSET, "counter offset", PROBE_MISSING, "the same time in all VTLs",
     LINUX_6_4},
    {KVM_CAP_ARM_NISV_TO_USER, "undecodable accesses", PROBE_MISSING, "reported to userspace",
     "Linux 5.5 or newer"},
    {KVM_CAP_GUEST_DEBUG_HW_BPS, "hardware breakpoints", PROBE_LACKING,
     "guard the call sites of VTL switches", "a CPU and kernel with debug support for guests"},
    {KVM_CAP_ARM_SYSTEM_SUSPEND, "suspended vCPUs", PROBE_LACKING, "CPU_SUSPEND waits in KVM",
     "Linux 5.19 or newer"},
    {KVM_CAP_ARM_PTRAUTH_ADDRESS, "pointer authentication", PROBE_FACT,
     "not offered to guests yet", NULL},
    {KVM_CAP_ARM_PMU_V3, "PMUv3", PROBE_FACT, "not offered to guests yet", NULL},
};

static void probe_capabilities(GArray *results, int vm)
{
    for (size_t i = 0; i < G_N_ELEMENTS(capabilities); i++) {
        int value = kvm_check_extension(vm, capabilities[i].capability);

        probe_add(results, value ? PROBE_OK : capabilities[i].otherwise, capabilities[i].name,
                  g_strdup_printf("%d: %s", value, capabilities[i].meaning),
                  capabilities[i].remedy);
    }
}

static void probe_sve(GArray *results, int kvm)
{
    uint16_t lengths;
    int error = vcpu_sve_lengths(kvm, &lengths);
    g_autofree char *text = sve_text(lengths);

    if (lengths)
        probe_add(results, PROBE_OK, "SVE", g_strdup_printf("vectors of %s", text), NULL);
    else
        probe_add(results, PROBE_FACT, "SVE",
                  g_strdup(error < 0 ? g_strerror(-error) : "not on this host"), NULL);
}

static void probe_filter(GArray *results, int vm)
{
    bool has = kvm_has_attribute(vm, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER);

    probe_add(results, has ? PROBE_OK : PROBE_MISSING, "SMCCC filter",
              g_strdup("lets vtlemu answer the guest's calls"), LINUX_6_4);
}

static void probe_gic(GArray *results, int vm)
{
    struct kvm_create_device device = {
        .type = KVM_DEV_TYPE_ARM_VGIC_V3, .flags = KVM_CREATE_DEVICE_TEST};
    bool has = kvm_ioctl(vm, KVM_CREATE_DEVICE, &device) >= 0;

    probe_add(results, has ? PROBE_OK : PROBE_MISSING, "GICv3",
              g_strdup("an interrupt controller for each VTL"), "a host with GICv3 or newer");
}

static void add_firmware_register(GArray *results, const struct fw_host_reg *reg)
{
    g_autofree char *limit = fw_reg_text(reg->id, reg->limit), *value = fw_reg_text(reg->id, reg->value);

    if (reg->reg && reg->reg->owner != FW_OWNER_KVM)
        return;
    probe_add(results, PROBE_FACT, reg->reg ? reg->reg->name : "firmware register",
              !reg->present ? g_strdup("not in this kernel")
              : reg->limit != reg->value
                  ? g_strdup_printf("%s; at most %s", value, limit)
                  : g_strdup(value), NULL);
}

static void probe_firmware(GArray *results, int kvm)
{
    struct fw_host host;
    int error = elect_discover(kvm, &host);

    if (error < 0)
        probe_add(results, PROBE_MISSING, "vCPU", g_strdup(g_strerror(-error)), NULL);
    for (size_t i = 0; error == 0 && i < host.count; i++)
        add_firmware_register(results, &host.reg[i]);
}

/* By having one, for a moment. */
static void probe_window(GArray *results)
{
    const struct register_window_request request = {.vcpus = 1, .signal = SIGUSR2};
    g_autoptr(GError) error = NULL;
    struct register_window *window = register_window_open(&request, &error);

    probe_add(results, window ? PROBE_OK : PROBE_LACKING, "register window",
              g_strdup(window ? "VTL switches are fast, and none is lost" : error->message),
              register_window_remedy);
    register_window_close(window);
}

static void probe_vm(GArray *results, int kvm)
{
    int vm = ioctl(kvm, KVM_CREATE_VM, 0ul);

    probe_add(results, vm >= 0 ? PROBE_OK : PROBE_MISSING, "virtual machine",
              vm >= 0 ? g_strdup_printf("%d bits of guest physical address",
                                        kvm_check_extension(kvm, KVM_CAP_ARM_VM_IPA_SIZE))
                      : g_strdup(g_strerror(errno)), NULL);
    if (vm < 0)
        return;
    probe_filter(results, vm);
    probe_gic(results, vm);
    probe_capabilities(results, vm);
    probe_sve(results, kvm);
    probe_window(results);
    probe_firmware(results, kvm);
    close(vm);
}

static const char *open_remedy(int error)
{
    switch (-error) {
    case ENOENT:
        return "boot the host kernel at EL2 with CONFIG_KVM, or use scripts/bed";
    case EACCES:
    case EPERM:
        return "become a member of the group that owns /dev/kvm (usually kvm), or root";
    default:
        return "a kernel with a working KVM, or scripts/bed";
    }
}

void probe_kvm(GArray *results)
{
    int kvm = kvm_open();

    probe_add(results, kvm >= 0 ? PROBE_OK : PROBE_MISSING, "/dev/kvm",
              g_strdup(kvm >= 0 ? "usable" : g_strerror(-kvm)), open_remedy(kvm));
    if (kvm < 0)
        return;
    probe_vm(results, kvm);
    close(kvm);
}
