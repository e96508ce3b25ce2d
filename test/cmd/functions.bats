bats_require_minimum_version 1.5.0
load helper

teardown() {
	remove_containers
	ct-volumes -q | ct-rm -f -
	ct-images -q | grep -vx "$img" | ct-rm -f -
}

# A container, $c, that does something at a signal, and is ready to.
trapping() {
	c=$(ct-run -d "$@" "$img" sh -c 'trap "exit 3" TERM; trap "exit 4" USR1; echo ready; while :; do sleep 0.02; done')
	wait_until sh -c 'ct-logs "$1" | grep -q ready' sh "$c"
}

# A container, $c, that ignores TERM.
stubborn() {
	c=$(ct-run -d "$@" "$img" sh -c 'trap "" TERM; echo ready; while :; do sleep 0.02; done')
	wait_until sh -c 'ct-logs "$1" | grep -q ready' sh "$c"
}

# id

@test "id prints the id of the container with the name, or else of the image" {
	c=$(ct-run -d --name web "$img" sleep 1000)
	[ "$(ct id web)" = "$c" ]
	[ "$(ct id "$c")" = "$c" ]
	[ "$(ct id busybox)" = "$img" ]
	[ "$(ct id busybox:latest)" = "$img" ]
	d=$(ct-run -d --name busybox "$img" sleep 1000)
	[ "$(ct id busybox)" = "$d" ]
	run -1 --separate-stderr ct id nosuch
	[ "$stderr" = 'ct: id: nosuch: no such container, image or volume' ]
}

# stop

@test "stop waits for a container to end by itself" {
	trapping --name web
	run -0 ct stop web
	[ -z "$output" ]
	[ "$(field status "$c")" = 'exited 3' ]
}

@test "stop sends the stop signal of the container or its image" {
	trapping --stop-signal SIGUSR1
	ct stop "$c"
	[ "$(field status "$c")" = 'exited 4' ]
	asking=$(ct-init "$busybox")
	echo stopsignal=USR1 >>"$CT_ROOT/$asking/config"
	img=$asking trapping
	ct stop "$c"
	[ "$(field status "$c")" = 'exited 4' ]
	ct-rm "$c" "$asking"
}

@test "stop kills a container that ignores the signal after the time given" {
	stubborn
	start=$(date +%s%N)
	run -0 ct stop -t 1 "$c"
	ms=$((($(date +%s%N) - start) / 1000000))
	[ "$ms" -ge 1000 ]
	[ "$ms" -lt 10000 ]	# the time that is given otherwise
	[ "$(field status "$c")" = 'killed 9' ]
}

@test "stop -t 0 kills at once" {
	stubborn
	ct stop -t 0 "$c"
	[ "$(field status "$c")" = 'killed 9' ]
}

@test "stop signals several containers at the same time" {
	for i in 1 2 3; do
		ct-run -d "$img" sh -c 'trap "echo asked" TERM; echo ready; while :; do sleep 0.1; done'
	done >"$D/ids"
	while read -r c; do wait_until sh -c "ct-logs $c | grep ready"; done <"$D/ids"
	ct stop -t 1000 - <"$D/ids" 3>&- &
	while read -r c; do wait_until sh -c "ct-logs $c | grep asked"; done <"$D/ids"
	ct-kill - <"$D/ids"
	await $!
	[ "$status" -eq 0 ]
	[ -z "$(ct-ps -r -q)" ]
}

@test "stop of an ended container succeeds, of an unknown one fails" {
	trapping
	ct stop "$c"
	run -0 ct stop "$c"
	[ -z "$output" ]
	run -0 ct stop - </dev/null
	trapping
	run -1 ct stop nosuch "$c"
	[ "$output" = 'ct: stop: nosuch: no such container' ]
	[ "$(field status "$c")" = 'exited 3' ]
}

@test "stop of a container that ends at that moment succeeds" {
	for i in 1 2 3; do
		c=$(ct-run -d "$img" true)
		run -0 ct stop "$c"
		[ -z "$output" ]
		[ "$(field status "$c")" = 'exited 0' ]
	done
}

@test "stop ends a container with --rm" {
	trapping --rm
	run -0 ct stop "$c"
	[ -z "$output" ]
	wait_until sh -c '! ct-ps -q "$1"' sh "$c"
}

