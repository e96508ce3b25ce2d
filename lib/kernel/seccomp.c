#include "kernel/seccomp.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/str.h"

#include "kernel/caps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/btrfs.h>
#include <linux/capability.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum test_op { TEST_IN, TEST_HAS };

struct rule {
	uint64_t caps;    /* the rule applies only with all of these */
	uint16_t verdict; /* 0: allow the call; otherwise its errno */
	uint8_t ntests;
	struct test {
		uint8_t arg;
		uint8_t op;
		uint8_t first, count; /* index and number in values[] */
	} tests[2];                   /* all must hold */
};

/* The rules for a call, in links[]; the first rule that applies decides. */
struct chain {
	uint8_t first, count;
};

/* calls_ARCH[number] is the chain of a system call; 0: none. */
#include "seccomp-tables.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A way in which programs of this machine make system calls. */
struct mode {
	uint32_t arch;
	uint32_t ignore; /* these bits are masked out of a number */
	const uint8_t *calls;
	uint32_t ncalls;
};

#if defined(__x86_64__)
/*
 * This bit of a number marks an x32 call. The rest is the number of the x86-64 call or, from
 * 512 up, of a call that only x32 has. So one table serves both.
 */
#define X32_BIT UINT32_C(0x40000000)
static const struct mode modes[] = {
	{AUDIT_ARCH_X86_64, X32_BIT, calls_x86_64, COUNT(calls_x86_64)},
	{AUDIT_ARCH_I386, 0, calls_i386, COUNT(calls_i386)},
};
#define CALLS_MAX \
	(COUNT(calls_x86_64) > COUNT(calls_i386) ? COUNT(calls_x86_64) : COUNT(calls_i386))
#elif defined(__aarch64__)
/* Every call of a 32-bit program (AUDIT_ARCH_ARM) is ENOSYS: the headers lack the numbers. */
static const struct mode modes[] = {
	{AUDIT_ARCH_AARCH64, 0, calls_aarch64, COUNT(calls_aarch64)},
};
#define CALLS_MAX COUNT(calls_aarch64)
#else
#error "share/seccomp and the Makefile have no system calls of this architecture"
#endif

/*
 * The outcome of a call once the capabilities are known: an errno (0: allow), or the chain that
 * must check the arguments.
 */
#define OUTCOME_CHAIN UINT32_C(0x10000)

/* All calls from this number to the next run have the same outcome. */
struct call_run {
	uint32_t from, outcome;
};

/*
 * The program is written from its end to its start: jumps lead forward only, so every target
 * already exists and can be shared. A position counts from the end; -1 is none.
 */
struct prog {
	struct sock_filter *ins; /* SECCOMP_FILTER_MAX instructions */
	int n;
	bool bad; /* program too long, or a jump too far */
	uint64_t caps;
	struct {
		uint32_t verdict;
		int at;
	} rets[8]; /* recent verdicts */
	int nrets;
	int chain_at[COUNT(chains)];
};

static int emit_jump(struct prog *p, uint16_t code, uint32_t k, int yes, int no)
{
	if (p->n == SECCOMP_FILTER_MAX || p->n - yes - 1 > UINT8_MAX || p->n - no - 1 > UINT8_MAX) {
		p->bad = true;
		return 0;
	}
	p->ins[SECCOMP_FILTER_MAX - 1 - p->n] = (struct sock_filter)BPF_JUMP(
		code, k, (uint8_t)(p->n - yes - 1), (uint8_t)(p->n - no - 1));
	return p->n++;
}

static int emit(struct prog *p, uint16_t code, uint32_t k)
{
	return emit_jump(p, code, k, p->n - 1, p->n - 1);
}

