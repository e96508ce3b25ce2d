# shellcheck shell=bash disable=SC2034 # the tests use what is set here
# Set-up and tools of the command tests. Each test file has its own store, run directory, parent cgroup
# and networks, named after a temporary directory, and the built utilities first in PATH:
#
#	load helper
#	@test "a container sees only its own processes" {
#		run ct-run "$img" ps
#		...
#	}
#
# Each test has $img, an image of busybox, and $D, a directory of its own; its containers are
# removed when it ends. Where tests look at everything in the store, `sandbox_each_test` after `load`
# gives each test a sandbox of its own, without an image. A file that needs something else defines setup, teardown, setup_file or
# teardown_file after `load`; its setup_file calls sandbox_up, its teardown_file sandbox_down.
# Run one file by `test/run bats test/cmd/NAME.bats` (B=build).

bats_require_minimum_version 1.5.0

setup_file() { sandbox_up; }
teardown_file() { sandbox_down; }
setup() { busybox_setup; }
teardown() { remove_containers; unmount_below "$BATS_TEST_TMPDIR"; }

# shellcheck disable=SC2317 # bats calls these functions
sandbox_each_test() {
	setup_file() { :; }
	teardown_file() { :; }
	teardown() { sandbox_down; }
	setup() { empty_setup; }
}

empty_setup() {
	sandbox_up
	D=$BATS_TEST_TMPDIR
}

busybox_setup() {
	busybox_image
	D=$BATS_TEST_TMPDIR
}

remove_containers() {
	ct-ps -q | ct-rm -f -
}

