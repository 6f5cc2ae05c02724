// SPDX-License-Identifier: GPL-2.0-only
/* Registers and hypercalls, and which of them user space may use: see hv_vtl.h. */
#include <linux/arm-smccc.h>
#include <linux/bitfield.h>
#include <linux/gfp.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/mshyperv.h>

#include "hv_vtl-private.h"

/* HV_INPUT_VTL: bits 3:0 the VTL, bit 4 "not the caller's". */
#define INPUT_VTL_USE 0x10u
#define INPUT_VTL0 INPUT_VTL_USE

/* Control word (TLFS, "Hypercall Inputs"). */
#define CONTROL_CODE GENMASK_ULL(15, 0)
#define CONTROL_REPS GENMASK_ULL(43, 32)
#define CONTROL_START GENMASK_ULL(59, 48)

/* Those that Linux' headers do not have (TLFS; layouts as in OpenVMM's hvdef). */
#define CALL_MODIFY_VTL_PROTECTION_MASK 0x000c
#define CALL_INSTALL_INTERCEPT 0x004d
#define CALL_GET_VP_REGISTERS 0x0050
#define CALL_SET_VP_REGISTERS 0x0051
#define CALL_TRANSLATE_VIRTUAL_ADDRESS 0x0052
#define CALL_ASSERT_VIRTUAL_INTERRUPT 0x0094
#define CALL_START_VIRTUAL_PROCESSOR 0x0099
#define CALL_GET_VP_INDEX 0x009a
#define CALL_TRANSLATE_VIRTUAL_ADDRESS_EX 0x00ac
#define CALL_CHECK_SPARSE_ACCESS 0x00d4

/* --- Registers -------------------------------------------------------------------------------- */

static u64 self_vtl(u32 vp, u8 vtl)
{
    return vp | (u64)(vtl == HV_VTL_OWN ? 0 : INPUT_VTL_USE | vtl) << 32;
}

u64 hv_vtl_get_register(u32 vp, u8 vtl, u32 name, u64 value[2])
{
    struct arm_smccc_1_2_regs args = {
        .a0 = HV_FUNC_ID,
        .a1 = CALL_GET_VP_REGISTERS | HV_HYPERCALL_FAST_BIT | HV_HYPERCALL_REP_COMP_1,
        .a2 = HV_PARTITION_ID_SELF,
        .a3 = self_vtl(vp, vtl),
        .a4 = name,
    };
    struct arm_smccc_1_2_regs result;

    arm_smccc_1_2_hvc(&args, &result);
    value[0] = result.a6;
    value[1] = result.a7;
    return hv_result(result.a0);
}

u64 hv_vtl_set_register(u32 vp, u8 vtl, u32 name, const u64 value[2])
{
    struct arm_smccc_1_2_regs args = {
        .a0 = HV_FUNC_ID,
        .a1 = CALL_SET_VP_REGISTERS | HV_HYPERCALL_FAST_BIT | HV_HYPERCALL_REP_COMP_1,
        .a2 = HV_PARTITION_ID_SELF,
        .a3 = self_vtl(vp, vtl),
        .a4 = name,
        .a6 = value[0],
        .a7 = value[1],
    };
    struct arm_smccc_1_2_regs result;

    arm_smccc_1_2_hvc(&args, &result);
    return hv_result(result.a0);
}

/*
 * Registers that all VTLs of a VP share: the hypervisor would read or write those of whoever runs,
 * which may be this very kernel. Numbers: TLFS, HV_REGISTER_NAME.
 */
static const struct {
    u32 first, last;
} shared[] = {
    {0x00020000, 0x00020011}, /* X0-X17 */
    {0x00020013, 0x0002001c}, /* X19-X28 */
    {0x00030000, 0x0003001f}, /* Q0-Q31 */
    {0x00030100, 0x00030130}, /* Z0-Z31, P0-P15, FFR */
};

