load helper
load dockerfile

# COPY, ADD and the context that they read.
# Expected values: the Dockerfile reference (docs.docker.com/reference/dockerfile), BuildKit where it says more.

@test "COPY takes files and directories, and root owns them" {
	mkdir -p "$D/sub/deep" "$D/empty"
	for f in a.txt b.txt 'c d' sub/s sub/deep/f -dash; do echo "$f" >"$D/$f"; done
	chmod 750 "$D/sub/s" "$D/sub/deep"
	chown 33:100 "$D/a.txt"
	ln -s a.txt "$D/link"
	ln -s /nowhere "$D/sub/dangling"
	dockerfile 'FROM busybox' 'COPY a.txt /one' 'COPY a.txt b.txt /dir/' 'COPY a.txt /tmp' 'COPY sub /sub' 'COPY ["c d", "/x y/"]' \
		'COPY link /link' 'COPY ["*.txt", "c d", "/all/"]' 'WORKDIR /w' 'COPY a.txt rel/' 'COPY /b.txt .' 'COPY empty /new/empty' 'COPY -dash ./' 'COPY sub/ /usr/'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/one")" = a.txt ]
	[ "$(ls "$root/dir")" = $'a.txt\nb.txt' ]
	[ -f "$root/tmp/a.txt" ]
	[ "$(stat -c %a "$root/tmp")" = 1777 ]
	run -0 diff -r --no-dereference "$D/sub" "$root/sub"
	[ "$(stat -c %a "$root/sub/s" "$root/sub/deep")" = $'750\n750' ]
	[ -f "$root/x y/c d" ]
	[ "$(stat -c %F "$root/link")" = 'regular file' ]
	[ "$(ls "$root/all")" = $'a.txt\nb.txt\nc d' ]
	[ -f "$root/w/rel/a.txt" ]
	[ -f "$root/w/b.txt" ]
	[ -f "$root/w/-dash" ]
	[ -d "$root/new/empty" ]
	[ -f "$root/usr/deep/f" ]
	[ -d "$root/usr/bin" ]
	[ -z "$(find "$root/one" "$root/dir" "$root/sub" "$root/w" "$root/all" "$root/new" ! -user 0 -o ! -group 0)" ]
}

@test "COPY . takes all of the directory" {
	mkdir "$D/.git"
	echo x >"$D/file"
	dockerfile 'FROM scratch' 'COPY . /'
	build
	[ "$(ls -A "$(ct path "$built")")" = $'.git\nDockerfile\nfile' ]
}

@test "COPY takes nothing from outside the context" {
	echo secret >"$BATS_TEST_TMPDIR/secret"
	ln -s ../secret "$D/link"
	ln -s .. "$D/up"
	ln -s /etc "$D/etc"
	mkdir "$D/inner"
	ln -s ../../secret "$D/inner/link"
	for source in link up/secret etc/passwd up/ctx/link; do
		dockerfile 'FROM busybox' "COPY $source /x"
		refused "2: COPY: $source: leads out of $D"
		dockerfile 'FROM busybox' "RUN --mount=target=/x,source=$source cat /x"
		refused "2: RUN: $source: leads out of $D"
	done
	# The reference says that a leading "../" is dropped.
	dockerfile 'FROM busybox' 'COPY ../secret /x'
	refused "2: COPY: secret: no such file in $D"
	dockerfile 'FROM busybox' 'COPY /etc/passwd /x'
	refused "2: COPY: etc/passwd: leads out of $D"
	dockerfile 'FROM busybox' 'COPY e*/pass?d /x'
	refused "2: COPY: /e*/pass?d: no file in $D matches"
	dockerfile 'FROM busybox' 'COPY nosuch /x'
	refused "2: COPY: nosuch: no such file in $D"
	# In a directory a link is a link.
	dockerfile 'FROM busybox' 'COPY inner /inner'
	build
	[ "$(readlink "$(ct path "$built")/inner/link")" = ../../secret ]
}

