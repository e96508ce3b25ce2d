bats_require_minimum_version 1.5.0
load helper
load zoo

setup() {
	D=$BATS_TEST_TMPDIR
	cd "$D" || return
	busybox_image
}

teardown() {
	cd /
	remove_containers
}

# $c: a container that has ended; $root: its root directory.
stopped() {
	ct-run -n --cidfile "$D/id" "$@" "$img" true
	read -r c <"$D/id"
	rm "$D/id"
	root=$CT_ROOT/$c/rootfs
}

# $c: one that runs "$@" in a shell until it is removed.
running() {
	c=$(ct-run -d "$img" sh -c "$1")
	root=$CT_ROOT/$c/rootfs
}

# The last command failed with one line that has this in it.
refused() {
	[ "$status" -eq "${2:-1}" ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "ct-cp: "*"$1"* ]]
}

owner() {
	stat -c %u:%g "$1"
}

@test "a relative path in a container begins at its working directory, as in podman" {
	echo one >one
	ct-run --name c -w /srv "$img" sh -c 'mkdir sub; echo two >sub/two' >/dev/null
	ct-cp one c:.
	ct-cp one c:new
	ct-cp one c:sub
	[ "$(cd "$(ct path c)/srv" && cat one new sub/one | paste -sd,)" = one,one,one ]
	ct-cp c:sub/two .
	[ "$(cat two)" = two ]
	run -1 ct-cp c:two .
	[[ $output == *"c:two: No such file or directory" ]]
}

@test "a file is copied to a new name, into a directory and onto a file, in both directions" {
	stopped
	echo one >one
	echo two >two
	ct-cp one "$c:/tmp/new"
	ct-cp one "$c:/tmp"
	ct-cp two "$c:tmp/new"
	[ "$(cat "$root/tmp/new" "$root/tmp/one")" = "$(printf 'two\none')" ]
	mkdir out
	ct-cp "$c:/tmp/new" out
	ct-cp "$c:/tmp/new" out/name
	ct-cp "$c:/tmp/one" out/new
	[ "$(cat out/new out/name)" = "$(printf 'one\ntwo')" ]
}

@test "a directory or its content is copied to a new name and into a directory" {
	stopped
	mkdir -p d/e out
	echo 1 >d/e/f
	ct-cp d "$c:/new"
	ct-cp d "$c:/new"
	ct-cp d/ "$c:/tmp/"
	ct-cp d/. "$c:/srv"
	ct-cp d/. "$c:/srv"
	(cd d && ct-cp . "$c:/opt")
	[ "$(cd "$root" && find new tmp srv opt | sort | tr '\n' ' ')" = "new new/d new/d/e new/d/e/f new/e new/e/f opt opt/e opt/e/f srv srv/e srv/e/f tmp tmp/d tmp/d/e tmp/d/e/f " ] || {
		(cd "$root" && find new tmp srv opt)
		false
	}
	ct-cp "$c:/new" out
	ct-cp "$c:/new/." out/dot
	diff -r out/new "$root/new"
	diff -r out/dot "$root/new"
}

@test "a copy that does not fit its destination is refused and changes nothing" {
	stopped
	mkdir -p d out/file/in
	echo 1 >d/f
	echo 2 >file
	run ct-cp d "$c:/etc/passwd"
	refused "$c:/etc/passwd: not a directory"
	run ct-cp file "$c:/no/file"
	refused "$c:/no/file: No such file"
	run ct-cp file "$c:/new/"
	refused "$c:/new/: no such directory"
	run ct-cp file "$c:/etc/passwd/"
	refused "$c:/etc/passwd/: no such directory"
	run ct-cp file/ "$c:/tmp"
	refused "file/: Not a directory"
	run ct-cp missing "$c:/tmp"
	refused "missing: No such file"
	run ct-cp "$c:/missing" out
	refused "$c:/missing: No such file"
	ct-cp file "$c:/tmp/file"
	run ct-cp "$c:/tmp/file" out
	refused "out: file: is a directory"
	mkdir "$root/tmp/f"
	run ct-cp d/. "$c:/tmp"
	refused "f: is a directory"
	rm -r "$root/tmp/f"
	echo 3 >"$root/tmp/d"
	run ct-cp d "$c:/tmp"
	refused "d: is not a directory"
	[ "$(cat "$root/tmp/d")" = 3 ]
	[ -z "$(ls -A out/file/in)" ]
	run ct-cp "$c:/tmp" "$c:/tmp/in"
	refused "copied into itself"
	[ ! -e "$root/tmp/in" ]
	run ct-cp "$c:/tmp" "$c:/"
	refused "copied into itself"
}

