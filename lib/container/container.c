#include "container/container.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "container/pause.h"
#include "kernel/cgroup.h"
#include "kernel/idmap.h"
#include "net/endpoint.h"

enum { SETTLE_MS = 100, EXIT_BLOCK = 4096, EXIT_TEXT = 512 }; /* after the text: empty lines */

static const char *const phase_names[] = {"running", "exited", "killed", "dead", "created"};

/* ct never writes an empty record: under an earlier version, a power cut could empty it. */
static int read_config(int dir, const char *path, struct container *c, struct err *e)
{
	if (record_read(dir, path, &c->config, e) < 0)
		return -1;
	if (c->config.keys.n)
		return 0;
	return err_set(e, "%s: empty since a power cut ('ct rm -f' removes the container)", path);
}

int container_open(const struct store *s, const char *ref, struct container *c, struct err *e)
{
	*c = (struct container)CONTAINER_NONE;
	if (name_resolve(s, "ps", ref, c->id, e) < 0)
		return -1;
	c->dir = openat(s->root, c->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0)
		return err_sys(e, "%s", ref);
	if (read_config(c->dir, "config", c, e) < 0) {
		container_close(c);
		return err_wrap(e, "%s", ref);
	}
	return 0;
}

int container_need_log(const struct container *c, const char *ref, struct err *e)
{
	return record_get(&c->config, "no-log") ? err_set(e, "%s: has no log (--log none)", ref)
						: 0;
}

int container_config(const struct store *s, struct container *c, struct err *e)
{
	own_str char *config = str_fmt("%s/config", c->id);

	return read_config(s->root, config, c, e);
}

void container_close(struct container *c)
{
	shut_fd(&c->dir);
	shut_fd(&c->exit);
	record_free(&c->config);
}

char *container_root(const struct store *s, const struct container *c)
{
	const char *rootfs = record_get(&c->config, "rootfs");

	return rootfs ? str_dup(rootfs) : str_fmt("%s/%s/rootfs", s->root_path, c->id);
}

char *container_group(const char *id)
{
	const char *parent = getenv("CT_CGROUP");

	if (!parent || !*parent)
		parent = "/ct";
	return str_fmt("%s/%s", parent + strspn(parent, "/"), id);
}

static struct proc_id get_proc(const struct record *r, const char *key, const char *start_key)
{
	return (struct proc_id){.pid = (pid_t)record_get_uint(r, key),
				.start = record_get_uint(r, start_key)};
}

static void get_time(const struct record *r, const char *key, char out[NUM_TIME_LEN])
{
	const char *value = record_get(r, key);

	if (value)
		strncpy(out, value, NUM_TIME_LEN - 1);
}

/* Fills in the state from CT_RUN, if it was written since the last boot. */
static void read_state(const struct store *s, const char *id, struct container_state *out)
{
	own_str char *name = str_fmt("%s/state", id);
	own_record struct record r = {0};
	char boot[37];
	struct err ignored;

	if (s->run < 0 || record_read(s->run, name, &r, &ignored) < 0)
		return;
	if (proc_boot_id(boot, &ignored) < 0 || !str_equal(record_get(&r, "boot"), boot))
		return;
	out->init = get_proc(&r, "pid", "start");
	if (!proc_alive(&out->init))
		out->init = (struct proc_id){0};
	out->supervisor = get_proc(&r, "supervisor", "supervisor-start");
	get_time(&r, "started", out->started);
}

/* In stores of earlier versions, "oom" is a phase, whose code is the status as in a shell. */
static void read_old_oom(struct container_state *out)
{
	out->oom_killed = true;
	out->phase = out->code > 128 ? CONTAINER_KILLED : CONTAINER_EXITED;
	out->code -= out->code > 128 ? 128 : 0;
}

bool container_read_exit(const struct store *s, const struct container *c,
			 struct container_state *out)
{
	own_str char *path = c->exit >= 0 ? str_fmt("/proc/self/fd/%d", c->exit)
		: c->dir >= 0             ? str_dup("exit")
					  : str_fmt("%s/exit", c->id);
	own_fd int fd = openat(c->dir >= 0 ? c->dir : s->root, path, O_RDONLY | O_CLOEXEC);
	char block[EXIT_TEXT + 1];
	ssize_t n = fd < 0 ? -1 : read(fd, block, EXIT_TEXT);
	struct buf text = {.data = block, .len = n < 0 ? 0 : (size_t)n};
	own_record struct record r = {0};
	struct err ignored;
	const char *phase;

	block[text.len] = '\0';
	/* A block that was never written contains zero bytes. */
	if (!*block || record_parse(&text, path, &r, &ignored) < 0)
		return false;
	phase = record_get(&r, "phase");
	if (!phase) /* the container has not ended yet */
		return false;
	for (int i = CONTAINER_EXITED; i <= CONTAINER_CREATED; i++)
		if (str_equal(phase, phase_names[i]))
			out->phase = (enum container_phase)i;
	out->code = (int)record_get_uint(&r, "code");
	out->oom_killed = record_get(&r, "oomkilled");
	if (str_equal(phase, "oom"))
		read_old_oom(out);
	get_time(&r, "started", out->started);
	get_time(&r, "finished", out->finished);
	return true;
}

