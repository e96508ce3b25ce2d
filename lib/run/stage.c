#include "run/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "container/container.h"
#include "container/rootfs.h"
#include "container/treemount.h"
#include "kernel/caps.h"
#include "kernel/owner.h"
#include "kernel/rlimit.h"
#include "kernel/seccomp.h"
#include "kernel/subvol.h"
#include "run/channel.h"
#include "run/command.h"
#include "run/devtty.h"
#include "run/hostmounts.h"
#include "run/netrecipe.h"
#include "run/netstage.h"
#include "run/rootrecipe.h"
#include "run/userstage.h"
#include "store/volstore.h"

/* snapshot: a root directory of the container's own, that shares all it does not change. */

static bool snapshot_wanted(const struct plan *p)
{
	return !p->rootfs;
}

int stage_snapshot(struct run *r, struct err *e)
{
	if (r->make_snapshot && subvol_snapshot(r->image, r->home, "rootfs", false, e) < 0)
		return -1;
	r->rootfs = openat(r->home, "rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->rootfs < 0)
		return err_sys(e, "rootfs");
	for (size_t i = 0; r->make_snapshot && i < r->plan->image_volumes.n; i++) {
		own_str char *name = volstore_own_name(i);

		if (volstore_create(r->home, name, r->rootfs, r->plan->image_volumes.v[i], e) < 0)
			return -1;
	}
	return 0;
}

/* cgroup: what it may use, and where everything it starts is found. */

static int cgroup_prepare(struct run *r, struct err *e)
{
	r->supervisor.group_path = container_group(r->id);
	return cgroup_create(r->supervisor.group_path, &r->plan->limits, &r->supervisor.group, e);
}

static int cgroup_enter(struct run *r, struct err *e)
{
	return cgroup_join(&r->supervisor.group, false, e); /* v2: cloned into it */
}

static void cgroup_undo(struct run *r)
{
	struct err ignored;

	if (!r->supervisor.group_path)
		return;
	cgroup_close(&r->supervisor.group);
	cgroup_kill(r->supervisor.group_path, &ignored);
	cgroup_delete(r->supervisor.group_path, &ignored);
}

/* uts */

static int uts_enter(struct run *r, struct err *e)
{
	if (r->hostname &&
	    explained(sethostname(r->hostname, strlen(r->hostname)), "sethostname(\"%s\", %zu)",
		      r->hostname, strlen(r->hostname)) < 0)
		return err_sys(e, "host name %s", r->hostname);
	return 0;
}

/* cgns: its own group looks like the top of the tree. */

static int cgns_enter(struct run *r, struct err *e)
{
	(void)r;
	/* Only now: the namespace starts at the group the process is in. */
	return explained(unshare(CLONE_NEWCGROUP), "unshare(CLONE_NEWCGROUP)") < 0
		? err_sys(e, "cgroup namespace")
		: 0;
}

/* mnt */

#define MADE_MNT "CT_MNT_NS" /* for the next bare run: the number of the namespace made for it */

static int mnt_enter(struct run *r, struct err *e)
{
	own_str char *made = NULL;
	char number[24];

	if (rootfs_private(e) < 0)
		return -1;
	if (r->store)
		return 0;
	if (rootfs_own(number, e) < 0)
		return -1;
	made = str_fmt(MADE_MNT "=%s", number);
	command_set_env(&r->first.program.env, made);
	return 0;
}

/* Stages that mount do it in a namespace of their own: of this run, or of a bare one that runs
 * this. */
static int mounts_prepare(struct run *r, struct err *e)
{
	return plan_has_stage(r->plan, STAGE_MNT)
		? 0
		: rootfs_check_own(r->store ? NULL : getenv(MADE_MNT), e);
}

static int mounts_enter(const struct run *r, struct err *e)
{
	return plan_has_stage(r->plan, STAGE_MNT) ? 0 : rootfs_private(e);
}

/* root: the snapshot becomes "/". */

static int root_prepare(struct run *r, struct err *e)
{
	if (r->plan->rootfs)
		r->rootfs = open(r->plan->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->rootfs < 0)
		return err_sys(e, "%s", r->plan->rootfs);
	r->mounts_in_child = !r->store && (!r->map.n || !caps_held(CAP_SYS_ADMIN));
	if (r->mounts_in_child && r->map.n)
		strv_take(r->notes,
			  str_fmt("%s: its owners are not mapped, as only root may do that",
				  r->plan->rootfs));
	return mounts_prepare(r, e);
}

static int root_grant(struct run *r, struct err *e)
{
	return r->mounts_in_child ? 0 : hostmounts_give(r, e);
}

static int root_enter(struct run *r, struct err *e)
{
	int mount;

	if (mounts_enter(r, e) < 0 || (r->mounts_in_child && hostmounts_give(r, e) < 0))
		return -1;
	mount = hostmounts_root(r, e);
	if (mount < 0)
		return -1;
	r->first.root = rootfs_enter(mount, &r->first.host, e);
	if (r->first.root < 0 || treemount_files(&r->tree, r->first.host, e) < 0)
		return -1;
	if (plan_has_stage(r->plan, STAGE_PROC))
		return 0;
	/* That stage may yet follow in a bare run, and needs them. */
	if (!r->store && rootfs_take_along(r->first.root, r->first.host, e) < 0)
		return -1;
	return rootfs_drop_host(r->first.host, e) < 0
		? -1
		: treemount_user(&r->tree, r->first.root, r->first.dev, e);
}

/* proc: the kernel's file systems, devices, and what the user mounts among them. */

/* The kernel mounts /proc for who owns the PID namespace that it shows (user_namespaces(7)). */
static int kernel_failed(const struct run *r, struct err *e)
{
	own_str char *why = str_dup(e->msg);

	if (e->sys != EPERM || !plan_has_stage(r->plan, STAGE_USER) ||
	    plan_has_stage(r->plan, STAGE_PID) || !r->map.n)
		return -1;
	return err_set(
		e,
		"%s: a user namespace mounts /proc only with the stage pid (--without pid,proc%s)",
		why, r->store ? ", or --userns host" : "");
}

static int proc_enter(struct run *r, struct err *e)
{
	bool root = plan_has_stage(r->plan, STAGE_ROOT);

	if (!root && (mounts_enter(r, e) < 0 || rootfs_stay(&r->first.root, &r->first.host, e) < 0))
		return -1;
	if (treemount_kernel(&r->tree, r->first.root, r->first.host, &r->first.dev, e) < 0)
		return kernel_failed(r, e);
	/* Still on top of the new root, the host's is where a link to ".." of "/" would lead. */
	if (root && rootfs_drop_host(r->first.host, e) < 0)
		return -1;
	return root ? treemount_user(&r->tree, r->first.root, r->first.dev, e) : 0;
}

/* caps, seccomp */

static int caps_seal(struct run *r, struct err *e)
{
	return caps_limit(r->plan->caps, e);
}

static bool seccomp_wanted(const struct plan *p)
{
	return !p->privileged;
}

static int seccomp_seal(struct run *r, struct err *e)
{
	/* Who may not do it without this, because the stage caps came before, may do it with. */
	if (!r->store && !caps_held(CAP_SYS_ADMIN) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "no new privileges");
	return seccomp_filter_load(r->plan->caps, e);
}

/* exec: the program, as its user, on its streams. Executed at the very end (spawn.c). */

static int exec_prepare(struct run *r, struct err *e)
{
	uint32_t root = r->map.n ? idmap_outside(&r->map, 0) : 0;

	if (!r->store)
		return streams_lend(&r->supervisor.streams, r->input, e);
	return streams_open(&r->supervisor.streams, r->plan->tty ? STREAMS_TERMINAL : STREAMS_PIPES,
			    r->input, root == (uint32_t)-1 ? 0 : root, e);
}

/* Last, because a small limit would get in the way of building the rest. */
static int exec_release(struct run *r, struct err *e)
{
	/* A host's root without CAP_SYS_RESOURCE may still change limits in a user namespace of its
	 * own id. */
	bool begun = r->plan->ulimits.n && owner_begin(idmap_root(&r->map));
	int failed = 0;

	for (size_t i = 0; !failed && i < r->plan->ulimits.n; i++)
		failed = rlimit_set(r->supervisor.pid, r->plan->ulimits.v[i], r->notes, e);
	owner_end(begun);
	return failed;
}

/* Its terminal, from its own devpts, of which the supervisor gets the master. */
static int take_terminal(struct run *r, struct err *e)
{
	struct program *p = &r->first.program;
	int slave = -1;
	own_fd int master = devtty_open(r->first.dev, &p->who, &slave, e);

	if (master < 0 || devtty_mount_console(r->first.dev, slave, e) < 0)
		return -1;
	p->stdio[0] = p->stdio[1] = p->stdio[2] = slave;
	return channel_send(r->channel, MESSAGE_TERMINAL, NULL, master, e);
}

static int exec_enter(struct run *r, struct err *e)
{
	struct program *p = &r->first.program;

	if (r->first.root < 0 && rootfs_stay(&r->first.root, &r->first.host, e) < 0)
		return -1;
	if (!p->as_is && user_find(r->first.root, r->plan->user, &p->who, e) < 0)
		return -1;
	memcpy(p->stdio, r->supervisor.streams.theirs, sizeof(p->stdio));
	if (p->tty) {
		if (take_terminal(r, e) < 0)
			return -1;
	} else {
		if (r->store)
			program_own_streams(p);
	}
	if (r->store && gethostname(p->hostname, sizeof(p->hostname)) < 0)
		return err_sys(e, "host name");
	if (!r->store && !p->workdir && !plan_has_stage(r->plan, STAGE_ROOT))
		p->workdir_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (command_find(p, r->first.root, e) < 0)
		return -1;
	if (treemount_last(&r->tree, r->first.root, e) < 0)
		return -1;
	/* The user's keys are not the container's. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	return 0;
}

const struct stage stages[] = {
	{.id = STAGE_SNAPSHOT,
	 .says = "a snapshot of the image is its root directory; see: btrfs subvolume list",
	 .wanted = snapshot_wanted,
	 .prepare = stage_snapshot,
	 .shell = recipe_snapshot},
	{.id = STAGE_CGROUP,
	 .says = "what it may use, and where all that it starts is found; see: cat /proc/PID/cgroup",
	 .prepare = cgroup_prepare,
	 .enter = cgroup_enter,
	 .undo = cgroup_undo,
	 .shell = recipe_cgroup},
	{.id = STAGE_USER,
	 .says = "ids of its own, root among them; see: cat /proc/PID/uid_map",
	 .clone_flag = CLONE_NEWUSER,
	 .wanted = userstage_wanted,
	 .prepare = userstage_prepare,
	 .grant = userstage_grant,
	 .enter = userstage_enter,
	 .undo = userstage_undo,
	 .shell = recipe_user},
	{.id = STAGE_USER,
	 .says = "ids of its own, root among them; see: cat /proc/PID/uid_map",
	 .wanted = userstage_is_unmapped,
	 .seal = userstage_seal_unmapped,
	 .shell = recipe_user_unmapped},
	{.id = STAGE_USER,
	 .says = "the ids of the other container; see: cat /proc/PID/uid_map",
	 .wanted = userstage_is_shared,
	 .prepare = netstage_share,
	 .enter = userstage_enter_shared,
	 .undo = userstage_undo,
	 .shell = recipe_user_shared},
	{.id = STAGE_NET,
	 .says = "a network of its own; see: nsenter -t PID -n ip address",
	 .clone_flag = CLONE_NEWNET,
	 .wanted = netstage_is_new,
	 .prepare = netstage_prepare,
	 .grant = netstage_grant,
	 .enter = netstage_enter,
	 .undo = netstage_undo,
	 .shell = recipe_net},
	{.id = STAGE_NET,
	 .says = "the network of the other container; see: nsenter -t PID -n ip address",
	 .wanted = netstage_is_shared,
	 .prepare = netstage_share,
	 .grant = netstage_grant,
	 .shell = recipe_net_shared},
	{.id = STAGE_UTS,
	 .says = "a host name of its own; see: nsenter -t PID -u hostname",
	 .clone_flag = CLONE_NEWUTS,
	 .enter = uts_enter,
	 .shell = recipe_uts},
	{.id = STAGE_IPC,
	 .says = "message queues, semaphores and shared memory of its own; see: ls -l /proc/PID/ns/ipc",
	 .clone_flag = CLONE_NEWIPC,
	 .shell = recipe_ipc},
	{.id = STAGE_PID,
	 .says = "process ids of its own, from 1 on; see: grep NSpid /proc/PID/status",
	 .clone_flag = CLONE_NEWPID,
	 .shell = recipe_pid},
	{.id = STAGE_CGNS,
	 .says = "its group looks like the top of the tree; see: ls -l /proc/PID/ns/cgroup",
	 .enter = cgns_enter,
	 .shell = recipe_cgns},
	{.id = STAGE_TIME,
	 .says = "clocks that can be set apart; see: ls -l /proc/PID/ns/time",
	 .clone_flag = CLONE_NEWTIME,
	 .shell = recipe_time},
	{.id = STAGE_MNT,
	 .says = "mounts of its own, which nobody else sees; see: ls -l /proc/PID/ns/mnt",
	 .clone_flag = CLONE_NEWNS,
	 .enter = mnt_enter,
	 .shell = recipe_mnt},
	{.id = STAGE_ROOT,
	 .says = "its root directory becomes \"/\"; see: ls /proc/PID/root/",
	 .prepare = root_prepare,
	 .grant = root_grant,
	 .enter = root_enter,
	 .shell = recipe_root},
	{.id = STAGE_PROC,
	 .says = "the kernel's own file systems, devices, and what is mounted beside; see: cat /proc/PID/mounts",
	 .prepare = mounts_prepare,
	 .enter = proc_enter,
	 .shell = recipe_proc},
	{.id = STAGE_CAPS,
	 .says = "what its root may not do any more; see: grep Cap /proc/PID/status",
	 .seal = caps_seal,
	 .shell = recipe_caps},
	{.id = STAGE_SECCOMP,
	 .says = "system calls that it may not make; see: grep Seccomp /proc/PID/status",
	 .wanted = seccomp_wanted,
	 .seal = seccomp_seal,
	 .shell = recipe_seccomp},
	{.id = STAGE_EXEC,
	 .says = "the program; see: ls -l /proc/PID/exe",
	 .prepare = exec_prepare,
	 .enter = exec_enter,
	 .release = exec_release,
	 .shell = recipe_exec},
	{.says = NULL},
};

bool stage_is_wanted(const struct stage *s, const struct plan *plan)
{
	return plan_has_stage(plan, s->id) && (!s->wanted || s->wanted(plan));
}
