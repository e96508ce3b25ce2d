/* Lists containers, newest first. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/own.h"
#include "base/table.h"
#include "cmd.h"
#include "container/container.h"
#include "container/pause.h"
#include "kernel/cgroup.h"
#include "kernel/usage.h"
#include "net/endpoint.h"
#include "ps.h"
#include "store/store.h"

struct ps_args {
	struct listing listing;
	struct filters filters;
	bool running, all;
};

static const struct opt opts[] = {
	OPT_FLAG(struct ps_args, running, 'r', "running", "list only running containers"),
	OPT_FLAG(struct ps_args, all, 'a', "all",
		 "accepted for compatibility: all containers are listed"),
	OPT_FORM_LIST(
		struct ps_args, filters, 'f', "filter", "KEY=VALUE",
		"list only containers with this status, name (regular expression), image, label or id",
		filter_read),
	OPT_LISTING(struct ps_args, listing),
	PS_REFUSED,
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-ps",
	.operands = "[CONTAINER...]",
	.purpose = "List containers",
	.opts = opts,
	.max = -1,
};

static const struct column columns[] = {
	{.name = "id"},
	{.name = "name", .clip = true},
	{.name = "image", .clip = true},
	{.name = "status", .look = COLUMN_STATUS},
	{.name = "oomkilled", .flag = true, .minor = 1},
	{.name = "pid", .number = true, .minor = 2},
	{.name = "started", .look = COLUMN_TIME, .minor = 4},
	{.name = "ip", .minor = 3},
	{.name = "ports", .list = true, .clip = true},
	{.name = "command", .clip = true},
	{.name = "finished", .hidden = true, .look = COLUMN_TIME},
	{.name = "exitcode", .hidden = true, .number = true},
	{.name = "root", .hidden = true},
	{.name = "labels", .hidden = true},
	{.name = "imageid", .hidden = true},
	{.name = "stopsignal", .hidden = true},
	{.name = "cgroup", .hidden = true},
	{.name = "cputime", .hidden = true, .number = true},
	{.name = "memory", .hidden = true, .number = true, .look = COLUMN_SIZE},
	{.name = "memorylimit", .hidden = true, .number = true, .look = COLUMN_SIZE},
	{.name = "processes", .hidden = true, .number = true},
	{.name = "stoptimeout", .hidden = true, .number = true},
	{.name = "disklimit", .hidden = true, .number = true, .look = COLUMN_SIZE},
	{.name = NULL},
};

struct listed {
	const struct store *store;
	struct table *table;
	const struct filters *filters;
	bool asked;   /* the user named the containers; otherwise each ref is an id of the store */
	bool running; /* list only running containers */
	/* Each of these is more files to read for each container, so only what is shown is read: */
	bool configs;     /* its config */
	bool lives;       /* whether it runs */
	bool states;      /* how it ended */
	bool paused, oom; /* whether it is frozen; whether the kernel killed a process for memory */
	bool root, labels;
	struct strv begun; /* the ids in CT_RUN, where each container is while it runs */
	size_t left;       /* the first of them, which are older than those that were listed */
	bool looked;       /* they have been read */
};

/* The container's first address, and "0.0.0.0:8080->80/tcp" for each published port. */
static void find_network(const struct listed *l, const char *id, char ip[INET_ADDRSTRLEN],
			 struct strv *ports)
{
	own_record struct record net = {0};
	char host[INET_ADDRSTRLEN];
	struct rules_member m;
	struct rules_port p;
	struct err ignored;

	if (endpoint_read(l->store, id, &net, &ignored) < 0)
		return;
	for (size_t i = 0; i < net.keys.n; i++) {
		const char *key = net.keys.v[i], *value = net.values.v[i];
		if (!*ip && strcmp(key, "member") == 0 && rules_read_member(value, &m))
			inet_ntop(AF_INET, &m.address, ip, INET_ADDRSTRLEN);
		else if (strcmp(key, "port") == 0 && rules_read_port(value, &p))
			strv_take(ports,
				  str_fmt("%s:%u->%u/%s",
					  inet_ntop(AF_INET, &p.host, host, sizeof(host)),
					  p.host_port, p.to_port, p.udp ? "udp" : "tcp"));
	}
}

struct usage_text {
	char *dir, *cpu, *memory, *limit, *processes;
};

/* The parts of a running container's state that only its cgroup knows. */
static void ask_group(const struct listed *l, const char *id, struct container_state *st)
{
	own_str char *group = container_group(id);

	st->paused = l->paused && pause_is_frozen(group);
	st->oom_killed = l->oom && cgroup_oom_kills(group) > 0;
}

/* A number of struct usage: empty if the kernel does not tell it. */
static char *count_text(int64_t count)
{
	return count < 0 ? NULL : str_fmt("%lld", (long long)count);
}

/* The columns that a running container's control group has the values of. */
static void find_usage(const struct listed *l, const char *id, struct usage_text *text)
{
	own_str char *group = container_group(id);
	struct usage used;

	if (table_shows(l->table, "cgroup"))
		text->dir = usage_dir(group);
	if (!table_shows(l->table, "cputime,memory,memorylimit,processes"))
		return;
	used = usage_read(group);
	text->cpu = used.cpu < 0 ? NULL : str_fmt("%.3f", used.cpu);
	text->memory = count_text(used.memory);
	text->limit = count_text(used.memory_limit);
	text->processes = count_text(used.processes);
}