@test "operands that name no path of a container, or an image as the target, are refused" {
	run ct-cp a b
	refused "a, b: neither is CONTAINER:PATH" 2
	run ct-cp - ./x:y
	refused "neither is CONTAINER:PATH" 2
	run ct-cp nobody: b
	refused "nobody:: not CONTAINER:PATH" 2
	run ct-cp :/x b
	refused ":/x: not CONTAINER:PATH" 2
	run ct-cp nobody:/x b
	refused "nobody: no such container or image"
	run ct-cp "$0" "$img:/x"
	refused "$img: an image is read-only"
	run ct-cp one
	[ "$status" -eq 2 ]
}

@test "a container is found by its name, an image by its name with a tag" {
	stopped --name web
	ct-cp web:/etc/passwd .
	cmp passwd "$busybox/etc/passwd"
	ct-cp busybox:latest:/etc/group .
	ct-cp "$img:etc/group" again
	cmp group "$busybox/etc/group"
	cmp again group
}

@test "an operand with a colon is a path of the host if it starts with . or /" {
	stopped
	echo 1 >a:b
	ct-cp ./a:b "$c:/tmp"
	ct-cp "$D/a:b" "$c:/tmp/two"
	cmp a:b "$root/tmp/a:b"
	cmp a:b "$root/tmp/two"
}

@test "a copy into a container belongs to the container's user, a copy out of it to the caller" {
	stopped
	mkdir d
	echo 1 >d/f
	chown -R 12:34 d
	ct-cp d "$c:/tmp"
	[ "$(owner "$root/tmp/d") $(owner "$root/tmp/d/f")" = "0:0 0:0" ]
	chown -R 56:78 "$root/tmp/d"
	ct-cp "$c:/tmp/d" out
	[ "$(owner out) $(owner out/f)" = "0:0 0:0" ]
	mkdir "$root/srv"
	tar c d | ct-cp - "$c:/srv"
	[ "$(owner "$root/srv/d/f")" = 0:0 ]
	stopped -u www-data
	ct-cp d "$c:/tmp"
	[ "$(owner "$root/tmp/d/f")" = 33:33 ]
}

@test "-a keeps owners in both directions" {
	stopped
	mkdir d
	echo 1 >d/f
	chown -R 12:34 d
	ct-cp -a d "$c:/tmp"
	[ "$(owner "$root/tmp/d") $(owner "$root/tmp/d/f")" = "12:34 12:34" ]
	chown 56:78 "$root/tmp/d/f"
	ct-cp -a "$c:/tmp/d" out
	[ "$(owner out) $(owner out/f)" = "12:34 56:78" ]
	tar c d | ct-cp -a - "$c:/root"
	[ "$(owner "$root/root/d/f")" = 12:34 ]
}

@test "a running container sees a copy at once, and the copy can be copied out again" {
	running 'sleep 1000'
	echo hello >f
	chmod 640 f
	ct-cp f "$c:/tmp"
	[ "$(ct-exec "$c" stat -c %u:%g:%a /tmp/f)" = 0:0:640 ]
	ct-exec "$c" sh -c 'echo more >>/tmp/f'
	ct-cp "$c:/tmp/f" g
	[ "$(cat g)" = "$(printf 'hello\nmore')" ]
	[ "$(owner g)" = 0:0 ]
}

