/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children that only compute: see sandbox.h. */
#include "emu/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/error.h"

/* Unpacking a large kernel takes less than a second, in an emulated machine less than twenty. */
#define CPU_SECONDS 120

#if defined(__aarch64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_AARCH64
#elif defined(__x86_64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_X86_64
#endif

/* What the child tells besides its result. */
struct report {
    int done;     /* the work has come to its end */
    int confined; /* the seccomp filter is in force */
};

static bool disabled;

/* For sandbox_cancel(). */
static GMutex lock;
static bool cancelled;
static int running = -1; /* a pidfd of the child that somebody waits for */

void sandbox_disable(void)
{
    disabled = true;
}

void *sandbox_memory_new(size_t size, const char *name, GError **error)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory != MAP_FAILED)
        return memory;
    emu_set_error(error, EMU_ERROR_SETUP, "%s: no memory to unpack it into: %s", name,
                  g_strerror(errno));
    return NULL;
}

void sandbox_memory_seal(void *memory, size_t size)
{
    mprotect(memory, size, PROT_READ);
}

void sandbox_memory_free(void *memory, size_t size)
{
    if (memory)
        munmap(memory, size);
}

/* --- In the child ------------------------------------------------------------------------------ */

static void limit(int resource, rlim_t value)
{
    const struct rlimit both = {value, value};

    setrlimit((__rlimit_resource_t)resource, &both);
}

/* These hold even where there is no seccomp. */
static void set_limits(void)
{
    limit(RLIMIT_CPU, CPU_SECONDS);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, 0);
    limit(RLIMIT_NPROC, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Kills the process at any system call but exit_group (Linux, userspace-api/seccomp_filter.rst). */
static bool confine(void)
{
#ifdef AUDIT_ARCH_HERE
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_HERE, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    const struct sock_fprog filter = {G_N_ELEMENTS(rules), rules};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
#else
    return false;
#endif
}

G_NORETURN static void be_child(pid_t parent, struct report *report, void (*work)(void *context),
                                void *context)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        set_limits();
        syscall(SYS_close_range, 0, ~0u, 0);
        report->confined = confine();
        work(context);
        report->done = 1;
    }
    for (;;)
        syscall(SYS_exit_group, 0);
}

/* --- In the parent ----------------------------------------------------------------------------- */

/* With the lock held. A descriptor cannot come to mean another process, as a number can. */
static void kill_running(void)
{
    if (running >= 0)
        syscall(SYS_pidfd_send_signal, running, SIGKILL, NULL, 0);
}

static void set_running(pid_t child)
{
    g_mutex_lock(&lock);
    running = (int)syscall(SYS_pidfd_open, child, 0);
    if (cancelled)
        kill_running();
    g_mutex_unlock(&lock);
}

static void clear_running(void)
{
    g_mutex_lock(&lock);
    if (running >= 0)
        close(running);
    running = -1;
    g_mutex_unlock(&lock);
}

void sandbox_cancel(void)
{
    g_mutex_lock(&lock);
    cancelled = true;
    kill_running();
    g_mutex_unlock(&lock);
}

/* How it ended is in the report; a parent that ignores SIGCHLD gets no status. */
static int wait_for(pid_t child)
{
    int status = 0;

    set_running(child);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    clear_running();
    return status;
}

static bool judge(const struct report *report, int status, const char *name, GError **error)
{
    if (!report->confined)
        g_debug("%s: unpacked without seccomp, which this kernel does not offer", name);
    if (report->done)
        return true;
    emu_set_error(error, EMU_ERROR_SETUP,
                  "%s: what unpacked it was stopped%s%s; damaged, or made to attack its reader: copy "
                  "or build it again", name, WIFSIGNALED(status) ? ": " : "",
                  WIFSIGNALED(status) ? g_strsignal(WTERMSIG(status)) : "");
    return false;
}

static bool run_child(struct report *report, void (*work)(void *context), void *context,
                      const char *name, GError **error)
{
    pid_t parent = getpid();
    pid_t child = fork();

    if (child == 0)
        be_child(parent, report, work, context);
    if (child < 0) {
        emu_set_error(error, EMU_ERROR_SETUP, "%s: no process to unpack it in: %s", name,
                      g_strerror(errno));
        return false;
    }
    return judge(report, wait_for(child), name, error);
}

bool sandbox_run(void (*work)(void *context), void *context, const char *name, GError **error)
{
    struct report *report;
    bool done;

    if (disabled) {
        work(context);
        return true;
    }
    report = sandbox_memory_new(sizeof(*report), name, error);
    if (!report)
        return false;
    done = run_child(report, work, context, name, error);
    sandbox_memory_free(report, sizeof(*report));
    return done;
}
