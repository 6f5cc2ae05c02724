/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IGVM files: a good one in all its parts, and each kind of damage. */
#include "emu/igvm.h"

#include <string.h>

#include "emu/layout.h"
#include "tests/igvm/sample.h"
#include "tests/unit/unit.h"

#define RAM_SIZE (64 * MIB)
#define VTL2_SIZE (32 * MIB)
#define VTL2_BASE (LAYOUT_RAM_BASE + RAM_SIZE - VTL2_SIZE)
#define MOVED_BY (VTL2_BASE - SAMPLE_BASE)
/* Larger than what an x86 or arm64 process may have. */
#define HUGE_BASE (UINT64_C(1) << 32)
#define HUGE_SIZE (UINT64_C(1) << 56)
#define BODY sizeof(struct igvm_variable_header)

static const struct igvm_room whole_room = {
    .ram = {LAYOUT_RAM_BASE, RAM_SIZE},
    .vtl2 = {VTL2_BASE, VTL2_SIZE},
    .only_vtl2 = true,
};

/* With ASan, too, memory that there is not is a matter of the caller's. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* What has been put into memory. */
static uint8_t *ram;

static void set_up(void)
{
    ram = g_malloc0(RAM_SIZE);
}

static void tear_down(void)
{
    g_free(ram);
}

static void write_ram(void *context, uint64_t gpa, const uint8_t *data, uint64_t size)
{
    (void)context;
    ck_assert(gpa >= LAYOUT_RAM_BASE && gpa - LAYOUT_RAM_BASE <= RAM_SIZE - size);
    if (data)
        memcpy(ram + (gpa - LAYOUT_RAM_BASE), data, size);
    else
        memset(ram + (gpa - LAYOUT_RAM_BASE), 0, size);
}

static uint64_t peek(uint64_t gpa, size_t size)
{
    return igvm_number(ram + (gpa - LAYOUT_RAM_BASE), size);
}

/* @change, unless it is NULL, adds to the directives. */
static GBytes *make_sample(void (*change)(struct builder *builder))
{
    struct builder builder;

    sample_begin(&builder);
    sample_directives(&builder);
    if (change)
        change(&builder);
    return builder_finish(&builder);
}

static bool deposit(const struct igvm *igvm, const char *words, GError **error)
{
    g_autoptr(GBytes) tree = g_bytes_new_static("TREE", 4);
    struct igvm_facts facts = {
        .room = &whole_room, .vp_count = 3, .command_line = words, .device_tree = tree};

    return igvm_deposit(igvm, &facts, write_ram, NULL, error);
}

/* All three steps with @file, which is given away. */
static struct igvm *load(GBytes *file, const struct igvm_room *room, GError **error)
{
    struct igvm *igvm = igvm_parse(file, "FILE", error);

    g_bytes_unref(file);
    if (igvm && igvm_place(igvm, room, error) && deposit(igvm, "quiet", error))
        return igvm;
    igvm_free(igvm);
    return NULL;
}

static struct igvm *load_good(GBytes *file)
{
    GError *error = NULL;
    struct igvm *igvm = load(file, &whole_room, &error);

    ck_assert_msg(igvm != NULL, "%s", error ? error->message : "");
    return igvm;
}

/* @file, which is given away, must be refused with @message somewhere in the text. */
static void expect_refusal(GBytes *file, const struct igvm_room *room, const char *message)
{
    GError *error = NULL;
    struct igvm *igvm = load(file, room, &error);

    ck_assert_msg(igvm == NULL, "accepted; expected: %s", message);
    ck_assert_msg(strstr(error->message, message) != NULL, "'%s' lacks '%s'", error->message,
                  message);
    ck_assert_msg(g_str_has_prefix(error->message, "FILE: "), "%s", error->message);
    g_error_free(error);
}

static uint64_t register_of(const struct igvm *igvm, uint32_t name)
{
    uint64_t value = 0;

    ck_assert(igvm_find_register(igvm, name, &value));
    return value;
}

/* --- Good ones ------------------------------------------------------------------------------- */

