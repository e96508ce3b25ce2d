/*
 * The standard streams of a container's process: three pipes or one terminal, relayed to the
 * user's streams and to the log.
 */
#ifndef CT_STREAMS_H
#define CT_STREAMS_H

#include <stdbool.h>
#include <sys/types.h>

struct ctlog;
struct err;
struct relay;

struct streams {
	int theirs[3]; /* the process's ends, which become its 0, 1, 2; -1 with a terminal */
	int ours[3];   /* our ends of the pipes; -1: none */
	int master;    /* pty master; -1: none */

	/*
	 * Set between streams_open and streams_relay, or NULL: called at the third Ctrl-C in a row
	 * that the process does not answer.
	 */
	void (*stubborn)(const char *container);
	const char *container;
	unsigned ctrl_c; /* how many there were */
	struct ctlog *log;
};

enum streams_kind {
	STREAMS_PIPES,
	STREAMS_TERMINAL, /* which the container makes itself */
	STREAMS_NONE,     /* /dev/null for all three */
};

/*
 * Makes the pipes (for a terminal: nothing yet). input false: the process reads /dev/null. The
 * pipes belong to owner, so that /dev/stdout can be reopened inside; other users inside can
 * reopen their end too.
 */
int streams_open(struct streams *st, enum streams_kind kind, bool input, uid_t owner,
		 struct err *e);
/*
 * Gives the process copies of the caller's own streams, without a relay (input false:
 * /dev/null as input).
 */
int streams_lend(struct streams *st, bool input, struct err *e);
void streams_close_theirs(struct streams *st);
void streams_close(struct streams *st);

/* Counts a Ctrl-C that came as a signal; those of a terminal are counted as they are typed. */
void streams_ctrl_c(struct streams *st);

/*
 * Relays the streams. attached: to and from the caller's 0, 1 and 2. log may be NULL. st must
 * not move while the relay exists.
 */
int streams_relay(struct streams *st, struct relay *r, bool attached, struct ctlog *log,
		  struct err *e);

#endif
