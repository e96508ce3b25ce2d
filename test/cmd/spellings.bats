# Commands as users of docker and podman type them (docker-run(1), podman-run(1), podman-inspect(1)).
load helper

# with_ports: an image that exposes 80/tcp and 53/udp.
with_ports() {
	printf 'FROM %s\nEXPOSE 80\nEXPOSE 53/udp\n' "$img" >"$D/Dockerfile"
	ct-build -q "$D"
}

@test "a flag may be followed by =true or =false" {
	id=$(ct-run -d --rm=true --init=false "$img" sleep 60)
	ct-kill "$id"
	ct-wait "$id" || true
	run ct-ps -q "$id"
	[ "$status" -eq 1 ]
	ct-run --rm=false --name kept "$img" true
	[ "$(ct-ps --no-header -o status kept)" = 'exited 0' ]
	run ct-run --rm=maybe "$img" true
	[ "$status" -eq 125 ]
	[[ "$output" == *"--rm: maybe: not true or false"* ]]
}

@test "short flags may be bundled, and ps and images take -a" {
	id=$(ct-run -itd "$img" sleep 60)
	[ "$(ct-ps -aq)" = "$id" ]
	[ "$(ct-images -aq "$img")" = "$img" ]
}

@test "--net is --network, and bridge is the default network" {
	ct-run --rm --net none "$img" sh -c 'ls /sys/class/net' >"$D/none"
	[ "$(cat "$D/none")" = lo ]
	[ "$(ct-run --rm --network bridge "$img" ls /sys/class/net | tr '\n' ' ')" = 'eth0 lo ' ]
	run ct-run --net none --network bridge "$img" true
	[ "$status" -eq 125 ]
	[[ "$output" == *"--network bridge: not together with --network none"* ]]
	run ct-net create bridge
	[ "$status" -eq 1 ]
	[[ "$output" == *"bridge: not a name for a network"* ]]
}

@test "-v takes z and Z, and a directory alone is a new volume that ends with the container" {
	mkdir "$D/dir"
	ct-run --rm -v "$D/dir:/mnt:z" "$img" touch /mnt/one
	ct-run --rm -v "$D/dir:/mnt:ro,Z" "$img" test -e /mnt/one
	ct-run --name own -v /data "$img" sh -c 'echo kept >/data/file; grep -c " /data " /proc/self/mountinfo' >"$D/out"
	[ "$(cat "$D/out")" = 1 ]
	ct-start own >/dev/null
	ct-cp own:/data/file - | grep -q kept
	[ -z "$(ct-volumes -q)" ]
	run ct-run --rootfs "$(ct path "$img")" -v /data true
	[ "$status" -eq 125 ]
	[[ "$output" == *"--volume /data: with --rootfs a volume needs a source"* ]]
}

@test "-P publishes the ports that the image exposes on free ports of the host" {
	image=$(with_ports)
	id=$(ct-run -d -P "$image" sleep 60)
	ct-inspect "$id" | jq -e '.[0].NetworkSettings.Ports | (.["80/tcp"] | length) == 1 and (.["53/udp"] | length) == 1'
	run ct-run -P --network none "$image" true
	[ "$status" -eq 125 ]
	[[ "$output" == *"--publish-all: needs a network, not --network none" ]]
}

@test "--entrypoint takes an array of JSON" {
	[ "$(ct-run --rm --entrypoint '["echo","a b"]' "$img" c)" = 'a b c' ]
	run ct-run --rm --entrypoint '["echo",1]' "$img" c
	[ "$status" -eq 125 ]
	[[ "$output" == *'--entrypoint ["echo",1]: not an array of strings'* ]]
}

@test "logs takes -n, --tail=all and every form of time that date and docker write" {
	ct-run --name c "$img" sh -c 'echo one; echo two' >/dev/null
	[ "$(ct-logs -n 1 c)" = two ]
	[ "$(ct-logs --tail=all c | wc -l)" -eq 2 ]
	for form in -Iseconds -Iminutes -Ihours -Ins '+%F %T %z %Z'; do
		[ "$(ct-logs --since "$(date -d '2 hours ago' "$form")" c | wc -l)" -eq 2 ]
		[ "$(ct-logs --until "$(date -d '2 hours ago' "$form")" c | wc -l)" -eq 0 ]
	done
}

