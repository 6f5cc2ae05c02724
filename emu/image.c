/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest images, whatever their form: see image.h. */
#include "emu/image.h"

#include <string.h>

#include "emu/error.h"
#include "emu/file.h"
#include "emu/image-private.h"
#include "emu/layout.h"

/* How often a kernel may be packed: zboot or a compression, and a compression around that. */
#define PACKED_MAX 2

bool image_refuse(const struct image_file *file, GError **error, const char *what, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, what);
    text = g_strdup_vprintf(what, arguments);
    va_end(arguments);
    emu_set_error(error, EMU_ERROR_SETUP, "%s: %s", file->name, text);
    return false;
}

bool image_has_magic(const struct image_file *file, size_t offset, const char *magic,
                     size_t length)
{
    return file->size >= offset + length && !memcmp(file->data + offset, magic, length);
}

uint64_t image_number(const struct image_file *file, uint64_t offset, unsigned length)
{
    uint64_t value = 0;

    if (offset <= file->size && length <= file->size - offset)
        memcpy(&value, file->data + offset, length);
    return GUINT64_FROM_LE(value);
}

void image_add_segment(struct image *image, uint64_t gpa, uint64_t mem_size, const uint8_t *data,
                       uint64_t data_size)
{
    struct image_segment segment = {gpa, mem_size, data, data_size};

    g_array_append_val(image->segments, segment);
}

/* --- Forms ----------------------------------------------------------------------------------- */

static bool is_anything(const struct image_file *file)
{
    (void)file;
    return true;
}

static bool parse_flat(struct image *image, const struct image_file *file, uint64_t base,
                       GError **error)
{
    (void)error;
    image->kind = IMAGE_FLAT;
    image->entry = base;
    image->entry_from = "its first byte";
    image->relocatable = true;
    image_add_segment(image, base, file->size, file->data, file->size);
    return true;
}

static const struct image_form image_form_flat = {
    .name = "no known form, hence a flat binary", .is = is_anything, .parse = parse_flat};

/* The first that fits is it. A new form is a new row, before foreign ones and flat binaries. */
static const struct image_form *const forms[] = {
    &image_form_gzip, &image_form_zstd, &image_form_linux,   &image_form_zboot,
    &image_form_elf,  &image_form_igvm, &image_form_foreign, &image_form_flat,
};

static const struct image_form *find_form(const struct image_file *file)
{
    size_t i = 0;

    while (!forms[i]->is(file))
        i++;
    return forms[i];
}

/* --- Layers ---------------------------------------------------------------------------------- */

/* A file, or what was packed in one. */
struct layer {
    const struct image_form *form;
    GBytes *content; /* owned */
};

static void clear_layer(gpointer data)
{
    g_bytes_unref(((struct layer *)data)->content);
}

static struct image_file layer_file(const struct layer *layer, const char *name)
{
    struct image_file file = {.name = name};

    file.data = g_bytes_get_data(layer->content, &file.size);
    return file;
}

static const struct layer *layer_at(const GArray *layers, guint i)
{
    return &g_array_index(layers, struct layer, i);
}

/* Takes @content over; adds no layer for an empty file. */
static bool add_layer(GArray *layers, GBytes *content, const char *name, GError **error)
{
    struct layer layer = {.content = content};
    struct image_file file = layer_file(&layer, name);

    if (file.size == 0) {
        g_bytes_unref(content);
        return image_refuse(&file, error, layers->len ? "there is nothing in it; build it again"
                                                      : "the file is empty; copy or build it "
                                                        "again");
    }
    layer.form = find_form(&file);
    g_array_append_val(layers, layer);
    return true;
}

