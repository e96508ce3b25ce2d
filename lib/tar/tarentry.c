#include "tar/tarentry.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

static bool has_dotdot(const char *name)
{
	for (const char *p = name; (p = strstr(p, "..")); p += 2)
		if ((p == name || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

/*
 * Converts an archive's name to a name beneath the root: "/a", "./a" and ".//a/" become "a".
 * NULL for a name with "..".
 */
static char *name_beneath(const char *name)
{
	size_t n;

	if (has_dotdot(name))
		return NULL;
	while (*name == '/' || (name[0] == '.' && (name[1] == '/' || name[1] == '\0')))
		name++;
	/* A trailing "/" would follow a symbolic link of that name. */
	for (n = strlen(name); n > 0 && name[n - 1] == '/'; n--)
		continue;
	return n ? str_dup_n(name, n) : str_dup(".");
}

int tarentry_take_names(struct archive_entry *entry, const char *what, struct err *e)
{
	const char *name = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
	own_str char *path = NULL, *target = NULL;

	if (!name || !*name)
		return err_set(e, "%s: entry without a name", what);
	path = name_beneath(name);
	if (!path)
		return err_set(e, "%s: %.*s: a name with \"..\" is refused", what, NAME_SHOWN,
			       name);
	if (str_equal(path, ".") && archive_entry_filetype(entry) != AE_IFDIR)
		return err_set(e, "%s: %.*s: not a directory", what, NAME_SHOWN, name);
	if (link) {
		target = name_beneath(link);
		if (!target)
			return err_set(e, "%s: %.*s: a link to a name with \"..\" is refused", what,
				       NAME_SHOWN, name);
		archive_entry_copy_hardlink(entry, target);
	}
	archive_entry_copy_pathname(entry, path);
	return 0;
}

/* (uid_t)-1 means "unchanged" to chown(2), and larger numbers would wrap to other users. */
int tarentry_check_owner(struct archive_entry *entry, struct err *e)
{
	la_int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return err_set(e, "%.*s: invalid owner %lld:%lld", NAME_SHOWN,
			       archive_entry_pathname(entry), (long long)uid, (long long)gid);
	return 0;
}

/*
 * GNU tar writes names of users into ACLs instead of ids. Names are
 * meaningless on another host.
 */
int tarentry_check_acl(struct archive_entry *entry, struct err *e)
{
	int types = ARCHIVE_ENTRY_ACL_TYPE_ACCESS | ARCHIVE_ENTRY_ACL_TYPE_DEFAULT;
	int type, permset, tag, id;
	const char *who;

	if (archive_entry_acl_reset(entry, types) == 0)
		return 0;
	while (archive_entry_acl_next(entry, types, &type, &permset, &tag, &id, &who) == ARCHIVE_OK)
		if ((tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP) && id == -1)
			return err_set(e,
				       "%.*s: ACL names \"%.60s\" without an id "
				       "(tar --xattrs writes ids)",
				       NAME_SHOWN, archive_entry_pathname(entry), who ? who : "");
	return 0;
}
