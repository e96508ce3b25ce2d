#include "run/supervise.h"

#include <signal.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/selfexe.h"
#include "base/str.h"
#include "container/container.h"
#include "container/monitor.h"
#include "log/ctlog.h"
#include "run/background.h"
#include "run/birth.h"
#include "run/netstage.h"
#include "run/spawn.h"
#include "store/draft.h"

/* A run whose program runs, until its end. */
struct watched {
	struct supervise *l;
	struct run *run;
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
	if (container_write_exit(w->run->home, phase, code,
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
	own_birth struct birth birth = BIRTH_OF(l->store, l->plan, l->id, l->again);
	struct run run = {.store = l->store,
			  .plan = l->plan,
			  .id = l->id,
			  .image = l->image,
			  .input = l->input,
			  .make_snapshot = !l->plan->rootfs && !l->again,
			  .notes = &l->notes};
	own_fd int signals = monitor_signals(e);
	struct ctlog *log = NULL;
	char started[NUM_TIME_LEN];
	struct err ignored;

	if (signals < 0)
		return -1;
	if (birth_begin(&birth, e) < 0)
		goto failed;
	selfexe_show(l->plan->name ? l->plan->name : l->id);
	birth_time(started);
	if (!l->plan->created)
		l->plan->created = started;
	run.hostname = l->plan->hostname ? l->plan->hostname : l->id;
	run.home = birth.home;
	log = ctlog_open(run.home, l->plan->log_max, e);
	if (!log || spawn_create(&run, e) < 0)
		goto failed;
	if (birth_publish_running(&birth, run.supervisor.pid, started, e) < 0) {
		spawn_undo(&run);
		goto failed;
	}
	if (spawn_execute(&run, e) < 0)
		goto failed;
	return watch(&(struct watched){l, &run, started}, log, signals, e);
failed:
	ctlog_close(log, &ignored);
	birth_undo(&birth);
	return -1;
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
