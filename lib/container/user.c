#include "container/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/num.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"

enum { LOOKED_AT = 1 << 20 };

/* Reads the beginning of a file; "" if it is not a readable regular file. */
static char *read_start(int root, const char *path)
{
	/* Without O_NONBLOCK, opening a FIFO would wait for a writer. */
	own_fd int fd = path_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct buf text = {0};
	char chunk[8192];
	struct stat st;
	ssize_t n;

	buf_str(&text, "");
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return text.data;
	while (text.len < LOOKED_AT && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&text, chunk, (size_t)n);
	return text.data;
}

/* Splits the next line at ":" and advances text; false at the end. */
static bool next_line(char **text, char *field[], int want)
{
	char *line = *text, *p;

	if (!line || !*line)
		return false;
	p = strchr(line, '\n');
	if (p)
		*p++ = '\0';
	*text = p;
	for (int i = 0; i < want; i++)
		field[i] = line ? strsep(&line, ":") : NULL;
	return true;
}

static bool is_number(const char *s, uint64_t *n)
{
	struct err ignored;

	return num_uint(s, 0, UINT32_MAX - 1, n, &ignored) == 0;
}

/* Finds the line of /etc/passwd for the user `who`, a name or a number. */
static int find_user(int root, const char *who, struct user *u, char **name, struct err *e)
{
	own_str char *text = read_start(root, "etc/passwd");
	char *rest = text, *field[6];
	uint64_t uid, gid, number;
	bool by_number = is_number(who, &number);

	while (next_line(&rest, field, 6)) {
		if (!field[3] || !is_number(field[2], &uid) || !is_number(field[3], &gid))
			continue;
		if (by_number ? uid != number : strcmp(field[0], who) != 0)
			continue;
		u->uid = (uid_t)uid;
		u->gid = (gid_t)gid;
		if (field[5] && *field[5] == '/')
			snprintf(u->home, sizeof(u->home), "%s", field[5]);
		*name = str_dup(field[0]);
		return 0;
	}
	if (!by_number)
		return err_set(e, "user %s: not in the container's /etc/passwd", who);
	u->uid = (uid_t)number;
	return 0;
}

static int find_group(int root, const char *who, gid_t *gid, struct err *e)
{
	own_str char *text = read_start(root, "etc/group");
	char *rest = text, *field[3];
	uint64_t number;

	if (is_number(who, &number)) {
		*gid = (gid_t)number;
		return 0;
	}
	while (next_line(&rest, field, 3))
		if (field[2] && strcmp(field[0], who) == 0 && is_number(field[2], &number)) {
			*gid = (gid_t)number;
			return 0;
		}
	return err_set(e, "group %s: not in the container's /etc/group", who);
}

/* Adds the groups whose member lists contain the name. */
static void find_memberships(int root, const char *name, struct user *u)
{
	own_str char *text = read_start(root, "etc/group");
	char *rest = text, *field[4], *member;
	uint64_t gid;

	while (next_line(&rest, field, 4) && u->groups_n < USER_GROUPS) {
		if (!field[3] || !is_number(field[2], &gid))
			continue;
		while ((member = strsep(&field[3], ",")))
			if (strcmp(member, name) == 0) {
				u->groups[u->groups_n++] = (gid_t)gid;
				break;
			}
	}
}

int user_find(int root, const char *spec, struct user *u, struct err *e)
{
	own_str char *who = str_dup(spec && *spec ? spec : "0"), *name = NULL;
	char *group = strchr(who, ':');

	if (group)
		*group++ = '\0';
	*u = (struct user){.home = "/"};
	if (find_user(root, *who ? who : "0", u, &name, e) < 0)
		return -1;
	if (group && *group)
		return find_group(root, group, &u->gid, e);
	if (name)
		find_memberships(root, name, u);
	return 0;
}

int user_add_groups(int root, const struct strv *groups, struct user *u, struct err *e)
{
	for (size_t i = 0; i < groups->n; i++) {
		if (u->groups_n == USER_GROUPS)
			return err_set(e, "group %s: more than %d groups", groups->v[i],
				       USER_GROUPS);
		if (find_group(root, groups->v[i], &u->groups[u->groups_n], e) < 0)
			return -1;
		u->groups_n++;
	}
	return 0;
}

int user_id_failed(const char *what, unsigned id, struct err *e)
{
	/* user_namespaces(7): EINVAL means that the id is not mapped. */
	return errno == EINVAL
		? err_set(e,
			  "%s %u: not in the container's ID map (65,536 ids unless --userns gives "
			  "others)",
			  what, id)
		: err_sys(e, "%s %u", what, id);
}

int user_become(uid_t uid, gid_t gid, size_t groups_n, const gid_t *groups, struct err *e)
{
	if (explained(setgroups(groups_n, groups), "setgroups(%zu, ...)", groups_n) < 0)
		return user_id_failed("one of the groups of user", uid, e);
	if (explained(setresgid(gid, gid, gid), "setresgid(%u, %u, %u)", gid, gid, gid) < 0)
		return user_id_failed("group", gid, e);
	if (explained(setresuid(uid, uid, uid), "setresuid(%u, %u, %u)", uid, uid, uid) < 0)
		return user_id_failed("user", uid, e);
	return 0;
}
