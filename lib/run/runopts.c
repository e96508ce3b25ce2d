#include "run/runopts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/sig.h"
#include "container/etc.h"
#include "container/mountopts.h"
#include "container/mountspec.h"
#include "kernel/caps.h"
#include "kernel/idmap.h"
#include "kernel/rlimit.h"
#include "run/choice.h"
#include "run/command.h"
#include "run/envfile.h"
#include "run/netstage.h"
#include "run/program.h"
#include "store/names.h"

enum { PIDS = 2048, SHM_SIZE = 64 << 20, HOSTNAME_MAX = 64, CPU_SHARES_MAX = 262144 };

#define S struct runopts

const struct opt runopts_table[] = {
	OPT_FLAG(S, detach, 'd', "detach", "run in the background and print the container's id"),
	OPT_FLAG(S, no_input, 'n', "no-stdin", "connect stdin to /dev/null"),
	OPT_FLAG(S, interactive, 'i', "interactive",
		 "accepted for compatibility: stdin is always attached"),
	OPT_FLAG(S, tty, 't', "tty",
		 "allocate a terminal even if stdin and stdout are not terminals"),
	OPT_FLAG(S, remove, 0, "rm", "remove the container when it ends"),
	OPT_TEXT(S, name, 0, "name", "NAME", "name the container"),
	OPT_TEXT(S, cidfile, 0, "cidfile", "FILE", "write the container's id to a new file"),
	OPT_FLAG(S, init, 0, "init",
		 "run an init as process 1, which forwards signals and reaps processes"),
	OPT_LIST(S, env, 'e', "env", "NAME[=VALUE]",
		 "set an environment variable (NAME alone: copy yours)"),
	OPT_LIST(S, env_files, 0, "env-file", "FILE",
		 "set the environment variables that a file lists"),
	OPT_TEXT(S, workdir, 'w', "workdir", "DIR", "set the working directory"),
	OPT_TEXT(S, user, 'u', "user", "USER[:GROUP]", "run as this user of the container"),
	OPT_TEXT(S, hostname, 'h', "hostname", "HOST",
		 "set the host name (default: the container's id)"),
	OPT_TEXT(S, entrypoint, 0, "entrypoint", "COMMAND",
		 "replace the image's entry point (\"\": none)"),
	OPT_LIST(S, labels, 'l', "label", "KEY=VALUE", "attach a label to the container"),
	OPT_TEXT(S, stop_signal, 0, "stop-signal", "SIGNAL",
		 "set the signal that asks the program to stop (default: TERM)"),
	OPT_LIST(S, mounts.volumes, 'v', "volume", "SRC:DST[:ro]",
		 "mount a directory or file of the host, or a named volume"),
	OPT_LIST(S, mounts.tmpfs, 0, "tmpfs", "DST[:OPTIONS]", "mount an empty tmpfs"),
	OPT_SIZE(S, shm_size, 0, "shm-size", "size of /dev/shm (default: 64m)"),
	OPT_FLAG(S, read_only, 0, "read-only", "mount the root file system read-only"),
	OPT_TEXT(S, rootfs, 0, "rootfs", "DIR",
		 "run directly on a directory instead of a snapshot of an image"),
	OPT_FORM(S, pull, 0, "pull", "missing|always|never",
		 "when to pull the image from its registry (default: missing)", pull_read_policy),
	OPT_TEXT(S, network, 0, "network", "NETWORK",
		 "attach to a network; none; host; container:ID (default: network default)"),
	OPT_LIST(S, ports, 'p', "publish", "[[IP:]PORT:]PORT[/udp]",
		 "publish a container port on a host port (A-B publishes a range)"),
	OPT_LIST(S, dns, 0, "dns", "ADDRESS",
		 "use this name server (search domains and options stay the host's)"),
	OPT_LIST(S, hosts, 0, "add-host", "HOST:ADDRESS", "add a line to /etc/hosts"),
	OPT_SIZE(S, memory, 'm', "memory", "limit memory (bytes; k, m, g)"),
	OPT_TEXT(S, memory_swap, 0, "memory-swap", "SIZE",
		 "limit memory plus swap (bytes; k, m, g; -1: unlimited swap)"),
	OPT_TEXT(S, cpus, 0, "cpus", "NUMBER", "limit CPU time, in processors (as 1.5)"),
	OPT_COUNT(S, cpu_shares, 0, "cpu-shares", "NUMBER",
		  "set the CPU weight relative to other cgroups (default: 1024)"),
	OPT_TEXT(S, cpuset_cpus, 0, "cpuset-cpus", "LIST",
		 "restrict to these processors (as 0-2,5)"),
	OPT_TEXT(S, pids_limit, 0, "pids-limit", "NUMBER",
		 "limit the number of processes and threads (default: 2048; -1: unlimited)"),
	OPT_LIST(S, ulimits, 0, "ulimit", "NAME=SOFT[:HARD]",
		 "set a resource limit of the container's processes"),
	OPT_LIST(S, cap_add, 0, "cap-add", "CAPABILITY", "add a capability, or ALL"),
	OPT_LIST(S, cap_drop, 0, "cap-drop", "CAPABILITY", "drop a capability, or ALL"),
	OPT_LIST(S, mounts.devices, 0, "device", "DEVICE[:DST]", "add a device of the host"),
	OPT_FLAG(S, privileged, 0, "privileged",
		 "remove the protections of the host from the container"),
	OPT_TEXT(
		S, userns, 0, "userns", "MODE",
		"set the user namespace: auto, host, unmapped or CTR:HOST:COUNT,... (default: auto)"),
	OPT_SIZE(S, log_max, 0, "log-max",
		 "limit the size of the log (bytes; k, m, g); the oldest lines are deleted"),
	OPT_WORDS(S, only, 0, "only", "STAGE[,...]",
		  "run only these stages (snapshot: create the container, print its id)"),
	OPT_WORDS(S, without, 0, "without", "STAGE[,...]", "run all stages except these"),
	OPT_FLAG(S, explain, 0, "explain",
		 "show the system calls made, and equivalent shell commands"),
	OPT_FLAG(S, dry_run, 0, "dry-run",
		 "print a shell script that does the whole run, and do nothing"),
	OPT_FLAG(S, step, 0, "step", "wait for Enter before each stage, and say what to inspect"),
	OPT_END,
};

