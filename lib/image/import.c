#include "image/import.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/str.h"
#include "store/draft.h"
#include "store/image.h"
#include "store/layering.h"
#include "store/layerstore.h"
#include "store/names.h"

/* Finds an image with the same config digest, which implies the same layers. Returns 0 if there is
 * none. */
static int find_same(const struct store *s, const struct record *config, char id[ID_LEN],
		     struct err *e)
{
	const char *digest = record_get(config, "config-digest");
	own_strv struct strv ids = {0};

	if (store_list(s, "img", &ids, e) < 0)
		return -1;
	for (size_t i = 0; digest && i < ids.n; i++) {
		own_str char *path = str_fmt("%s/config", ids.v[i]);
		own_record struct record is = {0};
		struct err damaged;

		if (record_read(s->root, path, &is, &damaged) == 0 &&
		    str_equal(record_get(&is, "config-digest"), digest)) {
			snprintf(id, ID_LEN, "%s", ids.v[i]);
			return 1;
		}
	}
	return 0;
}

/*
 * Finds the image or publishes the draft d, under the store's lock: of two processes that import
 * the same image, one publishes it and the other finds it. Returns 1 with the id; 0 if there is
 * neither an image nor a draft.
 */
static int settle(const struct import *in, struct draft *d, const struct strv *names,
		  char id[ID_LEN], struct err *e)
{
	const struct store *s = in->store;
	own_fd int lock = lock_take(s->root, ".", e);
	int found = lock < 0 ? -1 : find_same(s, in->config, id, e);
	struct err ignored;

	if (found < 0 || (found == 0 && !d))
		return found;
	if (!found && (store_new_id(s, "img", id, e) < 0 || draft_publish(s, d, id, NULL, e) < 0))
		return -1;
	if (name_take_all(s, names, id, in->moved, e) == 0)
		return 1;
	close(take_fd(&lock));
	if (!found)
		draft_unpublish(s, id, &ignored);
	return -1;
}

/* One layer: the argument of the functions of struct layer_file. */
struct one {
	const struct import *in;
	size_t i;
};

static int more(void *arg, uint64_t have, struct err *e)
{
	const struct one *l = arg;

	return l->in->more(l->in->arg, l->i, have, e);
}

static void idle(void *arg)
{
	const struct one *l = arg;

	l->in->idle(l->in->arg);
}

static int whole(void *arg, struct err *e)
{
	const struct one *l = arg;

	return l->in->whole(l->in->arg, l->i, e);
}

static int add_layer(const struct import *in, const struct strv *diffids, const struct strv *chain,
		     size_t i, struct err *e)
{
	own_str char *what = str_fmt("layer %zu of %zu", i + 1, chain->n);
	own_fd int fd = in->open(in->arg, i, e);
	struct one one = {in, i};
	struct layer_file file = {.fd = fd,
				  .digest = in->blobs ? in->blobs[i].digest : NULL,
				  .what = what,
				  .settled = in->settled,
				  .more = in->more ? more : NULL,
				  .idle = in->idle ? idle : NULL,
				  .whole = in->whole ? whole : NULL,
				  .arg = &one};

	return fd < 0 ? -1
		      : layering_add(in->store, i ? chain->v[i - 1] : NULL, chain->v[i],
				     diffids->v[i], &file, in->progress, e);
}

static int add_layers(const struct import *in, const struct strv *diffids, const struct strv *chain,
		      struct err *e)
{
	for (size_t i = 0; i < chain->n; i++) {
		if (!layerstore_have(in->store, chain->v[i]) &&
		    add_layer(in, diffids, chain, i, e) < 0)
			return -1;
		if (in->done)
			in->done(in->arg, i);
	}
	return 0;
}

static int keep_document(const struct draft *d, const char *name, const struct buf *json,
			 struct err *e)
{
	return json && json->len ? file_replace(d->dir, name, 0600, json->data, json->len, e) : 0;
}

static int make_image(const struct import *in, struct draft *d, const struct strv *names,
		      char id[ID_LEN], struct err *e)
{
	own_strv struct strv diffids = {0}, chain = {0};

	record_get_list(in->config, "diffid", &diffids);
	layering_chain(&diffids, &chain);
	if (add_layers(in, &diffids, &chain, e) < 0 || draft_begin(in->store, d, e) < 0 ||
	    layerstore_snapshot(in->store, chain.n ? chain.v[chain.n - 1] : NULL, d, e) < 0)
		return -1;
	record_drop(in->config, "layer");
	record_add_list(in->config, "layer", &chain);
	if (keep_document(d, IMAGE_CONFIG_JSON, in->config_json, e) < 0 ||
	    keep_document(d, IMAGE_MANIFEST_JSON, in->manifest_json, e) < 0)
		return -1;
	return image_seal(d, in->config, e) < 0 || settle(in, d, names, id, e) < 0 ? -1 : 0;
}

int import_image(const struct import *in, const struct strv *names, char id[ID_LEN], struct err *e)
{
	own_fd int held = layerstore_hold(in->store, e);
	struct draft d = {.dir = -1};
	int r = held < 0 ? -1 : settle(in, NULL, names, id, e);

	if (r != 0)
		return r < 0 ? -1 : 0;
	r = make_image(in, &d, names, id, e);
	draft_drop(in->store, &d);
	return r;
}
