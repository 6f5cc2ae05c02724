/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots: the container with every kind of damage, and what is in it. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/gic-image.h"
#include "emu/layout.h"
#include "emu/machine-facts.h"
#include "emu/snapshot-pages.h"
#include "emu/vcpu-image.h"
#include "fw-regs/election.h"
#include "tests/unit/unit.h"
#include "vtl/codec.h"

#define PAGE SNAPSHOT_PAGE_SIZE
#define RAM_PAGES 600u
#define PSCI_VERSION UINT64_C(0x6030000000140000)

static GByteArray *file;
static struct snapshot_sink sink;
static struct snapshot_writer writer;
static struct memory memory;

static void set_up(void)
{
    file = g_byte_array_new();
    sink = snapshot_sink_bytes(file);
    ck_assert(snapshot_begin_writing(&writer, &sink, NULL));
    ck_assert(memory_open(&memory, RAM_PAGES * PAGE, 0, NULL));
}

static void tear_down(void)
{
    memory_close(&memory);
    g_byte_array_unref(file);
}

static void write_sample(void)
{
    ck_assert(snapshot_write(&writer, SNAPSHOT_TIME, "12345678", 8, NULL));
    ck_assert(snapshot_write_two(&writer, SNAPSHOT_VP, "ab", 2, "cdefghijk", 9, NULL));
    ck_assert(snapshot_write(&writer, SNAPSHOT_DEVICES, "", 0, NULL));
    ck_assert(snapshot_end_writing(&writer, NULL));
}

/* Reads all of @bytes; "KIND:PAYLOAD " of each section, or NULL with the error. */
static char *read_all(const uint8_t *bytes, size_t size, GError **error)
{
    struct snapshot_bytes place = {bytes, size};
    struct snapshot_source source = snapshot_source_bytes(&place);
    g_auto(snapshot_reader) reader = {0};
    g_autoptr(GString) text = g_string_new(NULL);
    struct snapshot_section section;

    if (!snapshot_begin_reading(&reader, &source, error))
        return NULL;
    do {
        if (!snapshot_read(&reader, &section, error))
            return NULL;
        if (section.kind != SNAPSHOT_END)
            g_string_append_printf(text, "%d:%.*s ", (int)section.kind, (int)section.size,
                                   (const char *)section.bytes);
    } while (section.kind != SNAPSHOT_END);
    return g_strdup(text->str);
}

static void expect_error(const uint8_t *bytes, size_t size, const char *what)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = read_all(bytes, size, &error);

    ck_assert_msg(!text, "it was read: %s", text);
    ck_assert_msg(strstr(error->message, what) != NULL, "%s", error->message);
}

START_TEST(whole)
{
    g_autofree char *text = NULL;

    write_sample();
    text = read_all(file->data, file->len, NULL);
    ck_assert_str_eq(text, "2:12345678 6:abcdefghijk 8: ");
}
END_TEST

/* Whatever is done to one byte is found before anybody believes it. */
START_TEST(any_byte_changed)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};

    write_sample();
    for (guint i = 0; i < file->len; i++)
        for (size_t j = 0; j < sizeof(changes); j++) {
            g_autoptr(GError) error = NULL;

            file->data[i] ^= changes[j];
            ck_assert_ptr_null(read_all(file->data, file->len, &error));
            ck_assert_ptr_nonnull(error);
            file->data[i] ^= changes[j];
        }
}
END_TEST

START_TEST(cut_off_anywhere)
{
    write_sample();
    for (guint i = 0; i < file->len; i++)
        expect_error(file->data, i, "ends too early");
}
END_TEST

START_TEST(foreign)
{
    static const uint8_t zeroes[64];

    expect_error(zeroes, sizeof(zeroes), "not a snapshot");
    expect_error((const uint8_t *)"#!/bin/sh\nexec vtlemu run --pulse 1\n", 36, "not a snapshot");
}
END_TEST

