/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbol tables: emu/symbols.c. */
#include <elf.h>
#include <string.h>

#include "emu/symbols.h"
#include "tests/unit/unit.h"

/* --- Text ------------------------------------------------------------------------------------- */

static struct symbols *parse_text(const char *text, GError **error)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

    return symbols_parse(content, "--vtl2-symbols FILE", error);
}

static void check_at(const struct symbols *symbols, uint64_t address, const char *expected)
{
    g_autofree char *text = symbols_at(symbols, address);

    ck_assert_msg(g_strcmp0(text, expected) == 0, "0x%" G_GINT64_MODIFIER "x: %s", address,
                  text ? text : "none");
}

START_TEST(system_map)
{
    struct symbols *symbols = parse_text("ffff800080000000 T _text\n"
                                         "ffff800080010040 t second\n"
                                         "ffff800080010000 T first\r\n"
                                         "ffff800080010020 D data\n"
                                         "ffff800080010030 t $x\n"
                                         "\n"
                                         "ffff800080020000 t in_module\t[hv_vtl]\n"
                                         "ffff800080030000 W weak", NULL);

    ck_assert_ptr_nonnull(symbols);
    ck_assert_uint_eq(symbols_count(symbols), 5);
    check_at(symbols, 0xffff80008000ffff, "_text+0xffff");
    check_at(symbols, 0xffff800080010000, "first+0x0");
    check_at(symbols, 0xffff80008001003c, "first+0x3c");
    check_at(symbols, 0xffff800080010044, "second+0x4");
    check_at(symbols, 0xffff800080020010, "in_module+0x10");
    check_at(symbols, 0xffff800080030010, "weak+0x10");
    check_at(symbols, 0xffff80007fffffff, NULL);
    check_at(symbols, 0xffff900000000000, NULL);
    check_at(NULL, 0xffff800080010000, NULL);
    symbols_free(symbols);
}
END_TEST

START_TEST(names_are_harmless)
{
    struct symbols *symbols = parse_text("1000 T a\033[2J\xc3\xa4\n", NULL);

    check_at(symbols, 0x1004, "a?[2J??+0x4");
    symbols_free(symbols);
}
END_TEST

START_TEST(bad_text)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", "no function in it"},
        {"1000 D data\n", "no function in it"},
        {"1000 T a\nhello\n", "line 2 is none of a symbol table"},
        {"1000 T\n", "line 1 is none"},
        {"1000  a\n", "line 1 is none"},
        {"-1 T a\n", "line 1 is none"},
        {"0000000000000000 T a\n0000000000000000 t b\n", "all addresses in it are 0"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(parse_text(rows[i].text, &error));
        ck_assert_msg(g_str_has_prefix(error->message, "--vtl2-symbols FILE: ") &&
                          strstr(error->message, rows[i].expected),
                      "row %zu: %s", i, error->message);
    }
}
END_TEST

START_TEST(no_such_file)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(symbols_read("--vtl0-symbols ", "/nowhere", &error));
    ck_assert_msg(g_str_has_prefix(error->message, "--vtl0-symbols /nowhere"), "%s",
                  error->message);
}
END_TEST

/* --- ELF -------------------------------------------------------------------------------------- */

enum section { NONE, TEXT, DATA, SYMBOLS, STRINGS, SECTIONS };
#define SYMBOL_COUNT 8u

/* An executable of nothing but sections. */
struct sample {
    Elf64_Ehdr header;
    Elf64_Shdr section[SECTIONS];
    Elf64_Sym symbol[SYMBOL_COUNT];
    char names[64];
};

static void name_symbol(struct sample *sample, unsigned i, const char *name, unsigned type,
                        unsigned section, uint64_t value, uint64_t size)
{
    size_t at = 1;

    while (sample->names[at])
        at += strlen(sample->names + at) + 1;
    g_strlcpy(sample->names + at, name, sizeof(sample->names) - at);
    sample->symbol[i] = (Elf64_Sym){.st_name = (Elf64_Word)at,
                                    .st_info = ELF64_ST_INFO(STB_GLOBAL, type),
                                    .st_shndx = (Elf64_Half)section,
                                    .st_value = value,
                                    .st_size = size};
}