@test "-a out and in again keeps every kind of file, but for devices on the host" {
	stopped
	zoo zoo
	ct-cp -a zoo "$c:/zoo"
	same zoo "$root/zoo"
	ct-cp -a "$c:/zoo" "$c:/second"
	same zoo "$root/second"
	ct-cp -a "$c:/zoo" out 2>said
	diff - <(sort said) <<-END
		ct-cp: $c:/zoo/disk: left out: a device
		ct-cp: $c:/zoo/null: left out: a device
		ct-cp: $c:/zoo/zero-zero: left out: a device
		END
	rm zoo/disk zoo/null zoo/zero-zero
	touch -r "$root/zoo" zoo
	same zoo out
}

@test "a container as a tar has the files of its commit" {
	zoo zoo
	image=$(ct-init zoo)
	ct-cp "$image:/" - >tar
	same zoo "$CT_ROOT/$(ct-init - <tar)/rootfs"
	mkdir gnu
	tar --xattrs --xattrs-include='*' -C gnu -xpf tar 2>/dev/null
	setcap cap_net_raw,cap_setuid+ep gnu/bin/capable
	same zoo gnu
	ct-cp "$image:/" - | cmp - tar
}

@test "a tar of a directory begins with its name, a tar of DIR/. does not" {
	stopped
	mkdir -p "$root/tmp/d"
	echo 1 >"$root/tmp/d/f"
	[ "$(ct-cp "$c:/tmp/d" - | tar t)" = "$(printf 'd/\nd/f')" ]
	[ "$(ct-cp "$c:/tmp/d/." - | tar t)" = "$(printf './\nf')" ]
	[ "$(ct-cp "$c:/tmp/d/f" - | tar xO)" = 1 ]
	chown 123:456 "$root/tmp/d/f"
	[ "$(ct-cp "$c:/tmp/d/f" - | tar tv --numeric-owner | cut -d' ' -f 2)" = 123/456 ]
}

@test "a tar is unpacked into an existing directory, whose mode and owner stay" {
	stopped
	mkdir d
	echo 1 >d/f
	chmod 700 d
	tar c -C d . | ct-cp - "$c:/tmp"
	[ "$(cat "$root/tmp/f")" = 1 ]
	[ "$(stat -c %a "$root/tmp")" = 1777 ]
	run ct-cp - "$c:/missing" < <(tar c d)
	refused "$c:/missing: No such file"
	run ct-cp - "$c:/etc/passwd" < <(tar c d)
	refused "$c:/etc/passwd: Not a directory"
	run ct-cp - "$c:/tmp" </dev/null
	refused "standard input: empty"
}

@test "a tar that leads out of the destination, or through a link, is refused and leaves nothing" {
	stopped
	ln -s "$D" "$root/tmp/link"
	before=$(find "$root" | sort)
	for bad in '"../evil", b"x"' '"link/evil", b"x"' '"hard", type=HARD, linkname="link/target"'; do
		echo kept >target
		run ct-cp - "$c:/tmp" < <(tar_of "add('good/', type=DIR); add('good/f', b'1'); add($bad)")
		refused "$c:/tmp: "
		[[ $output != *ct-cp-* ]]
		[ "$(find "$root" | sort)" = "$before" ]
	done
	[ ! -e evil ]
	[ "$(cat target)" = kept ]
}

@test "links in a container's path never lead out of the container" {
	stopped
	mkdir -p "$root$D/in"
	echo inside >"$root$D/in/f"
	mkdir in
	echo outside >in/f
	ln -s "$D/in" "$root/tmp/abs"
	ln -s "../../../../../../../../..$D/in" "$root/tmp/up"
	ln -s "$D/in/f" "$root/tmp/file"
	ln -s "$D/in/new" "$root/tmp/dangling"
	for path in tmp/abs/f tmp/up/f tmp/file "../../../..$D/in/f"; do
		[ "$(ct-cp "$c:$path" - | tar xO)" = inside ]
	done
	echo 1 >one
	echo 2 >two
	ct-cp one "$c:/tmp/abs"
	ct-cp two "$c:/tmp/file"
	ct-cp two "$c:/tmp/dangling"
	tar c one | ct-cp - "$c:/tmp/up"
	[ "$(ls in)" = f ]
	[ "$(cat in/f)" = outside ]
	[ "$(cd "$root$D/in" && cat f one new)" = "$(printf '2\n1\n2')" ]
	[ -L "$root/tmp/file" ]
}

