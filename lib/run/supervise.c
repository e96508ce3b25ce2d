#include "run/supervise.h"

#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/selfexe.h"
#include "container/inputend.h"
#include "container/monitor.h"
#include "log/ctlog.h"
#include "run/background.h"
#include "run/birth.h"
#include "run/morenets.h"
#include "run/spawn.h"
#include "run/watch.h"

/* The program runs: calls l->started, and reports to the caller of ct-run -d. */
static int tell(struct supervise *l, struct err *e)
{
	if (l->started(l, e) < 0)
		return -1;
	return l->report >= 0 ? background_leave(&l->report, l->id, e) : 0;
}

int supervise_run(struct supervise *l, struct err *e)
{
	own_birth struct birth birth = BIRTH_OF(l->store, l->plan, l->id, l->again, &l->spares);
	struct run run = {.store = l->store,
			  .plan = l->plan,
			  .id = l->id,
			  .image = l->image,
			  .spares = &l->spares,
			  .input = l->input,
			  .make_snapshot = !l->plan->rootfs && !l->again,
			  .notes = &l->notes};
	own_fd int signals = monitor_signals(e);
	char started[NUM_TIME_LEN];
	struct watch watch = {.run = &run,
			      .signals = signals,
			      .started = started,
			      .attached = l->attached,
			      .remove = l->remove};
	struct err ignored;

	if (signals < 0)
		return -1;
	if (birth_begin(&birth, e) < 0)
		goto failed;
	selfexe_show(l->plan->name ? l->plan->name : l->id);
	birth_time(started);
	if (!l->plan->created)
		l->plan->created = started;
	run.hostname = plan_hostname(l->plan, l->id);
	run.home = birth.home;
	if (!l->plan->no_log)
		watch.log = ctlog_open(run.home, l->plan->log_max, e);
	if ((!l->plan->no_log && !watch.log) || spawn_create(&run, e) < 0)
		goto failed;
	if (birth_write(&birth, run.supervisor.pid, started, e) < 0)
		goto undo;
	if (spawn_await(&run, e) < 0)
		goto failed;
	if (birth_publish_running(&birth, run.supervisor.pid, started, e) < 0 ||
	    morenets_connect(&run, e) < 0)
		goto undo;
	if (spawn_execute(&run, e) < 0)
		goto failed;
	run.supervisor.streams.stubborn = l->stubborn;
	run.supervisor.streams.container = l->plan->name ? l->plan->name : l->id;
	if ((l->attached || inputend_record(l->store, l->id, &run.supervisor.streams, e) == 0) &&
	    tell(l, e) == 0)
		return watch_run(&watch, e);
	watch.remove = !l->again; /* nobody knows the container */
	watch_kill(&watch);
	return -1;
undo:
	spawn_undo(&run);
failed:
	ctlog_close(watch.log, &ignored);
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
