/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts that need no KVM, and printing of them all: see probe.h. */
#include "emu/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "emu/command.h"
#include "emu/error.h"
#include "emu/ram-file.h"
#include "emu/view-uffd.h"

/* Linux, include/uapi/linux/capability.h */
#define CAP_SYS_ADMIN_BIT 21
#define CAP_PERFMON_BIT 38

static const char *const state_names[] = {
    [PROBE_OK] = "ok",
    [PROBE_MISSING] = "missing",
    [PROBE_LACKING] = "lacking",
    [PROBE_FACT] = "fact",
};

void probe_add(GArray *results, enum probe_state state, const char *name, char *value,
               const char *remedy)
{
    struct probe_result result = {state, name, value, state == PROBE_OK ? NULL : remedy};

    g_array_append_val(results, result);
}

static void probe_kernel(GArray *results)
{
    struct utsname uts;

    if (uname(&uts) == 0)
        probe_add(results, PROBE_FACT, "kernel", g_strdup_printf("Linux %s", uts.release), NULL);
}

static void probe_cpu(GArray *results)
{
    g_autofree char *text = NULL;

    if (g_file_get_contents("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", &text,
                            NULL, NULL))
        probe_add(results, PROBE_FACT, "CPU model",
                  g_strdup_printf("MIDR_EL1 %s", g_strstrip(text)), NULL);
}

static void probe_userfaultfd(GArray *results)
{
    static const struct {
        const char *name, *use, *remedy;
        uint64_t feature;
    } rows[] = {
        {"userfaultfd poison", "for memory protections",
         "Linux 6.6 or newer", UFFD_FEATURE_POISON},
        {"userfaultfd write-protect", "on shared memory",
         "Linux 6.10 or newer",
         UFFD_FEATURE_WP_HUGETLBFS_SHMEM},
    };
    struct uffdio_api api = {.api = UFFD_API};
    int fd = view_uffd_open();
    bool works = fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0;
    const char *error = works ? NULL : g_strerror(errno);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        probe_add(results,
                  works && api.features & rows[i].feature ? PROBE_OK : PROBE_LACKING, rows[i].name,
                  g_strdup(works ? rows[i].use : error), rows[i].remedy);
    if (fd >= 0)
        close(fd);
}

/* By having some memory, for a moment. */
static void probe_huge_pages(GArray *results)
{
    enum ram_file_kind kind;
    int fd = ram_file_open((uint64_t)sysconf(_SC_PAGESIZE), &kind);
    bool huge = fd >= 0 && ram_file_is_huge(kind);

    probe_add(results, huge ? PROBE_OK : PROBE_LACKING, "huge pages",
              g_strdup(huge ? "for guest memory" : "not for guest memory: Linux boots slowly"),
              "run as root, allow user namespaces, or set "
              "/sys/kernel/mm/transparent_hugepage/shmem_enabled to advise");
    if (fd >= 0)
        close(fd);
}

static bool has_capability(unsigned bit)
{
    g_autofree char *status = NULL;
    const char *line;

    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        return false;
    line = strstr(status, "CapEff:");
    return line && g_ascii_strtoull(line + strlen("CapEff:"), NULL, 16) >> bit & 1;
}

static void probe_tracing(GArray *results)
{
    bool perfmon = has_capability(CAP_PERFMON_BIT) || has_capability(CAP_SYS_ADMIN_BIT);
    struct utsname host;
    bool tracepoint = access("/sys/kernel/tracing/events/kvm/kvm_hvc_arm64/id", R_OK) == 0 ||
                      access("/sys/kernel/debug/tracing/events/kvm/kvm_hvc_arm64/id", R_OK) == 0;

    /* The tracepoint is one of arm64's KVM. */
    if (uname(&host) == 0 && !strcmp(host.machine, "aarch64"))
        probe_add(results, tracepoint && perfmon ? PROBE_OK : PROBE_LACKING,
                  "tracepoint kvm_hvc_arm64",
                  g_strdup("reports a VTL switch that KVM swallows at the first use of a call site"),
                  "mount tracefs at /sys/kernel/tracing and run as root or with CAP_PERFMON");
}

static bool can_run(const GArray *results)
{
    for (guint i = 0; i < results->len; i++)
        if (g_array_index(results, struct probe_result, i).state == PROBE_MISSING)
            return false;
    return true;
}

static void print_text(const GArray *results)
{
    for (guint i = 0; i < results->len; i++) {
        const struct probe_result *result = &g_array_index(results, struct probe_result, i);

        g_print("%-8s %-26s %s\n", state_names[result->state], result->name, result->value);
        if (result->remedy)
            g_print("%-8s %-26s -> %s\n", "", "", result->remedy);
    }
    g_print("\n%s\n", can_run(results) ? "vtlemu can run guests here."
                                       : "vtlemu cannot run guests here: see what is missing.");
}

static void add_json(JsonBuilder *builder, const struct probe_result *result)
{
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "name");
    json_builder_add_string_value(builder, result->name);
    json_builder_set_member_name(builder, "state");
    json_builder_add_string_value(builder, state_names[result->state]);
    json_builder_set_member_name(builder, "value");
    json_builder_add_string_value(builder, result->value);
    if (result->remedy) {
        json_builder_set_member_name(builder, "remedy");
        json_builder_add_string_value(builder, result->remedy);
    }
    json_builder_end_object(builder);
}

static void print_json(const GArray *results)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "can_run");
    json_builder_add_boolean_value(builder, can_run(results));
    json_builder_set_member_name(builder, "checks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < results->len; i++)
        add_json(builder, &g_array_index(results, struct probe_result, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    text = json_to_string(root, TRUE);
    g_print("%s\n", text);
}

static void clear_result(gpointer data)
{
    struct probe_result *result = data;

    g_free(result->value);
}

static GArray *probe_all(void)
{
    GArray *results = g_array_new(FALSE, FALSE, sizeof(struct probe_result));

    g_array_set_clear_func(results, clear_result);
    probe_kernel(results);
    probe_cpu(results);
    probe_kvm(results);
    probe_userfaultfd(results);
    probe_huge_pages(results);
    probe_tracing(results);
    return results;
}

int probe_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "probe",
        .parameter = "- tell what this host offers",
        .summary =
            "Checks all that vtlemu needs of this host, or makes use of, and says how to get what is\n"
            "not there. \"missing\": guests cannot run; \"lacking\": something is slower or less exact.",
        .description =
            "Exit status: 0 guests can run here, 1 they cannot. Elsewhere, scripts/bed -- vtlemu probe\n"
            "tells the same of the test bed.",
        .wrong = "it takes no arguments",
    };
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        COMMAND_JSON(&json),
        COMMAND_END,
    };
    g_autoptr(GArray) results = NULL;

    if (!command_line_parse(&line, entries, &argc, &argv))
        return EMU_EXIT_USAGE;
    results = probe_all();
    if (json)
        print_json(results);
    else
        print_text(results);
    return can_run(results) ? EMU_EXIT_OK : EMU_EXIT_USAGE;
}