@test "stop reports an invalid stop signal and ends the container" {
	asking=$(ct-init "$busybox")
	printf '%s\n' 'stopsignal=$(touch /made)-x' >>"$CT_ROOT/$asking/config"
	c=$(ct-run -d "$asking" sleep 1000)
	run -0 --separate-stderr ct stop "$c"
	[[ $stderr == 'ct: stop: '*'$(touch /made)-x: no such signal'* ]]
	[ "$(field status "$c")" = 'killed 9' ]
	[ ! -e /made ]
	ct-rm "$c" "$asking"
}

@test "stop refuses an invalid number of seconds" {
	trapping
	for seconds in x -1 '' '1;id' 1m; do
		run -2 --separate-stderr ct stop -t "$seconds" "$c"
		[ "$stderr" = 'ct: usage: ct stop [-t SECONDS] CONTAINER...' ]
	done
	run -2 ct stop
	run -2 ct stop --frobnicate "$c"
	[ "$(field status "$c")" = running ]
}

@test "the help of a function is its #HELP line" {
	run -0 ct stop --help
	[ "${lines[0]}" = 'Usage: ct stop [-t SECONDS] CONTAINER...' ]
	[ "$output" = "$(ct help stop)" ]
	[[ "$(ct inspect --help)" == 'Usage: ct-inspect [OPTION...] ID...'* ]]
}

# inspect

# FILTER ID...: applies jq to the array of ct inspect.
inspected() {
	local filter=$1
	shift
	ct inspect "$@" | jq -e "$filter"
}

@test "inspect shows a running container with podman's names" {
	mkdir "$D/host"
	c=$(ct-run -d --name web -h host.example -e A=1 -l kind=test -u www-data -w /tmp -m 64m --cpus 1.5 --pids-limit 99 \
		--stop-signal INT -v "$D/host:/h:ro" -v data:/d --tmpfs /t:size=1m --add-host x:1.2.3.4 busybox sleep 1000)
	ct inspect web >"$D/json"
	jq -e 'type == "array" and length == 1' "$D/json"
	path=$(tr '\0' '\n' <"/proc/$(ct pid web)/environ" | sed -n 's/^PATH=//p')
	jq -e --arg path "$path" --arg c "$c" --arg img "$img" --argjson pid "$(ct pid web)" '.[0] |
		.Id == $c and .Name == "web" and .Image == $img and .ImageName == "busybox" and (.Created | test("^20..-")) and
		(.State | .Status == "running" and .Running and .Pid == $pid and .ExitCode == 0 and (.OOMKilled | not)
			and (.StartedAt | test("^20..-")) and .FinishedAt == "") and
		(.Config | .Cmd == ["sleep", "1000"] and .Entrypoint == [] and
			.Env == ["A=1", "PATH=" + $path, "HOSTNAME=host.example", "container=ct"] and .WorkingDir == "/tmp" and .User == "www-data" and
			.Hostname == "host.example" and .Labels == {kind: "test"} and .StopSignal == "SIGINT" and .Tty == false) and
		(.HostConfig | .Memory == 67108864 and .NanoCpus == 1500000000 and .PidsLimit == 99 and .Tmpfs == {"/t": "size=1m"})' \
		"$D/json"
	jq -e --arg host "$D/host" --arg data "$(ct-volumes --no-header -o root data)" '.[0].Mounts | length == 2 and
		any(.Type == "bind" and .Source == $host and .Destination == "/h" and .RW == false) and
		any(.Type == "volume" and .Name == "data" and .Source == $data and .Destination == "/d" and .RW)' "$D/json"
}

@test "inspect shows how a container ended" {
	c=$(ct-run -d "$img" sh -c 'exit 9')
	ct-wait "$c"
	inspected '.[0].State | .Status == "exited" and .ExitCode == 9 and .Pid == 0 and (.Running | not) and
		(.FinishedAt > .StartedAt)' "$c"
	c=$(ct-run -d "$img" sleep 1000)
	ct-kill "$c"
	ct-wait "$c"
	inspected '.[0].State | .Status == "exited" and .ExitCode == 137 and (.OOMKilled or .Dead | not)' "$c"
	c=$(ct-run -d -m 16m "$img" sh -c 'tail /dev/zero; exit 137')
	ct-wait "$c"
	inspected '.[0].State | .Status == "exited" and .OOMKilled and .ExitCode == 137' "$c"
	c=$(ct-run --only snapshot "$img")
	inspected '.[0].State | .Status == "created" and .ExitCode == 0 and .StartedAt == ""' "$c"
	ct-start "$c"
	ct-wait "$c"
	inspected '.[0].State.Status == "exited"' "$c"
	printf 'phase=dead\n' >"$CT_ROOT/$c/exit"
	inspected '.[0].State | .Status == "exited" and .Dead and .ExitCode == -1' "$c"
}

