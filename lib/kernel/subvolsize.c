#include "kernel/subvolsize.h"

#include <endian.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"

enum { ROOM = 1 << 18 };

/* The search starts at this key the next time. Returns whether there is one. */
static int step(struct btrfs_ioctl_search_key *key, const struct btrfs_ioctl_search_header *last)
{
	key->min_objectid = last->objectid;
	key->min_type = last->type;
	key->min_offset = last->offset + 1;
	if (key->min_offset == 0)
		key->min_type++;
	return last->objectid < key->max_objectid;
}

static uint64_t size_of(const char *item, size_t n)
{
	struct btrfs_inode_item inode;

	if (n < sizeof(inode))
		return 0;
	memcpy(&inode, item, sizeof(inode));
	/* An inode without a link was deleted while it was open. */
	return S_ISREG(le32toh(inode.mode)) && inode.nlink ? le64toh(inode.size) : 0;
}

int subvolsize(int subvol, uint64_t *bytes, struct err *e)
{
	own_str char *room = mem_alloc(sizeof(struct btrfs_ioctl_search_args_v2) + ROOM);
	struct btrfs_ioctl_search_args_v2 *args = (void *)room;
	struct btrfs_ioctl_search_header head = {0};
	const char *at;

	*bytes = 0;
	/* A search returns all keys between two, also those of other types. */
	args->key = (struct btrfs_ioctl_search_key){.min_objectid = BTRFS_FIRST_FREE_OBJECTID,
						    .max_objectid = BTRFS_LAST_FREE_OBJECTID,
						    .max_type = UINT32_MAX,
						    .max_offset = UINT64_MAX,
						    .max_transid = UINT64_MAX};
	if (explained(syncfs(subvol), "syncfs(%d)", subvol) < 0)
		return err_sys(e, "write the subvolume to disk");
	do {
		args->key.nr_items = UINT32_MAX;
		args->buf_size = ROOM;
		if (ioctl(subvol, BTRFS_IOC_TREE_SEARCH_V2, args) < 0)
			return err_sys(e, "search the subvolume's inodes");
		at = (const char *)args->buf;
		for (uint32_t i = 0; i < args->key.nr_items; i++) {
			memcpy(&head, at, sizeof(head));
			at += sizeof(head);
			if (head.type == BTRFS_INODE_ITEM_KEY)
				*bytes += size_of(at, head.len);
			at += head.len;
		}
	} while (args->key.nr_items > 0 && step(&args->key, &head));
	return 0;
}
