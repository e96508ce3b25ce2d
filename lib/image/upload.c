#include "image/upload.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "image/url.h"

enum { AT_ONCE = 4, PROGRESS_MS = 100 };

struct blob {
	const struct descriptor *is;
	const struct buf *text; /* of the config; NULL: a layer */
	size_t layer;
};

struct shared {
	_Atomic size_t next;    /* the next blob */
	_Atomic uint64_t got[]; /* bytes of each blob that the registry has */
};

struct upload_work {
	struct upload *u;
	struct blob *blobs;
	size_t n;
	struct shared *shared;
};

/* --- requests --- */

/* A request without a body, whose answer is short. */
static int ask(struct registry *r, const char *method, const char *path, struct http_reply *reply,
	       struct err *e)
{
	struct http_upload nothing = {.data = "", .fd = -1};
	own_buf struct buf whole = {0};
	struct http_request q = {.method = method,
				 .upload = strcmp(method, "POST") == 0 ? &nothing : NULL,
				 .max = REGISTRY_SMALL,
				 .take = registry_take_small,
				 .arg = &whole};
	struct registry_patience p = registry_patience();

	return registry_ask(r, path, &q, &whole, &p, reply, e);
}

/* Sends a body once. */
static int send_once(struct registry *r, const char *method, const char *path,
		     struct http_upload *body, struct http_reply *reply, struct err *e)
{
	own_buf struct buf whole = {0};
	struct http_request q = {.method = method,
				 .upload = body,
				 .max = REGISTRY_SMALL,
				 .take = registry_take_small,
				 .arg = &whole};
	struct registry_patience once = {.tries = 1, .ms = 1};

	return registry_ask(r, path, &q, &whole, &once, reply, e);
}

/*
 * The path below /v2/ of the upload URL in an answer. A URL of another host is refused: that host
 * would get the image and the credentials although the user did not name it.
 */
static char *upload_path(const struct registry *r, const struct http_reply *reply, struct err *e)
{
	own_str char *base = str_fmt("%s/", r->base), *full = NULL;
	own_url struct url ours = {0}, theirs = {0};

	if (!reply->location) {
		err_set(e, "the registry gives no URL for the upload");
		return NULL;
	}
	full = url_resolve(base, reply->location, e);
	if (!full || url_read(full, &theirs, e) < 0 || url_read(base, &ours, e) < 0) {
		err_wrap(e, "upload URL");
		return NULL;
	}
	if (!url_same(&ours, &theirs)) {
		err_set(e, "the registry wants the upload at another host: %s://%.200s",
			theirs.scheme, theirs.host);
		return NULL;
	}
	if (!str_starts(full, base)) {
		err_set(e, "the registry wants the upload at %.200s, which is not below /v2/",
			full);
		return NULL;
	}
	return str_dup(full + strlen(base));
}

/* --- one blob --- */

/* Asks for a blob. Returns 1 if the registry has it. */
static int is_there(struct registry *r, const struct blob *b, struct err *e)
{
	own_str char *path = str_fmt("%s/blobs/%s", r->ref->repository, b->is->digest);
	own_reply struct http_reply reply = {0};

	if (ask(r, "HEAD", path, &reply, e) < 0)
		return -1;
	if (reply.status == 404)
		return 0;
	return reply.status == 200 ? 1 : registry_refused(r, &reply, "the registry", e);
}

/*
 * Begins an upload. from: another repository from which the registry can take the blob, or NULL.
 * Returns 1 if the registry took it. Returns 0 with the path of the upload, which stays NULL if
 * from is refused.
 */
static int begin(struct registry *r, const struct blob *b, const char *from, char **path,
		 struct err *e)
{
	own_str char *source = from ? url_escape(from) : NULL;
	own_str char *mount = from ? str_fmt("?mount=%s&from=%s", b->is->digest, source) : NULL;
	own_str char *at = str_fmt("%s/blobs/uploads/%s", r->ref->repository, mount ? mount : "");
	own_reply struct http_reply reply = {0};

	if (ask(r, "POST", at, &reply, e) < 0)
		return -1;
	if (reply.status == 201 && from)
		return 1;
	/*
	 * If this user may not read the other repository, registries answer with different errors.
	 */
	if (from && reply.status >= 400 && reply.status < 500)
		return 0;
	if (reply.status != 202)
		return registry_refused(r, &reply, "the registry", e);
	*path = upload_path(r, &reply, e);
	return *path ? 0 : -1;
}

/* Takes the path of an answer to an upload, if the answer has one. */
static int follow(const struct registry *r, const struct http_reply *reply, char **path,
		  struct err *e)
{
	char *next = reply->location ? upload_path(r, reply, e) : NULL;

