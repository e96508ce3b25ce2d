#include "run/bundleroot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "kernel/mount.h"
#include "kernel/sysctl.h"
#include "run/channel.h"
#include "run/devtty.h"
#include "run/hook.h"
#include "run/hostmounts.h"
#include "run/hostroot.h"

bool bundleroot_has_hooks(const struct bundle *b)
{
	return b->hooks_n[HOOK_PRESTART] || b->hooks_n[HOOK_CREATE_RUNTIME] ||
		b->hooks_n[HOOK_CREATE_CONTAINER];
}

static int need_namespace(const struct run *r, enum stage_id stage, int flag, const char *what,
			  struct err *e)
{
	return plan_has_stage(r->plan, stage) || otherns_of(&r->supervisor.others, flag) >= 0
		? 0
		: err_set(e, "needs %s namespace, because it would change the host's", what);
}

static int check_sysctl(const struct run *r, const char *name, const char *value, struct err *e)
{
	own_str char *text = str_fmt("%s=%s", name, value), *path = NULL;
	enum sysctl_kind kind;

	if (str_equal(name, "kernel.domainname"))
		return r->plan->bundle->domainname && !str_equal(value, r->plan->bundle->domainname)
			? err_set(e, "%s: domainname sets %s", value, r->plan->bundle->domainname)
			: need_namespace(r, STAGE_UTS, CLONE_NEWUTS, "a UTS", e);
	if (str_equal(name, "kernel.hostname"))
		return err_set(e, "not supported (hostname sets it)");
	if (sysctl_read(text, &path, &value, &kind, e) < 0)
		return -1;
	return kind == SYSCTL_IPC ? need_namespace(r, STAGE_IPC, CLONE_NEWIPC, "an IPC", e)
				  : need_namespace(r, STAGE_NET, CLONE_NEWNET, "a network", e);
}

