bats_require_minimum_version 1.5.0
load helper

setup() {
	busybox_image
	D=$BATS_TEST_TMPDIR/ctx
	mkdir "$D"
}

teardown() {
	ct-ps -q | ct-rm -f -
	ct-images -q | grep -vx "$img" | ct-rm -f -
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
	[ "$(config Env)" = '["A=1-two words","B=two words","C=$A","OLD=the old form"]' ]
	[ "$(config Labels)" = '{"k":"v","l m":"n \"o\""}' ]
	[ "$(config WorkingDir)" = '"/srv/app"' ]
	[ "$(config User)" = '"33:100"' ]
	[ "$(config ExposedPorts)" = '{"80/tcp":{},"53/udp":{}}' ]
	[ "$(config Volumes)" = '{"/data":{},"/more":{}}' ]
	[ "$(config StopSignal)" = '"INT"' ]
	[ "$(ct run --rm "$built")" = '$A x y z' ]
	below=$built
	dockerfile "FROM $below" 'ENV A=2' 'ENTRYPOINT echo shell $A'
	build
	[ "$(config Env)" = '["A=2","B=two words","C=$A","OLD=the old form"]' ]
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
	[ "$(config Env)" = '["E=env","A=b  c"]' ]
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
	[ "$(config Env)" = '["none=","some=s","Q=/opt $where","S=$where","T=$where"]' ]
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
	[ "$(config Env)" = "$(jq -nc --arg m "$mark" '["A=$(touch \($m))", "B=`touch \($m)`", "C=; touch \($m) %s \\n"]')" ]
}

@test "COPY takes files and directories, and root owns them" {
	mkdir -p "$D/sub/deep" "$D/empty"
	for f in a.txt b.txt 'c d' sub/s sub/deep/f -dash; do echo "$f" >"$D/$f"; done
	chmod 750 "$D/sub/s" "$D/sub/deep"
	chown 33:100 "$D/a.txt"
	ln -s a.txt "$D/link"
	ln -s /nowhere "$D/sub/dangling"
	dockerfile 'FROM busybox' 'COPY a.txt /one' 'COPY a.txt b.txt /dir/' 'COPY a.txt /tmp' 'COPY sub /sub' 'COPY ["c d", "/x y/"]' \
		'COPY link /link' 'COPY *.txt "c d" /all/' 'WORKDIR /w' 'COPY a.txt rel/' 'COPY /b.txt .' 'COPY empty /new/empty' 'COPY -dash ./' 'COPY sub/ /usr/'
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
	for source in link up/secret up/ctx/../secret etc/passwd; do
		dockerfile 'FROM busybox' "COPY $source /x"
		refused "2: COPY: $source: leads out of $D"
	done
	dockerfile 'FROM busybox' 'COPY ../secret /x'
	refused "2: COPY: ../secret: leads out of $D"
	dockerfile 'FROM busybox' 'COPY /etc/passwd /x'
	refused "2: COPY: etc/passwd: leads out of $D"
	dockerfile 'FROM busybox' 'COPY e*/pass?d /x'
	refused "2: COPY: etc/passwd: leads out of $D"
	dockerfile 'FROM busybox' 'COPY nosuch /x'
	refused "2: COPY: nosuch: no such file in $D"
	# In a directory a link is a link.
	dockerfile 'FROM busybox' 'COPY inner /inner'
	build
	[ "$(readlink "$(ct path "$built")/inner/link")" = ../../secret ]
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

@test "COPY of several files wants a directory, and takes no options" {
	touch "$D/a" "$D/b"
	dockerfile 'FROM busybox' 'COPY a b /x'
	refused '2: COPY: several files, and /x does not end with "/"'
	dockerfile 'FROM busybox' 'COPY [ab] /x'
	refused '2: COPY: [ab]: several files, and /x does not end with "/"'
	dockerfile 'FROM busybox' 'COPY a'
	refused '2: COPY: not SOURCE... DEST'
	dockerfile 'FROM busybox' 'COPY --chown=1:1 a /x'
	refused '2: COPY: --chown=1:1: no options are taken'
	dockerfile 'FROM busybox' 'COPY a /../x'
	refused '2: COPY: /../x: ".." is not taken'
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
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *$'\nct-build: Dockerfile:3: COPY: cannot be copied to /first/x: '*" ($(ct-ps -q) is left to look into)" ]]
	[ "$(grep -c cop <<<"$stderr")" -eq 1 ]
	[ -f "$(ct path "$(ct-ps -q)")/first" ]
	[ "$(ct-images -q)" = "$img" ]
	ct prune
	dockerfile 'FROM scratch' 'COPY file /' 'RUN x'
	fails '3: RUN: x: status 127'
}

