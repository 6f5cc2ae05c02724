/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw KVM ioctls: see kvm.h. */
#include "emu/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

int kvm_ioctl(int fd, unsigned long request, const void *argument)
{
    int result;

    do
        result = ioctl(fd, request, argument);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

int kvm_open(void)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
        close(fd);
        return -EPROTO;
    }
    return fd;
}

int kvm_check_extension(int fd, unsigned capability)
{
    int result = ioctl(fd, KVM_CHECK_EXTENSION, (unsigned long)capability);

    return result < 0 ? 0 : result;
}

int kvm_enable_capability(int vm, unsigned capability)
{
    struct kvm_enable_cap enable = {.cap = capability};

    return kvm_ioctl(vm, KVM_ENABLE_CAP, &enable);
}

int kvm_get_one_reg(int vcpu, uint64_t id, void *value)
{
    struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)value};

    return kvm_ioctl(vcpu, KVM_GET_ONE_REG, &reg);
}

int kvm_set_one_reg(int vcpu, uint64_t id, const void *value)
{
    struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)value};

    return kvm_ioctl(vcpu, KVM_SET_ONE_REG, &reg);
}

int kvm_set_attribute(int fd, uint32_t group, uint64_t attribute, const void *value)
{
    struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};

    return kvm_ioctl(fd, KVM_SET_DEVICE_ATTR, &attr);
}

int kvm_get_attribute(int fd, uint32_t group, uint64_t attribute, void *value)
{
    struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};

    return kvm_ioctl(fd, KVM_GET_DEVICE_ATTR, &attr);
}

/* Affinity in bits 63:32, Aff3 next to the others (devices/arm-vgic-v3.rst). */
static uint64_t gic_attribute(uint64_t mpidr, uint32_t offset)
{
    uint64_t affinity = (mpidr & 0xffffff) | (mpidr >> 8 & 0xff000000);

    return affinity << KVM_DEV_ARM_VGIC_V3_MPIDR_SHIFT | offset;
}

int kvm_access_gic(int gic, uint32_t group, uint64_t mpidr, uint32_t offset, bool write,
                   void *value)
{
    uint64_t attribute = gic_attribute(mpidr, offset);
    int error;

    do
        error = write ? kvm_set_attribute(gic, group, attribute, value)
                      : kvm_get_attribute(gic, group, attribute, value);
    while (error == -EBUSY && sched_yield() == 0);
    return error;
}

bool kvm_has_attribute(int fd, uint32_t group, uint64_t attribute)
{
    struct kvm_device_attr attr = {.group = group, .attr = attribute};

    return kvm_ioctl(fd, KVM_HAS_DEVICE_ATTR, &attr) == 0;
}