@test "--add-host NAME:host-gateway names the host's address on the container's network" {
	[ "$(ct-run --rm --add-host me:host-gateway "$img" awk '$2 == "me" { print $1 }' /etc/hosts)" \
		= "$(ct-run --rm "$img" ip route | awk '/default/ { print $3 }')" ]
	[ "$(ct-run --rm --network host --add-host me:host-gateway "$img" awk '$2 == "me" { print $1 }' /etc/hosts)" = 127.0.0.1 ]
}

@test "exec takes --env-file, which --env overrides" {
	ct-run -d --name c "$img" sleep 60 >/dev/null
	printf 'A=file\nB=file\n' >"$D/env"
	[ "$(ct-exec --env-file "$D/env" -e B=option c sh -c 'echo $A $B')" = 'file option' ]
	run ct-exec --env-file "$D/missing" c true
	[[ "$output" == "ct-exec: c: --env-file: $D/missing: No such file or directory" ]]
}

@test "inspect --format takes an expression of jq, and refuses a Go template with a hint" {
	ct-run -d --name web -l 'a=two words' "$img" sleep 60 >/dev/null
	[ "$(ct-inspect -f .State.Pid web)" = "$(ct pid web)" ]
	[ "$(ct-inspect --format='.Config.Labels.a' web)" = 'two words' ]
	[ "$(ct-inspect -f .Name web "$img" | wc -l)" -eq 2 ]
	run ct-inspect -f '{{.State.Pid}}' web
	[ "$status" -eq 2 ]
	[ "$output" = 'ct-inspect: {{.State.Pid}}: a Go template; --format takes an expression of jq, such as .State.Pid' ]
	run ct-inspect -f '.State[' web
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == 'ct-inspect: --format .State[: '* ]]
}

@test "inspect --format prints no control characters on a terminal" {
	ct-run --name web -l "$(printf 'a=x\033[2Jy')" "$img" true
	run script -qec "ct-inspect -f .Config.Labels.a web" /dev/null
	[ "${output%%$'\r'*}" = 'x?[2Jy' ]
}

@test "a command of docker that has another name here is refused with that name" {
	run ct rmi x
	[ "$status" -eq 2 ]
	[ "$output" = "ct: rmi: use 'ct rm'" ]
	run ct nosuch
	[ "$output" = "ct: nosuch: no such command (see 'ct help')" ]
}

@test "ct-docker(7) names every command that is refused with a hint, and no command that does not exist" {
	page=$CT_TESTS/../share/man/ct-docker.7
	for name in $(sed -n "/^instead()/,/^}/s/^\t\([a-z |]*\))\t.*/\1/p" "$B/ct" | tr '|' ' '); do
		grep -qE "^\.(It )?Cm .*\b$name\b" "$page"
	done
	# the options that are refused with a hint, too
	cat "$CT_TESTS"/../lib/*/*.[ch] "$CT_TESTS"/../cmd/*.c |
		sed -n 's/.*OPT_INSTEAD([^,]*, "\([a-z*-]*\)".*/\1/p' >"$BATS_TEST_TMPDIR/options"
	[ -s "$BATS_TEST_TMPDIR/options" ]
	while read -r name; do
		grep -qF ".It Fl -$name No of " "$B/man/man7/ct-docker.7"
	done <"$BATS_TEST_TMPDIR/options"
	grep -qxF '.It Fl -cidfile No of kill' "$B/man/man7/ct-docker.7"
	grep -qxF '.It Fl -driver No of net create' "$B/man/man7/ct-docker.7"
	for name in $(sed -n '/^These commands have/,/^\.Pp/s/^\.Cm \(.*\)/\1/p' "$page" | tr -d ',.'); do
		run -0 ct "$name" --help
	done
	ct help >"$BATS_TEST_TMPDIR/help"
	while read -r name; do
		grep -qE "^  $name( |$)" "$BATS_TEST_TMPDIR/help"
	done < <(grep -oE 'Ql ct [a-z]+' "$page" | cut -d ' ' -f 3 | sort -u)
}

