/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a machine as sections of a snapshot: see machine-state.h. */
#include "emu/machine-state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/file.h"
#include "emu/freeze.h"
#include "emu/gic-state.h"
#include "emu/machine-facts.h"
#include "emu/machine.h"
#include "emu/snapshot-pages.h"
#include "emu/stolen.h"
#include "emu/sve.h"
#include "emu/vcpu-state.h"
#include "vtl/state.h"

#define FOR_EACH_VTL(machine, vtl)                                                                 \
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)                                                \
        if ((machine)->vtls & 1u << vtl)

/* --- Facts ----------------------------------------------------------------------------------- */

static struct machine_facts facts_of(const struct machine *machine)
{
    const struct options *options = machine->options;
    struct machine_facts facts = {
        .cpus = (uint32_t)options->cpus,
        .memory = options->memory,
        .boot_vtl = (uint32_t)options->boot_vtl,
        .max_vtl = (uint32_t)options->max_vtl,
        .vmbuses = options_vmbuses(options),
        .higher_has_devices = options->higher_has_devices,
        .poison = (uint8_t)options->poison,
        .policy = options->policy,
        .call_id = options->vtl_abi.call_id,
        .return_id = options->vtl_abi.return_id,
        .sve_lengths = machine->sve_lengths,
        .zero_size = machine_zero_size(),
        .counter_hz = machine->counter_hz,
        .election = machine->election,
    };

    for (size_t i = 0; i < id_register_count && facts.id_count < MACHINE_FACTS_IDS; i++)
        if (machine->id[i].present)
            facts.id[facts.id_count++] = (struct machine_fact){
                .id = id_registers[i].kvm_id, .value = machine->id[i].value};

    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        facts.level_memory[vtl] = options->level[vtl].memory;
        facts.kernels |= options_has_kernel(options, vtl) ? 1u << vtl : 0;
    }
    return facts;
}

bool machine_write_facts(struct machine *machine, struct snapshot_writer *writer, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const struct machine_facts facts = facts_of(machine);

    machine_facts_write(&facts, bytes);
    return snapshot_write(writer, SNAPSHOT_MACHINE, bytes->data, bytes->len, error);
}

static bool agrees(const char *what, uint64_t is, uint64_t should, const char *remedy,
                   GError **error)
{
    if (is == should)
        return true;
    emu_set_error(error, EMU_ERROR_SETUP, "the guest has %s of %" G_GUINT64_FORMAT ", but this host "
                  "has %" G_GUINT64_FORMAT "; %s", what, should, is, remedy);
    return false;
}

/* The guest goes on seeing the processor that it has seen. */
static bool require_ids(struct machine *machine, const struct machine_facts *facts, GError **error)
{
    g_autofree struct id_value *wanted = g_new0(struct id_value, id_register_count);

    for (uint32_t i = 0; i < facts->id_count; i++) {
        const struct id_register *reg = id_register_find_kvm(facts->id[i].id);

        if (reg)
            wanted[id_register_index(reg)] =
                (struct id_value){.present = true, .value = facts->id[i].value};
    }
    return cpu_require(machine, wanted, "the snapshot's guest", error);
}

bool machine_check_facts(struct machine *machine, const struct machine_facts *facts,
                         GError **error)
{
    g_autofree char *is = sve_text(machine->sve_lengths), *should = sve_text(facts->sve_lengths);

    if (machine->sve_lengths != facts->sve_lengths) {
        emu_set_error(error, EMU_ERROR_SETUP, "the guest has SVE with vectors of %s, but this host "
                      "has %s up to there; use a host with the same lengths", should, is);
        return false;
    }
    return require_ids(machine, facts, error) &&
           agrees("a counter frequency (Hz)", machine->counter_hz, facts->counter_hz,
                  "use a host with the same", error) &&
           agrees("a block size of DC ZVA", machine_zero_size(), facts->zero_size,
                  "use a host with the same", error);
}

/* --- Writing --------------------------------------------------------------------------------- */

static bool is_over(void *machine)
{
    return machine_is_over(machine);
}

