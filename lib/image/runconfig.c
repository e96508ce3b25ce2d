#include "image/runconfig.h"

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "base/table.h"
#include "net/port.h"
#include "store/plan.h"

static void set_list(struct record *config, const char *key, const struct strv *list)
{
	record_drop(config, key);
	record_add_list(config, key, list);
}

static void set_text(struct record *config, const char *key, const char *text)
{
	if (!text)
		return;
	record_drop(config, key);
	record_add(config, key, text);
}

/* The first words are the entry point, the others are the command. */
static void set_command(struct record *config, const struct plan *p)
{
	size_t n = p->entrypoint < p->args.n ? (size_t)p->entrypoint : p->args.n;
	const struct strv entrypoint = {p->args.v, n}, cmd = {p->args.v + n, p->args.n - n};

	set_list(config, "entrypoint", &entrypoint);
	set_list(config, "cmd", &cmd);
}

/* A run on a terminal adds the type of the user's terminal, which is the last variable then. */
static void set_env(struct record *config, const struct plan *p)
{
	own_strv struct strv before = {0}, env = {0};
	size_t n = p->env.n;

	record_get_list(config, "env", &before);
	if (p->tty && n > before.n && str_starts(p->env.v[n - 1], "TERM="))
		n--;
	for (size_t i = 0; i < n; i++)
		strv_add(&env, p->env.v[i]);
	set_list(config, "env", &env);
}

static void expose(struct record *config, const char *port)
{
	own_strv struct strv exposed = {0};

	record_get_list(config, "expose", &exposed);
	if (!strv_has(&exposed, port))
		record_add(config, "expose", port);
}

static void add_ports(struct record *config, const struct plan *p)
{
	struct port_range r;
	struct err ignored;

	for (size_t i = 0; i < p->ports.n; i++) {
		if (port_read(p->ports.v[i], &r, &ignored) < 0)
			continue;
		for (unsigned k = 0; k < r.count; k++) {
			own_str char *port = str_fmt("%u/%s", r.to_port + k, r.udp ? "udp" : "tcp");

			expose(config, port);
		}
	}
}

static void add_history(struct record *config, const struct plan *p)
{
	own_str char *command = strv_join(&p->args, " ");
	own_buf struct buf line = {0};

	buf_str(&line, "{\"created\":");
	json_quote(&line, record_get(config, "created"));
	buf_str(&line, ",\"created_by\":");
	json_quote(&line, command);
	buf_str(&line, "}");
	record_add(config, "history", line.data);
}

void runconfig_apply(const struct record *container, struct record *config)
{
	own_plan struct plan p = {0};

	plan_read(&p, container);
	set_command(config, &p);
	set_env(config, &p);
	set_list(config, "label", &p.labels);
	set_text(config, "workdir", p.workdir);
	set_text(config, "user", p.user);
	set_text(config, "stopsignal", p.stop_signal);
	set_list(config, "volume", &p.image_volumes);
	add_ports(config, &p);
	add_history(config, &p);
}
