/*
 * A plan: what a container is to be, after the image's wishes and the user's
 * options have become one. It is kept in the container's `config` record, so
 * that ct-exec, ct-commit and ct-start know what ct-run knew.
 */
#ifndef CT_PLAN_H
#define CT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "limit.h"
#include "record.h"
#include "str.h"

struct plan {
	const char *image;		/* img_N; NULL with a rootfs of the user's */
	const char *image_name;		/* as the user called it */
	const char *rootfs;		/* --rootfs: an absolute directory */
	const char *name;		/* NULL: none */
	const char *created;
	struct strv args, env, labels;
	uint64_t entrypoint;		/* so many of the args are the entry point */
	const char *workdir, *user;	/* NULL: "/", root */
	const char *hostname;		/* NULL: the id */
	const char *stop_signal;	/* NULL: TERM */
	bool tty, init, read_only, privileged;
	const char *network;		/* its name; "none", "host", "container:ID" */
	struct strv ports;		/* as port_read reads them */
	const char *userns;		/* "auto", "host", "unmapped", CTR:HOST:COUNT,... */
	uint64_t caps;			/* bounding set */
	struct strv image_volumes;	/* directories that the image wants apart from its root */
	struct strv volumes, tmpfs, devices, dns, hosts, ulimits;
	uint64_t shm_size;		/* bytes */
	struct limits limits;
	uint64_t log_max;		/* bytes; 0: the log grows */
	struct strv stages;		/* the names of those wanted (stage.h); none: all but "time" */
};

bool plan_has_stage(const struct plan *p, const char *name);

void plan_free_lists(struct plan *p);
#define own_plan __attribute__((cleanup(plan_free_lists)))
void plan_write(const struct plan *p, struct record *into);
/* Strings in the plan are the record's: keep it as long. */
void plan_read(struct plan *p, const struct record *from);

#endif