START_TEST(moves_into_vtl2)
{
    struct igvm *igvm = load_good(make_sample(NULL));

    ck_assert_uint_eq(igvm->moved_by, MOVED_BY);
    ck_assert_uint_eq(peek(VTL2_BASE, 1), 0x10);
    ck_assert_uint_eq(peek(VTL2_BASE + IGVM_PAGE_SIZE, 1), 0x11);
    ck_assert_uint_eq(peek(VTL2_BASE + 2 * IGVM_PAGE_SIZE, 1), 0);
    ck_assert_uint_eq(register_of(igvm, IGVM_REGISTER_PC), SAMPLE_ENTRY + MOVED_BY);
    ck_assert_uint_eq(register_of(igvm, IGVM_REGISTER_TTBR0_EL1), SAMPLE_TABLES + MOVED_BY);
    ck_assert_uint_eq(register_of(igvm, IGVM_REGISTER_X0), 0x1234);
    igvm_free(igvm);
}
END_TEST

START_TEST(stays_where_it_fits)
{
    struct igvm_room room = {.ram = {0, RAM_SIZE * 8}, .vtl2 = {SAMPLE_BASE, VTL2_SIZE}};
    GError *error = NULL;
    g_autoptr(GBytes) file = make_sample(NULL);
    struct igvm *igvm = igvm_parse(file, "FILE", &error);

    ck_assert(igvm && igvm_place(igvm, &room, &error));
    ck_assert_uint_eq(igvm->moved_by, 0);
    ck_assert_uint_eq(register_of(igvm, IGVM_REGISTER_PC), SAMPLE_ENTRY);
    igvm_free(igvm);
}
END_TEST

START_TEST(moves_downwards)
{
    struct igvm_room room = {.ram = {0, RAM_SIZE}, .vtl2 = {16 * MIB, VTL2_SIZE}};
    GError *error = NULL;
    g_autoptr(GBytes) file = make_sample(NULL);
    struct igvm *igvm = igvm_parse(file, "FILE", &error);

    ck_assert(igvm && igvm_place(igvm, &room, &error));
    ck_assert_uint_eq(register_of(igvm, IGVM_REGISTER_PC), 16 * MIB + 0x100);
    igvm_free(igvm);
}
END_TEST

/* Base and alignment of VTL2's memory do not suit the file: the next multiple does. */
START_TEST(keeps_alignment)
{
    struct igvm_room room = {.ram = {0, RAM_SIZE}, .vtl2 = {16 * MIB + 64 * KIB, VTL2_SIZE}};
    GError *error = NULL;
    g_autoptr(GBytes) file = make_sample(NULL);
    struct igvm *igvm = igvm_parse(file, "FILE", &error);

    ck_assert(igvm && igvm_place(igvm, &room, &error));
    ck_assert_uint_eq(register_of(igvm, IGVM_REGISTER_PC), 18 * MIB + 0x100);
    igvm_free(igvm);
}
END_TEST

START_TEST(tells_the_guest)
{
    uint64_t area = SAMPLE_AREA + MOVED_BY, map = area + SAMPLE_MAP;

    igvm_free(load_good(make_sample(NULL)));
    ck_assert_uint_eq(peek(area + SAMPLE_VP_COUNT, 4), 3);
    ck_assert_uint_eq(peek(area + SAMPLE_ENVIRONMENT, 4), 0);
    ck_assert_uint_eq(peek(area + SAMPLE_MMIO, 8), 0);
    ck_assert_str_eq((const char *)ram + (area + SAMPLE_WORDS - LAYOUT_RAM_BASE), "quiet");
    ck_assert_uint_eq(peek(area + SAMPLE_TREE, 4), 0x45455254); /* TREE */
    ck_assert_uint_eq(peek(area + SAMPLE_TREE + 4, 1), 0xee);
    ck_assert_uint_eq(peek(map, 8), LAYOUT_RAM_BASE / IGVM_PAGE_SIZE);
    ck_assert_uint_eq(peek(map + 8, 8), (RAM_SIZE - VTL2_SIZE) / IGVM_PAGE_SIZE);
    ck_assert_uint_eq(peek(map + 16, 2), IGVM_MEMORY);
    ck_assert_uint_eq(peek(map + 24, 8), VTL2_BASE / IGVM_PAGE_SIZE);
    ck_assert_uint_eq(peek(map + 24 + 16, 2), IGVM_MEMORY_VTL2_PROTECTABLE);
    ck_assert_uint_eq(peek(map + 48 + 8, 8), 0);
}
END_TEST

/* A walk of the moved tables, as the processor does it; 0 if nothing is mapped. */
static uint64_t translate(uint64_t table, uint64_t address)
{
    for (unsigned shift = 39; shift >= 21; shift -= 9) {
        uint64_t entry = peek(table + (address >> shift & 511) * 8, 8);

        if (!(entry & 1))
            return 0;
        table = entry & UINT64_C(0xfffffffff000);
        if (!(entry & 2))
            return table | (address & ((UINT64_C(1) << shift) - 1));
    }
    return 0;
}

