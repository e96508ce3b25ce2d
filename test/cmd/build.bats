load helper
load dockerfile

# Expected values: the Dockerfile reference (docs.docker.com/reference/dockerfile), BuildKit where it says more.

@test "seed row 47: stdout has only the image's id, stderr the progress" {
	dockerfile "FROM $img" 'RUN echo out; echo err >&2'
	build
	[ "$(ct-images -q "$built")" = "$built" ]
	[ "$built" != "$img" ]
	grep -qx out "$D.err"
	grep -qx err "$D.err"
	grep -qx 'Dockerfile:2: RUN echo out; echo err >&2' "$D.err"
}

@test "a build leaves only the image" {
	dockerfile "FROM $img" 'RUN echo 1 >>/count' 'ENV A=1' 'RUN echo 2 >>/count' 'WORKDIR /x' 'RUN pwd >>/count'
	facts >"$BATS_TEST_TMPDIR/before"
	mkdir "$BATS_TEST_TMPDIR/tmp"
	TMPDIR=$BATS_TEST_TMPDIR/tmp build
	[ -z "$(ls -A "$CT_ROOT/tmp")" ]
	[ "$(cat "$(ct path "$built")/count")" = $'1\n2\n/x' ]
	[ -z "$(ct-ps -q)" ]
	[ "$(ct-images -q)" = "$built"$'\n'"$img" ]
	ct-rm "$built"
	same_facts "$BATS_TEST_TMPDIR/before" <(facts)
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ]
}

@test "-t names the image and replaces an image that has this name" {
	dockerfile 'FROM busybox' 'RUN echo one >/file'
	build -t some/app:v1
	[ "$(ct-images --no-header -o name "$built")" = some/app:v1 ]
	first=$built
	dockerfile 'FROM busybox' 'RUN echo two >/file'
	build --tag some/app:v1
	[ "$built" = "$first" ]
	[ "$(ct run --rm some/app:v1 cat /file)" = two ]
	[ "$(ct-images -q | wc -l)" -eq 2 ]
}

@test "RUN in shell form is run by the shell, in exec form without one" {
	dockerfile 'FROM busybox' 'RUN echo "$HOME" '"'a  b'"' $((1 + 1)) >/line; echo \$x >>/line' \
		'RUN ["sh", "-c", "printf \"<%s>\" \"$@\" >/args", "-", "a b", "", "$HOME", "*", "x\ny\\n", "ä"]'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/line")" = $'/root a  b 2\n$x' ]
	[ "$(cat "$root/args")" = $'<a b><><$HOME><*><x\ny\\n><ä>' ]
}

@test "RUN has no standard input" {
	dockerfile 'FROM busybox' 'RUN cat >/read' 'RUN echo still here >/after'
	build < <(echo user)
	[ ! -s "$(ct path "$built")/read" ]
	[ -s "$(ct path "$built")/after" ]
}

@test "FROM scratch starts with an empty image" {
	cp "$busybox/bin/busybox" "$D/"
	dockerfile 'FROM scratch' 'COPY busybox /bin/' 'ENV A=b' 'RUN ["/bin/busybox", "mkdir", "/made"]' 'CMD ["/bin/busybox", "ls", "/made"]'
	build
	[ "$(find "$(ct path "$built")" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -vxE 'dev|proc|sys|etc' | sort | paste -sd,)" = bin,made ]
	ct run --rm "$built"
	dockerfile 'FROM scratch'
	build
	[ -z "$(ls -A "$(ct path "$built")")" ]
	[ "$(ct-images --no-header -o source "$built")" = - ]
}

@test "a failing step prints its line, keeps its container and makes no image" {
	dockerfile 'FROM busybox' '' 'RUN echo first >/first' 'RUN echo second >/second; exit 3' 'RUN touch /third'
	fails '4: RUN: echo second >/second; exit 3: status 3'
	[ "$(cat "$(ct path "$left")/first" "$(ct path "$left")/second")" = $'first\nsecond' ]
	[ ! -e "$(ct path "$left")/third" ]
	run -3 ct-start -a "$left"
	ct prune
	[ -z "$(ct-ps -q)" ]
	run -1 --separate-stderr ct build -t name "$D"
	run -1 ct-images -q name
}

