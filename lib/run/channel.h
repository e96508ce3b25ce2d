/*
 * The words between a supervisor and the first process it makes, over one
 * SOCK_SEQPACKET pair: a message each, some with a descriptor.
 */
#ifndef CT_CHANNEL_H
#define CT_CHANNEL_H

#include "base/err.h"

enum { CHANNEL_TEXT = 4096 };

enum message_kind {
	/* to the first process */
	MESSAGE_MOUNT, /* fd: a detached mount; text: of which entry of the file tree (hostmounts.h)
			*/
	MESSAGE_GRANTED, /* all that needs the host's rights is done */
	MESSAGE_EXECUTE,
	/* from it */
	MESSAGE_TERMINAL, /* fd: the master of its terminal */
	MESSAGE_READY,    /* everything but the execution is done */
	MESSAGE_FAILED,   /* err */
};

struct message {
	enum message_kind kind;
	int fd; /* -1: none; the receiver's to close */
	struct err err;
	char text[CHANNEL_TEXT];
};

int channel_open(int ends[2], struct err *e);
int channel_send(int end, enum message_kind kind, const char *text, int fd, struct err *e);
/* Cannot fail usefully: whoever does not hear it is gone. */
void channel_send_failure(int end, const struct err *why);
/* 1: a message; 0: the other side is gone (or has executed); -1. */
int channel_receive(int end, struct message *m, struct err *e);
/*
 * All that the first process says: 1 once it is ready, 0 when it is gone (or has
 * executed), -1 if it failed. *terminal becomes the master of its terminal, if it sends one.
 */
int channel_hear(int end, int *terminal, struct err *e);

#endif