/* Fills @layers, an array of struct layer, from the outermost on; as far as it comes. */
static bool unwrap(GBytes *content, const char *name, uint64_t limit, GArray *layers,
                   GError **error)
{
    GBytes *next = g_bytes_ref(content);

    while (next) {
        const struct layer *layer;
        struct image_file file;

        if (!add_layer(layers, next, name, error))
            return false;
        layer = layer_at(layers, layers->len - 1);
        file = layer_file(layer, name);
        if (!layer->form->unpack)
            return true;
        if (layers->len > PACKED_MAX)
            return image_refuse(&file, error, "packed more than %d times; unpack it first",
                                PACKED_MAX);
        next = layer->form->unpack(&file, limit, error);
    }
    return false;
}

static GArray *layers_new(void)
{
    GArray *layers = g_array_new(FALSE, FALSE, sizeof(struct layer));

    g_array_set_clear_func(layers, clear_layer);
    return layers;
}

static char *name_forms(const GArray *layers)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < layers->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", layer_at(layers, i)->form->name);
    return g_string_free(text, FALSE);
}

static struct image *parse_innermost(const GArray *layers, const char *name, uint64_t base,
                                     GError **error)
{
    const struct layer *layer = layer_at(layers, layers->len - 1);
    struct image_file file = layer_file(layer, name);
    struct image *image = g_new0(struct image, 1);

    image->segments = g_array_new(FALSE, FALSE, sizeof(struct image_segment));
    image->content = g_bytes_ref(layer->content);
    image->form = name_forms(layers);
    if (layer->form->parse(image, &file, base, error))
        return image;
    image_free(image);
    return NULL;
}

/* --- What others call ------------------------------------------------------------------------ */

struct image *image_parse(GBytes *file, const char *name, uint64_t base, uint64_t limit,
                          GError **error)
{
    g_autoptr(GArray) layers = layers_new();

    if (!unwrap(file, name, limit, layers, error))
        return NULL;
    return parse_innermost(layers, name, base, error);
}

struct image *image_load(const char *option, const char *path, uint64_t base, uint64_t limit,
                         GError **error)
{
    g_autoptr(GBytes) bytes = file_read(option, path, limit, error);
    g_autofree char *name = g_strconcat(option, path, NULL);

    return bytes ? image_parse(bytes, name, base, limit, error) : NULL;
}

void image_free(struct image *image)
{
    if (!image)
        return;
    g_array_unref(image->segments);
    g_clear_pointer(&image->content, g_bytes_unref);
    g_free(image->form);
    g_free(image);
}

static void tell_layer(const struct layer *layer, const char *name, struct facts *facts)
{
    struct image_file file = layer_file(layer, name);

    facts_group(facts, "form");
    facts_text(facts, "form", layer->form->name);
    facts_bytes(facts, "size", file.size);
    if (layer->form->tell)
        layer->form->tell(&file, facts);
}

/* With 0 for the base, a relocatable image's entry is an offset. */
static void tell_entry(const struct image *image, struct facts *facts)
{
    facts_whole(facts);
    facts_address(facts, image->relocatable ? "entry offset" : "entry", image->entry);
    facts_text(facts, "entry from", image->entry_from);
}

/* What is inside all packing. */
static bool tell_innermost(const GArray *layers, const char *name, struct facts *facts,
                           GError **error)
{
    const struct layer *layer = layer_at(layers, layers->len - 1);
    struct image_file file = layer_file(layer, name);
    struct image *image;

    if (layer->form->check)
        return layer->form->check(&file, error);
    image = parse_innermost(layers, name, 0, error);
    if (!image)
        return false;
    tell_entry(image, facts);
    image_tell_version(&file, facts);
    image_free(image);
    return true;
}

bool image_tell(GBytes *file, const char *name, uint64_t limit, struct facts *facts,
                GError **error)
{
    g_autoptr(GArray) layers = layers_new();
    bool open = unwrap(file, name, limit, layers, error);

    for (guint i = 0; i < layers->len; i++)
        tell_layer(layer_at(layers, i), name, facts);
    return open && tell_innermost(layers, name, facts, error);
}