@test "a step whose program is missing, and a COPY that fails, leave a container too" {
	dockerfile 'FROM busybox' 'RUN touch /first' 'RUN ["/no/such"]'
	fails '3: RUN: ["/no/such"]: status 127'
	[ -f "$(ct path "$left")/first" ]
	ct prune
	touch "$D/file"
	dockerfile 'FROM busybox' 'RUN touch /first' 'COPY file /first/x/y'
	fails '3: COPY: /first/x/: Not a directory'
	[ -f "$(ct path "$left")/first" ]
	ct prune
	dockerfile 'FROM scratch' 'COPY file /' 'RUN x'
	fails '3: RUN: x: status 127'
}

@test "bad options and operands are refused" {
	dockerfile 'FROM busybox'
	run -2 ct build
	run -2 ct build "$D" x
	run -2 ct build --frobnicate "$D"
	run -2 ct build -t 'A b' "$D"
	run -2 --separate-stderr ct build -t 'a//b' "$D"
	[[ $stderr == 'ct-build: --tag a//b: not a name for an image'* ]]
	run -2 --separate-stderr ct build "$D/nosuch"
	[[ $stderr == "ct-build: $D/nosuch: no such directory"* ]]
	run -2 ct build -f "$D/nosuch" "$D"
	run -2 ct build -t
	run -0 ct build --help
	[[ $output == 'Usage: ct-build '* ]]
	[ "$(ct-images -q)" = "$img" ]
}

@test "the Dockerfile may be outside the context or on standard input" {
	echo x >"$D/file"
	printf '%s\n' 'FROM busybox' 'COPY file /made' >"$BATS_TEST_TMPDIR/other"
	build -f "$BATS_TEST_TMPDIR/other"
	[ -f "$(ct path "$built")/made" ]
	build -f - <"$BATS_TEST_TMPDIR/other"
	[ -f "$(ct path "$built")/made" ]
	echo 'FROM busybox' >"$BATS_TEST_TMPDIR/other"
	echo 'RUN false' >>"$BATS_TEST_TMPDIR/other"
	run -1 --separate-stderr ct build -f "$BATS_TEST_TMPDIR/other" "$D"
	grep -q "^ct-build: $BATS_TEST_TMPDIR/other:2: RUN: false: status 1 (" <<<"$stderr"
}

# Starts a build in a process group of its own and waits for its second RUN; $pid is its process.
begin_build() {
	dockerfile 'FROM busybox' 'RUN touch /first' 'RUN echo waiting; sleep 1000'
	rm -f "$D.err"
	setsid ct build "$D" >"$D.out" 2>"$D.err" 3>&- &
	job=$!
	wait_until grep -q '^waiting' "$D.err"
	pid=$(pgrep -f "ct-build $D\$" | head -1)
}

nothing_is_left() {
	wait_until sh -c '[ -z "$(ct-ps -q)" ] && [ -z "$(ls -A "$CT_ROOT/tmp")" ]'
	[ "$(ct-images -q)" = "$img" ]
	[ ! -s "$D.out" ]
	[ -z "$(pgrep -f 'sleep 1000')" ]
}

@test "an interrupted build leaves nothing" {
	begin_build
	kill -TERM -- "-$(ps -o pgid= -p "$pid" | tr -d ' ')"
	status=0
	wait "$job" || status=$?
	[ "$status" -eq 143 ]
	nothing_is_left
}

@test "a killed build leaves no process and no draft" {
	begin_build
	ct-rm -f nosuch
	[ -n "$(ls -A "$CT_ROOT/tmp")" ]
	kill -KILL "$pid"
	wait "$job" || true
	nothing_is_left
	begin_build
	kill -KILL -- "-$(ps -o pgid= -p "$pid" | tr -d ' ')"
	wait "$job" || true
	nothing_is_left
}

@test "a build whose running command's supervisor is killed fails, and leaves nothing" {
	begin_build
	read -r supervisor _ <"$(echo "$CT_RUN"/ps_*/etc)"
	kill -KILL "$supervisor"
	status=0
	wait "$job" || status=$?
	[ "$status" -eq 1 ]
	[[ $(tail -1 "$D.err") == *":3: RUN: the command's supervisor was killed" ]]
	nothing_is_left
	[ -z "$(compgen -G "$CT_RUN/ps_*")" ]
}

@test "a build whose id cannot be printed fails" {
	dockerfile 'FROM busybox'
	run -1 --separate-stderr sh -c 'ct build "$1" >/dev/full' sh "$D"
	[ "$(tail -1 <<<"$stderr")" = 'ct-build: standard output: No space left on device' ]
}