/* A number in a header changed on purpose, with its checksum. */
static void change_header(size_t begin, size_t size, size_t offset, uint32_t value)
{
    const uint32_t word = GUINT32_TO_LE(value);
    uint64_t sum;

    memcpy(file->data + begin + offset, &word, sizeof(word));
    sum = GUINT64_TO_LE(snapshot_checksum(0, file->data + begin, size - sizeof(sum)));
    memcpy(file->data + begin + size - sizeof(sum), &sum, sizeof(sum));
}

START_TEST(newer)
{
    write_sample();
    change_header(0, 24, 8, 2);
    expect_error(file->data, file->len, "of format 2, but this vtlemu knows format 1 only");
}
END_TEST

START_TEST(newer_section)
{
    write_sample();
    change_header(24, 40, 4, 2);
    expect_error(file->data, file->len, "has version 2 of guest time");
}
END_TEST

START_TEST(unknown_section)
{
    write_sample();
    change_header(24, 40, 0, 0x58585858);
    expect_error(file->data, file->len, "unknown kind 0x58585858; use a newer vtlemu");
}
END_TEST

/* A length that no section of the kind has allocates nothing. */
START_TEST(enormous_section)
{
    write_sample();
    change_header(24, 40, 12, 0x7fffffff);
    expect_error(file->data, file->len, "more than there can be");
}
END_TEST

START_TEST(section_missing)
{
    const guint first = 24, size = 40 + 8;

    write_sample();
    g_byte_array_remove_range(file, first, size);
    expect_error(file->data, file->len, "sections are missing");
}
END_TEST

/* --- Pages ----------------------------------------------------------------------------------- */

static void fill_page(unsigned page, uint8_t value)
{
    memset(memory.host + (size_t)page * PAGE, value, PAGE);
}

static void take_pages_back(void)
{
    struct snapshot_bytes place = {file->data, file->len};
    struct snapshot_source source = snapshot_source_bytes(&place);
    g_auto(snapshot_reader) reader = {0};
    struct snapshot_section section;

    ck_assert(snapshot_begin_reading(&reader, &source, NULL));
    while (ck_assert(snapshot_read(&reader, &section, NULL)), section.kind == SNAPSHOT_PAGES)
        ck_assert(snapshot_take_pages(&section, &memory, NULL));
}

START_TEST(ram)
{
    g_autofree uint8_t *before = NULL;

    fill_page(0, 1);
    fill_page(3, 2);
    for (unsigned page = 100; page < 500; page++)
        fill_page(page, (uint8_t)page);
    memory.host[(size_t)RAM_PAGES * PAGE - 1] = 7;
    before = g_memdup2(memory.host, memory.size);
    ck_assert(snapshot_write_ram(&writer, &memory, NULL, NULL, NULL));
    ck_assert(snapshot_end_writing(&writer, NULL));
    ck_assert_uint_lt(file->len, (100 + RAM_PAGES - 196) * PAGE);
    memory_clear(&memory);
    take_pages_back();
    ck_assert(memcmp(before, memory.host, memory.size) == 0);
}
END_TEST

START_TEST(pages_become_zero)
{
    ck_assert(snapshot_write_pages(&writer, &memory, 10, 300, true, NULL));
    ck_assert(snapshot_end_writing(&writer, NULL));
    ck_assert_uint_lt(file->len, 2 * PAGE);
    fill_page(9, 9);
    fill_page(10, 9);
    fill_page(309, 9);
    fill_page(310, 9);
    take_pages_back();
    ck_assert_int_eq(memory.host[9 * PAGE], 9);
    ck_assert_int_eq(memory.host[10 * PAGE], 0);
    ck_assert_int_eq(memory.host[310 * PAGE - 1], 0);
    ck_assert_int_eq(memory.host[310 * PAGE], 9);
}
END_TEST

