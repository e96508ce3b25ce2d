/*
 * The files and the state of a container.
 *
 * CT_ROOT/ps_N, which stays until ct-rm:
 *	config		the plan (plan.h)
 *	rootfs		the snapshot; missing with --rootfs
 *	log, log.1	the output (ctlog.h)
 *	exit		how the container ended: phase, code, oomkilled, started, finished
 *
 * `exit` contains only newlines or zero bytes while the container runs. It is written in place: a
 * process that has it open learns the exit status even if the container is removed at once.
 *
 * CT_RUN/ps_N, which exists while the container runs:
 *	state		first process and supervisor with their start times, boot id, started
 *	pause		the mark of a process that freezes the container (pause.h)
 *	etc		where the files are that are bind-mounted in the container's /etc (etcdir.h)
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
	int exit; /* descriptor of `exit` after container_keep_exit; else -1 */
	struct record config;
};

#define CONTAINER_NONE                \
	{                             \
		.dir = -1, .exit = -1 \
	}

int container_open(const struct store *s, const char *ref, struct container *c, struct err *e);
/* Refuses a container that keeps no log. */
int container_need_log(const struct container *c, const char *ref, struct err *e);
void container_close(struct container *c);
/* For listings: reads the config of the container c->id and opens nothing else. */
int container_config(const struct store *s, struct container *c, struct err *e);
#define own_container __attribute__((cleanup(container_close)))

/* The absolute path of the root directory on the host; the caller frees it. */
char *container_root(const struct store *s, const struct container *c);

enum container_phase {
	CONTAINER_RUNNING,
	CONTAINER_EXITED,  /* code is the exit status */
	CONTAINER_KILLED,  /* code is the number of the signal that ended it */
	CONTAINER_DEAD,    /* ended after its supervisor was killed: the status is unknown */
	CONTAINER_CREATED, /* made and never started */
};

struct container_state {
	enum container_phase phase;
	int code;
	bool oom_killed;     /* the kernel killed a process for memory; for a running container the
				caller asks cgroup.h */
	bool paused;         /* running and frozen; the caller asks pause.h */
	struct proc_id init; /* the first process; pid 0: it has ended */
	struct proc_id supervisor; /* may have ended, see container_supervisor */
	char started[NUM_TIME_LEN], finished[NUM_TIME_LEN]; /* "" if unknown */
};

/*
 * Whether the container runs. Thaws it if the ct-commit that froze it was killed. If the container
 * does not run, out does not say how it ended, which would cost one more file to read.
 */
bool container_runs(const struct store *s, const struct container *c, struct container_state *out);
/* Finds out the container's state by looking at its processes. */
int container_state(const struct store *s, const struct container *c, struct container_state *out,
		    struct err *e);
/* Reads only how the container ended: for listings that know that it does not run. False: it has
 * not ended, or its supervisor was killed. */
bool container_read_exit(const struct store *s, const struct container *c,
			 struct container_state *out);
/* "created", "running", "paused", "exited 0", "killed 9", "dead": the caller frees it. */
char *container_status_text(const struct container_state *st);

/* Call before waiting: keeps `exit` open, so that the end can be read even after ct-rm. */
int container_keep_exit(struct container *c, struct err *e);

/* The exit status of an ended container, as in a shell. */
int container_status(const struct container_state *st);

/* Returns a pidfd of the supervisor, or -1 if it has ended. */
int container_supervisor(const struct container_state *st);

/* The supervisor calls these. With phase CONTAINER_RUNNING, container_write_exit blanks `exit`. */
int container_write_state(const struct store *s, const char *id, const struct proc_id *init,
			  const char *started, struct err *e);
int container_write_exit(int dir, enum container_phase phase, int code, bool oom_killed,
			 const char *started, struct err *e);

/* The cgroup of a container: CT_CGROUP without the leading "/", "/", the id. The caller frees it.
 * */
char *container_group(const char *id);

/*
 * Removes everything that a run made except the snapshot, the log and the exit record: processes,
 * cgroup, network endpoints and files in CT_RUN. Works after any crash, and any number of times.
 */
int container_clean(const struct store *s, const char *id, struct err *e);

/*
 * Makes and locks CT_RUN/ps_N for the supervisor's lifetime, after cleaning up what a killed
 * supervisor left there. Returns the descriptor that holds the lock. Fails if the container runs or
 * is being started; waits for a command that is cleaning up.
 */
int container_begin(const struct store *s, const char *id, struct err *e);
/* Calls container_clean if the container neither runs nor is being started; otherwise returns 0. */
int container_clean_dead(const struct store *s, const char *id, struct err *e);
/* Releases addresses and rules of containers whose supervisor was killed. */
void container_clean_networks(const struct store *s);
/* Cleans up after supervisors that were killed before their containers were published. */
void container_sweep(const struct store *s);

#endif
