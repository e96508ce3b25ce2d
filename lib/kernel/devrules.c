#include "kernel/devrules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/hierarchy.h"

static const char *access_of(const struct devrule *r)
{
	return *r->access ? r->access : "rwm";
}

static bool is_everything(const struct devrule *r)
{
	return r->major < 0 && r->minor < 0 && strlen(access_of(r)) == 3;
}

static int check(const struct devrule *r, struct err *e)
{
	if (!strchr("abc", r->type) || !r->type)
		return err_set(e, "device rule: type %c: not a, b or c", r->type);
	if (r->access[strspn(r->access, "rwm")])
		return err_set(e, "device rule: access %s: not of r, w and m", r->access);
	return 0;
}

/* --- cgroup v1 --- */

static void number_text(int64_t number, char text[24])
{
	if (number < 0)
		strcpy(text, "*");
	else
		snprintf(text, 24, "%lld", (long long)number);
}

static int write_rule(const char *group, const struct devrule *r, char type, struct err *e)
{
	const char *file = r->allow ? "devices.allow" : "devices.deny";
	own_str char *text = NULL;
	char major[24], minor[24];

	number_text(r->major, major);
	number_text(r->minor, minor);
	text = str_fmt("%c %s:%s %s", type, major, minor, access_of(r));
	return hierarchy_set("devices", group, file, text) < 0 ? err_sys(e, "%s: %s", file, text)
							       : 0;
}

static int set_v1(const char *group, const struct devrule *rules, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct devrule *r = &rules[i];
		/* The kernel takes any rule of type a for all devices and all accesses. */
		bool split = r->type == 'a' && !is_everything(r);

		if (write_rule(group, r, split ? 'b' : r->type, e) < 0 ||
		    (split && write_rule(group, r, 'c', e) < 0))
			return -1;
	}
	return 0;
}

/* --- cgroup v2 --- */

/* The registers of the program. */
enum { RESULT = BPF_REG_0, CONTEXT = BPF_REG_1, TYPE, MAJOR, MINOR, WANTED };

struct device_prog {
	struct bpf_insn *v;
	size_t n;
};

static void emit(struct device_prog *p, uint8_t code, uint8_t dst, int16_t off, int32_t imm)
{
	p->v = mem_grow_one(p->v, p->n, sizeof(*p->v));
	p->v[p->n++] = (struct bpf_insn){
		.code = code, .dst_reg = dst & 0xf, .src_reg = CONTEXT, .off = off, .imm = imm};
	/* Only loads have a source register. */
	if (BPF_CLASS(code) != BPF_LDX)
		p->v[p->n - 1].src_reg = 0;
}

static void emit_return(struct device_prog *p, int allow)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, RESULT, 0, allow);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

/* Loads the type and the wanted accesses, which share a word of the context, and the numbers. */
static void emit_begin(struct device_prog *p)
{
	const uint8_t load = BPF_LDX | BPF_MEM | BPF_W;

	emit(p, load, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	emit(p, load, WANTED, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0xffff);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, WANTED, 0, 16);
	emit(p, load, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	emit(p, load, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
}

static int32_t access_bits(const struct devrule *r)
{
	int32_t bits = 0;

	for (const char *c = access_of(r); *c; c++)
		bits |= *c == 'r'   ? BPF_DEVCG_ACC_READ
			: *c == 'w' ? BPF_DEVCG_ACC_WRITE
				    : BPF_DEVCG_ACC_MKNOD;
	return bits;
}

/*
 * One rule. The accesses that later rules have not decided yet stay in WANTED: an allowed one is
 * taken out, and the device is allowed when none is left; a denied one denies the device.
 */
static void emit_rule(struct device_prog *p, const struct devrule *r)
{
	const uint8_t differs = BPF_JMP | BPF_JNE | BPF_K;
	size_t skips[3], n = 0, end;

	if (r->type != 'a') {
		skips[n++] = p->n;
		emit(p, differs, TYPE, 0,
		     r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	}
	if (r->major >= 0) {
		skips[n++] = p->n;
		emit(p, differs, MAJOR, 0, (int32_t)r->major);
	}
	if (r->minor >= 0) {
		skips[n++] = p->n;
		emit(p, differs, MINOR, 0, (int32_t)r->minor);
	}
	if (r->allow) {
		emit(p, BPF_ALU | BPF_AND | BPF_K, WANTED, 0, ~access_bits(r));
		emit(p, differs, WANTED, 2, 0);
		emit_return(p, 1);
	} else {
		emit(p, BPF_JMP | BPF_JSET | BPF_K, WANTED, 1, access_bits(r));
		emit(p, BPF_JMP | BPF_JA, 0, 2, 0);
		emit_return(p, 0);
	}
	end = p->n;
	while (n-- > 0)
		p->v[skips[n]].off = (int16_t)(end - skips[n] - 1);
}

static int load(const struct devrule *rules, size_t n, struct err *e)
{
	struct device_prog p = {0};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE};
	int fd;

	emit_begin(&p);
	while (n-- > 0)
		emit_rule(&p, &rules[n]);
	emit_return(&p, 0);
	attr.insns = (uint64_t)(uintptr_t)p.v;
	attr.insn_cnt = (uint32_t)p.n;
	attr.license = (uint64_t)(uintptr_t) "MIT";
	fd = (int)explained(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)),
			    "bpf(BPF_PROG_LOAD, {BPF_PROG_TYPE_CGROUP_DEVICE, %zu instructions})",
			    p.n);
	free(p.v);
	return fd < 0 ? err_sys(e, "device rules: load the BPF program") : fd;
}