@test "a Dockerfile and its patterns are not read through a link out of the context" {
	echo 'FROM busybox' >"$BATS_TEST_TMPDIR/real"
	ln -s ../real "$D/Dockerfile"
	run -1 --separate-stderr ct build "$D"
	[ "$stderr" = "ct-build: Dockerfile: leads out of $D" ]
	run -1 --separate-stderr ct build -f "$D/Dockerfile" "$D"
	[ "$stderr" = "ct-build: $D/Dockerfile: leads out of $D" ]
	build -f "$BATS_TEST_TMPDIR/real"
	rm "$D/Dockerfile"
	dockerfile 'FROM busybox'
	ln -s "$BATS_TEST_TMPDIR/real" "$D/.dockerignore"
	run -1 --separate-stderr ct build "$D"
	[ "$stderr" = "ct-build: .dockerignore: leads out of $D" ]
	rm "$D/.dockerignore"
	mkfifo "$D/.dockerignore"
	run -2 --separate-stderr ct build "$D"
	[ "$stderr" = "ct-build: .dockerignore: not a regular file" ]
}

@test "COPY follows no link out of the container" {
	echo new >"$D/file"
	mkdir "$BATS_TEST_TMPDIR/host"
	dockerfile 'FROM busybox' "RUN mkdir -p /real && ln -s $BATS_TEST_TMPDIR/host /host && ln -s real /near && ln -s $BATS_TEST_TMPDIR/host/f /f && ln -s /etc /abs" \
		'COPY file /near/' 'COPY file /near/x/y' 'COPY file /abs/made'
	build
	root=$(ct path "$built")
	[ -f "$root/real/file" ]
	[ -f "$root/real/x/y" ]
	[ -L "$root/near" ]
	[ -f "$root/etc/made" ]
	for dest in /host/ /host/x /f; do
		dockerfile "FROM $built" "COPY file $dest"
		run ct build "$D"
		[ -z "$(ls -A "$BATS_TEST_TMPDIR/host")" ]
	done
}

@test "COPY of several files needs a directory as its target" {
	touch "$D/a" "$D/b"
	dockerfile 'FROM busybox' 'COPY a b /x'
	refused '2: COPY: several files, but /x does not end with "/"'
	dockerfile 'FROM busybox' 'COPY [ab] /x'
	fails '2: COPY: several files, but /x is no directory and does not end with "/"'
	ct-rm "$left"
	dockerfile 'FROM busybox' 'COPY a'
	refused '2: COPY: not SOURCE... DEST'
	dockerfile 'FROM busybox' 'COPY a /tmp/../x'
	build
	[ -f "$(ct path "$built")/x" ]
}

@test "files that .dockerignore names are not copied" {
	mkdir -p "$D/src/deep" "$D/node_modules"
	for f in a.log b.txt src/c.o src/c.c src/deep/d.o src/keep.o node_modules/x; do echo "$f" >"$D/$f"; done
	printf '%s\n' '# comment' '*.log' '**/*.o' '!src/keep.o' 'node_modules' '.dockerignore' >"$D/.dockerignore"
	dockerfile 'FROM scratch' 'COPY . /'
	build
	[ "$(cd "$(ct path "$built")" && find . -type f | LC_ALL=C sort | paste -sd ' ')" = './Dockerfile ./b.txt ./src/c.c ./src/keep.o' ]
	below=$built
	dockerfile 'FROM scratch' 'COPY a.log /'
	refused '2: COPY: a.log: excluded by .dockerignore'
	dockerfile 'FROM busybox' 'RUN --mount=target=/m ls /m /m/src >/seen'
	build
	run ! grep -qE 'a.log|c\.o|node_modules' "$(ct path "$built")/seen"
	grep -q keep.o "$(ct path "$built")/seen"
	# An excluded directory may have an included file; without one it is not there.
	printf '%s\n' '*' '!src/deep/d.o' '!node_modules/nosuch' >"$D/.dockerignore"
	dockerfile 'FROM scratch' 'COPY src /src' 'COPY n* s* /all/'
	build
	[ "$(cd "$(ct path "$built")" && find . -type f | LC_ALL=C sort | paste -sd ' ')" = './all/deep/d.o ./src/deep/d.o' ]
	dockerfile 'FROM scratch' 'COPY node_modules /x'
	run -1 --separate-stderr ct build "$D"
	[ "$stderr" = 'ct-build: Dockerfile:2: COPY: node_modules: excluded by .dockerignore' ]
	# The file's own patterns go before.
	printf '%s\n' 'src' >"$D/Dockerfile.dockerignore"
	dockerfile 'FROM scratch' 'COPY . /'
	build
	[ -f "$(ct path "$built")/a.log" ]
	[ ! -e "$(ct path "$built")/src" ]
	printf '[a\n' >"$D/Dockerfile.dockerignore"
	run -1 --separate-stderr ct build "$D"
	[ "$stderr" = 'ct-build: Dockerfile.dockerignore: 1: [a: "[" without its "]"' ]
}

