/* Puts a stopped container back on a fresh snapshot of its image, or of another one. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd.h"
#include "container/container.h"
#include "container/disk.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/image.h"
#include "store/store.h"

struct reset_args {
	const char *to;
};

static const struct opt opts[] = {
	OPT_TEXT(struct reset_args, to, 0, "to", "IMAGE",
		 "use a snapshot of this image (default: the container's own image)"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-reset",
	.operands = "CONTAINER...",
	.purpose = "Put stopped containers back on a fresh snapshot of their image",
	.opts = opts,
	.min = 1,
	.max = -1,
};

struct resetting {
	struct store store;
	const char *to;
};

/* One rename exchanges the old files and the new ones; the old ones are then part of the draft. */
static int exchange(const struct container *c, const struct draft *d, struct err *e)
{
	if (renameat2(d->dir, "rootfs", c->dir, "rootfs", RENAME_EXCHANGE) < 0)
		return err_sys(e, "%s: exchange rootfs", c->id);
	return 0;
}

/*
 * After a crash before this line the container has the files of one image and the name of another.
 */
static int record_image(struct container *c, const struct image *img, const char *name,
			struct err *e)
{
	record_drop(&c->config, "image");
	record_drop(&c->config, "image-name");
	record_add(&c->config, "image", img->id);
	record_add(&c->config, "image-name", name);
	return record_keep(c->dir, "config", &c->config, e);
}

/* The container's lock is held: it cannot start meanwhile. */
static int reset_locked(const struct resetting *r, struct container *c, struct err *e)
{
	const char *ref = r->to ? r->to : record_get(&c->config, "image");
	own_image struct image img = {.dir = -1, .rootfs = -1};
	struct draft draft = {.dir = -1};
	uint64_t disk = record_get_uint(&c->config, "disk");
	int failed;

	if (!ref)
		return err_set(e, "its image is not in this store (--to names another one)");
	if (image_open(&r->store, ref, &img, e) < 0 || draft_begin(&r->store, &draft, e) < 0)
		return -1;
	failed = subvol_snapshot(img.rootfs, draft.dir, "rootfs", false, e) < 0 ||
		(disk && disk_limit(draft.dir, disk, e) < 0) || exchange(c, &draft, e) < 0 ||
		(r->to && record_image(c, &img, r->to, e) < 0);
	draft_drop(&r->store, &draft);
	return failed ? -1 : 0;
}

static int reset_one(const char *ref, void *arg, struct err *e)
{
	struct resetting *r = arg;
	own_container struct container c = CONTAINER_NONE;
	own_fd int lock = -1;
	struct err ignored;
	int failed;

	if (container_open(&r->store, ref, &c, e) < 0)
		return -1;
	if (record_get(&c.config, "rootfs"))
		return err_set(e, "%s: runs on the directory %s, not on a snapshot", ref,
			       record_get(&c.config, "rootfs"));
	lock = container_begin(&r->store, c.id, e);
	if (lock < 0)
		return err_wrap(e, "%s", ref);
	failed = reset_locked(r, &c, e) < 0;
	container_clean(&r->store, c.id, &ignored);
	if (failed)
		return err_wrap(e, "%s", ref);
	puts(c.id);
	return 0;
}

int main(int argc, char **argv)
{
	struct reset_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	struct resetting r = {.store = STORE_NONE};
	struct err e;
	int status;

	if (store_open(&r.store, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	if (*r.store.note)
		cmd_note("%s", r.store.note);
	r.to = args.to;
	status = cmd_each(operands, reset_one, &r);
	store_close(&r.store);
	return cmd_end(status);
}
