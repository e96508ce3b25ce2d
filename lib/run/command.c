#include "run/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"

static const char *env_get(const struct strv *env, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = env->n; i-- > 0;) /* the last one counts */
		if (strncmp(env->v[i], name, len) == 0 && env->v[i][len] == '=')
			return env->v[i] + len + 1;
	return NULL;
}

void command_set_env(struct strv *env, const char *setting)
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

/* 0: the file can be executed; 126: it cannot; 127: it is missing. */
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
		/* A relative path is resolved by execve(2) in the working directory, including
		 * links of /proc. */
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
	err_set(e, worst == 126 ? "%s: cannot be executed" : "%s: not found in the container",
		name);
	return err_status(e, worst);
}

void command_complete_env(struct program *p)
{
	if (!env_get(&p->env, "PATH"))
		strv_add(&p->env, "PATH=" COMMAND_PATH);
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
	int fd = p->make_workdir ? path_mkdirs(root, path, 0755, e)
				 : path_open(root, path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0)
		return fd;
	if (!p->make_workdir) {
		err_sys(e, "%s", path);
		err_status(e, e->sys == ENOENT ? 127 : 126);
	}
	return err_wrap(e, "working directory");
}

int command_find(struct program *p, int root, struct err *e)
{
	command_complete_env(p);
	if (p->workdir_fd < 0)
		p->workdir_fd = open_workdir(p, root, e);
	if (p->workdir_fd < 0)
		return -1;
	return find_file(p, root, e);
}
