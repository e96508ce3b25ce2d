#include "run/runplan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/jsonlist.h"
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
#include "run/limitopts.h"
#include "run/netplan.h"
#include "run/netstage.h"
#include "run/nsplan.h"
#include "run/nsshare.h"
#include "run/program.h"
#include "store/names.h"

enum { PIDS = 2048, SHM_SIZE = 64 << 20, HOSTNAME_MAX = 64 };

/* Stores the string for the lifetime of the plan. */
static const char *keep(struct strv *kept, char *s)
{
	strv_take(kept, s);
	return s;
}

/* NAME=VALUE, or NAME to copy this process's variable if it is set. */
static int add_env(struct strv *env, const char *text, struct err *e)
{
	own_str char *ours = NULL;

	if (*text == '=' || *text == '\0')
		return err_set(e, "%s: not NAME=VALUE or NAME", text);
	/* podman copies all variables with such a prefix; docker and env(1) know no patterns. */
	if (!strchr(text, '=') && text[strlen(text) - 1] == '*')
		return err_set(e, "%s: not a pattern: name each variable", text);
	if (strchr(text, '=')) {
		command_set_env(env, text);
	} else if (getenv(text)) {
		ours = str_fmt("%s=%s", text, getenv(text));
		command_set_env(env, ours);
	}
	return 0;
}

void runplan_complete_env(struct plan *plan)
{
	own_str char *term = str_fmt("TERM=%s", getenv("TERM") ? getenv("TERM") : "xterm");

	for (size_t i = 0; i < plan->env.n; i++)
		if (str_starts(plan->env.v[i], "TERM="))
			return;
	if (plan->tty)
		strv_add(&plan->env, term);
}

int runplan_add_env(const struct strv *files, const struct strv *settings, struct strv *env,
		    struct err *e)
{
	own_strv struct strv listed = {0};

	for (size_t i = 0; i < files->n; i++)
		if (envfile_read(files->v[i], &listed, e) < 0)
			return err_wrap(e, "--env-file");
	for (size_t i = 0; i < listed.n; i++)
		if (add_env(env, listed.v[i], e) < 0)
			return err_wrap(e, "--env-file");
	for (size_t i = 0; i < settings->n; i++)
		if (add_env(env, settings->v[i], e) < 0)
			return err_wrap(e, "--env");
	return 0;
}

static int plan_command(const struct runopts *o, const struct record *image, char **command,
			struct plan *p, struct err *e)
{
	enum jsonlist form = o->entrypoint ? jsonlist_read(o->entrypoint, &p->args) : JSONLIST_NONE;

	if (form == JSONLIST_OTHER)
		return err_set(e, "--entrypoint %s: not an array of strings", o->entrypoint);
	if (o->entrypoint) {
		if (form == JSONLIST_NONE && *o->entrypoint)
			strv_add(&p->args, o->entrypoint);
	} else if (image) {
		record_get_list(image, "entrypoint", &p->args);
		/* As in docker and podman, an entry point of one empty string counts as none. */
		if (p->args.n == 1 && *p->args.v[0] == '\0')
			strv_free(&p->args);
	}
	p->entrypoint = p->args.n;
	for (char **arg = command; *arg; arg++)
		strv_add(&p->args, *arg);
	/* The image's arguments belong to its own entry point. */
	if (!*command && !o->entrypoint && image)
		record_get_list(image, "cmd", &p->args);
	if (!p->args.n)
		strv_add(&p->args, "/bin/sh");
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

static int check_bare_volume(const char *text, struct err *e)
{
	own_mountspec struct mountspec v = {0};

	if (mountspec_read(text, &v, e) < 0)
		return err_wrap(e, "--volume");
	return v.name || v.propagation
		? err_set(e, "--volume %s: %s need a recorded run (not some stages on --rootfs)",
			  text, v.name ? "named volumes" : "propagated mounts")
		: 0;
}

static int plan_mounts(const struct runopts *o, const struct record *image, struct plan *p,
		       struct err *e)
{
	own_strv struct strv wanted = {0};

