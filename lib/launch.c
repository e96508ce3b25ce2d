#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "container.h"
#include "ctlog.h"
#include "err.h"
#include "monitor.h"
#include "own.h"
#include "record.h"
#include "spawn.h"
#include "str.h"

/* Linux before 5.15 cannot map the owners of btrfs, so a user namespace would own no file there. */
static void fall_back(struct launch *l)
{
	struct utsname u;
	int major, minor;

	if (!str_equal(l->plan->userns, "auto") || uname(&u) < 0 ||
	    sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return;
	if (major > 5 || (major == 5 && minor >= 15))
		return;
	l->plan->userns = "host";
	strv_take(&l->notes, str_fmt("Linux %s cannot map owners on btrfs: root in the container is root of the host",
				     u.release));
}

static int check_name_is_free(const struct launch *l, struct err *e)
{
	char holder[ID_LEN];
	struct err ignored;

	if (!l->plan->name || name_resolve(l->store, "ps", l->plan->name, holder, &ignored) < 0)
		return 0;
	return err_set(e, "%s: the name is in use by %s", l->plan->name, holder);
}

static void now_text(char out[NUM_TIME_LEN])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	num_time_format(&now, out);
}

/* Its id, its directory in CT_RUN, its draft. */
static int begin(struct launch *l, struct draft *d, int *lock, struct err *e)
{
	if (check_name_is_free(l, e) < 0 || store_new_id(l->store, "ps", l->id, e) < 0)
		return -1;
	*lock = container_begin(l->store, l->id, e);
	return *lock < 0 ? -1 : draft_begin(l->store, d, e);
}

/* What a run made before its program ran, taken back. */
static void undo(const struct launch *l, struct draft *d)
{
	struct err ignored;

	draft_drop(l->store, d);
	if (*l->id) {
		store_remove(l->store, l->id, &ignored);
		container_clean(l->store, l->id, &ignored);
	}
}

/* The container becomes visible, with everything that says what it is and that it lives. */
static int publish(const struct launch *l, struct draft *d, const struct run *r, const char *started, struct err *e)
{
	own_record struct record config = {0};
	struct proc_id init;

	plan_write(l->plan, &config);
	if (record_write(d->dir, "config", &config, e) < 0)
		return -1;
	if (proc_identify(r->pid, &init) < 0)
		return err_sys(e, "the first process");
	if (container_write_state(l->store, l->id, &init, started, e) < 0)
		return -1;
	return draft_publish(l->store, d, l->id, l->plan->name, e);
}

/* What is told of its end, and then everything that lived as long as it did. */
static int end(struct launch *l, struct run *r, int home, struct ending *ending, const char *started, struct err *e)
{
	if (ending_status(ending) != 0 && limit_oom_kills(r->group_path) > 0) {
		ending->code = ending_status(ending);
		ending->phase = CONTAINER_OOM;
	}
	spawn_forget(r);
	if (container_write_exit(home, ending->phase, ending->code, started, e) < 0 ||
	    container_clean(l->store, l->id, e) < 0)
		return -1;
	return l->remove ? store_remove(l->store, l->id, e) : 0;
}

static int watch(struct launch *l, struct run *r, int home, struct ctlog *log, int signals, const char *started,
		 struct err *e)
{
	struct ending ending;
	struct err said;
	int status;

	if ((l->started && l->started(l, e) < 0) ||
	    monitor_run(r->pidfd, signals, &r->streams, l->attached, log, &l->notes, &ending, e) < 0) {
		spawn_undo(r);
		ctlog_close(log, &said);
		return -1;
	}
	status = ending_status(&ending);
	if (ending.lost && status == 0)
		status = 125;
	if (ctlog_close(log, &said) < 0)
		strv_add(&l->notes, said.msg);
	if (end(l, r, home, &ending, started, &said) < 0)
		strv_add(&l->notes, said.msg);
	return status;
}

int launch_run(struct launch *l, struct err *e)
{
	struct draft draft = {.dir = -1};
	struct run run = {.store = l->store, .plan = l->plan, .id = l->id, .image = l->image, .input = l->input,
			  .make_snapshot = !l->plan->rootfs, .notes = &l->notes};
	char started[NUM_TIME_LEN];
	own_fd int signals = monitor_signals(e), home = -1, lock = -1;
	struct ctlog *log = NULL;

	if (signals < 0)
		return -1;
	fall_back(l);
	if (begin(l, &draft, &lock, e) < 0) {
		undo(l, &draft);
		return -1;
	}
	now_text(started);
	l->plan->created = started;
	run.hostname = l->plan->hostname ? l->plan->hostname : l->id;
	run.home = home = fcntl(draft.dir, F_DUPFD_CLOEXEC, 3);
	if (spawn_create(&run, e) < 0) {
		undo(l, &draft);
		return -1;
	}
	log = ctlog_open(home, l->plan->log_max, e);
	if (!log || publish(l, &draft, &run, started, e) < 0) {
		spawn_undo(&run);
		goto failed;
	}
	if (spawn_execute(&run, e) < 0)
		goto failed;
	return watch(l, &run, home, log, signals, started, e);
failed:
	if (log) {
		struct err ignored;

		ctlog_close(log, &ignored);
	}
	undo(l, &draft);
	return -1;
}
