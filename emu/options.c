/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `vtlemu run`: see options.h. */
#include "emu/options.h"

#include <string.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "emu/log.h"
#include "emu/option-table.h"
#include "emu/policy.h"
#include "emu/sve.h"
#include "emu/trace.h"

#define ABI_FUNCTION "smccc:"
#define ABI_EXAMPLE "smccc:0xc3000002"
/* vtl_abi_problem() finds nothing wrong with these; 32-bit ids, 0x83.. and 0x86.., do as well. */
#define ABI_REMEDY                                                                                 \
    "give one from 0xc3000000 to 0xc300feff or from 0xc6000080 to 0xc600feff, as in " ABI_EXAMPLE
#define CALL_ABI "hvc2"
#define RETURN_ABI "hvc3"
#define DEFAULT_MEMORY (512 * MIB)
#define DEFAULT_LEVEL_MEMORY (128 * MIB)
#define MINIMUM_MEMORY (32 * MIB)
#define MAXIMUM_MEMORY (64 * GIB)
/* Kernels are placed, and their memory mapped, in units of 2 MiB (arm64 booting.rst). */
#define MEMORY_UNIT (2 * MIB)
/* Of --pulse: each takes much longer than the least. */
#define PULSE_MIN_S 0.01
#define PULSE_MAX_S 86400

static const char summary_text[] =
    "Runs one guest with Virtual Trust Levels on this host's KVM. VTL0 holds an ordinary kernel,\n"
    "VTL2 a paravisor; they share the registers X0-X17, X19-X28 and Q0-Q31 and switch by\n"
    "`hvc #2` (VTL call, upwards) and `hvc #3` (VTL return, downwards).\n"
    "\n"
    "Kernels are arm64 Image files, gzip or zstd of them, EFI zboot images (as Fedora ships them),\n"
    "ELF (vmlinux or bare metal) or flat binaries. VTL2 can also come from an IGVM file.\n"
    "vtlemu inspect FILE tells what a file is.";

static const char description_text[] =
    "Examples:\n"
    "  An ordinary kernel at VTL0 on two processors, to a shell on this terminal:\n"
    "    vtlemu run --cpus 2 --vtl0-kernel Image --vtl0-initrd initrd.gz\n"
    "  A paravisor kernel at VTL2 above it, which starts first:\n"
    "    vtlemu run --vtl2-kernel Image-vtl2 --vtl2-initrd initrd2.gz --vtl0-kernel Image\n"
    "  The same from an IGVM file, which has everything in it:\n"
    "    vtlemu run --igvm vtl2.igvm --vtl0-kernel Image\n"
    "  What was saved by vtlemu snapshot goes on:\n"
    "    vtlemu run --restore saved.vtlemu\n"
    "  Two bare-metal payloads, every switch traced, given up after ten seconds:\n"
    "    vtlemu run --vtl2-kernel a.elf --vtl0-kernel b.elf --trace switches.txt --timeout 10\n"
    "\n"
    "  A guest that may migrate to an older host, which has less (vtlemu fw-regs list tells):\n"
    "    vtlemu run --vtl0-kernel Image --fw-reg psci-version=1.1\n"
    "  Linux with KVM's own clock and stolen time instead of Hyper-V's services:\n"
    "    vtlemu run --vtl0-kernel Image --hv-services none\n"
    "\n"
    "  What a paravisor does against the specification, with the functions' names, and what it used\n"
    "  of all that there is; or up to its first mistake:\n"
    "    vtlemu run --strict --report used.json --vtl2-kernel vmlinux --vtl2-symbols vmlinux\n"
    "    vtlemu run --strict=stop --vtl2-kernel a.elf --vtl0-kernel b.elf\n"
    "  Who relies on registers that a switch may corrupt, or of which the specification is silent:\n"
    "    vtlemu run --poison=unspecified --sve on --vtl2-kernel a.elf --vtl0-kernel b.elf\n"
    "  Other registers shared, by a policy's name or a file of lines such as \"TPIDR_EL0 shared\":\n"
    "    vtlemu run --bank-policy linux --vtl2-kernel a.elf --vtl0-kernel b.elf\n"
    "    vtlemu run --bank-policy mine.txt --report used.txt --vtl2-kernel a.elf --vtl0-kernel b.elf\n"
    "  VTL calls and returns by functions of the SMC Calling Convention, for guests that use them:\n"
    "    vtlemu run --vtl-call-abi smccc:0xc3000002 --vtl-return-abi smccc:0xc3000003 "
    "--vtl2-kernel a.elf\n"
    "\n"
    "Only options that say so may be repeated.\n"
    "Each value of --fw-reg is a number, a version, a level, or a list of services; one that begins\n"
    "with + or - changes what there is, any other is the whole: std=none, vendor-hyp=+ptp,-func_feat.\n"
    "The file of --fw-regs is {\"REG\": VALUE, ...}. Stolen time (std-hyp=pv_time) is off in a guest with\n"
    "several VTLs unless asked for: KVM writes it, and no VTL can protect anything from that.\n"
    "\n"
    "On a terminal, Ctrl-A x ends the run, Ctrl-A c gives the keyboard to the next VTL and Ctrl-A h\n"
    "shows more; Ctrl-C goes to a guest that listens, and ends the run otherwise.\n"
    "Ctrl-A s, or the signal USR1, asks the guest over VMBus to shut down.\n"
    "\n"
    "Exit status: 0 the guest powered off, 1 usage or set-up error, 2 the guest crashed or reported\n"
    "a failure, 3 vtlemu itself failed, 5 it did what --strict forbids and all else was well,\n"
    "124 --timeout ran out, 128+N ended by signal N (130 also by Ctrl-A x).";

