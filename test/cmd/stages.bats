#!/usr/bin/env bats
# shellcheck disable=SC2154 # img, busybox are the helper's
load helper

# The stages of a run, one at a time, as the kernel shows them. All of it in
# `test/run`, so that the "host" here is a namespace too.

# Numbers of the namespaces that a process is in, a line each: "uts uts:[4026531838]".
namespaces() {
	local kind
	for kind in cgroup ipc mnt net pid time user uts; do
		echo "$kind $(readlink "/proc/${1:-self}/ns/$kind")"
	done
}

# The kinds in which a run with these arguments differs from us.
differing() {
	namespaces >"$BATS_TEST_TMPDIR/ours"
	ct-run "$@" --rootfs / sh -c 'for k in cgroup ipc mnt net pid time user uts; do
		echo "$k $(readlink /proc/self/ns/$k)"; done' >"$BATS_TEST_TMPDIR/theirs"
	diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs" | sed -n 's/^> \([a-z]*\) .*/\1/p' | xargs
}

# No group is left of any run.
no_group() {
	! facts | grep "cgroup .*$CT_CGROUP"
}

# COMMAND...: runs it as an ordinary user with a group of his own.
as_user() {
	chmod 755 "$CT_TEST_DIR"
	setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
}

# A copy of busybox's tree, and the utility in it, that any user may read.
own_root() {
	busybox_image
	root=$CT_TEST_DIR/own-$BATS_TEST_NUMBER
	cp -a "$busybox" "$root"
	chmod 755 "$CT_TEST_DIR" "$root"
	cd /
}

@test "each namespace stage makes only its own namespace" {
	for kind in net uts ipc pid mnt time user; do
		[ "$(differing --only $kind)" = $kind ]
	done
	[ "$(differing --only cgns)" = cgroup ]
	[ "$(differing --only exec)" = "" ]
}

@test "the six namespaces can be added one by one" {
	[ "$(differing --only uts)" = uts ]
	[ "$(differing --only uts,ipc)" = 'ipc uts' ]
	[ "$(differing --only uts,ipc,pid)" = 'ipc pid uts' ]
	[ "$(differing --only uts,ipc,pid,mnt)" = 'ipc mnt pid uts' ]
	[ "$(differing --only uts,ipc,pid,mnt,user)" = 'ipc mnt pid user uts' ]
	[ "$(differing --only uts,ipc,pid,mnt,user,net)" = 'ipc mnt net pid user uts' ]
}

@test "seed row 16: there are eight kinds of namespaces: cgroup and time besides the six" {
	[ "$(differing --only uts,ipc,pid,mnt,user,net,cgns,time)" = 'cgroup ipc mnt net pid time user uts' ]
}

@test "--without leaves all other stages except time" {
	[ "$(differing --without snapshot,cgroup,root,proc,caps,seccomp)" = 'cgroup ipc mnt net pid user uts' ]
	[ "$(differing --without user,net,uts,cgroup,root,proc)" = 'cgroup ipc mnt pid' ]
}

@test "seed row 1: in a UTS namespace of its own the host name is changed, and the host keeps its own" {
	name=$(hostname)
	run -0 ct-run --only uts --rootfs / sh -c 'hostname -b zk; hostname; readlink /proc/self/ns/uts'
	[ "${lines[0]}" = zk ]
	[ "${lines[1]}" != "$(readlink /proc/self/ns/uts)" ]
	[ "$(hostname)" = "$name" ]
	[ "$(ct-run --only uts --hostname web --rootfs / hostname)" = web ]
	[ "$(ct-run --only uts --rootfs / hostname)" = "$name" ]
}

@test "seed row 2: a message queue of the host is not in a new IPC namespace" {
	ct-run --only ipc --rootfs / sh -c 'ipcmk -Q >/dev/null
		[ $(ipcs -q | grep -c ^0x) = 1 ] && '"$B"'/ct-run --only ipc --rootfs / sh -c "[ \$(ipcs -q | grep -c ^0x) = 0 ]"'
}

@test "seed row 3: in a PID namespace the shell is process 1, and ps still shows the host" {
	run -0 ct-run --only pid --rootfs / sh -c 'echo $$; grep NSpid /proc/self/status; ls -d /proc/[0-9]* | wc -l; :'
	[ "${lines[0]}" = 1 ]
	[ "$(wc -w <<<"${lines[1]}")" -ge 3 ]	# the label, and a number in each namespace
	[ "${lines[2]}" -gt 4 ]
}

@test "seed row 4: with a new /proc in a mount namespace ps shows only the shell and itself" {
	awk '{ print "mount", $5, $9 }' /proc/self/mountinfo >"$BATS_TEST_TMPDIR/before"
	run -0 ct-run --only pid,mnt --rootfs / sh -c 'mount -t proc proc /proc; ps -e -o pid=,comm=; :'
	[ "${#lines[@]}" = 2 ]
	[ "$(xargs <<<"${lines[0]}")" = '1 sh' ]
	run -0 ct-run --only pid,mnt,proc --rootfs / sh -c 'ps -e -o pid=,comm=; :'
	[ "${#lines[@]}" = 2 ]
	awk '{ print "mount", $5, $9 }' /proc/self/mountinfo >"$BATS_TEST_TMPDIR/after"
	without_lost_mounts "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "seed row 5: with shared propagation a new /proc also appears on the host until it is unmounted" {
	# The outer namespace poses as the host. Of other processes' /proc it is no part: there is no "self" for it.
	unshare --mount sh -euc 'mount --make-rshared /
		unshare --pid --fork --mount --propagation unchanged mount -t proc proc /proc
		if readlink /proc/self; then exit 1; fi
		umount /proc
		readlink /proc/self >/dev/null
		before=$(grep -c " /proc " /proc/self/mountinfo)
		ct-run --only pid,mnt --rootfs / mount -t proc proc /proc
		ct-run --only pid,mnt,proc --rootfs / true
		[ "$(grep -c " /proc " /proc/self/mountinfo)" = "$before" ]'
}

