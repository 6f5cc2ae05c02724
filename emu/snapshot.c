/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container of a machine's state: see snapshot.h. */
#include "emu/snapshot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "vtl/codec.h"

/* "\r\n" and ^Z, as in PNG's: what treats it as text damages it where it is seen at once. */
static const uint8_t magic[8] = {'v', 't', 'l', 'e', 'm', '\r', '\n', 0x1a};
#define FORMAT_VERSION 1u

#define BEGIN_SIZE 24u  /* magic, version, 0, checksum of these */
#define HEADER_SIZE 40u /* tag, version, length, checksum of the payload, of these */
#define END_SIZE 16u    /* number of sections, digest of their headers */

#define TAG(a, b, c, d)                                                                            \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* What we write, and the most that we read. A kind whose content changes gets a new version. */
static const struct {
    uint32_t tag;
    uint32_t version;
    size_t max;
    const char *name;
} kinds[SNAPSHOT_KINDS] = {
    [SNAPSHOT_MACHINE] = {TAG('M', 'A', 'C', 'H'), 3, 256 * KIB, "the machine's facts"},
    [SNAPSHOT_PAGES] = {TAG('P', 'A', 'G', 'E'), 1, 2 * MIB, "guest memory"},
    [SNAPSHOT_TIME] = {TAG('T', 'I', 'M', 'E'), 1, 4 * KIB, "guest time"},
    [SNAPSHOT_VCPU] = {TAG('V', 'C', 'P', 'U'), 1, 1 * MIB, "a vCPU"},
    [SNAPSHOT_GIC] = {TAG('G', 'I', 'C', '3'), 1, 1 * MIB, "a GIC"},
    [SNAPSHOT_LEVEL] = {TAG('L', 'E', 'V', 'L'), 1, 64 * KIB, "a VTL"},
    [SNAPSHOT_VP] = {TAG('V', 'P', 'S', 'T'), 1, 64 * KIB, "a VP"},
    [SNAPSHOT_CORE] = {TAG('C', 'O', 'R', 'E'), 1, 512 * MIB, "the VTL core"},
    [SNAPSHOT_DEVICES] = {TAG('D', 'E', 'V', 'S'), 1, 1 * MIB, "devices"},
    [SNAPSHOT_END] = {TAG('E', 'N', 'D', ' '), 1, END_SIZE, "the end"},
};

const char *snapshot_kind_name(enum snapshot_kind kind)
{
    return kinds[kind].name;
}

/* --- Checksum -------------------------------------------------------------------------------- */

/* Each step is a bijection of the sum and of the word: odd factor, rotation, exclusive or. */
static uint64_t add_word(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum << 29 | sum >> 35;
}

uint64_t snapshot_checksum(uint64_t seed, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;
    uint64_t sum = add_word(seed, size), word;

    for (; size >= sizeof(word); size -= sizeof(word), next += sizeof(word)) {
        memcpy(&word, next, sizeof(word));
        sum = add_word(sum, GUINT64_FROM_LE(word));
    }
    word = 0;
    if (size)
        memcpy(&word, next, size);
    return add_word(sum, GUINT64_FROM_LE(word));
}

/* --- Places ---------------------------------------------------------------------------------- */

static bool write_fd(void *context, const void *bytes, size_t size, GError **error)
{
    const struct snapshot_fd *fd = context;
    const uint8_t *next = bytes;

    while (size > 0) {
        ssize_t done = write(fd->fd, next, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            emu_set_error(error, EMU_ERROR_SETUP, "%s: cannot be written: %s", fd->name,
                          g_strerror(done < 0 ? errno : ENOSPC));
            return false;
        }
        next += done;
        size -= (size_t)done;
    }
    return true;
}

static bool read_fd(void *context, void *buffer, size_t size, GError **error)
{
    const struct snapshot_fd *fd = context;
    uint8_t *next = buffer;

    while (size > 0) {
        ssize_t done = read(fd->fd, next, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            emu_set_error(error, EMU_ERROR_SETUP, "%s: %s", fd->name,
                          done < 0
                              ? g_strerror(errno)
                              : "it ends too early; it was not written to its end, or cut off");
            return false;
        }
        next += done;
        size -= (size_t)done;
    }
    return true;
}

struct snapshot_sink snapshot_sink_fd(struct snapshot_fd *fd)
{
    return (struct snapshot_sink){.write = write_fd, .context = fd};
}

struct snapshot_source snapshot_source_fd(struct snapshot_fd *fd)
{
    return (struct snapshot_source){.read = read_fd, .context = fd};
}

static bool append(void *context, const void *bytes, size_t size, GError **error)
{
    (void)error;
    g_byte_array_append(context, bytes, (guint)size);
    return true;
}