#undef S

void runopts_free(struct runopts *o)
{
	struct strv *lists[] = {&o->ports,    &o->env,   &o->env_files, &o->labels,
				&o->dns,      &o->hosts, &o->ulimits,   &o->cap_add,
				&o->cap_drop, &o->only,  &o->without};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		strv_free(lists[i]);
	mountopts_free(&o->mounts);
}

/* The string, kept as long as the plan. */
static const char *keep(struct strv *kept, char *s)
{
	strv_take(kept, s);
	return s;
}

/* NAME=VALUE, or NAME to copy this process's variable if it is set. */
int runopts_add_env(struct strv *env, const char *text, struct err *e)
{
	own_str char *ours = NULL;

	if (*text == '=' || *text == '\0')
		return err_set(e, "%s: not NAME=VALUE or NAME", text);
	if (strchr(text, '=')) {
		command_set_env(env, text);
	} else if (getenv(text)) {
		ours = str_fmt("%s=%s", text, getenv(text));
		command_set_env(env, ours);
	}
	return 0;
}

void runopts_complete_env(struct plan *plan)
{
	own_str char *term = str_fmt("TERM=%s", getenv("TERM") ? getenv("TERM") : "xterm");

	for (size_t i = 0; i < plan->env.n; i++)
		if (str_starts(plan->env.v[i], "TERM="))
			return;
	if (plan->tty)
		strv_add(&plan->env, term);
}

static int plan_env(const struct runopts *o, struct plan *p, const struct record *image,
		    struct err *e)
{
	own_strv struct strv settings = {0};

	if (image)
		record_get_list(image, "env", &p->env);
	for (size_t i = 0; i < o->env_files.n; i++)
		if (envfile_read(o->env_files.v[i], &settings, e) < 0)
			return err_wrap(e, "--env-file");
	for (size_t i = 0; i < settings.n; i++)
		if (runopts_add_env(&p->env, settings.v[i], e) < 0)
			return err_wrap(e, "--env-file");
	for (size_t i = 0; i < o->env.n; i++)
		if (runopts_add_env(&p->env, o->env.v[i], e) < 0)
			return err_wrap(e, "--env");
	return 0;
}

static void plan_command(const struct runopts *o, const struct record *image, char **command,
			 struct plan *p)
{
	if (o->entrypoint) {
		if (*o->entrypoint)
			strv_add(&p->args, o->entrypoint);
	} else if (image) {
		record_get_list(image, "entrypoint", &p->args);
		/* docker and podman take an entry point of one empty string for none. */
		if (p->args.n == 1 && *p->args.v[0] == '\0')
			strv_free(&p->args);
	}
	p->entrypoint = p->args.n;
	for (char **arg = command; *arg; arg++)
		strv_add(&p->args, *arg);
	/* The image's arguments are meant for its own entry point. */
	if (!*command && !o->entrypoint && image)
		record_get_list(image, "cmd", &p->args);
	if (!p->args.n)
		strv_add(&p->args, "/bin/sh");
}