@test "seed row 6: in a user namespace without a map every user is nobody, and no id can be taken" {
	[ "$(ct-run --only user --userns unmapped --rootfs / id -u)" = "$(cat /proc/sys/kernel/overflowuid)" ]
	[ -z "$(ct-run --only user --userns unmapped --rootfs / cat /proc/self/uid_map)" ]
	run -125 ct-run --only user --userns unmapped -u 1:1 --rootfs / id
	[ "$(as_user ct-run --only user --userns unmapped --rootfs / id -u)" = "$(cat /proc/sys/kernel/overflowuid)" ]
}

@test "seed row 7: an ordinary user maps 1 to himself and is daemon; another id, or several, need root" {
	run -0 as_user ct-run --only user --userns 1:1000:1 --rootfs / sh -c 'id; cat /proc/self/uid_map /proc/self/gid_map'
	[[ "${lines[0]}" == 'uid=1(daemon) gid=1(daemon)'* ]]
	[ "$(xargs <<<"${lines[1]} ${lines[2]}")" = '1 1000 1 1 1000 1' ]
	run -125 as_user ct-run --only user --userns 1:1001:1 --rootfs / id
	[[ "$output" == *'only root may map ids other than its own'* ]]
	run -125 as_user ct-run --only user --userns 1:1000:2 --rootfs / id
	[ "$(ct-run --only user --userns 1:1001:2 --rootfs / id -u)" = 1 ]
}

@test "seed row 8: a user mapped to 0 is root inside and himself outside" {
	as_user ct-run --only user --userns 0:1000:1 --rootfs / sh -c 'id -u; echo $$; exec sleep 1000' >"$BATS_TEST_TMPDIR/out" &
	wait_until grep -q '[0-9][0-9]' "$BATS_TEST_TMPDIR/out"
	pid=$(sed -n 2p "$BATS_TEST_TMPDIR/out")
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/out")" = 0 ]
	[ "$(stat -c %u "/proc/$pid")" = 1000 ]
	[ "$(xargs <"/proc/$pid/uid_map")" = '0 1000 1' ]
	kill "$pid"
	await $!
	[ "$status" = 143 ]
}

@test "an ordinary user is root of his user namespace by default, and his group keeps its own number" {
	run -0 setpriv --reuid 1000 --regid 100 --clear-groups ct-run --only user --rootfs / sh -c '
		id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map'
	[ "$(xargs <<<"$output")" = '0 0 0 1000 1 0 100 1' ]
}

@test "an ordinary user can use all stages except cgroup, after a user namespace" {
	own_root
	run -0 as_user ct-run --without cgroup --rootfs "$root" sh -c 'echo $$; id -u; ls /dev/null; ip link | grep -c mtu
		sed -n "s/^CapBnd:\t//p; s/^Seccomp:\t//p" /proc/self/status; mount | grep -c " /proc type proc"'
	[ "$(xargs <<<"${lines[*]:1}")" = '1 0 /dev/null 1 00000000800425fb 2 1' ]
	[[ "${lines[0]}" == *'owners are not mapped'* ]]
	run -125 as_user ct-run --only uts --rootfs / true
	[[ "$output" == *'needs root, or a user namespace first'* ]]
}

@test "seed row 9: a new network has only a loopback, which is down" {
	[ "$(ct-run --only net --rootfs / sh -c 'grep -c : /proc/net/dev; ip -o link')" != "" ]
	run -0 ct-run --only net --rootfs / ip -o link
	[ "${#lines[@]}" = 1 ]
	[[ "$output" == *LOOPBACK* && "$output" != *UP* ]]
	run -0 ct-run --only net --network none --rootfs / ip -o link
	[[ "$output" == *LOOPBACK,UP* ]]
}

@test "seed row 10: a cgroup stays at its memory limit, or the kernel kills a process" {
	run ct-run --only cgroup -m 20m --rootfs / sh -c 'tail -c 60m /dev/zero | tail -c 60m >/dev/null
		cat /sys/fs/cgroup/memory'"$CT_CGROUP"'/run_*/memory.max_usage_in_bytes 2>/dev/null'
	[ "$status" != 0 ] || [ "$output" -le $((20 * 1024 * 1024)) ] || [[ "$output" == *[Kk]illed* ]]
	no_group
}

@test "seed row 11: the first process in new namespaces has the pid 1, and another one for its parent" {
	ct-run --only uts,pid,mnt --rootfs / sh -c 'echo $$; sed -n "s/^NSpid:\t//p" /proc/self/status; exec sleep 1000' \
		>"$BATS_TEST_TMPDIR/out" &
	wait_until grep -q '.*[0-9].*[0-9]' "$BATS_TEST_TMPDIR/out"
	wait_until pgrep -P $! sleep
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/out")" = 1 ]
	first=$(pgrep -P $! sleep)
	[ "$first" != 1 ]
	kill -9 "$first"
	await $!
	[ "$status" = 137 ]
}

@test "seed row 14: an ordinary process is in namespaces too" {
	[ "$(namespaces $$ | grep -cE '^[a-z]+ [a-z]+:\[[0-9]+\]$')" = 8 ]
	[ "$(lsns -n -p $$ -o TYPE | wc -l)" = 8 ]
	[ "$(ct-run --only uts --rootfs / sh -c 'lsns -n -p $$ -o TYPE' | wc -l)" = 8 ]
	[ "$(differing --only exec)" = "" ]
}

@test "seed row 15: unshare --fork --pid --mount-proc equals the stages pid, mnt and proc" {
	stages=$(ct-run --only pid,mnt,proc --rootfs / sh -c 'ps -e -o pid=,comm=; :')
	tool=$(unshare --fork --pid --mount-proc sh -c 'ps -e -o pid=,comm=; :')
	[ "$stages" = "$tool" ]
}

@test "seed row 25: a shell runs on an unpacked root file system, with PID, UTS, USER and mount namespaces" {
	own_root
	mkdir "$BATS_TEST_TMPDIR/mini"
	tar -C "$root" -c . | tar -C "$BATS_TEST_TMPDIR/mini" -x
	run -0 ct-run --only pid,uts,user,mnt,root,ipc,net,proc --rootfs "$BATS_TEST_TMPDIR/mini" /bin/sh -c 'echo $$; id -u; ls -d /bin/busybox'
	[ "$(xargs <<<"$output")" = '1 0 /bin/busybox' ]
}

