#include "unit.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/btrfs.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kernel/caps.h"
#include "kernel/seccomp.h"

#define X32(nr) ((nr) | 0x40000000)
#define HIGH    0x100000000UL /* a bit of an argument that the kernel ignores */

/* Numbers that the headers of this system lack or name differently. */
enum {
	I386_MOUNT = 21,
	I386_IOCTL = 54,
	I386_SOCKETCALL = 102,
	I386_CLONE = 120,
	I386_GETPID = 20,
	I386_SOCKET = 359,
	I386_UNSHARE = 310,
	I386_CLONE3 = 435,
	I386_IPC = 117,
	X32_IOCTL = 514,
	X64_FCHMODAT2 = 452,
};

static struct err e;
static uint64_t usual;

/* --- The BPF program, interpreted here: any architecture and argument --- */

static struct sock_filter prog[SECCOMP_FILTER_MAX];
static int len;

static void build(uint64_t caps)
{
	len = seccomp_filter_build(caps, prog, &e);
	assert_true(len > 0);
}

static uint32_t run(uint32_t arch, uint32_t nr, const uint64_t args[6])
{
	struct seccomp_data d = {.nr = (int)nr, .arch = arch};
	uint32_t a = 0;

	if (args)
		memcpy(d.args, args, sizeof(d.args));
	for (int pc = 0; pc < len; pc++) {
		const struct sock_filter *i = &prog[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k % 4 == 0 && i->k < sizeof(d));
			memcpy(&a, (char *)&d + i->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += (int)i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction %d is of an unknown kind", pc);
		}
	}
	fail_msg("the program runs past its end");
	return 0;
}

/* 0 if the call is allowed, else its errno. */
static int verdict(uint32_t arch, uint32_t nr, const uint64_t args[6])
{
	uint32_t r = run(arch, nr, args);

	if (r == SECCOMP_RET_ALLOW)
		return 0;
	assert_int_equal(r & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
	return (int)(r & SECCOMP_RET_DATA);
}

/* The architecture of this machine; x86-64 has two more modes, in which `..._is` claims a verdict. */
#define ARGS(...)          ((const uint64_t[6]){__VA_ARGS__})
#define on_native(nr, ...) verdict(NATIVE, (nr), ARGS(__VA_ARGS__))
#ifdef __x86_64__
#define NATIVE                AUDIT_ARCH_X86_64
#define FOREIGN               AUDIT_ARCH_AARCH64
#define x32_is(want, nr, ...) assert_int_equal(verdict(NATIVE, X32(nr), ARGS(__VA_ARGS__)), want)
#define i386_is(want, nr, ...) \
	assert_int_equal(verdict(AUDIT_ARCH_I386, (nr), ARGS(__VA_ARGS__)), want)
#else
#define NATIVE             AUDIT_ARCH_AARCH64
#define FOREIGN            AUDIT_ARCH_ARM
#define x32_is(want, ...)  ((void)(want))
#define i386_is(want, ...) ((void)(want))
#endif

static void every_call_has_a_verdict_and_capabilities_only_allow_more(void **state)
{
	static int before[3][1024];
	static const uint32_t arch[] = {NATIVE, AUDIT_ARCH_I386, NATIVE};

	(void)state;
	build(0);
	for (int a = 0; a < 3; a++)
		for (uint32_t nr = 0; nr < 1024; nr++)
			before[a][nr] = verdict(arch[a], a == 2 ? X32(nr) : nr, NULL);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		build(CAPS_BIT(cap));
		for (int a = 0; a < 3; a++)
			for (uint32_t nr = 0; nr < 1024; nr++)
				if (!before[a][nr])
					assert_int_equal(
						verdict(arch[a], a == 2 ? X32(nr) : nr, NULL), 0);
	}
}

static void the_default_filter_is_short(void **state)
{
	(void)state;
	/* Each run pays for the length of the filter: a faulty table shows here. */
	build(usual);
	assert_in_range(len, 50, 350);
}

static void a_number_outside_the_profile_is_enosys(void **state)
{
	static const uint32_t numbers[] = {600,        9999,       0x3fffffff, 0x7fffffff,
					   0x80000000, 0xbfffffff, 0xffffffff};

	(void)state;
	build(usual);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_int_equal(on_native(numbers[i]), ENOSYS);
		i386_is(ENOSYS, numbers[i]);
	}
	assert_int_equal(verdict(FOREIGN, SYS_read, NULL), ENOSYS);
}

