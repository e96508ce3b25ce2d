#include "build/stepmount.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"

/* Splits KEY=VALUE,... with the quotes of CSV (RFC 4180): "KEY=a,b". */
static void split_fields(const char *s, struct strv *out)
{
	for (bool more = true; more;) {
		own_buf struct buf field = {0};
		bool quoted = *s == '"';

		buf_str(&field, "");
		for (s += quoted; *s && (quoted || *s != ','); s++) {
			if (quoted && *s == '"') {
				if (s[1] != '"') {
					quoted = false;
					continue;
				}
				s++;
			}
			buf_add(&field, s, 1);
		}
		strv_add(out, field.data);
		more = *s == ',';
		s += more;
	}
}

/* A --mount being read. */
struct saying {
	struct stepping *s;
	struct step_mount *m;
	bool access; /* ro or rw was given */
	bool owner;  /* mode, uid or gid was given */
	bool shared, sized, required;
};

static bool bad(const struct saying *y, const char *key, const char *value)
{
	stepping_fault(y->s, "--mount: %s=%s: not a valid value of %s", key, value, key);
	return false;
}

static bool read_type(struct saying *y, const char *value)
{
	static const char *const kinds[] = {"bind", "cache", "tmpfs", "secret"};

	for (int i = MOUNT_BIND; i <= MOUNT_SECRET; i++)
		if (strcasecmp(value, kinds[i]) == 0) {
			y->m->kind = (enum step_mount_kind)i;
			return true;
		}
	stepping_fault(y->s, "--mount: type=%s: not supported (bind, cache, tmpfs and secret are)",
		       value);
	return false;
}

static bool read_sharing(struct saying *y, const char *value)
{
	static const char *const kinds[] = {"shared", "private", "locked"};

	y->shared = true;
	for (int i = SHARING_SHARED; i <= SHARING_LOCKED; i++)
		if (strcasecmp(value, kinds[i]) == 0) {
			y->m->sharing = (enum step_sharing)i;
			return true;
		}
	return bad(y, "sharing", value);
}

static bool read_access(struct saying *y, const char *key, const char *value, bool writable)
{
	bool is;

	y->access = true;
	if (!str_bool(value, &is))
		return bad(y, key, value);
	y->m->writable = writable == is;
	return true;
}

static bool read_required(struct saying *y, const char *value)
{
	y->required = true;
	return str_bool(value, &y->m->required) || bad(y, "required", value);
}

static bool read_number(struct saying *y, const char *key, const char *value, bool octal,
			uint32_t *out)
{
	uint64_t n = 0;
	struct err e;

	y->owner = true;
	if (octal) {
		if (!*value || strspn(value, "01234567") != strlen(value) || strlen(value) > 5 ||
		    (n = strtoul(value, NULL, 8)) > 07777)
			return bad(y, key, value);
	} else if (num_uint(value, 0, UINT32_MAX - 1, &n, &e) < 0) {
		return bad(y, key, value);
	}
	*out = (uint32_t)n;
	return true;
}

static bool read_size(struct saying *y, const char *value)
{
	struct err e;

	y->sized = true;
	return num_size(value, &y->m->size, &e) == 0 || bad(y, "size", value);
}

static bool set_text(char **to, const char *value)
{
	free(*to);
	*to = str_dup(value);
	return true;
}

static bool read_value(struct saying *y, const char *key, const char *value)
{
	if (str_equal(key, "type"))
		return read_type(y, value);
	if (str_equal(key, "source") || str_equal(key, "src"))
		return set_text(&y->m->source, value);
	if (str_equal(key, "target") || str_equal(key, "dst") || str_equal(key, "destination"))
		return set_text(&y->m->target, value);
	if (str_equal(key, "id"))
		return set_text(&y->m->id, value);
	if (str_equal(key, "sharing"))
		return read_sharing(y, value);
	if (str_equal(key, "readonly") || str_equal(key, "ro"))
		return read_access(y, key, value, false);
	if (str_equal(key, "readwrite") || str_equal(key, "rw"))
		return read_access(y, key, value, true);
	if (str_equal(key, "mode"))
		return read_number(y, key, value, true, &y->m->mode);
	if (str_equal(key, "uid"))
		return read_number(y, key, value, false, &y->m->uid);
	if (str_equal(key, "gid"))
		return read_number(y, key, value, false, &y->m->gid);
	if (str_equal(key, "size"))
		return read_size(y, value);
	if (str_equal(key, "required"))
		return read_required(y, value);
	stepping_fault(y->s,
		       str_equal(key, "env") ? "--mount: %s: not supported"
					     : "--mount: %s: no such key",
		       key);
	return false;
}

