#include "run/birth.h"

#include <fcntl.h>
#include <time.h>

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "container/container.h"

static int check_name_is_free(const struct birth *b, struct err *e)
{
	char holder[ID_LEN];
	struct err ignored;

	if (!b->plan->name || name_resolve(b->store, "ps", b->plan->name, holder, &ignored) < 0)
		return 0;
	return err_set(e, "%s: the name is in use by %s", b->plan->name, holder);
}

void birth_time(char out[NUM_TIME_LEN])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	num_time_format(&now, out);
}

int birth_begin(struct birth *b, struct err *e)
{
	if (!b->again && check_name_is_free(b, e) < 0)
		return -1;
	if (!*b->id && store_new_id(b->store, "ps", b->id, e) < 0)
		return -1;
	b->lock = container_begin(b->store, b->id, e);
	if (b->lock < 0)
		return -1;
	if (b->again) {
		b->home = openat(b->store->root, b->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return b->home < 0 ? err_sys(e, "%s", b->id) : 0;
	}
	if (!(b->spares && spare_claim(b->spares, b->store, &b->draft)) &&
	    draft_begin(b->store, &b->draft, e) < 0)
		return -1;
	b->home = fcntl(b->draft.dir, F_DUPFD_CLOEXEC, 3);
	return b->home < 0 ? err_sys(e, "%s", b->id) : 0;
}

void birth_undo(struct birth *b)
{
	struct err ignored;

	draft_drop(b->store, &b->draft);
	if (b->lock < 0)
		return;
	if (!b->again)
		draft_unpublish(b->store, b->id, &ignored);
	container_clean(b->store, b->id, &ignored);
}

static int write_config(const struct birth *b, struct err *e)
{
	own_record struct record config = {0};

	plan_write(b->plan, &config);
	return record_keep(b->home, "config", &config, e);
}

int birth_publish(struct birth *b, struct err *e)
{
	if (write_config(b, e) < 0)
		return -1;
	return draft_publish(b->store, &b->draft, b->id, b->plan->name, e);
}

static int write_state(const struct birth *b, pid_t first, const char *started, struct err *e)
{
	struct proc_id init;

	if (proc_identify(first, &init) < 0)
		return err_sys(e, "%s: first process %d", b->id, (int)first);
	if (container_write_state(b->store, b->id, &init, started, e) < 0)
		return -1;
	return container_write_exit(b->home, CONTAINER_RUNNING, 0, false, started, e);
}

int birth_write(struct birth *b, pid_t first, const char *started, struct err *e)
{
	/*
	 * A restarted container is visible already: other programs must not see it as running
	 * before its first process is in its root.
	 */
	if (b->again)
		return 0;
	return write_state(b, first, started, e) < 0 ? -1 : write_config(b, e);
}

int birth_publish_running(struct birth *b, pid_t first, const char *started, struct err *e)
{
	return b->again ? write_state(b, first, started, e)
			: draft_publish(b->store, &b->draft, b->id, b->plan->name, e);
}

void birth_close(struct birth *b)
{
	shut_fd(&b->home);
	shut_fd(&b->lock);
}
