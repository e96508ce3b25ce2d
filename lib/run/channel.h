/*
 * The messages between a supervisor and the first process, over a SOCK_SEQPACKET pair; some carry a
 * descriptor.
 */
#ifndef CT_CHANNEL_H
#define CT_CHANNEL_H

#include "base/err.h"

enum { CHANNEL_TEXT = 4096 };

enum message_kind {
	/* to the first process */
	MESSAGE_MOUNT,   /* fd: a detached mount; text: its entry of the file tree (hostmounts.h) */
	MESSAGE_GRANTED, /* the supervisor has done its part of all stages */
	MESSAGE_EXECUTE,
	MESSAGE_LEAVE, /* wait for the start without a supervisor (startsocket.h) */
	/* from the first process */
	MESSAGE_TERMINAL, /* fd: the master of the container's terminal */
	MESSAGE_MOUNTED,  /* the hooks of a bundle may run now */
	MESSAGE_READY,    /* ready for execve */
	MESSAGE_FAILED,   /* err */
};

struct message {
	enum message_kind kind;
	int fd; /* -1: none; the receiver closes it */
	struct err err;
	char text[CHANNEL_TEXT];
};

int channel_open(int ends[2], struct err *e);
int channel_send(int end, enum message_kind kind, const char *text, int fd, struct err *e);
/* Returns nothing: a receiver that does not get the message is dead. */
void channel_send_failure(int end, const struct err *why);
/* 1: a message; 0: the other side is dead or has executed; -1: error. */
int channel_receive(int end, struct message *m, struct err *e);
/*
 * Receives the messages of the first process until it is ready (1), dead or has executed (0), or
 * has failed (-1). *terminal receives the master of its terminal, if it sends one.
 */
int channel_hear(int end, int *terminal, struct err *e);

#endif
