/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look-out on KVM's tracepoint: see hvc-watch.h. perf_event_open(2) describes the ring. */
#include "emu/hvc-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACEPOINT_ID "/events/kvm/kvm_hvc_arm64/id"
/* Only calls that SMCCC does not know: KVM's own services are none of ours. */
#define TRACEPOINT_FILTER "imm != 0"
#define RING_PAGES 8

/* The raw data of the tracepoint (Linux, arch/arm64/kvm/trace_handle_exit.h). */
struct tracepoint {
    uint64_t common; /* type, flags, preempt count, pid */
    uint64_t vcpu_pc;
    uint64_t r0;
    uint64_t imm;
};

struct sample {
    struct perf_event_header header;
    uint32_t size;
    uint8_t raw[sizeof(struct tracepoint)];
};

static int read_id(uint64_t *id)
{
    static const char *const mounts[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

    for (size_t i = 0; i < G_N_ELEMENTS(mounts); i++) {
        g_autofree char *path = g_strconcat(mounts[i], TRACEPOINT_ID, NULL);
        g_autofree char *text = NULL;

        if (g_file_get_contents(path, &text, NULL, NULL)) {
            *id = g_ascii_strtoull(text, NULL, 10);
            return 0;
        }
    }
    return -ENOENT;
}

static int open_event(uint64_t id)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(attr),
        .config = id,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_RAW,
        .wakeup_events = 1,
        .disabled = 1,
    };
    long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

    return fd < 0 ? -errno : (int)fd;
}

/* Overflow signals go to this very thread, so that its KVM_RUN ends. */
static int direct_signal(int fd, int signal)
{
    struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = gettid()};

    if (fcntl(fd, F_SETOWN_EX, &owner) < 0 || fcntl(fd, F_SETSIG, signal) < 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) < 0)
        return -errno;
    return 0;
}

static int start(struct hvc_watch *watch, int signal)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int error;

    watch->ring_size = (1 + RING_PAGES) * page;
    watch->ring = mmap(NULL, watch->ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, watch->fd, 0);
    if (watch->ring == MAP_FAILED) {
        watch->ring = NULL;
        return -errno;
    }
    error = direct_signal(watch->fd, signal);
    if (error < 0)
        return error;
    if (ioctl(watch->fd, PERF_EVENT_IOC_SET_FILTER, TRACEPOINT_FILTER) < 0 ||
        ioctl(watch->fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
        return -errno;
    return 0;
}

int hvc_watch_open(struct hvc_watch *watch, int signal)
{
    uint64_t id;
    int error = read_id(&id);

    *watch = (struct hvc_watch){0};
    if (error < 0)
        return error;
    watch->fd = open_event(id);
    error = watch->fd < 0 ? watch->fd : start(watch, signal);
    if (error < 0)
        hvc_watch_close(watch);
    return error;
}

void hvc_watch_close(struct hvc_watch *watch)
{
    if (watch->ring)
        munmap(watch->ring, watch->ring_size);
    if (watch->fd > 0)
        close(watch->fd);
    *watch = (struct hvc_watch){0};
}

/* Copies out of the ring, whose data begin behind the first page and wrap around. */
static void copy_out(const struct hvc_watch *watch, uint64_t position, void *buffer, size_t size)
{
    const struct perf_event_mmap_page *head = watch->ring;
    const uint8_t *data = (const uint8_t *)watch->ring + head->data_offset;

    for (size_t i = 0; i < size; i++)
        ((uint8_t *)buffer)[i] = data[(position + i) % head->data_size];
}

bool hvc_watch_next(struct hvc_watch *watch, struct hvc_event *event)
{
    struct perf_event_mmap_page *head = watch->ring;

    while (head && head->data_tail != __atomic_load_n(&head->data_head, __ATOMIC_ACQUIRE)) {
        struct sample sample;
        struct tracepoint tracepoint;

        copy_out(watch, head->data_tail, &sample.header, sizeof(sample.header));
        copy_out(watch, head->data_tail, &sample, MIN(sizeof(sample), sample.header.size));
        __atomic_store_n(&head->data_tail, head->data_tail + sample.header.size, __ATOMIC_RELEASE);
        if (sample.header.type != PERF_RECORD_SAMPLE || sample.header.size < sizeof(sample))
            continue;
        memcpy(&tracepoint, sample.raw, sizeof(tracepoint));
        *event = (struct hvc_event){tracepoint.vcpu_pc, tracepoint.r0, tracepoint.imm};
        return true;
    }
    return false;
}
