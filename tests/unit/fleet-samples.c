/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts and guests for tests: see fleet-samples.h. */
#include "tests/unit/fleet-samples.h"

#include "tests/unit/unit.h"

void sample_set_register(struct manifest *host, uint64_t id, uint64_t value, uint64_t limit)
{
    struct fw_host_reg *reg = (struct fw_host_reg *)fw_host_find(&host->registers, id);

    if (!reg)
        reg = &host->registers.reg[host->registers.count++];
    *reg = (struct fw_host_reg){id, fw_reg_find(id), true, value, limit};
    fw_election_default(&host->election, &host->registers);
}

void sample_drop_register(struct manifest *host, uint64_t id)
{
    struct fw_host *registers = &host->registers;

    for (size_t i = 0; i < registers->count; i++)
        if (registers->reg[i].id == id)
            registers->reg[i] = registers->reg[--registers->count];
    fw_election_default(&host->election, registers);
}

struct id_value *sample_id(struct manifest *manifest, const char *name)
{
    const struct id_register *reg = id_register_find(name);

    ck_assert_msg(reg, "no %s", name);
    return &manifest->id[id_register_index(reg)];
}

static void add_registers(struct manifest *host)
{
    static const struct { uint64_t id, value, limit; } rows[] = {
        {FW_ID_PSCI, FW_PSCI(1, 3), FW_PSCI(1, 3)},
        {FW_ID_WORKAROUND_1, 1, 1}, {FW_ID_WORKAROUND_2, 3, 3}, {FW_ID_WORKAROUND_3, 2, 2},
        {FW_ID_STD, 1, 1}, {FW_ID_STD_HYP, 1, 1}, {FW_ID_VENDOR_HYP, 3, 3},
        {FW_ID_VENDOR_HYP_2, 0, 3},
        {FW_ID_HV_FEATURES, 0xfff, 0xfff}, {FW_ID_HV_CALLS, 0x3ff, 0x3ff},
        {FW_ID_HV_VSM, 0x1f, 0x1f}, {FW_ID_HV_VMBUS, 0xf, 0xf},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        sample_set_register(host, rows[i].id, rows[i].value, rows[i].limit);
}

static void add_cpu(struct manifest *host)
{
    static const struct { const char *name; uint64_t value, writable; } rows[] = {
        {"MIDR_EL1", 0x410fd490, 0},
        {"ID_AA64PFR0_EL1", 0x1101000101111112, UINT64_C(0xff00ff0f00f00000)},
        {"ID_AA64ISAR0_EL1", 0x0022111110212120, UINT64_MAX},
        {"ID_AA64MMFR0_EL1", 0x0000022200101125, 0},
        {"ID_AA64ZFR0_EL1", 0x0000110100110021, UINT64_MAX},
        {"CTR_EL0", 0x9444c004, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        *sample_id(host, rows[i].name) =
            (struct id_value){true, rows[i].value, rows[i].writable};
}

struct manifest *sample_host(const char *source)
{
    struct manifest *host = manifest_new(MANIFEST_HOST, source, "host");

    host->kernel = g_strdup("Linux 7.2");
    host->vtlemu = g_strdup("0.1");
    host->parts = (1u << MANIFEST_PARTS) - 1;
    add_registers(host);
    add_cpu(host);
    host->sve_lengths = 3;
    host->counter_hz = 62500000;
    host->gic = (struct manifest_gic){5, 16, false, true, 0x4b00343b};
    host->ipa_bits = 44;
    host->page_size = 4096;
    host->vps = 64;
    host->runs = true;
    return host;
}

struct manifest *sample_guest(const char *source)
{
    struct manifest *guest = sample_host(source);

    guest->kind = MANIFEST_GUEST;
    guest->parts &= ~(1u << MANIFEST_RUNS);
    guest->registers.count = 0;
    for (size_t i = 0; i < id_register_count; i++)
        guest->id[i].writable = 0;
    /* Without --sve. */
    sample_id(guest, "ID_AA64PFR0_EL1")->value &= ~UINT64_C(0xf00000000);
    *sample_id(guest, "ID_AA64ZFR0_EL1") = (struct id_value){true, 0, 0};
    guest->sve_lengths = 0;
    guest->ipa_bits = 40;
    guest->vps = 2;
    return guest;
}
