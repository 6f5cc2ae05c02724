/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Implementation discovery: a guest asks on which types of processor it may come to run, for their
 * errata. KVM only tells that there are such calls (vendor-hyp-2); answering them is up to us.
 *
 * Source: Linux, Documentation/virt/kvm/arm/hypercalls.rst.
 */
#ifndef EMU_IMPLEMENTATIONS_H
#define EMU_IMPLEMENTATIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "smccc/function.h"

struct machine;

/* More types than one machine has today. */
#define IMPLEMENTATIONS_MAX 8

struct implementation {
    uint64_t midr, revidr, aidr; /* the registers of these names */
};

struct implementations {
    unsigned count;
    struct implementation cpu[IMPLEMENTATIONS_MAX];
};

/* Notes what the vCPUs of @vtl are; before they run. */
bool implementations_find(struct machine *machine, unsigned vtl, GError **error);

#define IMPLEMENTATIONS_FUNCTION_COUNT 2
extern const struct smccc_function implementations_functions[IMPLEMENTATIONS_FUNCTION_COUNT];
bool implementations_offers(const struct smccc_service *service, void *context, uint32_t id);

/* As a row for smccc_dispatch(); the context is a vtl_vp. */
#define IMPLEMENTATIONS_SERVICE                                                                    \
    {                                                                                              \
        .owner = SMCCC_OWNER_VENDOR_HYP, .name = "implementations",                                \
        .functions = implementations_functions, .count = IMPLEMENTATIONS_FUNCTION_COUNT,           \
        .offers = implementations_offers                                                           \
    }

#endif
