/* Watches a container until it ends: relays its streams, signals and terminal, and learns its end.
 * */
#ifndef CT_MONITOR_H
#define CT_MONITOR_H

#include <signal.h>
#include <stdbool.h>

#include "container/container.h"

struct ctlog;
struct err;
struct streams;

struct ending {
	enum container_phase phase; /* CONTAINER_EXITED or CONTAINER_KILLED */
	int code;                   /* the exit status, or the signal */
	bool lost;                  /* some of the output could not be delivered */
};

/*
 * Blocks every signal and returns a signalfd for all of them. Call it before anything is made that
 * the default action of a signal would leave behind. SIGPIPE is ignored.
 */
int monitor_signals(struct err *e);

/* Another descriptor to watch while a container runs. */
struct monitor_also {
	int fd; /* readable when see_to has work to do */
	void (*see_to)(void *arg);
	void *arg;
};

/*
 * Relays the streams of a child process (by its pidfd) and forwards signals to it, until the
 * process has ended and all its output is delivered. attached: descriptors 0, 1 and 2 of the caller
 * belong to the user; a terminal is in raw mode meanwhile. Problems that do not end the container
 * are added to notes. ended (or NULL) is called as soon as the process has ended, before the last
 * output is delivered, which may take as long as a slow reader needs. also may be NULL.
 */
int monitor_run(int pidfd, int signals, struct streams *st, bool attached, struct ctlog *log,
		struct strv *notes, void (*ended)(void *arg, const struct ending *end), void *arg,
		const struct monitor_also *also, struct ending *out, struct err *e);

/* The exit status, as in a shell. */
int ending_status(const struct ending *end);

#endif
