load helper

teardown() {
	[ -z "${other:-}" ] || kill "$other" 2>/dev/null || :	# see snapshot_begins
	remove_containers
}

@test "a commit makes an image with the files that the container wrote, and prints its id" {
	finished "$img" sh -c 'echo mine >/file; chown 33 /file; rm /etc/group'
	run --separate-stderr -0 ct-commit "$c"
	[[ $output =~ ^img_[0-9]+$ ]]
	[ -z "$stderr" ]
	[ "$(ct-run --rm "$output" sh -c 'cat /file; stat -c %u /file; ls /etc/group 2>&1')" = $'mine\n33\nls: /etc/group: No such file or directory' ]
	diff -r --no-dereference "$(ct path "$c")" "$(ct path "$output")"
}

@test "the container does not change the committed image afterwards" {
	c=$(ct-run -d "$img" sleep 1000)
	new=$(ct-commit "$c")
	ct-exec "$c" touch /later
	[ ! -e "$(ct path "$new")/later" ]
	[ "$(ct-ps --no-header -o status "$c")" = running ]
	run -1 touch "$(ct path "$new")/x"
}

@test "a commit gives a new name to the image, and replaces an existing image, which keeps its id" {
	finished "$img" sh -c 'echo 1 >/file'
	new=$(ct-commit "$c" mine)
	[ "$(ct-images -q mine)" = "$new" ]
	finished mine sh -c 'echo 2 >/file'
	[ "$(ct-commit "$c" mine)" = "$new" ]
	[ "$(ct-run --rm mine cat /file)" = 2 ]
	finished mine sh -c 'echo 3 >/file'
	[ "$(ct-commit "$c" "$new")" = "$new" ]
	[ "$(ct-run --rm "$new" cat /file)" = 3 ]
	[ "$(ct-images -q mine)" = "$new" ]
}

@test "a new image whose id cannot be printed is removed; one that replaced another stays" {
	finished "$img" sh -c 'echo mine >/file'
	kept=$(ct-commit "$c" kept)
	ct-images -q >"$D/images"
	finished "$img" sh -c 'echo other >/file'
	for name in '' new kept; do
		run -1 bash -c 'ct-commit "$@" 2>&1 >/dev/full' bash "$c" $name
		[ "$output" = 'ct-commit: standard output: No space left on device' ]
	done
	[ "$(ct-images -q)" = "$(cat "$D/images")" ]
	[ "$(cat "$(ct path kept)/file")" = other ]
}

@test "replacing an image does not disturb its running containers" {
	finished "$img" true
	new=$(ct-commit "$c" shared)
	d=$(ct-run -d "$new" sleep 1000)
	finished "$new" sh -c 'rm -r /etc'
	ct-commit "$c" "$new"
	[ "$(ct-exec "$d" sh -c 'ls -d /etc')" = /etc ]
}

# config IMAGE FILTER: prints a part of the inspected config, with jq.
config() {
	ct inspect "$1" | jq -c ".[0].Config | $2"
}

@test "the configuration of the image is kept where the run did not change it" {
	base=$(ct-init "$busybox")
	printf '%s\n' entrypoint=/bin/echo entrypoint=entry cmd=cmd workdir=/var user=www-data env=A=1 label=x=y \
		expose=80/tcp stopsignal=INT volume=/data >>"$CT_ROOT/$base/config"
	finished "$base"
	new=$(ct-commit "$c")
	[ "$(ct-run --rm "$new")" = 'entry cmd' ]
	[ "$(ct-run --rm --entrypoint sh "$new" -c 'pwd; id -u; echo $A')" = $'/var\n33\n1' ]
	[ "$(ct inspect "$new" | jq '.[0].Config')" = "$(ct inspect "$base" | jq '.[0].Config')" ]
	grep -qx "container=$c" "$CT_ROOT/$new/config"
}

@test "the run's options and command become the image's config" {
	base=$(ct-init "$busybox")
	printf '%s\n' entrypoint=/bin/echo cmd=cmd workdir=/var user=www-data env=A=1 env=B=2 label=x=y label=z=1 \
		expose=80/tcp >>"$CT_ROOT/$base/config"
	c=$(ct-run -d -e B=3 -e 'C=a b' -w /tmp -u 0:5 -l x=new -l more=1 --stop-signal USR1 --entrypoint '' \
		-p 8080 -p 53/udp "$base" sleep 1000)
	new=$(ct-commit "$c")
	[ "$(config "$new" .Env)" = '["A=1","B=3","C=a b"]' ]
	[ "$(config "$new" '.Cmd, .Entrypoint, .WorkingDir, .User, .StopSignal')" = $'["sleep","1000"]\n[]\n"/tmp"\n"0:5"\n"USR1"' ]
	[ "$(config "$new" .Labels)" = '{"x":"new","z":"1","more":"1"}' ]
	[ "$(config "$new" '.ExposedPorts | keys')" = '["53/udp","80/tcp","8080/tcp"]' ]
}

