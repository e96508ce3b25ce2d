load helper

setup() {
	busybox_setup
	facts >"$D/before"
}

# WANTED_STATUS WANTED_MESSAGE ARG...
fails() {
	run --separate-stderr "-$1" ct-rm "${@:3}"
	echo "$* said: $stderr"
	[ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "ct-rm: $2"* ]]
}

gone() {
	[ ! -e "$CT_ROOT/$1" ] && same_facts "$D/before" <(facts)
}

@test "a container that has ended is removed with all that belongs to it" {
	finished --name web "$img" sh -c 'mkdir -p /a/b; echo x >/a/b/c'
	run -0 ct-rm web
	[ -z "$output" ]
	gone "$c"
	[ ! -L "$CT_ROOT/names/ps/web" ]
	fails 1 "$c: no such container" "$c"
}

@test "ct-rm refuses a running container, and with -f ends and removes it" {
	c=$(ct-run -d "$img" sh -c 'trap "" TERM INT; sleep 1000 & sleep 1000; wait')
	fails 1 "$c: is running" "$c"
	[ "$(ct-ps -q -r)" = "$c" ]
	run -0 ct-rm -f "$c"
	gone "$c"
}

@test "ct-rm -f ends a run in the foreground with 137" {
	ct-run --cidfile "$D/cid" "$img" sleep 1000 3>&- &
	wait_until test -s "$D/cid"
	run -0 ct-rm -f "$(cat "$D/cid")"
	await $!
	[ "$status" -eq 137 ]
	gone "$(cat "$D/cid")"
}

@test "ct-rm -f thaws a frozen container and removes it" {
	c=$(ct-run -d "$img" sleep 1000)
	for file in /sys/fs/cgroup/freezer"$CT_CGROUP/$c"/freezer.state /sys/fs/cgroup"$CT_CGROUP/$c"/cgroup.freeze; do
		case $file in
		*state)	[ ! -e "$file" ] || echo FROZEN >"$file" ;;
		*)	[ ! -e "$file" ] || echo 1 >"$file" ;;
		esac
	done
	run -0 timeout 20 ct-rm -f "$c"
	gone "$c"
}

@test "ct-rm -f of an unknown name succeeds, however often" {
	finished "$img" true
	run -0 ct-rm -f "$c" "$c"
	run -0 ct-rm -f "$c" nosuch ps_99999 img_99999
	[ -z "$output" ]
	gone "$c"
}

@test "an image in use is not removed, except with -f" {
	image=$(ct-init -n used "$busybox")
	c=$(ct-run -d "$image" sleep 1000)
	fails 1 "$image: in use by $c" "$image"
	[ "$(ct-images -q used)" = "$image" ]
	run -0 ct-rm -f "$image"
	run -1 ct-images -q "$image"
	[ "$(ct-exec "$c" echo still)" = still ]
	run -0 ct-rm -f "$c"
	run -0 ct-run --rm "$img" true
}

@test "an unused image is removed with its names" {
	image=$(ct-init -n once:1 "$busybox")
	run -0 ct-rm once:1
	[ ! -e "$CT_ROOT/$image" ]
	fails 1 'once:1: no such' once:1
}

@test "- reads ids from stdin, and no id is success" {
	finished "$img" true
	a=$c
	finished "$img" true
	run -0 bash -c 'ct-ps -q | ct-rm -f -'
	[ -z "$(ct-ps -q)" ]
	run -0 bash -c 'ct-ps -q | ct-rm -f -'
	run -0 ct-rm - </dev/null
	run -0 ct-rm -f - <<<$'\n\n'
	gone "$a"
}

@test "a container that cannot be removed does not keep the others from being removed" {
	finished "$img" true
	a=$c
	b=$(ct-run -d "$img" sleep 1000)
	finished "$img" true
	run --separate-stderr -1 ct-rm "$a" "$b" nosuch "$c"
	[ ${#stderr_lines[@]} -eq 2 ]
	[ "$(ct-ps -q)" = "$b" ]
}

@test "the name of both an image and a container is ambiguous" {
	image=$(ct-init -n both "$busybox")
	finished --name both "$img" true
	fails 1 "both: ambiguous: the name of " both
	[[ $stderr == *"$c"* && $stderr == *"$image"* ]]
	run -0 ct-rm "$c" "$image"
}

@test "ct-rm -f kills all that run before it waits for the first" {
	seq 3 | xargs -P 3 -I{} ct-run -d --network none "$img" sleep 1000 >"$D/ids"
	finished "$img" true
	echo "$c" >>"$D/ids"
	run -0 strace -e trace=pidfd_send_signal,poll,renameat -o "$D/calls" ct-rm -f - <"$D/ids"
	[ "$(head -n 3 "$D/calls" | grep -c '^pidfd_send_signal(.*SIGKILL')" -eq 3 ]
	[ "$(grep -c '^pidfd_send_signal' "$D/calls")" -eq 3 ]
	[ -z "$(ct-ps -q)" ]
}

@test "concurrent removals remove each object once" {
	seq 6 | xargs -P 3 -I{} ct-run -d --name many-{} "$img" sleep 1000 >"$D/ids"
	for _ in 1 2 3; do
		ct-rm -f - <"$D/ids" 2>>"$D/errors" 3>&- &
	done
	wait
	[ ! -s "$D/errors" ]
	[ -z "$(ct-ps -q)" ]
	same_facts "$D/before" <(facts)
}

@test "subvolumes and read-only files inside do not keep a container from being removed" {
	finished "$img" sh -c 'mkdir /d; touch /d/f; chmod 0 /d'
	btrfs -q subvolume create "$CT_ROOT/$c/rootfs/sub"
	touch "$CT_ROOT/$c/rootfs/sub/file"
	run -0 ct-rm "$c"
	gone "$c"
}

@test "ct-rm -f removes a container whose record is damaged" {
	c=$(ct-run -d "$img" sleep 1000)
	echo nonsense >"$CT_ROOT/$c/config"
	run -0 ct-rm -f "$c"
	gone "$c"
}

@test "ct-rm removes what a reboot left of a container" {
	c=$(ct-run -d --name old "$img" sleep 1000)
	kill -9 "$(sed -n 's/^supervisor=//p' "$CT_RUN/$c/state")"
	wait_until sh -c '[ "$(ct-ps --no-header -o status "$1")" != running ]' sh "$c"
	ct-rm -f "$c"
	c=$(ct-run -d --name old "$img" sleep 1000)
	cp -r "$CT_ROOT/$c/config" "$D/config"
	sed -i 's/^boot=.*/boot=00000000-0000-0000-0000-000000000000/' "$CT_RUN/$c/state"
	[ "$(ct-ps --no-header -o status "$c")" = dead ]
	run -0 ct-rm -f "$c"
	wait_until gone "$c"
}

@test "invalid operands give one line and the right status, and nothing is removed" {
	fails 2 'missing operand'
	fails 2 '--nosuch: ' --nosuch "$img"
	fails 1 'nosuch: no such container' nosuch
	fails 1 '../x: ' ../x
	fails 1 '.: ' .
	fails 1 ': ' ''
	fails 1 "names: " names
	[ "$(ct-images -q | grep -x "$img")" = "$img" ]
}