@test "inspect shows images, and several objects in their order" {
	described=$(ct-init -n some/image:v1 "$busybox")
	printf '%s\n' 'cmd=sh' 'cmd=-c' 'env=A=a=b' 'entrypoint=/usr/bin/env' 'workdir=/w' 'user=1:2' 'label=k=v' 'volume=/data' \
		'expose=80/tcp' 'stopsignal=QUIT' >>"$CT_ROOT/$described/config"
	inspected '.[0] | .RepoTags == ["some/image:v1"] and .Architecture != "" and .Size > 1000 and (.Created | test("^20")) and
		.Config == {Cmd: ["sh", "-c"], Env: ["A=a=b"], Entrypoint: ["/usr/bin/env"], WorkingDir: "/w", User: "1:2",
			Labels: {k: "v"}, Volumes: {"/data": {}}, ExposedPorts: {"80/tcp": {}}, StopSignal: "QUIT"}' some/image:v1
	c=$(ct-run -d "$img" sleep 1000)
	[ "$(ct inspect "$described" "$c" busybox | jq -r '.[].Id' | paste -sd,)" = "$described,$c,$img" ]
	[ "$(printf '%s\n' "$c" "$described" | ct inspect - | jq -r '.[].Id' | paste -sd,)" = "$c,$described" ]
	[ "$(ct inspect - </dev/null)" = '[]' ]
	# Keys of the container are not keys of the image.
	c=$(ct-run -d "$described" true)
	inspected '.[0] | .Path == "/usr/bin/env" and .Args == ["true"] and (.Config | .Entrypoint == ["/usr/bin/env"] and
		.Cmd == ["true"] and .StopSignal == "SIGQUIT" and .Env[0] == "A=a=b")' "$c"
	other=$(ct-run -d --entrypoint "" -e PATH=/bin -e HOSTNAME=x -e container=y "$described" sleep 0)
	inspected '.[0].Config | .Entrypoint == [] and .Cmd == ["sleep", "0"] and .Env == ["A=a=b", "PATH=/bin", "HOSTNAME=x", "container=y"]' "$other"
	ct-wait "$c" "$other"
	ct-rm "$c" "$other" "$described"
}

@test "inspect of an unknown object shows the others and fails" {
	run -1 --separate-stderr ct inspect nosuch busybox
	[ "$stderr" = 'ct-inspect: nosuch: no such container, image or volume' ]
	jq -e 'length == 1' <<<"$output"
	run -2 ct inspect
	run -2 ct inspect --frobnicate busybox
}

