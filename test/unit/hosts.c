#include "net/hosts.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/own.h"
#include "unit.h"

static struct err e;
static struct store store;
static struct network net;
static char run_path[] = "/run";

/* A network that is up, with the members ps_1, ps_2 and ps_3. */
static int make(void **state)
{
	const struct scratch *s;

	if (scratch_make(state) < 0)
		return -1;
	s = *state;
	store = (struct store){.run = s->dir, .root = -1, .run_path = run_path};
	net = (struct network){.name = "default"};
	mkdirat(s->dir, "net", 0700);
	net.dir = openat(s->dir, "net", O_RDONLY | O_DIRECTORY);
	for (char id[] = "ps_1"; id[3] <= '3'; id[3]++) {
		char path[24], address[] = "10.0.0.1";

		address[7] = id[3];
		mkdirat(s->dir, id, 0700);
		snprintf(path, sizeof(path), "net/%s", address);
		scratch_link(s, id, path);
		snprintf(path, sizeof(path), "%s/hosts", id);
		if (file_write(s->dir, path, 0644, "127.0.0.1\tlocalhost\n", 20, &e) < 0)
			return -1;
	}
	return 0;
}

static int unmake(void **state)
{
	network_close(&net);
	return scratch_remove(state);
}

#define unit_test_hosts(f) cmocka_unit_test_setup_teardown(f, make, unmake)

static void tell(const char *id, const char *name)
{
	struct in_addr a = {htonl(0x0a000000 | (uint32_t)(id[3] - '0'))};

	assert_int_equal(hosts_tell(&store, &net, id, a, name, &e), 0);
}

static void file_is(const char *id, const char *want)
{
	own_str char *path = str_fmt("%s/hosts", id);
	own_buf struct buf text = {0};

	assert_int_equal(file_read(store.run, path, 4096, &text, &e), 0);
	assert_string_equal(text.data, want);
}

#define LOCAL "127.0.0.1\tlocalhost\n"

static void other_members_learn_a_name_and_its_end(void **state)
{
	(void)state;
	tell("ps_1", "one");
	tell("ps_2", "two");
	file_is("ps_1", LOCAL "10.0.0.2\ttwo\n");
	file_is("ps_2", LOCAL "10.0.0.1\tone\n");
	file_is("ps_3", LOCAL "10.0.0.1\tone\n10.0.0.2\ttwo\n");
	tell("ps_2", "two"); /* a second call adds nothing */
	file_is("ps_3", LOCAL "10.0.0.1\tone\n10.0.0.2\ttwo\n");
	assert_int_equal(hosts_untell(&store, &net, "ps_1", &e), 0);
	assert_int_equal(hosts_untell(&store, &net, "ps_1", &e), 0);
	file_is("ps_3", LOCAL "10.0.0.2\ttwo\n");
	assert_int_equal(hosts_untell(&store, &net, "ps_2", &e), 0);
	file_is("ps_1", LOCAL);
	assert_int_equal(faccessat(net.dir, "hosts", F_OK, 0), -1);
}

static void a_new_member_learns_all_names(void **state)
{
	own_buf struct buf lines = {0}, none = {0};

	(void)state;
	assert_int_equal(hosts_of_others(&net, "ps_3", &none, &e), 0);
	assert_string_equal(none.data, "");
	tell("ps_1", "one");
	tell("ps_3", "three");
	assert_int_equal(hosts_of_others(&net, "ps_3", &lines, &e), 0);
	assert_string_equal(lines.data, "10.0.0.1\tone\n");
}

static void lines_of_the_container_stay(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(file_write(s->dir, "ps_2/hosts", 0644, "210.0.0.1\tone\nmine", 18, &e), 0);
	tell("ps_1", "one");
	file_is("ps_2", "210.0.0.1\tone\nmine\n10.0.0.1\tone\n");
	assert_int_equal(hosts_untell(&store, &net, "ps_1", &e), 0);
	file_is("ps_2", "210.0.0.1\tone\nmine\n");
}

static void the_file_keeps_its_inode(void **state)
{
	const struct scratch *s = *state;
	struct stat before, after;

	assert_int_equal(fstatat(s->dir, "ps_2/hosts", &before, 0), 0);
	tell("ps_1", "one");
	assert_int_equal(fstatat(s->dir, "ps_2/hosts", &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

/* The container also writes to the file. */
static void a_file_that_cannot_be_read_is_left_alone(void **state)
{
	const struct scratch *s = *state;
	own_fd int fd = openat(s->dir, "ps_2/hosts", O_WRONLY);

	assert_int_equal(ftruncate(fd, 2 << 20), 0);
	unlinkat(s->dir, "ps_3/hosts", 0);
	tell("ps_1", "one");
	assert_int_equal(lseek(fd, 0, SEEK_END), 2 << 20);
	assert_int_equal(faccessat(s->dir, "ps_3/hosts", F_OK, 0), -1);
}

static void the_unfinished_record_of_a_killed_member_goes_with_it(void **state)
{
	(void)state;
	assert_int_equal(file_write(net.dir, "hosts~", 0600, "x", 1, &e), 0);
	assert_int_equal(hosts_untell(&store, &net, "ps_1", &e), 0);
	assert_int_equal(faccessat(net.dir, "hosts~", F_OK, 0), -1);
	tell("ps_2", "two");
	assert_int_equal(file_write(net.dir, "hosts~", 0600, "x", 1, &e), 0);
	assert_int_equal(hosts_untell(&store, &net, "ps_1", &e), 0);
	assert_int_equal(faccessat(net.dir, "hosts~", F_OK, 0), -1);
	assert_int_equal(faccessat(net.dir, "hosts", F_OK, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_hosts(other_members_learn_a_name_and_its_end),
		unit_test_hosts(a_new_member_learns_all_names),
		unit_test_hosts(lines_of_the_container_stay),
		unit_test_hosts(the_file_keeps_its_inode),
		unit_test_hosts(a_file_that_cannot_be_read_is_left_alone),
		unit_test_hosts(the_unfinished_record_of_a_killed_member_goes_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
