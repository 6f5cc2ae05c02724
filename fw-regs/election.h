/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Electing what a guest sees: a value for each firmware register, within what the host has.
 *
 * Wishes are REG=VALUE. REG is a register's option ("vendor-hyp") or number ("0x6030000000160004").
 * VALUE is a number, a version ("1.1"), a level ("available"), or a list of services: names,
 * "bitN", "all", "none", numbers as masks. A list that begins with + or - changes what is there
 * ("+ptp,-func_feat"); any other one is the whole ("trng_v1_0", "all,-ptp"). Capitals are small
 * letters.
 */
#ifndef FW_REGS_ELECTION_H
#define FW_REGS_ELECTION_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "fw-regs/fw-regs.h"

#define FW_REGS_ERROR (fw_regs_error_quark())
GQuark fw_regs_error_quark(void);

enum fw_regs_error {
    FW_ERROR_SYNTAX,           /* neither wish nor JSON */
    FW_ERROR_UNKNOWN_REGISTER, /* neither the table nor the host has it */
    FW_ERROR_UNKNOWN_BIT,      /* nor that service */
    FW_ERROR_ABSENT,           /* this host's kernel lacks the register */
    FW_ERROR_LIMIT,            /* beyond what the host has */
    FW_ERROR_RULE,             /* KVM's rules for this register do not allow it */
    FW_ERROR_COMBINATION,      /* a service without one that it needs */
    FW_ERROR_LATE,             /* the VM has run */
};

struct fw_elected {
    uint64_t id;
    uint64_t value;
    bool chosen; /* somebody wished it; else it is the default */
};

/* All registers that the host has, each once. */
struct fw_election {
    size_t count;
    struct fw_elected reg[FW_REGS_MAX];
};

/* The host's defaults. */
void fw_election_default(struct fw_election *election, const struct fw_host *host);

/* The value of a register; false: it is not there, and *@value 0. */
bool fw_election_get(const struct fw_election *election, uint64_t id, uint64_t *value);
/* 0 if it is not there. */
uint64_t fw_election_value(const struct fw_election *election, uint64_t id);
bool fw_election_is_chosen(const struct fw_election *election, uint64_t id);
/* Sets, adds if need be, and marks as chosen. False: there is no room. */
bool fw_election_set(struct fw_election *election, uint64_t id, uint64_t value);

/* Is the wish well-formed, as far as can be told without a host? */
bool fw_election_parse(const char *wish, GError **error);

/* Changes the election by one wish; checks what fw_election_check_register() does. */
bool fw_election_wish(struct fw_election *election, const struct fw_host *host, const char *wish,
                      GError **error);

/*
 * The same for all of vtlemu's own registers: "all", "none", or a list of their services ("synic")
 * and registers without "hv-" ("vmbus"), with signs as above.
 */
bool fw_election_parse_services(const char *list, GError **error);
bool fw_election_wish_services(struct fw_election *election, const struct fw_host *host,
                               const char *list, GError **error);

/*
 * Wishes from JSON text of @size bytes, which nobody trusts: an object with a member for each
 * register, whose value is a string as above, a number, or an array of names of services; or any
 * object with such an object as its member "election". fw_election_read() checks all that needs no
 * host and gives an array of wishes in the order of the text.
 */
GPtrArray *fw_election_read(const char *text, size_t size, GError **error);

/* An object as fw_election_read() takes it, with all registers of the election. */
void fw_election_build_json(const struct fw_election *election, JsonBuilder *builder);
char *fw_election_to_json(const struct fw_election *election);

/* Can the host hold that value? Names register, value, limit, and what can be done. */
bool fw_election_check_register(const struct fw_host *host, uint64_t id, uint64_t value,
                                GError **error);

/* Each register, and what services need of each other. */
bool fw_election_check(const struct fw_election *election, const struct fw_host *host,
                       GError **error);

/*
 * Fits what was elected elsewhere, on another kernel or by another vtlemu, to this host: registers
 * that are missing there are as if they had never been (fw_reg.absent); those that are missing here
 * must have that value, and are left out. Then all of it is checked.
 */
bool fw_election_adopt(struct fw_election *election, const struct fw_host *host,
                       const struct fw_election *stored, GError **error);

/*
 * Writes KVM's registers to a vCPU of a VM that has not run, and reads them back. Errors name
 * register and cause; FW_ERROR_LATE: the VM has run.
 */
bool fw_election_write(const struct fw_election *election, const struct fw_access *access,
                       GError **error);

#endif