static struct sample make_sample(void)
{
    struct sample sample = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
                   .e_machine = EM_AARCH64,
                   .e_shoff = offsetof(struct sample, section),
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = SECTIONS},
        .section[TEXT] = {.sh_type = SHT_PROGBITS, .sh_flags = SHF_EXECINSTR},
        .section[DATA] = {.sh_type = SHT_NOBITS, .sh_size = 1 << 30},
        .section[SYMBOLS] = {.sh_type = SHT_SYMTAB,
                             .sh_offset = offsetof(struct sample, symbol),
                             .sh_size = SYMBOL_COUNT * sizeof(Elf64_Sym),
                             .sh_entsize = sizeof(Elf64_Sym),
                             .sh_link = STRINGS},
        .section[STRINGS] = {.sh_type = SHT_STRTAB,
                             .sh_offset = offsetof(struct sample, names),
                             .sh_size = sizeof(sample.names)},
    };

    name_symbol(&sample, 1, "label", STT_NOTYPE, TEXT, 0x1000, 0);
    name_symbol(&sample, 2, "function", STT_FUNC, TEXT, 0x1000, 0x40);
    name_symbol(&sample, 3, "behind", STT_FUNC, TEXT, 0x1080, 0x10);
    name_symbol(&sample, 4, "$x", STT_NOTYPE, TEXT, 0x1084, 0);
    name_symbol(&sample, 5, "data", STT_NOTYPE, DATA, 0x1088, 0);
    name_symbol(&sample, 6, "extern", STT_FUNC, SHN_UNDEF, 0x108c, 0);
    name_symbol(&sample, 7, "number", STT_NOTYPE, SHN_ABS, 0x108c, 0);
    return sample;
}

static struct symbols *parse_elf(const struct sample *sample, size_t size, GError **error)
{
    g_autoptr(GBytes) content = g_bytes_new(sample, size);

    return symbols_parse(content, "FILE", error);
}

START_TEST(elf_functions)
{
    struct sample sample = make_sample();
    struct symbols *symbols = parse_elf(&sample, sizeof(sample), NULL);

    ck_assert_ptr_nonnull(symbols);
    ck_assert_uint_eq(symbols_count(symbols), 3);
    check_at(symbols, 0x1000, "function+0x0");
    check_at(symbols, 0x103c, "function+0x3c");
    check_at(symbols, 0x1040, NULL);
    check_at(symbols, 0x108c, "behind+0xc");
    check_at(symbols, 0x1090, NULL);
    check_at(symbols, 0, NULL);
    symbols_free(symbols);
}
END_TEST

static void other_machine(struct sample *sample)
{
    sample->header.e_machine = EM_X86_64;
}

static void no_sections(struct sample *sample)
{
    sample->header.e_shnum = 0;
}

static void sections_behind_end(struct sample *sample)
{
    sample->header.e_shoff = UINT64_MAX - 8;
}

static void small_sections(struct sample *sample)
{
    sample->header.e_shentsize = 1;
}

static void stripped(struct sample *sample)
{
    sample->section[SYMBOLS].sh_type = SHT_NULL;
}

static void table_behind_end(struct sample *sample)
{
    sample->section[SYMBOLS].sh_size = UINT64_MAX;
}

static void no_names(struct sample *sample)
{
    sample->section[SYMBOLS].sh_link = SECTIONS;
}

static void names_of_another_kind(struct sample *sample)
{
    sample->section[STRINGS].sh_type = SHT_NOBITS;
}

static void name_behind_end(struct sample *sample)
{
    sample->symbol[3].st_name = sizeof(sample->names);
}

static void name_without_end(struct sample *sample)
{
    memset(sample->names, 'x', sizeof(sample->names));
}

static void only_data(struct sample *sample)
{
    sample->section[TEXT].sh_flags = 0;
}

START_TEST(bad_elf)
{
    static const struct {
        void (*spoil)(struct sample *sample);
        const char *expected;
    } rows[] = {
        {other_machine, "for another machine"},
        {no_sections, "without sections"},
        {sections_behind_end, "damaged or truncated"},
        {small_sections, "damaged or truncated"},
        {stripped, "without a symbol table"},
        {table_behind_end, "a section lies behind its end"},
        {no_names, "its symbol table has no names"},
        {names_of_another_kind, "its symbol table has no names"},
        {name_behind_end, "a symbol's name lies behind the names"},
        {name_without_end, "a symbol's name has no end"},
        {only_data, "no function in it"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct sample sample = make_sample();
        g_autoptr(GError) error = NULL;

        rows[i].spoil(&sample);
        ck_assert_ptr_null(parse_elf(&sample, sizeof(sample), &error));
        ck_assert_msg(strstr(error->message, rows[i].expected), "row %zu: %s", i, error->message);
    }
}
END_TEST

START_TEST(truncated_elf)
{
    struct sample sample = make_sample();

    for (size_t size = SELFMAG; size < sizeof(sample); size++) {
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(parse_elf(&sample, size, &error));
        ck_assert_ptr_nonnull(error);
    }
}
END_TEST

UNIT_MAIN("symbols", system_map, names_are_harmless, bad_text, no_such_file, elf_functions, bad_elf,
          truncated_elf)
