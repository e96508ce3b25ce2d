/*
 * An error is a value: the object, the action that failed, and the reason.
 *
 * Functions that can fail take a struct err * as their last argument. They return 0 or a useful
 * value on success, -1 (or NULL) on failure with the error filled in. Nothing is allocated, so
 * nothing needs to be freed. A whole error fits one atomic write to a pipe (PIPE_BUF is 4096):
 * the first process of a container reports its failures that way.
 *
 * Only programs print errors (cmd.h); the library never does.
 */
#ifndef CT_ERR_H
#define CT_ERR_H

struct err {
	int sys;       /* errno at the failure, 0 if no system call failed */
	int status;    /* exit status that this failure requires; 0: the program's usual one */
	char msg[500]; /* one line without its newline: object, action, reason */
};

/* Each function returns -1, so that a caller can write `return err_sys(e, ...)`. */

/* Records a failure. sys: an errno value by which callers tell it from others, not in the text. */
int err_code(struct err *e, int sys, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Records a failure without errno: e->sys becomes 0. */
#define err_set(e, ...) err_code(e, 0, __VA_ARGS__)

/* Records a failed system call: appends ": " and errno's text to the message. Keeps errno. */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prefixes an existing error with the caller's object or action, and ": ". */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets the exit status that the failure requires (126, 127, 2). */
int err_status(struct err *e, int status);

#endif
