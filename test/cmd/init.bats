bats_require_minimum_version 1.5.0
load helper
load zoo
load imports

@test "a directory becomes an image with every kind of file as it was" {
	zoo "$D/zoo"
	run --separate-stderr ct-init "$D/zoo"
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^img_[0-9]+$ ]]
	same "$D/zoo" "$(rootfs "$output")"
}

@test "a directory of the store's own file system shares its data with the image" {
	mkdir "$CT_ROOT/tmp/big"
	head -c 8M /dev/urandom >"$CT_ROOT/tmp/big/data"
	flock "$CT_ROOT/tmp/big" ct-init "$CT_ROOT/tmp/big" >"$D/id"
	image=$(rootfs "$(cat "$D/id")")
	cmp "$CT_ROOT/tmp/big/data" "$image/data"
	sync -f "$CT_ROOT"
	[ "$(btrfs filesystem du -s --raw "$image" | awk 'END { print $2 }')" -eq 0 ]
	rm -r "$CT_ROOT/tmp/big"
}

@test "a subvolume inside the directory is copied, what is mounted there is not, and is named" {
	mkdir -p "$D/top/mnt" "$D/top/file"
	btrfs -q subvolume create "$CT_ROOT/tmp/sub" >/dev/null
	btrfs -q subvolume create "$CT_ROOT/tmp/sub/inner" >/dev/null
	mkdir "$CT_ROOT/tmp/sub/mnt"
	echo data >"$CT_ROOT/tmp/sub/inner/file"
	echo data >"$CT_ROOT/tmp/sub/covered"
	id=$(unshare -m flock "$CT_ROOT/tmp/sub" sh -ec '
		mount -t tmpfs -o mode=1700 none "$CT_ROOT/tmp/sub/mnt"
		echo hidden >"$CT_ROOT/tmp/sub/mnt/file"
		mount --bind /dev/null "$CT_ROOT/tmp/sub/covered"
		ct-init "$CT_ROOT/tmp/sub"' 2>"$D/said")
	diff - <(sort "$D/said") <<-END
		ct-init: $CT_ROOT/tmp/sub/covered: mount point left out
		ct-init: $CT_ROOT/tmp/sub/mnt: mount point left out
		END
	image=$(rootfs "$id")
	[ "$(cat "$image/inner/file")" = data ]
	[ -z "$(ls -A "$image/mnt")" ]
	[ "$(stat -c %a "$image/mnt")" = 1700 ]
	[ "$(stat -c %F:%s "$image/covered")" = "regular empty file:0" ]
	btrfs -q subvolume delete "$CT_ROOT/tmp/sub/inner" "$CT_ROOT/tmp/sub" >/dev/null
}

@test "a large archive is written to the disk while it is unpacked, a small one at the end" {
	[ "$B" = "${B%asan}" ] || skip 'the sanitizers do not run below strace'
	mkdir "$D/small" "$D/large"
	head -c 1M /dev/urandom >"$D/small/data"
	head -c 140M /dev/urandom >"$D/large/data"
	for size in small large; do
		tar -C "$D/$size" -cf "$D/$size.tar" .
		strace -f -qq -o "$D/$size.calls" -e trace=syncfs ct-init - <"$D/$size.tar" >"$D/id"
		cmp "$D/$size/data" "$(rootfs "$(cat "$D/id")")/data"
	done
	[ "$(grep -c 'syncfs(' "$D/large.calls")" -gt "$(grep -c 'syncfs(' "$D/small.calls")" ]
}

@test "sockets are left out, and FIFOs are not opened" {
	mkdir "$D/dir"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$D/dir/socket"
	mkfifo "$D/dir/fifo"
	image=$(rootfs "$(timeout 20 ct-init "$D/dir")")
	[ "$(ls "$image")" = fifo ]
}

@test "links in the directory are kept and not followed; the operand may be a link" {
	mkdir "$D/dir" "$D/outside"
	echo secret >"$D/outside/file"
	ln -s "$D/outside" "$D/dir/out"
	ln -s dir "$D/link"
	id=$(ct-init "$D/link")
	[ "$(readlink "$(rootfs "$id")/out")" = "$D/outside" ]
	[ "$(ct-images -o source --no-header "$id")" = "$D/dir" ]
}

@test "a tar keeps every kind of file, in each compression" {
	zoo "$D/zoo"
	for filter in cat gzip 'zstd -q' 'xz -1' bzip2; do
		id=$(tar --xattrs --acls --sparse -C "$D/zoo" -c . | $filter | ct-init -)
		same "$D/zoo" "$(rootfs "$id")"
	done
}

@test "a tar in GNU format keeps every kind of file that it can contain" {
	zoo "$D/zoo"
	find "$D/zoo" -exec touch -h -d '2020-02-02 02:02:02 UTC' {} +
	setcap -r "$D/zoo/bin/capable"
	setfattr -x user.note "$D/zoo/bin/plain"
	setfacl -R -b -k "$D/zoo"
	id=$(tar --format=gnu --sparse -C "$D/zoo" -c . | ct-init -)
	same "$D/zoo" "$(rootfs "$id")"
}

@test "names in a tar may start with / or ./" {
	id=$(tar_of 'add("/a", b"1"); add("./b", b"2"); add("c/d", b"3"); add(".//e", b"4"); add("hard", type=HARD, linkname="/a")' |
		ct-init -)
	[ "$(cd "$(rootfs "$id")" && cat a b c/d e hard)" = 12341 ]
	[ "$(stat -c %a:%u "$(rootfs "$id")")" = 755:0 ]
}

@test "numeric owners of a tar count, not the names" {
	id=$(tar_of 'add("a", uid=4242, gid=4243, uname="root", gname="root")' | ct-init -)
	[ "$(stat -c %u:%g "$(rootfs "$id")/a")" = 4242:4243 ]
}

@test "-n names the image, and the name moves to a newer one" {
	mkdir "$D/dir"
	first=$(ct-init -n base "$D/dir")
	second=$(ct-init -n base:latest "$D/dir")
	[ "$(ct-images -q base)" = "$second" ]
	[ "$(ct-images --no-header -o id,name "$first" "$second")" = "$(printf '%s\t\n%s\tbase:latest' "$first" "$second")" ]
}

@test "an image whose id cannot be printed is removed, and its name stays with the old image" {
	mkdir "$D/dir"
	first=$(ct-init -n kept "$D/dir")
	before=$(ct-images -q)
	mkfifo "$D/gone"
	exec 8<>"$D/gone" 9>"$D/gone" 8<&-
	for name in '' '-n kept' '-n new'; do
		for to in /dev/full '&-'; do
			run bash -c "ct-init $name \"\$1\" 2>&1 >$to" bash "$D/dir"
			refused 'standard output: '
		done
		run -1 bash -c "ct-init $name \"\$1\" 2>&1 >&9" bash "$D/dir"
		[ -z "$output" ]
		[ "$(ct-images -q)" = "$before" ]
	done
	exec 9>&-
	[ "$(ct-images -q kept)" = "$first" ]
	run ! ct-images -q new
}

@test "the image is read-only and records its size" {
	mkdir "$D/dir"
	head -c 1000 /dev/zero >"$D/dir/a"
	ln "$D/dir/a" "$D/dir/b"
	head -c 234 /dev/zero >"$D/dir/c"
	id=$(ct-init "$D/dir")
	run touch "$(rootfs "$id")/new"
	[ "$status" -ne 0 ]
	[ "$(ct-images --no-header -o size "$id")" = 1234 ]
}

@test "an operand that is not a directory is refused at once, and no store is made" {
	: >"$D/file"
	mkfifo "$D/fifo"
	for source in "$D/missing" "$D/file" "$D/fifo" ""; do
		CT_ROOT=$D/new run timeout 20 ct-init "$source"
		[ "$status" -eq 1 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "ct-init: $source: "* ]]
		[ ! -e "$D/new" ]
	done
	run ct-init "$D/missing"
	refused "missing: No such file or directory"
	run ct-init
	[ "$status" -eq 2 ]
	run ct-init "$D/file"
	refused "file: not a directory (an archive: 'ct init - <FILE')"
	run -2 ct-init -n 'Bad Name' "$D"
	[[ "$output" == 'ct-init: Bad Name: not a name'* ]]
	run script -qec 'ct-init -' /dev/null
	[ "$status" -eq 1 ]
	[[ "$output" == *"standard input is a terminal"* ]]
}