@test "links in the source are copied, never followed" {
	stopped
	echo secret >secret
	ln -s "$D/secret" "$root/tmp/file"
	ln -s "$D" "$root/tmp/dir"
	ct-cp "$c:/tmp" out
	[ "$(readlink out/file) $(readlink out/dir)" = "$D/secret $D" ]
	[ "$(ct-cp "$c:/tmp" - | tar tv | grep -c -- '-> ')" = 2 ]
}

@test "a link made by one copy is not followed by the next" {
	stopped
	mkdir victim out
	echo kept >victim/f
	ln -s "$D/victim" "$root/tmp/d"
	ln -s "$D/victim/f" "$root/tmp/f"
	ct-cp "$c:/tmp/." out
	rm "$root/tmp/d" "$root/tmp/f"
	mkdir "$root/tmp/d"
	echo evil >"$root/tmp/d/f"
	run ct-cp "$c:/tmp/." out
	refused "d: is not a directory"
	rm -r "$root/tmp/d"
	echo evil >"$root/tmp/f"
	ct-cp "$c:/tmp/." out
	[ "$(cat victim/f) $(cat out/f)" = "kept evil" ]
	[ ! -L out/f ]
}

@test "links planted in a container are not followed by copies into it" {
	stopped
	mkdir -p victim d/sub
	echo kept >victim/f
	echo new >d/f
	echo new >d/sub/f
	mkdir "$root/tmp/d"
	ln -s "$D/victim/f" "$root/tmp/d/f"
	ct-cp d/f "$c:/tmp/d"
	[ "$(cat "$root/tmp/d/f")" = new ]
	[ ! -L "$root/tmp/d/f" ]
	ln -sfn "$D/victim" "$root/tmp/d/sub"
	run ct-cp d/. "$c:/tmp/d"
	refused "sub: is not a directory"
	[ "$(cat victim/f)" = kept ]
}

@test "a container that swaps directories for links during a copy reaches no file of the host" {
	mkdir -p victim src/d out
	echo secret >victim/f
	for i in $(seq 50); do echo "copied $i" >"src/d/$i"; done
	running "mkdir /w; cd /w; while :; do mkdir -p d; echo 1 >d/f; mv d gone; ln -s $D/victim d; mv d link; mv gone d; ln -sfn /../../..$D/victim link; done"
	wait_until test -e "$root/w/link"
	for i in $(seq 20); do
		ct-cp src/. "$c:/w" || true
		ct-cp src/d "$c:/w/d" || true
		tar c -C src d | ct-cp - "$c:/w" || true
		ct-cp "$c:/w" "out/$i" || true
		ct-cp "$c:/w/d" - | tar xO || true
	done >said 2>&1
	[ "$(ls victim)" = f ]
	run grep -r secret out said
	[ -z "$output" ]
}

@test "files that vanish during a copy are skipped" {
	running 'cd /tmp; while :; do for i in 1 2 3 4 5 6 7 8 9; do echo $i >$i; done; rm ?; done'
	wait_until test -e "$root/tmp/1"
	for i in $(seq 30); do
		ct-cp "$c:/tmp" - >/dev/null
	done
}

