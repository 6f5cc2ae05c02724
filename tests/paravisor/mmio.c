/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What VTL0 accesses and may not, or where nothing is. The syndrome describes loads and stores of
 * one general register (Arm ARM, "ISS encoding for an exception from a Data Abort"), which is all
 * that drivers use. Everything else ends in an external abort inside VTL0, as on a bus where
 * nobody answers.
 */
#include "tests/paravisor/devices.h"
#include "tests/paravisor/paravisor.h"

#define ESR_EC_SHIFT 26
#define ESR_IL (1ull << 25)
#define ESR_ISV (1ull << 24)
#define ESR_SAS_SHIFT 22
#define ESR_SAS_MASK 3u
#define ESR_SSE (1ull << 21)
#define ESR_SRT_SHIFT 16
#define ESR_SRT_MASK 0x1fu
#define ESR_SF (1ull << 15)
#define ESR_FNV (1ull << 10)
#define ESR_WNR (1ull << 6)
#define ESR_EXTERNAL_ABORT 0x10u

/* Exception classes; one more for an abort that the same exception level has caused. */
#define EC_INSTRUCTION_ABORT 0x20u
#define EC_DATA_ABORT 0x24u

/* PendingEvent0 and 1: an exception, its syndrome; its address. */
#define EVENT_PENDING 1ull

#define A64_INSTRUCTION 4

static void inject_abort(const struct message *message)
{
    bool fetch = message->access == ACCESS_EXECUTE;
    bool same_level = message->state & STATE_LEVEL;
    bool has_address = message->memory.info & MESSAGE_GVA_VALID;
    uint64_t class = (fetch ? EC_INSTRUCTION_ABORT : EC_DATA_ABORT) + same_level;
    uint64_t syndrome = class << ESR_EC_SHIFT | ESR_IL | ESR_EXTERNAL_ABORT;

    if (!has_address)
        syndrome |= ESR_FNV;
    if (message->access == ACCESS_WRITE)
        syndrome |= ESR_WNR;
    vtl_set2(REGISTER_PENDING_EVENT0, EVENT_PENDING, syndrome);
    vtl_set(REGISTER_PENDING_EVENT1, has_address ? message->memory.gva : 0);
}

static void refuse(struct vp *vp, const struct message *message)
{
    static const char *const accesses[] = {"read", "write", "execute"};
    bool protected = message->type == MESSAGE_GPA_INTERCEPT;

    vp->kinds[protected ? KIND_PROTECTED : KIND_NOWHERE]++;
    tell("VP%u: VTL0 may not %s GPA 0x%llx, %s; PC 0x%llx", vp->vp,
         message->access <= ACCESS_EXECUTE ? accesses[message->access] : "access",
         (unsigned long long)message->memory.gpa,
         protected ? "which is VTL2's" : "where nothing is", (unsigned long long)message->pc);
    inject_abort(message);
}

/* What a load leaves in its register. */
static uint64_t extend(uint64_t value, uint64_t syndrome, unsigned size)
{
    unsigned unused = 64 - 8 * size;

    if (syndrome & ESR_SSE)
        value = (uint64_t)((int64_t)(value << unused) >> unused);
    else
        value = value << unused >> unused;
    return syndrome & ESR_SF ? value : (uint32_t)value;
}

static void tell_access(const struct vp *vp, const struct message *message, unsigned size,
                        uint64_t value, unsigned kind)
{
    if (kind == KIND_CONSOLE && machine.verbose < 2)
        return;
    tell_more("VP%u: %s of %u bytes at 0x%llx, 0x%llx", vp->vp,
              message->access == ACCESS_WRITE ? "write" : "read", size,
              (unsigned long long)message->memory.gpa, (unsigned long long)value);
}

static bool emulate(struct vp *vp, const struct message *message)
{
    uint64_t syndrome = message->memory.syndrome, value = 0;
    unsigned size = 1u << (syndrome >> ESR_SAS_SHIFT & ESR_SAS_MASK);
    unsigned reg = syndrome >> ESR_SRT_SHIFT & ESR_SRT_MASK;
    bool write = syndrome & ESR_WNR;
    unsigned kind;

    if (!(syndrome & ESR_ISV))
        return false;
    if (write)
        value = vp_get_x(vp, reg) & UINT64_MAX >> (64 - 8 * size);
    if (!devices_access(message->memory.gpa, size, write, &value, &kind))
        return false;
    vp->kinds[kind]++;
    tell_access(vp, message, size, value, kind);
    if (!write)
        vp_set_x(vp, reg, extend(value, syndrome, size));
    vtl_set(REGISTER_PC, message->pc + A64_INSTRUCTION);
    return true;
}

void mmio_intercept(struct vp *vp, const struct message *message)
{
    if (message->type != MESSAGE_UNMAPPED_GPA || !emulate(vp, message))
        refuse(vp, message);
}
