/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine is: see machine-facts.h. */
#include "emu/machine-facts.h"

#include <string.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "emu/sve.h"
#include "vtl/codec.h"

#define VTL_SET ((1u << VTL_LEVELS) - 1)
/* DCZID_EL0.BS is four bits wide, in words. */
#define ZERO_SIZE_MAX (4u << 15)
#define SNAPSHOT_RAM_UNIT (2 * MIB)

static const struct codec_field fields[] = {
    CODEC_UPTO(struct machine_facts, cpus, LAYOUT_MAX_VPS),
    CODEC_UPTO(struct machine_facts, memory, 64 * GIB),
    CODEC_ARRAY(struct machine_facts, level_memory, UINT64_MAX, 64 * GIB),
    CODEC_BITS(struct machine_facts, kernels, VTL_SET),
    CODEC_UPTO(struct machine_facts, boot_vtl, VTL_LEVELS - 1),
    CODEC_UPTO(struct machine_facts, max_vtl, VTL_LEVELS - 1),
    CODEC_BITS(struct machine_facts, vmbuses, VTL_SET),
    CODEC_BOOL(struct machine_facts, higher_has_devices),
    CODEC_UPTO(struct machine_facts, poison, POISON_LEVELS - 1),
    CODEC_ANY(struct machine_facts, sve_lengths),
    CODEC_UPTO(struct machine_facts, zero_size, ZERO_SIZE_MAX),
    CODEC_ANY(struct machine_facts, counter_hz),
};

/* Since version 2 of the section. */
static const struct codec_field abi_fields[] = {
    CODEC_ANY(struct machine_facts, call_id),
    CODEC_ANY(struct machine_facts, return_id),
};

static const struct codec_field fact_fields[] = {
    CODEC_ANY(struct machine_fact, id),
    CODEC_ANY(struct machine_fact, value),
};

static const struct codec_field elected_fields[] = {
    CODEC_ANY(struct fw_elected, id),
    CODEC_ANY(struct fw_elected, value),
};

static void write_election(struct codec_writer *codec, const struct fw_election *election)
{
    codec_write_u32(codec, (uint32_t)election->count);
    for (size_t i = 0; i < election->count; i++)
        codec_write_fields(codec, &election->reg[i], elected_fields, G_N_ELEMENTS(elected_fields));
}

static void read_election(struct codec_reader *codec, struct fw_election *election)
{
    election->count = codec_read_count(codec, "number of firmware registers", FW_REGS_MAX);
    for (size_t i = 0; i < election->count && codec_is_good(codec); i++)
        codec_read_fields(codec, &election->reg[i], elected_fields, G_N_ELEMENTS(elected_fields));
}

/*
 * Since version 3: what a bank policy changes, by the registers' names, as there may be others in
 * another version's table.
 */
#define POLICY_NAME_SIZE 24

static void write_policy(struct codec_writer *codec, const struct bank_policy *policy)
{
    uint32_t count = 0;

    for (size_t i = 0; i < bank_row_count(); i++)
        count += bank_policy_changes(policy, i);
    codec_write_u32(codec, count);
    for (size_t i = 0; i < bank_row_count(); i++) {
        char name[POLICY_NAME_SIZE] = {0};

        if (!bank_policy_changes(policy, i))
            continue;
        g_strlcpy(name, bank_row(i).name, sizeof(name));
        codec_write_bytes(codec, name, sizeof(name));
        codec_write_u8(codec, (uint8_t)bank_policy_class(policy, i));
    }
}

/* Is there a name, and nothing behind it? */
static bool is_padded(const char name[POLICY_NAME_SIZE + 1])
{
    for (size_t i = strlen(name); i < POLICY_NAME_SIZE; i++)
        if (name[i])
            return false;
    return *name;
}

/* Why it is no change, as half a sentence; NULL: it is one. */
static const char *judge_change(const char *name, int row, uint8_t class, bool again)
{
    if (!is_padded(name))
        return "that is no name";
    if (row < 0)
        return "this vtlemu does not know it; use a newer one";
    if (again)
        return "it has been named before";
    if (class > BANK_CONSTANT)
        return "this vtlemu does not know its class; use a newer one";
    return bank_policy_problem((size_t)row, class);
}

static void read_change(struct codec_reader *codec, struct bank_policy *policy,
                        bool seen[BANK_ROWS_MAX])
{
    char name[POLICY_NAME_SIZE + 1] = {0};
    g_autofree char *shown = NULL;
    const char *why;
    uint8_t class;
    int row;

    codec_read_bytes(codec, "register of the bank policy", name, POLICY_NAME_SIZE);
    class = codec_read_u8(codec, "class of a register");
    if (!codec_is_good(codec))
        return;
    row = bank_row_find(name);
    why = judge_change(name, row, class, row >= 0 && seen[row]);
    shown = g_strescape(name, NULL);
    if (why) {
        codec_fail(codec, "the bank policy has %s as %s: %s", shown,
                   class > BANK_CONSTANT ? "nothing known" : bank_class_name(class), why);
        return;
    }
    seen[row] = true;
    policy->class[row] = class;
}

