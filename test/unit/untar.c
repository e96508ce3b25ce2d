#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/own.h"
#include "base/str.h"
#include "tar/untar.h"
#include "tars.h"

static struct err e;
static uint64_t entries_told, bytes_told;

static void tell(uint64_t entries, uint64_t bytes)
{
	entries_told = entries;
	bytes_told = bytes;
}

static int root_scratch(void **state)
{
	if (geteuid() != 0)
		skip(); /* only root confines the child */
	return scratch_make(state);
}

#define unit_test_root(f) cmocka_unit_test_setup_teardown(f, root_scratch, scratch_remove)

static void an_archive_is_unpacked_and_its_size_returned(void **state)
{
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;
	struct stat st;

	add(&m, "./etc", S_IFDIR, "");
	add(&m, "/etc/motd", S_IFREG, "hello");
	fd = end(&m);
	assert_int_equal(untar_unpack(fd, "archive", s->dir, tell, &e), 0);
	assert_int_equal(fstatat(s->dir, "etc/motd", &st, 0), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(entries_told, 2);
	assert_int_equal(bytes_told, 5);
}

static void add_as(struct made *m, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_uid(entry, uid);
	archive_entry_set_gid(entry, gid);
	archive_entry_set_mtime(entry, 1000, 0);
	archive_entry_set_size(entry, S_ISREG(mode) ? 1 : 0);
	assert_int_equal(archive_write_header(m->a, entry), ARCHIVE_OK);
	if (S_ISREG(mode))
		archive_write_data(m->a, "x", 1);
	archive_entry_free(entry);
}

/* The set-group-ID bit of a directory would give its group to new files. */
static void files_have_exactly_the_owner_mode_and_time_of_their_entries(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		uid_t uid;
		gid_t gid;
	} files[] = {
		{"d", S_IFDIR | 02777, 3, 4},     {"d/root", S_IFREG | 0644, 0, 0},
		{"d/all", S_IFREG | 0666, 0, 0},  {"d/set", S_IFREG | 06755, 5, 6},
		{"d/none", S_IFREG | 0, 7, 0},    {"set", S_IFREG | 04711, 0, 0},
		{"group", S_IFREG | 0664, 0, 99}, {"sticky", S_IFREG | 01600, 1, 1},
	};
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;
	struct stat st;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		add_as(&m, files[i].name, files[i].mode, files[i].uid, files[i].gid);
	fd = end(&m);
	assert_int_equal(untar_unpack(fd, "archive", s->dir, NULL, &e), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		assert_int_equal(fstatat(s->dir, files[i].name, &st, 0), 0);
		assert_int_equal(st.st_mode, files[i].mode);
		assert_int_equal(st.st_uid, files[i].uid);
		assert_int_equal(st.st_gid, files[i].gid);
		assert_int_equal(st.st_mtim.tv_sec, 1000);
	}
}

static void the_times_of_a_directory_survive_later_entries(void **state)
{
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;
	struct stat st;

	add(&m, "a/b/file", S_IFREG, "x"); /* makes a and a/b before their entries */
	add(&m, ".", S_IFDIR, "");
	add(&m, "a", S_IFDIR, "");
	add(&m, "a/b", S_IFDIR, "");
	add(&m, "a/b/other", S_IFREG, "x");
	add(&m, "top", S_IFREG, "x");
	fd = end(&m);
	assert_int_equal(untar_unpack(fd, "archive", s->dir, NULL, &e), 0);
	assert_true(fstatat(s->dir, ".", &st, 0) == 0 && st.st_mtime == 1000);
	assert_true(fstatat(s->dir, "a", &st, 0) == 0 && st.st_mtime == 1000);
	assert_true(fstatat(s->dir, "a/b", &st, 0) == 0 && st.st_mtime == 1000);
}

