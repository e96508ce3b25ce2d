#include "oci/ociseccomp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "oci/ocijson.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* When the cache has more filters than this, it is emptied: an engine has a handful of profiles. */
enum { CACHE_FILTERS = 64, CACHE_FILE = OCIJSON_MAX + (1 << 20) };
#define CACHE ".seccomp"

struct scmp {
	const char *text; /* NULL ends a list */
	uint32_t value;
};

/* SCMP_ACT_ERRNO and SCMP_ACT_TRACE take a number. */
static const struct scmp actions[] = {
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
	{"SCMP_ACT_KILL", SCMP_ACT_KILL},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
	{NULL, 0},
};

static const struct scmp operators[] = {
	{"SCMP_CMP_EQ", SCMP_CMP_EQ}, {"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT}, {"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_LT", SCMP_CMP_LT}, {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
	{"SCMP_CMP_NE", SCMP_CMP_NE}, {NULL, 0},
};

static const struct scmp archs[] = {
	{"SCMP_ARCH_X86", SCMP_ARCH_X86},
	{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
	{"SCMP_ARCH_X32", SCMP_ARCH_X32},
	{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
	{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
	{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
	{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
	{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
	{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
	{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
	{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
	{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
	{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
	{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
	{"SCMP_ARCH_S390", SCMP_ARCH_S390},
	{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
	{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
	{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
	{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
	{NULL, 0},
};

static const struct scmp flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{NULL, 0},
};

const char *ociseccomp_name(enum ociseccomp_names of, size_t i)
{
	static const struct scmp *const lists[] = {actions, operators, archs, flags};

	return lists[of][i].text;
}

static int find(const struct scmp *words, const json_t *value, uint32_t *out, struct err *e)
{
	const char *text = json_string_value(value);

	for (const struct scmp *w = words; text && w->text; w++)
		if (strcmp(w->text, text) == 0) {
			*out = w->value;
			return 0;
		}
	return err_set(e, "%s: unknown", text ? text : "not a string");
}

/* The list `name` of an object; absent: an empty one. */
static int list_of(const json_t *object, const char *name, const json_t **out, struct err *e)
{
	*out = json_object_get(object, name);
	if (json_is_null(*out))
		*out = NULL;
	return !*out || json_is_array(*out) ? 0 : err_set(e, "%s: not a list", name);
}

static int read_action(const json_t *from, const char *name, const char *number, uint32_t *out,
		       struct err *e)
{
	const json_t *given = json_object_get(from, number);
	uint64_t code = EPERM;

	if (find(actions, json_object_get(from, name), out, e) < 0)
		return err_wrap(e, "%s", name);
	if (given && !json_is_null(given)) {
		if (*out != SCMP_ACT_ERRNO(0) && *out != SCMP_ACT_TRACE(0))
			return err_set(e, "%s: %s takes none", number,
				       json_string_value(json_object_get(from, name)));
		if (!ocijson_uint(given, UINT16_MAX, &code))
			return err_set(e, "%s: not a number of 16 bits", number);
	}
	if (*out == SCMP_ACT_ERRNO(0))
		*out = SCMP_ACT_ERRNO(code);
	else if (*out == SCMP_ACT_TRACE(0))
		*out = SCMP_ACT_TRACE(code);
	return 0;
}

enum { ARGS = 6 };

/* The conditions of a rule. *apart: two are of one argument, so that each is a rule of its own. */
static int read_args(const json_t *list, struct scmp_arg_cmp *args, bool *apart, struct err *e)
{
	unsigned seen = 0;
	const json_t *arg;
	size_t i;

	if (json_array_size(list) > ARGS)
		return err_set(e, "args: more than %d", ARGS);
	json_array_foreach(list, i, arg)
	{
		const json_t *two = json_object_get(arg, "valueTwo");
		uint64_t index = 0, value = 0, other = 0;
		uint32_t op = 0;

		if (!ocijson_uint(json_object_get(arg, "index"), ARGS - 1, &index) ||
		    !ocijson_uint(json_object_get(arg, "value"), UINT64_MAX, &value) ||
		    (two && !ocijson_uint(two, UINT64_MAX, &other)))
			return err_set(e, "args[%zu]: index, value or valueTwo: wrong number", i);
		if (find(operators, json_object_get(arg, "op"), &op, e) < 0)
			return err_wrap(e, "args[%zu].op", i);
		args[i] =
			(struct scmp_arg_cmp){(unsigned)index, (enum scmp_compare)op, value, other};
		*apart = *apart || seen & 1U << index;
		seen |= 1U << index;
	}
	return 0;
}

static int add_call(scmp_filter_ctx ctx, uint32_t action, int call, const struct scmp_arg_cmp *args,
		    size_t n, bool apart)
{
	int failed = 0;

	if (!apart)
		return seccomp_rule_add_array(ctx, action, call, (unsigned)n, args);
	for (size_t i = 0; i < n && !failed; i++)
		failed = seccomp_rule_add_array(ctx, action, call, 1, args + i);
	return failed;
}

static int add_rule(scmp_filter_ctx ctx, const json_t *rule, uint32_t otherwise, struct err *e)
{
	const json_t *names, *list, *name;
	struct scmp_arg_cmp args[ARGS];
	bool apart = false;
	uint32_t action = 0;
	size_t i;
	int call, failed;

	if (list_of(rule, "names", &names, e) < 0 || list_of(rule, "args", &list, e) < 0 ||
	    read_action(rule, "action", "errnoRet", &action, e) < 0 ||
	    read_args(list, args, &apart, e) < 0)
		return -1;
	if (!json_array_size(names))
		return err_set(e, "names: empty");
	json_array_foreach(names, i, name)
	{
		if (!json_is_string(name))
			return err_set(e, "names: not a list of strings");
		call = seccomp_syscall_resolve_name(json_string_value(name));
		/* libseccomp refuses a rule that changes nothing. */
		if (call == __NR_SCMP_ERROR || action == otherwise)
			continue;
		failed = add_call(ctx, action, call, args, json_array_size(list), apart);
		if (failed) {
			errno = -failed;
			return err_sys(e, "%s", json_string_value(name));
		}
	}
	return 0;
}

static int add_arch(scmp_filter_ctx ctx, const json_t *arch, struct err *e)
{
	uint32_t token = 0;
	int failed;

	if (find(archs, arch, &token, e) < 0)
		return err_wrap(e, "architectures");
	failed = seccomp_arch_add(ctx, token);
	if (failed == 0 || failed == -EEXIST)
		return 0;
	errno = -failed;
	return err_sys(e, "architectures: %s", json_string_value(arch));
}

static int fill(scmp_filter_ctx ctx, const json_t *profile, uint32_t otherwise, struct err *e)
{
	const json_t *list, *item;
	size_t i;

	if (list_of(profile, "architectures", &list, e) < 0)
		return -1;
	json_array_foreach(list, i, item) if (add_arch(ctx, item, e) < 0) return -1;
	if (list_of(profile, "syscalls", &list, e) < 0)
		return -1;
	json_array_foreach(list, i, item) if (add_rule(ctx, item, otherwise, e) <
					      0) return err_wrap(e, "syscalls[%zu]", i);
	return 0;
}

static int export(scmp_filter_ctx ctx, struct buf *out, struct err *e)
{
	own_fd int fd = memfd_create("filter", MFD_CLOEXEC);
	char part[4096];
	ssize_t n;
	int failed;

	if (fd < 0)
		return err_sys(e, "a file in memory");
	failed = seccomp_export_bpf(ctx, fd);
	if (failed) {
		errno = -failed;
		return err_sys(e, "make the filter");
	}
	for (off_t at = 0; (n = pread(fd, part, sizeof(part), at)) > 0; at += n)
		buf_add(out, part, (size_t)n);
	return n < 0 ? err_sys(e, "read the filter") : 0;
}

static int compile(const json_t *profile, struct buf *out, struct err *e)
{
	uint32_t action = 0;
	scmp_filter_ctx ctx;
	int failed;

	if (read_action(profile, "defaultAction", "defaultErrnoRet", &action, e) < 0)
		return -1;
	ctx = seccomp_init(action);
	if (!ctx)
		return err_set(e, "libseccomp refuses the default action");
	/* A search tree instead of a list: a system call passes ten instructions, not hundreds. */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	failed = fill(ctx, profile, action, e) < 0 || export(ctx, out, e) < 0;
	seccomp_release(ctx);
	return failed ? -1 : 0;
}

/* What a filter depends on: the profile, and the library that compiles it. */
static char *identity(const json_t *profile)
{
	const struct scmp_version *v = seccomp_version();
	char *text = json_dumps(profile, JSON_COMPACT | JSON_SORT_KEYS);
	char *all = str_fmt("%u.%u.%u %s\n", v->major, v->minor, v->micro, text);

	free(text);
	return all;
}

/* FNV-1a. Two profiles with the same digest are told apart, since the file has the whole profile. */
static uint64_t digest(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

static void empty_cache(int cache)
{
	own_dir DIR *dir = fdopendir(openat(cache, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir)))
		n++;
	if (!dir || n <= CACHE_FILTERS)
		return;
	rewinddir(dir);
	while ((entry = readdir(dir)))
		unlinkat(cache, entry->d_name, 0);
}

/* An unnamed file gets its name when it is whole, so no crash and no race leaves a part of one. */
static void keep(int cache, const char *name, const char *text, const struct buf *filter)
{
	own_fd int fd = openat(cache, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char path[64];

	empty_cache(cache);
	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0 ||
	    fd_write_all(fd, filter->data, filter->len) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, cache, name, AT_SYMLINK_FOLLOW) < 0)
		return; /* another command was faster, or the disk is full: it is only a cache */
}

static int get(const json_t *profile, int root, struct buf *out, struct err *e)
{
	own_str char *text = identity(profile);
	own_str char *name = str_fmt("%016llx", (unsigned long long)digest(text));
	own_buf struct buf kept = {0};
	own_fd int cache = -1;
	size_t n = strlen(text);
	struct err ignored;

	mkdirat(root, CACHE, 0700);
	cache = openat(root, CACHE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (cache >= 0 && file_read(cache, name, CACHE_FILE, &kept, &ignored) == 0 &&
	    kept.len > n && memcmp(kept.data, text, n) == 0) {
		buf_add(out, kept.data + n, kept.len - n);
		return 0;
	}
	if (compile(profile, out, e) < 0)
		return -1;
	if (cache >= 0)
		keep(cache, name, text, out);
	return 0;
}

static int read_flags(const json_t *profile, unsigned *out, struct err *e)
{
	const json_t *list, *flag;
	uint32_t bit = 0;
	size_t i;

	if (list_of(profile, "flags", &list, e) < 0)
		return -1;
	json_array_foreach(list, i, flag)
	{
		if (find(flags, flag, &bit, e) < 0)
			return err_wrap(e, "flags");
		*out |= bit;
	}
	return 0;
}

int ociseccomp_make(struct ociseccomp *s, const json_t *profile, int root, struct err *e)
{
	static const char *const refused[] = {"listenerPath", "listenerMetadata"};
	own_buf struct buf filter = {0};

	for (int i = 0; profile && i < 2; i++)
		if (json_object_get(profile, refused[i]))
			return err_set(e, "linux.seccomp.%s: not supported", refused[i]);
	if (!profile)
		return 0;
	if (read_flags(profile, &s->plan.flags, e) < 0 || get(profile, root, &filter, e) < 0)
		return err_wrap(e, "linux.seccomp");
	if (filter.len == 0 || filter.len % sizeof(*s->filter) ||
	    filter.len / sizeof(*s->filter) > BPF_MAXINSNS)
		return err_set(e, "linux.seccomp: a filter of %zu bytes", filter.len);
	s->filter = (struct sock_filter *)take_ptr(&filter.data);
	s->plan.filter = s->filter;
	s->plan.filter_n = (unsigned short)(filter.len / sizeof(*s->filter));
	return 0;
}

void ociseccomp_free(struct ociseccomp *s)
{
	free(s->filter);
}
