/*
 * An error as a value: what went wrong, to which object, and why.
 *
 * Functions that can fail take a struct err * as their last argument and return
 * 0 or a useful value on success, -1 (or NULL) on failure with the error filled
 * in. Nothing is allocated, so there is nothing to free, and a whole error fits
 * one atomic write to a pipe (PIPE_BUF is 4096): the first process of a
 * container reports its own failures that way.
 *
 * Only programs print errors (cmd.h); the library never does.
 */
#ifndef CT_ERR_H
#define CT_ERR_H

struct err {
	int sys;       /* errno at the failure, 0 if no system call failed */
	int status;    /* exit status this failure asks for; 0: the program's usual one */
	char msg[500]; /* one line without its newline: object, what was done, why */
};

/* Each returns -1, so that a caller can write `return err_sys(e, ...)`. */

/* A failure that no system call reports: e->sys becomes 0. */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A failed system call: adds ": " and errno's text to what fmt says. Keeps errno. */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts what the caller was doing, and ": ", in front of an error already set. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets the exit status that the failure asks for (126, 127, 2). */
int err_status(struct err *e, int status);

#endif