@test "a directory with the store in it is refused" {
	run ct-init "${CT_ROOT%/*}"
	refused "contains the store"
	run ct-init /
	refused "contains the store"
}

@test "a tar that leads out of the image is refused by the name of the entry" {
	echo kept >"$D/outside"
	for bad in '"../evil", b"x"' '"a/../../evil", b"x"' '"/..", type=DIR' '"..", type=DIR' \
		'"hard", type=HARD, linkname="../../evil"'; do
		run ct-init - < <(tar_of "add(\"good\", b\"1\"); add($bad)")
		refused '".." is refused'
	done
	run ct-init - < <(tar_of "add('out', type=LINK, linkname='$D'); add('out/outside', b'x')")
	refused "out/outside: "
	run ct-init - < <(tar_of "add('out', type=LINK, linkname='/'); add('hard', type=HARD, linkname='out$D/outside')")
	refused "hard: "
	run ct-init - < <(tar_of "add('hard', type=HARD, linkname='$D/outside')")
	refused "hard: "
	[ "$(cat "$D/outside")" = kept ]
}

@test "a later entry replaces a link of a tar and does not follow it" {
	echo kept >"$D/outside"
	id=$(tar_of "add('f', type=LINK, linkname='$D/outside'); add('f', b'new'); add('d', type=LINK, linkname='/'); add('d', type=DIR)" |
		ct-init -)
	[ "$(cat "$(rootfs "$id")/f")" = new ]
	[ -d "$(rootfs "$id")/d" ]
	[ ! -L "$(rootfs "$id")/d" ]
	[ "$(cat "$D/outside")" = kept ]
}