@test "COPY sets owners and modes, and leaves out what it is told to" {
	mkdir "$D/dir"
	echo x >"$D/dir/a.txt"
	echo y >"$D/dir/b.o"
	chmod 640 "$D/dir/a.txt"
	dockerfile 'FROM busybox' 'COPY --chown=33:100 --chmod=0750 dir /one/' 'COPY --chown=www-data dir/a.txt /two' 'COPY --chown=7 dir/a.txt /three' \
		'COPY --exclude=*.o dir /four/' 'COPY --exclude=*.o dir/* /five/'
	build
	root=$(ct path "$built")
	[ "$(stat -c '%u:%g %a' "$root/one" "$root/one/a.txt")" = $'33:100 755\n33:100 750' ]
	[ "$(stat -c '%u:%g %a' "$root/two")" = "$(awk -F: '$1 == "www-data" { print $3 ":" $4 }' "$busybox/etc/passwd") 640" ]
	[ "$(stat -c %u:%g "$root/three")" = 7:7 ]
	[ "$(ls "$root/four" "$root/five")" = "$root/five:"$'\na.txt\n\n'"$root/four:"$'\na.txt' ]
	dockerfile 'FROM busybox' 'COPY --chown=nobody-here dir /x'
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *"ct-build: Dockerfile:2: COPY: --chown nobody-here: user nobody-here: not in the container's /etc/passwd"* ]]
}

@test "COPY keeps modes, times, links, holes, attributes and capabilities" {
	mkdir "$D/d"
	echo x >"$D/d/f"
	touch -d 2001-02-03T04:05:06Z "$D/d/f"
	chmod 4711 "$D/d/f"
	ln "$D/d/f" "$D/d/hard"
	ln -s f "$D/d/soft"
	mkfifo "$D/d/fifo"
	/usr/bin/python3 -I -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$D/d/socket"
	setfattr -n user.note -v hello "$D/d/f"
	setcap cap_net_raw+ep "$D/d/f"
	truncate -s 1M "$D/d/hole"
	dockerfile 'FROM busybox' 'COPY d /d'
	build
	root=$(ct path "$built")/d
	[ "$(stat -c '%a %Y %h' "$root/f")" = '4711 981173106 2' ]
	[ "$(stat -c %i "$root/f")" = "$(stat -c %i "$root/hard")" ]
	[ "$(readlink "$root/soft")" = f ]
	[ -p "$root/fifo" ]
	[ "$(stat -c '%F %a' "$root/socket")" = "regular empty file $(stat -c %a "$D/d/socket")" ]
	[ "$(getfattr --only-values -n user.note "$root/f")" = hello ]
	[[ $(getcap "$root/f") == *cap_net_raw* ]]
	[ "$(stat -c %b "$root/hole")" -eq 0 ]
}

