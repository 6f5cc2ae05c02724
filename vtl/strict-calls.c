/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of hypercalls, and of memory that their callers give away: see strict.h. */
#include <stddef.h>
#include <string.h>

#include "vtl/audit.h"
#include "vtl/flush-calls.h"
#include "vtl/hv-registers.h"
#include "vtl/hypercalls.h"
#include "vtl/interrupt-calls.h"
#include "vtl/port-call.h"
#include "vtl/protection-call.h"
#include "vtl/strict-pages.h"
#include "vtl/translate-call.h"

#define ALL UINT64_MAX
/* HV_MAP_GPA_FLAGS (Linux, hvhdk_mini.h): the four rights, and bit 15, adjustable. */
#define MAP_FLAGS 0x800full
/* Of the flags of a flush; bit 3, the extended format of ranges, is for lists. */
#define FLUSH_FLAGS 0x31full
/* Bits 0 to 2, 4 to 9; bits 63:56 are an HV_INPUT_VTL (TLFS, HvCallTranslateVirtualAddress). */
#define TRANSLATE_FLAGS 0xff000000000003f7ull
#define INTERCEPT_ACCESS 7u

#define HEADER(call, type, member, bits)                                                           \
    {HV_CALL_##call, false, offsetof(struct type, member),                                         \
     sizeof(((struct type *)NULL)->member), bits, STRICT_INPUT_RESERVED}
