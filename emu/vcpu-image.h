/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What KVM has of a vCPU, as a section of a snapshot: all registers of KVM_GET_REG_LIST, MP state and
 * pending exceptions. Families of registers are known by a table, which says what becomes of them:
 * one that is not in it is an error, both when saving and when loading, as nobody knows whether it
 * may be left out. Knows no KVM.
 * Source: Linux, Documentation/virt/kvm/api.rst, KVM_SET_ONE_REG (arm64 register mappings).
 */
#ifndef EMU_VCPU_IMAGE_H
#define EMU_VCPU_IMAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/snapshot.h"

/* Of one register, in bytes: what KVM_REG_SIZE_U2048 has. */
#define VCPU_IMAGE_VALUE_MAX 256u
/* Many more than KVM has. */
#define VCPU_IMAGE_REGISTERS_MAX 4096u

struct vcpu_register {
    uint64_t id;
    uint8_t value[VCPU_IMAGE_VALUE_MAX]; /* little-endian; zero beyond its size */
};

struct vcpu_image {
    uint32_t vp, vtl;
    uint32_t mp_state;        /* KVM_MP_STATE_* */
    uint8_t serror_pending;   /* of KVM_GET_VCPU_EVENTS, as the two below */
    uint8_t serror_has_esr;
    uint64_t serror_esr;
    GArray *registers;        /* of struct vcpu_register; owned */
};

void vcpu_image_init(struct vcpu_image *image, unsigned vp, unsigned vtl);
void vcpu_image_clear(struct vcpu_image *image);

void vcpu_image_write(const struct vcpu_image *image, GByteArray *bytes);
/* Into an initialized one. Refuses registers of unknown families and those that come twice. */
bool vcpu_image_read(const struct snapshot_section *section, struct vcpu_image *image,
                     GError **error);

/* In which order registers are written to a vCPU; within one, it does not matter. */
enum vcpu_order {
    VCPU_SKIPPED,  /* saved otherwise, or made of what is */
    VCPU_VECTORS,  /* lengths of SVE's vectors: they must be the vCPU's already */
    VCPU_FIRMWARE, /* firmware registers */
    VCPU_IDS,      /* what the processor is */
    VCPU_OTHERS,
    VCPU_ORDERS
};

/* False: the family of @id is unknown. */
bool vcpu_register_order(uint64_t id, enum vcpu_order *order);

/* In bytes, by its id. */
unsigned vcpu_register_size(uint64_t id);

/* Its value, if it has no more than 64 bits; else the low ones. */
uint64_t vcpu_register_value(const struct vcpu_register *reg);

/*
 * May a vCPU do without the register, as it behaves without it as if it had this value? Those are
 * few, and each has a reason: see the table.
 */
bool vcpu_register_may_lack(const struct vcpu_register *reg);

/*
 * Does the register belong to a feature that the guest of @image is not shown? Older kernels list such
 * registers nevertheless, with values that nobody has written: the guest cannot reach them, and a
 * vCPU may do without.
 */
bool vcpu_register_is_out_of_reach(const struct vcpu_image *image, uint64_t id);

/* May a vCPU keep its own value, as the guest learns it from the host's processor anyway? */
bool vcpu_register_may_differ(uint64_t id);

/* "system register S3_0_C2_C0_3", "firmware register 0x6030000000160002". The caller frees it. */
char *vcpu_register_text(uint64_t id);

#endif