static void usage_text_free(struct usage_text *text)
{
	free(text->dir);
	free(text->cpu);
	free(text->memory);
	free(text->limit);
	free(text->processes);
}

/* The columns are in the order of the table above. */
static void show_one(const struct listed *l, const struct container *c,
		     const struct container_state *st)
{
	bool runs = st->phase == CONTAINER_RUNNING;
	own_strv struct strv ports = {0};
	char ip[INET_ADDRSTRLEN] = "";
	struct usage_text used = {0};

	if (runs && table_shows(l->table, "ip,ports"))
		find_network(l, c->id, ip, &ports);
	if (runs)
		find_usage(l, c->id, &used);

	own_str char *status = container_status_text(st),
		     *root = l->root ? container_root(l->store, c) : NULL;
	own_str char *command = record_join(&c->config, "arg", " "),
		     *labels = l->labels ? record_join(&c->config, "label", ",") : NULL;
	own_str char *pid = st->init.pid ? str_fmt("%d", (int)st->init.pid) : NULL;
	own_str char *published = table_list(l->table, &ports, ", ");
	own_str char *code = st->phase == CONTAINER_EXITED || st->phase == CONTAINER_KILLED
		? str_fmt("%d", container_status(st))
		: NULL;
	const char *image = record_get(&c->config, "image-name"),
		   *signal = record_get(&c->config, "stopsignal"),
		   *timeout = record_get(&c->config, "stoptimeout");
	const char *values[] = {
		c->id,
		record_get(&c->config, "name"),
		image ? image : record_get(&c->config, "rootfs"),
		status,
		table_flag(st->oom_killed),
		pid,
		st->started,
		ip,
		published,
		command,
		st->finished,
		code,
		root,
		labels,
		record_get(&c->config, "image"),
		signal ? signal : "TERM",
		used.dir,
		used.cpu,
		used.memory,
		used.limit,
		used.processes,
		timeout ? timeout : "10",
		record_get(&c->config, "disk"),
	};

	table_row(l->table, values);
	usage_text_free(&used);
}

/*
 * Whether the container may run: one read of CT_RUN saves a look for the state of each container
 * that does not. It is read after the store, and the end of a container is recorded before it
 * leaves CT_RUN, so none is missed. The ids are asked for in the order of the list, newest first.
 */
static bool has_begun(struct listed *l, const char *id)
{
	struct err ignored;

	if (l->asked || l->store->run < 0)
		return true;
	if (!l->looked && ids_list(l->store->run, "ps", &l->begun, &ignored) < 0)
		return true;
	if (!l->looked)
		l->left = l->begun.n;
	l->looked = true;
	while (l->left && ids_compare(l->begun.v[l->left - 1], id) > 0)
		l->left--;
	return l->left && str_equal(l->begun.v[l->left - 1], id);
}

static int list_one(const char *ref, void *arg, struct err *e)
{
	struct listed *l = arg;
	own_container struct container c = CONTAINER_NONE;
	struct container_state st = {.phase = CONTAINER_DEAD};

	if (!l->asked)
		snprintf(c.id, sizeof(c.id), "%s", ref);
	else if (name_resolve(l->store, "ps", ref, c.id, e) < 0)
		return -1;
	if (l->states || l->lives) {
		if (!has_begun(l, c.id))
			(void)(l->states && container_read_exit(l->store, &c, &st));
		else if (!l->states)
			container_runs(l->store, &c, &st);
		else if (container_state(l->store, &c, &st, e) < 0)
			return -1;
	}
	if (st.phase == CONTAINER_RUNNING)
		ask_group(l, c.id, &st);
	else if (l->running)
		return 0;
	if (l->configs && container_config(l->store, &c, e) < 0)
		return l->asked ? err_wrap(e, "%s", ref) : -1;
	if (filters_fit(l->filters, &(struct seen){l->store, &c, &st}))
		show_one(l, &c, &st);
	return 0;
}

int main(int argc, char **argv)
{
	struct ps_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store store = STORE_NONE;
	struct listed l = {.store = &store,
			   .filters = &args.filters,
			   .asked = *operands,
			   .running = args.running};
	struct err e;
	int status;

	if (store_open(&store, STORE_LOOK, &e) < 0 ||
	    !(l.table = table_begin(columns, &args.listing, &e)))
		return cmd_failed(&e);
	if (*store.note)
		cmd_note("%s", store.note);
	l.configs = args.filters.n > 0 ||
		table_shows(l.table,
			    "name,image,command,root,labels,imageid,stopsignal,"
			    "stoptimeout,disklimit");
	l.oom = table_shows(l.table, "oomkilled");
	l.paused = filters_ask_for_status(l.filters) || table_shows(l.table, "status");
	l.states = !l.running &&
		(l.oom || l.paused || table_shows(l.table, "started,finished,exitcode"));
	l.lives = l.running ||
		table_shows(l.table, "pid,ip,ports,cgroup,cputime,memory,memorylimit,processes");
	l.root = table_shows(l.table, "root");
	l.labels = table_shows(l.table, "labels");
	status = cmd_list(&store, "ps", operands, list_one, &l);
	table_end(l.table, stdout);
	strv_free(&l.begun);
	filters_free(&args.filters);
	return cmd_end(status);
}