# Everything that could be taken for something else: one string.
hostile() {
	# shellcheck disable=SC1003 # a backslash at the end
	printf 'a\nb \\n \\\\ "q" '\''s'\'' $(touch %s/made) `touch %s/made` \033[31m \t %% * ; & = : äöü \\' "$D" "$D"
}

@test "inspect shows hostile labels, variables, commands and directories exactly" {
	text=$(hostile)
	mkdir "$D/"$'$(touch made)\n"x"'
	c=$(ct-run -d -l "key=$text" -l "$text" -e "VAR=$text" -v "$D/"$'$(touch made)\n"x":/v' -w "/$text" "$img" sh -c 'sleep 1000' "$text")
	ct inspect "$c" >"$D/json"
	jq -e --arg text "$text" '.[0].Config | .Labels.key == $text and .Env[0] == "VAR=" + $text and .Cmd[3] == $text and
		.WorkingDir == "/" + $text' "$D/json"
	jq -e --arg text "$text" '.[0].Config.Labels | to_entries | any(.key + "=" + .value == $text)' "$D/json"
	jq -e --arg dir "$D/"$'$(touch made)\n"x"' '.[0].Mounts[0] | .Source == $dir and .Destination == "/v"' "$D/json"
	[ "$(ct-ps --json | jq -r .labels)" = "key=$text,$text" ]
	[ "$(ct-ps | wc -l)" -eq 2 ]
	[ "$(ct-ps -o id,labels,command | wc -l)" -eq 2 ]
	run -0 ct-ps -o labels,command
	[[ $output != *$'\033'* ]]
	[ "$(ct-ps -q --filter "label=key=$text")" = "$c" ]
	[ "$(ct-ps -q --filter "label=$text")" = "$c" ]
	run -0 ct inspect "$c"
	[[ $output != *$'\033'* ]]
	ct stop -t 0 "$c"
	ct prune
	[ ! -e "$D/made" ]
	[ ! -e made ]
}

@test "hostile names of objects are only looked up" {
	text=$(hostile)
	for name in "$text" '$(touch '"$D/made)" '`touch '"$D/made"'`' $'ps_1\n'"$img" '* ' '../x' ''; do
		for function in path pid id stop inspect export; do
			run --separate-stderr ct "$function" "$name"
			[ "$status" -ne 0 ]
			[ -z "$output" ] || [ "$function $output" = 'inspect []' ]
		done
	done
	[ ! -e "$D/made" ]
	[ "$(ct-images -q)" = "$img" ]
}

@test "a name that looks like an id is a name" {
	ct-run -d --name img_web "$img" sleep 1000
	ct-run -d --name img "$img" sleep 1000
	image=$(ct-init -n ps_base "$busybox")
	[ "$(ct id img_web)" = "$(ct-ps -q img_web)" ]
	[ "$(ct path img)" = "$CT_ROOT/$(ct-ps -q img)/rootfs" ]
	[ "$(ct path ps_base)" = "$CT_ROOT/$image/rootfs" ]
	run -1 ct id ps_x
	[ "$output" = 'ct: id: ps_x: no such container, image or volume' ]
	ct-rm "$image"
}

# export

@test "export writes a tar from which ct-init makes the same image" {
	ct-run --cidfile "$D/cid" "$img" sh -c 'echo x >/file; chown 33:100 /file; chmod 640 /file'
	read -r c <"$D/cid"
	ct export "$c" >"$D/tar"
	[ "$(tar -tvf "$D/tar" --numeric-owner | awk '$NF ~ /^(\.?\/)?file$/ { print $1, $2 }')" = '-rw-r----- 33/100' ]
	made=$(ct-init - <"$D/tar")
	run -0 diff -r --no-dereference "$(ct path "$made")" "$(ct path "$c")"
	ct-rm "$made"
}

@test "export of a container has the files of its volumes" {
	c=$(ct-run -d -v kept:/srv/data "$img" sh -c 'echo 1 >/srv/data/f')
	ct-wait "$c"
	ct export "$c" >"$BATS_TEST_TMPDIR/tar"
	[ "$(tar xOf "$BATS_TEST_TMPDIR/tar" "$(tar tf "$BATS_TEST_TMPDIR/tar" | grep 'srv/data/f$')")" = 1 ]
	ct-rm "$c" kept
}

@test "export refuses a terminal and an unknown object" {
	c=$(ct-run -d "$img" true)
	run -1 run_tty -- ct export "$c"
	[[ $output == *'standard output is a terminal'* ]]
	run -1 --separate-stderr ct export nosuch
	[ -z "$output" ]
	[ "$stderr" = 'ct: export: nosuch: no such container, image or volume' ]
	run -2 ct export
}

# prune

@test "prune removes ended containers and unused, unnamed images, and prints their ids" {
	stopped=$(ct-run -d --name stopped "$img" true)
	running=$(ct-run -d "$img" sleep 1000)
	unnamed=$(ct-init "$busybox")
	used=$(ct-init "$busybox")
	user=$(ct-run -d -v kept:/v "$used" sleep 1000)
	ct-run --rm -v unused:/v "$img" true
	ct-wait stopped
	run -0 --separate-stderr ct prune
	[ "$(sort <<<"$output")" = "$(printf '%s\n' "$stopped" "$unnamed" | sort)" ]
	[ -z "$stderr" ]
	[ "$(ct-ps -q)" = "$user"$'\n'"$running" ]
	[ "$(ct-images -q | sort)" = "$(printf '%s\n' "$img" "$used" | sort)" ]
	[ "$(ct-volumes -q | wc -l)" -eq 2 ]
	gone=$(ct-volumes -q unused)
	run -0 ct prune --volumes
	[ "$output" = "$gone" ]
	[ "$(ct-volumes --no-header -o name)" = kept ]
	run -0 ct prune
	[ -z "$output" ]
	run -2 ct prune --all
	run -2 ct prune "$running"
	ct-rm -f "$user" "$used"
}

@test "prune removes an image together with the last container that uses it" {
	unnamed=$(ct-init "$busybox")
	c=$(ct-run -d "$unnamed" true)
	ct-wait "$c"
	run -0 ct prune
	[ "$output" = "$c"$'\n'"$unnamed" ]
}

@test "concurrent prunes remove each object once, without errors" {
	for i in 1 2 3 4 5 6; do
		ct-run -d "$img" true
		ct-init "$busybox"
	done >"$D/ids"
	grep ps_ "$D/ids" | ct-wait - >"$D/statuses"
	for i in 1 2 3; do
		ct prune >"$D/out.$i" 2>"$D/err.$i" 3>&- &
	done
	wait
	[ -z "$(cat "$D"/err.*)" ]
	[ "$(sort "$D"/out.* | uniq)" = "$(sort "$D/ids")" ]
	[ "$(ct-images -q)" = "$img" ]
}

# ps --filter

@test "ps shows only containers that match all filters" {
	a=$(ct-run -d --name web-1 -l app=web -l tier=front "$img" sleep 1000)
	b=$(ct-run -d --name web-2 -l app=web busybox sh -c 'exit 1')
	c=$(ct-run -d --name db -l app=db -l app=web.not busybox:latest sleep 1000)
	ct-kill "$c"
	ct-wait "$b" "$c"
	[ "$(ct-ps -q --filter status=running)" = "$a" ]
	[ "$(ct-ps -q --filter status=exited)" = "$b" ]
	[ "$(ct-ps -q --filter status=killed)" = "$c" ]
	[ -z "$(ct-ps -q -f status=paused)" ]
	[ "$(ct-ps -q --filter name=web)" = "$b"$'\n'"$a" ]
	[ "$(ct-ps -q --filter name=b-2)" = "$b" ]
	[ "$(ct-ps -q --filter label=app)" = "$c"$'\n'"$b"$'\n'"$a" ]
	[ "$(ct-ps -q --filter label=app=web)" = "$b"$'\n'"$a" ]
	[ -z "$(ct-ps -q --filter label=app=db)" ]
	[ -z "$(ct-ps -q --filter label=ap)" ]
	[ "$(ct-ps -q --filter label=app=web --filter status=running)" = "$a" ]
	[ "$(ct-ps -q --filter "id=$b")" = "$b" ]
	for image in "$img" busybox busybox:latest; do
		[ "$(ct-ps -q --filter "image=$image" | wc -l)" -eq 3 ]
	done
	other=$(ct-init "$busybox")
	[ -z "$(ct-ps -q --filter "image=$other")" ]
	[ -z "$(ct-ps -q --filter image=nosuch)" ]
	[ "$(ct-ps -r -q --filter name=web)" = "$a" ]
	[ "$(ct-ps -q --filter status=running "$b" "$a")" = "$a" ]
	ct-rm "$other"
}

@test "filters of one key are alternatives, filters of different keys must all match" {
	a=$(ct-run -d --name web-1 -l app=web "$img" sleep 1000)
	b=$(ct-run -d --name web-2 -l app=web busybox sh -c 'exit 1')
	c=$(ct-run -d --name db -l app=db busybox sleep 1000)
	ct-wait "$b"
	[ "$(ct-ps -q -f status=running -f status=exited)" = "$c"$'\n'"$b"$'\n'"$a" ]
	[ "$(ct-ps -q -f name=db -f name=1)" = "$c"$'\n'"$a" ]
	[ "$(ct-ps -q -f "id=$a" -f "id=$b")" = "$b"$'\n'"$a" ]
	[ "$(ct-ps -q -f label=app=db -f status=exited -f label=app=web)" = "$b" ]
	[ "$(ct-ps -q -f status=exited -f image=nosuch -f image=busybox -f status=killed)" = "$b" ]
	[ -z "$(ct-ps -q -f name=db -f status=exited -f name=1)" ]
}

@test "the filter name is a regular expression, as podman's is" {
	a=$(ct-run -d --name web "$img" sleep 1000)
	b=$(ct-run -d --name web-db "$img" sleep 1000)
	[ "$(ct-ps -q -f 'name=^web$')" = "$a" ]
	[ "$(ct-ps -q -f 'name=web')" = "$b"$'\n'"$a" ]
	[ "$(ct-ps -q -f 'name=^(web|db)$')" = "$a" ]
	[ "$(ct-ps -q -f 'name=b.d+b$')" = "$b" ]
	[ -z "$(ct-ps -q -f 'name=^db')" ]
	run -2 ct-ps -q -f 'name=('
	[ "$output" = "ct-ps: --filter: name=(: Unmatched ( or \\( (see 'ct-ps --help')" ]
	# Go has it, glibc takes it for the letter d.
	run -2 ct-ps -q -f 'name=web-\d'
	[ "$output" = "ct-ps: --filter: name=web-\d: \d is not valid in a regular expression of regex(7) (see 'ct-ps --help')" ]
}

@test "an unknown filter is refused with a list of the known ones" {
	for filter in nosuch=1 status name 'Status=running' =x '' ; do
		run -2 --separate-stderr ct-ps -q --filter "$filter"
		[ "$stderr" = "ct-ps: --filter: $filter: not KEY=VALUE (the keys are status, name, image, label, id) (see 'ct-ps --help')" ]
	done
	run -2 --separate-stderr ct-ps --filter status=stopped
	[[ $stderr == 'ct-ps: --filter: status=stopped: no such status (created, running,'* ]]
}

# commit --change

@test "ct-commit -c changes the image config" {
	below=$(ct-init "$busybox")
	printf '%s\n' 'cmd=old' 'env=A=1' 'env=B=2' 'user=7' >>"$CT_ROOT/$below/config"
	c=$(ct-run -d "$below" sleep 1000)
	new=$(ct-commit -c 'CMD ["echo", "a b"]' --change 'ENV A=x\ y C="$(id)"' -c 'WORKDIR /tmp' "$c")
	inspected '.[0].Config | .Cmd == ["echo", "a b"] and .Env == ["A=x y", "B=2", "C=$(id)"] and .WorkingDir == "/tmp" and .User == "7"' "$new"
	inspected '.[0].Config.Cmd == ["old"]' "$below"
	images=$(ct-images -q)
	for change in 'RUN x' 'EXPOSE http' '' 'CMD'; do
		run -2 --separate-stderr ct-commit -c "$change" "$c"
		[ -z "$output" ]
		[[ ${stderr_lines[0]} == 'ct-commit: --change: '* ]]
	done
	[ "$(ct-images -q)" = "$images" ]
}

@test "a container of --only snapshot can be filled, started and committed" {
	run -0 ct-run --only snapshot --name made "$img" cat /file
	c=$output
	[ "$(field status made)" = created ]
	[ ! -e "$CT_RUN/$c" ]
	[ -z "$(ct-logs made)" ]
	echo content >"$D/file"
	ct-cp "$D/file" made:/file
	[ "$(ct-start -a made)" = content ]
	new=$(ct-commit made)
	[ "$(cat "$(ct path "$new")/file")" = content ]
	run -125 ct-run --only snapshot --name made "$img"
	run -125 ct-run --only nosuch "$img"
	run -125 ct-run --only snapshot --rootfs "$D" true
	[ "$(ct-ps -q)" = "$c" ]
}

# top

@test "ct top is not deceived by the arguments of processes" {
	c=$(ct-run -d "$img" sleep 4711)
	pid=$(ct pid "$c")
	other=$(ct-run -d -w /tmp "$img" sh -c 'echo "sleep 4712; :" >"$1"; exec sh "$1"' sh "$pid")
	wait_until sh -c '[ "$(ps -o args= -p "$(ct pid "$1")")" = "sh $2" ]' sh "$other" "$pid"
	run -0 ct top "$c" -o args,pid,args
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} =~ ^'sleep 4711'\ +"$pid"\ 'sleep 4711'$ ]]
	run -0 ct top "$c" -o comm= -o args=
	[[ $output =~ ^'sleep '\ +'sleep 4711'$ ]]
}

