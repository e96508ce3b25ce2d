#include "container/rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/mount.h"

int rootfs_private(struct err *e)
{
	if (explained(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL),
		      "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL)") < 0)
		return err_sys(e, "mount namespace: make it private");
	return 0;
}

int rootfs_own(char text[24], struct err *e)
{
	struct stat st;

	if (stat("/proc/self/ns/mnt", &st) < 0)
		return err_sys(e, "/proc/self/ns/mnt");
	snprintf(text, 24, "%llu", (unsigned long long)st.st_ino);
	return 0;
}

int rootfs_check_own(const char *made, struct err *e)
{
	char ours[24];

	if (made && rootfs_own(ours, e) == 0 && str_equal(ours, made))
		return 0;
	return err_set(
		e,
		"this stage needs a private mount namespace: add stage mnt here or in an outer ct-run");
}

int rootfs_enter(int mount_fd, int *host, struct err *e)
{
	own_fd int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int root;

	if (old < 0)
		return err_sys(e, "/");
	/* Mounted on top of the host's root: no directory is needed, and no other process sees it. */
	if (mount_attach(mount_fd, old, "the root", e) < 0)
		return -1;
	if (explained(fchdir(mount_fd), "fchdir(%d)", mount_fd) < 0)
		return err_sys(e, "the new root");
	if (explained(syscall(SYS_pivot_root, ".", "."), "pivot_root(\".\", \".\")") < 0)
		return err_sys(e, "pivot_root");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, "the new root");
	*host = take_fd(&old);
	return root;
}

void rootfs_uncover(const char *name)
{
	own_str char *path = str_fmt("/%s", name);

	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		explained(0, "umount2(\"%s\", MNT_DETACH|UMOUNT_NOFOLLOW)", path);
}

int rootfs_drop_host(int host, struct err *e)
{
	if (explained(fchdir(host), "fchdir(%d)", host) < 0 ||
	    explained(umount2(".", MNT_DETACH), "umount2(\".\", MNT_DETACH)") < 0 || chdir("/") < 0)
		return err_sys(e, "unmount the host's root");
	return 0;
}

int rootfs_stay(int *root, int *host, struct err *e)
{
	*root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *root < 0 || *host < 0 ? err_sys(e, "/") : 0;
}

int rootfs_take_along(int root, int host, struct err *e)
{
	static const char *const names[] = {"proc", "sys", "dev", NULL};

	for (const char *const *name = names; *name; name++) {
		own_fd int at = -1, fd = -1;

		rootfs_uncover(*name);
		at = openat(root, *name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (at < 0)
			continue;
		fd = mount_copy(host, *name, true, e);
		if (fd < 0 || mount_attach(fd, at, *name, e) < 0)
			return -1;
	}
	return 0;
}

bool rootfs_has_cgroup2(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}
