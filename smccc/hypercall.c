/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decode and execution of Hyper-V hypercalls: see hypercall.h. */
#include "smccc/hypercall.h"

#include <string.h>

/* Control word (TLFS, "Hypercall Inputs"). */
#define CONTROL_FAST (1ull << 16)
#define CONTROL_VARIABLE_SHIFT 17
#define CONTROL_VARIABLE_MASK 0x3ff
#define CONTROL_COUNT_SHIFT 32
#define CONTROL_START_SHIFT 48
#define CONTROL_REP_MASK 0xfff
/* Bits 30:27, 47:44 and 63:60 are reserved; bit 31 asks for an outer hypervisor, there is none. */
#define CONTROL_RESERVED 0xf000f000f8000000ull

#define RESULT_REPS_SHIFT 32
#define FAST_PAIR 16u
#define QWORD 8u

/* The copies of a call's blocks: not cleared for each call, which would cost more than most do. */
struct blocks {
    uint64_t input[HV_PAGE_SIZE / QWORD];
    uint64_t output[HV_PAGE_SIZE / QWORD];
};

/* A call on its way: the copies of its blocks and their sizes in bytes. */
struct execution {
    const struct hv_call *call;
    struct hv_control control;
    enum hvc_convention convention;
    size_t input_size;
    size_t output_size;
    uint16_t completed;
    uint64_t *input, *output; /* so many bytes of them are set */
};

struct hv_control hv_control_decode(uint64_t word)
{
    return (struct hv_control){
        .code = (uint16_t)word,
        .fast = word & CONTROL_FAST,
        .variable_size = (word >> CONTROL_VARIABLE_SHIFT & CONTROL_VARIABLE_MASK) * QWORD,
        .rep_count = word >> CONTROL_COUNT_SHIFT & CONTROL_REP_MASK,
        .rep_start = word >> CONTROL_START_SHIFT & CONTROL_REP_MASK,
        .reserved = word & CONTROL_RESERVED,
    };
}

/* The native convention has no function id, so that everything moves down by one register. */
unsigned hv_control_register(enum hvc_convention convention)
{
    return convention == HVC_SMCCC ? 1 : 0;
}

const struct hv_call *hv_call_find(const struct hv_call_environment *environment, uint16_t code)
{
    for (size_t i = 0; i < environment->count; i++)
        if (environment->calls[i].code == code)
            return &environment->calls[i];
    return NULL;
}

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

/* Does the control word fit the class of the call? */
static bool control_is_valid(const struct hv_call *call, const struct hv_control *control)
{
    if (control->reserved)
        return false;
    if (control->variable_size && !(call->flags & HV_CALL_VARIABLE))
        return false;
    if (call->flags & HV_CALL_REP)
        return control->rep_count && control->rep_start < control->rep_count;
    return !control->rep_count && !control->rep_start;
}

void hv_call_sizes(const struct hv_call *call, const struct hv_control *control, size_t *input,
                   size_t *output)
{
    size_t reps = control->rep_count;

    *input = call->header_size + control->variable_size;
    *output = call->output_size;
    if (call->flags & HV_CALL_REP) {
        *input += call->element_size * reps;
        *output *= reps;
    }
}

static enum hv_status fetch_fast(struct execution *execution,
                                 const struct smccc_registers *registers)
{
    unsigned first = hv_control_register(execution->convention) + 1;

    if (round_up(execution->input_size, FAST_PAIR) + round_up(execution->output_size, FAST_PAIR) >
        HV_FAST_SIZE)
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    /* All that there can be: a fixed size, which needs no function of the C library. */
    memcpy(execution->input, &registers->x[first], HV_FAST_SIZE);
    memset(execution->output, 0, HV_FAST_SIZE);
    return HV_STATUS_SUCCESS;
}

static bool is_block(uint64_t gpa, size_t size)
{
    return gpa % QWORD == 0 && gpa % HV_PAGE_SIZE + size <= HV_PAGE_SIZE;
}

static enum hv_status fetch_memory(const struct hv_call_environment *environment, void *context,
                                   struct execution *execution,
                                   const struct smccc_registers *registers)
{
    unsigned first = hv_control_register(execution->convention) + 1;
    uint64_t in = registers->x[first], out = registers->x[first + 1];
    size_t in_size = execution->input_size, out_size = execution->output_size;

    /* A GPA is ignored when that direction carries no data. */
    if ((in_size && !is_block(in, in_size)) || (out_size && !is_block(out, out_size)))
        return HV_STATUS_INVALID_ALIGNMENT;
    if (in_size && out_size && in < out + out_size && out < in + in_size)
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    if (in_size && environment->read(context, in, execution->input, in_size) < 0)
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    /* Found out before the call takes effect: a page that cannot be read cannot be written. */
    if (out_size && environment->read(context, out, execution->output, out_size) < 0)
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    memset(execution->output, 0, out_size);
    return HV_STATUS_SUCCESS;
}

static enum hv_status execute_reps(struct execution *execution, void *context)
{
    const struct hv_call *call = execution->call;
    const uint8_t *header = (const uint8_t *)execution->input;
    const uint8_t *elements = header + call->header_size + execution->control.variable_size;
    uint8_t *output = (uint8_t *)execution->output;
    enum hv_status status = HV_STATUS_SUCCESS;
    uint16_t rep = execution->control.rep_start;