@test "top shows only the processes of the container, whatever options ps gets" {
	c=$(ct-run -d --name web "$img" sh -c 'sleep 4711 & sleep 4712 & echo done; wait')
	ct-run -d "$img" sleep 4713
	wait_until sh -c 'ct-logs "$1" | grep -q done' sh "$c"
	run -0 ct top web
	[ "${#lines[@]}" -eq 4 ]
	[[ ${lines[0]} == USER*PID*COMMAND ]]
	[[ $output == *'sleep 4711'* && $output == *'sleep 4712'* ]]
	pid=$(ct pid web)
	awk -v pid="$pid" '$2 == pid { found = 1 } END { exit !found }' <<<"$output"
	for options in '-ef' 'aux' '-eo pid,args' '-o pid,args' '-f'; do
		# shellcheck disable=SC2086
		run -0 ct top "$c" $options
		[ "${#lines[@]}" -eq 4 ]
		[[ $output != *4713* ]]
	done
	run -0 ct top "$c" -o comm
	[ "$output" = $'COMMAND\nsh\nsleep\nsleep' ]
	run -1 ct top "$c" -o nosuch
	[[ "$output" == 'ct: top: ps: '* ]]
	[ "${#lines[@]}" -eq 1 ]
	ct-kill "$c"
	ct-wait "$c"
	run -1 --separate-stderr ct top web
	[ "$stderr" = 'ct: top: web: not running' ]
	run -2 ct top
}

