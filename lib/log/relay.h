/*
 * A relay copies bytes between the user's standard streams and a container's, unchanged and
 * without ever blocking on one of them.
 *
 * It uses its own descriptors: duplicates, or for pipes and terminals the same object
 * opened anew. The user's descriptors are shared with a shell, so their flags must not
 * change, and the caller may close them at any time. Regular files, block devices and the
 * like are always ready and need no polling. SIGPIPE must be ignored. See epoll(7),
 * "edge-triggered"; pipe(7); pty(7).
 *
 * A pty master cannot be opened anew, so its owner sets O_NONBLOCK. Pipes need no preparation.
 */
#ifndef CT_RELAY_H
#define CT_RELAY_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct relay;

/* Receives each piece read from a source before it is written (for the container's log). */
typedef void relay_tap(void *arg, const char *data, size_t n);

/* relay_free closes what the relay opened, without calling at_end or at_broken. */
struct relay *relay_new(struct err *e);
void relay_free(struct relay *r);

/* Readable when relay_turn has work to do, for the owner's event loop. */
int relay_fd(const struct relay *r);

/*
 * One direction of a relay. A `from` that is not open for reading is at its end at once. A `to`
 * of -1 accepts everything, like /dev/null. A `to` that is not open for writing fails at the
 * first byte to write.
 *
 * at_end: `from` has ended and everything is written (the owner now closes the pipe, or writes
 * ^D to the terminal). A terminal without an open slave (EIO) has not ended.
 *
 * at_broken: `to` has no reader any more, which is detected even when there is nothing to
 * write. `from` is no longer read (the owner now closes its own end of `from`, so that the
 * writer notices). Without at_broken `from` is still read, for the tap or to discard it.
 *
 * One of the two is called once, within relay_turn or relay_finish, after the relay has closed
 * its own descriptors of the channel. Neither may call the relay. Either may be NULL.
 */
struct relay_channel {
	const char *name; /* for errors: "stdout"; a string literal */
	int from, to;
	bool input;     /* towards the container: useless once it is dead */
	relay_tap *tap; /* may be NULL */
	void *tap_arg;
	void (*at_end)(void *arg);
	void (*at_broken)(void *arg);
	void *arg;
};
int relay_add(struct relay *r, const struct relay_channel *c, struct err *e);

/*
 * Moves a bounded amount of data without waiting. -1: a read or write failed (disk full). That
 * source counts as ended, or that reader as gone; the error is reported once, and the other
 * channels and the caller may continue. EPIPE, and a directory as source, are not errors.
 */
int relay_turn(struct relay *r, struct err *e);

/*
 * Call it when the container's processes are dead. Drops the input channels without calling
 * at_end or at_broken; reads the other sources to their end, or until they are empty (another
 * process may hold the pipe); writes everything, waiting for slow readers. 0: every channel has
 * ended. 1: `stop` (a signalfd; -1: none) became readable before that; nothing was read from
 * it, and the call can be repeated (after a harmless signal such as SIGCHLD it should be). -1:
 * as relay_turn, after all other channels are finished.
 */
int relay_finish(struct relay *r, int stop, struct err *e);

/*
 * Makes every `to` behave like /dev/null. After a stopped relay_finish, relay_mute and a second
 * relay_finish without `stop` give the rest to the taps.
 */
void relay_mute(struct relay *r);

#endif
