/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of a terminal, with the escape Ctrl-A: emu/console-input.c, whose inner functions are tested
 * here. The input: keys, and room that guests make for them. All arrives at the guest that has the
 * keyboard, in order; only what exceeds the buffer is lost.
 */
#include "emu/console-input.c"

#include "tests/fuzz/fuzz.h"

#define GUESTS 2

struct guest {
    struct console console;
    GByteArray *got, *due;
    size_t room;
    bool listens;
};

/* What the documentation says of keys. */
struct model {
    unsigned focus, quits;
    bool escape;
};

static struct guest guests[GUESTS];

static size_t take_input(void *context, const uint8_t *bytes, size_t size)
{
    struct guest *guest = context;
    size_t taken = MIN(size, guest->room);

    guest->room -= taken;
    g_byte_array_append(guest->got, bytes, (guint)taken);
    return taken;
}

static bool is_listening(void *context)
{
    return ((struct guest *)context)->listens;
}

static void count_quit(void *context, int signal)
{
    FUZZ_CHECK(signal == SIGINT || signal == SIGUSR1);
    ++*(unsigned *)context;
}

static void expect_key(struct model *model, uint8_t key)
{
    struct guest *guest = &guests[model->focus];
    bool escaped = model->escape;

    model->escape = !escaped && key == KEY_CTRL_A;
    if (escaped && (key == 'x' || key == 's'))
        model->quits++;
    else if (escaped && key == 'c')
        model->focus = (model->focus + 1) % GUESTS;
    else if (!escaped && key == KEY_CTRL_C && !guest->listens)
        model->quits++;
    else if (!model->escape && (!escaped || key == KEY_CTRL_A) &&
             guest->due->len - guest->got->len < CONSOLE_INPUT_MAX)
        g_byte_array_append(guest->due, &key, 1);
}

/* What it got and what still waits for it are what it was due. */
static void check_guest(struct guest *guest)
{
    struct console *console = &guest->console;

    FUZZ_CHECK(console->pending <= CONSOLE_INPUT_MAX);
    g_byte_array_append(guest->got, console->input, (guint)console->pending);
    FUZZ_CHECK(guest->got->len == guest->due->len);
    for (guint i = 0; i < guest->got->len; i++)
        FUZZ_CHECK(guest->got->data[i] == guest->due->data[i]);
}

/* Between the guests is a console that is not on the terminal: it never gets the keyboard. */
static void make_guests(struct console_set *set, struct console *elsewhere)
{
    for (unsigned i = 0; i < GUESTS; i++) {
        guests[i] = (struct guest){
            .console = {.set = set, .kind = KIND_STDIO, .vtl = i,
                        .sink = {take_input, is_listening, &guests[i]}},
            .got = g_byte_array_new(), .due = g_byte_array_new(),
        };
        g_ptr_array_add(set->consoles, &guests[i].console);
        g_ptr_array_add(set->consoles, elsewhere);
    }
}

static void play(struct console_set *set, struct fuzz_input *input, struct model *model)
{
    while (input->size) {
        uint8_t choice = fuzz_u8(input), value = fuzz_u8(input);
        struct guest *guest = &guests[choice >> 4 & 1];

        if (choice % 4 == 0)
            guest->room += value;
        else if (choice % 4 == 1)
            guest->listens = value & 1;
        else
            expect_key(model, value);
        if (choice % 4 > 1)
            terminal_key(set, value);
        if (choice & 8)
            deliver(&guest->console);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct model model = {0};
    struct console elsewhere = {.kind = KIND_NULL};
    unsigned quits = 0;
    struct console_set set = {.consoles = g_ptr_array_new(), .quit = count_quit,
                              .quit_context = &quits, .focus = &guests[0].console};

    g_set_printerr_handler(fuzz_hush);
    make_guests(&set, &elsewhere);
    play(&set, &input, &model);
    FUZZ_CHECK(quits == model.quits && set.focus == &guests[model.focus].console);
    for (unsigned i = 0; i < GUESTS; i++) {
        check_guest(&guests[i]);
        g_byte_array_unref(guests[i].got);
        g_byte_array_unref(guests[i].due);
    }
    g_ptr_array_unref(set.consoles);
    return 0;
}