# stats

# CONTROLLER FILE: prints the value that cgget has for $c.
got() {
	cgget -n -v -r "$2" "${CT_CGROUP#/}/$c"
}

@test "stats has a line for each container with the numbers of cgget" {
	c=$(ct-run -d --name web -m 48m "$img" sh -c 'sleep 1001 & sleep 1002 & i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done; echo done; wait')
	other=$(ct-run -d "$img" sleep 1000)
	wait_until sh -c 'ct-logs "$1" | grep -q done' sh "$c"
	run -0 ct stats
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == "$other"$'\t-\t'* ]]
	run -0 ct stats web
	[ "${#lines[@]}" -eq 1 ]
	IFS=$'\t' read -r id name time share memory limit pids <<<"$output"
	[ "$id $name $limit $pids" = "$c web $((48 << 20)) 3" ]
	[[ $share =~ ^[0-9]+\.[0-9]%$ ]]
	if [ -n "$(got memory memory.limit_in_bytes 2>/dev/null)" ]; then
		[ "$(got memory memory.limit_in_bytes)" = "$limit" ]
		[ "$(got pids pids.current)" = "$pids" ]
		cgget_memory=$(got memory memory.usage_in_bytes)
		cgget_time=$(got cpuacct cpuacct.usage)
		awk -v a="$cgget_time" -v b="$time" 'BEGIN { exit !(b > 0 && a / 1e9 - b < 0.05 && b - a / 1e9 < 0.05) }'
	else
		[ "$(got memory memory.max)" = "$limit" ]
		cgget_memory=$(got memory memory.current)
	fi
	[ $((memory > cgget_memory ? memory - cgget_memory : cgget_memory - memory)) -le $((1 << 20)) ]
	ct stats --json web | jq -e --arg c "$c" --argjson limit "$limit" --argjson time "$time" '.id == $c and .name == "web" and
		.limit == $limit and .pids == 3 and .memory > 0 and .cpu >= $time and .percent > 0'
	ct stats --json "$other" | jq -e '.name == "" and .limit == null and .percent < 50'
	[ "$(printf '%s\n' "$c" "$other" | ct stats - | wc -l)" -eq 2 ]
	[ -z "$(ct stats - </dev/null)" ]
	ct-kill "$other"
	ct-wait "$other"
	run -1 --separate-stderr ct stats "$other"
	[ "$stderr" = "ct: stats: $other: not running" ]
	run -1 --separate-stderr ct stats nosuch
	[ "$stderr" = 'ct: stats: nosuch: no such container' ]
	run -2 ct stats --frobnicate
}