static void refuse_pages(uint64_t first, uint32_t count, uint32_t content, size_t size)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};
    struct snapshot_section section = {.kind = SNAPSHOT_PAGES, .version = 1};

    codec_write_u64(&codec, first);
    codec_write_u32(&codec, count);
    codec_write_u32(&codec, content);
    g_byte_array_set_size(bytes, bytes->len + (guint)size);
    section.bytes = bytes->data;
    section.size = bytes->len;
    ck_assert(!snapshot_take_pages(&section, &memory, NULL));
}

START_TEST(pages_outside)
{
    refuse_pages(RAM_PAGES, 1, 1, PAGE);
    refuse_pages(RAM_PAGES - 1, 2, 1, 2 * PAGE);
    refuse_pages(UINT64_MAX, 1, 0, 0);
    refuse_pages(UINT64_MAX / PAGE, 2, 0, 0);
    refuse_pages(0, SNAPSHOT_PAGES_MAX + 1, 0, 0);
    refuse_pages(0, 1, 1, PAGE - 1);
    refuse_pages(0, 1, 1, PAGE + 1);
    refuse_pages(0, 1, 0, 1);
    refuse_pages(0, 1, 2, PAGE);
}
END_TEST

/* How much there is may be up to the guest: too much is an error, not the end of the run. */
START_TEST(too_much)
{
    const size_t size = 4 * KIB + 1; /* of guest time, which has 8 bytes */
    g_autofree uint8_t *bytes = g_malloc0(size);
    g_autoptr(GError) error = NULL;
    guint before = file->len;

    ck_assert(!snapshot_write(&writer, SNAPSHOT_TIME, bytes, size, &error));
    ck_assert_msg(strstr(error->message, "guest time, more than") != NULL, "%s", error->message);
    ck_assert_uint_eq(file->len, before);
    ck_assert(snapshot_write(&writer, SNAPSHOT_TIME, bytes, size - 1, NULL));
}
END_TEST

/* --- What the machine is --------------------------------------------------------------------- */

static struct machine_facts sample_facts(void)
{
    struct machine_facts facts = {
        .cpus = 2, .memory = 512 * MIB, .level_memory = {384 * MIB, 0, 128 * MIB},
        .kernels = 0x5, .boot_vtl = 2, .max_vtl = 2, .vmbuses = 4, .zero_size = 64,
        .counter_hz = 1000000000, .call_id = 0xc3000002, .return_id = 0xc3000003,
        .id_count = 1, .id = {{0x6030000000138000, 1}},
        .election = {.count = 1, .reg = {{.id = FW_ID_PSCI, .value = 0x10001}}},
        .poison = POISON_UNSPECIFIED,
    };

    bank_policy_init(&facts.policy);
    facts.policy.class[bank_row_find("X29")] = BANK_SHARED;
    facts.policy.class[bank_row_find("PMBPTR_EL1")] = BANK_PRIVATE;
    return facts;
}

static bool read_facts(const struct machine_facts *facts, struct machine_facts *back,
                       GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct snapshot_section section = {.kind = SNAPSHOT_MACHINE, .version = 3};

    machine_facts_write(facts, bytes);
    section.bytes = bytes->data;
    section.size = bytes->len;
    return machine_facts_read(&section, back, error);
}

START_TEST(what_it_is)
{
    struct machine_facts facts = sample_facts(), back;

    ck_assert(read_facts(&facts, &back, NULL));
    ck_assert(memcmp(&facts, &back, sizeof(facts)) == 0);
}
END_TEST

/* What has come with a version is not there in one before; it is what it was then. */
START_TEST(facts_of_older_versions)
{
    static const size_t less[] = {[1] = 4 + 8, [2] = 4, [3] = 0}; /* bytes, of count and ABI */
    struct machine_facts facts = sample_facts(), back;

    bank_policy_init(&facts.policy);
    for (unsigned version = 1; version <= 3; version++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        struct snapshot_section section = {.kind = SNAPSHOT_MACHINE, .version = version};

        machine_facts_write(&facts, bytes);
        section.bytes = bytes->data;
        section.size = bytes->len - less[version];
        ck_assert_msg(machine_facts_read(&section, &back, NULL), "version %u", version);
        ck_assert(bank_policy_same(&back.policy, &facts.policy));
        ck_assert_uint_eq(back.call_id, version > 1 ? facts.call_id : 0);
        section.size--;
        ck_assert_msg(!machine_facts_read(&section, &back, NULL), "version %u", version);
    }
}
END_TEST

