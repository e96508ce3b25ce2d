#include "unit.h"

#include "base/own.h"
#include "kernel/caps.h"
#include "run/runopts.h"
#include "run/runplan.h"

static struct err e;
static struct runopts o;
static struct record image;
static struct plan p;
static struct strv kept;
static char *none[] = {NULL};

static int begin(void **state)
{
	(void)state;
	o = (struct runopts){0};
	image = (struct record){0};
	p = (struct plan){0};
	return 0;
}

static int end(void **state)
{
	(void)state;
	plan_free_lists(&p);
	record_free(&image);
	strv_free(&kept);
	runopts_free(&o);
	return 0;
}

static int plan(char **command, bool terminal)
{
	plan_free_lists(&p);
	return runplan_make(&o, &image, command, terminal, &p, &kept, &e);
}

static void assert_args(const char *wanted)
{
	own_buf struct buf got = {0};

	buf_str(&got, "");
	for (size_t i = 0; i < p.args.n; i++)
		buf_fmt(&got, "%s<%s>", i ? " " : "", p.args.v[i]);
	assert_string_equal(got.data, wanted);
}

static void an_empty_image_config_gives_a_shell_and_the_defaults(void **state)
{
	(void)state;
	assert_int_equal(plan(none, false), 0);
	assert_args("</bin/sh>");
	assert_string_equal(p.network, "default");
	assert_int_equal(p.users, USERS_AUTO);
	assert_null(p.user);
	assert_null(p.workdir);
	assert_int_equal(p.limits.pids, 2048);
	assert_true(p.limits.pids_default);
	assert_int_equal(p.shm_size, 64 << 20);
	assert_true(p.caps == caps_default(false));
	assert_false(p.tty || p.init || p.privileged);
}

static void the_users_entry_point_and_arguments_override_the_images(void **state)
{
	char word[2][5] = {"mine", "too"}, *mine[] = {word[0], word[1], NULL};

	(void)state;
	record_add(&image, "entrypoint", "entry");
	record_add(&image, "entrypoint", "point");
	record_add(&image, "cmd", "cmd");
	assert_int_equal(plan(none, false), 0);
	assert_args("<entry> <point> <cmd>");
	assert_int_equal(plan(mine, false), 0);
	assert_args("<entry> <point> <mine> <too>");
	o.entrypoint = "other";
	assert_int_equal(plan(mine, false), 0);
	assert_args("<other> <mine> <too>");
	assert_int_equal(plan(none, false), 0);
	assert_args("<other>"); /* the image's arguments belong to its own entry point */
	o.entrypoint = "";
	assert_int_equal(plan(mine, false), 0);
	assert_args("<mine> <too>");
	assert_int_equal(plan(none, false), 0);
	assert_args("</bin/sh>");
}

static void options_override_the_image_config(void **state)
{
	(void)state;
	record_add(&image, "user", "bob");
	record_add(&image, "workdir", "/var");
	record_add(&image, "stopsignal", "INT");
	record_add(&image, "env", "A=image");
	record_add(&image, "env", "B=image");
	strv_add(&o.env, "B=mine");
	strv_add(&o.env, "C=mine");
	strv_add(&o.env, "C=last");
	assert_int_equal(plan(none, false), 0);
	assert_string_equal(p.user, "bob");
	assert_string_equal(p.workdir, "/var");
	assert_string_equal(p.stop_signal, "INT");
	assert_int_equal(p.env.n, 3);
	assert_string_equal(p.env.v[0], "A=image");
	assert_string_equal(p.env.v[1], "B=mine");
	assert_string_equal(p.env.v[2], "C=last");
	o.user = "root";
	o.workdir = "/";
	o.stop_signal = "KILL";
	assert_int_equal(plan(none, false), 0);
	assert_string_equal(p.user, "root");
	assert_string_equal(p.workdir, "/");
	assert_string_equal(p.stop_signal, "KILL");
}

static void the_default_terminal_depends_on_stdin_stdout_and_detach(void **state)
{
	(void)state;
	assert_true(plan(none, true) == 0 && p.tty);
	assert_true(plan(none, false) == 0 && !p.tty);
	o.no_input = true;
	assert_true(plan(none, true) == 0 && !p.tty);
	o = (struct runopts){.detach = true};
	assert_true(plan(none, true) == 0 && !p.tty);
	o.tty = true;
	assert_true(plan(none, false) == 0 && p.tty);
}