bool options_parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    char *rest;
    guint64 number = g_ascii_strtoull(text, &rest, 10);
    const char *unit = *rest ? strchr(units, g_ascii_toupper(*rest)) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;

    if (!g_ascii_isdigit(*text) || (*rest && (!unit || rest[1])) || number > UINT64_MAX >> shift)
        return false;
    *bytes = number << shift;
    return true;
}

static bool usage(GError **error, const char *option, const char *value, const char *what)
{
    emu_set_error(error, EMU_ERROR_USAGE, "%s %s: %s", option, value, what);
    return false;
}

/* Keeps @value as it is without @text. */
static bool parse_number(const char *option, const char *text, int least, int most, int *value,
                         GError **error)
{
    g_autofree char *what = g_strdup_printf("give a number from %d to %d", least, most);
    gint64 number;

    if (!text)
        return true;
    if (!g_ascii_string_to_signed(text, 10, least, most, &number, NULL))
        return usage(error, option, text, what);
    *value = (int)number;
    return true;
}

static bool parse_memory(const char *option, const char *text, uint64_t fallback, uint64_t *bytes,
                         GError **error)
{
    if (!text) {
        *bytes = fallback;
        return true;
    }
    if (!options_parse_size(text, bytes))
        return usage(error, option, text, "not a size; write a number and K, M or G, as in 512M");
    if (*bytes < KIB * KIB && g_ascii_isdigit(text[strlen(text) - 1]))
        return usage(error, option, text, "that is in bytes; write a unit, as in 512M");
    if (*bytes < MINIMUM_MEMORY || *bytes > MAXIMUM_MEMORY || *bytes % MEMORY_UNIT)
        return usage(error, option, text, "give a multiple of 2M between 32M and 64G");
    return true;
}

static bool check_level_memory(struct options *options, unsigned vtl, uint64_t *left,
                               GError **error)
{
    struct level_options *level = &options->level[vtl];
    g_autofree char *option = g_strdup_printf("--vtl%u-memory", vtl);

    if (!options_has_kernel(options, vtl))
        return true;
    if (!parse_memory(option, level->memory_text, DEFAULT_LEVEL_MEMORY, &level->memory, error))
        return false;
    if (level->memory > *left || *left - level->memory < MINIMUM_MEMORY) {
        emu_set_error(error, EMU_ERROR_USAGE,
                      "--memory %" G_GUINT64_FORMAT "M: too small: VTL%u takes %" G_GUINT64_FORMAT
                      "M of it and VTL0 needs at least 32M; give more --memory or less %s",
                      options->memory / MIB, vtl, level->memory / MIB, option);
        return false;
    }
    *left -= level->memory;
    return true;
}

/* Higher VTLs take their memory from the top, VTL0 keeps what is left. */
static bool check_memory(struct options *options, GError **error)
{
    uint64_t left;

    if (!parse_memory("--memory", options->memory_text, DEFAULT_MEMORY, &options->memory, error))
        return false;
    left = options->memory;
    for (unsigned vtl = VTL_LEVELS - 1; vtl > 0; vtl--)
        if (!check_level_memory(options, vtl, &left, error))
            return false;
    options->level[0].memory = left;
    return true;
}

static bool check_level(const struct options *options, unsigned vtl, GError **error)
{
    const struct level_options *level = &options->level[vtl];
    const char *orphan = level->initrd         ? "initrd"
                         : level->command_line ? "cmdline"
                         : level->console      ? "console"
                         : level->memory_text  ? "memory"
                         : level->vmbus_text   ? "vmbus"
                         : level->symbols      ? "symbols"
                                               : NULL;

    if (options_has_kernel(options, vtl) || !orphan)
        return true;
    emu_set_error(error, EMU_ERROR_USAGE, "--vtl%u-%s is given without --vtl%u-kernel", vtl, orphan,
                  vtl);
    return false;
}

