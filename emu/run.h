/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu run`: the life of a run, from the command line to the exit status. */
#ifndef EMU_RUN_H
#define EMU_RUN_H

/* argv[0] is "run". Returns the exit status. */
int run_main(int argc, char **argv);

#endif
