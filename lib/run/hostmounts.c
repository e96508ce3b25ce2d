#include "run/hostmounts.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/own.h"
#include "container/etc.h"
#include "run/channel.h"
#include "run/mountsource.h"

/* The entry whose mounts are being sent. */
struct handing {
	struct run *r;
	struct fsentry *entry;
};

/* The message's text is "NUMBER/below": the entry's index, the mount's place below its target. */
static int hand(void *handing, int mount, const char *below, struct err *e)
{
	const struct handing *h = handing;
	own_str char *text = NULL;
	own_fd int fd = mount;

	if (h->r->mounts_in_child) {
		fsentry_add_mount(h->entry, take_fd(&fd), below);
		return 0;
	}
	text = str_fmt("%zu%s", (size_t)(h->entry - h->r->tree.v), below);
	return channel_send(h->r->channel, MESSAGE_MOUNT, text, fd, e);
}

int hostmounts_give_one(struct run *r, size_t entry, struct err *e)
{
	struct handing h = {r, &r->tree.v[entry]};

	return mountsource_open(r, h.entry, hand, &h, e);
}

int hostmounts_give(struct run *r, struct err *e)
{
	if (filetree_check_places(&r->tree, r->rootfs, e) < 0)
		return -1;
	if (r->store &&
	    etc_write(r->supervisor.etc, r->plan, r->hostname, idmap_root(&r->map), e) < 0)
		return -1;
	for (size_t i = 0; i < r->tree.n; i++)
		if (r->tree.v[i].from_outside && hostmounts_give_one(r, i, e) < 0)
			return -1;
	return 0;
}

int hostmounts_take(struct run *r, const struct message *m, struct err *e)
{
	char *below;
	size_t i = strtoul(m->text, &below, 10);

	if (i >= r->tree.n)
		return err_set(e, "unexpected mount %s from the supervisor", m->text);
	fsentry_add_mount(&r->tree.v[i], m->fd, below);
	return 0;
}

int hostmounts_root(const struct run *r, struct err *e)
{
	if (r->tree.n && r->tree.v->phase == FSENTRY_ROOT && r->tree.v->mounts_n)
		return r->tree.v->mounts->fd;
	return err_set(e, "the supervisor has handed over no root directory");
}
