#include "unit.h"

#include "store/plan.h"

static struct err e;

static void a_plan_is_read_back_as_it_was_written(void **state)
{
	struct plan want = {.image = "img_42002",
			    .name = "web",
			    .workdir = "/var",
			    .net = NET_NONE,
			    .users = USERS_AUTO,
			    .tty = true,
			    .privileged = true,
			    .caps = 0x800425fb,
			    .shm_size = 64 << 20,
			    .limits = {.memory = 1 << 30,
				       .memory_swap = LIMIT_NONE,
				       .cpus = 1500,
				       .pids = 2048,
				       .pids_default = true,
				       .cpuset_cpus = "0-1"}};
	own_record struct record r = {0}, again = {0};
	const struct scratch *s = *state;
	struct plan got;

	strv_add(&want.args, "sh");
	strv_add(&want.args, "-c\nwith a line=and so on\\");
	strv_add(&want.args, "");
	want.entrypoint = 2;
	strv_add(&want.env, "A=1=2");
	plan_write(&want, &r);
	assert_int_equal(record_write(s->dir, "config", &r, &e), 0);
	assert_int_equal(record_read(s->dir, "config", &again, &e), 0);
	plan_read(&got, &again);

	assert_string_equal(got.image, want.image);
	assert_string_equal(got.name, want.name);
	assert_string_equal(got.workdir, want.workdir);
	assert_string_equal(got.limits.cpuset_cpus, "0-1");
	assert_true(got.tty && got.privileged && got.limits.pids_default);
	assert_true(got.caps == want.caps && got.shm_size == want.shm_size &&
		    got.limits.memory == want.limits.memory);
	assert_true(got.limits.memory_swap == LIMIT_NONE && got.limits.cpus == 1500 &&
		    got.limits.pids == 2048);
	assert_int_equal(got.args.n, 3);
	assert_int_equal(got.entrypoint, 2);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(got.args.v[i], want.args.v[i]);
	assert_string_equal(got.env.v[0], "A=1=2");
	plan_free_lists(&want);
	plan_free_lists(&got);
}

static void unset_fields_stay_unset(void **state)
{
	own_record struct record r = {0};
	struct plan none = {0}, got;

	(void)state;
	plan_write(&none, &r);
	/* Modes are never unset. */
	assert_int_equal(r.keys.n, 2);
	assert_string_equal(record_get(&r, "network"), "none");
	assert_string_equal(record_get(&r, "userns"), "auto");
	memset(&got, 0xff, sizeof(got));
	plan_read(&got, &r);
	assert_null(got.image);
	assert_null(got.rootfs);
	assert_null(got.user);
	assert_false(got.tty || got.init || got.read_only || got.privileged);
	assert_int_equal(got.args.n, 0);
	assert_true(got.caps == 0 && got.limits.memory == 0 && got.log_max == 0);
}

/* The texts are those of stores made by earlier versions. */
static void modes_and_stages_keep_their_texts(void **state)
{
	static const struct {
		const char *text;
		enum net_mode net;
		const char *name;
	} nets[] = {
		{"none", NET_NONE, NULL},
		{"host", NET_HOST, NULL},
		{"empty", NET_EMPTY, NULL},
		{"backend", NET_NAMED, "backend"},
		{"container:web", NET_CONTAINER, "web"},
	};
	static const struct {
		const char *text;
		enum users_mode users;
	} users[] = {
		{"auto", USERS_AUTO},        {"host", USERS_HOST},    {"unmapped", USERS_UNMAPPED},
		{"container", USERS_SHARED}, {"0:1000:1", USERS_MAP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++) {
		const char *user = users[i % 5].text;
		own_record struct record from = {0}, to = {0};
		struct plan got;

		record_add(&from, "network", nets[i].text);
		record_add(&from, "userns", user);
		record_add(&from, "stage", "uts");
		plan_read(&got, &from);
		assert_int_equal(got.net, nets[i].net);
		assert_true(nets[i].name ? str_equal(got.network, nets[i].name) : !got.network);
		assert_int_equal(got.users, users[i].users);
		assert_true(got.users != USERS_MAP || str_equal(got.user_map, user));
		assert_true(plan_has_stage(&got, STAGE_UTS) && !plan_has_stage(&got, STAGE_IPC));
		plan_write(&got, &to);
		assert_string_equal(record_get(&to, "network"), nets[i].text);
		assert_string_equal(record_get(&to, "userns"), user);
		assert_string_equal(record_get(&to, "stage"), "uts");
	}
}

static void unknown_keys_of_a_record_are_ignored(void **state)
{
	own_record struct record r = {0};
	struct plan got;

	(void)state;
	record_add(&r, "from-the-future", "1");
	record_add(&r, "hostname", "web");
	record_add(&r, "memory", "lots");
	plan_read(&got, &r);
	assert_string_equal(got.hostname, "web");
	assert_true(got.limits.memory == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_plan_is_read_back_as_it_was_written),
		cmocka_unit_test(unset_fields_stay_unset),
		cmocka_unit_test(modes_and_stages_keep_their_texts),
		cmocka_unit_test(unknown_keys_of_a_record_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
