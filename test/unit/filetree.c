#include "container/filetree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "store/plan.h"
#include "unit.h"

static struct err e;

static const struct fsentry *find(const struct filetree *t, const char *target)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_equal(t->v[i].target, target))
			return &t->v[i];
	fail_msg("%s is not in the tree", target);
	return NULL;
}

static bool has(const struct filetree *t, const char *target)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_equal(t->v[i].target, target))
			return true;
	return false;
}

static size_t place(const struct filetree *t, const char *target)
{
	return (size_t)(find(t, target) - t->v);
}

static void build(struct filetree *t, const struct plan *p, bool recorded, bool cgroup2)
{
	struct filetree_host host = {.recorded = recorded, .cgroup2 = cgroup2};

	assert_int_equal(filetree_build(t, p, &host, &e), 0);
}

static void a_default_tree_begins_with_the_snapshot_and_the_kernels_file_systems(void **state)
{
	struct plan p = {.net = NET_NAMED, .network = "default", .shm_size = 1 << 20};
	own_filetree struct filetree t = {0};

	(void)state;
	build(&t, &p, true, false);
	assert_int_equal(t.v[0].phase, FSENTRY_ROOT);
	assert_string_equal(t.v[0].source, "rootfs");
	assert_int_equal(t.v[0].from, FSENTRY_HOME);
	assert_true(t.v[0].mapped && t.v[0].from_outside);
	assert_true(t.v[0].attrs & MOUNT_ATTR_NODEV);
	assert_string_equal(find(&t, "/proc")->type, "proc");
	assert_string_equal(find(&t, "/sys")->type, "sysfs");
	assert_true(find(&t, "/sys")->attrs & MOUNT_ATTR_RDONLY);
	assert_string_equal(find(&t, "/dev/shm")->options, "mode=1777,size=1048576");
	assert_int_equal(find(&t, "/dev/null")->kind, FSENTRY_NODE);
	assert_int_equal(find(&t, "/proc/kcore")->kind, FSENTRY_MASK);
	assert_int_equal(find(&t, "/proc/sys")->kind, FSENTRY_READ_ONLY);
	assert_true(place(&t, "/dev") < place(&t, "/dev/pts"));
	assert_true(place(&t, "/proc") < place(&t, "/proc/kcore"));
	assert_false(has(&t, "/sys/fs/cgroup"));
}