bool machine_write_ram(struct machine *machine, struct snapshot_writer *writer, GError **error)
{
    return snapshot_write_ram(writer, &machine->memory, is_over, machine, error);
}

static bool write_bytes(struct snapshot_writer *writer, enum snapshot_kind kind, GByteArray *bytes,
                        GError **error)
{
    return snapshot_write(writer, kind, bytes->data, bytes->len, error);
}

static bool write_time(struct machine *machine, struct snapshot_writer *writer, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};
    uint64_t now = counter_read() - machine->counter_offset;

    codec_write_u64(&codec, machine->is_restored ? machine->restored_ticks : now);
    return write_bytes(writer, SNAPSHOT_TIME, bytes, error);
}

static bool write_vcpu(struct machine *machine, unsigned vp, unsigned vtl,
                       struct snapshot_writer *writer, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct vcpu_image image;
    bool good;

    vcpu_image_init(&image, vp, vtl);
    good = vcpu_save(&machine->vps[vp].level[vtl].vcpu, &image, error);
    if (good)
        vcpu_image_write(&image, bytes);
    vcpu_image_clear(&image);
    return good && write_bytes(writer, SNAPSHOT_VCPU, bytes, error);
}

static bool write_gic(struct machine *machine, unsigned vtl, struct snapshot_writer *writer,
                      GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct gic_image image;
    bool good;

    gic_image_init(&image, vtl);
    good = gic_save(&machine->level[vtl].vm, machine->vp_count, power_mpidr, &image, error);
    if (good)
        gic_image_write(&image, bytes);
    gic_image_clear(&image);
    return good && write_bytes(writer, SNAPSHOT_GIC, bytes, error);
}

/*
 * struct level: kernels and device trees have been loaded, so that neither entry nor device_tree
 * matter any more; base, size and has_kernel are facts.
 */
static bool write_level(struct machine *machine, unsigned vtl, struct snapshot_writer *writer,
                        GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};
    struct level *level = &machine->level[vtl];

    codec_write_u32(&codec, vtl);
    codec_write_u8(&codec, g_atomic_int_get(&level->entered) != 0);
    codec_write_bytes(&codec, level->vm.lines.high, sizeof(level->vm.lines.high));
    codec_write_u32(&codec, level->sites.count);
    for (unsigned i = 0; i < level->sites.count; i++)
        codec_write_u64(&codec, level->sites.address[i]);
    for (unsigned i = 0; level->vm.stolen && i < machine->vp_count; i++)
        codec_write_u64(&codec, stolen_get(&level->vm, i));
    return write_bytes(writer, SNAPSHOT_LEVEL, bytes, error);
}

/*
 * struct vp and vp_level. A frozen machine owes no start to anybody (due, start, start_registers),
 * has no step, visit or pause under way; dormant VTLs are watched anew, which rings for them again;
 * an exclusive monitor may always be lost; statistics and complaints belong to the process.
 */
static const struct codec_field level_fields[] = {
    CODEC_UPTO(struct vp_level, power, PSCI_AFFINITY_ON_PENDING),
    CODEC_BOOL(struct vp_level, prepared),
    CODEC_ANY(struct vp_level, start_x0),
    CODEC_BOOL(struct vp_level, start_x0_pending),
    CODEC_BOOL(struct vp_level, in_cpu_suspend),
    CODEC_BOOL(struct vp_level, by_interrupt),
};

static const struct codec_field vp_fields[] = {
    CODEC_BITS(struct vp, notified, (1u << VTL_LEVELS) - 1),
};

static bool write_vp(struct machine *machine, unsigned index, struct snapshot_writer *writer,
                     GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};
    const struct vp *vp = &machine->vps[index];

    codec_write_u32(&codec, index);
    codec_write_u64(&codec, machine_runtime(machine, index));
    codec_write_fields(&codec, vp, vp_fields, G_N_ELEMENTS(vp_fields));
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        codec_write_fields(&codec, &vp->level[vtl], level_fields, G_N_ELEMENTS(level_fields));
    return write_bytes(writer, SNAPSHOT_VP, bytes, error);
}

