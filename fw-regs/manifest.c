/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents of hosts and guests: see manifest.h; doc/manifest.md has the schema. */
#include "fw-regs/manifest.h"

#include <string.h>

/* Bounds of numbers, so that nobody who goes on with them is surprised. */
#define COUNTER_HZ_MAX 1000000000000u /* 1 GHz is what Armv8.6 has; far beyond that is nonsense */
#define IPA_BITS_MIN 32u
#define IPA_BITS_MAX 52u              /* FEAT_LPA */
#define PAGE_SIZE_MIN 4096u
#define PAGE_SIZE_MAX 65536u          /* the three granules of arm64 */
#define VPS_MAX 65536u
#define PRIORITY_BITS_MIN 4u          /* Arm IHI 0069, 4.8: 16 to 256 levels */
#define PRIORITY_BITS_MAX 8u
#define ID_BITS_MAX 24u
#define SVE_LENGTHS 16u
#define SVE_UNIT 128u                 /* bits */

static const char *const kind_names[] = {"host", "guest", "common"};
G_STATIC_ASSERT(G_N_ELEMENTS(kind_names) == MANIFEST_KINDS);

static const char *const part_names[] = {
    [MANIFEST_REGISTERS] = "firmware registers",
    [MANIFEST_CPU] = "ID registers of the processor",
    [MANIFEST_SVE] = "lengths of SVE vectors",
    [MANIFEST_COUNTER] = "frequency of the counter",
    [MANIFEST_GIC] = "GIC",
    [MANIFEST_IPA] = "bits of guest physical addresses",
    [MANIFEST_PAGE] = "size of the host's pages",
    [MANIFEST_VPS] = "number of virtual processors",
    [MANIFEST_RUNS] = "whether vtlemu can run guests there",
};
G_STATIC_ASSERT(G_N_ELEMENTS(part_names) == MANIFEST_PARTS);

struct manifest *manifest_new(enum manifest_kind kind, const char *source, const char *name)
{
    struct manifest *manifest = g_new0(struct manifest, 1);

    manifest->kind = kind;
    manifest->source = printable(source);
    manifest->name = g_strdup(name);
    manifest->id = g_new0(struct id_value, id_register_count);
    return manifest;
}

void manifest_free(struct manifest *manifest)
{
    if (!manifest)
        return;
    g_free(manifest->source);
    g_free(manifest->name);
    g_free(manifest->kernel);
    g_free(manifest->vtlemu);
    g_free(manifest->id);
    g_free(manifest);
}

bool manifest_has(const struct manifest *manifest, enum manifest_part part)
{
    return manifest->parts >> part & 1;
}

void manifest_add(struct manifest *manifest, enum manifest_part part)
{
    manifest->parts |= 1u << part;
}

const char *manifest_kind_name(enum manifest_kind kind)
{
    return kind_names[kind];
}

const char *manifest_part_name(enum manifest_part part)
{
    return part_names[part];
}

/* --- Firmware registers ----------------------------------------------------------------------- */

static bool is_host(const struct manifest *manifest)
{
    return manifest->kind != MANIFEST_GUEST;
}

/* The id of the register called @name: by the table, or a number that the table does not name. */
static bool find_id(const struct json_at *at, const char *name, uint64_t *id, GError **error)
{
    const struct fw_reg *reg = fw_reg_find_option(name);

    if (reg)
        *id = reg->id;
    else if (!strict_number(name, id))
        return json_at_fail(at, error, "no such firmware register; unknown ones have a number");
    else if (fw_reg_find(*id))
        return json_at_fail(at, error, "this register is called %s", fw_reg_find(*id)->option);
    return true;
}

static bool read_register(const struct json_at *at, struct manifest *manifest, GError **error)
{
    static const char *const members[] = {"default", "limit", NULL};
    struct fw_host *host = &manifest->registers;
    struct fw_host_reg reg = {.present = true};
    struct json_at value, limit;

    if (!find_id(at, at->name, &reg.id, error) || !json_at_object(at, members, error) ||
        !json_at_need(at, "default", &value, error) || !json_at_need(at, "limit", &limit, error) ||
        !json_at_u64(&value, UINT64_MAX, &reg.value, error) ||
        !json_at_u64(&limit, UINT64_MAX, &reg.limit, error))
        return false;
    /* A number may be written in more than one way. */
    if (fw_host_find(host, reg.id))
        return json_at_fail(at, error, "this register comes twice");
    if (host->count == FW_REGS_MAX)
        return json_at_fail(at, error, "more than %u registers", (unsigned)FW_REGS_MAX);
    reg.reg = fw_reg_find(reg.id);
    host->reg[host->count++] = reg;
    return true;
}

