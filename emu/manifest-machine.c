/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest of a machine has been given: see manifest.h. */
#include <linux/kvm.h>
#include <string.h>

#include "emu/cpu-features.h"
#include "emu/error.h"
#include "emu/kvm.h"
#include "emu/machine.h"
#include "emu/manifest-private.h"
#include "emu/sve.h"

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
    manifest->election = machine->election;
    manifest_add(manifest, MANIFEST_REGISTERS);
    memcpy(manifest->id, machine->id, id_register_count * sizeof(*manifest->id));
    manifest_add(manifest, MANIFEST_CPU);
    manifest->sve_lengths = machine->sve_lengths;
    manifest_add(manifest, MANIFEST_SVE);
    manifest->counter_hz = machine->counter_hz;
    manifest->ipa_bits = ipa > 0 ? MIN((uint32_t)ipa, VM_IPA_BITS) : VM_IPA_BITS;
    manifest_add(manifest, MANIFEST_IPA);
    manifest->vps = (uint32_t)machine->options->cpus; /* --pulse takes its VPs away for a moment */
    manifest_add(manifest, MANIFEST_VPS);
    return g_steal_pointer(&manifest);
}

/* --- A machine as a manifest says -------------------------------------------------------------- */

/* With --sve on, the lengths are what both have; a guest that asks for more is refused. */
static bool limit_sve(struct machine *machine, const struct manifest *manifest, GError **error)
{
    unsigned most = sve_longest(manifest->sve_lengths);
    uint16_t lengths = sve_limit(machine->sve_lengths, most);
    g_autofree char *there = sve_text(manifest->sve_lengths);

    if (!machine->sve_lengths || !manifest_has(manifest, MANIFEST_SVE))
        return true;
    if (machine->options->sve == OPTIONS_SVE_ON && most && lengths == manifest->sve_lengths) {
        machine->sve_lengths = lengths;
        return true;
    }
    if ((machine->sve_lengths & ~manifest->sve_lengths) == 0 &&
        sve_limit(manifest->sve_lengths, sve_longest(machine->sve_lengths)) ==
            machine->sve_lengths)
        return true;
    emu_set_error(error, EMU_ERROR_SETUP, "%s has vectors of %s; give --sve off, or a length that it "
                  "has", manifest->source, most ? there : "no length");
    return false;
}

/* Whether there is SVE, --sve says: these follow from it. */
static void keep_sve(const struct machine *machine, struct id_value *wanted)
{
    const struct id_register *pfr0 = id_register_find("ID_AA64PFR0_EL1");
    const struct id_register *zfr0 = id_register_find("ID_AA64ZFR0_EL1");
    uint64_t sve = id_field_mask(id_field_find(pfr0, "SVE"));
    size_t index = id_register_index(pfr0);

    wanted[index].value = (wanted[index].value & ~sve) | (machine->id[index].value & sve);
    if (!machine->sve_lengths)
        wanted[id_register_index(zfr0)].present = false;
}

static bool require_cpu(struct machine *machine, const struct manifest *manifest, GError **error)
{
    g_autofree struct id_value *wanted =
        g_memdup2(manifest->id, id_register_count * sizeof(*manifest->id));

    keep_sve(machine, wanted);
    return cpu_require(machine, wanted, manifest->source, error);
}

bool manifest_require(struct machine *machine, const char *text, size_t size, GError **error)
{
    g_autoptr(manifest_auto) manifest = manifest_parse("manifest", text, size, error);

    return manifest && limit_sve(machine, manifest, error) &&
           (!manifest_has(manifest, MANIFEST_CPU) || require_cpu(machine, manifest, error));
}
