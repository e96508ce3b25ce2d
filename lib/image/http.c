#include "image/http.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/charset.h"
#include "base/err.h"
#include "base/explain.h"
#include "base/num.h"
#include "base/own.h"
#include "base/shell.h"
#include "image/httphandle.h"
#include "image/url.h"

enum {
	REDIRECTS = 10,
	HEADERS_MAX = 64 << 10, /* bytes of headers of one answer */
	SAID_MAX = 64 << 10,
	PATIENCE = 30,
};

static bool insecure;

struct http_transfer {
	const struct http_request *q;
	struct http_reply *r;
	CURL *easy;
	char why[CURL_ERROR_SIZE];
	size_t headers; /* bytes of headers so far */
	bool begun;     /* the body has begun */
	bool wanted;    /* the body goes to take */
	bool enough;    /* the body is not wanted: discard the rest */
	uint64_t skip;  /* bytes at the beginning that the caller already has */
	uint64_t left;  /* bytes that may still come */
	bool failed;    /* e has the reason */
	struct err *e;
};

unsigned http_patience(void)
{
	const char *text = getenv("CT_TEST_STALL");
	uint64_t seconds = PATIENCE;
	struct err ignored;

	if (text)
		num_uint(text, 1, PATIENCE, &seconds, &ignored);
	return (unsigned)seconds;
}

int http_begin(bool any, struct err *e)
{
	insecure = any;
	charset_load();
	return curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK ? 0
							     : err_set(e, "libcurl does not start");
}

bool http_plain_allowed(const char *host)
{
	return insecure || url_is_loopback(host);
}

/* first: the host of the first request, before redirects; NULL: u is the first. */
static int judge_url(const char *text, const struct url *first, struct url *u, struct err *e)
{
	if (url_read(text, u, e) < 0)
		return -1;
	if (strcmp(u->scheme, "http") == 0 &&
	    (!http_plain_allowed(u->host) || (first && !http_plain_allowed(first->host))))
		return err_set(e, "%.200s: plain http is for loopback only (or --tls-verify=false)",
			       text);
	return 0;
}

static size_t refuse(struct http_transfer *t)
{
	t->failed = true;
	return CURL_WRITEFUNC_ERROR;
}

static size_t on_header(char *data, size_t one, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	(void)data, (void)one;
	t->headers += n;
	if (t->headers <= HEADERS_MAX)
		return n;
	err_set(t->e, "answers with headers of more than %d KiB", HEADERS_MAX >> 10);
	return refuse(t);
}

static const char *header(CURL *easy, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value : NULL;
}

/* Whether a 206 begins at the requested offset: RFC 9110, 14.4. */
static bool range_right(const struct http_transfer *t)
{
	const char *range = header(t->easy, "Content-Range");
	own_str char *want = str_fmt("bytes %" PRIu64 "-", t->q->from);

	return t->q->from && range && str_starts(range, want);
}

static int body_begin(struct http_transfer *t)
{
	curl_off_t length = -1;
	long status = 0;

	t->begun = true;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	t->wanted = status == 200 || status == 206;
	if (!t->wanted)
		return 0;
	t->left = t->q->max;
	if (status == 200)
		t->skip = t->q->from;
	else if (range_right(t))
		t->left -= t->q->from;
	else
		return err_set(t->e, "answers with another range than was asked for");
	if (length > 0 && (uint64_t)length > t->left)
		return err_set(t->e, "longer than %" PRIu64 " bytes", t->q->max);
	return 0;
}

/* Stores a body that is not wanted: the text of an error, or of a redirect. */
static size_t keep_said(struct http_transfer *t, const char *data, size_t n)
{
	size_t room = SAID_MAX - t->r->said.len;

	buf_add(&t->r->said, data, n < room ? n : room);
	t->enough = n > room;
	return t->enough ? CURL_WRITEFUNC_ERROR : n;
}

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	size_t known;

	(void)one;
	if (!t->begun && body_begin(t) < 0)
		return refuse(t);
	if (!t->wanted)
		return keep_said(t, data, n);
	if (n > t->left) {
		err_set(t->e, "longer than %" PRIu64 " bytes", t->q->max);
		return refuse(t);
	}
	t->left -= n;
	known = n < t->skip ? n : (size_t)t->skip;
	t->skip -= known;
	if (n > known && t->q->take(t->q->arg, data + known, n - known, t->e) < 0)
		return refuse(t);
	t->r->got += n - known;
	return n;
}