/* Reads each member of an object. */
static bool read_members(const struct json_at *at, struct manifest *manifest,
                         bool (*read)(const struct json_at *member, struct manifest *manifest,
                                      GError **error),
                         GError **error)
{
    g_autoptr(GList) names = NULL;

    if (!json_at_object(at, NULL, error))
        return false;
    names = json_object_get_members(json_node_get_object(at->node));
    for (GList *name = names; name; name = name->next) {
        struct json_at member;

        json_at_find(at, name->data, &member);
        if (!read(&member, manifest, error))
            return false;
    }
    return true;
}

static bool read_registers(const struct json_at *at, struct manifest *manifest, GError **error)
{
    return read_members(at, manifest, read_register, error);
}

static bool read_elected(const struct json_at *at, struct manifest *manifest, GError **error)
{
    struct fw_election *election = &manifest->election;
    uint64_t id, value, before;

    if (!find_id(at, at->name, &id, error) || !json_at_u64(at, UINT64_MAX, &value, error))
        return false;
    if (fw_election_get(election, id, &before))
        return json_at_fail(at, error, "this register comes twice");
    return fw_election_set(election, id, value) ||
           json_at_fail(at, error, "more than %u registers", (unsigned)FW_REGS_MAX);
}

static bool read_election(const struct json_at *at, struct manifest *manifest, GError **error)
{
    return read_members(at, manifest, read_elected, error);
}

static void write_registers(const struct manifest *manifest, JsonBuilder *builder)
{
    json_builder_set_member_name(builder, "registers");
    json_builder_begin_object(builder);
    for (size_t i = 0; i < manifest->registers.count; i++) {
        const struct fw_host_reg *reg = &manifest->registers.reg[i];
        g_autofree char *title = fw_reg_title(reg->id);

        if (!reg->present)
            continue;
        json_builder_set_member_name(builder, title);
        json_builder_begin_object(builder);
        json_put_hex(builder, "default", reg->value);
        json_put_hex(builder, "limit", reg->limit);
        json_builder_end_object(builder);
    }
    json_builder_end_object(builder);
}

static void write_election(const struct manifest *manifest, JsonBuilder *builder)
{
    json_builder_set_member_name(builder, "election");
    json_builder_begin_object(builder);
    for (size_t i = 0; i < manifest->election.count; i++) {
        g_autofree char *title = fw_reg_title(manifest->election.reg[i].id);

        json_put_hex(builder, title, manifest->election.reg[i].value);
    }
    json_builder_end_object(builder);
}

/* --- The processor ---------------------------------------------------------------------------- */

static bool read_id_register(const struct json_at *at, struct manifest *manifest, GError **error)
{
    static const char *const host_members[] = {"value", "writable", NULL};
    static const char *const guest_members[] = {"value", NULL};
    const struct id_register *reg = id_register_find(at->name);
    struct json_at value, writable;
    struct id_value *id;

    if (!reg)
        return json_at_fail(at, error, "no ID register that this vtlemu knows");
    id = &manifest->id[id_register_index(reg)];
    id->present = true;
    if (!json_at_object(at, is_host(manifest) ? host_members : guest_members, error) ||
        !json_at_need(at, "value", &value, error) ||
        !json_at_u64(&value, UINT64_MAX, &id->value, error))
        return false;
    return !json_at_find(at, "writable", &writable) ||
           json_at_u64(&writable, UINT64_MAX, &id->writable, error);
}

static bool read_cpu(const struct json_at *at, struct manifest *manifest, GError **error)
{
    return read_members(at, manifest, read_id_register, error);
}

