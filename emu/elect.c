/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elections on KVM: see elect.h. */
#include "emu/elect.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/vcpu.h"
#include "emu/vm.h"

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
    struct vcpu vcpu;
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
