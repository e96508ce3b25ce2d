/* Signals by name: "TERM", "SIGTERM", "term", "15", "RTMIN+3" (signal(7)). */
#ifndef CT_SIG_H
#define CT_SIG_H

struct err;

int sig_read(const char *text, int *sig, struct err *e);

#endif
