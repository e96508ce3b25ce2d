#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/keyctl.h>

#include "caps.h"
#include "channel.h"
#include "container.h"
#include "data.h"
#include "err.h"
#include "handover.h"
#include "own.h"
#include "rlimit.h"
#include "rootfs.h"
#include "subvol.h"
#include "sysfilter.h"

/* snapshot: a root directory of the container's own, that shares all it does not change. */

static int snapshot_prepare(struct run *r, struct err *e)
{
	if (r->make_snapshot && subvol_snapshot(r->image, r->home, "rootfs", false, e) < 0)
		return -1;
	if (r->plan->rootfs)
		r->rootfs = open(r->plan->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		r->rootfs = openat(r->home, "rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->rootfs < 0)
		return err_sys(e, "%s", r->plan->rootfs ? r->plan->rootfs : "rootfs");
	for (size_t i = 0; r->make_snapshot && i < r->plan->image_volumes.n; i++) {
		own_str char *name = data_own_name(i);

		if (data_create(r->home, name, r->rootfs, r->plan->image_volumes.v[i], e) < 0)
			return -1;
	}
	return 0;
}

/* cgroup: what it may use, and where everything it starts is found. */

static int cgroup_prepare(struct run *r, struct err *e)
{
	r->group_path = container_group(r->id);
	return limit_create(r->group_path, &r->plan->limits, &r->group, e);
}

static int cgroup_enter(struct run *r, struct err *e)
{
	return limit_join(&r->group, false, e);		/* v2: cloned into it */
}

static void cgroup_undo(struct run *r)
{
	struct err ignored;

	if (!r->group_path)
		return;
	limit_close(&r->group);
	limit_kill(r->group_path, &ignored);
	limit_delete(r->group_path, &ignored);
}

/* user: ids of its own, so that its root is nobody on the host. */

static bool user_wanted(const struct plan *p)
{
	return !str_equal(p->userns, "host") && !str_equal(p->userns, "unmapped");
}

static int user_prepare(struct run *r, struct err *e)
{
	if (str_equal(r->plan->userns, "auto"))
		return idmap_claim(r->store->run, r->id, &r->map, e);
	return idmap_read(r->plan->userns, &r->map, e);
}

static int user_grant(struct run *r, struct err *e)
{
	own_str char *path = str_fmt("/proc/%d/ns/user", (int)r->pid);

	if (idmap_write(&r->map, r->pid, e) < 0)
		return -1;
	r->userns = open(path, O_RDONLY | O_CLOEXEC);
	return r->userns < 0 ? err_sys(e, "%s", path) : 0;
}

static int user_enter(struct run *r, struct err *e)
{
	(void)r;
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return err_sys(e, "become root of the user namespace");
	return 0;
}

static void user_undo(struct run *r)
{
	idmap_release(r->store->run, r->id);
}

static bool user_unmapped(const struct plan *p)
{
	return str_equal(p->userns, "unmapped");
}

/* Who has no id cannot make a file on a tmpfs of its own, so everything else is built before. */
static int user_seal_unmapped(struct run *r, struct err *e)
{
	(void)r;
	return unshare(CLONE_NEWUSER) < 0 ? err_sys(e, "user namespace") : 0;
}

/* net: a network of its own with nothing in it but a loopback. */

static bool net_wanted(const struct plan *p)
{
	return !str_equal(p->network, "host");
}

static int net_enter(struct run *r, struct err *e)
{
	own_fd int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	(void)r;
	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &lo) < 0)
		return err_sys(e, "bring up lo");
	return 0;
}

/* uts */

static int uts_enter(struct run *r, struct err *e)
{
	return sethostname(r->hostname, strlen(r->hostname)) < 0 ? err_sys(e, "host name %s", r->hostname) : 0;
}

/* cgns: its own group looks like the top of the tree. */

static int cgns_enter(struct run *r, struct err *e)
{
	(void)r;
	/* Only now: the namespace starts at the group the process is in. */
	return unshare(CLONE_NEWCGROUP) < 0 ? err_sys(e, "cgroup namespace") : 0;
}

/* mnt */

static int mnt_enter(struct run *r, struct err *e)
{
	(void)r;
	return rootfs_private(e);
}

/* root: the snapshot becomes "/". */

static int root_grant(struct run *r, struct err *e)
{
	return handover_give(r, e);
}

