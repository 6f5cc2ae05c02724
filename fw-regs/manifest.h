/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host offers its guests, or what a guest has been given, as a document: JSON with a version,
 * which doc/manifest.md describes. fleet.h compares them.
 *
 * A document may lack parts: an old kernel does not tell all, and nobody asks one host for another
 * one's facts. So each part says whether it is there, and who compares says what was not compared.
 */
#ifndef FW_REGS_MANIFEST_H
#define FW_REGS_MANIFEST_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "fw-regs/election.h"
#include "fw-regs/fw-regs.h"
#include "fw-regs/id-fields.h"
#include "fw-regs/json.h"

/* The newest schema, and its marker: the member that makes an object a manifest. */
#define MANIFEST_VERSION 1u
#define MANIFEST_MARKER "vtlemu-manifest"

#define MANIFEST_FILE_MAX (1u << 20) /* bytes; one of today has about 12 KiB */
#define MANIFEST_NAME_MAX 255u       /* bytes of a name */

enum manifest_kind {
    MANIFEST_HOST,   /* of a host: "fw-regs manifest" */
    MANIFEST_GUEST,  /* of a running guest: "fw-regs guest" */
    MANIFEST_COMMON, /* what several hosts have in common: "fw-regs common" */
    MANIFEST_KINDS,
};

/* What a document may tell of. */
enum manifest_part {
    MANIFEST_REGISTERS, /* firmware registers: a host's limits, a guest's election */
    MANIFEST_CPU,       /* ID registers */
    MANIFEST_SVE,
    MANIFEST_COUNTER,
    MANIFEST_GIC,
    MANIFEST_IPA,  /* bits of guest physical addresses */
    MANIFEST_PAGE, /* size of the host's pages */
    MANIFEST_VPS,  /* a host: the most of them */
    MANIFEST_RUNS, /* a host: can vtlemu run guests there? */
    MANIFEST_PARTS,
};

/* The GIC as guests see it; Arm IHI 0069. */
struct manifest_gic {
    uint32_t priority_bits; /* ICC_CTLR_EL1.PRIbits + 1 */
    uint32_t id_bits;       /* of INTIDs: 16 or 24 */
    bool seis, a3v;         /* ICC_CTLR_EL1 */
    uint32_t iidr;          /* GICD_IIDR: KVM's revision is in bits 15:12 */
};

struct manifest {
    enum manifest_kind kind;
    char *source; /* owned: where it comes from, for people: a file's path, printable */
    char *name;   /* owned: of the host, or whatever the user calls it */
    char *kernel; /* owned: "Linux 6.12.9", of the host; NULL: not known */
    char *vtlemu; /* owned: version of who has written it; NULL: not known */
    unsigned parts; /* set of enum manifest_part; the others' values mean nothing */

    struct fw_host registers;     /* of a host, or common to some; only those that are present */
    struct fw_election election;  /* a guest's; a host's defaults; the one that all can hold */
    struct id_value *id;          /* owned, id_register_count; a guest's own have no writable bits */
    uint16_t sve_lengths;         /* bit n - 1: vectors of n * 128 bits; 0: no SVE */
    uint64_t counter_hz;          /* CNTFRQ_EL0 */
    struct manifest_gic gic;
    uint32_t ipa_bits;
    uint32_t page_size;           /* bytes */
    uint32_t vps;
    bool runs;
};

/* An empty one; @source and @name are copied. */
struct manifest *manifest_new(enum manifest_kind kind, const char *source, const char *name);
void manifest_free(struct manifest *manifest);
typedef struct manifest manifest_auto; /* for g_autoptr() */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(manifest_auto, manifest_free)

bool manifest_has(const struct manifest *manifest, enum manifest_part part);
void manifest_add(struct manifest *manifest, enum manifest_part part);

/* "host", "firmware registers". */
const char *manifest_kind_name(enum manifest_kind kind);
const char *manifest_part_name(enum manifest_part part);

/* Is the text JSON with the marker? Whether it is sound, manifest_parse() tells. */
bool manifest_is(const char *text, size_t size);

/*
 * Reads a document from text that nobody trusts; @source names it in errors. NULL with @error, which
 * names the member.
 */
struct manifest *manifest_parse(const char *source, const char *text, size_t size, GError **error);

/* The document as a tree of json-glib, owned by the caller; as text, for the caller to free. */
JsonNode *manifest_to_node(const struct manifest *manifest);
char *manifest_to_text(const struct manifest *manifest);

#endif
