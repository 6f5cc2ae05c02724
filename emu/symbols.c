/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbol tables: see symbols.h. ELF: System V ABI, "Symbol Table"; of Linux' text forms: nm(1),
 * kernel/kallsyms.c.
 */
#include "emu/symbols.h"

#include <elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "emu/error.h"
#include "emu/file.h"

/* What a name may have in what is told of it: C++ and Rust make long ones. */
#define NAME_MAX_SHOWN 128
/* No function is that long; what is further from one is none. */
#define SPAN_MAX (UINT64_C(1) << 20)
#define SECTIONS_MAX 65536u

struct symbol {
    uint64_t address;
    uint64_t size; /* bytes; 0: up to the next one */
    const char *name;
};

struct symbols {
    GArray *rows; /* of struct symbol, by address */
    GStringChunk *names;
};

struct source {
    const uint8_t *data;
    size_t size;
    const char *name;
};

static bool G_GNUC_PRINTF(3, 4) refuse(const struct source *source, GError **error,
                                       const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    emu_set_error(error, EMU_ERROR_SETUP, "%s: %s", source->name, what);
    return false;
}

static bool add(struct symbols *symbols, const struct source *source, uint64_t address,
                uint64_t size, const char *name, size_t length, GError **error)
{
    struct symbol row = {.address = address, .size = size};
    char shown[NAME_MAX_SHOWN + 1];

    if (symbols->rows->len == SYMBOLS_MAX)
        return refuse(source, error, "more than %u functions; give a smaller file", SYMBOLS_MAX);
    length = MIN(length, NAME_MAX_SHOWN);
    for (size_t i = 0; i < length; i++)
        shown[i] = g_ascii_isgraph(name[i]) ? name[i] : '?';
    shown[length] = '\0';
    row.name = g_string_chunk_insert(symbols->names, shown);
    g_array_append_val(symbols->rows, row);
    return true;
}

/* --- ELF -------------------------------------------------------------------------------------- */

static bool lies_within(const struct source *source, uint64_t offset, uint64_t size)
{
    return offset <= source->size && size <= source->size - offset;
}

static bool read_section(const struct source *source, const Elf64_Ehdr *header, uint64_t index,
                         Elf64_Shdr *section)
{
    if (index >= header->e_shnum)
        return false;
    memcpy(section, source->data + header->e_shoff + index * sizeof(*section), sizeof(*section));
    return section->sh_type == SHT_NOBITS ||
           lies_within(source, section->sh_offset, section->sh_size);
}

static bool read_header(const struct source *source, Elf64_Ehdr *header, GError **error)
{
    if (source->size < sizeof(*header))
        return refuse(source, error, "a truncated ELF file; copy or build it again");
    memcpy(header, source->data, sizeof(*header));
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_AARCH64)
        return refuse(source, error, "an ELF file for another machine; give the one of the kernel "
                      "that runs, for AArch64");
    if (!header->e_shnum)
        return refuse(source, error, "an ELF file without sections, hence without symbols; give "
                      "the one before it was stripped (vmlinux), or its System.map");
    if (header->e_shentsize != sizeof(Elf64_Shdr) ||
        !lies_within(source, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr)))
        return refuse(source, error, "a damaged or truncated ELF file; copy or build it again");
    return true;
}

/* Functions, and labels of assembler in code, but for what the tools of Arm mark ($x, $d). */
static bool is_code(const Elf64_Sym *symbol, const char *name)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);

    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < SHN_LORESERVE && *name &&
           *name != '$' && (type == STT_FUNC || type == STT_NOTYPE);
}

static bool is_executable(const struct source *source, const Elf64_Ehdr *header,
                          const Elf64_Sym *symbol)
{
    Elf64_Shdr section;

    return read_section(source, header, symbol->st_shndx, &section) &&
           section.sh_flags & SHF_EXECINSTR;
}

static bool add_elf_symbol(struct symbols *symbols, const struct source *source,
                           const Elf64_Ehdr *header, const Elf64_Shdr *strings,
                           const Elf64_Sym *symbol, GError **error)
{
    const char *name = (const char *)source->data + strings->sh_offset + symbol->st_name;
    size_t length;

    if (symbol->st_name >= strings->sh_size)
        return refuse(source, error, "a damaged ELF file: a symbol's name lies behind the names");
    length = strnlen(name, strings->sh_size - symbol->st_name);
    if (length == strings->sh_size - symbol->st_name)
        return refuse(source, error, "a damaged ELF file: a symbol's name has no end");
    if (!is_code(symbol, name) || !is_executable(source, header, symbol))
        return true;
    return add(symbols, source, symbol->st_value, symbol->st_size, name, length, error);
}

static bool add_elf_table(struct symbols *symbols, const struct source *source,
                          const Elf64_Ehdr *header, const Elf64_Shdr *table, GError **error)
{
    Elf64_Shdr strings;
    Elf64_Sym symbol;

    if (table->sh_entsize != sizeof(symbol) ||
        !read_section(source, header, table->sh_link, &strings) || strings.sh_type != SHT_STRTAB)
        return refuse(source, error, "a damaged ELF file: its symbol table has no names; build it "
                      "again");
    for (uint64_t i = 0; i < table->sh_size / sizeof(symbol); i++) {
        memcpy(&symbol, source->data + table->sh_offset + i * sizeof(symbol), sizeof(symbol));
        if (!add_elf_symbol(symbols, source, header, &strings, &symbol, error))
            return false;
    }
    return true;
}