static void unneeded_calls_are_enosys_with_any_capabilities(void **state)
{
	static const uint32_t calls[] = {
		SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
		SYS_userfaultfd,    SYS_keyctl,         SYS_add_key,
		SYS_request_key,    SYS_kexec_load,     SYS_kexec_file_load,
		SYS_pivot_root,     SYS_swapon,         SYS_swapoff,
		SYS_nfsservctl,     SYS_move_pages,     SYS_migrate_pages,
#ifdef __x86_64__
		SYS_uselib,         SYS_ustat,          SYS_sysfs,
		SYS__sysctl,
#endif
	};

	(void)state;
	build(UINT64_MAX);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		assert_int_equal(on_native(calls[i]), ENOSYS);
}

static void calls_that_need_a_capability_are_eperm_without_it(void **state)
{
	static const struct {
		uint32_t nr;
		int cap;
	} calls[] = {
		{SYS_mount, CAP_SYS_ADMIN},
		{SYS_umount2, CAP_SYS_ADMIN},
		{SYS_unshare, CAP_SYS_ADMIN},
		{SYS_setns, CAP_SYS_ADMIN},
		{SYS_bpf, CAP_BPF},
		{SYS_bpf, CAP_SYS_ADMIN},
		{SYS_perf_event_open, CAP_PERFMON},
		{SYS_syslog, CAP_SYSLOG},
		{SYS_reboot, CAP_SYS_BOOT},
		{SYS_chroot, CAP_SYS_CHROOT},
		{SYS_init_module, CAP_SYS_MODULE},
		{SYS_acct, CAP_SYS_PACCT},
		{SYS_kcmp, CAP_SYS_PTRACE},
		{SYS_pidfd_getfd, CAP_SYS_PTRACE},
#ifdef __x86_64__
		{SYS_iopl, CAP_SYS_RAWIO},
#endif
		{SYS_settimeofday, CAP_SYS_TIME},
		{SYS_vhangup, CAP_SYS_TTY_CONFIG},
		{SYS_mbind, CAP_SYS_NICE},
		{SYS_open_by_handle_at, CAP_DAC_READ_SEARCH},
		{SYS_move_mount, CAP_SYS_ADMIN},
		{SYS_open_tree, CAP_SYS_ADMIN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		build(0);
		assert_int_equal(on_native(calls[i].nr), EPERM);
		x32_is(EPERM, calls[i].nr);
		build(CAPS_BIT(calls[i].cap));
		assert_int_equal(on_native(calls[i].nr), 0);
	}
	build(usual);
	assert_int_equal(on_native(SYS_chroot), 0);
	assert_int_equal(on_native(SYS_mount), EPERM);
	i386_is(EPERM, I386_MOUNT);
	i386_is(EPERM, I386_UNSHARE);
}

static void ordinary_calls_work_in_every_mode(void **state)
{
	static const uint32_t calls[] = {
		SYS_read,
		SYS_write,
		SYS_openat,
		SYS_openat2,
#ifdef __x86_64__
		SYS_fork,
		SYS_vfork,
#endif
		SYS_wait4,
		SYS_mmap,
		SYS_futex,
		SYS_rseq,
		SYS_statx,
		SYS_getrandom,
		SYS_memfd_create,
		SYS_pidfd_open,
		SYS_name_to_handle_at,
		SYS_landlock_create_ruleset,
		SYS_seccomp,
		SYS_close_range,
		SYS_process_mrelease,
		SYS_memfd_secret,
		SYS_futex_waitv,
		SYS_setgroups,
		SYS_setresuid,
		X64_FCHMODAT2,
		451,
		453,
		457,
		458,
		462,
		466,
	};

	(void)state;
	build(0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		assert_int_equal(on_native(calls[i]), 0);
		x32_is(0, calls[i]);
	}
	/* ptrace and execve have different numbers on x32. */
	assert_int_equal(on_native(SYS_execve), 0);
	x32_is(0, 520);
	assert_int_equal(on_native(SYS_ptrace), 0);
	i386_is(0, I386_GETPID);
	i386_is(0, I386_IPC);
	i386_is(0, X64_FCHMODAT2);
}

static void clone_makes_processes_but_no_namespaces(void **state)
{
	static const uint64_t spaces[] = {
		CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
		CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET,
	};

	(void)state;
	build(usual);
	assert_int_equal(on_native(SYS_clone, SIGCHLD), 0);
	assert_int_equal(
		on_native(SYS_clone,
			  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD),
		0);
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		assert_int_equal(on_native(SYS_clone, SIGCHLD | spaces[i]), EPERM);
		x32_is(EPERM, SYS_clone, SIGCHLD | spaces[i]);
		i386_is(EPERM, I386_CLONE, SIGCHLD | spaces[i]);
	}
	assert_int_equal(on_native(SYS_clone3), ENOSYS);
	i386_is(ENOSYS, I386_CLONE3);
	build(CAPS_BIT(CAP_SYS_ADMIN));
	assert_int_equal(on_native(SYS_clone, CLONE_NEWUSER), 0);
	assert_int_equal(on_native(SYS_clone3), 0);
}

