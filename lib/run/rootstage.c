#include "run/rootstage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>

#include "base/err.h"
#include "base/own.h"
#include "container/rootfs.h"
#include "container/treemount.h"
#include "kernel/caps.h"
#include "run/barefs.h"
#include "run/hostmounts.h"

int rootstage_enter_mnt(struct run *r, struct err *e)
{
	return rootfs_private(e) < 0 ? -1 : barefs_note(r, e);
}

int rootstage_prepare(struct run *r, struct err *e)
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
	return barefs_check(r, e);
}

int rootstage_grant(struct run *r, struct err *e)
{
	return r->mounts_in_child ? 0 : hostmounts_give(r, e);
}

int rootstage_enter(struct run *r, struct err *e)
{
	int mount;

	if (barefs_enter(r, e) < 0 || (r->mounts_in_child && hostmounts_give(r, e) < 0))
		return -1;
	mount = hostmounts_root(r, e);
	if (mount < 0)
		return -1;
	r->first.root = rootfs_enter(mount, &r->first.host, e);
	if (r->first.root < 0 || treemount_files(&r->tree, r->first.host, e) < 0)
		return -1;
	if (plan_has_stage(r->plan, STAGE_PROC))
		return 0;
	if (barefs_take_along(r, e) < 0 || rootfs_drop_host(r->first.host, e) < 0)
		return -1;
	return treemount_user(&r->tree, r->first.root, r->first.dev, e);
}

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

int rootstage_enter_proc(struct run *r, struct err *e)
{
	bool root = plan_has_stage(r->plan, STAGE_ROOT);

	if (!root && (barefs_enter(r, e) < 0 || barefs_stay(r, e) < 0))
		return -1;
	if (treemount_kernel(&r->tree, r->first.root, r->first.host, &r->first.dev, e) < 0)
		return kernel_failed(r, e);
	/* Still on top of the new root, the host's is where a link to ".." of "/" would lead. */
	if (root && rootfs_drop_host(r->first.host, e) < 0)
		return -1;
	return root ? treemount_user(&r->tree, r->first.root, r->first.dev, e) : 0;
}