static bool read_field(struct saying *y, const char *field)
{
	size_t n = strcspn(field, "=");
	own_str char *key = str_dup_n(field, n), *value = NULL;

	for (char *c = key; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	if (!field[n]) {
		if (!str_equal(key, "ro") && !str_equal(key, "readonly") && !str_equal(key, "rw") &&
		    !str_equal(key, "readwrite") && !str_equal(key, "required")) {
			stepping_fault(y->s, "--mount: %s: not KEY=VALUE", field);
			return false;
		}
		return read_value(y, key, "true");
	}
	if (str_equal(key, "from"))
		return stepping_find_source(y->s, "--mount: from", field + n + 1, &y->m->from);
	value = stepping_expand(y->s, field + n + 1);
	return value && read_value(y, key, value);
}

/* Refuses keys that do not apply to this kind of mount; the key, or NULL. */
static const char *unfit(const struct saying *y)
{
	const struct step_mount *m = y->m;
	bool from = m->from.image || m->from.stage >= 0, secret = m->kind == MOUNT_SECRET;

	if (m->kind != MOUNT_CACHE && (y->shared || (y->owner && !secret)))
		return "sharing, mode, uid and gid need type=cache";
	if (m->id && m->kind != MOUNT_CACHE && !secret)
		return "id needs type=cache or type=secret";
	if (secret && y->owner)
		return "mode, uid and gid of a secret are not supported: it has those of its file";
	if (!secret && y->required)
		return "required needs type=secret";
	if (m->kind != MOUNT_TMPFS && y->sized)
		return "size needs type=tmpfs";
	if ((m->kind == MOUNT_TMPFS || secret) && (m->source || from))
		return secret ? "type=secret has no source" : "type=tmpfs has no source";
	if (secret && y->access)
		return "a secret is always read-only";
	if (m->kind == MOUNT_CACHE && m->source && !from)
		return "source of a cache needs from";
	if (m->kind == MOUNT_CACHE && y->owner && from)
		return "mode, uid and gid need a cache without from";
	if (secret && !m->target && !m->id)
		return "a secret has neither an id nor a target";
	return !secret && (!m->target || !*m->target) ? "has no target" : NULL;
}

static bool check(struct saying *y)
{
	const char *why = unfit(y);

	if (why)
		stepping_fault(y->s, "--mount: %s", why);
	return !why;
}

/* A secret has an id, a target, or both. */
static void complete_secret(struct step_mount *m)
{
	const char *slash = m->target ? strrchr(m->target, '/') : NULL;

	if (!m->id)
		m->id = str_dup(slash ? slash + 1 : m->target);
	if (!m->target)
		m->target = str_fmt("/run/secrets/%s", m->id);
}

static bool complete(struct saying *y)
{
	const char *workdir = record_get(&stepping_stage(y->s)->config, "workdir");
	struct step_mount *m = y->m;
	char *source = buildstep_path("/", m->source ? m->source : "", false);

	if (m->kind == MOUNT_SECRET)
		complete_secret(m);
	if (!y->access)
		m->writable = m->kind == MOUNT_CACHE || m->kind == MOUNT_TMPFS;
	if (m->kind == MOUNT_CACHE && !m->id)
		m->id = buildstep_path("", m->target, false);
	free(m->source);
	m->source = source;
	source = buildstep_path(workdir ? workdir : "/", m->target, false);
	free(m->target);
	m->target = source;
	if (!str_equal(m->target, "/"))
		return true;
	stepping_fault(y->s, "--mount: the target is the root directory");
	return false;
}

bool stepmount_read(struct stepping *s, struct step *step, const char *text)
{
	struct saying y = {.s = s, .m = buildstep_add_mount(step)};
	own_strv struct strv fields = {0};

	y.m->mode = 0755;
	split_fields(text, &fields);
	for (size_t i = 0; i < fields.n; i++)
		if (!read_field(&y, fields.v[i]))
			return false;
	return check(&y) && complete(&y);
}
