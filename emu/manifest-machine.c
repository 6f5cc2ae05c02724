/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest of a machine has been given: see manifest.h. */
#include <linux/kvm.h>
#include <string.h>

#include "emu/error.h"
#include "emu/kvm.h"
#include "emu/machine.h"
#include "emu/manifest-private.h"

struct manifest *manifest_of_machine(const struct machine *machine, GError **error)
{
    g_autoptr(manifest_auto) manifest = manifest_new(MANIFEST_GUEST, "this guest", "");
    int ipa = kvm_check_extension(machine->kvm, KVM_CAP_ARM_VM_IPA_SIZE);
    int result = manifest_add_gic(manifest, machine->kvm);

    if (result < 0) {
        emu_set_error(error, EMU_ERROR_INTERNAL, "KVM gives no second GIC to look at: %s",
                      g_strerror(-result));
        return NULL;
    }
    manifest_add_names(manifest);
    manifest_add_numbers(manifest);
    memcpy(manifest->id, machine->id, id_register_count * sizeof(*manifest->id));
    manifest_add(manifest, MANIFEST_CPU);
    manifest->sve_lengths = machine->sve_lengths;
    manifest_add(manifest, MANIFEST_SVE);
    manifest->counter_hz = machine->counter_hz;
    manifest->ipa_bits = ipa > 0 ? MIN((uint32_t)ipa, VM_IPA_BITS) : VM_IPA_BITS;
    manifest_add(manifest, MANIFEST_IPA);
    manifest->vps = machine->vp_count;
    manifest_add(manifest, MANIFEST_VPS);
    return g_steal_pointer(&manifest);
}
