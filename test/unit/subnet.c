#include "unit.h"

#include <arpa/inet.h>

#include "kernel/subnet.h"

static struct err e;

static struct subnet get(const char *text)
{
	struct subnet s;

	assert_int_equal(subnet_read(text, &s, &e), 0);
	return s;
}

static void a_subnet_is_read_and_written(void **state)
{
	static const char *const good[] = {"10.142.0.0/16", "0.0.0.0/0", "255.255.255.255/32",
					   "192.0.2.128/25"};
	struct subnet s;
	char text[SUBNET_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		s = get(good[i]);
		subnet_text(&s, text);
		assert_string_equal(text, good[i]);
	}
}

static void invalid_subnets_are_refused_by_name(void **state)
{
	static const char *const wrong[] = {
		"",         "/",           "10.0.0.0",    "10.0.0.0/",   "10.0.0.0/33",
		"10.0.0/8", "10.0.0.0/-1", " 10.0.0.0/8", "10.0.0.0/8 ", "a.b.c.d/8",
		"::/8"};
	struct subnet s;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(subnet_read(wrong[i], &s, &e), -1);
		assert_int_equal(strncmp(e.msg, wrong[i], strlen(wrong[i])), 0);
	}
	assert_refused(subnet_read("10.0.0.1/8", &s, &e), &e,
		       "10.0.0.1/8: not a subnet: only the first 8 bits may be other than 0");
}

static void overlaps_are_found_whichever_is_larger(void **state)
{
	struct subnet a = get("10.142.0.0/16"), b = get("10.142.255.0/24"),
		      c = get("10.143.0.0/24"), all = get("0.0.0.0/0");

	(void)state;
	assert_true(subnet_overlap(&a, &b));
	assert_true(subnet_overlap(&b, &a));
	assert_true(subnet_overlap(&a, &a));
	assert_false(subnet_overlap(&a, &c));
	assert_false(subnet_overlap(&c, &b));
	assert_true(subnet_overlap(&all, &c));
}

static void addresses_have_numbers_and_hardware_addresses(void **state)
{
	static const uint8_t want[6] = {0x02, 0x42, 10, 142, 1, 2};
	struct subnet s = get("10.142.0.0/16");
	uint8_t mac[6];

	(void)state;
	assert_int_equal(subnet_size(&s), 65536);
	assert_string_equal(inet_ntoa(subnet_at(&s, 258)), "10.142.1.2");
	assert_int_equal(subnet_number(&s, subnet_at(&s, 258)), 258);
	assert_string_equal(inet_ntoa(subnet_at(&s, 65535)), "10.142.255.255");
	subnet_mac(subnet_at(&s, 258), mac);
	assert_memory_equal(mac, want, sizeof(mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subnet_is_read_and_written),
		cmocka_unit_test(invalid_subnets_are_refused_by_name),
		cmocka_unit_test(overlaps_are_found_whichever_is_larger),
		cmocka_unit_test(addresses_have_numbers_and_hardware_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
