#include "image/registry.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/err.h"
#include "base/jq.h"
#include "base/own.h"
#include "base/record.h"
#include "image/http.h"
#include "image/secret.h"
#include "image/url.h"
#include "image/wwwauth.h"

enum {
	TRIES = 5,
	WAIT_MOST = 60, /* seconds; a longer Retry-After ends the request */
};

struct registry_patience registry_patience(void)
{
	return (struct registry_patience){TRIES, http_patience() * 1000 / 60};
}

int registry_open(struct registry *r, const struct ref *ref, const char *creds, struct err *e)
{
	const char *host = strcmp(ref->host, "docker.io") == 0 ? "registry-1.docker.io" : ref->host;

	*r = (struct registry){.ref = ref, .actions = "pull"};
	if (creds && (creds[0] == ':' || !strchr(creds, ':')))
		return err_set(e, "credentials: not USER:PASSWORD");
	r->base = str_fmt("https://%s/v2", host);
	r->auth.creds = str_dup(creds);
	r->sought = creds != NULL;
	return 0;
}

void registry_close(struct registry *r)
{
	free(r->base);
	auth_free(&r->auth);
	free(r->token);
	strv_free(&r->sources);
	buf_free(&r->token_json);
}

void registry_hide(const struct registry *r, struct err *e)
{
	const char *password = r->auth.creds ? strchr(r->auth.creds, ':') : NULL;
	own_strv struct strv forms = {0};

	secret_add(&forms, r->auth.creds);
	secret_add(&forms, password ? password + 1 : NULL);
	secret_add(&forms, r->auth.identity);
	secret_add(&forms, r->token);
	secret_hide(&forms, e->msg);
}

int registry_name(const struct registry *r, struct err *e)
{
	own_str char *name = ref_name(r->ref);

	registry_hide(r, e);
	return err_wrap(e, "%s", name);
}

/* Appends text to the error's message. */
int registry_add(struct err *e, const char *fmt, ...)
{
	size_t n = strlen(e->msg);
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->msg + n, sizeof(e->msg) - n, fmt, args);
	va_end(args);
	return -1;
}

/* --- one request --- */

int registry_take_small(void *whole, const void *data, size_t n, struct err *e)
{
	(void)e; /* http.c limits the size */
	buf_add(whole, data, n);
	return 0;
}

/* A server that has never answered is more likely absent than busy. */
static bool is_worth_a_try(const struct registry *r, const struct http_reply *reply)
{
	switch (reply->outcome) {
	case HTTP_BROKEN:
		return true;
	case HTTP_AWAY:
	case HTTP_NO_TLS:
		return r->met;
	case HTTP_ANSWERED:
		return reply->status == 429 || reply->status >= 500;
	default:
		return false;
	}
}

/*
 * Waits before the next try; returns false if there is no next try. The wait depends on the clock,
 * so that several clients that failed together do not try again together.
 */
bool registry_wait(const struct registry *r, struct registry_patience *p, unsigned asked,
		   const char *why)
{
	struct timespec t;
	unsigned ms;

	if (--p->tries <= 0 || asked > WAIT_MOST)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &t);
	ms = asked ? asked * 1000 : p->ms + (unsigned)t.tv_nsec % (p->ms / 2 + 1);
	p->ms *= 2;
	if (r->retry) {
		own_str char *line =
			str_fmt("%s; trying again in %u.%u s", why, ms / 1000, ms / 100 % 10);

		r->retry(line);
	}
	t = (struct timespec){ms / 1000, ms % 1000 * 1000000L};
	nanosleep(&t, NULL);
	return true;
}

/*
 * whole: the buffer of a document, which each try fills from the beginning. NULL: a blob, which
 * each try resumes.
 */
static int request(const struct registry *r, struct http_request *q, struct buf *whole,
		   struct registry_patience *p, struct http_reply *reply, struct err *e)
{
	int failed;

	do {
		http_reply_free(reply);
		if (whole)
			buf_free(whole);
		failed = http_do(q, reply, e);
		if (!whole)
			q->from += reply->got;
		if (!failed)
			err_set(e, "%s: answers %ld", r->ref->host, reply->status);
	} while (is_worth_a_try(r, reply) && registry_wait(r, p, reply->retry_after, e->msg));
	return failed;
}

/* The same for a path of the registry. The first request finds out whether the registry speaks TLS.
 */
static int request_path(struct registry *r, const char *path, struct http_request *q,
			struct buf *whole, struct registry_patience *p, struct http_reply *reply,
			struct err *e)
{
	own_str char *url = str_fmt("%s/%s", r->base, path);

	q->url = url;
	q->bearer = r->token;
	q->user = r->basic ? r->auth.creds : NULL;
	if (request(r, q, whole, p, reply, e) == 0) {
		r->met = true;
		return 0;
	}
	if (reply->outcome != HTTP_NO_TLS || r->met || !str_starts(r->base, "https:"))
		return -1;
	if (!http_plain_allowed(r->ref->host))
		return registry_add(e, " (plain http with --tls-verify=false only)");
	free(r->base);
	r->base = str_fmt("http://%s/v2", r->ref->host);
	return request_path(r, path, q, whole, p, reply, e);
}

/* --- authorisation --- */

/* To an unknown client, a registry gives the same answer for a missing and for a private
 * repository. */
static int add_credentials(const struct registry *r, struct err *e)
{
	if (r->auth.creds || r->auth.identity)
		return registry_add(e, " (with the credentials for %.100s)", r->ref->host);
	return registry_add(
		e,
		" (no such image, or one that takes credentials: none for %.100s are known%s%.100s%s)",
		r->ref->host, r->auth.helper ? "; the helper " : "",
		r->auth.helper ? r->auth.helper : "", r->auth.helper ? " is not run" : "");
}

