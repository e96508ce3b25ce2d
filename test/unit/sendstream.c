#include "unit.h"

#include <endian.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/own.h"
#include "base/str.h"
#include "sendtext.h"
#include "tar/sendapply.h"
#include "tar/sendstream.h"

static struct err e;
static struct sendstream s;

static void add_attribute(struct buf *body, unsigned type, const void *data, size_t n)
{
	uint16_t head[2] = {htole16((uint16_t)type), htole16((uint16_t)n)};

	buf_add(body, head, sizeof(head));
	buf_add(body, data, n);
}

static void add_command(struct buf *to, unsigned type, const struct buf *body)
{
	uint32_t size = htole32((uint32_t)body->len), sum = 0;
	uint16_t kind = htole16((uint16_t)type);
	size_t at = to->len;

	buf_add(to, &size, 4);
	buf_add(to, &kind, 2);
	buf_add(to, &sum, 4);
	buf_add(to, body->data ? body->data : "", body->len);
	sum = htole32(checksum((unsigned char *)to->data + at, to->len - at));
	memcpy(to->data + at + 6, &sum, 4);
}

static void begin(struct buf *to)
{
	buf_add(to, "btrfs-stream\0\1\0\0", 17);
}

static int open_text(const struct buf *b, struct text *t)
{
	*t = (struct text){(unsigned char *)b->data, b->len};
	s = (struct sendstream){.what = "in", .read = take, .arg = t};
	return sendstream_begin(&s, &e);
}

/* Reads a path through the command MKFILE. */
static int path_of(const void *path, size_t n, char out[PATH_MAX])
{
	own_buf struct buf body = {0}, all = {0};
	struct text t;

	begin(&all);
	add_attribute(&body, SEND_A_PATH, path, n);
	add_command(&all, SEND_MKFILE, &body);
	assert_int_equal(open_text(&all, &t), 0);
	assert_int_equal(sendstream_next(&s, &e), 1);
	return sendstream_path(&s, SEND_A_PATH, out, &e);
}

static void commands_are_read_up_to_the_end(void **state)
{
	own_buf struct buf body = {0}, all = {0}, none = {0};
	uint64_t size = htole64(4242), out;
	struct text t;

	(void)state;
	begin(&all);
	add_attribute(&body, SEND_A_PATH, "a/b", 3);
	add_attribute(&body, SEND_A_SIZE, &size, sizeof(size));
	add_command(&all, SEND_TRUNCATE, &body);
	add_command(&all, SEND_END, &none);
	buf_str(&all, "rest");
	assert_int_equal(open_text(&all, &t), 0);
	assert_int_equal(sendstream_next(&s, &e), 1);
	assert_int_equal(s.command, SEND_TRUNCATE);
	assert_int_equal(sendstream_number(&s, SEND_A_SIZE, &out, &e), 0);
	assert_int_equal(out, 4242);
	assert_int_equal(sendstream_number(&s, SEND_A_MODE, &out, &e), -1);
	assert_int_equal(sendstream_next(&s, &e), 0);
	assert_int_equal(t.n, 4);
}

static void paths_outside_the_root_are_refused(void **state)
{
	static const char *const bad[] = {"/",    "/a",     "a/",        "a//b", "..",  "../a",
					  "a/..", "a/../b", "a/b/../..", ".",    "./a", "a/."};
	static const char *const good[] = {"a", "a/b", "...", "a/..b", "..a", ".a/b."};
	char out[PATH_MAX], longest[NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(path_of(bad[i], strlen(bad[i]), out), -1);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(path_of(good[i], strlen(good[i]), out), 0);
		assert_string_equal(out, good[i]);
	}
	assert_int_equal(path_of("", 0, out), 0);
	assert_string_equal(out, ".");
	assert_int_equal(path_of("a\0b", 3, out), -1);
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(path_of(longest, NAME_MAX, out), 0);
	assert_int_equal(path_of(longest, NAME_MAX + 1, out), -1);
}

