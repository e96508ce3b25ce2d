#include "run/create.h"

#include "base/err.h"
#include "base/own.h"
#include "container/container.h"
#include "log/ctlog.h"
#include "run/birth.h"
#include "run/snapstage.h"

int create_container(struct supervise *l, struct err *e)
{
	own_birth struct birth birth = BIRTH_OF(l->store, l->plan, l->id, false, NULL);
	struct run run = {.store = l->store,
			  .plan = l->plan,
			  .id = l->id,
			  .image = l->image,
			  .make_snapshot = !l->plan->rootfs,
			  .rootfs = -1,
			  .notes = &l->notes};
	struct ctlog *log = NULL;
	char created[NUM_TIME_LEN];
	int failed;

	birth_time(created);
	l->plan->created = created;
	l->plan->stages = 0; /* --only applies to this run: a later start uses all stages */
	failed = birth_begin(&birth, e) < 0;
	run.home = birth.home;
	failed = failed || (!l->plan->rootfs && snapstage_make(&run, e) < 0);
	own_close(&run.rootfs);
	if (!failed && !l->plan->no_log)
		failed = !(log = ctlog_open(birth.home, l->plan->log_max, e));
	failed = failed || ctlog_close(log, e) < 0 ||
		container_write_exit(birth.home, CONTAINER_CREATED, 0, false, "", e) < 0 ||
		birth_publish(&birth, e) < 0;
	if (failed) {
		birth_undo(&birth);
		return -1;
	}
	return container_clean(l->store, l->id, e);
}