/* Gives libcurl the next bytes of the body. */
static size_t on_upload(char *data, size_t one, size_t n, void *arg)
{
	struct http_upload *up = arg;
	uint64_t left = up->size - up->sent;
	ssize_t got;

	if (left == 0)
		return 0;
	n = one * n < left ? one * n : (size_t)left;
	got = up->data ? (ssize_t)n : pread(up->fd, data, n, (off_t)(up->from + up->sent));
	if (got <= 0)
		return CURL_READFUNC_ABORT;
	if (up->data)
		memcpy(data, (const char *)up->data + up->from + up->sent, n);
	up->sent += (uint64_t)got;
	if (up->progress)
		*up->progress = up->from + up->sent;
	return (size_t)got;
}

static void set_method(CURL *easy, const struct http_request *q)
{
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, q->method);
	if (strcmp(q->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (!q->upload)
		return;
	q->upload->sent = 0;
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->upload->size);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
	curl_easy_setopt(easy, CURLOPT_READDATA, q->upload);
}

static void set_request(CURL *easy, const struct http_request *q, const char *url, bool first)
{
	own_str char *range = q->from && !q->whole ? str_fmt("%" PRIu64 "-", q->from) : NULL;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	if (range)
		curl_easy_setopt(easy, CURLOPT_RANGE, range);
	if (q->post)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, q->post);
	if (q->method)
		set_method(easy, q);
	if (first && q->bearer) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, q->bearer);
	} else if (first && q->user) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERPWD, q->user);
	}
}

/* The outcome of a transfer that failed in libcurl; the reason is in e. */
static enum http_outcome judge(struct http_transfer *t, CURLcode code)
{
	long sys = 0, sent = 0;

	switch (code) {
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &sys);
		err_set(t->e, "%s", sys ? strerror((int)sys) : t->why);
		return HTTP_AWAY;
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(t->e, "its address cannot be found (a wrong name, or no network?)");
		return HTTP_AWAY;
	case CURLE_COULDNT_RESOLVE_PROXY:
		err_set(t->e, "%s", t->why);
		return HTTP_AWAY;
	case CURLE_OPERATION_TIMEDOUT:
		curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
		if (t->headers)
			err_set(t->e, "stalled: less than 1 KiB/s for %u s", http_patience());
		else
			err_set(t->e, "no answer for %u s", sent ? http_patience() : PATIENCE);
		return sent ? HTTP_BROKEN : HTTP_AWAY;
	case CURLE_SSL_CONNECT_ERROR:
		err_set(t->e, "no TLS: %s", t->why);
		return HTTP_NO_TLS;
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	/* libcurl would send the body again, of which the server may have a part. */
	case CURLE_SEND_FAIL_REWIND:
		err_set(t->e, "broke off: %s", t->why[0] ? t->why : curl_easy_strerror(code));
		return HTTP_BROKEN;
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE: /* a header line of more than 100 KiB */
#endif
	case CURLE_OUT_OF_MEMORY: /* the same before libcurl 8.6 */
		err_set(t->e, "answers with a header that is too long");
		return HTTP_REFUSED;
	default:
		err_set(t->e, "%s", t->why[0] ? t->why : curl_easy_strerror(code));
		return HTTP_REFUSED;
	}
}

static char *without_parameters(const char *type)
{
	size_t n = type ? strcspn(type, "; \t") : 0;

	return n ? str_dup_n(type, n) : NULL;
}

static void read_headers(CURL *easy, struct http_reply *r)
{
	curl_off_t wait = 0;
	struct curl_header *h;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &r->status);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
	/* A Retry-After in the past, by this machine's clock, means no wait. */
	r->retry_after = wait < 0 ? 0 : wait > UINT32_MAX ? UINT32_MAX : (unsigned)wait;
	r->type = without_parameters(header(easy, "Content-Type"));
	r->digest = str_dup(header(easy, "Docker-Content-Digest"));
	r->location = str_dup(header(easy, "Location"));
	r->range = str_dup(header(easy, "Range"));
	for (size_t i = 0;
	     curl_easy_header(easy, "WWW-Authenticate", i, CURLH_HEADER, -1, &h) == CURLHE_OK; i++)
		strv_add(&r->challenges, h->value);
}

static void add_header(struct curl_slist **headers, const char *name, const char *value)
{
	own_str char *line = value ? str_fmt("%s: %s", name, value) : NULL;

	if (line)
		*headers = curl_slist_append(*headers, line);
}