START_TEST(moves_page_tables)
{
    struct igvm *igvm = load_good(make_sample(NULL));
    uint64_t root = register_of(igvm, IGVM_REGISTER_TTBR0_EL1);

    ck_assert_uint_eq(translate(root, VTL2_BASE + 5), VTL2_BASE + 5);
    ck_assert_uint_eq(translate(root, root), root);
    ck_assert_uint_eq(translate(root, SAMPLE_BASE), 0);
    ck_assert_uint_eq(translate(root, VTL2_BASE + SAMPLE_SIZE), 0);
    igvm_free(igvm);
}
END_TEST

static void add_for_others(struct builder *builder)
{
    uint8_t page[sizeof(struct igvm_page_data)] = {0}, junk[5] = "junk";

    /* Neither the address nor the type makes sense. */
    IGVM_PUT(page, struct igvm_page_data, compatibility_mask, 2);
    IGVM_PUT(page, struct igvm_page_data, gpa, 0x123);
    IGVM_PUT(page, struct igvm_page_data, data_type, 2);
    builder_add(builder, IGVM_PAGE_DATA, page, sizeof(page));
    builder_add(builder, IGVM_SNP_ID_BLOCK, junk, sizeof(junk));
    builder_add(builder, IGVM_OPTIONAL | 0x3ff, junk, sizeof(junk));
    builder_add(builder, IGVM_OPTIONAL | 0x7000, junk, sizeof(junk));
}

START_TEST(skips_what_is_for_others)
{
    struct igvm *igvm = load_good(make_sample(add_for_others));

    ck_assert_uint_eq(igvm->skipped, 4);
    igvm_free(igvm);
}
END_TEST

static void add_error_range(struct builder *builder)
{
    uint8_t body[sizeof(struct igvm_error_range)] = {0};

    IGVM_PUT(body, struct igvm_error_range, gpa, SAMPLE_BASE + 0x10000);
    IGVM_PUT(body, struct igvm_error_range, compatibility_mask, BUILDER_MASK);
    IGVM_PUT(body, struct igvm_error_range, size, IGVM_PAGE_SIZE);
    builder_add(builder, IGVM_ERROR_RANGE, body, sizeof(body));
}

START_TEST(clears_error_ranges)
{
    memset(ram, 0xff, RAM_SIZE);
    igvm_free(load_good(make_sample(add_error_range)));
    ck_assert_uint_eq(peek(VTL2_BASE + 0x10000, 8), 0);
    ck_assert_uint_eq(peek(VTL2_BASE + 0x10000 + IGVM_PAGE_SIZE, 1), 0xff);
}
END_TEST

START_TEST(describes)
{
    g_autoptr(GBytes) file = make_sample(NULL), other = g_bytes_new_static("IGVM", 4);
    struct facts *facts = facts_new();
    g_autofree char *text = NULL;
    GError *error = NULL;

    ck_assert(igvm_is(file) && !igvm_is(other));
    ck_assert(igvm_tell(file, "FILE", facts, &error));
    text = facts_to_text(facts);
    ck_assert(g_str_equal(facts_get(facts, "format version"), "2"));
    ck_assert(strstr(text, "relocatable   from 0x8000000, to 0x8200000, in steps of 0x"));
    ck_assert(strstr(text, "parameter     DEVICE_TREE, area 0x"));
    ck_assert(strstr(text, "register      PC, value 0x8000100\n"));
    ck_assert(!igvm_tell(other, "FILE", facts, &error));
    g_error_free(error);
    facts_free(facts);
}
END_TEST

/* --- Numbers that are wrong ------------------------------------------------------------------ */

/* Where a number is: in the fixed header, in a variable one, or in the data of one. */
enum where {
    FIXED_HEADER,
    VARIABLE_HEADER,
    HEADER_TYPE,
    CONTEXT_DATA,
};

struct poke {
    enum where where;
    uint32_t type;  /* of the variable header, the last one of this type */
    size_t offset;  /* within */
    size_t size;
    uint64_t value;
    const char *message;
};

#define FIELD(structure, field)                                                                    \
    offsetof(struct structure, field), sizeof(((struct structure *)0)->field)
#define FIXED(field, value, message)                                                               \
    {FIXED_HEADER, 0, FIELD(igvm_fixed_header, field), value, message}
#define BODY_OF(type, structure, field, value, message)                                            \
    {VARIABLE_HEADER, type, FIELD(structure, field), value, message}
