# ct-oci: the command line of an OCI runtime.
# shellcheck disable=SC2086,SC2016,SC2059 # $oci has an option; programs for shells inside; escapes of printf
load helper

setup() {
	D=$BATS_TEST_TMPDIR
	B2=$CT_TEST_DIR/bundle
	[ -d "$B2/rootfs" ] || {
		mkdir -p "$B2"
		"$CT_TESTS/busybox" "$B2/rootfs"
	}
	oci="ct-oci --root $D/state"
	plain=".process.terminal = false | .linux.cgroupsPath = \"$CT_CGROUP/${D##*/}\""
	plain+=' | .process.capabilities.bounding += ["CAP_NET_RAW"] | .process.args = ["sleep", "1000"]'
}

# Also after a failed test: a container would outlive it.
teardown() {
	local id
	for id in $(ct-oci --root "$D/state" list -q); do
		timeout 20 ct-oci --root "$D/state" delete --force "$id"
	done
	[ -z "${other:-}" ] || kill "$other" || :
	unmount_below "$B2"
	no_cgroup "$CT_CGROUP/${D##*/}"
}

# no_cgroup PATH: no hierarchy has this cgroup.
no_cgroup() {
	[ -z "$(find /sys/fs/cgroup -type d -path "*$1")" ]
}

# limit FILE-OF-V1 FILE-OF-V2: the content of one of them, in the container's cgroup.
limit() {
	cat "/sys/fs/cgroup/${1%%.*}$CT_CGROUP/${D##*/}/$1" "/sys/fs/cgroup$CT_CGROUP/${D##*/}/$2" 2>/dev/null
}

# config FILTER: the config.json of `ct-oci spec`, changed by jq, in the bundle.
config() {
	rm -f "$B2/config.json"
	ct-oci spec -b "$B2"
	jq "$plain | ${1:-.}" "$B2/config.json" >"$D/config"
	mv "$D/config" "$B2/config.json"
}

# runs COMMAND...: the config's args.
runs() {
	jq -nc '$ARGS.positional' --args -- "$@"
}

create() {
	$oci create -b "$B2" "$@" </dev/null >"$D/out" 2>"$D/err" 4>&-
}

state() {
	$oci state "${1:-c}" | jq -r ".${2:-status}"
}

@test "a container is created, started, killed and deleted" {
	config
	create --pid-file "$D/pid" c
	[ "$(state c)" = created ]
	[ "$(state c pid)" = "$(cat "$D/pid")" ]
	[ "$(state c bundle)" = "$B2" ]
	[ "$(state c ociVersion)" = 1.0.2 ]
	$oci start c
	[ "$(state c)" = running ]
	[ "$($oci ps --format json c | jq -c .)" = "[$(state c pid)]" ]
	[ "$($oci list -q)" = c ]
	[ "$($oci list --format json | jq -r '.[].status')" = running ]
	run -1 $oci delete c
	[ "$output" = 'ct-oci: c: container is running (--force kills it)' ]
	run -1 $oci start c
	[ "$output" = 'ct-oci: c: container is running, not created' ]
	$oci kill c KILL
	wait_until sh -c "$oci state c | grep -q stopped"
	run -1 $oci kill c
	[ "$output" = 'ct-oci: c: container not running' ]
	$oci delete c
	run -1 $oci state c
	[ "$output" = 'ct-oci: c: container does not exist' ]
	[ -z "$(ls "$D/state")" ]
}

@test "a created container is deleted without having run" {
	config '.process.args = ["touch", "/ran"] | .root.readonly = false'
	create c
	$oci delete c
	[ ! -e "$B2/rootfs/ran" ]
}

@test "run has the program's status and output, and leaves nothing" {
	config ".process.args = $(runs sh -c 'echo out; echo err >&2; exit 7')"
	run -7 --separate-stderr $oci run -b "$B2" c
	[ "$output" = out ]
	[ "$stderr" = err ]
	[ -z "$($oci list -q)" ]
	config ".process.args = $(runs sh -c 'kill -9 $$ & wait; exec nothing')"
	run -127 $oci run -b "$B2" c
}

