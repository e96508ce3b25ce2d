#include "unit.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/own.h"
#include "container/mountspec.h"

static struct err e;

static void a_volume_is_a_source_a_target_and_a_mode(void **state)
{
	own_mountspec struct mountspec a = {0}, b = {0}, c = {0};

	(void)state;
	assert_int_equal(mountspec_read("/etc:/mnt/etc", &a, &e), 0);
	assert_string_equal(a.source, "/etc");
	assert_string_equal(a.target, "/mnt/etc");
	assert_false(a.read_only);
	assert_int_equal(mountspec_read("/etc/passwd:/p:ro", &b, &e), 0);
	assert_true(b.read_only);
	assert_int_equal(mountspec_read("/etc:/p:rw", &c, &e), 0);
	assert_false(c.read_only);
}

static void the_source_is_kept_as_an_absolute_path_without_links(void **state)
{
	const struct scratch *s = *state;
	own_mountspec struct mountspec v = {0};
	own_str char *text = str_fmt("%s/link/../link:/x", s->path),
		     *want = str_fmt("%s/dir", s->path);

	mkdirat(s->dir, "dir", 0755);
	scratch_link(s, "dir", "link");
	assert_int_equal(mountspec_read(text, &v, &e), 0);
	assert_string_equal(v.source, want);
}

static void a_source_without_a_slash_is_a_name(void **state)
{
	own_mountspec struct mountspec v = {0};

	(void)state;
	assert_int_equal(mountspec_read("data:/d", &v, &e), 0);
	assert_string_equal(v.name, "data");
	assert_null(v.source);
}

static void invalid_volumes_are_refused_by_name(void **state)
{
	struct mountspec v;

	(void)state;
	assert_refused(mountspec_read("data", &v, &e), &e, "data: not [SOURCE:]TARGET[:ro]");
	assert_refused(mountspec_read("", &v, &e), &e, ": not [SOURCE:]TARGET[:ro]");
	assert_refused(mountspec_read("/etc:", &v, &e), &e, "/etc:: not [SOURCE:]TARGET[:ro]");
	assert_refused(mountspec_read(":/x", &v, &e), &e, ":/x: not [SOURCE:]TARGET[:ro]");
	assert_refused(mountspec_read("/a:/b:ro:x", &v, &e), &e,
		       "/a:/b:ro:x: not [SOURCE:]TARGET[:ro]");
	assert_refused(
		mountspec_read("/etc:/x:zz", &v, &e), &e,
		"/etc:/x:zz: zz: not ro, rw or a propagation (shared, slave, private, rshared, "
		"rslave, rprivate)");
	assert_refused(
		mountspec_read("/etc:x", &v, &e), &e,
		"/etc:x: the target is an absolute path without \"..\", and not /, /dev, /sys or in /proc");
	assert_refused(
		mountspec_read("/etc:/", &v, &e), &e,
		"/etc:/: the target is an absolute path without \"..\", and not /, /dev, /sys or in /proc");
	assert_refused(mountspec_read("/no/such:/x", &v, &e), &e,
		       "/no/such: No such file or directory");
}

static bool is_target(const char *path, const char *clean)
{
	own_str char *target = mountspec_target(path);

	return str_equal(target, clean);
}

static void kernel_file_systems_cannot_be_covered(void **state)
{
	(void)state;
	assert_true(is_target("/proc", NULL));
	assert_true(is_target("//proc/./sys", NULL));
	assert_true(is_target("/sys/", NULL));
	assert_true(is_target("/dev/.", NULL));
	assert_true(is_target("/x/../proc", NULL));
	assert_true(is_target("/./", NULL));
	assert_true(is_target("x", NULL));
	assert_true(is_target("/dev/fuse", "/dev/fuse"));
	assert_true(is_target("/process", "/process"));
}

static void a_target_has_one_spelling(void **state)
{
	own_mountspec struct mountspec a = {0}, b = {0}, c = {0};

	(void)state;
	assert_true(is_target("//x/./y//", "/x/y"));
	assert_int_equal(mountspec_read("/etc:/./x/", &a, &e), 0);
	assert_string_equal(a.target, "/x");
	assert_int_equal(mountspec_read_tmpfs("//x:size=1m", &b, &e), 0);
	assert_string_equal(b.target, "/x");
	assert_int_equal(mountspec_read_device("/dev/null:/dev/./x", &c, &e), 0);
	assert_string_equal(c.target, "/dev/x");
}

