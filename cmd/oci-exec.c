/* The command exec of ct-oci: another process in a running container. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/own.h"
#include "cmd.h"
#include "container/monitor.h"
#include "kernel/caps.h"
#include "oci.h"
#include "oci/ocijson.h"
#include "run/bundlejoin.h"

/* "UID" or "UID:GID". */
static int read_user(const char *text, struct bundle_user *to, struct err *e)
{
	own_str char *uid = str_dup(text);
	char *gid = strchr(uid, ':');
	uint64_t id = 0;

	if (gid)
		*gid++ = '\0';
	*to = (struct bundle_user){.umask_given = to->umask_given, .umask = to->umask};
	if (num_uint(uid, 0, UINT32_MAX - 1, &id, e) < 0)
		return err_wrap(e, "--user %s", text);
	to->uid = to->gid = (uid_t)id;
	if (!gid) {
		to->gid = 0;
		return 0;
	}
	if (num_uint(gid, 0, UINT32_MAX - 1, &id, e) < 0)
		return err_wrap(e, "--user %s", text);
	to->gid = (gid_t)id;
	return 0;
}

static int add_caps(const struct oci_args *args, struct bundle_caps *to, struct err *e)
{
	uint64_t set = 0;

	for (size_t i = 0; i < args->caps.n; i++)
		if (caps_read(args->caps.v[i], &set, e) < 0)
			return err_wrap(e, "--cap");
	to->bounding |= set;
	to->permitted |= set;
	to->effective |= set;
	return 0;
}

/* The process of the container's config, changed by the options. */
static int adapt(const struct oci_args *args, char **command, struct ociconfig *c, struct err *e)
{
	struct plan *p = &c->plan;

	strv_free(&p->args);
	p->args = (struct strv){0};
	for (; *command; command++)
		strv_add(&p->args, *command);
	if (args->cwd && *args->cwd != '/')
		return err_set(e, "--cwd %s: not an absolute path", args->cwd);
	p->workdir = args->cwd ? args->cwd : p->workdir;
	for (size_t i = 0; i < args->env.n; i++) {
		const char *new = args->env.v[i];
		size_t name = strcspn(new, "=") + 1, k = 0;

		while (k < p->env.n && strncmp(p->env.v[k], new, name) != 0)
			k++;
		if (k < p->env.n) {
			free(p->env.v[k]);
			p->env.v[k] = str_dup(new);
		} else {
			strv_add(&p->env, new);
		}
	}
	p->tty = args->tty;
	c->bundle.process.no_new_privs = c->bundle.process.no_new_privs || args->no_new_privs;
	if (args->user && read_user(args->user, &c->bundle.process.user, e) < 0)
		return -1;
	return add_caps(args, &c->bundle.process.caps, e);
}

/* --process has the whole process, of which only the seccomp filter is the container's. */
static int read_process(const struct oci_args *args, struct ociconfig *c, struct err *e)
{
	json_t *json = ocijson_read(AT_FDCWD, args->process, NULL, e);

	if (!json || ociconfig_read_process(c, json, e) < 0)
		return err_wrap(e, "--process %s", args->process);
	c->plan.tty = c->plan.tty || args->tty;
	return 0;
}

static int start(struct oci_args *args, const struct ocistate *s, char **command,
		 struct bundlejoin *join, struct err *e)
{
	own_ociconfig struct ociconfig whole = {0}, own = {0};
	own_ociseccomp struct ociseccomp seccomp = {0};
	struct ociconfig *c = args->process ? &own : &whole;

	if (oci_config(s, &whole, e) < 0)
		return -1;
	if (args->process ? read_process(args, &own, e) < 0 : adapt(args, command, &whole, e) < 0)
		return -1;
	if (ociseccomp_make(&seccomp, whole.seccomp, args->directory, e) < 0)
		return -1;
	c->bundle.process.seccomp = seccomp.plan;
	c->bundle.process.preserve_fds = (int)args->preserve_fds;
	if (c->plan.tty && args->detach && !args->console)
		return err_set(e, "a terminal needs --console-socket with --detach");
	join->target = s->first;
	join->plan = &c->plan;
	join->process = &c->bundle.process;
	join->cgroup = s->cgroup;
	join->console = args->console;
	join->rows = (unsigned short)c->rows;
	join->columns = (unsigned short)c->columns;
	join->detached = args->detach;
	return bundlejoin_start(join, e);
}

/* Returns the exit status of the process. */
static int run(struct oci_args *args, char **operands, struct err *e)
{
	own_ocistate struct ocistate s = OCISTATE_NONE;
	own_strv struct strv notes = {0};
	struct bundlejoin join = {.master = -1, .pidfd = -1};
	struct streams streams = {.theirs = {-1, -1, -1}, .ours = {-1, -1, -1}, .master = -1};
	own_fd int signals = args->detach ? -1 : monitor_signals(e);
	struct ending ending;

	if (!args->process == !operands[1])
		return err_set(e, "%s: needs either a command or --process", operands[0]);
	if (args->preserve_fds > 1000)
		return err_set(e, "--preserve-fds: more than 1000");
	if ((!args->detach && signals < 0) ||
	    ocistate_open(args->directory, operands[0], &s, e) < 0)
		return -1;
	if (s.status != OCI_RUNNING)
		return err_set(e, "%s: container is %s", s.id, ocistatus_name(s.status));
	if (start(args, &s, operands + 1, &join, e) < 0)
		return err_wrap(e, "%s", s.id);
	if (oci_write_pid(args, join.pid, e) < 0) {
		kill(join.pid, SIGKILL);
		proc_wait_child(join.pid);
		return err_wrap(e, "%s", s.id);
	}
	if (args->detach)
		return 0;
	streams.master = join.master;
	if (monitor_run(join.pidfd, signals, &streams, join.master >= 0, NULL, &notes, NULL, NULL,
			NULL, &ending, e) < 0)
		return -1;
	for (size_t i = 0; i < notes.n; i++)
		oci_note(args, notes.v[i]);
	return ending_status(&ending);
}

int oci_exec(struct oci_args *args, char **operands)
{
	struct err e;
	int status = run(args, operands, &e);

	return status < 0 ? oci_failed(args, &e) : status;
}
