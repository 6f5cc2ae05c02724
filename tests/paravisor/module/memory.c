// SPDX-License-Identifier: GPL-2.0-only
/*
 * VTL0's RAM. Which it is says the device tree, as OpenHCL's boot shim tells its user space
 * (OpenVMM, openhcl_boot/src/dt.rs): /openhcl has a child memory@... for each range, with
 * openhcl,memory-type; Linux itself does not look at these.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/uaccess.h>

#include "hv_vtl-private.h"

#define MEMORY_TYPE "openhcl,memory-type"
#define MEMORY_TYPE_VTL0 0
#define RANGES_MAX 64

static struct hv_vtl_range ranges[RANGES_MAX];
static unsigned int range_count;

/* Memory that this Linux uses is none of VTL0's, whatever the tree says. */
static bool is_ours(u64 base, u64 size)
{
    return region_intersects(base, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
           REGION_DISJOINT;
}

static void note_range(struct device_node *node)
{
    u32 type;
    u64 base, size;

    if (of_property_read_u32(node, MEMORY_TYPE, &type) || type != MEMORY_TYPE_VTL0 ||
        of_property_read_u64_index(node, "reg", 0, &base) ||
        of_property_read_u64_index(node, "reg", 1, &size))
        return;
    if (!size || base + size < base || !PAGE_ALIGNED(base | size) || is_ours(base, size) ||
        range_count == RANGES_MAX) {
        pr_warn("hv_vtl: %pOF is no memory of VTL0's\n", node);
        return;
    }
    ranges[range_count] = (struct hv_vtl_range){.index = range_count, .base = base, .size = size};
    range_count++;
}

void hv_vtl_memory_init(void)
{
    struct device_node *parent = of_find_node_by_path("/openhcl");
    struct device_node *child;

    for_each_child_of_node(parent, child)
        note_range(child);
    of_node_put(parent);
}

unsigned int hv_vtl_memory_ranges(void)
{
    return range_count;
}

long hv_vtl_get_range(struct hv_vtl_range __user *user)
{
    u32 index;

    if (get_user(index, &user->index))
        return -EFAULT;
    if (!range_count)
        return -ENXIO;
    if (index >= range_count)
        return -EINVAL;
    return copy_to_user(user, &ranges[index], sizeof(*user)) ? -EFAULT : 0;
}

static bool is_vtl0(u64 base, u64 size)
{
    for (unsigned int i = 0; i < range_count; i++)
        if (base >= ranges[i].base && base - ranges[i].base < ranges[i].size &&
            size <= ranges[i].size - (base - ranges[i].base))
            return !is_ours(base, size);
    return false;
}

/* Normal memory, as VTL0 has it: the two see the same caches. */
int hv_vtl_memory_mmap(struct vm_area_struct *vma)
{
    u64 gpa = ((u64)vma->vm_pgoff << PAGE_SHIFT) - HV_VTL_MAP_RAM;
    u64 size = vma->vm_end - vma->vm_start;

    if (!range_count)
        return -ENXIO;
    if (!(vma->vm_flags & VM_SHARED) || vma->vm_flags & VM_EXEC || !is_vtl0(gpa, size))
        return -EINVAL;
    vm_flags_clear(vma, VM_MAYEXEC);
    return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(gpa), size, vma->vm_page_prot);
}
