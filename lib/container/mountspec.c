#include "container/mountspec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "kernel/mount.h"
#include "store/names.h"

void mountspec_free(struct mountspec *v)
{
	free(v->source);
	free(v->name);
	free(v->target);
	free(v->options);
	*v = (struct mountspec){0};
}

char *mountspec_target(const char *path)
{
	own_strv struct strv parts = {0};
	own_buf struct buf clean = {0};
	const char *first = NULL;
	int n = 0;

	strv_split(&parts, path, '/');
	for (size_t i = 0; i < parts.n; i++) {
		if (strcmp(parts.v[i], "..") == 0)
			return NULL;
		if (*parts.v[i] == '\0' || strcmp(parts.v[i], ".") == 0)
			continue;
		if (n++ == 0)
			first = parts.v[i];
		buf_fmt(&clean, "/%s", parts.v[i]);
	}
	if (path[0] != '/' || n == 0 || strcmp(first, "proc") == 0)
		return NULL;
	if (n == 1 && (strcmp(first, "dev") == 0 || strcmp(first, "sys") == 0))
		return NULL;
	return take_ptr(&clean.data);
}

int mountspec_clean_target(struct mountspec *v, const char *text, struct err *e)
{
	char *clean = mountspec_target(v->target);

	if (!clean)
		return err_set(
			e,
			"%s: the target is an absolute path without \"..\", and not /, /dev, /sys or in /proc",
			text);
	free(v->target);
	v->target = clean;
	return 0;
}

bool mountspec_is_path(const char *text)
{
	return *text == '.' || strcspn(text, "/") < strcspn(text, ":");
}

int mountspec_check_place(const struct strv *taken, const char *target, const char *option,
			  const char *text, struct err *e)
{
	for (size_t i = 0; i < taken->n; i += 2)
		if (strcmp(taken->v[i], target) == 0)
			return err_set(e, "%s %s: %s is mounted at %s", option, text,
				       taken->v[i + 1], target);
	return 0;
}

int mountspec_take_place(struct strv *taken, const char *target, const char *option,
			 const char *text, struct err *e)
{
	if (mountspec_check_place(taken, target, option, text, e) < 0)
		return -1;
	strv_add(taken, target);
	strv_take(taken, str_fmt("%s %s", option, text));
	return 0;
}

static const struct {
	const char *word;
	unsigned long propagation;
	bool all;
} propagations[] = {
	{"shared", MS_SHARED, false},   {"rshared", MS_SHARED, true},
	{"slave", MS_SLAVE, false},     {"rslave", MS_SLAVE, true},
	{"private", MS_PRIVATE, false}, {"rprivate", MS_PRIVATE, true},
};

enum { PROPAGATIONS = sizeof(propagations) / sizeof(*propagations) };

int mountspec_read_propagation(struct mountspec *v, const char *word, const char *text,
			       struct err *e)
{
	size_t i = 0;

	while (i < PROPAGATIONS && !str_equal(word, propagations[i].word))
		i++;
	if (i == PROPAGATIONS)
		return 0;
	if (v->propagation)
		return err_set(e, "%s: %s: a second propagation", text, word);
	v->propagation = propagations[i].propagation;
	v->propagation_all = propagations[i].all;
	return 1;
}

const char *mountspec_propagation(const struct mountspec *v)
{
	for (size_t i = 0; v->propagation != MS_PRIVATE && i < PROPAGATIONS; i++)
		if (v->propagation == propagations[i].propagation &&
		    v->propagation_all == propagations[i].all)
			return propagations[i].word;
	return NULL;
}

int mountspec_find_source(struct mountspec *v, const char *path, struct err *e)
{
	v->source = realpath(path, NULL);
	if (!v->source)
		return err_sys(e, "%s", path);
	return strchr(v->source, ':')
		? err_set(e, "%s: a path with \":\" in it cannot be written as SOURCE:TARGET",
			  v->source)
		: 0;
}

static int read_option(struct mountspec *v, const char *option, const char *text, struct err *e)
{
	int known;

	/* z and Z relabel for SELinux, which ct does not use. */
	if (str_equal(option, "rw") || strcasecmp(option, "z") == 0)
		return 0;
	if (str_equal(option, "ro"))
		return v->read_only = true, 0;
	if (v->name && str_equal(option, "nocopy"))
		return v->no_copy = true, 0;
	known = mountspec_read_propagation(v, option, text, e);
	if (known == 0)
		return err_set(
			e,
			"%s: %s: not ro, rw or a propagation (shared, slave, private, rshared, "
			"rslave, rprivate)",
			text, option);
	return known > 0 && v->name
		? err_set(e, "%s: %s: only a path of the host has a propagation", text, option)
		: known > 0 ? 0
			    : -1;
}

