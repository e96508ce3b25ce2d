/*
 * Applies instructions, written as in a Dockerfile, to an image config (image.h):
 *
 *	CMD, ENTRYPOINT		["WORD", ...] as JSON, or a line for /bin/sh -c
 *	ENV, LABEL		NAME=VALUE ..., or NAME and the value
 *	EXPOSE			PORT[-PORT][/tcp|/udp|/sctp] ...
 *	VOLUME			DIR ..., or ["DIR", ...]
 *	WORKDIR DIR		a relative DIR is relative to the previous one
 *	USER USER[:GROUP], STOPSIGNAL SIGNAL
 *
 * Blanks separate words; '', "" and \ quote as in a shell.
 */
#ifndef CT_CHANGE_H
#define CT_CHANGE_H

struct err;
struct record;

/* Changes only the keys of this instruction. Errors name the instruction. */
int change_apply(struct record *config, const char *text, struct err *e);

#endif
