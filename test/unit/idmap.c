#include "unit.h"

#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kernel/idmap.h"

static struct err e;

static void a_map_of_the_user_is_read(void **state)
{
	struct idmap m;

	(void)state;
	assert_int_equal(idmap_read("0:100000:1000,1000:300000:10", &m, &e), 0);
	assert_int_equal(m.n, 2);
	assert_int_equal(idmap_outside(&m, 0), 100000);
	assert_int_equal(idmap_outside(&m, 999), 100999);
	assert_int_equal(idmap_outside(&m, 1009), 300009);
	assert_int_equal(idmap_outside(&m, 1010), (uint32_t)-1);
}

static void invalid_maps_are_refused_by_name(void **state)
{
	static const char *const wrong[] = {
		"",        "nosuch", "0:1",   "0:1:",   "0:1:0",
		"0:1:2:3", "0:1:2,", "a:1:2", "0:-1:2", "0:1:4294967296"};
	struct idmap m;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(idmap_read(wrong[i], &m, &e), -1);
		assert_int_equal(strncmp(e.msg, wrong[i], strlen(wrong[i])), 0);
	}
	assert_refused(idmap_read("nosuch", &m, &e), &e,
		       "nosuch: not auto, host, unmapped or CTR:HOST:COUNT[,...]");
}

static void more_ranges_than_a_map_can_hold_are_refused(void **state)
{
	char text[IDMAP_MAX * 8 + 16] = "";
	struct idmap m;

	(void)state;
	for (int i = 0; i <= IDMAP_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d:%d:1",
			 i ? "," : "", i, i);
	assert_int_equal(idmap_read(text, &m, &e), -1);
	assert_non_null(strstr(e.msg, "more than 16 ranges"));
}

/* As after the supervisor was killed: only the directory shows that the container may live. */
static void claim(const struct scratch *s, const char *id, struct idmap *m)
{
	int held;

	mkdirat(s->dir, id, 0700);
	assert_int_equal(idmap_claim(s->dir, id, m, &held, &e), 0);
	close(held);
	assert_int_equal(m->n, 1);
	assert_int_equal(m->line[0].inside, 0);
	assert_int_equal(m->line[0].count, IDMAP_RANGE);
}

static void the_containers_number_chooses_its_range(void **state)
{
	struct idmap a, b;

	claim(*state, "ps_42002", &a);
	claim(*state, "ps_42003", &b);
	assert_int_equal(b.line[0].outside, a.line[0].outside + IDMAP_RANGE);
	assert_in_range(a.line[0].outside, 0x20000000, 0x6fff0000);
}

static void ranges_of_living_containers_do_not_overlap(void **state)
{
	/* There are 20480 ranges: these numbers choose the same one. */
	struct idmap m[3];

	claim(*state, "ps_42002", &m[0]);
	claim(*state, "ps_62482", &m[1]);
	claim(*state, "ps_82962", &m[2]);
	assert_int_not_equal(m[0].line[0].outside, m[1].line[0].outside);
	assert_int_not_equal(m[0].line[0].outside, m[2].line[0].outside);
	assert_int_not_equal(m[1].line[0].outside, m[2].line[0].outside);
}