@test "RUN --mount mounts the context, stages, caches and tmpfs" {
	echo ctx >"$D/f"
	dockerfile 'FROM busybox AS one' 'RUN echo one >/file' 'FROM busybox' \
		'RUN --mount=target=/ctx --mount=from=one,source=/file,target=/st --mount=type=tmpfs,target=/mem --mount=type=cache,target=/cache cat /ctx/f /st >/out; echo c >>/cache/n; touch /mem/x; ! touch /ctx/y' \
		'RUN --mount=type=cache,target=/cache,sharing=locked --mount=target=/ctx,rw cat /cache/n >>/out; touch /ctx/y'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/out")" = $'ctx\none\nc' ]
	[ ! -e "$root/ctx" ]
	[ ! -e "$root/st" ]
	[ ! -e "$root/mem" ]
	[ ! -e "$root/cache" ]
	[ ! -e "$D/y" ]
	# The cache outlives the build; the steps that it was used by are done again.
	build --no-cache
	[ "$(cat "$(ct path "$built")/out")" = $'ctx\none\nc\nc' ]
}

@test "a RUN reads a secret, of which neither the image nor the cache has anything" {
	echo topsecret >"$BATS_TEST_TMPDIR/file"
	dockerfile 'FROM busybox' 'RUN --mount=type=secret,id=x grep -qx "top[s]ecret" /run/secrets/x && ! sh -c "echo >/run/secrets/x" && wc -c </run/secrets/x >/n' \
		'RUN --mount=type=secret,id=x,target=/a/b,required grep -qx "top[s]ecret" /a/b'
	build --secret "id=x,src=$BATS_TEST_TMPDIR/file"
	root=$(ct path "$built")
	[ "$(cat "$root/n")" = 10 ]
	[ ! -e "$root/run/secrets" ]
	[ ! -e "$root/a" ]
	run -1 grep -r topsecret "$CT_ROOT" --exclude-dir=dev
	[ "$(cat "$BATS_TEST_TMPDIR/file")" = topsecret ]
	# Another content does not change what was done.
	echo other >"$BATS_TEST_TMPDIR/file"
	build --secret "id=x,src=$BATS_TEST_TMPDIR/file"
	[ "$(cat "$(ct path "$built")/n")" = 10 ]
	run -1 --separate-stderr ct build "$D"
	[ "$stderr" = 'ct-build: Dockerfile:3: RUN: the secret x is missing (--secret id=x,src=FILE)' ]
	dockerfile 'FROM busybox' 'RUN --mount=type=secret,id=x ls /run >/list'
	build
	run ! grep secrets "$(ct path "$built")/list"
	for bad in x id=x src=/dev/null id=x,src= id=x,src=/nosuch id=x,src=/dev/null id=x,env=HOME "id=x,src=$BATS_TEST_TMPDIR/file,more"; do
		echo "$bad"
		run -2 --separate-stderr ct build --secret "$bad" "$D"
		[ "${#stderr_lines[@]}" -eq 1 ]
	done
}

@test "a cache with from begins as a copy of a stage's files" {
	dockerfile 'FROM busybox AS one' 'RUN mkdir /d; echo 1 >/d/n; chown 5:6 /d' 'FROM busybox' \
		'RUN --mount=type=cache,from=one,source=/d,target=/c stat -c %u:%g /c >/out; echo 2 >>/c/n' \
		'RUN --mount=type=cache,from=one,source=/d,target=/c,sharing=private cat /c/n >>/out'
	build
	[ "$(cat "$(ct path "$built")/out")" = $'5:6\n1\n2' ]
	sed -i 's/echo 1/echo 3/' "$D/Dockerfile"
	build
	[ "$(cat "$(ct path "$built")/out")" = $'5:6\n3\n2' ]
	ct-images -q | grep -vx "$img" | ct-rm -
	ct-build --prune >/dev/null
	[ -z "$(ls "$CT_ROOT/steps")" ]
}

@test "several files that a pattern matches go into an existing directory, also without a slash" {
	touch "$D/a1" "$D/a2"
	dockerfile 'FROM busybox' 'RUN mkdir /d' 'COPY a? /d'
	build
	[ -e "$(ct path "$built")/d/a1" ]
	[ -e "$(ct path "$built")/d/a2" ]
	dockerfile 'FROM busybox' 'COPY a? /e'
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *'Dockerfile:2: COPY: several files, but /e is no directory and does not end with "/"'* ]]
}

