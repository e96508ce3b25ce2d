#include "kernel/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/mountflags.h"

static const struct {
	uint64_t attr;
	const char *name, *option;
} attributes[] = {
	{MOUNT_ATTR_RDONLY, "MOUNT_ATTR_RDONLY", "ro"},
	{MOUNT_ATTR_NOSUID, "MOUNT_ATTR_NOSUID", "nosuid"},
	{MOUNT_ATTR_NODEV, "MOUNT_ATTR_NODEV", "nodev"},
	{MOUNT_ATTR_NOEXEC, "MOUNT_ATTR_NOEXEC", "noexec"},
};
enum { ATTRIBUTES = sizeof(attributes) / sizeof(*attributes) };

void mount_options(uint64_t attrs, struct buf *to)
{
	for (size_t i = 0; i < ATTRIBUTES; i++)
		if (attrs & attributes[i].attr)
			buf_fmt(to, ",%s", attributes[i].option);
}

/* Formats attributes as "MOUNT_ATTR_RDONLY|MOUNT_ATTR_NODEV". */
static const char *attrs_text(uint64_t attrs)
{
	static char text[100];
	size_t n = 0;

	strcpy(text, "0");
	for (size_t i = 0; i < ATTRIBUTES; i++)
		if (attrs & attributes[i].attr)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? "|" : "",
					      attributes[i].name);
	return text;
}

static int failed(const char *action, const char *what, struct err *e)
{
	/* ENOSPC of move_mount(2) does not mean a full disk. */
	if (errno != ENOSPC)
		return err_sys(e, "%s %s", action, what);
	return err_code(e, ENOSPC,
			"%s %s: too many mounts in this namespace (limit: sysctl fs.mount-max)",
			action, what);
}

static int bind_failed(int dirfd, const char *path, struct err *e)
{
	int saved = errno;
	own_str char *name = *path ? str_dup(path) : fd_path(dirfd);

	errno = saved;
	return failed("bind", name, e);
}

/* The copy of a shared mount is shared too: mounts on it would propagate to the original. */
static int make_private(int fd, bool recursive, uint64_t attrs)
{
	struct mount_attr attr = {.attr_set = attrs, .propagation = MS_PRIVATE};
	int done = mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
				 sizeof(attr));

	return explained(
		done,
		"mount_setattr(%d, \"\", AT_EMPTY_PATH%s, {attr_set=%s, propagation=MS_PRIVATE})",
		fd, recursive ? "|AT_RECURSIVE" : "", attrs_text(attrs));
}

int mount_clone(int dirfd, const char *path, bool recursive, struct err *e)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int fd;

	if (*path == '\0')
		flags |= AT_EMPTY_PATH;
	if (recursive)
		flags |= AT_RECURSIVE;
	fd = explained(open_tree(dirfd, path, flags),
		       "open_tree(%d, \"%s\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC%s%s)", dirfd, path,
		       *path ? "" : "|AT_EMPTY_PATH", recursive ? "|AT_RECURSIVE" : "");
	return fd < 0 ? bind_failed(dirfd, path, e) : fd;
}

int mount_copy_set(int dirfd, const char *path, bool recursive, uint64_t attrs, struct err *e)
{
	own_fd int fd = mount_clone(dirfd, path, recursive, e);

	if (fd < 0)
		return -1;
	return make_private(fd, recursive, attrs) < 0 ? bind_failed(dirfd, path, e) : take_fd(&fd);
}

static int apply_part(int mount, uint64_t set, uint64_t clear, unsigned long propagation, bool all,
		      const char *what, struct err *e)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear, .propagation = propagation};

	if (!set && !clear && !propagation)
		return 0;
	if (explained(mount_setattr(mount, "", AT_EMPTY_PATH | (all ? AT_RECURSIVE : 0), &attr,
				    sizeof(attr)),
		      "mount_setattr(%d, \"\", AT_EMPTY_PATH%s, {attr_set=%s, attr_clr=0x%llx, "
		      "propagation=0x%lx})",
		      mount, all ? "|AT_RECURSIVE" : "", attrs_text(set), (unsigned long long)clear,
		      propagation) < 0)
		return err_sys(e, "set mount options of %s", what);
	return 0;
}

