#include "build/build.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "kernel/subvol.h"

void tip_close(struct tip *t)
{
	stepstore_close(&t->step);
	image_close(&t->image);
	t->rootfs = -1;
}

static void free_image(struct tip *t)
{
	tip_close(t);
	free(t);
}

void build_close(struct build *b)
{
	for (size_t i = 0; b->tips && i < b->steps->stages_n; i++)
		tip_close(&b->tips[i]);
	free(b->tips);
	free(b->layers);
	for (size_t i = 0; i < b->image_names.n; i++)
		free_image(b->images[i]);
	free(b->images);
	strv_free(&b->image_names);
	strv_free(&b->keys);
	strv_free(&b->fresh);
}

static int subvol_key(int rootfs, char key[STEP_KEY], struct err *e)
{
	struct btrfs_ioctl_get_subvol_info_args info = {0};
	char text[DIGEST_LEN];

	if (ioctl(rootfs, BTRFS_IOC_GET_SUBVOL_INFO, &info) < 0)
		return err_sys(e, "read the UUID of a base image's subvolume");
	digest_of(info.uuid, sizeof(info.uuid), text);
	memcpy(key, digest_hex(text), STEP_KEY);
	return 0;
}

/*
 * The key of an image's files. A pulled image has the digest of its configuration, so the key is
 * the same after the image was removed and pulled again. An image made here has the UUID of its
 * subvolume, because another image may replace it under the same id.
 */
static int image_key(const struct image *img, char key[STEP_KEY], struct err *e)
{
	const char *digest = record_get(&img->config, "config-digest");

	if (!digest || !digest_is(digest))
		return subvol_key(img->rootfs, key, e);
	memcpy(key, digest_hex(digest), STEP_KEY);
	return 0;
}

int tip_instance(const struct tip *t, char key[STEP_KEY], struct err *e)
{
	if (t->step.dir >= 0)
		return subvol_key(t->rootfs, key, e);
	memcpy(key, t->key, STEP_KEY);
	return 0;
}

static int dup_fd(int fd, int *to)
{
	*to = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd >= 0 && *to < 0 ? -1 : 0;
}

int tip_copy(const struct tip *from, struct tip *to, struct err *e)
{
	*to = (struct tip)TIP_NONE;
	memcpy(to->key, from->key, STEP_KEY);
	memcpy(to->step.key, from->step.key, STEP_KEY);
	memcpy(to->image.id, from->image.id, sizeof(to->image.id));
	if (*to->image.id)
		to->image.dir = to->image.rootfs = -1;
	if (dup_fd(from->step.dir, &to->step.dir) < 0 ||
	    dup_fd(from->step.rootfs, &to->step.rootfs) < 0 ||
	    (*to->image.id && dup_fd(from->image.rootfs, &to->image.rootfs) < 0)) {
		err_sys(e, "keep the previous step's files open");
		tip_close(to);
		return -1;
	}
	to->rootfs = to->step.dir >= 0 ? to->step.rootfs : *to->image.id ? to->image.rootfs : -1;
	return 0;
}

int tip_open_image(const struct build *b, const char *ref, enum pull_policy pull, struct tip *t,
		   struct err *e)
{
	*t = (struct tip)TIP_NONE;
	/* ct-pull has already printed the reason; the error is empty then. */
	if (pull_open(b->store, ref, pull, &t->image, e) < 0)
		return *e->msg ? -1 : err_set(e, "%s: cannot be pulled", ref);
	t->rootfs = t->image.rootfs;
	return image_key(&t->image, t->key, e);
}

int tip_snapshot(const struct tip *t, const struct draft *d, const char *name, struct err *e)
{
	if (t->rootfs >= 0)
		return subvol_snapshot(t->rootfs, d->dir, name, false, e);
	if (subvol_create(d->dir, name, e) < 0)
		return -1;
	return fchmodat(d->dir, name, 0755, 0) < 0 ? err_sys(e, "%s", name) : 0;
}

char *tip_path(const struct build *b, const struct tip *t)
{
	if (t->step.dir >= 0)
		return str_fmt("%s/steps/%s/rootfs", b->store->root_path, t->step.key);
	return t->rootfs < 0 ? NULL : str_fmt("%s/%s/rootfs", b->store->root_path, t->image.id);
}

int build_source(struct build *b, const struct step_source *from, const struct tip **tip,
		 struct err *e)
{
	struct tip *opened;

	*tip = NULL;
	if (from->stage >= 0) {
		*tip = &b->tips[from->stage];
		return 0;
	}
	if (!from->image)
		return b->context >= 0 ? 0 : err_set(e, "there is no context to take files from");
	for (size_t i = 0; i < b->image_names.n; i++)
		if (str_equal(b->image_names.v[i], from->image)) {
			*tip = b->images[i];
			return 0;
		}
	opened = mem_alloc(sizeof(*opened));
	if (tip_open_image(b, from->image, b->pull, opened, e) < 0) {
		free_image(opened);
		return -1;
	}
	b->images = mem_grow_one(b->images, b->image_names.n, sizeof(*b->images));
	b->images[b->image_names.n] = opened;
	strv_add(&b->image_names, from->image);
	*tip = opened;
	return 0;
}
