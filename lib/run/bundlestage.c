#include "run/bundlestage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "container/user.h"
#include "kernel/cgroup.h"
#include "kernel/hierarchy.h"
#include "kernel/namespace.h"
#include "run/bundleproc.h"
#include "run/bundleroot.h"
#include "run/cgroupstage.h"
#include "run/channel.h"
#include "run/command.h"
#include "run/hook.h"
#include "run/hostmounts.h"
#include "run/netstage.h"
#include "run/rootstage.h"
#include "run/shortstage.h"
#include "run/startsocket.h"
#include "run/userstage.h"

/* --- the cgroup --- */

static int prepare_cgroup(struct run *r, struct err *e)
{
	const struct bundle *b = r->plan->bundle;
	static const struct limits none;
	int n;

	hierarchy_want_all();
	/* A failure kills what is in the cgroup. */
	n = cgroup_processes(b->cgroup, e);
	if (n)
		return n < 0 ? -1
			     : err_set(e, "control group %s: has processes already", b->cgroup);
	r->supervisor.group_path = str_dup(b->cgroup);
	if (cgroup_create(b->cgroup, &none, &r->supervisor.group, e) < 0)
		return -1;
	return b->resources ? resources_set(r->supervisor.group.path, b->resources, e) : 0;
}

/*
 * Last, because the first process makes device nodes. The devices that every container has are
 * allowed whatever the bundle denies, as by other runtimes: engines deny all and rely on that.
 */
static int release_cgroup(struct run *r, struct err *e)
{
	const struct bundle *b = r->plan->bundle;

	return devrules_set_usual(r->supervisor.group.path, b->device_rules, b->device_rules_n, e);
}

/* --- namespaces --- */

static int open_joins(struct run *r, struct err *e)
{
	const struct bundle *b = r->plan->bundle;

	for (size_t i = 0; i < b->joins_n; i++)
		if (otherns_open(&r->supervisor.others, b->joins[i].flag, b->joins[i].path, e) < 0)
			return -1;
	r->supervisor.others.offsets = b->time_offsets;
	return 0;
}

static int prepare_user(struct run *r, struct err *e)
{
	r->map = r->plan->bundle->uids;
	return r->map.n ? 0 : err_set(e, "user namespace: no uidMappings");
}

static int grant_user(struct run *r, struct err *e)
{
	if (idmap_write_both(&r->map, &r->plan->bundle->gids, r->supervisor.pid, e) < 0)
		return -1;
	r->userns = namespace_open(r->supervisor.pid, CLONE_NEWUSER, e);
	return r->userns < 0 ? -1 : 0;
}

/* A user namespace that is joined: its maps are those of the first process. */
static int grant_joined_user(struct run *r, struct err *e)
{
	if (otherns_of(&r->supervisor.others, CLONE_NEWUSER) < 0)
		return 0;
	r->userns = namespace_open(r->supervisor.pid, CLONE_NEWUSER, e);
	return r->userns < 0 ? -1 : idmap_of(r->supervisor.pid, &r->map, e);
}

static int become_root(uint32_t uid, uint32_t gid, struct err *e)
{
	if ((explained(setgroups(0, NULL), "setgroups(0, NULL)") < 0 && errno != EPERM) ||
	    explained(setresgid(gid, gid, gid), "setresgid(%u, %u, %u)", gid, gid, gid) < 0 ||
	    explained(setresuid(uid, uid, uid), "setresuid(%u, %u, %u)", uid, uid, uid) < 0)
		return err_sys(e, "become %u of the user namespace", uid);
	return 0;
}

/* A map may lack the id 0. */
static uint32_t first_of(const struct idmap *m)
{
	return m->n && idmap_outside(m, 0) == (uint32_t)-1 ? m->line[0].inside : 0;
}

static int enter_user(struct run *r, struct err *e)
{
	return become_root(first_of(&r->map), first_of(&r->plan->bundle->gids), e);
}

static bool shares_mounts(const struct plan *p)
{
	return p->bundle->shared_mounts;
}

static bool has_own_mounts(const struct plan *p)
{
	return !p->bundle->shared_mounts;
}

static int enter_mnt(struct run *r, struct err *e)
{
	const struct bundle *b = r->plan->bundle;
	unsigned long how = b->root_propagation ? b->root_propagation : MS_SLAVE | MS_REC;

	/* The first stage that every bundle has. */
	if (otherns_of(&r->supervisor.others, CLONE_NEWUSER) >= 0 && become_root(0, 0, e) < 0)
		return -1;
	if (bundleproc_begin(&b->process, e) < 0)
		return -1;
	if (b->shared_mounts)
		return 0;
	/* The root's own propagation is set when it is "/". */
	how = (how & (MS_SHARED | MS_SLAVE) ? how & (MS_SHARED | MS_SLAVE) : MS_PRIVATE) | MS_REC;
	if (explained(mount(NULL, "/", NULL, how, NULL), "mount(NULL, \"/\", NULL, 0x%lx, NULL)",
		      how) < 0)
		return err_sys(e, "mount namespace: set the propagation of its mounts");
	return 0;
}

static int enter_uts(struct run *r, struct err *e)
{
	const char *domain = r->plan->bundle->domainname;

	if (shortstage_enter_uts(r, e) < 0)
		return -1;
	if (domain &&
	    explained(setdomainname(domain, strlen(domain)), "setdomainname(\"%s\", %zu)", domain,
		      strlen(domain)) < 0)
		return err_sys(e, "domain name %s", domain);
	return 0;
}