@test "seed row 26: the stages set the host name, change the root, mount /proc and execute" {
	own_root
	run -0 ct-run --only uts,pid,mnt,root,proc -h box --rootfs "$root" sh -c 'hostname; ls /; ps | wc -l; readlink /proc/1/exe'
	[ "${lines[0]}" = box ]
	[[ "$output" != *home* && "$output" == *busybox* ]]
}

@test "seed row 27: under a limit of 10, a hundred sleeps are at most 10, and the next fork fails with EAGAIN" {
	run ct-run --only cgroup --pids-limit 10 --rootfs / python3 -c '
import errno, os
os.setpgid(0, 0)
n = 1
try:
    while n < 100:
        if os.fork() == 0:
            os.pause() if hasattr(os, "pause") else __import__("signal").pause()
        n += 1
except OSError as e:
    print(n, errno.errorcode[e.errno], flush=True)
os.kill(0, 9)'
	[ "$output" = '10 EAGAIN' ]
	no_group
}

@test "seed row 28: a process that needs 50 MB under a limit of 50 MB is refused or killed" {
	run ct-run --only cgroup -m 50m --rootfs / perl -e '$x = "x" x (50 * 1024 * 1024); print length $x'
	[ "$status" != 0 ]
}

@test "seed row 29: the first process is in cgroup.procs of the run's group" {
	ct-run --only cgroup,pid --rootfs / sleep 1000 &
	wait_until pgrep -P $! sleep
	first=$(pgrep -P $! sleep)
	find /sys/fs/cgroup -path "*$CT_CGROUP/run_$!/cgroup.procs" -exec cat {} + | grep -qx "$first"
	kill -9 "$first"
	await $!
}

@test "a chain of bare runs, one for each stage, ends with one process that is 1 in its PID namespace" {
	run -0 ct-run --only uts -h box --rootfs / ct-run --only ipc --rootfs / ct-run --only pid --rootfs / \
		ct-run --only mnt --rootfs / ct-run --only proc --rootfs / sh -c 'echo $$; hostname; ps -e | grep -vc PID'
	[ "$(xargs <<<"${lines[*]:0:2}")" = '1 box' ]
}

@test "a bare run that needs no supervisor becomes the command" {
	[ "$(sh -c 'echo $$; exec ct-run --only uts,net,ipc,mnt --rootfs / sh -c "echo \$\$"' | uniq | wc -l)" = 1 ]
}

@test "a stage that mounts is refused without a private mount namespace" {
	for stage in proc root; do
		run -125 ct-run --only $stage --rootfs / true
		[[ "$output" == *'needs a private mount namespace: add stage mnt'* ]]
		run -125 env CT_MNT_NS=1 ct-run --only $stage --rootfs / true
	done
	run -125 ct-run --without mnt --rootfs / true
	[[ "$output" == *'needs a private mount namespace: add stage mnt'* ]]
	run -125 ct-run --only mnt --rootfs / unshare --mount ct-run --only proc --rootfs / true
}

@test "a bare run records nothing and needs no store" {
	run -0 env CT_ROOT=/no/such CT_RUN=/no/such ct-run --only pid,uts --rootfs / true
	[ ! -e /no ]
	ct-run --only uts,cgroup --rootfs / true
	[ -z "$(ct-ps -q)" ]
	no_group
	for option in -d -t --name=x --cidfile=/no/such -l=a=b --log-max=1m '-v name:/x'; do
		# shellcheck disable=SC2086 # two words
		run -125 ct-run $option --only root,mnt --rootfs / true
	done
}

@test "a later bare run removes the cgroup of a killed one" {
	ct-run --only cgroup,pid --rootfs / sleep 1000 &
	wait_until pgrep -P $! sleep
	kill -KILL $!
	await $!
	group=run_$!
	facts | grep -q "$group"
	ct-run --only cgroup --rootfs / true	# it may be one that has just begun
	facts | grep -q "$group"
	find /sys/fs/cgroup -path "*$CT_CGROUP/$group" -exec touch -d '2 minutes ago' {} + || :	# groups of others may vanish meanwhile
	ct-run --only cgroup --rootfs / true
	no_group
}

@test "without the stage pid a user namespace cannot mount /proc, and the error says what helps" {
	busybox_image
	run ct-run --without pid "$img" true
	[ "$status" -eq 125 ]
	[ "$output" = "ct-run: mount /proc: Operation not permitted: a user namespace mounts /proc only with the stage pid (--without pid,proc, or --userns host)" ]
	ct-run --without pid,proc "$img" true
	ct-run --without pid --userns host "$img" true
	run ct-run --without pid --rootfs "$busybox" true
	[ "$output" = "ct-run: mount /proc: Operation not permitted: a user namespace mounts /proc only with the stage pid (--without pid,proc)" ]
	ct-run --without pid,proc --rootfs "$busybox" true
}

@test "an option without its stage is refused" {
	while read -r option stage; do
		# shellcheck disable=SC2086 # two words
		run -125 ct-run $option --only exec --rootfs / true
		[[ "$output" == *"needs the stage $stage" ]]
	done <<-END
		-m1g cgroup
		--pids-limit=5 cgroup
		--userns=auto user
		--network=none net
		--hostname=a uts
		--init pid
		-v/etc:/x root
		--tmpfs=/x root
		--read-only root
		--device=/dev/null proc
		--cap-drop=ALL caps
	END
}

@test "an unknown stage is refused with a list of the stages" {
	run -125 ct-run --only uts,nets --rootfs / true
	[[ "$output" == *'nets: no such stage; there are snapshot cgroup user net uts ipc pid cgns time mnt root proc caps seccomp exec' ]]
	run -125 ct-run --without exec --rootfs / true
	run -125 ct-run --only snapshot --rootfs / true
}

@test "a bare run has the caller's streams, environment and working directory" {
	cd /usr
	[ "$(echo in | word=thing ct-run --only pid,uts --rootfs / sh -c 'cat; echo $word; pwd')" = $'in\nthing\n/usr' ]
	[ "$(ct-run --only uts -e word=other --rootfs / sh -c 'echo $word')" = other ]
	[ "$(echo in | ct-run -n --only pid --rootfs / cat)" = "" ]
	[ "$(ct-run --only uts -w /etc --rootfs / pwd)" = /etc ]
}

