#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/own.h"
#include "store/image.h"

static struct err e;

/* An image is found by its directory, which needs no btrfs for reading. */
static struct store fake_store(const struct scratch *s)
{
	return (struct store){.root = s->dir, .run = -1};
}

static void make_image(const struct scratch *s, const char *config)
{
	mkdirat(s->dir, "img_42002", 0700);
	mkdirat(s->dir, "img_42002/rootfs", 0755);
	assert_int_equal(file_write(s->dir, "img_42002/config", 0600, config, strlen(config), &e),
			 0);
}

static void an_image_is_opened_with_its_configuration(void **state)
{
	struct store s = fake_store(*state);
	own_image struct image img = {0};
	own_strv struct strv cmd = {0};
	struct stat a, b;

	make_image(*state, "size=12\ncmd=sh\ncmd=-c\n");
	assert_int_equal(image_open(&s, "img_42002", &img, &e), 0);
	assert_string_equal(img.id, "img_42002");
	assert_int_equal(record_get_uint(&img.config, "size"), 12);
	record_get_list(&img.config, "cmd", &cmd);
	assert_int_equal(cmd.n, 2);
	assert_true(fstat(img.rootfs, &a) == 0 && fstatat(img.dir, "rootfs", &b, 0) == 0 &&
		    a.st_ino == b.st_ino);
	assert_true(fcntl(img.rootfs, F_GETFD) & FD_CLOEXEC);
}

static void closing_twice_and_closing_after_a_failure_are_harmless(void **state)
{
	struct store s = fake_store(*state);
	struct image img;

	make_image(*state, "size=12\n");
	assert_int_equal(image_open(&s, "img_42002", &img, &e), 0);
	image_close(&img);
	image_close(&img);
	assert_int_equal(image_open(&s, "img_42003", &img, &e), -1);
	image_close(&img);
	assert_true(fcntl(0, F_GETFD) >= 0); /* the 0 of {0} is not taken for a descriptor */
}

static void an_unknown_image_is_refused_by_the_given_name(void **state)
{
	struct store s = fake_store(*state);
	struct store none = {.root = -1, .run = -1};
	struct image img;

	assert_refused(image_open(&s, "img_42002", &img, &e), &e, "img_42002: no such image");
	assert_refused(image_open(&none, "img_42002", &img, &e), &e, "img_42002: no such image");
	assert_refused(image_open(&s, "nosuch", &img, &e), &e, "nosuch: no such image");
}

static void a_damaged_image_is_refused_and_the_missing_part_named(void **state)
{
	struct scratch *scratch = *state;
	struct store s = fake_store(scratch);
	struct image img;

	make_image(scratch, "size 12\n");
	assert_refused(image_open(&s, "img_42002", &img, &e), &e,
		       "img_42002: config: damaged (size 12)");
	unlinkat(scratch->dir, "img_42002/config", 0);
	assert_refused(image_open(&s, "img_42002", &img, &e), &e,
		       "img_42002: config: No such file or directory");
	unlinkat(scratch->dir, "img_42002/rootfs", AT_REMOVEDIR);
	assert_refused(image_open(&s, "img_42002", &img, &e), &e,
		       "img_42002/rootfs: No such file or directory");
}

static void a_root_that_is_a_link_is_not_followed(void **state)
{
	struct scratch *scratch = *state;
	struct store s = fake_store(scratch);
	struct image img;

	make_image(scratch, "size=12\n");
	unlinkat(scratch->dir, "img_42002/rootfs", AT_REMOVEDIR);
	assert_int_equal(symlinkat("/", scratch->dir, "img_42002/rootfs"), 0);
	assert_int_equal(image_open(&s, "img_42002", &img, &e), -1);
	assert_int_equal(img.id[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(an_image_is_opened_with_its_configuration),
		unit_test_scratch(closing_twice_and_closing_after_a_failure_are_harmless),
		unit_test_scratch(an_unknown_image_is_refused_by_the_given_name),
		unit_test_scratch(a_damaged_image_is_refused_and_the_missing_part_named),
		unit_test_scratch(a_root_that_is_a_link_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