static bool write_core(struct machine *machine, struct snapshot_writer *writer, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};

    vtl_partition_save(machine->partition, &codec);
    vmbuses_save(&machine->vmbuses, &codec);
    return write_bytes(writer, SNAPSHOT_CORE, bytes, error);
}

static bool write_devices(struct machine *machine, unsigned vtl, struct snapshot_writer *writer,
                          GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};

    codec_write_u32(&codec, vtl);
    devices_save(&machine->level[vtl].devices, &codec);
    return write_bytes(writer, SNAPSHOT_DEVICES, bytes, error);
}

static bool write_each_vcpu(struct machine *machine, struct snapshot_writer *writer,
                            GError **error)
{
    for (unsigned vp = 0; vp < machine->vp_count; vp++)
        FOR_EACH_VTL (machine, vtl)
            if (!write_vcpu(machine, vp, vtl, writer, error))
                return false;
    return true;
}

static bool write_each_vp(struct machine *machine, struct snapshot_writer *writer, GError **error)
{
    for (unsigned vp = 0; vp < machine->vp_count; vp++)
        if (!write_vp(machine, vp, writer, error))
            return false;
    return true;
}

static bool write_each_level(struct machine *machine, struct snapshot_writer *writer,
                             bool (*write_one)(struct machine *machine, unsigned vtl,
                                               struct snapshot_writer *writer, GError **error),
                             GError **error)
{
    FOR_EACH_VTL (machine, vtl)
        if (!write_one(machine, vtl, writer, error))
            return false;
    return true;
}

bool machine_write_state(struct machine *machine, struct snapshot_writer *writer, GError **error)
{
    return write_time(machine, writer, error) && write_each_vcpu(machine, writer, error) &&
           write_each_level(machine, writer, write_gic, error) &&
           write_each_level(machine, writer, write_level, error) &&
           write_each_vp(machine, writer, error) && write_core(machine, writer, error) &&
           write_each_level(machine, writer, write_devices, error);
}

/* --- Reading --------------------------------------------------------------------------------- */

static bool take_pages(struct machine *machine, const struct snapshot_section *section,
                       GError **error)
{
    return snapshot_take_pages(section, &machine->memory, error);
}

static bool take_time(struct machine *machine, const struct snapshot_section *section,
                      GError **error)
{
    struct codec_reader codec;

    codec_begin(&codec, section->bytes, section->size);
    codec_at(&codec, "guest time");
    machine->restored_ticks = codec_read_u64(&codec, "ticks of the counter");
    machine->is_restored = true;
    /* For who asks for the time before the machine goes on, which sets it once more. */
    machine->counter_offset = counter_read() - machine->restored_ticks;
    machine->restore.time = true;
    return codec_end(&codec, error);
}

/* Must it be there, and has not come before? Then it has come. */
static bool note(struct machine *machine, uint64_t *seen, unsigned vp, unsigned vtl, GError **error)
{
    if (vp < machine->vp_count && machine->vtls & 1u << vtl && !(*seen & UINT64_C(1) << vp)) {
        *seen |= UINT64_C(1) << vp;
        return true;
    }
    emu_set_error(error, EMU_ERROR_SETUP, "the snapshot has state of VP%u at VTL%u, which this machine "
                  "does not have, or has got already; it was not written by vtlemu", vp, vtl);
    return false;
}

static bool take_vcpu(struct machine *machine, const struct snapshot_section *section,
                      GError **error)
{
    struct vcpu_image image;
    bool good;

    vcpu_image_init(&image, 0, 0);
    good = vcpu_image_read(section, &image, error) &&
           note(machine, &machine->restore.vcpus[image.vtl], image.vp, image.vtl, error) &&
           vcpu_load(&machine->vps[image.vp].level[image.vtl].vcpu, &image, error);
    vcpu_image_clear(&image);
    return good;
}

static bool take_gic(struct machine *machine, const struct snapshot_section *section,
                     GError **error)
{
    struct gic_image image;
    bool good;

    gic_image_init(&image, 0);
    good = gic_image_read(section, machine->vp_count, &image, error) &&
           note(machine, &machine->restore.gics[image.vtl], 0, image.vtl, error) &&
           gic_load(&machine->level[image.vtl].vm, machine->vp_count, power_mpidr, &image, error);
    gic_image_clear(&image);
    return good;
}

