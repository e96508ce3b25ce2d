/* Removes containers, images and volumes, with everything that belongs to them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/own.h"
#include "cmd.h"
#include "container/container.h"
#include "image/blobs.h"
#include "kernel/quota.h"
#include "rm-end.h"
#include "store/draft.h"
#include "store/layerstore.h"
#include "store/names.h"
#include "store/plan.h"
#include "store/ref.h"

enum { BLOB_AGE = 24 * 3600 };

struct rm_args {
	bool force, volumes;
	bool images, others; /* whether an image, or a container or volume, was removed */
	struct store store;
	bool asked; /* whether users and used are filled */
	struct strv users,
		used, /* containers with --network, --pid or --ipc container:ID; whom each names */
		what; /* and what of it they use */
};

static const struct opt opts[] = {
	OPT_FLAG(struct rm_args, force, 'f', "force",
		 "remove running containers and used objects too; ignore missing ones"),
	OPT_FLAG(struct rm_args, volumes, 'v', "volumes",
		 "accepted for compatibility: the own volumes of a container always go with it"),
	OPT_INSTEAD('a', "all", "use 'ct ps -q | ct rm -f -'"),
	CMD_CHOICE_BUT_ALL("rm"),
	OPT_INSTEAD(0, "depend", "use --force, and remove the users of its namespaces too"),
	OPT_INSTEAD('i', "ignore", "use --force; 'ct id NAME' tells whether an object exists"),
	OPT_INSTEAD('t', "time", "use 'ct stop -t SECONDS' before: --force kills at once"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-rm",
	.operands = "ID...",
	.purpose = "Remove containers, images and volumes",
	.opts = opts,
	.min = 1,
	.max = -1,
};

static void note_user(struct rm_args *args, const struct container *c, const char *key,
		      const char *what)
{
	const char *ref = plan_container(record_get(&c->config, key));
	char id[ID_LEN];
	struct err ignored;

	if (!ref || name_resolve(&args->store, "ps", ref, id, &ignored) < 0)
		return;
	strv_add(&args->users, c->id);
	strv_add(&args->used, id);
	strv_add(&args->what, what);
}

/* Finds the containers that use namespaces of another container, once for all operands. */
static int find_users(struct rm_args *args, struct err *e)
{
	own_strv struct strv ids = {0};

	if (args->asked)
		return 0;
	if (store_list(&args->store, "ps", &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_container struct container c = CONTAINER_NONE;
		struct err ignored;

		snprintf(c.id, sizeof(c.id), "%s", ids.v[i]);
		if (container_config(&args->store, &c, &ignored) < 0)
			continue;
		note_user(args, &c, "network", "network");
		note_user(args, &c, "pid", "PID namespace");
		note_user(args, &c, "ipc", "IPC namespace");
	}
	args->asked = true;
	return 0;
}

static int refuse_if_shared(struct rm_args *args, const char *id, struct err *e)
{
	char still[ID_LEN];
	struct err ignored;

	if (find_users(args, e) < 0)
		return -1;
	for (size_t i = 0; i < args->users.n; i++)
		if (strcmp(args->used.v[i], id) == 0 &&
		    name_resolve(&args->store, "ps", args->users.v[i], still, &ignored) == 0)
			return err_set(e, "its %s is used by %s ('ct rm -f' removes it anyway)",
				       args->what.v[i], args->users.v[i]);
	return 0;
}

static int remove_container(struct rm_args *args, const char *id, struct err *e)
{
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;

	if (container_open(&args->store, id, &c, e) < 0) {
		if (!args->force || e->sys == ENOENT)
			return -1;
		/* The record is damaged. The id alone is enough to find what the container owns. */
		st = (struct container_state){.phase = CONTAINER_DEAD};
	} else if (rm_state(&args->store, &c, &st, e) < 0) {
		return -1;
	}
	if (!args->force && refuse_if_shared(args, id, e) < 0)
		return -1;
	if (st.phase == CONTAINER_RUNNING && !args->force)
		return err_set(e, "is running ('ct rm -f' kills and removes it)");
	if (rm_end(&args->store, id, &st, args->force, e) < 0)
		return -1;
	args->others = true;
	return draft_unpublish(&args->store, id, e);
}

/* Whether a container was made from the image with this id, or mounts a volume with one of the
 * names. */
static bool uses(const struct record *config, const char *id, const struct strv *names)
{
	own_strv struct strv volumes = {0};

	if (str_equal(record_get(config, "image"), id))
		return true;
	record_get_list(config, "volume", &volumes);
	for (size_t v = 0; v < volumes.n; v++)
		for (size_t n = 0; n < names->n; n++)
			if (str_starts(volumes.v[v], names->v[n]) &&
			    volumes.v[v][strlen(names->v[n])] == ':')
				return true;
	return false;
}

static int refuse_if_used(struct rm_args *args, const char *id, const struct strv *names,
			  struct err *e)
{
	own_strv struct strv ids = {0};

	if (store_list(&args->store, "ps", &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_container struct container c = CONTAINER_NONE;
		struct err ignored;

		if (container_open(&args->store, ids.v[i], &c, &ignored) == 0 &&
		    uses(&c.config, id, names))
			return err_set(e, "in use by %s ('ct rm -f' removes it anyway)", ids.v[i]);
	}
	return 0;
}

/* Removes only the name that the user gave: the image has other names. */
static int untag(const struct store *s, const char *ref, const char *id, struct err *e)
{
	own_fd int lock = lock_take(s->root, ".", e);
	own_str char *name = name_meant(s, ref);

	return lock < 0 ? -1 : name_drop(s, "img", name ? name : ref, id, e);
}

/* Whether the image stays when it loses this name. Names by digest, which come with a tag, do not
 * keep the image. */
static bool is_kept(const struct strv *names, const char *lost)
{
	size_t n = 0;

	for (size_t i = 0; i < names->n; i++)
		n += strchr(lost, '@') || !strchr(names->v[i], '@');
	return n > 1;
}

/* Removes an image or a volume. */
static int remove_object(struct rm_args *args, const char *ref, const char *id, struct err *e)
{
	own_strv struct strv names = {0};

	if (name_list(&args->store, id_kind(id), id, &names, e) < 0)
		return -1;
	if (!id_kind(ref) && is_kept(&names, ref))
		return untag(&args->store, ref, id, e);
	if (!args->force && refuse_if_used(args, id, &names, e) < 0)
		return -1;
	*(id_is(id, "img") ? &args->images : &args->others) = true;
	return draft_unpublish(&args->store, id, e);
}

/* Whether ref is a valid name or id of any kind of object. */
static bool could_be(const char *ref)
{
	struct err ignored;
	own_ref struct ref image = {0};

	return id_kind(ref) || ref_parse(ref, &image, &ignored) == 0 ||
		name_check_container(ref, &ignored) == 0;
}

static int remove_one(const char *ref, void *arg, struct err *e)
{
	struct rm_args *args = arg;
	char id[ID_LEN];
	int found = name_find(&args->store, ref, id, e), failed;

	if (found < 0)
		return err_wrap(e, "%s", ref);
	if (!found)
		return args->force && could_be(ref)
			? 0
			: err_set(e, "%s: no such container, image or volume", ref);
	failed = id_is(id, "ps") ? remove_container(args, id, e) : remove_object(args, ref, id, e);
	if (failed && args->force && e->sys == ENOENT) /* another process removed it first */
		return 0;
	return failed ? err_wrap(e, "%s", ref) : 0;
}

static int note_ref(const char *ref, void *refs, struct err *e)
{
	(void)e;
	strv_add(refs, ref);
	return 0;
}

/* All running containers are killed first, so that the command waits only once for their ends. */
static int remove_all(struct rm_args *args, char **operands)
{
	own_strv struct strv refs = {0};
	int status = cmd_each(operands, note_ref, &refs), failed = 0;
	struct err e;

	rm_kill(&args->store, &refs);
	for (size_t i = 0; i < refs.n; i++)
		if (remove_one(refs.v[i], args, &e) < 0)
			failed = cmd_failed(&e);
	return failed ? failed : status;
}

/*
 * btrfs frees the space of a deleted subvolume about half a minute later. On a nearly full file
 * system, where nothing can be made until then, BTRFS_IOC_SYNC starts that now.
 */
static void free_space_soon(int root)
{
	struct statvfs fs;

	if (root >= 0 && fstatvfs(root, &fs) == 0 && fs.f_bavail < fs.f_blocks / 16)
		ioctl(root, BTRFS_IOC_SYNC);
}

int main(int argc, char **argv)
{
	struct rm_args args = {.store = STORE_NONE};
	char **operands = cmd_begin(&program, argc, argv, &args);
	struct err e;
	int status;

	if (store_open(&args.store, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	if (*args.store.note)
		cmd_note("%s", args.store.note);
	status = args.force ? remove_all(&args, operands) : cmd_each(operands, remove_one, &args);
	/* Layers that no image uses, and blobs of failed pulls, are removed after an image, and
	 * also when nothing was removed ('ct rm -' without ids). */
	if ((args.images || !args.others) &&
	    (layerstore_collect(&args.store, &e) < 0 || blobs_sweep(&args.store, BLOB_AGE, &e) < 0))
		cmd_complain(&e);
	free_space_soon(args.store.root);
	container_sweep(&args.store);
	if (args.store.root >= 0 && draft_sweep(&args.store, &e) < 0)
		cmd_complain(&e);
	if (args.store.root >= 0)
		quota_sweep(args.store.root);
	store_close(&args.store);
	strv_free(&args.users);
	strv_free(&args.used);
	strv_free(&args.what);
	return cmd_end(status);
}
