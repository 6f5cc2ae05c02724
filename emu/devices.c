/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of a VTL: see devices.h. */
#include "emu/devices.h"

#include "emu/console.h"
#include "emu/layout.h"
#include "emu/machine.h"
#include "emu/pl011.h"
#include "vtl/codec.h"

static void transmit(void *context, uint8_t byte)
{
    struct devices *devices = context;

    if (devices->console)
        console_write(devices->console, &byte, 1);
}

static void set_irq(void *context, bool level)
{
    struct devices *devices = context;
    struct vm *vm = &devices->machine->level[devices->vtl].vm;
    int error = vm_set_spi(vm, VM_LINE_DEVICE, LAYOUT_SPI_BASE + LAYOUT_UART_SPI, level);

    if (error < 0)
        g_critical("VTL%u: KVM refuses the interrupt of the console: %s", devices->vtl,
                   g_strerror(-error));
    if (level)
        machine_look(devices->machine, devices->vtl);
}

static void rx_ready(void *context)
{
    struct devices *devices = context;

    if (devices->console)
        console_input_ready(devices->console);
}

static const struct pl011_ops uart_ops = {
    .transmit = transmit,
    .set_irq = set_irq,
    .rx_ready = rx_ready,
};

void devices_init(struct devices *devices, struct machine *machine, unsigned vtl)
{
    *devices = (struct devices){.machine = machine, .vtl = vtl};
    devices->absent = vtl == 0 && machine->options->higher_has_devices;
    g_mutex_init(&devices->lock);
}

void devices_free(struct devices *devices)
{
    devices_power(devices, false);
    g_mutex_clear(&devices->lock);
}

void devices_power(struct devices *devices, bool on)
{
    g_mutex_lock(&devices->lock);
    if (devices->uart)
        pl011_free(devices->uart);
    devices->uart = on ? pl011_new(&uart_ops, devices) : NULL;
    g_mutex_unlock(&devices->lock);
}

void devices_freeze(struct devices *devices, bool frozen)
{
    g_mutex_lock(&devices->lock);
    devices->frozen = frozen;
    g_mutex_unlock(&devices->lock);
    if (!frozen && devices->console)
        console_input_ready(devices->console);
}

static void access_uart(struct devices *devices, uint64_t offset, unsigned size, bool write,
                        uint64_t *value)
{
    g_mutex_lock(&devices->lock);
    if (!devices->uart)
        *value = 0;
    else if (write)
        pl011_write(devices->uart, (uint32_t)offset, size, (uint32_t)*value);
    else
        *value = pl011_read(devices->uart, (uint32_t)offset, size);
    g_mutex_unlock(&devices->lock);
}

static void access_test(struct devices *devices, uint64_t offset, unsigned size, bool write,
                        uint64_t *value)
{
    uint32_t failure = (uint32_t)*value;

    if (!write)
        *value = 0;
    else if (offset == TEST_DEVICE_EXIT && size == sizeof(uint32_t))
        machine_end(devices->machine, failure ? MACHINE_FAILED : MACHINE_POWERED_OFF, failure,
                    NULL);
}

static const struct {
    uint64_t base, size;
    void (*access)(struct devices *devices, uint64_t offset, unsigned size, bool write,
                   uint64_t *value);
} windows[] = {
    {LAYOUT_UART_BASE, LAYOUT_UART_SIZE, access_uart},
    {LAYOUT_TEST_BASE, LAYOUT_TEST_SIZE, access_test},
};

/* The row of @gpa in windows, or -1. */
static int find_window(const struct devices *devices, uint64_t gpa)
{
    if (devices->absent)
        return -1;
    for (size_t i = 0; i < G_N_ELEMENTS(windows); i++)
        if (gpa >= windows[i].base && gpa - windows[i].base < windows[i].size)
            return (int)i;
    return -1;
}

bool devices_have(const struct devices *devices, uint64_t gpa)
{
    return find_window(devices, gpa) >= 0;
}

bool devices_access(struct devices *devices, uint64_t gpa, unsigned size, bool write,
                    uint64_t *value)
{
    int window = find_window(devices, gpa);

    if (window < 0)
        return false;
    windows[window].access(devices, gpa - windows[window].base, size, write, value);
    return true;
}

size_t devices_input(void *context, const uint8_t *bytes, size_t size)
{
    struct devices *devices = context;
    size_t taken = size; /* without power, input goes nowhere */

    g_mutex_lock(&devices->lock);
    if (devices->frozen)
        taken = 0;
    else if (devices->uart)
        taken = pl011_receive(devices->uart, bytes, size);
    g_mutex_unlock(&devices->lock);
    return taken;
}

bool devices_listening(void *context)
{
    struct devices *devices = context;
    bool listening;

    g_mutex_lock(&devices->lock);
    listening = devices->uart && pl011_listening(devices->uart);
    g_mutex_unlock(&devices->lock);
    return listening;
}

/* --- State ------------------------------------------------------------------------------------ */

/* All of struct pl011_state. The test device has no state. */
static const struct codec_field uart_fields[] = {
    CODEC_ARRAY_ANY(struct pl011_state, plain),    CODEC_ANY(struct pl011_state, raw_interrupts),
    CODEC_ANY(struct pl011_state, polls),          CODEC_ANY(struct pl011_state, received),
    CODEC_ANY(struct pl011_state, sent),           CODEC_BOOL(struct pl011_state, refused),
    CODEC_ARRAY_ANY(struct pl011_state, fifo),
};

G_STATIC_ASSERT(sizeof(struct pl011_state) == 68);

void devices_save(struct devices *devices, struct codec_writer *writer)
{
    struct pl011_state state = {0};

    g_mutex_lock(&devices->lock);
    if (devices->uart)
        pl011_get_state(devices->uart, &state);
    g_mutex_unlock(&devices->lock);
    codec_write_fields(writer, &state, uart_fields, G_N_ELEMENTS(uart_fields));
}

bool devices_load(struct devices *devices, struct codec_reader *reader)
{
    struct pl011_state state;
    bool possible;

    codec_at(reader, "console of VTL%u", devices->vtl);
    codec_read_fields(reader, &state, uart_fields, G_N_ELEMENTS(uart_fields));
    g_mutex_lock(&devices->lock);
    possible = devices->uart && pl011_set_state(devices->uart, &state);
    g_mutex_unlock(&devices->lock);
    if (!possible)
        codec_fail(reader, "a PL011 cannot be in this state");
    return codec_is_good(reader);
}

void devices_resume(struct devices *devices)
{
    rx_ready(devices);
}
