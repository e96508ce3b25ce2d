#include "store/names.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "store/ref.h"

enum { CONTAINER_MAX = 63 };

#define CONTAINER_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

static const char *noun(const char *kind)
{
	return strcmp(kind, "ps") == 0     ? "container"
		: strcmp(kind, "vol") == 0 ? "volume"
					   : "image";
}

static const char *article(const char *kind)
{
	return strcmp(kind, "img") == 0 ? "an" : "a";
}

int name_check_container(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (id_kind(name))
		return err_set(e, "%s: not a name for a container: it has the form of an id", name);
	if (n == 0 || n > CONTAINER_MAX || strchr("_.-", name[0]) ||
	    name[strspn(name, CONTAINER_CHARS)])
		return err_set(
			e,
			"%.80s: not a name for a container (letters, digits, \"_\", \".\", \"-\", at most %d, "
			"a letter or digit first)",
			name, CONTAINER_MAX);
	return 0;
}

/* Converts a reference to the store's form; NULL with the error. */
static char *image_name(const char *name, struct err *e)
{
	own_ref struct ref r = {0};
	own_str char *full = NULL, *bare = NULL;

	if (ref_parse(name, &r, e) < 0)
		return NULL;
	full = ref_name(&r);
	bare = str_dup_n(full, strcspn(full, ":@"));
	if (id_kind(bare)) {
		err_set(e, "%.200s: not a name for an image: it has the form of an id", name);
		return NULL;
	}
	return take_ptr(&full);
}

