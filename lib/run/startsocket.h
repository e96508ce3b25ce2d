/*
 * The socket `start` in the state directory of a created container (bundlerun.h). Its first process
 * listens there; no other process has to live until the start. A SOCK_SEQPACKET connection is a
 * channel (channel.h): MESSAGE_EXECUTE to the first process, its failure back; execve(2) closes it.
 */
#ifndef CT_STARTSOCKET_H
#define CT_STARTSOCKET_H

struct err;

/* Makes the socket in the directory. Returns the listening descriptor. */
int startsocket_open(int dir, struct err *e);

/* In the first process: waits for a MESSAGE_EXECUTE. Returns the connection. */
int startsocket_await(int listening, struct err *e);

/*
 * Connects, sends MESSAGE_EXECUTE and waits until the program has been executed or the first
 * process has died (0), or has failed (-1).
 */
int startsocket_send(int dir, struct err *e);

#endif