static void read_sites(struct codec_reader *codec, struct sites *sites)
{
    uint32_t count = codec_read_count(codec, "number of call sites", SITES_MAX);

    for (uint32_t i = 0; i < count && codec_is_good(codec); i++) {
        uint64_t address = codec_read_u64(codec, "call site");

        /* A host with fewer breakpoints guards those that there is room for. */
        if (codec_is_good(codec))
            sites_learn(sites, address);
    }
}

static bool take_level(struct machine *machine, const struct snapshot_section *section,
                       GError **error)
{
    struct codec_reader codec;
    struct level *level;
    unsigned vtl;
    bool entered;

    codec_begin(&codec, section->bytes, section->size);
    vtl = codec_read_count(&codec, "VTL", VTL_LEVELS - 1);
    codec_at(&codec, "VTL%u", vtl);
    if (codec_is_good(&codec) && !note(machine, &machine->restore.levels[vtl], 0, vtl, error))
        return false;
    level = &machine->level[vtl];
    entered = codec_read_bool(&codec, "entered");
    g_atomic_int_set(&level->entered, entered);
    codec_read_bytes(&codec, "lines", level->vm.lines.high, sizeof(level->vm.lines.high));
    for (unsigned i = 0; i < LAYOUT_INTERRUPTS; i++)
        codec_require(&codec, level->vm.lines.high[i] < 1u << VM_LINE_DRIVERS, "line",
                      level->vm.lines.high[i], "is driven by nobody that there is");
    read_sites(&codec, &level->sites);
    for (unsigned i = 0; level->vm.stolen && i < machine->vp_count; i++)
        stolen_set(&level->vm, i, codec_read_u64(&codec, "stolen time"));
    return codec_end(&codec, error);
}

static bool take_vp(struct machine *machine, const struct snapshot_section *section,
                    GError **error)
{
    struct codec_reader codec;
    struct vp *vp;
    unsigned index;

    codec_begin(&codec, section->bytes, section->size);
    index = codec_read_count(&codec, "VP", machine->vp_count - 1);
    codec_at(&codec, "VP%u", index);
    if (codec_is_good(&codec) && !note(machine, &machine->restore.vps, index, 0, error))
        return false;
    vp = &machine->vps[index];
    vp->runtime = codec_read_u64(&codec, "runtime");
    codec_read_fields(&codec, vp, vp_fields, G_N_ELEMENTS(vp_fields));
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        codec_at(&codec, "VP%u at VTL%u", index, vtl);
        codec_read_fields(&codec, &vp->level[vtl], level_fields, G_N_ELEMENTS(level_fields));
        /* Those pending have all been started when the machine was frozen. */
        codec_require(&codec, vp->level[vtl].power != PSCI_AFFINITY_ON_PENDING, "power",
                      vp->level[vtl].power, "is not that of a frozen machine");
    }
    return codec_end(&codec, error);
}

static bool take_core(struct machine *machine, const struct snapshot_section *section,
                      GError **error)
{
    struct codec_reader codec;
    bool good;
    int result;

    machine->restore.core = true;
    codec_begin(&codec, section->bytes, section->size);
    good = vtl_partition_load(machine->partition, &codec, error);
    if (good)
        vmbuses_load(&machine->vmbuses, &codec);
    if (!good) {
        codec_end(&codec, NULL);
        return false;
    }
    if (!codec_end(&codec, error))
        return false;
    result = vtl_partition_tell(machine->partition);
    if (result < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "userfaultfd does not protect guest memory: %s",
                      g_strerror(-result));
    return result >= 0;
}

static bool take_devices(struct machine *machine, const struct snapshot_section *section,
                         GError **error)
{
    struct codec_reader codec;
    unsigned vtl;

    codec_begin(&codec, section->bytes, section->size);
    vtl = codec_read_count(&codec, "VTL", VTL_LEVELS - 1);
    codec_at(&codec, "devices of VTL%u", vtl);
    if (codec_is_good(&codec) && !note(machine, &machine->restore.devices[vtl], 0, vtl, error))
        return false;
    if (codec_is_good(&codec))
        devices_load(&machine->level[vtl].devices, &codec);
    return codec_end(&codec, error);
}

