/*
 * --explain: prints each system call with its arguments and its result when a process
 * makes it, and the shell command that does the same. Without --explain a call costs one
 * look at a variable.
 *
 *	fd = explained(open_tree(dir, path, flags),
 *		       "open_tree(%d, \"%s\", OPEN_TREE_CLONE)", dir, path);
 *
 * prints
 *
 *	ct-run: [root] open_tree(5, "", OPEN_TREE_CLONE) = 8
 *	# same: mount --rbind / /mnt
 */
#ifndef CT_EXPLAIN_H
#define CT_EXPLAIN_H

#include <stdbool.h>

struct err;

extern int explain_fd; /* the output; -1: --explain was not given */

/* Starts explaining, in this process and its future children, on a copy of fd. */
int explain_begin(const char *program, int fd, struct err *e);
/* Names the stage (or other task) that the following calls belong to. */
void explain_at(const char *what);
/* Prints one call and its result as a line; control characters are escaped. Keeps errno. */
void explain_result(long result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints a call that does not return on success, such as execve(2), before it is made. */
void explain_ahead(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints shell lines (each ended by a newline) as "# same: LINE". */
void explain_same(const char *lines);

/*
 * Prints one shell line that changes a network. explain_within sets a prefix for all later
 * lines, such as "ip netns exec NAME " ("": none).
 */
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
