/*
 * One end of a channel of a relay (relay.h): the relay's own descriptor of a stream, which is read
 * or written without blocking.
 */
#ifndef CT_RELAYEND_H
#define CT_RELAYEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum way {
	NOTHING,  /* no descriptor: at its end at once, accepts everything */
	SHUT,     /* not open for writing: writing fails */
	PLAIN,    /* always ready: regular files, directories, disks, /dev/null */
	NONBLOCK, /* O_NONBLOCK: fails with EAGAIN */
	MESSAGE,  /* a socket: MSG_DONTWAIT at each call */
	CAREFUL,  /* may block: poll(2) before each call */
};

/*
 * One end of a channel. `ready` stays set until a call fails with EAGAIN, because
 * edge-triggered epoll reports only changes.
 */
struct end {
	int fd;
	enum way way;
	bool tty, ready;
	bool pipe;          /* splice(2) and tee(2) work, without blocking */
	bool gone;          /* the reader on the other side has closed */
	uint32_t gone_mask; /* the epoll events that report it */
};

/* Opens one end; -1 with errno. ep: an epoll descriptor, which reports `s`. mode: O_RDONLY or
 * O_WRONLY. */
int end_open(int ep, struct end *s, int fd, int mode);
void end_close(int ep, struct end *s);

/* Like read(2); EAGAIN: nothing to read now. */
ssize_t end_read(const struct end *s, char *to, size_t n);
/* Like write(2); EAGAIN: nothing can be written now. */
ssize_t end_write(const struct end *s, const char *from, size_t n);
/* Whether poll(2) reports one of these events now. */
bool end_ready_now(const struct end *s, short events);

#endif
