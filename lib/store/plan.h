/*
 * A plan: what a container is to be, computed from the image's config and the user's
 * options. The container's `config` record keeps it, so that ct-exec, ct-commit and ct-start
 * know what ct-run knew.
 */
#ifndef CT_PLAN_H
#define CT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/record.h"
#include "base/str.h"
#include "kernel/cgroup.h"

/* The stages of a run, in order; stage.h says what each stage does. */
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
extern const char *const plan_stage_names[STAGES];
/* The stage with that name; STAGES if there is none. */
enum stage_id plan_stage_find(const char *name);

/*
 * --network, and `network` in the record: "none", "host", "empty", "container:REF" or
 * the name of a network.
 */
enum net_mode {
	NET_NONE,      /* own network namespace, loopback up */
	NET_EMPTY,     /* own network namespace as the kernel makes it (bare runs) */
	NET_HOST,      /* network namespace of the host */
	NET_CONTAINER, /* network namespace of another container */
	NET_NAMED,     /* own network namespace with an endpoint on a network of ct */
};
/* *name becomes the container or network, a part of text, or NULL. */
enum net_mode net_mode_read(const char *text, const char **name);

/* --userns, and `userns` in the record: "auto", "host", "unmapped", "container" or a map. */
enum users_mode {
	USERS_AUTO,     /* own user namespace with its own range of ids */
	USERS_HOST,     /* user namespace of the host */
	USERS_UNMAPPED, /* own user namespace without a map */
	USERS_SHARED,   /* user namespace of the container whose network it joins */
	USERS_MAP,      /* own user namespace with the user's map (user_map) */
};
enum users_mode users_mode_read(const char *text);

struct bundle;

struct plan {
	const char *image;      /* img_N; NULL with --rootfs */
	const char *image_name; /* the image as the user named it */
	const char *rootfs;     /* --rootfs: an absolute directory */
	const char *name;       /* NULL: none */
	const char *created;
	struct strv args, env, labels;
	uint64_t entrypoint;        /* number of args that are the entry point */
	const char *workdir, *user; /* NULL: "/", root */
	const char *hostname;       /* NULL: the id */
	const char *stop_signal;    /* NULL: TERM */
	const char *stop_timeout;   /* seconds; NULL: 10 */
	bool remove;                /* --rm */
	bool open_input;            /* -i: in the background, stdin is a pipe that stays open */
	bool tty, init, read_only, privileged;
	enum net_mode net;
	const char *network; /* the network or container of `net`; NULL: none */
	struct strv more_networks, aliases, dns_search;
	const char *ip;    /* on `network`; NULL: any */
	struct strv ports; /* in the format of port_read */
	enum users_mode users;
	const char *user_map; /* for USERS_MAP: CTR:HOST:COUNT,... */
	uint64_t caps;        /* bounding set */
	/* directories that the image or a -v without source declares as the container's own volumes
	 */
	struct strv image_volumes;
	struct strv volumes, tmpfs, devices, dns, hosts, ulimits;
	struct strv sysctls, groups;   /* NAME=VALUE (sysctl.h); groups as the user named them */
	const char *umask, *oom_score; /* octal; decimal. NULL: 022; as is */
	/* --pid and --ipc: "host", "container:REF"; for ipc also "none", "private". NULL: a
	 * namespace of its own */
	const char *pid, *ipc;
	const char *seccomp; /* a file with a filter, or SECCOMP_UNCONFINED; NULL: the default */
	bool no_new_privs;
	uint64_t shm_size; /* bytes */
	struct limits limits;
	uint64_t disk;    /* bytes that the container may add to its image; 0: unlimited */
	bool no_log;      /* the output is not kept */
	uint64_t log_max; /* bytes; 0: unlimited */
	uint32_t stages;  /* a bit (1 << STAGE_x) for each requested stage; 0: all but "time" */
	const struct bundle *bundle; /* an OCI bundle (bundle.h); NULL: a container of the store */
};

/* The container REF of a value "container:REF" of --network, --pid or --ipc; NULL: it is another
 * one. */
const char *plan_container(const char *value);
/* Whether a value of --pid or --ipc is the host's namespace. The stage is left out then. */
bool plan_is_host(const char *value);
bool plan_has_stage(const struct plan *p, enum stage_id stage);

/* The host name that the container sees, which is that of the host without the stage uts. id: the
 * name of a container that was given none. */
const char *plan_hostname(const struct plan *p, const char *id);

void plan_free_lists(struct plan *p);
#define own_plan __attribute__((cleanup(plan_free_lists)))
void plan_write(const struct plan *p, struct record *into);
/* The plan's strings belong to the record: the record must live as long as the plan. */
void plan_read(struct plan *p, const struct record *from);

#endif