static void write_cpu(const struct manifest *manifest, JsonBuilder *builder)
{
    json_builder_set_member_name(builder, "cpu");
    json_builder_begin_object(builder);
    for (size_t i = 0; i < id_register_count; i++) {
        if (!manifest->id[i].present)
            continue;
        json_builder_set_member_name(builder, id_registers[i].name);
        json_builder_begin_object(builder);
        json_put_hex(builder, "value", manifest->id[i].value);
        if (is_host(manifest))
            json_put_hex(builder, "writable", manifest->id[i].writable);
        json_builder_end_object(builder);
    }
    json_builder_end_object(builder);
}

static bool read_sve(const struct json_at *at, struct manifest *manifest, GError **error)
{
    guint count;

    if (!json_at_array(at, SVE_LENGTHS, &count, error))
        return false;
    for (guint i = 0; i < count; i++) {
        struct json_at element = json_at_element(at, i);
        uint64_t bits;

        if (!json_at_u64(&element, SVE_LENGTHS * SVE_UNIT, &bits, error))
            return false;
        if (!bits || bits % SVE_UNIT || manifest->sve_lengths >> (bits / SVE_UNIT - 1))
            return json_at_fail(&element, error, "lengths are multiples of %u bits, in order",
                                SVE_UNIT);
        manifest->sve_lengths |= (uint16_t)(1u << (bits / SVE_UNIT - 1));
    }
    return true;
}

static void write_sve(const struct manifest *manifest, JsonBuilder *builder)
{
    json_builder_set_member_name(builder, "sve");
    json_builder_begin_array(builder);
    for (unsigned i = 0; i < SVE_LENGTHS; i++)
        if (manifest->sve_lengths >> i & 1)
            json_builder_add_int_value(builder, (i + 1) * SVE_UNIT);
    json_builder_end_array(builder);
}

/* --- Other facts ------------------------------------------------------------------------------ */

/* A number from @least to @most. */
static bool read_number(const struct json_at *at, uint64_t least, uint64_t most, uint64_t *value,
                        GError **error)
{
    return json_at_u64(at, most, value, error) &&
           (*value >= least ||
            json_at_fail(at, error, "%" G_GUINT64_FORMAT " is less than %" G_GUINT64_FORMAT
                         ", the least there can be", *value, least));
}

