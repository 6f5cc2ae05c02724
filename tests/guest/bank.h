/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All registers across a VTL switch, for C and for bank-switch.S.
 *
 *   bank-switch.S   loads everything, executes the HVC, stores everything
 *   bank.c          what the shared registers hold at a given switch, and the comparison
 *   private.c       the private registers as a table
 */
#ifndef GUEST_BANK_H
#define GUEST_BANK_H

/* struct bank_frame, in bytes */
#define BANK_Q 256
#define BANK_SIZE 768
#define FRAME_IN BANK_SIZE
#define FRAME_OUT_NZCV (2 * BANK_SIZE)
#define FRAME_OUT_SPSEL (FRAME_OUT_NZCV + 8)
#define FRAME_OUT_SP_EL0 (FRAME_OUT_NZCV + 16)
#define FRAME_OUT_SP_EL1 (FRAME_OUT_NZCV + 24)
#define FRAME_IN_NZCV (FRAME_OUT_NZCV + 32)
#define FRAME_IN_SPSEL (FRAME_OUT_NZCV + 40)
#define FRAME_IN_SP_EL0 (FRAME_OUT_NZCV + 48)
#define FRAME_IN_SP_EL1 (FRAME_OUT_NZCV + 56)
#define FRAME_IN_PC (FRAME_OUT_NZCV + 64)

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

#define BANK_X 31

struct bank {
    uint64_t x[BANK_X];
    uint64_t unused;
    uint64_t q[32][2];
};

/* Registers that only assembly can set and read around the HVC. */
struct bank_control {
    uint64_t nzcv;
    uint64_t spsel;
    uint64_t sp_el0;
    uint64_t sp_el1; /* of `out`: filled in by the stub */
};

struct bank_frame {
    struct bank out, in;
    struct bank_control out_control, in_control;
    uint64_t in_pc;
};

/*
 * A call site: loads X0-X30, Q0-Q31 and the controls from `out`, executes its HVC and stores the
 * same into `in`. The 8 bytes at out_control.sp_el0 must hold the frame's address, because
 * nothing but a stack pointer is left to find it by.
 */
struct bank_site {
    void (*run)(struct bank_frame *frame);
    const uint8_t *hvc, *end; /* in it and behind it */
};

extern const struct bank_site bank_call_a, bank_call_b, bank_return_a, bank_return_b;

/* How X0 is chosen. */
enum bank_x0 {
    BANK_X0_RANDOM,   /* any value */
    BANK_X0_RESERVED, /* a low half that KVM answers itself, except in a site's first uses */
};

/* A run of switches; both VTLs compute the same contents from the same numbers. */
struct bank_sequence {
    uint64_t seed;
    enum bank_x0 x0;
};

/* What switch @number carries in the shared registers; the private ones are left alone. */
void bank_fill(const struct bank_sequence *sequence, uint64_t number, struct bank *bank);
/* Is X<n> carried over at a switch? */
bool bank_is_shared(unsigned n);
/* A value whose low half KVM answers itself, whatever the immediate. */
uint64_t bank_reserved_x0(uint64_t random);
/* Complains about each shared register that differs; false if one does. */
bool bank_compare(const struct bank *seen, const struct bank *expected, uint64_t number);

/* Values of the private registers that C can set, in the order of the table in private.c. */
#define PRIVATE_MAX 40
struct private_state {
    uint64_t value[PRIVATE_MAX];
};

struct random;
/* Puts a random value into each one that may change (with the MMU on, not into its registers). */
void private_scramble(struct random *random, struct private_state *state);
/* Complains about each one that does not hold its value any more; false if one does not. */
bool private_compare(const struct private_state *state, uint64_t number);
/* Prints which ones this processor has. */
void private_list(void);

#endif
#endif