@test "an id that is in use or a path is refused" {
	config
	create c
	run -1 $oci create -b "$B2" c
	[ "$output" = 'ct-oci: c: container exists already' ]
	[ "$(state c)" = created ]
	for id in . .. a/b .seccomp ''; do
		run -1 $oci create -b "$B2" "$id"
	done
}

@test "pause freezes a container until resume" {
	config
	create c
	$oci start c
	$oci pause c
	[ "$(state c)" = paused ]
	run -1 $oci pause c
	run -255 $oci exec c true
	[ "$output" = 'ct-oci: c: container is paused' ]
	$oci resume c
	[ "$(state c)" = running ]
	run -1 $oci resume c
}

@test "exec applies its options to the process" {
	config
	create c
	$oci start c
	run -0 $oci exec -e A=B --cwd /tmp -u 5:6 c sh -c 'echo $A; pwd; id -u; id -g'
	[ "$output" = $'B\n/tmp\n5\n6' ]
	run -9 $oci exec c sh -c 'exit 9'
	run -255 --separate-stderr $oci exec c nothing
	[ "$stderr" = 'ct-oci: c: nothing: not found in the container (no such file or directory)' ]
	run -0 $oci exec c grep CapEff /proc/self/status
	before=$output
	run -0 $oci exec --cap CAP_NET_RAW c grep CapEff /proc/self/status
	[ "$output" != "$before" ]
	$oci exec -d --pid-file "$D/pid" c sleep 1000
	$oci ps c | grep -qx "$(cat "$D/pid")"
	jq '.process | .args = ["sh", "-c", "echo $X"] | .env += ["X=y"]' "$B2/config.json" >"$D/process"
	[ "$($oci exec --process "$D/process" c)" = y ]
	run -255 $oci exec c
}

@test "exec kills its process if the pid file cannot be written" {
	config
	create c
	$oci start c
	status=0
	$oci exec -d --pid-file "$D/none/pid" c sleep 1000 >"$D/out" 2>&1 4>&- || status=$?
	[ "$status" = 255 ]
	[ "$($oci ps --format json c | jq -c .)" = "[$(state c pid)]" ]
}

# show_terminal SOCKET: receives a terminal on the socket, and shows what is written to the terminal.
show_terminal() {
	python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
s.settimeout(60)
fd = socket.recv_fds(s.accept()[0], 4096, 1)[1][0]
try:
    while data := os.read(fd, 4096):
        os.write(1, data)
except OSError:  # EIO: the container has closed the terminal
    pass' "$1"
}

@test "a terminal goes to the console socket, and run has one of its own" {
	config '.process.terminal = true | .process.args = ["tty"]'
	run -1 $oci create -b "$B2" c
	[ "$output" = 'ct-oci: c: process.terminal: needs --console-socket' ]
	run -0 run_tty -- $oci run -b "$B2" c
	[ "$output" = /dev/pts/0 ]
	run -1 $oci create -b "$B2" --console-socket "$D/none" c
	[ -z "$($oci list -q)" ]
	show_terminal "$D/console" >"$D/shown" &
	wait_until test -S "$D/console"
	create --console-socket "$D/console" c
	$oci start c
	await $!
	[ "$(tr -d '\r' <"$D/shown")" = /dev/pts/0 ]
}