START_TEST(facts_of_no_machine)
{
    struct machine_facts facts = sample_facts(), back;

#define REFUSES(member, bad)                                                                       \
    facts = sample_facts();                                                                        \
    facts.member = (bad);                                                                          \
    ck_assert_msg(!read_facts(&facts, &back, NULL), #member " = " #bad);
    REFUSES(cpus, 0)
    REFUSES(cpus, LAYOUT_MAX_VPS + 1)
    REFUSES(memory, 0)
    REFUSES(memory, 256 * MIB)
    REFUSES(level_memory[1], 2 * MIB)
    REFUSES(level_memory[0], UINT64_MAX)
    REFUSES(kernels, 0x8)
    REFUSES(kernels, 0)
    REFUSES(boot_vtl, 1)
    REFUSES(boot_vtl, 40)
    REFUSES(max_vtl, 1)
    REFUSES(vmbuses, 2)
    REFUSES(counter_hz, 0)
    REFUSES(call_id, 0xc4000003) /* PSCI's */
    REFUSES(return_id, 1)
    REFUSES(poison, POISON_LEVELS)
    REFUSES(policy.class[bank_row_find("PC")], BANK_SHARED)
    REFUSES(policy.class[bank_row_find("MIDR_EL1")], BANK_PRIVATE)
    REFUSES(policy.class[bank_row_find("X29")], BANK_CONSTANT)
    REFUSES(policy.class[bank_row_find("X29")], BANK_CONSTANT + 1)
    REFUSES(policy.class[bank_row_find("Z3")], BANK_CORRUPTIBLE + 100)
    REFUSES(policy.class[bank_row_find("X0")], BANK_PRIVATE) /* calls and returns are functions */
    REFUSES(policy.class[bank_row_find("CNTV_CTL_EL0")], BANK_SHARED)
    REFUSES(policy.class[bank_row_find("SCTLR_EL1")], BANK_CORRUPTIBLE)
    REFUSES(return_id, 0xc3000002) /* the call's */
    facts = sample_facts();
    facts.level_memory[0] -= 4096;
    facts.level_memory[2] += 4096;
    ck_assert(!read_facts(&facts, &back, NULL));
#undef REFUSES
}
END_TEST

/* A policy by the bytes of its rows, which come last; @what it is refused for, or NULL. */
static void read_rows(const char *rows, size_t count, const char *what)
{
    struct machine_facts facts = sample_facts(), back;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct snapshot_section section = {.kind = SNAPSHOT_MACHINE, .version = 3};
    g_autoptr(GError) error = NULL;
    uint8_t head[4] = {(uint8_t)count};
    bool good;

    bank_policy_init(&facts.policy);
    facts.call_id = facts.return_id = 0;
    machine_facts_write(&facts, bytes);
    g_byte_array_set_size(bytes, bytes->len - (guint)sizeof(head));
    g_byte_array_append(bytes, head, sizeof(head));
    g_byte_array_append(bytes, (const uint8_t *)rows, (guint)(count * 25));
    section.bytes = bytes->data;
    section.size = bytes->len;
    good = machine_facts_read(&section, &back, &error);
    ck_assert_msg(good == !what, "%s", what ? what : error->message);
    ck_assert_msg(!what || strstr(error->message, what), "%s: %s", what,
                  error ? error->message : "");
}

START_TEST(torn_policies)
{
#define ROW(name, padding, class) name padding class
#define PAD_22 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define PAD_21 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    G_STATIC_ASSERT(BANK_SHARED == 0 && BANK_PRIVATE == 1);
    read_rows(ROW("X5", PAD_22, "\1") ROW("X29", PAD_21, "\0"), 2, NULL);
    read_rows(ROW("X0", PAD_22, "\1"), 1, NULL); /* no function uses it */
    read_rows(ROW("X5", PAD_22, "\1") ROW("X5", PAD_22, "\0"), 2,
              "the bank policy has X5 as shared: it has been named before");
    read_rows(ROW("X\xff", PAD_22, "\1"), 1, "the bank policy has X\\377 as private: this vtlemu");
    read_rows(ROW("X99", PAD_21, "\1"), 1, "the bank policy has X99 as private: this vtlemu does not");
    read_rows(ROW("X5", PAD_22, "\x63"), 1, "X5 as nothing known: this vtlemu does not know its class");
    read_rows(ROW("X5\0X", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "\1"), 1, "that is no name");
    read_rows(ROW("\0\0", PAD_22, "\1"), 1, "that is no name");
    read_rows(ROW("PC", PAD_22, "\0"), 1, "PC as shared: it says where the VTL goes on");
    read_rows(ROW("Z3", PAD_22, "\0") ROW("Q3", PAD_22, "\1"), 2,
              "Z3 as shared: it cannot be shared while its low part");
#undef PAD_21
#undef PAD_22
#undef ROW
}
END_TEST

static struct options *parse(GError **error, ...)
{
    const char *argv[16] = {"run", "--restore", "file"};
    int argc = 3;
    va_list arguments;
    bool help;

    va_start(arguments, error);
    while ((argv[argc] = va_arg(arguments, const char *)))
        argc++;
    va_end(arguments);
    return options_parse(argc, (char **)argv, &help, error);
}

START_TEST(options_agree)
{
    const struct machine_facts facts = sample_facts();
    struct options *options = parse(NULL, "--cpus", "2", "--memory", "512M", "--vtl2-console",
                                    "null", "--max-vtl", "2", "--vtl2-vmbus", "on", NULL);

    ck_assert_ptr_nonnull(options);
    ck_assert(machine_facts_adopt(&facts, options, NULL));
    ck_assert_int_eq(options->cpus, 2);
    ck_assert_int_eq(options->boot_vtl, 2);
    ck_assert_uint_eq(options->level[2].memory, 128 * MIB);
    ck_assert(options_has_kernel(options, 0) && options_has_kernel(options, 2));
    ck_assert(!options_can_boot(options));
    ck_assert_uint_eq(fw_election_value(options->restored_election, FW_ID_PSCI), 0x10001);
    ck_assert_str_eq(options->level[0].console, "stdio");
    options_free(options);
}
END_TEST

static void expect_contradiction(const char *option, const char *value, const char *what)
{
    const struct machine_facts facts = sample_facts();
    g_autoptr(GError) error = NULL;
    struct options *options = parse(&error, option, value, NULL);

    if (options)
        ck_assert(!machine_facts_adopt(&facts, options, &error));
    ck_assert_msg(strstr(error->message, option) && strstr(error->message, what), "%s",
                  error->message);
    options_free(options);
}

START_TEST(options_contradict)
{
    expect_contradiction("--cpus", "3", "it is 2");
    expect_contradiction("--memory", "1G", "it is 512M");
    expect_contradiction("--vtl2-memory", "64M", "it is 128M");
    expect_contradiction("--boot-vtl", "0", "it is 2");
    expect_contradiction("--max-vtl", "1", "it is 2");
    expect_contradiction("--vtl0-vmbus", "on", "it is off");
    expect_contradiction("--vtl0-devices", "higher", "it is vtlemu");
    expect_contradiction("--vtl1-kernel", "x", "it is none");
    expect_contradiction("--vtl1-console", "null", "without --vtl1-kernel");
    expect_contradiction("--sve", "128", "it is 0");
    expect_contradiction("--sve", "on", "it is 0");
    expect_contradiction("--dump-dtb", "0:x", "leave it out");
    expect_contradiction("--poison", "corruptible", "it is unspecified");
    expect_contradiction("--bank-policy", "linux", "it is another one");
}
END_TEST

/* --- vCPUs and GICs -------------------------------------------------------------------------- */

#define VENDOR_HYP_2 UINT64_C(0x6030000000160003)
#define STD UINT64_C(0x6030000000160000)
#define TCR2_EL1 UINT64_C(0x603000000013c103)
#define TIMER_CNT UINT64_C(0x603000000013df1a)
#define MIDR_EL1 UINT64_C(0x603000000013c000)
#define X0 UINT64_C(0x6030000000100000)
#define Z0 UINT64_C(0x6080000000150000)
#define UNKNOWN_FAMILY UINT64_C(0x6030000000170000)
#define OF_X86 UINT64_C(0x2030000000000010)

static void add(struct vcpu_image *image, uint64_t id, uint8_t value)
{
    struct vcpu_register reg = {.id = id, .value = {value}};

    g_array_append_val(image->registers, reg);
}

static bool round_trip(const struct vcpu_image *image, struct vcpu_image *back, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct snapshot_section section = {.kind = SNAPSHOT_VCPU, .version = 1};

    vcpu_image_write(image, bytes);
    section.bytes = bytes->data;
    section.size = bytes->len;
    return vcpu_image_read(&section, back, error);
}

START_TEST(vcpu)
{
    struct vcpu_image image, back;

    vcpu_image_init(&image, 3, 2);
    vcpu_image_init(&back, 0, 0);
    image.mp_state = 10;
    image.serror_pending = 1;
    add(&image, X0, 1);
    add(&image, MIDR_EL1, 2);
    add(&image, PSCI_VERSION, 3);
    add(&image, STD, 4);
    add(&image, Z0, 5);
    ck_assert(round_trip(&image, &back, NULL));
    ck_assert_uint_eq(back.vp, 3);
    ck_assert_uint_eq(back.vtl, 2);
    ck_assert_uint_eq(back.mp_state, 10);
    ck_assert_uint_eq(back.registers->len, 5);
    ck_assert(memcmp(back.registers->data, image.registers->data,
                     5 * sizeof(struct vcpu_register)) == 0);
    vcpu_image_clear(&image);
    vcpu_image_clear(&back);
}
END_TEST

static void refuse_register(uint64_t first, uint64_t second, const char *what)
{
    g_autoptr(GError) error = NULL;
    struct vcpu_image image, back;

    vcpu_image_init(&image, 0, 0);
    vcpu_image_init(&back, 0, 0);
    add(&image, first, 0);
    add(&image, second, 0);
    ck_assert(!round_trip(&image, &back, &error));
    ck_assert_msg(strstr(error->message, what) != NULL, "%s", error->message);
    vcpu_image_clear(&image);
    vcpu_image_clear(&back);
}

/* Never silently dropped. */
START_TEST(vcpu_unknown_registers)
{
    refuse_register(X0, UNKNOWN_FAMILY, "of no family");
    refuse_register(X0, X0, "must come after");
    refuse_register(STD, X0, "must come after");
    refuse_register(OF_X86, X0, "of no family");
}
END_TEST

START_TEST(register_orders)
{
    enum vcpu_order order;

    ck_assert(vcpu_register_order(PSCI_VERSION, &order) && order == VCPU_FIRMWARE);
    ck_assert(vcpu_register_order(STD, &order) && order == VCPU_FIRMWARE);
    ck_assert(vcpu_register_order(MIDR_EL1, &order) && order == VCPU_IDS);
    ck_assert(vcpu_register_order(TIMER_CNT, &order) && order == VCPU_SKIPPED);
    ck_assert(vcpu_register_order(TCR2_EL1, &order) && order == VCPU_OTHERS);
    ck_assert(vcpu_register_order(UINT64_C(0x606000000015ffff), &order) && order == VCPU_VECTORS);
    ck_assert(!vcpu_register_order(UNKNOWN_FAMILY, &order));
}
END_TEST

/* Only where it makes no difference, and only if the value says so. */
START_TEST(registers_that_may_lack)
{
    struct vcpu_register reg = {.id = VENDOR_HYP_2};

    ck_assert(vcpu_register_may_lack(&reg));
    reg.value[0] = 1;
    ck_assert(!vcpu_register_may_lack(&reg));
    reg = (struct vcpu_register){.id = TCR2_EL1};
    ck_assert(vcpu_register_may_lack(&reg));
    reg.value[7] = 1;
    ck_assert(!vcpu_register_may_lack(&reg));
    reg = (struct vcpu_register){.id = STD};
    ck_assert(!vcpu_register_may_lack(&reg));
    reg = (struct vcpu_register){.id = X0};
    ck_assert(!vcpu_register_may_lack(&reg));
}
END_TEST

#define ID_AA64MMFR3_EL1 UINT64_C(0x603000000013c03b)

/* Who sees no FEAT_TCR2 has no TCR2_EL1, whatever an older kernel lists there. */
START_TEST(registers_out_of_reach)
{
    struct vcpu_image image;

    vcpu_image_init(&image, 0, 0);
    ck_assert(vcpu_register_is_out_of_reach(&image, TCR2_EL1));
    ck_assert(!vcpu_register_is_out_of_reach(&image, X0));
    ck_assert(!vcpu_register_is_out_of_reach(&image, MIDR_EL1));
    add(&image, ID_AA64MMFR3_EL1, 0xf0);
    ck_assert(vcpu_register_is_out_of_reach(&image, TCR2_EL1));
    vcpu_image_clear(&image);
    vcpu_image_init(&image, 0, 0);
    add(&image, ID_AA64MMFR3_EL1, 0x01);
    ck_assert(!vcpu_register_is_out_of_reach(&image, TCR2_EL1));
    vcpu_image_clear(&image);
}
END_TEST

static bool remember(void *context, unsigned vp, const struct gic_register *reg)
{
    (void)vp;
    g_array_append_val((GArray *)context, *reg);
    return true;
}

START_TEST(gic_order)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct gic_register));
    const struct gic_register *rows;

    gic_walk(2, remember, all);
    rows = (const struct gic_register *)(void *)all->data;
    ck_assert_uint_eq(all->len, gic_count(2));
    ck_assert_uint_eq(rows[0].where, 0x0008); /* GICD_IIDR, before all others */
    ck_assert_int_eq(rows[all->len - 1].group, GIC_CPU_INTERFACE);
    ck_assert_uint_gt(gic_count(3), gic_count(2));
}
END_TEST