@test "a FIFO is not waited for, a socket left out, a device is made nowhere on the host" {
	stopped
	mkfifo "$root/tmp/fifo"
	mknod "$root/tmp/disk" b 7 200
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$root/tmp/socket"
	run timeout 20 ct-cp "$c:/tmp" out
	[ "$status" -eq 0 ]
	[ "$output" = "ct-cp: $c:/tmp/disk: left out: a device" ]
	[ -p out/fifo ]
	[ "$(ls out)" = fifo ]
	mkdir with-a
	run ct-cp -a "$c:/tmp" with-a
	[ "$status" -eq 0 ]
	[ "$output" = "ct-cp: $c:/tmp/disk: left out: a device" ]
	[ "$(ls with-a/tmp)" = fifo ]
	for keep in '' -a; do
		run ct-cp $keep "$c:/tmp/disk" node
		refused "$c:/tmp/disk: is a device"
		[ ! -e node ]
	done
	ct-cp "$c:/tmp/disk" "$c:/tmp/second"
	[ "$(stat -c %t:%T "$root/tmp/second")" = 7:c8 ]
	rm "$root/tmp/second"
	[ "$(ct-cp "$c:/tmp" - | tar t | sort | tr '\n' ' ')" = "tmp/ tmp/disk tmp/fifo " ]
	run ct-cp "$c:/tmp/socket" out
	refused "$c:/tmp/socket: is a socket"
}

@test "a device or a FIFO is refused as a destination" {
	stopped
	mknod null c 1 3
	mkfifo fifo "$root/tmp/fifo"
	for there in null fifo; do
		run timeout 20 ct-cp "$c:/etc/passwd" "$there"
		refused "$there: neither a file nor a directory"
	done
	run timeout 20 ct-cp "$0" "$c:/tmp/fifo"
	refused "$c:/tmp/fifo: neither"
	[ -c null ]
	[ -p fifo ]
	[ -p "$root/tmp/fifo" ]
}

@test "set-user-ID bits and capabilities are copied out of a container only with -a" {
	stopped
	cp /bin/true "$root/tmp/program"
	chmod 6755 "$root/tmp/program"
	ct-cp "$c:/tmp/program" .
	[ "$(stat -c %a program)" = 755 ]
	cp /bin/true "$root/tmp/capable"
	setcap cap_setuid+ep "$root/tmp/capable"
	ct-cp "$c:/tmp/capable" .
	[ -z "$(getcap capable)" ]
	ct-cp -a "$c:/tmp/program" .
	ct-cp -a "$c:/tmp/capable" .
	[ "$(stat -c %a program)" = 6755 ]
	[ -n "$(getcap capable)" ]
	ct-cp program "$c:/root"
	[ "$(stat -c %a "$root/root/program")" = 6755 ]
}

@test "a copy that runs out of space names the file and leaves nothing of it" {
	mkdir small
	mount -t tmpfs -o size=1m,mode=755 none small
	stopped -v "$D/small:/small"
	mkdir d
	echo 1 >d/first
	head -c 3M /dev/zero >d/large
	run ct-cp d/large "$c:/small"
	refused "$c:/small: large: "
	[[ "$output" == *"No space left"* ]]
	run ct-cp d "$c:/small/new"
	refused "$c:/small/new: new/large: "
	run ct-cp - "$c:/small" < <(tar c d)
	refused "$c:/small: d/large: "
	[ -z "$(ls -A small)" ]
	echo old >small/large
	run ct-cp d/large "$c:/small"
	refused "$c:/small: large: "
	[ "$(ls -A small)" = large ]
	[ "$(cat small/large)" = old ]
	umount small
}

@test "a copy ended by a signal leaves no partial file" {
	stopped
	mkfifo pipe
	head -c 1M /dev/zero >large
	ct-cp - "$c:/tmp" <pipe &
	pid=$!
	exec 8>pipe
	tar c large | head -c 500000 >&8
	wait_until compgen -G "$root/tmp/.ct-cp-*"
	kill "$pid"
	await "$pid"
	exec 8>&-
	wait_until test -z "$(ls -A "$root/tmp")"
	[ -z "$(ls -A "$root/tmp")" ]
}

