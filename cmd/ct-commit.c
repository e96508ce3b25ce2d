/* Makes an image from a container's current file tree; the container may be running. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/num.h"
#include "base/own.h"
#include "cmd.h"
#include "container/container.h"
#include "container/disk.h"
#include "container/moment.h"
#include "image/change.h"
#include "image/runconfig.h"
#include "store/draft.h"
#include "store/image.h"
#include "store/names.h"
#include "store/plan.h"

struct commit_args {
	struct strv changes;
	bool explain, quiet;
};

/* Applies the instruction to an empty config, so that an error is found before anything is made. */
static int read_change(void *to, const char *text, struct err *e)
{
	own_record struct record nothing = {0};

	strv_add(to, text);
	return change_apply(&nothing, text, e);
}

static const struct opt opts[] = {
	OPT_FORM_LIST(
		struct commit_args, changes, 'c', "change", "INSTRUCTION",
		"apply a Dockerfile instruction to the image config: 'CMD [\"top\"]', 'ENV A=b', 'WORKDIR /srv'",
		read_change),
	OPT_FLAG(struct commit_args, quiet, 'q', "quiet",
		 "accepted for compatibility: only the id is printed"),
	CMD_EXPLAIN(struct commit_args),
	OPT_INSTEAD('f', "format",
		    "not needed: 'ct save --format' chooses it; 'ct push' writes OCI"),
	OPT_INSTEAD(0, "iidfile", "use the id that is printed"),
	OPT_INSTEAD(0, "include-volumes",
		    "use 'ct export NAME | ct init -' (without the image config)"),
	OPT_INSTEAD('s', "squash", "not needed: the image is a snapshot"),
	OPT_INSTEAD('m', "message", "use -c 'LABEL message=...'"),
	OPT_INSTEAD('a', "author", "use -c 'LABEL author=...'"),
	OPT_INSTEAD('p', "pause", "not needed: the container is frozen for the time of a snapshot"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-commit",
	.operands = "CONTAINER [IMAGE]",
	.purpose = "Make an image from a container",
	.opts = opts,
	.min = 1,
	.max = 2,
};

/*
 * The new image's config: that of the container's image, without the keys that identify an image,
 * and with what the run changed.
 */
static int describe(const struct store *s, const struct container *c, struct record *config,
		    struct err *e)
{
	own_image struct image parent = {.dir = -1, .rootfs = -1};
	const char *image = record_get(&c->config, "image");
	char created[NUM_TIME_LEN];
	struct timespec now;
	struct err ignored;

	if (image && image_open(s, image, &parent, &ignored) == 0)
		for (size_t i = 0; i < parent.config.keys.n; i++)
			record_add(config, parent.config.keys.v[i], parent.config.values.v[i]);
	image_inherit(config);
	if (parent.rootfs >= 0 && image_set_base(config, parent.rootfs, e) < 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	num_time_format(&now, created);
	record_add(config, "created", created);
	record_add(config, "container", c->id);
	/* A chain of commits keeps the source of the first image. */
	if (!record_get(config, "source"))
		record_add(config, "source", c->id);
	runconfig_apply(&c->config, config);
	return 0;
}

/*
 * Returns 1 if ref is an image to replace, and its id. Returns 0 for a new image, and its name if
 * ref is given.
 */
static int find_target(const struct store *s, const char *ref, char id[ID_LEN], char **name,
		       struct err *e)
{
	*name = NULL;
	if (!ref)
		return 0;
	if (name_resolve(s, "img", ref, id, e) == 0)
		return 1;
	if (id_is(ref, "img") || id_is(ref, "ps"))
		return -1;
	*name = name_check_image(ref, e);
	return *name ? 0 : -1;
}

/* The names by digest (NAME@sha256:...) belong to the content that was replaced. */
static void drop_digests(const struct store *s, const char *id)
{
	own_strv struct strv names = {0};
	struct err ignored;
	own_fd int lock = lock_take(s->root, ".", &ignored);

	if (lock < 0 || name_list(s, "img", id, &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (strchr(names.v[i], '@'))
			name_drop(s, "img", names.v[i], id, &ignored);
}

/*
 * Prints the id. If that fails, a new image is removed, because the user does not know its id; a
 * replaced image stays, because the user named it.
 */
static int tell(const struct store *s, const char *id, bool replaced, struct err *e)
{
	struct err ignored;

	if (cmd_tell_id(id, e) == 0)
		return 0;
	if (!replaced)
		draft_unpublish(s, id, &ignored);
	return -1;
}

static int commit(const struct store *s, const char *ref, const char *target,
		  const struct strv *changes, struct err *e)
{
	own_container struct container c = CONTAINER_NONE;
	own_record struct record config = {0};
	own_str char *name = NULL;
	struct draft draft = {.dir = -1};
	char id[ID_LEN];
	int replace, failed;

	if (container_open(s, ref, &c, e) < 0)
		return -1;
	if (record_get(&c.config, "rootfs"))
		return err_set(
			e,
			"%s: runs on the directory %s, not on a snapshot ('ct init' makes an image of a directory)",
			ref, record_get(&c.config, "rootfs"));
	if (describe(s, &c, &config, e) < 0)
		return err_wrap(e, "%s", ref);
	for (size_t i = 0; i < changes->n; i++)
		if (change_apply(&config, changes->v[i], e) < 0)
			return -1;
	replace = find_target(s, target, id, &name, e);
	if (replace < 0 || draft_begin(s, &draft, e) < 0)
		return -1;
	/* With full quotas a snapshot has the limit of its subvolume. */
	failed = moment_snapshot_root(s, c.id, draft.dir, e) < 0 ||
			(record_get(&c.config, "disk") && disk_limit(draft.dir, 0, e) < 0)
		? -1
		: replace ? image_replace(s, &draft, &config, id, e)
			  : image_publish(s, &draft, &config, name, id, e);
	draft_drop(s, &draft);
	if (!failed && replace)
		drop_digests(s, id);
	return failed ? err_wrap(e, "%s", ref) : tell(s, id, replace, e);
}

int main(int argc, char **argv)
{
	struct commit_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store store = STORE_NONE;
	struct err e;
	int failed;

	cmd_explain(args.explain);
	failed = store_open(&store, STORE_LOOK, &e) < 0 ||
		commit(&store, operands[0], operands[1], &args.changes, &e) < 0;
	strv_free(&args.changes);
	return failed ? cmd_failed(&e) : cmd_end(0);
}
