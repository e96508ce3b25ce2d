load helper

# Stores of this file's own, since it makes and unmounts them.
setup() {
	D=$BATS_TEST_TMPDIR/home
	mkdir "$D"
	export CT_ROOT=$D/root CT_RUN=$D/run
}

teardown() {
	for root in "$D"/other "$D"/root/inner "$D"/root; do
		CT_ROOT=$root ct-store down || true
	done
}

devices() { # FILE: how many loop devices it has
	losetup -l -n -O NAME -j "$1" | wc -l
}

mounts() { # DIR: how often something is mounted there
	findmnt -n -o TARGET | grep -c "$1\$" || true
}

@test "up makes a store in a file with a message, and is silent when the store is up" {
	run --separate-stderr ct-store up
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ "$stderr" == "ct-store: made $CT_ROOT.btrfs, at most "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[ "$(stat -f -c %T "$CT_ROOT")" = btrfs ]
	[ "$(stat -c '%a %i' "$CT_ROOT")" = "700 256" ]
	[ "$(stat -c %a "$CT_RUN")" = 700 ]
	[ "$(stat -c %a "$CT_ROOT.btrfs")" = 600 ]
	run ct-store up
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(mounts "$CT_ROOT")" -eq 1 ]
	[ "$(devices "$CT_ROOT.btrfs")" -eq 1 ]
}

@test "the file takes little of the disk" {
	ct-store up
	[ "$(stat -c %s "$CT_ROOT.btrfs")" -ge $((256 << 20)) ]
	[ "$(du -k "$CT_ROOT.btrfs" | cut -f 1)" -lt 20000 ]
}

@test "twenty ups at the same time make one file, one device and one mount" {
	for i in $(seq 20); do
		(ct-store up 2>"$D/said.$i" && echo good >"$D/good.$i") &
	done
	wait
	[ "$(cat "$D"/good.* | wc -l)" -eq 20 ]
	[ "$(cat "$D"/said.* | wc -l)" -eq 1 ]
	[ "$(devices "$CT_ROOT.btrfs")" -eq 1 ]
	[ "$(mounts "$CT_ROOT")" -eq 1 ]
	[ ! -e "$CT_ROOT.btrfs.new" ]
}

@test "concurrent ups in two mount namespaces share one loop device" {
	mkfifo "$D/start.1" "$D/start.2" "$D/up.1" "$D/up.2" "$D/end.1" "$D/end.2"
	for i in 1 2; do
		timeout 30 unshare -m --propagation private sh -c '
			read -r x <"$0/start.$1"
			ct-store up && echo "$1" >"$CT_ROOT/from.$1" && echo up >"$0/up.$1" || echo failed >"$0/up.$1"
			read -r x <"$0/end.$1"
			ls "$CT_ROOT" >"$0/seen.$1"' "$D" $i &
	done
	echo >"$D/start.1" & echo >"$D/start.2"
	[ "$(timeout 30 cat "$D/up.1")" = up ]
	[ "$(timeout 30 cat "$D/up.2")" = up ]
	[ "$(mounts "$CT_ROOT")" -eq 0 ]
	[ "$(devices "$CT_ROOT.btrfs")" -eq 1 ]
	echo >"$D/end.1"
	echo >"$D/end.2"
	wait
	for i in 1 2; do
		grep -qx from.1 "$D/seen.$i"
		grep -qx from.2 "$D/seen.$i"
	done
	[ "$(devices "$CT_ROOT.btrfs")" -eq 0 ]
}

@test "a file that was renamed while mounted gets no second device" {
	ct-store up
	mv "$CT_ROOT.btrfs" "$D/other.btrfs"
	CT_ROOT=$D/other ct-store up
	[ "$(devices "$D/other.btrfs")" -eq 1 ]
	echo shared >"$D/other/file"
	[ "$(cat "$CT_ROOT/file")" = shared ]
	mv "$D/other.btrfs" "$CT_ROOT.btrfs"
	ct-store down
	mv "$CT_ROOT.btrfs" "$D/other.btrfs"
}

@test "the content of a store is there again after down and up" {
	ct-store up
	echo kept >"$CT_ROOT/tmp/../names/kept"
	ct-store down
	[ "$(mounts "$CT_ROOT")" -eq 0 ]
	[ "$(devices "$CT_ROOT.btrfs")" -eq 0 ]
	run ct-store up
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(cat "$CT_ROOT/names/kept")" = kept ]
}

@test "a store whose making was killed while formatting is formatted again" {
	mkdir "$D/bin"
	cat >"$D/bin/mkfs.btrfs" <<-'END'
		#!/bin/sh
		for file; do :; done
		echo half | dd of="$file" conv=notrunc bs=1 seek=65536 2>/dev/null
		kill -9 $PPID
	END
	chmod +x "$D/bin/mkfs.btrfs"
	PATH=$D/bin:$PATH run ct-store up
	[ "$status" -eq 137 ]
	[ ! -e "$CT_ROOT.btrfs" ]
	run ct-store up
	[ "$status" -eq 0 ]
	[ "$(mounts "$CT_ROOT")" -eq 1 ]
	[ ! -e "$CT_ROOT.btrfs.new" ]
}