@test "stats starts as few programs for many containers as for one" {
	ct-run -d "$img" sleep 1000
	strace -f -qq -e trace=execve -o "$D/one" ct stats >/dev/null
	for i in 1 2 3; do ct-run -d "$img" sleep 1000; done
	strace -f -qq -e trace=execve -o "$D/many" ct stats >"$D/lines"
	[ "$(wc -l <"$D/lines")" -eq 4 ]
	[ "$(grep -c '= 0$' "$D/one")" -eq "$(grep -c '= 0$' "$D/many")" ]
}

@test "stats on a terminal runs until q is pressed, and restores the terminal" {
	ct-run -d --name web "$img" sleep 1000
	run -0 run_tty size:24x80 wait:web wait:web type:q -- sh -c 'before=$(stty -g); ct stats; [ "$(stty -g)" = "$before" ] && echo same'
	[[ $output == *ID*NAME*CPU*MEMORY*web*same* ]]
	run run_tty size:24x80 wait:web 'type:\x03' -- sh -c 'trap "" INT; before=$(stty -g); (trap - INT; ct stats); [ "$(stty -g)" = "$before" ] && echo same'
	[[ $output == *same* ]]
}

# df

@test "df shows shared and exclusive sizes" {
	c=$(ct-run -d --name big -v data:/v "$img" sh -c 'head -c 3000000 /dev/urandom >/file; head -c 1000000 /dev/urandom >/v/file; sync; echo done; exec sleep 1000')
	wait_until sh -c 'ct-logs "$1" | grep -q done' sh "$c"
	sync -f "$CT_ROOT"
	run -0 ct df
	[ "${lines[0]}" = $'ID\tNAME\tSHARED\tEXCLUSIVE' ]
	IFS=$'\t' read -r _ name shared exclusive <<<"$(grep "^$c" <<<"$output")"
	[ "$name" = big ]
	[ "$shared" -gt 1000000 ]
	[ "$exclusive" -ge 3000000 ]
	[ "$exclusive" -lt 4000000 ]
	IFS=$'\t' read -r _ name shared exclusive <<<"$(grep "^vol_" <<<"$output")"
	[ "$name $shared" = 'data 0' ]
	[ "$exclusive" -ge 1000000 ]
	IFS=$'\t' read -r _ name shared exclusive <<<"$(grep "^$img" <<<"$output")"
	[ "$name $exclusive" = 'busybox:latest 0' ]
	[ "$(ct df --json | jq -r 'select(.name == "big") | .exclusive >= 3000000 and .shared > 1000000')" = true ]
	run -2 ct df --all
}

