#include "container/volmake.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/record.h"
#include "container/moment.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/names.h"
#include "store/store.h"
#include "tar/untar.h"

static int check_label(const char *text, struct err *e)
{
	return *text == '=' || *text == '\0' ? err_set(e, "%s: not KEY=VALUE", text) : 0;
}

static int check(const struct store *s, const struct volmake *v, struct err *e)
{
	char holder[ID_LEN];

	for (size_t i = 0; v->labels && i < v->labels->n; i++)
		if (check_label(v->labels->v[i], e) < 0)
			return -1;
	if (!v->name)
		return 0;
	if (name_check_container(v->name, e) < 0)
		return -1;
	return name_holder(s, "vol", v->name, holder) == 0
		? err_set(e, "%s: the name is in use by %s", v->name, holder)
		: 0;
}

static int fill_new(const struct volmake *v, const struct draft *d, struct err *e)
{
	own_fd int data = -1;
	int r;

	if (subvol_create(d->dir, "data", e) < 0)
		return -1;
	data = openat(d->dir, "data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data < 0 || fchmod(data, 0755) < 0)
		return err_sys(e, "%s/data", d->name);
	if (v->archive < 0)
		return 0;
	r = untar_unpack(v->archive, v->what, data, v->progress, e);
	if (r > 0)
		strv_add(v->notes, e->msg);
	return r < 0 ? -1 : 0;
}

static int write_config(const struct volmake *v, const char *from, const struct draft *d,
			struct err *e)
{
	own_record struct record config = {0};
	char created[NUM_TIME_LEN];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	num_time_format(&now, created);
	record_add(&config, "created", created);
	if (v->labels)
		record_add_list(&config, "label", v->labels);
	if (v->snapshot)
		record_add(&config, "of", from);
	return record_keep(d->dir, "config", &config, e);
}

static int make(const struct store *s, const struct volmake *v, const struct draft *d,
		struct err *e)
{
	char from[ID_LEN] = "";

	if (!v->from)
		return fill_new(v, d, e) < 0 ? -1 : write_config(v, NULL, d, e);
	if (name_resolve(s, "vol", v->from, from, e) < 0 ||
	    moment_snapshot(s, from, true, v->snapshot, d->dir, e) < 0)
		return -1;
	return write_config(v, from, d, e);
}

int volmake(const struct store *s, const struct volmake *v, char id[ID_LEN], struct err *e)
{
	struct draft draft = {.dir = -1};
	int failed;

	if (check(s, v, e) < 0 || draft_begin(s, &draft, e) < 0)
		return -1;
	failed = make(s, v, &draft, e) < 0;
	/* The imported or copied data is on disk before the source may be removed. */
	if (!failed && (v->from || v->archive >= 0) && syncfs(draft.dir) < 0)
		failed = err_sys(e, "%s: write to disk", draft.name);
	failed = failed || store_new_id(s, "vol", id, e) < 0 ||
		draft_publish(s, &draft, id, v->name, e) < 0;
	draft_drop(s, &draft);
	return failed ? -1 : 0;
}

int volmake_last_snapshot(const struct store *s, const char *volume, char id[ID_LEN], struct err *e)
{
	own_strv struct strv ids = {0};

	if (store_list(s, "vol", &ids, e) < 0)
		return -1;
	for (size_t i = ids.n; i-- > 0;) {
		own_str char *path = str_fmt("%s/config", ids.v[i]);
		own_record struct record config = {0};

		if (record_read(s->root, path, &config, e) < 0 ||
		    !str_equal(record_get(&config, "of"), volume))
			continue;
		snprintf(id, ID_LEN, "%s", ids.v[i]);
		return 0;
	}
	return err_set(e, "%s: has no snapshot: name B as well", volume);
}
