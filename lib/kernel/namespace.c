#include "kernel/namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

const struct namespace namespaces[] = {
	{CLONE_NEWUSER, "CLONE_NEWUSER", "--user", "user"},
	{CLONE_NEWNET, "CLONE_NEWNET", "--net", "net"},
	{CLONE_NEWUTS, "CLONE_NEWUTS", "--uts", "uts"},
	{CLONE_NEWIPC, "CLONE_NEWIPC", "--ipc", "ipc"},
	{CLONE_NEWPID, "CLONE_NEWPID", "--pid", "pid"},
	{CLONE_NEWCGROUP, "CLONE_NEWCGROUP", "--cgroup", "cgroup"},
	{CLONE_NEWTIME, "CLONE_NEWTIME", "--time", "time"},
	{CLONE_NEWNS, "CLONE_NEWNS", "--mount", "mnt"},
	{.name = NULL},
};

const struct namespace *namespace_of(int flag)
{
	const struct namespace *n = namespaces;

	while (n->name && n->flag != flag)
		n++;
	return n;
}

char *namespace_names(uint64_t flags)
{
	struct buf text = {0};

	for (const struct namespace *n = namespaces; n->name; n++)
		if (flags & (uint64_t)n->flag)
			buf_fmt(&text, "%s%s", text.len ? "|" : "", n->name);
	return text.len ? text.data : str_dup("0");
}

/* "/proc/PID/ns/KIND" */
static char *path_of(pid_t pid, const struct namespace *n)
{
	return pid ? str_fmt("/proc/%d/ns/%s", (int)pid, n->file)
		   : str_fmt("/proc/self/ns/%s", n->file);
}

int namespace_open(pid_t pid, int flag, struct err *e)
{
	own_str char *path = path_of(pid, namespace_of(flag));
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s", path) : fd;
}

int namespace_differing(pid_t pid, int *flags, struct err *e)
{
	struct stat ours, theirs;

	*flags = 0;
	for (const struct namespace *n = namespaces; n->name; n++) {
		own_str char *our = path_of(0, n), *their = path_of(pid, n);

		if (stat(our, &ours) < 0)
			continue;
		if (stat(their, &theirs) < 0)
			return err_sys(e, "%s", their);
		if (ours.st_ino != theirs.st_ino)
			*flags |= n->flag;
	}
	return 0;
}
