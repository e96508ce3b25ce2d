#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/close_range.h>

#include "err.h"
#include "explain.h"
#include "init.h"
#include "own.h"
#include "path.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *env_get(const struct strv *env, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = env->n; i-- > 0;)	/* the last one counts */
		if (strncmp(env->v[i], name, len) == 0 && env->v[i][len] == '=')
			return env->v[i] + len + 1;
	return NULL;
}

void program_set_env(struct strv *env, const char *setting)
{
	size_t len = strcspn(setting, "=") + 1;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], setting, len) == 0) {
			free(env->v[i]);
			env->v[i] = str_dup(setting);
			return;
		}
	strv_add(env, setting);
}

/* 0: the file can be executed, 126: it cannot, 127: there is none. */
static int judge(int root, const char *path)
{
	own_fd int fd = path_open(root, path, O_PATH, 0);
	struct stat st;

	if (fd < 0)
		return errno == EACCES ? 126 : 127;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return 126;
	return 0;
}

static int find_file(struct program *p, int root, struct err *e)
{
	own_strv struct strv dirs = {0};
	const char *name = p->args->v[0];
	int status, worst = 127;

	if (strchr(name, '/')) {
		/* Relative to the working directory, so left to the kernel; links of /proc included. */
		p->file = str_dup(name);
		if (name[0] != '/')
			return 0;
		worst = judge(root, name);
		if (worst == 0)
			return 0;
	} else {
		strv_split(&dirs, env_get(&p->env, "PATH"), ':');
		for (size_t i = 0; i < dirs.n; i++) {
			own_str char *try = str_fmt("%s/%s", *dirs.v[i] ? dirs.v[i] : ".", name);

			status = judge(root, try);
			if (status == 0) {
				p->file = take_ptr(&try);
				return 0;
			}
			worst = status == 126 ? 126 : worst;
		}
	}
	err_set(e, worst == 126 ? "%s: cannot be executed" : "%s: not found in the container", name);
	return err_status(e, worst);
}

void program_complete_env(struct program *p)
{
	if (!env_get(&p->env, "PATH"))
		strv_add(&p->env, "PATH=" DEFAULT_PATH);
	if (!env_get(&p->env, "HOME"))
		strv_take(&p->env, str_fmt("HOME=%s", p->who.home));
	if (*p->hostname && !env_get(&p->env, "HOSTNAME"))
		strv_take(&p->env, str_fmt("HOSTNAME=%s", p->hostname));
	/* systemd.exec(5): the name of the container manager. */
	if (*p->hostname && !env_get(&p->env, "container"))
		strv_add(&p->env, "container=ct");
}

static int open_workdir(const struct program *p, int root, struct err *e)
{
	const char *path = p->workdir ? p->workdir : "/";
	int fd = p->make_workdir ? path_mkdirs(root, path, 0755, e) : path_open(root, path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0)
		return fd;
	if (!p->make_workdir) {
		err_sys(e, "%s", path);
		err_status(e, e->sys == ENOENT ? 127 : 126);
	}
	return err_wrap(e, "working directory");
}

int program_find(struct program *p, int root, struct err *e)
{
	program_complete_env(p);
	if (p->workdir_fd < 0)
		p->workdir_fd = open_workdir(p, root, e);
	if (p->workdir_fd < 0)
		return -1;
	return find_file(p, root, e);
}

static int id_failed(const char *what, unsigned id, struct err *e)
{
	/* user_namespaces(7): it is not mapped. */
	return errno == EINVAL ? err_set(e, "%s %u: not among the ids of the container (65,536 unless --userns gives "
					 "others)", what, id)
			       : err_sys(e, "%s %u", what, id);
}

void program_own_streams(const struct program *p)
{
	struct stat st;

	for (int i = 0; p->who.uid && i < 3; i++)
		if (fstat(p->stdio[i], &st) < 0 || !S_ISFIFO(st.st_mode) ||
		    fchown(p->stdio[i], p->who.uid, (gid_t)-1) < 0)
			continue;
}

static int take_streams(const struct program *p, struct err *e)
{
	/* Its own session: no signal from the user's terminal reaches it but through us. */
	if (!p->plain)
		setsid();
	if (p->tty && ioctl(p->stdio[0], TIOCSCTTY, 0) < 0)
		return err_sys(e, "controlling terminal");
	for (int i = 0; i < 3; i++)
		if (dup2(p->stdio[i], i) < 0)
			return err_sys(e, "standard streams");
	return 0;
}

static int become_user(const struct program *p, struct err *e)
{
	const struct user *u = &p->who;

	if (p->as_is)
		return 0;
	if (explained(setgroups((size_t)u->groups_n, u->groups), "setgroups(%d, ...)", u->groups_n) < 0)
		return id_failed("one of the groups of user", u->uid, e);
	if (explained(setresgid(u->gid, u->gid, u->gid), "setresgid(%u, %u, %u)", u->gid, u->gid, u->gid) < 0)
		return id_failed("group", u->gid, e);
	if (explained(setresuid(u->uid, u->uid, u->uid), "setresuid(%u, %u, %u)", u->uid, u->uid, u->uid) < 0)
		return id_failed("user", u->uid, e);
	return 0;
}

static void default_signals(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int program_exec(struct program *p, int report, struct err *e)
{
	if (p->init && init_fork(p->killed_by, e) < 0)
		return -1;
	if (take_streams(p, e) < 0)
		return -1;
	if (fchdir(p->workdir_fd) < 0)
		return err_sys(e, "working directory %s", p->workdir ? p->workdir : "/");
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys(e, "close descriptors");
	if (become_user(p, e) < 0)
		return -1;
	if (p->plain) {
		sigprocmask(SIG_SETMASK, &p->mask, NULL);
	} else {
		umask(022);
		default_signals();
	}
	/* After the last change of ids: each of those clears it. */
	if (!p->init && !p->stays) {
		char word;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Whoever would be told of a failure died before that counted. */
		if (recv(report, &word, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
			_exit(125);
	}
	explain_ahead("execve(\"%s\", [\"%s\", ...], %zu variables)", p->file, p->args->v[0], p->env.n);
	explained(execve(p->file, p->args->v, p->env.v), "execve(\"%s\")", p->file);
	err_sys(e, "%s", p->args->v[0]);
	return err_status(e, e->sys == ENOENT || e->sys == ENOTDIR ? 127 : 126);
}
