#include "build/stepsjson.h"

#include <string.h>

#include "base/own.h"
#include "base/table.h"
#include "build/buildstep.h"

/* Writes ,"KEY":"VALUE"; nothing for NULL. */
static void add_text(struct buf *out, const char *key, const char *value)
{
	if (!value)
		return;
	buf_fmt(out, ",\"%s\":", key);
	json_quote(out, value);
}

static void add_list(struct buf *out, const char *key, const struct strv *list)
{
	buf_fmt(out, ",\"%s\":[", key);
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_str(out, ",");
		json_quote(out, list->v[i]);
	}
	buf_str(out, "]");
}

static void add_source(struct buf *out, const struct step_source *from)
{
	if (from->stage >= 0)
		buf_fmt(out, ",\"from\":%d", from->stage);
	else
		add_text(out, "from", from->image);
}

static void add_mount(struct buf *out, const struct step_mount *m)
{
	static const char *const kinds[] = {"bind", "cache", "tmpfs", "secret"},
				 *const sharing[] = {"shared", "private", "locked"};

	buf_fmt(out, "{\"type\":\"%s\"", kinds[m->kind]);
	add_text(out, "target", m->target);
	if (m->kind == MOUNT_BIND || buildstep_is_copy(m)) {
		add_source(out, &m->from);
		add_text(out, "source", m->source);
	}
	buf_fmt(out, ",\"writable\":%s", m->writable ? "true" : "false");
	if (m->kind == MOUNT_CACHE) {
		add_text(out, "id", m->id);
		buf_fmt(out, ",\"sharing\":\"%s\",\"mode\":\"%04o\",\"uid\":%u,\"gid\":%u",
			sharing[m->sharing], m->mode, m->uid, m->gid);
	}
	if (m->kind == MOUNT_SECRET) {
		add_text(out, "id", m->id);
		buf_fmt(out, ",\"required\":%s", m->required ? "true" : "false");
	}
	if (m->kind == MOUNT_TMPFS && m->size)
		buf_fmt(out, ",\"size\":%llu", (unsigned long long)m->size);
	buf_str(out, "}");
}

static void add_run(struct buf *out, const struct steps *all, const struct step *s)
{
	own_strv struct strv env = {0};

	scope_list(&all->stages[s->stage].scope, s->settings, &env);
	add_list(out, "env", &env);
	add_text(out, "workdir", s->workdir ? s->workdir : "/");
	add_text(out, "user", s->user);
	add_text(out, "network", s->network);
	buf_str(out, ",\"mounts\":[");
	for (size_t i = 0; i < s->mounts_n; i++) {
		if (i)
			buf_str(out, ",");
		add_mount(out, &s->mounts[i]);
	}
	buf_str(out, "]");
}

static void add_files(struct buf *out, const struct step *s)
{
	buf_str(out, ",\"files\":[");
	for (size_t i = 0; i < s->files_n; i++) {
		buf_str(out, i ? ",{\"name\":" : "{\"name\":");
		json_quote(out, s->files[i].name);
		add_text(out, "content", s->files[i].content);
		buf_str(out, "}");
	}
	buf_str(out, "]");
}

static void add_copy(struct buf *out, const struct step *s)
{
	add_source(out, &s->from);
	add_text(out, "dest", s->dest);
	add_text(out, "chown", s->chown);
	add_text(out, "chmod", s->chmod);
	add_text(out, "checksum", s->checksum);
	add_list(out, "exclude", &s->excludes);
}

static void add_step(struct buf *out, const struct steps *all, const struct step *s)
{
	const struct build_stage *stage = &all->stages[s->stage];

	buf_fmt(out, "{\"stage\":%zu,\"line\":%d", s->stage, s->line);
	add_text(out, "instruction", s->name);
	add_text(out, "text", s->text);
	add_list(out, "args", &s->args);
	if (s->kind == STEP_FROM) {
		add_text(out, "image",
			 stage->image              ? stage->image
				 : stage->base < 0 ? "scratch"
						   : NULL);
		add_source(out, &s->from);
		add_text(out, "name", *stage->name ? stage->name : NULL);
	}
	if (s->kind == STEP_RUN)
		add_run(out, all, s);
	if (s->kind == STEP_COPY || s->kind == STEP_ADD)
		add_copy(out, s);
	if (s->files_n > 0)
		add_files(out, s);
	buf_str(out, "}\n");
}

void stepsjson_write(const struct steps *all, struct buf *out)
{
	buf_str(out, "");
	for (size_t i = 0; i < all->n; i++)
		if (all->stages[all->v[i].stage].needed)
			add_step(out, all, &all->v[i]);
}
