#include "run/join.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/path.h"
#include "base/shell.h"
#include "base/str.h"
#include "kernel/caps.h"
#include "kernel/cgroup.h"
#include "kernel/idmap.h"
#include "kernel/namespace.h"
#include "kernel/rlimit.h"
#include "kernel/seccomp.h"
#include "run/channel.h"
#include "run/command.h"
#include "run/devtty.h"
#include "run/joinclone.h"
#include "run/program.h"
#include "run/recipe.h"
#include "run/shortstage.h"

/* The state of a process that joins a container. */
struct join_entry {
	struct join *j;
	int target; /* pidfd of the container's first process */
	/* CLONE_NEW* flags of the differing namespaces: setns(2) refuses the user namespace that
	   the caller is in */
	int namespaces;
	struct cgroup_group group;
	int channel;
	struct program program;
	struct buf filter; /* --security-opt seccomp=FILE */
};

/* Explains the equivalent nsenter(1) command. */
static void tell_same(const struct join_entry *n)
{
	const struct program *p = &n->program;
	own_str char *procs = str_fmt("*/%s/cgroup.procs", n->group.path);
	bool limits = plan_has_stage(n->j->plan, STAGE_CAPS) && !p->as_is;
	own_buf struct buf line = {0};

	if (explain_fd < 0)
		return;
	buf_str(&line, "for procs in $(find /sys/fs/cgroup -path ");
	shell_word(&line, procs);
	buf_str(&line, "); do echo 0 >\"$procs\"; done\n");
	if (limits)
		recipe_list_caps(n->j->plan->caps, &line);
	for (size_t i = 0; i < n->j->plan->ulimits.n; i++)
		buf_fmt(&line, "prlimit --%s ", n->j->plan->ulimits.v[i]);
	if (n->j->plan->oom_score)
		buf_fmt(&line, "choom --adjust %s -- ", n->j->plan->oom_score);
	buf_fmt(&line, "nsenter --target %d --all%s --root --wdns=", (int)n->j->target.pid,
		n->namespaces & CLONE_NEWUSER && !p->as_is ? " --setuid 0 --setgid 0" : "");
	shell_word(&line, p->workdir ? p->workdir : "/");
	buf_str(&line, " ");
	if (limits) {
		buf_str(&line, recipe_limit_caps);
		recipe_become_user(&p->who, &line);
	}
	buf_str(&line, " env -i --");
	shell_words(&line, &p->env);
	shell_words(&line, p->args);
	buf_str(&line, " # approx: without the filter of system calls\n");
	explain_same(line.data);
}

static int enter(struct join_entry *n, struct err *e)
{
	const struct plan *plan = n->j->plan;
	own_fd int root = -1, dev = -1;
	own_strv struct strv ignored = {0};
	struct program *p = &n->program;

	/* From here on processes of the container can see this one: they must not trace it or open
	 * its files. */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cgroup_join(&n->group, false, e) < 0 ||
	    (plan->oom_score && rlimit_oom_score(0, plan->oom_score, e) < 0))
		return -1;
	explain_at("join");
	if (explained(setns(n->target, n->namespaces & ~CLONE_NEWPID),
		      "setns(%d /* of process %d */, 0x%x)", n->target, (int)n->j->target.pid,
		      n->namespaces & ~CLONE_NEWPID) < 0)
		return err_sys(e, "enter the container's namespaces");
	if ((n->namespaces & CLONE_NEWUSER) && !p->as_is &&
	    (explained(setresgid(0, 0, 0), "setresgid(0, 0, 0)") < 0 ||
	     explained(setresuid(0, 0, 0), "setresuid(0, 0, 0)") < 0))
		return err_sys(e, "become root of the user namespace");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, "the container's root");
	if (gethostname(p->hostname, sizeof(p->hostname)) < 0)
		return err_sys(e, "read the host name");
	if (!p->as_is &&
	    (user_find(root, plan->user, &p->who, e) < 0 ||
	     user_add_groups(root, &plan->groups, &p->who, e) < 0))
		return -1;
	if (p->tty) {
		int slave = -1;
		own_fd int master = -1;

		dev = path_open(root, "dev", O_PATH | O_DIRECTORY, 0);
		master = dev < 0 ? err_sys(e, "/dev") : devtty_open(dev, &p->who, &slave, e);
		if (master < 0 || channel_send(n->channel, MESSAGE_TERMINAL, NULL, master, e) < 0)
			return -1;
		p->stdio[0] = p->stdio[1] = p->stdio[2] = slave;
	} else {
		memcpy(p->stdio, n->j->streams.theirs, sizeof(p->stdio));
		program_own_streams(p);
	}
	if (command_find(p, root, e) < 0)
		return -1;
	tell_same(n);
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	for (size_t i = 0; i < plan->ulimits.n; i++)
		if (rlimit_set(0, plan->ulimits.v[i], &ignored, e) < 0)
			return -1;
	if (plan_has_stage(plan, STAGE_CAPS) && caps_limit(plan->caps, e) < 0)
		return -1;
	if (!plan_has_stage(plan, STAGE_SECCOMP) || !shortstage_wants_seccomp(plan))
		return 0;
	return n->filter.len ? seccomp_program_load(&n->filter, e)
			     : seccomp_filter_load(plan->caps, e);
}

