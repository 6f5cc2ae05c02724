/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What view.c asks userfaultfd for, and probe.c whether the host has it. */
#ifndef EMU_VIEW_UFFD_H
#define EMU_VIEW_UFFD_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFD_FEATURE_POISON /* headers older than Linux 6.6 */
#define UFFD_FEATURE_POISON (1 << 14)
struct uffdio_poison {
    struct uffdio_range range;
    __u64 mode;
    __s64 updated; /* bytes done, or a negative errno */
};
#define UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif

/*
 * SIGBUS: a fault is not handed to another thread for it to resolve, it fails; that is how
 * KVM_RUN comes back.
 */
#define VIEW_UFFD_FEATURES                                                                         \
    (UFFD_FEATURE_SIGBUS | UFFD_FEATURE_WP_HUGETLBFS_SHMEM | UFFD_FEATURE_POISON)

/* For such a use faults of the kernel need not be caught, so that no privilege is needed. */
static inline int view_uffd_open(void)
{
    return (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
}

#endif