/* Rows that are good each by itself, and what else the machine is. */
static void check_policy(struct codec_reader *codec, const struct machine_facts *facts)
{
    size_t row;
    const char *why = bank_policy_contradiction(&facts->policy, &row);

    if (why)
        codec_fail(codec, "the bank policy has %s as shared: %s", bank_row(row).name, why);
    if ((facts->call_id || facts->return_id) && !bank_policy_allows_functions(&facts->policy))
        codec_fail(codec, "the bank policy has X0 as not shared, where a VTL call or return by "
                   "function has its id and its result");
}

static void read_policy(struct codec_reader *codec, struct bank_policy *policy)
{
    uint32_t count = codec_read_count(codec, "number of changes of the bank policy",
                                      (uint32_t)bank_row_count());
    bool seen[BANK_ROWS_MAX] = {false};

    for (uint32_t i = 0; i < count && codec_is_good(codec); i++)
        read_change(codec, policy, seen);
}

void machine_facts_write(const struct machine_facts *facts, GByteArray *bytes)
{
    struct codec_writer codec = {bytes};

    codec_write_fields(&codec, facts, fields, G_N_ELEMENTS(fields));
    write_election(&codec, &facts->election);
    codec_write_u32(&codec, facts->id_count);
    for (uint32_t i = 0; i < facts->id_count; i++)
        codec_write_fields(&codec, &facts->id[i], fact_fields, G_N_ELEMENTS(fact_fields));
    codec_write_fields(&codec, facts, abi_fields, G_N_ELEMENTS(abi_fields));
    write_policy(&codec, &facts->policy);
}

/* Higher VTLs sit at the top of RAM, and something is left for VTL0. */
static void check_memory(struct codec_reader *codec, const struct machine_facts *facts)
{
    uint64_t sum = 0;

    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        sum += facts->level_memory[vtl];
        codec_require(codec, facts->level_memory[vtl] % SNAPSHOT_RAM_UNIT == 0, "memory of a VTL",
                      facts->level_memory[vtl], "must be a multiple of 2 MiB");
    }
    codec_require(codec, facts->memory && facts->memory % SNAPSHOT_RAM_UNIT == 0, "memory",
                  facts->memory, "must be a multiple of 2 MiB");
    codec_require(codec, sum == facts->memory, "memory of all VTLs", sum,
                  "must be all that there is");
}

bool machine_facts_read(const struct snapshot_section *section, struct machine_facts *facts,
                        GError **error)
{
    struct codec_reader codec;

    *facts = (struct machine_facts){0};
    if (section->kind != SNAPSHOT_MACHINE) {
        emu_set_error(error, EMU_ERROR_SETUP, "the snapshot begins with %s instead of what the "
                      "machine is; it was not written by vtlemu", snapshot_kind_name(section->kind));
        return false;
    }
    codec_begin(&codec, section->bytes, section->size);
    codec_at(&codec, "the machine's facts");
    codec_read_fields(&codec, facts, fields, G_N_ELEMENTS(fields));
    read_election(&codec, &facts->election);
    facts->id_count = codec_read_count(&codec, "number of ID registers", MACHINE_FACTS_IDS);
    for (uint32_t i = 0; i < facts->id_count && codec_is_good(&codec); i++)
        codec_read_fields(&codec, &facts->id[i], fact_fields, G_N_ELEMENTS(fact_fields));
    if (section->version >= 2)
        codec_read_fields(&codec, facts, abi_fields, G_N_ELEMENTS(abi_fields));
    bank_policy_init(&facts->policy);
    if (section->version >= 3)
        read_policy(&codec, &facts->policy);
    codec_require(&codec, facts->cpus > 0, "cpus", facts->cpus, "must be some");
    codec_require(&codec, facts->kernels & 1u << facts->boot_vtl, "boot_vtl", facts->boot_vtl,
                  "must have a kernel");
    codec_require(&codec, facts->max_vtl >= vtl_highest(facts->kernels), "max_vtl", facts->max_vtl,
                  "there is a kernel above");
    codec_require(&codec, !(facts->vmbuses & ~facts->kernels), "vmbuses", facts->vmbuses,
                  "they are of VTLs without a kernel");
    codec_require(&codec, facts->counter_hz > 0, "counter_hz", facts->counter_hz, "must be some");
    codec_require(&codec, !facts->call_id || !vtl_abi_problem(facts->call_id), "call_id",
                  facts->call_id, "no VTL call has it");
    codec_require(&codec, !facts->return_id || !vtl_abi_problem(facts->return_id), "return_id",
                  facts->return_id, "no VTL return has it");
    codec_require(&codec, !facts->call_id || facts->call_id != facts->return_id, "return_id",
                  facts->return_id, "it is that of the call");
    check_memory(&codec, facts);
    check_policy(&codec, facts);
    return codec_end(&codec, error);
}