static bool parse_elf(struct symbols *symbols, const struct source *source, GError **error)
{
    Elf64_Ehdr header;
    Elf64_Shdr section;

    if (!read_header(source, &header, error))
        return false;
    for (unsigned i = 0; i < header.e_shnum; i++) {
        if (!read_section(source, &header, i, &section))
            return refuse(source, error, "a damaged or truncated ELF file: a section lies behind "
                          "its end; copy or build it again");
        if (section.sh_type == SHT_SYMTAB)
            return add_elf_table(symbols, source, &header, &section, error);
    }
    return refuse(source, error, "an ELF file without a symbol table; give the one before it was "
                  "stripped (vmlinux), or its System.map");
}

/* --- Text ------------------------------------------------------------------------------------- */

/* "ffff800080010000 T _text", and with kallsyms a tabulator and "[module]". */
static bool parse_line(struct symbols *symbols, const struct source *source, const char *line,
                       size_t length, unsigned number, GError **error)
{
    static const char code[] = "TtWw";
    g_autofree char *text = g_strndup(line, length);
    char *rest;
    guint64 address = g_ascii_strtoull(text, &rest, 16);

    g_strchomp(text);
    if (!*text)
        return true;
    if (!g_ascii_isxdigit(*text) || rest[0] != ' ' || !g_ascii_isalpha(rest[1]) || rest[2] != ' ' ||
        !rest[3])
        return refuse(source, error, "line %u is none of a symbol table; give an ELF file, or text "
                      "as in System.map: 'ffff800080010000 T name'", number);
    if (!strchr(code, rest[1]) || rest[3] == '$')
        return true;
    g_strdelimit(rest + 3, "\t", ' ');
    if (strchr(rest + 3, ' '))
        *strchr(rest + 3, ' ') = '\0';
    return add(symbols, source, address, 0, rest + 3, strlen(rest + 3), error);
}

static bool parse_text(struct symbols *symbols, const struct source *source, GError **error)
{
    const char *next = (const char *)source->data, *end = next + source->size;

    for (unsigned number = 1; next < end; number++) {
        const char *stop = memchr(next, '\n', (size_t)(end - next));
        size_t length = (size_t)((stop ? stop : end) - next);

        if (!parse_line(symbols, source, next, length, number, error))
            return false;
        next += length + (stop != NULL);
    }
    return true;
}

/* --- The whole -------------------------------------------------------------------------------- */

/* Of several at one address the one that has a size comes last, and is found first. */
static int compare(gconstpointer a, gconstpointer b)
{
    const struct symbol *one = a, *other = b;

    if (one->address != other->address)
        return one->address < other->address ? -1 : 1;
    if (!one->size != !other->size)
        return one->size ? 1 : -1;
    return -strcmp(one->name, other->name);
}

/* Hidden by KASLR's cousin: who may not know, reads zeros in /proc/kallsyms. */
static bool are_useful(const struct symbols *symbols, const struct source *source, GError **error)
{
    const GArray *rows = symbols->rows;

    if (!rows->len)
        return refuse(source, error, "no function in it; give an ELF file with a symbol table, or "
                      "a System.map");
    return g_array_index(rows, struct symbol, rows->len - 1).address ||
           refuse(source, error, "all addresses in it are 0; read /proc/kallsyms as root");
}

struct symbols *symbols_parse(GBytes *content, const char *name, GError **error)
{
    struct symbols *symbols = g_new0(struct symbols, 1);
    struct source source = {.name = name};
    bool good;

    source.data = g_bytes_get_data(content, &source.size);
    symbols->rows = g_array_new(FALSE, FALSE, sizeof(struct symbol));
    symbols->names = g_string_chunk_new(1 << 16);
    if (source.size >= SELFMAG && !memcmp(source.data, ELFMAG, SELFMAG))
        good = parse_elf(symbols, &source, error);
    else
        good = parse_text(symbols, &source, error);
    g_array_sort(symbols->rows, compare);
    if (good && are_useful(symbols, &source, error))
        return symbols;
    symbols_free(symbols);
    return NULL;
}

struct symbols *symbols_read(const char *option, const char *path, GError **error)
{
    g_autofree char *name = g_strconcat(option, path, NULL);
    g_autoptr(GBytes) content = file_read(option, path, SYMBOLS_FILE_MAX, error);

    return content ? symbols_parse(content, name, error) : NULL;
}

void symbols_free(struct symbols *symbols)
{
    if (!symbols)
        return;
    g_array_unref(symbols->rows);
    g_string_chunk_free(symbols->names);
    g_free(symbols);
}

size_t symbols_count(const struct symbols *symbols)
{
    return symbols->rows->len;
}

/* The last one that does not begin behind the address, or NULL. */
static const struct symbol *find(const struct symbols *symbols, uint64_t address)
{
    guint low = 0, high = symbols->rows->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(symbols->rows, struct symbol, middle).address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &g_array_index(symbols->rows, struct symbol, low - 1) : NULL;
}

char *symbols_at(const struct symbols *symbols, uint64_t address)
{
    const struct symbol *symbol = symbols ? find(symbols, address) : NULL;

    if (!symbol || address - symbol->address >= (symbol->size ? symbol->size : SPAN_MAX))
        return NULL;
    return g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", symbol->name,
                           address - symbol->address);
}
