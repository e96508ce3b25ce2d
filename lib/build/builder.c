#include "build/builder.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "build/buildcopy.h"
#include "build/buildmount.h"
#include "build/buildrun.h"

int builder_base(void *arg, const char *image, struct record *config, struct err *e)
{
	struct build *b = arg;
	const struct step_source from = {.stage = -1, .image = (char *)(uintptr_t)image};
	const struct tip *tip;

	if (build_source(b, &from, &tip, e) < 0)
		return -1;
	for (size_t i = 0; i < tip->image.config.keys.n; i++)
		record_add(config, tip->image.config.keys.v[i], tip->image.config.values.v[i]);
	return 0;
}

static bool is_needed(const struct build *b, const struct step *step)
{
	return b->steps->stages[step->stage].needed;
}

void builder_check(struct build *b, struct faults *faults)
{
	struct err e;

	for (size_t i = 0; i < b->steps->n; i++) {
		const struct step *step = &b->steps->v[i];
		bool copies = step->kind == STEP_COPY || step->kind == STEP_ADD;

		if (!is_needed(b, step))
			continue;
		if ((copies && buildcopy_check(b, step, &e) < 0) ||
		    (step->kind == STEP_RUN && buildmount_check(b, step, &e) < 0))
			faults_add(faults, step->line, "%s: %s", step->name, e.msg);
	}
}

/* --- one step --- */

/* Makes a completed step the stage's tip. */
static void move_on(struct build *b, const struct step *step, struct tip *tip,
		    struct stored_step *done)
{
	b->layers[step - b->steps->v] = true;
	tip_close(tip);
	*tip = (struct tip){.step = *done, .rootfs = done->rootfs};
	memcpy(tip->key, done->key, STEP_KEY);
	if (!strv_has(&b->keys, done->key))
		strv_add(&b->keys, done->key);
}

/* Takes the step from the cache. 1: done; 0: the cache does not have it. */
static int find_done(struct build *b, const struct step *step, struct tip *tip, const char *key,
		     struct err *e)
{
	struct stored_step done;
	int found = b->no_cache && !strv_has(&b->fresh, key)
		? 0
		: stepstore_open(b->store, key, &done, e);

	if (found > 0)
		move_on(b, step, tip, &done);
	if (found >= 0)
		b->tell(step, found > 0);
	return found;
}

static int keep(struct build *b, const struct step *step, struct tip *tip, struct draft *into,
		const char *key, struct err *e)
{
	own_record struct record config = {0};
	struct stored_step done;

	record_add(&config, "text", step->text);
	record_add(&config, "parent", tip->key);
	if (stepstore_publish(b->store, into, key, &config, b->no_cache, &done, e) < 0)
		return -1;
	strv_add(&b->fresh, key);
	move_on(b, step, tip, &done);
	return 0;
}

static int snapshot(const struct tip *tip, const struct draft *into, struct err *e)
{
	int fd;

	if (tip_snapshot(tip, into, "rootfs", e) < 0)
		return -1;
	fd = openat(into->dir, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "%s/rootfs", into->name) : fd;
}

static int copy(struct build *b, const struct step *step, struct tip *tip, const struct draft *work,
		struct draft *into, struct err *e)
{
	own_copying struct copying c = {0};
	struct stepkey k;
	char key[STEP_KEY];
	own_fd int rootfs = -1;
	int found;

	if (buildcopy_open(&c, b, step, tip, work, e) < 0)
		return -1;
	stepkey_begin(&k, tip->key, step->name);
	found = buildcopy_key(&c, &k, e);
	stepkey_end(&k, key);
	if (found == 0)
		found = find_done(b, step, tip, key, e);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (draft_begin(b->store, into, e) < 0 || (rootfs = snapshot(tip, into, e)) < 0 ||
	    buildcopy_do(&c, rootfs, e) < 0)
		return -1;
	return keep(b, step, tip, into, key, e);
}

static int run(struct build *b, const struct step *step, struct tip *tip, struct draft *work,
	       struct draft *into, struct err *e)
{
	struct stepkey k;
	char key[STEP_KEY];
	int found;