static int root_enter(struct run *r, struct err *e)
{
	r->root = rootfs_enter(r->root_mount, &r->host, e);
	return r->root < 0 ? -1 : 0;
}

/* proc: the kernel's file systems, devices, and what the user mounts among them. */

static int proc_enter(struct run *r, struct err *e)
{
	const struct plan *p = r->plan;

	if (rootfs_mount_proc(r->root, e) < 0 ||
	    rootfs_mount_sys(r->root, r->host, net_wanted(p), p->privileged, e) < 0)
		return -1;
	r->dev = rootfs_mount_dev(r->root, r->host, p->privileged, p->shm_size, e);
	if (r->dev < 0 || (!p->privileged && rootfs_mask(r->root, r->host, e) < 0))
		return -1;
	/* Still on top of the new root, the host's is where a link to ".." of "/" would lead. */
	if (rootfs_drop_host(r->host, e) < 0)
		return -1;
	return handover_mount(r, e);
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
	return sysfilter_load(r->plan->caps, e);
}

/* exec: the program, as its user, on its streams. Executed at the very end (spawn.c). */

static int exec_prepare(struct run *r, struct err *e)
{
	uint32_t root = r->map.n ? idmap_outside(&r->map, 0) : 0;

	return streams_open(&r->streams, r->plan->tty ? STREAMS_TERMINAL : STREAMS_PIPES, r->input,
			    root == (uint32_t)-1 ? 0 : root, e);
}

/* Last, because a small limit would get in the way of building the rest. */
static int exec_release(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->plan->ulimits.n; i++)
		if (rlimit_set(r->pid, r->plan->ulimits.v[i], r->notes, e) < 0)
			return -1;
	return 0;
}

/* Its terminal, from its own devpts, of which the supervisor gets the master. */
static int take_terminal(struct run *r, struct err *e)
{
	struct program *p = &r->program;
	int slave = -1;
	own_fd int master = program_open_tty(r->dev, &p->who, &slave, e);

	if (master < 0 || rootfs_mount_console(r->dev, slave, e) < 0)
		return -1;
	p->stdio[0] = p->stdio[1] = p->stdio[2] = slave;
	return channel_send(r->channel, MESSAGE_TERMINAL, NULL, master, e);
}

static int exec_enter(struct run *r, struct err *e)
{
	struct program *p = &r->program;

	if (!p->as_is && user_find(r->root, r->plan->user, &p->who, e) < 0)
		return -1;
	memcpy(p->stdio, r->streams.theirs, sizeof(p->stdio));
	if (p->tty) {
		if (take_terminal(r, e) < 0)
			return -1;
	} else {
		program_own_streams(p);
	}
	if (program_find(p, r->root, e) < 0)
		return -1;
	if (r->plan->read_only && rootfs_read_only(r->root, e) < 0)
		return -1;
	/* The user's keys are not the container's. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	return 0;
}

const struct stage stages[] = {
	{.name = "snapshot", .prepare = snapshot_prepare},
	{.name = "cgroup", .prepare = cgroup_prepare, .enter = cgroup_enter, .undo = cgroup_undo},
	{.name = "user", .clone_flag = CLONE_NEWUSER, .wanted = user_wanted, .prepare = user_prepare,
	 .grant = user_grant, .enter = user_enter, .undo = user_undo},
	{.name = "user", .wanted = user_unmapped, .seal = user_seal_unmapped},
	{.name = "net", .clone_flag = CLONE_NEWNET, .wanted = net_wanted, .enter = net_enter},
	{.name = "uts", .clone_flag = CLONE_NEWUTS, .enter = uts_enter},
	{.name = "ipc", .clone_flag = CLONE_NEWIPC},
	{.name = "pid", .clone_flag = CLONE_NEWPID},
	{.name = "cgns", .enter = cgns_enter},
	{.name = "mnt", .clone_flag = CLONE_NEWNS, .enter = mnt_enter},
	{.name = "root", .grant = root_grant, .enter = root_enter},
	{.name = "proc", .enter = proc_enter},
	{.name = "caps", .seal = caps_seal},
	{.name = "seccomp", .wanted = seccomp_wanted, .seal = seccomp_seal},
	{.name = "exec", .prepare = exec_prepare, .enter = exec_enter, .release = exec_release},
	{.name = NULL},
};

bool stage_is_wanted(const struct stage *s, const struct plan *plan)
{
	return !s->wanted || s->wanted(plan);
}
