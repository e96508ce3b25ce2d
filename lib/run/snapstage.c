#include "run/snapstage.h"

#include <fcntl.h>

#include "base/err.h"
#include "base/own.h"
#include "kernel/subvol.h"
#include "store/volstore.h"

bool snapstage_wanted(const struct plan *p)
{
	return !p->rootfs;
}

int snapstage_prepare(struct run *r, struct err *e)
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
