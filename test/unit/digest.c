#include "unit.h"

#include "base/digest.h"

/* FIPS 180-2, appendix B. */
#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void the_digest_of_bytes_is_sha256(void **state)
{
	char is[DIGEST_LEN];

	(void)state;
	digest_of("", 0, is);
	assert_string_equal(is, EMPTY);
	digest_of("abc", 3, is);
	assert_string_equal(is, ABC);
	assert_true(digest_is(is));
	assert_string_equal(digest_hex(is), ABC + 7);
}

static void bytes_added_in_pieces_have_the_same_digest(void **state)
{
	own_digest struct digest d = {0}, unused = {0};
	char is[DIGEST_LEN];

	(void)state;
	digest_begin(&unused);
	digest_begin(&d);
	digest_add(&d, "a", 1);
	digest_add(&d, "", 0);
	digest_add(&d, "bc", 2);
	digest_end(&d, is);
	assert_string_equal(is, ABC);
	assert_null(d.ctx);
}

static void only_sha256_in_lower_case_is_a_digest(void **state)
{
	static const char *const bad[] = {
		"",
		"sha256:",
		"sha256",
		"sha256:../",
		ABC "0",
		ABC "\n",
		" " ABC,
		"SHA256:"
		"0",
		"sha512:00",
		"sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
		"sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:../816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(digest_is(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_digest_of_bytes_is_sha256),
		cmocka_unit_test(bytes_added_in_pieces_have_the_same_digest),
		cmocka_unit_test(only_sha256_in_lower_case_is_a_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
