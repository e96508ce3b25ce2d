#include "run/supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "base/selfexe.h"
#include "base/str.h"
#include "container/container.h"
#include "container/monitor.h"
#include "log/ctlog.h"
#include "run/background.h"
#include "run/netstage.h"
#include "run/spawn.h"
#include "store/draft.h"

/* Linux before 5.15 cannot map the owners of btrfs, so a user namespace would own no file there. */
static void fall_back(struct supervise *l)
{
	struct utsname u;
	int major, minor;

	if (l->plan->users != USERS_AUTO || uname(&u) < 0 ||
	    sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return;
	if (major > 5 || (major == 5 && minor >= 15))
		return;
	l->plan->users = USERS_HOST;
	strv_take(
		&l->notes,
		str_fmt("Linux %s cannot map owners on btrfs: root in the container is root of the host",
			u.release));
}

int supervise_ready(struct supervise *l, struct err *e)
{
	fall_back(l);
	return l->plan->users == USERS_AUTO ? 0 : selfexe_seal(e);
}

static int check_name_is_free(const struct supervise *l, struct err *e)
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

/* Its id, its directory in CT_RUN, and *home, where its snapshot and its log are to be. */
static int begin(struct supervise *l, struct draft *d, int *lock, int *home, struct err *e)
{
	if (!l->again &&
	    (check_name_is_free(l, e) < 0 || store_new_id(l->store, "ps", l->id, e) < 0))
		return -1;
	*lock = container_begin(l->store, l->id, e);
	if (*lock < 0)
		return -1;
	if (l->again) {
		*home = openat(l->store->root, l->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return *home < 0 ? err_sys(e, "%s", l->id) : 0;
	}
	if (draft_begin(l->store, d, e) < 0)
		return -1;
	*home = fcntl(d->dir, F_DUPFD_CLOEXEC, 3);
	return *home < 0 ? err_sys(e, "%s", l->id) : 0;
}

/* What a run made before its program ran, taken back. */
static void undo(const struct supervise *l, struct draft *d, int lock)
{
	struct err ignored;

	draft_drop(l->store, d);
	if (lock < 0)
		return;
	if (!l->again)
		draft_unpublish(l->store, l->id, &ignored);
	container_clean(l->store, l->id, &ignored);
}

/* The container becomes visible, with everything that says what it is. */
static int publish_draft(const struct supervise *l, struct draft *d, int home, struct err *e)
{
	own_record struct record config = {0};

	plan_write(l->plan, &config);
	if (record_keep(home, "config", &config, e) < 0)
		return -1;
	return draft_publish(l->store, d, l->id, l->plan->name, e);
}

/* The same of one that lives. */
static int publish(const struct supervise *l, struct draft *d, int home, const struct run *r,
		   const char *started, struct err *e)
{
	struct proc_id init;

	if (proc_identify(r->supervisor.pid, &init) < 0)
		return err_sys(e, "the first process");
	if (container_write_state(l->store, l->id, &init, started, e) < 0)
		return -1;
	if (container_write_exit(home, CONTAINER_RUNNING, 0, false, started, e) < 0)
		return -1;
	return l->again ? 0 : publish_draft(l, d, home, e);
}

/* A run whose program runs, until its end. */
struct watched {
	struct supervise *l;
	struct run *run;
	int home;
	const char *started;
};

/* Called at once when the program has ended, while its group still counts what was killed for
 * memory. */
static void record_end(void *arg, const struct ending *ending)
{
	const struct watched *w = arg;
	const int *killed_by = w->run->first.program.killed_by; /* of an init, which itself exits */
	enum container_phase phase = ending->phase;
	int code = ending->code;
	struct err e;

	if (killed_by && *killed_by && code == 128 + *killed_by) {
		phase = CONTAINER_KILLED;
		code = *killed_by;
	}
	if (container_write_exit(w->home, phase, code,
				 cgroup_oom_kills(w->run->supervisor.group_path) > 0, w->started,
				 &e) < 0)
		strv_add(&w->l->notes, e.msg);
}

/* What lived as long as it did goes; each thing, whatever becomes of the others. */
static void clear_away(struct watched *w)
{
	struct supervise *l = w->l;
	struct err e;

	if (container_clean(l->store, l->id, &e) < 0)
		strv_add(&l->notes, e.msg);
	run_end(w->run);
	if (l->remove && draft_unpublish(l->store, l->id, &e) < 0)
		strv_add(&l->notes, e.msg);
}

static int watch(struct watched *w, struct ctlog *log, int signals, struct err *e)
{
	struct supervise *l = w->l;
	struct ending ending = {.phase = CONTAINER_KILLED, .code = SIGKILL};
	struct monitor_also control = {w->run->supervisor.net.control, netstage_answer, w->run};
	struct err said;
	int failed = l->started(l, e) < 0 ||
		(l->report >= 0 && background_leave(&l->report, l->id, e) < 0);

	if (failed) {
		record_end(w, &ending);
		l->remove = !l->again; /* nobody knows of it */
	} else {
		failed = monitor_run(w->run->supervisor.pidfd, signals, &w->run->supervisor.streams,
				     l->attached, log, &l->notes, record_end, w, &control, &ending,
				     e) < 0;
	}
	if (ctlog_close(log, &said) < 0)
		strv_add(&l->notes, said.msg);
	clear_away(w);
	if (failed)
		return -1;
	if (ending_status(&ending) != 0 && l->plan->net == NET_HOST && l->plan->users == USERS_AUTO)
		strv_add(&l->notes, "(on the host's network, ports below 1024 need --userns host)");
	return ending.lost && ending_status(&ending) == 0 ? 125 : ending_status(&ending);
}

int supervise_run(struct supervise *l, struct err *e)
{
	struct draft draft = {.dir = -1};
	struct run run = {.store = l->store,
			  .plan = l->plan,
			  .id = l->id,
			  .image = l->image,
			  .input = l->input,
			  .make_snapshot = !l->plan->rootfs && !l->again,
			  .notes = &l->notes};
	own_fd int signals = monitor_signals(e), home = -1, lock = -1;
	struct ctlog *log = NULL;
	char started[NUM_TIME_LEN];
	struct err ignored;

	if (signals < 0)
		return -1;
	if (begin(l, &draft, &lock, &home, e) < 0)
		goto failed;
	selfexe_show(l->plan->name ? l->plan->name : l->id);
	now_text(started);
	if (!l->plan->created)
		l->plan->created = started;
	run.hostname = l->plan->hostname ? l->plan->hostname : l->id;
	run.home = home;
	log = ctlog_open(home, l->plan->log_max, e);
	if (!log || spawn_create(&run, e) < 0)
		goto failed;
	if (publish(l, &draft, home, &run, started, e) < 0) {
		spawn_undo(&run);
		goto failed;
	}
	if (spawn_execute(&run, e) < 0)
		goto failed;
	return watch(&(struct watched){l, &run, home, started}, log, signals, e);
failed:
	ctlog_close(log, &ignored);
	undo(l, &draft, lock);
	return -1;
}

int supervise_create(struct supervise *l, struct err *e)
{
	struct draft draft = {.dir = -1};
	struct run run = {.store = l->store,
			  .plan = l->plan,
			  .id = l->id,
			  .image = l->image,
			  .make_snapshot = true,
			  .rootfs = -1,
			  .notes = &l->notes};
	own_fd int home = -1, lock = -1;
	struct ctlog *log;
	char created[NUM_TIME_LEN];
	int failed;

	now_text(created);
	l->plan->created = created;
	l->plan->stages = 0; /* nothing runs now; what is started later is a whole container */
	failed = begin(l, &draft, &lock, &home, e) < 0;
	run.home = home;
	failed = failed || stage_snapshot(&run, e) < 0;
	own_close(&run.rootfs);
	log = failed ? NULL : ctlog_open(home, l->plan->log_max, e);
	failed = failed || !log || ctlog_close(log, e) < 0 ||
		container_write_exit(home, CONTAINER_EXITED, 0, false, "", e) < 0 ||
		publish_draft(l, &draft, home, e) < 0;
	if (failed) {
		undo(l, &draft, lock);
		return -1;
	}
	return container_clean(l->store, l->id, e);
}

int supervise_background(struct supervise *l, struct err *e)
{
	int runs = background_begin(&l->report, l->id, e);
	struct err why;

	if (runs)
		return runs < 0 ? -1 : 0;
	if (supervise_run(l, &why) >= 0)
		_exit(0);
	background_fail(l->report, &why);
	_exit(1);
}
