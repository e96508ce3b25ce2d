/*
 * Writes a whole run as one POSIX shell script of standard tools (--dry-run). On the same host the
 * script makes the same container, and removes it at the end. Lines that do not do exactly the same
 * are marked `# approx`.
 */
#ifndef CT_DRYRUN_H
#define CT_DRYRUN_H

#include "base/str.h"
#include "store/plan.h"
#include "store/store.h"

struct err;

/*
 * store NULL: a bare run (barerun.h). root: the image's root directory; -1 with plan->rootfs.
 * Changes nothing on the host.
 */
int dryrun_script(const struct store *store, const struct plan *plan, int root, struct buf *out,
		  struct err *e);

#endif
