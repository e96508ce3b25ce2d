#include "run/run.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "container/bundletree.h"
#include "kernel/netlink.h"
#include "net/etcdir.h"
#include "run/init.h"

static struct run_supervisor supervisor_none(void)
{
	return (struct run_supervisor){
		.group = {.v2 = -1},
		.ids = -1,
		.files = -1,
		.etc = -1,
		.shared_etc = {-1, -1, -1},
		.shared_shm = -1,
		.net = {.control = -1},
		.streams = {.theirs = {-1, -1, -1}, .ours = {-1, -1, -1}, .master = -1},
		.pidfd = -1,
	};
}

static struct run_first first_none(const struct run *r)
{
	const struct plan *p = r->plan;
	struct run_first first = {
		.place = {.root = -1, .host = -1, .dev = -1},
		.program = {.args = &p->args,
			    .workdir = p->workdir,
			    .workdir_fd = -1,
			    .tty = p->tty,
			    .init = p->init,
			    .plain = !r->store,
			    .umask = p->umask,
			    .no_new_privs = p->no_new_privs,
			    .mask = r->mask,
			    .make_workdir = true,
			    .as_is = !p->user && (!r->store || p->users == USERS_UNMAPPED)}};

	for (size_t i = 0; i < p->env.n; i++)
		strv_add(&first.program.env, p->env.v[i]);
	return first;
}

void run_begin(struct run *r)
{
	r->rootfs = r->userns = r->channel = -1;
	r->start = -1;
	r->supervisor = supervisor_none();
	r->first = first_none(r);
}

int run_open(struct run *r, struct err *e)
{
	struct filetree_host host = filetree_host(r->store);
	struct run_supervisor *s = &r->supervisor;

	if (r->plan->bundle)
		return bundletree_build(&r->tree, r->plan, r->plan->users != USERS_HOST, e);
	if (filetree_build(&r->tree, r->plan, &host, e) < 0)
		return -1;
	if (r->plan->init && init_share(&r->first.program.killed_by, e) < 0)
		return -1;
	if (!r->store)
		return 0;
	s->files = openat(r->store->run, r->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->files < 0)
		return err_sys(e, "%s/%s", r->store->run_path, r->id);
	s->etc = etcdir_make(s->files, e);
	return s->etc < 0 ? -1 : 0;
}

void run_end(struct run *r)
{
	struct run_supervisor *s = &r->supervisor;

	shut_fd(&s->net.control);
	ports_close(&s->net.ports);
	netlink_close(&s->net.rtnl);
	streams_close(&s->streams);
	otherns_close(&s->others);
	cgroup_close(&s->group);
	shut_fd(&s->pidfd);
	shut_fd(&s->ids);
	shut_fd(&s->files);
	shut_fd(&s->etc);
	for (size_t i = 0; i < ETC_FILES; i++)
		shut_fd(&s->shared_etc[i]);
	shut_fd(&s->shared_shm);
	free(take_ptr(&s->group_path));
	shut_fd(&r->channel);
	shut_fd(&r->start);
	shut_fd(&r->userns);
	shut_fd(&r->rootfs);
	init_unshare(&r->first.program.killed_by);
	strv_free(&r->first.program.env);
	buf_free(&r->first.filter);
	filetree_free(&r->tree);
}
