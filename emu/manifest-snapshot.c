/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first section of a snapshot, as a manifest: see manifest-snapshot.h. */
#include "emu/manifest-snapshot.h"

#include <string.h>
#include <unistd.h>

#include "emu/file.h"
#include "emu/machine-facts.h"

static const char beginning[] = "vtlem"; /* no JSON begins like that */

bool manifest_is_snapshot(const char *path)
{
    char begin[sizeof(beginning) - 1];
    int fd = file_open_input("", path, NULL);
    bool is = fd >= 0 && read(fd, begin, sizeof(begin)) == sizeof(begin) &&
              !memcmp(begin, beginning, sizeof(begin));

    if (fd >= 0)
        close(fd);
    return is;
}

static void add_ids(struct manifest *manifest, const struct machine_facts *facts)
{
    for (uint32_t i = 0; i < facts->id_count; i++) {
        const struct id_register *reg = id_register_find_kvm(facts->id[i].id);

        if (reg)
            manifest->id[id_register_index(reg)] =
                (struct id_value){.present = true, .value = facts->id[i].value};
    }
    if (facts->id_count)
        manifest_add(manifest, MANIFEST_CPU);
}

static void add_facts(struct manifest *manifest, const struct machine_facts *facts)
{
    add_ids(manifest, facts);
    manifest->election = facts->election;
    manifest_add(manifest, MANIFEST_REGISTERS);
    manifest->sve_lengths = facts->sve_lengths;
    manifest_add(manifest, MANIFEST_SVE);
    manifest->counter_hz = facts->counter_hz;
    manifest_add(manifest, MANIFEST_COUNTER);
    manifest->vps = facts->cpus;
    manifest_add(manifest, MANIFEST_VPS);
}

static bool read_facts(int fd, struct machine_facts *facts, GError **error)
{
    struct snapshot_fd place = {fd, "the snapshot"};
    struct snapshot_source source = snapshot_source_fd(&place);
    struct snapshot_reader reader;
    struct snapshot_section section;
    bool good = snapshot_begin_reading(&reader, &source, error) &&
                snapshot_read(&reader, &section, error) &&
                machine_facts_read(&section, facts, error);

    snapshot_reader_clear(&reader);
    return good;
}

struct manifest *manifest_of_snapshot(const char *option, const char *path, GError **error)
{
    g_autoptr(manifest_auto) manifest = manifest_new(MANIFEST_GUEST, path, "");
    struct machine_facts facts;
    int fd = file_open_input(option, path, error);
    bool good = fd >= 0 && read_facts(fd, &facts, error);

    if (fd < 0)
        return NULL;
    close(fd);
    if (!good) {
        g_prefix_error(error, "%s%s: ", option, manifest->source);
        return NULL;
    }
    add_facts(manifest, &facts);
    return g_steal_pointer(&manifest);
}
