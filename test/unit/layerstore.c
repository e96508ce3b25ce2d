#include "private_store.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/own.h"
#include "store/draft.h"
#include "store/layering.h"
#include "tars.h"

static struct err e;

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static void chain_ids_are_those_of_the_specification(void **state)
{
	own_strv struct strv diffids = {0}, chain = {0};

	(void)state;
	strv_add(&diffids, "sha256:" A);
	strv_add(&diffids, "sha256:" B);
	strv_add(&diffids, "sha256:" C);
	layering_chain(&diffids, &chain);
	assert_int_equal(chain.n, 3);
	assert_string_equal(chain.v[0], A);
	assert_string_equal(chain.v[1],
			    "ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c");
	assert_string_equal(chain.v[2],
			    "c1377126441fb2f5ec2c21ae2a60255331d639e830f0ee1b40a36e52d4c40588");
}

static void digest_of_file(int fd, char out[DIGEST_LEN])
{
	own_digest struct digest d = {0};
	char chunk[4096];
	ssize_t n;

	digest_begin(&d);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		digest_add(&d, chunk, (size_t)n);
	digest_end(&d, out);
	lseek(fd, 0, SEEK_SET);
}

static const struct layer_file *file_of(int fd)
{
	static struct layer_file file;

	file = (struct layer_file){.fd = fd, .what = "layer"};
	return &file;
}

/* Puts a layer under the chain id `chain`; its diff id is the digest of the uncompressed data in
 * fd. */
static int put(struct home *h, const char *parent, const char *chain, int fd)
{
	own_fd int held = layerstore_hold(&h->s, &e), from = fd;
	char diffid[DIGEST_LEN];

	assert_true(held >= 0);
	digest_of_file(from, diffid);
	return layering_add(&h->s, parent, chain, diffid, file_of(from), NULL, &e);
}

