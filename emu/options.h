/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `vtlemu run` is asked to do.
 */
#ifndef EMU_OPTIONS_H
#define EMU_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "fw-regs/cpu-features.h"
#include "fw-regs/election.h"
#include "smccc/vtl-abi.h"
#include "vtl/partition.h"
#include "vtl/poison.h"

/* Options of one VTL; strings are owned, NULL if not given. */
struct level_options {
    char *kernel;
    char *initrd;
    char *command_line;
    char *console;
    char *memory_text;
    char *vmbus_text;
    char *symbols;   /* a file with those of its code: symbols.h */
    char *dump_dtb;  /* where to write this VTL's device tree */
    uint64_t memory; /* bytes set aside for it at the top of RAM; VTL0 has the rest */
    bool vmbus;      /* it has one */
};

/* struct options.sve, beside the longest vectors in bits. */
#define OPTIONS_SVE_OFF 0
#define OPTIONS_SVE_ON (-1) /* all lengths that the host has */

/* struct options.window */
enum options_window {
    OPTIONS_WINDOW_AUTO,   /* if it can be had and there is a VTL above 0 */
    OPTIONS_WINDOW_ON,
    OPTIONS_WINDOW_OFF,
    OPTIONS_WINDOW_VERIFY, /* and all that it shows is asked of KVM, too */
};

/* struct options.strict */
enum options_strict {
    OPTIONS_STRICT_OFF,
    OPTIONS_STRICT_WARN, /* violations are told, and decide the exit status */
    OPTIONS_STRICT_STOP, /* the first one ends the run */
};

struct options {
    char *cpus_text, *memory_text, *boot_vtl_text, *max_vtl_text, *timeout_text; /* as given */
    char *sve_text;
    char *cpu_banks, **cpu;       /* as given: masks, and names of features */
    struct cpu_disabled disabled; /* what both say */
    int cpus;
    uint64_t memory; /* bytes of guest RAM */
    int boot_vtl;
    int max_vtl;     /* the highest VTL that the guest may enable */
    int timeout;     /* seconds; 0: none */
    char *igvm;      /* what VTL2 is loaded from instead of a kernel */
    int sve;         /* OPTIONS_SVE_*, or the longest vectors, in bits: a multiple of 128 */
    char *window_text;   /* as given */
    enum options_window window; /* register-window.h */
    char *poison_text;        /* as given, "" if it is the option alone; or NULL */
    enum poison_level poison; /* what switches damage */
    char *bank_policy;        /* as given, or NULL */
    struct bank_policy policy; /* what the VTLs of a VP share; by options_choose_policy() */
    char *call_abi, *return_abi; /* as given, or NULL */
    struct vtl_abi vtl_abi;
    char *strict_text; /* as given: "" without a word */
    enum options_strict strict; /* vtl/strict.h */
    char *report;    /* where to write one, or NULL: report.h */
    char *trace;
    char *trace_filter;   /* as given */
    unsigned trace_kinds; /* set of enum trace_kind */
    char *log_level;
    gboolean summary;
    gboolean no_reboot;
    gboolean help;
    char *vtl0_devices;      /* as given */
    bool higher_has_devices; /* VTL0's devices are a higher VTL's business */
    char *restore;       /* a snapshot, which says what the machine is */
    char *incoming;      /* where a guest comes from that says it, too: socket.h */
    char *pulse_text;    /* as given */
    gint64 pulse;        /* save and restore in place every so many microseconds; 0: never */
    uint16_t restored_kernels; /* VTLs of a snapshot that have a kernel, as a set */
    char **dump_dtb;
    char *fw_regs;     /* the file of wishes for firmware registers, or NULL */
    char *hv_services; /* which of our own services, as given */
    char **fw_reg;     /* wishes REG=VALUE, as given: fw-regs/election.h */
    struct fw_election *restored_election; /* what the guest of a snapshot has instead; owned */
    char *control;           /* the socket to listen on, or NULL */
    struct level_options level[VTL_LEVELS];
};

/*
 * Parses the arguments of `vtlemu run` (argv[0] is "run") and checks all that can be checked
 * without touching the host. NULL with @error on a mistake, which names option, value and remedy.
 * After --help has been printed *@help is true and the result NULL without error.
 */
struct options *options_parse(int argc, char **argv, bool *help, GError **error);
void options_free(struct options *options);

/*
 * Reads the policy that --bank-policy names, a file perhaps: once, after options_parse(), with which
 * it is the specification's. False with @error.
 */
bool options_choose_policy(struct options *options, GError **error);

/* Parses "512M", "2G", "65536K" or plain bytes. False if it is none of them or too large. */
bool options_parse_size(const char *text, uint64_t *bytes);

/*
 * Is the machine what a snapshot says? Then the options that define it hold only what the user has
 * given besides, until machine_facts_adopt() (machine-facts.h) has put in what it is.
 */
bool options_are_restored(const struct options *options);

/* For machine_facts_adopt(): what is left to do once it is known what the machine is. */
bool options_complete(struct options *options, GError **error);

/* The option, with its value, that has the processor feature disabled. For the caller to free. */
char *options_disabling(const struct options *options, size_t feature);

/* Is there a file for every VTL that has a kernel, so that the machine can be booted again? */
bool options_can_boot(const struct options *options);

/* Is there something to run at @vtl: a kernel, or an IGVM file? */
bool options_has_kernel(const struct options *options, unsigned vtl);

/* VTLs that have a kernel, as a set; VTL0 is always in it. */
uint16_t options_vtls(const struct options *options);

/* As --vtl-call-abi and --vtl-return-abi have it; @id: of struct vtl_abi. For the caller to free. */
char *options_call_abi_text(uint32_t id);
char *options_return_abi_text(uint32_t id);

/* VTLs that have a VMBus, as a set. */
uint16_t options_vmbuses(const struct options *options);

#endif
