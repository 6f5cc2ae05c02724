// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where this VTL is told of intercepts: in the VP assist page, if the hypervisor can
 * (VsmCapabilities), or else in SINT 0's slot of the SynIC's message page.
 */
#include <linux/bits.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/string.h>
#include <asm/mshyperv.h>

#include "hv_vtl-private.h"

static bool use_sint;
module_param(use_sint, bool, 0444);
MODULE_PARM_DESC(use_sint, "messages by SINT 0, even if the VP assist page could have them");

#define VSM_CAPABILITIES 0x000d0006
#define VSM_PARTITION_CONFIG 0x000d0007
#define CAPABILITY_INTERCEPT_PAGE BIT_ULL(27)
#define CONFIG_INTERCEPT_PAGE BIT_ULL(12)

#define PAGE_ENABLE 1ull
#define SCONTROL_ENABLE 1ull
#define SINT_POLLING BIT_ULL(18) /* a message, no interrupt: the VTL is entered anyway */
#define SINT_VECTOR 0x12ull      /* some valid one */
#define SINT_MASKED BIT_ULL(16)

u64 hv_vtl_capabilities;
bool hv_vtl_intercept_page;

static u64 get_own(u32 name)
{
    u64 value[2] = {};

    return hv_vtl_get_register(HV_VTL_VP_SELF, HV_VTL_OWN, name, value) ? 0 : value[0];
}

static int set_own(u32 name, u64 low)
{
    u64 value[2] = {low};
    u64 status = hv_vtl_set_register(HV_VTL_VP_SELF, HV_VTL_OWN, name, value);

    if (!status)
        return 0;
    pr_err("hv_vtl: the hypervisor refuses 0x%llx for register 0x%x: status 0x%llx\n", low, name,
           status);
    return -EIO;
}

u64 hv_vtl_partition_config(u64 wanted)
{
    return (wanted & ~CONFIG_INTERCEPT_PAGE) | (hv_vtl_intercept_page ? CONFIG_INTERCEPT_PAGE : 0);
}

int hv_vtl_message_init(void)
{
    hv_vtl_capabilities = get_own(VSM_CAPABILITIES);
    hv_vtl_intercept_page = hv_vtl_capabilities & CAPABILITY_INTERCEPT_PAGE && !use_sint;
    return set_own(VSM_PARTITION_CONFIG, hv_vtl_partition_config(get_own(VSM_PARTITION_CONFIG)));
}

void hv_vtl_message_exit(void)
{
    set_own(VSM_PARTITION_CONFIG, get_own(VSM_PARTITION_CONFIG) & ~CONFIG_INTERCEPT_PAGE);
}

/* Linux may have given the SynIC its pages already, for VMBus. */
static int find_sim(struct hv_vtl_cpu *cpu)
{
    u64 simp = get_own(HV_REGISTER_SIMP);

    cpu->owns_sim = !(simp & PAGE_ENABLE);
    if (!cpu->owns_sim) {
        cpu->sim = phys_to_virt(simp & PAGE_MASK);
        return 0;
    }
    cpu->sim = cpu->assist + PAGE_SIZE;
    memset(cpu->sim, 0, PAGE_SIZE);
    return set_own(HV_REGISTER_SIMP, virt_to_phys(cpu->sim) | PAGE_ENABLE);
}

static int sint_online(struct hv_vtl_cpu *cpu)
{
    int error = find_sim(cpu);

    if (!error)
        error = set_own(HV_REGISTER_SINT0, SINT_VECTOR | SINT_POLLING);
    return error ? error : set_own(HV_REGISTER_SCONTROL, SCONTROL_ENABLE);
}

int hv_vtl_message_online(struct hv_vtl_cpu *cpu)
{
    int error = set_own(HV_REGISTER_VP_ASSIST_PAGE, virt_to_phys(cpu->assist) | PAGE_ENABLE);

    if (!error && !hv_vtl_intercept_page)
        error = sint_online(cpu);
    return error;
}

void hv_vtl_message_offline(struct hv_vtl_cpu *cpu)
{
    set_own(HV_REGISTER_VP_ASSIST_PAGE, 0);
    if (hv_vtl_intercept_page)
        return;
    set_own(HV_REGISTER_SINT0, SINT_MASKED | SINT_VECTOR);
    if (cpu->owns_sim)
        set_own(HV_REGISTER_SIMP, 0);
}

u32 hv_vtl_entry_reason(const struct hv_vtl_cpu *cpu)
{
    const struct hv_vp_assist_page *page = cpu->assist;

    return READ_ONCE(page->vtl_entry_reason);
}

/* TLFS, "SynIC Message Queue": an empty slot has type 0; EOM if there is more. */
static bool take_from_slot(struct hv_vtl_cpu *cpu, void *message)
{
    struct hv_message *slot = cpu->sim;

    if (READ_ONCE(slot->header.message_type) == HVMSG_NONE)
        return false;
    memcpy(message, slot, sizeof(*slot));
    WRITE_ONCE(slot->header.message_type, HVMSG_NONE);
    mb(); /* the slot is empty before the hypervisor looks for the next message */
    if (slot->header.message_flags.msg_pending)
        set_own(HV_REGISTER_EOM, 0);
    return true;
}

bool hv_vtl_take_message(struct hv_vtl_cpu *cpu, u32 reason, void *message)
{
    const struct hv_vp_assist_page *page = cpu->assist;

    if (!hv_vtl_intercept_page)
        return take_from_slot(cpu, message);
    if (reason != HV_VTL_ENTRY_INTERCEPT)
        return false;
    memcpy(message, page->intercept_message, sizeof(page->intercept_message));
    return true;
}