@test "a directory is copied into one that is there, and replaces no file by a directory" {
	mkdir -p "$D/tree/tmp/sub" "$D/bad/bin/busybox"
	echo new >"$D/tree/tmp/sub/f"
	chmod 700 "$D/tree/tmp"
	dockerfile 'FROM busybox' 'COPY tree /'
	build
	[ "$(stat -c %a "$(ct path "$built")/tmp")" = 700 ]
	[ -f "$(ct path "$built")/tmp/sub/f" ]
	dockerfile 'FROM busybox' 'COPY bad /'
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *"Dockerfile:2: COPY: a file that is not a directory is in its place: bad/bin/busybox"* ]]
}

@test "ADD unpacks archives, copies other files, and fetches URLs" {
	mkdir "$D/t"
	echo in >"$D/t/in"
	chown 33:100 "$D/t/in"
	tar -C "$D/t" -cf "$D/a.tar" .
	tar -C "$D/t" -czf "$D/a.tgz" .
	echo text >"$D/plain"
	gzip -k "$D/plain"
	dockerfile 'FROM busybox' 'ADD a.tar /one' 'ADD a.tgz /two/' 'ADD --chown=1:2 a.tar /three/' 'ADD plain.gz plain /four/' 'ADD plain.gz /five' \
		'COPY a.tar /six'
	build
	root=$(ct path "$built")
	[ "$(stat -c %u:%g "$root/one/in" "$root/two/in" "$root/three/in")" = $'33:100\n33:100\n1:2' ]
	[ "$(ls "$root/four")" = $'plain\nplain.gz' ]
	[ -f "$root/five" ]
	cmp "$root/six" "$D/a.tar"
	dockerfile 'FROM busybox' 'ADD --unpack=false a.tgz /x.tgz' 'ADD --unpack a.tar /y/'
	build
	cmp "$(ct path "$built")/x.tgz" "$D/a.tgz"
	[ -f "$(ct path "$built")/y/in" ]
	head -c 700 "$D/a.tgz" | head -c 60 >"$D/cut.tgz"
	dockerfile 'FROM busybox' 'ADD cut.tgz /x/'
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *'Dockerfile:2: ADD: cut.tgz: cut short'* ]]
	/usr/bin/python3 -I -m http.server -d "$D" --bind 127.0.0.1 8099 >/dev/null 2>&1 3>&- &
	server=$!
	wait_until curl -sf http://127.0.0.1:8099/plain
	dockerfile 'FROM busybox' 'ADD http://127.0.0.1:8099/plain?x=1 /u/' "ADD --checksum=sha256:$(sha256sum <"$D/plain" | cut -d' ' -f1) --chmod=644 http://127.0.0.1:8099/plain /named"
	build
	root=$(ct path "$built")
	[ "$(stat -c '%a %u' "$root/u/plain" "$root/named")" = $'600 0\n644 0' ]
	[ "$(cat "$root/u/plain")" = text ]
	dockerfile 'FROM busybox' 'ADD http://127.0.0.1:8099/a.tgz /' 'ADD --unpack=true http://127.0.0.1:8099/a.tgz /new/'
	build
	root=$(ct path "$built")
	cmp "$root/a.tgz" "$D/a.tgz"
	[ "$(stat -c %u:%g "$root/new/in")" = 33:100 ]
	dockerfile 'FROM busybox' "ADD --checksum=sha256:$(printf '0%.0s' {1..64}) http://127.0.0.1:8099/plain /x"
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *"but --checksum is sha256:0000"* ]]
	dockerfile 'FROM busybox' 'ADD http://127.0.0.1:8099/nosuch /x'
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *'http://127.0.0.1:8099/nosuch: the server answered with status 404'* ]]
	kill "$server"
}

