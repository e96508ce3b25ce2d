#include "build/buildimage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/num.h"
#include "base/own.h"
#include "base/table.h"
#include "build/stepkey.h"
#include "store/names.h"

/* The image's history has one entry for each instruction; the base stages' entries come first. */
static void add_history(const struct build *b, int stage, const char *created, struct strv *out)
{
	const struct steps *all = b->steps;

	if (all->stages[stage].base >= 0)
		add_history(b, all->stages[stage].base, created, out);
	for (size_t i = 0; i < all->n; i++) {
		own_buf struct buf line = {0};

		if (all->v[i].stage != (size_t)stage || !all->v[i].history)
			continue;
		buf_str(&line, "{");
		if (*created)
			buf_fmt(&line, "\"created\":\"%s\",", created);
		buf_str(&line, "\"created_by\":");
		json_quote(&line, all->v[i].history);
		buf_str(&line, b->layers[i] ? "}" : ",\"empty_layer\":true}");
		strv_add(out, line.data);
	}
}

/* The image's config, with the labels of --label. */
static void describe(const struct build *b, const struct strv *labels, struct record *config)
{
	const struct record *of = &b->steps->stages[b->steps->target].config;
	own_pairs struct pairs all = {0};
	own_strv struct strv list = {0}, merged = {0};

	for (size_t i = 0; i < of->keys.n; i++)
		record_add(config, of->keys.v[i], of->values.v[i]);
	if (labels->n == 0)
		return;
	record_get_list(config, "label", &list);
	for (size_t i = 0; i < list.n; i++)
		pairs_put_text(&all, list.v[i]);
	for (size_t i = 0; i < labels->n; i++)
		pairs_put_text(&all, labels->v[i]);
	pairs_list(&all, &merged);
	record_drop(config, "label");
	record_add_list(config, "label", &merged);
}

/* A key of the image: the identity of its files, its config and its history. */
static int instance(const struct build *b, const struct record *config, char key[STEP_KEY],
		    struct err *e)
{
	own_strv struct strv history = {0};
	own_buf struct buf text = {0};
	char files[STEP_KEY] = "";
	struct stepkey k;

	if (tip_instance(&b->tips[b->steps->target], files, e) < 0)
		return -1;
	record_format(config, &text);
	add_history(b, (int)b->steps->target, "", &history);
	stepkey_begin(&k, files, "image");
	stepkey_add(&k, text.data);
	stepkey_add_list(&k, &history);
	stepkey_end(&k, key);
	return 0;
}

/* Finds an image with the same key. 1: found. */
static int find_same(const struct build *b, const char *key, char id[ID_LEN], struct err *e)
{
	own_strv struct strv ids = {0};

	if (store_list(b->store, "img", &ids, e) < 0)
		return -1;
	for (size_t i = ids.n; i-- > 0;) {
		own_str char *path = str_fmt("%s/config", ids.v[i]);
		own_record struct record config = {0};
		struct err ignored;

		if (record_read(b->store->root, path, &config, &ignored) < 0 ||
		    !str_equal(record_get(&config, "built"), key))
			continue;
		memcpy(id, ids.v[i], strlen(ids.v[i]) + 1);
		return 1;
	}
	return 0;
}

/* Finds the image to be replaced: it has the first of the names, and none that is not in the list.
 * 1: found. */
static int find_replaced(const struct build *b, const struct strv *names, char id[ID_LEN],
			 struct err *e)
{
	own_strv struct strv its = {0};
	struct err ignored;

	if (names->n == 0 || name_resolve(b->store, "img", names->v[0], id, &ignored) < 0)
		return 0;
	if (name_list(b->store, "img", id, &its, e) < 0)
		return -1;
	for (size_t i = 0; i < its.n; i++)
		if (!strv_has(names, its.v[i]))
			return 0;
	return 1;
}

static int take_names(const struct build *b, const struct strv *names, const char *id,
		      struct err *e)
{
	own_fd int lock = names->n ? lock_take(b->store->root, ".", e) : -1, dir = -1;

	if (names->n == 0)
		return 0;
	if (lock < 0)
		return -1;
	for (size_t i = 0; i < names->n; i++)
		if (name_take(b->store, "img", names->v[i], id, e) < 0)
			return -1;
	dir = openat(b->store->root, "names/img", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 || fsync(dir) < 0 ? err_sys(e, "write names/img to disk") : 0;
}

static int publish(const struct build *b, struct record *config, const struct strv *names,
		   char id[ID_LEN], struct err *e)
{
	const struct tip *tip = &b->tips[b->steps->target];
	struct draft d = {.dir = -1};
	int replaced = find_replaced(b, names, id, e), r;

	if (replaced < 0 || draft_begin(b->store, &d, e) < 0)
		return -1;
	r = tip_snapshot(tip, &d, "rootfs", e) < 0 ? -1
		: replaced
		? image_replace(b->store, &d, config, id, e)
		: image_publish(b->store, &d, config, names->n ? names->v[0] : NULL, id, e);
	draft_drop(b->store, &d);
	return r;
}

/* The base image, if there is one, is still open. */
static int set_base(struct build *b, struct record *config, struct err *e)
{
	const struct build_stage *stage = &b->steps->stages[b->steps->target];
	struct step_source from = {.stage = -1};
	const struct tip *base;

	while (stage->base >= 0)
		stage = &b->steps->stages[stage->base];
	if (!stage->image)
		return 0;
	from.image = stage->image;
	if (build_source(b, &from, &base, e) < 0)
		return -1;
	return image_set_base(config, base->rootfs, e);
}

int buildimage_publish(struct build *b, const struct strv *labels, const struct strv *names,
		       char id[ID_LEN], bool *made, struct err *e)
{
	own_record struct record config = {0};
	own_strv struct strv history = {0};
	char key[STEP_KEY], created[NUM_TIME_LEN];
	struct timespec now;
	int found;

	*made = false;
	describe(b, labels, &config);
	if (instance(b, &config, key, e) < 0)
		return -1;
	found = find_same(b, key, id, e);
	if (found < 0)
		return -1;
	if (!found) {
		clock_gettime(CLOCK_REALTIME, &now);
		num_time_format(&now, created);
		add_history(b, (int)b->steps->target, created, &history);
		if (set_base(b, &config, e) < 0)
			return -1;
		record_add(&config, "created", created);
		record_add_list(&config, "history", &history);
		record_add(&config, "built", key);
		record_add_list(&config, "step", &b->keys);
		if (publish(b, &config, names, id, e) < 0)
			return -1;
		*made = true;
	}
	return take_names(b, names, id, e);
}
