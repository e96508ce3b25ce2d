#include "unit.h"

#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/own.h"
#include "base/str.h"
#include "kernel/mount.h"

static struct err e;

/* A scratch directory on a tmpfs, in a mount namespace of this process. */
static int private_make(void **state)
{
	struct scratch *s;

	if (scratch_make(state) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	s = *state;
	close(s->dir);
	if (mount("tmpfs", s->path, "tmpfs", 0, "mode=755") < 0)
		return -1;
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->dir < 0 ? -1 : 0;
}

static int private_remove(void **state)
{
	struct scratch *s = *state;

	return umount2(s->path, MNT_DETACH) | scratch_remove(state);
}

/* A user namespace that maps 0 to 100000. */
static int user_namespace(void)
{
	char path[40];
	int go[2], fd;
	pid_t pid;
	FILE *f;

	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || write(go[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(go[0], path, 1), 1);
	close(go[0]);
	close(go[1]);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, i ? "gid_map" : "uid_map");
		f = fopen(path, "w");
		assert_non_null(f);
		fputs("0 100000 1000\n", f);
		assert_int_equal(fclose(f), 0);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(fd >= 0);
	return fd;
}

static void a_new_file_system_is_visible_only_after_it_is_attached(void **state)
{
	const struct scratch *s = *state;
	own_fd int fd = mount_new("tmpfs", "size=64k,mode=700",
				  MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID, "/x", &e),
		   at = -1;
	struct statvfs v;

	assert_true(fd >= 0);
	mkdirat(s->dir, "x", 0755);
	at = openat(s->dir, "x", O_PATH | O_CLOEXEC);
	assert_int_equal(mkdirat(fd, "in", 0755), 0);
	assert_int_equal(faccessat(s->dir, "x/in", F_OK, 0), -1);
	assert_int_equal(mount_attach(fd, at, "/x", &e), 0);
	assert_int_equal(faccessat(s->dir, "x/in", F_OK, 0), 0);
	assert_int_equal(fstatvfs(fd, &v), 0);
	assert_int_equal(v.f_flag & (ST_NOEXEC | ST_NOSUID), ST_NOEXEC | ST_NOSUID);
	assert_int_equal(v.f_blocks * v.f_frsize, 65536);
}

static void the_kernels_message_about_an_unknown_option_is_shown(void **state)
{
	(void)state;
	assert_int_equal(mount_new("tmpfs", "nosuch=1", 0, "/x", &e), -1);
	assert_non_null(strstr(e.msg, "mount /x: "));
	assert_non_null(strstr(e.msg, "nosuch"));
	assert_int_equal(mount_new("nosuchfs", NULL, 0, "/x", &e), -1);
	assert_refused(mount_new("nosuchfs", NULL, 0, "/x", &e), &e,
		       "mount /x: nosuchfs: No such device");
}

/* fsconfig(2) takes texts of up to 255 characters. */
static void a_source_that_the_kernel_refuses_is_an_error_with_its_reason(void **state)
{
	char source[300];

	(void)state;
	memset(source, 'x', sizeof(source) - 1);
	source[sizeof(source) - 1] = '\0';
	assert_refused(mount_new_from("tmpfs", source, NULL, 0, "/x", &e), &e,
		       "mount /x: Invalid argument");
}

static void a_copy_shows_the_same_files_and_can_be_made_read_only(void **state)
{
	const struct scratch *s = *state;
	own_fd int copy = mount_copy(s->dir, "", false, &e), dir = -1;

	assert_true(copy >= 0);
	assert_int_equal(mkdirat(s->dir, "d", 0755), 0);
	assert_int_equal(mount_set(copy, MOUNT_ATTR_RDONLY, false, "x", &e), 0);
	dir = openat(copy, "d", O_RDONLY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_int_equal(mkdirat(dir, "e", 0755), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(mkdirat(s->dir, "d/e", 0755), 0);
	assert_refused(mount_copy(s->dir, "nosuch", false, &e), &e,
		       "bind nosuch: No such file or directory");
}

/* Each attached copy of the whole tree doubles the mounts (fs.mount-max is 100000: proc(5)). */
static int attach_too_many(const struct scratch *s)
{
	int r = unshare(CLONE_NEWNS);

	for (int i = 0; i < 20 && r == 0; i++) {
		own_fd int top = open(s->path, O_PATH | O_CLOEXEC), copy = -1, at = -1;

		mkdirat(top, "d", 0755);
		at = openat(top, "d", O_PATH | O_CLOEXEC);
		copy = mount_copy(top, "", true, &e);
		r = copy < 0 ? -1 : mount_attach(copy, at, "/x", &e);
	}
	return r;
}

static void too_many_mounts_are_an_error_that_names_the_limit(void **state)
{
	const struct scratch *s = *state;
	int pair[2];
	pid_t pid;

	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (pid == 0)
		_exit(attach_too_many(s) == -1 && write(pair[1], &e, sizeof(e)) == sizeof(e) ? 0
											     : 1);
	close(pair[1]);
	assert_int_equal(read(pair[0], &e, sizeof(e)), sizeof(e));
	close(pair[0]);
	waitpid(pid, NULL, 0);
	assert_string_equal(
		e.msg, "mount /x: too many mounts in this namespace (limit: sysctl fs.mount-max)");
	assert_int_equal(e.sys, ENOSPC);
}

static void a_failed_bind_mount_of_a_descriptor_names_its_path(void **state)
{
	own_fd int file = memfd_create("x", MFD_CLOEXEC);

	(void)state;
	assert_refused(mount_copy(file, "", false, &e), &e,
		       "bind /memfd:x (deleted): Invalid argument");
}

static void owners_are_mapped(void **state)
{
	const struct scratch *s = *state;
	own_fd int copy = mount_copy(s->dir, "", false, &e), userns = user_namespace();
	struct stat st;

	if (mount_idmap(copy, userns, "x", &e) < 0 && e.sys == EINVAL)
		skip(); /* tmpfs before Linux 6.3 */
	assert_int_equal(fchownat(s->dir, ".", 7, 8, 0), 0);
	assert_int_equal(fstatat(copy, "", &st, AT_EMPTY_PATH), 0);
	assert_int_equal(st.st_uid, 100007);
	assert_int_equal(st.st_gid, 100008);
}

/* A mount that mount_copy_mapped returned. */
static struct {
	int fd[4];
	char below[4][40];
	int n;
} given;

static int take(void *arg, int fd, const char *below, struct err *ignored)
{
	assert_ptr_equal(arg, &given);
	(void)ignored;
	assert_true(given.n < 4);
	snprintf(given.below[given.n], sizeof(given.below[0]), "%s", below);
	given.fd[given.n++] = fd;
	return 0;
}

static void drop_given(void)
{
	while (given.n > 0)
		close(given.fd[--given.n]);
}

static void a_tree_that_can_be_mapped_is_mounted_as_a_whole(void **state)
{
	const struct scratch *s = *state;
	own_strv struct strv skipped = {0};
	own_str char *sub = str_fmt("%s/sub", s->path);
	own_fd int userns = user_namespace();
	struct stat st;

	mkdirat(s->dir, "sub", 0755);
	assert_int_equal(mount("tmpfs", sub, "tmpfs", 0, "mode=755"), 0);
	assert_int_equal(mount_copy_mapped(s->path, userns, take, &given, &skipped, &e), 0);
	assert_int_equal(umount(sub), 0);
	if (skipped.n) {
		drop_given();
		skip(); /* tmpfs before Linux 6.3 */
	}
	assert_int_equal(given.n, 1);
	assert_string_equal(given.below[0], "");
	assert_int_equal(fstatat(given.fd[0], "sub", &st, 0), 0);
	assert_int_equal(st.st_uid, 100000);
	drop_given();
}

static void each_mount_of_a_partly_mappable_tree_is_returned_separately(void **state)
{
	const struct scratch *s = *state;
	own_strv struct strv skipped = {0};
	own_str char *plain = str_fmt("%s/a tmpfs", s->path), *proc = str_fmt("%s/pro\tc", s->path);
	own_fd int userns = user_namespace();
	struct statvfs v;
	struct stat st;

	mkdirat(s->dir, "a tmpfs", 0755);
	mkdirat(s->dir, "pro\tc", 0755);
	assert_int_equal(mount("tmpfs", plain, "tmpfs", 0, "mode=755"), 0);
	assert_int_equal(mount("proc", proc, "proc", 0, NULL), 0);
	if (mount_copy_mapped(s->path, userns, take, &given, &skipped, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(umount(proc) | umount(plain), 0);
	assert_int_equal(given.n, 3);
	assert_string_equal(given.below[0], "");
	assert_string_equal(given.below[1], "/a tmpfs");
	assert_string_equal(given.below[2], "/pro\tc");
	assert_string_equal(skipped.v[skipped.n - 1], proc);
	assert_int_equal(fstatvfs(given.fd[2], &v), 0);
	assert_true(v.f_flag & ST_NOSUID);
	if (skipped.n == 1) { /* all three if a tmpfs cannot be idmapped (before Linux 6.3) */
		assert_int_equal(fstatat(given.fd[1], "", &st, AT_EMPTY_PATH), 0);
		assert_int_equal(st.st_uid, 100000);
	}
	drop_given();
}

/* Exchanges a directory for a link to another one, between two mounts of the source. */
static int swap(void *arg, int fd, const char *below, struct err *ignored)
{
	const struct scratch *s = arg;

	if (!*below) { /* the source has been looked up, its mounts have not */
		assert_int_equal(renameat(s->dir, "source", s->dir, "moved"), 0);
		assert_int_equal(symlinkat("secret", s->dir, "source"), 0);
	} else if (strcmp(below, "/a") == 0) {
		assert_int_equal(renameat(s->dir, "moved/b", s->dir, "moved/old"), 0);
		assert_int_equal(symlinkat("../secret/b", s->dir, "moved/b"), 0);
	}
	return take(&given, fd, below, ignored);
}

static void a_source_that_is_swapped_meanwhile_gives_no_mount_of_another_directory(void **state)
{
	static const char *const dirs[] = {"source", "source/a", "source/b", "source/b/c",
					   "secret", "secret/a", "secret/b", "secret/b/c"};
	static const char *const at[] = {"moved/old/c", "moved/a"};
	struct scratch *s = *state;
	own_strv struct strv skipped = {0};
	own_str char *source = str_fmt("%s/source", s->path), *a = str_fmt("%s/a", source),
		     *c = str_fmt("%s/b/c", source);
	own_fd int userns = user_namespace(), file = -1;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		assert_int_equal(mkdirat(s->dir, dirs[i], 0755), 0);
	file = openat(s->dir, "secret/b/c/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_int_equal(mount("proc", a, "proc", 0, NULL) | mount("proc", c, "proc", 0, NULL), 0);
	if (mount_copy_mapped(source, userns, swap, s, &skipped, &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		own_str char *path = str_fmt("%s/%s", s->path, at[i]);

		assert_int_equal(umount(path), 0);
	}
	assert_int_equal(given.n, 2);
	assert_string_equal(given.below[1], "/a");
	assert_int_equal(faccessat(given.fd[1], "self", F_OK, AT_SYMLINK_NOFOLLOW), 0);
	drop_given();
}

#define test(f) cmocka_unit_test_setup_teardown(f, private_make, private_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_new_file_system_is_visible_only_after_it_is_attached),
		test(the_kernels_message_about_an_unknown_option_is_shown),
		test(a_source_that_the_kernel_refuses_is_an_error_with_its_reason),
		test(a_copy_shows_the_same_files_and_can_be_made_read_only),
		test(too_many_mounts_are_an_error_that_names_the_limit),
		test(a_failed_bind_mount_of_a_descriptor_names_its_path),
		test(owners_are_mapped),
		test(a_tree_that_can_be_mapped_is_mounted_as_a_whole),
		test(each_mount_of_a_partly_mappable_tree_is_returned_separately),
		test(a_source_that_is_swapped_meanwhile_gives_no_mount_of_another_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