static int plan_limits(const struct runopts *o, struct limits *l, struct err *e)
{
	uint64_t pids;

	*l = (struct limits){.memory = o->memory,
			     .cpu_shares = o->cpu_shares,
			     .cpuset_cpus = o->cpuset_cpus,
			     .pids = PIDS,
			     .pids_default = true};
	if (o->cpu_shares && (o->cpu_shares < 2 || o->cpu_shares > CPU_SHARES_MAX))
		return err_set(e, "--cpu-shares %llu: not between 2 and %d",
			       (unsigned long long)o->cpu_shares, CPU_SHARES_MAX);
	if (o->memory_swap) {
		if (strcmp(o->memory_swap, "-1") == 0)
			l->memory_swap = LIMIT_NONE;
		else if (num_size(o->memory_swap, &l->memory_swap, e) < 0)
			return err_wrap(e, "--memory-swap");
		if (!o->memory)
			return err_set(e, "--memory-swap %s: needs --memory", o->memory_swap);
		if (l->memory_swap < l->memory)
			return err_set(e, "--memory-swap %s: less than --memory, which it includes",
				       o->memory_swap);
	}
	if (o->cpus) {
		if (num_fixed(o->cpus, 1000, &l->cpus, e) < 0)
			return err_wrap(e, "--cpus");
		if (l->cpus < 10)
			return err_set(e, "--cpus %s: less than 0.01", o->cpus);
	}
	if (o->pids_limit) {
		if (strcmp(o->pids_limit, "-1") == 0 || strcmp(o->pids_limit, "0") == 0)
			pids = LIMIT_NONE;
		else if (num_uint(o->pids_limit, 1, 1 << 22, &pids, e) < 0)
			return err_wrap(e, "--pids-limit");
		l->pids = pids;
		l->pids_default = false;
	}
	return 0;
}

static int plan_caps(const struct runopts *o, struct plan *p, struct err *e)
{
	uint64_t set, add = 0, drop = 0;

	for (size_t i = 0; i < o->cap_add.n; i++) {
		if (caps_read(o->cap_add.v[i], &set, e) < 0)
			return err_wrap(e, "--cap-add");
		add |= set;
	}
	for (size_t i = 0; i < o->cap_drop.n; i++) {
		if (caps_read(o->cap_drop.v[i], &set, e) < 0)
			return err_wrap(e, "--cap-drop");
		drop |= set;
	}
	p->caps = o->privileged ? caps_all() : caps_default(p->net == NET_HOST);
	/* --cap-drop overrides --cap-add, unless one of them is ALL. */
	if (o->cap_drop.n && drop == caps_all())
		p->caps = add;
	else
		p->caps = (p->caps | add) & ~drop;
	return 0;
}