/* An IGVM file is all of VTL2, which starts with it. */
static bool check_igvm(const struct options *options, GError **error)
{
    const struct level_options *level = &options->level[2];

    if (!options->igvm)
        return true;
    if (level->kernel)
        return usage(error, "--igvm", options->igvm, "there is --vtl2-kernel, too, but VTL2 is "
                     "loaded from one file; leave one of them out");
    if (level->initrd)
        return usage(error, "--igvm", options->igvm, "such a file brings its own initial RAM disk; "
                     "make it with one, and leave --vtl2-initrd out");
    return true;
}

static bool check_boot_vtl(struct options *options, uint16_t given, GError **error)
{
    options->boot_vtl = (int)vtl_highest(given);
    if (!parse_number("--boot-vtl", options->boot_vtl_text, 0, VTL_LEVELS - 1, &options->boot_vtl,
                      error))
        return false;
    if (!(given & 1u << options->boot_vtl)) {
        emu_set_error(error, EMU_ERROR_USAGE, "--boot-vtl %d: this VTL has no kernel; give "
                      "--vtl%d-kernel or another --boot-vtl", options->boot_vtl, options->boot_vtl);
        return false;
    }
    if (options->igvm && options->boot_vtl != 2)
        return usage(error, "--boot-vtl", options->boot_vtl_text, "an IGVM file starts with VTL2; "
                     "leave --boot-vtl out");
    return true;
}

static bool check_kernels(struct options *options, GError **error)
{
    uint16_t given = 0;

    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        if (!check_level(options, vtl, error))
            return false;
        given |= options_has_kernel(options, vtl) ? 1u << vtl : 0;
    }
    if (!given) {
        emu_set_error(error, EMU_ERROR_USAGE,
                      "nothing to run: give --vtl0-kernel, --vtl2-kernel or both (see --help)");
        return false;
    }
    return check_igvm(options, error) && check_boot_vtl(options, given, error);
}

/* Without the option, what the user gives a kernel to is all there is. */
static bool check_max_vtl(struct options *options, GError **error)
{
    int highest = (int)vtl_highest(options_vtls(options));

    options->max_vtl = highest;
    if (!parse_number("--max-vtl", options->max_vtl_text, 0, VTL_LEVELS - 1, &options->max_vtl,
                      error))
        return false;
    if (options->max_vtl >= highest)
        return true;
    emu_set_error(error, EMU_ERROR_USAGE, "--max-vtl %d: VTL%d has a kernel; give a higher number, "
                  "or no --vtl%d-kernel", options->max_vtl, highest, highest);
    return false;
}

static bool check_numbers(struct options *options, GError **error)
{
    options->cpus = 1;
    options->timeout = 0;
    if (!parse_number("--cpus", options->cpus_text, 1, LAYOUT_MAX_VPS, &options->cpus, error) ||
        !parse_number("--timeout", options->timeout_text, 0, G_MAXINT, &options->timeout, error))
        return false;
    if (options->log_level && !log_level_is_valid(options->log_level))
        return usage(error, "--log-level", options->log_level,
                     "give error, warning, info or debug");
    return true;
}

static bool check_sve(struct options *options, GError **error)
{
    const char *text = options->sve_text;
    gint64 bits;

    options->sve = OPTIONS_SVE_OFF;
    if (!text || !strcmp(text, "off"))
        return true;
    if (!strcmp(text, "on")) {
        options->sve = OPTIONS_SVE_ON;
        return true;
    }
    if (!g_ascii_string_to_signed(text, 10, SVE_UNIT_BITS, SVE_BITS_MAX, &bits, NULL) ||
        bits % SVE_UNIT_BITS)
        return usage(error, "--sve", text, "give on, off, or the longest vectors in bits: a "
                     "multiple of 128 up to 2048");
    options->sve = (int)bits;
    return true;
}

static bool check_window(struct options *options, GError **error)
{
    static const char *const words[] = {[OPTIONS_WINDOW_AUTO] = "auto",
                                        [OPTIONS_WINDOW_ON] = "on",
                                        [OPTIONS_WINDOW_OFF] = "off",
                                        [OPTIONS_WINDOW_VERIFY] = "verify"};

    options->window = OPTIONS_WINDOW_AUTO;
    if (!options->window_text)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (!strcmp(options->window_text, words[i])) {
            options->window = (enum options_window)i;
            return true;
        }
    return usage(error, "--register-window", options->window_text, "give auto, on, off or verify");
}

/* The option alone is as much as there was before there were levels. */
static bool check_poison(struct options *options, GError **error)
{
    const char *text = options->poison_text;

    options->poison = text ? POISON_CORRUPTIBLE : POISON_OFF;
    for (int i = POISON_OFF; text && *text && i < POISON_LEVELS; i++)
        if (!strcmp(text, poison_level_name((enum poison_level)i))) {
            options->poison = (enum poison_level)i;
            return true;
        }
    return !text || !*text ||
           usage(error, "--poison", text, "give off, corruptible, or unspecified for that and what "
                 "the specification is silent about");
}

