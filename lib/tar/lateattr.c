#include "tar/lateattr.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

#include "base/err.h"
#include "base/str.h"
#include "tar/tarentry.h"

/* Bounds for the names of directories and their ACLs, which are kept until the end. */
enum { KEPT_MAX = 256 << 20 };

/*
 * Set after all files exist: ACLs, because a default ACL changes files made beneath
 * it; the times of existing directories, because libarchive sets them at once and the
 * next file changes them.
 */
struct late {
	char *path;
	char *acl; /* name of its attribute; NULL: value holds two struct timespec */
	void *value;
	size_t size;
};

/*
 * Counts memory that is kept until the end. Only layers are bounded: the user did not
 * choose their content.
 */
static int take_room(struct lateattr *l, const char *path, size_t size, struct err *e)
{
	l->kept += strlen(path) + size + 256;
	if (!l->layer || l->kept <= KEPT_MAX)
		return 0;
	return err_set(e, "%.*s: too many directories and ACLs (limit: 256 MiB of memory)",
		       NAME_SHOWN, path);
}

static int keep(struct lateattr *l, const char *path, const char *acl, const void *value,
		size_t size, struct err *e)
{
	struct late *new;

	if (take_room(l, path, size, e) < 0)
		return -1;
	l->list = mem_grow_one(l->list, l->n, sizeof(*l->list));
	new = &l->list[l->n++];
	*new = (struct late){str_dup(path), str_dup(acl), mem_alloc(size), size};
	if (size)
		memcpy(new->value, value, size);
	return 0;
}

/*
 * In a layer whiteout.h sets the times; but libarchive remembers every directory, which
 * counts as kept memory.
 */
int lateattr_times(struct lateattr *l, struct archive_entry *entry, const char *path, struct err *e)
{
	struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT},
		{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)},
	};
	struct stat st;

	if (archive_entry_filetype(entry) != AE_IFDIR)
		return 0;
	if (l->layer)
		return take_room(l, path, 0, e);
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return keep(l, path, NULL, times, sizeof(times), e);
	return 0;
}

/* Sorts an entry's attributes: kept, ACL (exact, unlike its text form), or dropped. */
int lateattr_sort(struct lateattr *l, struct archive_entry *entry, const char *path, struct err *e)
{
	bool acl = false;
	struct archive_entry *kept;
	const void *value;
	const char *name;
	size_t size;
	int r = 0;

	if (archive_entry_xattr_reset(entry) == 0)
		return 0;
	kept = archive_entry_clone(entry);
	archive_entry_xattr_clear(entry);
	archive_entry_xattr_reset(kept);
	while (r == 0 && archive_entry_xattr_next(kept, &name, &value, &size) == ARCHIVE_OK) {
		if (!name)
			continue;
		if (str_starts(name, "user.") ||
		    (str_equal(name, "security.capability") && !l->disarmed)) {
			archive_entry_xattr_add_entry(entry, name, value, size);
		} else if (str_starts(name, "system.posix_acl_") && !l->owned) {
			r = keep(l, path, name, value, size, e);
			acl = true;
		}
	}
	archive_entry_free(kept);
	if (acl)
		archive_entry_acl_clear(entry);
	return r;
}

int lateattr_set(const struct lateattr *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct late *a = &l->list[i];

		if (a->acl && lsetxattr(a->path, a->acl, a->value, a->size, 0) < 0)
			return err_sys(e, "%.*s: set its ACL", NAME_SHOWN, a->path);
		if (!a->acl && utimensat(AT_FDCWD, a->path, a->value, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, "%.*s: set its times", NAME_SHOWN, a->path);
	}
	return 0;
}