static void a_program_with_a_terminal_has_term(void **state)
{
	(void)state;
	setenv("TERM", "vt100", 1);
	assert_int_equal(plan(none, true), 0);
	runplan_complete_env(&p);
	assert_int_equal(p.env.n, 1);
	assert_string_equal(p.env.v[0], "TERM=vt100");
	strv_add(&o.env, "TERM=mine");
	assert_int_equal(plan(none, true), 0);
	runplan_complete_env(&p);
	assert_int_equal(p.env.n, 1);
	assert_string_equal(p.env.v[0], "TERM=mine");
	strv_free(&o.env);
	assert_int_equal(plan(none, false), 0);
	runplan_complete_env(&p);
	assert_int_equal(p.env.n, 0);
}

static void capabilities_are_added_and_dropped_whatever_the_order(void **state)
{
	uint64_t some;

	(void)state;
	strv_add(&o.cap_add, "SYS_TIME");
	strv_add(&o.cap_drop, "cap_chown");
	assert_int_equal(plan(none, false), 0);
	assert_true(p.caps == ((caps_default(false) | CAPS_BIT(25)) & ~CAPS_BIT(0)));
	strv_add(&o.cap_drop, "ALL");
	assert_int_equal(plan(none, false), 0);
	assert_true(p.caps == CAPS_BIT(25));
	strv_free(&o.cap_drop);
	strv_add(&o.cap_add, "ALL");
	strv_add(&o.cap_drop, "CHOWN");
	some = caps_all() & ~CAPS_BIT(0);
	assert_int_equal(plan(none, false), 0);
	assert_true(p.caps == some);
	o.network = "host";
	strv_free(&o.cap_add);
	strv_free(&o.cap_drop);
	assert_int_equal(plan(none, false), 0);
	assert_true(p.caps == caps_default(true));
}

static void privileged_uses_the_hosts_users_unless_a_map_is_given(void **state)
{
	(void)state;
	o.privileged = true;
	assert_int_equal(plan(none, false), 0);
	assert_int_equal(p.users, USERS_HOST);
	assert_true(p.caps == caps_all());
	o.userns = "auto";
	assert_int_equal(plan(none, false), 0);
	assert_int_equal(p.users, USERS_AUTO);
}

static void limits_are_read_in_their_units(void **state)
{
	(void)state;
	o.limits.memory = 64 << 20;
	o.limits.memory_swap = "96m";
	o.limits.cpus = "1.5";
	o.limits.pids_limit = "7";
	assert_int_equal(plan(none, false), 0);
	assert_int_equal(p.limits.memory_swap, 96 << 20);
	assert_int_equal(p.limits.cpus, 1500);
	assert_int_equal(p.limits.pids, 7);
	assert_false(p.limits.pids_default);
	o.limits.memory_swap = "-1";
	o.limits.pids_limit = "-1";
	assert_int_equal(plan(none, false), 0);
	assert_true(p.limits.memory_swap == LIMIT_NONE && p.limits.pids == LIMIT_NONE);
}

/* Sets one option; the error names it. */
#define refuses(field, value, sentence)                          \
	do {                                                     \
		o = (struct runopts){.field = (value)};          \
		assert_refused(plan(none, false), &e, sentence); \
	} while (0)

#define refuses_one_of(list, value, sentence)                    \
	do {                                                     \
		o = (struct runopts){0};                         \
		strv_add(&o.list, value);                        \
		assert_refused(plan(none, false), &e, sentence); \
		runopts_free(&o);                                \
	} while (0)

