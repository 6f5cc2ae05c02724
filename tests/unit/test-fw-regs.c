/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware registers: the table, discovery on hosts old and broken, descriptions. */
#include <errno.h>
#include <string.h>

#include "fw-regs/fw-regs.h"
#include "tests/unit/unit.h"

/* Linux, arch/arm64/include/uapi/asm/kvm.h: arm64, 64 bits wide, and the two coprocessors. */
#define REG_CLASS UINT64_C(0xffffffffffff0000)
#define REG_FW UINT64_C(0x6030000000140000)
#define REG_FW_FEATURE UINT64_C(0x6030000000160000)

enum { MANY = 64 }; /* more than the table will ever have */

static const struct fw_reg *find(const char *name)
{
    for (size_t i = 0; i < fw_reg_count; i++)
        if (strcmp(fw_regs[i].name, name) == 0)
            return &fw_regs[i];
    ck_abort_msg("no %s", name);
}

START_TEST(no_register_is_twice_in_the_table)
{
    ck_assert_uint_gt(fw_reg_count, 0);
    ck_assert_uint_le(fw_reg_count, MANY);
    for (size_t i = 0; i < fw_reg_count; i++) {
        ck_assert_msg(fw_regs[i].name && *fw_regs[i].name, "row %zu", i);
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(fw_regs[i].id != fw_regs[j].id, "rows %zu and %zu", i, j);
            ck_assert_str_ne(fw_regs[i].name, fw_regs[j].name);
        }
    }
}
END_TEST

START_TEST(ids_are_those_of_linux)
{
    static const struct { const char *name; uint64_t id; } rows[] = {
        {"PSCI_VERSION", REG_FW},             {"WORKAROUND_1", REG_FW | 1},
        {"WORKAROUND_2", REG_FW | 2},         {"WORKAROUND_3", REG_FW | 3},
        {"STD_BMAP", REG_FW_FEATURE},         {"STD_HYP_BMAP", REG_FW_FEATURE | 1},
        {"VENDOR_HYP_BMAP", REG_FW_FEATURE | 2}, {"VENDOR_HYP_BMAP_2", REG_FW_FEATURE | 3},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(find(rows[i].name)->id == rows[i].id, "%s", rows[i].name);
}
END_TEST

/* Only bitmaps live in the second coprocessor, and only their bits have names. */
START_TEST(kinds_fit_their_registers)
{
    for (size_t i = 0; i < fw_reg_count; i++) {
        const struct fw_reg *reg = &fw_regs[i];
        bool bitmap = reg->kind == FW_REG_BITMAP;

        ck_assert_msg((reg->id & REG_CLASS) == (bitmap ? REG_FW_FEATURE : REG_FW), "%s", reg->name);
        for (unsigned bit = 0; bit < FW_REG_BITS; bit++)
            ck_assert_msg(bitmap || !reg->bits[bit], "%s: bit %u", reg->name, bit);
        ck_assert_msg(!bitmap || reg->bits[0], "%s: its first bit has no name", reg->name);
    }
}
END_TEST

/* A vCPU whose registers hold their ids, inverted, but for one that fails. */
struct vcpu {
    uint64_t failing;
    int error;
    unsigned reads;
};

static int get_register(void *context, uint64_t id, uint64_t *value)
{
    struct vcpu *vcpu = context;

    vcpu->reads++;
    if (id == vcpu->failing)
        return vcpu->error;
    *value = ~id;
    return 0;
}

static int discover(struct vcpu *vcpu, struct fw_reg_value *values)
{
    struct fw_reg_access access = {.get = get_register, .context = vcpu};

    /* Neither answer is in there before. */
    memset(values, 0x5a, fw_reg_count * sizeof(*values));
    for (size_t i = 0; i < fw_reg_count; i++)
        values[i].present = i % 2;
    return fw_regs_discover(&access, values);
}

START_TEST(discovery_reads_every_register)
{
    struct vcpu vcpu = {0};
    struct fw_reg_value values[MANY];

    ck_assert_int_eq(discover(&vcpu, values), 0);
    ck_assert_uint_eq(vcpu.reads, fw_reg_count);
    for (size_t i = 0; i < fw_reg_count; i++) {
        ck_assert_msg(values[i].present, "%s", fw_regs[i].name);
        ck_assert_uint_eq(values[i].value, ~fw_regs[i].id);
    }
}
END_TEST

START_TEST(an_absent_register_is_no_error)
{
    for (size_t absent = 0; absent < fw_reg_count; absent++) {
        struct vcpu vcpu = {.failing = fw_regs[absent].id, .error = -ENOENT};
        struct fw_reg_value values[MANY];

        ck_assert_int_eq(discover(&vcpu, values), 0);
        for (size_t i = 0; i < fw_reg_count; i++) {
            ck_assert_msg(values[i].present == (i != absent), "%s", fw_regs[i].name);
            if (i != absent)
                ck_assert_uint_eq(values[i].value, ~fw_regs[i].id);
        }
    }
}
END_TEST

START_TEST(other_failures_are_returned)
{
    static const int errors[] = {-EPERM, -EBADF, -EINVAL, -ENOEXEC, -EFAULT};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        for (size_t failing = 0; failing < fw_reg_count; failing++) {
            struct vcpu vcpu = {.failing = fw_regs[failing].id, .error = errors[i]};
            struct fw_reg_value values[MANY];

            ck_assert_int_eq(discover(&vcpu, values), errors[i]);
        }
    }
}
END_TEST