@test "a bare run ends with the command's status, or 125 to 127" {
	for only in uts pid; do
		run -7 ct-run --only $only --rootfs / sh -c 'exit 7'
		run -127 ct-run --only $only --rootfs / no-such-command
		run -126 ct-run --only $only --rootfs / /etc/passwd
	done
	run -143 ct-run --only user --rootfs / sh -c 'kill $$'
}

@test "a bare run that stays passes signals on to the command" {
	ct-run --only pid --rootfs / sh -c 'trap "exit 9" TERM; echo >"$0"; while :; do sleep 0.05; done' "$BATS_TEST_TMPDIR/up" &
	wait_until test -s "$BATS_TEST_TMPDIR/up"
	kill $!
	await $!
	[ "$status" = 9 ]
}

@test "a container with some stages can be joined and started again" {
	busybox_image
	c=$(ct-run -d --without user,net,seccomp "$img" sleep 1000)
	read -r pid _ < <(ct-ps --no-header -o pid)
	[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ]
	[ "$(readlink "/proc/$pid/ns/user")" = "$(readlink /proc/self/ns/user)" ]
	[ "$(readlink "/proc/$pid/ns/uts")" != "$(readlink /proc/self/ns/uts)" ]
	grep -q 'Seccomp:	0' "/proc/$pid/status"
	[ "$(ct-exec "$c" hostname)" = "$c" ]
	ct-exec "$c" grep -q 'Seccomp:	0' /proc/self/status
	ct-kill "$c"
	ct-wait "$c" >/dev/null
	ct-start "$c"
	[ "$(ct-exec "$c" readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ]
	ct-rm -f "$c"
	run -125 ct-run --without cgroup "$img" true
	[[ "$output" == *recorded* ]]
}

# Sets $enters: the steps of run_tty that press Enter before each stage.
enter_at_each_stage() {
	local stage
	enters=()
	for stage in snapshot cgroup user net uts ipc pid cgns mnt root proc caps seccomp exec; do
		enters+=("wait:[$stage]" 'type:\r')
	done
}

@test "--step stops before each stage, on the terminal, until Enter" {
	busybox_image
	enter_at_each_stage
	run -0 run_tty "${enters[@]}" wait:end -- ct-run --step "$img" echo end
	[ "$(grep -c Enter <<<"$output")" = 14 ]
	[[ "$output" =~ see:\ cat\ /proc/[0-9]+/uid_map ]]
	run -0 run_tty 'wait:[uts]' 'type:\r' 'wait:[exec]' 'type:\r' wait:box -- ct-run --step --only uts -h box --rootfs / hostname
}

@test "--step shows after each stage what its command shows otherwise than before" {
	busybox_image
	enter_at_each_stage
	run -0 run_tty "${enters[@]}" wait:end -- ct-run --step --network none -h "box" "$img" echo end
	pid=$(sed -n 's,.*see: cat /proc/\([0-9]*\)/uid_map.*,\1,p' <<<"$output")
	# after STAGE: the lines that stand between its prompt and the next, one after the other.
	after() { tr -d '\r' <<<"$output" | sed -n "/^\[$1\]/,/^\[/{/^\[/!p}"; }
	[ "$(after uts)" = "    - $(hostname)"$'\n''    + box' ]
	[ "$(after pid | sed -n 's/^ *+ //p')" = "NSpid: $pid 1" ]
	[[ $(after cgroup) == *"    + "*":$CT_CGROUP/ps_"* ]]
	[[ $(after user) =~ \+\ +0\ +[0-9]+\ +65536 ]]
	[ "$(after seccomp | sed -n 1,2p)" = $'    - Seccomp: 0\n    - Seccomp_filters: 0' ]
	[[ $(after caps) == *'- CapEff: '* && $(after proc) == *'+ mqueue /dev/mqueue '* && $(after root) == *'- boot'* ]]
	[[ $(after ipc) =~ -\ ipc:\[[0-9]+\].*\+\ ipc:\[[0-9]+\] ]]
}

@test "a run that is ended at a --step leaves nothing" {
	busybox_image
	facts >"$BATS_TEST_TMPDIR/before"
	run -130 run_tty 'wait:[snapshot]' 'type:\r' 'wait:[cgroup]' 'type:\r' 'wait:[user]' 'type:\x03' -- ct-run --step "$img" echo end
	run -130 run_tty 'wait:[snapshot]' 'type:\x03' -- ct-run --step "$img" echo end
	facts >"$BATS_TEST_TMPDIR/after"
	same_facts "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	run -125 setsid -w ct-run --step --only uts --rootfs / true
	[[ "$output" == *"--step: /dev/tty: "* ]]
}

# The names of the calls that a run printed, each once.
calls() {
	sed -n 's/^ct-[a-z]*: \(\[[a-z]*\] \)\{0,1\}\([a-z0-9_]*\)(.*/\2/p' "$1" | sort -u
}

@test "--explain prints system calls to stderr and leaves stdout to the command" {
	busybox_image
	[ "$(ct-run --explain --network none -m 64m "$img" echo out 2>"$BATS_TEST_TMPDIR/said")" = out ]
	run ! grep -vE '^(ct-run: |# same: |        )' "$BATS_TEST_TMPDIR/said"
	for call in capset clone3 execve fsmount ioctl mount mount_setattr move_mount open_tree pivot_root prctl seccomp \
		setgroups sethostname setresuid umount2 unshare write; do
		calls "$BATS_TEST_TMPDIR/said" | grep -qx $call
	done
	tr -d '\n' <"$BATS_TEST_TMPDIR/said" | tr -s ' ' |
		grep -qE 'clone3\(\{flags=CLONE_NEWUSER\|CLONE_NEWNET\|CLONE_NEWUTS\|CLONE_NEWIPC\|CLONE_NEWPID\| ?CLONE_NEWNS'
}

@test "a container in the background does not keep the caller's stderr open" {
	busybox_image
	said=$(timeout 20 ct-run -d --explain --network none "$img" sleep 1000 2>&1)
	[[ "$said" == *'clone3('* ]]
	ct-ps -q | ct-rm -f -
}

# Counts the calls that change something, in all processes: as --explain prints them, and as strace sees them. Calls
# that only look (open, stat, read), calls on descriptors, and ct's own records in CT_ROOT and CT_RUN are left out.
changing=capset,chdir,clone3,close_range,dup2,execve,fchdir,fsconfig,fsmount,fsopen,keyctl,mknodat,mount,mount_setattr,move_mount
changing+=,open_tree,pivot_root,prctl,prlimit64,seccomp,setgroups,sethostname,setns,setresgid,setresuid,setsid,umask,umount2,unshare

told() {
	sed -nE "s/^ct-[a-z]*: (\[[a-z]*\] )?(${changing//,/|})\(.*/\2/p" "$1" | sort | uniq -c
}

# Without those of ct's start and of the program, and questions that only look like changes.
made() {
	sed -nE 's/^[0-9]+ +(<\.\.\. )?([a-z0-9_]+)( resumed>|\().* = -?[0-9]+( .*)?$/\2 &/p' "$1" |
		grep -vE 'PR_(GET|CAPBSET_READ|SET_NAME|SET_MM)|prlimit64.*NULL, \{|exit_group' | cut -d ' ' -f 1 | sort | uniq -c
}

# No line of its input has more than 100 columns.
not_wide() {
	awk 'length > 100 { print; bad = 1 } END { exit bad }'
}

# watched_run OPTION...: the output of --explain and of strace for a run, until it executes its program.
watched_run() {
	strace -f -qq -e "trace=$changing" -o "$BATS_TEST_TMPDIR/trace" ct-run --explain "$@" 2>"$BATS_TEST_TMPDIR/said"
	# The first is ct-run's own beginning, the second the program's. Where the container has root's rights on
	# the host, ct-run first moves itself to a read-only mount, which is no stage.
	sed -i -e '1{/execve/d}' -e '/"\/proc\/self\/exe", OPEN_TREE_CLONE/,/mount_setattr/d' "$BATS_TEST_TMPDIR/trace"
	sed '/execve(/q' "$BATS_TEST_TMPDIR/trace" >"$BATS_TEST_TMPDIR/until"
}

@test "--explain prints each call of the stages that changes something, and no other: strace agrees" {
	type strace || skip 'strace is not installed'
	[ "$B" = "${B%asan}" ] || skip 'the sanitizers make calls of their own'
	busybox_image
	for options in "--only uts,mnt -h box --rootfs /" "--only pid,mnt,proc,uts,ipc,net,cgns --rootfs /" \
		"--rm --network none $img" "--rm -m 64m --ulimit nofile=100 -u nobody -h web --tmpfs /x -v /etc:/e:ro --device /dev/null:/dev/hole $img" \
		"--rm --read-only --userns host --network host $img"; do
		echo "$options"
		# shellcheck disable=SC2086 # words
		watched_run $options true
		told "$BATS_TEST_TMPDIR/said" >"$BATS_TEST_TMPDIR/told"
		made "$BATS_TEST_TMPDIR/until" | diff "$BATS_TEST_TMPDIR/told" -
	done
	grep -q '\[exec\] prlimit64(' "$BATS_TEST_TMPDIR/said" || [[ $options != *ulimit* ]]
}

@test "--explain prints at most 100 columns, no library calls, and shell below the calls of its stage" {
	busybox_image
	ct-run --rm --explain -m 64m --cpus 0.5 -p 18090:80 --ulimit nofile=100 -u nobody --tmpfs /x -v /etc:/e:ro -v kept:/kept -w /tmp \
		--device /dev/null:/dev/hole -e "LONG=$(seq -s ' ' 100)" "$img" true "$(seq -s . 100)" 2>"$BATS_TEST_TMPDIR/said"
	expand "$BATS_TEST_TMPDIR/said" | not_wide
	run ! grep -E 'cgroup_[a-z]+_cgroup|btrfs_util' "$BATS_TEST_TMPDIR/said"
	# A line of shell follows a line of its stage, or another of shell.
	awk '/^# same: / && stage == "" { print; bad = 1 } /^ct-run: / { stage = $2 ~ /^\[/ ? $2 : "" } END { exit bad }' \
		<(sed '/^ct-run: \[exec\] execve/,$d' "$BATS_TEST_TMPDIR/said")
	for stage in snapshot:btrfs cgroup:mkdir user:nsenter 'net:ip link add' uts:hostname 'ipc:unshare --ipc' 'pid:unshare --pid' \
		'cgns:exec unshare --cgroup' 'mnt:exec unshare --mount' 'root:mount --bind' 'proc:mount -t proc' caps:setpriv exec:prlimit; do
		awk -v stage="[${stage%%:*}]" -v shell="${stage#*:}" '
			/^ct-run: / { now = $2 } /^# same: / && now == stage && index($0, shell) { found = 1 } END { exit !found }' "$BATS_TEST_TMPDIR/said"
	done
	# A mount stands below the calls that mount the same.
	grep -A 5 'move_mount(.* /\* /x \*/' "$BATS_TEST_TMPDIR/said" | grep -q '^# same: mount -t tmpfs .* "$root"/x$'
	ct-net down
}

@test "--explain=brief prints one line for each stage, in order" {
	busybox_image
	ct-run --rm --explain=brief "$img" true 2>"$BATS_TEST_TMPDIR/said"
	[ "$(sed -n 's/^ct-run: \[\([a-z]*\)\] .*/\1/p' "$BATS_TEST_TMPDIR/said" | xargs)" = \
		'snapshot cgroup user net uts ipc pid cgns mnt root proc caps seccomp exec' ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/said")" = 14 ]
	not_wide <"$BATS_TEST_TMPDIR/said"
	[ "$(ct-run --explain=brief --only uts,pid --rootfs / echo out 2>"$BATS_TEST_TMPDIR/said")" = out ]
	[ "$(sed 's/\].*//' "$BATS_TEST_TMPDIR/said" | xargs)" = 'ct-run: [uts ct-run: [pid ct-run: [exec' ]
	c=$(ct-run -d --network none "$img" sleep 1000)
	ct-run --rm --explain=brief --network "container:$c" "$img" true 2>"$BATS_TEST_TMPDIR/said"
	[ "$(sed -n 's/^ct-run: \[\([a-z]*\)\] .*/\1/p' "$BATS_TEST_TMPDIR/said" | xargs)" = \
		'snapshot cgroup user net uts ipc pid cgns mnt root proc caps seccomp exec' ]
	ct-rm -f "$c"
	run -125 ct-run --explain=most --only uts --rootfs / true
	[ "$output" = "ct-run: --explain: most: not brief (see 'ct-run --help')" ]
}

@test "--explain of ct-exec, ct-commit and ct-init agrees with strace" {
	type strace || skip 'strace is not installed'
	busybox_image
	mkdir "$BATS_TEST_TMPDIR/dir"
	c=$(ct-run -d --network none "$img" sleep 1000)
	for command in "ct-exec --explain -u nobody $c true" "ct-commit --explain $c" "ct-init --explain $BATS_TEST_TMPDIR/dir"; do
		# shellcheck disable=SC2086 # words
		strace -f -qq -e trace=setns,setgroups,setresuid,setresgid,setsid,capset,clone3,syncfs,renameat2 -o "$BATS_TEST_TMPDIR/trace" \
			$command 2>"$BATS_TEST_TMPDIR/said"
		sed -nE 's/^ct-[a-z]*: (\[[a-z]*\] )?((set|cap|clone3|sync|rename)[a-z0-9_]*)\(.*/\2/p' "$BATS_TEST_TMPDIR/said" |
			sort >"$BATS_TEST_TMPDIR/told"
		sed -nE 's/^[0-9]+ +(<\.\.\. )?([a-z0-9_]+)( resumed>|\().* = [0-9]+( .*)?$/\2/p' "$BATS_TEST_TMPDIR/trace" |
			sort | diff "$BATS_TEST_TMPDIR/told" -
	done
	ct-rm -f "$c"
}

@test "--explain prints the error of a failed call" {
	run -125 setpriv --reuid 1000 --clear-groups --regid 1000 ct-run --explain --only uts --rootfs / true
	[[ "$output" == *'unshare(CLONE_NEWUTS) = -1 EPERM (Operation not permitted)'* ]]
}

@test "the shell commands of --explain can be typed one after the other" {
	busybox_image
	ct-run --explain --network none -m 64m --read-only --tmpfs /x -v /etc:/e:ro -w /tmp -u nobody --ulimit nofile=100 \
		-e "QUOTE=a'b" "$img" echo "it's" 2>"$BATS_TEST_TMPDIR/said"
	[ "$(grep -c '^# same: ' "$BATS_TEST_TMPDIR/said")" -gt 50 ]
	sed -n 's/^# same: //p' "$BATS_TEST_TMPDIR/said" | dash -n
	# The lines of a loop are contiguous: no call is printed between them.
	awk '/^# same: for / && !/done$/ { open = 1 } open && !/^# same: / { print; bad = 1 } /^# same: .*done$/ { open = 0 }
		END { exit bad }' "$BATS_TEST_TMPDIR/said"
}

# Prints a program's own view: it must be the same in a run and in the typed commands.
# shellcheck disable=SC2016 # it is the program's
look='
	for kind in cgroup ipc mnt net pid time user uts; do echo "$kind $(readlink /proc/self/ns/$kind)"; done
	hostname; id; [ $$ != 1 ] || echo first
	awk "{ print \"map\", \$1, (\$2 > 100000000 ? \"high\" : \$2), \$3 }" /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups
	sed -n "/^Cap/p; /^Groups/p; /^NoNewPrivs/p" /proc/self/status
	sed "s/\(run_\|ps_\|by-hand-\)[0-9]*/GROUP/" /proc/self/cgroup | sort
	[ ! "${CT_CGROUP:-}" ] || find /sys/fs/cgroup /groups -path "*$CT_CGROUP/*" \( -name memory.limit_in_bytes -o -name pids.max \
		-o -name cpu.shares -o -name cpuset.cpus -o -name memory.max -o -name cpu.weight \) \
		-exec grep -H . {} + 2>/dev/null | sed "s,.*/,," | sort
	awk "{
		split(\$0, half, \" - \"); split(half[2], fs, \" \")
		n = split(\$6, all, \",\"); kept = \"\"
		for (i = 1; i <= n; i++) if (all[i] ~ /^(ro|rw|nosuid|nodev|noexec)\$/) kept = kept \" \" all[i]
		print \"mount\", \$5, \$5 ~ \"^/etc/\" ? \"\" : fs[1], kept
	}" /proc/self/mountinfo | sort
	awk "NR > 2 { print \$1 }" /proc/net/dev; cat /proc/net/route /proc/net/fib_trie /proc/sys/net/ipv4/ping_group_range
	for link in $(awk -F: "NR > 2 { print \$1 }" /proc/net/dev); do cat "/sys/class/net/$link/address"; done
	find /dev ! -path "/dev/pts/*" ! -path "/dev/shm/*" ! -path "/dev/disk/*" ! -path "/dev/block/*" ! -name "loop*" -printf "%p %y %m %u:%g %l\n" | sort
	ulimit -Sn; ulimit -Hn; pwd; umask; echo "$word"
	find /s /a /m /kept -printf "%p %m\n" -type f -exec cat {} + 2>/dev/null
	exit 7'

# The user and the namespaces of the run and of the typed commands.
who=() where=(--mount --fork --pid --kill-child --mount-proc)

# There, and not as the first process.
apart() {
	# shellcheck disable=SC2016 # the inner shell's
	unshare "${where[@]}" sh -c '"$@"; exit $?' sh "${who[@]}" "$@"
}

# The lines for the end on the bridge are typed outside, where the network is that 5 is, once the
# container's has the name that they call it by.
bridged() {
	awk '
		/^(nft |ip link add .* netns|ip link set .* master |ip link property .* veth0_|bridge link )/ { ours = 1 }
		ours {
			if (/ netns/ || netns) { if (match($0, /ps_[0-9]+(-[0-9a-f]+)?/)) id = substr($0, RSTART, RLENGTH) }
			netns = / netns/
			outside = outside (more || here ? "" : "nsenter --net=/proc/self/fd/5 ") $0 "\n"
			if (/<</) here = 1
			more = /\\$/
			if ($0 == "END") here = 0
			ours = more || here
			next
		}
		{ print }
		/^unshare --net/ && outside { printf "ip netns attach %s $$\n%s", id, outside }'
}

no_link() {
	! ip link show "$1"
}

# replays OPTION...: what a run with these options tells does the same, when it is typed into a
# shell line by line: an unshare(1) opens another, which reads on where that one was.
replays() {
	local dir=$BATS_TEST_TMPDIR pair
	echo "$*"
	run -7 --separate-stderr apart ct-run --explain "$@" sh -c "$look"
	echo "$output" >"$dir/real"
	sed -n 's/^# same: //p' <<<"$stderr" >"$dir/told"
	bridged <"$dir/told" >"$dir/lines"
	# The kernel removes the run's pair of links a moment after the run has ended.
	while read -r pair; do
		wait_until no_link "$pair"
	done < <(sed -n 's/.*ip link add \([^ ]*\) type veth .*/\1/p' "$dir/lines")
	SHELL=/bin/bash HOME=/no/such run -7 --separate-stderr apart bash <"$dir/lines" 5</proc/self/ns/net
	echo "$output" >"$dir/by-hand"
	echo "$stderr"
	ours_or_own "$dir/real" "$dir/by-hand"
	without_lost_mounts "$dir/real" "$dir/by-hand"
	diff "$dir/real" "$dir/by-hand"
	[ "$(wc -l <"$dir/real")" -gt 60 ]
	# Files that the shell made for itself.
	find /sys/fs/cgroup -depth -path "*$CT_CGROUP*" -type d -exec rmdir {} + 2>/dev/null || :
	find "$CT_ROOT" -path '*/by-hand-*/*' -prune -exec btrfs subvolume delete {} + >/dev/null
	find "$CT_ROOT" -path '*/by-hand-*' -exec rmdir {} +
}

@test "the typed commands of --explain do the same as a stage" {
	for only in uts ipc net pid mnt cgns time user exec 'uts -h box' 'user --userns 0:0:1' 'user --userns 1:1001:2' \
		'user --userns unmapped' 'user,caps --userns unmapped' 'net --network none' 'uts,ipc,net,pid,mnt,cgns' 'pid,time' \
		'cgroup -m 64m --pids-limit 33 --cpu-shares 512 --cpuset-cpus 0' 'mnt,proc' 'pid,mnt,proc' \
		'caps --cap-drop ALL --cap-add CHOWN' 'exec -u 1:1 -w /etc --ulimit nofile=100:200' 'uts -e word=thing'; do
		# shellcheck disable=SC2086 # a stage and its options
		replays --only $only --rootfs /
	done
	replays --only exec -e word=$'two words\n\'$(exit)' --rootfs /
}

@test "the typed commands of --explain do the same as --rootfs" {
	debian_root
	root=$CT_TEST_DIR/typed
	cp -a "$debian" "$root"
	mkdir "$CT_TEST_DIR/shared"
	echo theirs >"$CT_TEST_DIR/shared/a file"
	replays --only mnt,root --rootfs "$root"
	replays --only pid,mnt,root,proc,net --device /dev/null:/dev/hole --shm-size 1m --rootfs "$root"
	replays --only mnt,root,proc --read-only -v "$CT_TEST_DIR/shared:/s:ro" -v "$CT_TEST_DIR/shared:/a/w x" \
		-v "$CT_TEST_DIR/shared/a file:/a/file" --tmpfs /m:size=1m,mode=700 -w /var/tmp --rootfs "$root"
	replays --without cgroup,seccomp --userns 0:0:65536 --network none -h box -u daemon --rootfs "$root"
	replays --without cgroup,seccomp --userns host --privileged --network none --rootfs "$root"
	replays --without user,cgroup,seccomp,net --rootfs "$root"
	rm -rf --one-file-system "$root" "$CT_TEST_DIR/shared"
}

@test "the typed commands of --explain do the same as a run, with its network and port" {
	debian_image
	mkdir "$CT_TEST_DIR/shared"
	echo theirs >"$CT_TEST_DIR/shared/file"
	ct-run -v kept:/kept "$debian_img" sh -c 'echo kept >/kept/file'
	replays --rm --userns host -h box -p 18080:80 -m 64m --cpus 0.5 --pids-limit 50 -v "$CT_TEST_DIR/shared:/s:ro" -v kept:/kept \
		-v /sys/fs/cgroup:/groups:ro -e "CT_CGROUP=$CT_CGROUP" -e "word=it's" --tmpfs /m --read-only -w /var/tmp -u daemon \
		--ulimit nofile=100:200 "$debian_img"
	grep -q "^nsenter .* ip link add .* netns" "$BATS_TEST_TMPDIR/lines"
	nft list ruleset | grep -q '18080 : .* \. 80'
	grep "^nft 'delete" "$BATS_TEST_TMPDIR/told" | dash -e
	run ! grep -e 18080 -e "ether_addr . ipv4_addr.*=" <(nft list ruleset)
	c=$(ct-run -d --network none -h other "$debian_img" sleep 1000)
	where=(--mount)	# it sees that one's processes
	replays --rm --userns host --network "container:$c" -h box "$debian_img"
	ct-rm -f "$c"
	rm -rf --one-file-system /run/netns/ps_* "$CT_TEST_DIR/shared"
}

@test "the typed commands of --explain work for an ordinary user" {
	debian_root
	root=$CT_TEST_DIR/his
	cp -a "$debian" "$root"
	chown 1000:1000 "$root"
	as_user true
	who=(setpriv --reuid 1000 --regid 1000 --clear-groups)
	replays --only user --rootfs /
	replays --only user --userns 1:1000:1 --rootfs /
	replays --only user --userns unmapped --rootfs /
	replays --only user,uts,ipc,net,pid,mnt,cgns,proc -h box --rootfs /
	replays --without cgroup,seccomp,caps --rootfs "$root"
	rm -rf --one-file-system "$root"
}

# The program with the libraries that it needs, in a root directory.
put_ct() {
	local library
	mkdir -p "$1/opt"
	cp "$B/ct-run" "$1/opt"
	for library in $(ldd "$B/ct-run" | grep -o '/[^ ]*'); do
		mkdir -p "$1${library%/*}"
		cp -L "$library" "$1$library"
	done
}

@test "a container built by a chain of bare runs equals one of a single run" {
	own_root
	put_ct "$root"
	cat >"$root/look" <<-'END'
		for kind in cgroup ipc mnt net pid time user uts; do echo "$kind $(readlink /proc/self/ns/$kind)"; done
		awk '{
			split($0, half, " - "); split(half[2], fs, " ")
			n = split($6, all, ","); kept = ""
			for (i = 1; i <= n; i++) if (all[i] ~ /^(ro|rw|nosuid|nodev|noexec)$/) kept = kept " " all[i]
			if ($5 !~ "^/etc/") print "mount", $5, fs[1], kept
		}' /proc/self/mountinfo | sort
		hostname; id; echo $$; awk '{ print $1, $3 }' /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups
		sed -n '/^Cap/p; /^Seccomp/p; /^NoNew/p; /^Sig[BIC]/p; /^Umask/p; /^NS/p; /^Groups/p; /^Cpus_a/p' /proc/self/status
		cat /proc/self/limits /proc/self/oom_score_adj /proc/self/coredump_filter /proc/self/cgroup
		ls /sys/class/net /dev; cat /sys/class/net/lo/flags
		cat /proc/sys/kernel/hostname /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range
		awk '{ print "process", $5, $6, $7, $18, $19, $41 }' /proc/self/stat; ls /proc/self/fd; pwd
		for link in /proc/self/cwd /proc/self/root /proc/1/exe; do readlink $link; done
		env | grep -v ^CT_ | sort
		echo ready
		read -r _ || :
	END
	local limits=(--pids-limit 77 -m 64m --cpu-shares 512 --cpus 0.5 --cpuset-cpus 0) bare=("$B/ct-run" --rootfs / --only)
	# Its input ends when its limits have been looked at.
	with_limits() {
		"${@:2}" >"$1" < <(wait_until grep -q ready "$1"
			find /sys/fs/cgroup -path "*$CT_CGROUP/*_*" \( -name 'memory.*limit_in_bytes' -o -name '*.max' -o -name 'cpu.*s*' \
				-o -name 'cpuset.cpus' \) -exec grep -HEx '[0-9 -]+|max' {} + | sed 's,.*/,,' | sort >"$1.limits")
		cat "$1.limits" >>"$1"
	}
	with_limits "$BATS_TEST_TMPDIR/one" ct-run --rm --network none -h box "${limits[@]}" --ulimit nofile=100:200 -w /tmp --rootfs "$root" sh /look
	grep -qE '^memory.(limit_in_bytes|max):67108864$' "$BATS_TEST_TMPDIR/one"
	# Session, environment and directory are the caller's, here those of a container.
	chain() {
		with_limits "$BATS_TEST_TMPDIR/chain" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root HOSTNAME=box container=ct \
			CT_CGROUP="$CT_CGROUP" "${bare[@]}" cgroup "${limits[@]}" "${bare[@]}" user "${bare[@]}" net --network none \
			"${bare[@]}" uts -h box "${bare[@]}" ipc "${bare[@]}" pid "${bare[@]}" cgns "${bare[@]}" mnt \
			"$B/ct-run" --only root --rootfs "$root" /opt/ct-run --only proc --rootfs / /opt/ct-run --only "$1" --rootfs / \
			/opt/ct-run --only "$2" --rootfs / /opt/ct-run --only exec --ulimit nofile=100:200 -w /tmp --rootfs / setsid sh /look
		namespaces >"$BATS_TEST_TMPDIR/ours"
		for file in one chain; do
			awk 'FILENAME == ARGV[1] { ours[$1] = $2; next } $1 in ours { $2 = ours[$1] == $2 ? "ours" : "its own" } { print }' \
				"$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/$file" >"$BATS_TEST_TMPDIR/$file.facts"
		done
		diff "$BATS_TEST_TMPDIR/one.facts" "$BATS_TEST_TMPDIR/chain.facts"
	}
	chain seccomp caps
	# Without the capability for the filter, the kernel requires no_new_privs.
	[ "$(chain caps seccomp | grep '^[<>]' | xargs)" = '< NoNewPrivs: 0 > NoNewPrivs: 1' ]
}

@test "the typed commands of --explain do the same as ct-exec, ct-commit and ct-init" {
	debian_image
	c=$(ct-run -d --network none --ulimit nofile=100:200 "$debian_img" sleep 1000)
	[ "$(ct-exec --explain -u nobody -w /var/tmp -e "WORD=it's" "$c" sh -c 'id; pwd; ulimit -n; env | sort; grep -i cap /proc/self/status' \
		2>"$BATS_TEST_TMPDIR/said")" = \
		"$(sed -n 's/^# same: //p' "$BATS_TEST_TMPDIR/said" | bash)" ]
	calls "$BATS_TEST_TMPDIR/said" | grep -qx setns
	ct-commit --explain "$c" 2>"$BATS_TEST_TMPDIR/said" >"$BATS_TEST_TMPDIR/id"
	sed -n 's/^# same: //p' "$BATS_TEST_TMPDIR/said" >"$BATS_TEST_TMPDIR/typed"
	bash "$BATS_TEST_TMPDIR/typed"
	diff -r --no-dereference "$CT_ROOT/by-hand" "$CT_ROOT/$(cat "$BATS_TEST_TMPDIR/id")/rootfs"
	btrfs subvolume delete "$CT_ROOT/by-hand" >/dev/null
	mkdir "$BATS_TEST_TMPDIR/of it's"
	echo text >"$BATS_TEST_TMPDIR/of it's/file"
	img=$(ct-init --explain "$BATS_TEST_TMPDIR/of it's" 2>"$BATS_TEST_TMPDIR/said")
	calls "$BATS_TEST_TMPDIR/said" | grep -qx renameat2
	sed -n 's/^# same: //p' "$BATS_TEST_TMPDIR/said" | bash
	diff -r --no-dereference "$CT_ROOT/by-hand" "$CT_ROOT/$img/rootfs"
	btrfs property set -ts "$CT_ROOT/by-hand" ro false
	btrfs subvolume delete "$CT_ROOT/by-hand" >/dev/null
	ct-rm -f "$c"
}