/* Sets the error for an unexpected status, with the server's own message if it sent one. */
int registry_refused(const struct registry *r, const struct http_reply *reply, const char *who,
		     struct err *e)
{
	own_record struct record said = {0};
	const char *message = NULL;
	struct err ignored;

	if (reply->moved)
		who = "the host that it redirects to";
	if (reply->said.len &&
	    jq_read("refusal", NULL, reply->said.data, reply->said.len, who, &said, &ignored) == 0)
		message = record_get(&said, "message");
	if (message && *message)
		err_set(e, "%s says: %.200s", who, message);
	else
		err_set(e, "%s answers %ld", who, reply->status);
	if (reply->retry_after > WAIT_MOST)
		registry_add(e, " (for %u s)", reply->retry_after);
	return (reply->status == 401 || reply->status == 403) && !reply->moved
		? add_credentials(r, e)
		: -1;
}

/* Whether the token can stand in a header. */
static bool is_token(const char *s)
{
	for (const char *p = s; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	return *s != '\0';
}

static void add_scope(struct buf *query, const char *repository, const char *actions)
{
	own_str char *scope = str_fmt("repository:%s:%s", repository, actions);
	own_str char *safe = url_escape(scope);

	buf_fmt(query, "%sscope=%s", query->len ? "&" : "", safe);
}

static char *token_query(const struct registry *r, const struct wwwauth *c)
{
	own_str char *service = c->service ? url_escape(c->service) : NULL;
	own_buf struct buf query = {0};

	if (service)
		buf_fmt(&query, "service=%s", service);
	add_scope(&query, r->ref->repository, r->actions);
	for (size_t i = 0; i < r->sources.n; i++)
		add_scope(&query, r->sources.v[i], "pull");
	return take_ptr(&query.data);
}

static int token_ask(struct registry *r, const struct wwwauth *c, struct registry_patience *p,
		     struct http_reply *reply, struct err *e)
{
	own_str char *query = token_query(r, c), *url = NULL, *form = NULL, *identity = NULL;
	struct http_request q = {.max = REGISTRY_SMALL,
				 .take = registry_take_small,
				 .arg = &r->token_json,
				 .token = true};

	if (r->auth.identity && !r->auth.creds) {
		identity = url_escape(r->auth.identity);
		form = str_fmt("grant_type=refresh_token&client_id=ct&%s&refresh_token=%s", query,
			       identity);
		q.url = c->realm;
		q.post = form;
	} else {
		url = str_fmt("%s%c%s", c->realm, strchr(c->realm, '?') ? '&' : '?', query);
		q.url = url;
		q.user = r->auth.creds;
	}
	return request(r, &q, &r->token_json, p, reply, e);
}

static int token_get(struct registry *r, const struct wwwauth *c, struct registry_patience *p,
		     struct err *e)
{
	own_reply struct http_reply reply = {0};
	own_record struct record answer = {0};
	const char *token;

	/* A remote registry must not make this client send requests to its own loopback. */
	if (strncasecmp(c->realm, "https://", 8) != 0 && !http_plain_allowed(r->ref->host))
		return err_set(e, "its token server does not use https: %.200s", c->realm);
	if (token_ask(r, c, p, &reply, e) < 0)
		return err_wrap(e, "token");
	if (reply.status != 200)
		return registry_refused(r, &reply, "the token server", e);
	if (jq_read("token", NULL, r->token_json.data, r->token_json.len,
		    "the token server's answer", &answer, e) < 0)
		return -1;
	token = record_get(&answer, "token");
	if (!token || !is_token(token))
		return err_set(e, "the token server's answer: no token");
	free(r->token);
	r->token = str_dup(token);
	return 0;
}

/* Answers the challenge of a 401. */
static int answer(struct registry *r, const struct http_reply *reply, struct registry_patience *p,
		  struct err *e)
{
	own_wwwauth struct wwwauth c = {0};

	if (wwwauth_read(&reply->challenges, &c, e) < 0)
		return -1;
	if (!r->sought && auth_find(r->ref->host, r->ref->repository, &r->auth, e) < 0)
		return -1;
	r->sought = true;
	if (c.kind == WWWAUTH_BEARER)
		return token_get(r, &c, p, e);
	if (c.kind == WWWAUTH_NONE || !r->auth.creds || r->basic)
		return registry_refused(r, reply, "the registry", e);
	r->basic = true;
	return 0;
}

/* Makes a request and answers one challenge, because a token may have expired. */
int registry_ask(struct registry *r, const char *path, struct http_request *q, struct buf *whole,
		 struct registry_patience *p, struct http_reply *reply, struct err *e)
{
	if (request_path(r, path, q, whole, p, reply, e) < 0)
		return -1;
	if (reply->status != 401 || reply->moved)
		return 0;
	if (answer(r, reply, p, e) < 0)
		return -1;
	return request_path(r, path, q, whole, p, reply, e);
}

int registry_login(struct registry *r, struct err *e)
{
	own_reply struct http_reply reply = {0};
	own_buf struct buf whole = {0};
	struct http_request q = {.max = REGISTRY_SMALL, .take = registry_take_small, .arg = &whole};
	struct registry_patience p = registry_patience();
	int failed = request_path(r, "", &q, &whole, &p, &reply, e);

	if (!failed && reply.status == 401 && !reply.moved)
		failed = answer(r, &reply, &p, e);
	else if (!failed && reply.status != 200)
		failed = registry_refused(r, &reply, "the registry", e);
	return failed ? registry_name(r, e) : 0;
}
