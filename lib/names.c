#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "own.h"

enum { CONTAINER_MAX = 63, TAG_MAX = 128, DIGEST_HEX = 64 };

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static const char *noun(const char *kind)
{
	return strcmp(kind, "ps") == 0 ? "container" : strcmp(kind, "vol") == 0 ? "volume" : "image";
}

static const char *article(const char *kind)
{
	return strcmp(kind, "img") == 0 ? "an" : "a";
}

static bool is_any_id(const char *name)
{
	return id_kind(name) != NULL;
}

static bool is_in(const char *set, char c)
{
	return c && strchr(set, c);
}

/* Whether s[0..n) is made of these characters only, one at least, the first one of `first`. */
static bool is_of(const char *s, size_t n, const char *first, const char *rest)
{
	if (n == 0 || !is_in(first, s[0]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_in(rest, s[i]))
			return false;
	return true;
}

int name_check_container(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (is_any_id(name))
		return err_set(e, "%s: not a name for a container: it has the form of an id", name);
	if (n > CONTAINER_MAX || !is_of(name, n, LOWER UPPER DIGIT, LOWER UPPER DIGIT "_.-"))
		return err_set(e, "%.80s: not a name for a container (letters, digits, \"_\", \".\", \"-\", at most %d, "
			       "a letter or digit first)", name, CONTAINER_MAX);
	return 0;
}

/* [a-z0-9]+([._-]+[a-z0-9]+)* */
static bool is_component(const char *s, size_t n)
{
	return is_of(s, n, LOWER DIGIT, LOWER DIGIT "._-") && is_in(LOWER DIGIT, s[n - 1]);
}

/* HOST[:PORT], told from a component by its "." or ":"; IPv6 addresses have no place in a name. */
static bool is_host(const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n);
	size_t host = colon ? (size_t)(colon - s) : n;

	if (colon && (n - host - 1 > 5 || !is_of(colon + 1, n - host - 1, DIGIT, DIGIT)))
		return false;
	return (colon || memchr(s, '.', n)) && is_of(s, host, LOWER UPPER DIGIT, LOWER UPPER DIGIT ".-");
}

static bool is_repository(const char *s, size_t n)
{
	const char *slash = memchr(s, '/', n);
	size_t first = slash ? (size_t)(slash - s) : n;
	size_t len;

	if (!slash)
		return is_component(s, n);
	if (!is_component(s, first) && !is_host(s, first))
		return false;
	for (s += first + 1, n -= first + 1;; s += len + 1, n -= len + 1) {
		slash = memchr(s, '/', n);
		len = slash ? (size_t)(slash - s) : n;
		if (!is_component(s, len))
			return false;
		if (!slash)
			return true;
	}
}

/* Where the repository ends: at "@", at the ":" of a tag, or at the end. */
static size_t repository_length(const char *name)
{
	size_t n = strcspn(name, "@");
	const char *last = memrchr(name, '/', n), *colon;

	if (!last)
		last = name;
	colon = memchr(last, ':', n - (size_t)(last - name));
	return colon ? (size_t)(colon - name) : n;
}

static char *image_name(const char *name, bool digest, struct err *e)
{
	size_t n = repository_length(name);
	own_str char *repository = str_dup_n(name, n);
	const char *rest = name + n;
	bool good = is_repository(name, n);

	if (good && is_any_id(repository)) {
		err_set(e, "%s: not a name for an image: it has the form of an id", name);
		return NULL;
	}
	if (*rest == '@')
		good = good && digest && str_starts(rest, "@sha256:") &&
		       is_of(rest + 8, DIGEST_HEX, DIGIT "abcdef", DIGIT "abcdef") && !rest[8 + DIGEST_HEX];
	else if (*rest == ':')
		good = good && strlen(rest + 1) <= TAG_MAX &&
		       is_of(rest + 1, strlen(rest + 1), LOWER UPPER DIGIT "_", LOWER UPPER DIGIT "_.-");
	if (good)
		return *rest ? str_dup(name) : str_fmt("%s:latest", name);
	err_set(e, "%.200s: not a name for an image ([HOST[:PORT]/]NAME[:TAG], lower case; the tag letters, digits, "
		"\"_\", \".\", \"-\")", name);
	return NULL;
}

char *name_check_image(const char *name, struct err *e)
{
	return image_name(name, false, e);
}

/* Where the link of a name is, beneath CT_ROOT; NULL with the error if it cannot be a name. */
static char *link_path(const char *kind, const char *name, struct err *e)
{
	own_str char *full = NULL;
	own_buf struct buf b = {0};
	size_t dir;

	if (strcmp(kind, "img") != 0)
		full = name_check_container(name, e) < 0 ? NULL : str_dup(name);
	else
		full = image_name(name, true, e);
	if (!full)
		return NULL;
	buf_fmt(&b, "names/%s/", kind);
	dir = b.len;
	for (const char *p = full; *p; p++)
		if (*p == '/')
			buf_str(&b, "%2F");
		else
			buf_add(&b, p, 1);
	if (b.len - dir > NAME_MAX) {
		err_set(e, "%.80s...: too long for a name", name);
		return NULL;
	}
	return take_ptr(&b.data);
}

