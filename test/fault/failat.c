/*
 * failat [-p PROCESS] [-c CALL] [-k KIND] [-f PATH] [-e ERROR] [-n N] [-o FILE] COMMAND [ARG...]
 *
 * Makes a system call of COMMAND fail: the kernel does not execute the call, and
 * the process sees ERROR.
 *
 *	-p	only calls of this process: 0 is COMMAND itself, 1 its first child (default: of all)
 *
 *	-c	only this call, by its name (read)
 *
 *	-k	only calls of this kind: change (they make, change or remove something), descriptor
 *		(they open something)
 *
 *	-f	only calls whose first argument is a descriptor of a file with PATH in its path
 *
 *	-e	the error, by its name (default: EIO)
 *
 *	-n	which one of these calls; 0 (the default) only counts, -1 means all
 *
 *	-o	writes the number of these calls to FILE
 *
 * Exits with COMMAND's status, 98 if COMMAND hangs, 99 if there were fewer such calls than N.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#include "trace.h"

static const struct {
	const char *name;
	long number;
} calls[] = {
#include "syscall-names.h"
};

/* Calls of a kind. openat(2) changes something only with O_CREAT. */
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

static bool in_kind[1024];
static const char *const *kind;

static int process = -1, error = EIO;
static long call_number = -1, at, seen;
static const char *path;

static long find_call(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	fprintf(stderr, "failat: %s: no such system call\n", name);
	exit(2);
}

static void choose_kind(const char *name)
{
	kind = strcmp(name, "change") == 0        ? changing
		: strcmp(name, "descriptor") == 0 ? opening
						  : NULL;
	if (!kind) {
		fprintf(stderr, "failat: %s: no such kind of calls\n", name);
		exit(2);
	}
	for (const char *const *call = kind; *call; call++)
		in_kind[find_call(*call)] = true;
}

/* Whether a call is of the kind that -k names. */
static bool is_of_kind(long call, const struct user_regs_struct *regs)
{
	return call >= 0 && call < 1024 && in_kind[call] &&
		(kind != changing || call != SYS_openat || regs->rdx & O_CREAT);
}

static int find_error(const char *name)
{
	for (int i = 1; i < 134; i++)
		if (strerrorname_np(i) && strcmp(strerrorname_np(i), name) == 0)
			return i;
	fprintf(stderr, "failat: %s: no such error\n", name);
	exit(2);
}

/* Whether the call's first argument is a descriptor of the file that -f names. */
static bool is_of_path(pid_t pid, unsigned long long fd)
{
	char link[64], to[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/fd/%llu", (int)pid, fd);
	n = readlink(link, to, sizeof(to) - 1);
	to[n < 0 ? 0 : n] = '\0';
	return strstr(to, path) != NULL;
}

static bool enter(struct trace *t, struct traced *p, long call)
{
	struct user_regs_struct regs;

	if ((process >= 0 && p != &t->all[process]) || (call_number >= 0 && call != call_number) ||
	    ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0 || (kind && !is_of_kind(call, &regs)) ||
	    (path && !is_of_path(p->pid, regs.rdi)))
		return false;
	seen++;
	if (at != -1 && seen != at)
		return false;
	regs.orig_rax = (unsigned long long)-1; /* no such call: the kernel does nothing */
	ptrace(PTRACE_SETREGS, p->pid, 0, &regs);
	p->marked = true;
	return false;
}

static void leave(struct trace *t, struct traced *p)
{
	struct user_regs_struct regs;

	if (!p->marked || ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0)
		return;
	regs.rax = (unsigned long long)-error;
	ptrace(PTRACE_SETREGS, p->pid, 0, &regs);
	p->marked = false;
	t->over = at != -1;
}

int main(int argc, char **argv)
{
	static struct trace t = {.enter = enter, .leave = leave};
	FILE *out = NULL;
	int opt, status;

	while ((opt = getopt(argc, argv, "+p:c:k:f:e:n:o:")) != -1) {
		switch (opt) {
		case 'p':
			process = atoi(optarg);
			break;
		case 'c':
			call_number = find_call(optarg);
			break;
		case 'k':
			choose_kind(optarg);
			break;
		case 'f':
			path = optarg;
			break;
		case 'e':
			error = find_error(optarg);
			break;
		case 'n':
			at = atol(optarg);
			break;
		case 'o':
			out = fopen(optarg, "we");
			break;
		default:
			return 2;
		}
	}
	if (!argv[optind] || process >= TRACE_PROCESSES)
		return 2;
	status = trace_run(&t, argv + optind);
	if (out)
		fprintf(out, "%ld\n", seen);
	return at && (at == -1 ? !seen : seen < at) ? TRACE_NEVER : status;
}