static bool is_shared(u32 name)
{
    for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
        if (name >= shared[i].first && name <= shared[i].last)
            return true;
    return false;
}

#define VSM_PARTITION_CONFIG 0x000d0007

/* Of this VTL itself. */
static const struct {
    u32 name;
    bool write;
} own[] = {
    {0x00000100, false}, /* HypervisorVersion */
    {0x00000200, false}, /* PrivilegesAndFeaturesInfo */
    {0x00090003, false}, /* VpIndex */
    {0x00090004, false}, /* TimeRefCount */
    {0x000d0003, false}, /* VsmVpStatus */
    {0x000d0004, false}, /* VsmPartitionStatus */
    {0x000d0006, false}, /* VsmCapabilities */
    {VSM_PARTITION_CONFIG, true},
    {0x000d0008, true}, /* GuestVsmPartitionConfig */
    {0x000d0010, true}, /* VsmVpSecureConfigVtl0 */
};

static bool may_use_own(u32 name, bool write)
{
    for (size_t i = 0; i < ARRAY_SIZE(own); i++)
        if (own[i].name == name)
            return own[i].write || !write;
    return false;
}

static bool may_use(u32 vtl, u32 name, bool write)
{
    return vtl == 0 ? !is_shared(name) : may_use_own(name, write);
}

static void access_one(const struct hv_vtl_registers *list, struct hv_vtl_register *reg, bool set)
{
    if (set && list->vtl == HV_VTL_OWN && reg->name == VSM_PARTITION_CONFIG)
        reg->value[0] = hv_vtl_partition_config(reg->value[0]);
    reg->status = set ? hv_vtl_set_register(list->vp, list->vtl, reg->name, reg->value)
                      : hv_vtl_get_register(list->vp, list->vtl, reg->name, reg->value);
}

static long access_list(struct hv_vtl_registers *list, struct hv_vtl_register *registers, bool set)
{
    for (u32 i = 0; i < list->count; i++)
        if (!may_use(list->vtl, registers[i].name, set))
            return -EPERM;
    for (list->done = 0; list->done < list->count; list->done++) {
        access_one(list, &registers[list->done], set);
        if (registers[list->done].status != HV_STATUS_SUCCESS)
            break;
    }
    return 0;
}

long hv_vtl_access_registers(struct hv_vtl_registers __user *user, bool set)
{
    struct hv_vtl_register *registers __free(kfree) = NULL;
    struct hv_vtl_registers list;
    size_t size;
    long error;

    if (copy_from_user(&list, user, sizeof(list)))
        return -EFAULT;
    if (list.count > HV_VTL_REGISTERS_MAX || (list.vtl != 0 && list.vtl != HV_VTL_OWN))
        return -EINVAL;
    size = list.count * sizeof(*registers);
    registers = memdup_user(u64_to_user_ptr(list.registers), size);
    if (IS_ERR(registers)) {
        error = PTR_ERR(registers);
        registers = NULL;
        return error;
    }
    error = access_list(&list, registers, set);
    if (error)
        return error;
    if (copy_to_user(u64_to_user_ptr(list.registers), registers, size) ||
        copy_to_user(user, &list, sizeof(list)))
        return -EFAULT;
    return 0;
}

/* --- Hypercalls ------------------------------------------------------------------------------- */

/* HvCallGetVpRegisters and SetVpRegisters: header, then elements that begin with a name. */
struct registers_header {
    u64 partition;
    u32 vp;
    u8 vtl; /* HV_INPUT_VTL */
    u8 zero[3];
};

static bool check_register_names(const void *block, u64 control, size_t step)
{
    const struct registers_header *header = block;
    size_t reps = FIELD_GET(CONTROL_REPS, control);

    if (header->vtl != INPUT_VTL0 || sizeof(*header) + reps * step > SZ_4K)
        return false;
    for (size_t i = 0; i < reps; i++)
        if (is_shared(*(const u32 *)(block + sizeof(*header) + i * step)))
            return false;
    return true;
}

