/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command lines of vtlemu's commands that only tell something: their options, their help, and
 * what is said when they are wrong. `run` has options.h, what a run is asked to do has
 * control-command.h.
 */
#ifndef EMU_COMMAND_H
#define EMU_COMMAND_H

#include <glib.h>
#include <stdbool.h>

struct command_line {
    const char *name;      /* after "vtlemu" */
    const char *parameter; /* "FILE - what it does", as GOption shows it */
    const char *summary;
    const char *description;
    int operands_min, operands_max;
    const char *wrong; /* said of another number of operands */
};

/* The option that most of them have; @json: a gboolean *. */
#define COMMAND_JSON(json)                                                                         \
    {"json", 0, 0, G_OPTION_ARG_NONE, (json), "print JSON instead of text", NULL}
#define COMMAND_END {NULL, 0, 0, 0, NULL, NULL, NULL}

/*
 * Takes the options of @entries, which end with COMMAND_END (NULL: there are none), out of @argv;
 * argv[1] is the first operand then. False, after saying why on stderr, if they are wrong: the exit
 * status is EMU_EXIT_USAGE. --help prints and ends the program.
 */
bool command_line_parse(const struct command_line *command, const GOptionEntry *entries, int *argc,
                        char ***argv);

/* Says on stderr that the command line is wrong: @text says in what; returns EMU_EXIT_USAGE. */
int command_line_misuse(const char *name, const char *text);

#endif
