/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills a level's part of memory: kernel from below, device tree at the top, initial RAM disk
 * right beneath it.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/fdt.h"
#include "emu/file.h"
#include "emu/image.h"
#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/machine.h"

#define PAGE 4096u
/* A kernel with debug information may be larger than the memory it will run in. */
#define KERNEL_FILE_MIN (256 * MIB)
/* The tree must not cross a 2 MiB boundary, in whose units Linux maps it (booting.rst). */
#define TREE_ROOM (1024u * 1024)
#define MPIDR_EL1 ARM64_SYS_REG(3, 0, 0, 0, 5)
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

/* Half-open range of GPAs. */
struct range {
    uint64_t start, end;
};

static struct range level_range(const struct level *level)
{
    return (struct range){level->base, level->base + level->size};
}

static bool segment_fits(const struct range *room, const struct image_segment *segment)
{
    return segment->gpa >= room->start && segment->gpa <= room->end &&
           segment->mem_size <= room->end - segment->gpa;
}

/* What to give more of. */
static const char *memory_option(unsigned vtl)
{
    static const char *const options[VTL_LEVELS] = {"--memory",
                                                     "--memory or --vtl1-memory",
                                                     "--memory or --vtl2-memory"};

    return options[vtl];
}

static char *level_option(unsigned vtl, const char *name)
{
    return g_strdup_printf("--vtl%u-%s ", vtl, name);
}

static bool place_segment(struct machine *machine, unsigned vtl, const char *name,
                          const struct image_segment *segment, struct range *used, GError **error)
{
    struct range room = level_range(&machine->level[vtl]);

    if (!segment_fits(&room, segment)) {
        emu_set_error(error, EMU_ERROR_SETUP,
                      "--vtl%u-kernel %s: its part at 0x%" G_GINT64_MODIFIER
                      "x (%" G_GUINT64_FORMAT " KiB) does not fit into VTL%u's memory, 0x%"
                      G_GINT64_MODIFIER "x to 0x%" G_GINT64_MODIFIER
                      "x; link it elsewhere or change %s",
                      vtl, name, segment->gpa, segment->mem_size / KIB, vtl, room.start, room.end,
                      memory_option(vtl));
        return false;
    }
    memory_write(&machine->memory, segment->gpa, segment->data, segment->data_size);
    used->start = MIN(used->start, segment->gpa);
    used->end = MAX(used->end, segment->gpa + segment->mem_size);
    return true;
}

/*
 * A bare payload runs where it is loaded, at least at first, so that the call sites in it are
 * known before their first use. Linux moves itself to virtual addresses that nobody knows.
 */
static void learn_sites(struct machine *machine, unsigned vtl, const struct image *image,
                        const struct image_segment *segment)
{
    if (image->kind == IMAGE_LINUX || segment->gpa % A64_INSN_SIZE)
        return;
    for (uint64_t i = 0; i + A64_INSN_SIZE <= segment->data_size; i += A64_INSN_SIZE) {
        uint32_t word;
        uint16_t immediate;
        enum hvc_convention convention;

        memcpy(&word, segment->data + i, sizeof(word));
        if (!hvc_decode(GUINT32_FROM_LE(word), &immediate))
            continue;
        /* One that a function has taken the place of is like any other undefined one. */
        convention = vtl_abi_convention(&machine->options->vtl_abi, hvc_convention(immediate), 0);
        if (convention == HVC_VTL_CALL || convention == HVC_VTL_RETURN)
            sites_learn(&machine->level[vtl].sites, segment->gpa + i);
    }
}

static void tell_placement(unsigned vtl, const char *name, const struct image *image,
                           const struct range *used)
{
    g_info("VTL%u: %s: %s, at 0x%" G_GINT64_MODIFIER "x to 0x%" G_GINT64_MODIFIER
           "x, entry 0x%" G_GINT64_MODIFIER "x (%s)", vtl, name, image->form, used->start, used->end,
           image->entry, image->entry_from);
}

static bool place_image(struct machine *machine, unsigned vtl, const char *name,
                        const struct image *image, struct range *used, GError **error)
{
    for (guint i = 0; i < image->segments->len; i++) {
        const struct image_segment *segment =
            &g_array_index(image->segments, struct image_segment, i);

        if (!place_segment(machine, vtl, name, segment, used, error))
            return false;
        learn_sites(machine, vtl, image, segment);
    }
    return true;
}

static bool load_kernel(struct machine *machine, unsigned vtl, struct range *used, GError **error)
{
    const char *name = machine->options->level[vtl].kernel;
    struct level *level = &machine->level[vtl];
    g_autofree char *option = level_option(vtl, "kernel");
    uint64_t limit = MAX(machine->options->memory, KERNEL_FILE_MIN);
    struct image *image = image_load(option, name, level->base, limit, error);
    bool good;

    if (!image)
        return false;
    *used = (struct range){UINT64_MAX, 0};
    good = place_image(machine, vtl, name, image, used, error);
    if (good)
        tell_placement(vtl, name, image, used);
    level->entry = image->entry;
    image_free(image);
    return good;
}