static void a_name_with_dots_anywhere_is_refused(void **state)
{
	static const char *const bad[] = {"..",    "../a", "a/..",  "a/../b",
					  "/../a", "./..", "a/b/.."};
	struct scratch *s = *state;
	char sentence[100];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct made m = begin();
		own_fd int fd = -1;

		add(&m, bad[i], S_IFREG, "x");
		fd = end(&m);
		snprintf(sentence, sizeof(sentence), "archive: %s: a name with \"..\" is refused",
			 bad[i]);
		assert_refused(untar_unpack(fd, "archive", s->dir, NULL, &e), &e, sentence);
	}
}

static void dots_within_a_name_are_part_of_it(void **state)
{
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;

	add(&m, "..a", S_IFREG, "x");
	add(&m, "b..", S_IFREG, "x");
	add(&m, "...", S_IFREG, "x");
	add(&m, ".hidden", S_IFREG, "x");
	fd = end(&m);
	assert_int_equal(untar_unpack(fd, "archive", s->dir, NULL, &e), 0);
	assert_int_equal(faccessat(s->dir, "..a", F_OK, 0), 0);
	assert_int_equal(faccessat(s->dir, ".hidden", F_OK, 0), 0);
}

/* Like GNU tar -x: an archive of several packages names lib/x, where lib is a link to usr/lib. */
static void links_of_an_archive_are_resolved_inside_it(void **state)
{
	static const char *const links[][2] = {
		{"lib", "usr"},
		{"abs", "/usr"},
		{"up", "../../../../../../../usr"},
		{"again", "lib/../abs"},
	};
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;

	add(&m, "usr", S_IFDIR, "");
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		own_str char *name = str_fmt("%s/by-%s", links[i][0], links[i][0]);

		add(&m, links[i][0], S_IFLNK, links[i][1]);
		add(&m, name, S_IFREG, "x");
	}
	fd = end(&m);
	assert_int_equal(untar_unpack(fd, "archive", s->dir, NULL, &e), 0);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		own_str char *name = str_fmt("usr/by-%s", links[i][0]);

		assert_int_equal(faccessat(s->dir, name, F_OK, 0), 0);
	}
}

static void a_directory_replaces_a_link_of_its_name(void **state)
{
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;
	struct stat st;

	add(&m, "usr", S_IFDIR, "");
	add(&m, "lib", S_IFLNK, "usr");
	add(&m, "lib", S_IFDIR, "");
	add(&m, "lib/file", S_IFREG, "x");
	fd = end(&m);
	assert_int_equal(untar_unpack(fd, "archive", s->dir, NULL, &e), 0);
	assert_int_equal(fstatat(s->dir, "lib/file", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(faccessat(s->dir, "usr/file", F_OK, 0), -1);
}

/* The directory may be in use, and its links are not those of the archive. */
static void nothing_is_merged_through_a_link(void **state)
{
	struct untar_rules rules = {0};
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;

	mkdirat(s->dir, "usr", 0755);
	scratch_link(s, "usr", "lib");
	add(&m, "lib/file", S_IFREG, "x");
	fd = end(&m);
	assert_int_equal(untar_merge(fd, "archive", s->dir, &rules, NULL, &e), -1);
	assert_true(strncmp(e.msg, "lib/file: ", 10) == 0);
	assert_int_equal(faccessat(s->dir, "usr/file", F_OK, 0), -1);
}

static void a_target_that_is_not_a_directory_is_refused(void **state)
{
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;

	add(&m, "./", S_IFLNK, "/etc");
	fd = end(&m);
	assert_refused(untar_unpack(fd, "archive", s->dir, NULL, &e), &e,
		       "archive: ./: not a directory");
}

static void an_error_with_a_long_name_keeps_the_reason(void **state)
{
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;
	char name[2000];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	add(&m, name, S_IFREG, "x");
	fd = end(&m);
	assert_int_equal(untar_unpack(fd, "archive", s->dir, NULL, &e), -1);
	assert_non_null(strstr(e.msg, "File name too long"));
}

static void a_truncated_archive_is_refused(void **state)
{
	struct scratch *s = *state;
	struct made m = begin();
	own_fd int fd = -1;
	struct stat st;

	add(&m, "file", S_IFREG, "x");
	fd = end(&m);
	fstat(fd, &st);
	assert_int_equal(ftruncate(fd, st.st_size - 1024), 0); /* the two blocks of zeros */
	assert_refused(untar_unpack(fd, "archive", s->dir, NULL, &e), &e,
		       "archive: cut short (no end mark)");
}

/* Changes a byte of each kind of compression: in its checksum and elsewhere. (zstd of libarchive
 * has no checksum: see test/cmd/init.bats. Some bits of bzip2 are unused.)
 */
static void a_changed_byte_of_a_compressed_archive_never_gives_other_data(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ};
	struct scratch *s = *state;
	char text[3000], is[3000];

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('!' + i * i % 90);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		struct made m = begin_filtered(filters[i]);
		own_fd int fd = -1;
		struct stat st;
		int refused = 0;

		add(&m, "file", S_IFREG, text);
		fd = end(&m);
		assert_int_equal(fstat(fd, &st), 0);
		for (off_t at = 12; at<st.st_size; at += at + 61> st.st_size - 12 ? 1 : 61) {
			own_fd int file = -1;
			char byte, was;

			assert_int_equal(pread(fd, &was, 1, at), 1);
			byte = was ^ 0x10;
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
			lseek(fd, 0, SEEK_SET);
			if (untar_unpack(fd, "archive", s->dir, NULL, &e) < 0) {
				refused++;
			} else {
				file = openat(s->dir, "file", O_RDONLY | O_CLOEXEC);
				assert_int_equal(read(file, is, sizeof(is)), sizeof(text) - 1);
				assert_memory_equal(is, text, sizeof(text) - 1);
			}
			assert_int_equal(pwrite(fd, &was, 1, at), 1);
		}
		assert_in_range(refused, 12, 100);
	}
}

