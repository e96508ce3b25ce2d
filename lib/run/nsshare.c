#include "run/nsshare.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "container/container.h"
#include "container/mountshare.h"
#include "kernel/namespace.h"
#include "run/netstage.h"

static const char *of_pid(const struct plan *p)
{
	return plan_container(p->pid);
}

static const char *of_ipc(const struct plan *p)
{
	return plan_container(p->ipc);
}

/* In the order of entering. */
static const struct kind {
	int flag;
	const char *option, *key; /* on the command line, in the record */
	const char *(*of)(const struct plan *);
	const char *in;      /* "it is itself IN": another container's */
	const char *of_host; /* "it is IN": the host's */
} kinds[] = {
	{CLONE_NEWNET, "--network", "network", netstage_container, "on the network",
	 "on the host's own network (--network host)"},
	{CLONE_NEWIPC, "--ipc", "ipc", of_ipc, "in the IPC namespace",
	 "in the host's IPC namespace (--ipc host)"},
	{CLONE_NEWPID, "--pid", "pid", of_pid, "in the PID namespace",
	 "in the host's PID namespace (--pid host)"},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static const struct kind *first_of(const struct plan *p)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].of(p))
			return &kinds[i];
	return NULL;
}

const char *nsshare_option(const struct plan *p)
{
	const struct kind *first = first_of(p);

	return first ? first->option : NULL;
}

const char *nsshare_container(const struct plan *p)
{
	const struct kind *first = first_of(p);

	return first ? first->of(p) : NULL;
}

bool nsshare_has_pid(const struct plan *p)
{
	return of_pid(p);
}

bool nsshare_has_ipc(const struct plan *p)
{
	return of_ipc(p);
}

bool nsshare_own_pid(const struct plan *p)
{
	return !of_pid(p);
}

bool nsshare_own_ipc(const struct plan *p)
{
	return !of_ipc(p);
}

/* Opens a namespace of another process. -1 with e->sys 0: this process is in the same namespace. */
static int open_other(pid_t pid, int kind, struct err *e)
{
	int differing;

	if (namespace_differing(pid, &differing, e) < 0)
		return -1;
	e->sys = 0;
	return differing & kind ? namespace_open(pid, kind, e) : -1;
}

/* Joins the user namespace, too, and takes its ID map, unless it is the host's. */
static int share_users(struct run *r, const char *id, pid_t pid, struct err *e)
{
	int users = open_other(pid, CLONE_NEWUSER, e);

	if (users < 0)
		return e->sys ? -1 : 0;
	otherns_add(&r->supervisor.others, CLONE_NEWUSER, users);
	r->userns = fcntl(users, F_DUPFD_CLOEXEC, 3);
	if (r->userns < 0)
		return err_sys(e, "%s", id);
	return idmap_of(pid, &r->map, e) < 0
		? -1
		: idmap_share(r->store->run, id, r->id, &r->supervisor.ids, e);
}

/* The namespaces of two containers belong to different users. */
static int check_same(const struct run *r, const char *id, struct err *e)
{
	char other[ID_LEN];

	for (size_t i = 0; i < KINDS; i++) {
		const char *ref = kinds[i].of(r->plan);

		if (!ref)
			continue;
		if (name_resolve(r->store, "ps", ref, other, e) < 0)
			return err_wrap(e, "%s container", kinds[i].option);
		if (strcmp(other, id) != 0)
			return err_set(e,
				       "%s container:%s: not the container of %s: they have "
				       "different users",
				       kinds[i].option, ref, nsshare_option(r->plan));
	}
	return 0;
}

/*
 * Only the container that made the namespaces lends them: shares are noted in its directory
 * (endpoint_share), and keep its addresses and host ids.
 */
static int check_owner(const struct run *r, const struct container *other, struct err *e)
{
	const char *option = nsshare_option(r->plan), *ipc = record_get(&other->config, "ipc");

	for (size_t i = 0; i < KINDS; i++) {
		const char *on = plan_container(record_get(&other->config, kinds[i].key));

		if (on)
			return err_set(e, "%s container:%s: it is itself %s of %s", option,
				       other->id, kinds[i].in, on);
	}
	if (of_ipc(r->plan) && (str_equal(ipc, "private") || str_equal(ipc, "none")))
		return err_set(e, "--ipc container:%s: it was made with --ipc %s", other->id, ipc);
	return 0;
}

static int open_kinds(struct run *r, const char *id, pid_t pid, struct err *e)
{
	for (size_t i = 0; i < KINDS; i++) {
		int fd;

		if (!kinds[i].of(r->plan))
			continue;
		fd = open_other(pid, kinds[i].flag, e);
		if (fd < 0)
			return e->sys ? -1 : err_set(e, "%s: is %s", id, kinds[i].of_host);
		otherns_add(&r->supervisor.others, kinds[i].flag, fd);
	}
	return 0;
}

static int take_files(struct run *r, const char *id, pid_t pid, struct err *e)
{
	if (of_ipc(r->plan) && plan_has_stage(r->plan, STAGE_PROC)) {
		r->supervisor.shared_shm = mountshare_shm(pid, e);
		if (r->supervisor.shared_shm < 0)
			return err_wrap(e, "--ipc container:%s", id);
	}
	/* The container has the names and resolvers of the other one: the same files. */
	if (netstage_is_shared(r->plan))
		mountshare_etc(r->store, id, pid, r->supervisor.etc, idmap_root(&r->map),
			       r->supervisor.shared_etc);
	return 0;
}

int nsshare_prepare(struct run *r, struct err *e)
{
	const char *option = nsshare_option(r->plan);
	own_container struct container other = CONTAINER_NONE;
	struct container_state st;
	pid_t pid;

	for (size_t i = 0; i < KINDS; i++)
		if (otherns_of(&r->supervisor.others, kinds[i].flag) >= 0)
			return 0;
	if (container_open(r->store, nsshare_container(r->plan), &other, e) < 0)
		return err_wrap(e, "%s container", option);
	if (check_same(r, other.id, e) < 0 || check_owner(r, &other, e) < 0)
		return -1;
	/*
	 * The share is recorded before the check: a container that ends after the check then finds
	 * the record and cleans up.
	 */
	if (endpoint_share(r->store, other.id, r->id, e) < 0 ||
	    !container_runs(r->store, &other, &st))
		return err_set(e, "%s container:%s: it does not run", option, other.id);
	pid = st.init.pid;
	if (open_kinds(r, other.id, pid, e) < 0)
		return -1;
	if (r->plan->users == USERS_SHARED && share_users(r, other.id, pid, e) < 0)
		return -1;
	return take_files(r, other.id, pid, e);
}
