/* Containers of OCI bundles: what a plan's struct bundle asks for is what the program finds. */
#include "unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"
#include "kernel/caps.h"
#include "kernel/cgroup.h"
#include "run/bundlejoin.h"
#include "run/bundlerun.h"
#include "run/hook.h"
#include "store/bundle.h"

static struct err e;
static struct scratch *dir;
static char rootfs[256];

/* The plan that each test changes. */
static struct plan plan;
static struct bundle bundle;

static const struct bundle_mount usual[] = {
	{.target = "/proc", .type = "proc"},
	{.target = "/dev", .type = "tmpfs", .data = "mode=755"},
	{.target = "/dev/pts", .type = "devpts", .data = "newinstance,ptmxmode=0666,mode=0620"},
};

enum { NEW = 1U << STAGE_UTS | 1U << STAGE_IPC | 1U << STAGE_PID | 1U << STAGE_NET };

static char *state_json(void *arg, pid_t pid, const char *status)
{
	return str_fmt("{\"id\":\"%s\",\"pid\":%d,\"status\":\"%s\"}", (const char *)arg, (int)pid,
		       status);
}

static int make_rootfs(void **state)
{
	static char id[] = "box";
	char command[1200];

	if (scratch_make(state) < 0)
		return -1;
	dir = *state;
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", dir->path);
	snprintf(
		command, sizeof(command),
		"mkdir -p %s/bin && b=$(PATH=$PATH:/var/cache/ct-test command -v busybox) && "
		"cp \"$b\" %s/bin/busybox && for c in sh cat id ls stat mount umask sleep hostname "
		"readlink touch grep ulimit tty true false test echo; do "
		"ln -sf busybox %s/bin/$c; done",
		rootfs, rootfs, rootfs);
	if (system(command) != 0)
		return -1;
	bundle = (struct bundle){.mounts = usual,
				 .mounts_n = 3,
				 .default_dev = true,
				 .state = state_json,
				 .state_arg = id};
	plan = (struct plan){.rootfs = rootfs,
			     .bundle = &bundle,
			     .net = NET_NONE,
			     .users = USERS_HOST,
			     .stages = NEW | 1U << STAGE_MNT | 1U << STAGE_ROOT | 1U << STAGE_EXEC};
	strv_add(&plan.env, "PATH=/bin");
	return 0;
}

static int remove_rootfs(void **state)
{
	strv_free(&plan.args);
	strv_free(&plan.env);
	return scratch_remove(state);
}

static void command(const char *script)
{
	strv_free(&plan.args);
	strv_add(&plan.args, "sh");
	strv_add(&plan.args, "-c");
	strv_add(&plan.args, script);
}

static struct bundlerun bundlerun_of(int state)
{
	return (struct bundlerun){.plan = &plan, .id = "box", .state = state};
}

/* The text of a file in the root directory, without its last newline. */
static const char *said(const char *name)
{
	static char text[4096];
	own_str char *path = str_fmt("%s/%s", rootfs, name);
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return n < 0 ? NULL : text;
}

/* Runs the script to its end, and returns what it wrote to /out. */
static const char *output(const char *script)
{
	struct bundlerun b = bundlerun_of(-1);
	own_str char *path = str_fmt("%s/out", rootfs);
	own_str char *all = str_fmt("{ %s\n} >/out 2>&1", script);

	unlink(path);
	command(all);
	if (bundlerun_create(&b, &e) < 0 || bundlerun_execute(&b, &e) < 0)
		fail_msg("%s", e.msg);
	proc_wait_child(b.pid);
	run_end(&b.run);
	return said("out");
}

static void refused(const char *sentence)
{
	struct bundlerun b = bundlerun_of(-1);

	command("true");
	assert_refused(bundlerun_create(&b, &e), &e, sentence);
}

/* --- create and start --- */

