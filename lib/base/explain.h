/*
 * --explain: prints each system call with its arguments and its result when a process
 * makes it, and the shell commands that do the same below it. Without --explain a call costs one
 * look at a variable.
 *
 *	fd = explained(open_tree(dir, path, flags),
 *		       "open_tree(%d, \"%s\", OPEN_TREE_CLONE)", dir, path);
 *	explain_same("mount --rbind / /mnt\n");
 *
 * prints
 *
 *	ct-run: [root] open_tree(5, "", OPEN_TREE_CLONE) = 8
 *	# same: mount --rbind / /mnt
 *
 * No line is longer than 100 columns: a call goes on indented, shell after a backslash.
 */
#ifndef CT_EXPLAIN_H
#define CT_EXPLAIN_H

#include <stdbool.h>
#include <sys/types.h>

struct err;

enum explain_mode { EXPLAIN_NOT, EXPLAIN_CALLS, EXPLAIN_BRIEF };
/* Reads the argument of --explain[=brief], an option of a table (opt.h). */
int explain_read_mode(void *to, const char *text, struct err *e);

extern int explain_fd; /* the output; -1: --explain was not given */

/* Starts explaining, in this process and its future children, on a copy of fd. */
int explain_begin(const char *program, int fd, struct err *e);
/* Starts explaining in brief: no calls, only the lines of explain_brief. */
int explain_begin_brief(const char *program, int fd, struct err *e);
/* Prints a line, if it is in brief. */
void explain_brief(const char *line);
/* Stops explaining in this process. */
void explain_end(void);

/* Names the stage (or other task) that the following calls belong to. */
void explain_at(const char *what);
/* Prints one call and its result; control characters are escaped. Keeps errno. */
void explain_result(long result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with the shell that does the same (lines, each ended by a newline), in one piece. */
void explain_call(const char *shell, long result, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * Prints a call without a result, with its shell line: a call that another library makes, or one
 * that does not return on success, such as execve(2), which is printed before it is made.
 */
void explain_note(const char *shell, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* umask(2), which prints the old mask in octal. */
mode_t explain_umask(mode_t mask);
/* Prints shell lines (each ended by a newline) as "# same: LINE". */
void explain_same(const char *lines);
/*
 * Sets the text in front of each shell line of a call, such as "ip netns exec NAME " ("": nothing).
 */
void explain_within(const char *command);

#define explained(call, ...)                                           \
	({                                                             \
		__typeof__(call) explained_ = (call);                  \
		if (explain_fd >= 0)                                   \
			explain_result((long)explained_, __VA_ARGS__); \
		explained_;                                            \
	})

#endif