static bool check_get_registers(const void *block, u64 control)
{
    return check_register_names(block, control, sizeof(u32));
}

static bool check_set_registers(const void *block, u64 control)
{
    return check_register_names(block, control, 32);
}

/* The VTL to start is a plain number. */
static bool check_start(const void *block, u64 control)
{
    return ((const u8 *)block)[12] < HV_VTL_OWN;
}

static bool check_interrupt(const void *block, u64 control)
{
    return ((const u8 *)block)[28] < HV_VTL_OWN;
}

/* HV_INPUT_VTL of the address space, in the upper byte of the flags. */
static bool check_translate(const void *block, u64 control)
{
    u8 vtl = ((const u8 *)block)[23];

    return vtl >= INPUT_VTL_USE && vtl < INPUT_VTL_USE + HV_VTL_OWN;
}

/*
 * What user space may call. The hypervisor checks everything else; here is seen to it that no call
 * is about VTL2's own registers or memory. Protections hold for lower VTLs only.
 */
static const struct {
    u16 code;
    u16 least; /* bytes of input that check() looks at */
    bool (*check)(const void *block, u64 control);
} calls[] = {
    {CALL_MODIFY_VTL_PROTECTION_MASK, 16, NULL},
    {CALL_INSTALL_INTERCEPT, 24, NULL},
    {CALL_GET_VP_REGISTERS, 16, check_get_registers},
    {CALL_SET_VP_REGISTERS, 16, check_set_registers},
    {CALL_TRANSLATE_VIRTUAL_ADDRESS, 32, check_translate},
    {CALL_ASSERT_VIRTUAL_INTERRUPT, 32, check_interrupt},
    {CALL_START_VIRTUAL_PROCESSOR, 16, check_start},
    {CALL_GET_VP_INDEX, 16, NULL},
    {CALL_TRANSLATE_VIRTUAL_ADDRESS_EX, 32, check_translate},
    {CALL_CHECK_SPARSE_ACCESS, 16, NULL},
};

/* 0 if it may be made. @block is a page, zero behind what user space gave. */
static long judge(const struct hv_vtl_hypercall *call, const void *block)
{
    if (call->control & ~(CONTROL_CODE | CONTROL_REPS | CONTROL_START))
        return -EINVAL;
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        if (calls[i].code != FIELD_GET(CONTROL_CODE, call->control))
            continue;
        if (call->input_size < calls[i].least)
            return -EINVAL;
        return !calls[i].check || calls[i].check(block, call->control) ? 0 : -EPERM;
    }
    return -EPERM;
}

/* @pages: one for the input, one for the output; the hypervisor takes none larger than 4 KiB. */
static long make_call(struct hv_vtl_hypercall *call, void *pages)
{
    void *output = pages + SZ_4K;
    long error;

    if (copy_from_user(pages, u64_to_user_ptr(call->input), call->input_size))
        return -EFAULT;
    error = judge(call, pages);
    if (error)
        return error;
    call->result = hv_do_hypercall(call->control, pages, call->output_size ? output : NULL);
    if (copy_to_user(u64_to_user_ptr(call->output), output, call->output_size))
        return -EFAULT;
    return 0;
}

long hv_vtl_hypercall(struct hv_vtl_hypercall __user *user)
{
    struct hv_vtl_hypercall call;
    void *pages;
    long error;

    if (copy_from_user(&call, user, sizeof(call)))
        return -EFAULT;
    if (call.input_size > SZ_4K || call.output_size > SZ_4K)
        return -EINVAL;
    pages = alloc_pages_exact(2 * SZ_4K, GFP_KERNEL | __GFP_ZERO);
    if (!pages)
        return -ENOMEM;
    error = make_call(&call, pages);
    free_pages_exact(pages, 2 * SZ_4K);
    if (!error && put_user(call.result, &user->result))
        error = -EFAULT;
    return error;
}