@test "a command below a name of docker, and an option of docker, are refused with what to type instead" {
	while IFS='|' read -r typed said; do
		read -ra words <<<"$typed"
		run ct "${words[@]}"
		[ "$status" -eq 2 ] || [ "$status" -eq 125 ] || { echo "$typed: status $status: $output"; false; }
		[[ "$output" == *"$said"* ]] || { echo "$typed: $output"; false; }
	done <<-'END'
	volume ls|ct: volume: use 'ct volumes'
	volume create data|ct: volume: use 'ct volumes create'
	volume prune|ct: volume: use 'ct prune --volumes'
	network inspect net1|ct: network: use 'ct net ls --json'
	system prune -f|ct: system: use 'ct prune'
	image rm x|ct: image: use 'ct rm'
	container stop x|ct: container: use 'ct stop'
	buildx build .|ct: buildx: use 'ct build'
	swarm init|ct: swarm: not offered: ct has no daemon and works on one host
	run --restart always busybox|ct-run: --restart: use systemd
	run -q busybox|ct-run: -q: use 'ct pull --quiet' before
	ps --format {{.Names}}|ct-ps: --format: use -o COLUMN,... or --json
	ps -l|ct-ps: -l: use 'ct ps | head -n 2'
	commit -m text x|ct-commit: -m: use -c
	inspect --type image x|ct-inspect: --type: not needed
	inspect x --size|ct-inspect: --size: use 'ct df'
	run --domainname a.b busybox|ct-run: --domainname: use --hostname NAME.DOMAIN
	run --no-healthcheck busybox|ct-run: --no-healthcheck: not needed
	run --dns-opt ndots:1 busybox|ct-run: --dns-opt: use --volume
	run --mac-address 02:00:00:00:00:01 busybox|ct-run: --mac-address: not offered
	build --progress plain .|ct-build: --progress: use --quiet
	build --push .|ct-build: --push: use 'ct push'
	build -o out .|ct-build: -o: use 'ct export IMAGE'
	build --load .|ct-build: --load: not needed
	exec -T web true|ct-exec: -T: not needed
	rm -af|ct-rm: -a: use 'ct ps -q | ct rm -f -'
	stop --all|ct: stop: --all: use 'ct stop $(ct ps -q -r)'
	ps -n 3|ct-ps: -n: use 'ct ps | head'
	images -f dangling=true|ct-images: -f: use 'ct images NAME'
	cp -L a web:/|ct-cp: -L: name the file
	logs --details web|ct-logs: --details: use 'ct inspect
	update --restart always web|ct-update: --restart: use systemd
	prune -af|ct: prune: -af: not offered: 'ct rm'
	net create -d bridge n|ct-net: -d: not needed
	net inspect n|ct-net: inspect: use 'ct net ls --json'
	untag x|ct: untag: use 'ct rm'
	exists x|ct: exists: use 'ct id NAME'
	docker ps|ct: docker: leave this word out: 'ct ps'
	up|ct: up: not offered: a shell script
	enter x|ct: enter: use 'ct shell NAME'
	-H tcp://host ps|ct: -H: not offered: ct has no daemon
	--root /srv ps|ct: --root: set the variable CT_ROOT
	quadlet list|ct: quadlet: use 'ct unit NAME'
	clone a|ct: clone: use 'ct commit NAME'
	unshare ls|ct: unshare: not needed
	auto-update|ct: auto-update: not offered
	run --health-interval 5s busybox|ct-run: --health-interval: not offered: 'ct exec' runs a check
	run --health-cmd=x busybox|ct-run: --health-cmd: not offered
	run --no-hosts busybox|ct-run: --no-hosts: use --volume FILE:/etc/hosts
	run --uidmap 0:1:9 busybox|ct-run: --uidmap: use --userns CTR:HOST:COUNT
	run --rmi busybox|ct-run: --rmi: use 'ct rm IMAGE'
	run --systemd=always busybox|ct-run: --systemd: not offered
	run --authfile x busybox|ct-run: --authfile: use 'ct pull' before
	run --security-opt label=disable busybox|label=disable: not needed
	run --network a,b busybox|--network: a,b: not a network (repeat --network
	run --net default:ip=1.2.3.4 busybox|--net: default:ip=1.2.3.4: not a network
	run --network pasta busybox|pasta: no such network ('ct net ls' lists them)
	run -e PRE* busybox|--env: PRE*: not a pattern
	run --add-host a;b:1.2.3.4 busybox|a;b:1.2.3.4: not HOST:ADDRESS
	start --all|use 'ct ps -q | ct start -'
	kill --all|ct-kill: --all: use 'ct ps -q -r | ct kill -'
	unpause -a|ct-unpause: -a: use 'ct ps -q -f status=paused | ct unpause -'
	wait --condition=running a|ct-wait: --condition: not offered
	stop --ignore x|ct: stop: --ignore: not offered: 'ct id NAME'
	restart -l|ct: restart: -l: use 'ct restart $(ct ps -q -r | head -n 1)'
	rm -t 0 -f x|ct-rm: -t: use 'ct stop -t SECONDS'
	rm --depend x|ct-rm: --depend: use --force
	exec --preserve-fds 1 a true|ct-exec: --preserve-fds: not offered
	ps --noheading|ct-ps: --noheading: use --no-header
	ps --sort names|ct-ps: --sort: use sort(1)
	stats --format json|ct: stats: --format: use --json
	history --no-trunc x|ct: history: --no-trunc: not needed
	update --ulimit nofile=1 a|ct-update: --ulimit: use prlimit(1)
	update --device-read-bps /dev/sda:1 a|ct-update: --device-read-bps: not offered
	create --volumes-from a busybox|ct-create: --volumes-from: give the same --volume
	commit -f docker a|ct-commit: -f: not needed
	init -c CMD=x -|ct-init: -c: use 'ct build'
	pull --arch arm64 x|ct-pull: --arch: use --platform OS/ARCH
	push --format v2s2 x|ct-push: --format: not offered
	save -m x|ct-save: -m: not needed
	diff --format json x|ct-diff: --format: use --json
	volumes --filter name=x|ct-volumes: --filter: use grep(1)
	volumes create -d local x|ct-volumes: -d: not needed
	volumes export -o f x|ct-volumes: -o: use 'ct volumes export VOLUME >FILE'
	net create --label a=b n|ct-net: --label: not offered
	net rm -f n|ct-net: -f: use 'ct net down --force NETWORK'
	net connect n1 web|ct-net: web: extra operand: use --network n1 web
	net disconnect n1 web|ct-net: web: extra operand: use --network n1 web
	net reload a|ct-net: reload: use 'ct net up NAME'
	build --memory 1g .|ct-build: --memory: not offered
	build --cpu-quota 1 .|ct-build: --cpu-quota: not offered
	build --layers=false .|ct-build: --layers: use --no-cache
	build --pull-never .|ct-build: --pull-never: not offered
	--log-level=debug ps|ct: --log-level=debug: not offered
	END
}

@test "volumes ls, rm and inspect say which command does it" {
	run -1 ct volumes ls
	[[ $output == *"ct-volumes: ls: no such volume: use 'ct volumes'"* ]]
	run -1 ct volumes rm data
	[[ $output == *"ct-volumes: rm: no such volume: use 'ct rm'"* ]]
	ct volumes create ls
	[ "$(ct volumes --no-header -o name ls)" = ls ]
	ct rm ls
}

@test "the options of inspect, stop and restart may follow the names" {
	ct-run -d --name web "$img" sleep 1000
	[ "$(ct inspect web -f .Name)" = web ]
	[ "$(ct inspect web --format=.Name web | paste -sd,)" = web,web ]
	run -2 ct inspect web -f
	[ "$output" = 'ct-inspect: --format: needs EXPRESSION' ]
	run -1 ct inspect -- -f web
	[[ $output == *'ct-inspect: -f: no such container'* ]]
	ct restart web -t 0
	ct stop web -t 0
	[[ $(field status web) == exited* || $(field status web) == killed* ]]
	run -1 ct stop -- -t web
	[[ $output == *'ct: stop: -t: no such container'* ]]
	run -2 ct stop web -t
}

@test "more spellings of docker are taken: stats --no-stream, stop --time, rm -v, export -o, ct -v, pull -q" {
	c=$(ct-run -d "$img" sleep 100000)
	run -0 run_tty -- ct stats --no-stream "$c"
	[[ "$output" == *"$c"* ]]
	ct export -o "$D/tar" "$c"
	tar -tf "$D/tar" | grep -qx bin/busybox
	run -1 ct export -o "$D/none" nosuch
	[ ! -e "$D/none" ]
	run -1 ct export -o "$D/tar" nosuch
	# No process can write to the file of a program that runs.
	cp /bin/sh "$D/busy"
	coproc "$D/busy" -c 'echo runs; read -r end'
	read -r _ <&"${COPROC[0]}"
	run ! ct export -o "$D/busy" "$c"
	[ -x "$D/busy" ]
	echo end >&"${COPROC[1]}"
	tar -tf "$D/tar" >/dev/null
	ct stop --time 0 "$c"
	ct restart --time=0 "$c"
	run -2 ct stop -t 1 --time 2 "$c"
	run -2 ct stop --time
	ct stop -t0 "$c"
	ct rm -v "$c"
	[ "$(ct -v)" = "$(ct --version)" ]
	ct-pull -q --help >/dev/null
	ct-create --name kept "$img" >/dev/null
	[[ $(ct-commit -q kept) == img_* ]]
}

@test "the value of a short option may follow a =, as in docker and podman" {
	[ "$(ct-run -t=false -e=A=b -w=/tmp --rm "$img" sh -c 'echo $A; pwd' | paste -sd,)" = b,/tmp ]
	[ "$(ct-run -t=true --rm "$img" sh -c 'test -t 1 && echo terminal')" = $'terminal\r' ]
	c=$(ct-run -d "$img" sh -c 'trap "exit 9" TERM; echo up; while :; do sleep 0.1; done')
	wait_until grep -q up "$CT_ROOT/$c/log"
	ct-kill -s=TERM "$c"
	[ "$(ct-wait "$c")" = 9 ]
}

@test "a variable is not copied by a pattern, in --env-file neither" {
	echo 'PRE*' >"$D/env"
	run -125 ct-run --env-file "$D/env" "$img" true
	[ "$output" = 'ct-run: --env-file: PRE*: not a pattern: name each variable' ]
	[ "$(ct-run --rm -e 'A*=b' "$img" env | grep '^A')" = 'A*=b' ]
}

@test "export takes -o after the name, and only once" {
	ct-create --name c "$img" >/dev/null
	ct export c -o "$D/tar"
	tar -tf "$D/tar" | grep -qx bin/busybox
	ct export c --output="$D/tar2"
	cmp "$D/tar" "$D/tar2"
	run -2 ct export -o "$D/tar" c -o "$D/tar2"
	run -2 ct export c -o
}

@test "save takes podman's names of formats" {
	ct-save --format oci "$img" >"$D/oci"
	ct-save --format oci-archive "$img" | cmp "$D/oci" -
	ct-save --format docker "$img" >"$D/docker"
	ct-save --format docker-archive "$img" | cmp "$D/docker" -
}

@test "an archive that is given as a directory is refused with what to type" {
	ct-save -o "$D/tar" "$img"
	run -1 ct-init "$D/tar"
	[ "$output" = "ct-init: $D/tar: not a directory (an archive: 'ct init - <FILE')" ]
}

@test "--security-opt no-new-privileges=false is the default" {
	[[ $(ct-run --rm --security-opt no-new-privileges=false "$img" grep NoNewPrivs /proc/self/status) == *0 ]]
	[[ $(ct-run --rm --security-opt no-new-privileges:true --security-opt no-new-privileges:false "$img" \
		grep NoNewPrivs /proc/self/status) == *1 ]]
}

@test "the error of a read-only volume without a source names the key that was given" {
	for key in ro readonly=true rw=false; do
		run -125 ct-run --mount "type=volume,dst=/v,$key" "$img" true
		[[ $output == *": ${key%=*}: only of a volume with src" ]]
	done
}

@test "without the stage uts, the files of /etc have the host's name" {
	[ "$(ct-run --rm --without uts "$img" sh -c 'hostname; cat /etc/hostname' | uniq)" = "$(uname -n)" ]
	ct-run --rm --without uts "$img" cat /etc/hosts | grep -qw "$(uname -n)"
}
