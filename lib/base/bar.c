#include "base/bar.h"

#include <string.h>

#include "base/own.h"
#include "base/screen.h"
#include "base/str.h"

enum { WIDE = 80, CELLS_MIN = 10, CELLS_MAX = 40, RATE_MS = 2000 };

static unsigned percent(const struct bar *b)
{
	return b->done >= b->total ? 100 : (unsigned)((double)b->done * 100 / (double)b->total);
}

/* "[===>      ]" */
static char *draw(const struct bar *b, size_t cells)
{
	own_buf struct buf to = {0};
	size_t full = cells * percent(b) / 100;

	for (size_t i = 0; i < cells; i++)
		buf_str(&to, i + 1 < full || full == cells ? "=" : i + 1 == full ? ">" : " ");
	return str_fmt("[%s]", to.data);
}

static char *numbers(const struct bar *b)
{
	own_str char *done = screen_size(b->done), *total = screen_size(b->total),
		     *rate = screen_size(b->rate);
	own_str char *speed = b->rate ? str_fmt("  %s/s", rate) : str_dup("");

	return b->total ? str_fmt("%3u %%  %s of %s%s", percent(b), done, total, speed)
			: str_fmt("%s%s", done, speed);
}

static char *short_number(const struct bar *b)
{
	return b->total ? str_fmt("%3u %%", percent(b)) : screen_size(b->done);
}

char *bar_text(const struct bar *b, size_t columns)
{
	size_t room = (columns ? columns : WIDE) - 1, used, cells;
	own_str char *all = numbers(b), *little = short_number(b);
	own_str char *text = str_fmt("%s  %s", b->what, all), *narrow = NULL, *drawn = NULL;

	used = screen_columns(text) + strlen("  []");
	if (b->total && used + CELLS_MIN <= room) {
		cells = room - used < CELLS_MAX ? room - used : CELLS_MAX;
		drawn = draw(b, cells);
		return str_fmt("%s  %s  %s", b->what, drawn, all);
	}
	if (screen_columns(text) <= room)
		return take_ptr(&text);
	narrow = str_fmt("%s  %s", b->what, little);
	if (screen_columns(narrow) <= room)
		return take_ptr(&narrow);
	return screen_columns(little) <= room ? take_ptr(&little) : str_dup("");
}

uint64_t bar_rate(struct bar_rate *r, int64_t now_ms, uint64_t bytes)
{
	struct bar_sample now = {now_ms, bytes};

	/* Another part of the task counts from 0 again. */
	if (!r->old.ms || bytes < r->recent.bytes)
		r->old = r->recent = now;
	if (now_ms - r->recent.ms >= RATE_MS) {
		r->old = r->recent;
		r->recent = now;
	}
	return now_ms > r->old.ms
		? (uint64_t)((double)(bytes - r->old.bytes) * 1000 / (double)(now_ms - r->old.ms))
		: 0;
}