static void containers_of_two_sets_with_the_same_id_have_different_ranges(void **state)
{
	const struct scratch *s = *state;
	struct scratch sets[4];
	struct idmap m[4];
	char name[2] = "a";

	for (int i = 0; i < 4; i++, name[0]++) {
		mkdirat(s->dir, name, 0700);
		sets[i].dir = openat(s->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		claim(&sets[i], "ps_42002", &m[i]);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(m[i].line[0].outside, m[k].line[0].outside);
	}
	for (int i = 0; i < 4; i++)
		close(sets[i].dir);
}

static void a_range_that_a_container_of_version_0_1_holds_is_not_assigned(void **state)
{
	const struct scratch *s = *state;
	struct idmap a, b, c;
	char link[40];

	claim(s, "ps_42002", &a);
	idmap_release(s->dir, "ps_42002");
	snprintf(link, sizeof(link), "userns-%u", (a.line[0].outside - 0x20000000) / IDMAP_RANGE);
	mkdirat(s->dir, "ps_1", 0700);
	assert_int_equal(symlinkat("ps_1", s->dir, link), 0);
	claim(s, "ps_62482", &b);
	assert_int_not_equal(a.line[0].outside, b.line[0].outside);
	unlinkat(s->dir, "ps_1", AT_REMOVEDIR);
	claim(s, "ps_42002", &c);
	assert_int_equal(a.line[0].outside, c.line[0].outside);
}

static void a_released_range_is_assigned_again(void **state)
{
	const struct scratch *s = *state;
	struct idmap a, b;

	claim(s, "ps_42002", &a);
	claim(s, "ps_62482", &b);
	idmap_release(s->dir, "ps_62482");
	idmap_release(s->dir, "ps_62482");
	claim(s, "ps_82962", &a);
	assert_int_equal(a.line[0].outside, b.line[0].outside);
	idmap_release(s->dir, "ps_never");
}

static void a_range_of_a_dead_holder_is_taken_over(void **state)
{
	const struct scratch *s = *state;
	struct idmap a, b;

	claim(s, "ps_42002", &a);
	unlinkat(s->dir, "ps_42002", AT_REMOVEDIR); /* as after a crash and a cleaning by hand */
	claim(s, "ps_62482", &b);
	assert_int_equal(b.line[0].outside, a.line[0].outside);
	/* and the container that lost the range does not release it */
	idmap_release(s->dir, "ps_42002");
	claim(s, "ps_82962", &a);
	assert_int_not_equal(b.line[0].outside, a.line[0].outside);
}

/* As --network container:ID does. */
static void share(const struct scratch *s, const char *from, const char *id)
{
	char mark[60];
	int held;

	mkdirat(s->dir, id, 0700);
	snprintf(mark, sizeof(mark), "%s/" IDMAP_SHARED "%s", from, id);
	assert_int_equal(symlinkat(id, s->dir, mark), 0);
	assert_int_equal(idmap_share(s->dir, from, id, &held, &e), 0);
	close(held);
}

static void end(const struct scratch *s, const char *id)
{
	idmap_release(s->dir, id);
	assert_int_equal(renameat(s->dir, id, s->dir, "gone"), 0); /* with all its files */
	renameat(s->dir, "gone", s->dir, strchr(id, '4'));
}

static void a_shared_range_is_held_until_its_last_container_ends(void **state)
{
	const struct scratch *s = *state;
	struct idmap first, other;

	claim(s, "ps_42002", &first);
	share(s, "ps_42002", "ps_42010");
	share(s, "ps_42002", "ps_42011");
	share(s, "ps_42002", "ps_42012");
	end(s, "ps_42011");
	end(s, "ps_42002");
	claim(s, "ps_62482", &other);
	assert_int_not_equal(other.line[0].outside, first.line[0].outside);
	end(s, "ps_42010");
	claim(s, "ps_82962", &other);
	assert_int_not_equal(other.line[0].outside, first.line[0].outside);
	end(s, "ps_42012");
	claim(s, "ps_103442", &other);
	assert_int_equal(other.line[0].outside, first.line[0].outside);
}

static void a_map_is_written_and_read_back(void **state)
{
	struct idmap want, got;
	int go[2];
	pid_t pid;

	(void)state;
	assert_int_equal(idmap_read("0:100000:1000,1000:300000:10", &want, &e), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || write(go[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(go[1]);
	assert_int_equal(read(go[0], &(char){0}, 1), 1);
	close(go[0]);
	assert_int_equal(idmap_write(&want, pid, &e), 0);
	assert_int_equal(idmap_of(pid, &got, &e), 0);
	assert_int_equal(got.n, 2);
	assert_int_equal(idmap_outside(&got, 1009), 300009);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_of_the_user_is_read),
		cmocka_unit_test(invalid_maps_are_refused_by_name),
		cmocka_unit_test(more_ranges_than_a_map_can_hold_are_refused),
		unit_test_scratch(the_containers_number_chooses_its_range),
		unit_test_scratch(ranges_of_living_containers_do_not_overlap),
		unit_test_scratch(containers_of_two_sets_with_the_same_id_have_different_ranges),
		unit_test_scratch(a_range_that_a_container_of_version_0_1_holds_is_not_assigned),
		unit_test_scratch(a_released_range_is_assigned_again),
		unit_test_scratch(a_range_of_a_dead_holder_is_taken_over),
		unit_test_scratch(a_shared_range_is_held_until_its_last_container_ends),
		cmocka_unit_test(a_map_is_written_and_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
