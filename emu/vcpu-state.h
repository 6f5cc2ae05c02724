/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that KVM has of a vCPU that does not run, and back into a new one. */
#ifndef EMU_VCPU_STATE_H
#define EMU_VCPU_STATE_H

#include "emu/vcpu-image.h"
#include "emu/vcpu.h"

/* The ids of all registers of a vCPU, ascending, for g_free(); NULL with a negative errno. */
struct kvm_reg_list *vcpu_list_registers(int fd, int *result);

/* Into an initialized @image. A register of an unknown family is an error. */
bool vcpu_save(const struct vcpu *vcpu, struct vcpu_image *image, GError **error);

/*
 * Into a vCPU that vcpu_open() has just made and that has never run. A register that it lacks, or
 * that does not take its value, is an error that names both, but for vcpu_register_may_lack().
 */
bool vcpu_load(struct vcpu *vcpu, const struct vcpu_image *image, GError **error);

#endif
