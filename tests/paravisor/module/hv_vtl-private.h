/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the module have in common.
 *
 *   main.c     the device, loading and unloading
 *   run.c      VTL0 on this CPU; switch.S is the switch itself
 *   calls.c    registers and hypercalls, and which of them user space may use
 *   memory.c   VTL0's RAM
 *   message.c  where intercept messages come: VP assist page or SINT 0
 */
#ifndef HV_VTL_PRIVATE_H
#define HV_VTL_PRIVATE_H

#include <linux/mm_types.h>
#include <linux/types.h>

#include "hv_vtl.h"

/* One CPU; it has these pages as long as the module is loaded. */
struct hv_vtl_cpu {
    struct hv_vtl_run *run;
    void *assist;     /* its VP assist page */
    void *sim;        /* the SynIC's message page, if messages come there */
    bool owns_sim;    /* it is ours, not Linux' */
    atomic_t running; /* some thread is in HV_VTL_RUN */
};

/* run.c */
struct hv_vtl_cpu *hv_vtl_cpu(unsigned int cpu);
int hv_vtl_run_init(void);
void hv_vtl_run_exit(void);
long hv_vtl_run(void);
int hv_vtl_run_mmap(struct vm_area_struct *vma);

/*
 * switch.S: VTL return with these X registers, until this VTL is entered again; they are then what
 * the lower VTL has left in them. Interrupts must be masked. The others: Q0-Q31.
 */
void hv_vtl_switch(__u64 *x);
void hv_vtl_load_q(const void *q);
void hv_vtl_store_q(void *q);

/* calls.c */
#define HV_VTL_OWN 2u /* the VTL that this module is for */
/* One register of @vtl on the calling CPU's VP; the status. */
u64 hv_vtl_get_register(u32 vp, u8 vtl, u32 name, u64 value[2]);
u64 hv_vtl_set_register(u32 vp, u8 vtl, u32 name, const u64 value[2]);
long hv_vtl_access_registers(struct hv_vtl_registers __user *user, bool set);
long hv_vtl_hypercall(struct hv_vtl_hypercall __user *user);

/* memory.c */
void hv_vtl_memory_init(void);
unsigned int hv_vtl_memory_ranges(void);
long hv_vtl_get_range(struct hv_vtl_range __user *user);
int hv_vtl_memory_mmap(struct vm_area_struct *vma);

/* message.c */
extern u64 hv_vtl_capabilities;
extern bool hv_vtl_intercept_page;
int hv_vtl_message_init(void);
void hv_vtl_message_exit(void);
/* On that CPU: the pages become known to the hypervisor, or are forgotten by it. */
int hv_vtl_message_online(struct hv_vtl_cpu *cpu);
void hv_vtl_message_offline(struct hv_vtl_cpu *cpu);
/* Why this VTL was entered (HV_VTL_ENTRY_REASON). */
u32 hv_vtl_entry_reason(const struct hv_vtl_cpu *cpu);
#define HV_VTL_ENTRY_CALL 1
#define HV_VTL_ENTRY_INTERRUPT 2
#define HV_VTL_ENTRY_INTERCEPT 3
/* Copies the message of an intercept, if there is one. */
bool hv_vtl_take_message(struct hv_vtl_cpu *cpu, u32 reason, void *message);

/* The bits that user space may not decide about: what is in force. */
u64 hv_vtl_partition_config(u64 wanted);

#endif
