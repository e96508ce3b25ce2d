/*
 * Progress on a terminal: one line on stderr, drawn ten times a second at most, from half a second
 * after the first call on. It is erased before an error or a note is printed (cmd.h), and if
 * SIGINT, SIGTERM or SIGQUIT ends the program.
 */
#ifndef CT_CMD_BAR_H
#define CT_CMD_BAR_H

#include <stdbool.h>
#include <stdint.h>

/* Whether stderr is a terminal that can redraw a line. Otherwise nothing is to be shown. */
bool cmd_has_bar(void);

/* There is nothing to be shown from now on. */
void cmd_bar_off(void);

/* Shows how many bytes of `total` are done (0: not known). what: "fetch, 1 of 3 layers". */
void cmd_bar(const char *what, uint64_t done, uint64_t total);

/* Sets what cmd_progress and cmd_progress_bytes show, and their total (0: not known). */
void cmd_bar_task(const char *what, uint64_t total);
/* The same, with the signature of treecopy_progress, or for bytes alone. */
void cmd_progress(uint64_t entries, uint64_t bytes);
void cmd_progress_bytes(uint64_t bytes);

/* Erases the line. */
void cmd_bar_end(void);

#endif
