#include "image/archive.h"

#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/own.h"
#include "image/import.h"
#include "image/ocilayout.h"
#include "store/draft.h"
#include "store/layerstore.h"
#include "store/names.h"

/* Imports one image. alone: it gets its names at once; otherwise they are only listed. */
static int import_one(const struct archive_import *in, const char *image, bool alone,
		      struct strv *names, char id[ID_LEN], struct err *e)
{
	own_ocilayout struct ocilayout l = {.dir = -1};
	const struct strv none = {0};
	struct import one = {.store = in->store,
			     .config = &l.config,
			     .config_json = &l.config_json,
			     .manifest_json = &l.manifest_json,
			     .open = ocilayout_open,
			     .arg = &l,
			     .moved = in->name ? NULL : in->moved,
			     .progress = in->progress};

	if (ocilayout_read(in->dir, in->what, image, &l, e) < 0)
		return -1;
	if (in->name)
		strv_add(names, in->name);
	else if (ocilayout_names(&l, names, e) < 0)
		return -1;
	one.blobs = l.blobs;
	record_add(&l.config, "source", "-");
	return import_image(&one, alone ? names : &none, id, e);
}

/* names: a list for each id. */
static int name_all(const struct archive_import *in, const struct strv *ids,
		    const struct strv *names, struct err *e)
{
	own_fd int lock = lock_take(in->store->root, ".", e);

	if (lock < 0)
		return -1;
	for (size_t i = 0; i < ids->n; i++)
		if (name_take_all(in->store, &names[i], ids->v[i], in->moved, e) < 0)
			return -1;
	return 0;
}

static int import_all(const struct archive_import *in, const struct strv *images,
		      struct strv *names, struct strv *ids, struct err *e)
{
	char id[ID_LEN];

	for (size_t i = 0; i < images->n; i++) {
		if (import_one(in, images->v[i], images->n == 1, &names[i], id, e) < 0)
			return -1;
		strv_add(ids, id);
	}
	return images->n == 1 ? 0 : name_all(in, ids, names, e);
}

/* Removes the images that were not there before. */
static void take_back(const struct store *s, const struct strv *before, const struct strv *ids)
{
	struct err ignored;

	for (size_t i = 0; i < ids->n; i++)
		if (!strv_has(before, ids->v[i]))
			draft_unpublish(s, ids->v[i], &ignored);
	layerstore_collect(s, &ignored); /* no image uses the layers that were finished */
}

int archive_import(const struct archive_import *in, struct strv *ids, struct err *e)
{
	own_strv struct strv images = {0}, before = {0};
	struct strv *names;
	int r;

	if (ocilayout_list(in->dir, in->what, &images, e) < 0 ||
	    store_list(in->store, "img", &before, e) < 0)
		return -1;
	if (images.n > 1 && in->name)
		return err_set(e, "%s: %zu images, but one name", in->what, images.n);
	names = mem_alloc((images.n + 1) * sizeof(*names));
	r = import_all(in, &images, names, ids, e);
	for (size_t i = 0; i < images.n; i++)
		strv_free(&names[i]);
	free(names);
	if (r < 0) {
		take_back(in->store, &before, ids);
		strv_free(ids);
	}
	return r;
}