/* Three blocks of headers each, so some are read in two pieces. (libarchive writes
 * "-N.5" for -N + 0.5.) */
static void a_fraction_of_a_time_before_1970_is_kept_wherever_the_header_is(void **state)
{
	enum { FILES = 400 };
	struct scratch *s = *state;
	struct made m = begin_filtered(ARCHIVE_FILTER_GZIP);
	struct archive_entry *entry = archive_entry_new();
	own_fd int fd = -1;
	char name[20];

	for (int i = 1; i <= FILES; i++) {
		snprintf(name, sizeof(name), "%d", i);
		archive_entry_set_pathname(entry, name);
		archive_entry_set_mode(entry, S_IFREG | 0600);
		archive_entry_set_mtime(entry, -i, 500000000);
		assert_int_equal(archive_write_header(m.a, entry), ARCHIVE_OK);
	}
	archive_entry_free(entry);
	fd = end(&m);
	assert_int_equal(untar_unpack(fd, "archive", s->dir, NULL, &e), 0);
	for (int i = 1; i <= FILES; i++) {
		struct stat st;

		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(fstatat(s->dir, name, &st, 0), 0);
		assert_int_equal(st.st_mtim.tv_sec, -i - 1);
		assert_int_equal(st.st_mtim.tv_nsec, 500000000);
	}
}

static void an_unreadable_descriptor_is_reported(void **state)
{
	struct scratch *s = *state;
	own_fd int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_refused(untar_unpack(fd, "archive", s->dir, NULL, &e), &e,
		       "archive: Is a directory");
	assert_refused(untar_unpack(-1, "archive", s->dir, NULL, &e), &e,
		       "archive: Bad file descriptor");
}

/* Waits until the parent has another child. */
static _Noreturn void kill_other_child(void)
{
	own_str char *path = str_fmt("/proc/%d/task/%d/children", getppid(), getppid());

	for (;; usleep(1000)) {
		own_file FILE *children = fopen(path, "re");
		int pid;

		while (children && fscanf(children, "%d", &pid) == 1)
			if (pid != getpid())
				_exit(kill(pid, SIGKILL));
	}
}