@test "instructions of --change overrule what the run changed" {
	finished -e A=1 -w /tmp "$img" echo run
	new=$(ct-commit -c 'ENV A=2' -c 'CMD ["echo", "changed"]' "$c")
	[ "$(config "$new" '.Env, .Cmd, .WorkingDir')" = $'["A=2"]\n["echo","changed"]\n"/tmp"' ]
}

@test "an entry point of the run stays one, and the terminal's type is not in the image" {
	run_tty -- ct-run --entrypoint echo --cidfile "$D/cid" "$img" one >/dev/null
	new=$(ct-commit "$(cat "$D/cid")")
	[ "$(config "$new" '.Entrypoint, .Cmd, .Env')" = $'["echo"]\n["one"]\n[]' ]
	[ "$(ct-run --rm "$new" two)" = two ]
	[[ $(ct history --json "$new" | jq -r .created_by) == 'echo one' ]]
}

@test "the mounted files of the container are not in the image" {
	mkdir "$D/vol"
	echo secret >"$D/vol/file"
	c=$(ct-run -d -v "$D/vol:/vol" --tmpfs /t "$img" sh -c 'touch /t/x /dev/shm/y; exec sleep 1000')
	new=$(ct-commit "$c")
	[ -z "$(find "$(ct path "$new")"/{vol,t,dev,proc,sys} -mindepth 1)" ]
}

@test "a commit of a container that writes takes its files at one moment, and the container goes on" {
	c=$(ct-run -d "$img" sh -c 'i=0; while :; do i=$((i+1)); echo $i >/a; echo $i >/b; done')
	wait_until test -s "$(ct path "$c")/b"
	for _ in 1 2 3 4 5; do
		new=$(ct-commit "$c")
		a=$(cat "$(ct path "$new")/a")
		b=$(cat "$(ct path "$new")/b")
		# The snapshot may fall between two instructions of the shell: a file is empty, or one number ahead.
		[ -z "$a" ] || [ -z "$b" ] || [ $((a - b)) -eq 0 ] || [ $((a - b)) -eq 1 ]
		ct-rm "$new"
	done
	before=$(cat "$(ct path "$c")/b")
	wait_until sh -c '[ "$(cat "$1")" != "$2" ]' sh "$(ct path "$c")/b" "$before"
}

@test "a container that its user froze is committed and stays frozen" {
	c=$(ct-run -d "$img" sh -c 'echo mine >/file; exec sleep 1000')
	wait_until test -s "$(ct path "$c")/file"
	freeze "$c"
	new=$(timeout 20 ct-commit "$c")
	[ "$(cat "$(ct path "$new")/file")" = mine ]
	[ "$(ct-ps --no-header -o status "$c")" = paused ]
	thaw "$c"
}

@test "a running container is frozen while its snapshot is taken" {
	c=$(ct-run -d "$img" sleep 1000)
	ct-commit --explain "$c" 2>"$D/told"
	calls=$(sed -nE 's/.*(write|ioctl)\(.*("FROZEN"|"THAWED"|cgroup.freeze.*"1"|cgroup.freeze.*"0"|SNAP_CREATE).*/\2/p' "$D/told")
	calls=$(sed -E 's/"FROZEN"|.*"1"/freeze/; s/"THAWED"|.*"0"/thaw/; s/SNAP_CREATE/snapshot/' <<<"$calls")
	[ "$calls" = $'freeze\nsnapshot\nthaw' ]
}

# CONTAINER: is as if another commit had frozen it and were taking its snapshot. $other holds the lock.
snapshot_begins() {
	echo 1 >"$CT_RUN/$1/pause"
	flock -F "$CT_RUN/$1/pause" sleep 1000 3>&- &
	other=$!
	wait_until grep "FLOCK .* $other " /proc/locks
	freeze "$1"
}

# The other commit has its snapshot.
snapshot_ends() {
	thaw "$1"
	: >"$CT_RUN/$1/pause"
	kill "$other"
}

is_frozen() {
	cat "/sys/fs/cgroup/freezer$CT_CGROUP/$1/freezer.state" "/sys/fs/cgroup$CT_CGROUP/$1/cgroup.events" 2>/dev/null |
		grep -qxE 'FROZEN|frozen 1'
}

