// SPDX-License-Identifier: GPL-2.0-only
/*
 * VTL0 for the user space of Linux at VTL2 on arm64, by the hypervisor interface of Hyper-V.
 * hv_vtl.h is what user space sees.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <asm/mshyperv.h>

#include "hv_vtl-private.h"

static int device_open(struct inode *inode, struct file *file)
{
    return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static long get_info(struct hv_vtl_info __user *user)
{
    struct hv_vtl_info info = {
        .abi = HV_VTL_ABI,
        .vtl = HV_VTL_OWN,
        .run_size = PAGE_SIZE,
        .ranges = hv_vtl_memory_ranges(),
        .capabilities = hv_vtl_capabilities,
        .intercept_page = hv_vtl_intercept_page,
    };

    return copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
    void __user *user = (void __user *)argument;

    switch (command) {
    case HV_VTL_GET_INFO:
        return get_info(user);
    case HV_VTL_GET_RANGE:
        return hv_vtl_get_range(user);
    case HV_VTL_RUN:
        return hv_vtl_run();
    case HV_VTL_GET_REGISTERS:
        return hv_vtl_access_registers(user, false);
    case HV_VTL_SET_REGISTERS:
        return hv_vtl_access_registers(user, true);
    case HV_VTL_HYPERCALL:
        return hv_vtl_hypercall(user);
    default:
        return -ENOTTY;
    }
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
    return vma->vm_pgoff < HV_VTL_MAP_RAM >> PAGE_SHIFT ? hv_vtl_run_mmap(vma)
                                                        : hv_vtl_memory_mmap(vma);
}

static const struct file_operations operations = {
    .owner = THIS_MODULE,
    .open = device_open,
    .unlocked_ioctl = device_ioctl,
    .mmap = device_mmap,
};

static struct miscdevice device = {
    .minor = MISC_DYNAMIC_MINOR,
    .name = "hv_vtl",
    .fops = &operations,
    .mode = 0600,
};

/* No VP may be told by its assist page any more when the pages go. */
static void leave(void)
{
    hv_vtl_message_exit();
    hv_vtl_run_exit();
}

static int __init module_begin(void)
{
    int error;

    if (!hv_is_hyperv_initialized() || ms_hyperv.vtl != HV_VTL_OWN) {
        pr_err("hv_vtl: this Linux is not at VTL%u of Hyper-V's\n", HV_VTL_OWN);
        return -ENODEV;
    }
    hv_vtl_memory_init();
    error = hv_vtl_message_init();
    if (error)
        return error;
    error = hv_vtl_run_init();
    if (error) {
        hv_vtl_message_exit();
        return error;
    }
    error = misc_register(&device);
    if (error) {
        leave();
        return error;
    }
    pr_info("hv_vtl: messages by %s; %u range(s) of VTL0's RAM\n",
            hv_vtl_intercept_page ? "VP assist page" : "SINT 0", hv_vtl_memory_ranges());
    return 0;
}

static void __exit module_end(void)
{
    misc_deregister(&device);
    leave();
}

module_init(module_begin);
module_exit(module_end);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VTL0 for user space at VTL2, on arm64");
