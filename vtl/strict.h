/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the specification asks of a guest beyond what it must do to get on: rules that a hypervisor
 * forgives, or punishes much later. One table; doc/strict.md has the same rows with examples.
 *
 * A rule is looked at where its facts are at hand, for a VP that is audited (audit.h), by its own
 * thread, in its own call. It never changes what the call does.
 */
#ifndef VTL_STRICT_H
#define VTL_STRICT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "smccc/smccc.h"

struct hv_u128;
struct vtl_vp;

enum strict_rule {
    STRICT_CONTROL_RESERVED,
    STRICT_CONTROL_SHAPE,
    STRICT_BLOCK_PLACE,
    STRICT_BLOCK_OVERLAY,
    STRICT_INPUT_WRITABLE,
    STRICT_INPUT_RESERVED,
    STRICT_INPUT_VTL,
    STRICT_PROTECTION_FLAGS,
    STRICT_PROTECTION_UNCHANGED,
    STRICT_PROTECTION_RELEASES,
    STRICT_GUEST_OS_ID,
    STRICT_REGISTER_RESERVED,
    STRICT_SYNIC_IN_USE,
    STRICT_ASSIST_IN_USE,
    STRICT_PAGE_PLACE,
    STRICT_PAGE_OVERLAP,
    STRICT_SINT_VECTOR,
    STRICT_HVC_IMMEDIATE,
    STRICT_SWITCH_NOWHERE,
    STRICT_RETURN_UNPREPARED,
    STRICT_RULES,
};

struct strict_row {
    const char *id;     /* for people and scripts; stays as it is */
    const char *says;   /* what the specification has */
    const char *source; /* where */
    const char *hint;   /* what to do instead */
};

extern const struct strict_row strict_rows[STRICT_RULES];

/*
 * The rule has been looked at, and the active VTL of @vp, which is audited, keeps it or does not;
 * then the text says what was found.
 */
void strict_check(struct vtl_vp *vp, enum strict_rule rule, bool good, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/*
 * strict-calls.c. Before a hypercall, of its registers, or, if no other is known, of its control
 * word; when its input has been read, of that: @input is a copy, with as many elements as @control
 * says.
 */
void strict_control(struct vtl_vp *vp, uint64_t word);
void strict_call(struct vtl_vp *vp, enum hvc_convention convention,
                 const struct smccc_registers *registers);
void strict_input(struct vtl_vp *vp, const struct hv_call *call, const struct hv_control *control,
                  const uint8_t *input);

/*
 * Before @owner, the active VTL of @vp or a lower one, allows those below it @rights on @count
 * pages. The call stops at the first that is no RAM: only those before it count.
 */
void strict_protection(struct vtl_vp *vp, unsigned owner, unsigned rights, const uint64_t *pages,
                       size_t count);

/* A field of calls' input of which some bits must be zero, for tests that go through them. */
struct strict_field {
    uint16_t call;   /* enum hv_call_code */
    bool in_element; /* or in the header */
    uint8_t offset, size; /* bytes; at most 8 */
    uint64_t reserved;    /* these bits of it */
    enum strict_rule rule;
};

extern const struct strict_field strict_fields[];
extern const size_t strict_field_count;

/*
 * strict-registers.c. Before @caller writes @value to a register of @vtl, an equal or lower VTL, of
 * @target by hypercall.
 */
void strict_register(struct vtl_vp *caller, struct vtl_vp *target, unsigned vtl, uint32_t name,
                     struct hv_u128 value);

/* Bits that must be zero in registers @first to @last, for tests that go through them. */
struct strict_bits {
    uint32_t first, last;
    uint64_t reserved;
};

extern const struct strict_bits strict_bits[];
extern const size_t strict_bits_count;

#endif