@test "ADD unpacks through the links of the image, and never out of it" {
	mkdir -p "$D/base/run" "$D/base/var" "$D/base/usr/lib" "$D/t/var/run/sub" "$D/t/lib"
	ln -s /run "$D/base/var/run"
	ln -s usr/lib "$D/base/lib"
	ln -s "$BATS_TEST_TMPDIR/out" "$D/base/out"
	ln -s ../../../../../../.. "$D/base/up"
	mkdir "$BATS_TEST_TMPDIR/out"
	echo x >"$D/t/var/run/sub/f"
	echo x >"$D/t/lib/g"
	tar -C "$D/base" -cf "$D/base.tar" .
	tar -C "$D/t" -cf "$D/t.tar" var/run/sub lib/g
	tar -C "$D/t" -cf "$D/out.tar" --transform 's,^lib,out,' lib/g
	tar -C "$D/t" -cf "$D/up.tar" --transform "s,^lib,up$BATS_TEST_TMPDIR/out," lib/g
	dockerfile 'FROM scratch' 'ADD base.tar /' 'ADD t.tar /' 'ADD up.tar /'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/run/sub/f" "$root/usr/lib/g")" = $'x\nx' ]
	[ -L "$root/var/run" ]
	[ -L "$root/lib" ]
	dockerfile 'FROM scratch' 'ADD base.tar /' 'ADD out.tar /'
	run ct build "$D"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/out")" ]
}

@test "an entry of an archive that ADD unpacks replaces a file of any kind" {
	mkdir -p "$D/base/tree/in/it" "$D/t/lib" "$D/t/file"
	ln -s usr/lib "$D/base/lib"
	touch "$D/base/file" "$D/t/tree"
	tar -C "$D/base" -cf "$D/base.tar" .
	tar -C "$D/t" -cf "$D/t.tar" lib file tree
	dockerfile 'FROM scratch' 'ADD base.tar /' 'ADD t.tar /'
	build
	[ "$(stat -c '%F %n' "$(ct path "$built")"/* | sed 's, /.*/, ,')" = 'directory file
directory lib
regular empty file tree' ]
}

@test "the context may be a tar on standard input, or there may be none" {
	echo x >"$D/file"
	dockerfile 'FROM busybox' 'COPY file /made'
	built=$(tar -C "$D" -cz . | ct build - 2>"$D.err")
	[ -f "$(ct path "$built")/made" ]
	mv "$D/Dockerfile" "$D/other"
	built=$(tar -C "$D" -c . | ct build -f other - 2>"$D.err")
	[ -f "$(ct path "$built")/made" ]
	built=$(printf 'FROM busybox\nRUN echo y >/y\n' | ct build - 2>"$D.err")
	[ -f "$(ct path "$built")/y" ]
	run -1 --separate-stderr ct build - <"$D/other"
	[ "$stderr" = 'ct-build: Dockerfile:2: COPY: there is no context to take files from' ]
	tar -C "$D" -czf - . | head -c 100 >"$BATS_TEST_TMPDIR/cut"
	run -1 --separate-stderr ct build - <"$BATS_TEST_TMPDIR/cut"
	[ "${#stderr_lines[@]}" -eq 1 ]
	[ -z "$(ls -A "$CT_ROOT/tmp")" ]
	run -2 ct build -f - - <"$D/other"
}

@test "podman's .containerignore is refused unless there is a .dockerignore; Containerfile is named" {
	echo f >"$D/f"
	dockerfile 'FROM busybox' 'COPY . /all/'
	echo f >"$D/.containerignore"
	run -1 ct-build -q "$D"
	[[ $output == *'ct-build: .containerignore: not read: name it .dockerignore' ]]
	mv "$D/.containerignore" "$D/.dockerignore"
	built=$(ct-build -q "$D")
	[ ! -e "$(ct path "$built")/all/f" ]
	mv "$D/Dockerfile" "$D/Containerfile"
	run -2 ct-build -q "$D"
	[ "$output" = 'ct-build: Dockerfile: no such file (use --file Containerfile)' ]
	ct-build -q --file Containerfile "$D"
}
