/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ID registers of an AArch64 processor and their fields: what a guest is told that it can do,
 * and which of two values a guest can have on two hosts.
 *
 * The order of a field's values is that of Linux (arch/arm64/kernel/cpufeature.c, with the
 * exceptions that arch/arm64/kvm/sys_regs.c makes): KVM takes a value for a guest by the same rules.
 * Bits in no field here are compared as they are.
 */
#ifndef FW_REGS_ID_FIELDS_H
#define FW_REGS_ID_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which value of two a guest may have that is to run on hosts with either. */
enum id_rule {
    ID_LOWER_SAFE,          /* the lower one */
    ID_HIGHER_SAFE,         /* the higher one */
    ID_HIGHER_OR_ZERO_SAFE, /* 0 if one of them is, which says nothing; else the higher one */
    ID_EXACT,               /* they must be equal, or the guest has the field's safe value */
    ID_SAME,                /* they must be equal: it says which processor that is */
};

struct id_field {
    const char *name; /* as in the Arm ARM: "SHA2" */
    uint8_t shift, width;
    enum id_rule rule;
    bool is_signed; /* two's complement: 0xf is -1, less than 0 */
    uint8_t safe;   /* for ID_EXACT: the bits that promise nothing */
};

struct id_register {
    const char *name;   /* "ID_AA64ISAR0_EL1" */
    uint64_t kvm_id;    /* of KVM_GET_ONE_REG, which does not know DCZID_EL0: guests see the host's */
    uint8_t op1, crm, op2; /* op0 is 3 and CRn 0 for all of them */
    const struct id_field *fields;
    size_t field_count;
};

/* What one host, or one machine, has of one register; arrays of them have the order of the table. */
struct id_value {
    bool present;      /* KVM shows it; older kernels and processors lack some */
    uint64_t value;    /* what a guest reads if nobody asks for less */
    uint64_t writable; /* bits that KVM lets its user change before the first run; 0 if unknown */
};

extern const struct id_register id_registers[];
extern const size_t id_register_count;

/* By exact name or KVM's id; NULL: no such register. */
const struct id_register *id_register_find(const char *name);
const struct id_register *id_register_find_kvm(uint64_t kvm_id);
/* Its place in the table, and in arrays of struct id_value. */
size_t id_register_index(const struct id_register *reg);

/* The field of that name; NULL: none. */
const struct id_field *id_field_find(const struct id_register *reg, const char *name);

/* The bits of a field; the bits of a register that are in any of its fields. */
uint64_t id_field_mask(const struct id_field *field);
uint64_t id_register_mask(const struct id_register *reg);

/*
 * The bits of a register that KVM has shown to guests by mistake, and older kernels still do without
 * letting anybody change it. They mean nothing to a guest: nobody compares them, a machine's own
 * values have them as 0, and what KVM has there stays. Now ID_AA64MMFR2_EL1.NV, of which Linux says
 * (arch/arm64/kvm/sys_regs.c, set_id_aa64mmfr2_el1()): "We made the mistake to expose the now
 * deprecated NV field". It is of interest only to who runs at EL2, where no guest here does.
 */
uint64_t id_register_mistakes(const struct id_register *reg);

/* The field's value in @value, negative for a signed one that is. */
int64_t id_field_get(const struct id_field *field, uint64_t value);
/* @value with the field set to @number, which must fit into its bits. */
uint64_t id_field_set(const struct id_field *field, uint64_t value, int64_t number);

/*
 * The best value of the field that a guest can have on a host that has @one and on a host that has
 * @other, as id_field_get() gives them. False: there is none.
 */
bool id_field_common(const struct id_field *field, int64_t one, int64_t other, int64_t *common);

/* Can a guest that has @guest live on a host that has @host, which may show guests less? */
bool id_field_fits(const struct id_field *field, int64_t host, int64_t guest);

/*
 * Would a host that has @host let a guest have @guest in register @reg? As KVM judges: fields that
 * are not wholly writable, and bits in no field, must be the host's. If not, *@obstacle is the first
 * field that is in the way, or NULL if it is other bits.
 */
bool id_register_fits(const struct id_register *reg, const struct id_value *host, uint64_t guest,
                      const struct id_field **obstacle);

#endif
