#include "private_store.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "base/own.h"
#include "build/stepstore.h"
#include "kernel/subvol.h"

static struct err e;

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void no_error(int r)
{
	if (r < 0)
		fail_msg("%s", e.msg);
}

/* A step with one file, whose name is its content. */
static void publish(const struct home *h, const char *key, const char *file, bool replace,
		    struct stored_step *out)
{
	own_record struct record config = {0};
	own_str char *path = str_fmt("rootfs/%s", file);
	struct draft d;

	no_error(draft_begin(&h->s, &d, &e));
	no_error(subvol_create(d.dir, "rootfs", &e));
	no_error(file_write(d.dir, path, 0600, file, strlen(file), &e));
	no_error(stepstore_publish(&h->s, &d, key, &config, replace, out, &e));
}

static bool has(const struct stored_step *s, const char *file)
{
	return faccessat(s->rootfs, file, F_OK, 0) == 0;
}

static bool there(const struct home *h, const char *path)
{
	return faccessat(h->s.root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void a_step_is_found_by_its_key(void **state)
{
	const struct home *h = *state;
	own_fd int hold = stepstore_hold(&h->s, &e);
	own_stored struct stored_step first = STORED_NONE, second = STORED_NONE, none = STORED_NONE;

	assert_true(hold >= 0);
	publish(h, A, "one", false, &first);
	assert_string_equal(first.key, A);
	assert_true(has(&first, "one"));
	assert_int_equal(stepstore_open(&h->s, B, &none, &e), 0);
	/* The step that is there already is taken, or replaced. */
	publish(h, A, "two", false, &second);
	assert_true(has(&second, "one"));
	stepstore_close(&second);
	publish(h, A, "three", true, &second);
	assert_true(has(&second, "three"));
	/* A process that has the replaced step open still has its files. */
	assert_true(has(&first, "one"));
}

static void write_config(const struct stored_step *s, const char *key, const char *boot)
{
	own_record struct record r = {0};

	record_add(&r, "key", key);
	record_add(&r, "boot", boot);
	no_error(record_write(s->dir, "config", &r, &e));
}

static void a_step_of_an_earlier_boot_must_have_been_synced(void **state)
{
	const struct home *h = *state;
	own_fd int hold = stepstore_hold(&h->s, &e);
	own_stored struct stored_step s = STORED_NONE, found = STORED_NONE;
	own_strv struct strv keys = {0};

	publish(h, A, "f", false, &s);
	write_config(&s, A, "an-earlier-boot");
	strv_add(&keys, A);
	strv_add(&keys, B); /* removed meanwhile */
	no_error(stepstore_sync(&h->s, &keys, &e));
	assert_int_equal(stepstore_open(&h->s, A, &found, &e), 1);
	stepstore_close(&found);
	assert_int_equal(unlinkat(s.dir, "synced", 0), 0);
	assert_int_equal(stepstore_open(&h->s, A, &found, &e), 0);
	assert_false(there(h, "steps/" A));
}

static void a_damaged_step_is_removed(void **state)
{
	const struct home *h = *state;
	own_fd int hold = stepstore_hold(&h->s, &e);
	own_stored struct stored_step s = STORED_NONE, found = STORED_NONE;

	publish(h, A, "f", false, &s);
	write_config(&s, B, "x");
	assert_int_equal(stepstore_open(&h->s, A, &found, &e), 0);
	assert_false(there(h, "steps/" A));
}

static int cache(const struct home *h, bool exclusive, bool wait, uint32_t mode, uint32_t uid,
		 uint32_t gid, struct stored_step *out)
{
	struct cache_wanted wanted = {"/c", -1, mode, uid, gid, exclusive, wait};

	return stepstore_cache(&h->s, &wanted, out, &e);
}

static void a_cache_has_an_owner_and_a_holder(void **state)
{
	const struct home *h = *state;
	own_fd int hold = stepstore_hold(&h->s, &e);
	own_stored struct stored_step one = STORED_NONE, two = STORED_NONE;
	struct stat st;

	no_error(cache(h, true, true, 02750, 7, 8, &one));
	assert_int_equal(fstat(one.rootfs, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750);
	assert_int_equal(st.st_uid, 7);
	assert_int_equal(st.st_gid, 8);
	assert_int_equal(cache(h, true, false, 02750, 7, 8, &two), 1);
	/* One for other users is another one. */
	no_error(cache(h, true, false, 0755, 0, 0, &two));
	assert_string_not_equal(one.key, two.key);
	stepstore_close(&two);
	stepstore_close(&one);
	no_error(cache(h, false, false, 02750, 7, 8, &one));
	no_error(cache(h, false, false, 02750, 7, 8, &two));
	assert_string_equal(one.key, two.key);
}

static void what_no_image_names_is_pruned(void **state)
{
	const struct home *h = *state;
	own_fd int hold = stepstore_hold(&h->s, &e);
	struct stored_step s;
	own_strv struct strv removed = {0};
	own_record struct record image = {0};

	publish(h, A, "f", false, &s);
	stepstore_close(&s);
	publish(h, B, "f", false, &s);
	stepstore_close(&s);
	no_error(cache(h, false, false, 0755, 0, 0, &s));
	stepstore_close(&s);
	assert_refused(stepstore_prune(&h->s, &removed, &e), &e, "a build is running");
	shut_fd(&hold);
	assert_int_equal(mkdirat(h->s.root, "img_42002", 0700), 0);
	record_add(&image, "step", B);
	no_error(record_write(h->s.root, "img_42002/config", &image, &e));
	no_error(stepstore_prune(&h->s, &removed, &e));
	assert_int_equal(removed.n, 2);
	assert_true(strv_has(&removed, A));
	assert_false(there(h, "steps/" A));
	assert_true(there(h, "steps/" B));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_store(a_step_is_found_by_its_key),
		unit_test_store(a_step_of_an_earlier_boot_must_have_been_synced),
		unit_test_store(a_damaged_step_is_removed),
		unit_test_store(a_cache_has_an_owner_and_a_holder),
		unit_test_store(what_no_image_names_is_pruned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
