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
		[ "$output" = 0 ]
		[ -z "$stderr" ]
		[ "$(stat -c %u "$D/tmpfs/mine")" = 0 ]
	fi
}

@test "a volume that cannot be idmapped is bind-mounted nosuid, with one message" {
	mkdir "$D/o"
	mount -t tmpfs tmpfs "$D/o"
	mkdir "$D/o/lower" "$D/o/upper" "$D/o/work" "$D/o/merged"
	echo below >"$D/o/lower/file"
	mount -t overlay overlay -o "lowerdir=$D/o/lower,upperdir=$D/o/upper,workdir=$D/o/work" "$D/o/merged"
	run --separate-stderr -0 ct-run -v "$D/o/merged:/v" "$img" sh -c 'cat /v/file; grep " /v " /proc/self/mounts | grep -c nosuid; stat -c %u /v/file'
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
	run --separate-stderr -0 ct-run -v "$D/root/mnt:/v:ro" "$img" sh -c 'cat /v/p/1/comm; ls /v/a; touch /v/x /v/a/x 2>/dev/null || echo no'
	[ "$output" = "$(cat /proc/1/comm)"$'\nfile\nno' ]
	[[ $stderr == *"ct-run: $D/root/mnt/p: its file system cannot map owners: bound as it is, nosuid"* ]]
	run --separate-stderr -0 ct-run --rootfs "$D/root" sh -c 'ls /mnt/a; ls -d /proc/self; stat -c %u /mnt'
	[ "$output" = $'file\n/proc/self\n0' ]
}

# shares DIR: makes DIR a shared mount.
shares() {
	mkdir -p "$1"
	mount -t tmpfs -o mode=755 tmpfs "$1"
	mount --make-shared "$1"
}

@test "--mount type=bind is -v, in the spellings of docker and podman" {
	mkdir "$D/vol"
	echo host >"$D/vol/file"
	for mount in "type=bind,src=$D/vol,dst=/v" "dst=/v,source=$D/vol,type=bind,ro=false" "type=bind,source=$D/vol,target=/v,rw" \
		"type=bind,src=$D/vol,destination=/v/./,readonly=0"; do
		run -0 ct-run --rm --mount "$mount" "$img" sh -c 'cat /v/file; touch /v/made; stat -c %u /v/made'
		[ "$output" = $'host\n0' ]
		rm "$D/vol/made"
	done
	for read_only in ro readonly ro=true readonly=true readonly=1 rw=false; do
		run -1 ct-run --rm --mount "type=bind,src=$D/vol,dst=/v,$read_only" "$img" touch /v/made
		[ ! -e "$D/vol/made" ]
	done
	ct-run -d --name web --mount "type=bind,src=$D/vol,dst=/v,ro" "$img" sleep 1000
	[ "$(ct-inspect -f '.HostConfig.Binds[0]' web)" = "$D/vol:/v:ro" ]
	[ "$(ct-inspect -f '.Mounts[0].RW' web)" = false ]
	ct-kill web
	ct-wait web
	ct-start web
	[ "$(ct-exec web cat /v/file)" = host ]
	run -1 ct-exec web touch /v/made
}

@test "--mount type=volume is a volume, and volume-nocopy leaves a new one empty" {
	run -0 ct-run --rm --mount type=volume,src=data,dst=/etc/x "$img" touch /etc/x/made
	[ "$(ct-volumes --no-header -o name)" = data ]
	run -0 ct-run --rm --mount src=data,dst=/v,ro "$img" ls /v	# without a type it is a volume
	[ "$output" = made ]
	ct-run -d --name own --mount dst=/own "$img" sleep 1000
	[ "$(ct-inspect -f '.Mounts[0].Destination' own)" = /own ]
	ct-run --rm --mount type=volume,src=full,dst=/etc "$img" test -e /etc/passwd
	run -0 ct-run --rm --mount type=volume,src=empty,dst=/var,volume-nocopy "$img" ls /var
	[ -z "$output" ]
	run -0 ct-run --rm -v new:/var:nocopy "$img" ls /var
	[ -z "$output" ]
	ct-rm -f own
	ct-rm data full empty new
}