int bundleroot_prepare(struct run *r, struct err *e)
{
	const char *const *sysctl = r->plan->bundle->sysctls;

	for (; sysctl && sysctl[0]; sysctl += 2)
		if (check_sysctl(r, sysctl[0], sysctl[1], e) < 0)
			return err_wrap(e, "linux.sysctl: %s", sysctl[0]);
	/* In a user namespace the first process may not reach the sources of mounts. */
	r->mounts_in_child = !r->map.n && otherns_of(&r->supervisor.others, CLONE_NEWUSER) < 0;
	r->rootfs = open(r->plan->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r->rootfs < 0 ? err_sys(e, "%s", r->plan->rootfs) : 0;
}

int bundleroot_grant(struct run *r, struct err *e)
{
	return r->mounts_in_child ? 0 : hostmounts_give(r, e);
}

/*
 * pivot_root(2) refuses a new root on a shared mount: the one that holds the root directory becomes
 * private in this mount namespace. Its mount point is the longest part of the path that is one.
 */
static int make_parent_private(const struct run *r, struct err *e)
{
	own_str char *path = str_dup(r->plan->rootfs);
	char *slash;

	if (!(r->plan->bundle->root_propagation & MS_SHARED)) /* never in the host's namespace */
		return 0;
	while (mount(NULL, *path ? path : "/", NULL, MS_PRIVATE, NULL) < 0) {
		slash = strrchr(path, '/');
		if (errno != EINVAL || !slash)
			return err_sys(e, "%s: make its mount private", r->plan->rootfs);
		*slash = '\0';
	}
	return 0;
}

/*
 * Attaches the root where the bundle has it, because hooks expect it there. If root of a user
 * namespace does not reach that path, it is mounted on top of the host's root.
 */
static int attach_root(struct run *r, int mount, struct err *e)
{
	own_fd int at = open(r->plan->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return err_sys(e, "%s", r->plan->rootfs);
	if (make_parent_private(r, e) < 0 || mount_attach(mount, at, r->plan->rootfs, e) < 0)
		return -1;
	r->first.place.root = openat(mount, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r->first.place.host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r->first.place.root < 0 || r->first.place.host < 0
		? err_sys(e, "%s", r->plan->rootfs)
		: 0;
}

/* "net.ipv4.ip_forward" or "net/ipv4/conf/eth0.100/forwarding". */
static int set_sysctl(const char *name, const char *value, struct err *e)
{
	own_str char *path = str_fmt("/proc/sys/%s", name);

	if (!strchr(name, '/'))
		for (char *c = path + strlen("/proc/sys/"); *c; c++)
			if (*c == '.')
				*c = '/';
	return file_put(AT_FDCWD, path, value, e) < 0 ? err_wrap(e, "sysctl %s", name) : 0;
}

/* The hooks of the runtime run meanwhile in the supervisor, which answers with our pid. */
static int run_hooks(struct run *r, struct err *e)
{
	const struct bundle *b = r->plan->bundle;
	struct message m;

	if (!bundleroot_has_hooks(b))
		return 0;
	if (channel_send(r->channel, MESSAGE_MOUNTED, NULL, -1, e) < 0)
		return -1;
	if (channel_receive(r->channel, &m, e) <= 0)
		_exit(125); /* the supervisor is gone */
	r->first.pid = (pid_t)strtol(m.text, NULL, 10);
	return hook_run(b, HOOK_CREATE_CONTAINER, r->first.pid, "creating", e);
}

/* The slave is mounted as /dev/console. Unlike devtty_mount_console it needs no /proc. */
static int mount_console(int dev, int master, struct err *e)
{
	own_str char *name = NULL;
	own_fd int fd = -1, at = -1;
	unsigned number;

	if (ioctl(master, TIOCGPTN, &number) < 0)
		return err_sys(e, "/dev/console");
	name = str_fmt("pts/%u", number);
	fd = mount_copy(dev, name, false, e);
	if (fd < 0)
		return -1;
	at = openat(dev, "console", O_RDONLY | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0620);
	return at < 0 ? err_sys(e, "make /dev/console") : mount_attach(fd, at, "/dev/console", e);
}

static int take_terminal(struct run *r, struct err *e)
{
	const struct bundle *b = r->plan->bundle;
	struct user owner = {.uid = b->process.user.uid};
	struct program *p = &r->first.program;
	struct winsize size = {.ws_row = b->rows, .ws_col = b->columns};
	own_fd int dev = path_open(r->first.place.root, "dev", O_PATH | O_DIRECTORY, 0),
		   master = -1;
	int slave = -1;

	if (dev < 0)
		return err_sys(e, "terminal: /dev");
	master = devtty_open(dev, &owner, &slave, e);
	if (master < 0 || mount_console(dev, master, e) < 0)
		return -1;
	if (size.ws_row && ioctl(master, TIOCSWINSZ, &size) < 0)
		return err_sys(e, "terminal: set its size");
	p->stdio[0] = p->stdio[1] = p->stdio[2] = slave;
	return channel_send(r->channel, MESSAGE_TERMINAL, NULL, master, e);
}

/* pivot_root(2) puts the old root on top of the new one, from where it is unmounted. */
static int pivot(const struct run *r, struct err *e)
{
	if (explained(fchdir(r->first.place.root), "fchdir(%d)", r->first.place.root) < 0)
		return err_sys(e, "enter the new root");
	if (r->plan->bundle->no_pivot) {
		if (explained(mount(".", "/", NULL, MS_MOVE, NULL),
			      "mount(\".\", \"/\", NULL, MS_MOVE, NULL)") < 0 ||
		    explained(chroot("."), "chroot(\".\")") < 0)
			return err_sys(e, "move the root");
		return explained(chdir("/"), "chdir(\"/\")") < 0 ? err_sys(e, "/") : 0;
	}
	if (explained(syscall(SYS_pivot_root, ".", "."), "pivot_root(\".\", \".\")") < 0)
		return err_sys(e, "pivot_root");
	/* Mounts of the host that are unmounted here must not be unmounted there. */
	if (explained(fchdir(r->first.place.host), "fchdir(%d)", r->first.place.host) < 0 ||
	    explained(mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL),
		      "mount(NULL, \".\", NULL, MS_SLAVE|MS_REC, NULL)") < 0 ||
	    explained(umount2(".", MNT_DETACH), "umount2(\".\", MNT_DETACH)") < 0 ||
	    explained(chdir("/"), "chdir(\"/\")") < 0)
		return err_sys(e, "unmount the host's root");
	return 0;
}

static int enter_root(struct run *r, struct err *e)
{
	unsigned long how = r->plan->bundle->root_propagation;

	/* A mount namespace that is shared with others keeps its root. */
	if (r->plan->bundle->shared_mounts) {
		if (explained(fchdir(r->first.place.root), "fchdir(%d)", r->first.place.root) < 0 ||
		    explained(chroot("."), "chroot(\".\")") < 0)
			return err_sys(e, "enter the new root");
		return 0;
	}
	if (pivot(r, e) < 0)
		return -1;
	return how &&
			explained(mount(NULL, "/", NULL, how, NULL),
				  "mount(NULL, \"/\", NULL, 0x%lx, NULL)", how) < 0
		? err_sys(e, "rootfsPropagation")
		: 0;
}

static int open_later(void *run, size_t entry, struct err *e)
{
	return hostmounts_give_one(run, entry, e);
}

/*
 * Since Linux 6.8, mountinfo(5) lists mounts in the order in which they were made. Engines expect
 * the order of the config, so a bind mount is made when its turn has come. A source that contains
 * the root directory is an exception: its copy would have the container's own mounts in it.
 */
static int open_sources(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->tree.n; i++) {
		const struct fsentry *entry = &r->tree.v[i];
		bool first = entry->phase == FSENTRY_ROOT ||
			(entry->source &&
			 (str_equal(entry->source, "/") ||
			  fsentry_contains(entry->source, r->plan->rootfs)));

		if (entry->from_outside && first && hostmounts_give_one(r, i, e) < 0)
			return -1;
	}
	r->tree.open = open_later;
	r->tree.open_arg = r;
	return 0;
}

int bundleroot_enter(struct run *r, struct err *e)
{
	const char *const *sysctl = r->plan->bundle->sysctls;
	int mount;

	if (r->mounts_in_child && open_sources(r, e) < 0)
		return -1;
	mount = hostmounts_root(r, e);
	if (mount < 0 || attach_root(r, mount, e) < 0 ||
	    treemount(&r->tree, FSENTRY_LISTED, &r->first.place, e) < 0)
		return -1;
	for (; sysctl && sysctl[0]; sysctl += 2)
		if (set_sysctl(sysctl[0], sysctl[1], e) < 0)
			return -1;
	if (run_hooks(r, e) < 0 || (r->plan->tty && take_terminal(r, e) < 0))
		return -1;
	return enter_root(r, e);
}

void bundleroot_undo(struct run *r)
{
	const struct bundle *b = r->plan->bundle;
	struct err ignored;

	if (b->mounts_on_host)
		hostroot_unmount(r->plan->rootfs, b->below_root, &ignored);
}

int bundleroot_read_only(struct run *r, struct err *e)
{
	return mount_set(r->first.place.root, MOUNT_ATTR_RDONLY, false, "/", e);
}
