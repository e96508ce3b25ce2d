/* Lists containers, newest first. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd.h"
#include "container.h"
#include "member.h"
#include "own.h"
#include "store.h"
#include "table.h"

struct ps_args {
	struct listing listing;
	struct strv filters;
	bool running;
};

static const struct opt opts[] = {
	OPT_FLAG(struct ps_args, running, 'r', "running", "only those that run"),
	OPT_LIST(struct ps_args, filters, 'f', "filter", "KEY=VALUE",
		 "only those where it is so: status=, name= (part of it), image=, label=KEY[=VALUE], id="),
	OPT_LISTING(struct ps_args, listing),
	OPT_END
};

static const struct opt_program program = {
	.name = "ct-ps",
	.operands = "[CONTAINER...]",
	.purpose = "List containers",
	.opts = opts,
	.max = -1,
};

static const struct column columns[] = {
	{.name = "id"}, {.name = "name"}, {.name = "image"}, {.name = "status"}, {.name = "pid", .number = true},
	{.name = "started"}, {.name = "ip"}, {.name = "ports", .list = true}, {.name = "command"},
	{.name = "finished", .hidden = true}, {.name = "exitcode", .hidden = true, .number = true},
	{.name = "root", .hidden = true}, {.name = "labels", .hidden = true}, {.name = "imageid", .hidden = true},
	{.name = NULL},
};

struct listed {
	const struct store *store;
	struct table *table;
	const struct strv *filters;
	bool asked;		/* for some; else each is an id of the store */
	bool running;
	bool lives;		/* it matters whether each of them runs */
	bool states;		/* and if not, how it ended */
};

/* A container under a filter's eye. */
struct seen {
	const struct store *store;
	const struct container *c;
	const struct container_state *st;
};

static bool status_fits(const struct seen *s, const char *value)
{
	own_str char *status = container_status_text(s->st);

	status[strcspn(status, " ")] = '\0';
	return strcmp(status, value) == 0;
}

static int check_status(const char *value, struct err *e)
{
	static const char *const known[] = {"running", "exited", "killed", "oom", "dead"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(value, known[i]) == 0)
			return 0;
	return err_set(e, "no such status (there are running, exited, killed, oom, dead)");
}

static bool name_fits(const struct seen *s, const char *value)
{
	const char *name = record_get(&s->c->config, "name");

	return name && strstr(name, value);
}

/* The image that the name means now; an image that is gone by what it was called. */
static bool image_fits(const struct seen *s, const char *value)
{
	const char *id = record_get(&s->c->config, "image"), *name = record_get(&s->c->config, "image-name");
	char wanted[ID_LEN];
	struct err ignored;

	if (name_resolve(s->store, "img", value, wanted, &ignored) == 0)
		return str_equal(id, wanted);
	return str_equal(id, value) || str_equal(name, value);
}

/* Of a label that is given twice the last one counts. */
static bool label_fits(const struct seen *s, const char *value)
{
	own_strv struct strv labels = {0};
	size_t key = strcspn(value, "=");

	record_get_list(&s->c->config, "label", &labels);
	for (size_t i = labels.n; i-- > 0;)
		if (strcspn(labels.v[i], "=") == key && strncmp(labels.v[i], value, key) == 0)
			return !value[key] || strcmp(labels.v[i] + key, value + key) == 0;
	return false;
}

static bool id_fits(const struct seen *s, const char *value)
{
	return strcmp(s->c->id, value) == 0;
}

static const struct filter {
	const char *key;
	bool (*fits)(const struct seen *s, const char *value);
	int (*check)(const char *value, struct err *e);
} filters[] = {
	{"status", status_fits, check_status}, {"name", name_fits, NULL}, {"image", image_fits, NULL},
	{"label", label_fits, NULL}, {"id", id_fits, NULL},
};

enum { FILTERS = sizeof(filters) / sizeof(*filters) };

/* The filter that the text is for, its value in *value; NULL: there is none. */
static const struct filter *find_filter(const char *text, const char **value)
{
	size_t key = strcspn(text, "=");

	*value = text + key + 1;
	for (size_t i = 0; text[key] && i < FILTERS; i++)
		if (strlen(filters[i].key) == key && strncmp(filters[i].key, text, key) == 0)
			return &filters[i];
	return NULL;
}

static int check_filters(const struct strv *texts, struct err *e)
{
	for (size_t i = 0; i < texts->n; i++) {
		const char *value;
		const struct filter *f = find_filter(texts->v[i], &value);

		if (!f)
			err_set(e, "--filter %s: not KEY=VALUE (the keys are status, name, image, label, id)", texts->v[i]);
		else if (!f->check || f->check(value, e) == 0)
			continue;
		else
			err_wrap(e, "--filter %s", texts->v[i]);
		return err_status(e, 2);
	}
	return 0;
}