static bool take(void *context, void *buffer, size_t size, GError **error)
{
    struct snapshot_bytes *bytes = context;

    if (size > bytes->left) {
        emu_set_error(error, EMU_ERROR_SETUP, "the snapshot ends too early");
        return false;
    }
    if (size)
        memcpy(buffer, bytes->next, size);
    bytes->next += size;
    bytes->left -= size;
    return true;
}

struct snapshot_sink snapshot_sink_bytes(GByteArray *bytes)
{
    return (struct snapshot_sink){.write = append, .context = bytes};
}

struct snapshot_source snapshot_source_bytes(struct snapshot_bytes *bytes)
{
    return (struct snapshot_source){.read = take, .context = bytes};
}

/* --- Writing --------------------------------------------------------------------------------- */

static bool put(struct snapshot_writer *writer, const void *bytes, size_t size, GError **error)
{
    writer->bytes += size;
    return !size || writer->sink->write(writer->sink->context, bytes, size, error);
}

/* Appends the checksum of what is there, and writes it. */
static bool put_summed(struct snapshot_writer *writer, GByteArray *bytes, GError **error)
{
    struct codec_writer codec = {bytes};

    codec_write_u64(&codec, snapshot_checksum(0, bytes->data, bytes->len));
    return put(writer, bytes->data, bytes->len, error);
}

bool snapshot_begin_writing(struct snapshot_writer *writer, const struct snapshot_sink *sink,
                            GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};

    *writer = (struct snapshot_writer){.sink = sink};
    codec_write_bytes(&codec, magic, sizeof(magic));
    codec_write_u32(&codec, FORMAT_VERSION);
    codec_write_u32(&codec, 0);
    return put_summed(writer, bytes, error);
}

bool snapshot_write_two(struct snapshot_writer *writer, enum snapshot_kind kind,
                        const void *first, size_t first_size, const void *second,
                        size_t second_size, GError **error)
{
    g_autoptr(GByteArray) header = g_byte_array_new();
    struct codec_writer codec = {header};
    uint64_t sum = snapshot_checksum(0, first, first_size);

    /* How much there is is up to the guest. */
    if (first_size + second_size > kinds[kind].max) {
        emu_set_error(error, EMU_ERROR_SETUP, "there are %zu bytes of %s, more than a snapshot can "
                      "hold", first_size + second_size, kinds[kind].name);
        return false;
    }
    codec_write_u32(&codec, kinds[kind].tag);
    codec_write_u32(&codec, kinds[kind].version);
    codec_write_u64(&codec, first_size + second_size);
    codec_write_u64(&codec, first_size);
    codec_write_u64(&codec, snapshot_checksum(sum, second, second_size));
    writer->digest = snapshot_checksum(writer->digest, header->data, header->len);
    writer->count++;
    return put_summed(writer, header, error) && put(writer, first, first_size, error) &&
           put(writer, second, second_size, error);
}

bool snapshot_write(struct snapshot_writer *writer, enum snapshot_kind kind, const void *bytes,
                    size_t size, GError **error)
{
    return snapshot_write_two(writer, kind, bytes, size, NULL, 0, error);
}

bool snapshot_end_writing(struct snapshot_writer *writer, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};

    codec_write_u64(&codec, writer->count);
    codec_write_u64(&codec, writer->digest);
    return snapshot_write(writer, SNAPSHOT_END, bytes->data, bytes->len, error);
}

/* --- Reading --------------------------------------------------------------------------------- */

static bool get(struct snapshot_reader *reader, void *buffer, size_t size, GError **error)
{
    return !size || reader->source->read(reader->source->context, buffer, size, error);
}

static bool refuse(GError **error, const char *why)
{
    emu_set_error(error, EMU_ERROR_SETUP, "%s", why);
    return false;
}

static bool refuse_damage(GError **error, const char *where)
{
    emu_set_error(error, EMU_ERROR_SETUP, "the snapshot is damaged (%s): copy it again, or take "
                  "another one", where);
    return false;
}

static bool is_summed(const uint8_t *bytes, size_t size)
{
    uint64_t sum;

    memcpy(&sum, bytes + size - sizeof(sum), sizeof(sum));
    return GUINT64_FROM_LE(sum) == snapshot_checksum(0, bytes, size - sizeof(sum));
}

bool snapshot_begin_reading(struct snapshot_reader *reader, const struct snapshot_source *source,
                            GError **error)
{
    uint8_t begin[BEGIN_SIZE];
    uint32_t version;

    *reader = (struct snapshot_reader){.source = source};
    if (!get(reader, begin, sizeof(begin), error))
        return false;
    if (memcmp(begin, magic, sizeof(magic)))
        return refuse(error, "not a snapshot of vtlemu; give what `vtlemu snapshot` has written");
    if (!is_summed(begin, sizeof(begin)))
        return refuse_damage(error, "its beginning");
    memcpy(&version, begin + sizeof(magic), sizeof(version));
    version = GUINT32_FROM_LE(version);
    if (version != FORMAT_VERSION) {
        emu_set_error(error, EMU_ERROR_SETUP, "a snapshot of format %u, but this vtlemu knows "
                      "format %u only; use the vtlemu that has written it, or a newer one", version,
                      FORMAT_VERSION);
        return false;
    }
    return true;
}