#define TYPE(which, value, message)                                                                \
    {HEADER_TYPE, which, FIELD(igvm_variable_header, type), value, message}
#define LENGTH(which, value, message)                                                              \
    {HEADER_TYPE, which, FIELD(igvm_variable_header, length), value, message}
#define DATA(offset, size, value, message) {CONTEXT_DATA, 0, offset, size, value, message}
/* Byte @field of register @index of the VP context. */
#define REGISTER(index, field)                                                                     \
    (IGVM_REGISTER_COUNT_SIZE + (index) * sizeof(struct igvm_vbs_register) +                       \
     offsetof(struct igvm_vbs_register, field))

#define PLATFORM(...) BODY_OF(IGVM_SUPPORTED_PLATFORM, igvm_supported_platform, __VA_ARGS__)
#define REGION(...) BODY_OF(IGVM_RELOCATABLE_REGION, igvm_relocatable_region, __VA_ARGS__)
#define TABLES(...)                                                                                \
    BODY_OF(IGVM_PAGE_TABLE_RELOCATION_REGION, igvm_page_table_relocation, __VA_ARGS__)
#define PAGE(...) BODY_OF(IGVM_PAGE_DATA, igvm_page_data, __VA_ARGS__)
#define AREA(...) BODY_OF(IGVM_PARAMETER_AREA, igvm_parameter_area, __VA_ARGS__)
#define INSERT(...) BODY_OF(IGVM_PARAMETER_INSERT, igvm_parameter_insert, __VA_ARGS__)
#define PLACE(type, ...) BODY_OF(type, igvm_parameter_place, __VA_ARGS__)
#define CONTEXT(...) BODY_OF(IGVM_VP_CONTEXT, igvm_vp_context, __VA_ARGS__)
#define REQUIRED(...) BODY_OF(IGVM_REQUIRED_MEMORY, igvm_required_memory, __VA_ARGS__)

