/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests of consoles have in common: guests that print and take input, and the other ends of
 * their consoles.
 */
#ifndef TESTS_UNIT_CONSOLE_FIXTURE_H
#define TESTS_UNIT_CONSOLE_FIXTURE_H

#include "emu/console.h"

#define PATIENCE_MS 3000 /* Check itself ends a test after 4 s */

/* Takes input while it has room. */
struct guest {
    GMutex lock;
    GCond got_input;
    GString *input;
    size_t room; /* 100 at first */
    struct console *console;
};

struct console_fixture {
    char *folder;
    struct console_set *set;
    struct guest guest[3]; /* by VTL */
    GString *told;         /* to the user */
    int keyboard, screen;  /* the other ends of stdio */
    int stdout_before;
};

extern struct console_fixture fixture;

void fixture_set_up(void);
void fixture_tear_down(void);

/* Ends the consoles before the test's end. */
void fixture_end(void);

/* "KIND:PATH" of something in the folder, and the path alone. */
char *fixture_place(const char *kind);
const char *fixture_path(const char *place);

/* Our stdio becomes two pipes. */
void fixture_take_stdio(void);

/* Ends the consoles; @rest is the last that they say on stdout. */
void fixture_end_stdio(const char *rest);

struct console *guest_try_open(unsigned vtl, const char *where, GError **error);
struct guest *guest_open(unsigned vtl, const char *where);
void guest_print(struct guest *guest, const char *text);
void guest_make_room(struct guest *guest, size_t room);

/* All that @guest has taken, once there is enough of it, is @text. */
void guest_expect_input(struct guest *guest, const char *text);

/* The other end of a console. */
int user_connect(const char *place);
void user_type(int fd, const char *text);
void user_expect(int fd, const char *text); /* is what comes next */
void user_expect_end(int fd);               /* and closes it */

#endif
