/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long Linux takes to its first process, in vtlemu and in kvmtool: see bench.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

/* What scripts/guest-initrd prints as soon as it runs: at VTL2 first, then at VTL0. */
#define READY "guest: shell ready"

#define LINE_MAX_BYTES 4096

static pid_t start(char **argv, FILE **output)
{
    int fds[2];
    pid_t child;

    if (pipe(fds) < 0)
        bench_fail("pipe", g_strerror(errno));
    child = fork();
    if (child < 0)
        bench_fail("fork", g_strerror(errno));
    if (child == 0) {
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        close(fds[1]);
        execvp(argv[0], argv);
        _exit(EXIT_FAILURE);
    }
    close(fds[1]);
    *output = fdopen(fds[0], "r");
    return child;
}

/* From exec() to the line of the kernel that is @count'th; what comes later is not waited for. */
static double time_to(char **argv, unsigned count)
{
    char line[LINE_MAX_BYTES];
    gint64 begin = g_get_monotonic_time();
    unsigned seen = 0;
    FILE *output;
    pid_t child = start(argv, &output);
    double us;

    while (seen < count && fgets(line, sizeof(line), output))
        seen += strstr(line, READY) != NULL;
    us = (double)(g_get_monotonic_time() - begin);
    kill(child, SIGKILL);
    fclose(output);
    if (waitpid(child, NULL, 0) != child || seen < count)
        bench_fail(argv[0], "the guest does not come to its first process");
    return us;
}

/* The same kernel, memory and number of processors for all. */
#define MEMORY_MIB "512"
#define WORDS "quiet"

static double boot_kvmtool(const char *kvmtool, const char *kernel, const char *initrd)
{
    const char *argv[] = {kvmtool, "run", "--kernel", kernel, "--initrd", initrd, "--cpus", "1",
                          "--mem", MEMORY_MIB, "--console", "serial", "--params",
                          WORDS " console=ttyS0", NULL};

    return time_to((char **)argv, 1);
}

static double boot_vtl0(const char *kernel, const char *initrd)
{
    const char *argv[] = {"vtlemu", "run", "--vtl0-kernel", kernel, "--vtl0-initrd", initrd,
                          "--vtl0-cmdline", WORDS, "--memory", MEMORY_MIB "M", NULL};

    return time_to((char **)argv, 1);
}

static double boot_vtl2(const char *images, const char *kernel, const char *initrd)
{
    g_autofree char *kernel2 = g_build_filename(images, "vtl2-kernel", NULL);
    g_autofree char *initrd2 = g_build_filename(images, "paravisor-initrd", NULL);
    const char *argv[] = {
        "vtlemu", "run", "--vtl0-devices", "higher", "--vtl0-kernel", kernel, "--vtl0-initrd",
        initrd, "--vtl0-cmdline", WORDS, "--vtl2-kernel", kernel2, "--vtl2-initrd", initrd2,
        "--vtl2-cmdline", WORDS " vtlemu.run=boot-vtl0_-s", "--memory", "1G", NULL};

    return time_to((char **)argv, 2);
}

double bench_boot(const struct bench_images *images, enum bench_boot what)
{
    g_autofree char *kernel = g_build_filename(images->folder, "vtl0-kernel", NULL);
    g_autofree char *initrd = g_build_filename(images->folder, "initrd", NULL);

    switch (what) {
    case BENCH_BOOT_KVMTOOL:
        return boot_kvmtool(images->kvmtool, kernel, initrd);
    case BENCH_BOOT_VTL0:
        return boot_vtl0(kernel, initrd);
    case BENCH_BOOT_VTL2:
        return boot_vtl2(images->folder, kernel, initrd);
    default:
        g_assert_not_reached();
    }
}
