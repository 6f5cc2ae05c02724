/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HV_MESSAGE of arm64 intercepts, as in OpenVMM's hvdef; the TLFS has the messages, not their
 * layouts on arm64.
 */
#ifndef PARAVISOR_MESSAGE_H
#define PARAVISOR_MESSAGE_H

#include <stdint.h>

enum message_type {
    MESSAGE_UNMAPPED_GPA = 0x80000000u,
    MESSAGE_GPA_INTERCEPT = 0x80000001u,
    MESSAGE_HYPERCALL = 0x80000050u,
    MESSAGE_RESET = 0x8001000cu,
};

enum message_access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE };

struct message_memory {
    uint32_t cache_type;
    uint8_t byte_count, info;
    uint16_t zero;
    uint32_t instruction, zero2;
    uint64_t gva, gpa;
    uint64_t syndrome; /* ESR_EL2 */
};
#define MESSAGE_GVA_VALID 1u

struct message_hypercall {
    uint16_t immediate, zero;
    uint32_t flags;
    uint64_t x[18];
};

#define RESET_POWER_OFF 0u
#define RESET_REBOOT 1u

struct message_reset {
    uint32_t kind, psci_code;
};

struct message {
    uint32_t type;
    uint8_t size, flags;
    uint16_t zero;
    uint64_t sender;
    /* header of all arm64 intercepts */
    uint32_t vp;
    uint8_t instruction_length, access; /* enum message_access */
    uint16_t state; /* 1:0 exception level, 7:4 VTL */
    uint64_t pc, pstate;
    union {
        struct message_memory memory;
        struct message_hypercall hypercall;
        struct message_reset reset;
    };
};
#define STATE_LEVEL 3u

#endif