static int emit_load(struct prog *p, size_t offset)
{
	return emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

/*
 * A conditional jump reaches 255 instructions. Some are reserved for the instructions emitted
 * between the choice of a target and the jump: a test and its values.
 */
#define REACH 230

/* Returns a position within reach that is, or jumps to, `at`. */
static int emit_near(struct prog *p, int at)
{
	if (p->n - at <= REACH)
		return at;
	return emit(p, BPF_JMP | BPF_JA, (uint32_t)(p->n - at - 1));
}

static int emit_verdict(struct prog *p, uint32_t verdict)
{
	int i;

	for (i = 0; i < p->nrets && p->rets[i].verdict != verdict; i++)
		;
	if (i < p->nrets && p->n - p->rets[i].at <= REACH)
		return p->rets[i].at;
	if (i == (int)COUNT(p->rets))
		i = 0;
	if (i == p->nrets)
		p->nrets++;
	p->rets[i].verdict = verdict;
	p->rets[i].at =
		emit(p, BPF_RET | BPF_K, verdict ? SECCOMP_RET_ERRNO | verdict : SECCOMP_RET_ALLOW);
	return p->rets[i].at;
}

/* Emits one test: continues at `yes` if it holds, else at `no`. */
static int emit_test(struct prog *p, const struct test *t, int yes, int no)
{
	uint16_t op = t->op == TEST_IN ? BPF_JEQ : BPF_JSET;

	yes = emit_near(p, yes);
	no = emit_near(p, no);
	for (int v = t->count - 1; v >= 0; v--)
		no = emit_jump(p, BPF_JMP | op | BPF_K, values[t->first + v], yes, no);
	/* Tests read the low half of an argument (share/seccomp); the architectures are
	 * little-endian. */
	return emit_load(p, offsetof(struct seccomp_data, args) + t->arg * sizeof(uint64_t));
}

static int emit_chain(struct prog *p, uint8_t c)
{
	const uint8_t *link = &links[chains[c].first];
	int next;

	if (p->chain_at[c] >= 0)
		return p->chain_at[c];
	next = emit_verdict(p, EPERM);
	for (int i = chains[c].count - 1; i >= 0; i--) {
		const struct rule *r = &rules[link[i]];
		int at;

		if (r->caps & ~p->caps)
			continue;
		at = emit_verdict(p, r->verdict);
		for (int t = r->ntests - 1; t >= 0; t--)
			at = emit_test(p, &r->tests[t], at, next);
		next = at;
	}
	p->chain_at[c] = next;
	return next;
}

/* Emits a binary search for the call's number in runs[0..n-1]. */
static int emit_runs(struct prog *p, const struct call_run *runs, size_t n)
{
	size_t half = n / 2;
	int below, above;

	if (n == 1)
		return runs->outcome & OUTCOME_CHAIN ? emit_chain(p, (uint8_t)runs->outcome)
						     : emit_verdict(p, runs->outcome);
	above = emit_runs(p, runs + half, n - half);
	below = emit_runs(p, runs, half);
	above = emit_near(p, above);
	below = emit_near(p, below);
	return emit_jump(p, BPF_JMP | BPF_JGE | BPF_K, runs[half].from, above, below);
}

static uint32_t chain_outcome(uint8_t c, uint64_t caps)
{
	const struct chain *chain = &chains[c];

	if (!chain->count)
		return ENOSYS;
	for (int i = 0; i < chain->count; i++) {
		const struct rule *r = &rules[links[chain->first + i]];

		if (r->caps & ~caps)
			continue;
		return r->ntests ? OUTCOME_CHAIN | c : r->verdict;
	}
	return EPERM;
}

/* Emits the calls of one mode and ENOSYS for all numbers beyond. */
static int emit_calls(struct prog *p, const struct mode *m)
{
	uint32_t outcome[COUNT(chains)];
	struct call_run runs[CALLS_MAX + 1];
	uint32_t last = UINT32_MAX;
	size_t n = 0;
	int search;

	for (size_t c = 0; c < COUNT(chains); c++)
		outcome[c] = chain_outcome((uint8_t)c, p->caps);
	for (uint32_t nr = 0; nr <= m->ncalls; nr++) {
		uint32_t o = nr < m->ncalls ? outcome[m->calls[nr]] : ENOSYS;

		if (o != last)
			runs[n++] = (struct call_run){nr, o};
		last = o;
	}
	search = emit_runs(p, runs, n);
	if (search != p->n - 1)
		emit(p, BPF_JMP | BPF_JA, (uint32_t)(p->n - search - 1));
	if (m->ignore)
		emit(p, BPF_ALU | BPF_AND | BPF_K, ~m->ignore);
	return emit_load(p, offsetof(struct seccomp_data, nr));
}

int seccomp_filter_build(uint64_t caps, struct sock_filter *prog, struct err *e)
{
	struct prog p = {.ins = prog, .caps = caps};
	int mode_at[COUNT(modes)], otherwise;

	memset(p.chain_at, -1, sizeof(p.chain_at));

	for (size_t i = 0; i < COUNT(modes); i++)
		mode_at[i] = emit_calls(&p, &modes[i]);
	otherwise = emit_verdict(&p, ENOSYS);
	for (size_t i = COUNT(modes); i-- > 0;) {
		int here = emit_near(&p, mode_at[i]);

		otherwise =
			emit_jump(&p, BPF_JMP | BPF_JEQ | BPF_K, modes[i].arch, here, otherwise);
	}
	emit_load(&p, offsetof(struct seccomp_data, arch));

	if (p.bad)
		return err_set(
			e,
			"seccomp filter: the profile exceeds the kernel's limit of instructions");
	memmove(prog, prog + SECCOMP_FILTER_MAX - p.n, (size_t)p.n * sizeof(*prog));
	return p.n;
}

static int load(const struct sock_filter *ins, int n, struct err *e)
{
	struct sock_fprog prog = {.len = (unsigned short)n,
				  .filter = (struct sock_filter *)(uintptr_t)ins};

	if (explained(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog),
		      "seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=%d})", n) < 0)
		return err_sys(e, "seccomp filter: load");
	return 0;
}

int seccomp_filter_load(uint64_t caps, struct err *e)
{
	struct sock_filter ins[SECCOMP_FILTER_MAX];
	int n = seccomp_filter_build(caps, ins, e);

	return n < 0 ? -1 : load(ins, n, e);
}

int seccomp_file_read(const char *path, struct buf *out, struct err *e)
{
	const size_t one = sizeof(struct sock_filter);

	if (file_read(AT_FDCWD, path, SECCOMP_FILTER_MAX * one, out, e) < 0)
		return err_wrap(e, "seccomp filter");
	if (!out->len || out->len % one)
		return err_set(e,
			       "seccomp filter %s: not a compiled BPF program, as "
			       "seccomp_export_bpf(3) writes it",
			       path);
	return 0;
}

int seccomp_program_load(const struct buf *filter, struct err *e)
{
	const void *program = filter->data;

	return load(program, (int)(filter->len / sizeof(struct sock_filter)), e);
}