@test "ct-store up waits for a formatter that outlived its parent" {
	mkdir "$D/bin"
	mkfifo "$D/go"
	cat >"$D/bin/mkfs.btrfs" <<-'END'
		#!/bin/sh
		kill -9 $PPID
		for file; do :; done
		read -r x <"${0%/bin/*}/go"
		yes rubbish | head -c 2000000 | dd of="$file" conv=notrunc 2>/dev/null
	END
	chmod +x "$D/bin/mkfs.btrfs"
	PATH=$D/bin:$PATH run ct-store up
	[ "$status" -eq 137 ]
	run timeout 0.5 ct-store up
	[ "$status" -eq 124 ]
	echo >"$D/go"
	ct-store up
	[ "$(stat -f -c %T "$CT_ROOT")" = btrfs ]
}

@test "when the file cannot be formatted, one line says why and nothing is left" {
	mkdir "$D/bin"
	printf '#!/bin/sh\necho no luck >&2\nexit 1\n' >"$D/bin/mkfs.btrfs"
	chmod +x "$D/bin/mkfs.btrfs"
	PATH=$D/bin:$PATH run --separate-stderr ct-store up
	[ "$status" -eq 1 ]
	[[ "$stderr" == "ct-store: $CT_ROOT.btrfs"*": mkfs.btrfs: no luck" ]]
	rm -r "${D:?}/bin"
	[ -z "$(ls "$D")" ]
}

