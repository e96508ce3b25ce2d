/*
 * The file system with the files of a running container's /etc: a tmpfs of a fixed size, because
 * the container can write to them. It is not attached on the host. The supervisor keeps a
 * descriptor of it, through which other commands reach the files:
 *
 *	CT_RUN/ps_N/etc		"PID START DESCRIPTOR DEVICE": the supervisor's process id and start
 *				time, the descriptor's number, the file system's st_dev
 *
 * The files of a container that an older ct started are in CT_RUN/ps_N itself.
 */
#ifndef CT_ETCDIR_H
#define CT_ETCDIR_H

#include "store/store.h"

struct err;

/*
 * In the supervisor: makes the file system and writes its record into the directory `files`
 * (CT_RUN/ps_N). Returns the detached mount, which the caller keeps open until the end of the run.
 */
int etcdir_make(int files, struct err *e);

/* Opens the directory with a container's file `name` ("hosts"), for another command. With
 * --network container: the hosts and resolv.conf are the other container's. -1 with e->sys
 * ENOENT: the container has ended.
 */
int etcdir_open(const struct store *s, const char *id, const char *name, struct err *e);

#endif
