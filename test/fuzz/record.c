/*
 * Any bytes as a record of the store, with the options of a container and the endpoints and ports
 * of a run. A record that was read is written, and that text is read again as the same record.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "files.h"
#include "net/port.h"
#include "net/rules.h"
#include "store/plan.h"

static void parse(struct buf *text, struct record *r)
{
	struct err e;

	if (record_parse(text, "fuzz", r, &e) < 0)
		abort();
}

/* Writes r, and what is read from that: the two texts are equal. */
static void write_twice(const struct record *r)
{
	own_buf struct buf first = {0}, copy = {0}, second = {0};
	own_record struct record again = {0};

	record_format(r, &first);
	buf_str(&copy, "");
	buf_add(&copy, first.data ? first.data : "", first.len);
	parse(&copy, &again);
	record_format(&again, &second);
	if (first.len != second.len ||
	    (first.len && memcmp(first.data, second.data, first.len) != 0))
		abort();
}

static void read_plan(const struct record *r)
{
	own_plan struct plan plan = {0};
	own_record struct record written = {0};

	plan_read(&plan, r);
	plan_hostname(&plan, "ps_42002");
	for (enum stage_id i = 0; i < STAGES; i++)
		plan_has_stage(&plan, i);
	plan_write(&plan, &written);
	write_twice(&written);
}

static void read_net(const struct record *r)
{
	struct rules_member m;
	struct rules_port p;
	char text[PORT_TEXT];

	for (size_t i = 0; i < r->values.n; i++) {
		own_record struct record line = {0};

		if (rules_read_member(r->values.v[i], &m))
			rules_record_member(&line, &m);
		if (rules_read_port(r->values.v[i], &p)) {
			rules_record_port(&line, &p);
			port_text(&p, text);
		}
		write_twice(&line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_buf struct buf text = {0};
	own_record struct record r = {0};
	struct err e;

	buf_str(&text, "");
	buf_add(&text, (const char *)data, n);
	if (record_parse(&text, "fuzz", &r, &e) < 0)
		return 0;
	write_twice(&r);
	read_plan(&r);
	read_net(&r);
	return 0;
}