	stepkey_begin(&k, tip->key, step->name);
	found = buildrun_key(b, step, &k, e);
	stepkey_end(&k, key);
	if (found == 0)
		found = find_done(b, step, tip, key, e);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (draft_begin(b->store, work, e) < 0 || draft_begin(b->store, into, e) < 0 ||
	    buildrun_do(b, step, tip, work, into, e) < 0)
		return -1;
	return keep(b, step, tip, into, key, e);
}

/* Makes the directory if it is missing. It belongs to the USER of this point. */
static int workdir(struct build *b, const struct step *step, struct tip *tip, struct draft *into,
		   struct err *e)
{
	struct graft g = {.owned = true};
	struct stepkey k;
	char key[STEP_KEY];
	own_fd int rootfs = -1, dir = -1;
	int found;

	if (str_equal(step->args.v[0], "/") || path_is_dir(tip->rootfs, step->args.v[0])) {
		b->tell(step, true);
		return 0;
	}
	if (step->user && buildcopy_owner(tip->rootfs, step->user, &g.uid, &g.gid, e) < 0)
		return -1;
	stepkey_begin(&k, tip->key, step->name);
	stepkey_add(&k, step->args.v[0]);
	stepkey_add_number(&k, g.uid);
	stepkey_add_number(&k, g.gid);
	stepkey_end(&k, key);
	found = find_done(b, step, tip, key, e);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (draft_begin(b->store, into, e) < 0 || (rootfs = snapshot(tip, into, e)) < 0 ||
	    (dir = graft_mkdirs(&g, rootfs, step->args.v[0], e)) < 0)
		return -1;
	return keep(b, step, tip, into, key, e);
}

static bool has_files(const struct step *step)
{
	for (size_t i = 0; i < step->args.n; i++)
		if (strstr(step->args.v[i], "://"))
			return true;
	return step->files_n > 0;
}

static int begin_stage(struct build *b, const struct step *step, struct tip *tip, struct err *e)
{
	const struct build_stage *stage = &b->steps->stages[step->stage];
	const struct step_source from = {.stage = -1, .image = stage->image};
	const struct tip *base = stage->base >= 0 ? &b->tips[stage->base] : NULL;

	b->tell(step, true);
	if (stage->image && build_source(b, &from, &base, e) < 0)
		return -1;
	return base ? tip_copy(base, tip, e) : 0;
}

static int do_step(struct build *b, const struct step *step, struct err *e)
{
	struct tip *tip = &b->tips[step->stage];
	struct draft work = {.dir = -1}, into = {.dir = -1};
	int r;

	switch (step->kind) {
	case STEP_FROM:
		return begin_stage(b, step, tip, e);
	case STEP_COPY:
	case STEP_ADD:
		r = has_files(step) ? draft_begin(b->store, &work, e) : 0;
		r = r < 0 ? r : copy(b, step, tip, &work, &into, e);
		break;
	case STEP_RUN:
		r = run(b, step, tip, &work, &into, e);
		break;
	case STEP_WORKDIR:
		r = workdir(b, step, tip, &into, e);
		break;
	default:
		b->tell(step, true);
		return 0;
	}
	draft_drop(b->store, &into);
	draft_drop(b->store, &work);
	if (r < 0 && step->kind != STEP_RUN && !*b->stop)
		buildrun_leave(b, step, tip);
	return r;
}

int builder_run(struct build *b, struct err *e)
{
	struct err ignored;
	int r = 0;

	b->tips = mem_alloc(b->steps->stages_n * sizeof(*b->tips));
	b->layers = mem_alloc(b->steps->n * sizeof(*b->layers));
	for (size_t i = 0; i < b->steps->stages_n; i++)
		b->tips[i] = (struct tip)TIP_NONE;
	for (size_t i = 0; r == 0 && i < b->steps->n; i++) {
		const struct step *step = &b->steps->v[i];

		if (!is_needed(b, step))
			continue;
		r = *b->stop ? err_set(e, "interrupted") : do_step(b, step, e);
		if (r < 0)
			err_wrap(e, "%s:%d: %s", b->file_name, step->line, step->name);
	}
	return r < 0 ? (stepstore_sync(b->store, &b->fresh, &ignored), -1)
		     : stepstore_sync(b->store, &b->fresh, e);
}
