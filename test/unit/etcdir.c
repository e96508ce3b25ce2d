#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"
#include "net/etcdir.h"

static struct err e;

/* A store whose CT_RUN has ps_1 with the record of the file system; returns the mount. */
static int make_one(const struct scratch *s, struct store *store)
{
	own_fd int dir = -1;
	int files;

	*store = (struct store){.run = s->dir, .root = -1};
	assert_int_equal(mkdirat(s->dir, "ps_1", 0700), 0);
	dir = openat(s->dir, "ps_1", O_RDONLY | O_DIRECTORY);
	files = etcdir_make(dir, &e);
	assert_true(files >= 0);
	assert_int_equal(file_write(files, "hosts", 0644, "mine\n", 5, &e), 0);
	return files;
}

static void the_files_are_found_through_their_supervisor(void **state)
{
	const struct scratch *s = *state;
	struct store store;
	own_buf struct buf text = {0};
	own_fd int files = -1, dir = -1;
	struct statfs fs;

	if (geteuid() != 0)
		skip();
	files = make_one(s, &store);
	dir = etcdir_open(&store, "ps_1", "hosts", &e);
	assert_true(dir >= 0);
	assert_int_equal(file_read(dir, "hosts", 100, &text, &e), 0);
	assert_string_equal(text.data, "mine\n");
	assert_int_equal(fstatfs(files, &fs), 0);
	assert_int_equal(fs.f_type, TMPFS_MAGIC);
	assert_int_equal((uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize, (uint64_t)2 << 20);
}

static void record(const struct scratch *s, const char *text)
{
	assert_int_equal(file_write(s->dir, "ps_1/etc", 0600, text, strlen(text), &e), 0);
}

static void is_gone(const struct store *store, const char *id)
{
	assert_int_equal(etcdir_open(store, id, "hosts", &e), -1);
	assert_int_equal(e.sys, ENOENT);
}

/* The pid, the descriptor's number and the device number can be reused. */
static void a_reused_pid_or_another_file_system_is_not_accepted(void **state)
{
	const struct scratch *s = *state;
	struct store store = {.run = s->dir, .root = -1};
	struct proc_id self;
	struct stat st;
	own_fd int null = open("/dev/null", O_RDONLY);

	mkdirat(s->dir, "ps_1", 0700);
	assert_int_equal(proc_identify(getpid(), &self), 0);
	assert_int_equal(fstat(s->dir, &st), 0);
	for (int wrong = 0; wrong < 5; wrong++) {
		own_str char *text = str_fmt("%d %" PRIu64 " %d %ju\n",
					     wrong == 1 ? 999999999 : (int)self.pid,
					     self.start + (wrong == 2), wrong == 3 ? null : s->dir,
					     (uintmax_t)st.st_dev + (wrong == 4));
		own_fd int dir = -1;

		record(s, text);
		if (wrong) {
			is_gone(&store, "ps_1");
			continue;
		}
		dir = etcdir_open(&store, "ps_1", "hosts", &e);
		assert_true(dir >= 0);
	}
	record(s, "");
	is_gone(&store, "ps_1");
	is_gone(&store, "ps_2");
}

/* A container that an older ct, without this file system, left running. */
static void without_a_record_the_files_are_in_ct_run(void **state)
{
	const struct scratch *s = *state;
	struct store store = {.run = s->dir, .root = -1};
	own_fd int dir = -1;

	mkdirat(s->dir, "ps_1", 0700);
	assert_int_equal(file_write(s->dir, "ps_1/hosts", 0644, "", 0, &e), 0);
	dir = etcdir_open(&store, "ps_1", "hosts", &e);
	assert_int_equal(faccessat(dir, "hosts", F_OK, 0), 0);
}

static void with_a_shared_network_hosts_and_resolvers_are_the_other_containers(void **state)
{
	const struct scratch *s = *state;
	struct store store = {.run = s->dir, .root = -1};

	for (int i = 1; i <= 2; i++) {
		own_str char *id = str_fmt("ps_%d", i), *file = str_fmt("%s/of-%d", id, i);

		mkdirat(s->dir, id, 0700);
		assert_int_equal(file_write(s->dir, file, 0644, "", 0, &e), 0);
	}
	scratch_link(s, "ps_1", "ps_2/shares");
	for (const char *const *name =
		     (const char *const[]){"hosts", "resolv.conf", "hostname", NULL};
	     *name; name++) {
		own_fd int dir = etcdir_open(&store, "ps_2", *name, &e);

		assert_int_equal(
			faccessat(dir, str_equal(*name, "hostname") ? "of-2" : "of-1", F_OK, 0), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(the_files_are_found_through_their_supervisor),
		unit_test_scratch(a_reused_pid_or_another_file_system_is_not_accepted),
		unit_test_scratch(without_a_record_the_files_are_in_ct_run),
		unit_test_scratch(
			with_a_shared_network_hosts_and_resolvers_are_the_other_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
