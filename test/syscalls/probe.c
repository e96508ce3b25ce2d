/*
 * probe [CALL ARG0 ARG1 ARG2]...: prints what the seccomp filter of this process says of every
 * system call of x86-64, x32 and i386: "x86_64 NAME allow" or "x86_64 NAME ERRNO". No call is
 * executed: a second filter, of this program, sends each to a tracer, which only calls see that the
 * first filter allows. (seccomp(2): of several filters the strictest answer counts, and ERRNO is
 * stricter than TRACE.) Hence any arguments are harmless; they are 0. With operands: instead,
 * x86-64 calls with these arguments. Calls of i386 are left out where the kernel has none.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

struct call {
	const char *arch, *name;
	unsigned long number, arg[3];
};

static const struct call calls[] = {
#include "syscall-numbers.h"
};

enum { PASSED = 4000 }; /* what the tracer answers, larger than any errno */

/* The last call that the probing process makes untraced. */
static int install(void)
{
	struct sock_filter ins[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	struct sock_fprog prog = {.len = 1, .filter = ins};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static long call_64(const struct call *c)
{
	register unsigned long r10 __asm__("r10") = 0, r8 __asm__("r8") = 0, r9 __asm__("r9") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(c->number), "D"(c->arg[0]), "S"(c->arg[1]), "d"(c->arg[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static long call_32(const struct call *c)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(c->number), "b"(c->arg[0]), "c"(c->arg[1]), "d"(c->arg[2]), "S"(0),
			   "D"(0)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)result;
}

/* In the child: the answers go to memory that the tracer shares. The tracer ends it. */
static void probe(const struct call *c, size_t n, short *answers)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	if (install() < 0)
		_exit(1);
	for (size_t i = 0; i < n; i++)
		answers[i] = (short)-(c[i].arch[0] == 'i' ? call_32(&c[i]) : call_64(&c[i]));
	__asm__ volatile(
		"hlt"); /* SIGSEGV: there is no call left that the tracer would let through */
}

static void answer(pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return;
	regs.orig_rax = (unsigned long long)-1; /* not executed */
	regs.rax = (unsigned long long)-PASSED;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
}

static int trace(const struct call *c, size_t n, short *answers)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		probe(c, n, answers);
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		return -1;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
	for (ptrace(PTRACE_CONT, pid, 0, 0); waitpid(pid, &status, 0) > 0 && WIFSTOPPED(status);) {
		int sig = WSTOPSIG(status);

		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
			answer(pid);
			sig = 0;
		} else if (sig == SIGSEGV) {
			kill(pid, SIGKILL);
		}
		ptrace(PTRACE_CONT, pid, 0, sig);
	}
	return 0;
}

/* Without CONFIG_IA32_EMULATION the instruction is a fault. */
static bool has_i386(void)
{
	const struct call getpid_32 = {.arch = "i386", .number = 20};
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(call_32(&getpid_32) < 0);
	return waitpid(pid, &status, 0) == pid && !WIFSIGNALED(status);
}

static size_t of_arguments(char **arg, struct call *own, size_t max)
{
	size_t n = 0;

	for (; n < max && arg[0] && arg[1] && arg[2] && arg[3]; arg += 4) {
		for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
			if (!own[n].name && strcmp(calls[i].arch, "x86_64") == 0 &&
			    strcmp(calls[i].name, arg[0]) == 0)
				own[n] = calls[i];
		for (int i = 0; i < 3; i++)
			own[n].arg[i] = strtoul(arg[i + 1], NULL, 0);
		n += own[n].name != NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct call own[64];
	const struct call *c = calls;
	size_t n = sizeof(calls) / sizeof(*calls);
	bool i386 = has_i386();
	short *answers;

	/* The calls of i386 are the last ones. */
	while (!i386 && c[n - 1].arch[0] == 'i')
		n--;
	if (argc > 1) {
		n = of_arguments(argv + 1, own, sizeof(own) / sizeof(*own));
		c = own;
	}
	answers = mmap(NULL, n * sizeof(*answers), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answers == MAP_FAILED || trace(c, n, answers) < 0) {
		fprintf(stderr, "probe: %s\n", strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < n; i++) {
		const char *name = strerrorname_np(answers[i]);

		printf("%s %s", c[i].arch, c[i].name);
		for (int k = 0; argc > 1 && k < 3; k++)
			printf(" %lu", c[i].arg[k]);
		printf(" %s\n", answers[i] == PASSED ? "allow" : name ? name : "?");
	}
	return 0;
}
