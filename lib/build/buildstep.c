#include "build/buildstep.h"

#include <string.h>

#include "base/own.h"

struct step *buildstep_list_add(struct steps *s, enum step_kind kind, int line, size_t stage)
{
	s->v = mem_grow_one(s->v, s->n, sizeof(*s->v));
	s->v[s->n] =
		(struct step){.kind = kind, .line = line, .stage = stage, .from = {.stage = -1}};
	return &s->v[s->n++];
}

void buildstep_add_file(struct step *s, const char *name, const char *content)
{
	s->files = mem_grow_one(s->files, s->files_n, sizeof(*s->files));
	s->files[s->files_n++] = (struct step_file){str_dup(name), str_dup(content)};
}

struct step_mount *buildstep_add_mount(struct step *s)
{
	s->mounts = mem_grow_one(s->mounts, s->mounts_n, sizeof(*s->mounts));
	s->mounts[s->mounts_n] = (struct step_mount){.from = {.stage = -1}};
	return &s->mounts[s->mounts_n++];
}

static void free_mounts(struct step *s)
{
	for (size_t i = 0; i < s->mounts_n; i++) {
		free(s->mounts[i].from.image);
		free(s->mounts[i].source);
		free(s->mounts[i].target);
		free(s->mounts[i].id);
	}
	free(s->mounts);
}

static void free_step(struct step *s)
{
	char *const texts[] = {s->name,  s->text,    s->history,    s->workdir,
			       s->user,  s->network, s->from.image, s->dest,
			       s->chown, s->chmod,   s->checksum};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(texts[i]);
	strv_free(&s->args);
	strv_free(&s->proxies);
	strv_free(&s->excludes);
	free_mounts(s);
	for (size_t i = 0; i < s->files_n; i++) {
		free(s->files[i].name);
		free(s->files[i].content);
	}
	free(s->files);
}

bool buildstep_is_copy(const struct step_mount *m)
{
	return m->kind == MOUNT_CACHE && (m->from.stage >= 0 || m->from.image);
}

void buildstep_list_free(struct steps *s)
{
	for (size_t i = 0; i < s->n; i++)
		free_step(&s->v[i]);
	free(s->v);
	for (size_t i = 0; i < s->stages_n; i++) {
		free(s->stages[i].name);
		free(s->stages[i].image);
		record_free(&s->stages[i].config);
		scope_free(&s->stages[i].scope);
		pairs_free(&s->stages[i].labels);
		pairs_free(&s->stages[i].ports);
		pairs_free(&s->stages[i].volumes);
	}
	free(s->stages);
	strv_free(&s->unused);
	*s = (struct steps){0};
}

char *buildstep_path(const char *dir, const char *path, bool keep)
{
	own_str char *whole = *path == '/' ? str_dup(path) : str_fmt("%s/%s", dir, path);
	own_strv struct strv parts = {0};
	struct buf out = {0};
	size_t n = strlen(whole);
	bool directory = keep && n > 1 &&
		(whole[n - 1] == '/' || (whole[n - 1] == '.' && whole[n - 2] == '/'));

	strv_split(&parts, whole, '/');
	buf_str(&out, "");
	for (size_t i = 0; i < parts.n; i++) {
		if (!*parts.v[i] || str_equal(parts.v[i], "."))
			continue;
		if (!str_equal(parts.v[i], "..")) {
			buf_fmt(&out, "/%s", parts.v[i]);
		} else if (out.len > 0) {
			out.len = (size_t)(strrchr(out.data, '/') - out.data);
			out.data[out.len] = '\0';
		}
	}
	if (out.len == 0 || directory)
		buf_str(&out, "/");
	return out.data;
}
