#include "image/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/jq.h"
#include "base/num.h"
#include "base/own.h"
#include "store/image.h"

const char manifest_types[] = "application/vnd.oci.image.index.v1+json, "
			      "application/vnd.docker.distribution.manifest.list.v2+json, "
			      "application/vnd.oci.image.manifest.v1+json, "
			      "application/vnd.docker.distribution.manifest.v2+json";

static const uint64_t SIZE_LARGEST = UINT64_C(1) << 53;

/* Splits a platform into OS, architecture and variant (may be ""). NULL: this machine's. */
static int parse_platform(const char *text, struct strv *parts, struct err *e)
{
	const char *arch = image_arch();
	bool good = true;

	if (!text) {
		strv_add(parts, "linux");
		strv_add(parts, arch ? arch : "unknown");
	} else {
		strv_split(parts, text, '/');
		for (size_t i = 0; i < parts->n; i++)
			good = good && *parts->v[i] &&
				!parts->v[i][strspn(parts->v[i],
						    "abcdefghijklmnopqrstuvwxyz0123456789")];
		if (!good || parts->n < 2 || parts->n > 3 || strcmp(parts->v[0], "linux") != 0)
			return err_set(
				e, "%.100s: not a platform (linux/ARCH[/VARIANT], as linux/arm64)",
				text);
	}
	if (parts->n == 2)
		strv_add(parts, "");
	return 0;
}

int manifest_check_platform(const char *platform, struct err *e)
{
	own_strv struct strv parts = {0};

	return parse_platform(platform, &parts, e);
}

/* The media type with which the document was served, if it is a specific one. */
static const char *told_type(const char *type)
{
	return !type || strcmp(type, "application/json") == 0 ? "" : type;
}

void manifest_free(struct manifest *m)
{
	free(m->list);
	strv_free(&m->names);
	*m = (struct manifest){0};
}

/* Reads "SIZE TYPE DIGEST". The jq filter has checked the type and the size. */
static int read_descriptor(const char *text, const char *name, const char *what,
			   struct descriptor *d, struct err *e)
{
	own_strv struct strv parts = {0};

	strv_split(&parts, text ? text : "", ' ');
	if (parts.n != 3 || !digest_is(parts.v[2]) || strlen(parts.v[1]) >= sizeof(d->type))
		return err_set(e, "%s: %s: digest: not sha256: and 64 of 0-9a-f", what, name);
	if (num_uint(parts.v[0], 0, SIZE_LARGEST, &d->size, e) < 0)
		return err_wrap(e, "%s: %s: size", what, name);
	memcpy(d->type, parts.v[1], strlen(parts.v[1]) + 1);
	memcpy(d->digest, parts.v[2], DIGEST_LEN);
	return 0;
}

/* Reads the descriptor of a document, whose size is limited. */
static int check_size(const struct descriptor *d, const char *name, const char *what, struct err *e)
{
	return d->size <= MANIFEST_MAX
		? 0
		: err_set(e, "%s: %s: size: more than %d bytes", what, name, MANIFEST_MAX);
}

static int read_list(const struct record *r, const char *what, struct manifest *m, struct err *e)
{
	own_strv struct strv list = {0};

	record_get_list(r, "layer", &list);
	if (list.n > MANIFEST_LAYERS)
		return err_set(e, "%s: more than %d layers", what, MANIFEST_LAYERS);
	m->list = mem_alloc((list.n + 1) * sizeof(*m->list));
	for (; m->n < list.n; m->n++) {
		own_str char *name =
			str_fmt(m->kind == MANIFEST_INDEX ? "manifests" : "layers[%zu]", m->n);

		if (read_descriptor(list.v[m->n], name, what, &m->list[m->n], e) < 0)
			return -1;
	}
	return 0;
}

static int read_manifest(const struct record *r, const char *what, struct manifest *m,
			 struct err *e)
{
	if (str_equal(record_get(r, "kind"), "index")) {
		m->kind = MANIFEST_INDEX;
		record_get_list(r, "name", &m->names);
		return read_list(r, what, m, e) < 0 ? -1
						    : check_size(m->list, "manifests", what, e);
	}
	m->kind = MANIFEST_IMAGE;
	if (read_descriptor(record_get(r, "config"), "config", what, &m->config, e) < 0 ||
	    check_size(&m->config, "config", what, e) < 0)
		return -1;
	return read_list(r, what, m, e);
}

