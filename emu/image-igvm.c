/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IGVM files, which are loaded by an option of their own: igvm.h reads them. */
#include "emu/igvm.h"
#include "emu/image-private.h"

static GBytes *borrow(const struct image_file *file)
{
    return g_bytes_new_static(file->data, file->size);
}

static bool is_igvm(const struct image_file *file)
{
    g_autoptr(GBytes) bytes = borrow(file);

    return igvm_is(bytes);
}

static void tell(const struct image_file *file, struct facts *facts)
{
    g_autoptr(GBytes) bytes = borrow(file);

    igvm_tell(bytes, file->name, facts, NULL); /* check() says what is wrong with it */
}

static bool refuse(struct image *image, const struct image_file *file, uint64_t base,
                   GError **error)
{
    (void)image;
    (void)base;
    return image_refuse(file, error, "an IGVM file; give it to --igvm");
}

static bool is_sound(const struct image_file *file, GError **error)
{
    g_autoptr(GBytes) bytes = borrow(file);
    struct igvm *igvm = igvm_parse(bytes, file->name, error);

    if (!igvm)
        return false;
    igvm_free(igvm);
    return true;
}

const struct image_form image_form_igvm = {
    .name = "IGVM", .is = is_igvm, .tell = tell, .parse = refuse, .check = is_sound};
