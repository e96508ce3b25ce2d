#include "unit.h"

#include "base/own.h"
#include "base/record.h"
#include "image/imageconfig.h"

/* The config's JSON with these layers and history entries. */
static char *config_of(size_t layers, const char *const *history)
{
	own_record struct record r = {0};
	own_strv struct strv diffids = {0};
	struct buf json = {0};

	record_add(&r, "created", "2026-01-02T03:04:05Z");
	record_add(&r, "arch", "amd64");
	for (; *history; history++)
		record_add(&r, "history", *history);
	for (size_t i = 0; i < layers; i++)
		strv_add(&diffids, "sha256:1");
	imageconfig_write(&r, &diffids, &json);
	return json.data;
}

static void assert_history(size_t layers, const char *const *history, const char *expected)
{
	own_str char *json = config_of(layers, history);
	own_str char *end = str_fmt("\"history\":[%s]}", expected);

	assert_non_null(strstr(json, "\"history\":"));
	assert_string_equal(strstr(json, "\"history\":"), end);
}

static void every_key_of_a_record_is_in_the_config(void **state)
{
	static const char *const pairs[][2] = {
		{"created", "2026-01-02T03:04:05Z"},
		{"arch", "arm64"},
		{"user", "1:2"},
		{"expose", "80/tcp"},
		{"expose", "53/udp"},
		{"env", "A=\"1\"\n"},
		{"entrypoint", "/e"},
		{"cmd", "a"},
		{"cmd", ""},
		{"healthcheck", "{\"Test\":[\"NONE\"]}"},
		{"volume", "/v"},
		{"workdir", "/w"},
		{"label", "k=v=w"},
		{"label", "empty="},
		{"stopsignal", "INT"},
		{"shell", "/s"},
	};
	own_record struct record r = {0};
	own_strv struct strv diffids = {0};
	own_buf struct buf json = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		record_add(&r, pairs[i][0], pairs[i][1]);
	strv_add(&diffids, "sha256:1");
	imageconfig_write(&r, &diffids, &json);
	assert_string_equal(
		json.data,
		"{\"created\":\"2026-01-02T03:04:05Z\",\"architecture\":\"arm64\",\"os\":\"linux\",\"config\":{"
		"\"User\":\"1:2\",\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}},\"Env\":[\"A=\\\"1\\\"\\u000a\"],"
		"\"Entrypoint\":[\"/e\"],\"Cmd\":[\"a\",\"\"],\"Healthcheck\":{\"Test\":[\"NONE\"]},"
		"\"Volumes\":{\"/v\":{}},\"WorkingDir\":\"/w\",\"Labels\":{\"k\":\"v=w\",\"empty\":\"\"},"
		"\"StopSignal\":\"INT\",\"Shell\":[\"/s\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:1\"]},"
		"\"history\":[{\"created\":\"2026-01-02T03:04:05Z\"}]}");
}

static void the_history_has_an_entry_for_each_layer(void **state)
{
	static const char a[] = "{\"created_by\":\"a\"}", b[] = "{\"created_by\":\"b\"}",
			  none[] = "{\"created_by\":\"n\",\"empty_layer\":true}";

	(void)state;
	assert_history(
		2, (const char *const[]){a, none, b, NULL},
		"{\"created_by\":\"a\"},{\"created_by\":\"n\",\"empty_layer\":true},{\"created_by\":\"b\"}");
	assert_history(2, (const char *const[]){b, NULL},
		       "{\"created\":\"2026-01-02T03:04:05Z\"},{\"created_by\":\"b\"}");
}

static void surplus_entries_of_the_history_become_empty_layers(void **state)
{
	static const char a[] = "{\"created_by\":\"a\"}",
			  b[] = "{\"created_by\":\"b\",\"empty_layer\":false}", c[] = "{}";

	(void)state;
	assert_history(2, (const char *const[]){a, b, c, a, NULL},
		       "{\"created_by\":\"a\"},{\"created_by\":\"b\",\"empty_layer\":true},"
		       "{\"empty_layer\":true},{\"created_by\":\"a\"}");
	assert_history(1, (const char *const[]){a, a, NULL},
		       "{\"empty_layer\":true,\"created_by\":\"a\"},{\"created_by\":\"a\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_a_record_is_in_the_config),
		cmocka_unit_test(the_history_has_an_entry_for_each_layer),
		cmocka_unit_test(surplus_entries_of_the_history_become_empty_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
