#include "run/watch.h"

#include <signal.h>

#include "base/err.h"
#include "container/container.h"
#include "container/monitor.h"
#include "log/ctlog.h"
#include "run/netstage.h"
#include "store/draft.h"

/* Called as soon as the program has ended, while its cgroup still has the count of OOM kills. */
static void record_end(void *arg, const struct ending *ending)
{
	const struct watch *w = arg;
	const struct run *r = w->run;
	const int *killed_by = r->first.program.killed_by; /* for --init, whose process 1 exits
							      instead of dying of the signal */
	enum container_phase phase = ending->phase;
	int code = ending->code;
	struct err e;

	if (killed_by && *killed_by && code == 128 + *killed_by) {
		phase = CONTAINER_KILLED;
		code = *killed_by;
	}
	if (container_write_exit(r->home, phase, code,
				 cgroup_oom_kills(r->supervisor.group_path) > 0, w->started,
				 &e) < 0)
		strv_add(r->notes, e.msg);
}

/* Removes the run's temporary objects, each one even if another removal fails. */
static void clear_away(struct watch *w)
{
	struct run *r = w->run;
	struct err e;

	if (ctlog_close(w->log, &e) < 0)
		strv_add(r->notes, e.msg);
	if (container_clean(r->store, r->id, &e) < 0)
		strv_add(r->notes, e.msg);
	run_end(r);
	if (w->remove && draft_unpublish(r->store, r->id, &e) < 0)
		strv_add(r->notes, e.msg);
}

int watch_run(struct watch *w, struct err *e)
{
	struct run *r = w->run;
	struct ending ending;
	struct monitor_also control = {r->supervisor.net.control, netstage_answer, r};
	int failed = monitor_run(r->supervisor.pidfd, w->signals, &r->supervisor.streams,
				 w->attached, w->log, r->notes, record_end, w, &control, &ending,
				 e);
	int status = ending_status(&ending);

	clear_away(w);
	if (failed)
		return -1;
	if (status != 0 && r->plan->net == NET_HOST && r->plan->users == USERS_AUTO)
		strv_add(r->notes, "(on the host's network, ports below 1024 need --userns host)");
	return ending.lost && status == 0 ? 125 : status;
}

void watch_kill(struct watch *w)
{
	record_end(w, &(struct ending){.phase = CONTAINER_KILLED, .code = SIGKILL});
	clear_away(w);
}
