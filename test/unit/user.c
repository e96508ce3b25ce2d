#include "unit.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "container/user.h"

static struct err e;

static void put(const struct scratch *s, const char *name, const char *text)
{
	mkdirat(s->dir, "etc", 0755);
	assert_int_equal(file_write(s->dir, name, 0644, text, strlen(text), &e), 0);
}

static void people(const struct scratch *s)
{
	put(s, "etc/passwd",
	    "root:x:0:0:root:/root:/bin/sh\n"
	    "\n"
	    "broken\n"
	    "odd:x:-1:0::/:\n"
	    "bob:x:1000:1001:Bob:/home/bob:/bin/sh\n"
	    "nohome:x:1002:1002:::\n"
	    "relative:x:1003:1003::tmp:\n"
	    "last:x:1004:1004::/last");
	put(s, "etc/group",
	    "root:x:0:\nwheel:x:10:bob,root\nbobby:x:11:bobby\nusers:x:100:x,bob,y\nodd:x:abc:bob\nlast:x:12:bob");
}

static void a_user_is_found_by_name_with_groups_and_home(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	people(s);
	assert_int_equal(user_find(s->dir, "bob", &u, &e), 0);
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 1001);
	assert_string_equal(u.home, "/home/bob");
	assert_int_equal(u.groups_n, 3);
	assert_int_equal(u.groups[0], 10);
	assert_int_equal(u.groups[1], 100);
	assert_int_equal(u.groups[2], 12);
}

static void the_uid_of_a_known_user_is_that_user(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	people(s);
	assert_int_equal(user_find(s->dir, "1000", &u, &e), 0);
	assert_int_equal(u.gid, 1001);
	assert_int_equal(u.groups_n, 3);
	assert_int_equal(user_find(s->dir, "1004", &u, &e), 0);
	assert_string_equal(u.home, "/last");
}

static void an_unknown_uid_has_group_0(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	people(s);
	assert_int_equal(user_find(s->dir, "4711", &u, &e), 0);
	assert_int_equal(u.uid, 4711);
	assert_int_equal(u.gid, 0);
	assert_int_equal(u.groups_n, 0);
	assert_string_equal(u.home, "/");
}

static void a_given_group_is_the_only_one(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	people(s);
	assert_int_equal(user_find(s->dir, "bob:wheel", &u, &e), 0);
	assert_int_equal(u.gid, 10);
	assert_int_equal(u.groups_n, 0);
	assert_int_equal(user_find(s->dir, "bob:77", &u, &e), 0);
	assert_int_equal(u.gid, 77);
	assert_int_equal(user_find(s->dir, ":users", &u, &e), 0);
	assert_int_equal(u.uid, 0);
	assert_int_equal(u.gid, 100);
}

static void the_default_user_is_root(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	people(s);
	assert_int_equal(user_find(s->dir, NULL, &u, &e), 0);
	assert_int_equal(u.uid, 0);
	assert_string_equal(u.home, "/root");
	assert_int_equal(user_find(s->dir, "", &u, &e), 0);
	assert_int_equal(u.uid, 0);
	assert_int_equal(u.groups_n, 1);
}

static void an_unknown_name_is_refused(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	people(s);
	assert_refused(user_find(s->dir, "nosuch", &u, &e), &e,
		       "user nosuch: not in the container's /etc/passwd");
	assert_refused(user_find(s->dir, "bo", &u, &e), &e,
		       "user bo: not in the container's /etc/passwd");
	assert_refused(user_find(s->dir, "odd", &u, &e), &e,
		       "user odd: not in the container's /etc/passwd");
	assert_refused(user_find(s->dir, "broken", &u, &e), &e,
		       "user broken: not in the container's /etc/passwd");
	assert_refused(user_find(s->dir, "bob:nosuch", &u, &e), &e,
		       "group nosuch: not in the container's /etc/group");
	assert_refused(user_find(s->dir, "4294967295", &u, &e), &e,
		       "user 4294967295: not in the container's /etc/passwd");
}

static void an_invalid_home_directory_is_the_root(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	people(s);
	assert_int_equal(user_find(s->dir, "nohome", &u, &e), 0);
	assert_string_equal(u.home, "/");
	assert_int_equal(user_find(s->dir, "relative", &u, &e), 0);
	assert_string_equal(u.home, "/");
}

static void root_needs_no_user_database(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	assert_int_equal(user_find(s->dir, NULL, &u, &e), 0);
	mkdirat(s->dir, "etc", 0755);
	mkfifoat(s->dir, "etc/passwd", 0644);
	mkdirat(s->dir, "etc/group", 0755);
	alarm(10);
	assert_int_equal(user_find(s->dir, NULL, &u, &e), 0);
	assert_refused(user_find(s->dir, "bob", &u, &e), &e,
		       "user bob: not in the container's /etc/passwd");
	alarm(0);
}

static void a_link_out_of_the_root_is_not_followed(void **state)
{
	const struct scratch *s = *state;
	struct user u;

	mkdirat(s->dir, "etc", 0755);
	scratch_link(s, "/etc/passwd", "etc/passwd");
	assert_refused(user_find(s->dir, "daemon", &u, &e), &e,
		       "user daemon: not in the container's /etc/passwd");
	unlinkat(s->dir, "etc/passwd", 0);
	scratch_link(s, "../../../../../../etc/passwd", "etc/passwd");
	assert_refused(user_find(s->dir, "daemon", &u, &e), &e,
		       "user daemon: not in the container's /etc/passwd");
}

static void only_the_beginning_of_an_endless_file_is_read(void **state)
{
	const struct scratch *s = *state;
	struct user u;
	int fd;

	people(s);
	fd = openat(s->dir, "etc/passwd", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	close(fd);
	alarm(10);
	assert_int_equal(user_find(s->dir, "bob", &u, &e), 0);
	alarm(0);
}

static void excess_groups_are_left_out(void **state)
{
	const struct scratch *s = *state;
	char text[USER_GROUPS * 40] = "";
	struct user u;

	people(s);
	for (int i = 0; i < USER_GROUPS + 10; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "g%d:x:%d:bob\n", i,
			 5000 + i);
	put(s, "etc/group", text);
	assert_int_equal(user_find(s->dir, "bob", &u, &e), 0);
	assert_int_equal(u.groups_n, USER_GROUPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_user_is_found_by_name_with_groups_and_home),
		unit_test_scratch(the_uid_of_a_known_user_is_that_user),
		unit_test_scratch(an_unknown_uid_has_group_0),
		unit_test_scratch(a_given_group_is_the_only_one),
		unit_test_scratch(the_default_user_is_root),
		unit_test_scratch(an_unknown_name_is_refused),
		unit_test_scratch(an_invalid_home_directory_is_the_root),
		unit_test_scratch(root_needs_no_user_database),
		unit_test_scratch(a_link_out_of_the_root_is_not_followed),
		unit_test_scratch(only_the_beginning_of_an_endless_file_is_read),
		unit_test_scratch(excess_groups_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