@test "--mount type=tmpfs has a size and a mode, also after a restart" {
	run -0 ct-run --name one --mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=0700 --mount type=tmpfs,target=/u,ro "$img" sh -c '
		stat -c %a /t /u; df -k /t | awk "NR == 2 { print \$2 }"; touch /t/x && ! touch /u/x 2>/dev/null && echo ok'
	[ "$output" = $'700\n1777\n1024\nok' ]
	[ "$(ct-start -a one)" = $'700\n1777\n1024\nok' ]
}

@test "--mount refuses what it does not support by name, and nothing is made" {
	mkdir "$D/a:b"
	while IFS='|' read -r mount error; do
		run -125 ct-run --mount "$mount" "$img" true
		echo "$output"
		[ "$output" = "ct-run: --mount: $error" ]
	done <<-END
	type=image,src=x,dst=/v|type=image,src=x,dst=/v: type=image: not bind, volume or tmpfs
	type=bind,src=/etc|type=bind,src=/etc: needs dst
	type=bind,dst=/v|type=bind,dst=/v: needs src
	type=bind,src=/nosuch,dst=/v|/nosuch: No such file or directory
	type=bind,src=$D/a:b,dst=/v|$D/a:b: a path with ":" in it cannot be written as SOURCE:TARGET
	type=bind,src=/etc,dst=/a:b|type=bind,src=/etc,dst=/a:b: a target with ":" in it cannot be recorded
	type=tmpfs,dst=/a:b|type=tmpfs,dst=/a:b: a target with ":" in it cannot be recorded
	type=bind,src=/etc,dst=/v,consistency=cached|type=bind,src=/etc,dst=/v,consistency=cached: consistency: not supported
	type=bind,src=/etc,dst=/v,bind-nonrecursive|type=bind,src=/etc,dst=/v,bind-nonrecursive: bind-nonrecursive: not supported
	type=bind,src=/etc,dst=/v,tmpfs-size=1m|type=bind,src=/etc,dst=/v,tmpfs-size=1m: tmpfs-size: not with type=bind
	type=bind,src=/etc,dst=/v,bind-propagation=unbindable|type=bind,src=/etc,dst=/v,bind-propagation=unbindable: bind-propagation=unbindable: not shared, slave, private, rshared, rslave or rprivate
	type=bind,src=/etc,src=/usr,dst=/v|type=bind,src=/etc,src=/usr,dst=/v: src: given twice
	type=bind,src=/etc,source=/usr,dst=/v|type=bind,src=/etc,source=/usr,dst=/v: source: given twice
	type=bind,src=/etc,dst=/v,ro,rw|type=bind,src=/etc,dst=/v,ro,rw: ro and rw
	type=bind,src=/etc,dst=/v,ro=maybe|type=bind,src=/etc,dst=/v,ro=maybe: ro=maybe: not true or false
	type=bind,src=/etc,dst=/proc/x|type=bind,src=/etc,dst=/proc/x: the target is an absolute path without "..", and not /, /dev, /sys or in /proc
	type=bind,src=/etc,dst=../v|type=bind,src=/etc,dst=../v: the target is an absolute path without "..", and not /, /dev, /sys or in /proc
	type=volume,src=a/b,dst=/v|src: a/b: not a name for a container (letters, digits, "_", ".", "-", at most 63, a letter or digit first)
	type=volume,dst=/v,ro|type=volume,dst=/v,ro: ro: only of a volume with src
	type=volume,src=a,dst=/v,volume-opt=o=x|type=volume,src=a,dst=/v,volume-opt=o=x: volume-opt: not supported
	type=tmpfs,dst=/v,tmpfs-mode=8|tmpfs-mode=8: not an octal number up to 7777
	type=tmpfs,dst=/v,tmpfs-mode=10000|tmpfs-mode=10000: not an octal number up to 7777
	type=tmpfs,dst=/v,tmpfs-size=50%|tmpfs-size: 50%: not a size (a number, or one with k, m, g or t)
	type=tmpfs,src=/x,dst=/v|type=tmpfs,src=/x,dst=/v: src: not with type=tmpfs
	type=tmpfs,dst=|type=tmpfs,dst=: dst: needs a value
	END
	run -125 ct-run --mount '' "$img" true
	for other in '--tmpfs /x' '-v data:/x/' '--mount type=tmpfs,dst=//x' '-v /x'; do
		# shellcheck disable=SC2086 # words
		run -125 ct-run --mount type=bind,src=/etc,dst=/x $other "$img" true
		[[ $output == *' is mounted at /x' ]]
	done
	[ -z "$(ct-ps -q)$(ct-volumes -q)" ]
}

