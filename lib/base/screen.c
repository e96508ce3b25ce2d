#include "base/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/str.h"

char *screen_size(uint64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
	double value = (double)bytes;
	size_t i = 0;

	if (bytes < 1000)
		return str_fmt("%u B", (unsigned)bytes);
	/* 999.95 would be printed as 1000.0. */
	for (value /= 1000; value >= 999.95 && i < 4; value /= 1000)
		i++;
	return str_fmt("%.1f %s", value, units[i]);
}

char *screen_age(const struct timespec *then, const struct timespec *now)
{
	static const struct {
		const char *name;
		long long seconds, until; /* used below so many seconds */
	} units[] = {
		{"second", 1, 60},
		{"minute", 60, 3600},
		{"hour", 3600, 48 * 3600},
		{"day", 86400, 14 * 86400},
		{"week", 7 * 86400, 60 * 86400},
		{"month", 30 * 86400, 730 * 86400LL},
		{"year", 365 * 86400, INT64_MAX},
	};
	long long age = (long long)now->tv_sec - then->tv_sec, n;
	size_t i = 0;

	if (age <= 0)
		return str_dup("now");
	while (age >= units[i].until)
		i++;
	n = age / units[i].seconds;
	return str_fmt("%lld %s%s ago", n, units[i].name, n == 1 ? "" : "s");
}

const char *screen_status_colour(const char *status)
{
	if (strcmp(status, "running") == 0)
		return "\033[32m";
	if (strcmp(status, "paused") == 0)
		return "\033[33m";
	return str_starts(status, "killed") || strcmp(status, "dead") == 0 ||
			(str_starts(status, "exited ") && strcmp(status, "exited 0") != 0)
		? "\033[31m"
		: "";
}

size_t screen_columns(const char *text)
{
	size_t n = 0;

	for (; *text; n++)
		str_next(&text);
	return n;
}

size_t screen_width(int fd)
{
	struct winsize w;

	return ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

bool screen_has_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && !str_equal(getenv("TERM"), "dumb");
}

bool screen_fit(size_t *width, const bool *clip, size_t n, size_t gap, size_t columns)
{
	size_t total = n ? (n - 1) * gap : 0;

	for (size_t i = 0; i < n; i++)
		total += width[i];
	while (columns && total > columns) {
		size_t widest = n;

		for (size_t i = 0; i < n; i++)
			if (clip[i] && width[i] > SCREEN_NARROW &&
			    (widest == n || width[i] > width[widest]))
				widest = i;
		if (widest == n)
			return false;
		width[widest]--;
		total--;
	}
	return true;
}

char *screen_clip(const char *text, size_t width)
{
	static const char dots[] = "...";
	const char *end = text;

	if (screen_columns(text) <= width || width < sizeof(dots))
		return str_dup(text);
	for (size_t shown = 0; shown < width - strlen(dots); shown++)
		str_next(&end);
	return str_fmt("%.*s%s", (int)(end - text), text, dots);
}