int mount_apply(int mount, const struct mountflags *f, const char *what, struct err *e)
{
	unsigned long spread = f->propagation ? f->propagation : f->bind ? MS_PRIVATE : 0;

	if (apply_part(mount, f->all_set, f->all_clear, 0, true, what, e) < 0 ||
	    apply_part(mount, f->set, f->clear, 0, false, what, e) < 0)
		return -1;
	return apply_part(mount, 0, 0, spread, f->propagation_all || !f->propagation, what, e);
}

int mount_copy(int dirfd, const char *path, bool recursive, struct err *e)
{
	return mount_copy_set(dirfd, path, recursive, 0, e);
}

/* Adds the kernel's own message about a failed fsconfig(2), if there is one. */
static int explain(int fs, const char *what, struct err *e)
{
	char said[200];
	int saved = errno;
	ssize_t n = read(fs, said, sizeof(said) - 1);

	errno = saved;
	if (n <= 2)
		return err_sys(e, "mount %s", what);
	said[n] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return err_sys(e, "mount %s: %s", what, said + 2); /* after the prefix "e " */
}

static int configure(int fs, const char *options, const char *what, struct err *e)
{
	own_strv struct strv list = {0};
	char *value;

	if (options && *options)
		strv_split(&list, options, ',');
	for (size_t i = 0; i < list.n; i++) {
		value = strchr(list.v[i], '=');
		if (value)
			*value++ = '\0';
		if (explained(fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
				       list.v[i], value, 0),
			      "fsconfig(%d, %s, \"%s\", \"%s\", 0)", fs,
			      value ? "FSCONFIG_SET_STRING" : "FSCONFIG_SET_FLAG", list.v[i],
			      value ? value : "") < 0)
			return explain(fs, what, e);
	}
	if (explained(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0),
		      "fsconfig(%d, FSCONFIG_CMD_CREATE, NULL, NULL, 0)", fs) < 0)
		return explain(fs, what, e);
	return 0;
}

int mount_new_from(const char *type, const char *source, const char *options, uint64_t attrs,
		   const char *what, struct err *e)
{
	own_fd int fs =
		explained(fsopen(type, FSOPEN_CLOEXEC), "fsopen(\"%s\", FSOPEN_CLOEXEC)", type);
	int fd;

	if (fs < 0)
		return err_sys(e, "mount %s: %s", what, type);
	/* mount(8) and findmnt(8) show it as the device. */
	if (explained(fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0),
		      "fsconfig(%d, FSCONFIG_SET_STRING, \"source\", \"%s\", 0)", fs, source) < 0)
		return explain(fs, what, e);
	if (configure(fs, options, what, e) < 0)
		return -1;
	fd = explained(fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs),
		       "fsmount(%d, FSMOUNT_CLOEXEC, %s)", fs, attrs_text(attrs));
	return fd < 0 ? failed("mount", what, e) : fd;
}

int mount_new(const char *type, const char *options, uint64_t attrs, const char *what,
	      struct err *e)
{
	return mount_new_from(type, type, options, attrs, what, e);
}

int mount_attach(int mount, int target, const char *what, struct err *e)
{
	if (explained(
		    move_mount(mount, "", target, "",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
		    "move_mount(%d, \"\", %d /* %s */, \"\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)",
		    mount, target, what) < 0)
		return failed("mount", what, e);
	return 0;
}

int mount_set(int mount, uint64_t set, bool all, const char *what, struct err *e)
{
	struct mount_attr attr = {.attr_set = set};

	if (explained(mount_setattr(mount, "", AT_EMPTY_PATH | (all ? AT_RECURSIVE : 0), &attr,
				    sizeof(attr)),
		      "mount_setattr(%d, \"\", AT_EMPTY_PATH%s, {attr_set=%s})", mount,
		      all ? "|AT_RECURSIVE" : "", attrs_text(set)) < 0)
		return err_sys(e, "set mount options of %s", what);
	return 0;
}

static int set_idmap(int mount, int userns, unsigned flags)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns};

	return explained(
		mount_setattr(mount, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr)),
		"mount_setattr(%d, \"\", AT_EMPTY_PATH%s, {attr_set=MOUNT_ATTR_IDMAP, userns_fd=%d})",
		mount, flags & AT_RECURSIVE ? "|AT_RECURSIVE" : "", userns);
}

