#include "kernel/subvolsend.h"

#include <btrfsutil.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"

/* The kernel writes the whole stream before the ioctl returns, so that another process has to read.
 */
static _Noreturn void write_stream(int subvol, __u64 parent, bool data, int to, pid_t reader)
{
	struct btrfs_ioctl_send_args args = {
		.send_fd = to,
		.parent_root = parent,
		.clone_sources = &parent,
		.clone_sources_count = parent && data,
		.flags = data ? 0 : BTRFS_SEND_FLAG_NO_FILE_DATA,
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != reader)
		raise(SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	_exit(ioctl(subvol, BTRFS_IOC_SEND, &args) == 0 ? 0 : errno & 0xff);
}

int subvolsend_begin(int subvol, int parent, bool data, struct subvolsend *s, struct err *e)
{
	uint64_t parent_id = 0;
	pid_t self = getpid();
	int pair[2];

	*s = (struct subvolsend){.from = -1};
	if (parent >= 0 && btrfs_util_subvolume_id_fd(parent, &parent_id) != BTRFS_UTIL_OK)
		return err_sys(e, "find the id of a subvolume");
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "send a subvolume: pipe");
	fcntl(pair[1], F_SETPIPE_SZ, 1 << 20);
	s->child = fork();
	if (s->child == 0) {
		close(pair[0]);
		write_stream(subvol, parent_id, data, pair[1], self);
	}
	close(pair[1]);
	if (s->child < 0) {
		close(pair[0]);
		return err_sys(e, "send a subvolume: fork");
	}
	s->from = pair[0];
	return 0;
}