static void only_five_personalities_are_allowed(void **state)
{
	static const uint64_t good[] = {PER_LINUX, PER_LINUX32, UNAME26, UNAME26 | PER_LINUX32,
					0xffffffff};

	(void)state;
	build(UINT64_MAX);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(on_native(SYS_personality, good[i]), 0);
	assert_int_equal(on_native(SYS_personality, ADDR_NO_RANDOMIZE), EPERM);
	assert_int_equal(on_native(SYS_personality, READ_IMPLIES_EXEC), EPERM);
	assert_int_equal(on_native(SYS_personality, HIGH | READ_IMPLIES_EXEC), EPERM);
}

static void some_socket_families_do_not_exist(void **state)
{
	static const uint64_t good[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};

	(void)state;
	build(UINT64_MAX);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(on_native(SYS_socket, good[i]), 0);
	assert_int_equal(on_native(SYS_socket, AF_ALG), EAFNOSUPPORT);
	assert_int_equal(on_native(SYS_socket, AF_VSOCK), EAFNOSUPPORT);
	assert_int_equal(on_native(SYS_socket, HIGH | AF_ALG), EAFNOSUPPORT);
	x32_is(EAFNOSUPPORT, SYS_socket, AF_VSOCK);
	i386_is(EAFNOSUPPORT, I386_SOCKET, AF_ALG);
	/* socketcall(2) hides the address family of a socket; its connect, 3, does not need it. */
	i386_is(ENOSYS, I386_SOCKETCALL, 1);
	i386_is(0, I386_SOCKETCALL, 3);
}

static void the_audit_log_does_not_exist_without_its_capability(void **state)
{
	(void)state;
	build(usual);
	assert_int_equal(on_native(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT),
			 EPROTONOSUPPORT);
	assert_int_equal(on_native(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), 0);
	assert_int_equal(on_native(SYS_socket, AF_INET, SOCK_RAW, NETLINK_AUDIT), 0);
	build(CAPS_BIT(CAP_AUDIT_WRITE));
	assert_int_equal(on_native(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT), 0);
	assert_int_equal(on_native(SYS_socket, AF_VSOCK), EAFNOSUPPORT);
}

static void some_device_requests_are_refused_in_every_mode(void **state)
{
	static const uint64_t bad[] = {
		TIOCSTI,
		TIOCLINUX,
		BTRFS_IOC_SUBVOL_CREATE,
		BTRFS_IOC_SUBVOL_CREATE_V2,
		BTRFS_IOC_SNAP_CREATE,
		BTRFS_IOC_SNAP_CREATE_V2,
		BTRFS_IOC_SUBVOL_SETFLAGS,
	};

	(void)state;
	build(UINT64_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(on_native(SYS_ioctl, 0, bad[i]), EPERM);
		assert_int_equal(on_native(SYS_ioctl, 0, HIGH | bad[i]), EPERM);
		x32_is(EPERM, X32_IOCTL, 0, bad[i]);
		x32_is(EPERM, SYS_ioctl, 0, bad[i]);
#ifdef __x86_64__
		assert_int_equal(on_native(X32_IOCTL, 0, bad[i]), EPERM);
#endif
		i386_is(EPERM, I386_IOCTL, 0, bad[i]);
	}
	assert_int_equal(on_native(SYS_ioctl, 0, TIOCGWINSZ), 0);
	assert_int_equal(on_native(SYS_ioctl, TIOCSTI, 0), 0);
	i386_is(0, I386_IOCTL, 0, TCGETS);
}

/* --- The filter, loaded into the kernel --- */

