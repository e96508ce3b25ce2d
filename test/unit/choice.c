#include "unit.h"

#include "base/own.h"
#include "run/choice.h"
#include "run/stage.h"

static struct err e;

/* Chooses with two comma-separated lists of names (NULL: option not given). */
static int choose(const char *only, const char *without, bool recorded, uint32_t *set)
{
	own_strv struct strv kept = {0}, dropped = {0};

	if (only)
		strv_split(&kept, only, ',');
	if (without)
		strv_split(&dropped, without, ',');
	return choice_stages(&kept, &dropped, recorded, set, &e);
}

/* The chosen stages, in one line. */
static void leaves(const char *only, const char *without, bool recorded, const char *wanted)
{
	own_strv struct strv names = {0};
	own_str char *line = NULL;
	uint32_t set = 0;

	assert_int_equal(choose(only, without, recorded, &set), 0);
	for (unsigned i = 0; i < STAGES; i++)
		if (set & 1U << i)
			strv_add(&names, plan_stage_names[i]);
	line = strv_join(&names, " ");
	assert_string_equal(line, wanted);
}

static void stages_are_chosen_in_any_order(void **state)
{
	(void)state;
	leaves("uts", NULL, false, "uts exec");
	leaves("pid,uts", NULL, false, "uts pid exec");
	leaves("time,exec", NULL, false, "time exec");
	leaves("uts,ipc", "ipc", false, "uts exec");
	leaves(NULL, "user,net", false,
	       "snapshot cgroup uts ipc pid cgns mnt root proc caps seccomp exec");
}

static void a_recorded_run_always_has_snapshot_and_cgroup(void **state)
{
	(void)state;
	leaves("uts", NULL, true, "snapshot cgroup uts exec");
	leaves("snapshot", NULL, true, "snapshot cgroup");
	leaves("snapshot,snapshot", NULL, true, "snapshot cgroup");
	leaves("snapshot,uts", NULL, true, "snapshot cgroup uts exec");
}

#define refused(only, without, recorded, sentence)                                   \
	do {                                                                         \
		uint32_t set = 0;                                                    \
		assert_refused(choose(only, without, recorded, &set), &e, sentence); \
	} while (0)

static void required_and_unknown_stages_are_refused(void **state)
{
	static const char known[] =
		"--only a: no such stage; there are snapshot cgroup user net uts ipc pid cgns time mnt root proc "
		"caps seccomp exec";

	(void)state;
	refused("uts,a", NULL, false, known);
	refused("", NULL, false,
		"--only : no such stage; there are snapshot cgroup user net uts ipc pid cgns time mnt root proc caps "
		"seccomp exec");
	refused("snapshot", NULL, false, "--only snapshot: of an image, and --rootfs has none");
	refused(NULL, "exec", false, "--without exec: it is always done");
	refused(NULL, "cgroup", true,
		"--without cgroup: it is always done where the run is recorded, as that is how it is ended");
}

static void the_default_is_all_stages_except_time(void **state)
{
	struct plan p = {.rootfs = NULL, .net = NET_NONE, .users = USERS_AUTO};
	size_t n = 0;

	(void)state;
	for (const struct stage *s = stages; s->says; s++) {
		assert_non_null(s->shell);
		n += stage_is_wanted(s, &p);
	}
	assert_int_equal(n, 14);
	assert_false(plan_has_stage(&p, STAGE_TIME));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_are_chosen_in_any_order),
		cmocka_unit_test(a_recorded_run_always_has_snapshot_and_cgroup),
		cmocka_unit_test(required_and_unknown_stages_are_refused),
		cmocka_unit_test(the_default_is_all_stages_except_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
