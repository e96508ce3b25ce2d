/*
 * The command line of an OCI runtime, for podman, containerd and other engines. The commands are in
 * oci-create.c, oci-exec.c, oci-end.c, oci-show.c and oci-update.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/selfexe.h"
#include "cmd.h"
#include "kernel/hierarchy.h"
#include "oci.h"

#define OPT_MAKE                                                                             \
	OPT_TEXT(struct oci_args, bundle, 'b', "bundle", "DIR",                              \
		 "take the config.json and its relative paths from here (default: .)"),      \
		OPT_TEXT(struct oci_args, config, 'f', "config", "FILE",                     \
			 "read this file of the bundle (default: config.json)"),             \
		OPT_FLAG(struct oci_args, no_pivot, 0, "no-pivot",                           \
			 "use chroot(2) instead of pivot_root(2), for a root on a ramdisk"), \
		OPT_FLAG(struct oci_args, no_new_keyring, 0, "no-new-keyring",               \
			 "accepted: ct-oci makes no keyring for a container"),               \
		OPT_STREAMS

#define OPT_STREAMS                                                               \
	OPT_TEXT(struct oci_args, console, 0, "console-socket", "SOCKET",         \
		 "send the master of the terminal to this socket"),               \
		OPT_TEXT(struct oci_args, pid_file, 0, "pid-file", "FILE",        \
			 "write the process id, as the host sees it, to a file"), \
		OPT_COUNT(struct oci_args, preserve_fds, 0, "preserve-fds", "N",  \
			  "pass the descriptors 3 to 2+N to the process (default: 0)")

static const struct opt no_opts[] = {
	OPT_END,
};

static const struct opt create_opts[] = {
	OPT_MAKE,
	OPT_END,
};

static const struct opt run_opts[] = {
	OPT_MAKE,
	OPT_FLAG(struct oci_args, detach, 'd', "detach", "do not wait for the container's end"),
	OPT_END,
};

static const struct opt list_opts[] = {
	OPT_TEXT(struct oci_args, format, 'f', "format", "table|json",
		 "choose the format (default: table)"),
	OPT_FLAG(struct oci_args, quiet, 'q', "quiet", "print only ids"),
	OPT_END,
};

static const struct opt ps_opts[] = {
	OPT_TEXT(struct oci_args, format, 'f', "format", "table|json",
		 "choose the format (default: table)"),
	OPT_END,
};

static const struct opt kill_opts[] = {
	OPT_FLAG(struct oci_args, all, 'a', "all", "send it to all processes of the container"),
	OPT_END,
};

static const struct opt delete_opts[] = {
	OPT_FLAG(struct oci_args, force, 'f', "force",
		 "kill its processes first; a container that does not exist is no error"),
	OPT_END,
};

static const struct opt spec_opts[] = {
	OPT_TEXT(struct oci_args, bundle, 'b', "bundle", "DIR",
		 "write DIR/config.json (default: .)"),
	OPT_FLAG(struct oci_args, rootless, 0, "rootless",
		 "write one with a user namespace, in which you are root"),
	OPT_END,
};

static const struct opt features_opts[] = {
	OPT_FLAG(struct oci_args, fields, 0, "fields",
		 "print instead what becomes of each field of config.json"),
	OPT_END,
};

static const struct opt exec_opts[] = {
	OPT_TEXT(struct oci_args, process, 'p', "process", "FILE",
		 "read the process, in the form of config.json, from a file"),
	OPT_STREAMS,
	OPT_FLAG(struct oci_args, detach, 'd', "detach", "do not wait for the process's end"),
	OPT_FLAG(struct oci_args, tty, 't', "tty", "give the process a terminal"),
	OPT_TEXT(struct oci_args, cwd, 0, "cwd", "DIR", "set the working directory"),
	OPT_TEXT(struct oci_args, user, 'u', "user", "UID[:GID]", "set the user and the group"),
	OPT_LIST(struct oci_args, env, 'e', "env", "NAME=VALUE", "set an environment variable"),
	OPT_LIST(struct oci_args, caps, 'c', "cap", "CAP", "add a capability, such as CAP_NET_RAW"),
	OPT_FLAG(struct oci_args, no_new_privs, 0, "no-new-privs",
		 "let no program that it executes gain privileges"),
	OPT_END,
};

#define OPT_LIMIT(i, name, help) OPT_TEXT(struct oci_args, limits[i], 0, name, "N", help)
static const struct opt update_opts[] = {
	OPT_TEXT(struct oci_args, resources, 'r', "resources", "FILE",
		 "read linux.resources of config.json from a file (-: standard input)"),
	OPT_LIMIT(0, "memory", "limit memory (bytes)"),
	OPT_LIMIT(1, "memory-reservation", "set the memory that is kept in a shortage (bytes)"),
	OPT_LIMIT(2, "memory-swap", "limit memory and swap together (bytes; -1: unlimited)"),
	OPT_LIMIT(3, "cpu-share", "set the share of the processors"),
	OPT_LIMIT(4, "cpu-quota", "limit processor time in a period (microseconds)"),
	OPT_LIMIT(5, "cpu-period", "set the period of --cpu-quota (microseconds)"),
	OPT_LIMIT(6, "cpu-rt-runtime", "limit real-time processor time (microseconds)"),
	OPT_LIMIT(7, "cpu-rt-period", "set the period of --cpu-rt-runtime (microseconds)"),
	OPT_LIMIT(8, "cpuset-cpus", "choose the processors, such as 0-2,5"),
	OPT_LIMIT(9, "cpuset-mems", "choose the memory nodes, such as 0"),
	OPT_LIMIT(10, "pids-limit", "limit processes (-1: unlimited)"),
	OPT_LIMIT(11, "blkio-weight", "set the weight of block devices (10 to 1000)"),
	OPT_END,
};

/* `root`: the command needs --root, and makes it or only looks. */
enum need { NEEDS_NOTHING, NEEDS_ROOT, MAKES_ROOT };