@test "COPY --link makes what COPY makes, or is refused where BuildKit would make something else" {
	echo 1 >"$D/file"
	dockerfile 'FROM busybox' 'RUN mkdir /d && ln -s d /l' 'WORKDIR /w' 'COPY --link . .' 'COPY --link --chown=5:6 file /new/file' 'COPY --link=false file /l/'
	build
	root=$(ct path "$built")
	[ -e "$root/w/Dockerfile" ]
	[ "$(stat -c %u:%g "$root/new/file")" = 5:6 ]
	[ -e "$root/d/file" ]
	for line in 'COPY --link file /l/' 'COPY --link file /d' 'ADD --link file /d'; do
		echo "$line"
		dockerfile 'FROM busybox' 'RUN mkdir /d && ln -s d /l' "$line"
		run -1 --separate-stderr ct build -q "$D"
		[[ $stderr == *'Dockerfile:3: '*': --link: /'* ]]
	done
}

@test "RUN --network=none has only a loopback" {
	dockerfile 'FROM busybox' 'RUN --network=none ls /sys/class/net >/none' 'RUN --network=default ls /sys/class/net >/default'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/none")" = lo ]
	[ "$(cat "$root/default")" = $'eth0\nlo' ]
}

@test "an image gets all its names, its labels, and its id in a file" {
	dockerfile 'FROM busybox' 'LABEL a=1 b=1'
	build -t one -t two:v2 -t localhost/three --label b=2 --label c= --iidfile "$BATS_TEST_TMPDIR/id" -q
	[ "$(ct-images --no-header -o name "$built")" = localhost/three:latest,one:latest,two:v2 ]
	[ "$(cat "$BATS_TEST_TMPDIR/id")" = "$built" ]
	[ "$(config Labels)" = '{"a":"1","b":"2","c":""}' ]
	[ ! -s "$D.err" ]
	# Of an image with other names only the name moves.
	dockerfile 'FROM busybox' 'RUN true'
	first=$built
	build -t one
	[ "$built" != "$first" ]
	[ "$(ct-images --no-header -o name "$first")" = localhost/three:latest,two:v2 ]
}

@test "a build in a full store says that no space is left" {
	dockerfile 'FROM busybox' 'RUN --network=none true'
	export CT_ROOT=$BATS_TEST_TMPDIR/root CT_RUN=$BATS_TEST_TMPDIR/run
	truncate -s 300M "$CT_ROOT.btrfs"
	mkfs.btrfs -q "$CT_ROOT.btrfs"
	ct-store up
	ct-init -n busybox "$busybox" >/dev/null
	run dd if=/dev/zero of="$CT_ROOT/fill" bs=1M
	run -1 --separate-stderr ct build "$D"
	ct-store down
	[[ $stderr == *'No space left on device'* ]]
	[[ $stderr != *--tag* ]]
}

@test "a step whose inputs are the same is not done again" {
	echo 1 >"$D/f"
	dockerfile 'FROM busybox' 'RUN cat /proc/sys/kernel/random/uuid >/one' 'COPY f /f' 'RUN cat /proc/sys/kernel/random/uuid >/two' 'CMD a'
	build -t app
	first=$built
	[ "$(cached)" -eq 0 ]
	touch "$D/f"
	build -t app
	[ "$built" = "$first" ]
	[ "$(cached)" -eq 3 ]
	# Instructions that change only the config are not steps.
	dockerfile 'FROM busybox' 'RUN cat /proc/sys/kernel/random/uuid >/one' 'COPY f /f' 'RUN cat /proc/sys/kernel/random/uuid >/two' 'CMD b'
	build
	[ "$built" != "$first" ]
	[ "$(cached)" -eq 3 ]
	diff -r --no-dereference "$(ct path "$first")" "$(ct path "$built")"
	# A changed input repeats the steps after it.
	echo 2 >"$D/f"
	build
	[ "$(cached)" -eq 1 ]
	cmp "$(ct path "$first")/one" "$(ct path "$built")/one"
	run -1 cmp -s "$(ct path "$first")/two" "$(ct path "$built")/two"
	chmod 600 "$D/f"
	build
	[ "$(cached)" -eq 1 ]
	# So does a variable that the command sees, and another base.
	dockerfile 'FROM busybox' 'ENV A=1' 'RUN cat /proc/sys/kernel/random/uuid >/one'
	build
	[ "$(cached)" -eq 0 ]
	build --no-cache
	[ "$(cached)" -eq 0 ]
	build
	[ "$(cached)" -eq 1 ]
}

# redone FIRST SECOND: two builds of `FROM base` and these lines; the second does its last step anew, and a third
# build takes all steps of the second from the cache.
redone() {
	dockerfile 'FROM busybox' "$1"
	build
	dockerfile 'FROM busybox' "$2"
	build
	[ "$(cached)" -eq "${3:-0}" ] || { echo "not done again: $2" >&2; return 1; }
	build
	[ "$(cached)" -ge 1 ]
}