static const struct poke pokes[] = {
    FIXED(magic, 0x464c457f, "not an IGVM file"),
    FIXED(format_version, 1, "format version 1, which is for x64 only"),
    FIXED(format_version, 3, "format version 3 is not known"),
    FIXED(architecture, IGVM_X64, "an IGVM file for x64"),
    FIXED(architecture, 9, "unknown architecture 9"),
    FIXED(page_size, 65536, "pages of 65536 bytes"),
    FIXED(total_file_size, 1, "but its header says 1"),
    FIXED(variable_header_offset, 24, "are not in the file, or not aligned"),
    FIXED(variable_header_offset, 36, "are not in the file, or not aligned"),
    FIXED(variable_header_offset, 0xfffffff8, "are not in the file, or not aligned"),
    FIXED(variable_header_size, 0xffffffff, "are not in the file, or not aligned"),
    FIXED(variable_header_size, 28, "header 1 (unknown type, at 0x38): is cut off"),
    FIXED(variable_header_size, 0, "is not for VSM isolation"),
    LENGTH(IGVM_SUPPORTED_PLATFORM, 0xfffffff0, "goes beyond the variable headers"),
    LENGTH(IGVM_SUPPORTED_PLATFORM, 15, "is 15 bytes long instead of 16"),
    LENGTH(IGVM_PAGE_DATA, 23, "is 23 bytes long instead of 24"),
    TYPE(IGVM_PAGE_DATA, 0x3ff, "does not know type 0x3ff"),
    TYPE(IGVM_PAGE_DATA, 0x306, "does not know type 0x306"),
    TYPE(IGVM_PARAMETER_AREA, IGVM_GUEST_POLICY, "behind headers of a later section"),
    TYPE(IGVM_SUPPORTED_PLATFORM, IGVM_OPTIONAL | 0x50, "is not for VSM isolation"),
    PLATFORM(compatibility_mask, 3, "is not one bit"),
    PLATFORM(compatibility_mask, 0, "is not one bit"),
    PLATFORM(platform_type, IGVM_PLATFORM_SEV_SNP, "is not for VSM isolation"),
    PLATFORM(platform_version, 2, "version 2 of VSM isolation"),
    PLATFORM(highest_vtl, 0, "its highest VTL is 0"),
    PLATFORM(shared_gpa_boundary, 1, "a boundary for shared memory"),
    REGION(vp_index, 1, "VP1 at VTL2"),
    REGION(vtl, 0, "VP0 at VTL0"),
    REGION(flags, IGVM_REGION_APPLY_PC, "is not VTL2's"),
    REGION(flags, 0x7, "have no meaning on arm64"),
    REGION(alignment, 0, "no multiples of its alignment"),
    REGION(alignment, 0x800, "no multiples of its alignment"),
    REGION(alignment, UINT64_C(1) << 40, "no multiples of its alignment"),
    REGION(minimum_gpa, 0x1000, "no multiples of its alignment"),
    REGION(gpa, 0x08000800, "not whole pages"),
    REGION(size, 0, "not whole pages"),
    REGION(size, UINT64_MAX - 0xfff, "beyond all addresses"),
    REGION(size, SAMPLE_SIZE, "relocatable region and its page tables overlap"),
    REGION(size, IGVM_PAGE_SIZE, "goes to 0x8001000 to 0x8002000, but VTL2's memory"),
    REGION(minimum_gpa, 0x44000000, "have no place in VTL2's memory"),
    REGION(maximum_gpa, 0x42000000, "have no place in VTL2's memory"),
    TABLES(reserved, 1, "a reserved field is not zero"),
    TABLES(vtl, 1, "VP0 at VTL1"),
    TABLES(used_size, 0x7000, "0x7000 bytes used of 0x6000"),
    TABLES(used_size, 0x800, "not whole pages"),
    TABLES(size, SAMPLE_TABLES_USED, "too little room for page tables"),
    TABLES(used_size, 0x2000, "where its region is unused"),
    TABLES(gpa, SAMPLE_TABLES + 1, "not whole pages"),
    PAGE(gpa, SAMPLE_BASE + 1, "not whole pages"),
    PAGE(gpa, UINT64_MAX - 0xfff, "beyond all addresses"),
    PAGE(gpa, SAMPLE_BASE, "where header 5 has put something, too"),
    PAGE(gpa, SAMPLE_AREA + IGVM_PAGE_SIZE, "where header"),
    PAGE(gpa, 0x1000000, "goes to 0x1000000 to 0x1001000, but VTL2's memory"),
    PAGE(data_type, 1, "which only AMD SEV-SNP has"),
    PAGE(flags, 8, "are not known"),
    PAGE(reserved, 1, "a reserved field is not zero"),
    PAGE(flags, IGVM_PAGE_IS_2MB, "no place for a page of 2 MiB"),
    PAGE(file_offset, 0xfffffff0, "are not in the file"),
    AREA(number_of_bytes, 100, "not whole pages"),
    AREA(number_of_bytes, UINT64_MAX - 0xfff, "are not in the file"),
    AREA(number_of_bytes, IGVM_PAGE_SIZE, "is behind the end of parameter area 7"),
    AREA(file_offset, 0x7fffffff, "are not in the file"),
    AREA(parameter_area_index, 8, "parameter area 7 has not been declared"),
    PLACE(IGVM_DEVICE_TREE, byte_offset, 0x1ffe, "DEVICE_TREE has 4 bytes, but there are only 2"),
    PLACE(IGVM_MEMORY_MAP, byte_offset, 0x2000, "is behind the end"),
    PLACE(IGVM_SLIT, parameter_area_index, 1, "parameter area 1 has not been declared"),
    INSERT(gpa, SAMPLE_AREA + 8, "not whole pages"),
    INSERT(gpa, UINT64_MAX - 0xfff, "beyond all addresses"),
    INSERT(gpa, SAMPLE_BASE - IGVM_PAGE_SIZE, "partly in a region that can be moved"),
    INSERT(gpa, SAMPLE_TABLES + 0x3000, "where the page tables are"),
    INSERT(gpa, SAMPLE_BASE, "where header"),
    INSERT(parameter_area_index, 9, "parameter area 9 has not been declared"),
    REQUIRED(flags, 2, "are not known"),
    REQUIRED(reserved, 1, "a reserved field is not zero"),
    REQUIRED(number_of_bytes, 0x08000000, "have no place in VTL2's memory"),
    REQUIRED(gpa, 0x10000000, "needs memory from 0x10000000"),
    CONTEXT(gpa, IGVM_PAGE_SIZE, "has a GPA"),
    CONTEXT(vp_index, 1, "is for VP1"),
    CONTEXT(reserved, 1, "has a GPA, or a reserved field"),
    CONTEXT(compatibility_mask, 2, "no VP context with a PC"),
    CONTEXT(file_offset, 0xffffffff, "are not in the file"),
    DATA(0, 4, 0, "has 0 registers"),
    DATA(0, 4, 1000, "has 1000 registers"),
    DATA(0, 4, 200, "are not in the file"),
    DATA(REGISTER(0, vtl), 1, 0, "register 0x00020022 is for VTL0"),
    DATA(REGISTER(0, name), 4, 0x20023, "PSTATE 0x8000100 is not one of EL1"),
    DATA(REGISTER(0, name), 4, 1, "register 0x00000001 is not known"),
    DATA(REGISTER(0, name), 4, 0x22000, "is none that a file may set"),
    DATA(REGISTER(0, name), 4, 0x58009, "is none that a file may set"),
    DATA(REGISTER(0, name), 4, 0x20001, "no VP context with a PC"),
    DATA(REGISTER(1, name), 4, IGVM_REGISTER_PC, "is there twice"),
    DATA(REGISTER(0, zero) + 10, 1, 1, "what must be zero"),
    DATA(REGISTER(0, value), 8, SAMPLE_ENTRY + 2, "is not aligned"),
    DATA(REGISTER(0, value) + 8, 8, 1, "has 64 bits"),
    DATA(REGISTER(2, value), 8, 0x3c9, "is not one of EL1"),
    DATA(REGISTER(2, value), 8, 0x1d3, "is not one of EL1"),
    DATA(REGISTER(4, name), 4, 0x20001, "no TTBR0_EL1 or no TCR_EL1"),
    DATA(REGISTER(4, value), 8, 0x580807510, "4 KiB granules"),
    DATA(REGISTER(4, value), 8, 0x580803528, "4 KiB granules"),
    DATA(REGISTER(5, value), 8, SAMPLE_BASE, "is not in its region for page tables"),
};

