#include "image/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

void url_free(struct url *u)
{
	free(u->scheme);
	free(u->host);
	*u = (struct url){0};
}

static void own_parsed_free(CURLU **u)
{
	curl_url_cleanup(*u);
}

static char *part(CURLU *u, CURLUPart which, unsigned flags)
{
	char *s = NULL, *copy;

	curl_url_get(u, which, &s, flags);
	copy = str_dup(s);
	curl_free(s);
	return copy;
}

int url_read(const char *text, struct url *u, struct err *e)
{
	CURLU *parsed __attribute__((cleanup(own_parsed_free))) = curl_url();
	own_str char *host = NULL, *port = NULL, *user = NULL, *password = NULL;

	if (!parsed ||
	    curl_url_set(parsed, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		return err_set(e, "%.200s: not a URL", text);
	u->scheme = part(parsed, CURLUPART_SCHEME, 0);
	host = part(parsed, CURLUPART_HOST, 0);
	port = part(parsed, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
	user = part(parsed, CURLUPART_USER, 0);
	password = part(parsed, CURLUPART_PASSWORD, 0);
	if (!u->scheme || (strcmp(u->scheme, "https") != 0 && strcmp(u->scheme, "http") != 0))
		return err_set(e, "%.200s: only https is followed", text);
	if (!host || !*host || user || password)
		return err_set(e, "%.200s: not a URL of a host alone", text);
	u->host = str_fmt("%s%s%s", host, port ? ":" : "", port ? port : "");
	return 0;
}

bool url_same(const struct url *a, const struct url *b)
{
	return strcmp(a->scheme, b->scheme) == 0 && strcasecmp(a->host, b->host) == 0;
}

bool url_is_loopback(const char *host)
{
	bool brackets = host[0] == '[';
	own_str char *name =
		str_dup_n(host + brackets, strcspn(host + brackets, brackets ? "]" : ":"));
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, name, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcasecmp(name, "localhost") == 0 ||
		(inet_pton(AF_INET6, name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6));
}

char *url_resolve(const char *base, const char *reference, struct err *e)
{
	CURLU *parsed __attribute__((cleanup(own_parsed_free))) = curl_url();

	if (parsed && curl_url_set(parsed, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(parsed, CURLUPART_URL, reference, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
		return part(parsed, CURLUPART_URL, 0);
	err_set(e, "%.200s: not a URL", reference);
	return NULL;
}

char *url_escape(const char *s)
{
	char *escaped = curl_easy_escape(NULL, s, 0);
	char *copy = str_dup(escaped ? escaped : "");

	curl_free(escaped);
	return copy;
}
