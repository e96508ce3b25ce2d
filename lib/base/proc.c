#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

enum { OUTPUT_MAX = 1 << 20 };

/* Reads /proc/PID/stat from field 3 (the state) on. NULL with errno; ESRCH: no such process. */
static char *read_stat(pid_t pid, char *stat, size_t size)
{
	char path[40], *p;
	own_fd int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, stat, size - 1);
	if (n <= 0) {
		/* Other errors (no descriptors, no memory) say nothing about the process. */
		if (n == 0 || errno == ENOENT)
			errno = ESRCH;
		return NULL;
	}
	stat[n] = '\0';
	/* Field 2 is the process name, which may contain ')' and spaces: the last ')' ends it. */
	p = strrchr(stat, ')');
	if (!p || p[1] != ' ') {
		errno = ESRCH;
		return NULL;
	}
	return p + 2;
}

static uint64_t stat_field(const char *from_state, int number)
{
	const char *p = from_state;

	for (int field = 3; field < number && p; field++) {
		p = strchr(p, ' ');
		if (p)
			p++;
	}
	return p ? strtoull(p, NULL, 10) : 0;
}

int proc_identify(pid_t pid, struct proc_id *out)
{
	static struct proc_id self; /* of a parent until the first call after fork(2) */
	char text[1024], *stat;

	if (pid == self.pid && pid == getpid()) {
		*out = self;
		return 0;
	}
	stat = read_stat(pid, text, sizeof(text));
	if (!stat)
		return -1;
	if (*stat == 'Z' || *stat == 'X') {
		errno = ESRCH;
		return -1;
	}
	out->pid = pid;
	out->start = stat_field(stat, 22);
	if (pid == getpid())
		self = *out;
	return 0;
}

bool proc_has_executed(pid_t child)
{
	/*
	 * PF_FORKNOEXEC of linux/sched.h: execve(2) clears it before it closes descriptors,
	 * and a zombie keeps it.
	 */
	enum { FLAGS = 9, FORKED_ONLY = 0x40 };
	char text[1024], *stat = read_stat(child, text, sizeof(text));

	return !stat || !(stat_field(stat, FLAGS) & FORKED_ONLY);
}

bool proc_alive(const struct proc_id *id)
{
	struct proc_id now;

	if (id->pid <= 0)
		return false;
	if (proc_identify(id->pid, &now) < 0)
		return errno != ESRCH; /* unknown counts as alive */
	return now.start == id->start;
}

int proc_open(const struct proc_id *id)
{
	own_fd int fd = -1;

	if (id->pid <= 0) {
		errno = ESRCH;
		return -1;
	}
	fd = pidfd_open(id->pid, 0);
	if (fd < 0)
		return -1;
	/* Check after opening: from then on the pidfd cannot refer to another process. */
	if (!proc_alive(id)) {
		errno = ESRCH;
		return -1;
	}
	return take_fd(&fd);
}

bool proc_wait_gone(int pidfd, int ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int n;

	while ((n = poll(&p, 1, ms)) < 0 && errno == EINTR)
		continue;
	return n > 0;
}

static void close_inherited(void)
{
	own_dir DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			close(fd);
	}
}

int proc_leave(struct err *e)
{
	own_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null < 0 || chdir("/") < 0)
		return err_sys(e, "/dev/null");
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close_inherited();
	return 0;
}

pid_t proc_fork_pipe(int *end)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	*end = pid == 0 ? ends[1] : ends[0];
	close(pid == 0 ? ends[0] : ends[1]);
	return pid;
}

int proc_wait_child(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void drain(struct pollfd *from, struct buf *into, size_t max)
{
	char chunk[16384];
	ssize_t n;
	size_t room;

	if (!from->revents)
		return;
	n = read(from->fd, chunk, sizeof(chunk));
	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		from->fd = -1;
		return;
	}
	room = into && into->len < max ? max - into->len : 0;
	if (room)
		buf_add(into, chunk, (size_t)n < room ? (size_t)n : room);
}

static void limit_to(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) == 0 && now.rlim_max < most)
		most = now.rlim_max;
	setrlimit(resource, &(struct rlimit){most, most});
}

/* Runs in the child. limits NULL: none. */
static void execute(char *const argv[], int in, int out, int why, const struct proc_limits *limits)
{
	const char *path = getenv("PATH");
	own_str char *path_is = str_fmt("PATH=%s", path ? path : "/usr/bin:/bin");
	char *const bare[] = {path_is, NULL};

	dup2(in, 0);
	dup2(out, 1);
	dup2(why, 2);
	if (!limits) {
		execvp(argv[0], argv);
		_exit(127);
	}
	close_range(3, ~0U, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	limit_to(RLIMIT_CORE, 0);
	limit_to(RLIMIT_CPU, limits->seconds);
	limit_to(RLIMIT_AS, limits->memory);
	execvpe(argv[0], argv, bare);
	_exit(127);
}

/* in -1: read /dev/null. */
static int run(char *const argv[], int in, const struct proc_limits *limits, struct buf *out,
	       struct buf *why, struct err *e)
{
	own_fd int out_r = -1, out_w = -1, why_r = -1, why_w = -1;
	size_t max = limits ? limits->output : OUTPUT_MAX;
	struct pollfd p[2];
	int pair[2], null;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "%s: pipe", argv[0]);
	out_r = pair[0], out_w = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "%s: pipe", argv[0]);
	why_r = pair[0], why_w = pair[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "%s: fork", argv[0]);
	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		execute(argv, in < 0 ? null : in, out ? out_w : null, why_w, limits);
	}
	close(take_fd(&out_w));
	close(take_fd(&why_w));
	p[0] = (struct pollfd){.fd = out_r, .events = POLLIN};
	p[1] = (struct pollfd){.fd = why_r, .events = POLLIN};
	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		drain(&p[0], out, max);
		drain(&p[1], why, OUTPUT_MAX);
	}
	return proc_wait_child(pid);
}

int proc_run(char *const argv[], struct buf *out, struct buf *why, struct err *e)
{
	return run(argv, -1, NULL, out, why, e);
}

int proc_run_limited(char *const argv[], int in, const struct proc_limits *limits, struct buf *out,
		     struct buf *why, struct err *e)
{
	return run(argv, in, limits, out, why, e);
}

int proc_boot_id(char out[37], struct err *e)
{
	static char known[37]; /* cached: it cannot change */

	if (!*known) {
		own_fd int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

		if (fd < 0 || read(fd, out, 36) != 36)
			return err_sys(e, "/proc/sys/kernel/random/boot_id");
		memcpy(known, out, 36);
	}
	memcpy(out, known, sizeof(known));
	return 0;
}
