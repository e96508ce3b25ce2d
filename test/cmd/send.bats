bats_require_minimum_version 1.5.0
load helper

# Two stores: that of the sandbox, and one for what is received.
setup_file() {
	sandbox_up
	there ct-store up 2>"$CT_TEST_DIR/up2"
}

teardown_file() {
	there ct-store down
	sandbox_down
}

teardown() {
	remove_containers
	ct-volumes -q | ct-rm -f -
	ct-images -q | grep -vx "$img" | ct-rm -f -
	there remove_containers
	there ct-volumes -q | there ct-rm -f -
	there ct-images -q | there ct-rm -f -
}

# there COMMAND...: with the other store.
there() {
	CT_ROOT=$CT_TEST_DIR/root2 CT_RUN=$CT_TEST_DIR/run2 CT_CGROUP=${CT_CGROUP}2 CT_BRIDGE=${CT_BRIDGE}2 "$@"
}

trees() {
	/usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/trees.py" "$@"
}

transfer() {
	/usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/transfer.py" "$@"
}

# The other store: the lists of ps, images and volumes, and the content of tmp/.
all_there() {
	there ct-ps -q
	there ct-images --no-header
	there ct-volumes --no-header
	ls "$CT_TEST_DIR/root2/tmp"
}

# refused_there FILE: receiving it fails with one line, and nothing is made.
refused_there() {
	all_there >"$D/before"
	run ! --separate-stderr there ct-receive <"$1"
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == 'ct-receive: '* ]]
	all_there | diff "$D/before" -
}

# volume NAME SEED: a volume with a random tree; $tree is its directory.
volume() {
	ct-volumes create "$1" >/dev/null
	tree=$(ct path "$1")
	trees grow "$2" "$tree"
}

@test "an image arrives with its files, names and config, and runs" {
	cp -a "$busybox" "$D/image"
	trees grow 1 "$D/image/usr"
	# Sockets are no files of an image.
	find "$D/image" -type s -delete
	own=$(ct-init -n own:1 "$D/image")
	printf '%s\n' env=A=1 cmd=env label=x=y >>"$CT_ROOT/$own/config"
	ct-tag own:1 other
	run -0 --separate-stderr there ct-receive < <(ct-send own:1)
	[[ $output == img_* ]]
	[ -z "$stderr" ]
	[ "$(there ct-images --no-header -o name own:1)" = "$(ct-images --no-header -o name own:1)" ]
	trees walk "$CT_ROOT/$own/rootfs" "$(there ct path other)" >"$D/walked"
	[ ! -s "$D/walked" ]
	diff <(sort "$CT_ROOT/$own/config") <(sort "$CT_TEST_DIR/root2/$output/config")
	there ct-run --rm --network none own:1 | grep -x A=1
	run -1 touch "$(there ct path own:1)/x"
}

@test "random trees arrive file by file, as a whole and as a difference" {
	for seed in 21 22 23 24; do
		volume tree "$seed"
		ct-volumes snapshot tree first >/dev/null
		ct-send first | there ct-receive
		trees walk "$tree" "$(there ct path first)" >"$D/walked"
		trees change "$seed" "$tree"
		ct-volumes snapshot tree second >/dev/null
		ct-send --parent first second | there ct-receive
		trees walk "$tree" "$(there ct path second)" >>"$D/walked"
		[ ! -s "$D/walked" ] || { cat "$D/walked"; false; }
		# And back: what was received can be the parent of what is sent.
		there ct-volumes create --from second third
		touch "$(there ct path third)/more"
		there ct-volumes snapshot third fourth
		there ct-send --parent second fourth | ct-receive
		run -0 ct-diff fourth second
		[ "$output" = $'C /\nA /more' ]
		ct-volumes -q | ct-rm -
		there ct-volumes -q | there ct-rm -
	done
}