static int read_parts(struct mountspec *v, const struct strv *parts, const char *text,
		      struct err *e)
{
	own_strv struct strv options = {0};

	if (mountspec_is_path(text)) {
		if (mountspec_find_source(v, parts->v[0], e) < 0)
			return -1;
	} else {
		if (name_check_container(parts->v[0], e) < 0)
			return -1;
		v->name = str_dup(parts->v[0]);
	}
	v->target = str_dup(parts->v[1]);
	if (parts->n == 3)
		strv_split(&options, parts->v[2], ',');
	for (size_t i = 0; i < options.n; i++)
		if (read_option(v, options.v[i], text, e) < 0)
			return -1;
	return mountspec_clean_target(v, text, e);
}

int mountspec_read(const char *text, struct mountspec *v, struct err *e)
{
	own_strv struct strv parts = {0};

	*v = (struct mountspec){0};
	strv_split(&parts, text, ':');
	if (parts.n == 1 && *text == '/') { /* a volume of the container's own */
		v->target = str_dup(text);
		return mountspec_clean_target(v, text, e);
	}
	if (parts.n < 2 || parts.n > 3 || !*parts.v[0] || !*parts.v[1])
		return err_set(e, "%s: not [SOURCE:]TARGET[:ro]", text);
	if (read_parts(v, &parts, text, e) == 0)
		return 0;
	mountspec_free(v);
	return -1;
}

int mountspec_read_tmpfs(const char *text, struct mountspec *v, struct err *e)
{
	const char *colon = strchr(text, ':');

	*v = (struct mountspec){0};
	v->target = colon ? str_dup_n(text, (size_t)(colon - text)) : str_dup(text);
	v->options = str_dup(colon ? colon + 1 : "");
	if (mountspec_clean_target(v, text, e) == 0)
		return 0;
	mountspec_free(v);
	return -1;
}

int mountspec_read_device(const char *text, struct mountspec *v, struct err *e)
{
	own_strv struct strv parts = {0};
	struct stat st;

	*v = (struct mountspec){0};
	strv_split(&parts, text, ':');
	/* The container's root can open the node whatever its mode, so only rwm is accepted. */
	if (parts.n > 3 || parts.v[0][0] != '/' || (parts.n == 3 && strcmp(parts.v[2], "rwm") != 0))
		return err_set(e, "%s: not DEVICE[:TARGET[:rwm]]", text);
	if (stat(parts.v[0], &st) < 0)
		return err_sys(e, "%s", parts.v[0]);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(e, "%s: not a device", parts.v[0]);
	v->source = str_dup(parts.v[0]);
	v->target = str_dup(parts.n > 1 ? parts.v[1] : parts.v[0]);
	if (mountspec_clean_target(v, text, e) == 0)
		return 0;
	mountspec_free(v);
	return -1;
}

int mountspec_mount_device(const char *source, uid_t owner, gid_t group, struct err *e)
{
	own_fd int dir = mount_new("tmpfs", "size=4k,mode=755", 0, source, e);
	struct stat st;

	if (dir < 0)
		return -1;
	if (stat(source, &st) < 0)
		return err_sys(e, "%s", source);
	if (explained(mknodat(dir, "node", st.st_mode & S_IFMT, st.st_rdev),
		      "mknodat(%d, \"node\", %s, makedev(%u, %u))", dir,
		      S_ISBLK(st.st_mode) ? "S_IFBLK" : "S_IFCHR", major(st.st_rdev),
		      minor(st.st_rdev)) < 0 ||
	    explained(fchownat(dir, "node", owner, group, AT_SYMLINK_NOFOLLOW),
		      "fchownat(%d, \"node\", %u, %u, AT_SYMLINK_NOFOLLOW)", dir, owner,
		      group) < 0 ||
	    explained(fchmodat(dir, "node", st.st_mode & 0666, 0), "fchmodat(%d, \"node\", 0%o)",
		      dir, st.st_mode & 0666) < 0)
		return err_sys(e, "%s: make a node for the same device", source);
	return take_fd(&dir);
}
