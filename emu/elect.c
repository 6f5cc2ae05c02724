/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elections on KVM: see elect.h. */
#include "emu/elect.h"

#include <errno.h>
#include <linux/kvm.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/file.h"
#include "emu/kvm.h"
#include "emu/machine.h"
#include "emu/manifest.h"
#include "emu/stolen.h"

#define FILE_MAX MIB /* of --fw-regs */

static int get_register(void *context, uint64_t id, uint64_t *value)
{
    const int *fd = context;

    *value = 0;
    return kvm_get_one_reg(*fd, id, value);
}

static int set_register(void *context, uint64_t id, uint64_t value)
{
    const int *fd = context;

    return kvm_set_one_reg(*fd, id, &value);
}

static bool is_firmware(uint64_t id)
{
    return (id & FW_ID_CLASS) == FW_ID_FIRMWARE || (id & FW_ID_CLASS) == FW_ID_FEATURES;
}

/* KVM tells how many there are, if there is no room for them (api.rst, KVM_GET_REG_LIST). */
static struct kvm_reg_list *read_list(int fd)
{
    struct kvm_reg_list ask = {0}, *list;

    if (kvm_ioctl(fd, KVM_GET_REG_LIST, &ask) != -E2BIG)
        return NULL;
    list = g_malloc0(sizeof(*list) + ask.n * sizeof(list->reg[0]));
    list->n = ask.n;
    if (kvm_ioctl(fd, KVM_GET_REG_LIST, list) == 0)
        return list;
    g_free(list);
    return NULL;
}

static int list_registers(void *context, uint64_t *ids, size_t max)
{
    const int *fd = context;
    g_autofree struct kvm_reg_list *list = read_list(*fd);
    size_t count = 0;

    for (uint64_t i = 0; list && i < list->n; i++) {
        if (!is_firmware(list->reg[i]))
            continue;
        if (count < max)
            ids[count] = list->reg[i];
        count++;
    }
    return list ? (int)count : -EIO;
}

struct fw_access elect_access(const int *fd)
{
    return (struct fw_access){.get = get_register, .set = set_register, .list = list_registers,
                              .context = (void *)fd};
}

static int discover_on(int kvm, int vm, struct fw_host *host)
{
    struct vcpu vcpu = {0};
    struct fw_access access = elect_access(&vcpu.fd);
    int error = vcpu_open(&vcpu, kvm, vm, 0, 0);

    if (error == 0)
        error = fw_host_discover(&access, host);
    vcpu_close(&vcpu);
    return error;
}

int elect_discover(int kvm, struct fw_host *host)
{
    int vm = vm_create(kvm), error;

    if (vm < 0)
        return vm;
    error = discover_on(kvm, vm, host);
    close(vm);
    return error;
}

/* --- Choosing --------------------------------------------------------------------------------- */

static bool wish_all(struct machine *machine, const GPtrArray *wishes, GError **error)
{
    for (guint i = 0; i < wishes->len; i++)
        if (!fw_election_wish(&machine->election, &machine->fw_host, wishes->pdata[i], error))
            return false;
    return true;
}

/* Without being asked for, stolen time is only where no protection of another VTL is concerned. */
static void drop_stolen_time(struct machine *machine)
{
    if (machine->options->max_vtl == 0 && stolen_is_there(machine->kvm))
        return;
    for (size_t i = 0; i < machine->election.count; i++)
        if (machine->election.reg[i].id == FW_ID_STD_HYP)
            machine->election.reg[i].value &= ~FW_STD_HYP_PV_TIME;
}

/* A manifest says what hosts can have: no more of a wish than a default is. */
static bool choose_by_manifest(struct machine *machine, const char *text, size_t size,
                               GError **error)
{
    drop_stolen_time(machine);
    return manifest_require(machine, text, size, error);
}

static bool choose_by_file(struct machine *machine, GError **error)
{
    const char *path = machine->options->fw_regs;
    g_autoptr(GBytes) file = path ? file_read("--fw-regs ", path, FILE_MAX, error) : NULL;
    g_autoptr(GPtrArray) wishes = NULL;
    const char *text;
    gsize size;

    if (!file)
        return !path;
    text = g_bytes_get_data(file, &size);
    wishes = fw_election_read(text, size, error);
    if (wishes && wish_all(machine, wishes, error) &&
        (!manifest_is(text, size) || choose_by_manifest(machine, text, size, error)))
        return true;
    g_prefix_error(error, "--fw-regs %s: ", path);
    return false;
}

