#include "container/detachkeys.h"

#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

/* The byte that a terminal sends for a key; -1: not a key. */
static int read_key(const char *name)
{
	const char *letter = str_starts(name, "ctrl-") ? name + strlen("ctrl-") : NULL;
	int c;

	if (!letter)
		return strlen(name) == 1 && (unsigned char)*name < 0x80 ? *name : -1;
	if (strlen(letter) != 1)
		return -1;
	c = *letter >= 'a' && *letter <= 'z' ? *letter - 'a' + 'A' : *letter;
	return c >= '@' && c <= '_' ? c - '@' : -1;
}

int detachkeys_read(const char *text, struct detachkeys *k, struct err *e)
{
	own_strv struct strv names = {0};

	*k = (struct detachkeys){.n = 0};
	if (!*text)
		return 0;
	strv_split(&names, text, ',');
	for (size_t i = 0; i < names.n; i++) {
		int key = read_key(names.v[i]);

		if (key < 0)
			return err_set(
				e,
				"%s: not a key (a character, or ctrl- and one of a-z @ [ \\ ] ^ _)",
				names.v[i]);
		if (k->n == DETACHKEYS_MAX)
			return err_set(e, "%s: more than %d keys", text, DETACHKEYS_MAX);
		k->key[k->n++] = (char)key;
	}
	return 0;
}

/* After a byte that does not continue the sequence: how much of what was typed still begins it. */
static void release(struct detachkeys *k, char c, char *out, size_t *len)
{
	char typed[DETACHKEYS_MAX + 1];
	size_t have = k->held, keep;

	memcpy(typed, k->key, have);
	typed[have++] = c;
	for (keep = have - 1; keep > 0; keep--)
		if (memcmp(typed + have - keep, k->key, keep) == 0)
			break;
	memcpy(out + *len, typed, have - keep);
	*len += have - keep;
	k->held = keep;
}

bool detachkeys_take(struct detachkeys *k, const char *in, size_t n, char *out, size_t *len)
{
	*len = 0;
	for (size_t i = 0; i < n; i++) {
		if (k->n && in[i] == k->key[k->held])
			k->held++;
		else
			release(k, in[i], out, len);
		if (k->n && k->held == k->n)
			return true;
	}
	return false;
}
