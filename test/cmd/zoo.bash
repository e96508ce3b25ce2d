# shellcheck shell=bash
# Files for tests of copies: `load zoo`.

# Makes every kind of file in directory $1. FIFOs have one name, because tar has no links to them.
zoo() {
	mkdir -p "$1/bin" "$1/empty" "$1/sticky" "$1/acl" "$1/deep/a/b/c"
	printf hello >"$1/bin/plain"
	chmod 640 "$1/bin/plain"
	chown 33:44 "$1/bin/plain"
	setfattr -n user.note -v 'some value' "$1/bin/plain"
	printf x >"$1/bin/setuid"
	chown 1000:1001 "$1/bin/setuid"
	chmod 6755 "$1/bin/setuid"
	printf x >"$1/bin/capable"
	chown 7:7 "$1/bin/capable"
	setcap cap_net_raw,cap_setuid+ep "$1/bin/capable"
	ln "$1/bin/plain" "$1/deep/a/b/hard"
	ln -s ../bin/plain "$1/deep/soft"
	ln "$1/deep/soft" "$1/deep/soft-again"
	ln -s /no/such "$1/dangling"
	chown -h 5:6 "$1/dangling"
	mknod "$1/null" c 1 3
	mknod "$1/disk" b 7 200
	mknod "$1/zero-zero" c 0 0
	chmod 620 "$1/disk"
	mkfifo "$1/fifo"
	chmod 1777 "$1/sticky"
	chown 12:34 "$1/empty"
	chmod 2755 "$1/empty"
	printf x >"$1/acl/file"
	setfacl -m u:12345:r,g:54321:rw,u:1:rwx "$1/acl/file"
	printf y >"$1/acl/without"
	setfacl -m u:12345:rwx -d -m u:54321:rx "$1/acl"
	truncate -s 10M "$1/sparse"
	printf middle | dd of="$1/sparse" bs=1 seek=5000000 conv=notrunc status=none
	truncate -s 1M "$1/hole"
	: >"$1/nothing"
	for name in "$(printf 'caf\351')" "$(printf 'new\nline')" naïve ' spaces ' -dash "$(printf 'x%.0s' $(seq 255))"; do
		printf z >"$1/$name"
	done
	touch -h -d '2001-02-03 04:05:06.789 UTC' "$1/dangling"
	touch -d '1999-12-31 23:59:59.123456789 UTC' "$1/bin/plain"
	touch -d '2030-01-01 UTC' "$1/sticky"
	touch -d '1970-01-02 UTC' "$1/deep/a"
	chown 3:4 "$1"
	chmod 711 "$1"
	touch -d '2010-10-10 10:10:10.5 UTC' "$1"
}

# Prints all properties of a tree, except the link count of directories, which depends on the file system.
describe() {
	(
		cd "$1" || exit
		export LC_ALL=C
		find . -printf '%p %y %m %U:%G %l %T@ ' \( -type f -printf %s -o -true \) -printf '\n' | sort
		find . \( -type b -o -type c \) -exec stat -c '%n %t:%T' {} + | sort
		find . -type f -exec sha256sum {} + | sort
		find . -printf '%i %p\n' | sort -k 2 |
			awk '{ n[$1]++; if (n[$1] == 1) f[$1] = $2; else print f[$1], "=", $2 }'
		find . -print0 | sort -z | xargs -0 getfattr -h -d -m -
		stat -c '%n %b' sparse hole | awk '{ print $1, $2 < 100 ? "sparse" : "dense" }'
	)
}

same() {
	diff -a <(describe "$1") <(describe "$2")
}

# The same but for holes: a layer holds zeros instead, and unpacking makes holes of long runs of zeros.
same_but_holes() {
	diff -a <(describe "$1" | sed 's/ dense$/ sparse/') <(describe "$2" | sed 's/ dense$/ sparse/')
}

# Writes a tar to stdout; its entries are Python calls `add(name, data=b"", **fields)`.
tar_of() {
	python3 -c '
import io, sys, tarfile
out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT)
def add(name, data=b"", **fields):
    t = tarfile.TarInfo(name)
    t.size = len(data)
    for k, v in fields.items():
        setattr(t, k, v)
    out.addfile(t, io.BytesIO(data))
LINK, HARD, DIR, CHR, BLK = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE
exec(sys.argv[1])
out.close()' "$1"
}
