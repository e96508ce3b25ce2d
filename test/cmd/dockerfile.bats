load helper
load dockerfile

# The syntax, variables and instructions of a Dockerfile.
# Expected values: the Dockerfile reference (docs.docker.com/reference/dockerfile), BuildKit where it says more.

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

@test "variables are expanded only in the instructions that expand them" {
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

@test "all faults of a Dockerfile are reported with their lines before the first step" {
	touch "$D/file"
	expect() {
		local said=$1
		shift
		dockerfile "$@"
		refused "$said"
	}
	dockerfile 'FROM busybox' 'RUN touch /not' 'COPY nosuch /' 'frob x' 'ENV A' 'COPY --parents file /' 'ONBUILD RUN x'
	run -1 --separate-stderr ct build "$D"
	[ "$stderr" = "ct-build: Dockerfile:4: FROB: no such instruction
ct-build: Dockerfile:5: ENV: A: has no value
ct-build: Dockerfile:6: COPY: --parents: not supported
ct-build: Dockerfile:7: ONBUILD: not supported" ]
	[ -z "$(ct-ps -q)" ]
	expect '3: ADD: x: no such file in '"$D" 'FROM busybox' '' 'ADD x /y'
	expect '1: RUN: stands before the first FROM' 'RUN x' 'FROM busybox'
	expect ' no FROM instruction' '# nothing'
	dockerfile 'FROM busybox AS one' 'FROM nosuch AS two' 'COPY --from=one /bin /bin'
	run -1 --separate-stderr ct build "$D"
	[[ ${stderr_lines[0]} == 'ct-pull: nosuch:latest: '* ]]
	[ "${stderr_lines[1]}" = 'ct-build: Dockerfile:2: FROM: nosuch: cannot be pulled' ]
	[ "$(ct-images -q)" = "$img" ]
	expect "1: FROM: --platform linux/none: not supported on this machine, linux/$(dpkg --print-architecture)" \
		'FROM --platform=linux/none busybox'
	expect '1: FROM: busybox x: not IMAGE or IMAGE AS NAME' 'FROM busybox x'
	wrong() {
		expect "4: $2" 'FROM busybox AS base' 'RUN touch /not' 'COPY file /' "$1" 'RUN touch /not'
	}
	wrong 'COPY file' 'COPY: not SOURCE... DEST'
	wrong 'COPY --from=other nosuch' 'COPY: not SOURCE... DEST'
	wrong 'COPY nosuch /x' "COPY: nosuch: no such file in $D"
	wrong 'COPY n* m* /x/' "COPY: /n* /m*: no file in $D matches"
	wrong 'RUN --mount=type=ssh true' 'RUN: --mount: type=ssh: not supported (bind, cache, tmpfs and secret are)'
	wrong 'RUN --security=insecure true' 'RUN: --security: not supported'
	wrong 'ADD https://github.com/x/y.git /z' 'ADD: https://github.com/x/y.git: git repositories are not supported'
	wrong 'ADD --unpack=maybe file /x' 'ADD: --unpack=maybe: neither true nor false'
	wrong 'ADD --unpack --unpack=false file /x' 'ADD: --unpack: given twice'
	wrong 'COPY --unpack file /x' 'COPY: --unpack: no such flag'
	wrong 'RUN' 'RUN: arguments are missing'
	wrong 'ENV' 'ENV: arguments are missing'
	wrong 'ENV =x' 'ENV: =x: not NAME=VALUE'
	wrong 'ENV A=1 B' 'ENV: B: not NAME=VALUE'
	wrong 'ENV A="b' 'ENV: a double quote without its end'
	wrong 'LABEL x' 'LABEL: x: has no value'
	wrong 'EXPOSE http' 'EXPOSE: http: not PORT[-PORT][/tcp|/udp|/sctp]'
	wrong 'VOLUME data' 'VOLUME: data: not an absolute path of a directory'
	wrong 'USER a b' 'USER: a b: not USER[:GROUP]'
	wrong 'STOPSIGNAL NOSUCH' 'STOPSIGNAL: NOSUCH: no such signal'
	wrong 'WORKDIR' 'WORKDIR: arguments are missing'
	wrong 'CMD' 'CMD: arguments are missing'
	wrong 'ENTRYPOINT' 'ENTRYPOINT: arguments are missing'
	wrong 'ARG 1=2' 'ARG: 1=2: not NAME or NAME=VALUE'
	below=$(ct-init "$busybox")
	echo 'onbuild=RUN touch /x' >>"$CT_ROOT/$below/config"
	expect "1: FROM: $below: its ONBUILD instructions are not supported" "FROM $below"
	dockerfile 'FROM busybox' 'COPY --from=nosuch /x /'
	run -1 --separate-stderr ct build "$D"
	[[ $stderr == *'ct-build: Dockerfile:2: COPY: nosuch: cannot be pulled '* ]]
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
	refused "2: COPY: /nosuch**: no file in $D matches"
	run -2 --separate-stderr ct build $'no\nsuch'
	[ "$stderr" = 'ct-build: no\nsuch: no such directory' ]
}

@test "a << in arithmetic or in quotes starts no heredoc" {
	dockerfile 'FROM busybox' 'RUN echo "a <<b" $((1<<4)) $(( 1 << 4 )) \<\<c >/x' 'RUN ["sh", "-c", "echo <<-x"]'
	build
	[ "$(head -1 "$(ct path "$built")/x")" = 'a <<b 16 16 <<c' ]
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

@test "the history has an entry an instruction, empty if it changed no file" {
	echo x >"$D/f"
	dockerfile 'FROM busybox AS one' 'ENV A=b' 'FROM one' 'RUN true' 'COPY --chown=1 f /g' 'WORKDIR /tmp' 'WORKDIR new' 'CMD ["x"]'
	build
	[ "$(sed -n 's/^history=//p' "$CT_ROOT/$built/config" | sed 's/\\\\/\\/g' | jq -c '[.created_by, .empty_layer]')" = \
		'["ENV A=b",true]
["RUN /bin/sh -c true",null]
["COPY --chown=1 /f /g",null]
["WORKDIR /tmp",true]
["WORKDIR /tmp/new",null]
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