static int read_json(const void *json, size_t n, const char *type, const char *platform,
		     const char *layout, const char *what, struct manifest *m, struct err *e)
{
	own_strv struct strv wanted = {0};
	own_record struct record r = {0};

	*m = (struct manifest){0};
	if (parse_platform(platform, &wanted, e) < 0 ||
	    jq_read("manifest",
		    (const char *[]){"type", told_type(type), "os", wanted.v[0], "arch",
				     wanted.v[1], "variant", wanted.v[2], "layout", layout, NULL},
		    json, n, what, &r, e) < 0)
		return -1;
	if (read_manifest(&r, what, m, e) == 0)
		return 0;
	manifest_free(m);
	return -1;
}

int manifest_read(const void *json, size_t n, const char *type, const char *platform,
		  const char *what, struct manifest *m, struct err *e)
{
	return read_json(json, n, type, platform, "", what, m, e);
}

int manifest_read_layout(const void *json, size_t n, const char *what, struct manifest *m,
			 struct err *e)
{
	return read_json(json, n, NULL, NULL, "layout", what, m, e);
}

int manifest_read_listed(const void *json, size_t n, const char *digest, const char *what,
			 struct manifest *m, struct err *e)
{
	return read_json(json, n, NULL, NULL, *digest ? digest : "layout", what, m, e);
}

int manifest_list_layout(const void *json, size_t n, const char *what, struct strv *digests,
			 struct err *e)
{
	own_strv struct strv wanted = {0};
	own_record struct record r = {0};

	if (parse_platform(NULL, &wanted, e) < 0 ||
	    jq_read("manifest",
		    (const char *[]){"type", "", "os", wanted.v[0], "arch", wanted.v[1], "variant",
				     wanted.v[2], "layout", "list", NULL},
		    json, n, what, &r, e) < 0)
		return -1;
	record_get_list(&r, "image", digests);
	for (size_t i = 0; i < digests->n; i++)
		if (*digests->v[i] && !digest_is(digests->v[i]))
			return err_set(e, "%s: manifests: digest: not sha256: and 64 of 0-9a-f",
				       what);
	return 0;
}

/* image.h keeps times in UTC with nanoseconds. */
static int set_created(struct record *config, const char *what, struct err *e)
{
	const char *created = record_get(config, "created");
	char text[NUM_TIME_LEN];
	struct timespec t;

	if (!created)
		return 0;
	if (num_time(created, &t, e) < 0)
		return err_set(e, "%s: created: not a time", what);
	num_time_format(&t, text);
	record_drop(config, "created");
	record_add(config, "created", text);
	return 0;
}

static int check_config(const struct record *config, size_t layers, const char *platform,
			const char *what, struct err *e)
{
	const char *os = record_get(config, "os"), *arch = record_get(config, "arch");
	own_strv struct strv wanted = {0}, diffids = {0};

	if (platform && parse_platform(platform, &wanted, e) < 0)
		return -1;
	if (os && strcmp(os, "linux") != 0)
		return err_set(e, "%s: is for %.60s, not for linux", what, os);
	if (platform && arch && strcmp(arch, wanted.v[1]) != 0)
		return err_set(e, "%s: is for linux/%.60s, not for %s", what, arch, platform);
	record_get_list(config, "diffid", &diffids);
	if (diffids.n != layers)
		return err_set(e, "%s: diff_ids: %zu, but there are %zu layers", what, diffids.n,
			       layers);
	for (size_t i = 0; i < diffids.n; i++)
		if (!digest_is(diffids.v[i]))
			return err_set(e, "%s: diff_ids[%zu]: not sha256: and 64 of 0-9a-f", what,
				       i);
	return 0;
}

int manifest_config(const void *json, size_t n, size_t layers, const char *platform,
		    const char *what, struct record *config, struct err *e)
{
	own_record struct record r = {0};

	if (jq_read("config", NULL, json, n, what, &r, e) < 0 ||
	    check_config(&r, layers, platform, what, e) < 0 || set_created(&r, what, e) < 0)
		return -1;
	record_drop(&r, "os");
	for (size_t i = 0; i < r.keys.n; i++)
		record_add(config, r.keys.v[i], r.values.v[i]);
	return 0;
}