__attribute__((noreturn)) static void joined_process(struct join_entry *n)
{
	struct err e;

	if (enter(n, &e) == 0)
		program_exec(&n->program, n->channel, &e);
	channel_send_failure(n->channel, &e);
	_exit(125);
}

static int clone_joined(struct join_entry *n, struct err *e)
{
	int ends[2];
	pid_t pid;

	if (channel_open(ends, e) < 0)
		return -1;
	pid = joinclone(n->target, n->namespaces, &n->group, &n->j->pidfd, e);
	if (pid == 0) {
		close(ends[0]);
		n->channel = ends[1];
		joined_process(n);
	}
	close(ends[1]);
	n->channel = ends[0];
	n->j->pid = pid;
	return pid < 0 ? -1 : 0;
}

static int prepare(struct join_entry *n, struct err *e)
{
	struct join *j = n->j;
	own_str char *group = container_group(j->container->id);
	struct idmap map;
	uint32_t owner;

	n->target = proc_open(&j->target);
	if (n->target < 0)
		return err_sys(e, "%s: first process %d", j->container->id, (int)j->target.pid);
	if (namespace_differing(j->target.pid, &n->namespaces, e) < 0 ||
	    idmap_of(j->target.pid, &map, e) < 0 || cgroup_open(group, &n->group, e) < 0)
		return -1;
	if (j->plan->seccomp && shortstage_wants_seccomp(j->plan) &&
	    seccomp_file_read(j->plan->seccomp, &n->filter, e) < 0)
		return -1;
	owner = idmap_outside(&map, 0);
	return streams_open(&j->streams,
			    j->detached            ? STREAMS_NONE
				    : j->plan->tty ? STREAMS_TERMINAL
						   : STREAMS_PIPES,
			    j->input, owner == (uint32_t)-1 ? 0 : owner, e);
}

int join_start(struct join *j, struct err *e)
{
	struct join_entry n = {.j = j,
			       .target = -1,
			       .channel = -1,
			       .group = {.v2 = -1},
			       .program = {.args = &j->plan->args,
					   .workdir = j->plan->workdir,
					   .workdir_fd = -1,
					   .tty = j->plan->tty && !j->detached,
					   .umask = j->plan->umask,
					   .no_new_privs = j->plan->no_new_privs,
					   .as_is = j->plan->users == USERS_UNMAPPED}};
	int failed;

	j->pidfd = -1;
	j->streams = (struct streams){.theirs = {-1, -1, -1}, .ours = {-1, -1, -1}, .master = -1};
	for (size_t i = 0; i < j->plan->env.n; i++)
		strv_add(&n.program.env, j->plan->env.v[i]);
	failed = prepare(&n, e) < 0 || clone_joined(&n, e) < 0;
	streams_close_theirs(&j->streams);
	failed = failed || channel_hear(n.channel, &j->streams.master, e) < 0;
	if (failed && j->pidfd >= 0) {
		pidfd_send_signal(j->pidfd, SIGKILL, NULL, 0);
		proc_wait_child(j->pid);
	}
	if (failed)
		streams_close(&j->streams);
	own_close(&n.target);
	own_close(&n.channel);
	cgroup_close(&n.group);
	strv_free(&n.program.env);
	buf_free(&n.filter);
	return failed ? -1 : 0;
}

/* The report of the parent in the background. */
struct join_news {
	bool runs;
	struct err why; /* unless it runs */
};

static int start_and_leave(struct join *j, struct err *e)
{
	if (join_start(j, e) < 0)
		return -1;
	if (!proc_has_executed(j->pid))
		return err_set(e, "%s: was killed before it could be executed", j->plan->args.v[0]);
	explain_end();
	return proc_leave(e);
}

__attribute__((noreturn)) static void be_parent(struct join *j, int tell, pid_t user)
{
	struct join_news news;

	/* Until the program runs, this process dies with ct-exec, which the user may interrupt. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != user)
		_exit(125);
	news.runs = start_and_leave(j, &news.why) == 0;
	if (news.runs)
		prctl(PR_SET_PDEATHSIG, 0);
	if (write(tell, &news, sizeof(news)) == sizeof(news) && news.runs) {
		close(tell);
		proc_wait_child(j->pid);
	}
	_exit(0);
}

int join_background(struct join *j, struct err *e)
{
	pid_t user = getpid(), pid;
	own_fd int end = -1;
	struct join_news news;

	pid = proc_fork_pipe(&end);
	if (pid < 0)
		return err_sys(e, "start in the background");
	if (pid == 0)
		be_parent(j, end, user);
	if (read(end, &news, sizeof(news)) != sizeof(news))
		return err_set(e, "%s: its parent in the background died", j->plan->args.v[0]);
	*e = news.why;
	return news.runs ? 0 : -1;
}