START_TEST(descriptions)
{
    static const struct { const char *name; uint64_t value; const char *text; } rows[] = {
        {"PSCI_VERSION", 0x10003, "1.3"},
        {"PSCI_VERSION", 2, "0.2"},
        {"PSCI_VERSION", 0xffffffff, "65535.65535"},
        {"PSCI_VERSION", UINT64_C(0x100010001), "1.1"},
        {"WORKAROUND_1", 0, "level 0"},
        {"WORKAROUND_2", 3, "level 3"},
        {"WORKAROUND_3", UINT64_MAX, "level 18446744073709551615"},
        {"STD_BMAP", 0, "0x0"},
        {"STD_BMAP", 1, "0x1: TRNG 1.0"},
        {"STD_HYP_BMAP", 1, "0x1: paravirtualized time"},
        {"VENDOR_HYP_BMAP", 3, "0x3: function features, PTP"},
        {"VENDOR_HYP_BMAP", 2, "0x2: PTP"},
        {"VENDOR_HYP_BMAP", 4, "0x4: bit 2"}, /* has no name yet */
        {"STD_BMAP", UINT64_C(0x8000000000000021),
         "0x8000000000000021: TRNG 1.0, bit 5, bit 63"}, /* beyond any name */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[128];

        fw_reg_describe(find(rows[i].name), rows[i].value, text, sizeof(text));
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

START_TEST(a_description_is_cut_to_fit)
{
    static const char whole[] = "0x3: function features, PTP";

    for (size_t size = 0; size <= sizeof(whole); size++) {
        char text[sizeof(whole) + 1], cut[sizeof(text)] = "";

        memset(text, '#', sizeof(text));
        fw_reg_describe(find("VENDOR_HYP_BMAP"), 3, text, size);
        ck_assert_int_eq(text[size], '#'); /* nothing behind the buffer */
        if (size == 0)
            continue;
        memcpy(cut, whole, size - 1 < strlen(whole) ? size - 1 : strlen(whole));
        ck_assert_str_eq(text, cut);
    }
}
END_TEST

UNIT_MAIN("fw-regs", no_register_is_twice_in_the_table, ids_are_those_of_linux,
          kinds_fit_their_registers, discovery_reads_every_register,
          an_absent_register_is_no_error, other_failures_are_returned, descriptions,
          a_description_is_cut_to_fit)