bool container_runs(const struct store *s, const struct container *c, struct container_state *out)
{
	own_str char *group = container_group(c->id);

	*out = (struct container_state){.phase = CONTAINER_DEAD};
	read_state(s, c->id, out);
	if (!out->init.pid)
		return false;
	/* One system call, as this is done for each container that is listed. */
	if (kill(out->supervisor.pid, 0) < 0 && errno == ESRCH &&
	    pause_end_orphan(&out->init, group, SETTLE_MS)) {
		out->init = (struct proc_id){0};
		return false;
	}
	out->phase = CONTAINER_RUNNING;
	pause_settle(s->run, c->id, group);
	return true;
}

int container_state(const struct store *s, const struct container *c, struct container_state *out,
		    struct err *e)
{
	own_fd int supervisor = -1;

	(void)e;
	if (container_runs(s, c, out) || container_read_exit(s, c, out))
		return 0;
	/*
	 * The first process has ended and no exit status is written yet. A living supervisor is
	 * about to write it: wait for a moment, but not for ever, because the supervisor may be
	 * stopped.
	 */
	supervisor = proc_open(&out->supervisor);
	if (supervisor >= 0) {
		for (int ms = 0; ms < SETTLE_MS && !container_read_exit(s, c, out); ms += 5)
			if (proc_wait_gone(supervisor, 5))
				break;
		container_read_exit(s, c, out);
	}
	return 0;
}

char *container_status_text(const struct container_state *st)
{
	if (st->paused)
		return str_dup("paused");
	if (st->phase == CONTAINER_EXITED || st->phase == CONTAINER_KILLED)
		return str_fmt("%s %d", phase_names[st->phase], st->code);
	return str_dup(phase_names[st->phase]);
}

int container_status(const struct container_state *st)
{
	return st->phase == CONTAINER_KILLED ? 128 + st->code : st->code;
}

int container_keep_exit(struct container *c, struct err *e)
{
	c->exit = openat(c->dir, "exit", O_PATH | O_CLOEXEC);
	return c->exit < 0 ? err_sys(e, "%s/exit", c->id) : 0;
}

int container_supervisor(const struct container_state *st)
{
	return proc_open(&st->supervisor);
}

int container_write_state(const struct store *s, const char *id, const struct proc_id *init,
			  const char *started, struct err *e)
{
	own_str char *name = str_fmt("%s/state", id);
	own_record struct record r = {0};
	struct proc_id self;
	char boot[37];

	if (proc_boot_id(boot, e) < 0)
		return -1;
	if (proc_identify(getpid(), &self) < 0)
		return err_sys(e, "%s: read this process's start time", id);
	record_add_uint(&r, "pid", (uint64_t)init->pid);
	record_add_uint(&r, "start", init->start);
	record_add_uint(&r, "supervisor", (uint64_t)self.pid);
	record_add_uint(&r, "supervisor-start", self.start);
	record_add(&r, "boot", boot);
	record_add(&r, "started", started);
	return record_write(s->run, name, &r, e);
}

/*
 * The exit record is one block, allocated when the container is made and overwritten in place (no
 * copy on write), so it can be written on a full disk. The write starts at once, and nobody waits
 * for it. After a power cut the block has the content of some earlier moment, never a part, because
 * it is one sector.
 */