@test "without loop devices ct-store up fails with one line and leaves nothing" {
	run --separate-stderr unshare -m --propagation private sh -c '
		mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && exec ct-store up'
	[ "$status" -eq 1 ]
	[[ "$stderr" == "ct-store: no loop devices: /dev/loop-control: "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[ -z "$(ls "$D")" ]
}

@test "where nothing can be written ct-store up fails with one line" {
	run --separate-stderr unshare -m --propagation private sh -c '
		mkdir "$0/ro" && mount -t tmpfs -o ro none "$0/ro" && CT_ROOT=$0/ro/root exec ct-store up' "$D"
	[ "$status" -eq 1 ]
	[[ "$stderr" == "ct-store: $D/ro/root"*": Read-only file system" ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "a directory that is not empty is not hidden under a mount" {
	mkdir "$CT_ROOT"
	echo precious >"$CT_ROOT/file"
	run --separate-stderr ct-store up
	[ "$status" -eq 1 ]
	[ "$stderr" = "ct-store: $CT_ROOT: neither empty nor a store of ct" ]
	[ "$(cat "$CT_ROOT/file")" = precious ]
	[ ! -e "$CT_ROOT.btrfs" ]
}

@test "on btrfs the store is a subvolume, without a file" {
	ct-store up 2>/dev/null
	export CT_ROOT=$D/root/inner
	run ct-store up
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(stat -c '%a %i' "$CT_ROOT")" = "700 256" ]
	[ ! -e "$CT_ROOT.btrfs" ]
	[ ! -e "$CT_ROOT.new" ]
	[ "$(ct-store status --no-header -o up,backing)" = "$(printf 'yes\t')" ]
	run ct-store down
	[ "$status" -eq 0 ]
	[ -e "$CT_ROOT/format" ]
	run ct-store grow 100g
	[ "$status" -eq 1 ]
	[[ "$output" == "ct-store: $CT_ROOT: has no file of its own: grow the btrfs that it is on"* ]]
}

@test "on btrfs an empty directory becomes the store, a full one is refused" {
	ct-store up 2>/dev/null
	export CT_ROOT=$D/root/inner
	mkdir "$CT_ROOT"
	run ct-store up
	[ "$status" -eq 0 ]
	[ "$(stat -c %i "$CT_ROOT")" = 256 ]
	export CT_ROOT=$D/root/full
	mkdir "$CT_ROOT" "$CT_ROOT/precious"
	run ct-store up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-store: $CT_ROOT: neither empty nor a store of ct" ]
	[ -d "$CT_ROOT/precious" ]
}

@test "a btrfs that holds only tmp is refused, and tmp keeps what is in it" {
	truncate -s 300m "$D/theirs"
	mkfs.btrfs -q "$D/theirs" >/dev/null
	mkdir "$CT_ROOT"
	mount -o loop "$D/theirs" "$CT_ROOT"
	mkdir -p "$CT_ROOT/tmp/precious"
	run ct-store up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-store: $CT_ROOT: neither empty nor a store of ct" ]
	[ -d "$CT_ROOT/tmp/precious" ]
	[ "$(ls "$CT_ROOT")" = tmp ]
	rmdir "$CT_ROOT/tmp/precious" "$CT_ROOT/tmp"
	ct-store up
	[ -e "$CT_ROOT/format" ]
	umount "$CT_ROOT"
	rm "$D/theirs"
}

@test "when CT_RUN is refused nothing is made or mounted" {
	mkdir -m 777 "$CT_RUN"
	run ct-store up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-store: $CT_RUN: others can write to it" ]
	[ "$(ls "$D")" = run ]
	[ "$(mounts "$CT_ROOT")" -eq 0 ]
}

@test "when CT_RUN cannot be made the store is unmounted again" {
	CT_RUN=/proc/none/run run ct-store up
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == "ct-store: "*"/proc/none"* ]]
	[ "$(mounts "$CT_ROOT")" -eq 0 ]
	[ "$(devices "$CT_ROOT.btrfs")" -eq 0 ]
	# A store that another process brought up stays up.
	ct-store up
	CT_RUN=/proc/none/run run ct-store up
	[ "$status" -eq 1 ]
	[ "$(mounts "$CT_ROOT")" -eq 1 ]
}

@test "an empty store file is reported as empty" {
	: >"$CT_ROOT.btrfs"
	run ct-store up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-store: $CT_ROOT.btrfs: has 0 bytes, so it holds no store (remove it, and 'ct-store up' makes a new one)" ]
	[ "$(ls "$D")" = root.btrfs ]
	rm "$CT_ROOT.btrfs"
}

@test "twenty ups at the same time on btrfs make one subvolume" {
	ct-store up 2>/dev/null
	export CT_ROOT=$D/root/inner
	for i in $(seq 20); do
		(ct-store up && echo good >"$D/good.$i") &
	done
	wait
	[ "$(cat "$D"/good.* | wc -l)" -eq 20 ]
	[ "$(btrfs subvolume list "$D/root" | wc -l)" -eq 1 ]
	[ ! -e "$CT_ROOT.new" ]
}

@test "status reports a store that is up, down or missing, and makes none" {
	[ "$(ct-store status --no-header -o up,backing,size,used,images)" = "$(printf 'no\t\t\t\t0')" ]
	[ -z "$(ls "$D")" ]
	ct-store up 2>/dev/null
	[ "$(ct-store status -q)" = "$CT_ROOT" ]
	[ "$(ct-store status --json | jq -r '[.up, .backing, .size > .used, .free > 0, .containers] | @tsv')" = \
		"$(printf 'yes\t%s\ttrue\ttrue\t0' "$CT_ROOT.btrfs")" ]
	size=$(ct-store status --no-header -o size)
	ct-store down
	[ "$(ct-store status --no-header -o up,backing,size,used)" = "$(printf 'no\t%s\t%s\t' "$CT_ROOT.btrfs" "$size")" ]
	[ "$(ct-store status --json | jq -c .used)" = null ]
}

@test "down refuses while a process has its working directory in the store" {
	ct-store up
	(cd "$CT_ROOT" && run ct-store down &&
		[ "$status" -eq 1 ] &&
		[ "$output" = "ct-store: $CT_ROOT: in use: a process has its working directory or an open file there" ])
	[ "$(mounts "$CT_ROOT")" -eq 1 ]
	ct-store down
	ct-store down
}

@test "down waits for a process that is about to leave the store" {
	[ "$B" = "${B%asan}" ] || skip 'the sanitizers do not run below strace'
	ct-store up
	strace -qq -o /dev/null -e trace=umount2 -e inject=umount2:error=EBUSY:when=1..3 "$B/ct-store" down
	[ "$(mounts "$CT_ROOT")" -eq 0 ]
}

@test "grow makes file and file system larger, and never smaller" {
	ct-store up
	size=$(stat -c %s "$CT_ROOT.btrfs")
	more=$((size + (1 << 30)))
	ct-store grow $more
	[ "$(stat -c %s "$CT_ROOT.btrfs")" -eq $more ]
	[ "$(ct-store status --no-header -o size)" -eq $more ]
	ct-store grow $more
	run ct-store grow "$size"
	[ "$status" -eq 1 ]
	[ "$output" = "ct-store: $CT_ROOT.btrfs: has $more bytes already and can only grow" ]
	[ "$(stat -c %s "$CT_ROOT.btrfs")" -eq $more ]
}

@test "meaningless options and operands are usage errors and change nothing" {
	for words in "" "sideways" "up now" "grow" "grow 12x" "status x" "grow 1g 2g" "--sideways up"; do
		# shellcheck disable=SC2086
		run ct-store $words
		[ "$status" -eq 2 ]
	done
	CT_ROOT=relative run ct-store up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-store: CT_ROOT: relative: not an absolute path of a directory" ]
	[ -z "$(ls "$D")" ]
}