@test "after a change of 1 MB in a large image less than 3 MB are sent" {
	cp -a "$busybox" "$D/image"
	for i in $(seq 60); do head -c 1000000 /dev/urandom >"$D/image/usr/$i"; done
	large=$(ct-init -n large "$D/image")
	finished --network none "$large" dd if=/dev/urandom of=/usr/7 bs=100000 seek=1 count=10 conv=notrunc
	ct-commit "$c" changed
	ct-send large | there ct-receive
	ct-send --parent large changed >"$D/sent"
	[ "$(stat -c %s "$D/sent")" -lt 3000000 ]
	there ct-receive <"$D/sent"
	cmp "$(ct path changed)/usr/7" "$(there ct path changed)/usr/7"
	run -0 ct-diff changed large
	[[ $output == *'C /usr/7'* ]]
}

@test "a stopped container arrives with its log, exit status, own volumes and image, and starts again" {
	printf '%s\n' volume=/made >>"$CT_ROOT/$img/config"
	ct-send busybox | there ct-receive
	finished --name shop --network none -e A=1 "$img" sh -c 'echo out; echo x >>/made/rows; wc -l </made/rows; echo $A >/file; exit 3'
	sed -i /^volume=/d "$CT_ROOT/$img/config"
	run -0 there ct-receive < <(ct-send --parent busybox shop)
	new=$output
	[ "$(there ct-ps --no-header -o name,image,status shop)" = $'shop\tbusybox:latest\texited 3' ] ||
		[ "$(there ct-ps --no-header -o name,status shop)" = $'shop\texited 3' ]
	[ "$(there ct-logs shop)" = $'out\n1' ]
	[ "$(cat "$(there ct path shop)/file")" = 1 ]
	diff <(there ct-diff --json shop) <(ct-diff --json shop)
	run -3 there ct-start -a shop
	[ "$output" = $'out\n2' ]
	[ "$(grep -c "^image=" "$CT_TEST_DIR/root2/$new/config")" = 1 ]
}