/* The last header of a type. */
static uint8_t *find_header(uint8_t *file, uint32_t type)
{
    uint8_t *at = file + sizeof(struct igvm_fixed_header), *found = NULL;
    uint8_t *end = at + IGVM_GET(file, struct igvm_fixed_header, variable_header_size);

    while (at < end) {
        uint64_t length = IGVM_GET(at, struct igvm_variable_header, length);

        if (IGVM_GET(at, struct igvm_variable_header, type) == type)
            found = at;
        at += BODY + (length + 7) / 8 * 8;
    }
    ck_assert(found != NULL);
    return found;
}

static uint8_t *find_place(uint8_t *file, const struct poke *poke)
{
    switch (poke->where) {
    case FIXED_HEADER:
        return file;
    case VARIABLE_HEADER:
        return find_header(file, poke->type) + BODY;
    case HEADER_TYPE:
        return find_header(file, poke->type);
    case CONTEXT_DATA:
        return file + IGVM_GET(find_header(file, IGVM_VP_CONTEXT) + BODY, struct igvm_vp_context,
                               file_offset);
    }
    return NULL;
}

/* Numbers of the fixed header can make its checksum cover what is not there. */
static bool can_seal(const uint8_t *file, gsize size)
{
    uint64_t offset = IGVM_GET(file, struct igvm_fixed_header, variable_header_offset);
    uint64_t length = IGVM_GET(file, struct igvm_fixed_header, variable_header_size);

    return offset <= size && length <= size - offset;
}

START_TEST(refuses_wrong_numbers)
{
    const struct poke *poke = &pokes[_i];
    g_autoptr(GBytes) good = make_sample(NULL);
    gsize size;
    const void *data = g_bytes_get_data(good, &size);
    uint8_t *file = g_memdup2(data, size);

    igvm_put_number(find_place(file, poke) + poke->offset, poke->size, poke->value);
    if (can_seal(file, size))
        builder_seal(file);
    expect_refusal(g_bytes_new_take(file, size), &whole_room, poke->message);
}
END_TEST

static void require_much(struct builder *builder)
{
    for (unsigned i = 0; i < 1024; i++)
        builder_required(builder, LAYOUT_RAM_BASE, IGVM_PAGE_SIZE, 0);
}

/* Each of them is told to the user. */
START_TEST(refuses_too_many_requirements)
{
    expect_refusal(make_sample(require_much), &whole_room, "there are more than 1024 of these");
}
END_TEST

static void insert_huge_area(struct builder *builder)
{
    builder_area(builder, 0, HUGE_SIZE, NULL);
    builder_insert(builder, 0, HUGE_BASE);
}

static GBytes *make_huge_tables(void)
{
    struct builder builder;

    builder_init(&builder);
    builder_platform(&builder, BUILDER_MASK, IGVM_PLATFORM_VSM_ISOLATION, 2);
    builder_region(&builder, SAMPLE_BASE, SAMPLE_REGION_SIZE, IGVM_REGION_IS_VTL2);
    builder_tables(&builder, HUGE_BASE, HUGE_SIZE, 0);
    sample_registers(&builder);
    return builder_finish(&builder);
}