static int root_of(struct home *h, const char *chain)
{
	char path[200];

	snprintf(path, sizeof(path), "layers/%s/rootfs", chain);
	return openat(h->s.root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_there(int root, const char *name)
{
	return faccessat(root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static size_t count(struct home *h, const char *dir)
{
	own_dir DIR *d = fdopendir(openat(h->s.root, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	size_t n = 0;

	assert_non_null(d);
	for (const struct dirent *entry; (entry = readdir(d));)
		n += entry->d_name[0] != '.';
	return n;
}

static int lower(void)
{
	struct made m = begin();

	add(&m, "etc", S_IFDIR, "");
	add(&m, "etc/passwd", S_IFREG, "root");
	add(&m, "dir", S_IFDIR, "");
	add(&m, "dir/sub", S_IFDIR, "");
	add(&m, "dir/sub/file", S_IFREG, "x");
	add(&m, "dir/file", S_IFREG, "x");
	add(&m, "out", S_IFLNK, "/no/such");
	add(&m, "up", S_IFLNK, "../../../..");
	add(&m, "loop", S_IFLNK, "loop");
	return end(&m);
}

static void a_layer_is_applied_to_its_parent_which_stays_unchanged(void **state)
{
	struct home *h = *state;
	struct made m = begin();
	own_fd int a = -1, b = -1;

	assert_int_equal(put(h, NULL, A, lower()), 0);
	add(&m, "new", S_IFREG, "x");
	add(&m, ".wh.dir", S_IFREG, "");
	assert_int_equal(put(h, A, B, end(&m)), 0);
	a = root_of(h, A), b = root_of(h, B);
	assert_true(is_there(a, "dir/sub/file") && !is_there(a, "new"));
	assert_true(is_there(b, "new") && is_there(b, "etc/passwd") && !is_there(b, "dir"));
	assert_int_equal(mkdirat(b, "written", 0700), -1);
	assert_int_equal(count(h, "tmp"), 0);
}

static void an_existing_layer_is_not_read_again(void **state)
{
	struct home *h = *state;

	assert_int_equal(put(h, NULL, A, lower()), 0);
	assert_int_equal(layering_add(&h->s, NULL, A, "sha256:" A, file_of(-1), NULL, &e), 0);
}

static void whiteouts_hide_lower_files_wherever_they_stand(void **state)
{
	struct home *h = *state;
	struct made m = begin();
	own_fd int root = -1;

	assert_int_equal(put(h, NULL, A, lower()), 0);
	add(&m, "dir/new", S_IFREG, "x");
	add(&m, "dir/sub", S_IFDIR, "");
	add_link(&m, "dir/passwd", "etc/passwd");
	add(&m, "etc/passwd", S_IFREG, "other");
	add(&m, "dir/.wh..wh..opq", S_IFREG, "");
	add(&m, "etc/.wh.passwd", S_IFREG, "");
	add(&m, "dir/.wh.new", S_IFREG, "");
	assert_int_equal(put(h, A, B, end(&m)), 0);
	root = root_of(h, B);
	assert_true(is_there(root, "dir/new") && is_there(root, "dir/sub") &&
		    is_there(root, "dir/passwd"));
	assert_true(is_there(root, "etc/passwd"));
	assert_true(!is_there(root, "dir/file") && !is_there(root, "dir/sub/file"));
}

static void directories_have_the_times_of_the_layers(void **state)
{
	struct home *h = *state;
	struct made m = begin();
	own_fd int root = -1;
	struct stat st;

	assert_int_equal(put(h, NULL, A, lower()), 0);
	add(&m, "dir/sub/new", S_IFREG, "x");
	add(&m, "dir/.wh.file", S_IFREG, "");
	assert_int_equal(put(h, A, B, end(&m)), 0);
	root = root_of(h, B);
	assert_true(fstatat(root, "dir", &st, 0) == 0 && st.st_mtime == 1000);
	assert_true(fstatat(root, "dir/sub", &st, 0) == 0 && st.st_mtime == 1000);
}

static void invalid_layers_are_refused_and_nothing_is_left(void **state)
{
	static const struct {
		const char *name, *link, *why;
	} bad[] = {
		{"../file", NULL, "layer: ../file: a name with \"..\" is refused"},
		{"etc/../../file", NULL, "layer: etc/../../file: a name with \"..\" is refused"},
		{"out/file", NULL,
		 "layer: out/file: Failed to create dir 'out': No such file or directory"},
		{"loop/file", NULL, "layer: loop/file: Too many levels of symbolic links"},
		{"hard", "../etc/passwd", "layer: hard: a link to a name with \"..\" is refused"},
		{"hard", "/etc/fstab",
		 "layer: hard: Hard-link target 'etc/fstab' does not exist.: No such file or directory"},
		{"hard", "up/etc/fstab",
		 "layer: hard: Hard-link target 'up/etc/fstab' does not exist.: No such file or directory"},
		{".wh.", NULL, "layer: .wh.: invalid whiteout name"},
		{".wh...", NULL, "layer: .wh...: invalid whiteout name"},
		{"etc/.wh..", NULL, "layer: etc/.wh..: invalid whiteout name"},
		{"etc/.wh...", NULL, "layer: etc/.wh...: invalid whiteout name"},
		{"../.wh.file", NULL, "layer: ../.wh.file: a name with \"..\" is refused"},
		{"out/../.wh.file", NULL, "layer: out/../.wh.file: a name with \"..\" is refused"},
	};
	struct home *h = *state;

	assert_int_equal(put(h, NULL, A, lower()), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct made m = begin();

		if (bad[i].link)
			add_link(&m, bad[i].name, bad[i].link);
		else
			add(&m, bad[i].name, S_IFREG, "x");
		assert_refused(put(h, A, B, end(&m)), &e, bad[i].why);
		assert_false(layerstore_have(&h->s, B));
		assert_int_equal(count(h, "tmp"), 0);
	}
}

static void links_of_lower_layers_do_not_lead_out_of_the_image(void **state)
{
	struct home *h = *state;
	struct made m = begin();
	own_fd int root = -1;
	char inside[220], hidden[220], outside[200];

	snprintf(outside, sizeof(outside), "%s/sentinel", h->path);
	assert_int_equal(mkdir(outside, 0755), 0);
	snprintf(inside, sizeof(inside), "up%s/file", outside);
	snprintf(hidden, sizeof(hidden), "up%s/.wh.sentinel", h->path);
	assert_int_equal(put(h, NULL, A, lower()), 0);
	add(&m, inside, S_IFREG, "x");
	add(&m, "up/etc/.wh..wh..opq", S_IFREG, "");
	add(&m, hidden, S_IFREG, "");
	assert_int_equal(put(h, A, B, end(&m)), 0);
	root = root_of(h, B);
	assert_true(is_there(root, inside + strlen("up/")) && !is_there(root, "etc/passwd"));
	assert_int_equal(rmdir(outside), 0); /* empty, and there */
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void removing_a_very_deep_directory_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{"d", "layer: d: d: remove d: more than 1000 deep"},
		{".wh.d", "layer: .wh.d: hide a directory: more than 1000 deep"},
	};
	struct home *h = *state;
	struct made m = begin();
	char name[2400];

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '/' : 'd';
	name[sizeof(name) - 1] = '\0';
	add(&m, name, S_IFDIR, "");
	assert_int_equal(put(h, NULL, A, end(&m)), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		m = begin();
		add(&m, bad[i][0], S_IFREG, "x");
		assert_refused(put(h, A, B, end(&m)), &e, bad[i][1]);
	}
}

static void content_that_does_not_match_the_diff_id_is_refused(void **state)
{
	struct home *h = *state;
	own_fd int held = layerstore_hold(&h->s, &e), fd = lower();

	assert_int_equal(layering_add(&h->s, NULL, A, "sha256:" C, file_of(fd), NULL, &e), -1);
	assert_non_null(strstr(e.msg, "layer: content has digest sha256:"));
	assert_non_null(strstr(e.msg, ", not the diff id sha256:" C));
	assert_int_equal(count(h, "layers") + count(h, "tmp"), 0);
}

/* Only the end of the archive decides. */
static void a_layer_truncated_anywhere_is_refused(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD,
				      ARCHIVE_FILTER_NONE};
	struct home *h = *state;

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		for (int cut = 1; cut < 60; cut += 7) {
			struct made m = begin_filtered(filters[i]);
			own_fd int held = layerstore_hold(&h->s, &e), fd = -1;
			struct stat st;

			add(&m, "file", S_IFREG, "some content");
			fd = end(&m);
			fstat(fd, &st);
			assert_int_equal(ftruncate(fd, st.st_size - cut), 0);
			assert_int_equal(
				layering_add(&h->s, NULL, A, "sha256:" C, file_of(fd), NULL, &e),
				-1);
			assert_non_null(strstr(e.msg,
					       filters[i] == ARCHIVE_FILTER_NONE ? "not the diff id"
										 : "cut short"));
		}
}

/* A file of so many MiB of one byte, highly compressed. */
static int bytes(int mib, char byte)
{
	struct made m = begin_filtered(ARCHIVE_FILTER_GZIP);
	struct archive_entry *entry = archive_entry_new();
	static char piece[1 << 20];

	memset(piece, byte, sizeof(piece));
	archive_entry_set_pathname(entry, "bytes");
	archive_entry_set_mode(entry, S_IFREG | 0600);
	archive_entry_set_size(entry, (la_int64_t)mib << 20);
	archive_write_header(m.a, entry);
	for (int i = 0; i < mib; i++)
		archive_write_data(m.a, piece, sizeof(piece));
	archive_entry_free(entry);
	return end(&m);
}

static int zeros(int mib)
{
	return bytes(mib, '\0');
}

static int put_unchecked(struct home *h, int fd)
{
	own_fd int held = layerstore_hold(&h->s, &e), from = fd;

	return layering_add(&h->s, NULL, A, "sha256:" C, file_of(from), NULL, &e);
}

static int forget_layer_max(void **state)
{
	unsetenv("CT_LAYER_MAX");
	return home_remove(state);
}

static void a_layer_may_unpack_to_the_allowed_size(void **state)
{
	struct home *h = *state;

	setenv("CT_LAYER_MAX", "10m", 1);
	assert_refused(
		put_unchecked(h, zeros(10)), &e,
		"layer: unpacks to more than 10485760 bytes (CT_LAYER_MAX=SIZE allows more)");
	setenv("CT_LAYER_MAX", "11m", 1);
	assert_int_equal(put_unchecked(h, zeros(10)), -1);
	assert_non_null(strstr(e.msg, "not the diff id")); /* all of it was read */
	setenv("CT_LAYER_MAX", "much", 1);
	assert_int_equal(put_unchecked(h, zeros(1)), -1);
	assert_true(strncmp(e.msg, "CT_LAYER_MAX: much: not a size", 30) == 0);
	assert_int_equal(count(h, "tmp"), 0);
}

static void a_layer_that_would_fill_the_store_is_refused(void **state)
{
	struct home *h = *state;
	struct statvfs fs;

	assert_int_equal(fstatvfs(h->s.root, &fs), 0);
	/* Not zeros, which become holes. */
	assert_int_equal(put_unchecked(h, bytes((int)(fs.f_bavail * fs.f_frsize >> 20) + 10, 'x')),
			 -1);
	assert_non_null(strstr(
		e.msg, "MiB of the store free (ct store grow SIZE): No space left on device"));
	assert_int_equal(e.sys, ENOSPC);
	assert_int_equal(count(h, "tmp"), 0);
}

static void a_layer_with_too_many_files_is_refused(void **state)
{
	struct home *h = *state;
	struct made m = begin_filtered(ARCHIVE_FILTER_ZSTD);

	setenv("CT_LAYER_MAX", "16m", 1);
	for (int i = 0; i < 1025; i++)
		add(&m, ".wh.none", S_IFREG, "");
	assert_refused(
		put_unchecked(h, end(&m)), &e,
		"layer: more than 1024 files (CT_LAYER_MAX=SIZE allows one for every 16 KiB of SIZE)");
}

/* GNU tar's manual, "Blocking Factor": a reader must not require the end mark. The digest shows
 * that nothing is missing. */
static void a_layer_without_end_mark_and_padding_is_accepted(void **state)
{
	struct home *h = *state;

	for (int i = 0; i < 3; i++) {
		static const char *const chains[] = {A, B, C};
		static const int missing[] = {1024, 1023,
					      1024 + 508}; /* without the mark; without one byte
							      less; without padding, too */
		struct made m = begin();
		own_fd int root = -1;
		struct stat st;
		int fd;

		add(&m, "file", S_IFREG, "four");
		fd = end(&m);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(ftruncate(fd, st.st_size - missing[i]), 0);
		assert_int_equal(put(h, NULL, chains[i], fd), 0);
		root = root_of(h, chains[i]);
		assert_true(fstatat(root, "file", &st, 0) == 0 && st.st_size == 4);
	}
}

static void a_layer_that_ends_within_a_file_is_refused_even_with_the_right_digest(void **state)
{
	struct home *h = *state;
	struct made m = begin();
	struct stat st;
	int fd;

	add(&m, "file", S_IFREG, "four");
	fd = end(&m);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(ftruncate(fd, st.st_size - 1024 - 509), 0);
	assert_refused(put(h, NULL, A, fd), &e, "layer: cut short");
}

static void an_empty_layer_is_accepted(void **state)
{
	struct home *h = *state;
	own_fd int root = -1;

	assert_int_equal(put(h, NULL, A, memfd_create("empty", MFD_CLOEXEC)), 0);
	assert_int_equal(put(h, A, B, lower()), 0);
	root = root_of(h, B);
	assert_true(is_there(root, "etc/passwd"));
}

static void devices_are_made_and_aufs_metadata_is_ignored(void **state)
{
	struct home *h = *state;
	struct made m = begin();
	struct archive_entry *entry = archive_entry_new();
	own_fd int root = -1;
	struct stat st;

	archive_entry_set_pathname(entry, "null");
	archive_entry_set_mode(entry, S_IFCHR | 0666);
	archive_entry_set_rdevmajor(entry, 1);
	archive_entry_set_rdevminor(entry, 3);
	archive_write_header(m.a, entry);
	archive_entry_free(entry);
	add(&m, ".wh..wh.plnk", S_IFDIR, "");
	add(&m, ".wh..wh.plnk/1.2", S_IFREG, "x");
	assert_int_equal(put(h, NULL, A, end(&m)), 0);
	root = root_of(h, A);
	assert_true(fstatat(root, "null", &st, 0) == 0 && S_ISCHR(st.st_mode) &&
		    st.st_rdev == makedev(1, 3));
	assert_false(is_there(root, ".wh..wh.plnk"));
}

/* --- removal --- */

static void two_layers(struct home *h)
{
	struct made m = begin();

	assert_int_equal(put(h, NULL, A, lower()), 0);
	add(&m, "x", S_IFREG, "x");
	assert_int_equal(put(h, A, B, end(&m)), 0);
}

static void layers_without_an_image_are_removed(void **state)
{
	struct home *h = *state;

	two_layers(h);
	mkdirat(h->s.root, "img_42002", 0700);
	assert_int_equal(file_write(h->s.root, "img_42002/config", 0600, "layer=" A "\n", 71, &e),
			 0);
	assert_int_equal(layerstore_collect(&h->s, &e), 0);
	assert_true(layerstore_have(&h->s, A) && !layerstore_have(&h->s, B));
	unlinkat(h->s.root, "img_42002/config", 0);
	assert_int_equal(layerstore_collect(&h->s, &e), 0);
	assert_int_equal(count(h, "layers") + count(h, "tmp"), 0);
}

static void an_image_that_cannot_be_read_keeps_all_layers(void **state)
{
	struct home *h = *state;

	two_layers(h);
	mkdirat(h->s.root, "img_42002", 0700);
	assert_int_equal(file_write(h->s.root, "img_42002/config", 0600, "damaged\n", 8, &e), 0);
	assert_int_equal(layerstore_collect(&h->s, &e), -1);
	assert_true(layerstore_have(&h->s, A) && layerstore_have(&h->s, B));
}

static void locked_layers_are_not_removed(void **state)
{
	struct home *h = *state;
	int held;

	two_layers(h);
	held = layerstore_hold(&h->s, &e);
	assert_int_equal(layerstore_collect(&h->s, &e), 0);
	assert_true(layerstore_have(&h->s, B));
	close(held);
	assert_int_equal(layerstore_collect(&h->s, &e), 0);
	assert_false(layerstore_have(&h->s, A) || layerstore_have(&h->s, B));
}

static void a_sweep_without_layers_succeeds(void **state)
{
	struct home *h = *state;
	struct store none = STORE_NONE;

	assert_int_equal(layerstore_collect(&h->s, &e), 0);
	assert_int_equal(layerstore_collect(&none, &e), 0);
	assert_int_equal(faccessat(h->s.root, "layers", F_OK, 0), -1);
}

/* Killed while it reads from a pipe that stays open. */
static void leftovers_of_a_killed_process_are_swept(void **state)
{
	struct home *h = *state;
	int held = layerstore_hold(&h->s, &e), pipes[2], status;
	own_fd int whole = lower();
	char head[2048];
	pid_t pid;

	assert_true(held >= 0 && pipe2(pipes, O_CLOEXEC) == 0 &&
		    read(whole, head, sizeof(head)) == sizeof(head));
	pid = fork();
	if (pid == 0)
		_exit(layering_add(&h->s, NULL, A, "sha256:" C, file_of(pipes[0]), NULL, &e));
	assert_int_equal(fd_write_all(pipes[1], head, sizeof(head)), 0);
	while (count(h, "tmp") == 0)
		usleep(1000);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(pipes[0]);
	/* The unpacking child dies with its parent, a moment later. */
	for (int i = 0; i < 10000 && count(h, "tmp") > 0; i++, usleep(1000))
		assert_int_equal(draft_sweep(&h->s, &e), 0);
	close(pipes[1]);
	close(held);
	assert_int_equal(count(h, "tmp") + count(h, "layers"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_ids_are_those_of_the_specification),
		unit_test_store(a_layer_is_applied_to_its_parent_which_stays_unchanged),
		unit_test_store(an_existing_layer_is_not_read_again),
		unit_test_store(whiteouts_hide_lower_files_wherever_they_stand),
		unit_test_store(directories_have_the_times_of_the_layers),
		unit_test_store(invalid_layers_are_refused_and_nothing_is_left),
		unit_test_store(links_of_lower_layers_do_not_lead_out_of_the_image),
		unit_test_store(removing_a_very_deep_directory_is_refused),
		unit_test_store(content_that_does_not_match_the_diff_id_is_refused),
		unit_test_store(a_layer_truncated_anywhere_is_refused),
		cmocka_unit_test_setup_teardown(a_layer_may_unpack_to_the_allowed_size, home_up,
						forget_layer_max),
		unit_test_store(a_layer_that_would_fill_the_store_is_refused),
		cmocka_unit_test_setup_teardown(a_layer_with_too_many_files_is_refused, home_up,
						forget_layer_max),
		unit_test_store(a_layer_without_end_mark_and_padding_is_accepted),
		unit_test_store(
			a_layer_that_ends_within_a_file_is_refused_even_with_the_right_digest),
		unit_test_store(an_empty_layer_is_accepted),
		unit_test_store(devices_are_made_and_aufs_metadata_is_ignored),
		unit_test_store(layers_without_an_image_are_removed),
		unit_test_store(an_image_that_cannot_be_read_keeps_all_layers),
		unit_test_store(locked_layers_are_not_removed),
		unit_test_store(a_sweep_without_layers_succeeds),
		unit_test_store(leftovers_of_a_killed_process_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