@test "no other command thaws a container while its snapshot is taken" {
	c=$(ct-run -d "$img" sleep 1000)
	snapshot_begins "$c"
	before=$(ct-images -q)
	ct-ps >/dev/null
	ct-inspect "$c" >/dev/null
	ct-kill -s CONT "$c"
	pids=()
	for command in 'ct-commit %' 'ct-exec % true' 'ct-unpause %' 'ct-pause %'; do
		# shellcheck disable=SC2086 # words
		${command//%/$c} >/dev/null 2>&1 3>&- &
		pids+=("$!")
		wait_until waits_for_lock "$!"
		is_frozen "$c"
	done
	kill "${pids[@]:2}"
	[ "$(ct-images -q)" = "$before" ]
	snapshot_ends "$c"
	for pid in "${pids[@]:0:2}"; do
		await "$pid"
		[ "$status" -eq 0 ]
	done
	[ "$(field status "$c")" = running ]
}

@test "a container whose user pauses it while its snapshot is taken stays frozen after that" {
	c=$(ct-run -d "$img" sleep 1000)
	snapshot_begins "$c"
	ct-pause "$c" 3>&- &
	pid=$!
	wait_until waits_for_lock "$pid"
	snapshot_ends "$c"
	await "$pid"
	[ "$status" -eq 0 ]
	is_frozen "$c"
	[ "$(field status "$c")" = paused ]
	ct-unpause "$c"
}

@test "commits of one container at once take their snapshots one after the other, and the container goes on" {
	c=$(ct-run -d "$img" sleep 1000)
	snapshot_begins "$c"
	before=$(ct-images -q)
	pids=()
	for i in 1 2 3 4; do
		ct-commit "$c" >"$D/id.$i" 3>&- &
		pids+=("$!")
	done
	for pid in "${pids[@]}"; do
		wait_until waits_for_lock "$pid"
	done
	[ "$(ct-images -q)" = "$before" ]
	snapshot_ends "$c"
	for pid in "${pids[@]}"; do
		await "$pid"
		[ "$status" -eq 0 ]
	done
	[ "$(cat "$D"/id.* | sort -u | wc -l)" -eq 4 ]
	ct-exec "$c" true
	[ "$(ct-ps --no-header -o status "$c")" = running ]
}

@test "an image made by three commits in a row runs" {
	new=$img
	for n in 1 2 3; do
		finished "$new" sh -c "echo $n >>/file"
		new=$(ct-commit "$c")
	done
	[ "$(ct-run --rm "$new" cat /file)" = $'1\n2\n3' ]
}

@test "invalid operands fail with one line and make no image" {
	finished "$img" true
	ct-images -q >"$D/images"
	facts >"$D/before"
	fails() {
		run --separate-stderr "-$1" ct-commit "${@:3}"
		[ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "ct-commit: $2"* ]] ||
			{ echo "$* said: $stderr"; return 1; }
	}
	fails 2 'missing operand'
	fails 2 '' "$c" a b
	fails 2 '--nosuch: ' --nosuch "$c"
	fails 1 'nosuch: no such container' nosuch
	fails 1 "$img: " "$img"
	fails 1 'img_99999: no such image' "$c" img_99999
	fails 1 "$c: " "$c" "$c"
	fails 1 '../x: ' "$c" ../x
	fails 1 'Bad Name: ' "$c" 'Bad Name'
	fails 1 ': ' "$c" ''
	"$CT_TESTS/busybox" "$D/root"
	finished --rootfs "$D/root" true
	fails 1 "$c: runs on the directory $D/root" "$c"
	ct-rm "$c"
	[ "$(ct-images -q)" = "$(cat "$D/images")" ]
	same_facts "$D/before" <(facts)
}

@test "a container with another subvolume among its files is not committed" {
	c=$(ct-run -d --network none "$img" sleep 1000)
	btrfs -q subvolume create "$CT_ROOT/$c/rootfs/inner"
	run -1 --separate-stderr ct-commit "$c"
	[ "$stderr" = "ct-commit: $c: inner: is a subvolume of its own, which a snapshot does not include" ]
	[ "$(field status "$c")" = running ]
	btrfs -q subvolume delete "$CT_ROOT/$c/rootfs/inner"
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

@test "a commit in a full store fails with one line and changes nothing" {
	export CT_ROOT=$CT_TEST_DIR/small CT_RUN=$CT_TEST_DIR/small.run
	truncate -s 128M "$CT_ROOT.btrfs"
	mkfs.btrfs -q "$CT_ROOT.btrfs" 2>/dev/null
	ct-store up 2>/dev/null || skip "a store of this size cannot be made"
	new=$(ct-init "$busybox")
	c=$(ct-run -d --network none "$new" sh -c 'dd if=/dev/zero of=/fill bs=1M 2>/dev/null; exec sleep 1000')
	wait_until ct-exec "$c" pidof sleep
	find "$CT_ROOT" "$CT_RUN" -maxdepth 2 | sort >"$D/before"
	# Whether the last small write still fits differs from kernel to kernel.
	run --separate-stderr ct-commit "$c"
	if [ "$status" -ne 0 ]; then
		[ "$status" -eq 1 ]
		[ ${#stderr_lines[@]} -eq 1 ]
		[[ $stderr == "ct-commit: $c: "*": No space left on device" ]]
		find "$CT_ROOT" "$CT_RUN" -maxdepth 2 | sort | diff "$D/before" -
	else
		ct-rm "$output"
	fi
	[ "$(ct-ps --no-header -o status "$c")" = running ]
	run -0 ct-rm -f "$c"
	wait_until ct-run --rm --network none "$new" sh -c 'echo x >/fits'
	ct-images -q | ct-rm -f -
	ct-store down
}
