/*
 * A plan: what a container is to be, after the image's wishes and the user's
 * options have become one. It is kept in the container's `config` record, so
 * that ct-exec, ct-commit and ct-start know what ct-run knew.
 */
#ifndef CT_PLAN_H
#define CT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/record.h"
#include "base/str.h"
#include "kernel/cgroup.h"

/* The stages of a run, in their order; stage.h has what each one does. */
enum stage_id {
	STAGE_SNAPSHOT,
	STAGE_CGROUP,
	STAGE_USER,
	STAGE_NET,
	STAGE_UTS,
	STAGE_IPC,
	STAGE_PID,
	STAGE_CGNS,
	STAGE_TIME,
	STAGE_MNT,
	STAGE_ROOT,
	STAGE_PROC,
	STAGE_CAPS,
	STAGE_SECCOMP,
	STAGE_EXEC,
	STAGES
};
extern const char *const stage_names[STAGES];
/* The stage of that name; STAGES: there is none. */
enum stage_id stage_find(const char *name);

/* --network, and `network` in the record: "none", "host", "empty", "container:REF" or a network's
 * name. */
enum net_mode {
	NET_NONE,      /* a network namespace with its loopback up */
	NET_EMPTY,     /* one as the kernel makes it (bare runs) */
	NET_HOST,      /* the host's */
	NET_CONTAINER, /* another container's */
	NET_NAMED,     /* its own, with an endpoint on a network of ct's */
};
/* *name becomes the container or the network (a part of text), or NULL. */
enum net_mode net_mode_read(const char *text, const char **name);

/* --userns, and `userns` in the record: "auto", "host", "unmapped", "container" or a map. */
enum users_mode {
	USERS_AUTO,     /* a user namespace with a range of ids of its own */
	USERS_HOST,     /* the host's */
	USERS_UNMAPPED, /* a user namespace without a map */
	USERS_SHARED,   /* that of the container whose network it is on */
	USERS_MAP,      /* a user namespace with the map of the user's (user_map) */
};
enum users_mode users_mode_read(const char *text);

struct plan {
	const char *image;      /* img_N; NULL with a rootfs of the user's */
	const char *image_name; /* as the user called it */
	const char *rootfs;     /* --rootfs: an absolute directory */
	const char *name;       /* NULL: none */
	const char *created;
	struct strv args, env, labels;
	uint64_t entrypoint;        /* so many of the args are the entry point */
	const char *workdir, *user; /* NULL: "/", root */
	const char *hostname;       /* NULL: the id */
	const char *stop_signal;    /* NULL: TERM */
	bool tty, init, read_only, privileged;
	enum net_mode net;
	const char *network; /* the network or the container that `net` speaks of; NULL: none */
	struct strv ports;   /* as port_read reads them */
	enum users_mode users;
	const char *user_map;      /* of USERS_MAP: CTR:HOST:COUNT,... */
	uint64_t caps;             /* bounding set */
	struct strv image_volumes; /* directories that the image wants apart from its root */
	struct strv volumes, tmpfs, devices, dns, hosts, ulimits;
	uint64_t shm_size; /* bytes */
	struct limits limits;
	uint64_t log_max; /* bytes; 0: the log grows */
	uint32_t stages;  /* a bit (1 << STAGE_x) for each stage wanted; 0: all but "time" */
};

bool plan_has_stage(const struct plan *p, enum stage_id stage);

void plan_free_lists(struct plan *p);
#define own_plan __attribute__((cleanup(plan_free_lists)))
void plan_write(const struct plan *p, struct record *into);
/* Strings in the plan are the record's: keep it as long. */
void plan_read(struct plan *p, const struct record *from);

#endif