/* Of layouts that hypercalls.c keeps to itself, and fields of odd sizes: offset and size. */
#define HEADER_AT(call, offset, size, bits)                                                        \
    {HV_CALL_##call, false, offset, size, bits, STRICT_INPUT_RESERVED}
#define ELEMENT_AT(call, offset, size, bits)                                                       \
    {HV_CALL_##call, true, offset, size, bits, STRICT_INPUT_RESERVED}
#define INPUT_VTL_AT(call, offset)                                                                 \
    {HV_CALL_##call, false, offset, 1, HV_INPUT_VTL_RESERVED, STRICT_INPUT_VTL}

/* TLFS, Hypercall Reference; HV_INPUT_VTL's other bits are nobody's mistake. */
const struct strict_field strict_fields[] = {
    HEADER(FLUSH_VIRTUAL_ADDRESS_SPACE, hv_flush, flags, ~FLUSH_FLAGS),
    HEADER(NOTIFY_LONG_SPIN_WAIT, hv_long_spin_wait, zero, ALL),
    INPUT_VTL_AT(SEND_SYNTHETIC_CLUSTER_IPI, offsetof(struct hv_cluster_ipi, vtl)),
    HEADER(SEND_SYNTHETIC_CLUSTER_IPI, hv_cluster_ipi, zero, ALL),
    {HV_CALL_MODIFY_VTL_PROTECTION_MASK, false, offsetof(struct hv_modify_protection, rights),
     sizeof(uint32_t), ~MAP_FLAGS, STRICT_PROTECTION_FLAGS},
    INPUT_VTL_AT(MODIFY_VTL_PROTECTION_MASK, offsetof(struct hv_modify_protection, vtl)),
    HEADER(MODIFY_VTL_PROTECTION_MASK, hv_modify_protection, zero, ALL),
    HEADER_AT(ENABLE_PARTITION_VTL, 9, 1, ~7ull), /* MBEC, shadow stacks, HVPT */
    HEADER_AT(ENABLE_PARTITION_VTL, 10, 6, ALL),
    HEADER_AT(ENABLE_VP_VTL, 13, 3, ALL),
    HEADER(FLUSH_VIRTUAL_ADDRESS_SPACE_EX, hv_flush_ex, flags, ~FLUSH_FLAGS),
    INPUT_VTL_AT(SEND_SYNTHETIC_CLUSTER_IPI_EX, offsetof(struct hv_cluster_ipi_ex, vtl)),
    HEADER(SEND_SYNTHETIC_CLUSTER_IPI_EX, hv_cluster_ipi_ex, zero, ALL),
    HEADER(INSTALL_INTERCEPT, hv_install_intercept, access, ~(uint64_t)INTERCEPT_ACCESS),
    INPUT_VTL_AT(GET_VP_REGISTERS, 12),
    HEADER_AT(GET_VP_REGISTERS, 13, 3, ALL),
    INPUT_VTL_AT(SET_VP_REGISTERS, 12),
    HEADER_AT(SET_VP_REGISTERS, 13, 3, ALL),
    ELEMENT_AT(SET_VP_REGISTERS, 4, 4, ALL),
    ELEMENT_AT(SET_VP_REGISTERS, 8, 8, ALL),
    HEADER(TRANSLATE_VIRTUAL_ADDRESS, hv_translate_input, zero, ALL),
    HEADER(TRANSLATE_VIRTUAL_ADDRESS, hv_translate_input, flags, ~TRANSLATE_FLAGS),
    INPUT_VTL_AT(TRANSLATE_VIRTUAL_ADDRESS, 23),
    HEADER(DELETE_PORT, hv_delete_port, zero, ALL),
    HEADER(DISCONNECT_PORT, hv_delete_port, zero, ALL),
    HEADER(POST_MESSAGE, hv_post_message, zero, ALL),
    HEADER(SIGNAL_EVENT, hv_signal_event, zero, ALL),
    HEADER(RETARGET_DEVICE_INTERRUPT, hv_retarget_interrupt, zero2, ALL),
    HEADER(ASSERT_VIRTUAL_INTERRUPT, hv_assert_interrupt, zero, ALL),
    HEADER(CREATE_PORT, hv_create_port, zero, ALL),
    HEADER(CREATE_PORT, hv_create_port, zero2, ALL),
    HEADER(CONNECT_PORT, hv_connect_port, zero, ALL),
    HEADER(CONNECT_PORT, hv_connect_port, zero2, ALL),
    HEADER(CONNECT_PORT, hv_connect_port, zero3, ALL),
    HEADER_AT(START_VIRTUAL_PROCESSOR, 13, 3, ALL),
    HEADER_AT(GET_VP_INDEX_FROM_APIC_ID, 9, 7, ALL),
    HEADER(TRANSLATE_VIRTUAL_ADDRESS_EX, hv_translate_input, zero, ALL),
    HEADER(TRANSLATE_VIRTUAL_ADDRESS_EX, hv_translate_input, flags, ~TRANSLATE_FLAGS),
    INPUT_VTL_AT(TRANSLATE_VIRTUAL_ADDRESS_EX, 23),
    HEADER(POST_MESSAGE_DIRECT, hv_post_message_direct, zero, ALL),
    HEADER(POST_MESSAGE_DIRECT, hv_post_message_direct, zero2, ALL),
    INPUT_VTL_AT(CHECK_SPARSE_GPA_PAGE_VTL_ACCESS, offsetof(struct hv_check_access, vtl)),
    HEADER(CHECK_SPARSE_GPA_PAGE_VTL_ACCESS, hv_check_access, rights, ~(uint64_t)HV_PAGE_ALL),
    HEADER(CHECK_SPARSE_GPA_PAGE_VTL_ACCESS, hv_check_access, zero, ALL),
};

const size_t strict_field_count = G_N_ELEMENTS(strict_fields);

/* --- The control word ------------------------------------------------------------------------- */

static const struct hv_call *find_call(uint16_t code)
{
    for (size_t i = 0; i < vtl_call_count; i++)
        if (vtl_calls[i].code == code)
            return &vtl_calls[i];
    return NULL;
}

static void check_control(struct vtl_vp *vp, const struct hv_call *call, uint64_t word,
                          const struct hv_control *control)
{
    bool rep = call->flags & HV_CALL_REP;
    bool counts = rep ? control->rep_start < control->rep_count
                      : !control->rep_count && !control->rep_start;

    strict_check(vp, STRICT_CONTROL_RESERVED, !control->reserved,
                 "%s with the control word 0x%" G_GINT64_MODIFIER "x", call->name, word);
    strict_check(vp, STRICT_CONTROL_SHAPE,
                 counts && (!control->variable_size || call->flags & HV_CALL_VARIABLE),
                 "%s, a %s call, with rep count %u, start index %u, %u bytes of variable header",
                 call->name, rep ? "rep" : "simple", control->rep_count, control->rep_start,
                 control->variable_size);
}

static void check_identity(struct vtl_vp *vp, const struct hv_call *call)
{
    strict_check(vp, STRICT_GUEST_OS_ID,
                 call->flags & HV_CALL_EARLY || vp->partition->guest_os_id[vp->active],
                 "%s while GuestOsId of VTL%u is 0", call->name, vp->active);
}

/* --- Blocks in memory ------------------------------------------------------------------------- */

static bool is_block(uint64_t gpa, size_t size)
{
    return gpa % sizeof(uint64_t) == 0 && gpa % HV_PAGE_SIZE + size <= HV_PAGE_SIZE;
}

static bool overlap(uint64_t a, size_t a_size, uint64_t b, size_t b_size)
{
    return a_size && b_size && a < b + b_size && b < a + a_size;
}

/* That may write, and has run. */
static bool is_writable_below(const struct vtl_vp *vp, uint64_t gpa, unsigned *writer)
{
    for (unsigned vtl = 0; vtl < vp->active; vtl++)
        if (vp->audit->whole->ran & 1u << vtl &&
            vtl_protection_effective(vp->partition, vtl, gpa / HV_PAGE_SIZE) & HV_PAGE_WRITE) {
            *writer = vtl;
            return true;
        }
    return false;
}

static void check_overlay(struct vtl_vp *vp, const struct hv_call *call, uint64_t gpa, size_t size)
{
    const char *what = size ? strict_page_at(vp->partition, vp->active, gpa / HV_PAGE_SIZE) : NULL;

    strict_check(vp, STRICT_BLOCK_OVERLAY, !what,
                 "%s with a block at 0x%" G_GINT64_MODIFIER "x, in a page of %s", call->name, gpa,
                 what);
}

static void check_blocks(struct vtl_vp *vp, const struct hv_call *call,
                         const struct hv_control *control, uint64_t in, uint64_t out)
{
    size_t in_size, out_size;
    unsigned writer = 0;

    hv_call_sizes(call, control, &in_size, &out_size);
    strict_check(vp, STRICT_BLOCK_PLACE,
                 (!in_size || is_block(in, in_size)) && (!out_size || is_block(out, out_size)) &&
                     !overlap(in, in_size, out, out_size),
                 "%s with %zu bytes of input at 0x%" G_GINT64_MODIFIER "x and %zu of output at 0x%"
                 G_GINT64_MODIFIER "x", call->name, in_size, in, out_size, out);
    check_overlay(vp, call, in, in_size);
    check_overlay(vp, call, out, out_size);
    if (in_size && vp->active)
        strict_check(vp, STRICT_INPUT_WRITABLE, !is_writable_below(vp, in, &writer),
                     "%s with input at 0x%" G_GINT64_MODIFIER "x, where VTL%u may write",
                     call->name, in, writer);
}

void strict_control(struct vtl_vp *vp, uint64_t word)
{
    struct hv_control control = hv_control_decode(word);
    const struct hv_call *call = find_call(control.code);

    if (!call)
        return;
    check_control(vp, call, word, &control);
    check_identity(vp, call);
}

void strict_call(struct vtl_vp *vp, enum hvc_convention convention,
                 const struct smccc_registers *registers)
{
    unsigned word = hv_control_register(convention);
    struct hv_control control = hv_control_decode(registers->x[word]);
    const struct hv_call *call = find_call(control.code);

    if (!call)
        return;
    strict_control(vp, registers->x[word]);
    if (!control.fast)
        check_blocks(vp, call, &control, registers->x[word + 1], registers->x[word + 2]);
}

/* --- Input ------------------------------------------------------------------------------------ */

static uint64_t read_field(const struct strict_field *field, const uint8_t *from)
{
    uint64_t value = 0;

    memcpy(&value, from + field->offset, field->size);
    return value;
}

static void check_field(struct vtl_vp *vp, const struct hv_call *call,
                        const struct strict_field *field, const uint8_t *from)
{
    uint64_t value = read_field(field, from);

    strict_check(vp, field->rule, !(value & field->reserved),
                 "%s with 0x%" G_GINT64_MODIFIER "x in bytes %u-%u of its %s", call->name, value,
                 field->offset, field->offset + field->size - 1,
                 field->in_element ? "element" : "input");
}

static void check_elements(struct vtl_vp *vp, const struct hv_call *call,
                           const struct hv_control *control, const struct strict_field *field,
                           const uint8_t *elements)
{
    for (unsigned i = control->rep_start; i < control->rep_count; i++)
        check_field(vp, call, field, elements + (size_t)i * call->element_size);
}

void strict_input(struct vtl_vp *vp, const struct hv_call *call, const struct hv_control *control,
                  const uint8_t *input)
{
    for (size_t i = 0; i < strict_field_count; i++) {
        if (strict_fields[i].call != call->code)
            continue;
        if (strict_fields[i].in_element)
            check_elements(vp, call, control, &strict_fields[i],
                           input + call->header_size + control->variable_size);
        else
            check_field(vp, call, &strict_fields[i], input);
    }
}

/* --- Protections ------------------------------------------------------------------------------ */

static bool changes(const uint8_t *allowed, const struct vtl_protection *protection,
                    unsigned rights, const uint64_t *pages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (allowed[pages[i] - protection->first_page] != rights)
            return true;
    return false;
}

static void check_releases(struct vtl_vp *vp, unsigned owner, unsigned before, unsigned rights,
                           uint64_t page)
{
    const char *what = rights & ~before & HV_PAGE_WRITE
                           ? strict_page_at(vp->partition, owner, page)
                           : NULL;

    strict_check(vp, STRICT_PROTECTION_RELEASES, !what,
                 "lower VTLs may now write to GPA 0x%" G_GINT64_MODIFIER "x000, a page of %s of "
                 "VTL%u", page, what, owner);
}

/* Pages before the first that is no RAM, where the call stops. */
static size_t count_ram(const struct vtl_protection *protection, const uint64_t *pages,
                        size_t count)
{
    size_t good = 0;

    while (good < count && pages[good] >= protection->first_page &&
           pages[good] - protection->first_page < protection->page_count)
        good++;
    return good;
}

void strict_protection(struct vtl_vp *vp, unsigned owner, unsigned rights, const uint64_t *pages,
                       size_t count)
{
    const struct vtl_protection *protection = &vp->partition->protection;
    const uint8_t *allowed = protection->allowed[owner];

    count = count_ram(protection, pages, count);
    if (!count)
        return;
    strict_check(vp, STRICT_PROTECTION_UNCHANGED,
                 changes(allowed, protection, rights, pages, count),
                 "rights 0x%x of %zu page%s from GPA 0x%" G_GINT64_MODIFIER "x000 on, which %s them "
                 "already", rights, count, count == 1 ? "" : "s", pages[0],
                 count == 1 ? "has" : "have");
    for (size_t i = 0; i < count; i++)
        check_releases(vp, owner, allowed[pages[i] - protection->first_page], rights, pages[i]);
}