/* Of a VTL call or return by function. */
static bool check_x0(const struct options *options, const char *option, const char *abi, uint32_t id,
                     GError **error)
{
    if (!id || bank_policy_allows_functions(&options->policy))
        return true;
    emu_set_error(error, EMU_ERROR_USAGE, "--bank-policy %s: X0 can only be shared with %s %s: a "
                  "function has its id and its result there; leave X0 out of the policy, or leave "
                  "%s out", options->bank_policy, option, abi, option);
    return false;
}

bool options_choose_policy(struct options *options, GError **error)
{
    return policy_choose(options->bank_policy, &options->policy, error) &&
           check_x0(options, "--vtl-call-abi", options->call_abi, options->vtl_abi.call_id, error) &&
           check_x0(options, "--vtl-return-abi", options->return_abi, options->vtl_abi.return_id,
                    error);
}

static bool check_strict(struct options *options, GError **error)
{
    const char *text = options->strict_text;

    options->strict = OPTIONS_STRICT_OFF;
    if (!text)
        return true;
    options->strict = !*text || !strcmp(text, "warn") ? OPTIONS_STRICT_WARN : OPTIONS_STRICT_STOP;
    return options->strict == OPTIONS_STRICT_WARN || !strcmp(text, "stop") ||
           usage(error, "--strict", text, "give warn, which is the default, or stop");
}

static char *abi_text(uint32_t id, const char *word)
{
    return id ? g_strdup_printf(ABI_FUNCTION "0x%08x", id) : g_strdup(word);
}

char *options_call_abi_text(uint32_t id)
{
    return abi_text(id, CALL_ABI);
}

char *options_return_abi_text(uint32_t id)
{
    return abi_text(id, RETURN_ABI);
}

/* @word, which is the default, or smccc:ID. */
static bool parse_abi(const char *option, const char *text, const char *word, uint32_t *id,
                      GError **error)
{
    const char *digits, *problem;
    g_autofree char *what = NULL;
    char *end;
    guint64 value;

    *id = 0;
    if (!text || !strcmp(text, word))
        return true;
    if (!g_str_has_prefix(text, ABI_FUNCTION))
        return usage(error, option, text, "give hvc2 for a call, hvc3 for a return, or a function as "
                     "in " ABI_EXAMPLE);
    digits = text + strlen(ABI_FUNCTION);
    value = g_ascii_strtoull(digits, &end, 0);
    if (!g_ascii_isdigit(*digits) || *end || value > UINT32_MAX)
        return usage(error, option, text, "ID is a function id of 32 bits, as in " ABI_EXAMPLE);
    *id = (uint32_t)value;
    problem = vtl_abi_problem(*id);
    if (!problem)
        return true;
    what = g_strdup_printf("%s; " ABI_REMEDY, problem);
    return usage(error, option, text, what);
}

static bool check_abi(struct options *options, GError **error)
{
    struct vtl_abi *abi = &options->vtl_abi;

    if (!parse_abi("--vtl-call-abi", options->call_abi, CALL_ABI, &abi->call_id, error) ||
        !parse_abi("--vtl-return-abi", options->return_abi, RETURN_ABI, &abi->return_id, error))
        return false;
    return !abi->call_id || abi->call_id != abi->return_id ||
           usage(error, "--vtl-return-abi", options->return_abi,
                 "it is that of --vtl-call-abi, too; give each its own, as in smccc:0xc3000002 and "
                 "smccc:0xc3000003");
}

/* What --disabled-cpu-features and --cpu disable adds up. */
static bool check_cpu(struct options *options, GError **error)
{
    const char *banks = options->cpu_banks;
    g_autofree char *what = NULL;

    options->disabled = (struct cpu_disabled){0};
    if (banks && !cpu_disabled_parse_banks(banks, &options->disabled, &what))
        return usage(error, "--disabled-cpu-features", banks, what);
    for (char **names = options->cpu; names && *names; names++)
        if (!cpu_disabled_parse_names(*names, &options->disabled, &what))
            return usage(error, "--cpu", *names, what);
    if (options->sve != OPTIONS_SVE_OFF && cpu_has_disabled(&options->disabled, "sve"))
        return usage(error, "--sve", options->sve_text, "SVE is disabled by --cpu or "
                     "--disabled-cpu-features; leave one of them out");
    return true;
}

static bool check_trace(struct options *options, GError **error)
{
    const char *filter = options->trace_filter;
    g_autofree char *bad = NULL, *names = trace_kind_names(), *what = NULL;

    options->trace_kinds = TRACE_ALL;
    if (!filter)
        return true;
    if (!options->trace)
        return usage(error, "--trace-filter", filter, "there is no --trace; give --trace FILE, too");
    if (!*filter || !trace_parse_kinds(filter, &options->trace_kinds, &bad)) {
        what = g_strdup_printf("'%s' is no kind of line, or not of one list with what is before it; "
                               "give either switch,call (only these) or -device,-exit (all but "
                               "these), of %s", bad ? bad : "", names);
        return usage(error, "--trace-filter", filter, what);
    }
    return true;
}