/* The highest place that is free, below @top. */
static bool load_initrd(struct machine *machine, unsigned vtl, const struct range *used,
                        uint64_t top, struct fdt_config *config, GError **error)
{
    const char *name = machine->options->level[vtl].initrd;
    g_autofree char *option = level_option(vtl, "initrd");
    g_autoptr(GBytes) file =
        name ? file_read(option, name, machine->options->memory, error) : NULL;
    gsize size;

    if (!name)
        return true;
    if (!file)
        return false;
    size = g_bytes_get_size(file);
    if (size == 0 || top < used->end || size > (top - used->end) / PAGE * PAGE) {
        emu_set_error(error, EMU_ERROR_SETUP,
                      size ? "%s%s: does not fit into VTL%u's memory beside its kernel; give "
                             "more %s"
                           : "%s%s: the initial RAM disk of VTL%u is empty; give another one",
                      option, name, vtl, memory_option(vtl));
        return false;
    }
    config->initrd_base = (top - size) / PAGE * PAGE;
    config->initrd_size = size;
    memory_write(&machine->memory, config->initrd_base, g_bytes_get_data(file, NULL), size);
    return true;
}

static bool read_mpidrs(struct machine *machine, unsigned vtl, uint64_t *mpidr, GError **error)
{
    for (unsigned i = 0; i < machine->vp_count; i++) {
        int result = kvm_get_one_reg(machine->vps[i].level[vtl].vcpu.fd, MPIDR_EL1, &mpidr[i]);

        if (result < 0) {
            emu_set_error(error, EMU_ERROR_INTERNAL, "KVM does not tell MPIDR_EL1: %s",
                          g_strerror(-result));
            return false;
        }
        mpidr[i] &= MPIDR_AFFINITY;
    }
    return true;
}

static bool dump_tree(const struct machine *machine, unsigned vtl, GBytes *tree, GError **error)
{
    const char *path = machine->options->level[vtl].dump_dtb;
    g_autofree char *option = g_strdup_printf("--dump-dtb %u:", vtl);
    gsize size;
    const char *data = g_bytes_get_data(tree, &size);
    int fd = path ? file_open_output(option, path, error) : -1;
    bool good;

    if (!path)
        return true;
    if (fd < 0)
        return false;
    good = write(fd, data, size) == (ssize_t)size;
    if (!good)
        emu_set_error(error, EMU_ERROR_SETUP, "%s%s: not written: %s", option, path,
                      g_strerror(errno));
    close(fd);
    return good;
}

/* Fills in what is the same for all levels. NULL on error. */
static GBytes *build_tree(struct machine *machine, unsigned vtl, struct fdt_config *config,
                          GError **error)
{
    struct vtl_services services = elect_services(&machine->election);
    uint64_t mpidr[LAYOUT_MAX_VPS];
    g_autoptr(GBytes) tree = NULL;

    config->vtl = vtl;
    config->vmbus = machine->options->level[vtl].vmbus && services.vmbus;
    config->psci_0_2 = fw_election_value(&machine->election, FW_ID_PSCI) < FW_PSCI(1, 0);
    config->no_hypervisor = !vtl_has_feature(&services, VTL_FEATURE_HYPERCALL);
    config->no_synic = !vtl_has_feature(&services, VTL_FEATURE_SYNIC);
    config->cpus = machine->vp_count;
    config->mpidr = mpidr;
    config->memory_base = machine->level[vtl].base;
    config->memory_size = machine->level[vtl].size;
    config->command_line = machine->options->level[vtl].command_line;
    config->has_rtc = vtl == 0 && machine->options->higher_has_devices;
    config->lower_base = machine->level[0].base;
    config->lower_size = vtl == VTL_PARAVISOR ? machine->level[0].size : 0;
    if (!read_mpidrs(machine, vtl, mpidr, error))
        return NULL;
    tree = fdt_build(config, error);
    config->mpidr = NULL;
    return tree && dump_tree(machine, vtl, tree, error) ? g_steal_pointer(&tree) : NULL;
}

GBytes *load_tree(struct machine *machine, unsigned vtl, GError **error)
{
    struct fdt_config config = {0};

    return build_tree(machine, vtl, &config, error);
}

static bool place_tree(struct machine *machine, unsigned vtl, struct fdt_config *config,
                       GError **error)
{
    g_autoptr(GBytes) tree = build_tree(machine, vtl, config, error);

    if (!tree)
        return false;
    memory_write(&machine->memory, machine->level[vtl].device_tree, g_bytes_get_data(tree, NULL),
                 g_bytes_get_size(tree));
    return true;
}

bool load_level(struct machine *machine, unsigned vtl, GError **error)
{
    struct level *level = &machine->level[vtl];
    struct fdt_config config = {0};
    struct range used;

    if (!machine->options->level[vtl].kernel)
        return load_igvm(machine, error);
    level->device_tree = level->base + level->size - TREE_ROOM;
    if (!load_kernel(machine, vtl, &used, error))
        return false;
    if (used.end > level->device_tree) {
        emu_set_error(error, EMU_ERROR_SETUP,
                      "--vtl%u-kernel %s: no room for the device tree behind it in VTL%u's memory; "
                      "give more %s", vtl, machine->options->level[vtl].kernel, vtl,
                      memory_option(vtl));
        return false;
    }
    return load_initrd(machine, vtl, &used, level->device_tree, &config, error) &&
           place_tree(machine, vtl, &config, error);
}
