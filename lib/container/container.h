/*
 * Containers: CT_ROOT/ps_N (what stays until ct-rm)
 *	config		the plan (plan.h)
 *	rootfs		its snapshot; absent with --rootfs
 *	log, log.1	its output (ctlog.h)
 *	exit		how it ended: phase, code, oomkilled, started, finished; blank (newlines or
 *zeros) while it runs. Written in place, so that who has it open learns of the end even if the
 *container is removed at once and CT_RUN/ps_N (what lives as long as it runs)
 *	state		first process and supervisor with their start times, boot id, started
 *	pause		the mark of a process that freezes it (pause.h)
 *	hosts, hostname, resolv.conf	mounted over the container's
 */
#ifndef CT_CONTAINER_H
#define CT_CONTAINER_H

#include "base/num.h"
#include "base/proc.h"
#include "base/record.h"
#include "store/names.h"
#include "store/store.h"

struct container {
	char id[ID_LEN];
	int dir;  /* CT_ROOT/ps_N */
	int exit; /* its `exit`, see container_keep_exit; -1 */
	struct record config;
};

#define CONTAINER_NONE                \
	{                             \
		.dir = -1, .exit = -1 \
	}

int container_open(const struct store *s, const char *ref, struct container *c, struct err *e);
void container_close(struct container *c);
/* For listings, of a container of which only the id is known yet: reads its config and opens
 * nothing else. */
int container_config(const struct store *s, struct container *c, struct err *e);
#define own_container __attribute__((cleanup(container_close)))

/* The absolute path of its root directory on the host; the caller frees it. */
char *container_root(const struct store *s, const struct container *c);

enum container_phase {
	CONTAINER_RUNNING,
	CONTAINER_EXITED, /* by itself; code is its status */
	CONTAINER_KILLED, /* by a signal; code is its number */
	CONTAINER_DEAD,   /* ended, and nobody was left to see how */
};

struct container_state {
	enum container_phase phase;
	int code;
	bool oom_killed; /* the kernel killed something in it for want of memory; of one that runs,
			    see cgroup.h */
	bool paused;     /* it runs, and is frozen; for the caller to find out (pause.h) */
	struct proc_id init;       /* the first process; pid 0: none that runs */
	struct proc_id supervisor; /* it may be gone, see container_supervisor */
	char started[NUM_TIME_LEN], finished[NUM_TIME_LEN]; /* "" if not known */
};

/* Whether it runs; one whose ct-commit died is thawed. If it does not, out does not say how it
 * ended, which costs more to learn. */
bool container_runs(const struct store *s, const struct container *c, struct container_state *out);
/* What is true now, judged by the processes themselves. */
int container_state(const struct store *s, const struct container *c, struct container_state *out,
		    struct err *e);
/* "running", "paused", "exited 0", "killed 9", "dead": the caller frees it. */
char *container_status_text(const struct container_state *st);

/* For waiting: from now on its end can be read, also when it has been removed by then. */
int container_keep_exit(struct container *c, struct err *e);

/* Its status as a shell would say it, once it has ended. */
int container_status(const struct container_state *st);

/* A pidfd of the supervisor, or -1 once it is gone. */
int container_supervisor(const struct container_state *st);

/* Written by the supervisor. phase CONTAINER_RUNNING: it has not ended (again). */
int container_write_state(const struct store *s, const char *id, const struct proc_id *init,
			  const char *started, struct err *e);
int container_write_exit(int dir, enum container_phase phase, int code, bool oom_killed,
			 const char *started, struct err *e);

/* The cgroup of a container: CT_CGROUP without its first "/", then "/", then the id. The caller
 * frees it. */
char *container_group(const char *id);

/*
 * Takes away all that a run made besides the snapshot, the log and the exit
 * record: its processes, cgroup and files under CT_RUN. Right after any crash,
 * and any number of times.
 */
int container_clean(const struct store *s, const char *id, struct err *e);

/*
 * CT_RUN/ps_N, made and locked for as long as its supervisor lives; what a dead
 * supervisor left there is cleared away first. Gives the descriptor that
 * holds the lock; fails if the container runs or is being started, and waits
 * for a command that clears away just now.
 */
int container_begin(const struct store *s, const char *id, struct err *e);
/* The same as container_clean for a container that neither runs nor is being started; success for
 * any other. */
int container_clean_dead(const struct store *s, const char *id, struct err *e);
/* Releases what dead containers hold of networks, if their supervisors were killed. */
void container_clean_networks(const struct store *s);
/* Cleans up after supervisors that were killed before their containers were published. */
void container_sweep(const struct store *s);

#endif
