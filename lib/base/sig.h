/*
 * Reads a signal: a number or any name of `kill -l`, with or without SIG, in any case: "15",
 * "TERM", "sigiot", "RTMAX-2".
 */
#ifndef CT_SIG_H
#define CT_SIG_H

struct err;

int sig_read(const char *text, int *sig, struct err *e);

#endif
