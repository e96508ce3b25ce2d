/*
 * Telling what is done as it is done (--explain): each system call with its
 * arguments and its result, from whichever process makes it, and the shell command
 * that does the same. When nobody asked it costs a look at a variable.
 *
 *	fd = explained(open_tree(dir, path, flags), "open_tree(%d, \"%s\", OPEN_TREE_CLONE)", dir,
 *path);
 *
 *	ct-run: [root] open_tree(5, "", OPEN_TREE_CLONE) = 8
 *	# same: mount --rbind / /mnt
 */
#ifndef CT_EXPLAIN_H
#define CT_EXPLAIN_H

#include <stdbool.h>

struct err;

extern int explain_fd; /* where to; -1: nobody asked */

/* From here on, in this process and those it makes, on a copy of the descriptor. */
int explain_begin(const char *program, int fd, struct err *e);
/* The stage, or what else is being done: what follows is of it. */
void explain_at(const char *what);
/* A line by itself; control characters are escaped. Keeps errno. */
void explain_result(long result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same of a call that does not return when all goes well. */
void explain_ahead(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Lines of shell (a newline behind each). */
void explain_same(const char *lines);

/* One line of it, for a change to a network; within: the command that comes before each, from here
 * on ("": none). */
void explain_shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void explain_within(const char *command);

#define explained(call, ...)                                           \
	({                                                             \
		__typeof__(call) explained_ = (call);                  \
		if (explain_fd >= 0)                                   \
			explain_result((long)explained_, __VA_ARGS__); \
		explained_;                                            \
	})

#endif