@test "a field of the config that is not supported is refused by name" {
	config '.linux.intelRdt = {"closID": "x"}'
	run -1 $oci create -b "$B2" c
	[ "$output" = "ct-oci: c: $B2/config.json: linux.intelRdt: not supported" ]
	config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"}'
	run -1 $oci create -b "$B2" c
	[[ $output == *': linux.seccomp.listenerPath: not supported' ]]
	config '.unknown = {"field": 1} | .windows = {}'
	create c
	run -1 ct-oci --systemd-cgroup --root "$D/state" list
	[[ $output == 'ct-oci: --systemd-cgroup: not supported'* ]]
	config '.linux.cgroupsPath = "system.slice:ct:x"'
	run -1 $oci create -b "$B2" d
	[[ $output == *': linux.cgroupsPath: system.slice:ct:x: the form of systemd is not supported' ]]
	[ "$($oci list -q)" = c ]
}

@test "the first wrong field of a config is named" {
	while read -r filter; do
		read -r wanted
		config "$filter"
		run -1 $oci create -b "$B2" c
		[ "$output" = "ct-oci: c: $B2/config.json: $wanted" ]
	done <<-'END'
		del(.root)
		root: missing
		.root.path = 5
		root.path: not a string
		.mounts[2].destination = "relative"
		mounts: destination relative: not an absolute path
		.mounts[1] |= del(.destination)
		mounts[1].destination: missing
		.process.user.uid = -1
		process.user.uid: not a number of 32 bits
		.process.capabilities.bounding = ["CAP_NOTHING"]
		process.capabilities.bounding: CAP_NOTHING: unknown capability
		.linux.namespaces += [{"type": "pid"}]
		linux.namespaces: pid is there twice
		.linux.namespaces[0].type = "nothing"
		linux.namespaces[0].type: nothing: unknown
		.linux.namespaces |= map(select(.type != "uts"))
		hostname: needs a uts namespace
		.ociVersion = "2.0.0"
		ociVersion: 2.0.0: not supported
		.process.rlimits += .process.rlimits
		process.rlimits: a type is there twice
		.linux.seccomp = {"defaultAction": "SCMP_ACT_NOTHING"}
		linux.seccomp: defaultAction: SCMP_ACT_NOTHING: unknown
		.linux.cgroupsPath = "/a/../b"
		linux.cgroupsPath: /a/../b: has ".."
	END
	[ -z "$($oci list -q)" ]
}

