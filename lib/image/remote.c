#include "image/remote.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "image/ociarchive.h"
#include "image/registryget.h"
#include "store/image.h"
#include "store/layering.h"
#include "store/layerstore.h"

static const char docker_manifest[] = "application/vnd.docker.distribution.manifest.v2+json";
static const char oci_manifest[] = "application/vnd.oci.image.manifest.v1+json";

int remote_open(struct remote *r, const char *text, const char *platform, const char *creds,
		struct err *e)
{
	r->text = text;
	r->platform = platform;
	return ref_parse(text, &r->ref, e) < 0 ? -1
					       : registry_open(&r->registry, &r->ref, creds, e);
}

void remote_close(struct remote *r)
{
	registry_close(&r->registry);
	ref_free(&r->ref);
	buf_free(&r->index.json);
	buf_free(&r->manifest.json);
	buf_free(&r->config.json);
	manifest_free(&r->image);
	record_free(&r->record);
	strv_free(&r->chains);
}

static int get(struct remote *r, const char *reference, const char *type, struct document *d,
	       struct err *e)
{
	if (registryget_manifest(&r->registry, reference, &d->json, d->type, d->digest, e) < 0)
		return -1;
	return manifest_read(d->json.data, d->json.len, type ? type : d->type, r->platform, r->text,
			     &r->image, e);
}

int remote_resolve(struct remote *r, struct err *e)
{
	if (get(r, r->ref.digest ? r->ref.digest : r->ref.tag, NULL, &r->manifest, e) < 0)
		return -1;
	r->indexed = r->image.kind == MANIFEST_INDEX;
	if (r->indexed) {
		r->index = r->manifest;
		r->manifest = (struct document){0};
	}
	return 0;
}

int remote_manifest(struct remote *r, struct err *e)
{
	own_manifest struct manifest index = r->image;
	const struct descriptor *chosen = index.list;

	if (!r->indexed) {
		index = (struct manifest){0};
		return 0;
	}
	r->image = (struct manifest){0};
	if (get(r, chosen->digest, chosen->type, &r->manifest, e) < 0)
		return -1;
	if (r->manifest.json.len != chosen->size)
		return err_set(e, "%s: its manifest has %zu bytes, the index says %" PRIu64,
			       r->text, r->manifest.json.len, chosen->size);
	return r->image.kind == MANIFEST_IMAGE ? 0
					       : err_set(e, "%s: an index in an index", r->text);
}

static int take(void *buf, const void *data, size_t n, struct err *e)
{
	(void)e; /* manifest_read has checked the size */
	buf_add(buf, data, n);
	return 0;
}

static void find_chains(struct remote *r)
{
	own_strv struct strv diffids = {0};

	record_get_list(&r->record, "diffid", &diffids);
	layering_chain(&diffids, &r->chains);
}

int remote_config(struct remote *r, struct err *e)
{
	own_str char *what = str_fmt("%s: config", r->text);
	own_digest struct digest d = {0};
	struct buf *json = &r->config.json;

	digest_begin(&d);
	if (registryget_blob(&r->registry, &r->image.config, 0, &d, take, json, e) < 0 ||
	    manifest_config(json->data, json->len, r->image.n, r->platform, what, &r->record, e) <
		    0)
		return -1;
	record_add(&r->record, "source", r->text);
	record_add(&r->record, "digest", r->manifest.digest);
	record_add(&r->record, "config-digest", r->image.config.digest);
	find_chains(r);
	return 0;
}

bool remote_known(struct remote *r, const struct store *s)
{
	own_str char *name = ref_name_digest(&r->ref, r->manifest.digest);
	own_image struct image img = {0};
	struct err ignored;

	if (image_open(s, name, &img, &ignored) < 0 ||
	    !str_equal(record_get(&img.config, "config-digest"), r->image.config.digest))
		return false;
	r->record = img.config;
	img.config = (struct record){0};
	find_chains(r);
	return r->chains.n == r->image.n;
}

void remote_names(const struct remote *r, struct strv *names)
{
	const char *digests[] = {r->manifest.digest, r->indexed ? r->index.digest : NULL};

	strv_take(names, ref_name(&r->ref));
	for (size_t i = 0; i < 2; i++) {
		own_str char *name = digests[i] ? ref_name_digest(&r->ref, digests[i]) : NULL;

		if (name && !strv_has(names, name))
			strv_add(names, name);
	}
}

static int write_known(struct ociarchive *o, const struct descriptor *d, const struct buf *json,
		       struct err *e)
{
	return ociarchive_blob(o, d, e) < 0 ? -1 : ociarchive_data(o, json->data, json->len, e);
}

/* The media type with which it was served, if it is a specific one. */
static const char *manifest_type(const struct remote *r)
{
	if (strcmp(r->manifest.type, oci_manifest) == 0 ||
	    strcmp(r->manifest.type, docker_manifest) == 0)
		return r->manifest.type;
	return str_starts(r->image.config.type, "application/vnd.docker.") ? docker_manifest
									   : oci_manifest;
}

static bool came_before(const struct manifest *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(m->list[k].digest, m->list[i].digest) == 0)
			return true;
	return false;
}

static int write_layer(struct remote *r, size_t i, struct ociarchive *o, struct err *e)
{
	own_digest struct digest d = {0};

	digest_begin(&d);
	if (ociarchive_blob(o, &r->image.list[i], e) < 0)
		return -1;
	return registryget_blob(&r->registry, &r->image.list[i], 0, &d, ociarchive_data, o, e);
}

int remote_write(struct remote *r, int fd, const char *target, struct err *e)
{
	own_str char *name = ref_name(&r->ref);
	struct descriptor manifest = {.size = r->manifest.json.len};
	own_ociarchive struct ociarchive o = {0};

	strcpy(manifest.type, manifest_type(r));
	strcpy(manifest.digest, r->manifest.digest);
	if (ociarchive_begin(&o, fd, target, &manifest, name, e) < 0 ||
	    write_known(&o, &manifest, &r->manifest.json, e) < 0 ||
	    write_known(&o, &r->image.config, &r->config.json, e) < 0)
		return -1;
	for (size_t i = 0; i < r->image.n; i++)
		if (!came_before(&r->image, i) && write_layer(r, i, &o, e) < 0)
			return -1;
	return ociarchive_end(&o, e);
}