void snapshot_reader_clear(struct snapshot_reader *reader)
{
    g_clear_pointer(&reader->buffer, g_free);
    reader->capacity = 0;
}

static int find_kind(uint32_t tag)
{
    for (int i = 0; i < SNAPSHOT_KINDS; i++)
        if (kinds[i].tag == tag)
            return i;
    return -1;
}

/* What a section header says. */
struct header {
    uint32_t tag, version;
    uint64_t size, first, sum;
};

static bool judge_header(const struct header *header, int kind, GError **error)
{
    if (kind < 0) {
        emu_set_error(error, EMU_ERROR_SETUP, "the snapshot has a section of the unknown kind "
                      "0x%08x; use a newer vtlemu", header->tag);
        return false;
    }
    if (header->version == 0 || header->version > kinds[kind].version) {
        emu_set_error(error, EMU_ERROR_SETUP, "the snapshot has version %u of %s, but this vtlemu "
                      "knows version %u at most; use a newer vtlemu", header->version,
                      kinds[kind].name, kinds[kind].version);
        return false;
    }
    if (header->size > kinds[kind].max || header->first > header->size) {
        emu_set_error(error, EMU_ERROR_SETUP, "the snapshot has %" G_GUINT64_FORMAT " bytes of %s, "
                      "more than there can be; it was not written by vtlemu", header->size,
                      kinds[kind].name);
        return false;
    }
    return true;
}

static bool read_header(struct snapshot_reader *reader, struct header *header, GError **error)
{
    uint8_t bytes[HEADER_SIZE];
    struct codec_reader codec;

    if (!get(reader, bytes, sizeof(bytes), error))
        return false;
    if (!is_summed(bytes, sizeof(bytes)))
        return refuse_damage(error, "the header of a section");
    codec_begin(&codec, bytes, sizeof(bytes) - sizeof(uint64_t));
    header->tag = codec_read_u32(&codec, "tag");
    header->version = codec_read_u32(&codec, "version");
    header->size = codec_read_u64(&codec, "size");
    header->first = codec_read_u64(&codec, "first piece");
    header->sum = codec_read_u64(&codec, "checksum");
    if (header->tag != kinds[SNAPSHOT_END].tag) {
        reader->digest = snapshot_checksum(reader->digest, bytes, sizeof(bytes) - sizeof(uint64_t));
        reader->count++;
    }
    return codec_end(&codec, error);
}

static bool make_room(struct snapshot_reader *reader, size_t size, GError **error)
{
    uint8_t *buffer;

    if (size <= reader->capacity)
        return true;
    buffer = g_try_realloc(reader->buffer, size);
    if (!buffer)
        return refuse(error, "no memory for the snapshot");
    reader->buffer = buffer;
    reader->capacity = size;
    return true;
}

/* How much to read at once of what a header promises: who only promises gets no memory. */
#define PIECE (4 * MIB)

static bool read_payload(struct snapshot_reader *reader, const struct header *header,
                         const char *name, GError **error)
{
    uint64_t sum;

    for (uint64_t done = 0; done < header->size; done += PIECE) {
        uint64_t piece = MIN(PIECE, header->size - done);

        if (!make_room(reader, (size_t)(done + piece), error) ||
            !get(reader, reader->buffer + done, (size_t)piece, error))
            return false;
    }
    sum = snapshot_checksum(0, reader->buffer, (size_t)header->first);
    sum = snapshot_checksum(sum, header->size ? reader->buffer + header->first : NULL,
                            (size_t)(header->size - header->first));
    return sum == header->sum || refuse_damage(error, name);
}

static bool check_end(const struct snapshot_reader *reader,
                      const struct snapshot_section *section, GError **error)
{
    struct codec_reader codec;
    uint64_t count, digest;

    codec_begin(&codec, section->bytes, section->size);
    count = codec_read_u64(&codec, "number of sections");
    digest = codec_read_u64(&codec, "digest");
    if (!codec_end(&codec, error))
        return false;
    return (count == reader->count && digest == reader->digest) ||
           refuse_damage(error, "sections are missing, or not in their order");
}

bool snapshot_read(struct snapshot_reader *reader, struct snapshot_section *section,
                   GError **error)
{
    struct header header = {0};
    int kind;

    if (!read_header(reader, &header, error))
        return false;
    kind = find_kind(header.tag);
    if (!judge_header(&header, kind, error) ||
        !read_payload(reader, &header, kinds[kind].name, error))
        return false;
    *section = (struct snapshot_section){
        .kind = (enum snapshot_kind)kind,
        .version = header.version,
        .bytes = reader->buffer,
        .size = (size_t)header.size,
    };
    return kind != SNAPSHOT_END || check_end(reader, section, error);
}