enum { PROGRAMS = 64 };

/* The programs of an earlier call: detached only when the new one is there. */
static uint32_t find_attached(int dir, uint32_t ids[PROGRAMS])
{
	union bpf_attr attr = {.query = {.target_fd = (uint32_t)dir,
					 .attach_type = BPF_CGROUP_DEVICE,
					 .prog_ids = (uint64_t)(uintptr_t)ids,
					 .prog_cnt = PROGRAMS}};

	return syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0 ? 0 : attr.query.prog_cnt;
}

static void detach(int dir, uint32_t id)
{
	union bpf_attr get = {.prog_id = id};
	own_fd int prog = (int)syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &get, sizeof(get));
	union bpf_attr attr = {.target_fd = (uint32_t)dir,
			       .attach_bpf_fd = (uint32_t)prog,
			       .attach_type = BPF_CGROUP_DEVICE};

	if (prog >= 0)
		explained(syscall(SYS_bpf, BPF_PROG_DETACH, &attr, sizeof(attr)),
			  "bpf(BPF_PROG_DETACH, program %u)", id);
}

int devrules_attach(int dir, const struct devrule *rules, size_t n, struct err *e)
{
	own_fd int prog = load(rules, n, e);
	uint32_t old[PROGRAMS], old_n = find_attached(dir, old);
	union bpf_attr attr = {.target_fd = (uint32_t)dir,
			       .attach_bpf_fd = (uint32_t)prog,
			       .attach_type = BPF_CGROUP_DEVICE,
			       .attach_flags = BPF_F_ALLOW_MULTI};

	if (prog < 0)
		return -1;
	if (explained(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)),
		      "bpf(BPF_PROG_ATTACH, BPF_CGROUP_DEVICE)") < 0)
		return err_sys(e, "device rules: attach the BPF program");
	for (uint32_t i = 0; i < old_n; i++)
		detach(dir, old[i]);
	return 0;
}

static int set_v2(const char *group, const struct devrule *rules, size_t n,
		  const struct hierarchy *trees, int trees_n, struct err *e)
{
	for (int i = 0; i < trees_n; i++) {
		own_str char *path = hierarchy_path(&trees[i], group, NULL);
		own_fd int dir = -1;

		if (!trees[i].v2)
			continue;
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return dir < 0 ? err_sys(e, "%s", path) : devrules_attach(dir, rules, n, e);
	}
	return err_set(e, "device rules: no control group hierarchy has them");
}

int devrules_set(const char *group, const struct devrule *rules, size_t n, struct err *e)
{
	const struct hierarchy *trees;
	int trees_n;

	for (size_t i = 0; i < n; i++)
		if (check(&rules[i], e) < 0)
			return -1;
	if (!n)
		return 0;
	trees_n = hierarchy_find(&trees, e);
	if (trees_n < 0)
		return -1;
	return hierarchy_of("devices") ? set_v1(group, rules, n, e)
				       : set_v2(group, rules, n, trees, trees_n, e);
}

int devrules_set_usual(const char *group, const struct devrule *rules, size_t n, struct err *e)
{
	static const struct devrule usual[] = {
		{-1, -1, true, 'c', "m"}, {-1, -1, true, 'b', "m"}, {1, 3, true, 'c', ""},
		{1, 5, true, 'c', ""},    {1, 7, true, 'c', ""},    {1, 8, true, 'c', ""},
		{1, 9, true, 'c', ""},    {5, 0, true, 'c', ""},    {5, 1, true, 'c', ""},
		{5, 2, true, 'c', ""},    {136, -1, true, 'c', ""},
	};
	const size_t usual_n = sizeof(usual) / sizeof(*usual);
	own_str struct devrule *all = NULL;

	if (!n)
		return 0;
	all = mem_grow(NULL, n + usual_n, sizeof(*all));
	memcpy(all, rules, n * sizeof(*all));
	memcpy(all + n, usual, sizeof(usual));
	return devrules_set(group, all, n + usual_n, e);
}
