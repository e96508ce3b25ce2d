/*
 * Terminals: raw mode for the user's terminal, the window size for the container's.
 * termios(3), ioctl_tty(2).
 */
#ifndef CT_TTY_H
#define CT_TTY_H

struct err;

/*
 * Puts the user's terminal in raw mode. tty_restore or exit(3) restores the previous settings.
 * A second call (after SIGCONT) sets raw mode again; the settings of before the first call are
 * still the ones to restore. Only one terminal at a time; fd stays open until it is restored.
 *
 * A background process is stopped here by SIGTTOU, even if SIGTTOU is blocked but not if it is
 * ignored, until it is in the foreground.
 */
int tty_raw(int fd, struct err *e);

/*
 * Restores the terminal. Async-signal-safe. Does nothing if the terminal is not raw, or if
 * another process group is in the foreground (a shell, which sets the terminal itself).
 */
void tty_restore(void);

/*
 * Copies the window size from one terminal to another. The kernel sends SIGWINCH to the
 * foreground process group of the latter if its size changed.
 */
void tty_copy_size(int from, int to);

#endif
