#ifndef CT_SIG_H
#define CT_SIG_H

struct err;

/*
 * Reads a signal: a number or any name of `kill -l`, with or without SIG, in any case: "15",
 * "TERM", "sigiot", "RTMAX-2".
 */
int sig_read(const char *text, int *sig, struct err *e);

/*
 * execve(2) gives each signal its default action, except those that are ignored. sig_note notes
 * these (the parent of this process may have left some) and those that are ignored later by
 * sig_ignore; sig_reset, in a child, ends ignoring them and blocks no signal. It asks for each
 * signal if nothing was noted.
 */
void sig_note(void);
void sig_ignore(int sig);
void sig_reset(void);

#endif
