#include "container/mountopts.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/own.h"
#include "container/mountlong.h"
#include "container/mountspec.h"

/* Writes a volume in the plan's form: an absolute path without links means the same at the next
 * start. */
static char *volume_text(const struct mountspec *v)
{
	const char *propagation = mountspec_propagation(v);
	struct buf text = {0};
	char between = ':';

	buf_fmt(&text, "%s:%s", v->name ? v->name : v->source, v->target);
	if (v->read_only)
		buf_fmt(&text, "%cro", between), between = ',';
	if (propagation)
		buf_fmt(&text, "%c%s", between, propagation), between = ',';
	if (v->no_copy)
		buf_fmt(&text, "%cnocopy", between);
	return text.data;
}

static char *tmpfs_text(const struct mountspec *v)
{
	return str_fmt("%s%s%s", v->target, *v->options ? ":" : "", v->options);
}

static char *device_text(const struct mountspec *v)
{
	return str_fmt("%s:%s", v->source, v->target);
}

static const struct kind {
	const char *option;
	int (*read)(const char *text, struct mountspec *v, struct err *e);
	char *(*text)(const struct mountspec *v);
} volume_kind = {"--volume", mountspec_read, volume_text},
  tmpfs_kind = {"--tmpfs", mountspec_read_tmpfs, tmpfs_text},
  device_kind = {"--device", mountspec_read_device, device_text};

/* own: gets the volumes that belong to the container itself, which have no source. */
static int plan_kind(const struct kind *k, const struct strv *texts, struct strv *to,
		     struct strv *own, struct strv *taken, struct err *e)
{
	for (size_t i = 0; i < texts->n; i++) {
		own_mountspec struct mountspec v = {0};

		if (k->read(texts->v[i], &v, e) < 0)
			return err_wrap(e, "%s", k->option);
		if (mountspec_take_place(taken, v.target, k->option, texts->v[i], e) < 0)
			return -1;
		if (k == &volume_kind && !v.source && !v.name)
			strv_add(own, v.target);
		else
			strv_take(to, k->text(&v));
	}
	return 0;
}

static int plan_long(const struct strv *texts, struct plan *plan, struct strv *taken, struct err *e)
{
	for (size_t i = 0; i < texts->n; i++) {
		own_mountspec struct mountspec v = {0};
		bool tmpfs;

		if (mountlong_read(texts->v[i], &v, &tmpfs, e) < 0)
			return err_wrap(e, "--mount");
		if (mountspec_take_place(taken, v.target, "--mount", texts->v[i], e) < 0)
			return -1;
		if (tmpfs)
			strv_take(&plan->tmpfs, tmpfs_text(&v));
		else if (v.source || v.name)
			strv_take(&plan->volumes, volume_text(&v));
		else
			strv_add(&plan->image_volumes, v.target);
	}
	return 0;
}

int mountopts_plan(const struct mountopts *o, const struct strv *wanted, struct plan *plan,
		   struct err *e)
{
	own_strv struct strv taken = {0};

	if (plan_kind(&volume_kind, &o->volumes, &plan->volumes, &plan->image_volumes, &taken, e) <
		    0 ||
	    plan_kind(&tmpfs_kind, &o->tmpfs, &plan->tmpfs, NULL, &taken, e) < 0 ||
	    plan_kind(&device_kind, &o->devices, &plan->devices, NULL, &taken, e) < 0 ||
	    plan_long(&o->mounts, plan, &taken, e) < 0)
		return -1;
	for (size_t i = 0; i < wanted->n; i++) {
		own_str char *target = mountspec_target(wanted->v[i]);
		struct err ignored;

		if (target &&
		    mountspec_take_place(&taken, target, "image volume", target, &ignored) == 0)
			strv_add(&plan->image_volumes, target);
	}
	return 0;
}

void mountopts_free(struct mountopts *o)
{
	strv_free(&o->volumes);
	strv_free(&o->tmpfs);
	strv_free(&o->devices);
	strv_free(&o->mounts);
}
