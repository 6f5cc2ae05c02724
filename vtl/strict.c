/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules, a row each: see strict.h. */
#include "vtl/strict.h"

#include <stdarg.h>

#include "vtl/audit.h"

#define CALLS "TLFS, Hypercall Interface, "
#define MESSAGES "TLFS, Inter-Partition Communication, "
#define SECURE "TLFS, Virtual Secure Mode, "

const struct strict_row strict_rows[STRICT_RULES] = {
    [STRICT_CONTROL_RESERVED] = {
        "control-reserved", "reserved bits of the hypercall control word are zero",
        CALLS "\"Hypercall Inputs\"",
        "leave bits 30:27, 47:44 and 63:60 zero, and bit 31, which asks for an outer hypervisor"},
    [STRICT_CONTROL_SHAPE] = {
        "control-shape",
        "a rep count is for rep calls only and above the start index, a variable header for calls "
        "that take one",
        CALLS "\"Hypercall Inputs\" and \"Variable Sized Hypercall Input Headers\"",
        "see the call's row in the specification: simple or rep, with variable header or without"},
    [STRICT_BLOCK_PLACE] = {
        "block-place",
        "input and output blocks begin at multiples of 8, cross no page and do not overlap",
        CALLS "\"Alignment Requirements\"", "give each a page of its own"},
    [STRICT_BLOCK_OVERLAY] = {
        "block-overlay",
        "input and output blocks are not in overlay pages: SynIC pages, VP assist page, reference "
        "TSC page",
        CALLS "\"Alignment Requirements\"", "give them ordinary pages"},
    [STRICT_INPUT_WRITABLE] = {
        "input-writable",
        "nobody changes the input of a call that is under way: no lower VTL that runs may write to "
        "the page",
        CALLS "\"Hypercall Atomicity and Ordering\"; " SECURE "\"Memory Access Protections\"",
        "make the call fast, or take the right to write the page away from lower VTLs before they "
        "run (HvCallModifyVtlProtectionMask)"},
    [STRICT_INPUT_RESERVED] = {
        "input-reserved", "reserved fields of a call's input are zero",
        "TLFS, Hypercall Reference, RsvdZ fields of each call",
        "clear the block before it is filled in"},
    [STRICT_INPUT_VTL] = {
        "input-vtl", "bits 7:5 of HV_INPUT_VTL are zero", "TLFS, HV_INPUT_VTL",
        "bits 3:0 are the VTL, bit 4 says that it counts"},
    [STRICT_PROTECTION_FLAGS] = {
        "protection-flags", "of the flags of a protection only the defined ones are set",
        "TLFS, HvCallModifyVtlProtectionMask, HV_MAP_GPA_FLAGS",
        "bits 3:0 are read, write, kernel and user execute"},
    [STRICT_PROTECTION_UNCHANGED] = {
        "protection-unchanged", "a protection call changes the rights of at least one of its pages",
        SECURE "\"Memory Access Protections\"; what changes nothing is a mistake of somebody's "
        "books, and costs all VPs a pause",
        "keep a record of what has been set, and set it once"},
    [STRICT_PROTECTION_RELEASES] = {
        "protection-releases",
        "a page is not given to lower VTLs to write while it is a SynIC page or VP assist page",
        SECURE "\"Memory Access Protections\"; what is in there, the VTL believes",
        "disable the page in its register first"},
    [STRICT_GUEST_OS_ID] = {
        "guest-os-id", "before GuestOsId is set, only the early registers are used",
        CALLS "\"Reporting the Guest OS Identity\"", "write GuestOsId (0x90002) first"},
    [STRICT_REGISTER_RESERVED] = {
        "register-reserved", "reserved bits of a register are written as they are read, zero",
        "TLFS, the register's layout: RsvdZ and RsvdP fields", "read, change, write"},
    [STRICT_SYNIC_IN_USE] = {
        "synic-in-use",
        "message page and event page stay while the SynIC is on and a SINT is unmasked",
        MESSAGES "\"SINTx Registers\", \"SIMP Register\", \"SIEFP Register\": what comes meanwhile "
        "waits, or is lost",
        "mask the SINTs, or clear SCONTROL, first"},
    [STRICT_ASSIST_IN_USE] = {
        "assist-in-use",
        "the VP assist page stays while intercept messages (InterceptPage) or VINA use it",
        SECURE "\"Virtual Interrupt Notification Assist\"; OpenVMM, hvdef, HvVpAssistPage",
        "turn these off first (VsmPartitionConfig, VsmVina)"},
    [STRICT_PAGE_PLACE] = {
        "page-place", "a page that is enabled is memory, and the VTL may write to it",
        MESSAGES "\"SIMP Register\": \"will not be accessible to the guest\"",
        "give the GPA of a page of RAM; a virtual address is none"},
    [STRICT_PAGE_OVERLAP] = {
        "page-overlap",
        "no two of the SynIC pages, VP assist page and reference TSC page, of whatever VPs, are one",
        MESSAGES "\"SIM Page\" and \"SIEF Page\": \"will result in undefined behavior\"",
        "give each VP and each VTL pages of its own"},
    [STRICT_SINT_VECTOR] = {
        "sint-vector", "an unmasked SINT has a vector from 16 on", MESSAGES "\"SINTx Registers\"",
        "take the INTID of a PPI, which the device tree's vmbus node names"},
    [STRICT_HVC_IMMEDIATE] = {
        "hvc-immediate", "HVC has an immediate from 0 to 3",
        CALLS "\"Hypercall Register Conventions (ARM64)\"; " SECURE "\"VTL Call\", \"VTL Return\"",
        "0 is the SMC Calling Convention, 1 a hypercall, 2 a VTL call, 3 a VTL return"},
    [STRICT_SWITCH_NOWHERE] = {
        "switch-nowhere", "a VTL call needs an enabled VTL above, a VTL return one below",
        SECURE "\"VTL Call Restrictions\", \"VTL Return Control Input\"",
        "read VsmVpStatus (0xd0003): it tells the active VTL and those that are enabled"},
    [STRICT_RETURN_UNPREPARED] = {
        "return-unprepared",
        "a lower VTL has somewhere to begin: a kernel, an initial context, CPU_ON, or a PC",
        SECURE "\"VTL Enablement\" and \"VTL Return\"",
        "give it a context (HvCallEnableVpVtl, HvCallStartVirtualProcessor), or set its PC "
        "(HvCallSetVpRegisters)"},
};

void strict_check(struct vtl_vp *vp, enum strict_rule rule, bool good, const char *format, ...)
{
    struct vtl_audit *audit = vp->audit->whole;
    va_list arguments;
    char what[STRICT_TEXT];

    vp->audit->rule[rule].checked++;
    if (G_LIKELY(good))
        return;
    vp->audit->rule[rule].violated++;
    if (!audit->violated)
        return;
    va_start(arguments, format);
    g_vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    audit->violated(audit->context, vp, rule, what);
}
