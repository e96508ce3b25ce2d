bats_require_minimum_version 1.5.0
load helper

# Runs make spare snapshots of their image, and claim them.

setup() {
	sandbox_up
	D=$BATS_TEST_TMPDIR
	busybox_image
}
teardown() { sandbox_down; }
setup_file() { :; }
teardown_file() { :; }

pool() { echo "$CT_ROOT/$img/spare"; }
uuid() { btrfs subvolume show "$1" | sed -n 's/^[[:space:]]*UUID:[[:space:]]*//p'; }

# A run makes a spare after its program has begun.
with_spare() {
	ct-run --rm --network none "$img" true
	wait_until test -d "$(pool)/0/rootfs"
}

@test "a run claims the spare that an earlier run made" {
	with_spare
	spare=$(uuid "$(pool)/0/rootfs")
	ct-run --name one --network none "$img" touch /made
	[ "$(uuid "$CT_ROOT/$(ct id one)/rootfs")" = "$spare" ]
	[ -e "$(ct path one)/made" ]
	[ "$(ct-run --rm --network none "$img" sh -c 'test -e /made || echo clean')" = clean ]
	run -0 ct-diff one
	[[ $output == *made* && $output != *spare* ]]
}

@test "the run that claims the last spare makes twice as many" {
	with_spare
	ct-run --rm --network none "$img" true
	wait_until test -d "$(pool)/1/rootfs"
	wait_until test -d "$(pool)/0/rootfs"
	ct-run --rm --network none "$img" true
	[ ! -e "$(pool)/0" ]
	[ -d "$(pool)/1" ]
	ct-run --rm --network none "$img" true
	wait_until test -d "$(pool)/3/rootfs"
}

@test "runs at the same time have snapshots of their own" {
	with_spare
	for i in {1..12}; do
		ct-run --rm --network none "$img" sh -c 'echo x >>/made; wc -l </made' >"$D/$i" &
	done
	wait
	[ "$(sort "$D"/{1..12} | uniq -c | tr -s ' ')" = ' 12 1' ]
}

@test "spares go with their image, also while runs use and make them" {
	with_spare
	for i in {1..6}; do
		ct-run --rm --network none "$img" true 2>"$D/$i" &
	done
	ct-rm -f "$img"
	wait
	run ! ls -d "$CT_ROOT/$img"
	wait_until sh -c 'ct-rm -f - </dev/null; ! btrfs subvolume list -o "$CT_ROOT" | grep -q rootfs'
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

@test "a replaced image has no spare of the old one" {
	with_spare
	ct-run --name one --network none "$img" touch /made
	ct-commit one "$img"
	[ ! -e "$(pool)" ]
	ct-run --rm --network none "$img" ls /made
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

# in_memory NUMBER FILE: whether pages of a spare's file are in memory.
in_memory() { [ "$(fincore -n -o PAGES "$(pool)/$1/rootfs$2")" -gt 0 ]; }

@test "a program and the libraries that it loads are in memory in every spare that its run makes" {
	with_spare
	ct-run -d --network none --name copy "$img" sleep 1000
	wait_until test -d "$(pool)/1/rootfs"
	ldd /bin/sleep | grep -o '/[^ ]*' | xargs -I{} cp --parents -L {} "$(ct path copy)"
	cp /bin/sleep "$(ct path copy)/bin/sleeper"
	img=$(ct-commit copy)
	ct-run -d --network none "$img" sleeper 1000
	wait_until test -d "$(pool)/0/rootfs"
	ct-run -d --network none "$img" sleeper 1000
	wait_until test -d "$(pool)/1/rootfs"
	for i in 0 1; do
		wait_until in_memory "$i" /bin/sleeper
		wait_until in_memory "$i" "$(ldd /bin/sleep | grep -o '/[^ ]*/libc\.[^ ]*')"
	done
	run -1 in_memory 0 /bin/busybox
	ct-ps -q | ct-rm -f -
}

@test "a spare that a killed process left half made is made again" {
	mkdir -p "$(pool)/0.new"
	btrfs -q subvolume snapshot "$CT_ROOT/$img/rootfs" "$(pool)/0.new/rootfs" >/dev/null
	with_spare
	[ ! -e "$(pool)/0.new" ]
}

@test "a run does not make a spare that another process is making" {
	mkdir -p "$(pool)/0.new"
	flock "$(pool)/0.new" sh -c 'ct-run --rm --network none "$1" true; flock "$CT_RUN" true' sh "$img"
	[ -d "$(pool)/0.new" ]
	[ ! -e "$(pool)/0" ]
}

@test "ct df and ct prune remove the spares" {
	before=$(ct df | grep "^$img")
	with_spare
	[ "$(ct df | grep "^$img")" = "$before" ]
	[ -z "$(ls "$(pool)")" ]
	with_spare
	ct prune
	[ -z "$(ls "$(pool)")" ]
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

@test "the store goes down although a spare was being made" {
	for i in {1..5}; do
		ct-run --rm --network none "$img" true
		ct-store down
		ct-store up
	done
}

@test "ct-store down waits for processes that make spares" {
	mkfifo "$D/go"
	flock -s "$CT_RUN" cat "$D/go" &
	wait_until sh -c '! flock -n "$CT_RUN" true'
	ct-store down &
	down=$!
	wait_until grep -q -e "-> FLOCK .* $down " /proc/locks
	[ -e "$CT_ROOT/format" ]
	echo >"$D/go"
	await $down
	[ "$status" = 0 ]
	[ ! -e "$CT_ROOT/format" ]
}

@test "a run with --explain shows the snapshot, and neither claims nor makes a spare" {
	with_spare
	run -0 --separate-stderr ct-run --rm --network none --explain "$img" true
	[[ $stderr == *BTRFS_IOC_SNAP_CREATE* ]]
	[ "$(ls "$(pool)")" = 0 ]
}

@test "a supervisor that waits has no ended child" {
	c=$(ct-run -d --network none "$img" sleep 1000)
	wait_until test -d "$(pool)/0/rootfs"
	supervisor=$(sed -n 's/^supervisor=//p' "$CT_RUN/$c/state")
	wait_until sh -c '[ "$(wc -w <"/proc/$1/task/$1/children")" = 1 ]' sh "$supervisor"
}