static int write_exit_block(int dir, const char *text, size_t n, struct err *e)
{
	own_fd int fd = openat(dir, "exit", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int no_cow = FS_NOCOW_FL;
	char block[EXIT_BLOCK];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open the exit record");
	if (st.st_size == 0) {
		ioctl(fd, FS_IOC_SETFLAGS,
		      &no_cow); /* if refused, writes copy the block, which works too */
		if (fallocate(fd, 0, 0, sizeof(block)) < 0)
			return err_sys(e, "allocate the exit record");
		if (!n)
			return 0;
	}
	memset(block, '\n', sizeof(block));
	memcpy(block, text, n < sizeof(block) ? n : sizeof(block));
	if (pwrite(fd, block, sizeof(block), 0) != sizeof(block))
		return err_sys(e, "write the exit record");
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

int container_write_exit(int dir, enum container_phase phase, int code, bool oom_killed,
			 const char *started, struct err *e)
{
	own_record struct record r = {0};
	own_buf struct buf text = {0};
	char finished[NUM_TIME_LEN];
	struct timespec now;

	if (phase == CONTAINER_RUNNING)
		return write_exit_block(dir, "", 0, e);
	clock_gettime(CLOCK_REALTIME, &now);
	num_time_format(&now, finished);
	record_add(&r, "phase", phase_names[phase]);
	record_add_uint(&r, "code", (uint64_t)code);
	if (oom_killed)
		record_add(&r, "oomkilled", "1");
	record_add(&r, "started", started);
	record_add(&r, "finished", phase == CONTAINER_CREATED ? "" : finished);
	record_format(&r, &text);
	return write_exit_block(dir, text.data, text.len, e);
}

static int remove_run_files(const struct store *s, const char *id, struct err *e)
{
	own_dir DIR *d = NULL;
	int fd = openat(s->run, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s/%s", s->run_path, id);
	d = fdopendir(fd);
	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.' && unlinkat(fd, entry->d_name, 0) < 0 &&
		    errno != ENOENT)
			return err_sys(e, "%s/%s/%s", s->run_path, id, entry->d_name);
	if (unlinkat(s->run, id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "%s/%s", s->run_path, id);
	return 0;
}

int container_clean(const struct store *s, const char *id, struct err *e)
{
	own_str char *group = container_group(id);

	if (cgroup_end(group, e) < 0)
		return -1;
	if (s->run < 0)
		return 0;
	if (endpoint_clean(s, id, e) < 0 || endpoint_hide(s, id, e) < 0)
		return -1;
	idmap_release(s->run, id);
	return remove_run_files(s, id, e);
}

/*
 * A supervisor holds the lock of CT_RUN/ps_N as long as it lives, and `state` identifies it. A
 * command that cleans up after a dead supervisor holds the lock only briefly: a start waits for it.
 */
static int lock_for_supervisor(const struct store *s, const char *id, struct err *e)
{
	static const struct timespec moment = {.tv_nsec = 1000000};
	struct container_state st;
	int lock;

	while ((lock = lock_try(s->run, id, e)) < 0 && e->sys == EWOULDBLOCK) {
		st = (struct container_state){0};
		read_state(s, id, &st);
		if (st.init.pid || proc_alive(&st.supervisor))
			return err_code(e, EALREADY, "is already running");
		nanosleep(&moment, NULL);
	}
	return lock;
}

int container_begin(const struct store *s, const char *id, struct err *e)
{
	struct container_state st;
	struct stat st_dir;

	for (;;) {
		own_fd int lock = -1;
		bool made = mkdirat(s->run, id, 0700) == 0;

		if (!made && errno != EEXIST)
			return err_sys(e, "%s/%s", s->run_path, id);
		lock = lock_for_supervisor(s, id, e);
		if (lock < 0 && e->sys == ENOENT)
			continue;
		if (lock < 0)
			return -1;
		/* A sweep may have removed the directory before this process had the lock. */
		if (fstat(lock, &st_dir) == 0 && st_dir.st_nlink == 0)
			continue;
		if (made)
			return take_fd(&lock);
		st = (struct container_state){0};
		read_state(s, id, &st);
		if (st.init.pid)
			return err_code(e, EALREADY, "is already running");
		if (container_clean(s, id, e) < 0)
			return -1;
	}
}

/* Calls act for a container if is_so is true under its lock, which no supervisor holds then. */
static int clear_if(const struct store *s, const char *id,
		    bool (*is_so)(const struct store *s, const char *id),
		    int (*act)(const struct store *s, const char *id, struct err *e), struct err *e)
{
	own_fd int lock = lock_try(s->run, id, e);
	struct stat st;

	/* Another command may have removed this directory, and a start may have made a new one with
	 * the same name. */
	if (lock < 0 || fstat(lock, &st) < 0 || st.st_nlink == 0 || !is_so(s, id))
		return 0;
	return act(s, id, e);
}

/* The same for each id in CT_RUN. Calls is_so also before locking, to lock no container needlessly.
 */
static void for_each(const struct store *s, bool (*is_so)(const struct store *s, const char *id),
		     int (*act)(const struct store *s, const char *id, struct err *e))
{
	own_dir DIR *d = NULL;
	int fd = s->run < 0 ? -1 : openat(s->run, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	struct err ignored;

	d = fd < 0 ? NULL : fdopendir(fd);
	while (d && (entry = readdir(d)))
		if (id_is(entry->d_name, "ps") && is_so(s, entry->d_name))
			clear_if(s, entry->d_name, is_so, act, &ignored);
}

static bool is_dead(const struct store *s, const char *id)
{
	struct container_state st = {0};

	read_state(s, id, &st);
	return !st.init.pid;
}

int container_clean_dead(const struct store *s, const char *id, struct err *e)
{
	return clear_if(s, id, is_dead, container_clean, e);
}

static bool is_dead_member(const struct store *s, const char *id)
{
	own_str char *net = str_fmt("%s/net", id);

	return faccessat(s->run, net, F_OK, 0) == 0 && is_dead(s, id);
}

void container_clean_networks(const struct store *s)
{
	for_each(s, is_dead_member, endpoint_clean);
}

static bool is_unpublished(const struct store *s, const char *id)
{
	return faccessat(s->root, id, F_OK, 0) < 0;
}

void container_sweep(const struct store *s)
{
	for_each(s, is_unpublished, container_clean);
}
