/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw KVM ioctls, one function each. All return 0 (or a file descriptor, or a capability's
 * value) or a negative errno. Source: Linux, Documentation/virt/kvm/api.rst.
 */
#ifndef EMU_KVM_H
#define EMU_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any ioctl on a KVM file descriptor, repeated when a signal interrupts it (but see kvm_run). */
int kvm_ioctl(int fd, unsigned long request, const void *argument);

/* /dev/kvm itself; checks the API version (-EPROTO). */
int kvm_open(void);

/* Value of a capability, 0 if it is not there. */
int kvm_check_extension(int fd, unsigned capability);
int kvm_enable_capability(int vm, unsigned capability);

int kvm_get_one_reg(int vcpu, uint64_t id, void *value);
int kvm_set_one_reg(int vcpu, uint64_t id, const void *value);

/* A device attribute: get, set or ask for it. @value's type is the attribute's. */
int kvm_set_attribute(int fd, uint32_t group, uint64_t attribute, const void *value);
int kvm_get_attribute(int fd, uint32_t group, uint64_t attribute, void *value);
/*
 * The same for state of a GIC of the vCPU with affinity @mpidr; @offset is what its attribute has in
 * the low half. No vCPU may be in KVM_RUN; shorter calls that keep KVM busy are waited for.
 */
int kvm_access_gic(int gic, uint32_t group, uint64_t mpidr, uint32_t offset, bool write,
                   void *value);
bool kvm_has_attribute(int fd, uint32_t group, uint64_t attribute);

#endif
