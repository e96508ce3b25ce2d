/*
 * What the plan of an OCI bundle has beyond that of a container of the store (plan.h): a container
 * that another engine manages. plan->bundle NULL: a container of the store, to which nothing here
 * applies. Every member's zero is "not given": today's behaviour of the stages.
 *
 * All strings and lists belong to the caller, who keeps them as long as the plan.
 *
 * Of the plan a bundle uses rootfs, args, env, workdir, hostname, tty, read_only, stages (one bit
 * for each NEW namespace, with STAGE_MNT, STAGE_ROOT and STAGE_EXEC always, STAGE_CGROUP with a
 * cgroup), net (NET_NONE with STAGE_NET, else NET_HOST), users (USERS_MAP with STAGE_USER, else
 * USERS_HOST). The rest of it is unused: user, caps, volumes, limits, ulimits.
 */
#ifndef CT_BUNDLE_H
#define CT_BUNDLE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/str.h"
#include "kernel/devrules.h"
#include "kernel/idmap.h"
#include "kernel/mountflags.h"
#include "kernel/resources.h"

/* A namespace that is joined by its path. */
struct bundle_join {
	int flag;         /* CLONE_NEW* */
	const char *path; /* "/proc/PID/ns/net", "/run/netns/NAME" */
};

/* mounts[]; mounted in the listed order. */
struct bundle_mount {
	const char *target; /* absolute; links are followed inside the root only */
	const char *type;   /* NULL with flags.bind; "cgroup" is mounted as this host has it */
	const char *source; /* NULL: the type */
	const char *data;   /* options of the file system, with commas; NULL: none */
	struct mountflags flags;
	struct idmap uids, gids; /* of an idmapped mount; n 0: those of the container */
};

/* linux.devices[]: made with this mode and owner, also if the root has the path already. */
struct bundle_device {
	const char *path;
	uint32_t major, minor;
	mode_t mode;
	uid_t uid; /* in the container */
	gid_t gid;
	char type;       /* 'c', 'b' or 'p' (a FIFO); 'u' is 'c' */
	bool mode_given; /* else 0666 */
};

struct bundle_rlimit {
	int resource;        /* RLIMIT_* */
	struct rlimit limit; /* a limit above the hard one is an error */
};

struct bundle_hook {
	const char *path; /* absolute */
	struct strv args; /* n 0: the path alone */
	struct strv env;  /* the whole environment; n 0: see hook.c */
	int timeout;      /* seconds; 0: none */
};

/* The times at which hooks run, in their order. */
enum bundle_moment {
	HOOK_PRESTART,         /* runtime's namespaces; namespaces and mounts are made */
	HOOK_CREATE_RUNTIME,   /* the same, right after */
	HOOK_CREATE_CONTAINER, /* container's namespaces; before pivot_root */
	HOOK_START_CONTAINER,  /* in the container, at the start, before execve */
	HOOK_POSTSTART,        /* runtime's namespaces; the program runs; failures are notes */
	HOOK_POSTSTOP,         /* runtime's namespaces; by `delete`; failures are notes */
	HOOK_MOMENTS
};

/* process.capabilities: sets as in kernel/caps.h. */
struct bundle_caps {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

struct bundle_user {
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* the supplementary groups: exactly these */
	size_t groups_n;
	bool umask_given; /* else 022 */
	mode_t umask;
};

struct bundle_scheduler {
	bool given;
	uint32_t policy; /* SCHED_* */
	uint64_t flags;  /* SCHED_FLAG_* */
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* nanoseconds */
};

struct bundle_seccomp {
	const struct sock_filter *filter; /* NULL: no filter */
	unsigned short filter_n;
	unsigned flags; /* SECCOMP_FILTER_FLAG_* */
};

/* What `create` and `exec` have in common: process. */
struct bundle_process {
	struct bundle_user user;
	bool caps_given; /* else the container's sets are empty for users, and full for none */
	struct bundle_caps caps;
	bool no_new_privs;
	struct bundle_seccomp seccomp;
	bool oom_score_given;
	int oom_score_adj; /* -1000 to 1000 */
	bool io_priority_given;
	int io_priority; /* as ioprio_set(2) takes it: class and priority */
	struct bundle_scheduler scheduler;
	bool personality_given;
	unsigned long personality;
	const struct bundle_rlimit *rlimits;
	size_t rlimits_n;
	const char *apparmor; /* a profile for the next execve; NULL: none */
	const char *selinux;  /* a label for it; NULL: none */
	int preserve_fds;     /* the descriptors 3 to 2+N stay open */
};

struct bundle {
	struct bundle_process process;

	/* Namespaces. */
	const struct bundle_join *joins;
	size_t joins_n;
	struct idmap uids, gids; /* of a new user namespace */
	const char *domainname;
	const char *time_offsets;   /* lines as /proc/PID/timens_offsets takes them; NULL: none */
	const char *const *sysctls; /* pairs: name with dots or slashes, value; ended by NULL */

	/* The file tree. */
	unsigned long root_propagation; /* MS_*, with MS_REC if recursive; 0: as is */
	const struct bundle_mount *mounts;
	size_t mounts_n;
	const struct bundle_device *devices;
	size_t devices_n;
	bool default_dev; /* make the nodes and links that the specification requires in /dev */
	const char *const *masked;    /* paths; ended by NULL; NULL: none */
	const char *const *read_only; /* the same */
	unsigned short rows, columns; /* of the terminal; 0: those of stdin */
	/* There is no new mount namespace: one is joined, or it is the host's. The mounts are made
	 * at the root directory, which chroot(2) makes "/". */
	bool shared_mounts;
	bool mounts_on_host; /* and it is the host's: */
	uint64_t below_root; /* what was mounted at the root directory before (hostroot.h) */
	bool no_pivot;       /* MS_MOVE and chroot(2) instead of pivot_root(2) */

	/* The cgroup: its path beneath the mount points, without a first slash. */
	const char *cgroup; /* NULL: the caller's */
	const struct resources *resources;
	const struct devrule *device_rules;
	size_t device_rules_n;

	/* Hooks, which get the container's state on their standard input. */
	const struct bundle_hook *hooks[HOOK_MOMENTS];
	size_t hooks_n[HOOK_MOMENTS];
	/* Makes the state as JSON; the caller frees it. status: "creating", "created", ... */
	char *(*state)(void *arg, pid_t pid, const char *status);
	void *state_arg;
};

#endif
