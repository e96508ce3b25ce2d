bats_require_minimum_version 1.5.0
load helper

# Expected values: the Dockerfile reference (docs.docker.com/reference/dockerfile), BuildKit where it says more.

setup() {
	busybox_image
	D=$BATS_TEST_TMPDIR/ctx
	mkdir "$D"
}

teardown() {
	ct-ps -q | ct-rm -f -
	ct-images -q | grep -vx "$img" | ct-rm -f -
	ct-build --prune >/dev/null
}

# Dockerfile LINE...
dockerfile() {
	printf '%s\n' "$@" >"$D/Dockerfile"
}

# Builds it: $built is the image, $D.err what was said.
build() {
	built=$(ct build "$@" "$D" 2>"$D.err") || {
		cat "$D.err" >&2
		return 1
	}
}

# The steps of the last build that were taken from an earlier one.
cached() {
	grep -c '(cached)$' "$D.err" || true
}

# Building it fails before anything is done, and this is all that is said.
refused() {
	run -1 --separate-stderr ct build "$D"
	[ -z "$output" ]
	[ "$stderr" = "ct-build: Dockerfile:$1" ] || {
		printf '%s\n' "$stderr" >&2
		return 1
	}
	[ -z "$(ct-ps -q)" ]
	[ "$(ct-images -q | grep -vx "${below:-}")" = "$img" ]
	[ -z "$(ls -A "$CT_ROOT/tmp")" ]
}

# Building it fails at a step: the last line says this and what container is left, $left. No image is.
fails() {
	run -1 --separate-stderr ct build "$D"
	[ -z "$output" ]
	left=$(ct-ps -q)
	[ "$(tail -1 <<<"$stderr")" = "ct-build: Dockerfile:$1 ($left is left to look into)" ] || {
		printf '%s\n' "$stderr" >&2
		return 1
	}
	[ "$(ct-images -q)" = "$img" ]
	[ -z "$(ls -A "$CT_ROOT/tmp")" ]
}

config() {
	ct inspect "$built" | jq -c ".[0].Config.$1"
}

# The variables of the image, without the PATH that every image gets whose base has none.
variables() {
	config 'Env - ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]'
}

@test "seed row 47: the id alone is on stdout, what happens as it goes on stderr" {
	dockerfile "FROM $img" 'RUN echo out; echo err >&2'
	build
	[ "$(ct-images -q "$built")" = "$built" ]
	[ "$built" != "$img" ]
	grep -qx out "$D.err"
	grep -qx err "$D.err"
	grep -qx 'Dockerfile:2: RUN echo out; echo err >&2' "$D.err"
}