/* The guest's RAM need not be there before it is used; what the loader takes for itself need. */
START_TEST(refuses_what_no_host_has)
{
    const struct igvm_range all = {LAYOUT_RAM_BASE, 4 * HUGE_SIZE};
    const struct igvm_room huge = {.ram = all, .vtl2 = all};

    expect_refusal(make_sample(insert_huge_area), &huge, "there is no memory for its");
    expect_refusal(make_huge_tables(), &huge, "there is no memory for its");
}
END_TEST

START_TEST(refuses_wrong_checksums)
{
    g_autoptr(GBytes) good = make_sample(NULL);
    gsize size;
    const void *data = g_bytes_get_data(good, &size);
    uint8_t *file = g_memdup2(data, size);

    file[sizeof(struct igvm_fixed_header) + BODY] ^= 4;
    expect_refusal(g_bytes_new_take(file, size), &whole_room, "its headers are damaged");
}
END_TEST

/* Wherever a file is cut off, and whatever its header then says of its size. */
START_TEST(refuses_truncated_files)
{
    g_autoptr(GBytes) good = make_sample(NULL);
    gsize size;
    const uint8_t *data = g_bytes_get_data(good, &size);

    for (gsize length = 0; length < size; length += length < 2000 ? 1 : 997) {
        uint8_t *file = g_memdup2(data, MAX(length, 1));

        if (length >= sizeof(struct igvm_fixed_header))
            IGVM_PUT(file, struct igvm_fixed_header, total_file_size, length);
        if (length >= sizeof(struct igvm_fixed_header) && can_seal(file, length))
            builder_seal(file);
        expect_refusal(g_bytes_new_take(file, length), &whole_room, "");
    }
}
END_TEST

/* --- Headers that are wrong ------------------------------------------------------------------ */

static void add_context(struct builder *builder)
{
    sample_registers(builder);
}

static void add_area(struct builder *builder)
{
    builder_area(builder, 7, IGVM_PAGE_SIZE, NULL);
}

static void add_late_parameter(struct builder *builder)
{
    builder_parameter(builder, IGVM_VP_COUNT_PARAMETER, 7, 0);
}

static void add_second_insert(struct builder *builder)
{
    builder_insert(builder, 7, SAMPLE_BASE + 0x10000);
}

static void add_platform(struct builder *builder)
{
    builder_platform(builder, 4, IGVM_PLATFORM_CCA, 0);
}

static void add_many_areas(struct builder *builder)
{
    for (uint32_t i = 0; i < 300; i++)
        builder_area(builder, 100 + i, IGVM_PAGE_SIZE, NULL);
}

static void add_many_parameters(struct builder *builder)
{
    builder_area(builder, 1, IGVM_PAGE_SIZE, NULL);
    for (uint32_t i = 0; i < 1100; i++)
        builder_parameter(builder, IGVM_VP_COUNT_PARAMETER, 1, 0);
}

static void add_padding(struct builder *builder)
{
    static const uint8_t body[5];

    builder_add(builder, IGVM_OPTIONAL | 0x3ff, body, sizeof(body));
    builder->headers->data[builder->headers->len - 1] = 1;
}

static const struct {
    void (*add)(struct builder *builder);
    const char *message;
} additions[] = {
    {add_context, "is the second one; there can be only one"},
    {add_area, "parameter area 7 exists already"},
    {add_late_parameter, "parameter area 7 has been inserted already"},
    {add_second_insert, "parameter area 7 has been inserted already"},
    {add_platform, "behind headers of a later section"},
    {add_many_areas, "more than 256 parameter areas"},
    {add_many_parameters, "more than 1024 parameters"},
    {add_padding, "its padding is not zero"},
};

START_TEST(refuses_wrong_headers)
{
    expect_refusal(make_sample(additions[_i].add), &whole_room, additions[_i].message);
}
END_TEST

static void add_second_region(struct builder *builder)
{
    builder_region(builder, SAMPLE_BASE + SAMPLE_SIZE, IGVM_LARGE_PAGE_SIZE, IGVM_REGION_IS_VTL2);
}

static void add_second_tables(struct builder *builder)
{
    builder_tables(builder, SAMPLE_BASE + SAMPLE_SIZE, IGVM_PAGE_SIZE, IGVM_PAGE_SIZE);
}