@test "a device in a tar is made but not opened" {
	id=$(tar_of 'add("dev/zero", type=CHR, devmajor=1, devminor=5); add("dev/zero2", type=HARD, linkname="dev/zero")' | ct-init -)
	[ "$(stat -c %t:%T:%h "$(rootfs "$id")/dev/zero")" = 1:5:2 ]
}

@test "impossible owners are refused" {
	run ct-init - < <(tar_of 'add("a", uid=4294967295)')
	refused "a: invalid owner 4294967295:0"
	run ct-init - < <(tar_of 'add("a", gid=4294967296)')
	refused "a: invalid owner 0:4294967296"
}

@test "an ACL that names a user without its number is refused" {
	mkdir "$D/dir"
	: >"$D/dir/file"
	setfacl -m u:daemon:r "$D/dir/file"
	run ct-init - < <(tar --acls -C "$D/dir" -c .)
	refused 'file: ACL names "daemon"'
}

@test "labels of a security module and trusted attributes of a tar are left out" {
	id=$(tar_of 'add("a", b"1", pax_headers={"SCHILY.xattr.trusted.overlay.opaque": "y",
		"SCHILY.xattr.security.selinux": "x", "SCHILY.xattr.user.mine": "z"})' | ct-init -)
	[ "$(getfattr -d -m - "$(rootfs "$id")/a" | grep '=')" = 'user.mine="z"' ]
}

@test "a tar truncated anywhere is refused" {
	tar_of 'add("dir", type=DIR); add("a", b"x" * 1500); add("name" * 40, b"y" * 20); add("z", b"")' >"$D/whole.tar"
	end=$(python3 -c 'import sys, tarfile; t = tarfile.open(sys.argv[1]); t.getmembers(); print(t.offset)' "$D/whole.tar")
	for at in $(seq 512 512 "$end") 1 100 511 513 1000 1800 3000; do
		run ct-init - < <(head -c "$at" "$D/whole.tar")
		[ "$status" -eq 1 ] || echo "cut at $at of $end"
		refused "standard input: "
	done
	run ct-init - < <(head -c "$end" "$D/whole.tar")
	refused "standard input: cut short"
	ct-init - < <(head -c $((end + 512)) "$D/whole.tar")
}

@test "a compressed tar truncated anywhere is refused, also after the tar's end" {
	tar_of 'add("a", bytes(range(256)) * 40)' >"$D/whole.tar"
	for filter in gzip 'zstd -q' xz bzip2; do
		$filter <"$D/whole.tar" >"$D/packed"
		size=$(stat -c %s "$D/packed")
		for at in $((size - 1)) $((size - 4)) $((size - 9)) $((size / 2)) 20; do
			run ct-init - < <(head -c "$at" "$D/packed")
			[ "$status" -eq 1 ] || echo "$filter cut at $at of $size"
			refused "standard input: "
		done
	done
}

# flipped FILE AT: FILE with one bit of the byte at AT changed.
flipped() {
	python3 -c 'import sys; d = bytearray(open(sys.argv[1], "rb").read()); d[int(sys.argv[2])] ^= 1; sys.stdout.buffer.write(d)' "$@"
}