static bool choose_by_options(struct machine *machine, GError **error)
{
    const struct options *options = machine->options;

    if (!choose_by_file(machine, error))
        return false;
    if (options->hv_services &&
        !fw_election_wish_services(&machine->election, &machine->fw_host, options->hv_services,
                                   error)) {
        g_prefix_error(error, "--hv-services %s: ", options->hv_services);
        return false;
    }
    for (char **wish = options->fw_reg; wish && *wish; wish++)
        if (!fw_election_wish(&machine->election, &machine->fw_host, *wish, error)) {
            g_prefix_error(error, "--fw-reg ");
            return false;
        }
    return true;
}

static void set_defaults(struct machine *machine)
{
    fw_election_default(&machine->election, &machine->fw_host);
    drop_stolen_time(machine);
}

static bool refuse(GError **error, const char *what)
{
    emu_set_error(error, EMU_ERROR_USAGE, "%s", what);
    return false;
}

/* What this machine needs of its services, and of its host. */
static bool check_machine(const struct machine *machine, GError **error)
{
    struct vtl_services services = elect_services(&machine->election);
    uint64_t std_hyp = fw_election_value(&machine->election, FW_ID_STD_HYP);

    if (machine->options->max_vtl > 0 && !vtl_has_vsm(&services, VTL_VSM_VTLS))
        return refuse(error, "a guest with VTLs above 0 needs hv-vsm=vtls, which is not elected; "
                      "give --fw-reg hv-vsm=+vtls, or a kernel at VTL0 only and no --max-vtl");
    if (machine->options->higher_has_devices && !vtl_has_vsm(&services, VTL_VSM_INTERCEPTS))
        return refuse(error, "--vtl0-devices higher: the higher VTL needs hv-vsm=intercepts, which "
                      "is not elected; give --fw-reg hv-vsm=+intercepts");
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (machine->options->level[vtl].vmbus_text && machine->options->level[vtl].vmbus &&
            !services.vmbus) {
            emu_set_error(error, EMU_ERROR_USAGE, "--vtl%u-vmbus on: hv-vmbus=bus is not elected; "
                          "give --fw-reg hv-vmbus=+bus, or leave this out", vtl);
            return false;
        }
    if (std_hyp & FW_STD_HYP_PV_TIME && !stolen_is_there(machine->kvm)) {
        emu_set_error(error, EMU_ERROR_SETUP, "std-hyp=pv_time: this host's kernel does not tell "
                      "stolen time (CONFIG_SCHED_INFO); leave it out");
        return false;
    }
    return true;
}

static void tell_choice(const struct machine *machine)
{
    for (size_t i = 0; i < machine->election.count; i++) {
        const struct fw_elected *elected = &machine->election.reg[i];
        g_autofree char *title = fw_reg_title(elected->id);
        g_autofree char *text = fw_reg_text(elected->id, elected->value);

        g_info("guests see %s=%s", title, text);
    }
}

bool elect_choose(struct machine *machine, GError **error)
{
    const struct fw_election *restored = machine->options->restored_election;
    int result = elect_discover(machine->kvm, &machine->fw_host);

    if (result < 0) {
        emu_set_error(error, EMU_ERROR_SETUP, "KVM does not tell its firmware registers: %s",
                      g_strerror(-result));
        return false;
    }
    set_defaults(machine);
    if (restored ? !fw_election_adopt(&machine->election, &machine->fw_host, restored, error)
                 : !choose_by_options(machine, error) ||
                   !fw_election_check(&machine->election, &machine->fw_host, error))
        return false;
    tell_choice(machine);
    return check_machine(machine, error);
}

struct vtl_services elect_services(const struct fw_election *election)
{
    return (struct vtl_services){
        .features = fw_election_value(election, FW_ID_HV_FEATURES),
        .calls = fw_election_value(election, FW_ID_HV_CALLS),
        .vsm = fw_election_value(election, FW_ID_HV_VSM),
        .vmbus = fw_election_value(election, FW_ID_HV_VMBUS),
    };
}

/* --- Applying --------------------------------------------------------------------------------- */

bool elect_apply(struct machine *machine, unsigned vtl, GError **error)
{
    struct fw_access access = elect_access(&machine->vps[0].level[vtl].vcpu.fd);

    if (!fw_election_write(&machine->election, &access, error)) {
        g_prefix_error(error, "VTL%u: ", vtl);
        return false;
    }
    if (fw_election_value(&machine->election, FW_ID_VENDOR_HYP_2) &&
        !implementations_find(machine, vtl, error))
        return false;
    return !(fw_election_value(&machine->election, FW_ID_STD_HYP) & FW_STD_HYP_PV_TIME) ||
           stolen_open(machine, vtl, error);
}
