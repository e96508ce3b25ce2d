#include "run/rootstage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>

#include "base/err.h"
#include "base/own.h"
#include "container/rootfs.h"
#include "container/treeetc.h"
#include "container/treemount.h"
#include "kernel/caps.h"
#include "run/barefs.h"
#include "run/hostmounts.h"
#include "run/snapstage.h"

int rootstage_enter_mnt(struct run *r, struct err *e)
{
	return rootfs_private(e) < 0 ? -1 : barefs_note(r, e);
}

int rootstage_prepare(struct run *r, struct err *e)
{
	if (r->plan->rootfs &&
	    (r->rootfs = open(r->plan->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
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
	if (snapstage_finish(r, e) < 0)
		return -1;
	return r->mounts_in_child ? 0 : hostmounts_give(r, e);
}

/* Mounts the entries of the image and the user, after the host's tree is gone: while that is
 * mounted on top of the new root, a link to ".." of "/" leads into it. */
static int mount_rest(struct run *r, struct err *e)
{
	struct treeplace *at = &r->first.place;

	return rootfs_drop_host(at->host, e) < 0 || treemount(&r->tree, FSENTRY_ROOT, at, e) < 0 ||
			treemount(&r->tree, FSENTRY_USER, at, e) < 0
		? -1
		: 0;
}

int rootstage_enter(struct run *r, struct err *e)
{
	struct treeplace *at = &r->first.place;
	int mount;

	if (barefs_enter(r, e) < 0 || (r->mounts_in_child && hostmounts_give(r, e) < 0))
		return -1;
	mount = hostmounts_root(r, e);
	if (mount < 0)
		return -1;
	at->root = rootfs_enter(mount, &at->host, e);
	if (at->root < 0 || treeetc_split(&r->tree, at->host, e) < 0)
		return -1;
	if (plan_has_stage(r->plan, STAGE_PROC))
		return 0;
	return barefs_take_along(r, e) < 0 ? -1 : mount_rest(r, e);
}

/* Only the owner of a PID namespace may mount its /proc (user_namespaces(7)). */
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
	if (treemount(&r->tree, FSENTRY_KERNEL, &r->first.place, e) < 0)
		return kernel_failed(r, e);
	return root ? mount_rest(r, e) : 0;
}