/* The exit status of `probe` in a child that has the filter; 100 + its signal. */
static int filtered(uint64_t caps, int (*probe)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err;

		if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
			_exit(90);
		if (seccomp_filter_load(caps, &err) < 0)
			_exit(91);
		_exit(probe());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/* In a probe: exits with the line of the first false claim. */
#define claim(c)                                                 \
	do {                                                     \
		if (!(c))                                        \
			return 1 + (__LINE__ - probe_line) % 80; \
	} while (0)
#define claim_errno(call, want) claim((errno = 0, (long)(call) == -1) && errno == (want))

static int probe_refused(void)
{
	static const int probe_line = __LINE__;

	/* Without the filter these calls fail with EFAULT and EINVAL. */
	claim_errno(syscall(SYS_mount, 0, 0, 0, 0, 0), EPERM);
	claim_errno(unshare(CLONE_NEWUSER), EPERM);
	claim_errno(unshare(0x1), EPERM);
	claim_errno(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), EPERM);
	claim_errno(syscall(SYS_clone3, 0, 0), ENOSYS);
	claim_errno(syscall(SYS_keyctl, 0, -3, 0, 0, 0), ENOSYS);
	claim_errno(syscall(SYS_io_uring_setup, 1, 0), ENOSYS);
	claim_errno(syscall(9999), ENOSYS);
	claim_errno(syscall(-1), ENOSYS);
	claim_errno(socket(AF_VSOCK, SOCK_STREAM, 0), EAFNOSUPPORT);
	claim_errno(socket(AF_ALG, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
	claim_errno(syscall(SYS_socket, HIGH | AF_ALG, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
	claim_errno(personality(ADDR_NO_RANDOMIZE), EPERM);
	return 0;
}

static int probe_admin(void)
{
	static const int probe_line = __LINE__;

	claim_errno(syscall(SYS_mount, 0, 0, 0, 0, 0), EFAULT);
	claim_errno(unshare(0x1), EINVAL);
	claim_errno(syscall(SYS_clone3, 0, 0), EINVAL);
	claim_errno(syscall(SYS_keyctl, 0, -3, 0, 0, 0), ENOSYS);
	return 0;
}

static int probe_terminal(void)
{
	static const int probe_line = __LINE__;
	struct winsize size = {.ws_row = 7};
	int pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), tty;
	char c = 'x';

	claim(pty >= 0 && grantpt(pty) == 0 && unlockpt(pty) == 0);
	tty = open(ptsname(pty), O_RDWR | O_NOCTTY | O_CLOEXEC);
	claim(tty >= 0);
	claim_errno(ioctl(tty, TIOCSTI, &c), EPERM);
	claim_errno(syscall(SYS_ioctl, tty, HIGH | TIOCSTI, &c), EPERM);
	claim_errno(ioctl(tty, TIOCLINUX, &c), EPERM);
	claim(ioctl(pty, TIOCSWINSZ, &size) == 0 && ioctl(tty, TIOCGWINSZ, &size) == 0 &&
	      size.ws_row == 7);
	claim_errno(ioctl(tty, BTRFS_IOC_SUBVOL_CREATE, &c), EPERM);
	claim_errno(ioctl(tty, BTRFS_IOC_SUBVOL_GETFLAGS, &c), ENOTTY);
	return 0;
}

#ifdef __x86_64__
/* A system call of a 32-bit program (int 0x80), from a 64-bit one. */
static long int80(long nr, unsigned a, unsigned b, unsigned c)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)r;
}

static int probe_i386(void)
{
	static const int probe_line = __LINE__;

	claim(int80(I386_GETPID, 0, 0, 0) == getpid());
	claim(int80(I386_MOUNT, 0, 0, 0) == -EPERM);
	claim(int80(I386_UNSHARE, CLONE_NEWUSER, 0, 0) == -EPERM);
	claim(int80(I386_CLONE, CLONE_NEWUSER | SIGCHLD, 0, 0) == -EPERM);
	claim(int80(I386_CLONE3, 0, 0, 0) == -ENOSYS);
	claim(int80(I386_SOCKET, AF_ALG, SOCK_SEQPACKET, 0) == -EAFNOSUPPORT);
	claim(int80(I386_SOCKETCALL, 1, 0, 0) == -ENOSYS);
	claim(int80(I386_IOCTL, 0, TIOCSTI, 0) == -EPERM);
	claim(int80(9999, 0, 0, 0) == -ENOSYS);
	return 0;
}

static int i386_is_there(void)
{
	return int80(I386_GETPID, 0, 0, 0) == getpid() ? 0 : 1;
}
#endif

static void *thread(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static int probe_ordinary(void)
{
	static const int probe_line = __LINE__;
	pthread_t t;
	int ran = 0, p[2], status;
	char c = 0;
	pid_t pid;
	void *page;

	claim(pthread_create(&t, NULL, thread, &ran) == 0 && pthread_join(t, NULL) == 0 && ran);
	claim(pipe(p) == 0 && write(p[1], "y", 1) == 1 && read(p[0], &c, 1) == 1 && c == 'y');
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	claim(page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0 &&
	      munmap(page, 4096) == 0);
	claim(personality(0xffffffff) >= 0 && personality(PER_LINUX) >= 0);
	claim(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);

	/* A debugger and its child. */
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(3);
	}
	claim(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	claim(ptrace(PTRACE_CONT, pid, 0, 0) == 0);
	claim(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 3);
	return 0;
}

static int probe_shell(void)
{
	/* Children, a pipe and a program work; the filter is inherited, and privileges remain
	 * possible. */
	execl("/bin/sh", "sh", "-c",
	      "[ $(echo a b c | wc -w) -eq 3 ] && "
	      "grep -q '^Seccomp:.*2' /proc/self/status && grep -q '^NoNewPrivs:.*0' /proc/self/status && "
	      "/usr/bin/perl -e 'my $p = fork; exit 4 unless $p; waitpid $p, 0; exit(($? >> 8) == 4 ? 0 : 1)'",
	      (char *)NULL);
	return 1;
}

static void refused_calls_never_reach_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(filtered(usual, probe_refused), 0);
}

static void with_sys_admin_the_kernel_decides(void **state)
{
	(void)state;
	assert_int_equal(filtered(usual | CAPS_BIT(CAP_SYS_ADMIN), probe_admin), 0);
}

static void input_cannot_be_injected_into_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(filtered(usual, probe_terminal), 0);
	assert_int_equal(filtered(UINT64_MAX, probe_terminal), 0);
}