START_TEST(gic)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct snapshot_section section = {.kind = SNAPSHOT_GIC, .version = 1};
    struct gic_image image, back;

    gic_image_init(&image, 1);
    for (unsigned i = 0; i < gic_count(2); i++) {
        struct gic_value value = {.present = i % 3 != 0, .value = i};

        g_array_append_val(image.values, value);
    }
    gic_image_write(&image, bytes);
    section.bytes = bytes->data;
    section.size = bytes->len;
    gic_image_init(&back, 0);
    ck_assert(gic_image_read(&section, 2, &back, NULL));
    ck_assert_uint_eq(back.vtl, 1);
    for (unsigned i = 0; i < gic_count(2); i++)
        ck_assert_uint_eq(g_array_index(back.values, struct gic_value, i).value, i);
    gic_image_clear(&back);
    gic_image_init(&back, 0);
    ck_assert(!gic_image_read(&section, 3, &back, NULL)); /* of another machine */
    gic_image_clear(&image);
    gic_image_clear(&back);
}
END_TEST

UNIT_MAIN_WITH("snapshot", set_up, tear_down, whole, any_byte_changed, cut_off_anywhere, foreign,
               newer, newer_section, unknown_section, enormous_section, section_missing, too_much,
               ram, pages_become_zero, pages_outside, what_it_is, facts_of_older_versions,
               facts_of_no_machine, torn_policies, options_agree,
               options_contradict, vcpu, vcpu_unknown_registers, register_orders,
               registers_that_may_lack, registers_out_of_reach, gic_order, gic)