static const struct command {
	struct opt_program program;
	int (*run)(struct oci_args *args, char **operands);
	enum need need;
	bool joins; /* a process of ours enters a container: see selfexe_seal */
} commands[] = {
#define COMMAND(word, function, kind, sealed, ...)                            \
	{                                                                     \
		{.name = "ct-oci " word, __VA_ARGS__}, function, kind, sealed \
	}
#define ONE_ID .operands = "ID", .min = 1, .max = 1
#define NO_ID  .operands = ""
	COMMAND("create", oci_create, MAKES_ROOT, true, ONE_ID, .opts = create_opts,
		.purpose = "Create a container from a bundle"),
	COMMAND("start", oci_start, NEEDS_ROOT, false, ONE_ID, .opts = no_opts,
		.purpose = "Start the program of a created container"),
	COMMAND("run", oci_run, MAKES_ROOT, true, ONE_ID, .opts = run_opts,
		.purpose = "Create and start a container, and wait for its end"),
	COMMAND("state", oci_state, NEEDS_ROOT, false, ONE_ID, .opts = no_opts,
		.purpose = "Print the state of a container as JSON"),
	COMMAND("list", oci_list, MAKES_ROOT, false, NO_ID, .opts = list_opts,
		.purpose = "List containers"),
	COMMAND("ps", oci_ps, NEEDS_ROOT, false, ONE_ID, .opts = ps_opts,
		.purpose = "List the processes of a container"),
	COMMAND("kill", oci_kill, NEEDS_ROOT, false, .operands = "ID [SIGNAL]", .min = 1, .max = 2,
		.opts = kill_opts,
		.purpose = "Send a signal to the first process of a container (default: TERM)"),
	COMMAND("delete", oci_delete, NEEDS_ROOT, false, ONE_ID, .opts = delete_opts,
		.purpose = "Delete a stopped or created container"),
	COMMAND("pause", oci_pause, NEEDS_ROOT, false, ONE_ID, .opts = no_opts,
		.purpose = "Freeze the processes of a container"),
	COMMAND("resume", oci_resume, NEEDS_ROOT, false, ONE_ID, .opts = no_opts,
		.purpose = "Thaw the processes of a container"),
	COMMAND("exec", oci_exec, NEEDS_ROOT, true, .operands = "ID [COMMAND [ARG...]]", .min = 1,
		.max = -1, .in_order = true, .usage = 255, .opts = exec_opts,
		.purpose = "Run another program in a container"),
	COMMAND("update", oci_update, NEEDS_ROOT, false, ONE_ID, .opts = update_opts,
		.purpose = "Change the resource limits of a container"),
	COMMAND("spec", oci_spec, NEEDS_NOTHING, false, NO_ID, .opts = spec_opts,
		.purpose = "Write a config.json to begin with"),
	COMMAND("features", oci_features, NEEDS_NOTHING, false, NO_ID, .opts = features_opts,
		.purpose = "Print what ct-oci supports as JSON"),
};

