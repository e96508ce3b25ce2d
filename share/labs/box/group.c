/* group.c: control groups of both versions. You need not change it. */
#include "box.h"

/*
 * Version 1 has a tree for each controller, version 2 one tree for all controllers. The box's group
 * is a child of the group $CT_CGROUP. In version 2 a parent lists the controllers that its children
 * may use.
 */
char *group(const char *controller)
{
	char dir[300], path[400], file[500], plus[50];
	const char *top = getenv("CT_CGROUP");
	snprintf(dir, sizeof dir, "/sys/fs/cgroup/%s", controller);
	int one = access(dir, F_OK) == 0;
	snprintf(path, sizeof path, "%s%s/box_%d", one ? dir : "/sys/fs/cgroup", top ? top : "/ct", getpid());
	snprintf(plus, sizeof plus, "+%s", controller);
	for (char *end = strchr(path + strlen(one ? dir : "/sys/fs/cgroup"), '/'); end; end = strchr(end + 1, '/')) {
		*end = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			fail(path);
		snprintf(file, sizeof file, "%s/cgroup.subtree_control", path);
		if (!one)
			put(file, plus);
		*end = '/';
	}
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		fail(path);
	return strdup(path);
}

int set(const char *dir, const char *file, const char *text)
{
	char path[500];
	snprintf(path, sizeof path, "%s/%s", dir, file);
	if (access(path, F_OK) != 0)
		return -1;
	put(path, text);
	return 0;
}
