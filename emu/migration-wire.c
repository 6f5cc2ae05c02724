/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a migration: see migration-wire.h. */
#include "emu/migration-wire.h"

#include <string.h>

#include "emu/error.h"
#include "vtl/codec.h"

/* As for snapshots: what treats it as text damages it. */
static const uint8_t magic[8] = {'v', 't', 'l', 'm', '\r', '\n', 0x1a, '\n'};
#define VERSION 1u
#define HEADER_SIZE 32u /* magic, version, message, length of the text, 0, checksum of all */
#define SUMMED_SIZE (HEADER_SIZE - sizeof(uint64_t))

static const struct {
    const char *name;
    uint32_t text_max;
} messages[MIGRATION_MESSAGES] = {
    [MIGRATION_HELLO] = {"HELLO", MIGRATION_HELLO_MAX},
    [MIGRATION_ACCEPT] = {"ACCEPT", 0},
    [MIGRATION_REFUSE] = {"REFUSE", MIGRATION_REFUSE_MAX},
    [MIGRATION_READY] = {"READY", 0},
    [MIGRATION_COMMIT] = {"COMMIT", 0},
    [MIGRATION_DONE] = {"DONE", 0},
};

const char *migration_message_name(enum migration_message message)
{
    return messages[message].name;
}

static bool fail(GError **error, const char *what)
{
    emu_set_error(error, EMU_ERROR_SETUP, "%s", what);
    return false;
}

static uint64_t checksum(const uint8_t *header, const void *text, size_t size)
{
    return snapshot_checksum(snapshot_checksum(0, header, SUMMED_SIZE), text, size);
}

bool migration_write(const struct snapshot_sink *sink, enum migration_message message,
                     const char *text, GError **error)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    size_t size = MIN(strlen(valid), messages[message].text_max);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct codec_writer codec = {bytes};

    /* Whole characters only. */
    while (size > 0 && size < strlen(valid) && ((uint8_t)valid[size] & 0xc0) == 0x80)
        size--;
    codec_write_bytes(&codec, magic, sizeof(magic));
    codec_write_u32(&codec, VERSION);
    codec_write_u32(&codec, message);
    codec_write_u32(&codec, (uint32_t)size);
    codec_write_u32(&codec, 0);
    codec_write_u64(&codec, checksum(bytes->data, valid, size));
    codec_write_bytes(&codec, valid, size);
    return sink->write(sink->context, bytes->data, bytes->len, error);
}

/* All but the checksum, which is returned in *@sum. */
static bool read_header(const uint8_t *bytes, enum migration_message *message, uint32_t *size,
                        uint64_t *sum, GError **error)
{
    struct codec_reader codec;
    uint8_t start[sizeof(magic)];
    uint32_t version, number, zero;

    codec_begin(&codec, bytes, HEADER_SIZE);
    codec_read_bytes(&codec, "magic", start, sizeof(start));
    version = codec_read_u32(&codec, "version");
    number = codec_read_u32(&codec, "message");
    *size = codec_read_u32(&codec, "length");
    zero = codec_read_u32(&codec, "zero");
    *sum = codec_read_u64(&codec, "checksum");
    if (!codec_end(&codec, error))
        return false;
    if (memcmp(start, magic, sizeof(magic)))
        return fail(error, "that is no vtlemu, or it does not speak of a migration");
    if (version != VERSION) {
        emu_set_error(error, EMU_ERROR_SETUP, "the other side speaks version %u of the protocol of "
                      "migrations, this vtlemu %u; use the same one on both hosts", version, VERSION);
        return false;
    }
    if (number >= MIGRATION_MESSAGES || zero || *size > messages[number].text_max)
        return fail(error, "a message of the migration is damaged");
    *message = number;
    return true;
}

static bool read_text(const struct snapshot_source *source, uint32_t size, char **text,
                      GError **error)
{
    *text = g_try_malloc(size + 1);
    if (!*text)
        return fail(error, "no memory for a message of the migration");
    (*text)[size] = '\0';
    return size == 0 || source->read(source->context, *text, size, error);
}

bool migration_read(const struct snapshot_source *source, enum migration_message *message,
                    char **text, GError **error)
{
    g_autofree char *content = NULL;
    uint8_t header[HEADER_SIZE];
    uint32_t size;
    uint64_t sum;

    *text = NULL;
    if (!source->read(source->context, header, sizeof(header), error) ||
        !read_header(header, message, &size, &sum, error) ||
        !read_text(source, size, &content, error))
        return false;
    if (sum != checksum(header, content, size) || !g_utf8_validate(content, size, NULL))
        return fail(error, "a message of the migration is damaged");
    if (size > 0)
        *text = g_steal_pointer(&content);
    return true;
}

/* For the user's terminal. */
void migration_refusal(const char *text, GError **error)
{
    g_autofree char *safe = g_strescape(text ? text : "no reason is given", "\n\"\t");

    emu_set_error(error, EMU_ERROR_SETUP, "the target refuses: %s", safe);
}

bool migration_expect(const struct snapshot_source *source, enum migration_message message,
                      char **text, GError **error)
{
    g_autofree char *content = NULL;
    enum migration_message found;

    if (!migration_read(source, &found, &content, error))
        return false;
    if (found == message) {
        if (text)
            *text = g_steal_pointer(&content);
        return true;
    }
    if (found == MIGRATION_REFUSE)
        migration_refusal(content, error);
    else
        emu_set_error(error, EMU_ERROR_SETUP, "the other side says %s instead of %s",
                      messages[found].name, messages[message].name);
    return false;
}
