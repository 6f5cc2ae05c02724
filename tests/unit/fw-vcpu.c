/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware registers in plain memory: see fw-vcpu.h. */
#include "tests/unit/fw-vcpu.h"

#include <errno.h>

#define ENABLED UINT64_C(0x10)

struct fw_vcpu fw_vcpu_new(void)
{
    return (struct fw_vcpu){.reg = {
        {.id = FW_ID_PSCI, .initial = 0x10003, .value = 0x10003, .limit = 0x10003},
        {.id = FW_ID_WORKAROUND_1, .initial = 2, .value = 2, .limit = 2},
        {.id = FW_ID_WORKAROUND_2, .initial = 3, .value = 3, .limit = 3},
        {.id = FW_ID_WORKAROUND_3, .initial = 2, .value = 2, .limit = 2},
        {.id = FW_ID_STD, .initial = 1, .value = 1, .limit = 1},
        {.id = FW_ID_STD_HYP, .initial = 1, .value = 1, .limit = 1},
        {.id = FW_ID_VENDOR_HYP, .initial = 3, .value = 3, .limit = 3},
        {.id = FW_ID_VENDOR_HYP_2, .initial = 0, .value = 0, .limit = 3},
    }};
}

static struct fw_vcpu_reg *find(struct fw_vcpu *vcpu, uint64_t id)
{
    for (unsigned i = 0; i < FW_VCPU_REGS; i++)
        if (vcpu->reg[i].id == id)
            return &vcpu->reg[i];
    for (unsigned i = 0; i < FW_VCPU_EXTRA; i++)
        if (id && vcpu->extra[i].id == id)
            return &vcpu->extra[i];
    return NULL;
}

static int get(void *context, uint64_t id, uint64_t *value)
{
    struct fw_vcpu_reg *reg = find(context, id);

    if (!reg || reg->error)
        return reg ? reg->error : -ENOENT;
    *value = reg->value;
    return 0;
}

static bool takes_level(const struct fw_vcpu_reg *reg, uint64_t value)
{
    uint64_t level = value & 0xf;

    if (reg->id != FW_ID_WORKAROUND_2)
        return value == level && level <= reg->limit;
    return !(value & ~(ENABLED | 0xf)) && (!(value & ENABLED) || level == 2) && level <= 3 &&
           (level >= 2 ? 3u : 0u) <= reg->limit;
}

static bool takes_version(const struct fw_vcpu_reg *reg, uint64_t value)
{
    return value == FW_PSCI(0, 2) || (value >> 16 == 1 && value <= reg->limit);
}

static int set(void *context, uint64_t id, uint64_t value)
{
    struct fw_vcpu *vcpu = context;
    struct fw_vcpu_reg *reg = find(context, id);
    bool level = id > FW_ID_PSCI && id <= FW_ID_WORKAROUND_3;
    bool takes;

    if (!reg || reg->error)
        return reg ? reg->error : -ENOENT;
    takes = level ? takes_level(reg, value)
            : id == FW_ID_PSCI ? takes_version(reg, value)
                               : !(value & ~reg->limit);
    if (!takes)
        return -EINVAL;
    if (vcpu->has_run && !level && id != FW_ID_PSCI && reg->value != value)
        return -EBUSY;
    if (!level && !vcpu->forgetful)
        reg->value = value;
    return 0;
}

static int list(void *context, uint64_t *ids, size_t max)
{
    struct fw_vcpu *vcpu = context;
    int count = 0;

    for (size_t i = 0; i < max && vcpu->flood; i++)
        ids[count++] = FW_ID_FEATURES | (0x100 + i);
    for (size_t i = 0; i < FW_VCPU_REGS && !vcpu->flood; i++)
        ids[count++] = vcpu->reg[i].id;
    for (size_t i = 0; i < FW_VCPU_EXTRA && !vcpu->flood; i++)
        if (vcpu->extra[i].id)
            ids[count++] = vcpu->extra[i].id;
    return count;
}

struct fw_access fw_vcpu_access(struct fw_vcpu *vcpu)
{
    return (struct fw_access){.get = get, .set = set, .list = list, .context = vcpu};
}
