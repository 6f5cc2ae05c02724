/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTL2's memory is closed to VTL0. Protections begin with all rights (DefaultVtlProtectionMask);
 * then VTL2's pages, as the device tree has them, lose theirs.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/paravisor/paravisor.h"

#define TREE "/proc/device-tree/openhcl"

/* openhcl,memory-type (OpenVMM, loader_defs/src/shim.rs): all others are VTL2's RAM. */
#define TYPE_VTL0 0
#define TYPE_VTL0_MMIO 5
#define TYPE_VTL2_MMIO 6

static bool read_property(const char *node, const char *name, void *value, size_t size)
{
    char path[512];
    int fd;
    ssize_t got;

    snprintf(path, sizeof(path), TREE "/%s/%s", node, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    got = read(fd, value, size);
    close(fd);
    return got == (ssize_t)size;
}

/* The bytes closed. */
static uint64_t close_node(const char *node)
{
    uint64_t reg[2];
    uint32_t type, status;

    if (!read_property(node, "openhcl,memory-type", &type, sizeof(type)) ||
        !read_property(node, "reg", reg, sizeof(reg)))
        return 0;
    type = be32toh(type);
    if (type == TYPE_VTL0 || type == TYPE_VTL0_MMIO || type == TYPE_VTL2_MMIO)
        return 0;
    status = vtl_protect(be64toh(reg[0]), be64toh(reg[1]), RIGHTS_NONE);
    if (status != STATUS_SUCCESS)
        die("%s is not protected: status 0x%x", node, status);
    return be64toh(reg[1]);
}

static uint64_t close_all(void)
{
    DIR *tree = opendir(TREE);
    uint64_t closed = 0;

    if (!tree)
        die("%s: %s; the device tree does not say which memory is whose", TREE, strerror(errno));
    for (struct dirent *entry = readdir(tree); entry; entry = readdir(tree))
        if (!strncmp(entry->d_name, "memory@", strlen("memory@")))
            closed += close_node(entry->d_name);
    closedir(tree);
    return closed;
}

static void configure(void)
{
    uint64_t capabilities = vtl_get_own(REGISTER_VSM_CAPABILITIES);
    uint64_t config = CONFIG_ENABLE_PROTECTION | CONFIG_DEFAULT_RIGHTS_ALL |
                      CONFIG_ZERO_MEMORY_ON_RESET | CONFIG_INTERCEPT_VP_STARTUP |
                      CONFIG_INTERCEPT_NOT_PRESENT | CONFIG_INTERCEPT_SYSTEM_RESET;
    uint32_t status;

    if (!(capabilities & CAPABILITY_INTERCEPT_NOT_PRESENT) ||
        !(capabilities & CAPABILITY_INTERCEPT_SYSTEM_RESET))
        die("the hypervisor intercepts no unmapped GPAs or no resets: VsmCapabilities 0x%llx",
            (unsigned long long)capabilities);
    status = vtl_set_own(REGISTER_VSM_PARTITION_CONFIG, config);
    if (status != STATUS_SUCCESS)
        die("VsmPartitionConfig 0x%llx is refused: status 0x%x", (unsigned long long)config,
            status);
}

static double since(const struct timespec *begin)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - begin->tv_sec) * 1e3 +
           (double)(end.tv_nsec - begin->tv_nsec) / 1e6;
}

void vault_close(void)
{
    struct timespec begin;
    uint64_t closed;

    configure();
    clock_gettime(CLOCK_MONOTONIC, &begin);
    closed = close_all();
    if (!closed)
        die("%s: no memory of VTL2's is there to be protected", TREE);
    tell("%llu MiB of VTL2's memory are closed to VTL0, in %.1f ms",
         (unsigned long long)(closed >> 20), since(&begin));
}
