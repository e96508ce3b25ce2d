bats_require_minimum_version 1.5.0
load helper

# The options of ct-run about the kernel's view of a process.

@test "--sysctl sets settings of the network and IPC namespaces, also after a restart" {
	set -- --sysctl net.ipv4.ip_forward=1 --sysctl kernel/shmmni=77
	run -0 ct-run --name one "$@" "$img" cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni
	[ "$output" = $'1\n77' ]
	[ "$(ct-start -a one)" = $'1\n77' ]
	[ "$(cat /proc/sys/kernel/shmmni)" != 77 ]
	run -0 ct-run --rm --network none "$@" "$img" cat /proc/sys/net/ipv4/ip_forward
	[ "$output" = 1 ]
}

@test "--sysctl refuses settings of the host, and those whose namespace is not the container's" {
	run -125 ct-run --sysctl kernel.panic=1 "$img" true
	[[ $output == "ct-run: --sysctl: kernel.panic=1: not a setting of a namespace ("* ]]
	run -125 ct-run --sysctl net/../kernel/panic=1 "$img" true
	[[ $output == *'not a setting of a namespace'* ]]
	run -125 ct-run --network host --sysctl net.ipv4.ip_forward=1 "$img" true
	[ "$output" = "ct-run: --sysctl: net.ipv4.ip_forward=1: needs a network namespace of its own" ]
	run -125 ct-run --without ipc --sysctl kernel.shmmni=77 "$img" true
	[ "$output" = "ct-run: --sysctl: kernel.shmmni=77: needs an IPC namespace of its own" ]
	run -125 ct-run --sysctl net.a=1 --sysctl net.a=2 "$img" true
	[[ $output == *'net.a is given twice' ]]
	run -125 ct-run --sysctl net.ipv4.nosuch=1 "$img" true
	[[ $output == 'ct-run: --sysctl net.ipv4.nosuch=1: '*'No such file or directory' ]]
	[ -z "$(ct-ps -q)" ]
}

@test "--group-add adds groups by name and number, also for ct-exec" {
	c=$(ct-run -d -u 1000 --group-add www-data --group-add 4242 "$img" sleep 1000)
	[ "$(ct-exec "$c" id -G)" = "0 33 4242" ]
	[ "$(ct-run --rm -u 1000 --group-add www-data --group-add 4242 "$img" id -G)" = "0 33 4242" ]
	run -125 ct-run --group-add nosuch "$img" true
	[[ $output == *"group nosuch: not in the container's /etc/group" ]]
}

@test "--umask and --oom-score-adj hold for the program and for ct-exec" {
	c=$(ct-run -d --umask 027 --oom-score-adj 321 "$img" sh -c 'umask; cat /proc/self/oom_score_adj; sleep 1000')
	# shellcheck disable=SC2016 # the inner shell expands it
	wait_until sh -c '[ "$(ct-logs "$1" | paste -sd " ")" = "0027 321" ]' sh "$c"
	[ "$(ct-exec "$c" sh -c 'umask; cat /proc/self/oom_score_adj')" = $'0027\n321' ]
	ct-exec --explain "$c" true 2>"$D/explained"
	grep -q 'same: .*choom --adjust 321 -- nsenter' "$D/explained"
	[ "$(ct-run --rm "$img" sh -c umask)" = 0022 ]
	for bad in 8 999 1777 -1 x ''; do
		run -125 ct-run "--umask=$bad" "$img" true
		[ "$output" = "ct-run: --umask $bad: not an octal number up to 777" ]
	done
	for bad in 1001 -1001 x 1x ''; do
		run -125 ct-run "--oom-score-adj=$bad" "$img" true
		[ "$output" = "ct-run: --oom-score-adj $bad: not a number from -1000 to 1000" ]
	done
}