/* The path of a name's link beneath CT_ROOT; NULL with the error if the name is invalid. */
static char *link_path(const char *kind, const char *name, struct err *e)
{
	own_str char *full = NULL;
	own_buf struct buf b = {0};
	size_t dir;

	if (strcmp(kind, "img") != 0)
		full = name_check_container(name, e) < 0 ? NULL : str_dup(name);
	else
		full = image_name(name, e);
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

char *name_check_image(const char *name, struct err *e)
{
	own_str char *full = image_name(name, e), *path = full ? link_path("img", full, e) : NULL;

	if (path && strchr(full, '@'))
		err_set(e, "%.200s: not a name for an image: a digest cannot be given to it", name);
	else if (path)
		return take_ptr(&full);
	return NULL;
}

/* Reads the id of a link; false if it is not an id or its object is missing. */
static bool read_link(const struct store *s, int dir, const char *path, const char *kind,
		      char id[ID_LEN])
{
	ssize_t n = readlinkat(dir, path, id, ID_LEN);

	if (n <= 0 || n >= ID_LEN)
		return false;
	id[n] = '\0';
	return id_is(id, kind) && faccessat(s->root, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int no_such(const char *kind, const char *ref, struct err *e)
{
	return err_code(e, ENOENT, "%.255s: no such %s", ref, noun(kind));
}

int name_holder(const struct store *s, const char *kind, const char *name, char id[ID_LEN])
{
	struct err ignored;
	own_str char *path = s->root < 0 ? NULL : link_path(kind, name, &ignored);

	return path && read_link(s, s->root, path, kind, id) ? 0 : -1;
}

char *name_meant(const struct store *s, const char *ref)
{
	own_ref struct ref r = {0};
	own_str char *name = NULL, *local = NULL;
	char id[ID_LEN];
	struct err ignored;

	if (ref_parse(ref, &r, &ignored) < 0)
		return NULL;
	name = ref_name(&r);
	local = ref_name_localhost(&r);
	if (name_holder(s, "img", name, id) == 0)
		return take_ptr(&name);
	return local && name_holder(s, "img", local, id) == 0 ? take_ptr(&local) : NULL;
}

int name_resolve(const struct store *s, const char *kind, const char *ref, char id[ID_LEN],
		 struct err *e)
{
	const char *other = id_kind(ref);
	own_str char *path = NULL, *meant = NULL;

	if (other && strcmp(other, kind) != 0)
		return err_set(e, "%s: is the id of %s %s, not of %s %s", ref, article(other),
			       noun(other), article(kind), noun(kind));
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
	meant = path && strcmp(kind, "img") == 0 ? name_meant(s, ref) : NULL;
	if (meant && name_holder(s, kind, meant, id) == 0)
		return 0;
	no_such(kind, ref, e);
	if (!path)
		e->sys = 0; /* the name is invalid, so no object can have it */
	return -1;
}

/* Reverses the encoding of link_path. */
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

static int list(const struct store *s, const char *kind, const char *only, struct strv *names,
		struct strv *ids, struct err *e)
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

int name_list(const struct store *s, const char *kind, const char *id, struct strv *names,
	      struct err *e)
{
	size_t before = names->n;

	if (list(s, kind, id, names, NULL, e) < 0)
		return -1;
	strv_sort(names, before);
	return 0;
}

void name_pick(const struct strv *names, const struct strv *ids, const char *id, struct strv *out)
{
	for (size_t i = 0; i < ids->n; i++)
		if (strcmp(ids->v[i], id) == 0 && !strchr(names->v[i], '@'))
			strv_add(out, names->v[i]);
	strv_sort(out, 0);
}

int name_list_all(const struct store *s, const char *kind, struct strv *names, struct strv *ids,
		  struct err *e)
{
	return list(s, kind, NULL, names, ids, e);
}

/*
 * The link while it is being replaced. Under the store's lock, an existing one was left
 * by a killed process.
 */
static const char half[] = "names/.new";

int name_take(const struct store *s, const char *kind, const char *name, const char *id,
	      struct err *e)
{
	own_str char *path = link_path(kind, name, e);
	char holder[ID_LEN];

	if (!path)
		return -1;
	if (symlinkat(id, s->root, path) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, "name %s", name);
	if (strcmp(kind, "img") != 0 && read_link(s, s->root, path, kind, holder) &&
	    strcmp(holder, id) != 0)
		return err_code(e, EEXIST, "%s: the name is taken by %s", name, holder);
	/* Replaced by rename: readers see the old or the new link. */
	if (unlinkat(s->root, half, 0) < 0 && errno != ENOENT)
		return err_sys(e, "name %s", name);
	if (symlinkat(id, s->root, half) < 0 || renameat(s->root, half, s->root, path) < 0)
		return err_sys(e, "name %s", name);
	return 0;
}

int name_drop(const struct store *s, const char *kind, const char *name, const char *id,
	      struct err *e)
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

void name_give_back(const struct store *s, const char *kind, const char *name, const char *id,
		    const char *before)
{
	char holder[ID_LEN];
	struct err ignored;

	if (name_holder(s, kind, name, holder) < 0 || strcmp(holder, id) != 0)
		return;
	if (*before)
		name_take(s, kind, name, before, &ignored);
	else
		name_drop(s, kind, name, id, &ignored);
}

static void note_moved(struct strv *moved, const char *name, const char *holder, const char *id)
{
	if (moved && *holder && !strchr(name, '@') && strcmp(holder, id) != 0)
		strv_take(moved, str_fmt("%s: the name moves from %s to %s", name, holder, id));
}

/* before: gets the previous holder of each name ("": none), so that the names can be given back. */
static int take_each(const struct store *s, const struct strv *names, const char *id,
		     struct strv *before, struct strv *moved, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		char holder[ID_LEN];

		if (name_holder(s, "img", names->v[i], holder) < 0)
			*holder = '\0';
		note_moved(moved, names->v[i], holder, id);
		if (name_take(s, "img", names->v[i], id, e) < 0)
			return -1;
		strv_add(before, holder);
	}
	return 0;
}

int name_take_all(const struct store *s, const struct strv *names, const char *id,
		  struct strv *moved, struct err *e)
{
	own_fd int dir = openat(s->root, "names/img", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_strv struct strv before = {0};

	if (dir < 0)
		return err_sys(e, "names/img");
	if (take_each(s, names, id, &before, moved, e) == 0) {
		if (fsync(dir) == 0)
			return 0;
		err_sys(e, "write names/img");
	}
	for (size_t i = before.n; i > 0; i--)
		name_give_back(s, "img", names->v[i - 1], id, before.v[i - 1]);
	return -1;
}

void name_sweep(const struct store *s, const char *kind)
{
	own_str char *path = str_fmt("names/%s", kind);
	int fd = openat(s->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d))) {
		char id[ID_LEN] = "";

		if (readlinkat(fd, entry->d_name, id, ID_LEN - 1) > 0 && id_is(id, kind) &&
		    fstatat(s->root, id, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
			unlinkat(fd, entry->d_name, 0);
	}
	unlinkat(s->root, half, 0);
}

/*
 * Counts the objects that ref may mean: 0, or 1 with its id; several are an error. With own, only
 * objects that have exactly this name count.
 */
static int find_among(const struct store *s, const char *ref, bool own, char id[ID_LEN],
		      struct err *e)
{
	char other[ID_LEN];
	int found = 0;

	for (const char *const *kind = ids_kinds; *kind; kind++) {
		if (id_kind(ref) ? !id_is(ref, *kind)
				 : own && name_holder(s, *kind, ref, other) < 0)
			continue;
		if (name_resolve(s, *kind, ref, found ? other : id, e) == 0)
			found++;
		else if (e->sys && e->sys != ENOENT)
			return -1;
	}
	return found > 1 ? err_set(e, "ambiguous: the name of %s and of %s (use the id)", id, other)
			 : found;
}

int name_find(const struct store *s, const char *ref, char id[ID_LEN], struct err *e)
{
	int found = find_among(s, ref, true, id, e);

	return found ? found : find_among(s, ref, false, id, e);
}
