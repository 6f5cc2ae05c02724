/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What KVM has of a vCPU: see vcpu-image.h. */
#include "emu/vcpu-image.h"

#include <string.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "vtl/codec.h"
#include "vtl/partition.h"

/* Parts of a register's id (api.rst; Linux, include/uapi/linux/kvm.h, arch/arm64/.../kvm.h). */
#define ID_ARM64 UINT64_C(0x6000000000000000)
#define ID_ARCH_MASK UINT64_C(0xff00000000000000)
#define ID_SIZE_SHIFT 52
#define ID_SIZE_MASK 0xfu
#define ID_FAMILY_SHIFT 16
#define ID_FAMILY_MASK 0xfffu
#define ID_SIZE_LOG_MAX 8u /* 2048 bits */

enum family {
    FAMILY_CORE = 0x10,
    FAMILY_DEMUX = 0x11, /* CCSIDR_EL1 */
    FAMILY_SYSTEM = 0x13,
    FAMILY_FIRMWARE = 0x14,
    FAMILY_SVE = 0x15,
    FAMILY_FIRMWARE_BITMAP = 0x16,
};

/* A system register's op0, op1, CRn, CRm, op2, as its id has it. */
#define SYSTEM(op0, op1, crn, crm, op2)                                                            \
    ((uint32_t)(op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define FIELD(id, shift, bits) (((id) >> (shift)) & ((1u << (bits)) - 1))
#define OP0(id) FIELD(id, 14, 2)
#define OP1(id) FIELD(id, 11, 3)
#define CRN(id) FIELD(id, 7, 4)
#define CRM(id) FIELD(id, 3, 4)
#define OP2(id) FIELD(id, 0, 3)

/* KVM_REG_ARM64_SVE_VLS */
#define SVE_VLS 0xffffu
#define FIRMWARE_VENDOR_HYP_2 3u

static unsigned family_of(uint64_t id)
{
    return (unsigned)(id >> ID_FAMILY_SHIFT & ID_FAMILY_MASK);
}

static uint16_t number_of(uint64_t id)
{
    return (uint16_t)id;
}

unsigned vcpu_register_size(uint64_t id)
{
    return 1u << (id >> ID_SIZE_SHIFT & ID_SIZE_MASK);
}

uint64_t vcpu_register_value(const struct vcpu_register *reg)
{
    uint64_t value;

    memcpy(&value, reg->value, sizeof(value));
    return GUINT64_FROM_LE(value);
}

/* --- What becomes of a register -------------------------------------------------------------- */

/*
 * Counters are the VM's offset, SNAPSHOT_TIME. KVM has the two of the virtual timer swapped: its
 * TIMER_CNT is S3_3_C14_C3_2, and its TIMER_CVAL S3_3_C14_C0_2 (arch/arm64/include/uapi/asm/kvm.h).
 */
static bool is_counter(uint16_t number)
{
    return number == SYSTEM(3, 3, 14, 3, 2) || number == SYSTEM(3, 3, 14, 0, 1);
}

/* ID registers, MIDR_EL1 and the like are op0 3, CRn 0, but CSSELR_EL1 is a selector. */
static bool is_id(uint16_t number)
{
    return OP0(number) == 3 && CRN(number) == 0 && number != SYSTEM(3, 2, 0, 0, 0);
}

static enum vcpu_order order_system(uint16_t number)
{
    if (is_counter(number))
        return VCPU_SKIPPED;
    return is_id(number) ? VCPU_IDS : VCPU_OTHERS;
}

static enum vcpu_order order_sve(uint16_t number)
{
    return number == SVE_VLS ? VCPU_VECTORS : VCPU_OTHERS;
}

static enum vcpu_order order_firmware(uint16_t number)
{
    (void)number;
    return VCPU_FIRMWARE;
}

static enum vcpu_order order_other(uint16_t number)
{
    (void)number;
    return VCPU_OTHERS;
}

/* All that KVM has, and vtlemu therefore knows how to save. */
static const struct {
    enum family family;
    enum vcpu_order (*order)(uint16_t number);
    const char *what;
} families[] = {
    {FAMILY_CORE, order_other, "core register"},
    {FAMILY_DEMUX, order_other, "cache description"},
    {FAMILY_SYSTEM, order_system, "system register"},
    {FAMILY_FIRMWARE, order_firmware, "firmware register"},
    {FAMILY_SVE, order_sve, "SVE register"},
    {FAMILY_FIRMWARE_BITMAP, order_firmware, "firmware register"},
};

static int find_family(uint64_t id)
{
    if ((id & ID_ARCH_MASK) != ID_ARM64)
        return -1;
    for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
        if (families[i].family == family_of(id))
            return (int)i;
    return -1;
}

bool vcpu_register_order(uint64_t id, enum vcpu_order *order)
{
    int row = find_family(id);

    if (row >= 0)
        *order = families[row].order(number_of(id));
    return row >= 0;
}

char *vcpu_register_text(uint64_t id)
{
    int row = find_family(id);
    uint16_t number = number_of(id);

    if (row < 0 || families[row].family != FAMILY_SYSTEM)
        return g_strdup_printf("%s 0x%016" G_GINT64_MODIFIER "x",
                               row < 0 ? "register" : families[row].what, id);
    return g_strdup_printf("system register S%u_%u_C%u_C%u_%u", OP0(number), OP1(number),
                           CRN(number), CRM(number), OP2(number));
}

/*
 * Registers of kernels that show them, or no longer do, to guests without the feature, and where
 * ID_AA64MMFR3_EL1 says that there is the feature.
 */
static const struct {
    uint16_t number;
    uint8_t feature; /* lowest of the field's four bits */
} of_features[] = {
    {SYSTEM(3, 0, 2, 0, 3), 0},   /* TCR2_EL1, TCRX: gone in Linux 6.13 without FEAT_TCR2 */
    {SYSTEM(3, 0, 10, 2, 2), 8},  /* PIRE0_EL1, S1PIE: likewise without FEAT_S1PIE */
    {SYSTEM(3, 0, 10, 2, 3), 8},  /* PIR_EL1 */
    {SYSTEM(3, 0, 10, 2, 4), 16}, /* POR_EL1, S1POE: without FEAT_S1POE */
    {SYSTEM(3, 3, 10, 2, 4), 16}, /* POR_EL0 */
    {SYSTEM(3, 0, 1, 0, 3), 4},   /* SCTLR2_EL1, SCTLRX: newer kernels, without FEAT_SCTLR2 */
};
#define FEATURES SYSTEM(3, 0, 0, 7, 3) /* ID_AA64MMFR3_EL1 */

static uint64_t features_of(const struct vcpu_image *image)
{
    for (guint i = 0; i < image->registers->len; i++) {
        const struct vcpu_register *reg = &g_array_index(image->registers, struct vcpu_register, i);

        if (family_of(reg->id) == FAMILY_SYSTEM && number_of(reg->id) == FEATURES)
            return vcpu_register_value(reg);
    }
    return 0;
}

bool vcpu_register_is_out_of_reach(const struct vcpu_image *image, uint64_t id)
{
    if (family_of(id) != FAMILY_SYSTEM)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(of_features); i++)
        if (number_of(id) == of_features[i].number)
            return !(features_of(image) >> of_features[i].feature & 0xf);
    return false;
}

static bool is_absent_system(uint16_t number)
{
    for (size_t i = 0; i < G_N_ELEMENTS(of_features); i++)
        if (number == of_features[i].number)
            return true;
    /* Where no ID register is, zero is read (Arm ARM, D19.1, "reserved encodings"). */
    return OP0(number) == 3 && OP1(number) == 0 && CRN(number) == 0 && CRM(number) > 0;
}

bool vcpu_register_may_lack(const struct vcpu_register *reg)
{
    uint16_t number = number_of(reg->id);
    unsigned family = family_of(reg->id);

    for (unsigned i = 0; i < VCPU_IMAGE_VALUE_MAX; i++)
        if (reg->value[i])
            return false;
    if (family == FAMILY_FIRMWARE_BITMAP)
        return number == FIRMWARE_VENDOR_HYP_2; /* without it, none of its services is there */
    return family == FAMILY_SYSTEM && is_absent_system(number);
}

/*
 * Descriptions of caches: the guest may have read them before, but nothing that it does breaks if
 * they are others now; KVM makes them up, each version in its own way.
 */
bool vcpu_register_may_differ(uint64_t id)
{
    return family_of(id) == FAMILY_DEMUX ||
           (family_of(id) == FAMILY_SYSTEM && number_of(id) == SYSTEM(3, 1, 0, 0, 1));
}

/* --- Bytes ----------------------------------------------------------------------------------- */

void vcpu_image_init(struct vcpu_image *image, unsigned vp, unsigned vtl)
{
    *image = (struct vcpu_image){
        .vp = vp,
        .vtl = vtl,
        .registers = g_array_new(FALSE, TRUE, sizeof(struct vcpu_register)),
    };
}

void vcpu_image_clear(struct vcpu_image *image)
{
    g_clear_pointer(&image->registers, g_array_unref);
}

/* KVM_MP_STATE_* that arm64 has are all below that (api.rst, KVM_GET_MP_STATE). */
#define MP_STATE_MAX 16

static const struct codec_field fields[] = {
    CODEC_UPTO(struct vcpu_image, vp, LAYOUT_MAX_VPS - 1),
    CODEC_UPTO(struct vcpu_image, vtl, VTL_LEVELS - 1),
    CODEC_UPTO(struct vcpu_image, mp_state, MP_STATE_MAX),
    CODEC_UPTO(struct vcpu_image, serror_pending, 1),
    CODEC_UPTO(struct vcpu_image, serror_has_esr, 1),
    CODEC_ANY(struct vcpu_image, serror_esr),
};

void vcpu_image_write(const struct vcpu_image *image, GByteArray *bytes)
{
    struct codec_writer codec = {bytes};

    codec_write_fields(&codec, image, fields, G_N_ELEMENTS(fields));
    codec_write_u32(&codec, image->registers->len);
    for (guint i = 0; i < image->registers->len; i++) {
        const struct vcpu_register *reg = &g_array_index(image->registers, struct vcpu_register, i);

        codec_write_u64(&codec, reg->id);
        codec_write_bytes(&codec, reg->value, vcpu_register_size(reg->id));
    }
}

/* They come in the order of their ids, so that none comes twice. */
static void read_register(struct codec_reader *codec, struct vcpu_register *reg, uint64_t before)
{
    enum vcpu_order order;

    *reg = (struct vcpu_register){.id = codec_read_u64(codec, "register")};
    codec_require(codec, reg->id > before, "register", reg->id, "must come after the one before");
    codec_require(codec, vcpu_register_order(reg->id, &order), "register", reg->id,
                  "is of no family that this vtlemu knows; use a newer one");
    codec_require(codec, (reg->id >> ID_SIZE_SHIFT & ID_SIZE_MASK) <= ID_SIZE_LOG_MAX, "register",
                  reg->id, "is larger than any");
    if (codec_is_good(codec))
        codec_read_bytes(codec, "register's value", reg->value, vcpu_register_size(reg->id));
}

bool vcpu_image_read(const struct snapshot_section *section, struct vcpu_image *image,
                     GError **error)
{
    struct codec_reader codec;
    uint64_t before = 0;
    uint32_t count;

    codec_begin(&codec, section->bytes, section->size);
    codec_at(&codec, "a vCPU");
    codec_read_fields(&codec, image, fields, G_N_ELEMENTS(fields));
    codec_at(&codec, "VP%u at VTL%u", image->vp, image->vtl);
    count = codec_read_count(&codec, "number of registers", VCPU_IMAGE_REGISTERS_MAX);
    for (uint32_t i = 0; i < count && codec_is_good(&codec); i++) {
        struct vcpu_register reg;

        read_register(&codec, &reg, before);
        before = reg.id;
        g_array_append_val(image->registers, reg);
    }
    return codec_end(&codec, error);
}
