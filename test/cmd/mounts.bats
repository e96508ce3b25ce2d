load helper
load runs

# Volumes, tmpfs, devices and the files of /etc.

@test "a volume shows the host's directory, with owners as on disk" {
	mkdir "$D/vol"
	echo host >"$D/vol/file"
	chown 33:33 "$D/vol/file"
	run --separate-stderr -0 ct-run -v "$D/vol:/mnt/new" "$img" sh -c 'cat /mnt/new/file; stat -c %u /mnt/new/file; touch /mnt/new/mine; su -s /bin/sh www-data -c "echo more >>/mnt/new/file"'
	[ "$output" = $'host\n33' ]
	[ -z "$stderr" ]
	[ "$(stat -c %u:%g "$D/vol/mine")" = 0:0 ]
	[ "$(cat "$D/vol/file")" = $'host\nmore' ]
}

@test "a volume may be read-only, a file, relative, and below another" {
	mkdir -p "$D/vol/sub"
	echo file >"$D/file"
	cd "$D"
	run -0 ct-run -v ./vol:/v -v "$D/file:/v/f:ro" -v ./vol:/r:ro "$img" sh -c 'cat /v/f; touch /v/x; touch /r/y || echo no; echo x >/v/f || echo no'
	[ "$(grep -cx no <<<"$output")" = 2 ]
	grep -qx file <<<"$output"
	[ -e "$D/vol/x" ]
	[ "$(cat "$D/file")" = file ]
}

@test "device nodes on a volume cannot be used" {
	mkdir "$D/vol"
	mknod -m 666 "$D/vol/null" c 1 3
	run -1 ct-run -v "$D/vol:/v" "$img" sh -c 'echo x >/v/null'
}

@test "a volume on a tmpfs is idmapped if the kernel supports it" {
	mkdir "$D/tmpfs"
	mount -t tmpfs tmpfs "$D/tmpfs"
	touch "$D/tmpfs/file"
	run --separate-stderr -0 ct-run -v "$D/tmpfs:/v" "$img" sh -c 'stat -c %u /v/file; touch /v/mine'
	if [ "$(printf '6.3\n%s\n' "$(uname -r)" | sort -V | head -1)" = 6.3 ]; then
		[ "$output" = 0 ] && [ -z "$stderr" ] && [ "$(stat -c %u "$D/tmpfs/mine")" = 0 ]
	fi
	umount "$D/tmpfs"
}

@test "a volume that cannot be idmapped is bind-mounted nosuid, with one message" {
	mkdir "$D/o"
	mount -t tmpfs tmpfs "$D/o"
	mkdir "$D/o/lower" "$D/o/upper" "$D/o/work" "$D/o/merged"
	echo below >"$D/o/lower/file"
	mount -t overlay overlay -o "lowerdir=$D/o/lower,upperdir=$D/o/upper,workdir=$D/o/work" "$D/o/merged"
	run --separate-stderr ct-run -v "$D/o/merged:/v" "$img" sh -c 'cat /v/file; grep " /v " /proc/self/mounts | grep -c nosuid; stat -c %u /v/file'
	umount "$D/o/merged" "$D/o"
	[ "$status" -eq 0 ]
	[ "$output" = $'below\n1\n65534' ]
	[ "$stderr" = "ct-run: $D/o/merged: its file system cannot map owners: bound as it is, nosuid" ]
}

@test "mounts below a volume or a --rootfs are mounted too, each idmapped if possible" {
	"$CT_TESTS/busybox" "$D/root"
	mkdir "$D/root/mnt" "$D/root/mnt/a" "$D/root/mnt/p"
	mount -t tmpfs tmpfs "$D/root/mnt/a"
	mount -t proc proc "$D/root/mnt/p"
	mount -t tmpfs tmpfs "$D/root/proc"
	touch "$D/root/mnt/a/file"
	run --separate-stderr ct-run -v "$D/root/mnt:/v:ro" "$img" sh -c 'cat /v/p/1/comm; ls /v/a; touch /v/x /v/a/x 2>/dev/null || echo no'
	run_status=$status run_output=$output run_stderr=$stderr
	run --separate-stderr ct-run --rootfs "$D/root" sh -c 'ls /mnt/a; ls -d /proc/self; stat -c %u /mnt'
	umount "$D/root/mnt/a" "$D/root/mnt/p" "$D/root/proc"
	[ "$run_status" -eq 0 ]
	[ "$run_output" = "$(cat /proc/1/comm)"$'\nfile\nno' ]
	[[ $run_stderr == *"ct-run: $D/root/mnt/p: its file system cannot map owners: bound as it is, nosuid"* ]]
	[ "$status" -eq 0 ]
	[ "$output" = $'file\n/proc/self\n0' ]
}

@test "--tmpfs and --shm-size mount file systems with the size and mode given" {
	run -0 ct-run --tmpfs /scratch:size=1m,mode=700 --tmpfs /tmp --shm-size 2m "$img" sh -c '
		stat -c %a /scratch /tmp; for d in /scratch /dev/shm; do df -k $d | awk "NR == 2 { print \$2 }"; done; touch /scratch/x && echo ok'
	[ "$output" = $'700\n1777\n1024\n2048\nok' ]
}

@test "--read-only: the root cannot be written, tmpfs and volumes can" {
	mkdir "$D/vol"
	run -0 ct-run --read-only --tmpfs /tmp -v "$D/vol:/v" "$img" sh -c 'touch /x 2>/dev/null || echo no; mount -o remount,rw / 2>/dev/null || echo no; touch /tmp/x /v/x /dev/shm/x && echo yes'
	[ "$output" = $'no\nno\nyes' ]
	[ -e "$D/vol/x" ]
}

@test "--rootfs runs on a directory, changes it and does not remove it" {
	"$CT_TESTS/busybox" "$D/root"
	run -0 ct-run --rm --rootfs "$D/root" sh -c 'id -u; echo x >/made'
	[ "$output" = 0 ]
	[ "$(stat -c %u "$D/root/made")" = 0 ]
	c=$(ct-run -d --rootfs "$D/root" sleep 1000)
	[ "$(ct path "$c")" = "$D/root" ]
	ct-rm -f "$c"
	[ -e "$D/root/bin/busybox" ]
}

@test "the container's root can use a device given with --device" {
	run -0 ct-run --device /dev/full:/dev/mine --device /dev/null:/some/where "$img" sh -c '
		stat -c "%u %F" /dev/mine; echo x 2>&1 >/dev/mine || echo full; echo x >/some/where; ls -a /dev | grep -c "^\.new" || :'
	[ "${lines[0]}" = '0 character special file' ]
	[[ $output == *full* ]]
	[ "${lines[-1]}" = 0 ]
}

@test "host name, hosts and resolvers are in files outside of the snapshot" {
	rm -f "$busybox/etc/hosts" "$busybox/etc/resolv.conf"
	run -0 ct-run --cidfile "$D/cid" -h here --dns 192.0.2.1 --dns 2001:db8::1 --add-host db:192.0.2.7 "$img" sh -c '
		cat /etc/resolv.conf /etc/hostname; grep db /etc/hosts; echo 192.0.2.8 more >>/etc/hosts; tail -1 /etc/hosts; stat -c %u /etc/hosts'
	[ "$output" = $'nameserver 192.0.2.1\nnameserver 2001:db8::1\nhere\n192.0.2.7\tdb\n192.0.2.8 more\n0' ]
	for file in hosts hostname resolv.conf; do
		[ ! -s "$(ct path "$(cat "$D/cid")")/etc/$file" ]
	done
}
