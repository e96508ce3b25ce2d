#include "kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

static const struct {
	const char *name;
	long number;
} calls[] = {
#include "syscall-names.h"
};

static const char *const changing[] = {
	"openat",
	"mkdir",
	"mkdirat",
	"rmdir",
	"unlink",
	"unlinkat",
	"rename",
	"renameat",
	"renameat2",
	"link",
	"linkat",
	"symlink",
	"symlinkat",
	"mknodat",
	"ftruncate",
	"fallocate",
	"write",
	"pwrite64",
	"writev",
	"fsync",
	"fdatasync",
	"syncfs",
	"ioctl",
	"mount",
	"umount2",
	"move_mount",
	"mount_setattr",
	"open_tree",
	"fsmount",
	"fsopen",
	"fsconfig",
	"pivot_root",
	"clone",
	"clone3",
	"fork",
	"vfork",
	"setns",
	"unshare",
	"sendmsg",
	"sendto",
	"bind",
	"memfd_create",
	"fchmod",
	"fchmodat",
	"fchown",
	"fchownat",
	"fsetxattr",
	"setxattr",
	"utimensat",
	"flock",
	"chdir",
	"fchdir",
	"prlimit64",
	"kill",
	"setresuid",
	"setresgid",
	"setgroups",
	"capset",
	"seccomp",
	"pidfd_send_signal",
	"copy_file_range",
	"sendfile",
	"splice",
	NULL,
};
static const char *const opening[] = {
	"openat",       "openat2",        "socket",        "socketpair",    "pipe2",
	"dup",          "dup2",           "dup3",          "epoll_create1", "pidfd_open",
	"open_tree",    "fsopen",         "fsmount",       "accept4",       "signalfd4",
	"memfd_create", "timerfd_create", "inotify_init1", "clone3",        NULL,
};

static const char *const waiting[] = {
	"recvmsg",     "wait4",  "waitid",   "poll",       "ppoll", "epoll_wait",
	"epoll_pwait", "execve", "execveat", "exit_group", NULL,
};

/* Two lists at most make a kind. openat(2) changes something only with O_CREAT. */
static const struct {
	const char *name;
	const char *const *lists[2];
} kinds[] = {
	{"change", {changing}},
	{"descriptor", {opening}},
	{"step", {changing, waiting}},
};

static bool chosen, creating_only, in_kind[1024];

long kind_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	fprintf(stderr, "%s: no such system call\n", name);
	exit(2);
}

void kind_choose(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		for (size_t l = 0; l < 2 && kinds[i].lists[l]; l++)
			for (const char *const *call = kinds[i].lists[l]; *call; call++)
				in_kind[kind_number(*call)] = true;
		creating_only = kinds[i].lists[0] == changing;
		chosen = true;
		return;
	}
	fprintf(stderr, "%s: no such kind of calls\n", name);
	exit(2);
}

bool kind_has(long call, const struct user_regs_struct *regs)
{
	return !chosen ||
		(call >= 0 && call < 1024 && in_kind[call] &&
		 (!creating_only || call != SYS_openat || regs->rdx & O_CREAT));
}