/* Each --dump-dtb is N:PATH. */
static bool check_dump(struct options *options, GError **error)
{
    for (char **dump = options->dump_dtb; dump && *dump; dump++) {
        unsigned vtl = (unsigned)(**dump - '0');

        if (**dump < '0' || vtl >= VTL_LEVELS || (*dump)[1] != ':' || !(*dump)[2])
            return usage(error, "--dump-dtb", *dump, "give VTL:PATH, as in 0:vtl0.dtb");
        if (!options_has_kernel(options, vtl))
            return usage(error, "--dump-dtb", *dump,
                         "this VTL has no kernel, hence no tree; give it one, or another VTL");
        if (options->level[vtl].dump_dtb)
            return usage(error, "--dump-dtb", *dump, "there is another one of this VTL before it; "
                         "leave one of them out");
        options->level[vtl].dump_dtb = g_strdup(*dump + 2);
    }
    return true;
}

/* Who emulates VTL0's devices. */
static bool check_devices(struct options *options, GError **error)
{
    const char *who = options->vtl0_devices;

    options->higher_has_devices = who && !strcmp(who, "higher");
    if (who && !options->higher_has_devices && strcmp(who, "vtlemu"))
        return usage(error, "--vtl0-devices", who, "give vtlemu or higher");
    if (!options->higher_has_devices)
        return true;
    if (!options->level[0].kernel || options->boot_vtl == 0)
        return usage(error, "--vtl0-devices", who,
                     "that takes a kernel at VTL0 and one above it; give both");
    if (options->level[0].console)
        return usage(error, "--vtl0-console", options->level[0].console,
                     "with --vtl0-devices higher this console is the paravisor's, and comes by its "
                     "own: give none, or --vtl2-console");
    options->level[0].console = g_strdup("null");
    return true;
}

static void fill_consoles(struct options *options)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (!options->level[vtl].console)
            options->level[vtl].console =
                g_strdup(options_has_kernel(options, vtl) ? "stdio" : "null");
}

/*
 * As on Hyper-V: a paravisor has the bus, and VTL0 below it has what the paravisor gives it; VTL0
 * alone has it itself.
 */
static bool has_vmbus(const struct options *options, unsigned vtl)
{
    if (!options_has_kernel(options, vtl))
        return false;
    return vtl == VTL_PARAVISOR || (vtl == 0 && !options_has_kernel(options, VTL_PARAVISOR));
}

static bool check_vmbus(struct options *options, GError **error)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        struct level_options *level = &options->level[vtl];
        g_autofree char *option = g_strdup_printf("--vtl%u-vmbus", vtl);

        level->vmbus = has_vmbus(options, vtl);
        if (!level->vmbus_text)
            continue;
        level->vmbus = !strcmp(level->vmbus_text, "on");
        if (!level->vmbus && strcmp(level->vmbus_text, "off"))
            return usage(error, option, level->vmbus_text, "give on or off");
    }
    return true;
}

bool options_complete(struct options *options, GError **error)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (!check_level(options, vtl, error))
            return false;
    if (options->higher_has_devices && options->level[0].console)
        return usage(error, "--vtl0-console", options->level[0].console,
                     "a higher VTL has VTL0's devices in this machine; give none");
    if (options->higher_has_devices)
        options->level[0].console = g_strdup("null");
    fill_consoles(options);
    return true;
}

/* The rest is said by machine_facts_adopt(), once it is known what the machine is. */
static bool check_restored(struct options *options, GError **error)
{
    if (options->restore && options->incoming)
        return usage(error, "--incoming", options->incoming,
                     "there is --restore, too; the guest comes from one place");
    if (options->dump_dtb)
        return usage(error, "--dump-dtb", *options->dump_dtb,
                     "a restored machine gets no device trees any more; leave it out");
    if (options->cpu || options->cpu_banks)
        return usage(error, options->cpu ? "--cpu" : "--disabled-cpu-features",
                     options->cpu ? *options->cpu : options->cpu_banks,
                     "a restored machine has the processor that it had; leave it out");
    if (options->fw_reg || options->fw_regs || options->hv_services)
        return usage(error, options->fw_reg ? "--fw-reg" : options->fw_regs ? "--fw-regs"
                                                                            : "--hv-services",
                     options->fw_reg ? *options->fw_reg
                     : options->fw_regs ? options->fw_regs : options->hv_services,
                     "a restored guest keeps the services that it had; leave it out");
    if (options->memory_text && !parse_memory("--memory", options->memory_text, 0,
                                              &options->memory, error))
        return false;
    for (unsigned vtl = 1; vtl < VTL_LEVELS; vtl++) {
        g_autofree char *option = g_strdup_printf("--vtl%u-memory", vtl);

        if (!parse_memory(option, options->level[vtl].memory_text, 0,
                          &options->level[vtl].memory, error))
            return false;
    }
    return parse_number("--boot-vtl", options->boot_vtl_text, 0, VTL_LEVELS - 1,
                        &options->boot_vtl, error) &&
           parse_number("--max-vtl", options->max_vtl_text, 0, VTL_LEVELS - 1, &options->max_vtl,
                        error);
}

