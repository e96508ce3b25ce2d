/*
 * A relay: copies bytes between a user's standard streams and a container's,
 * exactly, without ever waiting on one of them.
 *
 * It works on descriptors of its own (duplicates, or for pipes and terminals
 * the same object opened anew), because the user's are shared with a shell:
 * their flags are never touched, and its owner may close its own whenever it
 * likes. Regular files, block devices and such are always ready: plain I/O.
 * SIGPIPE must be ignored. epoll(7), "edge-triggered"; pipe(7); pty(7).
 *
 * A pty master cannot be opened anew: its owner gives it O_NONBLOCK. Pipes can be
 * as they are; a larger F_SETPIPE_SZ than the usual 64 KiB gains nothing (measured).
 */
#ifndef CT_RELAY_H
#define CT_RELAY_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct relay;

/* Given each piece read from a source, before it is written on (the container's log). */
typedef void relay_tap(void *arg, const char *data, size_t n);

/* relay_free closes what the relay opened, and calls nobody. */
struct relay *relay_new(struct err *e);
void relay_free(struct relay *r);

/* Readable when relay_turn has something to do: one descriptor among others in the owner's loop. */
int relay_fd(const struct relay *r);

/*
 * One direction. A `from` that is not open for reading is at its end at once;
 * a `to` that is -1 takes everything, like /dev/null; to one that is not open for
 * writing a write fails, once there is something to write.
 *
 * at_end: `from` has ended and all of it is written (now close the pipe, write
 * ^D to the terminal). A terminal without an open slave (EIO) has not ended.
 * at_broken: nobody reads `to` any more, noticed even when there is nothing to
 * write; `from` is read no further (now close its own end of `from`, so that the
 * writer learns of it). Without it `from` is read on, for the tap or for nobody.
 * One of the two is called, once, from within relay_turn or relay_finish, when
 * the relay has closed its own descriptors of the channel. Neither may call
 * the relay. Either may be NULL.
 */
struct relay_channel {
	const char *name; /* for errors: "stdout"; a literal */
	int from, to;
	bool input;     /* to the container: of no use once it is dead */
	relay_tap *tap; /* or NULL */
	void *tap_arg;
	void (*at_end)(void *arg);
	void (*at_broken)(void *arg);
	void *arg;
};
int relay_add(struct relay *r, const struct relay_channel *c, struct err *e);

/*
 * Moves what can be moved now, a bounded amount, without waiting. -1: a read
 * or write failed (disk full): that source counts as ended, that reader as gone;
 * told once, everything else goes on, and so may the caller. EPIPE, and a
 * directory as source, are no failures.
 */
int relay_turn(struct relay *r, struct err *e);

/*
 * The container's processes are dead: drops the input channels (calling nobody),
 * takes what is still in the other sources, up to their end or until they are
 * empty (some stranger may hold the pipe), and writes it all on, waiting for
 * slow readers. 0: done, every channel has ended. 1: `stop` (a signalfd; -1:
 * none) became readable with something left to do; nothing was read from it, and
 * the call can be made again (it should be, if the signal was a SIGCHLD or such).
 * -1: as relay_turn, after doing everything else.
 */
int relay_finish(struct relay *r, int stop, struct err *e);

/*
 * Every `to` is as /dev/null from now on. After a relay_finish that was stopped,
 * a second one with this before it and without `stop` gives the taps the rest.
 */
void relay_mute(struct relay *r);

#endif
