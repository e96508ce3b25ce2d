#include "build/health.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/table.h"
#include "build/dockerfile.h"
#include "build/faults.h"
#include "build/stepflags.h"

const struct step_flag health_flags[] = {
	{.name = "interval"},       {.name = "timeout"}, {.name = "start-period"},
	{.name = "start-interval"}, {.name = "retries"}, {.name = NULL},
};

/* Reads a duration in Go's form ("1m30s", "1.5h", "300ms") into nanoseconds. False: malformed, or
 * shorter than 1 ms. */
static bool read_duration(const char *s, uint64_t *out)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1},  {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6},
		     {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	double sum = 0;

	if (str_equal(s, "0")) {
		*out = 0;
		return true;
	}
	if (!*s)
		return false;
	while (*s) {
		size_t n = strspn(s, "0123456789."), k;
		double number = strtod(s, NULL);
		size_t length;

		if (n == 0 || (n == 1 && *s == '.'))
			return false;
		s += n;
		length = strcspn(s, "0123456789.");
		for (k = 0; k < sizeof(units) / sizeof(*units); k++)
			if (strlen(units[k].name) == length &&
			    strncmp(units[k].name, s, length) == 0)
				break;
		if (k == sizeof(units) / sizeof(*units))
			return false;
		sum += number * units[k].ns;
		s += length;
	}
	if (sum > 9.2e18 || (sum > 0 && sum < 1e6))
		return false;
	*out = (uint64_t)sum;
	return true;
}

static bool add_duration(const struct instruction *in, const char *flag, const char *key,
			 struct buf *json, struct faults *faults)
{
	const char *value = stepflags_value(in, flag);
	uint64_t ns;

	if (!value)
		return true;
	if (!read_duration(value, &ns)) {
		faults_add(faults, in->line, "HEALTHCHECK: --%s=%s: not a duration of 1ms or more",
			   flag, value);
		return false;
	}
	if (ns)
		buf_fmt(json, ",\"%s\":%llu", key, (unsigned long long)ns);
	return true;
}

static bool add_numbers(const struct instruction *in, struct buf *json, struct faults *faults)
{
	const char *value = stepflags_value(in, "retries");
	uint64_t retries = 0;
	struct err e;

	if (!add_duration(in, "interval", "Interval", json, faults) ||
	    !add_duration(in, "timeout", "Timeout", json, faults) ||
	    !add_duration(in, "start-period", "StartPeriod", json, faults) ||
	    !add_duration(in, "start-interval", "StartInterval", json, faults))
		return false;
	if (value && num_uint(value, 0, INT32_MAX, &retries, &e) < 0) {
		faults_add(faults, in->line, "HEALTHCHECK: --retries=%s: not a number", value);
		return false;
	}
	if (retries)
		buf_fmt(json, ",\"Retries\":%llu", (unsigned long long)retries);
	return true;
}

static bool add_command(const struct instruction *in, const char *command, struct buf *json,
			struct faults *faults)
{
	own_strv struct strv words = {0};

	if (!*command) {
		faults_add(faults, in->line, "HEALTHCHECK: CMD without a command");
		return false;
	}
	if (!dockerfile_is_list(command, &words, in->line, faults)) {
		buf_str(json, "\"CMD-SHELL\",");
		json_quote(json, command);
		return true;
	}
	buf_str(json, "\"CMD\"");
	for (size_t i = 0; i < words.n; i++) {
		buf_str(json, ",");
		json_quote(json, words.v[i]);
	}
	if (words.n == 0)
		faults_add(faults, in->line, "HEALTHCHECK: CMD without a command");
	return words.n > 0;
}

char *health_read(const struct instruction *in, struct faults *faults)
{
	size_t n = strcspn(in->rest, " \t\r\v\f");
	const char *command = in->rest + n + strspn(in->rest + n, " \t\r\v\f");
	own_buf struct buf json = {0};

	if (n == 4 && strncasecmp(in->rest, "NONE", n) == 0) {
		if (!*command && in->flags.n == 0)
			return str_dup("{\"Test\":[\"NONE\"]}");
		faults_add(faults, in->line, "HEALTHCHECK: NONE takes no arguments");
		return NULL;
	}
	if (n != 3 || strncasecmp(in->rest, "CMD", n) != 0) {
		faults_add(faults, in->line, "HEALTHCHECK: %.*s: neither CMD nor NONE", (int)n,
			   in->rest);
		return NULL;
	}
	buf_str(&json, "{\"Test\":[");
	if (!add_command(in, command, &json, faults))
		return NULL;
	buf_str(&json, "]");
	if (!add_numbers(in, &json, faults))
		return NULL;
	buf_str(&json, "}");
	return take_ptr(&json.data);
}