@test "ct-cp sees volumes where the container mounts them, whether it runs or not" {
	mkdir dir
	echo 1 >dir/f
	stopped -v "$D/dir:/data" -v "$D/dir:/fixed:ro" -v named:/named
	echo 2 >two
	ct-cp two "$c:/data/"
	ct-cp two "$c:/named/"
	cmp two dir/two
	ct-run -n -v named:/n "$img" cat /n/two | cmp - two
	run ct-cp two "$c:/fixed/three"
	refused "three: "
	[[ "$output" == *"Read-only"* ]]
	ct-cp "$c:/data/f" .
	cmp f dir/f
}

@test "ct-cp sees nested volumes as the container does, in any order of options" {
	mkdir -p upper/lower lower
	echo lower >lower/f
	echo hidden >upper/lower/f
	stopped -v "$D/lower:/v/lower" -v "$D/upper:/v"
	ct-cp "$c:/v/lower/f" .
	cmp f lower/f
}

@test "a directory is copied with the volumes in it, and so is all of a container" {
	mkdir dir
	echo 1 >dir/f
	stopped -v "$D/dir:/srv/data" -v named:/home/x --tmpfs /run/lock
	echo new >"$(ct-volumes --no-header -o root named)/f"
	for copy in '/srv srv/data/f 1' '/home home/x/f new' '/ ./srv/data/f 1' '/ ./home/x/f new'; do
		read -r from file content <<<"$copy"
		ct-cp "$c:$from" - >tar
		name=$(tar tf tar | grep -x "\(\./\)\?${file#./}")
		[ "$(tar xOf tar "$name")" = "$content" ]
	done
	# The tmpfs of a container that has ended holds nothing.
	ct-cp "$c:/run" - | tar t | grep -x 'run/lock/'
	ct-cp "$c:/srv" out
	diff -r dir out/data
	ct-cp "$c:/srv" "$c:/opt"
	cmp dir/f "$root/opt/data/f"
	# An image has no volumes.
	ct-cp "$(ct-commit "$c"):/" - | tar t >"$D/listed"
	run ! grep 'srv/data/f' "$D/listed"
}

@test "a copy includes volumes of the image and volumes that are files" {
	echo mine >conf
	image=$(ct-init "$busybox")
	echo volume=/srv/data >>"$CT_ROOT/$image/config"
	c=$(ct-run -d -v "$D/conf:/etc/app.conf" "$image" sh -c 'echo own >/srv/data/f')
	ct-wait "$c"
	[ "$(ct-cp "$c:/srv" - | tar xO srv/data/f)" = own ]
	[ "$(ct-cp "$c:/etc" - | tar xO etc/app.conf)" = mine ]
	ct-cp "$c:/" - >tar
	[ "$(tar xOf tar "$(tar tf tar | grep 'srv/data/f$')")" = own ]
	[ "$(tar xOf tar "$(tar tf tar | grep 'etc/app.conf$')")" = mine ]
	ct-rm -f "$image"
}

@test "a copy that would lack the files of a running container's tmpfs, or of a volume that is gone, is refused" {
	c=$(ct-run -d --tmpfs /srv/fast "$img" sh -c 'echo 1 >/srv/fast/f; exec sleep 1000')
	run ct-cp "$c:/srv" -
	refused "$c:/srv: tmpfs /srv/fast: only the container's processes see it"
	run ct-cp "$c:/" -
	refused "$c:/: tmpfs /srv/fast: only the container's processes see it"
	ct-rm -f "$c"
	mkdir gone
	stopped -v "$D/gone:/srv/data"
	rmdir gone
	run ct-cp "$c:/srv" -
	refused "$c:/srv: volume /srv/data: its source is gone"
}

@test "links in the target of a volume or a tmpfs do not hide it from a copy" {
	cp -a "$busybox" image
	rm -rf image/var/run
	mkdir -p image/run/data
	ln -s /run image/var/run
	echo old >image/run/data/f
	image=$(ct-init image)
	c=$(ct-run -d -v linked:/var/run/data --tmpfs /var/run/tmp "$image" true)
	ct-wait "$c"
	[ "$(ct-cp "$c:/run" - | tar xO run/data/f)" = old ]	# the volume was filled from the image
	run ct-cp "$c:/run/tmp" -
	refused "which only the container's processes see"
	ct-rm -f "$image"
}

