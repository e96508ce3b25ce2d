#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "kernel/slot.h"

static struct err e;

static void hold(const struct scratch *s, const char *id)
{
	assert_int_equal(mkdirat(s->dir, id, 0700), 0);
}

static void a_slot_belongs_to_its_first_claimant(void **state)
{
	const struct scratch *s = *state;
	char holder[64];

	hold(s, "ps_1");
	hold(s, "ps_2");
	assert_int_equal(slot_holder(s->dir, s->dir, "a", holder), 0);
	assert_int_equal(slot_take(s->dir, s->dir, "a", "ps_1", &e), 1);
	assert_int_equal(slot_take(s->dir, s->dir, "a", "ps_2", &e), 0);
	assert_int_equal(slot_take(s->dir, s->dir, "a", "ps_1", &e), 1);
	assert_int_equal(slot_take(s->dir, s->dir, "b", "ps_2", &e), 1);
	assert_int_equal(slot_holder(s->dir, s->dir, "a", holder), 1);
	assert_string_equal(holder, "ps_1");
}

static void only_its_holder_releases_a_slot(void **state)
{
	const struct scratch *s = *state;
	char holder[64];

	hold(s, "ps_1");
	assert_int_equal(slot_take(s->dir, s->dir, "a", "ps_1", &e), 1);
	slot_release(s->dir, "a", "ps_2");
	assert_int_equal(slot_holder(s->dir, s->dir, "a", holder), 1);
	slot_release(s->dir, "a", "ps_1");
	slot_release(s->dir, "a", "ps_1");
	assert_int_equal(slot_holder(s->dir, s->dir, "a", holder), 0);
}

static void a_slot_of_a_dead_holder_is_taken_over(void **state)
{
	const struct scratch *s = *state;
	char holder[64];

	hold(s, "ps_1");
	hold(s, "ps_2");
	assert_int_equal(slot_take(s->dir, s->dir, "a", "ps_1", &e), 1);
	unlinkat(s->dir, "ps_1", AT_REMOVEDIR);
	assert_int_equal(slot_holder(s->dir, s->dir, "a", holder), 0);
	assert_int_equal(slot_take(s->dir, s->dir, "a", "ps_2", &e), 1);
	slot_release(s->dir, "a", "ps_1");
	assert_int_equal(slot_holder(s->dir, s->dir, "a", holder), 1);
	assert_string_equal(holder, "ps_2");
}

/* Each slot has one holder, even with concurrent takeovers from dead holders. */
static void concurrent_claimants_get_different_slots(void **state)
{
	enum { N = 40, SLOTS = 60 };
	const struct scratch *s = *state;
	int mine[2], slot, seen[SLOTS] = {0}, go[2];
	char id[16], name[16];

	for (int i = 0; i < SLOTS; i += 2) {
		snprintf(name, sizeof(name), "%d", i);
		scratch_link(s, "ps_dead", name);
	}
	assert_int_equal(pipe(mine), 0);
	assert_int_equal(pipe(go), 0);
	for (int i = 0; i < N; i++) {
		snprintf(id, sizeof(id), "ps_%d", i);
		hold(s, id);
		if (fork())
			continue;
		close(go[1]);
		if (read(go[0], name, 1) != 0)
			_exit(1);
		for (slot = 0; slot < SLOTS; slot++) {
			snprintf(name, sizeof(name), "%d", slot);
			if (slot_take(s->dir, s->dir, name, id, &e) == 1)
				break;
		}
		_exit(write(mine[1], &slot, sizeof(slot)) != sizeof(slot));
	}
	close(go[0]);
	close(go[1]);
	for (int i = 0; i < N; i++) {
		assert_int_equal(read(mine[0], &slot, sizeof(slot)), sizeof(slot));
		assert_in_range(slot, 0, SLOTS - 1);
		assert_int_equal(seen[slot]++, 0);
	}
	close(mine[0]);
	close(mine[1]);
	while (wait(NULL) > 0)
		continue;
}

static void a_failed_claim_names_the_slot(void **state)
{
	const struct scratch *s = *state;

	assert_refused(slot_take(s->dir, s->dir, "no/where", "ps_1", &e), &e,
		       "claim no/where for ps_1: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_slot_belongs_to_its_first_claimant),
		unit_test_scratch(only_its_holder_releases_a_slot),
		unit_test_scratch(a_slot_of_a_dead_holder_is_taken_over),
		unit_test_scratch(concurrent_claimants_get_different_slots),
		unit_test_scratch(a_failed_claim_names_the_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
