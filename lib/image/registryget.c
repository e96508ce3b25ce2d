#include "image/registryget.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"

static int manifest_check(const struct buf *json, const char *reference,
			  const struct http_reply *reply, char type[128], char digest[DIGEST_LEN],
			  struct err *e)
{
	if (reply->type && strlen(reply->type) >= 128)
		return err_set(e, "its manifest has a media type of %zu bytes",
			       strlen(reply->type));
	snprintf(type, 128, "%s", reply->type ? reply->type : "");
	digest_of(json->data, json->len, digest);
	if (digest_is(reference) && strcmp(digest, reference) != 0)
		return err_set(e, "the digest of its manifest is %s, not %s", digest, reference);
	if (reply->digest && digest_is(reply->digest) && strcmp(digest, reply->digest) != 0)
		return err_set(e, "the digest of its manifest is %s, not %s, as the registry says",
			       digest, reply->digest);
	return 0;
}

int registryget_manifest(struct registry *r, const char *reference, struct buf *json,
			 char type[128], char digest[DIGEST_LEN], struct err *e)
{
	own_str char *path = str_fmt("%s/manifests/%s", r->ref->repository, reference);
	own_reply struct http_reply reply = {0};
	struct http_request q = {.accept = manifest_types,
				 .max = MANIFEST_MAX,
				 .take = registry_take_small,
				 .arg = json};
	struct registry_patience p = registry_patience();

	buf_free(json);
	if (registry_ask(r, path, &q, json, &p, &reply, e) < 0)
		return registry_name(r, e);
	if (reply.status != 200) {
		registry_refused(r, &reply, "the registry", e);
		if (reply.status == 404)
			registry_add(e, " (no such image or tag there)");
		return registry_name(r, e);
	}
	return manifest_check(json, reference, &reply, type, digest, e) < 0 ? registry_name(r, e)
									    : 0;
}

struct blob_sink {
	struct digest *d;
	int (*take)(void *arg, const void *data, size_t n, struct err *e);
	void *arg;
};

static int take_blob(void *arg, const void *data, size_t n, struct err *e)
{
	const struct blob_sink *to = arg;

	digest_add(to->d, data, n);
	return to->take(to->arg, data, n, e);
}

/* Fetches the rest of a blob. A body may end early without an error from libcurl. */
static int blob_fetch(struct registry *r, const struct descriptor *blob, struct http_request *q,
		      struct err *e)
{
	own_str char *path = str_fmt("%s/blobs/%s", r->ref->repository, blob->digest);
	struct registry_patience p = registry_patience();

	while (q->from < blob->size) {
		own_reply struct http_reply reply = {0};
		uint64_t before = q->from;

		r->passing = false;
		if (registry_ask(r, path, q, NULL, &p, &reply, e) < 0) {
			r->passing = reply.outcome == HTTP_BROKEN || reply.outcome == HTTP_AWAY;
			return -1;
		}
		r->passing = reply.status == 429 || reply.status >= 500;
		/* A server that does not support the range may still send the whole blob. */
		if (reply.status == 416 && q->from && !q->whole) {
			q->whole = true;
			continue;
		}
		if (reply.status != 200 && reply.status != 206)
			return registry_refused(r, &reply, "the registry", e);
		if (q->from == blob->size)
			break;
		err_set(e, "ends after %" PRIu64 " of its %" PRIu64 " bytes", q->from, blob->size);
		if (q->from == before || !registry_wait(r, &p, 0, e->msg))
			return -1;
	}
	return 0;
}

int registryget_blob(struct registry *r, const struct descriptor *blob, uint64_t from,
		     struct digest *d,
		     int (*take)(void *arg, const void *data, size_t n, struct err *e), void *arg,
		     struct err *e)
{
	struct blob_sink to = {d, take, arg};
	struct http_request q = {.from = from, .max = blob->size, .take = take_blob, .arg = &to};
	char digest[DIGEST_LEN];

	if (blob_fetch(r, blob, &q, e) == 0) {
		digest_end(d, digest);
		if (strcmp(digest, blob->digest) == 0)
			return 0;
		err_set(e, "its digest is %s", digest);
	}
	err_wrap(e, "%s", blob->digest);
	return registry_name(r, e);
}
