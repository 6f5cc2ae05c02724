/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hyper-V hypercalls: control word, fast and memory forms, both conventions, repetitions.
 * Source: TLFS, "Hypercall Interface"; for the fast forms on arm64 also Linux, hv_core.c, whose
 * register pairs differ from the TLFS text (input is rounded up to 16 bytes, not 8).
 */
#ifndef SMCCC_HYPERCALL_H
#define SMCCC_HYPERCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smccc/function.h"
#include "smccc/hv-status.h"
#include "smccc/hvc.h"

/* The function id of a Hyper-V hypercall made by the SMC Calling Convention. */
#define HV_SMCCC_FUNCTION 0x46000001u

/* A parameter block lies inside one page of this size (TLFS, "Hypercall Inputs"). */
#define HV_PAGE_SIZE 4096u
#define HV_FAST_SIZE 0x80u

/* The control word, decoded. */
struct hv_control {
    uint16_t code;
    bool fast;
    uint16_t variable_size; /* bytes of variable header */
    uint16_t rep_count;     /* 0 for a simple call */
    uint16_t rep_start;
    bool reserved;          /* a bit that must be zero is set */
};

struct hv_control hv_control_decode(uint64_t word);

/* The variable header of a call. */
struct hv_variable_header {
    const uint64_t *qwords;
    size_t count;
};

/*
 * Executes a simple call (@element is NULL, or the struct hv_variable_header of a call that takes
 * one, even if it is empty; @output is the whole block) or one repetition of a rep
 * call (@output is that element's). @header is the fixed part of the input. The blocks are
 * private copies, @output is zeroed; both are 8-byte aligned at their beginning only.
 * HV_STATUS_INTERRUPTED: it has done nothing, and is to be called again a little later.
 * HV_STATUS_INTERCEPTED, of a simple call only: it has done nothing, a higher VTL sees to it.
 */
typedef enum hv_status (*hv_call_handler)(void *context, const void *header, const void *element,
                                          void *output);

/*
 * Executes repetitions [begin, end) of a rep call without output, for calls that are cheaper
 * together. *@done becomes the index of the first one that has not been completed.
 */
typedef enum hv_status (*hv_call_batch_handler)(void *context, const void *header,
                                                const void *elements, size_t begin, size_t end,
                                                size_t *done);

enum hv_call_flags {
    HV_CALL_REP = 1 << 0,
    HV_CALL_VARIABLE = 1 << 1, /* takes a variable header */
    HV_CALL_EARLY = 1 << 2,    /* allowed before the guest has told its OS id */
};

struct hv_call {
    uint16_t code;
    const char *name;
    unsigned flags;
    uint16_t header_size;
    uint16_t element_size; /* of one repetition's input */
    uint16_t output_size;  /* of the block, or of one repetition's output */
    hv_call_handler handle;
    hv_call_batch_handler batch; /* instead of handle */
};

/*
 * What a call needs from its caller's partition. Memory functions work with the rights of the
 * calling VTL and return 0 or a negative errno; admit() says whether the caller may use a call.
 */
struct hv_call_environment {
    const struct hv_call *calls;
    size_t count;
    enum hv_status (*admit)(void *context, const struct hv_call *call);
    int (*read)(void *context, uint64_t gpa, void *buffer, size_t size);
    int (*write)(void *context, uint64_t gpa, const void *buffer, size_t size);
    /* Sees the input of a call that is about to be executed; NULL: nobody wants to. */
    void (*inspect)(void *context, const struct hv_call *call, const struct hv_control *control,
                    const void *input);
};

/* The row of @code, or NULL. */
const struct hv_call *hv_call_find(const struct hv_call_environment *environment, uint16_t code);

/* Bytes of input and output that a call with this control word has, whether it is valid or not. */
void hv_call_sizes(const struct hv_call *call, const struct hv_control *control, size_t *input,
                   size_t *output);

/* The number of the register with the control word: X1, or X0 without a function id before it. */
unsigned hv_control_register(enum hvc_convention convention);

/*
 * Performs the call in @registers, made by @convention (HVC_SMCCC or HVC_HYPERCALL), and leaves
 * the result value in X0. Registers other than X0 change only for fast output.
 *
 * SMCCC_RETRY: the call was interrupted, what it has done is stored, and the control word says from
 * which repetition on to go on (TLFS, "Hypercall Continuation").
 * SMCCC_INTERCEPTED: its handler said so, and no register has changed.
 */
enum smccc_outcome hv_call_dispatch(const struct hv_call_environment *environment, void *context,
                                    enum hvc_convention convention,
                                    struct smccc_registers *registers);

#endif