static const struct opt_program *command_program(size_t i)
{
	return i < sizeof(commands) / sizeof(*commands) ? &commands[i].program : NULL;
}

static const struct opt opts[] = {
	OPT_TEXT(struct oci_args, root, 0, "root", "DIR",
		 "keep the state of containers here (default: /run/ct-oci)"),
	OPT_TEXT(struct oci_args, log, 0, "log", "FILE", "append errors to a file, too"),
	OPT_TEXT(struct oci_args, log_format, 0, "log-format", "text|json",
		 "choose the format of --log (default: text)"),
	OPT_FLAG(struct oci_args, debug, 0, "debug", "accepted: nothing more is logged"),
	OPT_FLAG(struct oci_args, systemd, 0, "systemd-cgroup",
		 "not supported: use the engine's cgroup manager cgroupfs"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-oci",
	.operands = "COMMAND [ARG...]",
	.purpose = "Run containers for podman, containerd and other engines (an OCI runtime)",
	.opts = opts,
	.min = 1,
	.max = -1,
	.in_order = true,
	.usage = 2,
	.command = command_program,
};

/* One line of --log, as runc and crun write it. */
static void write_log(const struct oci_args *args, const char *level, const char *text)
{
	own_fd int log = open(args->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bool json = args->log_format && strcmp(args->log_format, "json") == 0;
	json_t *quoted = json_string(text);
	char *word = json_dumps(quoted ? quoted : json_null(), JSON_ENCODE_ANY);
	struct timespec now;
	char time[NUM_TIME_LEN];

	clock_gettime(CLOCK_REALTIME, &now);
	num_time_format(&now, time);
	own_str char *line = str_fmt(json ? "{\"level\":\"%s\",\"msg\":%s,\"time\":\"%s\"}\n"
					  : "level=%s msg=%s time=\"%s\"\n",
				     level, word, time);
	if (log >= 0)
		fd_write_all(log, line, strlen(line));
	free(word);
	json_decref(quoted);
}

int oci_failed(const struct oci_args *args, const struct err *e)
{
	struct err shown = *e;
	/* podman makes its statuses 127 and 126 of these words. */
	const char *words = e->status == 127 ? "no such file or directory"
		: e->status == 126           ? "permission denied"
					     : NULL;

	if (words && !strcasestr(e->msg, words))
		snprintf(shown.msg, sizeof(shown.msg), "%.460s (%s)", e->msg, words);
	if (args->log)
		write_log(args, "error", shown.msg);
	cmd_complain(&shown);
	return cmd_end(args->failed ? args->failed : 1);
}

void oci_note(const struct oci_args *args, const char *text)
{
	if (args->log)
		write_log(args, "warning", text);
	cmd_note("%s", text);
}

/* Checks the global options and opens --root. */
static int begin(struct oci_args *args, const struct command *c, struct err *e)
{
	if (args->systemd)
		return err_set(e,
			       "--systemd-cgroup: not supported (use the engine's cgroup "
			       "manager cgroupfs)");
	if (args->log_format && strcmp(args->log_format, "text") != 0 &&
	    strcmp(args->log_format, "json") != 0)
		return err_set(e, "--log-format %s: not text or json", args->log_format);
	if (c->joins && selfexe_seal(e) < 0)
		return -1;
	if (c->need == NEEDS_NOTHING)
		return 0;
	hierarchy_want_all();
	args->directory =
		ociroot_open(args->root ? args->root : "/run/ct-oci", c->need == MAKES_ROOT, e);
	return args->directory < 0 && !(c->need == NEEDS_ROOT && e->sys == ENOENT) ? -1 : 0;
}

static int run(struct oci_args *args, const struct command *c, int argc, char **argv)
{
	char **operands = cmd_command(&c->program, argc, argv, args);
	struct err e;

	if (begin(args, c, &e) < 0)
		return oci_failed(args, &e);
	args->failed = c->program.usage;
	return cmd_end(c->run(args, operands));
}

int main(int argc, char **argv)
{
	struct oci_args args = {.directory = -1};
	char **operands = cmd_begin(&program, argc, argv, &args);
	struct err e;
	int n = 0;

	while (operands[n])
		n++;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(*operands, commands[i].program.name + strlen("ct-oci ")) == 0)
			return run(&args, &commands[i], n, operands);
	err_set(&e, "%s: no such command (see 'ct-oci --help')", *operands);
	args.failed = 2;
	return oci_failed(&args, &e);
}