sandbox_up() {
	CT_TESTS=$(realpath "$BATS_TEST_DIRNAME/..")
	B=$(cd "$CT_TESTS/.." && realpath -m "${B:-build}")
	PATH=$B:$PATH:${CT_TEST_CACHE:-/var/cache/ct-test}	# the last for `busybox`, where it is not installed
	CT_TEST_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ct-test.XXXXXX")
	CT_ROOT=$CT_TEST_DIR/root
	CT_RUN=$CT_TEST_DIR/run
	CT_CGROUP=/${CT_TEST_DIR##*/}
	CT_BRIDGE=t${CT_TEST_DIR##*.}
	CT_SUBNET=10.$((RANDOM % 200 + 20)).0.0/16
	export B PATH CT_TESTS CT_TEST_DIR CT_ROOT CT_RUN CT_CGROUP CT_BRIDGE CT_SUBNET
	{ ct-store up && ct-net up; } 2>"$CT_TEST_DIR/up" || {
		cat "$CT_TEST_DIR/up" >&2
		return 1
	}
}

# DIRECTORY: unmounts everything that is mounted in it.
unmount_below() {
	local mounted
	awk -v dir="${1:?}/" 'index($5 "/", dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while read -r mounted; do umount -l "$mounted"; done
}

# Removes everything with ct, as a user would. Fails if something is left after that.
sandbox_down() {
	local left
	ct-ps -q | ct-rm -f -
	ct-images -q | ct-rm -f -
	ct-net down
	ct-store down
	left=$(facts | grep -F -e "${CT_TEST_DIR##*/}" -e "$CT_BRIDGE")
	if [ -n "$left" ]; then
		printf 'left behind: %s\n' "$left" >&2
		force_down
	fi
	rm -rf --one-file-system "$CT_TEST_DIR"
	[ -z "$left" ]
}

# Removes without ct what a broken ct has left on the machine.
force_down() {
	local what
	grep -lsF "$CT_CGROUP/" /proc/[0-9]*/cgroup | cut -d/ -f3 | xargs -r kill -9
	unmount_below "$CT_TEST_DIR"
	losetup -n -O NAME,BACK-FILE | awk -v dir="$CT_TEST_DIR/" 'index($2, dir) == 1 { print $1 }' |
		xargs -r -n1 losetup -d
	find /sys/fs/cgroup -depth -path "*$CT_CGROUP*" -type d -exec rmdir {} + 2>/dev/null
	ip -o link | sed -n "s/^[0-9]*: \(${CT_BRIDGE}[^:@]*\).*/\1/p" | xargs -r -n1 ip link del
	for what in inet bridge; do nft delete table $what "ct_$CT_BRIDGE" 2>/dev/null || true; done
}

# Sets $img, an image of busybox, and $busybox, the directory that the image was made of. The image is
# made once for each test file.
busybox_image() {
	busybox=$CT_TEST_DIR/busybox
	if ! [ -e "$CT_TEST_DIR/busybox.id" ]; then
		"$CT_TESTS/busybox" "$busybox"
		ct-init -n busybox "$busybox" >"$CT_TEST_DIR/busybox.id"
	fi
	read -r img <"$CT_TEST_DIR/busybox.id"
}

# debian_root sets $debian, the directory of a small Debian in the cache, which tests must not change;
# debian_image sets $debian_img, an image of it, made once for each test file.
debian_root() {
	debian=$("$CT_TESTS/debian")
}

debian_image() {
	debian_root
	if ! [ -e "$CT_TEST_DIR/debian.id" ]; then
		ct-init -n debian "$debian" >"$CT_TEST_DIR/debian.id"
	fi
	read -r debian_img <"$CT_TEST_DIR/debian.id"
}

# field COLUMN CONTAINER: one column of ct-ps.
field() {
	ct-ps --no-header -o "$1" "$2"
}

# finished ARGUMENT...: runs a container to its end; $c is its id, $D/out its output.
finished() {
	rm -f "$D/cid"
	ct-run --cidfile "$D/cid" "$@" >"$D/out" 2>&1 </dev/null || :
	c=$(cat "$D/cid")
}

# freeze CONTAINER, thaw CONTAINER: writes to the freezer of the cgroup, as a user would without ct.
freeze() {
	set_freezer "$1" FROZEN 1
}

thaw() {
	set_freezer "$1" THAWED 0
}

set_freezer() {
	if [ -d /sys/fs/cgroup/freezer ]; then
		echo "$2" >"/sys/fs/cgroup/freezer$CT_CGROUP/$1/freezer.state"
	else
		echo "$3" >"/sys/fs/cgroup$CT_CGROUP/$1/cgroup.freeze"
	fi
}

# wait_until COMMAND...: polls until the command succeeds, where no event can be awaited; fails after two
# minutes, which are long because the machine may be loaded.
wait_until() {
	local end=$((SECONDS + 120))
	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "in vain: waited until $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# PID: waits for a lock of flock(2), which proc(5) shows with "->".
waits_for_lock() {
	grep -q -- "-> FLOCK .* $1 " /proc/locks
}

# await PID: waits for a child and sets $status. (`run wait` would wait in a subshell, which is not the
# parent.)
await() {
	wait_until test ! -e "/proc/$1"
	status=0
	wait "$1" || status=$?
}

# run_tty [STEP...] -- COMMAND...: runs a command on a new terminal; terminal.py has the steps.
run_tty() {
	/usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/terminal.py" "$@"
}

# Prints the objects that a run could leave behind. Tests keep the output and give it to same_facts.
facts() {
	wait_until links_are_settled
	"$CT_TESTS/facts"
}

# The kernel removes the links of an ended container with its network namespace, some 30 ms later.
links_are_settled() {
	local link
	while IFS=' :' read -r link _; do
		[[ ! $link =~ ^$CT_BRIDGE(n[0-9]*)?v[0-9a-f]+$ ]] || grep -qs " $link " "$CT_RUN"/ps_*/net || return 1
	done </proc/net/dev
}

# without_lost_mounts FILE...: removes the lines "mount MOUNT-POINT ..." of mounts that were there before the
# tests and are not any more: their owner has removed them meanwhile.
without_lost_mounts() {
	local file
	for file; do
		awk 'FILENAME == ARGV[1] { lost[$5]; next } FILENAME == ARGV[2] { delete lost[$5]; next }
			$1 != "mount" || !($2 in lost)' "$CT_TEST_MOUNTS" /proc/self/mountinfo "$file" >"$file.kept"
		mv "$file.kept" "$file"
	done
}

# same_facts BEFORE AFTER: fails and prints the difference if two outputs of facts differ.
same_facts() {
	diff "$1" "$2" >&2
}

# ours_or_own FILE...: in lines such as "uts uts:[4026531838]", says whether that namespace is this shell's.
ours_or_own() {
	local link kind script=
	while read -r link; do
		kind=${link%%:*}
		script+="s/^$kind $kind:\\[${link//[^0-9]/}\\]\$/$kind ours/; s/^$kind $kind:.*/$kind its own/; "
	done < <(readlink /proc/self/ns/{cgroup,ipc,mnt,net,pid,time,user,uts})
	sed -i "$script" "$@"
}

# etc_of ID: where a running container's files of /etc are, for root of the host.
etc_of() {
	local supervisor start number device
	read -r supervisor start number device <"$CT_RUN/$1/etc"
	echo "/proc/$supervisor/fd/$number"
}