static int check_hostname(const char *host, struct err *e)
{
	size_t len = strlen(host);

	for (const char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			len = 0;
	if (len == 0 || len > HOSTNAME_MAX)
		return err_set(
			e, "--hostname %s: not a host name (letters, digits, - . _; at most %d)",
			host, HOSTNAME_MAX);
	return 0;
}

static int plan_mounts(const struct runopts *o, const struct record *image, struct plan *p,
		       struct err *e)
{
	own_strv struct strv wanted = {0};

	if (image)
		record_get_list(image, "volume", &wanted);
	return mountopts_plan(&o->mounts, &wanted, p, e);
}

/* Copies a list of option values after checking each. */
static int plan_list(const char *option, const struct strv *from, struct strv *to,
		     int (*check)(const char *, struct err *), struct err *e)
{
	for (size_t i = 0; i < from->n; i++) {
		if (check && check(from->v[i], e) < 0)
			return err_wrap(e, "%s", option);
		strv_add(to, from->v[i]);
	}
	return 0;
}

/* Of two limits of one kind the second would replace the first. */
static int plan_ulimits(const struct runopts *o, struct plan *p, struct err *e)
{
	for (size_t i = 0; i < o->ulimits.n; i++)
		for (size_t j = 0, len = strcspn(o->ulimits.v[i], "="); j < i; j++)
			if (strncmp(o->ulimits.v[i], o->ulimits.v[j], len + 1) == 0)
				return err_set(e, "--ulimit %s: %.*s is given twice",
					       o->ulimits.v[i], (int)len, o->ulimits.v[i]);
	return plan_list("--ulimit", &o->ulimits, &p->ulimits, rlimit_check, e);
}

static int check_port(const char *text, struct err *e)
{
	struct port_range ignored;

	return port_read(text, &ignored, e);
}

static int check_label(const char *text, struct err *e)
{
	return *text == '=' || *text == '\0' ? err_set(e, "%s: not KEY=VALUE", text) : 0;
}

static int plan_userns(const struct runopts *o, struct plan *p, struct err *e)
{
	struct idmap map;

	p->users = o->userns ? users_mode_read(o->userns) : o->privileged ? USERS_HOST : USERS_AUTO;
	if (netstage_is_shared(p)) {
		if (p->users != USERS_AUTO && p->users != USERS_HOST)
			return err_set(
				e,
				"--userns %s: with --network %s it is auto (that container's) or host",
				o->userns, o->network);
		if (p->users == USERS_AUTO)
			p->users = USERS_SHARED;
		return o->dns.n || o->hosts.n
			? err_set(e,
				  "--network %s: its resolvers and hosts are that container's "
				  "(no --dns, no --add-host)",
				  o->network)
			: 0;
	}
	if (p->users == USERS_SHARED) /* no mode of the user's: refused as a map that it is not */
		p->users = USERS_MAP;
	if (p->users != USERS_MAP)
		return 0;
	if (idmap_read(o->userns, &map, e) < 0)
		return err_wrap(e, "--userns");
	if (idmap_outside(&map, 0) == (uint32_t)-1 && !runopts_bare(o))
		return err_set(e,
			       "--userns %s: maps no id to 0, and only root can build a container",
			       o->userns);
	p->user_map = o->userns;
	return 0;
}

static int plan_rootfs(const struct runopts *o, struct plan *p, struct strv *kept, struct err *e)
{
	char *path;
	struct stat st;

	if (!o->rootfs)
		return 0;
	path = realpath(o->rootfs, NULL);
	if (!path || stat(path, &st) < 0) {
		free(path);
		return err_sys(e, "--rootfs %s", o->rootfs);
	}
	p->rootfs = keep(kept, path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, "--rootfs %s: not a directory", o->rootfs);
	if (strcmp(path, "/") == 0 && !runopts_bare(o))
		return err_set(
			e,
			"--rootfs %s: the host's own root (for some stages alone: --only, --without)",
			o->rootfs);
	return 0;
}

bool runopts_bare(const struct runopts *o)
{
	return o->rootfs && (o->only.n || o->without.n);
}

/* An option whose stage is left out would be silently ignored, so it is refused. */
static int check_stages(const struct runopts *o, const struct plan *p, struct err *e)
{
	const struct {
		bool given;
		const char *option;
		enum stage_id stage;
	} needs[] = {
		{o->memory || o->memory_swap || o->cpus || o->cpu_shares || o->cpuset_cpus ||
			 o->pids_limit,
		 "a limit", STAGE_CGROUP},
		{o->userns, "--userns", STAGE_USER},
		{o->network, "--network", STAGE_NET},
		{o->hostname, "--hostname", STAGE_UTS},
		{o->init, "--init", STAGE_PID},
		{o->mounts.volumes.n, "--volume", STAGE_ROOT},
		{o->mounts.tmpfs.n, "--tmpfs", STAGE_ROOT},
		{o->ports.n, "--publish", STAGE_NET},
		{o->read_only, "--read-only", STAGE_ROOT},
		{o->mounts.devices.n, "--device", STAGE_PROC},
		{o->mounts.devices.n, "--device", STAGE_ROOT},
		{o->shm_size, "--shm-size", STAGE_PROC},
		{o->cap_add.n, "--cap-add", STAGE_CAPS},
		{o->cap_drop.n, "--cap-drop", STAGE_CAPS},
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (needs[i].given && !plan_has_stage(p, needs[i].stage))
			return err_set(e, "%s: needs the stage %s", needs[i].option,
				       stage_names[needs[i].stage]);
	return 0;
}

/* A bare run records nothing, and no supervisor stands between the program and the terminal. */
static int check_bare(const struct runopts *o, struct err *e)
{
	const struct {
		bool given;
		const char *option;
	} records[] = {
		{o->detach, "--detach"},    {o->tty, "--tty"},
		{o->name, "--name"},        {o->cidfile, "--cidfile"},
		{o->labels.n, "--label"},   {o->stop_signal, "--stop-signal"},
		{o->log_max, "--log-max"},  {o->dns.n, "--dns"},
		{o->hosts.n, "--add-host"},
	};

	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++)
		if (records[i].given)
			return err_set(
				e,
				"%s: some stages on a directory are a run of which nothing is recorded",
				records[i].option);
	if (o->network && strcmp(o->network, "none") != 0 && strcmp(o->network, "host") != 0)
		return err_set(e, "--network %s: only a recorded run is on a network with others",
			       o->network);
	for (size_t i = 0; i < o->mounts.volumes.n; i++)
		if (!mountspec_is_path(o->mounts.volumes.v[i]))
			return err_set(
				e,
				"--volume %s: a volume by name is in the store, and this run uses none",
				o->mounts.volumes.v[i]);
	return 0;
}

static int plan_stages(const struct runopts *o, struct plan *p, struct err *e)
{
	if (!o->only.n && !o->without.n)
		return 0;
	if (choice_stages(&o->only, &o->without, !o->rootfs, &p->stages, e) < 0 ||
	    check_stages(o, p, e) < 0)
		return -1;
	/* A terminal of its own comes with its /dev. */
	if (!plan_has_stage(p, STAGE_ROOT) || !plan_has_stage(p, STAGE_PROC))
		p->tty = false;
	if (!runopts_bare(o))
		return 0;
	p->tty = false;
	if (!o->network)
		p->net = NET_EMPTY;
	else if (netstage_name(p))
		return err_set(e, "--network %s: a run of which nothing is recorded is on none",
			       o->network);
	for (char **v = environ; *v; v++)
		strv_add(&p->env, *v);
	return check_bare(o, e);
}

int runopts_plan(const struct runopts *o, const struct record *image, char **command, bool terminal,
		 struct plan *p, struct strv *kept, struct err *e)
{
	int ignored;

	*p = (struct plan){.name = o->name,
			   .init = o->init,
			   .read_only = o->read_only,
			   .privileged = o->privileged,
			   .hostname = o->hostname,
			   .shm_size = o->shm_size ? o->shm_size : SHM_SIZE,
			   .log_max = o->log_max};
	p->tty = o->tty || (terminal && !o->no_input && !o->detach);
	p->user = o->user                                    ? o->user
		: image && !str_equal(o->userns, "unmapped") ? record_get(image, "user")
							     : NULL;
	p->workdir = o->workdir ? o->workdir : image ? record_get(image, "workdir") : NULL;
	p->stop_signal = o->stop_signal ? o->stop_signal
		: image                 ? record_get(image, "stopsignal")
					: NULL;
	p->net = net_mode_read(o->network ? o->network : NETWORK_DEFAULT, &p->network);
	if (o->ports.n && !netstage_name(p))
		return err_set(
			e,
			"--publish %s: a container on a network has ports, and not with --network %s",
			o->ports.v[0], o->network);
	if (plan_stages(o, p, e) < 0)
		return -1;
	if (o->name && name_check_container(o->name, e) < 0)
		return err_wrap(e, "--name");
	if (o->hostname && check_hostname(o->hostname, e) < 0)
		return -1;
	if (p->workdir && *p->workdir == '\0')
		p->workdir = NULL;
	if (o->workdir && *o->workdir != '/')
		return err_set(e, "--workdir %s: not an absolute path", o->workdir);
	if (o->stop_signal && sig_read(o->stop_signal, &ignored, e) < 0)
		return err_wrap(e, "--stop-signal");
	plan_command(o, image, command, p);
	if (plan_env(o, p, image, e) < 0 || plan_limits(o, &p->limits, e) < 0 ||
	    plan_caps(o, p, e) < 0 || plan_mounts(o, image, p, e) < 0 || plan_userns(o, p, e) < 0 ||
	    plan_rootfs(o, p, kept, e) < 0)
		return -1;
	if (image)
		record_get_list(image, "label", &p->labels);
	if (plan_list("--publish", &o->ports, &p->ports, check_port, e) < 0 ||
	    plan_list("--label", &o->labels, &p->labels, check_label, e) < 0 ||
	    plan_list("--dns", &o->dns, &p->dns, etc_check_dns, e) < 0 ||
	    plan_list("--add-host", &o->hosts, &p->hosts, etc_check_host, e) < 0)
		return -1;
	return plan_ulimits(o, p, e);
}
