/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that have a run do something by its control socket: `vtlemu snapshot`, `vtlemu migrate`. */
#ifndef EMU_CONTROL_COMMAND_H
#define EMU_CONTROL_COMMAND_H

/* Each takes its arguments, its own name first, and returns the exit status. */
int snapshot_main(int argc, char **argv);
int migrate_main(int argc, char **argv);

#endif