static void options_that_need_another_network_are_refused(void **state)
{
	(void)state;
	o = (struct runopts){.network = "none"};
	strv_add(&o.ports, "80");
	assert_refused(plan(none, false), &e, "--publish 80: needs a network, not --network none");
	o.network = "container:web";
	assert_refused(plan(none, false), &e,
		       "--publish 80: needs a network, not --network container:web");
	runopts_free(&o);
	o = (struct runopts){.network = "container:web", .userns = "0:1000:1"};
	assert_refused(
		plan(none, false), &e,
		"--userns 0:1000:1: with --network container:web only auto (that container's users) or host");
	o.userns = NULL;
	assert_int_equal(plan(none, false), 0);
	assert_int_equal(p.users, USERS_SHARED);
	strv_add(&o.dns, "192.0.2.1");
	assert_refused(
		plan(none, false), &e,
		"--network container:web: shares resolvers and hosts of that container (without --dns and --add-host)");
	runopts_free(&o);
}

static void invalid_values_are_refused_by_name(void **state)
{
	(void)state;
	refuses_one_of(
		ports, "x",
		"--publish: x: not [[IP:]PORT[-PORT]:]PORT[-PORT][/udp], with as many on both sides");
	refuses(hostname, "a b",
		"--hostname a b: not a host name (letters, digits, - . _; at most 64)");
	refuses(hostname, "", "--hostname : not a host name (letters, digits, - . _; at most 64)");
	refuses(workdir, "x", "--workdir x: not an absolute path");
	refuses(stop_signal, "X", "--stop-signal: X: no such signal");
	refuses(limits.memory_swap, "1g", "--memory-swap 1g: needs --memory");
	refuses(limits.cpus, "0.001", "--cpus 0.001: less than 0.01");
	refuses(rootfs, "/",
		"--rootfs /: the host's own root (allowed only with --only or --without)");
	refuses(rootfs, "/etc/passwd", "--rootfs /etc/passwd: not a directory");
	refuses(rootfs, "/no/such", "--rootfs /no/such: No such file or directory");
	refuses_one_of(env, "=x", "--env: =x: not NAME=VALUE or NAME");
	refuses_one_of(labels, "=x", "--label: =x: not KEY=VALUE");
	refuses_one_of(dns, "x", "--dns: x: not an address");
	refuses_one_of(hosts, "x", "--add-host: x: not HOST:ADDRESS");
	refuses_one_of(
		mounts.tmpfs, "x",
		"--tmpfs: x: the target is an absolute path without \"..\", and not /, /dev, /sys or in /proc");
	refuses_one_of(env_files, "/no/such", "--env-file: /no/such: No such file or directory");
	refuses_one_of(env_files, "/etc", "--env-file: /etc: Is a directory");
}

static void variables_of_a_file_yield_to_env_and_can_name_ours(void **state)
{
	const struct scratch *s = *state;
	own_str char *path = str_fmt("%s/env", s->path);
	FILE *f = fopen(path, "w");

	fputs("A=1\nOURS\nNOT_SET_ANYWHERE\nC=", f);
	fclose(f);
	setenv("OURS", "yes", 1);
	begin(NULL);
	strv_add(&o.env_files, path);
	strv_add(&o.env, "A=2");
	assert_int_equal(plan(none, false), 0);
	assert_int_equal(p.env.n, 3);
	assert_string_equal(p.env.v[0], "A=2");
	assert_string_equal(p.env.v[1], "OURS=yes");
	assert_string_equal(p.env.v[2], "C=");
	end(NULL);
}

static void two_limits_of_one_kind_are_refused(void **state)
{
	(void)state;
	strv_add(&o.ulimits, "nofile=1");
	strv_add(&o.ulimits, "nproc=1");
	assert_int_equal(plan(none, false), 0);
	strv_add(&o.ulimits, "nofile=2:3");
	assert_refused(plan(none, false), &e, "--ulimit nofile=2:3: nofile is given twice");
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_empty_image_config_gives_a_shell_and_the_defaults),
		test(the_users_entry_point_and_arguments_override_the_images),
		test(options_override_the_image_config),
		test(the_default_terminal_depends_on_stdin_stdout_and_detach),
		test(a_program_with_a_terminal_has_term),
		test(capabilities_are_added_and_dropped_whatever_the_order),
		test(privileged_uses_the_hosts_users_unless_a_map_is_given),
		test(limits_are_read_in_their_units),
		test(options_that_need_another_network_are_refused),
		test(invalid_values_are_refused_by_name),
		test(two_limits_of_one_kind_are_refused),
		unit_test_scratch(variables_of_a_file_yield_to_env_and_can_name_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