static void a_source_that_begins_with_a_dot_is_a_path(void **state)
{
	own_mountspec struct mountspec v = {0};
	own_str char *here = realpath(".", NULL);

	(void)state;
	assert_int_equal(mountspec_read(".:/c", &v, &e), 0);
	assert_string_equal(v.source, here);
	assert_null(v.name);
	assert_true(mountspec_is_path("..:/c") && mountspec_is_path("a/b:/c"));
	assert_false(mountspec_is_path("a:/c"));
}

static void a_tmpfs_is_a_target_with_options(void **state)
{
	own_mountspec struct mountspec a = {0}, b = {0};
	struct mountspec v;

	(void)state;
	assert_int_equal(mountspec_read_tmpfs("/tmp", &a, &e), 0);
	assert_string_equal(a.target, "/tmp");
	assert_string_equal(a.options, "");
	assert_int_equal(mountspec_read_tmpfs("/tmp:size=1m,mode=700", &b, &e), 0);
	assert_string_equal(b.target, "/tmp");
	assert_string_equal(b.options, "size=1m,mode=700");
	assert_refused(
		mountspec_read_tmpfs("tmp", &v, &e), &e,
		"tmp: the target is an absolute path without \"..\", and not /, /dev, /sys or in /proc");
	assert_refused(
		mountspec_read_tmpfs("", &v, &e), &e,
		": the target is an absolute path without \"..\", and not /, /dev, /sys or in /proc");
}

static void a_device_is_a_node_of_the_hosts(void **state)
{
	own_mountspec struct mountspec a = {0}, b = {0}, c = {0};
	struct mountspec v;

	(void)state;
	assert_int_equal(mountspec_read_device("/dev/null", &a, &e), 0);
	assert_string_equal(a.target, "/dev/null");
	assert_int_equal(mountspec_read_device("/dev/null:/dev/mine", &b, &e), 0);
	assert_string_equal(b.target, "/dev/mine");
	assert_int_equal(mountspec_read_device("/dev/null:/dev/mine:rwm", &c, &e), 0);
	assert_refused(mountspec_read_device("null", &v, &e), &e,
		       "null: not DEVICE[:TARGET[:rwm]]");
	assert_refused(mountspec_read_device("/dev/null:/x:r", &v, &e), &e,
		       "/dev/null:/x:r: not DEVICE[:TARGET[:rwm]]");
	assert_refused(mountspec_read_device("/etc/passwd", &v, &e), &e,
		       "/etc/passwd: not a device");
	assert_refused(mountspec_read_device("/dev/nosuch", &v, &e), &e,
		       "/dev/nosuch: No such file or directory");
}

static void a_device_node_is_owned_by_the_containers_root(void **state)
{
	struct mountspec v;
	own_fd int fd = -1;
	struct stat st;

	(void)state;
	assert_int_equal(mountspec_read_device("/dev/full", &v, &e), 0);
	fd = mountspec_mount_device(v.source, 4711, 4712, &e);
	assert_true(fd >= 0);
	assert_int_equal(fstatat(fd, "node", &st, 0), 0);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 7));
	assert_int_equal(st.st_uid, 4711);
	assert_int_equal(st.st_gid, 4712);
	mountspec_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_volume_is_a_source_a_target_and_a_mode),
		unit_test_scratch(the_source_is_kept_as_an_absolute_path_without_links),
		cmocka_unit_test(a_source_without_a_slash_is_a_name),
		cmocka_unit_test(invalid_volumes_are_refused_by_name),
		cmocka_unit_test(kernel_file_systems_cannot_be_covered),
		cmocka_unit_test(a_target_has_one_spelling),
		cmocka_unit_test(a_source_that_begins_with_a_dot_is_a_path),
		cmocka_unit_test(a_tmpfs_is_a_target_with_options),
		cmocka_unit_test(a_device_is_a_node_of_the_hosts),
		cmocka_unit_test(a_device_node_is_owned_by_the_containers_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
