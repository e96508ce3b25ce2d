#include "image/wwwauth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/own.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define TOKEN   LETTERS "!#$%&'*+-.^_`|~"
#define TOKEN68 LETTERS "-._~+/"
#define BLANK   " \t"

void wwwauth_free(struct wwwauth *c)
{
	free(c->realm);
	free(c->service);
	*c = (struct wwwauth){0};
}

/* Reads a token or a quoted string at *p and moves *p behind it; NULL if there is none. */
static char *read_value(const char **p)
{
	own_buf struct buf value = {0};
	const char *s = *p;
	size_t n = strspn(s, TOKEN);

	if (n) {
		*p = s + n;
		return str_dup_n(s, n);
	}
	if (*s != '"')
		return NULL;
	buf_str(&value, "");
	for (s++; *s != '"'; s++) {
		if (*s == '\\')
			s++;
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return NULL; /* a control character, or the end of the text */
		buf_add(&value, s, 1);
	}
	*p = s + 1;
	return take_ptr(&value.data);
}

/* Takes NAME=VALUE into the challenge c; unknown parameters are ignored. */
static int read_parameter(const char *name, size_t n, const char **p, struct wwwauth *c)
{
	own_str char *value = read_value(p);
	char **field = NULL;

	if (!value)
		return -1;
	if (n == strlen("realm") && strncasecmp(name, "realm", n) == 0)
		field = &c->realm;
	else if (n == strlen("service") && strncasecmp(name, "service", n) == 0)
		field = &c->service;
	if (!field)
		return 0;
	if (*field)
		return -1;
	*field = take_ptr(&value);
	return 0;
}

/* The end of a token68 (of a scheme without parameters) at s; NULL if there is none. */
static const char *skip_token68(const char *s)
{
	size_t n = strspn(s, TOKEN68);

	if (!n)
		return NULL;
	s += n;
	s += strspn(s, "=");
	s += strspn(s, BLANK);
	return *s == '\0' || *s == ',' ? s : NULL;
}

static void begin(struct wwwauth *c, const char *scheme, size_t n)
{
	wwwauth_free(c);
	if (n == strlen("bearer") && strncasecmp(scheme, "bearer", n) == 0)
		c->kind = WWWAUTH_BEARER;
	else if (n == strlen("basic") && strncasecmp(scheme, "basic", n) == 0)
		c->kind = WWWAUTH_BASIC;
}

static void keep_better(struct wwwauth *best, struct wwwauth *c)
{
	if (c->kind <= best->kind)
		return;
	wwwauth_free(best);
	*best = *c;
	*c = (struct wwwauth){0};
}

/*
 * A header is a list of challenges, each with a list of parameters. Commas separate both: a word
 * followed by "=" is a parameter of the challenge before it.
 */
static int read_header(const char *s, struct wwwauth *best)
{
	own_wwwauth struct wwwauth now = {0};
	const char *end;
	bool any = false;
	size_t n;

	for (s += strspn(s, BLANK ","); *s; s += strspn(s, BLANK ",")) {
		n = strspn(s, TOKEN);
		if (!n)
			return -1;
		end = s + n + strspn(s + n, BLANK);
		if (*end == '=' && any) {
			end++;
			end += strspn(end, BLANK);
			if (read_parameter(s, n, &end, &now) < 0)
				return -1;
			s = end + strspn(end, BLANK);
			if (*s && *s != ',')
				return -1;
			continue;
		}
		if (*end == '=' || (*end && *end != ',' && end == s + n))
			return -1;
		keep_better(best, &now);
		begin(&now, s, n);
		any = true;
		s = end;
		end = skip_token68(s);
		if (end)
			s = end;
	}
	keep_better(best, &now);
	return 0;
}

int wwwauth_read(const struct strv *headers, struct wwwauth *c, struct err *e)
{
	*c = (struct wwwauth){0};
	for (size_t i = 0; i < headers->n; i++)
		if (read_header(headers->v[i], c) < 0)
			return err_set(e, "its WWW-Authenticate cannot be read: %.200s",
				       headers->v[i]);
	if (c->kind == WWWAUTH_BEARER && (!c->realm || !*c->realm))
		return err_set(e, "its WWW-Authenticate names no realm to get a token from");
	return 0;
}