@test "a container arrives also where its image is missing" {
	finished --name alone --network none "$img" touch /file
	ct-send alone | there ct-receive
	[ -e "$(there ct path alone)/file" ]
	run -0 there ct-start -a alone
	run -1 --separate-stderr there ct-diff alone
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "a running container is sent as it is at one moment, and keeps running" {
	c=$(ct-run -d --name busy --network none "$img" sh -c 'echo up; i=0; while :; do i=$((i+1)); echo $i >/t; mv /t /a; echo $i >/t; mv /t /b; done')
	wait_until test -s "$(ct path busy)/b"
	for i in 1 2 3; do
		ct-send busy | there ct-receive --name "busy$i"
		a=$(cat "$(there ct path "busy$i")/a")
		b=$(cat "$(there ct path "busy$i")/b")
		((a == b || a == b + 1))
		[ "$(there ct-ps --no-header -o status "busy$i")" = dead ]
		[ "$(there ct-logs "busy$i")" = up ]
		[ "$(field status busy)" = running ]
	done
}

@test "a volume in use is frozen while it is sent, and a container that its user froze stays frozen" {
	ct-volumes create -l use=test db
	c=$(ct-run -d --network none -v db:/v "$img" sh -c 'i=0; while :; do i=$((i+1)); echo $i >/v/t; mv /v/t /v/a; echo $i >/v/t; mv /v/t /v/b; done')
	wait_until test -s "$(ct path db)/b"
	strace -f -o "$D/calls" -e trace=ioctl,write,openat ct-send db | there ct-receive
	awk '/"FROZEN"|write.*"1"/ { frozen = 1 } /BTRFS_IOC_SNAP_CREATE_V2/ { taken = frozen } END { exit !taken }' "$D/calls"
	a=$(cat "$(there ct path db)/a")
	b=$(cat "$(there ct path db)/b")
	((a == b || a == b + 1))
	[ "$(there ct-volumes --json db | jq -c .labels)" = '["use=test"]' ]
	[ "$(field status "$c")" = running ]
	touch "$(there ct path db)/writable"
	freeze "$c"
	ct-send db | there ct-receive --name again
	[ "$(field status "$c")" = paused ]
	thaw "$c"
}

@test "what was cut short, damaged or lengthened is refused, and nothing is made" {
	volume tree 31
	ct-send tree >"$D/whole"
	size=$(stat -c %s "$D/whole")
	for n in 0 1 9 20 100 400 $((size / 2)) $((size - 100)) $((size - 1)); do
		head -c "$n" "$D/whole" >"$D/bad"
		refused_there "$D/bad"
		[ "$stderr" = 'ct-receive: standard input: ends early' ]
	done
	(cat "$D/whole"; echo) >"$D/bad"
	refused_there "$D/bad"
	# One bit, anywhere: the checksums of the stream, or the digest at the end.
	transfer flip "$D/whole" 40 "$D/flip"
	for bad in "$D"/flip.*; do
		refused_there "$bad"
	done
	there ct-receive <"$D/whole"
}

@test "hostile streams with right checksums and digests reach nothing outside, and nothing is made" {
	mkdir "$D/outside"
	echo secret >"$D/outside/file"
	ln -s /nowhere "$D/outside/link"
	stat -c '%n %a %u %Y %s' "$D/outside" "$D/outside"/* >"$D/stat"
	for kind in $(transfer kinds); do
		transfer hostile "$kind" "$D/outside" >"$D/bad"
		echo "$kind"
		refused_there "$D/bad"
	done
	stat -c '%n %a %u %Y %s' "$D/outside" "$D/outside"/* | diff "$D/stat" -
	# The same with nothing hostile in it is received: the tests above fail for their own reason.
	transfer hostile nothing "$D/outside" >"$D/good"
	there ct-receive <"$D/good"
}

draft_is_there() {
	[ -n "$(ls "$CT_TEST_DIR/root2/tmp")" ]
}

@test "a receiver that is killed leaves nothing" {
	volume tree 41
	head -c 3000000 /dev/urandom >"$tree/large"
	ct-send tree >"$D/whole"
	all_there >"$D/before"
	mkfifo "$D/pipe"
	for part in 2000 20000 2000000; do
		there ct-receive <"$D/pipe" 3>&- &
		pid=$!
		exec 9>"$D/pipe"
		head -c $part "$D/whole" >&9
		wait_until draft_is_there
		kill -9 $pid
		exec 9>&-
		await $pid
		[ "$status" = 137 ]
		there ct-store up
		all_there | diff "$D/before" -
	done
	there ct-receive <"$D/whole"
}

@test "what cannot be sent or received is refused in one line" {
	finished --name c1 --network none "$img" true
	ct-volumes create v1
	for args in nosuch '' 'c1 c1' '-p c1 v1' '-p v1 v1' '-p nosuch c1'; do
		echo "$args"
		# shellcheck disable=SC2086 # several words
		run ! --separate-stderr ct-send $args
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == 'ct-send: '* ]]
	done
	run -1 bash -c 'ct-send c1 2>&1 >/dev/full'
	[ "$output" = 'ct-send: standard output: No space left on device' ]
	btrfs -q subvolume create "$(ct path v1)/inner"
	for command in 'ct-send v1' 'ct-volumes snapshot v1' 'ct-volumes export v1' 'ct-diff v1 v1'; do
		# shellcheck disable=SC2086 # words
		run -1 --separate-stderr $command
		[[ $stderr == *': inner: is a subvolume of its own, which a snapshot does not include' ]]
	done
	btrfs -q subvolume delete "$(ct path v1)/inner"
	[ -z "$(ls "$CT_ROOT/tmp")" ]
	ct-send -p busybox c1 >"$D/difference"
	refused_there "$D/difference"
	[[ $stderr == *'its parent is not in this store: send that first' ]]
	ct-send v1 | there ct-receive
	ct-send v1 >"$D/again"
	refused_there "$D/again"
	[[ $stderr == 'ct-receive: v1: the name is in use by vol_'* ]]
	for name in '' -x 'a b' ps_42002; do
		run ! there ct-receive --name "$name" <"$D/again"
	done
}

@test "an image does not bring digests by which pull or build would find it" {
	own=$(ct-init -n digests "$busybox")
	digest=sha256:$(printf 'a%.0s' {1..64})
	printf '%s\n' "digest=$digest" "config-digest=$digest" "diffid=$digest" "layer=${digest#*:}" "built=$digest" "step=$digest" >>"$CT_ROOT/$own/config"
	new=$(ct-send digests | there ct-receive)
	run -1 grep -E "aaaaaaaa" "$CT_TEST_DIR/root2/$new/config"
}
