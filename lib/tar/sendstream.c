#include "tar/sendstream.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

/* The lengths of a command's and of an attribute's header. */
enum { COMMAND_HEADER = 10, ATTRIBUTE_HEADER = 4, TABLES = 8 };

static const char magic[13] = "btrfs-stream";

/* tables[k][b]: the checksum of byte b followed by k zero bytes. Eight bytes at a time
 * ("slicing-by-8"). */
static uint32_t tables[TABLES][256];

static void make_tables(void)
{
	enum { POLYNOMIAL = 0x82f63b78 };

	if (tables[0][1])
		return;
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t c = b;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ POLYNOMIAL : c >> 1;
		tables[0][b] = c;
	}
	for (int k = 1; k < TABLES; k++)
		for (int b = 0; b < 256; b++)
			tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 0xff];
}

/* Unlike other uses of CRC-32C, a stream's checksum begins with 0 and is not inverted. */
static uint32_t checksum(uint32_t c, const unsigned char *p, size_t n)
{
	for (; n >= TABLES; n -= TABLES, p += TABLES) {
		c ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
			(uint32_t)p[3] << 24;
		c = tables[7][c & 0xff] ^ tables[6][c >> 8 & 0xff] ^ tables[5][c >> 16 & 0xff] ^
			tables[4][c >> 24] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^
			tables[0][p[7]];
	}
	while (n--)
		c = c >> 8 ^ tables[0][(c ^ *p++) & 0xff];
	return c;
}

int sendstream_read_fd(void *arg, void *data, size_t n, struct err *e)
{
	int from = *(const int *)arg;

	for (size_t done = 0; done < n;) {
		ssize_t got = read(from, (char *)data + done, n - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "read the send stream");
		if (got == 0)
			return err_set(e, "the send stream ends early");
		done += (size_t)got;
	}
	return 0;
}

static int bad(const struct sendstream *s, const char *why, struct err *e)
{
	return err_set(e, "%s: invalid send stream: %s", s->what, why);
}

int sendstream_begin(struct sendstream *s, struct err *e)
{
	unsigned char head[sizeof(magic) + 4];
	uint32_t version;

	make_tables();
	if (s->read(s->arg, head, sizeof(head), e) < 0)
		return -1;
	memcpy(&version, head + sizeof(magic), 4);
	if (memcmp(head, magic, sizeof(magic)) != 0)
		return err_set(e, "%s: not a send stream", s->what);
	if (le32toh(version) != 1)
		return err_set(e, "%s: send streams of version %u are not supported", s->what,
			       le32toh(version));
	return 0;
}

static int read_attributes(struct sendstream *s, size_t size, struct err *e)
{
	uint16_t head[2];

	memset(s->attributes, 0, sizeof(s->attributes));
	for (size_t at = 0; at < size;) {
		size_t type, n;

		if (size - at < ATTRIBUTE_HEADER)
			return bad(s, "an attribute is cut short", e);
		memcpy(head, s->body + at, sizeof(head));
		at += ATTRIBUTE_HEADER;
		type = le16toh(head[0]), n = le16toh(head[1]);
		if (type == 0 || type >= SEND_ATTRIBUTES)
			return bad(s, "an unknown attribute", e);
		if (n > size - at)
			return bad(s, "an attribute is cut short", e);
		if (s->attributes[type].data)
			return bad(s, "an attribute occurs twice", e);
		s->attributes[type] = (struct sendstream_value){s->body + at, n};
		at += n;
	}
	return 0;
}

int sendstream_next(struct sendstream *s, struct err *e)
{
	static const unsigned char zero[4];
	unsigned char head[COMMAND_HEADER];
	uint32_t size, sum, found;
	uint16_t type;

	if (s->read(s->arg, head, sizeof(head), e) < 0)
		return -1;
	memcpy(&size, head, 4);
	memcpy(&type, head + 4, 2);
	memcpy(&sum, head + 6, 4);
	size = le32toh(size);
	type = le16toh(type);
	if (size > SEND_BODY_MAX)
		return bad(s, "a command is too long", e);
	if (type == 0 || type >= SEND_COMMANDS)
		return bad(s, "an unknown command", e);
	if (s->read(s->arg, s->body, size, e) < 0)
		return -1;
	/* The checksum covers the header, with zeros in place of itself. */
	found = checksum(checksum(checksum(0, head, 6), zero, 4), s->body, size);
	if (found != le32toh(sum))
		return bad(s, "wrong checksum", e);
	s->command = type;
	return read_attributes(s, size, e) < 0 ? -1 : type != SEND_END;
}

int sendstream_text(const struct sendstream *s, enum sendstream_attribute a, char *out, size_t max,
		    struct err *e)
{
	const struct sendstream_value *v = &s->attributes[a];

	if (!v->data)
		return bad(s, "an attribute is missing", e);
	if (v->n >= max || memchr(v->data, '\0', v->n))
		return bad(s, "a name is invalid", e);
	memcpy(out, v->data, v->n);
	out[v->n] = '\0';
	return 0;
}

int sendstream_path(const struct sendstream *s, enum sendstream_attribute a, char out[PATH_MAX],
		    struct err *e)
{
	if (sendstream_text(s, a, out, PATH_MAX, e) < 0)
		return -1;
	if (!*out) {
		memcpy(out, ".", 2);
		return 0;
	}
	for (const char *p = out; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) {
		size_t n = strcspn(p, "/");

		if (n == 0 || n > NAME_MAX || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return err_set(e, "%s: invalid send stream: path %.300s", s->what, out);
	}
	return 0;
}

int sendstream_number(const struct sendstream *s, enum sendstream_attribute a, uint64_t *out,
		      struct err *e)
{
	const struct sendstream_value *v = &s->attributes[a];

	if (!v->data || v->n != sizeof(*out))
		return bad(s, "a number is missing", e);
	memcpy(out, v->data, sizeof(*out));
	*out = le64toh(*out);
	return 0;
}

int sendstream_time(const struct sendstream *s, enum sendstream_attribute a, struct timespec *out,
		    struct err *e)
{
	const struct sendstream_value *v = &s->attributes[a];
	uint64_t sec;
	uint32_t nsec;

	if (!v->data || v->n != sizeof(sec) + sizeof(nsec))
		return bad(s, "a time is missing", e);
	memcpy(&sec, v->data, sizeof(sec));
	memcpy(&nsec, (const char *)v->data + sizeof(sec), sizeof(nsec));
	*out = (struct timespec){(time_t)le64toh(sec), (long)le32toh(nsec)};
	return out->tv_nsec < 1000000000 ? 0 : bad(s, "an invalid time", e);
}

int sendstream_uuid(const struct sendstream *s, enum sendstream_attribute a, uint8_t out[16],
		    struct err *e)
{
	const struct sendstream_value *v = &s->attributes[a];

	if (!v->data || v->n != 16)
		return bad(s, "a UUID is missing", e);
	memcpy(out, v->data, 16);
	return 0;
}