static bool read_u32(const struct json_at *at, uint32_t least, uint32_t most, uint32_t *value,
                     GError **error)
{
    uint64_t number;

    if (!read_number(at, least, most, &number, error))
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool read_counter(const struct json_at *at, struct manifest *manifest, GError **error)
{
    return read_number(at, 1, COUNTER_HZ_MAX, &manifest->counter_hz, error);
}

static void write_counter(const struct manifest *manifest, JsonBuilder *builder)
{
    json_put_number(builder, "counter-hz", manifest->counter_hz);
}

static bool read_gic(const struct json_at *at, struct manifest *manifest, GError **error)
{
    static const char *const members[] = {"priority-bits", "id-bits", "seis", "a3v", "iidr", NULL};
    struct manifest_gic *gic = &manifest->gic;
    struct json_at priority, id, seis, a3v, iidr;

    return json_at_object(at, members, error) &&
           json_at_need(at, "priority-bits", &priority, error) &&
           json_at_need(at, "id-bits", &id, error) && json_at_need(at, "seis", &seis, error) &&
           json_at_need(at, "a3v", &a3v, error) && json_at_need(at, "iidr", &iidr, error) &&
           read_u32(&priority, PRIORITY_BITS_MIN, PRIORITY_BITS_MAX, &gic->priority_bits, error) &&
           read_u32(&id, 1, ID_BITS_MAX, &gic->id_bits, error) &&
           json_at_bool(&seis, &gic->seis, error) && json_at_bool(&a3v, &gic->a3v, error) &&
           read_u32(&iidr, 0, UINT32_MAX, &gic->iidr, error);
}

static void write_gic(const struct manifest *manifest, JsonBuilder *builder)
{
    json_builder_set_member_name(builder, "gic");
    json_builder_begin_object(builder);
    json_put_number(builder, "priority-bits", manifest->gic.priority_bits);
    json_put_number(builder, "id-bits", manifest->gic.id_bits);
    json_builder_set_member_name(builder, "seis");
    json_builder_add_boolean_value(builder, manifest->gic.seis);
    json_builder_set_member_name(builder, "a3v");
    json_builder_add_boolean_value(builder, manifest->gic.a3v);
    json_put_hex(builder, "iidr", manifest->gic.iidr);
    json_builder_end_object(builder);
}

static bool read_ipa(const struct json_at *at, struct manifest *manifest, GError **error)
{
    return read_u32(at, IPA_BITS_MIN, IPA_BITS_MAX, &manifest->ipa_bits, error);
}

static void write_ipa(const struct manifest *manifest, JsonBuilder *builder)
{
    json_put_number(builder, "ipa-bits", manifest->ipa_bits);
}

static bool read_page(const struct json_at *at, struct manifest *manifest, GError **error)
{
    if (!read_u32(at, PAGE_SIZE_MIN, PAGE_SIZE_MAX, &manifest->page_size, error))
        return false;
    return !(manifest->page_size & (manifest->page_size - 1)) ||
           json_at_fail(at, error, "%u is no power of two", manifest->page_size);
}

static void write_page(const struct manifest *manifest, JsonBuilder *builder)
{
    json_put_number(builder, "page-size", manifest->page_size);
}

static bool read_vps(const struct json_at *at, struct manifest *manifest, GError **error)
{
    return read_u32(at, 1, VPS_MAX, &manifest->vps, error);
}

static void write_vps(const struct manifest *manifest, JsonBuilder *builder)
{
    json_put_number(builder, "vps", manifest->vps);
}

static bool read_runs(const struct json_at *at, struct manifest *manifest, GError **error)
{
    return json_at_bool(at, &manifest->runs, error);
}

static void write_runs(const struct manifest *manifest, JsonBuilder *builder)
{
    json_builder_set_member_name(builder, "runs-guests");
    json_builder_add_boolean_value(builder, manifest->runs);
}

/* --- The whole -------------------------------------------------------------------------------- */

#define HOSTS (1u << MANIFEST_HOST | 1u << MANIFEST_COMMON)
#define ALL (HOSTS | 1u << MANIFEST_GUEST)

/* A part that is there, and the member that tells of it. */
static const struct {
    const char *member;
    enum manifest_part part;
    unsigned kinds; /* set of documents that may have it */
    bool (*read)(const struct json_at *at, struct manifest *manifest, GError **error);
    void (*write)(const struct manifest *manifest, JsonBuilder *builder);
} parts[] = {
    {"runs-guests", MANIFEST_RUNS, HOSTS, read_runs, write_runs},
    {"registers", MANIFEST_REGISTERS, HOSTS, read_registers, write_registers},
    {"election", MANIFEST_REGISTERS, ALL, read_election, write_election},
    {"cpu", MANIFEST_CPU, ALL, read_cpu, write_cpu},
    {"sve", MANIFEST_SVE, ALL, read_sve, write_sve},
    {"counter-hz", MANIFEST_COUNTER, ALL, read_counter, write_counter},
    {"gic", MANIFEST_GIC, ALL, read_gic, write_gic},
    {"ipa-bits", MANIFEST_IPA, ALL, read_ipa, write_ipa},
    {"page-size", MANIFEST_PAGE, ALL, read_page, write_page},
    {"vps", MANIFEST_VPS, ALL, read_vps, write_vps},
};

static bool read_text(const struct json_at *root, const char *name, char **text, GError **error)
{
    const char *found;
    struct json_at at;

    if (!json_at_find(root, name, &at))
        return true;
    if (!json_at_string(&at, MANIFEST_NAME_MAX, &found, error))
        return false;
    *text = g_strdup(found);
    return true;
}

/* First of all: what a newer one has, nobody here can tell. */
static bool check_version(const struct json_at *root, GError **error)
{
    struct json_at marker;
    uint64_t version;

    if (!json_at_object(root, NULL, error))
        return false;
    if (!json_at_find(root, MANIFEST_MARKER, &marker))
        return json_at_fail(root, error, "no manifest: member \"%s\" is missing; vtlemu fw-regs "
                            "manifest and guest make one", MANIFEST_MARKER);
    if (!json_at_u64(&marker, UINT64_MAX, &version, error))
        return false;
    if (version > MANIFEST_VERSION)
        return json_at_fail(&marker, error, "version %" G_GUINT64_FORMAT " is newer than %u, the "
                            "newest that this vtlemu reads; use a newer vtlemu", version,
                            MANIFEST_VERSION);
    return version > 0 || json_at_fail(&marker, error, "there is no version 0");
}

bool manifest_is(const char *text, size_t size)
{
    g_autoptr(JsonNode) node = strict_json_parse("", text, size, NULL);
    struct json_at root = json_at_root("", node), marker;

    return node && json_at_object(&root, NULL, NULL) &&
           json_at_find(&root, MANIFEST_MARKER, &marker);
}

static bool read_kind(const struct json_at *root, enum manifest_kind *kind, GError **error)
{
    struct json_at at;
    const char *name;

    if (!json_at_need(root, "kind", &at, error) ||
        !json_at_string(&at, MANIFEST_NAME_MAX, &name, error))
        return false;
    for (*kind = 0; *kind < MANIFEST_KINDS; (*kind)++)
        if (!strcmp(kind_names[*kind], name))
            return true;
    return json_at_fail(&at, error, "\"%s\" is none of \"host\", \"guest\" and \"common\"", name);
}

static bool check_members(const struct json_at *root, enum manifest_kind kind, GError **error)
{
    const char *allowed[G_N_ELEMENTS(parts) + 6] = {MANIFEST_MARKER, "kind", "name", "kernel",
                                                    "vtlemu"};
    size_t count = 5;

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i].kinds >> kind & 1)
            allowed[count++] = parts[i].member;
    return json_at_object(root, allowed, error);
}

