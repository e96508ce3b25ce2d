/*
 * The standard streams of a container's process: three pipes, or one
 * terminal, and their relays to the user's streams and to the log.
 */
#ifndef CT_STREAMS_H
#define CT_STREAMS_H

#include <stdbool.h>
#include <sys/types.h>

struct ctlog;
struct err;
struct relay;

struct streams {
	int theirs[3]; /* for the process: to become its 0, 1, 2; -1 with a terminal */
	int ours[3];   /* our ends of the pipes; -1: none */
	int master;    /* of the terminal; -1: none */
};

enum streams_kind {
	STREAMS_PIPES,
	STREAMS_TERMINAL, /* of the container's own making */
	STREAMS_NONE,     /* /dev/null, all three */
};

/*
 * Makes the pipes (with a terminal: nothing yet). input false: the process
 * reads /dev/null. The pipes belong to owner, so that /dev/stdout can be
 * opened again inside; other users there can open their end, too.
 */
int streams_open(struct streams *st, enum streams_kind kind, bool input, uid_t owner,
		 struct err *e);
/* Without anything between: the process gets copies of the caller's own (or /dev/null as its
 * input). */
int streams_lend(struct streams *st, bool input, struct err *e);
void streams_close_theirs(struct streams *st);
void streams_close(struct streams *st);

/*
 * Relays them. attached: to and from the caller's own 0, 1 and 2; log may be
 * NULL. st must stay where it is as long as the relay lives.
 */
int streams_relay(struct streams *st, struct relay *r, bool attached, struct ctlog *log,
		  struct err *e);

#endif
