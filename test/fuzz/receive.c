/*
 * Anything as what ct-send writes: the input is a header, a blank line and the parts. Its first
 * line, the checksums of the send streams and the digest at the end are made here, since random
 * ones would hide what stands behind them. The parts are received into an empty directory.
 */
#include "container/objectreceive.c"

#include <sys/mman.h>

#include "../unit/sendtext.h"
#include "files.h"
#include "jail.h"

/* Corrects the checksums of one stream; returns its length. */
static size_t correct_stream(uint8_t *data, size_t n)
{
	enum { HEAD = 17, COMMAND = 10, END = 21 };
	size_t at = HEAD;

	while (at + COMMAND <= n) {
		uint32_t size, sum;

		memcpy(&size, data + at, sizeof(size));
		if (size > n - at - COMMAND)
			return n;
		memset(data + at + 6, 0, sizeof(sum));
		sum = checksum(data + at, COMMAND + size);
		memcpy(data + at + 6, &sum, sizeof(sum));
		at += COMMAND + size;
		if (data[at - COMMAND - size + 4] == END)
			break;
	}
	return at < n ? at : n;
}

static void correct(uint8_t *data, size_t n)
{
	static const char magic[] = "btrfs-stream";

	for (size_t at = 0; at + sizeof(magic) <= n;) {
		uint8_t *found = memmem(data + at, n - at, magic, sizeof(magic));

		if (!found)
			return;
		at = (size_t)(found - data);
		at += correct_stream(found, n - at);
	}
}

static void make_parts(const struct receiving *j)
{
	for (size_t i = 0; i < j->header.n; i++)
		if (j->header.parts[i].subvolume)
			mkdir(j->header.parts[i].name, 0755);
}

static void receive_input(void *arg)
{
	struct receiving *j = arg;
	own_buf struct buf again = {0};
	own_record struct record config = {0};
	struct err e;

	if (transfer_read(&j->in, &j->header, &e) == 0 && check_names(&j->header, NULL, &e) == 0) {
		transfer_format(&j->header, &again);
		make_parts(j);
		if (receive_parts(j, &e) == 0) {
			own_fd int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			record_read(top, "config", &config, &e);
		}
	}
	digest_drop(&j->in.digest);
	transfer_free(&j->header);
}

static int make_input(const uint8_t *data, size_t n)
{
	own_buf struct buf all = {0};
	const uint8_t *blank = memmem(data, n, "\n\n", 2);
	size_t header = blank ? (size_t)(blank - data) + 1 : n, skip = blank ? header + 1 : n;
	char digest[DIGEST_LEN];
	int fd = memfd_create("transfer", MFD_CLOEXEC);

	buf_fmt(&all, "ct-send 1 %zu\n", header);
	buf_add(&all, (const char *)data, header);
	buf_add(&all, (const char *)data + skip, n - skip);
	correct((uint8_t *)all.data, all.len);
	digest_of(all.data, all.len, digest);
	buf_fmt(&all, "%s\n", digest);
	if (fd < 0 || fd_write_all(fd, all.data, all.len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_str struct receiving *j = mem_alloc(sizeof(*j));
	own_fd int fd = -1, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (n == 0)
		return 0;
	fd = make_input(data, n);
	*j = (struct receiving){
		.in = {.from = fd, .what = "fuzz"}, .draft = {.dir = -1}, .parent = -1, .to = null};
	jail_run(receive_input, j);
	return 0;
}
