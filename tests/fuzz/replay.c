/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain driver of a fuzz target, for any compiler: runs it on the files that it is given, or on
 * its corpus and on mutations of that. A mutation follows from file and round alone, so that every
 * run is the same, but for how far the time suffices.
 */
#include <fcntl.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define ROUNDS 2000 /* mutations of a file */
#define MUTATION_SECONDS 2
#define HANG_SECONDS 120 /* of everything, under sanitizers on a busy machine */
#define SIZE_MAX_MUTATED 4096u
#define EDITS_MAX 4

/* Files that have been read: of GBytes. */
static GPtrArray *files;
/* Holds the input at hand, for whoever looks for the reason of a crash; -1: not needed. */
static int at_hand = -1;

static void run(const void *data, size_t size)
{
    /* Of its exact size, so that AddressSanitizer sees a step too far. */
    uint8_t *copy = malloc(size);

    if (size)
        memcpy(copy, data, size);
    if (at_hand >= 0 && (pwrite(at_hand, data, size, 0) < 0 || ftruncate(at_hand, (off_t)size) < 0))
        perror("replay: the input at hand is not kept");
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_files(void)
{
    for (guint i = 0; i < files->len; i++) {
        gsize size;
        const void *data = g_bytes_get_data(g_ptr_array_index(files, i), &size);

        run(data, size);
    }
}

static void read_file(const char *path)
{
    GError *error = NULL;
    char *text;
    gsize size;

    if (!g_file_get_contents(path, &text, &size, &error)) {
        fprintf(stderr, "replay: %s\n", error->message);
        exit(EXIT_FAILURE);
    }
    g_ptr_array_add(files, g_bytes_new_take(text, size));
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their names, as the order of a folder is anybody's guess. */
static void read_corpus(const char *folder)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    if (dir)
        g_dir_close(dir);
    g_ptr_array_sort(paths, compare_names);
    for (guint i = 0; i < paths->len; i++)
        read_file(g_ptr_array_index(paths, i));
    if (files->len == 0) {
        fprintf(stderr, "replay: no corpus in %s\n", folder);
        exit(EXIT_FAILURE);
    }
}

/* --- Mutations -------------------------------------------------------------------------------- */

static uint32_t below(GRand *random, gsize limit)
{
    return limit ? g_rand_int(random) % (uint32_t)limit : 0;
}

static void set_byte(GByteArray *bytes, GRand *random)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff};

    bytes->data[below(random, bytes->len)] =
        below(random, 2) ? telling[below(random, sizeof(telling))] : (uint8_t)g_rand_int(random);
}

static void flip_bit(GByteArray *bytes, GRand *random)
{
    bytes->data[below(random, bytes->len)] ^= (uint8_t)(1 << below(random, 8));
}

static void remove_some(GByteArray *bytes, GRand *random)
{
    guint start = below(random, bytes->len);

    g_byte_array_remove_range(bytes, start, 1 + below(random, MIN(bytes->len - start, 16)));
}

static void cut_tail(GByteArray *bytes, GRand *random)
{
    g_byte_array_set_size(bytes, below(random, bytes->len));
}

/* The rest of another file from there on. */
static void graft(GByteArray *bytes, GRand *random)
{
    gsize size, start;
    const uint8_t *other =
        g_bytes_get_data(g_ptr_array_index(files, below(random, files->len)), &size);

    cut_tail(bytes, random);
    start = below(random, size);
    g_byte_array_append(bytes, other + start, (guint)MIN(size - start, SIZE_MAX_MUTATED));
}

static void (*const edits[])(GByteArray *bytes, GRand *random) = {
    set_byte, set_byte, flip_bit, flip_bit, remove_some, cut_tail, graft,
};

static void run_mutation(guint file, unsigned round)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GRand) random = g_rand_new_with_seed_array((guint32[]){file, round}, 2);
    gsize size;
    const uint8_t *data = g_bytes_get_data(g_ptr_array_index(files, file), &size);

    g_byte_array_append(bytes, data, (guint)MIN(size, SIZE_MAX_MUTATED));
    for (unsigned left = 1 + below(random, EDITS_MAX); left; left--)
        if (bytes->len)
            edits[below(random, G_N_ELEMENTS(edits))](bytes, random);
    run(bytes->data, bytes->len);
}

static unsigned run_mutations(void)
{
    gint64 end = g_get_monotonic_time() + MUTATION_SECONDS * G_TIME_SPAN_SECOND;
    unsigned count = 0;

    for (unsigned round = 0; round < ROUNDS; round++)
        for (guint file = 0; file < files->len; file++, count++) {
            if (g_get_monotonic_time() > end)
                return count;
            run_mutation(file, round);
        }
    return count;
}

/* --- The program ------------------------------------------------------------------------------ */

static unsigned replay_corpus(const char *program, const char *target)
{
    g_autofree char *folder = g_build_filename(FUZZ_CORPUS, target + strlen("fuzz-"), NULL);
    g_autofree char *path = g_strconcat(target, ".input", NULL);
    unsigned count;

    read_corpus(folder);
    at_hand = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    fprintf(stderr, "should this end badly, do it again with: %s %s\n", program, path);
    run_files();
    count = run_mutations();
    close(at_hand);
    unlink(path);
    return count;
}

int main(int argc, char **argv)
{
    g_autofree char *target = g_path_get_basename(argv[0]);
    unsigned mutations = 0;

    files = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    alarm(HANG_SECONDS);
    for (int i = 1; i < argc; i++)
        read_file(argv[i]);
    if (argc > 1)
        run_files();
    else
        mutations = replay_corpus(argv[0], target);
    printf("ok %s: %u files, %u mutations of them\n", target, files->len, mutations);
    g_ptr_array_unref(files);
    return EXIT_SUCCESS;
}
