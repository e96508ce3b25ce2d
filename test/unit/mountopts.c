#include "unit.h"

#include "base/own.h"
#include "container/mountopts.h"

static struct err e;
static struct mountopts o;
static struct strv wanted;
static struct plan p;

static int end(void **state)
{
	(void)state;
	mountopts_free(&o);
	strv_free(&wanted);
	plan_free_lists(&p);
	return 0;
}

static int plan(void)
{
	return mountopts_plan(&o, &wanted, &p, &e);
}

static void mounts_are_kept_in_one_spelling(void **state)
{
	(void)state;
	strv_add(&o.volumes, "data:/x//y/");
	strv_add(&o.volumes, "/etc/../etc:/./z:ro");
	strv_add(&o.tmpfs, "/t/");
	strv_add(&o.tmpfs, "/u/.:size=1m");
	strv_add(&o.devices, "/dev/null");
	assert_int_equal(plan(), 0);
	assert_string_equal(p.volumes.v[0], "data:/x/y");
	assert_string_equal(p.volumes.v[1], "/etc:/z:ro");
	assert_string_equal(p.tmpfs.v[0], "/t");
	assert_string_equal(p.tmpfs.v[1], "/u:size=1m");
	assert_string_equal(p.devices.v[0], "/dev/null:/dev/null");
}

static void two_mounts_with_one_target_are_refused(void **state)
{
	(void)state;
	strv_add(&o.volumes, "a:/x");
	strv_add(&o.volumes, "b:/x/y");
	assert_int_equal(plan(), 0);
	strv_add(&o.volumes, "b:/./x/");
	assert_refused(plan(), &e, "--volume b:/./x/: --volume a:/x is mounted at /x");
	end(NULL);
	strv_add(&o.volumes, "a:/x/");
	strv_add(&o.tmpfs, "/x");
	assert_refused(plan(), &e, "--tmpfs /x: --volume a:/x/ is mounted at /x");
	end(NULL);
	strv_add(&o.tmpfs, "/x:size=1m");
	strv_add(&o.tmpfs, "//x");
	assert_refused(plan(), &e, "--tmpfs //x: --tmpfs /x:size=1m is mounted at /x");
	end(NULL);
	strv_add(&o.devices, "/dev/null:/dev/x");
	strv_add(&o.devices, "/dev/zero:/dev/x");
	assert_refused(plan(), &e,
		       "--device /dev/zero:/dev/x: --device /dev/null:/dev/x is mounted at /dev/x");
}

static void an_image_volume_yields_to_an_option_however_its_target_is_spelled(void **state)
{
	(void)state;
	strv_add(&wanted, "/data/");
	strv_add(&wanted, "/more");
	strv_add(&wanted, "/more/./");
	strv_add(&wanted, "/proc");
	strv_add(&o.volumes, "a:/data");
	assert_int_equal(plan(), 0);
	assert_int_equal(p.image_volumes.n, 1);
	assert_string_equal(p.image_volumes.v[0], "/more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(mounts_are_kept_in_one_spelling, end),
		cmocka_unit_test_teardown(two_mounts_with_one_target_are_refused, end),
		cmocka_unit_test_teardown(
			an_image_volume_yields_to_an_option_however_its_target_is_spelled, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
