#include "kernel/confine.h"

#include <fcntl.h>
#include <iconv.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/charset.h"
#include "base/err.h"
#include "base/own.h"

/*
 * The C library loads character set tables and modules on first use, from beneath the root
 * directory of that moment: load them before chroot(2).
 */
static void load_charsets(void)
{
	iconv_t any;

	charset_load();
	any = iconv_open("UTF-16", "UTF-8");
	if (any != (iconv_t)-1)
		iconv_close(any);
}

static bool in_list(const int *list, size_t n, int fd)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == fd)
			return true;
	return false;
}

static int close_others(const int *keep, size_t n)
{
	int top = -1;

	for (size_t i = 0; i < n; i++)
		if (keep[i] > top)
			top = keep[i];
	for (int fd = 0; fd < top; fd++)
		if (!in_list(keep, n, fd))
			close(fd);
	return close_range((unsigned)top + 1, ~0U, 0);
}

/*
 * Unlike a plain chroot(2), the copied mounts open no devices: the child can make device
 * nodes, but not use them.
 */
static int enter(int root)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
					  MOUNT_ATTR_NOEXEC};
	own_fd int tree = open_tree(
		root, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

	if (tree < 0 ||
	    mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return -1;
	return fchdir(tree) < 0 ? -1 : chroot(".");
}

static int drop_capabilities(void)
{
	uint32_t kept = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER |
		1U << CAP_FSETID | 1U << CAP_MKNOD | 1U << CAP_SETFCAP;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct set[2] = {{.effective = kept, .permitted = kept}};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_capset, &head, set);
}

int confine_to(int root, const int *keep, size_t n, struct err *e)
{
	pid_t parent = getppid();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		raise(SIGKILL);
	load_charsets();
	umask(022);
	if (unshare(CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return err_sys(e, "confine the child: unshare the network and IPC namespaces");
	if (enter(root) < 0)
		return err_sys(e, "confine the child: enter its root directory");
	if (close_others(keep, n) < 0)
		return err_sys(e, "confine the child: close descriptors");
	if (drop_capabilities() < 0)
		return err_sys(e, "confine the child: drop capabilities");
	return 0;
}
