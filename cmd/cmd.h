/*
 * What every utility's main program shares: options, errors on stderr, ids on
 * stdin, an honest exit status. Only code in cmd/ prints and exits.
 */
#ifndef CT_CMD_H
#define CT_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"

/*
 * Starts a utility: reads the options into args and answers --help and
 * --version itself. Gives the operands (NULL-terminated); a usage error ends
 * the program with status 2 (a program whose options end at the first operand: 125).
 */
char **cmd_begin(const struct opt_program *prog, int argc, char **argv, void *args);

/* "ct-run: what: why" on stderr, one line, control characters escaped; an error without words is
 * not said. */
void cmd_complain(const struct err *e);
/* The same for something that is not a failure but must be said. */
void cmd_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* From here on each system call that changes something is told on stderr (explain.h), if it is
 * wanted. */
void cmd_explain(bool wanted);

/* Complains and gives the exit status that the error asks for. */
int cmd_failed(const struct err *e);

/*
 * A line on stderr, a terminal, that is shown anew now and then once there is
 * something to wait for; cmd_progress_end takes it away again.
 */
void cmd_show(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same as a treecopy_progress. */
void cmd_progress(uint64_t entries, uint64_t bytes);
void cmd_progress_end(void);

/*
 * Says the id of what was just made. If that fails, nobody knows of it: the
 * caller takes it back. (A reader that has gone is not complained about.)
 */
int cmd_tell_id(const char *id, struct err *e);

/*
 * The last word of a utility: writes out stdout and gives status, or a failure
 * if stdout could not take it all.
 */
int cmd_end(int status);

/*
 * Calls one for each operand, or, for an operand "-", for each id that stdin
 * has, one a line. Complains of each failure, goes on with the rest, and gives
 * the exit status for them all.
 */
int cmd_each(char **operands, int (*one)(const char *id, void *args, struct err *e), void *args);

/*
 * A listing's rows: one for each operand as cmd_each does, or, without any, for
 * each object of a kind, newest first; one that is removed meanwhile is no failure.
 */
struct store;
int cmd_list(const struct store *s, const char *kind, char **operands,
	     int (*one)(const char *id, void *args, struct err *e), void *args);

#endif
