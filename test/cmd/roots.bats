load helper
load runs

# Images whose root file system is hostile.

# SCRIPT OPTION...: $evil, an image whose root the script has prepared; a run of it: $status and $output.
hostile_run() {
	local prepare=$1
	shift
	copy_image
	evil=$copy
	mkdir -p "$D/outside"
	(cd "$CT_ROOT/$evil/rootfs" && eval "$prepare")
	find "$D/outside" -printf '%p %m %u %T@\n' | sort >"$D/outside.before"
	run timeout -s KILL 20 ct-run "$@" "$evil" sh -c 'echo ran; sed -n "s/^Uid:.//p" /proc/self/status | cut -f1'
	find "$D/outside" -printf '%p %m %u %T@\n' | sort | diff "$D/outside.before" -
}

@test "dev, proc and sys as links out of the root are refused, and nothing outside is touched" {
	for dir in dev proc sys; do
		hostile_run "rm -rf $dir && ln -s '$D/outside' $dir"
		[ "$status" -eq 125 ]
		[ "$output" = "ct-run: /$dir of the image is not a directory" ]
	done
}

@test "etc as a link out of the root stays inside" {
	hostile_run "rm -rf etc && ln -s '$D/outside' etc"
	[ "$status" -eq 125 ]
	[ "$output" = 'ct-run: /etc: dangling symbolic link' ]
	hostile_run "mkdir -p './$D' && mv etc './$D/outside' && ln -s '$D/outside' etc" --dns 192.0.2.1
	[ "$output" = $'ran\n0' ]
	[ "$(ct-run --dns 192.0.2.1 -u www-data "$evil" cat /etc/resolv.conf)" = 'nameserver 192.0.2.1' ]
}

@test "an /etc/passwd that is a FIFO, a directory, a gigabyte or a device does not stop a run" {
	for what in 'mkfifo etc/passwd etc/group' 'mkdir etc/passwd etc/group' 'truncate -s 1G etc/passwd etc/group' 'ln -s /proc/kmsg etc/passwd' \
		'mknod etc/passwd c 1 5' 'ln -s /proc/1/root/etc/passwd etc/passwd'; do
		hostile_run "rm etc/passwd etc/group; $what"
		[ "$output" = $'ran\n0' ]
		run -125 timeout -s KILL 20 ct-run -u www-data "$evil" true
		[ "$output" = "ct-run: user www-data: not in the container's /etc/passwd" ]
	done
}

@test "a resolv.conf, hosts or hostname that is a link is followed inside only" {
	echo outside >"$D/resolv"
	hostile_run "ln -s '$D/resolv' etc/resolv.conf; ln -s ../run/not/there etc/hosts; ln -s ../../../../../../$D/outside/x etc/hostname" --dns 192.0.2.1
	[ "$output" = $'ran\n0' ]
	hostile_run "ln -s '../../../../$D/resolv' etc/resolv.conf" --dns 192.0.2.1 --userns host
	[ "$output" = $'ran\n0' ]
	[ "$(cat "$D/resolv")" = outside ]
	[ "$(ct-run --dns 192.0.2.1 "$evil" cat /etc/resolv.conf)" = 'nameserver 192.0.2.1' ]
}

@test "a working directory or entry point in /proc does not lead out of the container" {
	for dir in /proc/self/fd/7 /proc/self/fd/3 /proc/1/root /proc/self/cwd /proc/self/root; do
		image_with "workdir=$dir"
		run timeout 20 ct-run "$with" sh -c 'ls -a ..; pwd' 7<"$D"
		[ "$status" -eq 125 ] || [[ $output == *bin*proc* ]]
		[[ $output != *"$CT_TEST_DIR"* ]]
	done
	run -127 timeout 20 ct-run "$img" /proc/self/exe
}

@test "a volume's target through a link stays inside" {
	mkdir "$D/vol"
	for up in '' ../../../..; do
		hostile_run "ln -s '$up$D/outside' link" -v "$D/vol:/link/sub"
		[ "$output" = 'ct-run: /link: dangling symbolic link' ]
		hostile_run "mkdir -p './$D/outside'; ln -s '$up$D/outside' link" -v "$D/vol:/link/sub" --tmpfs /link/tmp
		[ "$output" = $'ran\n0' ]
	done
}

@test "an empty root directory is an error of the command, not of the stages" {
	mkdir "$D/empty"
	empty=$(ct-init "$D/empty")
	run -127 ct-run "$empty"
	[ "$output" = 'ct-run: /bin/sh: not found in the container' ]
}