@test "a copy that would lack what is mounted below a volume or a directory of the host is refused" {
	mkdir -p dir/below
	stopped -v "$D/dir:/srv/data"
	mount -t tmpfs none dir/below
	echo 1 >dir/below/f
	run ct-cp "$c:/srv/data" -
	[ "$status" -eq 1 ]
	[[ "$output" == *"ct-cp: $c:/srv/data/below: is a mount point"* ]]
	run ct-cp dir "$c:/opt"
	refused "dir/below: is a mount point"
	[ ! -e "$root/opt/dir" ]
	[ "$(ct-cp "$c:/srv/data/below" - | tar xO below/f)" = 1 ]
	umount dir/below
}

@test "a copy out of a tmpfs, or into one, says that it is one" {
	c=$(ct-run -d --tmpfs /scratch "$img" sh -c 'echo 1 >/scratch/f; echo 1 >/dev/shm/f; exec sleep 1000')
	for path in /scratch /scratch/f /scratch/no/such /tmp/../scratch/f; do
		run ct-cp "$c:$path" -
		refused "$c:$path: /scratch is a tmpfs, which only the container's processes see ('ct exec' reaches it)"
	done
	run ct-cp "$c:/dev/shm/f" "$D/f"
	refused "$c:/dev/shm/f: /dev/shm is a tmpfs, which only the container's processes see"
	run ct-cp /etc/passwd "$c:/scratch/new"
	refused "$c:/scratch/new: /scratch is a tmpfs"
	run ct-cp /etc/passwd "$c:/scratch/no/such"
	refused "$c:/scratch/no/such: /scratch is a tmpfs"
	run ct-cp "$c:/proc/1/status" -
	refused "$c:/proc/1/status: /proc is a proc"
	run ct-cp "$c:/no/such" -
	refused "$c:/no/such: No such file or directory"
	ct-rm -f "$c"
}

@test "a copy into a mount that only the container's processes see is refused" {
	stopped --tmpfs /scratch
	for path in /scratch/f /dev/f /proc/f; do
		run ct-cp "$busybox/etc/passwd" "$c:$path"
		refused "which only the container's processes see"
	done
	[ ! -e "$root/scratch/f" ]
	[ ! -e "$root/dev/f" ]
}

@test "the run's own files of /etc can be copied, and a read-only root is not written to" {
	c=$(ct-run -d -h somewhere --read-only "$img" sleep 1000)
	[ "$(ct-cp "$c:/etc/hostname" - | tar xO)" = somewhere ]
	ct-cp "$c:/etc" - | tar tv --numeric-owner | awk '$2 != "0/0" { exit 1 }'
	run ct-cp "$busybox/etc/passwd" "$c:/passwd"
	refused "Read-only"
}

@test "a container that makes its /etc/hosts large or has a lease on it keeps no other file from a copy" {
	c=$(ct-run -d "$img" sh -c 'echo word >/word; sleep 1000')
	wait_until ct-exec "$c" test -s /word
	ct-exec "$c" dd if=/dev/zero of=/etc/hosts bs=1k count=300 2>/dev/null || true
	[ "$(ct-cp "$c:/word" - | tar xO)" = word ]
	echo in >"$BATS_TEST_TMPDIR/in"
	ct-cp "$BATS_TEST_TMPDIR/in" "$c:/in"
	ct-exec "$c" sh -c ': >/etc/hosts'
	hosts=$(etc_of "$c")/hosts
	/usr/bin/python3 -I -S - "$hosts" "$(stat -Lc %u "$hosts")" 3>&- <<-'END' >"$BATS_TEST_TMPDIR/leased" &
		import fcntl, os, signal, sys
		fd = os.open(sys.argv[1], os.O_RDONLY)
		os.setuid(int(sys.argv[2]))
		fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
		signal.signal(signal.SIGIO, signal.SIG_IGN)
		print("yes", flush=True)
		signal.pause()
	END
	holder=$!
	wait_until grep yes "$BATS_TEST_TMPDIR/leased"
	[ "$(ct-cp "$c:/word" - | tar xO)" = word ]
	[ "$(ct-cp "$c:/etc/hostname" - | tar xO)" = "$c" ]
	for path in /etc/hosts /etc; do
		run ct-cp "$c:$path" "$BATS_TEST_TMPDIR/out"
		[ "$status" -eq 1 ]
		[ "$output" = "ct-cp: $c:$path: /etc/hosts cannot be read: the container made it too large, or has a lease on it" ]
	done
	run ct-cp "$BATS_TEST_TMPDIR/in" "$c:/etc/hosts"
	[ "$output" = "ct-cp: $c:/etc/hosts: hosts: Device or resource busy" ]
	[ ! -e "$BATS_TEST_TMPDIR/out" ]
	for command in ct-ps "ct inspect $c" "ct-commit $c" "ct-exec $c true" "ct-logs $c"; do
		# shellcheck disable=SC2086 # a command and its operands
		timeout 20 $command >/dev/null
	done
	kill "$holder"
	wait "$holder" || true
	ct-rm -f "$c"
}

