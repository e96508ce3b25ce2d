#include "store/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/num.h"
#include "base/own.h"
#include "kernel/subvol.h"
#include "kernel/subvolsend.h"
#include "kernel/subvolsize.h"
#include "store/draft.h"
#include "store/names.h"

const char *const image_own_keys[] = {
	"created", "size",      "digest", "config-digest", "layer",
	"diffid",  "container", "built",  "step",          NULL,
};

void image_inherit(struct record *config)
{
	own_strv struct strv layers = {0}, diffids = {0};

	record_get_list(config, "layer", &layers);
	record_get_list(config, "diffid", &diffids);
	for (const char *const *key = image_own_keys; *key; key++)
		record_drop(config, *key);
	record_drop(config, "base");
	record_add_list(config, "layer", &layers);
	record_add_list(config, "diffid", &diffids);
}

int image_set_base(struct record *config, int rootfs, struct err *e)
{
	char text[SUBVOL_IDENTITY_LEN];
	struct subvolsend_identity base;

	if (subvolsend_identity(rootfs, &base, e) < 0)
		return -1;
	subvolsend_identity_text(&base, text);
	record_drop(config, "base");
	record_add(config, "base", text);
	return 0;
}

void image_close(struct image *img)
{
	if (img->id[0]) {
		own_close(&img->dir);
		own_close(&img->rootfs);
	}
	record_free(&img->config);
	*img = (struct image){0};
}

static int open_parts(const struct store *s, const char *ref, struct image *img, struct err *e)
{
	img->dir = openat(s->root, img->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (img->dir < 0 && errno == ENOENT) /* removed after the name was looked up */
		return err_sys(e, "%s: no such image", ref);
	if (img->dir < 0)
		return err_sys(e, "%s", img->id);
	img->rootfs = openat(img->dir, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (img->rootfs < 0)
		return err_sys(e, "%s/rootfs", img->id);
	if (record_read(img->dir, "config", &img->config, e) < 0)
		return err_wrap(e, "%s", img->id);
	return 0;
}

int image_open(const struct store *s, const char *ref, struct image *img, struct err *e)
{
	*img = (struct image){.dir = -1, .rootfs = -1};
	if (name_resolve(s, "img", ref, img->id, e) == 0 && open_parts(s, ref, img, e) == 0)
		return 0;
	image_close(img);
	return -1;
}

const char *image_arch(void)
{
	static const char *const names[][2] = {
		{"x86_64", "amd64"}, {"i686", "386"},        {"aarch64", "arm64"},
		{"armv7l", "arm"},   {"ppc64le", "ppc64le"}, {"riscv64", "riscv64"},
		{"s390x", "s390x"},
	};
	struct utsname u;

	if (uname(&u) == 0)
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (strcmp(u.machine, names[i][0]) == 0)
				return names[i][1];
	return NULL;
}

static int describe(int rootfs, struct record *config, struct err *e)
{
	char created[NUM_TIME_LEN];
	struct timespec now;
	uint64_t bytes;

	if (!record_get(config, "created")) {
		clock_gettime(CLOCK_REALTIME, &now);
		num_time_format(&now, created);
		record_add(config, "created", created);
	}
	if (!record_get(config, "size")) {
		if (subvolsize(rootfs, &bytes, e) < 0)
			return err_wrap(e, "rootfs");
		record_add_uint(config, "size", bytes);
	}
	if (!record_get(config, "arch"))
		record_add(config, "arch", image_arch());
	return 0;
}

/* Everything must be on disk before the image appears: after a crash it is complete or absent. */
int image_seal(const struct draft *d, struct record *config, struct err *e)
{
	own_fd int rootfs =
		openat(d->dir, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (rootfs < 0)
		return err_sys(e, "%s/rootfs", d->name);
	if (describe(rootfs, config, e) < 0 || record_write(d->dir, "config", config, e) < 0 ||
	    subvol_set_read_only(rootfs, true, e) < 0)
		return -1;
	if (explained(syncfs(d->dir), "syncfs(%d)", d->dir) < 0)
		return err_sys(e, "%s: write the image to disk", d->name);
	return 0;
}

int image_publish(const struct store *s, struct draft *d, struct record *config, const char *name,
		  char id[ID_LEN], struct err *e)
{
	if (image_seal(d, config, e) < 0 || store_new_id(s, "img", id, e) < 0)
		return -1;
	return draft_publish(s, d, id, name, e);
}

int image_replace(const struct store *s, struct draft *d, struct record *config, const char *id,
		  struct err *e)
{
	if (image_seal(d, config, e) < 0)
		return -1;
	return draft_exchange(s, d, id, e);
}