    for (; rep < execution->control.rep_count && status == HV_STATUS_SUCCESS; rep++)
        status = call->handle(context, header, elements + (size_t)rep * call->element_size,
                              output + (size_t)rep * call->output_size);
    /* The repetition that failed does not count. */
    execution->completed = status == HV_STATUS_SUCCESS ? rep : rep - 1;
    return status;
}

static enum hv_status execute_batch(struct execution *execution, void *context)
{
    const uint8_t *header = (const uint8_t *)execution->input;
    size_t offset = execution->call->header_size + execution->control.variable_size;
    size_t done = execution->control.rep_start;
    enum hv_status status = execution->call->batch(context, header, header + offset, done,
                                                   execution->control.rep_count, &done);

    execution->completed = (uint16_t)done;
    return status;
}

/* Fixed headers are whole qwords before a variable one. */
static enum hv_status execute_variable(struct execution *execution, void *context)
{
    const struct hv_variable_header variable = {
        .qwords = execution->input + execution->call->header_size / QWORD,
        .count = execution->control.variable_size / QWORD,
    };

    return execution->call->handle(context, execution->input, &variable, execution->output);
}

static enum hv_status execute(struct execution *execution, void *context)
{
    if (execution->call->batch)
        return execute_batch(execution, context);
    if (execution->call->flags & HV_CALL_REP)
        return execute_reps(execution, context);
    if (execution->call->flags & HV_CALL_VARIABLE)
        return execute_variable(execution, context);
    return execution->call->handle(context, execution->input, NULL, execution->output);
}

/* Where fast output begins: behind the input (SMCCC) or in the last register pairs (native). */
static unsigned fast_output_register(const struct execution *execution)
{
    unsigned first = hv_control_register(execution->convention) + 1;

    if (execution->convention == HVC_SMCCC)
        return first + round_up(execution->input_size, FAST_PAIR) / QWORD;
    return first + (HV_FAST_SIZE - round_up(execution->output_size, FAST_PAIR)) / QWORD;
}

/* Writes back what was completed: all of a simple call, finished elements of a rep call. */
static enum hv_status store_output(const struct hv_call_environment *environment, void *context,
                                   struct execution *execution, enum hv_status status,
                                   struct smccc_registers *registers)
{
    bool rep = execution->call->flags & HV_CALL_REP;
    size_t unit = execution->call->output_size;
    size_t begin = rep ? execution->control.rep_start * unit : 0;
    size_t end = rep ? execution->completed * unit : status == HV_STATUS_SUCCESS ? unit : 0;
    const uint8_t *output = (const uint8_t *)execution->output;
    unsigned first = hv_control_register(execution->convention) + 1;

    if (begin >= end)
        return status;
    if (execution->control.fast)
        memcpy((uint8_t *)&registers->x[fast_output_register(execution)] + begin, output + begin,
               end - begin);
    else if (environment->write(context, registers->x[first + 1] + begin, output + begin,
                                end - begin) < 0)
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    return status;
}

static enum hv_status perform(const struct hv_call_environment *environment, void *context,
                              struct execution *execution, struct smccc_registers *registers)
{
    enum hv_status status = environment->admit(context, execution->call);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (!control_is_valid(execution->call, &execution->control))
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    execution->completed = execution->control.rep_start;
    hv_call_sizes(execution->call, &execution->control, &execution->input_size,
                  &execution->output_size);
    status = execution->control.fast ? fetch_fast(execution, registers)
                                     : fetch_memory(environment, context, execution, registers);
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (environment->inspect)
        environment->inspect(context, execution->call, &execution->control, execution->input);
    status = execute(execution, context);
    return store_output(environment, context, execution, status, registers);
}

static uint64_t continued_from(uint64_t word, uint16_t rep)
{
    return (word & ~((uint64_t)CONTROL_REP_MASK << CONTROL_START_SHIFT)) |
           (uint64_t)rep << CONTROL_START_SHIFT;
}

enum smccc_outcome hv_call_dispatch(const struct hv_call_environment *environment, void *context,
                                    enum hvc_convention convention,
                                    struct smccc_registers *registers)
{
    struct blocks blocks;
    struct execution execution = {
        .convention = convention, .input = blocks.input, .output = blocks.output};
    enum hv_status status = HV_STATUS_INVALID_HYPERCALL_CODE;
    uint64_t *word = &registers->x[hv_control_register(convention)];

    execution.control = hv_control_decode(*word);
    execution.call = hv_call_find(environment, execution.control.code);
    if (execution.call)
        status = perform(environment, context, &execution, registers);
    if (status == HV_STATUS_INTERCEPTED)
        return SMCCC_INTERCEPTED;
    if (status == HV_STATUS_INTERRUPTED) {
        *word = continued_from(*word, execution.completed);
        return SMCCC_RETRY;
    }
    registers->x[0] = status | (uint64_t)execution.completed << RESULT_REPS_SHIFT;
    return SMCCC_DONE;
}
