/*
 * Terminals: the user's (raw while a container has one), the container's (its size).
 * termios(3), ioctl_tty(2).
 */
#ifndef CT_TTY_H
#define CT_TTY_H

struct err;

/*
 * Puts the user's terminal in raw mode. Its state from before is put back by
 * tty_restore, or at exit(3). Called again (after SIGCONT) it makes the
 * terminal raw again, and the state to put back remains the first one. One terminal
 * at a time; fd stays open until then. A process in the background is stopped here
 * (SIGTTOU, even if blocked, but not if ignored) until it is in the foreground.
 */
int tty_raw(int fd, struct err *e);

/*
 * Async-signal-safe; does nothing if nothing is to be put back, or if another
 * process group has the terminal now (a shell, which sets it as it likes).
 */
void tty_restore(void);

/* The window size of one terminal given to another; the latter's foreground gets SIGWINCH if it
 * changed. */
void tty_copy_size(int from, int to);

#endif
