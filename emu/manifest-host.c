/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host can give its guests: see manifest.h. */
#include <errno.h>
#include <linux/kvm.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "emu/cpu-features.h"
#include "emu/elect.h"
#include "emu/error.h"
#include "emu/gic-registers.h"
#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/manifest.h"
#include "emu/manifest-private.h"
#include "emu/stolen.h"
#include "emu/vcpu.h"
#include "emu/vm.h"

/* ICC_CTLR_EL1 (Arm IHI 0069, 12.2.6), by Hyper-V's name. */
#define ICC_CTLR_EL1 0x00060006u
#define ICC_CTLR_PRIBITS_SHIFT 8
#define ICC_CTLR_IDBITS_SHIFT 11
#define ICC_CTLR_FIELD 7u
#define ICC_CTLR_SEIS (1u << 14)
#define ICC_CTLR_A3V (1u << 15)
#define ID_BITS_SMALL 16 /* IDbits 0 */
#define ID_BITS_LARGE 24 /* IDbits 1 */
#define GICD_IIDR 0x0008u

static int read_gic(const struct vm *vm, struct manifest_gic *gic)
{
    uint64_t control = 0;
    int error = gic_register_get(vm->gic, 0, ICC_CTLR_EL1, &control);

    if (error == 0)
        error = kvm_access_gic(vm->gic, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, GICD_IIDR, false,
                               &gic->iidr);
    gic->priority_bits = (control >> ICC_CTLR_PRIBITS_SHIFT & ICC_CTLR_FIELD) + 1;
    gic->id_bits = control >> ICC_CTLR_IDBITS_SHIFT & ICC_CTLR_FIELD ? ID_BITS_LARGE
                                                                     : ID_BITS_SMALL;
    gic->seis = control & ICC_CTLR_SEIS;
    gic->a3v = control & ICC_CTLR_A3V;
    return error;
}

/* On a machine of its own: GICs are asked while no vCPU runs. */
int manifest_add_gic(struct manifest *manifest, int kvm)
{
    struct vm vm = {.fd = vm_create(kvm)};
    struct vcpu vcpu;
    int error;

    if (vm.fd < 0)
        return vm.fd;
    error = vcpu_open(&vcpu, kvm, vm.fd, 0, 0);
    if (error == 0)
        error = vm_create_gic(&vm, 1, NULL) ? read_gic(&vm, &manifest->gic) : -ENODEV;
    if (error == 0)
        manifest_add(manifest, MANIFEST_GIC);
    vcpu_close(&vcpu);
    if (vm.gic > 0)
        close(vm.gic);
    close(vm.fd);
    return error;
}

void manifest_add_names(struct manifest *manifest)
{
    struct utsname uts;

    g_free(manifest->vtlemu);
    manifest->vtlemu = g_strdup(PACKAGE_VERSION);
    if (uname(&uts) < 0)
        return;
    g_free(manifest->kernel);
    manifest->kernel = g_strdup_printf("%.64s %.128s", uts.sysname, uts.release);
    if (!*manifest->name) {
        g_free(manifest->name);
        manifest->name = g_utf8_make_valid(uts.nodename, -1);
    }
}

void manifest_add_numbers(struct manifest *manifest)
{
    __asm__("mrs %0, cntfrq_el0" : "=r"(manifest->counter_hz));
    manifest_add(manifest, MANIFEST_COUNTER);
    manifest->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    manifest_add(manifest, MANIFEST_PAGE);
}

/* What vtlemu cannot do without: see probe-kvm.c, which tells the user of each. */
static bool can_run(int kvm)
{
    int vm = vm_create(kvm);
    bool can = vm >= 0 &&
               kvm_has_attribute(vm, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER) &&
               kvm_check_extension(vm, KVM_CAP_COUNTER_OFFSET) &&
               kvm_check_extension(vm, KVM_CAP_ARM_NISV_TO_USER);

    if (vm >= 0)
        close(vm);
    return can;
}

static void add_limits(struct manifest *manifest, int kvm)
{
    int ipa = kvm_check_extension(kvm, KVM_CAP_ARM_VM_IPA_SIZE);
    int vps = kvm_check_extension(kvm, KVM_CAP_MAX_VCPUS);

    manifest->runs = can_run(kvm);
    manifest_add(manifest, MANIFEST_RUNS);
    /* 0: an older kernel, which has 40 bits and does not say so (api.rst, 4.2). */
    manifest->ipa_bits = ipa > 0 ? (uint32_t)ipa : VM_IPA_BITS;
    manifest_add(manifest, MANIFEST_IPA);
    if (vps <= 0)
        return;
    manifest->vps = MIN((uint32_t)vps, LAYOUT_MAX_VPS);
    manifest_add(manifest, MANIFEST_VPS);
}

/* A kernel that does not tell of its processor's registers has a manifest without them. */
static void add_cpu(struct manifest *manifest, int kvm)
{
    if (vcpu_sve_lengths(kvm, &manifest->sve_lengths) == 0)
        manifest_add(manifest, MANIFEST_SVE);
    if (cpu_discover(kvm, manifest->sve_lengths, manifest->id) == 0)
        manifest_add(manifest, MANIFEST_CPU);
}

/* Stolen time, which the register has, needs a kernel that tells it. */
static void drop_stolen_time(struct fw_host *registers)
{
    for (size_t i = 0; i < registers->count; i++)
        if (registers->reg[i].id == FW_ID_STD_HYP) {
            registers->reg[i].value &= ~FW_STD_HYP_PV_TIME;
            registers->reg[i].limit &= ~FW_STD_HYP_PV_TIME;
        }
}

static int add_registers(struct manifest *manifest, int kvm)
{
    int error = elect_discover(kvm, &manifest->registers);

    if (error < 0)
        return error;
    if (!stolen_is_there(kvm))
        drop_stolen_time(&manifest->registers);
    fw_election_default(&manifest->election, &manifest->registers);
    manifest_add(manifest, MANIFEST_REGISTERS);
    return 0;
}

struct manifest *manifest_of_host(GError **error)
{
    g_autoptr(manifest_auto) manifest = manifest_new(MANIFEST_HOST, "this host", "");
    int kvm = kvm_open(), result;

    if (kvm < 0) {
        emu_set_error(error, EMU_ERROR_SETUP, "/dev/kvm: %s; vtlemu probe says what is missing",
                      g_strerror(-kvm));
        return NULL;
    }
    manifest_add_names(manifest);
    manifest_add_numbers(manifest);
    result = add_registers(manifest, kvm);
    add_limits(manifest, kvm);
    add_cpu(manifest, kvm);
    (void)manifest_add_gic(manifest, kvm);
    close(kvm);
    if (result == 0)
        return g_steal_pointer(&manifest);
    emu_set_error(error, EMU_ERROR_SETUP, "KVM does not tell its firmware registers: %s",
                  g_strerror(-result));
    return NULL;
}
