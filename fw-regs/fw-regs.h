/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fw-regs/ - firmware registers: which services of its hypervisor a guest sees.
 *
 * One table has KVM's registers and vtlemu's own, which follow the same rules: a host has a limit,
 * a guest gets what was elected before its first run, and that stays. Here are the table, how
 * values look as text, and what a host has. election.h chooses. Pure: a vCPU is reached through
 * struct fw_access.
 *
 * Beside it: id-fields.h, the processor's ID registers and their order; cpu-features.h, Hyper-V's
 * names for what is in them; manifest.h, hosts and guests as documents; fleet.h compares these;
 * json.h reads what nobody trusts.
 *
 * Sources: Linux, Documentation/virt/kvm/arm/fw-pseudo-registers.rst, arch/arm64/kvm/hypercalls.c.
 */
#ifndef FW_REGS_FW_REGS_H
#define FW_REGS_FW_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fw_reg_kind {
    FW_REG_VERSION, /* of PSCI, major in bits 31:16 */
    FW_REG_LEVEL,   /* state of a workaround; a host with a higher one serves a guest of a lower */
    FW_REG_BITMAP,  /* a bit per service; any subset may be elected before the first run */
};

enum fw_reg_owner {
    FW_OWNER_KVM,
    FW_OWNER_VTLEMU, /* ids are our own, no KVM knows them */
};

/* Ids: KVM_REG_ARM64 | KVM_REG_SIZE_U64 and two coprocessors (Linux, uapi/asm/kvm.h); our own. */
#define FW_ID_FIRMWARE UINT64_C(0x6030000000140000)
#define FW_ID_FEATURES UINT64_C(0x6030000000160000)
#define FW_ID_VTLEMU UINT64_C(0x7674000000000000) /* "vt" */
#define FW_ID_CLASS UINT64_C(0xffffffffffff0000)

#define FW_ID_PSCI (FW_ID_FIRMWARE | 0)
#define FW_ID_WORKAROUND_1 (FW_ID_FIRMWARE | 1)
#define FW_ID_WORKAROUND_2 (FW_ID_FIRMWARE | 2)
#define FW_ID_WORKAROUND_3 (FW_ID_FIRMWARE | 3)
#define FW_ID_STD (FW_ID_FEATURES | 0)
#define FW_ID_STD_HYP (FW_ID_FEATURES | 1)
#define FW_ID_VENDOR_HYP (FW_ID_FEATURES | 2)
#define FW_ID_VENDOR_HYP_2 (FW_ID_FEATURES | 3)
#define FW_ID_HV_FEATURES (FW_ID_VTLEMU | 0)
#define FW_ID_HV_CALLS (FW_ID_VTLEMU | 1)
#define FW_ID_HV_VSM (FW_ID_VTLEMU | 2)
#define FW_ID_HV_VMBUS (FW_ID_VTLEMU | 3)

/* Bits that others ask for; the table has all of them. */
#define FW_STD_HYP_PV_TIME (UINT64_C(1) << 0)
#define FW_VENDOR_HYP_FUNC_FEAT (UINT64_C(1) << 0)
#define FW_VENDOR_HYP_PTP (UINT64_C(1) << 1)
#define FW_VENDOR_HYP_2_IMPL_VER (UINT64_C(1) << 0)
#define FW_VENDOR_HYP_2_IMPL_CPUS (UINT64_C(1) << 1)

#define FW_PSCI(major, minor) ((uint64_t)(major) << 16 | (minor))

#define FW_FUNCTIONS_MAX 8

/* A service. */
struct fw_reg_bit {
    const char *name; /* as in --fw-reg; lower case, digits and '_' */
    const char *text; /* what it is, for people */
    const char *since; /* the Linux (or vtlemu) from which on it can be elected */
    uint32_t functions[FW_FUNCTIONS_MAX]; /* what it serves; 0 ends */
};

/* A value with a name: a version of PSCI, the level of a workaround. */
struct fw_reg_name {
    uint64_t value;
    const char *name;
    const char *since;
};

struct fw_reg {
    uint64_t id;
    const char *option; /* as in --fw-reg and JSON: "vendor-hyp" */
    const char *name;   /* as in Linux: "VENDOR_HYP_BMAP"; our own have the same as above */
    enum fw_reg_kind kind;
    enum fw_reg_owner owner;
    const char *since;
    /* A host without the register behaves as one with @absent; if @has_absent. */
    bool has_absent;
    uint64_t absent;
    const char *functions_are;       /* "function ids", "hypercalls", "registers" */
    const struct fw_reg_bit *bits;   /* of a bitmap, from bit 0 on */
    unsigned bit_count;
    const struct fw_reg_name *names; /* of the other kinds, highest first */
    unsigned name_count;
};

extern const struct fw_reg fw_regs[];
extern const size_t fw_reg_count;

/* The row of a register, or NULL. */
const struct fw_reg *fw_reg_find(uint64_t id);
/* By option, in capitals or not: people copy names from Linux. */
const struct fw_reg *fw_reg_find_option(const char *option);
/* The bit of a bitmap with that name, in capitals or not; or -1. */
int fw_reg_find_bit(const struct fw_reg *reg, const char *name);
/* All bits that the table knows. */
uint64_t fw_reg_known(const struct fw_reg *reg);

/* What a register is called: its option, or its number in hexadecimal. For the caller to free. */
char *fw_reg_title(uint64_t id);

/*
 * A value as --fw-reg takes it: "1.3", "not-required", "func_feat,ptp", "none"; what has no name is
 * a number, or "bitN". For the caller to free.
 */
char *fw_reg_text(uint64_t id, uint64_t value);
/* One bit in the same way. */
char *fw_reg_bit_text(uint64_t id, unsigned bit);

/* --- What a host has -------------------------------------------------------------------------- */

/* More than there will ever be. */
#define FW_REGS_MAX 32

/* Reaches a vCPU that has not run and never will; functions return 0 or a negative errno. */
struct fw_access {
    int (*get)(void *context, uint64_t id, uint64_t *value);
    int (*set)(void *context, uint64_t id, uint64_t value);
    /*
     * Stores up to @max ids of registers in the two coprocessors, known here or not, and returns
     * how many there are. May be NULL: then only the table's are asked for.
     */
    int (*list)(void *context, uint64_t *ids, size_t max);
    void *context;
};

/* A register of a host. */
struct fw_host_reg {
    uint64_t id;
    const struct fw_reg *reg; /* NULL: none of the table's */
    bool present;             /* older kernels lack some of the table's */
    uint64_t value;           /* what a guest has if nobody elects: the default */
    uint64_t limit;           /* the most that can be elected: bits, a level or a version */
};

/* The table's registers come first, in its order; then those that it does not know. */
struct fw_host {
    size_t count;
    struct fw_host_reg reg[FW_REGS_MAX];
};

/*
 * Finds what a host has. Defaults are read, limits tried: bit by bit, and from the highest version
 * of PSCI down; what was there is put back. An absent register (-ENOENT) is no error; any other
 * failure is returned. vtlemu's own registers are in the table, and need no vCPU.
 */
int fw_host_discover(const struct fw_access *access, struct fw_host *host);

/* Only vtlemu's own, for where there is no KVM; KVM's are absent. */
void fw_host_own(struct fw_host *host);

/* The register of a host, present or not; or NULL. */
const struct fw_host_reg *fw_host_find(const struct fw_host *host, uint64_t id);

#endif
