#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "own.h"
#include "rootfs.h"
#include "str.h"

void fixture_add(struct fixtures *f, const struct fixture *one)
{
	size_t at = f->n;

	f->v = mem_grow(f->v, f->n + 1, sizeof(*f->v));
	while (at > 0 && strcmp(f->v[at - 1].target, one->target) > 0)
		at--;
	memmove(f->v + at + 1, f->v + at, (f->n - at) * sizeof(*f->v));
	f->v[at] = *one;
	f->n++;
}

static int mount_one(const struct fixture *one, int root, int dev, struct err *e)
{
	if (one->fd < 0)
		return rootfs_mount_tmpfs(root, one->target, one->options, e);
	if (one->device)
		return rootfs_mount_device(root, dev, one->fd, one->target, e);
	return rootfs_mount_at(root, one->fd, one->target, e);
}

int fixtures_mount(struct fixtures *f, int root, int dev, struct err *e)
{
	for (size_t i = 0; i < f->n; i++)
		if (mount_one(&f->v[i], root, dev, e) < 0)
			return -1;
	return 0;
}

void fixtures_free(struct fixtures *f)
{
	while (f->n-- > 0) {
		own_close(&f->v[f->n].fd);
		free(f->v[f->n].target);
		free(f->v[f->n].options);
	}
	free(f->v);
	*f = (struct fixtures){0};
}