static void test_started_by_another_process(void **state)
{
	struct bundlerun b = bundlerun_of(dir->dir);
	pid_t creator, starter;
	int ends[2];

	(void)state;
	command("echo $$ >/out");
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(ends), 0);
	creator = fork();
	if (creator == 0) {
		if (bundlerun_create(&b, &e) < 0 || bundlerun_leave(&b, &e) < 0 ||
		    write(ends[1], &b.pid, sizeof(b.pid)) != sizeof(b.pid))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(proc_wait_child(creator), 0);
	assert_int_equal(read(ends[0], &b.pid, sizeof(b.pid)), sizeof(b.pid));
	assert_int_equal(kill(b.pid, 0), 0);
	assert_null(said("out"));
	starter = fork();
	if (starter == 0)
		_exit(bundlerun_start(dir->dir, &e) < 0);
	assert_int_equal(proc_wait_child(starter), 0);
	assert_int_equal(proc_wait_child(b.pid), 0);
	assert_string_equal(said("out"), "1");
	/* It is started once. */
	assert_int_equal(bundlerun_start(dir->dir, &e), -1);
	assert_int_equal(e.sys, ENOENT);
	close(ends[0]);
	close(ends[1]);
}

static void test_missing_program(void **state)
{
	struct bundlerun b = bundlerun_of(-1);

	(void)state;
	strv_free(&plan.args);
	strv_add(&plan.args, "/bin/none");
	assert_refused(bundlerun_create(&b, &e), &e, "/bin/none: not found in the container");
	assert_int_equal(e.status, 127);
}

static void test_error_of_execve_at_start(void **state)
{
	struct bundlerun b = bundlerun_of(dir->dir);
	own_str char *path = str_fmt("%s/bin/bad", rootfs);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	(void)state;
	assert_int_equal(write(fd, "\177ELFbad", 7), 7);
	close(fd);
	strv_free(&plan.args);
	strv_add(&plan.args, "/bin/bad");
	assert_int_equal(bundlerun_create(&b, &e), 0);
	assert_int_equal(bundlerun_leave(&b, &e), 0);
	run_end(&b.run);
	assert_int_equal(bundlerun_start(dir->dir, &e), -1);
	assert_non_null(strstr(e.msg, "/bin/bad"));
	assert_int_equal(e.status, 126);
	proc_wait_child(b.pid);
}

static void test_dies_with_its_creator_before_it_left(void **state)
{
	struct bundlerun b = bundlerun_of(dir->dir);
	own_fd int pidfd = -1;
	pid_t creator;
	int ends[2];

	(void)state;
	command("true");
	assert_int_equal(pipe(ends), 0);
	creator = fork();
	if (creator == 0) {
		if (bundlerun_create(&b, &e) < 0 || write(ends[1], &b.pid, sizeof(b.pid)) < 0)
			_exit(1);
		pause();
	}
	assert_int_equal(read(ends[0], &b.pid, sizeof(b.pid)), sizeof(b.pid));
	pidfd = pidfd_open(b.pid, 0);
	kill(creator, SIGKILL);
	proc_wait_child(creator);
	assert_true(proc_wait_gone(pidfd, 10000));
	waitpid(b.pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

/* --- the process --- */

static void test_user_groups_umask(void **state)
{
	static const gid_t groups[] = {7, 4242};

	(void)state;
	bundle.process.user = (struct bundle_user){.uid = 1000,
						   .gid = 100,
						   .groups = groups,
						   .groups_n = 2,
						   .umask_given = true,
						   .umask = 077};
	chmod(rootfs, 0777);
	assert_string_equal(output("grep -E '^(Uid|Gid|Groups)' /proc/self/status; umask"),
			    "Uid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\n"
			    "Groups:\t7 4242 \n0077");
}

static void test_capabilities(void **state)
{
	(void)state;
	bundle.process.user.uid = 1000;
	chmod(rootfs, 0777);
	bundle.process.caps_given = true;
	bundle.process.caps = (struct bundle_caps){
		.bounding = CAPS_BIT(CAP_KILL) | CAPS_BIT(CAP_CHOWN) | CAPS_BIT(CAP_AUDIT_WRITE),
		.permitted = CAPS_BIT(CAP_KILL) | CAPS_BIT(CAP_CHOWN),
		.effective = CAPS_BIT(CAP_KILL),
		.inheritable = CAPS_BIT(CAP_KILL),
		.ambient = CAPS_BIT(CAP_KILL)};
	/* After execve(2) by a user the permitted set is the ambient one. */
	assert_string_equal(output("grep ^Cap /proc/self/status"),
			    "CapInh:\t0000000000000020\nCapPrm:\t0000000000000020\n"
			    "CapEff:\t0000000000000020\nCapBnd:\t0000000020000021\n"
			    "CapAmb:\t0000000000000020");
}

#ifndef SYS_chmod
#define SYS_chmod SYS_fchmodat /* arm64 has no chmod(2) */
#endif

static void test_no_new_privs_and_filter(void **state)
{
	/* chmod, fchmodat and fchmodat2 (452) fail with EXDEV. */
	static const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_chmod, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fchmodat, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 452, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0x7fff0000),
		BPF_STMT(BPF_RET | BPF_K, 0x00050000 | EXDEV),
	};
	const char *script = "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; "
			     "busybox chmod 700 /bin";

	(void)state;
	bundle.process.seccomp = (struct bundle_seccomp){.filter = filter, .filter_n = 6};
	assert_string_equal(output(script),
			    "NoNewPrivs:\t0\nSeccomp:\t2\n"
			    "chmod: /bin: Invalid cross-device link");
	bundle.process.no_new_privs = true;
	assert_string_equal(output(script),
			    "NoNewPrivs:\t1\nSeccomp:\t2\n"
			    "chmod: /bin: Invalid cross-device link");
}