static void add_second_vsm(struct builder *builder)
{
    builder_platform(builder, 8, IGVM_PLATFORM_VSM_ISOLATION, 2);
}

START_TEST(refuses_second_ones)
{
    static void (*const adders[])(struct builder *builder) = {add_second_region,
                                                               add_second_tables};
    struct builder builder;

    for (size_t i = 0; i < G_N_ELEMENTS(adders); i++) {
        sample_begin(&builder);
        adders[i](&builder);
        sample_directives(&builder);
        expect_refusal(builder_finish(&builder), &whole_room, "is the second one");
    }
    builder_init(&builder);
    builder_platform(&builder, BUILDER_MASK, IGVM_PLATFORM_VSM_ISOLATION, 2);
    add_second_vsm(&builder);
    expect_refusal(builder_finish(&builder), &whole_room, "is the second one for VSM isolation");
}
END_TEST

/* Tables that point to themselves must not take for ever. */
START_TEST(refuses_tables_in_circles)
{
    struct builder builder;
    uint8_t page[IGVM_PAGE_SIZE];

    for (unsigned i = 0; i < IGVM_PAGE_SIZE / 8; i++)
        igvm_put_number(page + i * 8, 8, SAMPLE_TABLES | 0x3);
    sample_begin(&builder);
    builder_page(&builder, SAMPLE_TABLES, page);
    sample_registers(&builder);
    expect_refusal(builder_finish(&builder), &whole_room, "use the table at offset 0x0 twice");
}
END_TEST

START_TEST(refuses_memory_that_is_not_there)
{
    struct igvm_room small = {.ram = {LAYOUT_RAM_BASE, RAM_SIZE},
                              .vtl2 = {LAYOUT_RAM_BASE, 2 * MIB}};
    struct builder builder;
    static const struct builder_register start = {IGVM_REGISTER_PC, 0x1000};

    expect_refusal(make_sample(NULL), &small, "give more --vtl2-memory");
    builder_init(&builder);
    builder_platform(&builder, BUILDER_MASK, IGVM_PLATFORM_VSM_ISOLATION, 2);
    builder_page(&builder, 0x1000, NULL);
    builder_registers(&builder, 2, &start, 1);
    expect_refusal(builder_finish(&builder), &small, "but guest RAM is from 0x40000000");
}
END_TEST

/* A command line that is longer than its room. */
START_TEST(refuses_parameters_without_room)
{
    g_autofree char *words = g_strnfill(SAMPLE_AREA_SIZE - SAMPLE_WORDS, 'a');
    g_autoptr(GBytes) file = make_sample(NULL);
    g_autoptr(GError) error = NULL;
    struct igvm *igvm = igvm_parse(file, "FILE", &error);

    ck_assert(igvm && igvm_place(igvm, &whole_room, &error));
    ck_assert(!deposit(igvm, words, &error));
    ck_assert(strstr(error->message, "shorten --vtl2-cmdline"));
    ck_assert_uint_eq(peek(VTL2_BASE, 1), 0);
    words[SAMPLE_AREA_SIZE - SAMPLE_WORDS - 1] = 0;
    g_clear_error(&error);
    ck_assert(deposit(igvm, words, &error));
    igvm_free(igvm);
}
END_TEST

static void add_loops(TCase *cases)
{
    tcase_add_loop_test(cases, refuses_wrong_numbers, 0, G_N_ELEMENTS(pokes));
    tcase_add_loop_test(cases, refuses_wrong_headers, 0, G_N_ELEMENTS(additions));
}

int main(void)
{
    const TTest *const tests[] = {
        moves_into_vtl2, stays_where_it_fits, moves_downwards, keeps_alignment, tells_the_guest,
        moves_page_tables, skips_what_is_for_others, clears_error_ranges, describes,
        refuses_wrong_checksums, refuses_too_many_requirements, refuses_what_no_host_has,
        refuses_truncated_files, refuses_second_ones,
        refuses_tables_in_circles, refuses_memory_that_is_not_there,
        refuses_parameters_without_room,
    };
    Suite *suite = suite_create("igvm");
    TCase *loops = tcase_create("loops");

    unit_add(suite, set_up, tear_down, tests, G_N_ELEMENTS(tests));
    tcase_add_checked_fixture(loops, set_up, tear_down);
    tcase_set_timeout(loops, UNIT_TIMEOUT_S);
    add_loops(loops);
    suite_add_tcase(suite, loops);
    return unit_run(suite);
}