int mount_idmap(int mount, int userns, const char *what, struct err *e)
{
	return set_idmap(mount, userns, 0) < 0 ? err_sys(e, "map the owners of %s", what) : 0;
}

int mount_idmap_all(int mount, int userns, const char *what, struct err *e)
{
	return set_idmap(mount, userns, AT_RECURSIVE) < 0 ? err_sys(e, "map the owners of %s", what)
							  : 0;
}

/*
 * Finds field 5 of a mountinfo line and decodes its \ooo escapes in place; NULL if
 * the line is malformed.
 */
static char *mount_point(char *line)
{
	char *p = line, *to, *s;

	for (int field = 1; field < 5 && p; field++) {
		p = strchr(p, ' ');
		if (p)
			p++;
	}
	if (!p)
		return NULL;
	p[strcspn(p, " ")] = '\0';
	for (to = s = p; *s; s++) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
	return p;
}

/*
 * Copies the single mount of an open path, idmapped; without support for that, sets nosuid and adds
 * the path to skipped.
 */
static int copy_one(int source, const char *path, int userns, struct strv *skipped, struct err *e)
{
	own_fd int fd = mount_copy(source, "", false, e);

	if (fd < 0)
		return -1;
	if (set_idmap(fd, userns, 0) == 0)
		return take_fd(&fd);
	if (errno != EINVAL && errno != ENOSYS && errno != EPERM)
		return err_sys(e, "map the owners of %s", path);
	if (mount_set(fd, MOUNT_ATTR_NOSUID, false, path, e) < 0)
		return -1;
	strv_add(skipped, path);
	return take_fd(&fd);
}

int mount_list_below(const char *path, struct strv *found, struct err *e)
{
	own_file FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t room = 0, len = strcmp(path, "/") == 0 ? 0 : strlen(path);
	own_str char *line = NULL;
	char *at;

	if (!f)
		return err_sys(e, "/proc/self/mountinfo");
	while (getline(&line, &room, f) > 0) {
		at = mount_point(line);
		if (at && strncmp(at, path, len) == 0 && at[len] == '/' && at[len + 1] &&
		    !strv_has(found, at))
			strv_add(found, at);
	}
	return 0;
}

/*
 * Copies each mount separately: the kernel cannot map a mount below the root of a detached tree.
 * The mount points are opened beneath the source, so that a link leads nowhere else.
 */
static int give_each(int source, const char *path, int userns, mount_give *give, void *arg,
		     struct strv *skipped, struct err *e)
{
	own_strv struct strv below = {0};
	own_str char *top = NULL;
	size_t len;
	int fd = copy_one(source, path, userns, skipped, e);

	if (fd < 0 || give(arg, fd, "", e) < 0)
		return -1;
	top = fd_path(source);
	len = strcmp(top, "/") == 0 ? 0 : strlen(top);
	if (mount_list_below(top, &below, e) < 0)
		return -1;
	for (size_t i = 0; i < below.n; i++) {
		own_fd int at = path_open(source, below.v[i] + len, O_PATH, 0);

		if (at < 0 && errno == ENOENT) /* another mount covers it */
			continue;
		fd = at < 0 ? err_sys(e, "bind %s", below.v[i])
			    : copy_one(at, below.v[i], userns, skipped, e);
		if (fd < 0 || give(arg, fd, below.v[i] + len, e) < 0)
			return -1;
	}
	return 0;
}

int mount_copy_mapped(const char *path, int userns, mount_give *give, void *arg,
		      struct strv *skipped, struct err *e)
{
	/* Unlike open(2) with O_PATH, open_tree(2) mounts what an automount point stands for. */
	own_fd int source = explained(open_tree(AT_FDCWD, path, OPEN_TREE_CLOEXEC),
				      "open_tree(%d, \"%s\", OPEN_TREE_CLOEXEC)", AT_FDCWD, path),
		   fd = source < 0 ? bind_failed(AT_FDCWD, path, e)
				   : mount_copy(source, "", true, e);

	if (fd < 0)
		return -1;
	/* The kernel maps all mounts of the tree or none. */
	if (userns < 0 || set_idmap(fd, userns, AT_RECURSIVE) == 0)
		return give(arg, take_fd(&fd), "", e);
	return give_each(source, path, userns, give, arg, skipped, e);
}