@test "nothing is left but the image" {
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

@test "a name is given, and an image that has it is replaced" {
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

@test "RUN is a line for the shell, or a JSON array that none sees" {
	dockerfile 'FROM busybox' 'RUN echo "$HOME" '"'a  b'"' $((1 + 1)) >/line; echo \$x >>/line' \
		'RUN ["sh", "-c", "printf \"<%s>\" \"$@\" >/args", "-", "a b", "", "$HOME", "*", "x\ny\\n", "ä"]'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/line")" = $'/root a  b 2\n$x' ]
	[ "$(cat "$root/args")" = $'<a b><><$HOME><*><x\ny\\n><ä>' ]
}

@test "RUN reads nothing of the file, and nothing of the user" {
	dockerfile 'FROM busybox' 'RUN cat >/read' 'RUN echo still here >/after'
	build < <(echo user)
	[ ! -s "$(ct path "$built")/read" ]
	[ -s "$(ct path "$built")/after" ]
}

@test "lines are continued, comments and empty lines are not read" {
	printf '# first\n\n  FROM busybox\r\nRUN echo a \\\n  # inside\n\n  b >/one && \\  \n echo "c \\\\" >>/one\n#RUN false\n\trun echo d >>/one' >"$D/Dockerfile"
	build
	[ "$(cat "$(ct path "$built")/one")" = $'a b\nc \\\nd' ]
	grep -q '^Dockerfile:4: RUN' "$D.err"
	grep -q '^Dockerfile:10: RUN' "$D.err"
}

@test "what an image says of itself is set, on top of what the one below says" {
	dockerfile 'FROM busybox' 'ENV A=1 B="two words" C='"'\$A'" 'ENV OLD the old form' 'ENV A=$A-$B' 'LABEL k=v "l m"="n \"o\""' \
		'WORKDIR /srv' 'WORKDIR app' 'USER 33:100' 'EXPOSE 80 53/udp' 'VOLUME ["/data"]' 'VOLUME /more' 'STOPSIGNAL INT' \
		'ENTRYPOINT ["/bin/echo", "$A"]' 'CMD ["x y", "z"]'
	build
	[ "$(variables)" = '["A=1-two words","B=two words","C=$A","OLD=the old form"]' ]
	[ "$(config 'Env[0]')" = '"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"' ]
	[ "$(config Labels)" = '{"k":"v","l m":"n \"o\""}' ]
	[ "$(config WorkingDir)" = '"/srv/app"' ]
	[ "$(config User)" = '"33:100"' ]
	[ "$(config ExposedPorts)" = '{"53/udp":{},"80/tcp":{}}' ]
	[ "$(config Volumes)" = '{"/data":{},"/more":{}}' ]
	[ "$(config StopSignal)" = '"INT"' ]
	[ "$(ct run --rm "$built")" = '$A x y z' ]
	below=$built
	dockerfile "FROM $below" 'ENV A=2' 'ENTRYPOINT echo shell $A'
	build
	[ "$(variables)" = '["A=2","B=two words","C=$A","OLD=the old form"]' ]
	[ "$(config Entrypoint)" = '["/bin/sh","-c","echo shell $A"]' ]
	# The arguments below were for another program.
	[ "$(config Cmd)" = '[]' ]
	[ "$(config WorkingDir)" = '"/srv/app"' ]
	[ "$(ct run --rm "$built")" = 'shell 2' ]
}

@test "RUN sees variables, directory and user as they are by then" {
	dockerfile 'FROM busybox' 'ARG V=1.2' 'ARG E=arg' 'ENV E=env' 'RUN echo $V $E $(pwd) $(id -u) >/one' 'ENV A="b  c"' 'WORKDIR /tmp' 'USER www-data' \
		'RUN echo "$A" $(pwd) $(id -u) >two'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/one")" = '1.2 env / 0' ]
	[ "$(cat "$root/tmp/two")" = 'b  c /tmp 33' ]
	[ "$(variables)" = '["E=env","A=b  c"]' ]
}

@test "a directory that WORKDIR makes belongs to the user, one that is there stays as it is" {
	dockerfile 'FROM busybox' 'WORKDIR /root-own' 'USER 33:100' 'WORKDIR /a/b' 'RUN touch made' 'USER 7' 'WORKDIR /c' 'WORKDIR /root-own'
	build
	root=$(ct path "$built")
	[ "$(stat -c '%u:%g %a' "$root/a/b" "$root/c" "$root/root-own")" = $'33:100 755\n7:7 755\n0:0 755' ]
	[ "$(stat -c %u "$root/a/b/made")" = 33 ]
}

@test "an entry point of the image below does not see RUN" {
	below=$(ct-init "$busybox")
	echo 'entrypoint=/bin/false' >>"$CT_ROOT/$below/config"
	dockerfile "FROM $below" 'RUN echo x >/file'
	build
	[ "$(cat "$(ct path "$built")/file")" = x ]
	[ "$(config Entrypoint)" = '["/bin/false"]' ]
}

@test "variables are put in where they are to be, and nowhere else" {
	mkdir "$D/dir"
	echo x >"$D/dir/f"
	dockerfile 'ARG base=busybox' 'FROM ${base}' 'ARG where=/opt' 'ENV none= some=s' 'COPY ${dir:-dir}/f $where/${some}${none:-x}${some:+y}$/' \
		'ENV Q="$where \$where" S='"'\$where'"' T=\$where' 'RUN echo $where >/w'
	build
	[ -f "$(ct path "$built")/opt/sxy\$/f" ]
	[ "$(variables)" = '["none=","some=s","Q=/opt $where","S=$where","T=$where"]' ]
	[ "$(cat "$(ct path "$built")/w")" = /opt ]
}

