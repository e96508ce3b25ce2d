#include "run/bundlejoin.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "kernel/cgroup.h"
#include "kernel/hierarchy.h"
#include "kernel/idmap.h"
#include "kernel/namespace.h"
#include "run/bundleproc.h"
#include "run/channel.h"
#include "run/command.h"
#include "run/consolesocket.h"
#include "run/devtty.h"
#include "run/joinclone.h"
#include "run/program.h"

/* The state of a process that joins. */
struct entry {
	struct bundlejoin *j;
	int target;     /* pidfd of the container's first process */
	int namespaces; /* CLONE_NEW* flags of those that differ */
	struct cgroup_group group;
	uid_t owner; /* the host id of the root of its user namespace */
	int channel;
	struct program program;
};

static int enter_namespaces(const struct entry *n, struct err *e)
{
	if (setns(n->target, n->namespaces & ~CLONE_NEWPID) < 0)
		return err_sys(e, "enter the container's namespaces");
	if (!(n->namespaces & CLONE_NEWUSER))
		return 0;
	if ((setgroups(0, NULL) < 0 && errno != EPERM) || setresgid(0, 0, 0) < 0 ||
	    setresuid(0, 0, 0) < 0)
		return err_sys(e, "become root of the user namespace");
	return 0;
}

static int take_terminal(struct entry *n, int root, struct err *e)
{
	struct winsize size = {.ws_row = n->j->rows, .ws_col = n->j->columns};
	struct user owner = {.uid = n->j->process->user.uid};
	own_fd int dev = path_open(root, "dev", O_PATH | O_DIRECTORY, 0), master = -1;
	struct program *p = &n->program;
	int slave = -1;

	master = dev < 0 ? err_sys(e, "terminal: /dev") : devtty_open(dev, &owner, &slave, e);
	if (master < 0)
		return -1;
	if (size.ws_row && ioctl(master, TIOCSWINSZ, &size) < 0)
		return err_sys(e, "terminal: set its size");
	p->stdio[0] = p->stdio[1] = p->stdio[2] = slave;
	return channel_send(n->channel, MESSAGE_TERMINAL, NULL, master, e);
}

static int enter(struct entry *n, struct err *e)
{
	own_str char *uid = str_fmt("%u", n->j->process->user.uid);
	struct program *p = &n->program;
	own_fd int root = -1;

	/* From here on processes of the container can see this one: they must not trace it or open
	 * its files. */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (bundleproc_begin(n->j->process, e) < 0 ||
	    (n->j->cgroup && cgroup_join(&n->group, false, e) < 0) || enter_namespaces(n, e) < 0)
		return -1;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, "the container's root");
	if (user_find(root, uid, &p->who, e) < 0 || (p->tty && take_terminal(n, root, e) < 0) ||
	    command_find(p, root, e) < 0)
		return -1;
	if (!p->tty)
		program_own_streams(p);
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	return 0;
}

__attribute__((noreturn)) static void joined_process(struct entry *n)
{
	struct message m;
	struct err e;

	if (enter(n, &e) == 0 && channel_send(n->channel, MESSAGE_READY, NULL, -1, &e) == 0 &&
	    channel_receive(n->channel, &m, &e) > 0) {
		if (n->j->detached)
			prctl(PR_SET_PDEATHSIG, 0);
		program_exec(&n->program, n->channel, &e);
	}
	channel_send_failure(n->channel, &e);
	_exit(125);
}

static int start_child(struct entry *n, struct err *e)
{
	int ends[2];

	if (channel_open(ends, e) < 0)
		return -1;
	n->j->pid = joinclone(n->target, n->namespaces, &n->group, &n->j->pidfd, e);
	if (n->j->pid == 0) {
		close(ends[0]);
		n->channel = ends[1];
		joined_process(n);
	}
	close(ends[1]);
	n->channel = ends[0];
	return n->j->pid < 0 ? -1 : 0;
}

/* The limits are set from outside, where they may be raised, and last: small ones would prevent the
 * rest. */
static int let_execute(struct entry *n, struct err *e)
{
	struct bundlejoin *j = n->j;
	int got = channel_hear(n->channel, &j->master, e);

	if (got <= 0)
		return got < 0 ? -1 : err_set(e, "the process was killed before it could execute");
	if (bundleproc_limit(j->process, j->pid, n->owner, e) < 0 ||
	    consolesocket_send(j->console, &j->master, e) < 0 ||
	    channel_send(n->channel, MESSAGE_EXECUTE, NULL, -1, e) < 0 ||
	    channel_hear(n->channel, &j->master, e) < 0)
		return -1;
	return proc_has_executed(j->pid)
		? 0
		: err_set(e, "%s: was killed before it could be executed", j->plan->args.v[0]);
}

static int prepare(struct entry *n, struct err *e)
{
	const struct bundlejoin *j = n->j;
	struct idmap map;

	n->target = proc_open(&j->target);
	if (n->target < 0)
		return err_sys(e, "the container's first process %d", (int)j->target.pid);
	if (namespace_differing(j->target.pid, &n->namespaces, e) < 0 ||
	    idmap_of(j->target.pid, &map, e) < 0)
		return -1;
	n->owner = idmap_root(&map);
	hierarchy_want_all();
	return j->cgroup ? cgroup_open(j->cgroup, &n->group, e) : 0;
}

int bundlejoin_start(struct bundlejoin *j, struct err *e)
{
	struct entry n = {.j = j,
			  .target = -1,
			  .channel = -1,
			  .group = {.v2 = -1},
			  .program = {.args = &j->plan->args,
				      .workdir = j->plan->workdir,
				      .workdir_fd = -1,
				      .stdio = {0, 1, 2},
				      .tty = j->plan->tty,
				      .process = j->process,
				      .stays = j->detached}};
	int failed;

	j->pid = 0;
	j->pidfd = j->master = -1;
	for (size_t i = 0; i < j->plan->env.n; i++)
		strv_add(&n.program.env, j->plan->env.v[i]);
	failed = prepare(&n, e) < 0 || start_child(&n, e) < 0 || let_execute(&n, e) < 0;
	if (failed && j->pidfd >= 0) {
		pidfd_send_signal(j->pidfd, SIGKILL, NULL, 0);
		proc_wait_child(j->pid);
		shut_fd(&j->pidfd);
		shut_fd(&j->master);
	}
	own_close(&n.target);
	own_close(&n.channel);
	cgroup_close(&n.group);
	strv_free(&n.program.env);
	return failed ? -1 : 0;
}
