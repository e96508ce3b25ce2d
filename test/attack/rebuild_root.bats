# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# A container rebuilds its root, its /dev and its /etc into links to the host, FIFOs that nobody writes and
# files of terabytes; then the host's utilities work on it.
load attack

rebuild='cd /
	rm -rf /etc/passwd /etc/group /root /tmp /run /home /var /usr/share 2>/dev/null
	mkfifo /etc/passwd /etc/group /fifo
	ln -s $1 /root; ln -s ../../../../../../../..$1 /tmp; ln -s /proc/1/root /run; ln -s /proc/self/fd/0 /home
	ln -s $1/secret /etc/shadow; ln -s . /loop; ln -s /var/x /var; truncate -s 1000G /huge
	rm -rf /etc/resolv.conf.d; mkdir -p /etc/resolv.conf.d; ln -sf $1/secret /etc/ld.so.preload
	umount /dev/shm; rm -f /dev/null /dev/tty 2>/dev/null; ln -s $1/secret /dev/log; mkfifo /dev/fifo
	head -c 1m /dev/zero >/etc/hosts 2>/dev/null; ln -s $1 "/$(printf "a\033[2Jb\nc")"
	i=0; d=; while [ $i -lt 200 ]; do d=$d/d; i=$((i + 1)); done; mkdir -p $d
	echo rebuilt >/state; exec sleep 1000'

@test "every utility ends, and reads and writes nothing of the host, on a container that is rebuilt against it" {
	background --name bad --cap-add SYS_ADMIN "$img" sh -c "$rebuild" sh "$D/host"
	wait_until grep -qs rebuilt "$root/state"
	for command in "ct-exec bad true" "ct-exec -u nobody bad true" "ct-exec -w /root bad ls" "ct-exec -w /tmp bad ls" \
		"ct-exec -t bad true" "ct-cp bad:/etc/shadow $D/out1" "ct-cp bad:/root/secret $D/out2" "ct-cp bad:/tmp/secret $D/out3" \
		"ct-cp bad:/dev/log $D/out4" "ct-cp bad:/run/secret $D/out5" "ct-cp $busybox/etc/passwd bad:/root/" \
		"ct-cp $busybox/etc/passwd bad:/tmp/secret" "ct-cp $busybox/etc/passwd bad:/etc/passwd" "ct-cp bad:/etc/passwd $D/out6" \
		"ct-diff bad" "ct-ps -a" "ct-logs bad" "ct path bad" "ct top bad" "ct-commit bad bad-image" "ct-kill bad" "ct-wait bad" \
		"ct-start bad" "ct-run --rm bad-image true" "ct-run --rm -u nobody bad-image true" "ct-run --rm -w /tmp bad-image true" \
		"ct-run --rm -v $D/host:/tmp/x bad-image true" "ct-rm -f bad" "ct-rm bad-image"; do
		# shellcheck disable=SC2086 # words
		run timeout -s KILL 20 $command </dev/null
		[ "$status" -lt 128 ] || [[ "$command" == ct-wait* ]]
		unharmed
	done
	[ ! -e "$D/host/x" ]
	run find "$D" -name 'out*' -type f -exec cat {} +
	unharmed
}

@test "without protection (utilities that go by path): they read the host's file and wait for the FIFO" {
	background "$img" sh -c "$rebuild" sh "$D/host"
	wait_until grep -qs rebuilt "$root/state"
	[ "$(cat "$root/root/secret")" = "secret of the host" ]
	run -124 timeout 1 cat "$root/etc/passwd"
}