@test "a step is done again when any of its inputs differs" {
	mkdir -p "$D/dir"
	echo 1 >"$D/f"
	cp "$D/f" "$D/g"
	cp "$D/f" "$D/dir/f"
	ln -s f "$D/link"
	redone 'RUN true' $'USER 33\nRUN true'
	redone 'RUN pwd' $'WORKDIR /tmp\nRUN pwd'
	redone 'RUN id' 'RUN --network=none id'
	redone 'RUN echo a' 'RUN echo b'
	redone 'RUN ["echo", "a b"]' 'RUN ["echo", "a", "b"]'
	redone $'ARG A=1\nRUN echo x' $'ARG A=2\nRUN echo x'
	redone $'RUN cat <<E\n1\nE' $'RUN cat <<E\n2\nE'
	redone $'RUN <<E\n#!/bin/sh\n:\nE' $'RUN <<E\n#!/bin/sh\ntrue\nE'
	redone 'RUN --mount=target=/m true' 'RUN --mount=target=/n true'
	redone 'RUN --mount=target=/m ls' 'RUN --mount=target=/m,rw ls'
	redone 'RUN --mount=type=cache,target=/m :' 'RUN --mount=type=cache,target=/m,id=other :'
	redone 'RUN --mount=type=tmpfs,target=/m df' 'RUN --mount=type=tmpfs,size=1m,target=/m df'
	redone 'COPY f /x' 'COPY f /y'
	redone 'COPY f /d/' 'COPY g /d/'
	redone 'COPY f /z' 'COPY --chown=33 f /z'
	redone 'COPY f /z' 'COPY --chmod=600 f /z'
	redone 'COPY dir /d' 'COPY --exclude=f dir /d'
	redone 'COPY f /w' 'ADD f /w'
	redone $'COPY <<f /h\n1\nf' $'COPY <<f /h\n2\nf'
	# The files themselves: content, mode, target, name, attribute; a file that exists and a missing one.
	again() {
		dockerfile 'FROM busybox' 'COPY . /all' 'RUN --mount=target=/m true'
		build
		[ "$(cached)" -eq 0 ] || { echo "taken from the cache" >&2; return 1; }
	}
	again
	echo 2 >"$D/f"
	again
	chmod 600 "$D/dir/f"
	again
	chmod 700 "$D/dir"
	again
	ln -sf g "$D/link"
	again
	mv "$D/g" "$D/h"
	again
	setfattr -n user.x -v 1 "$D/h"
	again
	rm "$D/h"
	again
	mkdir "$D/empty"
	again
	echo h >"$D/.dockerignore"
	dockerfile 'FROM busybox' 'COPY dir /all'
	build
	echo dir/f >"$D/.dockerignore"
	build
	[ "$(cached)" -eq 0 ]
}

@test "a step is done again after its base image was replaced" {
	dockerfile 'FROM busybox' 'RUN echo 1 >/v'
	build -t base
	echo 'FROM base' >"$D/two"
	echo 'RUN cat /v >/w' >>"$D/two"
	build -f "$D/two"
	dockerfile 'FROM busybox' 'RUN echo 2 >/v'
	build -t base
	build -f "$D/two"
	[ "$(cat "$(ct path "$built")/w")" = 2 ]
}

@test "ct prune removes steps that no image is made of" {
	dockerfile 'FROM busybox' 'RUN echo kept >/kept'
	build -t kept
	dockerfile 'FROM busybox' 'RUN echo gone >/gone' 'RUN --mount=type=cache,target=/c touch /c/x' 'RUN false'
	run -1 ct build "$D"
	[ "$(find "$CT_ROOT/steps" -mindepth 1 -maxdepth 1 | wc -l)" -eq 4 ]
	ct prune
	[ "$(find "$CT_ROOT/steps" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ]
	dockerfile 'FROM busybox' 'RUN echo kept >/kept'
	build
	[ "$(cached)" -eq 1 ]
	ct-rm kept
	ct prune
	[ -z "$(ls -A "$CT_ROOT/steps")" ]
}

@test "a committed container is not mistaken for a built image" {
	dockerfile 'FROM busybox' 'RUN echo 1 >/v'
	build
	ctr=$(ct-run --only snapshot "$built")
	echo 2 >"$(ct path "$ctr")/v"
	committed=$(ct-commit "$ctr")
	run ! grep -qE '^(step|built)=' "$CT_ROOT/$committed/config"
	ct-rm "$ctr"
	build
	[ "$(cat "$(ct path "$built")/v")" = 1 ]
}