	if (reply->location && !next)
		return -1;
	if (next) {
		free(*path);
		*path = next;
	}
	return 0;
}

/* Asks how much of a broken upload the registry has received. -1: the upload is lost. */
static int find_offset(struct registry *r, char **path, uint64_t *offset, struct err *e)
{
	own_reply struct http_reply reply = {0};
	struct err ignored;
	uint64_t last;

	if (ask(r, "GET", *path, &reply, e) < 0)
		return -1;
	if (reply.status != 204 && reply.status != 200)
		return registry_refused(r, &reply, "the registry", e);
	if (!reply.range || !str_starts(reply.range, "0-") ||
	    num_uint(reply.range + 2, 0, UINT64_MAX >> 1, &last, &ignored) < 0)
		last = 0;
	/* Registries answer "0-0" for no bytes and for one byte: no byte is assumed. */
	*offset = last ? last + 1 : 0;
	return follow(r, &reply, path, e);
}

/* Sends the bytes from *offset on. */
static int send_rest(struct registry *r, const struct blob *b, int fd, _Atomic uint64_t *got,
		     char **path, uint64_t offset, struct http_reply *reply, struct err *e)
{
	own_str char *range = offset ? str_fmt("%" PRIu64 "-%" PRIu64, offset, b->is->size - 1)
				     : NULL;
	struct http_upload body = {.type = "application/octet-stream",
				   .range = range,
				   .data = b->text ? b->text->data : NULL,
				   .fd = fd,
				   .from = offset,
				   .size = b->is->size - offset,
				   .progress = got};

	if (send_once(r, "PATCH", *path, &body, reply, e) < 0)
		return -1;
	if (reply->status != 202)
		return registry_refused(r, reply, "the registry", e);
	return follow(r, reply, path, e);
}

static bool is_passing(const struct http_reply *reply)
{
	return reply->outcome == HTTP_BROKEN || reply->outcome == HTTP_AWAY ||
		(reply->outcome == HTTP_ANSWERED && (reply->status == 429 || reply->status >= 500));
}

/*
 * Sends all bytes. After a broken connection it continues with the bytes that the registry lacks.
 */
static int send_all(struct registry *r, const struct blob *b, int fd, _Atomic uint64_t *got,
		    char **path, struct err *e)
{
	struct registry_patience p = registry_patience();
	uint64_t offset = 0, before;

	for (;;) {
		own_reply struct http_reply reply = {0};

		before = offset;
		if (send_rest(r, b, fd, got, path, offset, &reply, e) == 0)
			return 0;
		if (!is_passing(&reply) || !registry_wait(r, &p, reply.retry_after, e->msg))
			return -1;
		/* Some registries drop a broken upload: then the upload begins again. */
		if (find_offset(r, path, &offset, e) < 0) {
			free(take_ptr(path));
			offset = 0;
			if (begin(r, b, NULL, path, e) < 0)
				return -1;
		}
		if (offset > b->is->size)
			return err_set(e, "the registry has received more than was sent");
		if (offset > before)
			p = registry_patience();
		if (offset == b->is->size)
			return 0;
	}
}

/* Closes the upload: the registry compares the digest. */
static int finish(struct registry *r, const struct blob *b, const char *path, struct err *e)
{
	own_str char *at =
		str_fmt("%s%cdigest=%s", path, strchr(path, '?') ? '&' : '?', b->is->digest);
	struct http_upload nothing = {.data = "", .fd = -1};
	own_reply struct http_reply reply = {0};

	if (send_once(r, "PUT", at, &nothing, &reply, e) < 0)
		return -1;
	return reply.status == 201 ? 0 : registry_refused(r, &reply, "the registry", e);
}

static int send_blob(struct upload_work *w, size_t i, struct err *e)
{
	struct registry *r = w->u->registry;
	const struct blob *b = &w->blobs[i];
	own_str char *path = NULL;
	own_fd int fd = -1;
	int there = is_there(r, b, e);

	for (size_t k = 0; there == 0 && !path && k < r->sources.n; k++) {
		there = begin(r, b, r->sources.v[k], &path, e);
		if (path &&
		    k + 1 < r->sources.n) /* refused: the next repository may have the blob */
			free(take_ptr(&path));
	}
	if (there == 0 && !path)
		there = begin(r, b, NULL, &path, e);
	if (there != 0) {
		w->shared->got[i] = b->is->size;
		return there < 0 ? -1 : 0;
	}
	fd = b->text ? -1 : outgoing_layer(w->u->image, b->layer, e);
	if (!b->text && fd < 0)
		return -1;
	return send_all(r, b, fd, &w->shared->got[i], &path, e) < 0 ? -1 : finish(r, b, path, e);
}

