#include "container/rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "kernel/mount.h"

int rootfs_private(struct err *e)
{
	if (explained(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL),
		      "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL)") < 0)
		return err_sys(e, "mount namespace: make it private");
	return 0;
}

int rootfs_enter(int mount_fd, int *host, struct err *e)
{
	own_fd int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int root;

	if (old < 0)
		return err_sys(e, "/");
	/* Mounted on the host's root: no directory is needed, and no other process sees it. */
	if (mount_attach(mount_fd, old, "/", e) < 0)
		return -1;
	if (explained(fchdir(mount_fd), "fchdir(%d)", mount_fd) < 0)
		return err_sys(e, "enter the new root");
	if (explained(syscall(SYS_pivot_root, ".", "."), "pivot_root(\".\", \".\")") < 0)
		return err_sys(e, "pivot_root");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, "enter the new root");
	*host = take_fd(&old);
	return root;
}

int rootfs_drop_host(int host, struct err *e)
{
	if (explained(fchdir(host), "fchdir(%d)", host) < 0 ||
	    explained(umount2(".", MNT_DETACH), "umount2(\".\", MNT_DETACH)") < 0 ||
	    explained(chdir("/"), "chdir(\"/\")") < 0)
		return err_sys(e, "unmount the host's root");
	return 0;
}