static bool (*const takers[SNAPSHOT_KINDS])(struct machine *machine,
                                            const struct snapshot_section *section,
                                            GError **error) = {
    [SNAPSHOT_PAGES] = take_pages,   [SNAPSHOT_TIME] = take_time, [SNAPSHOT_VCPU] = take_vcpu,
    [SNAPSHOT_GIC] = take_gic,       [SNAPSHOT_LEVEL] = take_level, [SNAPSHOT_VP] = take_vp,
    [SNAPSHOT_CORE] = take_core,     [SNAPSHOT_DEVICES] = take_devices,
};

/* The order of the kinds is that in which they depend on each other. */
bool machine_take_section(struct machine *machine, const struct snapshot_section *section,
                          GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (!takers[section->kind] || section->kind < machine->restore.kind) {
        emu_set_error(error, EMU_ERROR_SETUP, "the snapshot has %s after %s; it was not written by "
                      "vtlemu", snapshot_kind_name(section->kind),
                      snapshot_kind_name(machine->restore.kind));
        return false;
    }
    machine->restore.kind = section->kind;
    if (takers[section->kind](machine, section, &cause))
        return true;
    emu_set_error(error, EMU_ERROR_SETUP, "the snapshot cannot be restored: %s", cause->message);
    return false;
}

static bool is_complete(const struct machine *machine)
{
    const struct machine_restore *restore = &machine->restore;
    uint64_t all = machine->vp_count == 64 ? UINT64_MAX : (UINT64_C(1) << machine->vp_count) - 1;

    FOR_EACH_VTL (machine, vtl)
        if (restore->vcpus[vtl] != all || !restore->gics[vtl] || !restore->levels[vtl] ||
            !restore->devices[vtl])
            return false;
    return restore->time && restore->core && restore->vps == all;
}

bool machine_end_restore(struct machine *machine, GError **error)
{
    if (is_complete(machine))
        return true;
    emu_set_error(error, EMU_ERROR_SETUP, "the snapshot cannot be restored: a part of the machine is "
                  "missing");
    return false;
}

static bool begin_restore(struct machine *machine, GError **error)
{
    machine->restore = (struct machine_restore){0};
    if (!machine_build(machine, false, error))
        return false;
    FOR_EACH_VTL (machine, vtl)
        devices_freeze(&machine->level[vtl].devices, true);
    return true;
}

bool machine_begin_restore(struct machine *machine, GError **error)
{
    g_mutex_lock(&machine->life);
    return begin_restore(machine, error);
}

void machine_abandon_restore(struct machine *machine)
{
    g_mutex_unlock(&machine->life);
}

static bool take_all(struct machine *machine, struct snapshot_reader *reader, GError **error)
{
    struct snapshot_section section;

    do {
        if (!snapshot_read(reader, &section, error))
            return false;
        if (machine_is_over(machine)) {
            emu_set_error(error, EMU_ERROR_SETUP, "the run was ended meanwhile");
            return false;
        }
        if (section.kind != SNAPSHOT_END && !machine_take_section(machine, &section, error))
            return false;
    } while (section.kind != SNAPSHOT_END);
    return machine_end_restore(machine, error);
}

bool machine_receive(struct machine *machine, struct snapshot_reader *reader, GError **error)
{
    if (machine_begin_restore(machine, error) && take_all(machine, reader, error))
        return true;
    machine_abandon_restore(machine);
    return false;
}

bool machine_restore(struct machine *machine, struct snapshot_reader *reader, GError **error)
{
    if (!machine_receive(machine, reader, error))
        return false;
    machine_thaw(machine);
    return true;
}

/* --- The whole ------------------------------------------------------------------------------- */

/* Who saves to a file, and until when. */
struct saver {
    struct machine *machine;
    bool (*is_unwanted)(void *context);
    void *context;
};

