#include "kernel/quota.h"

#include <btrfsutil.h>
#include <endian.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/err.h"
#include "base/explain.h"

/* Linux 6.7; the headers of Debian 12 have neither. */
enum { ENABLE_SIMPLE = 4 };
enum { STATUS_SIMPLE = 1 << 3 };

const char *const quota_modes[] = {"none", "simple", "full", "wrong"};

static enum quota_mode mode_of(uint64_t flags)
{
	if (!(flags & BTRFS_QGROUP_STATUS_FLAG_ON))
		return QUOTA_NONE;
	if (flags & STATUS_SIMPLE)
		return QUOTA_SIMPLE;
	return flags & BTRFS_QGROUP_STATUS_FLAG_INCONSISTENT ? QUOTA_WRONG : QUOTA_FULL;
}

int quota_mode(int fd, enum quota_mode *mode, struct err *e)
{
	struct btrfs_ioctl_search_args args = {.key = {.tree_id = BTRFS_QUOTA_TREE_OBJECTID,
						       .min_type = BTRFS_QGROUP_STATUS_KEY,
						       .max_type = BTRFS_QGROUP_STATUS_KEY,
						       .max_transid = UINT64_MAX,
						       .nr_items = 1}};
	struct btrfs_ioctl_search_header head;
	struct btrfs_qgroup_status_item item;

	*mode = QUOTA_NONE;
	if (explained(ioctl(fd, BTRFS_IOC_TREE_SEARCH, &args),
		      "ioctl(%d, BTRFS_IOC_TREE_SEARCH, {tree_id=BTRFS_QUOTA_TREE_OBJECTID})",
		      fd) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "find its quotas");
	memcpy(&head, args.buf, sizeof(head));
	if (args.key.nr_items == 0 || head.len < sizeof(item))
		return 0;
	memcpy(&item, args.buf + sizeof(head), sizeof(item));
	*mode = mode_of(le64toh(item.flags));
	return 0;
}

static int control(int fd, uint64_t command, const char *name)
{
	struct btrfs_ioctl_quota_ctl_args args = {.cmd = command};

	return explained(ioctl(fd, BTRFS_IOC_QUOTA_CTL, &args),
			 "ioctl(%d, BTRFS_IOC_QUOTA_CTL, %s)", fd, name);
}

/* A count that runs already (EINPROGRESS) is waited for, too. */
static int count(int fd, struct err *e)
{
	struct btrfs_ioctl_quota_rescan_args args = {0};

	if (explained(ioctl(fd, BTRFS_IOC_QUOTA_RESCAN, &args), "ioctl(%d, BTRFS_IOC_QUOTA_RESCAN)",
		      fd) < 0 &&
	    errno != EINPROGRESS)
		return err_sys(e, "count what each subvolume holds");
	while (explained(ioctl(fd, BTRFS_IOC_QUOTA_RESCAN_WAIT),
			 "ioctl(%d, BTRFS_IOC_QUOTA_RESCAN_WAIT)", fd) < 0)
		if (errno != EINTR)
			return err_sys(e, "wait until each subvolume is counted");
	return 0;
}

int quota_on(int fd, struct err *e)
{
	enum quota_mode mode;

	if (quota_mode(fd, &mode, e) < 0)
		return -1;
	if (mode == QUOTA_WRONG)
		return count(fd, e);
	if (mode != QUOTA_NONE ||
	    control(fd, ENABLE_SIMPLE, "BTRFS_QUOTA_CTL_ENABLE_SIMPLE_QUOTA") == 0)
		return 0;
	if (errno != EINVAL)
		return err_sys(e, "turn on quotas");
	if (control(fd, BTRFS_QUOTA_CTL_ENABLE, "BTRFS_QUOTA_CTL_ENABLE") < 0)
		return err_sys(e, "turn on quotas");
	return count(fd, e);
}

int quota_off(int fd, struct err *e)
{
	if (control(fd, BTRFS_QUOTA_CTL_DISABLE, "BTRFS_QUOTA_CTL_DISABLE") < 0 &&
	    errno != ENOTCONN)
		return err_sys(e, "turn off quotas");
	return 0;
}

/* The qgroup 0 of the call is that of the subvolume. */
static int set(int subvol, uint64_t bytes)
{
	struct btrfs_ioctl_qgroup_limit_args args = {
		.lim = {.flags = BTRFS_QGROUP_LIMIT_MAX_EXCL,
			.max_excl = bytes ? bytes : UINT64_MAX}};

	return explained(ioctl(subvol, BTRFS_IOC_QGROUP_LIMIT, &args),
			 "ioctl(%d, BTRFS_IOC_QGROUP_LIMIT, {max_excl=%lld})", subvol,
			 bytes ? (long long)bytes : -1LL);
}

int quota_limit(int subvol, uint64_t bytes, struct err *e)
{
	enum quota_mode mode = QUOTA_NONE;

	if (bytes && quota_mode(subvol, &mode, e) < 0)
		return -1;
	if (bytes && mode == QUOTA_NONE)
		return err_set(e, "the store has no quotas ('ct store quota on' turns them on)");
	if (mode == QUOTA_WRONG)
		return err_set(
			e,
			"the store's quotas are not complete ('ct store quota on' counts again)");
	if (set(subvol, bytes) == 0 || (!bytes && (errno == ENOTCONN || errno == ENOENT)))
		return 0;
	return err_sys(e, "limit the subvolume");
}

static int drop(int fd, uint64_t id)
{
	struct btrfs_ioctl_qgroup_create_args args = {.create = 0, .qgroupid = id};

	return ioctl(fd, BTRFS_IOC_QGROUP_CREATE, &args);
}

void quota_forget(int subvol)
{
	uint64_t id;

	if (btrfs_util_subvolume_id_fd(subvol, &id) == BTRFS_UTIL_OK && drop(subvol, id) < 0 &&
	    errno != ENOTCONN)
		set(subvol, 0);
}

/* The kernel refuses to drop the count of a subvolume that exists. */
static void drop_unused(int fd, const struct btrfs_ioctl_search_header *head, const char *item)
{
	struct btrfs_qgroup_info_item info;

	if (head->len < sizeof(info))
		return;
	memcpy(&info, item, sizeof(info));
	if (info.rfer == 0 && info.excl == 0 && head->offset >> BTRFS_QGROUP_LEVEL_SHIFT == 0)
		drop(fd, head->offset);
}

void quota_sweep(int fd)
{
	struct btrfs_ioctl_search_args args = {.key = {.tree_id = BTRFS_QUOTA_TREE_OBJECTID,
						       .min_type = BTRFS_QGROUP_INFO_KEY,
						       .max_type = BTRFS_QGROUP_INFO_KEY,
						       .max_offset = UINT64_MAX,
						       .max_transid = UINT64_MAX}};
	struct btrfs_ioctl_search_header head = {0};
	enum quota_mode mode;
	struct err ignored;

	if (quota_mode(fd, &mode, &ignored) < 0 || mode != QUOTA_SIMPLE)
		return;
	do {
		const char *at = args.buf;

		args.key.nr_items = UINT32_MAX;
		if (ioctl(fd, BTRFS_IOC_TREE_SEARCH, &args) < 0)
			return;
		for (uint32_t i = 0; i < args.key.nr_items; i++) {
			memcpy(&head, at, sizeof(head));
			drop_unused(fd, &head, at + sizeof(head));
			at += sizeof(head) + head.len;
		}
		args.key.min_offset = head.offset + 1;
	} while (args.key.nr_items > 0);
}
