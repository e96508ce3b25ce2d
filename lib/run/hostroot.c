#include "run/hostroot.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/err.h"

/* Since Linux 6.8 an id that is never used again (statx(2)). */
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

uint64_t hostroot_mount(const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID_UNIQUE, &st) == 0 &&
	    st.stx_mask & STATX_MNT_ID_UNIQUE)
		return st.stx_mnt_id;
	return statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) == 0 ? st.stx_mnt_id : 0;
}

int hostroot_unmount(const char *path, uint64_t below, struct err *e)
{
	uint64_t now = hostroot_mount(path);

	if (!below || !now || now == below)
		return 0;
	return umount2(path, MNT_DETACH) < 0 ? err_sys(e, "unmount %s", path) : 0;
}