int subvolsend_end(struct subvolsend *s, struct err *e)
{
	int status = 0;

	if (s->from < 0)
		return 0;
	shut_fd(&s->from);
	while (waitpid(s->child, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "send a subvolume: wait");
	if (WIFSIGNALED(status))
		return err_set(e, "send a subvolume: killed by signal %d", WTERMSIG(status));
	errno = WEXITSTATUS(status);
	return errno ? err_sys(e, "send a subvolume") : 0;
}

int subvolsend_identity(int subvol, struct subvolsend_identity *id, struct err *e)
{
	static const uint8_t none[16];
	struct btrfs_util_subvolume_info info;

	if (btrfs_util_subvolume_info_fd(subvol, 0, &info) != BTRFS_UTIL_OK)
		return err_sys(e, "read the identity of a subvolume");
	*id = (struct subvolsend_identity){.transaction = info.ctransid};
	memcpy(id->uuid, info.uuid, sizeof(id->uuid));
	if (memcmp(info.received_uuid, none, sizeof(none)) != 0) {
		memcpy(id->uuid, info.received_uuid, sizeof(id->uuid));
		id->transaction = info.stransid;
	}
	return 0;
}

bool subvolsend_identity_same(const struct subvolsend_identity *a,
			      const struct subvolsend_identity *b)
{
	return memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0 && a->transaction == b->transaction;
}

void subvolsend_identity_text(const struct subvolsend_identity *id, char text[SUBVOL_IDENTITY_LEN])
{
	for (size_t i = 0; i < sizeof(id->uuid); i++)
		snprintf(text + 2 * i, 3, "%02x", id->uuid[i]);
	snprintf(text + 2 * sizeof(id->uuid), 1 + 20 + 1, " %" PRIu64, id->transaction);
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

int subvolsend_identity_read(const char *text, struct subvolsend_identity *id)
{
	struct err ignored;

	for (size_t i = 0; i < sizeof(id->uuid); i++) {
		int high = hex(text[2 * i]), low = high < 0 ? -1 : hex(text[2 * i + 1]);

		if (low < 0)
			return -1;
		id->uuid[i] = (uint8_t)(high << 4 | low);
	}
	text += 2 * sizeof(id->uuid);
	return *text != ' ' ? -1 : num_uint(text + 1, 0, UINT64_MAX, &id->transaction, &ignored);
}

int subvolsend_set_received(int subvol, const struct subvolsend_identity *id, struct err *e)
{
	struct btrfs_ioctl_received_subvol_args args = {.stransid = id->transaction};

	memcpy(args.uuid, id->uuid, sizeof(id->uuid));
	if (ioctl(subvol, BTRFS_IOC_SET_RECEIVED_SUBVOL, &args) < 0)
		return err_sys(e, "record the identity of a subvolume");
	return 0;
}

/* Adds the path of a name in the directory with this inode number. */
static int add_name(int subvol, uint64_t dir, const char *name, size_t n, struct strv *names,
		    struct err *e)
{
	struct btrfs_ioctl_ino_lookup_args at = {.objectid = dir};

	if (ioctl(subvol, BTRFS_IOC_INO_LOOKUP, &at) < 0)
		return err_sys(e, "find the path of inode %llu", (unsigned long long)dir);
	strv_take(names, str_fmt("%s%.*s", at.name, (int)n, name));
	return 0;
}

/* One item may hold several names. */
static int read_refs(int subvol, uint64_t dir, const char *item, size_t size, struct strv *names,
		     struct err *e)
{
	struct btrfs_inode_ref ref;

	for (size_t at = 0; at + sizeof(ref) <= size;) {
		memcpy(&ref, item + at, sizeof(ref));
		at += sizeof(ref);
		if (le16toh(ref.name_len) > size - at)
			break;
		if (add_name(subvol, dir, item + at, le16toh(ref.name_len), names, e) < 0)
			return -1;
		at += le16toh(ref.name_len);
	}
	return 0;
}

static int read_extended_refs(int subvol, const char *item, size_t size, struct strv *names,
			      struct err *e)
{
	struct btrfs_inode_extref ref;

	for (size_t at = 0; at + sizeof(ref) <= size;) {
		memcpy(&ref, item + at, sizeof(ref));
		at += sizeof(ref);
		if (le16toh(ref.name_len) > size - at)
			break;
		if (add_name(subvol, le64toh(ref.parent_objectid), item + at, le16toh(ref.name_len),
			     names, e) < 0)
			return -1;
		at += le16toh(ref.name_len);
	}
	return 0;
}

/* Reads the items of one search, and moves the search behind the last of them. */
static int read_items(int subvol, struct btrfs_ioctl_search_args *search, struct strv *names,
		      struct err *e)
{
	struct btrfs_ioctl_search_header head;
	size_t at = 0;

	for (uint32_t i = 0; i < search->key.nr_items; i++) {
		const char *item = search->buf + at + sizeof(head);

		memcpy(&head, search->buf + at, sizeof(head));
		at += sizeof(head) + head.len;
		if ((head.type == BTRFS_INODE_REF_KEY
			     ? read_refs(subvol, head.offset, item, head.len, names, e)
			     : read_extended_refs(subvol, item, head.len, names, e)) < 0)
			return -1;
		search->key.min_type = head.type;
		search->key.min_offset = head.offset + 1;
	}
	return 0;
}

int subvolsend_names(int subvol, uint64_t inode, struct strv *names, struct err *e)
{
	struct btrfs_ioctl_search_args search = {
		.key = {.min_objectid = inode,
			.max_objectid = inode,
			.min_type = BTRFS_INODE_REF_KEY,
			.max_type = BTRFS_INODE_EXTREF_KEY,
			.max_offset = UINT64_MAX,
			.max_transid = UINT64_MAX},
	};

	for (;;) {
		search.key.nr_items = UINT32_MAX;
		if (ioctl(subvol, BTRFS_IOC_TREE_SEARCH, &search) < 0)
			return err_sys(e, "find the names of inode %llu",
				       (unsigned long long)inode);
		if (search.key.nr_items == 0)
			return 0;
		if (read_items(subvol, &search, names, e) < 0)
			return -1;
	}
}
