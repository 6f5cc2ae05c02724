/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes an IGVM file of a Linux kernel for VTL2: doc/igvm.md. From its base on there are
 *
 *   kernel | shim, its parameters, command line | host's device tree | Linux's | initial RAM disk |
 *   page tables
 *
 * The loader may move all of it, in steps of 2 MiB; the shim finds everything relative to itself.
 */
#include <glib.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/igvm/builder.h"
#include "tests/igvm/shim.h"

/* Linux, Documentation/arch/arm64/booting.rst */
#define LINUX_TEXT_OFFSET 8
#define LINUX_IMAGE_SIZE 16
#define LINUX_MAGIC 56
#define LINUX_MAGIC_TEXT "ARM\x64"

/* Where OpenHCL's files are before they are moved. */
#define DEFAULT_BASE UINT64_C(0x08000000)
/* For the host's tree as much as OpenHCL has; Linux's is a little larger. */
#define TREE_SIZE (64 * IGVM_PAGE_SIZE)
#define NEW_TREE_SIZE (TREE_SIZE + 2 * IGVM_PAGE_SIZE)
#define TREE_AREA 0

/* EL1h with all interrupts masked; SCTLR_EL1 is Linux's INIT_SCTLR_EL1_MMU_OFF. */
#define START_PSTATE 0x3c5
#define START_SCTLR 0x30d00800
#define SCTLR_MMU 0x1005 /* M, C and I */

/* Page tables for --mmu: 4 KiB granule, 48 bits (Arm ARM, D8.3 and D19.2). */
#define TABLES 3     /* one of each level from 0 to 2 */
#define TABLES_ROOM (3 * TABLES)
#define TABLE_DESCRIPTOR 0x3
#define BLOCK_DESCRIPTOR 0x70d /* AF, inner shareable, attributes 3 */
#define TABLE_REACH (UINT64_C(1) << 30) /* of one at level 2 */
#define START_MAIR UINT64_C(0xffbb4400)
/* T0SZ 16, write-back, inner shareable, TTBR1_EL1 disabled, 48 bits of physical address */
#define START_TCR UINT64_C(0x580803510)

static struct {
    char *kernel, *initrd, *command_line, *shim, *output, *base_text;
    gboolean fixed, mmu;
    uint64_t base;
} options;

/* Where things are. */
struct plan {
    uint64_t kernel, shim, tree, new_tree, initrd, tables, end;
    uint64_t entry; /* of the kernel */
};

struct blob {
    char *data;
    gsize size;
};

static G_GNUC_PRINTF(1, 2) void die(const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_printerr("make-igvm: %s\n", text);
    exit(1);
}

static struct blob read_blob(const char *path)
{
    g_autoptr(GError) error = NULL;
    struct blob blob = {0};

    if (path && !g_file_get_contents(path, &blob.data, &blob.size, &error))
        die("%s", error->message);
    return blob;
}