/* Fractions are for tests, which have little time. */
static bool check_pulse(struct options *options, GError **error)
{
    const char *text = options->pulse_text;
    char *end;
    double seconds;

    options->pulse = 0;
    if (!text)
        return true;
    seconds = g_ascii_strtod(text, &end);
    if (!g_ascii_isdigit(*text) || *end || !(seconds >= PULSE_MIN_S && seconds <= PULSE_MAX_S))
        return usage(error, "--pulse", text, "give seconds from 0.01 to 86400, as in 4 or 0.5");
    options->pulse = (gint64)(seconds * G_USEC_PER_SEC);
    return true;
}

/* What the host has to say to it comes later. */
static bool check_wishes(const struct options *options, GError **error)
{
    for (char **wish = options->fw_reg; wish && *wish; wish++)
        if (!fw_election_parse(*wish, error)) {
            g_prefix_error(error, "--fw-reg ");
            return false;
        }
    if (!options->hv_services || fw_election_parse_services(options->hv_services, error))
        return true;
    g_prefix_error(error, "--hv-services ");
    return false;
}

static bool check_all(struct options *options, GError **error)
{
    if (!check_pulse(options, error) || !check_wishes(options, error) ||
        !check_window(options, error) || !check_abi(options, error) ||
        !check_poison(options, error) || !check_strict(options, error))
        return false;
    if (options_are_restored(options))
        return check_numbers(options, error) && check_trace(options, error) &&
               check_sve(options, error) && check_restored(options, error);
    if (!check_numbers(options, error) || !check_kernels(options, error) ||
        !check_max_vtl(options, error) || !check_memory(options, error) ||
        !check_vmbus(options, error) || !check_dump(options, error) ||
        !check_trace(options, error) || !check_sve(options, error) ||
        !check_cpu(options, error) ||
        !check_devices(options, error))
        return false;
    fill_consoles(options);
    return true;
}

/* The options of one VTL, as a group of their own; the long names must outlive the context. */
static void add_level_options(struct option_table *table, struct options *options, unsigned vtl,
                              GStringChunk *names)
{
    struct level_options *level = &options->level[vtl];
    const struct {
        const char *name;
        GOptionArg type;
        gpointer value;
        const char *help;
        const char *argument;
    } rows[] = {
        {"kernel", G_OPTION_ARG_FILENAME, &level->kernel, "the kernel or payload to load", "FILE"},
        {"initrd", G_OPTION_ARG_FILENAME, &level->initrd, "its initial RAM disk", "FILE"},
        {"cmdline", G_OPTION_ARG_STRING, &level->command_line, "its command line", "STRING"},
        {"console", G_OPTION_ARG_STRING, &level->console,
         "its PL011: stdio, file:PATH, pty, unix:PATH or null (stdio if it has a kernel)", "WHERE"},
        {"vmbus", G_OPTION_ARG_STRING, &level->vmbus_text,
         vtl == 0 ? "its VMBus, with integration services: on or off (on if there is no VTL2)"
                  : vtl == 1 ? "its VMBus, with integration services: on or off (off)"
                             : "its VMBus, with integration services: on or off (on)", "on|off"},
        {"symbols", G_OPTION_ARG_FILENAME, &level->symbols,
         "names of its functions, for --strict and last registers: ELF, or text as in System.map",
         "FILE"},
        {"memory", G_OPTION_ARG_STRING, &level->memory_text,
         "RAM set aside for it at the top (128M; VTL0 has the rest)", "SIZE"},
    };
    size_t count = G_N_ELEMENTS(rows) - (vtl == 0);
    GOptionEntry entries[G_N_ELEMENTS(rows) + 1] = {0};

    for (size_t i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("vtl%u-%s", vtl, rows[i].name);

        entries[i] = (GOptionEntry){
            .long_name = g_string_chunk_insert(names, name),
            .arg = rows[i].type,
            .arg_data = rows[i].value,
            .description = rows[i].help,
            .arg_description = rows[i].argument,
        };
    }
    option_table_add(table, entries);
}