/* --- several processes --- */

struct upload_report {
	int result;
	struct err err;
};

static void send_blobs(struct upload_work *w, int to)
{
	struct upload_report r = {0};
	size_t i;

	while (r.result == 0 && (i = w->shared->next++) < w->n) {
		r.result = send_blob(w, i, &r.err);
		if (r.result < 0)
			err_wrap(&r.err, "%s", w->blobs[i].is->digest);
		if (write(to, &r, sizeof(r)) != sizeof(r))
			_exit(1);
	}
	_exit(r.result < 0);
}

static void show(const struct upload_work *w, size_t done)
{
	uint64_t got = 0, of = 0;

	if (!w->u->progress)
		return;
	for (size_t i = 0; i < w->n; i++) {
		got += w->shared->got[i];
		of += w->blobs[i].is->size;
	}
	w->u->progress(done, w->n, got, of);
}

/* Waits until every blob is reported. */
static int hear(const struct upload_work *w, int from, struct err *e)
{
	size_t done = 0;

	while (done < w->n) {
		struct pollfd p = {.fd = from, .events = POLLIN};
		struct upload_report r;

		show(w, done);
		if (poll(&p, 1, w->u->progress ? PROGRESS_MS : -1) <= 0)
			continue;
		if (read(from, &r, sizeof(r)) != sizeof(r))
			return err_set(e, "a process that uploads blobs was killed");
		if (r.result < 0) {
			*e = r.err;
			return -1;
		}
		done++;
	}
	return 0;
}

static int send_at_once(struct upload_work *w, struct err *e)
{
	pid_t parent = getpid(), senders[AT_ONCE] = {0};
	own_fd int from = -1, to = -1;
	int pair[2], r = 0;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe to the processes that upload blobs");
	from = pair[0], to = pair[1];
	for (size_t i = 0; i < AT_ONCE && i < w->n; i++) {
		senders[i] = fork();
		if (senders[i] < 0)
			r = err_sys(e, "start a process to upload blobs");
		if (senders[i] != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(from);
		send_blobs(w, to);
	}
	close(take_fd(&to));
	if (r == 0)
		r = hear(w, from, e);
	for (size_t i = 0; i < AT_ONCE; i++)
		if (senders[i] > 0) {
			if (r < 0)
				kill(senders[i], SIGKILL);
			waitpid(senders[i], NULL, 0);
		}
	return r;
}

/* --- the image --- */

static bool is_listed(const struct upload_work *w, const char *digest)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->blobs[i].is->digest, digest) == 0)
			return true;
	return false;
}

static int put_manifest(struct upload *u, struct err *e)
{
	const struct outgoing *o = u->image;
	struct registry *r = u->registry;
	own_str char *path = str_fmt("%s/manifests/%s", r->ref->repository, r->ref->tag);
	struct http_upload body = {.type = o->manifest_is.type,
				   .data = o->manifest.data,
				   .fd = -1,
				   .size = o->manifest.len};
	struct registry_patience p = registry_patience();

	for (;;) {
		own_reply struct http_reply reply = {0};
		int failed = send_once(r, "PUT", path, &body, &reply, e);

		if (failed || reply.status != 201) {
			if (!failed)
				registry_refused(r, &reply, "the registry", e);
			if (is_passing(&reply) && registry_wait(r, &p, reply.retry_after, e->msg))
				continue;
			return -1;
		}
		if (reply.digest && strcmp(reply.digest, o->manifest_is.digest) != 0)
			return err_set(
				e, "the registry says that the manifest has another digest: %.100s",
				reply.digest);
		return 0;
	}
}

int upload_image(struct upload *u, struct err *e)
{
	const struct outgoing *o = u->image;
	struct upload_work w = {.u = u, .blobs = mem_alloc((o->n + 1) * sizeof(*w.blobs))};
	size_t size = sizeof(*w.shared) + (o->n + 1) * sizeof(uint64_t);
	int r;

	for (size_t i = 0; i < o->n; i++)
		if (!is_listed(&w, o->layers[i].blob.digest))
			w.blobs[w.n++] = (struct blob){&o->layers[i].blob, NULL, i};
	w.blobs[w.n++] = (struct blob){&o->config_is, &o->config, 0};
	w.shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.shared == MAP_FAILED)
		abort();
	r = send_at_once(&w, e);
	munmap(w.shared, size);
	free(w.blobs);
	if (r == 0)
		r = put_manifest(u, e);
	return r < 0 ? registry_name(u->registry, e) : 0;
}
