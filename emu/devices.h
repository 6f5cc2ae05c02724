/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MMIO devices of one VTL: its console, and the test device.
 *
 * virtio devices will find their place in devices.c's table, at LAYOUT_VIRTIO_BASE.
 */
#ifndef EMU_DEVICES_H
#define EMU_DEVICES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct codec_reader;
struct codec_writer;
struct console;
struct machine;
struct pl011;

/*
 * The test device: a 32-bit register at offset 0. Writing 0 ends the run well, another number
 * ends it with that failure. Reads as zero.
 */
#define TEST_DEVICE_EXIT 0

struct devices {
    struct machine *machine;
    unsigned vtl;
    GMutex lock;           /* guards uart, which VPs and the console thread use */
    struct pl011 *uart;    /* NULL without power */
    struct console *console;
    bool frozen;           /* takes no input; under the lock */
    bool absent;           /* a higher VTL emulates them: nothing is there */
};

/* @console may be NULL and set later. */
void devices_init(struct devices *devices, struct machine *machine, unsigned vtl);
void devices_free(struct devices *devices);

/* Power: devices in their reset state, or none. */
void devices_power(struct devices *devices, bool on);

/*
 * The state of the devices, as bytes and back, while nobody uses them: no VP runs, and no input
 * comes. Loading, into devices with power, drives no interrupt line: those are saved with the GIC
 * (vm.h). False, with the reader's error: what has been loaded makes no sense.
 */
void devices_save(struct devices *devices, struct codec_writer *writer);
bool devices_load(struct devices *devices, struct codec_reader *reader);
/* After loading, before VPs run: input that waits may come. */
void devices_resume(struct devices *devices);

/* No input comes from now on, or comes again, what waits first. */
void devices_freeze(struct devices *devices, bool frozen);

/* Is there a device at @gpa? */
bool devices_have(const struct devices *devices, uint64_t gpa);

/*
 * An access of @size bytes (1, 2, 4 or 8) at @gpa; *@value is in the guest's byte order, little
 * endian. False if no device is there.
 */
bool devices_access(struct devices *devices, uint64_t gpa, unsigned size, bool write,
                    uint64_t *value);

/* For the console: input of @size bytes; returns how many the UART took. */
size_t devices_input(void *devices, const uint8_t *bytes, size_t size);
/* Does the guest listen to its console? */
bool devices_listening(void *devices);

#endif