static void any_changed_byte_is_noticed(void **state)
{
	own_buf struct buf body = {0}, all = {0}, none = {0};
	struct text t;

	(void)state;
	begin(&all);
	add_attribute(&body, SEND_A_PATH, "a/b", 3);
	add_command(&all, SEND_MKFILE, &body);
	add_command(&all, SEND_END, &none);
	for (size_t i = 0; i < all.len; i++) {
		int r;

		all.data[i] ^= 4;
		r = open_text(&all, &t);
		while (r >= 0 && (r = sendstream_next(&s, &e)) > 0)
			;
		assert_int_equal(r, -1);
		all.data[i] ^= 4;
	}
}

static void what_is_no_stream_is_named(void **state)
{
	own_buf struct buf other = {0}, newer = {0}, part = {0};
	struct text t;

	(void)state;
	buf_str(&other, "a tar or whatever it is");
	assert_refused(open_text(&other, &t), &e, "in: not a send stream");
	buf_add(&newer, "btrfs-stream\0\2\0\0", 17);
	assert_refused(open_text(&newer, &t), &e,
		       "in: send streams of version 2 are not supported");
	buf_add(&part, "btrfs", 5);
	assert_refused(open_text(&part, &t), &e, "ends early");
}

/* Applies a stream that makes a file (MKFILE) or empties one (TRUNCATE). */
static int apply(int root, enum sendstream_command command, const char *path)
{
	own_buf struct buf first = {0}, body = {0}, all = {0}, none = {0};
	struct sendapply a = {.root = root, .parent = -1};
	struct text t;
	uint64_t size = 0;

	begin(&all);
	add_attribute(&first, SEND_A_UUID, "0123456789abcdef", 16);
	add_command(&all, SEND_SUBVOL, &first);
	add_attribute(&body, SEND_A_PATH, path, strlen(path));
	add_attribute(&body, SEND_A_SIZE, &size, sizeof(size));
	add_command(&all, command, &body);
	add_command(&all, SEND_END, &none);
	t = (struct text){(unsigned char *)all.data, all.len};
	s = (struct sendstream){.what = "in", .read = take, .arg = &t};
	return sendapply_run(&a, &s, &e);
}

/* Without the confinement of the process that receives. */
static void no_path_leads_through_a_link_or_into_a_mount(void **state)
{
	struct scratch *in = *state;
	own_str char *mounted = str_fmt("%s/mount", in->path);
	own_fd int below = -1;

	assert_int_equal(mkdirat(in->dir, "dir", 0700), 0);
	assert_int_equal(mkdirat(in->dir, "mount", 0700), 0);
	scratch_link(in, "dir", "link");
	scratch_link(in, "dir/file", "last");
	assert_int_equal(apply(in->dir, SEND_MKFILE, "dir/file"), 0);
	assert_int_equal(apply(in->dir, SEND_TRUNCATE, "dir/file"), 0);
	assert_refused(apply(in->dir, SEND_MKFILE, "link/new"), &e,
		       "in: link/new: Too many levels of symbolic links");
	assert_refused(apply(in->dir, SEND_TRUNCATE, "link/file"), &e,
		       "in: link/file: Too many levels of symbolic links");
	assert_refused(apply(in->dir, SEND_TRUNCATE, "last"), &e,
		       "in: last: Too many levels of symbolic links");
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", mounted, "tmpfs", 0, NULL), 0);
	below = open(in->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* in this mount namespace */
	assert_refused(apply(below, SEND_MKFILE, "mount/new"), &e,
		       "in: mount/new: Invalid cross-device link");
	assert_int_equal(umount(mounted), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_read_up_to_the_end),
		cmocka_unit_test(paths_outside_the_root_are_refused),
		cmocka_unit_test(any_changed_byte_is_noticed),
		cmocka_unit_test(what_is_no_stream_is_named),
		unit_test_scratch(no_path_leads_through_a_link_or_into_a_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