static bool read_parts(const struct json_at *root, struct manifest *manifest, GError **error)
{
    bool seen[G_N_ELEMENTS(parts)];

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        struct json_at at;

        seen[i] = json_at_find(root, parts[i].member, &at);
        if (seen[i] && !parts[i].read(&at, manifest, error))
            return false;
        if (seen[i])
            manifest_add(manifest, parts[i].part);
    }
    /* A host's limits without its defaults, or the other way round, are half of a part. */
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (manifest_has(manifest, parts[i].part) && parts[i].kinds >> manifest->kind & 1 &&
            !seen[i])
            return json_at_fail(root, error, "member \"%s\" is missing", parts[i].member);
    return true;
}

struct manifest *manifest_parse(const char *source, const char *text, size_t size, GError **error)
{
    g_autoptr(JsonNode) node = strict_json_parse(source, text, size, error);
    struct json_at root = json_at_root(source, node);
    g_autoptr(manifest_auto) manifest = NULL;
    enum manifest_kind kind;

    if (!node || !check_version(&root, error) || !read_kind(&root, &kind, error) ||
        !check_members(&root, kind, error))
        return NULL;
    manifest = manifest_new(kind, source, NULL);
    if (!read_text(&root, "name", &manifest->name, error) ||
        !read_text(&root, "kernel", &manifest->kernel, error) ||
        !read_text(&root, "vtlemu", &manifest->vtlemu, error) ||
        !read_parts(&root, manifest, error))
        return NULL;
    if (!manifest->name)
        manifest->name = g_strdup("");
    return g_steal_pointer(&manifest);
}

static void build(const struct manifest *manifest, JsonBuilder *builder)
{
    json_builder_begin_object(builder);
    json_put_number(builder, MANIFEST_MARKER, MANIFEST_VERSION);
    json_put_string(builder, "kind", kind_names[manifest->kind]);
    if (*manifest->name)
        json_put_string(builder, "name", manifest->name);
    if (manifest->kernel)
        json_put_string(builder, "kernel", manifest->kernel);
    if (manifest->vtlemu)
        json_put_string(builder, "vtlemu", manifest->vtlemu);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (manifest_has(manifest, parts[i].part) && parts[i].kinds >> manifest->kind & 1)
            parts[i].write(manifest, builder);
    json_builder_end_object(builder);
}

JsonNode *manifest_to_node(const struct manifest *manifest)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    build(manifest, builder);
    return json_builder_get_root(builder);
}

char *manifest_to_text(const struct manifest *manifest)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    build(manifest, builder);
    return json_text(builder);
}