static void a_killed_child_is_distinguished_from_an_invalid_archive(void **state)
{
	struct scratch *s = *state;
	int pipes[2], status;
	pid_t killer;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	killer = fork();
	if (killer == 0)
		kill_other_child();
	assert_refused(
		untar_unpack(pipes[0], "archive", s->dir, NULL, &e), &e,
		"archive: unpacking was killed, or needs more than 1 GiB of memory (status 137)");
	assert_int_equal(e.sys, EINTR);
	assert_int_equal(waitpid(killer, &status, 0), killer);
	close(pipes[0]);
	close(pipes[1]);
}

static void a_merge_replaces_files_and_keeps_directories(void **state)
{
	struct scratch *s = *state;
	struct untar_rules rules = {.owned = true, .uid = 7, .gid = 8, .disarmed = true};
	struct made m = begin();
	own_fd int fd = -1;
	struct stat st;

	mkdirat(s->dir, "there", 0711);
	scratch_link(s, "/etc/passwd", "there/link");
	add(&m, "there/", S_IFDIR, "");
	add(&m, "there/link", S_IFREG | 06000, "new");
	add(&m, "new", S_IFDIR, "");
	fd = end(&m);
	assert_int_equal(untar_merge(fd, "archive", s->dir, &rules, NULL, &e), 0);
	assert_true(fstatat(s->dir, "there", &st, 0) == 0 && st.st_mode == (S_IFDIR | 0711) &&
		    st.st_uid == geteuid());
	assert_true(fstatat(s->dir, "there/link", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode));
	assert_true(st.st_size == 3 && st.st_uid == 7 && st.st_gid == 8 &&
		    (st.st_mode & 07777) == 0700);
	assert_true(fstatat(s->dir, "new", &st, 0) == 0 && st.st_uid == 7);
}

static void a_failed_merge_removes_new_files(void **state)
{
	struct scratch *s = *state;
	struct untar_rules rules = {0};
	struct made m = begin();
	own_fd int fd = -1;

	mkdirat(s->dir, "there", 0755);
	add(&m, "new", S_IFDIR, "");
	add(&m, "new/file", S_IFREG, "x");
	add(&m, "there/file", S_IFREG, "x");
	add(&m, "there", S_IFREG, "x");
	fd = end(&m);
	assert_refused(untar_merge(fd, "archive", s->dir, &rules, NULL, &e), &e,
		       "there: is a directory (a file does not replace it)");
	assert_int_not_equal(faccessat(s->dir, "new", F_OK, 0), 0);
	assert_int_not_equal(faccessat(s->dir, "there/file", F_OK, 0), 0);
	assert_int_equal(faccessat(s->dir, "there", F_OK, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_root(an_archive_is_unpacked_and_its_size_returned),
		unit_test_root(files_have_exactly_the_owner_mode_and_time_of_their_entries),
		unit_test_root(the_times_of_a_directory_survive_later_entries),
		unit_test_root(a_name_with_dots_anywhere_is_refused),
		unit_test_root(dots_within_a_name_are_part_of_it),
		unit_test_root(links_of_an_archive_are_resolved_inside_it),
		unit_test_root(a_directory_replaces_a_link_of_its_name),
		unit_test_root(nothing_is_merged_through_a_link),
		unit_test_root(a_target_that_is_not_a_directory_is_refused),
		unit_test_root(an_error_with_a_long_name_keeps_the_reason),
		unit_test_root(a_truncated_archive_is_refused),
		unit_test_root(a_changed_byte_of_a_compressed_archive_never_gives_other_data),
		unit_test_root(a_fraction_of_a_time_before_1970_is_kept_wherever_the_header_is),
		unit_test_root(an_unreadable_descriptor_is_reported),
		unit_test_root(a_killed_child_is_distinguished_from_an_invalid_archive),
		unit_test_root(a_merge_replaces_files_and_keeps_directories),
		unit_test_root(a_failed_merge_removes_new_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