# shell

@test "shell opens a shell in a running container, or in a new container of an image" {
	c=$(ct-run -d --name web "$img" sleep 1000)
	run -7 ct shell web <<<'hostname; exit 7'
	[ "$output" = "$c" ]
	before=$(ct-ps -q)
	run -0 ct shell busybox <<<'hostname'
	[[ $output == ps_* && $output != "$c" ]]
	[ "$(ct-ps -q)" = "$before" ]
	run -0 run_tty wait:'# ' 'type:tty\r' wait:/dev/pts 'type:exit\r' -- ct shell web
	[[ $output == */dev/pts/* ]]
	ct-kill "$c"
	ct-wait "$c"
	run -1 --separate-stderr ct shell web
	[ "$stderr" = "ct: shell: $c: not running ('ct start' runs it again)" ]
	run -1 ct shell nosuch
}

@test "shell uses bash if the container has it" {
	mkdir "$D/image"
	cp -a "$busybox/." "$D/image"
	printf '#!/bin/sh\necho this is bash\n' >"$D/image/bin/bash"
	chmod 755 "$D/image/bin/bash"
	[ "$(ct shell "$(ct-init "$D/image")" </dev/null)" = 'this is bash' ]
}

@test "all functions run in shells other than dash" {
	c=$(ct-run -d --name web "$img" sleep 1000)
	for shell in "$busybox/bin/busybox sh" bash; do
		for command in 'id web' 'path web' 'pid web' 'stats web' 'df' 'top web -o pid,args' 'prune' 'help'; do
			# shellcheck disable=SC2086
			run -0 $shell "$B/ct" $command
		done
	done
	# busybox's timeout has other options than that of GNU.
	ct-run -d --name trap "$img" sh -c 'trap "exit 3" TERM; touch /ready; while :; do sleep 0.05; done'
	wait_until ct-exec trap test -e /ready
	run -0 "$busybox/bin/busybox" sh "$B/ct" stop -t 60 trap
	[ "$(field status trap)" = 'exited 3' ]
	run -0 "$busybox/bin/busybox" sh "$B/ct" stop -t 0 web
	[ "$(field status web)" = 'killed 9' ]
}
