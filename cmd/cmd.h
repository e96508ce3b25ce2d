/*
 * The parts that all utilities share: reading options, printing errors on stderr, reading ids from
 * stdin, computing the exit status. Only code in cmd/ prints and exits.
 */
#ifndef CT_CMD_H
#define CT_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"

/*
 * Starts a utility: reads the options into args and handles --help and --version. Returns the
 * operands (NULL-terminated). A usage error ends the program with status 2, or with 125 if the
 * program's options end at the first operand.
 */
char **cmd_begin(const struct opt_program *prog, int argc, char **argv, void *args);
/* The same for a command of a program whose own options cmd_begin has read. */
char **cmd_command(const struct opt_program *prog, int argc, char **argv, void *args);

/*
 * Prints "ct-run: object: reason" on stderr, one line, control characters escaped. An error with an
 * empty message prints nothing.
 */
void cmd_complain(const struct err *e);
/* Prints a note in the same form; a note is not a failure. */
void cmd_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Tells how to end a container that does not listen to Ctrl-C. The terminal may be in raw mode. */
void cmd_stubborn(const char *container);

/* If wanted, prints from now on each system call that changes something on stderr (explain.h). */
void cmd_explain(bool wanted);

/* The option of utilities whose system calls are explained. S: a struct with a member `explain`. */
#define CMD_EXPLAIN(S)                     \
	OPT_FLAG(S, explain, 0, "explain", \
		 "show the system calls made, and equivalent shell commands")

/* The options by which podman chooses containers. name: the command's, without "ct-". */
#define CMD_CHOICE(name) \
	OPT_INSTEAD('a', "all", "use 'ct ps -q -r | ct " name " -'"), CMD_CHOICE_BUT_ALL(name)
#define CMD_CHOICE_BUT_ALL(name)                                                           \
	OPT_INSTEAD('l', "latest", "use 'ct ps -q | head -n 1 | ct " name " -'"),          \
		OPT_INSTEAD('f', "filter", "use 'ct ps -q -f KEY=VALUE | ct " name " -'"), \
		OPT_INSTEAD(0, "cidfile", "use 'ct " name " - <FILE'")

/* Prints the error and returns the exit status that belongs to it. */
int cmd_failed(const struct err *e);

/*
 * Prints the id of an object that was just made. If that fails, the user does not know the object,
 * and the caller removes it. If the reader closed the pipe, the error has an empty message.
 */
int cmd_tell_id(const char *id, struct err *e);

/* Flushes stdout at the end of a utility. Returns status, or a failure if the output was not
 * written. */
int cmd_end(int status);

/*
 * Calls one() for each operand. The operand "-" stands for the ids on stdin, one a line. Prints
 * each failure, continues with the rest, and returns the exit status for all of them.
 */
int cmd_each(char **operands, int (*one)(const char *id, void *args, struct err *e), void *args);

/* The main of a utility without options that calls one() for each container. arg: the store. */
int cmd_containers(const struct opt_program *prog, int argc, char **argv,
		   int (*one)(const char *id, void *store, struct err *e));

/*
 * Calls one() for each row of a listing: for each operand as cmd_each does or, without operands,
 * for each object of the kind, newest first. An object that is removed meanwhile is no failure.
 */
struct store;
int cmd_list(const struct store *s, const char *kind, char **operands,
	     int (*one)(const char *id, void *args, struct err *e), void *args);

#endif