@test "a bad file is refused before anything is done" {
	touch "$D/file"
	expect() {
		local said=$1
		shift
		dockerfile "$@"
		refused "$said"
	}
	expect '2: FROBNICATE: no such instruction is done here' 'FROM busybox' 'frobnicate x' 'RUN touch /x'
	expect '3: ADD: no such instruction is done here' 'FROM busybox' '' 'ADD x /y'
	expect '1: RUN: before FROM' 'RUN x' 'FROM busybox'
	expect ' there is no FROM' '# nothing'
	dockerfile 'FROM nosuch'
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == 'ct-build: Dockerfile:1: FROM: nosuch'* && ${#stderr_lines[@]} -eq 1 ]]
	[ "$(ct-images -q)" = "$img" ]
	expect '1: FROM: --platform=x busybox: not IMAGE, or IMAGE AS NAME' 'FROM --platform=x busybox'
	expect '1: FROM: busybox x: not IMAGE, or IMAGE AS NAME' 'FROM busybox x'
	expect '1: FROM: -: not IMAGE, or IMAGE AS NAME' 'FROM -'
	wrong() {
		expect "4: $2" 'FROM busybox AS base' 'RUN touch /not' 'COPY file /' "$1" 'RUN touch /not'
	}
	wrong 'FROM busybox' 'FROM: a second FROM: of several stages none is built here'
	wrong 'COPY file' 'COPY: not SOURCE... DEST'
	wrong 'COPY --from=base /file /x' 'COPY: --from=base: no options are taken'
	wrong 'COPY ../file /x' "COPY: ../file: leads out of $D"
	wrong 'COPY nosuch /x' "COPY: nosuch: no such file in $D"
	wrong 'COPY <<EOF /x' 'COPY: here-documents (<<) are not supported'
	wrong 'RUN <<EOF' 'RUN: here-documents (<<) are not supported'
	wrong 'RUN cat 0<<-"EOF" >/x' 'RUN: here-documents (<<) are not supported'
	wrong 'RUN --mount=type=cache,target=/x true' 'RUN: --mount=type=cache,target=/x: no options are taken'
	wrong 'RUN' 'RUN: nothing follows it'
	wrong 'ENV' 'ENV: nothing follows it'
	wrong 'ENV A' 'ENV: A: without a value'
	wrong 'ENV =x' 'ENV: =x: not NAME=VALUE'
	wrong 'ENV A=1 B' 'ENV: B: not NAME=VALUE'
	wrong 'ENV A="b' 'ENV: a quote without its end'
	wrong 'LABEL x' 'LABEL: x: not NAME=VALUE'
	wrong 'EXPOSE http' 'EXPOSE: http: not PORT[-PORT][/tcp|/udp|/sctp]'
	wrong 'VOLUME data' 'VOLUME: data: not an absolute path of a directory'
	wrong 'USER a b' 'USER: b: a second word'
	wrong 'STOPSIGNAL NOSUCH' 'STOPSIGNAL: NOSUCH: no such signal'
	wrong 'WORKDIR' 'WORKDIR: nothing follows it'
	wrong 'CMD' 'CMD: nothing follows it'
	wrong 'ENTRYPOINT' 'ENTRYPOINT: nothing follows it'
	wrong 'ARG 1=2' 'ARG: 1=2: not NAME or NAME=VALUE'
	wrong $'FROB\033[31m x' 'FROB?[31M: no such instruction is done here'
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

@test "interrupted it leaves nothing" {
	dockerfile 'FROM busybox' 'RUN touch /first' 'RUN echo waiting; sleep 1000'
	setsid ct build "$D" >"$D.out" 2>"$D.err" 3>&- &
	wait_until grep -q '^waiting' "$D.err"
	pid=$(pgrep -f "ct-build $D\$" | head -1)
	kill -TERM -- "-$(ps -o pgid= -p "$pid" | tr -d ' ')"
	status=0
	wait $! || status=$?
	[ "$status" -ne 0 ]
	wait_until sh -c '[ -z "$(ct-ps -q)" ]'
	[ "$(ct-images -q)" = "$img" ]
	[ ! -s "$D.out" ]
}

@test "killed it leaves nothing that is not swept" {
	dockerfile 'FROM busybox' 'RUN echo waiting; sleep 1000'
	mkdir "$BATS_TEST_TMPDIR/tmp"
	TMPDIR=$BATS_TEST_TMPDIR/tmp setsid ct build "$D" >"$D.out" 2>"$D.err" 3>&- &
	wait_until grep -q '^waiting' "$D.err"
	ct-rm -f nosuch
	[ "$(cd "$CT_ROOT/tmp" && echo build.*)" != 'build.*' ]
	pid=$(pgrep -f "ct-build $D\$" | head -1)
	kill -KILL -- "-$(ps -o pgid= -p "$pid" | tr -d ' ')"
	wait $! || true
	ct-ps -q | ct-rm -f -
	[ -z "$(ls -A "$CT_ROOT/tmp")$(ls -A "$BATS_TEST_TMPDIR/tmp")" ]
	[ "$(ct-images -q)" = "$img" ]
}

@test "an id that cannot be written is a failure" {
	dockerfile 'FROM busybox'
	run -1 --separate-stderr sh -c 'ct build "$1" >/dev/full' sh "$D"
	[ "$(tail -1 <<<"$stderr")" = 'ct-build: standard output: No space left on device' ]
}

@test "a .dockerignore is not read, and that is said" {
	mkdir -p "$BATS_TEST_TMPDIR/ctx"
	printf 'FROM %s\nENV A=b\n' "$img" >"$BATS_TEST_TMPDIR/ctx/Dockerfile"
	echo '*' >"$BATS_TEST_TMPDIR/ctx/.dockerignore"
	run -0 --separate-stderr ct-build "$BATS_TEST_TMPDIR/ctx"
	[[ $stderr == *'.dockerignore is not read'* ]]
	ct-rm -f "$output"
}
