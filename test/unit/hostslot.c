#include "unit.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kernel/hostslot.h"

static struct err e;

static int take(const struct scratch *s, const char *slot, const char *id, int *held)
{
	mkdirat(s->dir, id, 0700);
	return hostslot_take(s->dir, slot, id, held, &e);
}

static void a_slot_has_one_holder_until_it_is_released(void **state)
{
	const struct scratch *s = *state;
	int held, again;

	assert_int_equal(take(s, "1", "ps_1", &held), 1);
	assert_int_equal(take(s, "1", "ps_2", &again), 0);
	close(held);
	/* Makes the container's directory. */
	assert_int_equal(take(s, "1", "ps_2", &again), 0);
	assert_int_equal(take(s, "1", "ps_1", &held), 1);
	close(held);
	hostslot_release(s->dir, "1", "ps_2");
	assert_int_equal(take(s, "1", "ps_2", &again), 0);
	hostslot_release(s->dir, "1", "ps_1");
	assert_int_equal(take(s, "1", "ps_2", &again), 1);
	close(again);
	hostslot_release(s->dir, "1", "ps_2");
}

/* As in another mount namespace, where the directory is missing, or another one has its path. */
static void a_held_slot_is_safe_where_its_directory_is_not_visible(void **state)
{
	const struct scratch *s = *state;
	int held, other;

	assert_int_equal(take(s, "1", "ps_1", &held), 1);
	unlinkat(s->dir, "ps_1", AT_REMOVEDIR);
	assert_int_equal(take(s, "1", "ps_2", &other), 0);
	assert_int_equal(take(s, "1", "ps_1", &other), 0);
	close(held);
	assert_int_equal(take(s, "1", "ps_2", &other), 1);
	hostslot_release(s->dir, "1", "ps_2");
	close(other);
}

static void a_shared_slot_is_not_given_to_others(void **state)
{
	const struct scratch *s = *state;
	int held, shared, other;

	assert_int_equal(hostslot_share("1"), -1);
	assert_int_equal(take(s, "1", "ps_1", &held), 1);
	shared = hostslot_share("1");
	assert_true(shared >= 0);
	unlinkat(s->dir, "ps_1", AT_REMOVEDIR);
	close(held);
	assert_int_equal(take(s, "1", "ps_2", &other), 0);
	close(shared);
	assert_int_equal(take(s, "1", "ps_2", &other), 1);
	close(other);
	/* After it was passed on it belongs to the heir. */
	mkdirat(s->dir, "ps_3", 0700);
	assert_int_equal(hostslot_pass(s->dir, "1", "ps_1", "ps_3", &e), -1);
	assert_int_equal(hostslot_pass(s->dir, "1", "ps_2", "ps_3", &e), 0);
	unlinkat(s->dir, "ps_2", AT_REMOVEDIR);
	assert_int_equal(take(s, "1", "ps_4", &other), 0);
	hostslot_release(s->dir, "1", "ps_3");
}

/* Each slot has one holder, even with concurrent takeovers from dead holders. */
static void concurrent_holders_get_different_slots(void **state)
{
	enum { N = 40, SLOTS = 60 };
	const struct scratch *s = *state;
	int mine[2], done[2], go[2], slot, held, seen[SLOTS] = {0};
	char id[16], name[16];

	for (int i = 0; i < SLOTS; i += 2) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(take(s, name, "ps_dead", &held), 1);
		close(held);
		unlinkat(s->dir, "ps_dead", AT_REMOVEDIR);
	}
	assert_int_equal(pipe(mine) | pipe(go) | pipe(done), 0);
	for (int i = 0; i < N; i++) {
		if (fork())
			continue;
		close(go[1]);
		close(done[1]);
		snprintf(id, sizeof(id), "ps_%d", i);
		if (read(go[0], name, 1) != 0)
			_exit(1);
		for (slot = 0; slot < SLOTS; slot++) {
			snprintf(name, sizeof(name), "%d", slot);
			if (take(s, name, id, &held) == 1)
				break;
		}
		/* The directory is not visible: only the held lock counts. */
		unlinkat(s->dir, id, AT_REMOVEDIR);
		_exit(write(mine[1], &slot, sizeof(slot)) != sizeof(slot) ||
		      read(done[0], name, 1) != 0);
	}
	close(go[0]);
	close(go[1]);
	for (int i = 0; i < N; i++) {
		assert_int_equal(read(mine[0], &slot, sizeof(slot)), sizeof(slot));
		assert_in_range(slot, 0, SLOTS - 1);
		assert_int_equal(seen[slot]++, 0);
	}
	close(done[1]);
	while (wait(NULL) > 0)
		continue;
}

static void sets_are_distinguished_by_the_path_of_their_directory(void **state)
{
	const struct scratch *s = *state;
	int one, two, usual;

	mkdirat(s->dir, "one", 0700);
	mkdirat(s->dir, "two", 0700);
	one = openat(s->dir, "one", O_RDONLY | O_CLOEXEC);
	two = openat(s->dir, "two", O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(hostslot_set(one), hostslot_set(two));
	assert_int_not_equal(hostslot_set(one), 0);
	assert_int_equal(hostslot_set(one), hostslot_set(one));
	mkdir("/run/ct", 0700);
	usual = open("/run/ct", O_RDONLY | O_CLOEXEC);
	assert_int_equal(hostslot_set(usual), 0);
	rmdir("/run/ct");
	close(usual);
	close(one);
	close(two);
}

static void a_directory_of_claims_that_others_can_write_is_refused(void **state)
{
	int held;

	assert_int_equal(chmod(HOSTSLOT_DIR, 0722), 0);
	mkdirat(((const struct scratch *)*state)->dir, "ps_1", 0700);
	assert_refused(hostslot_take(((const struct scratch *)*state)->dir, "1", "ps_1", &held, &e),
		       &e, HOSTSLOT_DIR ": others can write to it");
	assert_int_equal(chmod(HOSTSLOT_DIR, 0700), 0);
}

/* The claims of other programs on this host are not seen here, nor these by them. */
static int own_claims(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	mkdir(HOSTSLOT_DIR, 0700);
	return mount("claims", HOSTSLOT_DIR, "tmpfs", 0, "mode=700");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_slot_has_one_holder_until_it_is_released),
		unit_test_scratch(a_held_slot_is_safe_where_its_directory_is_not_visible),
		unit_test_scratch(a_shared_slot_is_not_given_to_others),
		unit_test_scratch(concurrent_holders_get_different_slots),
		unit_test_scratch(sets_are_distinguished_by_the_path_of_their_directory),
		unit_test_scratch(a_directory_of_claims_that_others_can_write_is_refused),
	};

	return cmocka_run_group_tests(tests, own_claims, NULL);
}