static uint64_t align(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static uint64_t image_field(const struct blob *kernel, size_t offset)
{
    return igvm_number((const uint8_t *)kernel->data + offset, sizeof(uint64_t));
}

static void check_kernel(const struct blob *kernel)
{
    if (kernel->size < LINUX_MAGIC + strlen(LINUX_MAGIC_TEXT) ||
        memcmp(kernel->data + LINUX_MAGIC, LINUX_MAGIC_TEXT, strlen(LINUX_MAGIC_TEXT)))
        die("%s: not an arm64 Image; give one, unpacked", options.kernel);
    if (image_field(kernel, LINUX_IMAGE_SIZE) < kernel->size ||
        image_field(kernel, LINUX_IMAGE_SIZE) > G_MAXINT32 ||
        image_field(kernel, LINUX_TEXT_OFFSET) % IGVM_PAGE_SIZE ||
        image_field(kernel, LINUX_TEXT_OFFSET) >= IGVM_LARGE_PAGE_SIZE)
        die("%s: its header makes no sense; give another Image", options.kernel);
}

static struct plan make_plan(const struct blob *kernel, const struct blob *shim,
                             const struct blob *initrd)
{
    uint64_t words = options.command_line ? strlen(options.command_line) + 1 : 1;
    struct plan plan;

    plan.kernel = plan.entry = options.base + image_field(kernel, LINUX_TEXT_OFFSET);
    plan.shim = align(plan.kernel + image_field(kernel, LINUX_IMAGE_SIZE), IGVM_LARGE_PAGE_SIZE);
    plan.tree = align(plan.shim + shim->size + words, IGVM_PAGE_SIZE);
    plan.new_tree = plan.tree + TREE_SIZE;
    plan.initrd = plan.new_tree + NEW_TREE_SIZE;
    plan.tables = align(plan.initrd + initrd->size, IGVM_LARGE_PAGE_SIZE);
    plan.end = plan.tables + (options.mmu ? IGVM_LARGE_PAGE_SIZE : 0);
    return plan;
}

/* Pages of zeroes need no room in the file. */
static void add_pages(struct builder *builder, uint64_t gpa, const void *data, gsize size)
{
    static const uint8_t zeroes[IGVM_PAGE_SIZE];

    for (gsize done = 0; done < size; done += IGVM_PAGE_SIZE) {
        uint8_t page[IGVM_PAGE_SIZE] = {0};

        memcpy(page, (const uint8_t *)data + done, MIN(size - done, IGVM_PAGE_SIZE));
        builder_page(builder, gpa + done, memcmp(page, zeroes, sizeof(page)) ? page : NULL);
    }
}

#define PUT_PLACE(field, value)                                                                    \
    IGVM_PUT((uint8_t *)shim->data + SHIM_PARAMETERS, struct shim_parameters, field, value)

/* The shim with its parameters, and the command line behind it. */
static void add_shim(struct builder *builder, const struct plan *plan, const struct blob *shim,
                     const struct blob *initrd)
{
    const char *words = options.command_line ? options.command_line : "";
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    PUT_PLACE(kernel, plan->entry - plan->shim);
    PUT_PLACE(tree, plan->tree - plan->shim);
    PUT_PLACE(new_tree, plan->new_tree - plan->shim);
    PUT_PLACE(new_tree_size, NEW_TREE_SIZE);
    PUT_PLACE(initrd, plan->initrd - plan->shim);
    PUT_PLACE(initrd_size, initrd->size);
    PUT_PLACE(command_line, shim->size);
    g_byte_array_append(bytes, (const guint8 *)shim->data, (guint)shim->size);
    g_byte_array_append(bytes, (const guint8 *)words, (guint)strlen(words) + 1);
    add_pages(builder, plan->shim, bytes->data, bytes->len);
}

static void check_shim(const struct blob *shim)
{
    if (shim->size < SHIM_PARAMETERS + sizeof(struct shim_parameters) ||
        IGVM_GET((const uint8_t *)shim->data + SHIM_PARAMETERS, struct shim_parameters, magic) !=
            SHIM_MAGIC)
        die("%s: not the shim; give tests/igvm/shim.bin of an arm64 build", options.shim);
}

/* Those that map all of it to itself. */
static void add_tables(struct builder *builder, const struct plan *plan)
{
    uint8_t tables[TABLES][IGVM_PAGE_SIZE] = {{0}};
    uint64_t first = options.base / TABLE_REACH;

    if ((plan->end - 1) / TABLE_REACH != first || first >= IGVM_PAGE_SIZE / sizeof(uint64_t))
        die("--mmu: all is not within one GiB of the first 512; give another --base");
    igvm_put_number(tables[0], sizeof(uint64_t),
                    (plan->tables + IGVM_PAGE_SIZE) | TABLE_DESCRIPTOR);
    igvm_put_number(tables[1] + first * sizeof(uint64_t), sizeof(uint64_t),
                    (plan->tables + 2 * IGVM_PAGE_SIZE) | TABLE_DESCRIPTOR);
    for (uint64_t gpa = options.base; gpa < plan->end; gpa += IGVM_LARGE_PAGE_SIZE)
        igvm_put_number(tables[2] + gpa % TABLE_REACH / IGVM_LARGE_PAGE_SIZE * sizeof(uint64_t),
                        sizeof(uint64_t), gpa | BLOCK_DESCRIPTOR);
    add_pages(builder, plan->tables, tables, sizeof(tables));
}

static void add_start(struct builder *builder, const struct plan *plan)
{
    const struct builder_register registers[] = {
        {IGVM_REGISTER_PC, plan->shim},
        {IGVM_REGISTER_PSTATE, START_PSTATE},
        {IGVM_REGISTER_SCTLR_EL1, START_SCTLR | (options.mmu ? SCTLR_MMU : 0)},
        {IGVM_REGISTER_TTBR0_EL1, plan->tables},
        {IGVM_REGISTER_TCR_EL1, START_TCR},
        {IGVM_REGISTER_MAIR_EL1, START_MAIR},
    };

    builder_registers(builder, 2, registers, options.mmu ? G_N_ELEMENTS(registers) : 3);
}

/* What the loader may move: as with OpenHCL, the page tables are no part of the region. */
static void add_regions(struct builder *builder, const struct plan *plan)
{
    if (options.fixed)
        return;
    builder_region(builder, options.base, plan->tables - options.base,
                   IGVM_REGION_IS_VTL2 | IGVM_REGION_APPLY_PC);
    if (options.mmu)
        builder_tables(builder, plan->tables, TABLES_ROOM * IGVM_PAGE_SIZE,
                       TABLES * IGVM_PAGE_SIZE);
}

static GBytes *make(const struct blob *kernel, const struct blob *shim, const struct blob *initrd)
{
    struct plan plan = make_plan(kernel, shim, initrd);
    uint64_t size = plan.end - options.base;
    struct builder builder;

    if (size > G_MAXUINT32)
        die("all together is larger than 4 GiB; give a smaller initial RAM disk");
    builder_init(&builder);
    builder_platform(&builder, BUILDER_MASK, IGVM_PLATFORM_VSM_ISOLATION, 2);
    add_regions(&builder, &plan);
    builder_required(&builder, options.base, (uint32_t)size, IGVM_REQUIRED_VTL2_PROTECTABLE);
    add_pages(&builder, plan.kernel, kernel->data, kernel->size);
    add_shim(&builder, &plan, shim, initrd);
    builder_area(&builder, TREE_AREA, TREE_SIZE, NULL);
    builder_parameter(&builder, IGVM_DEVICE_TREE, TREE_AREA, 0);
    builder_insert(&builder, TREE_AREA, plan.tree);
    add_pages(&builder, plan.initrd, initrd->data, initrd->size);
    if (options.mmu)
        add_tables(&builder, &plan);
    add_start(&builder, &plan);
    return builder_finish(&builder);
}

static void parse_base(void)
{
    char *rest;

    options.base = DEFAULT_BASE;
    if (!options.base_text)
        return;
    options.base = g_ascii_strtoull(options.base_text, &rest, 16);
    if (*rest || options.base % IGVM_LARGE_PAGE_SIZE || options.base >> 47)
        die("--base %s: give a multiple of 2 MiB in hexadecimal", options.base_text);
}

/* What `make` has put beside this program, if it has. */
static void find_shim(const char *program)
{
    g_autofree char *folder = g_path_get_dirname(program);

    if (!options.shim)
        options.shim = g_build_filename(folder, "shim.bin", NULL);
    if (!g_file_test(options.shim, G_FILE_TEST_EXISTS))
        die("%s: no such file; give --shim tests/igvm/shim.bin of an arm64 build", options.shim);
}

static void parse(int argc, char **argv)
{
    const GOptionEntry entries[] = {
        {"kernel", 0, 0, G_OPTION_ARG_FILENAME, &options.kernel, "an arm64 Image", "FILE"},
        {"initrd", 0, 0, G_OPTION_ARG_FILENAME, &options.initrd, "its initial RAM disk", "FILE"},
        {"cmdline", 0, 0, G_OPTION_ARG_STRING, &options.command_line,
         "its command line; the host's comes behind it", "STRING"},
        {"shim", 0, 0, G_OPTION_ARG_FILENAME, &options.shim,
         "tests/igvm/shim.bin of an arm64 build (the one beside this program)", "FILE"},
        {"base", 0, 0, G_OPTION_ARG_STRING, &options.base_text,
         "where it is to be, hexadecimal (8000000)", "GPA"},
        {"fixed", 0, 0, G_OPTION_ARG_NONE, &options.fixed, "forbid the loader to move it", NULL},
        {"mmu", 0, 0, G_OPTION_ARG_NONE, &options.mmu, "start with MMU and page tables", NULL},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "the IGVM file", "FILE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    GOptionContext *context = g_option_context_new("- make an IGVM file of a kernel for VTL2");
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        die("%s", error->message);
    g_option_context_free(context);
    if (argc > 1 || !options.kernel || !options.output)
        die("give --kernel and --output, and nothing that is not an option (see --help)");
    parse_base();
    find_shim(argv[0]);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    struct blob kernel, shim, initrd;
    GBytes *file;
    gsize size;
    const char *data;

    setlocale(LC_ALL, "");
    parse(argc, argv);
    kernel = read_blob(options.kernel);
    shim = read_blob(options.shim);
    initrd = read_blob(options.initrd);
    check_kernel(&kernel);
    check_shim(&shim);
    file = make(&kernel, &shim, &initrd);
    data = g_bytes_get_data(file, &size);
    if (!g_file_set_contents(options.output, data, (gssize)size, &error))
        die("%s", error->message);
    g_bytes_unref(file);
    g_free(kernel.data);
    g_free(shim.data);
    g_free(initrd.data);
    return 0;
}