@test "a compressed tar with one bit changed is refused, in its data and in its checksums" {
	tar_of 'add("a", bytes(range(256)) * 40)' >"$D/whole.tar"
	for filter in 'gzip -1' 'zstd -q' xz bzip2; do	# (of these, zstd alone may be told to write no checksum)
		$filter <"$D/whole.tar" >"$D/packed"
		size=$(stat -c %s "$D/packed")
		for at in $((size - 2)) $((size - 4)) $((size - 5)) $((size - 8)) $((size / 2)) 40; do
			run ct-init - < <(flipped "$D/packed" "$at")
			[ "$status" -eq 1 ] || echo "$filter: a bit at $at of $size"
			refused "standard input: "
		done
	done
	gzip -1 <"$D/whole.tar" >"$D/packed"
	run ct-init - < <(flipped "$D/packed" $(($(stat -c %s "$D/packed") - 8)))
	[ "$output" = "ct-init: standard input: damaged gzip data: incorrect data check" ]
}

@test "times before 1970 keep their fractions, from GNU tar's pax format and back" {
	mkdir -p "$D/dir/sub"
	for t in -1.5 -7.000000001 -86400 1.5; do
		touch -d "@$t" "$D/dir/$t"
	done
	ln -s to "$D/dir/link"
	touch -h -d @-9.25 "$D/dir/link" "$D/dir/sub"
	id=$(tar --format=pax -C "$D/dir" -c . | ct-init -)
	mkdir "$D/back"
	ct-cp "$id:/." - | tar -C "$D/back" -x 2>"$D/warnings"
	for tree in "$(rootfs "$id")" "$D/back"; do
		diff <(cd "$D/dir" && stat -c '%n %.9Y' ./*) <(cd "$tree" && stat -c '%n %.9Y' ./*)
	done
}

@test "a tar in several gzip members, padded with zeros, is one archive" {
	tar_of 'add("a", b"1" * 3000)' >"$D/whole.tar"
	id=$({ head -c 1000 "$D/whole.tar" | gzip; tail -c +1001 "$D/whole.tar" | gzip -1; head -c 5000 /dev/zero; } | ct-init -)
	[ "$(stat -c %s "$(rootfs "$id")/a")" = 3000 ]
	before=$(ct-images -q)
	run ct-init - < <(gzip <"$D/whole.tar"; echo more)
	refused "standard input: damaged gzip data: non-zero bytes after its end"
}

@test "data after the end of a tar is read and ignored" {
	id=$(set -o pipefail; (tar_of 'add("a", b"1")'; head -c 1M /dev/urandom) | ct-init -)
	[ "$(ls "$(rootfs "$id")")" = a ]
}

@test "an empty input and one that is not a tar are refused" {
	run ct-init - </dev/null
	refused "standard input: empty"
	run ct-init - < <(head -c 100000 /dev/urandom)
	refused "standard input: not a tar archive"
	run ct-init - < <(echo text | gzip)
	refused "standard input: not a tar archive"
	run ct-init - </
	refused "standard input: Is a directory"
}

@test "an image that does not fit in the store fails with one line, and nothing is left" {
	truncate -s 150M "$D/small"
	mkfs.btrfs -q "$D/small"
	mkdir "$D/mnt" "$D/big"
	head -c 200M /dev/urandom >"$D/big/data"
	run unshare -m sh -c '
		mount -o loop "$1/small" "$1/mnt" || exit 99
		export CT_ROOT=$1/mnt/ct
		ct-init "$1/big"; echo "status $?"
		tar -C "$1/big" -c . | ct-init -; echo "status $?"
		ct-images -q; ls "$CT_ROOT/tmp"' - "$D"
	[ "${#lines[@]}" -eq 4 ]
	[[ "${lines[0]}" == "ct-init: copy $D/big/data: No space left on device" ]]
	[[ "${lines[2]}" == "ct-init: data: "*"No space left on device" ]]
	[ "${lines[1]}${lines[3]}" = "status 1status 1" ]
}

@test "the next ct-init removes the leftovers of a killed one" {
	mkfifo "$D/pipe"
	ct-init - <"$D/pipe" &
	pid=$!
	exec 7>"$D/pipe"
	tar_of 'add("a", b"x" * 5000000)' | head -c 2000000 >&7
	# shellcheck disable=SC2016 # expanded by that shell
	wait_until sh -c 'test -e "$CT_ROOT"/tmp/*/rootfs/a'
	kill -9 $pid
	wait $pid || true
	exec 7>&-
	mkdir "$D/dir"
	# Its child may be a moment behind, and holds the draft until it is gone.
	# shellcheck disable=SC2016 # expanded by that shell
	wait_until sh -c 'ct-init "$1" && [ -z "$(ls "$CT_ROOT/tmp")" ]' sh "$D/dir"
}
