#include "rm-end.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/proc.h"
#include "kernel/cgroup.h"
#include "store/draft.h"
#include "store/names.h"

enum { SUPERVISOR_MS = 5000, FORCED_MS = 1000, KILLED_MS = 50, STARTING_MS = 10000 };

static void kill_one(const struct store *s, const char *ref)
{
	struct container c = CONTAINER_NONE;
	struct container_state st;
	own_fd int first = -1;
	char id[ID_LEN];
	struct err ignored;

	if (name_find(s, ref, id, &ignored) <= 0 || !id_is(id, "ps"))
		return;
	snprintf(c.id, sizeof(c.id), "%s", id);
	if (!container_runs(s, &c, &st))
		return;
	first = proc_open(&st.init);
	if (first >= 0)
		pidfd_send_signal(first, SIGKILL, NULL, 0);
}

void rm_kill(const struct store *s, const struct strv *refs)
{
	for (size_t i = 0; i < refs->n; i++)
		kill_one(s, refs->v[i]);
}

/* Whether the first process ends in time, as it does after rm_kill. */
static bool first_ends(const struct container_state *st)
{
	own_fd int first = proc_open(&st->init);

	return first < 0 || proc_wait_gone(first, KILLED_MS);
}

/*
 * The supervisor notices the end of its container and cleans up. A supervisor that cannot (it is
 * stopped, or the reader of its output is slow) is waited for only a few seconds. It may still be
 * delivering output, so it is killed only with --force.
 */
static void wait_for_supervisor(int supervisor, bool force)
{
	if (supervisor < 0 || proc_wait_gone(supervisor, force ? FORCED_MS : SUPERVISOR_MS) ||
	    !force)
		return;
	pidfd_send_signal(supervisor, SIGKILL, NULL, 0);
	proc_wait_gone(supervisor, -1);
}

/* Whether a process holds the lock of CT_RUN/ID: a supervisor, or a command that cleans up. */
static bool is_locked(const struct store *s, const char *id)
{
	struct err why = {0};
	own_fd int lock = s->run < 0 ? -1 : lock_try(s->run, id, &why);

	return lock < 0 && why.sys == EWOULDBLOCK;
}

int rm_state(const struct store *s, const struct container *c, struct container_state *st,
	     struct err *e)
{
	static const struct timespec moment = {.tv_nsec = 1000000};

	for (int ms = 0;; ms++) {
		if (container_state(s, c, st, e) < 0)
			return -1;
		if (st->phase == CONTAINER_RUNNING || proc_alive(&st->supervisor) ||
		    !is_locked(s, c->id) || ms == STARTING_MS)
			return 0;
		nanosleep(&moment, NULL);
	}
}

int rm_end(const struct store *s, const char *id, const struct container_state *st, bool force,
	   struct err *e)
{
	own_str char *group = container_group(id);
	own_fd int supervisor = container_supervisor(st);
	bool alone = force && supervisor >= 0 && first_ends(st);

	if (alone)
		wait_for_supervisor(supervisor, force);
	/* A supervisor that has cleaned up removes CT_RUN/ID last. */
	if (alone && faccessat(s->run, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (cgroup_kill(group, e) < 0)
		return -1;
	if (!alone)
		wait_for_supervisor(supervisor, force);
	return container_clean(s, id, e);
}

int rm_named(const struct store *s, const char *name, struct err *e)
{
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;
	char id[ID_LEN];

	if (name_holder(s, "ps", name, id) < 0)
		return 0;
	kill_one(s, id);
	if (container_open(s, id, &c, e) < 0 || rm_state(s, &c, &st, e) < 0)
		return e->sys == ENOENT ? 0 : -1;
	return rm_end(s, id, &st, true, e) < 0 || draft_unpublish(s, id, e) < 0
		? err_wrap(e, "%s", name)
		: 0;
}