/* The id that a link holds; false if it is none or its object is no more. */
static bool read_link(const struct store *s, int dir, const char *path, const char *kind, char id[ID_LEN])
{
	ssize_t n = readlinkat(dir, path, id, ID_LEN);

	if (n <= 0 || n >= ID_LEN)
		return false;
	id[n] = '\0';
	return id_is(id, kind) && faccessat(s->root, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int no_such(const char *kind, const char *ref, struct err *e)
{
	err_set(e, "%.255s: no such %s", ref, noun(kind));
	e->sys = ENOENT;
	return -1;
}

int name_resolve(const struct store *s, const char *kind, const char *ref, char id[ID_LEN], struct err *e)
{
	const char *other = id_kind(ref);
	own_str char *path = NULL;

	if (other && strcmp(other, kind) != 0)
		return err_set(e, "%s: is the id of %s %s, not of %s %s", ref, article(other), noun(other),
			       article(kind), noun(kind));
	if (s->root < 0)
		return no_such(kind, ref, e);
	if (id_is(ref, kind)) {
		if (faccessat(s->root, ref, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? no_such(kind, ref, e) : err_sys(e, "%s", ref);
		memcpy(id, ref, strlen(ref) + 1);
		return 0;
	}
	path = link_path(kind, ref, e);
	if (path && read_link(s, s->root, path, kind, id))
		return 0;
	no_such(kind, ref, e);
	if (!path)
		e->sys = 0;	/* it could not even be one */
	return -1;
}

/* What link_path made of a name, undone. */
static char *unescape(const char *entry)
{
	char *name = str_dup(entry), *to = name;

	for (const char *p = name; *p; p++)
		if (str_starts(p, "%2F")) {
			*to++ = '/';
			p += 2;
		} else {
			*to++ = *p;
		}
	*to = '\0';
	return name;
}

static int list(const struct store *s, const char *kind, const char *only, struct strv *names, struct strv *ids,
		struct err *e)
{
	own_str char *path = str_fmt("names/%s", kind);
	own_dir DIR *d = NULL;
	struct dirent *entry;
	char id[ID_LEN];
	int fd;

	if (s->root < 0)
		return 0;
	fd = openat(s->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return err_sys(e, "%s/%s", s->root_path, path);
	while ((errno = 0, entry = readdir(d))) {
		if (entry->d_name[0] == '.' || !read_link(s, fd, entry->d_name, kind, id) ||
		    (only && strcmp(id, only) != 0))
			continue;
		strv_take(names, unescape(entry->d_name));
		if (ids)
			strv_add(ids, id);
	}
	return errno ? err_sys(e, "%s/%s", s->root_path, path) : 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int name_list(const struct store *s, const char *kind, const char *id, struct strv *names, struct err *e)
{
	size_t before = names->n;

	if (list(s, kind, id, names, NULL, e) < 0)
		return -1;
	if (names->n > before)
		qsort(names->v + before, names->n - before, sizeof(*names->v), compare);
	return 0;
}

void name_pick(const struct strv *names, const struct strv *ids, const char *id, struct strv *out)
{
	for (size_t i = 0; i < ids->n; i++)
		if (strcmp(ids->v[i], id) == 0)
			strv_add(out, names->v[i]);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), compare);
}

int name_list_all(const struct store *s, const char *kind, struct strv *names, struct strv *ids, struct err *e)
{
	return list(s, kind, NULL, names, ids, e);
}

int name_take(const struct store *s, const char *kind, const char *name, const char *id, struct err *e)
{
	own_str char *path = link_path(kind, name, e);
	char holder[ID_LEN];

	if (!path)
		return -1;
	if (symlinkat(id, s->root, path) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, "name %s", name);
	if (strcmp(kind, "img") != 0 && read_link(s, s->root, path, kind, holder) && strcmp(holder, id) != 0) {
		err_set(e, "%s: the name is taken by %s", name, holder);
		e->sys = EEXIST;
		return -1;
	}
	/* Moved by a rename: whoever reads it meanwhile sees one or the other. */
	if (unlinkat(s->root, "names/.new", 0) < 0 && errno != ENOENT)
		return err_sys(e, "name %s", name);
	if (symlinkat(id, s->root, "names/.new") < 0 || renameat(s->root, "names/.new", s->root, path) < 0)
		return err_sys(e, "name %s", name);
	return 0;
}

int name_drop(const struct store *s, const char *kind, const char *name, const char *id, struct err *e)
{
	own_str char *path = link_path(kind, name, e);
	char holder[ID_LEN];
	ssize_t n;

	if (!path)
		return -1;
	n = readlinkat(s->root, path, holder, sizeof(holder) - 1);
	if (n < 0)
		return errno == ENOENT ? 0 : err_sys(e, "name %s", name);
	holder[n] = '\0';
	if (id && strcmp(holder, id) != 0)
		return 0;
	if (unlinkat(s->root, path, 0) < 0 && errno != ENOENT)
		return err_sys(e, "name %s", name);
	return 0;
}