static bool is_in_vain(void *context)
{
    const struct saver *saver = context;

    return machine_is_over(saver->machine) ||
           (saver->is_unwanted && saver->is_unwanted(saver->context));
}

/* Of a frozen machine. */
static bool write_all(struct saver *saver, struct snapshot_writer *writer,
                      const struct snapshot_sink *sink, GError **error)
{
    return snapshot_begin_writing(writer, sink, error) &&
           machine_write_facts(saver->machine, writer, error) &&
           snapshot_write_ram(writer, &saver->machine->memory, is_in_vain, saver, error) &&
           machine_write_state(saver->machine, writer, error) &&
           snapshot_end_writing(writer, error);
}

/* So that the name means the new file even if the host loses its power now. */
static void sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static bool publish(int fd, const char *temporary, const char *path, GError **error)
{
    if (fsync(fd) == 0 && rename(temporary, path) == 0) {
        sync_folder(path);
        return true;
    }
    emu_set_error(error, EMU_ERROR_SETUP, "%s: cannot be written: %s", path, g_strerror(errno));
    return false;
}

static bool save_to(struct saver *saver, int fd, const char *path, GError **error)
{
    struct snapshot_fd place = {fd, path};
    struct snapshot_sink sink = snapshot_sink_fd(&place);
    struct snapshot_writer writer;
    bool good;

    if (!machine_freeze(saver->machine, error))
        return false;
    good = write_all(saver, &writer, &sink, error);
    machine_thaw(saver->machine);
    return good;
}

bool machine_save_file(struct machine *machine, const char *path,
                       bool (*is_unwanted)(void *context), void *context, GError **error)
{
    struct saver saver = {machine, is_unwanted, context};
    g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
    bool good;
    int fd;

    if (!file_may_replace("", path, error))
        return false;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        emu_set_error(error, EMU_ERROR_SETUP, "%s: cannot be written: %s", path, g_strerror(errno));
        return false;
    }
    good = save_to(&saver, fd, path, error) && publish(fd, temporary, path, error);
    if (!good)
        unlink(temporary);
    close(fd);
    return good;
}

/* With everything torn down between saving and restoring; @fd is a file in memory. */
static bool renew(struct machine *machine, int fd, GError **error)
{
    struct snapshot_fd place = {fd, "--pulse"};
    struct snapshot_sink sink = snapshot_sink_fd(&place);
    struct snapshot_source source = snapshot_source_fd(&place);
    g_auto(snapshot_reader) reader = {0};
    struct snapshot_section section;
    struct snapshot_writer writer;
    struct machine_facts facts;
    struct saver saver = {.machine = machine};

    if (!write_all(&saver, &writer, &sink, error))
        return false;
    machine_tear_down(machine, true);
    machine->is_renewed = true;
    if (lseek(fd, 0, SEEK_SET) < 0 || !snapshot_begin_reading(&reader, &source, error) ||
        !snapshot_read(&reader, &section, error) || !machine_facts_read(&section, &facts, error) ||
        !machine_check_facts(machine, &facts, error) || !begin_restore(machine, error) ||
        !take_all(machine, &reader, error))
        return false;
    g_debug("saved %" G_GUINT64_FORMAT " KiB in %" G_GUINT64_FORMAT " sections, and restored them",
           writer.bytes / KIB, writer.count);
    return true;
}

bool machine_pulse(struct machine *machine, GError **error)
{
    g_autoptr(GError) failure = NULL;
    int fd;

    if (!machine_freeze(machine, NULL))
        return true; /* the run has ended */
    fd = memfd_create("vtlemu-pulse", MFD_CLOEXEC);
    if (fd < 0)
        emu_set_error(&failure, EMU_ERROR_SETUP, "no memory for --pulse: %s", g_strerror(errno));
    else if (renew(machine, fd, &failure))
        machine_thaw(machine);
    if (failure || fd < 0)
        machine_abandon_restore(machine);
    if (fd >= 0)
        close(fd);
    if (!failure)
        return true;
    /* What the user ends in the middle of it is no failure. */
    if (machine_is_over(machine))
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}