static struct curl_slist *make_headers(const struct http_request *q)
{
	struct curl_slist *headers = NULL;

	add_header(&headers, "Accept", q->accept);
	add_header(&headers, "Content-Type", q->upload ? q->upload->type : NULL);
	add_header(&headers, "Content-Range", q->upload ? q->upload->range : NULL);
	if (q->upload) /* waiting for "100 Continue" costs a second where a server does not send it */
		headers = curl_slist_append(headers, "Expect:");
	return headers;
}

/* Makes one request without following redirects. */
static enum http_outcome perform(struct http_transfer *t, const struct url *u, const char *url,
				 bool first)
{
	struct curl_slist *headers = make_headers(t->q);
	CURLcode code;

	t->why[0] = '\0';
	t->begun = t->wanted = t->enough = false;
	t->headers = 0;
	httphandle_limit(t->easy, PATIENCE, http_patience());
	set_request(t->easy, t->q, url, first);
	if (httphandle_trust(t->easy, u, insecure, t->e) < 0) {
		curl_slist_free_all(headers);
		return HTTP_REFUSED;
	}
	if (url_is_loopback(u->host))
		curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	code = curl_easy_perform(t->easy);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	if (t->failed)
		return HTTP_REFUSED;
	return code == CURLE_OK || t->enough ? HTTP_ANSWERED : judge(t, code);
}

/*
 * Explains the curl(1) command for the request. Secrets are written as variables. The target of a
 * redirect is left out, because its URL may contain a signature.
 */
static void tell_same(const struct http_request *q)
{
	const char *blob = strstr(q->url, "/blobs/sha256:");
	own_buf struct buf line = {0};

	if (explain_fd < 0 || q->method)
		return;
	buf_str(&line, q->token ? "token=$(curl -fgsSL" : "curl -fgsSL");
	if (q->accept) {
		own_str char *accept = str_fmt("Accept: %s", q->accept);

		buf_str(&line, " -H ");
		shell_word(&line, accept);
	}
	if (q->bearer)
		buf_str(&line, " -H \"Authorization: Bearer $token\"");
	if (q->user)
		buf_str(&line, " -u \"$user\"");
	if (q->post)
		buf_str(&line, " -d \"$form\"");
	buf_str(&line, " ");
	shell_word(&line, q->url);
	if (blob)
		buf_fmt(&line, " -o %.64s", blob + strlen("/blobs/sha256:"));
	if (q->token)
		buf_str(&line,
			" | jq -r 'first(.token, .access_token | select(. // \"\" != \"\"))')");
	explain_same(line.data);
}

static const char *method_of(const struct http_request *q)
{
	return q->method ? q->method : q->post ? "POST" : "GET";
}

static long status_of(CURL *easy)
{
	long status = -1;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

int http_do(const struct http_request *q, struct http_reply *r, struct err *e)
{
	struct http_transfer t = {.q = q, .r = r, .e = e};
	own_url struct url first = {0};
	own_str char *url = str_dup(q->url);
	char *next = NULL;

	*r = (struct http_reply){.outcome = HTTP_REFUSED};
	if (judge_url(url, NULL, &first, e) < 0)
		return -1;
	for (int hops = 0;; hops++) {
		own_url struct url here = {0};

		if (hops > REDIRECTS)
			return err_set(e, "%s: more than %d redirects", first.host, REDIRECTS);
		if (judge_url(url, hops ? &first : NULL, &here, e) < 0)
			return err_wrap(e, "%s: redirect", first.host);
		r->moved = r->moved || !url_same(&here, &first);
		buf_free(&r->said);
		t.easy = httphandle_get();
		if (!t.easy)
			return err_set(e, "libcurl has no memory");
		r->outcome = perform(&t, &here, url, !r->moved);
		if (explain_fd >= 0)
			explain_result(status_of(t.easy), "%s %.*s", method_of(q),
				       (int)strcspn(url, hops ? "?" : ""), url);
		if (r->outcome != HTTP_ANSWERED)
			return err_wrap(e, "%s", here.host);
		curl_easy_getinfo(t.easy, CURLINFO_REDIRECT_URL, &next);
		if (!next || q->post || q->upload)
			break;
		r->outcome = HTTP_REFUSED;
		free(url);
		url = str_dup(next);
	}
	read_headers(t.easy, r);
	if (r->status < 400)
		tell_same(q);
	return 0;
}