/* --- What the user says besides -------------------------------------------------------------- */

static bool refuse(GError **error, const char *option, const char *value, const char *is)
{
    emu_set_error(error, EMU_ERROR_USAGE, "%s%s%s: in the snapshot's machine it is %s; leave the "
                  "option out", option, *value ? " " : "", value, is);
    return false;
}

static bool agree_number(const char *option, const char *given, uint64_t value, uint64_t is,
                         GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, is);

    return !given || value == is || refuse(error, option, given, text);
}

static bool agree_size(const char *option, const char *given, uint64_t value, uint64_t is,
                       GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT "M", is / MIB);

    return !given || value == is || refuse(error, option, given, text);
}

static bool agree_text(const char *option, const char *given, const char *is, GError **error)
{
    return !given || !strcmp(given, is) || refuse(error, option, given, is);
}

static bool agree_level(const struct machine_facts *facts, const struct options *options,
                        unsigned vtl, GError **error)
{
    const struct level_options *level = &options->level[vtl];
    g_autofree char *memory = g_strdup_printf("--vtl%u-memory", vtl);
    g_autofree char *vmbus = g_strdup_printf("--vtl%u-vmbus", vtl);
    g_autofree char *kernel = g_strdup_printf("--vtl%u-kernel", vtl);

    if (level->kernel && !(facts->kernels & 1u << vtl))
        return refuse(error, kernel, level->kernel, "none");
    return agree_size(memory, level->memory_text, level->memory, facts->level_memory[vtl], error) &&
           agree_text(vmbus, level->vmbus_text, facts->vmbuses & 1u << vtl ? "on" : "off", error);
}

static bool agree_sve(const struct machine_facts *facts, const struct options *options,
                      GError **error)
{
    uint64_t longest = sve_longest(facts->sve_lengths);

    if (options->sve == OPTIONS_SVE_ON && longest)
        return true; /* as long as the host's, and this is the machine's host */
    return agree_number("--sve", options->sve_text, (uint64_t)options->sve, longest, error);
}

static bool agree_abi(const struct machine_facts *facts, const struct options *options,
                      GError **error)
{
    const struct vtl_abi *wanted = &options->vtl_abi;
    g_autofree char *call = options_call_abi_text(facts->call_id);
    g_autofree char *back = options_return_abi_text(facts->return_id);

    if (options->call_abi && wanted->call_id != facts->call_id)
        return refuse(error, "--vtl-call-abi", options->call_abi, call);
    return !options->return_abi || wanted->return_id == facts->return_id ||
           refuse(error, "--vtl-return-abi", options->return_abi, back);
}

static bool agree(const struct machine_facts *facts, const struct options *options, GError **error)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (!agree_level(facts, options, vtl, error))
            return false;
    if (options->igvm && !(facts->kernels & 1u << VTL_PARAVISOR))
        return refuse(error, "--igvm", options->igvm, "none");
    if (!agree_abi(facts, options, error))
        return false;
    if (options->bank_policy && !bank_policy_same(&options->policy, &facts->policy))
        return refuse(error, "--bank-policy", options->bank_policy, "another one");
    if (options->poison_text && options->poison != facts->poison)
        return refuse(error, "--poison", options->poison_text,
                      poison_level_name((enum poison_level)facts->poison));
    return agree_number("--cpus", options->cpus_text, (uint64_t)options->cpus, facts->cpus,
                        error) &&
           agree_size("--memory", options->memory_text, options->memory, facts->memory, error) &&
           agree_number("--boot-vtl", options->boot_vtl_text, (uint64_t)options->boot_vtl,
                        facts->boot_vtl, error) &&
           agree_number("--max-vtl", options->max_vtl_text, (uint64_t)options->max_vtl,
                        facts->max_vtl, error) &&
           agree_text("--vtl0-devices", options->vtl0_devices,
                      facts->higher_has_devices ? "higher" : "vtlemu", error) &&
           agree_sve(facts, options, error);
}

bool machine_facts_adopt(const struct machine_facts *facts, struct options *options, GError **error)
{
    unsigned longest = sve_longest(facts->sve_lengths);

    if (!agree(facts, options, error))
        return false;
    options->cpus = (int)facts->cpus;
    options->memory = facts->memory;
    options->boot_vtl = (int)facts->boot_vtl;
    options->max_vtl = (int)facts->max_vtl;
    options->higher_has_devices = facts->higher_has_devices;
    options->poison = (enum poison_level)facts->poison;
    options->policy = facts->policy;
    options->vtl_abi = (struct vtl_abi){facts->call_id, facts->return_id};
    options->sve = longest ? (int)longest : OPTIONS_SVE_OFF;
    options->restored_kernels = facts->kernels;
    g_free(options->restored_election);
    options->restored_election = g_memdup2(&facts->election, sizeof(facts->election));
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        options->level[vtl].memory = facts->level_memory[vtl];
        options->level[vtl].vmbus = facts->vmbuses & 1u << vtl;
    }
    return options_complete(options, error);
}
