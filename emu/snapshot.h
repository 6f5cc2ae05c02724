/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container of a machine's state, in a file or on its way to another host: sections in a row,
 * each with its kind, version, length and checksum. It knows nothing of the machine: what is in
 * the sections, and in which order they come, is machine-state.h's. doc/snapshots.md has the format.
 *
 *   begin   magic, version of the format, checksum
 *   section header: tag, version, length, checksum of the payload, checksum of the header; payload
 *   ...
 *   END     a section with the number of sections before it and a checksum over all their headers
 *
 * Who reads believes nothing: lengths are bounded by the kind, unknown kinds and newer versions are
 * refused, and damage is found before anybody sees the payload.
 */
#ifndef EMU_SNAPSHOT_H
#define EMU_SNAPSHOT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- Where the bytes go and come from -------------------------------------------------------- */

struct snapshot_sink {
    /* All of @size bytes, or false with @error. */
    bool (*write)(void *context, const void *bytes, size_t size, GError **error);
    void *context;
};

struct snapshot_source {
    /* Exactly @size bytes, or false with @error: at the end of the file, too. */
    bool (*read)(void *context, void *buffer, size_t size, GError **error);
    void *context;
};

/* A descriptor that blocks; *@fd and @name, for errors, must stay. */
struct snapshot_fd {
    int fd;
    const char *name;
};
struct snapshot_sink snapshot_sink_fd(struct snapshot_fd *fd);
struct snapshot_source snapshot_source_fd(struct snapshot_fd *fd);

/* Appends to @bytes. */
struct snapshot_sink snapshot_sink_bytes(GByteArray *bytes);

/* Reads what is in memory, which must stay. */
struct snapshot_bytes {
    const uint8_t *next;
    size_t left;
};
struct snapshot_source snapshot_source_bytes(struct snapshot_bytes *bytes);

/* --- Sections -------------------------------------------------------------------------------- */

/* Kinds of sections. New ones come at the end; a table in snapshot.c has their versions. */
enum snapshot_kind {
    SNAPSHOT_MACHINE, /* what the machine is: machine-facts.h */
    SNAPSHOT_PAGES,   /* a run of pages of guest RAM: snapshot-pages.h */
    SNAPSHOT_TIME,    /* guest time, and what the machine has beside what follows */
    SNAPSHOT_VCPU,    /* a VTL of a VP, as KVM has it */
    SNAPSHOT_GIC,     /* of a VTL */
    SNAPSHOT_LEVEL,   /* a VTL, beside its vCPUs and its GIC */
    SNAPSHOT_VP,      /* a VP, beside its vCPUs and the VTL core */
    SNAPSHOT_CORE,    /* the VTL core */
    SNAPSHOT_DEVICES, /* the devices of a VTL */
    SNAPSHOT_END,     /* there is no more */
    SNAPSHOT_KINDS
};

struct snapshot_writer {
    const struct snapshot_sink *sink;
    uint64_t count;  /* sections so far */
    uint64_t digest; /* of their headers */
    uint64_t bytes;  /* written so far, for the user */
};

/* Begins, with what makes it a snapshot. @sink must stay. */
bool snapshot_begin_writing(struct snapshot_writer *writer, const struct snapshot_sink *sink,
                            GError **error);
bool snapshot_write(struct snapshot_writer *writer, enum snapshot_kind kind, const void *bytes,
                    size_t size, GError **error);
/* The same with two pieces in a row. */
bool snapshot_write_two(struct snapshot_writer *writer, enum snapshot_kind kind,
                        const void *first, size_t first_size, const void *second,
                        size_t second_size, GError **error);
/* Writes SNAPSHOT_END. Whether it has reached a disk is the sink's business. */
bool snapshot_end_writing(struct snapshot_writer *writer, GError **error);

struct snapshot_reader {
    const struct snapshot_source *source;
    uint64_t count;
    uint64_t digest;
    uint8_t *buffer; /* of the last section; owned */
    size_t capacity;
};

/* A section that is as it was written. */
struct snapshot_section {
    enum snapshot_kind kind;
    unsigned version;     /* 1 to the one that we write */
    const uint8_t *bytes; /* until the next one is read */
    size_t size;
};

/* Refuses what is no snapshot or a newer one. @source must stay. Clear it even after an error. */
bool snapshot_begin_reading(struct snapshot_reader *reader, const struct snapshot_source *source,
                            GError **error);
/* The next one; SNAPSHOT_END has been checked against all before it, and nothing may follow it. */
bool snapshot_read(struct snapshot_reader *reader, struct snapshot_section *section,
                   GError **error);
void snapshot_reader_clear(struct snapshot_reader *reader);
typedef struct snapshot_reader snapshot_reader;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(snapshot_reader, snapshot_reader_clear)

/* "guest memory" */
const char *snapshot_kind_name(enum snapshot_kind kind);

/* A checksum that finds any damage to a single aligned word of 64 bits, and nearly all others. */
uint64_t snapshot_checksum(uint64_t seed, const void *bytes, size_t size);

#endif
