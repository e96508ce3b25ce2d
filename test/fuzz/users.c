/*
 * Any bytes as the /etc/passwd and /etc/group of a container. The input is the user that is looked
 * for and a group, a line each, then the two files with a line "%%" between them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "container/user.h"
#include "files.h"
#include "jail.h"

struct input {
	char *user, *group;
	const char *files[2];
	size_t len[2];
};

static void write_file(const char *path, const char *data, size_t n)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, data, n) < 0)
		abort();
}

static void find(void *arg)
{
	const struct input *in = arg;
	own_fd int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct strv groups = {.v = (char *[]){in->group}, .n = 1};
	struct user u;
	struct err e;

	if (root < 0 || mkdir("etc", 0700) < 0)
		abort();
	write_file("etc/passwd", in->files[0], in->len[0]);
	write_file("etc/group", in->files[1], in->len[1]);
	if (user_find(root, in->user, &u, &e) < 0)
		return;
	user_add_groups(root, &groups, &u, &e);
	if (u.groups_n > USER_GROUPS || *u.home != '/' || !memchr(u.home, '\0', sizeof(u.home)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_str char *text = str_dup_n((const char *)data, n);
	const char *end = (const char *)data + n, *from, *between;
	struct input in = {.user = text};
	char *line = strchr(text, '\n');

	if (!line)
		return 0;
	*line++ = '\0';
	in.group = line;
	line = strchr(line, '\n');
	if (!line)
		return 0;
	*line++ = '\0';
	from = (const char *)data + (line - text);
	between = memmem(from, (size_t)(end - from), "\n%%\n", 4);
	in.files[0] = from;
	in.len[0] = (size_t)((between ? between : end) - from);
	in.files[1] = between ? between + 4 : end;
	in.len[1] = (size_t)(end - in.files[1]);
	jail_run(find, &in);
	return 0;
}