@test "hostile JSON is refused" {
	tried=0
	while IFS= read -r text; do
		printf "$text" >"$B2/hostile"
		run -1 $oci create -b "$B2" --config hostile c
		echo "$text: $output"
		[[ $output == "ct-oci: c: $B2: hostile: "* ]]
		tried=$((tried + 1))
	done <<-'END'
		{"ociVersion": "1.0.0", "ociVersion": "1.0.1"}
		{"root": {"path": "a\\u0000b"}}
		{"ro\\u0000ot": 1}
		{"root": {"path": "\377"}}
		{"root": {"path": "\\ud800"}}
		{"root": 1e999}
		{} {}
		{"root": 1,}
		{"root"
	END
	[ "$tried" -eq 9 ]
	for wrong in '"[" * 100000 + "]" * 100000' '"{\"a\":" * 100000' '" " * 5000000'; do
		python3 -c "print($wrong)" >"$B2/hostile"
		run -1 $oci create -b "$B2" --config hostile c
	done
	rm "$B2/hostile"
}

@test "a number above 2^63 keeps its value" {
	max=18446744073709551615
	config
	sed -i "s/\"hard\": 1024/\"hard\": $max/; s/\"soft\": 1024/\"soft\": $max/; s/RLIMIT_NOFILE/RLIMIT_CORE/" "$B2/config.json"
	sed -i 's/"sleep"/"sh", "-c", "ulimit -c"/' "$B2/config.json"
	run $oci run -b "$B2" c
	[ "$output" = unlimited ] || [[ $output == *'Operation not permitted'* ]]
	sed -i "s/\"hard\": $max/\"hard\": ${max}0/" "$B2/config.json"
	run -1 $oci create -b "$B2" c
}

@test "a seccomp profile is compiled once and kept" {
	profile='{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat", "no_call"],'
	profile+=' "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}'
	config ".linux.seccomp = $profile | .process.args = $(runs sh -c 'mkdir /tmp/x')"
	run -1 $oci run -b "$B2" c
	[[ $output == *'No space left on device'* ]]
	kept=$(ls -i "$D/state/.seccomp")
	[ "$(wc -l <<<"$kept")" -eq 1 ]
	run -1 $oci run -b "$B2" c
	[ "$(ls -i "$D/state/.seccomp")" = "$kept" ]
	printf 'damaged' >"$D/state/.seccomp/${kept#* }"
	run -1 $oci run -b "$B2" c
	[[ $output == *'No space left on device'* ]]
}

@test "update changes limits" {
	config
	create c
	$oci start c
	$oci update --memory 64m --pids-limit 50 c
	[ "$(limit memory.limit_in_bytes memory.max)" = $((64 << 20)) ]
	[ "$(limit pids.max pids.max)" = 50 ]
	echo '{"pids": {"limit": 60}}' | $oci update --resources - c
	[ "$(limit pids.max pids.max)" = 60 ]
	run -1 $oci update --memory x c
	[[ $output == 'ct-oci: --memory: x: '* ]]
}

@test "update refuses a weight of block devices that the kernel refuses" {
	config
	create c
	run -1 $oci update --blkio-weight 5000 c
	[[ $output == 'ct-oci: c: '*weight' '*': '* ]]
}

@test "device rules hold: of cgroup v1, and of BPF programs where there is cgroup v2" {
	control=$(cat /sys/class/misc/loop-control/dev)
	rule="{\"type\": \"c\", \"major\": ${control%:*}, \"minor\": ${control#*:}"
	open=".linux.devices = [$rule, \"path\": \"/dev/control\", \"fileMode\": 438}] |
		.process.args = [\"sh\", \"-c\", \": </dev/null && : </dev/control && echo opened\"]"
	for denied in '{"allow": false, "access": "rwm"}' "$rule, \"allow\": false, \"access\": \"r\"}"; do
		config "$open | .linux.resources.devices = [{\"allow\": true, \"access\": \"rwm\"}, $denied]"
		run -1 $oci run -b "$B2" c
		[ "$output" = "sh: can't open /dev/control: Operation not permitted" ]
	done
	config "$open | .linux.resources.devices = [{\"allow\": false, \"access\": \"rwm\"},
		$rule, \"allow\": true, \"access\": \"r\"}]"
	[ "$($oci run -b "$B2" c)" = opened ]
}

@test "a device /dev/ptmx does not replace the link to the terminals of the container" {
	config '.linux.devices = [{"path": "/dev/ptmx", "type": "c", "major": 5, "minor": 2}] | .process.args = ["readlink", "/dev/ptmx"]'
	[ "$($oci run -b "$B2" c)" = pts/ptmx ]
}

@test "a cgroup path may have one component" {
	config ".linux.cgroupsPath = \"$CT_CGROUP-one\""
	create c
	grep -q "/${CT_CGROUP#/}-one$" "/proc/$(state c pid)/cgroup"
	$oci delete --force c
	no_cgroup "$CT_CGROUP-one"
}

@test "hooks get the state, in their order" {
	hook() { echo '[{"path": "/bin/sh", "args": ["sh", "-c", "echo '"$1"' $(jq -r .status) >>'"$D/hooks"'"]}]'; }
	config ".hooks = {prestart: $(hook prestart), createRuntime: $(hook createRuntime), poststart: $(hook poststart), poststop: $(hook poststop)}"
	create c
	$oci start c
	$oci delete -f c
	cat "$D/hooks"
	[ "$(cut -d ' ' -f 1 "$D/hooks" | paste -sd ' ')" = 'prestart createRuntime poststart poststop' ]
	[ "$(sed -n 's/^poststop //p' "$D/hooks")" = stopped ]
}

@test "a sysctl that would change the host is refused" {
	for name in kernel.msgmax fs.mqueue.msg_max net.ipv4.ip_forward kernel.domainname; do
		config ".linux.sysctl = {\"$name\": \"1\"} | .linux.namespaces |= map(select(.type == \"mount\" or .type == \"pid\")) | del(.hostname)"
		run -1 $oci create -b "$B2" c
		[[ $output == *"linux.sysctl: $name: needs a"*' namespace, because it would change the host'* ]]
	done
	for name in kernel.hostname kernel.panic net/../kernel/panic; do
		config ".linux.sysctl = {\"$name\": \"1\"}"
		run -1 $oci create -b "$B2" c
		[[ $output == *"linux.sysctl: $name: "* ]]
	done
	[ -z "$($oci list -q)" ]
	config '.linux.sysctl = {"kernel.msgmax": "4000", "kernel.domainname": "a"} | .process.args = ["cat", "/proc/sys/kernel/msgmax", "/proc/sys/kernel/domainname"]'
	[ "$($oci run -b "$B2" c)" = $'4000\na' ]
}

@test "a kernel.domainname other than the config's domainname is refused" {
	config '.domainname = "a" | .linux.sysctl = {"kernel.domainname": "b"}'
	run -1 $oci create -b "$B2" c
	[[ $output == *'linux.sysctl: kernel.domainname: b: domainname sets a' ]]
	config '.domainname = "a" | .linux.sysctl = {"kernel.domainname": "a"} | .process.args = ["cat", "/proc/sys/kernel/domainname"]'
	[ "$($oci run -b "$B2" c)" = a ]
}

# crun and runc give the streams to the user of the process.
@test "a process of another user can open /dev/stdout, be it a pipe or a file" {
	config '.process.user = {"uid": 1, "gid": 1} | .process.args = ["sh", "-c", "echo again >/dev/stdout"]'
	[ "$($oci run -b "$B2" c | cat)" = again ]
	$oci run -b "$B2" c >"$D/stdout"
	[ "$(cat "$D/stdout")" = again ]
	[ "$(stat -c %u "$D/stdout")" = 1 ]
	config
	create c
	$oci start c
	[ "$($oci exec --user 1 c sh -c 'echo again >/dev/stdout' | cat)" = again ]
}

@test "run --detach runs the poststart hooks" {
	config '.hooks = {poststart: [{"path": "/bin/touch", "args": ["touch", "'"$D"'/started"]}]}'
	$oci run -d -b "$B2" c </dev/null >"$D/out" 2>&1 4>&-
	[ -e "$D/started" ]
}

@test "a hook without env has the environment of ct-oci, as with crun and runc" {
	config '.hooks = {prestart: [{"path": "/bin/sh", "args": ["sh", "-c", "echo $MARK >'"$D"'/mark"]}]}'
	MARK=marked create c
	[ "$(cat "$D/mark")" = marked ]
	$oci delete -f c
	config '.hooks = {prestart: [{"path": "/bin/sh", "args": ["sh", "-c", "echo $MARK >'"$D"'/mark"], "env": ["MARK=own"]}]}'
	MARK=marked create c
	[ "$(cat "$D/mark")" = own ]
}

@test "a created container with a terminal does not keep the streams of create" {
	config '.process.terminal = true'
	show_terminal "$D/console" >"$D/shown" &
	wait_until test -S "$D/console"
	# Ends at the end of the pipe.
	[ -z "$(timeout 20 $oci create -b "$B2" --console-socket "$D/console" c </dev/null 2>&1 4>&- | cat)" ]
	[ "$(state c)" = created ]
	$oci delete --force c
	await $!
}

@test "errors are logged as text and as JSON" {
	run -1 $oci --log "$D/log" --log-format json state none
	run -1 $oci --log "$D/log" --log-format json state 'none"x'
	run -1 $oci --log "$D/log" --log-format json state none
	[ "$(jq -r .level "$D/log" | sort -u)" = error ]
	[ "$(tail -n 1 "$D/log" | jq -r .msg)" = 'none: container does not exist' ]
	run -1 $oci --log "$D/text" state none
	[[ "$(cat "$D/text")" =~ ^level=error\ msg=\"none:\ container\ does\ not\ exist\"\ time=\"[0-9T:.-]*Z\"$ ]]
	run -1 $oci --log-format xml list
	run -2 ct-oci nothing
	run -2 ct-oci list --nothing
}

@test "delete --force removes what a killed create left" {
	config
	create c
	pid=$(state c pid)
	# As if create had been killed before it wrote the pid.
	sed -i '/^pid=/d; /^start=/d' "$D/state/c/state"
	[ "$(state c)" = stopped ]
	$oci delete --force c
	run -1 kill -0 "$pid"
	mkdir "$D/state/empty"
	[ "$(state empty)" = stopped ]
	$oci delete --force empty
	$oci delete --force empty
	[ -z "$(ls "$D/state")" ]
}

@test "a create that fails at its last step leaves no process and no cgroup" {
	config '.process.rlimits = [{"type": "RLIMIT_NOFILE", "hard": 10, "soft": 20}]'
	run -1 create c
	grep -q 'resource limit 7: 20, 10: Invalid argument' "$D/err"
	[ -z "$(ls "$D/state")" ]
	no_cgroup "$CT_CGROUP/${D##*/}"
}

@test "a create that is killed at any moment leaves nothing that delete --force does not remove" {
	config
	for n in 10 40 80 160 300 500; do
		timeout 20 "$B/fault/killat" -p 0 -n "$n" $oci create -b "$B2" k </dev/null >"$D/out" 2>&1 || :
		timeout 20 $oci delete --force k
		[ ! -e "$D/state/k" ]
		no_cgroup "$CT_CGROUP/${D##*/}"
	done
}

@test "features and the manual list the same fields" {
	[ "$(ct-oci features | jq -r '.hooks | length')" = 6 ]
	[ "$(ct-oci features | jq -r .linux.seccomp.enabled)" = true ]
	ct-oci features --fields >"$D/fields"
	[ "$(sort -u "$D/fields" | wc -l)" = "$(wc -l <"$D/fields")" ]
	[ "$(cut -f 2 "$D/fields" | sort -u | paste -sd ' ')" = 'honoured ignored refused' ]
	sed -n 's/^\.It \([^ ]*\) Ta \([a-z]*\)$/\1\t\2/p' "$B/man/man8/ct-oci.8" | cmp - "$D/fields"
}

@test "only ct-oci is linked with the libraries for JSON and seccomp profiles" {
	for file in "$B"/ct-*; do
		# Linked statically, where that can be.
		uses=$(nm "$file" 2>/dev/null | grep -E ' (json_loadb|seccomp_init)(@|$)') || :
		[[ $file == */ct-oci || -z $uses ]]
	done
	[ "$(nm "$B/ct-oci" | grep -cE ' (json_loadb|seccomp_init)(@|$)')" = 2 ]
}

# mounts_below: the mounts of the host at and below the bundle's root directory.
mounts_below() {
	findmnt -rno TARGET | grep -c "^$B2/rootfs"
}

@test "without a mount namespace the mounts are on the host until the container is deleted" {
	no_namespaces='.linux.namespaces = [] | del(.hostname)'
	config "$no_namespaces"
	mount --bind "$B2/rootfs" "$B2/rootfs"	# the engine's own, which stays
	create c
	[ "$(mounts_below)" -gt 3 ]
	for kind in mnt pid net uts ipc cgroup; do
		[ "$(readlink "/proc/$(state c pid)/ns/$kind")" = "$(readlink "/proc/self/ns/$kind")" ]
	done
	[ "$(readlink "/proc/$(state c pid)/root")" = "$B2/rootfs" ]
	$oci start c
	$oci kill c KILL
	wait_until sh -c "$oci state c | grep -q stopped"
	$oci delete c
	[ "$(mounts_below)" = 1 ]
	# A create that fails removes its mounts; a killed create leaves them to delete --force.
	config "$no_namespaces | .process.args = [\"nosuch\"]"
	run ! create c
	[ "$(mounts_below)" = 1 ]
	config "$no_namespaces | .hooks.createRuntime = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"kill -9 \$PPID\"]}]"
	run ! create c
	[ "$(mounts_below)" -gt 3 ]
	$oci delete --force c
	[ "$(mounts_below)" = 1 ]
}

@test "a mount namespace is joined by its path, and its root stays" {
	unshare --mount --propagation private sleep 1000 3>&- &
	other=$!
	wait_until sh -c "[ \"\$(readlink /proc/$other/ns/mnt)\" != \"\$(readlink /proc/self/ns/mnt)\" ]"
	config "(.linux.namespaces[] | select(.type == \"mount\")).path = \"/proc/$other/ns/mnt\""
	create c
	[ "$(readlink "/proc/$(state c pid)/ns/mnt")" = "$(readlink "/proc/$other/ns/mnt")" ]
	[ "$(mounts_below)" = 0 ]
	[ "$(nsenter -t $other -m readlink "/proc/$other/root")" = / ]
	$oci delete --force c
}

@test "a user namespace and rootfsPropagation need a new mount namespace" {
	without='.linux.namespaces |= map(select(.type != "mount"))'
	config "$without | .linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings"
	run ! create c
	[[ $(<"$D/err") == *'linux.namespaces: a user namespace needs a new mount namespace' ]]
	config "$without | .linux.rootfsPropagation = \"shared\""
	run ! create c
	[[ $(<"$D/err") == *'linux.rootfsPropagation: needs a new mount namespace' ]]
	[ "$(mounts_below)" = 0 ]
}

@test "mounts are listed in the order of the config, bind mounts and new file systems mixed" {
	mkdir -p "$D/from"
	config "$(printf '.mounts += [{destination: "/m/1", type: "tmpfs", source: "tmpfs"}, {destination: "/m/2", source: "%s", options: ["bind"]},
		{destination: "/m/3", type: "tmpfs", source: "tmpfs"}, {destination: "/m/4", source: "%s", options: ["rbind", "rslave"]}]' "$D/from" "$D/from")
		| .process.args = [\"cat\", \"/proc/self/mountinfo\"]"
	run -0 $oci run -b "$B2" c
	[ "$(grep -o ' /m/[0-9] ' <<<"$output" | xargs)" = '/m/1 /m/2 /m/3 /m/4' ]
	# A bind mount of the host's root does not have the container's own mounts in it.
	config '.mounts += [{destination: "/host", source: "/", options: ["rbind"]}] | .process.args = ["cat", "/proc/self/mountinfo"]'
	run -0 $oci run -b "$B2" c
	run -1 grep " /host$B2/rootfs" <<<"$output"
}

# crun's and runc's order: podman --read-only --read-only-tmpfs=false gives such a /dev.
@test "a read-only tmpfs gets its devices and mounts before it becomes read-only" {
	config '.process.args = ["sh", "-c", "echo >/dev/null; ls -d /dev/pts/ptmx; touch /dev/x 2>&1; touch /dev/shm/x && grep -c \" /dev tmpfs ro,\" /proc/self/mounts"]
		| .mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)'
	run -0 $oci run -b "$B2" c
	[ "$output" = $'/dev/pts/ptmx\ntouch: /dev/x: Read-only file system\n1' ]
}

@test "the help of a command needs no rights" {
	run -0 setpriv --reuid 1000 --clear-groups "$B/ct-oci" create --help
	[[ $output == 'Usage: ct-oci create'* ]]
}
