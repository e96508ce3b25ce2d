#include "run/runopts.h"

#include <string.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/str.h"

#define S struct runopts

/* A run in the foreground is the container's supervisor: nothing would be left behind it. */
static int refuse_keys(void *to, const char *text, struct err *e)
{
	(void)to;
	(void)text;
	return err_set(e, "only a container of 'ct run -d' can be left: 'ct attach --detach-keys'");
}

static int read_network(void *to, const char *text, struct err *e)
{
	struct runopts *o = (struct runopts *)((char *)to - offsetof(struct runopts, network));
	const char *name;

	/* podman writes NETWORK,... and NETWORK:ip=ADDRESS,alias=NAME. */
	if (net_mode_read(text, &name) == NET_NAMED && strpbrk(text, ",:"))
		return err_set(e,
			       "%s: not a network (repeat --network; use --ip and --network-alias)",
			       text);
	if (o->network)
		strv_add(&o->more_networks, text);
	else
		o->network = text;
	return 0;
}

static int read_log(void *to, const char *text, struct err *e)
{
	bool *none = to;

	*none = str_equal(text, "none");
	return *none || str_equal(text, "file") ? 0 : err_set(e, "%s: not file or none", text);
}

const struct opt runopts_table[] = {
	OPT_FLAG(S, detach, 'd', "detach", "run in the background and print the container's id"),
	OPT_FLAG(S, no_input, 'n', "no-stdin", "connect stdin to /dev/null"),
	OPT_FLAG(
		S, interactive, 'i', "interactive",
		"with --detach: keep stdin open for 'ct attach' (otherwise it is always attached)"),
	OPT_FLAG(S, tty, 't', "tty",
		 "allocate a terminal even if stdin and stdout are not terminals"),
	OPT_FLAG(S, remove, 0, "rm", "remove the container when it ends"),
	OPT_FORM(S, detach, 0, "detach-keys", "KEY,...", NULL, refuse_keys),
	OPT_TEXT(S, name, 0, "name", "NAME", "name the container"),
	OPT_FLAG(S, replace, 0, "replace",
		 "remove the container that has the name (--name) now, even if it runs"),
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
		 "replace the image's entry point (\"\": none; [\"A\",\"B\"]: several words)"),
	OPT_LIST(S, labels, 'l', "label", "KEY=VALUE", "attach a label to the container"),
	OPT_TEXT(S, stop_signal, 0, "stop-signal", "SIGNAL",
		 "set the signal that asks the program to stop (default: TERM)"),
	OPT_TEXT(S, stop_timeout, 0, "stop-timeout", "SECONDS",
		 "set how long 'ct stop' waits before it kills (default: 10)"),
	OPT_LIST(S, mounts.volumes, 'v', "volume", "[SRC:]DST[:OPTIONS]",
		 "mount a directory or file of the host, a named volume, or a new one"),
	OPT_LIST(S, mounts.tmpfs, 0, "tmpfs", "DST[:OPTIONS]", "mount an empty tmpfs"),
	OPT_LIST(
		S, mounts.mounts, 0, "mount", "type=TYPE,KEY=VALUE,...",
		"mount a bind, volume or tmpfs: src=, dst=, ro, bind-propagation=, tmpfs-size=, ..."),
	OPT_SIZE(S, shm_size, 0, "shm-size", "size of /dev/shm (default: 64m)"),
	OPT_FLAG(S, read_only, 0, "read-only", "mount the root file system read-only"),
	OPT_TEXT(S, rootfs, 0, "rootfs", "DIR",
		 "run directly on a directory instead of a snapshot of an image"),
	OPT_FORM(S, pull, 0, "pull", "missing|always|never",
		 "when to pull the image from its registry (default: missing)", pull_read_policy),
	OPT_FORM_LIST(S, network, 0, "network", "NETWORK",
		      "attach to a network; none; host; container:ID (default: network default)",
		      read_network),
	OPT_FORM_LIST(S, network, 0, "net", "NETWORK", NULL, read_network),
	OPT_TEXT(S, ip, 0, "ip", "ADDRESS", "use this address of the network"),
	OPT_LIST(S, aliases, 0, "network-alias", "NAME",
		 "give the container one more name on its networks"),
	OPT_FLAG(S, publish_all, 'P', "publish-all",
		 "publish each port that the image exposes on a free host port"),
	OPT_LIST(S, ports, 'p', "publish", "[[IP:]PORT:]PORT[/udp]",
		 "publish a container port on a host port (A-B publishes a range)"),
	OPT_LIST(S, dns, 0, "dns", "ADDRESS",
		 "use this name server (search domains and options stay the host's)"),
	OPT_LIST(S, dns_search, 0, "dns-search", "DOMAIN",
		 "search names in this domain instead of the host's (.: in none)"),
	OPT_LIST(S, hosts, 0, "add-host", "HOST:ADDRESS",
		 "add a line to /etc/hosts (ADDRESS host-gateway: the host)"),
	OPT_LIMITS(S, limits),
	OPT_LIST(S, ulimits, 0, "ulimit", "NAME=SOFT[:HARD]",
		 "set a resource limit of the container's processes"),
	OPT_PROCESS(S, process),
	OPT_LIST(S, cap_add, 0, "cap-add", "CAPABILITY", "add a capability, or ALL"),
	OPT_LIST(S, cap_drop, 0, "cap-drop", "CAPABILITY", "drop a capability, or ALL"),
	OPT_LIST(S, mounts.devices, 0, "device", "DEVICE[:DST]", "add a device of the host"),
	OPT_FLAG(S, privileged, 0, "privileged",
		 "remove the protections of the host from the container"),
	OPT_TEXT(
		S, userns, 0, "userns", "MODE",
		"set the user namespace: auto, host, unmapped or CTR:HOST:COUNT,... (default: auto)"),
	OPT_FORM(S, no_log, 0, "log", "file|none",
		 "keep the output in a file for ct-logs, or not at all (default: file)", read_log),
	OPT_SIZE(S, log_max, 0, "log-max",
		 "limit the size of the log (bytes; k, m, g); the oldest lines are deleted"),
	OPT_WORDS(S, only, 0, "only", "STAGE[,...]",
		  "run only these stages (snapshot: create the container, print its id)"),
	OPT_WORDS(S, without, 0, "without", "STAGE[,...]", "run all stages except these"),
	OPT_FORM(S, explain, 0, "explain", "[=brief]",
		 "show system calls and equivalent shell commands (brief: a line a stage)",
		 explain_read_mode),
	OPT_FLAG(S, dry_run, 0, "dry-run",
		 "print a shell script that does the whole run, and do nothing"),
	OPT_FLAG(S, step, 0, "step", "wait for Enter before each stage, and say what to inspect"),
	OPT_INSTEAD(0, "annotation", "use --label"),
	OPT_INSTEAD(0, "arch", "only images of this machine's platform can run"),
	OPT_INSTEAD('a', "attach", "the streams are attached, except with --detach"),
	OPT_INSTEAD(0, "authfile", "use 'ct pull' before, with the variable REGISTRY_AUTH_FILE"),
	OPT_INSTEAD(0, "blkio-weight*", "not offered: no limits of disk rates"),
	OPT_INSTEAD(0, "cert-dir", "not offered: the certificates are those of the host"),
	OPT_INSTEAD(0, "cgroup-parent", "set the variable CT_CGROUP"),
	OPT_INSTEAD(0, "cgroupns", "use --without cgns for the host's"),
	OPT_INSTEAD(0, "cgroups", "not offered: every container has a cgroup"),
	OPT_INSTEAD(0, "conmon-pidfile", "use 'ct pid NAME'"),
	OPT_INSTEAD(0, "cpu-period", "use --cpus"),
	OPT_INSTEAD(0, "cpu-quota", "use --cpus"),
	OPT_INSTEAD(0, "cpuset-mems", "not offered: --cpuset-cpus restricts to processors"),
	OPT_INSTEAD(0, "creds", "use 'ct pull --creds' before"),
	OPT_INSTEAD(0, "device-cgroup-rule", "use --device for each device file"),
	OPT_INSTEAD(0, "device-*", "not offered: no limits of disk rates"),
	OPT_INSTEAD(0, "dns-opt*", "use --volume FILE:/etc/resolv.conf:ro"),
	OPT_INSTEAD(0, "domainname", "use --hostname NAME.DOMAIN"),
	OPT_INSTEAD(0, "env-host", "use --env NAME for each variable"),
	OPT_INSTEAD(0, "env-merge", "use --env NAME=VALUE"),
	OPT_INSTEAD(0, "expose", "use --publish; containers reach all ports of each other"),
	OPT_INSTEAD(0, "gidmap", "use --userns CTR:HOST:COUNT"),
	OPT_INSTEAD(0, "gpus", "use --device for each device file"),
	OPT_INSTEAD(0, "group-entry", "use --volume FILE:/etc/group"),
	OPT_INSTEAD(0, "health-*", "not offered: 'ct exec' runs a check"),
	OPT_INSTEAD(0, "hosts-file", "use --volume FILE:/etc/hosts"),
	OPT_INSTEAD(0, "hostuser", "use --user UID:GID"),
	OPT_INSTEAD(0, "http-proxy",
		    "not needed: proxy variables are passed only by --env http_proxy"),
	OPT_INSTEAD(0, "image-volume",
		    "use --tmpfs or --volume at the place of the image's volume"),
	OPT_INSTEAD(0, "init-path", "use --init, or --entrypoint with an init of the image"),
	OPT_INSTEAD(0, "ip6", "not offered: networks have IPv4 only"),
	OPT_INSTEAD(0, "kernel-memory", "use --memory"),
	OPT_INSTEAD(0, "label-file", "use --label for each line"),
	OPT_INSTEAD(0, "link", "not needed: containers of a network find each other by name"),
	OPT_INSTEAD(0, "log-driver", "use --log file or --log none"),
	OPT_INSTEAD(0, "log-opt", "use --log-max SIZE"),
	OPT_INSTEAD(0, "mac-address", "not offered: the address follows from --ip"),
	OPT_INSTEAD(0, "memory-reservation", "use --memory"),
	OPT_INSTEAD(0, "memory-swappiness", "use --memory-swap"),
	OPT_INSTEAD(0, "no-healthcheck", "not needed: ct runs no health checks"),
	OPT_INSTEAD(0, "no-hostname", "use --volume FILE:/etc/hostname"),
	OPT_INSTEAD(0, "no-hosts", "use --volume FILE:/etc/hosts"),
	OPT_INSTEAD(0, "oom-kill-disable", "use --oom-score-adj -1000"),
	OPT_INSTEAD(0, "os", "only images of this machine's platform can run"),
	OPT_INSTEAD(0, "passwd-entry", "use --volume FILE:/etc/passwd"),
	OPT_INSTEAD(0, "pidfile", "use 'ct pid NAME'"),
	OPT_INSTEAD(0, "platform", "only images of this machine's platform can run"),
	OPT_INSTEAD(0, "pod", "use --network container:NAME"),
	OPT_INSTEAD(0, "preserve-fd*",
		    "not offered: a container gets no files but stdin, stdout and stderr"),
	OPT_INSTEAD('q', "quiet", "use 'ct pull --quiet' before"),
	OPT_INSTEAD(0, "read-only-tmpfs", "use --tmpfs /tmp"),
	OPT_INSTEAD(0, "requires", "use systemd, which 'ct unit NAME' writes a unit for"),
	OPT_INSTEAD(0, "restart", "use systemd, which 'ct unit NAME' writes a unit for"),
	OPT_INSTEAD(0, "retry", "use 'ct pull' before"),
	OPT_INSTEAD(0, "rmi", "use 'ct rm IMAGE' after it"),
	OPT_INSTEAD(0, "runtime", "not offered: ct starts containers itself"),
	OPT_INSTEAD(0, "sdnotify",
		    "use 'ct unit NAME': its unit tells systemd when the command runs"),
	OPT_INSTEAD(0, "seccomp-policy", "use --security-opt seccomp=FILE"),
	OPT_INSTEAD(0, "secret", "use --volume FILE:/run/secrets/NAME:ro"),
	OPT_INSTEAD(0, "sig-proxy", "not offered: signals are passed on; use --detach"),
	OPT_INSTEAD(0, "storage-opt", "use --disk SIZE"),
	OPT_INSTEAD(0, "subgidname", "use --userns CTR:HOST:COUNT"),
	OPT_INSTEAD(0, "subuidname", "use --userns CTR:HOST:COUNT"),
	OPT_INSTEAD(0, "systemd", "not offered: ct does not prepare a container for systemd"),
	OPT_INSTEAD(0, "timeout", "use 'timeout SECONDS ct run ...'"),
	OPT_INSTEAD(0, "tls-verify", "use 'ct pull --tls-verify=false' before"),
	OPT_INSTEAD(0, "tz", "use --env TZ=ZONE"),
	OPT_INSTEAD(0, "uidmap", "use --userns CTR:HOST:COUNT"),
	OPT_INSTEAD(0, "unsetenv", "use the command env -u NAME COMMAND"),
	OPT_INSTEAD(0, "unsetenv-all", "use the command env -i COMMAND"),
	OPT_INSTEAD(0, "uts", "use --without uts for the host's"),
	OPT_INSTEAD(0, "variant", "only images of this machine's platform can run"),
	OPT_INSTEAD(0, "volume-driver", "not needed: every volume is a subvolume of the store"),
	OPT_INSTEAD(0, "volumes-from", "give the same --volume"),
	OPT_END,
};

#undef S

void runopts_free(struct runopts *o)
{
	struct strv *lists[] = {&o->ports,    &o->env,           &o->env_files, &o->labels,
				&o->dns,      &o->hosts,         &o->ulimits,   &o->cap_add,
				&o->cap_drop, &o->more_networks, &o->aliases,   &o->dns_search,
				&o->only,     &o->without};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		strv_free(lists[i]);
	mountopts_free(&o->mounts);
	procopts_free(&o->process);
}

bool runopts_bare(const struct runopts *o)
{
	return o->rootfs && (o->only.n || o->without.n);
}