/* --- the program --- */

static int prepare_exec(struct run *r, struct err *e)
{
	r->first.program.process = &r->plan->bundle->process;
	r->first.program.stays = true;
	r->first.program.plain = false; /* a session of its own, with the signals reset */
	if (r->state >= 0 && (r->start = startsocket_open(r->state, e)) < 0)
		return -1;
	return streams_lend(&r->supervisor.streams, true, e);
}

/* The home directory is needed only where the environment has none. */
static int find_home(const struct run *r, struct user *who, struct err *e)
{
	own_str char *uid = str_fmt("%u", r->plan->bundle->process.user.uid);

	for (size_t i = 0; i < r->plan->env.n; i++)
		if (str_starts(r->plan->env.v[i], "HOME="))
			return 0;
	return user_find(r->first.place.root, uid, who, e);
}

static int enter_exec(struct run *r, struct err *e)
{
	struct program *p = &r->first.program;

	if (!p->tty) {
		memcpy(p->stdio, r->supervisor.streams.theirs, sizeof(p->stdio));
		program_own_streams(p);
	}
	if (find_home(r, &p->who, e) < 0 || command_find(p, r->first.place.root, e) < 0)
		return -1;
	if (r->plan->read_only && bundleroot_read_only(r, e) < 0)
		return -1;
	explained(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL),
		  "keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)");
	return 0;
}

static int release_exec(struct run *r, struct err *e)
{
	return bundleproc_limit(&r->plan->bundle->process, r->supervisor.pid, idmap_root(&r->map),
				e);
}

const struct stage bundle_stages[] = {
	{.id = STAGE_CGROUP,
	 .says = "cgroup",
	 .prepare = prepare_cgroup,
	 .enter = cgroupstage_enter,
	 .release = release_cgroup,
	 .undo = cgroupstage_undo},
	{.id = STAGE_USER,
	 .says = "user",
	 .clone_flag = CLONE_NEWUSER,
	 .prepare = prepare_user,
	 .grant = grant_user,
	 .enter = enter_user},
	{.id = STAGE_NET, .says = "net", .clone_flag = CLONE_NEWNET, .enter = netstage_enter},
	{.id = STAGE_UTS, .says = "uts", .clone_flag = CLONE_NEWUTS, .enter = enter_uts},
	{.id = STAGE_IPC, .says = "ipc", .clone_flag = CLONE_NEWIPC},
	{.id = STAGE_PID, .says = "pid", .clone_flag = CLONE_NEWPID},
	{.id = STAGE_CGNS, .says = "cgns", .enter = shortstage_enter_cgns},
	{.id = STAGE_TIME, .says = "time", .clone_flag = CLONE_NEWTIME},
	{.id = STAGE_MNT,
	 .says = "mnt",
	 .wanted = shares_mounts,
	 .prepare = open_joins,
	 .grant = grant_joined_user,
	 .enter = enter_mnt},
	{.id = STAGE_MNT,
	 .says = "mnt",
	 .clone_flag = CLONE_NEWNS,
	 .wanted = has_own_mounts,
	 .prepare = open_joins,
	 .grant = grant_joined_user,
	 .enter = enter_mnt},
	{.id = STAGE_ROOT,
	 .says = "root",
	 .prepare = bundleroot_prepare,
	 .grant = bundleroot_grant,
	 .enter = bundleroot_enter,
	 .undo = bundleroot_undo},
	{.id = STAGE_EXEC,
	 .says = "exec",
	 .prepare = prepare_exec,
	 .enter = enter_exec,
	 .release = release_exec},
	{.says = NULL},
};

/* --- hooks and the start --- */

int bundlestage_hooks(struct run *r, struct err *e)
{
	const struct bundle *b = r->plan->bundle;
	own_str char *pid = str_fmt("%d", (int)r->supervisor.pid);
	struct message m;
	int got;

	if (!bundleroot_has_hooks(b))
		return 0;
	got = channel_receive(r->channel, &m, e);
	if (got > 0 && m.kind != MESSAGE_MOUNTED) {
		*e = m.err;
		return -1;
	}
	if (got <= 0)
		return got < 0 ? -1 : err_set(e, "the first process was killed");
	if (hook_run(b, HOOK_PRESTART, r->supervisor.pid, "created", e) < 0 ||
	    hook_run(b, HOOK_CREATE_RUNTIME, r->supervisor.pid, "creating", e) < 0)
		return -1;
	return channel_send(r->channel, MESSAGE_GRANTED, pid, -1, e);
}

/* containerd's shim reads what `create` prints until its end, before it starts the container: a
 * first process that has a terminal must not keep the streams of `create`. */
static int leave_streams(struct run *r, struct err *e)
{
	const struct program *p = &r->first.program;

	if (!p->tty)
		return 0;
	for (int i = 0; i < 3; i++)
		if (dup2(p->stdio[i], i) < 0)
			return err_sys(e, "set the standard streams");
	streams_close_theirs(&r->supervisor.streams);
	return 0;
}

int bundlestage_await(struct run *r, const struct message *m, struct err *e)
{
	if (m->kind == MESSAGE_LEAVE) {
		if (leave_streams(r, e) < 0)
			return -1;
		prctl(PR_SET_PDEATHSIG, 0);
		shut_fd(&r->channel);
		r->channel = startsocket_await(r->start, e);
		if (r->channel < 0)
			_exit(125); /* no process is there to be told */
	}
	return hook_run(r->plan->bundle, HOOK_START_CONTAINER, r->first.pid, "created", e);
}