	if (image)
		record_get_list(image, "volume", &wanted);
	if (mountopts_plan(&o->mounts, &wanted, p, e) < 0)
		return -1;
	for (size_t i = 0; runopts_bare(o) && i < p->volumes.n; i++)
		if (check_bare_volume(p->volumes.v[i], e) < 0)
			return -1;
	return o->rootfs && p->image_volumes.n
		? err_set(e, "--volume %s: with --rootfs a volume needs a source",
			  p->image_volumes.v[0])
		: 0;
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

/* A second limit of one kind would silently replace the first. */
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
	if (nsshare_container(p)) {
		if (p->users != USERS_AUTO && p->users != USERS_HOST)
			return err_set(
				e,
				"--userns %s: with %s container:%s only auto (that container's users) or host",
				o->userns, nsshare_option(p), nsshare_container(p));
		if (p->users == USERS_AUTO)
			p->users = USERS_SHARED;
		return netstage_is_shared(p) && (o->dns.n || o->hosts.n)
			? err_set(e,
				  "--network %s: shares resolvers and hosts of that container "
				  "(without --dns and --add-host)",
				  o->network)
			: 0;
	}
	if (p->users == USERS_SHARED) /* modes that users cannot choose: refused as invalid maps */
		p->users = USERS_MAP;
	if (p->users != USERS_MAP)
		return 0;
	if (idmap_read(o->userns, &map, e) < 0)
		return err_wrap(e, "--userns");
	if (idmap_outside(&map, 0) == (uint32_t)-1 && !runopts_bare(o))
		return err_set(e,
			       "--userns %s: must map an id to 0: building a container needs root",
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
			"--rootfs %s: the host's own root (allowed only with --only or --without)",
			o->rootfs);
	return 0;
}

/* An option whose stage is left out would be silently ignored, so it is refused. */
static int check_stages(const struct runopts *o, const struct plan *p, struct err *e)
{
	const struct {
		const char *option;
		enum stage_id stage;
		bool given;
	} needs[] = {
		{"a limit", STAGE_CGROUP, limitopts_given(&o->limits)},
		{"--userns", STAGE_USER, o->userns},
		{"--network", STAGE_NET, o->network},
		{"--hostname", STAGE_UTS, o->hostname},
		{"--init", STAGE_PID, o->init},
		{"--volume", STAGE_ROOT, o->mounts.volumes.n},
		{"--tmpfs", STAGE_ROOT, o->mounts.tmpfs.n},
		{"--mount", STAGE_ROOT, o->mounts.mounts.n},
		{"--publish", STAGE_NET, o->ports.n || o->publish_all},
		{"--read-only", STAGE_ROOT, o->read_only},
		{"--device", STAGE_PROC, o->mounts.devices.n},
		{"--device", STAGE_ROOT, o->mounts.devices.n},
		{"--shm-size", STAGE_PROC, o->shm_size},
		{"--cap-add", STAGE_CAPS, o->cap_add.n},
		{"--cap-drop", STAGE_CAPS, o->cap_drop.n},
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (needs[i].given && !plan_has_stage(p, needs[i].stage))
			return err_set(e, "%s: needs the stage %s", needs[i].option,
				       plan_stage_names[needs[i].stage]);
	return 0;
}

/* A bare run records nothing, and no supervisor stands between the program and the terminal. */
static int check_bare(const struct runopts *o, struct err *e)
{
	const struct {
		bool given;
		const char *option;
	} records[] = {
		{o->detach, "--detach"},
		{o->tty, "--tty"},
		{o->name, "--name"},
		{o->cidfile, "--cidfile"},
		{o->labels.n, "--label"},
		{o->stop_signal, "--stop-signal"},
		{o->stop_timeout, "--stop-timeout"},
		{o->replace, "--replace"},
		{o->no_log, "--log"},
		{o->log_max, "--log-max"},
		{o->dns.n, "--dns"},
		{o->hosts.n, "--add-host"},
		{o->dns_search.n, "--dns-search"},
	};

	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++)
		if (records[i].given)
			return err_set(
				e,
				"%s: a run of some stages on a directory (--rootfs) is not recorded",
				records[i].option);
	if (o->network && strcmp(o->network, "none") != 0 && strcmp(o->network, "host") != 0)
		return err_set(e,
			       "--network %s: needs a recorded run (not some stages on --rootfs)",
			       o->network);
	return 0;
}

static int plan_stages(const struct runopts *o, struct plan *p, struct err *e)
{
	if (!o->only.n && !o->without.n)
		return 0;
	if (choice_stages(&o->only, &o->without, !o->rootfs, &p->stages, e) < 0 ||
	    check_stages(o, p, e) < 0)
		return -1;
	/* A container's terminal needs its own /dev. */
	if (!plan_has_stage(p, STAGE_ROOT) || !plan_has_stage(p, STAGE_PROC))
		p->tty = false;
	if (!runopts_bare(o))
		return 0;
	p->tty = false;
	if (!o->network)
		p->net = NET_EMPTY;
	else if (netstage_name(p))
		return err_set(e,
			       "--network %s: needs a recorded run (not some stages on --rootfs)",
			       o->network);
	for (char **v = environ; *v; v++)
		strv_add(&p->env, *v);
	return check_bare(o, e);
}

/* Options that are copied into the plan as they are. */
static int check_texts(const struct runopts *o, struct err *e)
{
	uint64_t seconds;
	int signal;

	if (o->name && name_check_container(o->name, e) < 0)
		return err_wrap(e, "--name");
	if (o->replace && !o->name)
		return err_set(e, "--replace: needs --name");
	if (o->no_log && o->log_max)
		return err_set(e, "--log none and --log-max: cannot be used together");
	if (o->hostname && check_hostname(o->hostname, e) < 0)
		return -1;
	if (o->workdir && *o->workdir != '/')
		return err_set(e, "--workdir %s: not an absolute path", o->workdir);
	if (o->stop_signal && sig_read(o->stop_signal, &signal, e) < 0)
		return err_wrap(e, "--stop-signal");
	if (o->stop_timeout && num_uint(o->stop_timeout, 0, INT32_MAX, &seconds, e) < 0)
		return err_wrap(e, "--stop-timeout");
	return 0;
}

int runplan_make(const struct runopts *o, const struct record *image, char **command, bool terminal,
		 struct plan *p, struct strv *kept, struct err *e)
{
	*p = (struct plan){.name = o->name,
			   .init = o->init,
			   .read_only = o->read_only,
			   .privileged = o->privileged,
			   .hostname = o->hostname,
			   .shm_size = o->shm_size ? o->shm_size : SHM_SIZE,
			   .no_log = o->no_log,
			   .log_max = o->log_max,
			   .remove = o->remove,
			   .open_input = o->interactive && !o->no_input,
			   .stop_timeout = o->stop_timeout,
			   .limits = {.pids = PIDS, .pids_default = true}};
	p->tty = o->tty || (terminal && !o->no_input && !o->detach);
	p->user = o->user                                    ? o->user
		: image && !str_equal(o->userns, "unmapped") ? record_get(image, "user")
							     : NULL;
	p->workdir = o->workdir ? o->workdir : image ? record_get(image, "workdir") : NULL;
	p->stop_signal = o->stop_signal ? o->stop_signal
		: image                 ? record_get(image, "stopsignal")
					: NULL;
	if (netplan_make(o, p, e) < 0 || plan_stages(o, p, e) < 0 || nsplan_make(o, p, e) < 0 ||
	    check_texts(o, e) < 0)
		return -1;
	if (p->workdir && *p->workdir == '\0')
		p->workdir = NULL;
	if (image)
		record_get_list(image, "env", &p->env);
	if (plan_command(o, image, command, p, e) < 0 ||
	    runplan_add_env(&o->env_files, &o->env, &p->env, e) < 0 ||
	    limitopts_merge(&o->limits, &p->limits, e) < 0 ||
	    limitopts_merge_disk(&o->limits, o->rootfs, &p->disk, e) < 0 ||
	    plan_caps(o, p, e) < 0 || plan_mounts(o, image, p, e) < 0 || plan_userns(o, p, e) < 0 ||
	    plan_rootfs(o, p, kept, e) < 0 ||
	    procopts_plan(&o->process, runopts_bare(o), p, kept, e) < 0)
		return -1;
	if (image)
		record_get_list(image, "label", &p->labels);
	if (image && o->publish_all)
		record_get_list(image, "expose", &p->ports);
	if (plan_list("--publish", &o->ports, &p->ports, check_port, e) < 0 ||
	    plan_list("--label", &o->labels, &p->labels, check_label, e) < 0 ||
	    plan_list("--dns", &o->dns, &p->dns, etc_check_dns, e) < 0 ||
	    plan_list("--add-host", &o->hosts, &p->hosts, etc_check_host, e) < 0)
		return -1;
	return plan_ulimits(o, p, e);
}
