/* Makes a container from a bundle, until its first process waits: for create and run. */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "base/own.h"
#include "oci.h"
#include "oci/ocijson.h"
#include "run/hostroot.h"

void making_free(struct making *m)
{
	buf_free(&m->text);
	ociconfig_free(&m->config);
	ociseccomp_free(&m->seccomp);
	ocistate_close(&m->state);
	strv_free(&m->run.notes);
	free(m->cgroup);
}

int oci_write_pid(const struct oci_args *args, pid_t pid, struct err *e)
{
	own_str char *text = str_fmt("%d", (int)pid);

	return args->pid_file ? file_replace(AT_FDCWD, args->pid_file, 0644, text, strlen(text), e)
			      : 0;
}

/* Without a path the group is named by the id; "slice:prefix:name" is systemd's form. */
static int choose_cgroup(struct making *m, const char *id, struct err *e)
{
	const char *path = m->config.cgroups_path;

	if (path && !strchr(path, '/') && strchr(path, ':'))
		return err_set(e, "linux.cgroupsPath: %s: the form of systemd is not supported",
			       path);
	own_str char *slashed = str_fmt("/%s/", path ? path : "");
	if (strstr(slashed, "/../"))
		return err_set(e, "linux.cgroupsPath: %s: has \"..\"", path);
	while (path && *path == '/')
		path++;
	m->cgroup = path && *path ? str_dup(path) : str_fmt("ct-oci-%s", id);
	m->config.bundle.cgroup = m->cgroup;
	return 0;
}

/* LISTEN_FDS: descriptors of socket activation follow the standard streams (sd_listen_fds(3)). */
static void pass_descriptors(struct making *m)
{
	const char *listen = getenv("LISTEN_FDS");
	int sockets = listen ? atoi(listen) : 0;

	m->config.bundle.process.preserve_fds = (int)m->args->preserve_fds;
	if (sockets <= 0)
		return;
	m->config.bundle.process.preserve_fds += sockets;
	strv_take(&m->config.plan.env, str_fmt("LISTEN_FDS=%d", sockets));
	strv_add(&m->config.plan.env, "LISTEN_PID=1");
}

static int read_bundle(struct making *m, const char *id, struct err *e)
{
	const char *name = m->args->config ? m->args->config : "config.json";
	own_fd int dir = open(m->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *json = dir < 0 ? NULL : ocijson_read(dir, name, &m->text, e);

	if (dir < 0)
		return err_sys(e, "%s", m->bundle);
	if (!json)
		return err_wrap(e, "%s", m->bundle);
	if (ociconfig_read(&m->config, json, m->bundle, e) < 0 || choose_cgroup(m, id, e) < 0 ||
	    ociseccomp_make(&m->seccomp, m->config.seccomp, m->args->directory, e) < 0)
		return err_wrap(e, "%s/%s", m->bundle, name);
	m->config.bundle.process.seccomp = m->seccomp.plan;
	m->config.bundle.no_pivot = m->args->no_pivot;
	m->config.bundle.rows = (unsigned short)m->config.rows;
	m->config.bundle.columns = (unsigned short)m->config.columns;
	if (m->args->preserve_fds > 1000)
		return err_set(e, "--preserve-fds: more than 1000");
	pass_descriptors(m);
	if (m->args->console && !m->config.plan.tty)
		return err_set(e, "--console-socket: process.terminal is not set");
	return 0;
}

/* The record that names all that the container will have outside of its directory. */
static int write_first_state(struct making *m, struct err *e)
{
	struct record *r = &m->state.record;
	struct timespec now;
	char time[NUM_TIME_LEN], boot[37];

	clock_gettime(CLOCK_REALTIME, &now);
	num_time_format(&now, time);
	if (proc_boot_id(boot, e) < 0)
		return -1;
	record_add(r, "boot", boot);
	record_add(r, "version", m->config.version);
	record_add(r, "bundle", m->bundle);
	record_add(r, "rootfs", m->config.plan.rootfs);
	record_add(r, "created", time);
	record_add(r, "cgroup", m->cgroup);
	if (m->config.bundle.mounts_on_host) {
		m->config.bundle.below_root = hostroot_mount(m->config.plan.rootfs);
		record_add_uint(r, "below-root", m->config.bundle.below_root);
	}
	record_add_uint(r, "uid", geteuid());
	if (file_replace(m->state.dir, "config.json", 0600, m->text.data, m->text.len, e) < 0)
		return -1;
	return ocistate_write(&m->state, e);
}

static int write_pid(struct making *m, struct err *e)
{
	struct proc_id first;

	if (proc_identify(m->run.pid, &first) < 0)
		return err_sys(e, "process %d", (int)m->run.pid);
	record_add_uint(&m->state.record, "pid", (uint64_t)first.pid);
	record_add_uint(&m->state.record, "start", first.start);
	if (ocistate_write(&m->state, e) < 0)
		return -1;
	return oci_write_pid(m->args, first.pid, e);
}

/* The state that hooks get on their standard input. */
static char *hook_state(void *arg, pid_t pid, const char *status)
{
	struct making *m = arg;
	json_t *all = ocistate_json(&m->state, m->config.annotations, OCI_CREATED, pid);
	char *text;

	json_object_set_new(all, "status", json_string(status));
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

void making_forget(struct making *m)
{
	struct err ignored;

	ocistate_remove(&m->state, &ignored);
}

int making_make(struct making *m, const char *id, struct err *e)
{
	if (read_bundle(m, id, e) < 0)
		return err_wrap(e, "%s", id);
	if (ocistate_make(m->args->directory, id, &m->state, e) < 0)
		return -1;
	m->config.bundle.state = hook_state;
	m->config.bundle.state_arg = m;
	m->run.plan = &m->config.plan;
	m->run.id = m->state.id;
	m->run.state = m->state.dir;
	m->run.console = m->args->console;
	if (write_first_state(m, e) < 0 || bundlerun_create(&m->run, e) < 0)
		goto failed;
	for (size_t i = 0; i < m->run.notes.n; i++)
		oci_note(m->args, m->run.notes.v[i]);
	if (write_pid(m, e) == 0) {
		ocistate_unlock(&m->state);
		return 0;
	}
	bundlerun_undo(&m->run);
failed:
	making_forget(m);
	return err_wrap(e, "%s", id);
}
