/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IGVM files for VTL2 on arm64: what OpenHCL is shipped as. Files are not trusted. What is honoured
 * and what is not: doc/igvm.md.
 *
 *   igvm.c             the fixed header; goes through the variable ones
 *   igvm-headers.c     the table of variable headers; platforms and regions
 *   igvm-memory.c      headers about memory
 *   igvm-parameters.c  headers about what the host tells the guest
 *   igvm-context.c     the registers that a VP context gives
 *   igvm-place.c       where everything goes: relocation, and that it fits
 *   igvm-tables.c      relocation of page tables
 *   igvm-deposit.c     into guest memory, with what the host tells the guest
 *   igvm-describe.c    for the user
 *   load-igvm.c        for the machine
 *
 * Three steps: parsing, placing, depositing. Only load-igvm.c knows KVM.
 */
#ifndef EMU_IGVM_H
#define EMU_IGVM_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/facts.h"
#include "emu/igvm-format.h"
#include "vtl/partition.h"

/* The VTL that files are loaded for, which is the highest. */
#define IGVM_VTL 2

/* Half-open, multiples of 4 KiB, not empty, and the end is a number. */
struct igvm_range {
    uint64_t gpa;
    uint64_t size;
};

/* Something that goes to a place in guest memory. */
struct igvm_page {
    struct igvm_range range;
    const uint8_t *data; /* in the file; NULL: zeroes */
    enum igvm_type type; /* of the variable header, for errors, with its number from 0 on */
    unsigned header;
    uint64_t offset;     /* of that header in the file */
};

struct igvm_area {
    uint32_t index;
    bool inserted;         /* otherwise page.range.gpa does not count */
    struct igvm_page page; /* its header is the one that inserts it, once inserted */
};

/* Something that the host tells the guest. */
struct igvm_parameter {
    enum igvm_type type;
    guint area; /* in igvm.areas */
    uint32_t offset;
};

struct igvm_required {
    struct igvm_range range;
    bool protectable;
    unsigned header;
    uint64_t offset;
};

struct igvm_region {
    bool given;
    struct igvm_range range;
    uint64_t alignment, minimum, maximum;
    bool moves_pc;
};

struct igvm_tables {
    bool given;
    struct igvm_range range;
    uint64_t used; /* bytes of it that hold tables; the rest is free for more of them */
    unsigned header;
    uint64_t offset;
};

struct igvm_register {
    uint32_t name; /* HV_REGISTER_NAME, one of vtl/bank.h that may be written */
    struct hv_u128 value;
};

struct igvm {
    GBytes *content;
    char *name;          /* for errors */
    unsigned version;    /* of the format */
    unsigned headers;    /* number of variable headers */
    unsigned skipped;    /* of these, for other platforms or optional and unknown */
    uint32_t mask;       /* the compatibility mask of our platform */
    GArray *pages;       /* of struct igvm_page: page data and error ranges */
    GArray *areas;       /* of struct igvm_area */
    GArray *parameters;  /* of struct igvm_parameter, in the order of the file */
    GArray *required;    /* of struct igvm_required */
    GArray *registers;   /* of struct igvm_register: VP 0 at VTL2; PC is among them */
    struct igvm_region region;
    struct igvm_tables tables;
    uint64_t moved_by;   /* by igvm_place(); modulo 2^64 */
    GBytes *moved_tables; /* what pages refer to then; NULL: nothing */
};

/* May @file be one? */
bool igvm_is(GBytes *file);

/* NULL with @error: not usable; the text begins with @name and says why and what to do. */
struct igvm *igvm_parse(GBytes *file, const char *name, GError **error);
void igvm_free(struct igvm *igvm);

/* Where things may go. */
struct igvm_room {
    struct igvm_range ram;  /* all of the guest's */
    struct igvm_range vtl2; /* VTL2's part of it */
    bool only_vtl2;         /* the rest of RAM belongs to somebody else */
};

/*
 * Decides where the file's parts go and changes them accordingly; afterwards no two of them overlap
 * and all lie in the room. To be called once.
 */
bool igvm_place(struct igvm *igvm, const struct igvm_room *room, GError **error);

/* What a guest is told. */
struct igvm_facts {
    const struct igvm_room *room;
    unsigned vp_count;
    const char *command_line; /* may be NULL */
    GBytes *device_tree;
};

/* Puts @size bytes of @data (NULL: zeroes) at @gpa, which is in the room. */
typedef void igvm_write(void *context, uint64_t gpa, const uint8_t *data, uint64_t size);

/* Once it has been placed. Fails, before it writes anything, if a parameter does not fit. */
bool igvm_deposit(const struct igvm *igvm, const struct igvm_facts *facts, igvm_write *write,
                  void *context, GError **error);

/* The value of a register that the VP context gives; false if it does not. */
bool igvm_find_register(const struct igvm *igvm, uint32_t name, uint64_t *value);

/* Adds what is in @file, called @name, to @facts. False with @error if it is not usable. */
bool igvm_tell(GBytes *file, const char *name, struct facts *facts, GError **error);

/* The name of a variable header's type, or NULL. */
const char *igvm_type_name(uint32_t type);

#endif