@test "--security-opt no-new-privileges holds for the program and for ct-exec" {
	for option in no-new-privileges no-new-privileges:true no-new-privileges=true; do
		[ "$(ct-run --rm --security-opt $option "$img" grep NoNewPrivs /proc/self/status)" = $'NoNewPrivs:\t1' ]
	done
	c=$(ct-run -d --security-opt no-new-privileges "$img" sleep 1000)
	[ "$(ct-exec "$c" grep NoNewPrivs /proc/self/status)" = $'NoNewPrivs:\t1' ]
	[ "$(ct-run --rm "$img" grep NoNewPrivs /proc/self/status)" = $'NoNewPrivs:\t0' ]
}

# An instruction of BPF: code, jt, jf (a byte each, with the code of two bytes), k of four bytes; little-endian.
filter() { # file: chmod, fchmodat and fchmodat2 fail with EXDEV (18)
	printf '%b' '\x20\0\0\0\0\0\0\0' '\x15\0\3\0\x5a\0\0\0' '\x15\0\2\0\x0c\1\0\0' '\x15\0\1\0\xc4\1\0\0' \
		'\6\0\0\0\0\0\xff\x7f' '\6\0\0\0\x12\0\5\0' >"$1"
}

@test "--security-opt seccomp=FILE replaces the filter, and seccomp=unconfined leaves it out" {
	filter "$D/filter"
	run -1 ct-run --name one --security-opt seccomp="$D/filter" "$img" chmod 700 /tmp
	[[ $output == *'Invalid cross-device link' ]]
	run -1 ct-start -a one
	[[ $output == *'Invalid cross-device link' ]]
	c=$(ct-run -d --security-opt seccomp="$D/filter" "$img" sleep 1000)
	run -1 ct-exec "$c" chmod 700 /tmp
	[ "$(ct-run --rm --security-opt seccomp=unconfined "$img" grep ^Seccomp: /proc/self/status)" = $'Seccomp:\t0' ]
	c=$(ct-run -d --security-opt seccomp=unconfined "$img" sleep 1000)
	[ "$(ct-exec "$c" grep ^Seccomp: /proc/self/status)" = $'Seccomp:\t0' ]
	[ "$(ct-run --rm --privileged --security-opt seccomp="$D/filter" "$img" grep ^Seccomp: /proc/self/status)" = $'Seccomp:\t2' ]
}

@test "--security-opt refuses an unknown option and a file that is not a filter" {
	echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >"$D/profile.json"
	run -125 ct-run --security-opt seccomp="$D/profile.json" "$img" true
	[[ $output == "ct-run: --security-opt: seccomp filter $D/profile.json: not a compiled BPF program"* ]]
	run -125 ct-run --security-opt seccomp=/nosuch "$img" true
	[ "$output" = "ct-run: --security-opt seccomp=/nosuch: No such file or directory" ]
	run -125 ct-run --security-opt apparmor=x "$img" true
	[[ $output == "ct-run: --security-opt apparmor=x: not no-new-privileges"* ]]
	run -125 ct-run --security-opt seccomp=unconfined --security-opt seccomp=unconfined "$img" true
	[[ $output == *'a second filter' ]]
}

@test "--explain and --dry-run show what these options do" {
	set -- --umask 027 --oom-score-adj 321 --security-opt no-new-privileges --sysctl kernel.shmmni=77 \
		--sysctl net.ipv4.ip_forward=1 -u 1000 --group-add 4242
	ct-run --rm --explain "$@" "$img" true 2>"$D/explained"
	grep -q 'umask(027)' "$D/explained"
	grep -q 'PR_SET_NO_NEW_PRIVS' "$D/explained"
	grep -q 'same: sysctl -qw kernel.shmmni=77' "$D/explained"
	grep -q -- '--no-new-privs' "$D/explained"
	ct-run --rm --dry-run --network none "$@" "$img" sh -c 'umask; id -G; cat /proc/self/oom_score_adj
		cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_forward; grep NoNewPrivs /proc/self/status' >"$D/script"
	run -0 dash "$D/script" </dev/null
	[ "$output" = $'0027\n0 4242\n321\n77\n1\nNoNewPrivs:\t1' ]
}