static void user_mounts_are_sorted_by_target_and_follow_the_kernels(void **state)
{
	own_plan struct plan p = {.net = NET_NONE};
	own_filetree struct filetree t = {0};

	(void)state;
	strv_add(&p.volumes, "/:/etc/x");
	strv_add(&p.tmpfs, "/etc:size=1m,noexec");
	strv_add(&p.image_volumes, "/a");
	strv_add(&p.devices, "/dev/null:/b");
	build(&t, &p, true, false);
	assert_true(place(&t, "/dev") < place(&t, "/a"));
	assert_true(place(&t, "/a") < place(&t, "/b"));
	assert_true(place(&t, "/b") < place(&t, "/etc"));
	assert_true(place(&t, "/etc") < place(&t, "/etc/hosts"));
	assert_true(place(&t, "/etc/hosts") < place(&t, "/etc/x"));
	/* tmpfs(5): size and mode are the file system's; noexec is the mount's. */
	assert_string_equal(find(&t, "/etc")->options, "mode=1777,size=1m");
	assert_true(find(&t, "/etc")->attrs ==
		    (MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
	assert_false(find(&t, "/etc")->from_outside);
	assert_true(find(&t, "/etc/x")->recursive && find(&t, "/etc/x")->mapped);
	assert_int_equal(find(&t, "/b")->kind, FSENTRY_DEVICE);
}

static void the_hosts_sys_is_bound_where_the_network_namespace_is_the_hosts(void **state)
{
	struct plan p = {.net = NET_HOST};
	own_filetree struct filetree t = {0};

	(void)state;
	build(&t, &p, true, true);
	assert_int_equal(find(&t, "/sys")->kind, FSENTRY_BIND);
	assert_true(find(&t, "/sys")->recursive);
	assert_false(has(&t, "/sys/fs/cgroup"));
}

static void cgroup2_is_mounted_on_pure_v2_hosts(void **state)
{
	struct plan p = {.net = NET_NONE};
	own_filetree struct filetree t = {0};

	(void)state;
	build(&t, &p, true, true);
	assert_string_equal(find(&t, "/sys/fs/cgroup")->type, "cgroup2");
	assert_true(place(&t, "/sys") < place(&t, "/sys/fs/cgroup"));
}

static void a_privileged_tree_masks_nothing_and_has_all_nodes(void **state)
{
	struct plan p = {.net = NET_NONE, .privileged = true};
	own_filetree struct filetree t = {0};

	(void)state;
	build(&t, &p, true, false);
	assert_false(has(&t, "/proc/kcore") || has(&t, "/proc/sys"));
	assert_int_equal(t.v[0].attrs, 0);
	assert_int_equal(t.v[place(&t, "/dev") + 1].kind, FSENTRY_ALL_NODES);
	assert_false(find(&t, "/sys")->attrs & MOUNT_ATTR_RDONLY);
}

static void a_bare_run_has_no_files_of_etc(void **state)
{
	own_plan struct plan p = {.net = NET_NONE, .rootfs = "/srv"};
	own_filetree struct filetree t = {0};

	(void)state;
	p.stages = 1U << STAGE_ROOT;
	build(&t, &p, false, false);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.v[0].from, FSENTRY_HOST);
	assert_string_equal(t.v[0].source, "/srv");
	assert_true(t.v[0].recursive);
}

static void a_read_only_root_comes_last(void **state)
{
	struct plan p = {.net = NET_NONE, .read_only = true};
	own_filetree struct filetree t = {0};

	(void)state;
	build(&t, &p, true, false);
	assert_int_equal(t.v[t.n - 1].phase, FSENTRY_LAST);
	assert_true(find(&t, "/etc/hosts")->attrs & MOUNT_ATTR_RDONLY);
}

static void a_missing_source_is_an_error_unless_the_caller_allows_it(void **state)
{
	struct filetree_host lenient = {.recorded = true, .may_miss = true},
			     strict = {.recorded = true};
	own_plan struct plan p = {.net = NET_NONE};
	own_filetree struct filetree t = {0}, none = {0};

	(void)state;
	strv_add(&p.volumes, "/nosuch/dir:/data:ro");
	assert_refused(filetree_build(&none, &p, &strict, &e), &e,
		       "/nosuch/dir: No such file or directory");
	assert_int_equal(filetree_build(&t, &p, &lenient, &e), 0);
	assert_null(find(&t, "/data")->source);
}

static void two_mounts_at_one_place_behind_a_link_are_refused(void **state)
{
	char dir[] = "/tmp/filetree.XXXXXX";
	struct plan p = {.net = NET_NONE};
	struct filetree_host host = {.recorded = true};
	own_filetree struct filetree t = {0}, of_image = {0};
	own_fd int root = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(root, "run", 0755), 0);
	assert_int_equal(symlinkat("/run", root, "link"), 0);
	strv_add(&p.image_volumes, "/run/x");
	strv_add(&p.image_volumes, "/link/x");
	strv_add(&p.tmpfs, "/y");
	assert_int_equal(filetree_build(&of_image, &p, &host, &e), 0);
	assert_int_equal(filetree_check_places(&of_image, root, &e), 0);
	strv_add(&p.tmpfs, "/link/x");
	assert_int_equal(filetree_build(&t, &p, &host, &e), 0);
	assert_refused(filetree_check_places(&t, root, &e), &e,
		       "image volume /link/x: --tmpfs /link/x is mounted at /run/x");
	strv_add(&p.volumes, "/etc:/run/x:ro");
	filetree_free(&t);
	assert_int_equal(filetree_build(&t, &p, &host, &e), 0);
	assert_refused(filetree_check_places(&t, root, &e), &e,
		       "--volume /etc:/run/x: --tmpfs /link/x is mounted at /run/x");
	unlinkat(root, "link", 0);
	unlinkat(root, "run", AT_REMOVEDIR);
	rmdir(dir);
	plan_free_lists(&p);
}

static void containment_compares_whole_components(void **state)
{
	(void)state;
	assert_true(fsentry_contains("/dev", "/dev"));
	assert_true(fsentry_contains("/dev", "/dev/null"));
	assert_false(fsentry_contains("/dev", "/device"));
	assert_false(fsentry_contains("/dev/pts", "/dev"));
}

static void prepared_mounts_are_closed_with_the_tree(void **state)
{
	struct plan p = {.net = NET_NONE};
	struct filetree t = {0};
	int fd = open("/", O_PATH | O_CLOEXEC);

	(void)state;
	build(&t, &p, true, false);
	fsentry_add_mount(&t.v[0], fd, "");
	filetree_free(&t);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_default_tree_begins_with_the_snapshot_and_the_kernels_file_systems),
		cmocka_unit_test(user_mounts_are_sorted_by_target_and_follow_the_kernels),
		cmocka_unit_test(the_hosts_sys_is_bound_where_the_network_namespace_is_the_hosts),
		cmocka_unit_test(cgroup2_is_mounted_on_pure_v2_hosts),
		cmocka_unit_test(a_privileged_tree_masks_nothing_and_has_all_nodes),
		cmocka_unit_test(a_bare_run_has_no_files_of_etc),
		cmocka_unit_test(a_read_only_root_comes_last),
		cmocka_unit_test(a_missing_source_is_an_error_unless_the_caller_allows_it),
		cmocka_unit_test(two_mounts_at_one_place_behind_a_link_are_refused),
		cmocka_unit_test(containment_compares_whole_components),
		cmocka_unit_test(prepared_mounts_are_closed_with_the_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
