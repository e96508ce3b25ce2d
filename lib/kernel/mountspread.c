#include "kernel/mountspread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/mount.h"

/* Whether the line of mountinfo(5) of this mount has a field that begins with one of the words. */
static int has_peers(unsigned long long id, bool master_too, struct err *e)
{
	own_file FILE *f = fopen("/proc/self/mountinfo", "re");
	own_str char *line = NULL;
	size_t room = 0;
	char *end, *fields;

	if (!f)
		return err_sys(e, "/proc/self/mountinfo");
	while (getline(&line, &room, f) > 0) {
		if (strtoull(line, &end, 10) != id || *end != ' ')
			continue;
		/* The optional fields end with a field "-"; blanks in paths are escaped. */
		fields = strstr(line, " - ");
		if (fields)
			*fields = '\0';
		return strstr(line, " shared:") || (master_too && strstr(line, " master:"));
	}
	return 0;
}

static int check_source(int source, const char *path, unsigned long propagation, bool all,
			struct err *e)
{
	own_strv struct strv below = {0};
	bool slave = propagation == MS_SLAVE;
	struct statx st;
	int got;

	if (statx(source, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return err_sys(e, "%s", path);
	got = has_peers(st.stx_mnt_id, slave, e);
	if (got < 0)
		return -1;
	if (!got)
		return err_set(e,
			       "%s: its mount is private, so nothing propagates (mount "
			       "--make-rshared changes that)",
			       path);
	if (all)
		return 0;
	if (mount_list_below(path, &below, e) < 0)
		return -1;
	return below.n ? err_set(e, "%s: %s is mounted below it: only r%s is possible", path,
				 below.v[0], slave ? "slave" : "shared")
		       : 0;
}

static int map(int fd, const char *path, bool all, int userns, struct strv *skipped, struct err *e)
{
	if (userns < 0 ||
	    (all ? mount_idmap_all(fd, userns, path, e) : mount_idmap(fd, userns, path, e)) == 0)
		return 0;
	if (e->sys != EINVAL && e->sys != ENOSYS && e->sys != EPERM)
		return -1;
	strv_add(skipped, path);
	return mount_set(fd, MOUNT_ATTR_NOSUID, all, path, e);
}

int mountspread_copy(const char *path, unsigned long propagation, bool all, int userns,
		     struct strv *skipped, struct err *e)
{
	struct mount_attr slave = {.propagation = MS_SLAVE};
	own_fd int source = explained(open_tree(AT_FDCWD, path, OPEN_TREE_CLOEXEC),
				      "open_tree(%d, \"%s\", OPEN_TREE_CLOEXEC)", AT_FDCWD, path),
		   fd = -1;

	if (source < 0)
		return err_sys(e, "bind %s", path);
	if (check_source(source, path, propagation, all, e) < 0)
		return -1;
	fd = mount_clone(source, "", all, e); /* a copy of a shared mount is shared */
	if (fd < 0 || map(fd, path, all, userns, skipped, e) < 0)
		return -1;
	if (propagation == MS_SLAVE &&
	    explained(mount_setattr(fd, "", AT_EMPTY_PATH | (all ? AT_RECURSIVE : 0), &slave,
				    sizeof(slave)),
		      "mount_setattr(%d, \"\", AT_EMPTY_PATH%s, {propagation=MS_SLAVE})", fd,
		      all ? "|AT_RECURSIVE" : "") < 0)
		return err_sys(e, "%s: make it a slave", path);
	return take_fd(&fd);
}
