/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Table, discovery and description of firmware registers: see fw-regs.h. */
#include "fw-regs/fw-regs.h"

#include <errno.h>
#include <glib.h>

/* KVM_REG_ARM64 | KVM_REG_SIZE_U64 and the two coprocessors (arch/arm64/include/uapi/asm/kvm.h). */
#define FW_REG(n) (UINT64_C(0x6030000000140000) | (n))
#define FW_FEATURE(n) (UINT64_C(0x6030000000160000) | (n))

const struct fw_reg fw_regs[] = {
    {FW_REG(0), "PSCI_VERSION", FW_REG_VERSION, {NULL}},
    {FW_REG(1), "WORKAROUND_1", FW_REG_LEVEL, {NULL}},
    {FW_REG(2), "WORKAROUND_2", FW_REG_LEVEL, {NULL}},
    {FW_REG(3), "WORKAROUND_3", FW_REG_LEVEL, {NULL}},
    {FW_FEATURE(0), "STD_BMAP", FW_REG_BITMAP, {"TRNG 1.0"}},
    {FW_FEATURE(1), "STD_HYP_BMAP", FW_REG_BITMAP, {"paravirtualized time"}},
    {FW_FEATURE(2), "VENDOR_HYP_BMAP", FW_REG_BITMAP, {"function features", "PTP"}},
    {FW_FEATURE(3), "VENDOR_HYP_BMAP_2", FW_REG_BITMAP,
     {"implementation discovery: version", "implementation discovery: CPUs"}},
};

const size_t fw_reg_count = G_N_ELEMENTS(fw_regs);

int fw_regs_discover(const struct fw_reg_access *access, struct fw_reg_value *values)
{
    for (size_t i = 0; i < fw_reg_count; i++) {
        int error = access->get(access->context, fw_regs[i].id, &values[i].value);

        if (error < 0 && error != -ENOENT)
            return error;
        values[i].present = error == 0;
    }
    return 0;
}

static void describe_bitmap(const struct fw_reg *reg, uint64_t value, GString *out)
{
    const char *separator = ": ";

    g_string_append_printf(out, "0x%" G_GINT64_MODIFIER "x", value);
    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(value >> bit & 1))
            continue;
        g_string_append(out, separator);
        if (bit < FW_REG_BITS && reg->bits[bit])
            g_string_append(out, reg->bits[bit]);
        else
            g_string_append_printf(out, "bit %u", bit);
        separator = ", ";
    }
}

void fw_reg_describe(const struct fw_reg *reg, uint64_t value, char *text, size_t size)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (reg->kind == FW_REG_VERSION)
        g_string_printf(out, "%u.%u", (unsigned)(value >> 16 & 0xffff), (unsigned)(value & 0xffff));
    else if (reg->kind == FW_REG_LEVEL)
        g_string_printf(out, "level %" G_GUINT64_FORMAT, value);
    else
        describe_bitmap(reg, value, out);
    g_strlcpy(text, out->str, size);
}
