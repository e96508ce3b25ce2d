/*
 * Watching a container from its first instruction to its end: its streams, its
 * signals, its terminal, its death.
 */
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
	int code;                   /* its status, or the signal */
	bool lost;                  /* some of what it wrote could not be delivered */
};

/*
 * Blocks every signal and gives a signalfd of them all, before anything is made
 * that a signal's default action would leave behind. SIGPIPE is ignored.
 */
int monitor_signals(struct err *e);

/* Something else to be seen to while a container runs (NULL: nothing). */
struct monitor_also {
	int fd; /* readable when there is something to do */
	void (*see_to)(void *arg);
	void *arg;
};

/*
 * Relays the streams of the process (a child, by its pidfd) and passes signals
 * on to it until it ends and all it wrote is delivered. attached: the caller's
 * 0, 1, 2 are its user's. A terminal is raw meanwhile. What went wrong on the
 * way without ending the container is added to notes. ended (or NULL) is called
 * at once when the process has ended, before the last of its output is delivered:
 * that may take a slow reader's time.
 */
int monitor_run(int pidfd, int signals, struct streams *st, bool attached, struct ctlog *log,
		struct strv *notes, void (*ended)(void *arg, const struct ending *end), void *arg,
		const struct monitor_also *also, struct ending *out, struct err *e);

/* What a shell would call it. */
int ending_status(const struct ending *end);

#endif