/* How a container ended is in one more file of each. */
static bool needs_states(const struct listed *l)
{
	const char *value;

	for (size_t i = 0; i < l->filters->n; i++)
		if (find_filter(l->filters->v[i], &value)->fits == status_fits)
			return true;
	return table_shows(l->table, "status,started,finished,exitcode");
}

static bool wanted(const struct listed *l, const struct container *c, const struct container_state *st)
{
	const struct seen seen = {l->store, c, st};
	const char *value;

	for (size_t i = 0; i < l->filters->n; i++)
		if (!find_filter(l->filters->v[i], &value)->fits(&seen, value))
			return false;
	return true;
}

/* Its first address, and "0.0.0.0:8080->80/tcp" for each published port. */
static void find_network(const struct listed *l, const char *id, char ip[INET_ADDRSTRLEN], struct strv *ports)
{
	own_record struct record net = {0};
	char host[INET_ADDRSTRLEN];
	struct rules_member m;
	struct rules_port p;
	struct err ignored;

	if (member_read(l->store, id, &net, &ignored) < 0)
		return;
	for (size_t i = 0; i < net.keys.n; i++) {
		const char *key = net.keys.v[i], *value = net.values.v[i];

		if (!*ip && strcmp(key, "member") == 0 && rules_read_member(value, &m))
			inet_ntop(AF_INET, &m.address, ip, INET_ADDRSTRLEN);
		else if (strcmp(key, "port") == 0 && rules_read_port(value, &p))
			strv_take(ports, str_fmt("%s:%u->%u/%s", inet_ntop(AF_INET, &p.host, host, sizeof(host)),
						 p.host_port, p.to_port, p.udp ? "udp" : "tcp"));
	}
}

static int list_one(const char *ref, void *arg, struct err *e)
{
	struct listed *l = arg;
	own_container struct container c = CONTAINER_NONE;
	struct container_state st = {.phase = CONTAINER_DEAD};
	own_strv struct strv ports = {0};
	char ip[INET_ADDRSTRLEN] = "";
	bool runs;

	if (!l->asked)
		snprintf(c.id, sizeof(c.id), "%s", ref);
	else if (name_resolve(l->store, "ps", ref, c.id, e) < 0)
		return -1;
	if (l->lives && !l->states)
		container_runs(l->store, &c, &st);
	else if (l->states && container_state(l->store, &c, &st, e) < 0)
		return -1;
	runs = st.phase == CONTAINER_RUNNING;
	if (l->running && !runs)
		return 0;
	if (container_config(l->store, &c, e) < 0)
		return l->asked ? err_wrap(e, "%s", ref) : -1;
	if (!wanted(l, &c, &st))
		return 0;
	if (runs && table_shows(l->table, "ip,ports"))
		find_network(l, c.id, ip, &ports);

	own_str char *status = container_status_text(&st), *root = container_root(l->store, &c);
	own_str char *command = record_join(&c.config, "arg", " "), *labels = record_join(&c.config, "label", ",");
	own_str char *pid = st.init.pid ? str_fmt("%d", (int)st.init.pid) : NULL;
	own_str char *published = table_list(l->table, &ports, ", ");
	own_str char *code = st.phase == CONTAINER_RUNNING || st.phase == CONTAINER_DEAD ? NULL
			   : str_fmt("%d", container_status(&st));
	const char *image = record_get(&c.config, "image-name");
	const char *values[] = {
		c.id, record_get(&c.config, "name"), image ? image : record_get(&c.config, "rootfs"), status, pid,
		st.started, ip, published, command, st.finished, code, root, labels,
		record_get(&c.config, "image"),
	};

	table_row(l->table, values);
	return 0;
}

static void args_free(struct ps_args *args)
{
	strv_free(&args->filters);
}

int main(int argc, char **argv)
{
	__attribute__((cleanup(args_free))) struct ps_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store store = STORE_NONE;
	struct listed l = {.store = &store, .filters = &args.filters, .asked = *operands, .running = args.running};
	struct err e;
	int status;

	if (check_filters(&args.filters, &e) < 0 || store_open(&store, STORE_LOOK, &e) < 0 ||
	    !(l.table = table_begin(columns, &args.listing, &e)))
		return cmd_failed(&e);
	if (*store.note)
		cmd_note("%s", store.note);
	l.states = !l.running && needs_states(&l);
	l.lives = l.running || table_shows(l.table, "pid,ip,ports");
	status = cmd_list(&store, "ps", operands, list_one, &l);
	table_end(l.table, stdout);
	return cmd_end(status);
}