static void add_options(struct option_table *table, struct options *options, GStringChunk *names)
{
    g_autofree char *kinds = trace_kind_names(), *filter_help = g_strdup_printf(
        "only lines of these kinds (switch,call) or all but those (-device): %s", kinds);
    const GOptionEntry entries[] = {
        {"cpus", 'c', 0, G_OPTION_ARG_STRING, &options->cpus_text, "virtual processors (1)", "N"},
        {"memory", 'm', 0, G_OPTION_ARG_STRING, &options->memory_text, "guest RAM (512M)", "SIZE"},
        {"igvm", 0, 0, G_OPTION_ARG_FILENAME, &options->igvm,
         "load VTL2 from an IGVM file for arm64 instead of --vtl2-kernel", "FILE"},
        {"boot-vtl", 0, 0, G_OPTION_ARG_STRING, &options->boot_vtl_text,
         "the VTL that starts (default: the highest with a kernel)", "N"},
        {"max-vtl", 0, 0, G_OPTION_ARG_STRING, &options->max_vtl_text,
         "the highest VTL that the guest may enable (the highest with a kernel)", "N"},
        {"vtl0-devices", 0, 0, G_OPTION_ARG_STRING, &options->vtl0_devices,
         "who emulates VTL0's console (and clock): vtlemu (default) or higher, a paravisor that "
         "intercepts", "WHO"},
        {"sve", 0, 0, G_OPTION_ARG_STRING, &options->sve_text,
         "SVE for all VTLs: on (vectors as long as the host's), the longest in bits, or off (off)",
         "BITS"},
        {"cpu", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->cpu,
         "processor features that guests do not see, as in -sha512,-rng (vtlemu cpu-features lists "
         "them); may be repeated", "-NAME,.."},
        {"disabled-cpu-features", 0, 0, G_OPTION_ARG_STRING, &options->cpu_banks,
         "the same as Hyper-V's two banks: bank0=MASK,bank1=MASK, where a set bit disables",
         "BANKS"},
        {"register-window", 0, 0, G_OPTION_ARG_STRING, &options->window_text,
         "registers by a program in the kernel, which makes switches fast and exact: on, off, verify "
         "to compare them with KVM's, or auto: on if it can be had and there is a VTL above 0 (auto)",
         "HOW"},
        {"bank-policy", 0, 0, G_OPTION_ARG_FILENAME, &options->bank_policy,
         "which registers the VTLs of a VP share: tlfs, linux, spe-private, or a file "
         "(vtlemu banks shows them; tlfs)", "WHICH"},
        {"poison", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_STRING, &options->poison_text,
         "at a switch, damage what the policy lets it corrupt: corruptible; unspecified: that and "
         "what the specification is silent about (off; the option alone: corruptible)", "WHAT"},
        {"strict", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_STRING, &options->strict_text,
         "tell what guests do against the specification: warn goes on, with exit status 5 at the end, "
         "stop ends the run at once (warn)", "warn|stop"},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &options->report,
         "at the end, write which rules, hypercalls and registers the guest has used, and which not; "
         "JSON if FILE ends in .json", "FILE"},
        {"vtl-call-abi", 0, 0, G_OPTION_ARG_STRING, &options->call_abi,
         "how a guest calls a higher VTL: hvc2, or smccc:ID, a function of the SMC Calling Convention "
         "(hvc2)", "ABI"},
        {"vtl-return-abi", 0, 0, G_OPTION_ARG_STRING, &options->return_abi,
         "how it returns: hvc3, or smccc:ID (hvc3)", "ABI"},
        {"fw-reg", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->fw_reg,
         "what the guest sees of a firmware register: std=trng_v1_0, vendor-hyp=-ptp, "
         "psci-version=1.1; may be repeated (all that the host has)", "REG=VALUE"},
        {"fw-regs", 0, 0, G_OPTION_ARG_FILENAME, &options->fw_regs,
         "the same from a JSON file, before the other options", "FILE"},
        {"hv-services", 0, 0, G_OPTION_ARG_STRING, &options->hv_services,
         "which of Hyper-V's services the guest sees: all, none, or a list (all)", "LIST"},
        {"dump-dtb", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->dump_dtb,
         "write the device tree of VTL N to PATH; may be repeated", "N:PATH"},
        {"trace", 0, 0, G_OPTION_ARG_FILENAME, &options->trace,
         "write a line for every exit and switch", "FILE"},
        {"trace-filter", 0, 0, G_OPTION_ARG_STRING, &options->trace_filter,
         g_string_chunk_insert(names, filter_help), "KINDS"},
        {"log-level", 0, 0, G_OPTION_ARG_STRING, &options->log_level,
         "error, warning, info or debug (warning)", "LEVEL"},
        {"timeout", 0, 0, G_OPTION_ARG_STRING, &options->timeout_text,
         "end the run after so many seconds, with status 124 (0: never)", "SECONDS"},
        {"summary", 0, 0, G_OPTION_ARG_NONE, &options->summary,
         "at the end, print switches and exits in numbers", NULL},
        {"no-reboot", 0, 0, G_OPTION_ARG_NONE, &options->no_reboot,
         "end the run when the guest asks for a reset", NULL},
        {"restore", 0, 0, G_OPTION_ARG_FILENAME, &options->restore,
         "go on with the machine of a snapshot, which says what it is; consoles, traces and kernels "
         "for a later reset may be given", "FILE"},
        {"incoming", 0, 0, G_OPTION_ARG_STRING, &options->incoming,
         "wait for a guest that vtlemu migrate moves here, at unix:PATH or tcp:HOST:PORT, and go on "
         "with it; consoles, traces and kernels for a later reset may be given", "ADDRESS"},
        {"pulse", 0, 0, G_OPTION_ARG_STRING, &options->pulse_text,
         "every so often save the machine, tear it down and restore it: a test", "SECONDS"},
        {"control", 0, 0, G_OPTION_ARG_FILENAME, &options->control,
         "listen on this UNIX socket for vtlemu snapshot, migrate and fw-regs guest", "SOCKET"},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "show this text", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };

    option_table_add(table, entries);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        add_level_options(table, options, vtl, names);
}