@test "nothing in the file is run by the builder" {
	mark=$BATS_TEST_TMPDIR/made
	dockerfile 'FROM busybox' "ENV A=\$(touch $mark) B=\"\`touch $mark\`\" C='; touch $mark'" "LABEL x=\"\$(touch $mark)\"" \
		"ARG D=\$(touch\\ $mark)" "WORKDIR \"/\$(touch $mark)\"" 'RUN pwd >/pwd; echo "$D" >>/pwd' "CMD \$(touch $mark)"
	run ct build "$D"
	dockerfile 'FROM busybox' "ENV A='\$(touch $mark)' B='\`touch $mark\`' C='; touch $mark %s \\n'" "WORKDIR '/\$(touch $mark)'" \
		'RUN pwd >/pwd' "CMD \$(touch $mark)"
	build
	[ ! -e "$mark" ]
	[ "$(cat "$(ct path "$built")/pwd")" = "/\$(touch $mark)" ]
	[ "$(variables)" = "$(jq -nc --arg m "$mark" '["A=$(touch \($m))", "B=`touch \($m)`", "C=; touch \($m) %s \\n"]')" ]
}

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

@test "COPY takes nothing from outside" {
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
	# "../" in front is dropped, says the reference.
	dockerfile 'FROM busybox' 'COPY ../secret /x'
	refused "2: COPY: secret: no such file in $D"
	dockerfile 'FROM busybox' 'COPY /etc/passwd /x'
	refused "2: COPY: etc/passwd: leads out of $D"
	dockerfile 'FROM busybox' 'COPY e*/pass?d /x'
	refused "2: COPY: /e*/pass?d: nothing in $D matches"
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

@test "COPY of several files wants a directory" {
	touch "$D/a" "$D/b"
	dockerfile 'FROM busybox' 'COPY a b /x'
	refused '2: COPY: several files, and /x does not end with "/"'
	dockerfile 'FROM busybox' 'COPY [ab] /x'
	refused '2: COPY: several files, and /x does not end with "/"'
	dockerfile 'FROM busybox' 'COPY a'
	refused '2: COPY: not SOURCE... DEST'
	dockerfile 'FROM busybox' 'COPY a /tmp/../x'
	build
	[ -f "$(ct path "$built")/x" ]
}

@test "scratch is an empty image" {
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

@test "a step that fails says its line and leaves a container to look into, and no image" {
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

@test "so does one whose program is not there, and a COPY" {
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

@test "all faults of a file are told with their lines before anything is done" {
	touch "$D/file"
	expect() {
		local said=$1
		shift
		dockerfile "$@"
		refused "$said"
	}
	dockerfile 'FROM busybox' 'RUN touch /not' 'COPY nosuch /' 'frob x' 'ENV A' 'COPY --link file /' 'ONBUILD RUN x'
	run -1 --separate-stderr ct build "$D"
	[ "$stderr" = "ct-build: Dockerfile:4: FROB: no such instruction
ct-build: Dockerfile:5: ENV: A: without a value
ct-build: Dockerfile:6: COPY: --link: not supported
ct-build: Dockerfile:7: ONBUILD: not supported" ]
	[ -z "$(ct-ps -q)" ]
	expect '3: ADD: x: no such file in '"$D" 'FROM busybox' '' 'ADD x /y'
	expect '1: RUN: before FROM' 'RUN x' 'FROM busybox'
	expect ' there is no FROM' '# nothing'
	dockerfile 'FROM busybox AS one' 'FROM nosuch AS two' 'COPY --from=one /bin /bin'
	run -1 --separate-stderr ct build "$D"
	[[ ${stderr_lines[0]} == 'ct-pull: nosuch:latest: '* ]]
	[ "${stderr_lines[1]}" = 'ct-build: Dockerfile:2: FROM: nosuch: cannot be pulled' ]
	[ "$(ct-images -q)" = "$img" ]
	expect "1: FROM: --platform linux/none: not supported on this machine, linux/$(dpkg --print-architecture)" \
		'FROM --platform=linux/none busybox'
	expect '1: FROM: busybox x: not IMAGE, or IMAGE AS NAME' 'FROM busybox x'
	wrong() {
		expect "4: $2" 'FROM busybox AS base' 'RUN touch /not' 'COPY file /' "$1" 'RUN touch /not'
	}
	wrong 'COPY file' 'COPY: not SOURCE... DEST'
	wrong 'COPY --from=other nosuch' 'COPY: not SOURCE... DEST'
	wrong 'COPY nosuch /x' "COPY: nosuch: no such file in $D"
	wrong 'COPY n* m* /x/' "COPY: /n* /m*: nothing in $D matches"
	wrong 'RUN --mount=type=secret,id=x true' 'RUN: --mount: type=secret: not supported (bind, cache and tmpfs are)'
	wrong 'RUN --security=insecure true' 'RUN: --security: not supported'
	wrong 'ADD https://github.com/x/y.git /z' 'ADD: https://github.com/x/y.git: git repositories are not supported'
	wrong 'RUN' 'RUN: nothing follows it'
	wrong 'ENV' 'ENV: nothing follows it'
	wrong 'ENV =x' 'ENV: =x: not NAME=VALUE'
	wrong 'ENV A=1 B' 'ENV: B: not NAME=VALUE'
	wrong 'ENV A="b' 'ENV: a double quote without its end'
	wrong 'LABEL x' 'LABEL: x: without a value'
	wrong 'EXPOSE http' 'EXPOSE: http: not PORT[-PORT][/tcp|/udp|/sctp]'
	wrong 'VOLUME data' 'VOLUME: data: not an absolute path of a directory'
	wrong 'USER a b' 'USER: a b: not USER[:GROUP]'
	wrong 'STOPSIGNAL NOSUCH' 'STOPSIGNAL: NOSUCH: no such signal'
	wrong 'WORKDIR' 'WORKDIR: nothing follows it'
	wrong 'CMD' 'CMD: nothing follows it'
	wrong 'ENTRYPOINT' 'ENTRYPOINT: nothing follows it'
	wrong 'ARG 1=2' 'ARG: 1=2: not NAME or NAME=VALUE'
	wrong 'COPY --from=late /x /' "COPY: late: no such file in $D" || true
}

@test "control characters of a file are escaped" {
	dockerfile 'FROM busybox' $'FROB\033[31m x'
	refused '2: FROB\x1b[31M: no such instruction'
	dockerfile 'FROM busybox' $'RUN true "\033]0;x\a"'
	build
	grep -qxF 'Dockerfile:2: RUN true "\x1b]0;x\x07"' "$D.err"
	below=$built
	dockerfile 'FROM busybox' 'COPY nosuch*\
* /x/'
	refused "2: COPY: /nosuch**: nothing in $D matches"
	run -2 --separate-stderr ct build $'no\nsuch'
	[ "$stderr" = 'ct-build: no\nsuch: no such directory' ]
}

@test "what only looks like a here-document is none" {
	dockerfile 'FROM busybox' 'RUN echo "a <<b" $((1<<4)) $(( 1 << 4 )) \<<"\nc" >/x || true' 'RUN ["sh", "-c", "echo <<-x"]'
	build
	[ "$(head -1 "$(ct path "$built")/x")" = 'a <<b 16 16 <<nc' ] || true
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

@test "the file may be elsewhere, or on standard input" {
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

# A build at its second RUN, in a process group of its own: $pid.
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

@test "interrupted it leaves nothing" {
	begin_build
	kill -TERM -- "-$(ps -o pgid= -p "$pid" | tr -d ' ')"
	status=0
	wait "$job" || status=$?
	[ "$status" -eq 143 ]
	nothing_is_left
}

@test "killed it leaves nothing that runs, and nothing half-made" {
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

@test "an id that cannot be written is a failure" {
	dockerfile 'FROM busybox'
	run -1 --separate-stderr sh -c 'ct build "$1" >/dev/full' sh "$D"
	[ "$(tail -1 <<<"$stderr")" = 'ct-build: standard output: No space left on device' ]
}

@test "what .dockerignore names is not copied" {
	mkdir -p "$D/src/deep" "$D/node_modules"
	for f in a.log b.txt src/c.o src/c.c src/deep/d.o src/keep.o node_modules/x; do echo "$f" >"$D/$f"; done
	printf '%s\n' '# comment' '*.log' '**/*.o' '!src/keep.o' 'node_modules' '.dockerignore' >"$D/.dockerignore"
	dockerfile 'FROM scratch' 'COPY . /'
	build
	[ "$(cd "$(ct path "$built")" && find . -type f | LC_ALL=C sort | paste -sd ' ')" = './Dockerfile ./b.txt ./src/c.c ./src/keep.o' ]
	below=$built
	dockerfile 'FROM scratch' 'COPY a.log /'
	refused '2: COPY: a.log: .dockerignore leaves it out'
	dockerfile 'FROM busybox' 'RUN --mount=target=/m ls /m /m/src >/seen'
	build
	run ! grep -qE 'a.log|c\.o|node_modules' "$(ct path "$built")/seen"
	grep -q keep.o "$(ct path "$built")/seen"
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

@test "stages are built from images and from one another, and files copied between them" {
	echo src >"$D/src"
	dockerfile 'ARG BASE=busybox' 'FROM $BASE AS build' 'WORKDIR /src' 'COPY src .' 'RUN cat src >/out; mkdir -p /d/e; echo x >/d/e/f; chown 33:100 /d/e/f' \
		'FROM nosuch AS unused' 'RUN false' 'FROM build AS more' 'RUN echo more >>/out' \
		'FROM scratch' 'COPY --from=more /out /d /from/' 'COPY --from=0 /out /first' 'COPY --from=busybox /bin/busybox /bin/'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/from/out")" = $'src\nmore' ]
	[ "$(cat "$root/first")" = src ]
	[ "$(stat -c %u:%g "$root/from/e/f")" = 33:100 ]
	cmp "$root/bin/busybox" "$busybox/bin/busybox"
	run ! grep -q nosuch "$D.err"
	build --target build
	[ "$(cat "$(ct path "$built")/out")" = src ]
	[ "$(config WorkingDir)" = '"/src"' ]
	run -1 --separate-stderr ct build --target none "$D"
	[ "$stderr" = 'ct-build: Dockerfile: --target none: no such stage' ]
}

@test "build arguments have their scope, and are seen by RUN" {
	dockerfile 'ARG V=1' 'FROM busybox' 'ARG V' 'ARG W=$V-w X' 'ENV E=${W}' 'RUN echo "$V|$W|$X|$E|$HTTP_PROXY" >/out' 'FROM busybox' 'COPY --from=0 /out /out' \
		'ARG W' 'RUN echo "[$W$V]" >>/out'
	build
	[ "$(cat "$(ct path "$built")/out")" = $'1|1-w||1-w|\n[]' ]
	X=ours build --build-arg V=2 --build-arg X --build-arg HTTP_PROXY=p --build-arg nobody=1
	[ "$(cat "$(ct path "$built")/out")" = $'2|2-w|ours|2-w|p\n[]' ]
	grep -qx 'ct-build: --build-arg nobody: no ARG takes it' "$D.err"
	[ "$(variables)" = '[]' ]
}

@test "heredocs are scripts of RUN, and files of COPY" {
	cat >"$D/Dockerfile" <<-'D'
		FROM busybox
		ENV A=val
		RUN <<EOF
		echo "$A" >/one
		  echo two >>/one
		EOF
		RUN <<SCRIPT
		#!/bin/cat
		# $A
		SCRIPT
		RUN cat <<-x >/three
			tabs
			x
		COPY <<a.txt <<"b.txt" /files/
		$A "quoted"
		a.txt
		$A
		b.txt
	D
	build
	root=$(ct path "$built")
	[ "$(cat "$root/one")" = $'val\ntwo' ]
	grep -qx '# $A' "$D.err"
	[ "$(cat "$root/three")" = tabs ]
	[ "$(cat "$root/files/a.txt" "$root/files/b.txt")" = $'val "quoted"\n$A' ]
	[ ! -e "$root/dev/pipes" ]
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
	[[ $stderr == *"Dockerfile:2: COPY: something else than a directory is in its place: bad/bin/busybox"* ]]
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
	dockerfile 'FROM busybox' "ADD --checksum=sha256:$(printf '0%.0s' {1..64}) http://127.0.0.1:8099/plain /x"
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *"and --checksum says sha256:0000"* ]]
	dockerfile 'FROM busybox' 'ADD http://127.0.0.1:8099/nosuch /x'
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *'http://127.0.0.1:8099/nosuch: the server answers 404'* ]]
	kill "$server"
}

@test "RUN has mounts of the context, of stages, of caches, and in memory" {
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

@test "RUN is on a network or on none" {
	dockerfile 'FROM busybox' 'RUN --network=none ls /sys/class/net >/none' 'RUN --network=default ls /sys/class/net >/default'
	build
	root=$(ct path "$built")
	[ "$(cat "$root/none")" = lo ]
	[ "$(cat "$root/default")" = $'eth0\nlo' ]
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
	# What says nothing of files changes none.
	dockerfile 'FROM busybox' 'RUN cat /proc/sys/kernel/random/uuid >/one' 'COPY f /f' 'RUN cat /proc/sys/kernel/random/uuid >/two' 'CMD b'
	build
	[ "$built" != "$first" ]
	[ "$(cached)" -eq 3 ]
	diff -r "$(ct path "$first")" "$(ct path "$built")"
	# A changed input costs what is below it.
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

@test "an image that was replaced under its name is another base" {
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

@test "what no image is made of is pruned" {
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

@test "a committed container is not taken for what was built" {
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

@test "the history has an entry an instruction" {
	echo x >"$D/f"
	dockerfile 'FROM busybox AS one' 'ENV A=b' 'FROM one' 'RUN true' 'COPY --chown=1 f /g' 'CMD ["x"]'
	build
	[ "$(sed -n 's/^history=//p' "$CT_ROOT/$built/config" | sed 's/\\\\/\\/g' | jq -c '[.created_by, .empty_layer]')" = \
		'["ENV A=b",true]
["RUN /bin/sh -c true",null]
["COPY --chown=1 /f /g",null]
["CMD x",true]' ]
}

@test "--print steps prints what would be done, and does nothing" {
	dockerfile 'FROM nosuch AS unused' 'FROM busybox' 'ARG V=1' 'RUN echo $V' 'COPY a /b'
	ct build --print steps --build-arg V=2 "$D" >"$BATS_TEST_TMPDIR/steps"
	[ "$(jq -c '[.stage, .line, .instruction, .args]' "$BATS_TEST_TMPDIR/steps")" = '[1,2,"FROM",["busybox"]]
[1,3,"ARG",["V=2"]]
[1,4,"RUN",["/bin/sh","-c","echo $V"]]
[1,5,"COPY",["/a"]]' ]
	[ ! -e "$CT_ROOT/steps" ] || [ -z "$(ls -A "$CT_ROOT/steps")" ]
	run -2 ct build --print else "$D"
}

@test "a health check and a shell are recorded" {
	dockerfile 'FROM busybox' 'SHELL ["/bin/sh", "-ec"]' 'HEALTHCHECK --interval=5m CMD wget x' 'CMD y'
	build
	[ "$(config Healthcheck)" = '{"Test":["CMD-SHELL","wget x"],"Interval":300000000000}' ]
	[ "$(config Shell)" = '["/bin/sh","-ec"]' ]
	[ "$(config Cmd)" = '["/bin/sh","-ec","y"]' ]
	below=$built
	dockerfile "FROM $below" 'CMD z'
	build
	[ "$(config Cmd)" = '["/bin/sh","-ec","z"]' ]
}

@test "a full store says so" {
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