@test "files are copied from one container to another" {
	stopped
	first=$c
	echo 1 >"$root/tmp/f"
	mkdir "$root/tmp/d"
	chown 5:5 "$root/tmp/f"
	stopped
	ct-cp "$first:/tmp" "$c:/got"
	[ "$(ls "$root/got")" = "$(printf 'd\nf')" ]
	[ "$(owner "$root/got/f")" = 0:0 ]
}

@test "a copy between two containers sees volumes, and refuses mounts that only processes see" {
	mkdir dir
	echo 1 >dir/f
	stopped -v "$D/dir:/srv/data" --tmpfs /scratch
	first=$c
	stopped -v named:/mnt/named
	mkdir -p "$CT_ROOT/$first/rootfs/srv/data"
	echo old >"$CT_ROOT/$first/rootfs/srv/data/f"
	ct-cp "$first:/srv/data/f" "$c:/mnt/named/"
	cmp dir/f "$(ct-volumes --no-header -o root named)/f"
	[ ! -e "$root/mnt/named/f" ]
	run ct-cp "$first:/scratch" "$c:/tmp"
	refused "which only the container's processes see"
	run ct-cp "$c:/etc/passwd" "$first:/scratch/f"
	refused "which only the container's processes see"
}

@test "a copy writes into mounts of the destination and keeps existing files" {
	stopped
	mkdir -p "$root/tmp/d/m" out/d/m
	echo 1 >"$root/tmp/d/m/f"
	echo other >out/d/other
	chmod 700 out/d
	mount -t tmpfs none out/d/m
	ct-cp "$c:/tmp/d" out
	[ "$(cat out/d/m/f out/d/other)" = "$(printf '1\nother')" ]
	[ "$(stat -c %a out/d)" = 700 ]
	umount out/d/m
	[ -z "$(ls -A out/d/m)" ]
}

@test "a container can be removed during a copy into it" {
	stopped
	mkfifo pipe
	ct-cp - "$c:/tmp" <pipe 2>said &
	pid=$!
	exec 8>pipe
	tar_of 'add("a", b"1" * 300000)' | head -c 200000 >&8
	wait_until compgen -G "$root/tmp/.ct-cp-*"
	ct-rm -f "$c"
	[ ! -e "$CT_ROOT/$c" ]
	exec 8>&-
	await "$pid"
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

@test "a copy leaves nothing on the machine, and stdout has only the tar" {
	stopped -v named:/named
	facts >before
	[ -z "$(ct-cp /etc/passwd "$c:/tmp" 2>&1)" ]
	[ -z "$(ct-cp "$c:/tmp" out 2>&1)" ]
	run ct-cp "$c:/missing" out
	facts >after
	same_facts before after
	run bash -c 'ct-cp "$1:/bin" - >/dev/full' bash "$c"
	refused "standard output: "
}
