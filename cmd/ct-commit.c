/* Makes an image of a container as it stands, while it runs if it does. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/shell.h"
#include "cmd.h"
#include "container/container.h"
#include "container/pause.h"
#include "image/change.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/image.h"
#include "store/names.h"
#include "store/plan.h"

struct commit_args {
	struct strv changes;
	bool explain;
};

/* Tried on nothing: one that is wrong is found before anything is made. */
static int read_change(void *to, const char *text, struct err *e)
{
	own_record struct record nothing = {0};

	strv_add(to, text);
	return change_apply(&nothing, text, e);
}

static const struct opt opts[] = {
	OPT_FORM_LIST(
		struct commit_args, changes, 'c', "change", "INSTRUCTION",
		"say so in the image, as a Dockerfile would: 'CMD [\"top\"]', 'ENV A=b', 'WORKDIR /srv'",
		read_change),
	OPT_FLAG(struct commit_args, explain, 0, "explain",
		 "say which system calls are made, and the shell for it"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-commit",
	.operands = "CONTAINER [IMAGE]",
	.purpose = "Make an image of a container",
	.opts = opts,
	.min = 1,
	.max = 2,
};

/* The same by hand, with the container's root as the first operand; "by-hand" stands beside it. */
static void tell_same(const struct store *s, const struct container *c, const char *command,
		      const char *second)
{
	own_str char *path = container_root(s, c);
	own_buf struct buf line = {0};

	buf_fmt(&line, "%s ", command);
	shell_word(&line, path);
	if (second) {
		buf_str(&line, " ");
		shell_word(&line, s->root_path);
		buf_str(&line, second);
	}
	explain_same(line.data);
}

static int take(const struct store *s, const struct container *c, int root, struct draft *d,
		struct err *e)
{
	if (subvol_snapshot(root, d->dir, "rootfs", false, e) < 0)
		return -1;
	tell_same(s, c, "btrfs subvolume snapshot -r", "/by-hand");
	return 0;
}

/* The container stands still while it is photographed, and goes on whatever came of that. */
static int snapshot(const struct store *s, const struct container *c, struct draft *d,
		    struct err *e)
{
	own_fd int root = openat(c->dir, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_str char *group = container_group(c->id);
	struct container_state st;
	sigset_t all, before;
	struct err ignored;
	struct pause p;
	bool failed;

	if (root < 0)
		return err_sys(e, "rootfs");
	if (container_state(s, c, &st, e) < 0)
		return -1;
	/* First all that can be written while it still runs: frozen, only the rest is left to
	 * write. */
	if (explained(syncfs(root), "syncfs(%d)", root) < 0)
		return err_sys(e, "sync");
	tell_same(s, c, "sync -f", NULL);
	if (st.phase != CONTAINER_RUNNING)
		return take(s, c, root, d, e);
	/* Whatever signal comes, it comes after the thaw. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	failed = pause_begin(s->run, c->id, group, &p, e) < 0;
	if (!failed) {
		failed = take(s, c, root, d, e) < 0;
		if (pause_end(&p, failed ? &ignored : e) < 0)
			failed = true;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return failed ? -1 : 0;
}

/* What the image says of itself: as the container's own image did, with what the run was told. */
static void describe(const struct store *s, const struct container *c, struct record *config)
{
	own_image struct image parent = {.dir = -1, .rootfs = -1};
	const char *image = record_get(&c->config, "image");
	struct err ignored;

	if (image && image_open(s, image, &parent, &ignored) == 0)
		for (size_t i = 0; i < parent.config.keys.n; i++)
			record_add(config, parent.config.keys.v[i], parent.config.values.v[i]);
	for (const char *const *key = image_own_keys; *key; key++)
		record_drop(config, *key);
	record_add(config, "container", c->id);
	/* Where its root came from at first is where it still comes from. */
	if (!record_get(config, "source"))
		record_add(config, "source", c->id);
}

/* The image that is to be replaced; 0: a new one, which gets the name if there is one. */
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

/* Names by digest mean what was there before. */
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

/* A new image whose id nobody learned goes; one that was replaced has an id that its user knows. */
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
		return err_set(e, "%s: runs on the directory %s ('ct init' makes an image of that)",
			       ref, record_get(&c.config, "rootfs"));
	describe(s, &c, &config);
	for (size_t i = 0; i < changes->n; i++)
		if (change_apply(&config, changes->v[i], e) < 0)
			return -1;
	replace = find_target(s, target, id, &name, e);
	if (replace < 0 || draft_begin(s, &draft, e) < 0)
		return -1;
	failed = snapshot(s, &c, &draft, e) < 0 ? -1
		: replace                       ? image_replace(s, &draft, &config, id, e)
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