static GOptionContext *make_context(void)
{
    GOptionContext *context = g_option_context_new("- run a guest with Virtual Trust Levels");

    g_option_context_set_summary(context, summary_text);
    g_option_context_set_description(context, description_text);
    /* GOption's own --help would exit the program behind our back. */
    g_option_context_set_help_enabled(context, FALSE);
    return context;
}

static bool parse(struct option_table *table, int argc, char **argv, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (!option_table_parse(table, &argc, &argv, &cause)) {
        emu_set_error(error, EMU_ERROR_USAGE, "%s (see vtlemu run --help)", cause->message);
        return false;
    }
    if (argc > 1) {
        emu_set_error(error, EMU_ERROR_USAGE, "%s: not an option (see vtlemu run --help)", argv[1]);
        return false;
    }
    return true;
}

struct options *options_parse(int argc, char **argv, bool *help, GError **error)
{
    struct options *options = g_new0(struct options, 1);
    GStringChunk *names = g_string_chunk_new(256);
    GOptionContext *context = make_context();
    struct option_table *table = option_table_new(context);
    bool good;

    add_options(table, options, names);
    bank_policy_init(&options->policy);
    good = parse(table, argc, argv, error);
    *help = good && options->help;
    if (*help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

        g_print("%s\n", text);
    }
    good = good && !*help && check_all(options, error);
    option_table_free(table);
    g_option_context_free(context);
    g_string_chunk_free(names);
    if (good)
        return options;
    options_free(options);
    return NULL;
}

void options_free(struct options *options)
{
    if (!options)
        return;
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        struct level_options *level = &options->level[vtl];

        g_free(level->kernel);
        g_free(level->initrd);
        g_free(level->command_line);
        g_free(level->console);
        g_free(level->memory_text);
        g_free(level->vmbus_text);
        g_free(level->symbols);
        g_free(level->dump_dtb);
    }
    g_free(options->cpus_text);
    g_free(options->boot_vtl_text);
    g_free(options->max_vtl_text);
    g_free(options->timeout_text);
    g_free(options->sve_text);
    g_free(options->window_text);
    g_free(options->strict_text);
    g_free(options->report);
    g_free(options->cpu_banks);
    g_strfreev(options->cpu);
    g_free(options->memory_text);
    g_free(options->igvm);
    g_free(options->trace);
    g_free(options->trace_filter);
    g_free(options->log_level);
    g_free(options->vtl0_devices);
    g_free(options->restore);
    g_free(options->incoming);
    g_free(options->pulse_text);
    g_free(options->control);
    g_strfreev(options->dump_dtb);
    g_free(options->fw_regs);
    g_free(options->hv_services);
    g_free(options->call_abi);
    g_free(options->poison_text);
    g_free(options->bank_policy);
    g_free(options->return_abi);
    g_strfreev(options->fw_reg);
    g_free(options->restored_election);
    g_free(options);
}

bool options_has_kernel(const struct options *options, unsigned vtl)
{
    return options->restored_kernels & 1u << vtl || options->level[vtl].kernel ||
           (vtl == VTL_PARAVISOR && options->igvm);
}

bool options_are_restored(const struct options *options)
{
    return options->restore || options->incoming;
}

bool options_can_boot(const struct options *options)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (options->restored_kernels & 1u << vtl && !options->level[vtl].kernel &&
            !(vtl == VTL_PARAVISOR && options->igvm))
            return false;
    return true;
}

char *options_disabling(const struct options *options, size_t feature)
{
    for (char **names = options->cpu; names && *names; names++) {
        struct cpu_disabled these = {0};
        g_autofree char *what = NULL;

        if (cpu_disabled_parse_names(*names, &these, &what) && cpu_is_disabled(&these, feature))
            return g_strdup_printf("--cpu %s", *names);
    }
    return g_strdup_printf("--disabled-cpu-features %s", options->cpu_banks);
}

uint16_t options_vtls(const struct options *options)
{
    uint16_t set = 1;

    for (unsigned vtl = 1; vtl < VTL_LEVELS; vtl++)
        set |= options_has_kernel(options, vtl) ? 1u << vtl : 0;
    return set;
}

uint16_t options_vmbuses(const struct options *options)
{
    uint16_t set = 0;

    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        set |= options->level[vtl].vmbus ? 1u << vtl : 0;
    return set;
}
