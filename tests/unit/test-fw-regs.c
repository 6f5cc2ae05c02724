/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware registers: the table, texts, and discovery on hosts old, new and broken. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "fw-regs/fw-regs.h"
#include "tests/unit/fw-vcpu.h"
#include "tests/unit/unit.h"

/* Linux, arch/arm64/include/uapi/asm/kvm.h: arm64, 64 bits wide, and the two coprocessors. */
#define REG_FW UINT64_C(0x6030000000140000)
#define REG_FW_FEATURE UINT64_C(0x6030000000160000)

START_TEST(no_register_is_twice_in_the_table)
{
    ck_assert_uint_gt(fw_reg_count, 0);
    ck_assert_uint_lt(fw_reg_count, FW_REGS_MAX);
    for (size_t i = 0; i < fw_reg_count; i++) {
        ck_assert_msg(fw_regs[i].name && *fw_regs[i].name, "row %zu", i);
        ck_assert_ptr_eq(fw_reg_find(fw_regs[i].id), &fw_regs[i]);
        ck_assert_ptr_eq(fw_reg_find_option(fw_regs[i].option), &fw_regs[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(fw_regs[i].name, fw_regs[j].name);
    }
    ck_assert_ptr_null(fw_reg_find(REG_FW_FEATURE | 9));
    ck_assert_ptr_null(fw_reg_find_option("STD_BMAP"));
    ck_assert_ptr_eq(fw_reg_find_option("PSCI-Version"), fw_reg_find(FW_ID_PSCI));
    ck_assert_int_eq(fw_reg_find_bit(fw_reg_find(FW_ID_VENDOR_HYP), "PTP"), 1);
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
        ck_assert_str_eq(fw_reg_find(rows[i].id)->name, rows[i].name);
}
END_TEST

/* Only bitmaps live in the second coprocessor, and only they have bits; names are options. */
START_TEST(kinds_fit_their_registers)
{
    for (size_t i = 0; i < fw_reg_count; i++) {
        const struct fw_reg *reg = &fw_regs[i];
        bool bitmap = reg->kind == FW_REG_BITMAP;
        uint64_t class = reg->id & FW_ID_CLASS;

        ck_assert_msg(class == (reg->owner == FW_OWNER_VTLEMU ? FW_ID_VTLEMU
                                : bitmap ? REG_FW_FEATURE : REG_FW), "%s", reg->name);
        ck_assert_msg(bitmap == (reg->bit_count > 0) && bitmap == !reg->name_count, "%s", reg->name);
        for (unsigned bit = 0; bit < reg->bit_count; bit++) {
            const char *name = reg->bits[bit].name;

            ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
            ck_assert_int_eq(fw_reg_find_bit(reg, name), (int)bit);
        }
    }
}
END_TEST

/* --hv-services has them without their register. */
START_TEST(names_of_own_services_are_unique)
{
    for (size_t i = 0; i < fw_reg_count; i++)
        for (unsigned bit = 0; fw_regs[i].owner == FW_OWNER_VTLEMU && bit < fw_regs[i].bit_count;
             bit++)
            for (size_t j = 0; j < fw_reg_count; j++)
                if (fw_regs[j].owner == FW_OWNER_VTLEMU && j != i)
                    ck_assert_msg(fw_reg_find_bit(&fw_regs[j], fw_regs[i].bits[bit].name) < 0,
                                  "%s", fw_regs[i].bits[bit].name);
}
END_TEST

START_TEST(texts)
{
    static const struct { uint64_t id, value; const char *text; } rows[] = {
        {FW_ID_PSCI, 0x10003, "1.3"},
        {FW_ID_PSCI, 2, "0.2"},
        {FW_ID_PSCI, 0x10009, "1.9"},
        {FW_ID_PSCI, 0xffffffff, "65535.65535"},
        {FW_ID_PSCI, UINT64_C(0x100010001), "0x100010001"},
        {FW_ID_WORKAROUND_1, 0, "not-available"},
        {FW_ID_WORKAROUND_1, 2, "not-required"},
        {FW_ID_WORKAROUND_2, 2, "available"},
        {FW_ID_WORKAROUND_2, 3, "not-required"},
        {FW_ID_WORKAROUND_2, 0x12, "enabled"},
        {FW_ID_WORKAROUND_3, UINT64_MAX, "0xffffffffffffffff"},
        {FW_ID_STD, 0, "none"},
        {FW_ID_STD, 1, "trng_v1_0"},
        {FW_ID_VENDOR_HYP, 3, "func_feat,ptp"},
        {FW_ID_VENDOR_HYP, 4, "bit2"}, /* has no name yet */
        {FW_ID_STD, UINT64_C(0x8000000000000021), "trng_v1_0,bit5,bit63"},
        {FW_ID_FEATURES | 9, 5, "bit0,bit2"}, /* nor has the register */
        {FW_ID_FIRMWARE | 9, 5, "0x5"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        g_autofree char *text = fw_reg_text(rows[i].id, rows[i].value);

        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

static const struct fw_host_reg *on(const struct fw_host *host, uint64_t id)
{
    return fw_host_find(host, id);
}

/* Defaults are read; what may be elected beyond them is found by trying; all is put back. */
START_TEST(discovery_finds_defaults_and_limits)
{
    struct fw_vcpu vcpu = fw_vcpu_new();
    struct fw_access access = fw_vcpu_access(&vcpu);
    struct fw_host host;

    ck_assert_int_eq(fw_host_discover(&access, &host), 0);
    ck_assert_uint_eq(host.count, fw_reg_count);
    for (size_t i = 0; i < FW_VCPU_REGS; i++) {
        const struct fw_vcpu_reg *reg = &vcpu.reg[i];

        ck_assert(on(&host, reg->id)->present);
        ck_assert_uint_eq(on(&host, reg->id)->value, reg->initial);
        ck_assert_uint_eq(on(&host, reg->id)->limit, reg->limit);
        ck_assert_msg(reg->value == reg->initial, "not put back");
    }
    ck_assert_uint_eq(on(&host, FW_ID_VENDOR_HYP_2)->value, 0);
    ck_assert_uint_eq(on(&host, FW_ID_VENDOR_HYP_2)->limit, 3);
    ck_assert_uint_eq(on(&host, FW_ID_HV_VMBUS)->limit,
                      fw_reg_known(fw_reg_find(FW_ID_HV_VMBUS)));
}
END_TEST

START_TEST(an_absent_register_is_no_error)
{
    for (size_t i = 0; i < FW_VCPU_REGS; i++) {
        struct fw_vcpu vcpu = fw_vcpu_new();
        struct fw_access access = fw_vcpu_access(&vcpu);
        struct fw_host host;

        vcpu.reg[i].error = -ENOENT;
        ck_assert_int_eq(fw_host_discover(&access, &host), 0);
        for (size_t j = 0; j < FW_VCPU_REGS; j++)
            ck_assert(on(&host, vcpu.reg[j].id)->present == (i != j));
        ck_assert_uint_eq(on(&host, vcpu.reg[i].id)->limit, 0);
    }
}
END_TEST

START_TEST(other_failures_are_returned)
{
    static const int errors[] = {-EPERM, -EBADF, -EINVAL, -ENOEXEC, -EFAULT};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        for (size_t failing = 0; failing < FW_VCPU_REGS; failing++) {
            struct fw_vcpu vcpu = fw_vcpu_new();
            struct fw_access access = fw_vcpu_access(&vcpu);
            struct fw_host host;

            vcpu.reg[failing].error = errors[i];
            ck_assert_int_eq(fw_host_discover(&access, &host), errors[i]);
        }
}
END_TEST

/* A newer kernel has registers and bits that the table does not: shown by number. */
START_TEST(a_newer_host_has_what_nobody_knows)
{
    struct fw_vcpu vcpu = fw_vcpu_new();
    struct fw_access access = fw_vcpu_access(&vcpu);
    struct fw_host host;

    vcpu.reg[4].initial = vcpu.reg[4].value = vcpu.reg[4].limit = 0x11;
    vcpu.extra[0] = (struct fw_vcpu_reg){.id = FW_ID_FEATURES | 7, .initial = 1, .value = 1,
                                         .limit = 5};
    vcpu.extra[1] = (struct fw_vcpu_reg){.id = FW_ID_FIRMWARE | 7, .initial = 9, .value = 9};
    ck_assert_int_eq(fw_host_discover(&access, &host), 0);
    ck_assert_uint_eq(host.count, fw_reg_count + 2);
    ck_assert_uint_eq(on(&host, vcpu.reg[4].id)->limit, 0x11);
    ck_assert_ptr_null(on(&host, FW_ID_FEATURES | 7)->reg);
    ck_assert_uint_eq(on(&host, FW_ID_FEATURES | 7)->value, 1);
    ck_assert_uint_eq(on(&host, FW_ID_FEATURES | 7)->limit, 5);
    ck_assert_uint_eq(on(&host, FW_ID_FIRMWARE | 7)->limit, 9);
}
END_TEST

START_TEST(more_registers_than_there_is_room_for)
{
    struct fw_vcpu vcpu = fw_vcpu_new();
    struct fw_access access = fw_vcpu_access(&vcpu);
    struct fw_host host;

    vcpu.flood = true;
    ck_assert_int_eq(fw_host_discover(&access, &host), -E2BIG);
}
END_TEST

UNIT_MAIN("fw-regs", no_register_is_twice_in_the_table, ids_are_those_of_linux,
          kinds_fit_their_registers, names_of_own_services_are_unique, texts,
          discovery_finds_defaults_and_limits, an_absent_register_is_no_error,
          other_failures_are_returned, a_newer_host_has_what_nobody_knows,
          more_registers_than_there_is_room_for)
