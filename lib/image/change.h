/*
 * Changes to what an image says of itself (image.h), written as in a Dockerfile:
 *
 *	CMD, ENTRYPOINT		["WORD", ...] as JSON, or a line for /bin/sh -c
 *	ENV, LABEL		NAME=VALUE ..., or NAME and the value
 *	EXPOSE			PORT[-PORT][/tcp|/udp|/sctp] ...
 *	VOLUME			DIR ..., or ["DIR", ...]
 *	WORKDIR DIR		if relative, to the one before
 *	USER USER[:GROUP], STOPSIGNAL SIGNAL
 *
 * Words stand apart by blanks; '', "" and \ quote as in a shell.
 */
#ifndef CT_CHANGE_H
#define CT_CHANGE_H

struct err;
struct record;

/* What a change does not speak of stays; the error names the instruction. */
int change_apply(struct record *config, const char *text, struct err *e);

#endif
