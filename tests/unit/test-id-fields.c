/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of ID registers: the table, values, and what two hosts have in common. */
#include <string.h>

#include "fw-regs/id-fields.h"
#include "tests/unit/unit.h"

static const struct id_field *field_of(const char *reg, const char *name)
{
    const struct id_register *found = id_register_find(reg);
    const struct id_field *field;

    ck_assert_msg(found != NULL, "no %s", reg);
    field = id_field_find(found, name);
    ck_assert_msg(field != NULL, "no %s.%s", reg, name);
    return field;
}

static int64_t common(const char *reg, const char *name, int64_t one, int64_t other)
{
    const struct id_field *field = field_of(reg, name);
    int64_t here, there;

    ck_assert(id_field_common(field, one, other, &here));
    ck_assert(id_field_common(field, other, one, &there));
    ck_assert_msg(here == there, "%s.%s depends on the order", reg, name);
    return here;
}

START_TEST(no_register_is_twice_in_the_table)
{
    for (size_t i = 0; i < id_register_count; i++) {
        const struct id_register *reg = &id_registers[i];

        ck_assert_ptr_eq(id_register_find(reg->name), reg);
        ck_assert_ptr_eq(id_register_find_kvm(reg->kvm_id), reg);
        ck_assert_uint_eq(id_register_index(reg), i);
    }
    ck_assert_ptr_null(id_register_find("ID_AA64ISAR0"));
    ck_assert_ptr_null(id_register_find_kvm(0));
}
END_TEST

START_TEST(fields_do_not_overlap)
{
    for (size_t i = 0; i < id_register_count; i++) {
        uint64_t seen = 0;

        for (size_t j = 0; j < id_registers[i].field_count; j++) {
            const struct id_field *field = &id_registers[i].fields[j];

            ck_assert_msg(field->width && field->shift + field->width <= 64, "%s.%s",
                          id_registers[i].name, field->name);
            ck_assert_msg(!(seen & id_field_mask(field)), "%s.%s", id_registers[i].name,
                          field->name);
            ck_assert_ptr_eq(id_field_find(&id_registers[i], field->name), field);
            seen |= id_field_mask(field);
        }
        ck_assert_uint_eq(seen, id_register_mask(&id_registers[i]));
    }
}
END_TEST

/* ARM64_SYS_REG(3, 0, 0, 6, 0) and the like of Linux' asm/kvm.h, by hand. */
START_TEST(ids_are_those_of_linux)
{
    ck_assert_uint_eq(id_register_find("ID_AA64ISAR0_EL1")->kvm_id, 0x603000000013c030);
    ck_assert_uint_eq(id_register_find("ID_AA64MMFR2_EL1")->kvm_id, 0x603000000013c03a);
    ck_assert_uint_eq(id_register_find("CTR_EL0")->kvm_id, 0x603000000013d801);
    ck_assert_uint_eq(id_register_find("AIDR_EL1")->kvm_id, 0x603000000013c807);
}
END_TEST

START_TEST(values_go_in_and_out)
{
    for (size_t i = 0; i < id_register_count; i++)
        for (size_t j = 0; j < id_registers[i].field_count; j++) {
            const struct id_field *field = &id_registers[i].fields[j];
            int64_t top = id_field_get(field, UINT64_MAX);

            ck_assert_int_eq(id_field_get(field, 0), 0);
            ck_assert_uint_eq(id_field_set(field, UINT64_MAX, 0), ~id_field_mask(field));
            ck_assert_uint_eq(id_field_set(field, 0, top), id_field_mask(field));
            ck_assert(!field->is_signed || top == -1);
        }
    ck_assert_int_eq(id_field_get(field_of("ID_AA64PFR0_EL1", "FP"), 0xf0000), -1);
    ck_assert_int_eq(id_field_get(field_of("ID_AA64PFR0_EL1", "EL0"), 2), 2);
}
END_TEST

START_TEST(common_values_follow_the_order)
{
    int64_t none;

    ck_assert_int_eq(common("ID_AA64ISAR0_EL1", "SHA2", 1, 2), 1);
    ck_assert_int_eq(common("ID_AA64PFR0_EL1", "AdvSIMD", -1, 1), -1);
    ck_assert_int_eq(common("ID_AA64MMFR1_EL1", "SpecSEI", 0, 1), 1);
    ck_assert_int_eq(common("CTR_EL0", "CWG", 4, 5), 5);
    ck_assert_int_eq(common("CTR_EL0", "CWG", 4, 0), 0);
    ck_assert_int_eq(common("CTR_EL0", "L1Ip", 3, 2), 2);
    ck_assert_int_eq(common("ID_AA64ISAR1_EL1", "APA", 1, 3), 0);
    ck_assert_int_eq(common("MIDR_EL1", "PartNum", 7, 7), 7);
    ck_assert(!id_field_common(field_of("MIDR_EL1", "PartNum"), 7, 8, &none));
}
END_TEST

START_TEST(a_guest_fits_where_kvm_would_take_its_value)
{
    const struct id_field *lower = field_of("ID_AA64ISAR0_EL1", "ATOMIC");
    const struct id_field *exact = field_of("ID_AA64ISAR1_EL1", "APA");
    const struct id_field *same = field_of("MIDR_EL1", "Implementer");

    ck_assert(id_field_fits(lower, 2, 2));
    ck_assert(id_field_fits(lower, 2, 0));
    ck_assert(!id_field_fits(lower, 0, 2));
    ck_assert(id_field_fits(exact, 5, 0));
    ck_assert(!id_field_fits(exact, 5, 3));
    ck_assert(!id_field_fits(same, 0x41, 0));
}
END_TEST

START_TEST(a_register_fits_field_by_field)
{
    const struct id_register *reg = id_register_find("ID_AA64ISAR0_EL1");
    const struct id_field *atomic = field_of("ID_AA64ISAR0_EL1", "ATOMIC"), *obstacle;
    struct id_value host = {true, 0x0000000000211120, 0};

    ck_assert(id_register_fits(reg, &host, host.value, &obstacle));
    ck_assert(!id_register_fits(reg, &host, 0x0000000000011120, &obstacle));
    ck_assert_ptr_eq(obstacle, atomic);
    host.writable = id_field_mask(atomic);
    ck_assert(id_register_fits(reg, &host, 0x0000000000011120, &obstacle));
    ck_assert(!id_register_fits(reg, &host, 0x0000000000311120, &obstacle));
    ck_assert_ptr_eq(obstacle, atomic);
    host.writable = UINT64_MAX;
    ck_assert(id_register_fits(reg, &host, 0, &obstacle));
    ck_assert_msg(!id_register_fits(reg, &host, 1, &obstacle), "bits in no field");
    ck_assert_ptr_null(obstacle);
}
END_TEST

START_TEST(a_mistake_of_kvm_is_one_field)
{
    for (size_t i = 0; i < id_register_count; i++) {
        bool is_mmfr2 = strcmp(id_registers[i].name, "ID_AA64MMFR2_EL1") == 0;

        ck_assert_uint_eq(id_register_mistakes(&id_registers[i]),
                          is_mmfr2 ? UINT64_C(0xf000000) : 0); /* NV: bits 27:24 */
    }
}
END_TEST

UNIT_MAIN("id-fields", no_register_is_twice_in_the_table, fields_do_not_overlap,
          ids_are_those_of_linux, values_go_in_and_out, common_values_follow_the_order,
          a_guest_fits_where_kvm_would_take_its_value, a_register_fits_field_by_field,
          a_mistake_of_kvm_is_one_field)
