#include "store/ref.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"

enum { TAG_MAX = 128, NAME_LEN_MAX = 255 };

#define LOWER_DIGIT  "abcdefghijklmnopqrstuvwxyz0123456789"
#define LETTER_DIGIT LOWER_DIGIT "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char hub[] = "docker.io";
static const char library[] = "library/";

void ref_free(struct ref *r)
{
	free(r->host);
	free(r->repository);
	free(r->tag);
	free(r->digest);
	*r = (struct ref){0};
}

static const char *check_port(const char *port)
{
	struct err ignored;
	uint64_t n;

	return num_uint(port, 1, 65535, &n, &ignored) < 0 ? "a bad port" : NULL;
}

/* "[ADDRESS]" or "[ADDRESS]:PORT". */
static const char *check_bracketed(const char *host)
{
	size_t n = strcspn(host + 1, "]");
	own_str char *address = str_dup_n(host + 1, n);
	const char *rest = host + 1 + n;
	struct in6_addr in6;

	if (*rest != ']' || inet_pton(AF_INET6, address, &in6) != 1 || (rest[1] && rest[1] != ':'))
		return "a bad IPv6 address";
	return rest[1] ? check_port(rest + 2) : NULL;
}

/* Checks labels of letters, digits and inner "-", joined by ".", with a port after ":". */
static const char *check_host(const char *host)
{
	const char *label = host, *colon = strchr(host, ':');
	size_t n;

	if (*host == '[')
		return check_bracketed(host);
	for (;; label += n + 1) {
		n = strspn(label, LETTER_DIGIT "-");
		if (n == 0 || label[0] == '-' || label[n - 1] == '-' || !strchr(".:", label[n]))
			return "a bad host";
		if (label[n] != '.')
			return colon ? check_port(colon + 1) : NULL;
	}
}

/* [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)* */
static const char *check_component(const char *s)
{
	size_t n;

	if (!*s)
		return "an empty component";
	if (s[strspn(s, LETTER_DIGIT "._-")])
		return "a character that has no place in it";
	if (s[strcspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
		return "upper case in the path";
	for (;; s += n) {
		n = strspn(s, LOWER_DIGIT);
		if (n == 0)
			return "a component that does not begin and end with a letter or digit";
		s += n;
		if (!*s)
			return NULL;
		n = strspn(s, "._-");
		if (n > 1 && strspn(s, "-") != n && !(n == 2 && s[0] == '_' && s[1] == '_'))
			return "\".\" and \"_\" in a row";
	}
}

static const char *check_path(const char *path)
{
	own_strv struct strv parts = {0};
	const char *why = NULL;

	strv_split(&parts, path, '/');
	for (size_t i = 0; i < parts.n && !why; i++)
		why = check_component(parts.v[i]);
	return why;
}

static const char *check_tag(const char *tag)
{
	if (!*tag)
		return "an empty tag";
	if (strlen(tag) > TAG_MAX)
		return "a tag of more than 128 characters";
	if (tag[0] == '.' || tag[0] == '-' || tag[strspn(tag, LETTER_DIGIT "_.-")])
		return "a bad tag (letters, digits, \"_\", \".\", \"-\", not first \".\" or \"-\")";
	return NULL;
}

/* Whether the first component of a name, its first n bytes, is a host. */
static bool is_host(const char *name, size_t n)
{
	return name[n] == '/' &&
		(memchr(name, '.', n) || memchr(name, ':', n) || name[0] == '[' ||
		 (n == strlen("localhost") && str_starts(name, "localhost")));
}

/* Splits a valid name. docker.io has other names, and library/ may be omitted there. */
static void split(const char *name, struct ref *r)
{
	size_t first = strcspn(name, "/");
	bool host = is_host(name, first);
	const char *path = host ? name + first + 1 : name;

	r->bare = !host;
	r->host = host ? str_dup_n(name, first) : str_dup(hub);
	if (str_equal(r->host, "index.docker.io") || str_equal(r->host, "registry-1.docker.io")) {
		free(r->host);
		r->host = str_dup(hub);
	}
	r->repository =
		str_fmt("%s%s", str_equal(r->host, hub) && !strchr(path, '/') ? library : "", path);
}

static const char *check_name(const char *name)
{
	size_t first = strcspn(name, "/");
	own_str char *host = is_host(name, first) ? str_dup_n(name, first) : NULL;
	const char *why = host ? check_host(host) : NULL;

	if (!*name)
		return "it is empty";
	if (strlen(name) > NAME_LEN_MAX)
		return "too long for a name (more than 255 characters)";
	return why ? why : check_path(host ? name + first + 1 : name);
}

static const char *parse(const char *text, struct ref *r)
{
	const char *at = strchr(text, '@'), *why;
	own_str char *name = str_dup_n(text, at ? (size_t)(at - text) : strlen(text));
	char *slash = strrchr(name, '/'), *colon = strchr(slash ? slash : name, ':');

	if (strstr(text, "://"))
		return "a URL (HOST/PATH:TAG alone is meant)";
	if (at && !digest_is(at + 1))
		return "a bad digest (sha256: and 64 of 0-9a-f)";
	if (colon) {
		r->tag = str_dup(colon + 1);
		*colon = '\0';
		why = check_tag(r->tag);
		if (why)
			return why;
	}
	why = check_name(name);
	if (why)
		return why;
	split(name, r);
	if (at)
		r->digest = str_dup(at + 1);
	else if (!r->tag)
		r->tag = str_dup("latest");
	return NULL;
}

int ref_parse(const char *text, struct ref *r, struct err *e)
{
	const char *why;

	*r = (struct ref){0};
	why = parse(text, r);
	if (!why)
		return 0;
	ref_free(r);
	return err_set(e, "%.200s: not a name for an image: %s", text, why);
}

/* The repository without the host and "library/" where they are implied. */
static char *short_repository(const struct ref *r)
{
	const char *path = r->repository;

	if (!str_equal(r->host, hub))
		return str_fmt("%s/%s", r->host, path);
	if (str_starts(path, library) && !strchr(path + strlen(library), '/'))
		path += strlen(library);
	return is_host(path, strcspn(path, "/")) ? str_fmt("%s/%s", hub, path) : str_dup(path);
}

static char *with_tag(const struct ref *r, const char *repository)
{
	return r->digest ? str_fmt("%s@%s", repository, r->digest)
			 : str_fmt("%s:%s", repository, r->tag);
}

char *ref_name(const struct ref *r)
{
	own_str char *repository = short_repository(r);

	return with_tag(r, repository);
}

char *ref_name_localhost(const struct ref *r)
{
	own_str char *path = r->bare ? short_repository(r) : NULL;
	own_str char *repository = path ? str_fmt("localhost/%s", path) : NULL;

	return repository ? with_tag(r, repository) : NULL;
}

char *ref_name_digest(const struct ref *r, const char *digest)
{
	own_str char *repository = short_repository(r);

	return str_fmt("%s@%s", repository, digest);
}