static void test_limits(void **state)
{
	struct bundle_rlimit limits[] = {{RLIMIT_NOFILE, {100, 200}}};

	(void)state;
	bundle.process.rlimits = limits;
	bundle.process.rlimits_n = 1;
	bundle.process.oom_score_given = true;
	bundle.process.oom_score_adj = 321;
	assert_string_equal(output("ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj"),
			    "100\n200\n321");
}

static void test_descriptors(void **state)
{
	int ends[2], high;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	high = fcntl(ends[1], F_DUPFD, 3);
	bundle.process.preserve_fds = high - 2;
	/* Those that the shell opens itself (a script, a directory) are not its own. */
	own_str char *script = str_fmt("for n in 3 4 5 6 7 8 9; do test -e /proc/self/fd/$n && "
				       "echo $n; done; echo >&%d",
				       high);
	own_str char *number = str_fmt("%d", high);
	assert_non_null(strstr(output(script), number));
	assert_int_equal(read(ends[0], &(char){0}, 1), 1);
	close(high);
	close(ends[0]);
	close(ends[1]);
}

static void test_terminal(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct bundlerun b = bundlerun_of(-1);
	own_fd int sock = socket(AF_UNIX, SOCK_STREAM, 0), conn = -1, master = -1;
	int fds[FD_PASS];
	char text[64];

	(void)state;
	snprintf(a.sun_path, sizeof(a.sun_path), "%.90s/console", dir->path);
	if (bind(sock, (const struct sockaddr *)&a, sizeof(a)) < 0)
		fail_msg("%s: %m", a.sun_path);
	assert_int_equal(listen(sock, 1), 0);
	plan.tty = true;
	bundle.rows = 33;
	bundle.columns = 111;
	b.console = a.sun_path;
	command("{ tty; busybox stty size; ls -l /dev/console | grep -c ^c; } >/out");
	if (bundlerun_create(&b, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(b.master, -1);
	conn = accept(sock, NULL, NULL);
	assert_int_equal(fd_recv(conn, text, sizeof(text), fds), 9);
	assert_memory_equal(text, "/dev/ptmx", 9);
	master = fds[0];
	if (bundlerun_execute(&b, &e) < 0)
		fail_msg("%s", e.msg);
	proc_wait_child(b.pid);
	run_end(&b.run);
	assert_string_equal(said("out"), "/dev/pts/0\n33 111\n1");
}

/* --- a second process --- */

static void test_exec_in_a_running_container(void **state)
{
	struct bundlerun b = bundlerun_of(-1);
	own_str char *group = str_fmt("%s/exec", unit_group());
	struct plan second = {.workdir = "/bin"};
	struct bundle_rlimit limit = {RLIMIT_NOFILE, {64, 64}};
	struct bundle_process process = {.user = {.uid = 5, .gid = 6},
					 .rlimits = &limit,
					 .rlimits_n = 1,
					 .oom_score_given = true,
					 .oom_score_adj = 77};
	struct bundlejoin j = {.plan = &second, .process = &process, .cgroup = group};
	own_str char *expected = str_fmt("5 6\n64\n77\n/bin\ninside\n2\nin the cgroup");
	own_str char *script =
		str_fmt("{ echo $(id -u) $(id -g); ulimit -n; cat /proc/self/oom_score_adj; pwd; "
			"hostname; ls -d /proc/[0-9]* | grep -c -e /1$ -e /$$\\$; "
			"grep -q %s /proc/self/cgroup && echo in the cgroup; } >/out",
			group);

	(void)state;
	chmod(rootfs, 0777);
	plan.stages |= 1U << STAGE_CGROUP;
	plan.hostname = "inside";
	bundle.cgroup = group;
	command("exec sleep 1000");
	if (bundlerun_create(&b, &e) < 0 || bundlerun_execute(&b, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(proc_identify(b.pid, &j.target), 0);
	strv_add(&second.env, "PATH=/bin");
	strv_add(&second.args, "sh");
	strv_add(&second.args, "-c");
	strv_add(&second.args, script);
	if (bundlejoin_start(&j, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(proc_wait_child(j.pid), 0);
	close(j.pidfd);
	assert_string_equal(said("out"), expected);
	strv_free(&second.args);
	strv_add(&second.args, "none");
	assert_refused(bundlejoin_start(&j, &e), &e, "none: not found in the container");
	assert_int_equal(e.status, 127);
	kill(b.pid, SIGKILL);
	proc_wait_child(b.pid);
	run_end(&b.run);
	assert_int_equal(cgroup_delete(group, &e), 0);
	strv_free(&second.args);
	strv_free(&second.env);
}

/* --- namespaces --- */

static void test_joins_namespaces(void **state)
{
	struct bundlerun other = bundlerun_of(-1);
	const int kinds[] = {CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID};
	const char *const names[] = {"net", "uts", "ipc", "pid"};
	struct bundle_join joins[4];
	own_str char *expected = NULL;
	struct buf links = {0};
	char link[64];

	(void)state;
	command("exec sleep 1000");
	plan.hostname = "pod";
	assert_int_equal(bundlerun_create(&other, &e), 0);
	assert_int_equal(bundlerun_execute(&other, &e), 0);
	for (int i = 0; i < 4; i++) {
		joins[i] = (struct bundle_join){
			kinds[i], str_fmt("/proc/%d/ns/%s", (int)other.pid, names[i])};
		link[readlink(joins[i].path, link, sizeof(link) - 1)] = '\0';
		buf_fmt(&links, "%s\n", link);
	}
	bundle.joins = joins;
	bundle.joins_n = 4;
	plan.hostname = NULL;
	plan.stages &= ~(uint32_t)NEW;
	plan.net = NET_HOST;
	expected = str_fmt("%spod", links.data);
	assert_string_equal(output("for k in net uts ipc pid; do readlink /proc/self/ns/$k; done; "
				   "hostname"),
			    expected);
	kill(other.pid, SIGKILL);
	proc_wait_child(other.pid);
	run_end(&other.run);
	for (int i = 0; i < 4; i++)
		free((void *)(uintptr_t)joins[i].path);
	free(links.data);
}

static void test_join_of_another_kind(void **state)
{
	static const struct bundle_join join = {CLONE_NEWNET, "/proc/self/ns/uts"};

	(void)state;
	bundle.joins = &join;
	bundle.joins_n = 1;
	refused("namespace /proc/self/ns/uts: not a namespace of the kind net");
}

static void test_user_namespace(void **state)
{
	(void)state;
	plan.stages |= 1U << STAGE_USER;
	plan.users = USERS_MAP;
	bundle.uids = (struct idmap){.n = 1, .line = {{0, 100000, 1000}}};
	bundle.gids = (struct idmap){.n = 1, .line = {{0, 200000, 500}}};
	assert_int_equal(chown(rootfs, 100000, 200000), 0);
	assert_string_equal(output("while read a b c; do echo $a $b $c; done </proc/self/uid_map; "
				   "while read a b c; do echo $a $b $c; done </proc/self/gid_map; "
				   "id -u; echo x >/dev/null && ls -l /dev/null | grep -c ^c"),
			    "0 100000 1000\n0 200000 500\n0\n1");
}

static void test_limits_in_a_user_namespace(void **state)
{
	struct bundle_rlimit limit = {RLIMIT_NOFILE, {64, 64}};

	(void)state;
	plan.stages |= 1U << STAGE_USER;
	plan.users = USERS_MAP;
	bundle.uids = (struct idmap){.n = 1, .line = {{0, 100000, 1000}}};
	assert_int_equal(chown(rootfs, 100000, 100000), 0);
	bundle.process.rlimits = &limit;
	bundle.process.rlimits_n = 1;
	assert_string_equal(output("ulimit -n"), "64");
}

static void test_clock_offsets(void **state)
{
	(void)state;
	plan.stages |= 1U << STAGE_TIME;
	bundle.time_offsets = "boottime 1000000 0\n";
	assert_string_equal(
		output("read up rest </proc/uptime; test ${up%.*} -gt 1000000 && echo yes"), "yes");
}

static void test_domain_and_sysctl(void **state)
{
	static const char *const sysctls[] = {"net.ipv4.ip_forward", "1", "kernel/msgmax", "9999",
					      NULL};

	(void)state;
	plan.hostname = "here";
	bundle.domainname = "example.org";
	bundle.sysctls = sysctls;
	assert_string_equal(output("cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname "
				   "/proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax"),
			    "here\nexample.org\n1\n9999");
}

/* --- the file tree --- */

static void test_mounts_in_listed_order(void **state)
{
	own_str char *data = str_fmt("%s/data", dir->path),
		     *file = str_fmt("%s/data/file", dir->path);
	const struct bundle_mount mounts[] = {
		usual[0],
		usual[1],
		{.target = "/a/b",
		 .type = "tmpfs",
		 .data = "size=1m",
		 .flags = {.set = MOUNT_ATTR_NOEXEC}},
		/* covers /a/b */
		{.target = "/a", .source = data, .flags = {.bind = true, .set = MOUNT_ATTR_RDONLY}},
		{.target = "/etc/one", .source = file, .flags = {.bind = true}},
	};

	(void)state;
	mkdir(data, 0755);
	close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	bundle.mounts = mounts;
	bundle.mounts_n = 5;
	assert_string_equal(
		output("ls /a; touch /a/x; grep -c ' /a/b tmpfs rw,noexec' /proc/mounts; "
		       "test -f /etc/one && echo one"),
		"file\ntouch: /a/x: Read-only file system\n1\none");
}

static void test_propagation(void **state)
{
	own_str char *data = str_fmt("%s/data", dir->path);
	struct bundle_mount mounts[] = {
		usual[0],
		{.target = "/a", .source = data, .flags = {.bind = true, .recursive = true}},
	};
	const char *script = "grep -c ' /a .*master:' /proc/self/mountinfo";

	(void)state;
	mkdir(data, 0755);
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("tmpfs", data, "tmpfs", 0, NULL), 0);
	assert_int_equal(mount(NULL, data, NULL, MS_SHARED, NULL), 0);
	bundle.mounts = mounts;
	bundle.mounts_n = 2;
	assert_string_equal(output(script), "0");
	mounts[1].flags.propagation = MS_SLAVE;
	mounts[1].flags.propagation_all = true;
	assert_string_equal(output(script), "1");
	umount2(data, MNT_DETACH);
}

static void test_copy_up(void **state)
{
	const struct bundle_mount mounts[] = {
		usual[0], {.target = "/bin", .type = "tmpfs", .flags = {.copy_up = true}}};

	(void)state;
	bundle.mounts = mounts;
	bundle.mounts_n = 2;
	bundle.default_dev = false;
	assert_string_equal(output("grep -c ' /bin tmpfs' /proc/mounts"), "1");
}

static void test_devices(void **state)
{
	static const struct bundle_device devices[] = {
		{.path = "/dev/some/zero",
		 .type = 'c',
		 .major = 1,
		 .minor = 5,
		 .mode_given = true,
		 .mode = 0640,
		 .uid = 7,
		 .gid = 8},
		{.path = "/dev/pipe", .type = 'p', .mode_given = true, .mode = 0600},
	};

	(void)state;
	bundle.devices = devices;
	bundle.devices_n = 2;
	assert_string_equal(
		output("stat -c '%F %t:%T %a %u:%g' /dev/some/zero /dev/pipe /dev/null; "
		       "readlink /dev/fd; readlink /dev/ptmx"),
		"character special file 1:5 640 7:8\nfifo 0:0 600 0:0\n"
		"character special file 1:3 666 0:0\n/proc/self/fd\npts/ptmx");
}

static void test_devices_in_a_user_namespace(void **state)
{
	static const struct bundle_device device = {
		.path = "/dev/mine", .type = 'c', .major = 1, .minor = 5, .uid = 3, .gid = 4};

	(void)state;
	plan.stages |= 1U << STAGE_USER;
	plan.users = USERS_MAP;
	bundle.uids = (struct idmap){.n = 1, .line = {{0, 100000, 1000}}};
	assert_int_equal(chown(rootfs, 100000, 100000), 0);
	bundle.devices = &device;
	bundle.devices_n = 1;
	assert_string_equal(output("stat -c '%F %t:%T %a %u:%g' /dev/mine"),
			    "character special file 1:5 666 3:4");
}

static void test_masked_and_read_only(void **state)
{
	static const char *const masked[] = {"/proc/uptime", "/secret", "/none", NULL};
	static const char *const read_only[] = {"/proc/sys", "/fixed", "/none", NULL};
	own_str char *secret = str_fmt("%s/secret", rootfs), *fixed = str_fmt("%s/fixed", rootfs);

	(void)state;
	mkdir(secret, 0755);
	mkdir(fixed, 0755);
	bundle.masked = masked;
	bundle.read_only = read_only;
	assert_string_equal(output("touch /secret/x /fixed/x; stat -c %F /proc/uptime"),
			    "touch: /secret/x: Read-only file system\n"
			    "touch: /fixed/x: Read-only file system\ncharacter special file");
}

static void test_read_only_root(void **state)
{
	const struct bundle_mount mounts[] = {usual[0], {.target = "/w", .type = "tmpfs"}};
	struct bundlerun b = bundlerun_of(-1);

	(void)state;
	bundle.mounts = mounts;
	bundle.mounts_n = 2;
	plan.read_only = true;
	plan.workdir = "/made/here";
	command("touch /x 2>/dev/null || touch /w/x && test \"$PWD\" = /made/here");
	assert_int_equal(bundlerun_create(&b, &e), 0);
	assert_int_equal(bundlerun_execute(&b, &e), 0);
	assert_int_equal(proc_wait_child(b.pid), 0);
	run_end(&b.run);
	assert_null(said("x"));
}

static void test_links_of_the_root_lead_nowhere_else(void **state)
{
	own_str char *link = str_fmt("%s/etc", rootfs), *outside = str_fmt("%s/outside", dir->path);
	const struct bundle_mount mounts[] = {usual[0], {.target = "/etc/x", .type = "tmpfs"}};
	own_str char *made = str_fmt("mkdir -p %s%s", rootfs, outside);
	own_str char *in = str_fmt("%s%s/x", rootfs, outside), *out = str_fmt("%s/x", outside);

	(void)state;
	mkdir(outside, 0755);
	assert_int_equal(system(made), 0);
	assert_int_equal(symlink(outside, link), 0);
	bundle.mounts = mounts;
	bundle.mounts_n = 2;
	output("true");
	assert_int_equal(access(out, F_OK), -1);
	assert_int_equal(access(in, F_OK), 0);
}

static void test_root_propagation(void **state)
{
	(void)state;
	bundle.root_propagation = MS_SHARED | MS_REC;
	assert_string_equal(output("grep -c ' / / .*shared:' /proc/self/mountinfo; "
				   "grep -c '/rootfs / .*shared:' /proc/self/mountinfo"),
			    "0\n1");
}

static void test_unbindable_root(void **state)
{
	(void)state;
	bundle.root_propagation = MS_UNBINDABLE;
	assert_string_equal(output("grep -c '/rootfs / .*unbindable' /proc/self/mountinfo"), "1");
}

static void test_no_pivot(void **state)
{
	(void)state;
	bundle.no_pivot = true;
	assert_string_equal(output("ls -d /bin /out; ls /proc/1/root/bin/sh"),
			    "/bin\n/out\n/proc/1/root/bin/sh");
}

/* --- the cgroup --- */

static void test_cgroup_stays_at_the_given_path(void **state)
{
	own_str char *group = str_fmt("%s/box", unit_group());
	own_str char *expected = str_fmt("/%s", group);

	(void)state;
	plan.stages |= 1U << STAGE_CGROUP;
	bundle.cgroup = group;
	assert_non_null(strstr(output("cat /proc/self/cgroup"), expected));
	assert_int_equal(cgroup_delete(group, &e), 0);
}

static void test_used_cgroup(void **state)
{
	static const struct limits none;
	own_str char *group = str_fmt("%s/used", unit_group());
	own_str char *sentence = str_fmt("control group %s: has processes already", group);
	struct cgroup_group g;
	pid_t pid;

	(void)state;
	assert_int_equal(cgroup_create(group, &none, &g, &e), 0);
	pid = fork();
	if (pid == 0)
		_exit(cgroup_join(&g, true, &e) < 0 || pause());
	while (cgroup_processes(group, &e) == 0)
		usleep(1000);
	cgroup_close(&g);
	plan.stages |= 1U << STAGE_CGROUP;
	bundle.cgroup = group;
	refused(sentence);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(proc_wait_child(pid), 128 + SIGKILL);
	assert_int_equal(cgroup_delete(group, &e), 0);
}

static void test_resources(void **state)
{
	own_str char *group = str_fmt("%s/box", unit_group());
	const struct devrule rule = {-1, -1, false, 'a', ""};
	const struct bundle_device full = {
		.path = "/dev/other", .type = 'c', .major = 1, .minor = 11};
	struct resources r = {.memory = {true, 64 << 20},
			      .reservation = {true, 32 << 20},
			      .shares = {true, 512},
			      .period = {true, 50000},
			      .quota = {true, 25000},
			      .pids = {true, 77},
			      .cpus = "0"};
	bool v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
	const char *const files[][2] = {
		{"memory/%s/memory.limit_in_bytes", "%s/memory.max"},
		{"memory/%s/memory.soft_limit_in_bytes", "%s/memory.low"},
		{"cpu/%s/cpu.shares", "%s/cpu.weight"},
		{"cpu/%s/cpu.cfs_quota_us", "%s/cpu.max"},
		{"pids/%s/pids.max", "%s/pids.max"},
		{"cpuset/%s/cpuset.cpus", "%s/cpuset.cpus"},
	};
	const char *const values[][2] = {{"67108864", "67108864"},
					 {"33554432", "33554432"},
					 {"512", "20"},
					 {"25000", "25000 50000"},
					 {"77", "77"},
					 {"0", "0"}};
	struct bundlerun b = bundlerun_of(-1);

	(void)state;
	plan.stages |= 1U << STAGE_CGROUP;
	bundle.cgroup = group;
	bundle.resources = &r;
	bundle.devices = &full;
	bundle.devices_n = 1;
	bundle.device_rules = &rule;
	bundle.device_rules_n = 1;
	command("read x </dev/null; cat /dev/other >/out 2>&1; true");
	if (bundlerun_create(&b, &e) < 0)
		fail_msg("%s", e.msg);
	for (int i = 0; i < 6; i++) {
		own_str char *path = str_fmt("/sys/fs/cgroup/");
		own_buf struct buf text = {0};
		char name[300];

		snprintf(name, sizeof(name), "%s", files[i][v2]);
		*strstr(name, "%s") = '\0';
		own_str char *whole =
			str_fmt("%s%s%s%s", path, name, group, strstr(files[i][v2], "%s") + 2);
		assert_int_equal(file_read(AT_FDCWD, whole, 100, &text, &e), 0);
		text.data[strcspn(text.data, "\n")] = '\0';
		assert_string_equal(text.data, values[i][v2]);
	}
	assert_int_equal(bundlerun_execute(&b, &e), 0);
	assert_int_equal(proc_wait_child(b.pid), 0);
	run_end(&b.run);
	assert_string_equal(said("out"), "cat: can't open '/dev/other': Operation not permitted");
	assert_int_equal(cgroup_delete(group, &e), 0);
}

static void test_unknown_resource(void **state)
{
	own_str char *group = str_fmt("%s/box", unit_group());
	struct resource_file file = {"nosuch.max", "1"};
	struct resources r = {.unified = &file, .unified_n = 1};

	(void)state;
	plan.stages |= 1U << STAGE_CGROUP;
	bundle.cgroup = group;
	bundle.resources = &r;
	refused("unified nosuch.max: no such controller on cgroup v2 here");
}

static void test_cgroup_mount_without_a_namespace(void **state)
{
	own_str char *group = str_fmt("%s", unit_group());
	const struct bundle_mount mounts[] = {
		usual[0], usual[1], {.target = "/sys/fs/cgroup", .type = "cgroup"}};
	struct resources r = {.pids = {true, 88}};

	(void)state;
	plan.stages |= 1U << STAGE_CGROUP;
	bundle.cgroup = group; /* a path of one component */
	bundle.resources = &r;
	bundle.mounts = mounts;
	bundle.mounts_n = 3;
	assert_string_equal(output("cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max "
				   "2>/dev/null"),
			    "88");
	assert_int_equal(cgroup_delete(group, &e), 0);
}

/* --- hooks --- */

static struct bundle_hook hook(const char *script)
{
	struct bundle_hook h = {.path = "/bin/sh"};

	strv_add(&h.args, "sh");
	strv_add(&h.args, "-c");
	strv_add(&h.args, script);
	strv_add(&h.env, "MARK=here");
	return h;
}

static void free_hook(struct bundle_hook *h)
{
	strv_free(&h->args);
	strv_free(&h->env);
}
#define own_hook __attribute__((cleanup(free_hook)))

static void give_hook(enum bundle_moment moment, struct bundle_hook *h)
{
	bundle.hooks[moment] = h;
	bundle.hooks_n[moment] = 1;
}

static void test_hooks_in_their_order(void **state)
{
	own_str char *log = str_fmt("%s/log", dir->path);
	own_str char *script = str_fmt("s=$(cat); echo \"$MARK ${s##*,} $(hostname)\" >>%s", log);
	own_hook struct bundle_hook outside = hook(script);
	own_hook struct bundle_hook start = hook("read s; echo \"$MARK ${s##*,}\" >/started");
	char text[400] = "";
	char host[64], expected[400];
	int fd;

	(void)state;
	gethostname(host, sizeof(host));
	plan.hostname = "inside";
	give_hook(HOOK_PRESTART, &outside);
	give_hook(HOOK_CREATE_RUNTIME, &outside);
	give_hook(HOOK_CREATE_CONTAINER, &outside);
	give_hook(HOOK_START_CONTAINER, &start);
	assert_string_equal(output("cat /started"), "here \"status\":\"created\"}");
	fd = open(log, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	snprintf(expected, sizeof(expected),
		 "here \"status\":\"created\"} %s\nhere \"status\":\"creating\"} %s\n"
		 "here \"status\":\"creating\"} inside\n",
		 host, host);
	assert_string_equal(text, expected);
}

static void test_failing_hook(void **state)
{
	own_hook struct bundle_hook h = hook("echo no >&2; exit 3");

	(void)state;
	give_hook(HOOK_CREATE_RUNTIME, &h);
	refused("createRuntime hook /bin/sh: exit status 3: no");
}

static void test_hook_timeout(void **state)
{
	own_hook struct bundle_hook h = hook("sleep 1000");

	(void)state;
	h.timeout = 1;
	give_hook(HOOK_CREATE_CONTAINER, &h);
	refused("createContainer hook /bin/sh: did not end within 1 s");
}

static void test_poststop_hooks_all_run(void **state)
{
	own_strv struct strv notes = {0};
	own_hook struct bundle_hook first = hook("exit 1"), second = hook("exit 2");
	struct bundle_hook hooks[] = {first, second};

	(void)state;
	bundle.hooks[HOOK_POSTSTOP] = hooks;
	bundle.hooks_n[HOOK_POSTSTOP] = 2;
	hook_run_each(&bundle, HOOK_POSTSTOP, 0, "stopped", &notes);
	assert_int_equal(notes.n, 2);
	assert_string_equal(notes.v[1], "poststop hook /bin/sh: exit status 2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_rootfs, remove_rootfs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_started_by_another_process),
		TEST(test_missing_program),
		TEST(test_error_of_execve_at_start),
		TEST(test_dies_with_its_creator_before_it_left),
		TEST(test_user_groups_umask),
		TEST(test_capabilities),
		TEST(test_no_new_privs_and_filter),
		TEST(test_limits),
		TEST(test_descriptors),
		TEST(test_terminal),
		TEST(test_exec_in_a_running_container),
		TEST(test_joins_namespaces),
		TEST(test_join_of_another_kind),
		TEST(test_user_namespace),
		TEST(test_clock_offsets),
		TEST(test_domain_and_sysctl),
		TEST(test_mounts_in_listed_order),
		TEST(test_copy_up),
		TEST(test_devices),
		TEST(test_devices_in_a_user_namespace),
		TEST(test_masked_and_read_only),
		TEST(test_read_only_root),
		TEST(test_links_of_the_root_lead_nowhere_else),
		TEST(test_root_propagation),
		TEST(test_no_pivot),
		TEST(test_cgroup_stays_at_the_given_path),
		TEST(test_used_cgroup),
		TEST(test_resources),
		TEST(test_unknown_resource),
		TEST(test_cgroup_mount_without_a_namespace),
		TEST(test_unbindable_root),
		TEST(test_limits_in_a_user_namespace),
		TEST(test_hooks_in_their_order),
		TEST(test_failing_hook),
		TEST(test_hook_timeout),
		TEST(test_poststop_hooks_all_run),
		TEST(test_propagation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
