/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTL0's devices: see devices.h. VPs leave what VTL0 writes in a buffer, which the main thread
 * empties some times a second: a system call for each character would be another one.
 */
#include "tests/paravisor/devices.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "emu/pl011.h"
#include "tests/paravisor/paravisor.h"
#include "tests/paravisor/pl031.h"

#define UART_BASE UINT64_C(0x09000000)
#define RTC_BASE UINT64_C(0x09020000)
#define WINDOW UINT64_C(0x1000)
#define UART_INTID 33
#define RTC_INTID 34

#define OUTPUT_MAX 65536
#define OUTPUT_DELAY_MS 20
#define INPUT_MAX 256

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
/*
 * The line takes twice as long over what is in the UART as VTL0 did over writing it: then a Linux
 * that fills it in an interrupt handler comes to other things, too, however slow intercepts are.
 */
#define LINE_FACTOR 2
#define LINE_MOST (100 * NS_PER_MS)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all that follows */
static pthread_cond_t room = PTHREAD_COND_INITIALIZER;
static struct pl011 *uart;
static struct pl031 rtc;
static uint8_t output[OUTPUT_MAX], input[INPUT_MAX];
static size_t output_size, input_size;
static bool input_ended;
static uint64_t batch_began; /* when VTL0 began to use the UART since the line was done; 0: not yet */
static uint64_t line_done;   /* when the line has taken what is in the UART */

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static uint64_t now(void)
{
    return now_ns() / NS_PER_S;
}

static void transmit(void *context, uint8_t byte)
{
    (void)context;
    while (output_size == OUTPUT_MAX)
        pthread_cond_wait(&room, &lock);
    output[output_size++] = byte;
    if (output_size == 1)
        machine_wake();
}

static void set_uart_irq(void *context, bool level)
{
    (void)context;
    vtl_set_line(UART_INTID, level);
}

static void rx_ready(void *context)
{
    (void)context;
    machine_wake();
}

static void set_rtc_irq(bool level)
{
    vtl_set_line(RTC_INTID, level);
}

static const struct pl011_ops uart_ops = {
    .transmit = transmit, .set_irq = set_uart_irq, .rx_ready = rx_ready};

void devices_init(uint64_t seconds)
{
    uart = pl011_new(&uart_ops, NULL);
    /* Each character is two intercepts, and Linux masks interrupts until the UART is full. */
    pl011_pace(uart);
    pl031_init(&rtc, set_rtc_irq, (uint32_t)seconds, now());
}

static void access_uart(uint64_t offset, unsigned size, bool write, uint64_t *value)
{
    uint64_t time = now_ns(), taken;
    bool was_full = pl011_is_full(uart);

    if (!batch_began) {
        batch_began = time;
        line_done = time + LINE_MOST;
        machine_wake();
    }
    if (write)
        pl011_write(uart, (uint32_t)offset, size, (uint32_t)*value);
    else
        *value = pl011_read(uart, (uint32_t)offset, size);
    if (was_full || !pl011_is_full(uart))
        return;
    taken = LINE_FACTOR * (time - batch_began);
    line_done = time + (taken < LINE_MOST ? taken : LINE_MOST);
    machine_wake();
}

/* With the lock held. */
static void drain_when_due(void)
{
    if (!batch_began || now_ns() < line_done)
        return;
    batch_began = 0;
    pl011_drain(uart);
}

/* The same: milliseconds until then; -1: nothing is there. */
static int line_timeout(void)
{
    uint64_t time = now_ns();

    if (!batch_began)
        return -1;
    return time < line_done ? (int)((line_done - time) / NS_PER_MS) + 1 : 0;
}

static void access_rtc(uint64_t offset, unsigned size, bool write, uint64_t *value)
{
    if (write)
        pl031_write(&rtc, (uint32_t)offset, size, (uint32_t)*value, now());
    else
        *value = pl031_read(&rtc, (uint32_t)offset, size, now());
    machine_wake(); /* the alarm may be another one */
}

static const struct {
    uint64_t base;
    unsigned kind;
    void (*access)(uint64_t offset, unsigned size, bool write, uint64_t *value);
} windows[] = {
    {UART_BASE, KIND_CONSOLE, access_uart},
    {RTC_BASE, KIND_CLOCK, access_rtc},
};

bool devices_access(uint64_t gpa, unsigned size, bool write, uint64_t *value, unsigned *kind)
{
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        if (gpa < windows[i].base || gpa - windows[i].base >= WINDOW)
            continue;
        *kind = windows[i].kind;
        pthread_mutex_lock(&lock);
        windows[i].access(gpa - windows[i].base, size, write, value);
        pthread_mutex_unlock(&lock);
        return true;
    }
    return false;
}

/* --- The main thread -------------------------------------------------------------------------- */

short devices_poll_input(void)
{
    short events;

    pthread_mutex_lock(&lock);
    events = input_ended || input_size ? 0 : POLLIN;
    pthread_mutex_unlock(&lock);
    return events;
}

static int sooner(int one, int other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

int devices_timeout(void)
{
    int timeout;

    pthread_mutex_lock(&lock);
    timeout = output_size ? OUTPUT_DELAY_MS : pl031_timeout(&rtc);
    timeout = sooner(timeout, line_timeout());
    pthread_mutex_unlock(&lock);
    return timeout;
}

static void write_all(const uint8_t *bytes, size_t size)
{
    if (size)
        tell_apart(bytes[size - 1] != '\n');
    while (size) {
        ssize_t done = write(STDOUT_FILENO, bytes, size);

        if (done < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
        else if (done < 0 && errno != EINTR)
            return; /* nobody is there to read it */
        bytes += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
}

void devices_flush(void)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    static uint8_t bytes[OUTPUT_MAX];
    size_t size;

    pthread_mutex_lock(&one_at_a_time);
    pthread_mutex_lock(&lock);
    size = output_size;
    memcpy(bytes, output, size);
    output_size = 0;
    pthread_cond_broadcast(&room);
    pthread_mutex_unlock(&lock);
    write_all(bytes, size);
    pthread_mutex_unlock(&one_at_a_time);
}

/* What the UART does not take yet stays, and nothing more is read. */
static void give_input(void)
{
    size_t taken = pl011_receive(uart, input, input_size);

    input_size -= taken;
    memmove(input, input + taken, input_size);
}

static void read_input(void)
{
    ssize_t size = read(STDIN_FILENO, input, sizeof(input));

    if (size > 0)
        input_size = (size_t)size;
    else if (size == 0 || errno != EINTR)
        input_ended = true;
}

void devices_serve(short input_events)
{
    pthread_mutex_lock(&lock);
    if (input_events)
        read_input();
    if (input_size)
        give_input();
    drain_when_due();
    pl031_ring(&rtc, now());
    pthread_mutex_unlock(&lock);
}