#ifdef __x86_64__
static void calls_of_32_bit_programs_do_not_bypass_the_filter(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(i386_is_there());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		skip(); /* this kernel does not support it */
	assert_int_equal(filtered(usual, probe_i386), 0);
}
#endif

static void ordinary_programs_work(void **state)
{
	(void)state;
	assert_int_equal(filtered(0, probe_ordinary), 0);
	assert_int_equal(filtered(usual, probe_ordinary), 0);
	assert_int_equal(filtered(usual, probe_shell), 0);
}

static int probe_nested(void)
{
	struct err err;

	if (seccomp_filter_load(usual, &err) < 0)
		return 90;
	return probe_refused();
}

static void a_filter_loaded_within_a_looser_one_decides(void **state)
{
	(void)state;
	assert_int_equal(filtered(UINT64_MAX, probe_nested), 0);
}

static int load_without_admin(void)
{
	struct err err;

	if (setresuid(65534, 65534, 65534) < 0)
		return 2;
	return seccomp_filter_load(0, &err) == -1 && err.sys == EACCES &&
			!strcmp(err.msg, "seccomp filter: load: Permission denied")
		? 0
		: 1;
}

static void loading_without_sys_admin_fails(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(filtered(UINT64_MAX, load_without_admin), 0);
}

static int remember_usual(void **state)
{
	(void)state;
	usual = caps_default(false);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_has_a_verdict_and_capabilities_only_allow_more),
		cmocka_unit_test(the_default_filter_is_short),
		cmocka_unit_test(a_number_outside_the_profile_is_enosys),
		cmocka_unit_test(unneeded_calls_are_enosys_with_any_capabilities),
		cmocka_unit_test(calls_that_need_a_capability_are_eperm_without_it),
		cmocka_unit_test(ordinary_calls_work_in_every_mode),
		cmocka_unit_test(clone_makes_processes_but_no_namespaces),
		cmocka_unit_test(only_five_personalities_are_allowed),
		cmocka_unit_test(some_socket_families_do_not_exist),
		cmocka_unit_test(the_audit_log_does_not_exist_without_its_capability),
		cmocka_unit_test(some_device_requests_are_refused_in_every_mode),
		cmocka_unit_test(refused_calls_never_reach_the_kernel),
		cmocka_unit_test(with_sys_admin_the_kernel_decides),
		cmocka_unit_test(input_cannot_be_injected_into_a_terminal),
#ifdef __x86_64__
		cmocka_unit_test(calls_of_32_bit_programs_do_not_bypass_the_filter),
#endif
		cmocka_unit_test(ordinary_programs_work),
		cmocka_unit_test(a_filter_loaded_within_a_looser_one_decides),
		cmocka_unit_test(loading_without_sys_admin_fails),
	};

	return cmocka_run_group_tests(tests, remember_usual, NULL);
}
