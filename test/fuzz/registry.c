/*
 * Any answers of a registry to a push. An answer of the input is a line "STATUS", lines "NAME:
 * VALUE", and up to a line "%%" the body; the requests get one after the other. A status below
 * 100 stands for an outcome without an answer.
 */
#include "image/upload.c"

#include "base/err.h"
#include "base/jq.h"
#include "fakejq.h"
#include "files.h"
#include "image/registryget.h"
#include "image/remote.h"

static const char *next_answer, *answers_end;

unsigned http_patience(void)
{
	return 0; /* no waits */
}

bool http_plain_allowed(const char *host)
{
	return strstr(host, "plain");
}

static void read_line(struct http_reply *r, const char *line)
{
	const char *value = strstr(line, ": ");
	char **texts[] = {&r->location, &r->range, &r->type, &r->digest};
	static const char names[] = "LRTD"; /* Location, Range, type, digest */
	const char *name = *line ? strchr(names, *line) : NULL;

	if (!value)
		return;
	value += 2;
	if (*line == 'W')
		strv_add(&r->challenges, value);
	else if (*line == 'M')
		r->moved = true;
	else if (*line == 'A') /* a shorter time would be waited */
		r->retry_after = *value == 'l' ? UINT32_MAX : 0;
	if (name) {
		free(*texts[name - names]);
		*texts[name - names] = str_dup(value);
	}
}

static int give_body(const struct http_request *q, struct http_reply *r, const char *body, size_t n,
		     struct err *e)
{
	if (r->status != 200 && r->status != 206) {
		buf_add(&r->said, body, n < 65536 ? n : 65536);
		return 0;
	}
	if (n > q->max)
		return err_set(e, "longer");
	r->got = n;
	return n > 0 && q->take(q->arg, body, n, e) < 0 ? -1 : 0;
}

int http_do(const struct http_request *q, struct http_reply *r, struct err *e)
{
	size_t left = (size_t)(answers_end - next_answer);
	const char *end = left ? memmem(next_answer, left, "\n%%\n", 4) : NULL;
	own_str char *head = NULL;
	const char *blank;
	size_t n = end ? (size_t)(end - next_answer) : left;
	own_strv struct strv lines = {0};

	*r = (struct http_reply){.outcome = HTTP_REFUSED};
	if (left == 0)
		return err_set(e, "no more answers");
	blank = memmem(next_answer, n, "\n\n", 2);
	head = str_dup_n(next_answer, blank ? (size_t)(blank - next_answer) : n);
	strv_split(&lines, head, '\n');
	r->status = lines.n ? atol(lines.v[0]) % 1000 : 0;
	for (size_t i = 1; i < lines.n; i++)
		read_line(r, lines.v[i]);
	r->outcome = r->status < 0 ? HTTP_REFUSED
		: r->status > 99   ? HTTP_ANSWERED
				   : (enum http_outcome)(r->status % 5);
	if (q->upload && q->upload->progress)
		*q->upload->progress = q->upload->from + q->upload->size;
	if (r->outcome != HTTP_ANSWERED)
		err_set(e, "outcome %d", r->outcome);
	else if (blank && give_body(q, r, blank + 2, n - (size_t)(blank + 2 - next_answer), e) < 0)
		r->outcome = HTTP_REFUSED;
	next_answer += end ? n + 4 : n;
	return r->outcome == HTTP_ANSWERED ? 0 : -1;
}

static void push(struct registry *r, struct err *e)
{
	struct outgoing o = {.config_is = {.size = 3}, .manifest_is = {.size = 2}};
	struct shared *shared = mem_alloc(sizeof(*shared) + 2 * sizeof(uint64_t));
	struct upload u = {.image = &o, .registry = r};
	struct blob b = {.is = &o.config_is, .text = &o.config};
	struct upload_work w = {.u = &u, .blobs = &b, .n = 1, .shared = shared};

	buf_str(&o.config, "abc");
	buf_str(&o.manifest, "{}");
	digest_of("abc", 3, o.config_is.digest);
	digest_of("{}", 2, o.manifest_is.digest);
	if (registry_login(r, e) == 0 && send_blob(&w, 0, e) == 0)
		put_manifest(&u, e);
	buf_free(&o.config);
	buf_free(&o.manifest);
	free(shared);
}

static void fetch(struct registry *r, struct err *e)
{
	own_buf struct buf json = {0};
	char type[128], digest[DIGEST_LEN];

	registryget_manifest(r, "latest", &json, type, digest, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_registry struct registry r = {0};
	own_ref struct ref ref = {0};
	struct err e;

	if (n == 0)
		return 0;
	next_answer = (const char *)data + 1;
	answers_end = (const char *)data + n;
	if (ref_parse(*data & 1 ? "plain.test/a/b:c" : "registry.test/a/b:c", &ref, &e) < 0 ||
	    registry_open(&r, &ref, *data & 2 ? "user:secret" : NULL, &e) < 0)
		return 0;
	r.actions = "pull,push";
	if (*data & 4)
		strv_add(&r.sources, "a/other");
	if (*data & 8)
		fetch(&r, &e);
	else
		push(&r, &e);
	return 0;
}
