#include "run/snapstage.h"

#include <fcntl.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/step.h"
#include "container/disk.h"
#include "kernel/subvol.h"
#include "store/volstore.h"

bool snapstage_wanted(const struct plan *p)
{
	return !p->rootfs;
}

static bool is_claimed(const struct run *r)
{
	return r->spares && r->spares->claimed;
}

static int open_root(struct run *r, struct err *e)
{
	r->rootfs = openat(r->home, "rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->rootfs < 0)
		return err_sys(e, "%s/rootfs", r->id);
	/* Also before a restart: the file system may have lost its quotas. */
	if (r->plan->disk && disk_limit(r->home, r->plan->disk, e) < 0)
		return -1;
	for (size_t i = 0; r->make_snapshot && i < r->plan->image_volumes.n; i++) {
		own_str char *name = volstore_own_name(i);

		if (volstore_create(r->home, name, r->rootfs, r->plan->image_volumes.v[i], e) < 0)
			return -1;
	}
	return 0;
}

int snapstage_make(struct run *r, struct err *e)
{
	if (r->make_snapshot && !is_claimed(r) &&
	    subvol_snapshot(r->image, r->home, "rootfs", false, e) < 0)
		return -1;
	return open_root(r, e);
}

int snapstage_prepare(struct run *r, struct err *e)
{
	/* With --explain or --step the snapshot is complete before it is shown. */
	if (r->make_snapshot && !is_claimed(r) && explain_fd < 0 && !step_wanted() &&
	    plan_has_stage(r->plan, STAGE_ROOT) &&
	    subvol_snapshot_begin(r->image, r->home, "rootfs") == 0) {
		r->supervisor.snapshot_begun = true;
		return 0;
	}
	return snapstage_make(r, e);
}

int snapstage_finish(struct run *r, struct err *e)
{
	if (!r->supervisor.snapshot_begun)
		return 0;
	r->supervisor.snapshot_begun = false;
	return subvol_snapshot_end("rootfs", e) < 0 ? -1 : open_root(r, e);
}

void snapstage_undo(struct run *r)
{
	struct err ignored;

	if (r->supervisor.snapshot_begun)
		subvol_snapshot_end("rootfs", &ignored);
	r->supervisor.snapshot_begun = false;
}
