/*
 * The state of a bundle's container: a directory ROOT/ID with a record `state`, a copy of the
 * config.json, and the start socket (run/bundlerun.h).
 *
 * Crashes: the record exists before anything outside of the directory is made, and names the cgroup,
 * through which `delete --force` finds all processes; it is the last file that `delete` removes.
 */
#ifndef CT_OCISTATE_H
#define CT_OCISTATE_H

#include <jansson.h>

#include "base/proc.h"
#include "base/record.h"

struct err;

enum ocistatus { OCI_CREATING, OCI_CREATED, OCI_RUNNING, OCI_PAUSED, OCI_STOPPED };

struct ocistate {
	int root; /* borrowed */
	int dir;
	int lock; /* held by create, start and delete; -1: not */
	char id[256];
	struct record record;
	struct proc_id first; /* pid 0: none yet, or not any more */
	enum ocistatus status;
	const char *cgroup, *bundle; /* NULL: not recorded yet */
};

#define OCISTATE_NONE                             \
	{                                         \
		.root = -1, .dir = -1, .lock = -1 \
	}

/* Opens the directory of all states. make: makes it, if it is missing. */
int ociroot_open(const char *path, bool make, struct err *e);
/* Adds the ids in it, sorted. */
int ociroot_list(int root, struct strv *ids, struct err *e);

/* Makes the directory of a new id, and locks it. An error says "exists" if the id is taken. */
int ocistate_make(int root, const char *id, struct ocistate *s, struct err *e);
/*
 * Opens an existing one, and finds out the status. e->sys is ENOENT if there is none; root -1 is a
 * directory that is missing.
 */
int ocistate_open(int root, const char *id, struct ocistate *s, struct err *e);
/* Locks it, waiting for another command, and finds out the status again. */
int ocistate_lock(struct ocistate *s, struct err *e);
/*
 * Unlocks it. A first process that was cloned meanwhile has the same lock, and would hold it until
 * its start: unlock before leaving it alone.
 */
void ocistate_unlock(struct ocistate *s);
/* Writes the record, and takes the fields of *s from it, without the status. */
int ocistate_write(struct ocistate *s, struct err *e);
/* Removes the directory with its files, the record last. */
int ocistate_remove(struct ocistate *s, struct err *e);
void ocistate_close(struct ocistate *s);
#define own_ocistate __attribute__((cleanup(ocistate_close)))

const char *ocistatus_name(enum ocistatus status);

/* The state as the specification has it (runtime.md), with what crun adds. */
json_t *ocistate_json(const struct ocistate *s, const json_t *annotations, enum ocistatus status,
		      pid_t pid);

#endif