@test "rslave brings later mounts of the host into the container, rshared also the other way, private neither" {
	shares "$D/s"
	for how in rslave rshared private; do
		ct-run -d --name $how --cap-add SYS_ADMIN --security-opt seccomp=unconfined -v "$D/s:/v:$how" "$img" sleep 1000
	done
	mkdir "$D/s/host" "$D/s/box"
	mount -t tmpfs -o mode=755 tmpfs "$D/s/host"
	touch "$D/s/host/later"
	[ "$(ct-exec rslave ls /v/host)" = later ]
	[ "$(ct-exec rshared ls /v/host)" = later ]
	[ -z "$(ct-exec private ls /v/host)" ]
	ct-exec rslave mount -t tmpfs inside /v/box
	ct-exec private mount -t tmpfs inside /v/box
	run ! mountpoint -q "$D/s/box"
	ct-exec rshared mount -t tmpfs inside /v/box
	mountpoint -q "$D/s/box"
	[ "$(ct-inspect -f '.Mounts[0].Propagation' rslave)" = rslave ]
	[ "$(ct-inspect -f '.Mounts[0].Propagation' private)" = rprivate ]
	ct-rm -f rshared	# what it mounted stays
	mountpoint -q "$D/s/box"
	umount "$D/s/box" "$D/s/host"
	[ -z "$(ct-exec rslave ls /v/host)" ]
	ct restart rslave
	mount -t tmpfs tmpfs "$D/s/host"
	touch "$D/s/host/again"
	[ "$(ct-exec rslave ls /v/host)" = again ]
}

@test "the mount of a propagated volume is idmapped and keeps its other options" {
	shares "$D/s"
	touch "$D/s/file"
	run -0 ct-run --rm --mount "type=bind,src=$D/s,dst=/v,ro,bind-propagation=slave" "$img" sh -c 'stat -c %u /v/file; touch /v/x 2>/dev/null || echo no; grep " /v " /proc/self/mountinfo'
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = no ]
	[[ ${lines[2]} == *' master:'* && ${lines[2]} == *nodev* ]]
	run -0 ct-run --rm --dry-run -v "$D/s:/v:rslave" "$img" true
	[[ $output == *"# approx: the run's mount takes part in the propagation of the host's mounts"* ]]
}

@test "a propagation is refused where nothing would propagate, with the reason" {
	mkdir "$D/p"
	mount -t tmpfs tmpfs "$D/p"
	mount --make-private "$D/p"
	for how in shared rshared slave rslave; do
		run -125 ct-run -v "$D/p:/v:$how" "$img" true
		[ "$output" = "ct-run: $D/p: its mount is private, so nothing propagates (mount --make-rshared changes that)" ]
	done
	ct-run --rm -v "$D/p:/v:rprivate" "$img" true
	shares "$D/s"
	mkdir "$D/s/below"
	mount -t tmpfs tmpfs "$D/s/below"
	run -125 ct-run -v "$D/s:/v:shared" "$img" true
	[ "$output" = "ct-run: $D/s: $D/s/below is mounted below it: only rshared is possible" ]
	run -125 ct-run -v "$D/s:/v:slave,rshared" "$img" true
	[ "$output" = "ct-run: --volume: $D/s:/v:slave,rshared: rshared: a second propagation" ]
	run -125 ct-run -v data:/v:rslave "$img" true
	[ "$output" = 'ct-run: --volume: data:/v:rslave: rslave: only a path of the host has a propagation' ]
	run -125 ct-run -v "$D/s:/v:unbindable" "$img" true
	[[ $output == *': unbindable: not ro, rw or a propagation (shared, slave, private, rshared, rslave, rprivate)' ]]
	"$CT_TESTS/busybox" "$D/root"
	run -125 ct-run --without cgroup --rootfs "$D/root" -v "$D/s:/v:rslave" true
	[ "$output" = "ct-run: --volume $D/s:/v:rslave: propagated mounts need a recorded run (not some stages on --rootfs)" ]
	[ -z "$(ct-ps -q)$(ct-volumes -q)" ]
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
