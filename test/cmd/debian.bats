# A real system in a container with the defaults: its own user namespace, an idmapped
# root, few capabilities, the system call filter.

load helper

setup_file() {
	sandbox_up || return
	tree=$("$CT_TESTS/debian-full") || return
	img=$(ct-init -n debian "$tree") || return
	postgresql=$(basename "$tree"/usr/lib/postgresql/*)	# its version
	export tree img postgresql DEBIAN_FRONTEND=noninteractive
}

setup() {
	D=$BATS_TEST_TMPDIR
}

# [OPTION... --] SCRIPT: in a container of its own, called c; the script ends at the
# first failure. `not COMMAND` in it is one if the command succeeds.
inside() {
	local options=() script='not() { ! "$@" >/dev/null 2>&1; }'
	while [ $# -gt 1 ]; do
		[ "$1" = -- ] || options+=("$1")
		shift
	done
	script="$script; $1"
	run ct-run -n --name c -e DEBIAN_FRONTEND "${options[@]}" "$img" bash -euo pipefail -c "$script"
	echo "$output"
}

# NAME: the number on disk of a user of the tree.
uid_of() {
	awk -F: -v name="$1" '$1 == name { print $3 }' "$tree/etc/passwd"
}

# PATH [FORMAT]: of the container c, as the host sees it; owner and mode.
on_disk() {
	stat -c "${2:-%u:%g %a}" "$(ct path c)$1"
}

@test "a shell in Debian is process 1 and root, with the container's host name" {
	inside 'echo $$; hostname; id -u; cd /proc; echo [0-9]*'
	[ "$status" = 0 ]
	[ "${lines[0]}" = 1 ]
	[ "${lines[1]}" = "$(ct-ps -q)" ]
	[ "${lines[2]}" = 0 ]
	[ "${lines[3]}" = 1 ]
}

@test "on the host the container's root is an unprivileged user, and its files belong to root" {
	ct-run -d --name c "$img" sh -c 'echo x >/root/made; su someone -c "echo y >/home/someone/made"; touch /ready; exec sleep 1000'
	wait_until test -e "$(ct path c)/ready"
	pid=$(ct pid c)
	read -r _ uid _ < <(grep '^Uid:' "/proc/$pid/status")
	[ "$uid" -ge 65536 ]
	run ! getent passwd "$uid"
	grep -q "$CT_CGROUP/$(ct-ps -q)$" "/proc/$pid/cgroup"
	[ "$(on_disk /root/made)" = '0:0 644' ]
	[ "$(on_disk /home/someone/made %u:%g)" = 1000:1000 ]	# (his umask is 002 since Debian 13)
}

@test "every file of every package is in the image unchanged" {
	inside 'dpkg --verify | grep -v "/usr/share/\(doc\|man\|locale\)" || true'
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "apt-get installs a local package, and its script makes a user" {
	inside 'cd /srv; apt-get -q -y install ./hello-local_1.0_all.deb; hello-local; id -u hello'
	[ "$status" = 0 ]
	[ "${lines[-2]}" = 'hello from a package' ]
	uid=${lines[-1]}
	[ "$uid" -gt 0 ]
	[ "$(on_disk /usr/bin/hello-local)" = '0:0 755' ]
	[ "$(on_disk /var/lib/hello '%u %a')" = "$uid 2750" ]
}

@test "dpkg installs a package and purges it" {
	inside 'dpkg -i /srv/hello-local_1.0_all.deb; hello-local; dpkg -P hello-local; not hello-local'
	[ "$status" = 0 ]
	[ ! -e "$(ct path c)/usr/bin/hello-local" ]
}

@test "su, sudo and passwords work for existing and new users" {
	inside '
		su - someone -c "id -un; pwd"
		useradd -m bob
		echo bob:secret | chpasswd
		su someone -c "echo secret | su bob -c \"id -un\"" 2>/dev/null
		su someone -c "sudo id -u; sudo -u bob id -un"
		not su someone -c "echo wrong | su bob -c id"
		not su bob -c "sudo -n id"
		not su bob -c "cat /etc/shadow"
		userdel -r bob 2>/dev/null; not id bob'
	[ "$status" = 0 ]
	[ "$output" = $'someone\n/home/someone\nbob\n0\nbob' ]
}

@test "the command runs as the user that -u names, who can use its streams" {
	run --separate-stderr ct-run -n -u someone -w /home/someone "$img" sh -c \
		'id -un; pwd; echo out >/dev/stdout; echo err >/dev/stderr; grep CapEff /proc/self/status; sudo id -u'
	[ "$status" = 0 ]
	[ "$output" = $'someone\n/home/someone\nout\nCapEff:\t0000000000000000\n0' ]
	[ "$stderr" = err ]
}

@test "owners, setuid bits, capabilities, ACLs and attributes survive a commit into a container with other ids" {
	inside '
		cp /usr/bin/id /opt/id; chown someone:daemon /opt/id; chmod 6755 /opt/id
		cp /usr/bin/ping /opt/ping; setcap cap_net_raw=ep /opt/ping
		echo text >/opt/text; ln /opt/text /opt/link; chmod 640 /opt/text; setfacl -m u:someone:r /opt/text
		setfattr -n user.note -v kept /opt/text'
	[ "$status" = 0 ]
	[ "$(on_disk /opt/id)" = '1000:1 6755' ]
	root=$(ct path c)
	getfacl -n "$root/opt/text" 2>/dev/null | grep -qx 'user:1000:r--'
	[ "$(getcap "$root/opt/ping")" = "$root/opt/ping cap_net_raw=ep" ]

	ct-run -d --name held "$img" sleep 1000	# has the ids that c had
	run ct-run -n "$(ct-commit c)" bash -euc '
		su www-data -s /bin/sh -c "/opt/id -u; /opt/id -g; /opt/ping -q -c 1 127.0.0.1 | grep -o \"1 received\""
		su someone -c "cat /opt/text"
		su www-data -s /bin/sh -c "cat /opt/text" 2>/dev/null && exit 1
		getfattr --absolute-names --only-values -n user.note /opt/text; echo
		stat -c %h /opt/link'
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = $'1000\n1\n1 received\ntext\nkept\n2' ]
}

@test "python's processes, semaphores, shared memory and random numbers work" {
	inside 'cat >/tmp/t.py <<"END"
import ctypes, multiprocessing, os
from multiprocessing import shared_memory
def square(x):
    with lock:
        return x * x
lock = multiprocessing.Lock()
if __name__ == "__main__":
    with multiprocessing.Pool(4) as pool:
        print(pool.map(square, range(5)))
    area = shared_memory.SharedMemory(create=True, size=1 << 20)
    area.unlink()
    print(len(os.getrandom(16)))
    c = ctypes.CDLL(None)
    print(c.mq_open(b"/q", os.O_CREAT | os.O_RDWR, 0o600, None) > 0, os.listdir("/dev/mqueue"))
END
python3 /tmp/t.py'
	[ "$status" = 0 ]
	[ "$output" = $'[0, 1, 4, 9, 16]\n16\nTrue [\'q\']' ]
}

@test "gcc compiles a program, which runs with its status" {
	inside 'cd /tmp; printf "#include <stdio.h>\nint main(void) { puts(\"compiled\"); return 7; }\n" >a.c; gcc -Wall -o a a.c; ./a'
	[ "$status" = 7 ]
	[ "$output" = compiled ]
}

@test "strace works on children and running processes, also for a user" {
	inside '
		su someone -c "strace -qf -o /tmp/trace sh -c \"ls / >/dev/null; true\""
		grep -c "exited with 0" /tmp/trace
		sleep 1000 &
		until grep -qx sleep /proc/$!/comm; do sleep 0.05; done
		strace -q -o /tmp/attached -p $! &
		until [ -s /tmp/attached ]; do sleep 0.05; done
		kill %1; wait %2 || true
		tail -n 1 /tmp/attached'
	[ "$status" = 0 ]
	[ "$output" = $'2\n+++ killed by SIGTERM +++' ]
}

@test "ping works for root and for users" {
	inside 'ping -q -c 1 127.0.0.1; ping -q -c 1 ::1; su someone -c "ping -q -c 1 localhost"'
	[ "$status" = 0 ]
	[ "$(grep -c ' 0% packet loss' <<<"$output")" = 3 ]
}

@test "a web server serves a client in the same container" {
	mkdir "$D/www"
	echo 'a page' >"$D/www/page"
	inside -v "$D/www:/srv/www:ro" -- '
		cd /srv/www
		python3 -m http.server -b 127.0.0.1 80 >/dev/null 2>&1 &
		python3 -c "
import time, urllib.request
for _ in range(200):
    try:
        print(urllib.request.urlopen(\"http://localhost/page\").read().decode(), end=\"\")
        break
    except OSError:
        time.sleep(0.05)
"'
	[ "$status" = 0 ]
	[ "$output" = 'a page' ]
}

@test "PostgreSQL from Debian's package serves from a volume and owns its files on disk" {
	mkdir "$D/volume"
	inside -v "$D/volume:/data" -- "version=$postgresql;"'
		pg_createcluster -d /data/db $version main >/dev/null
		service postgresql start
		cd /tmp
		su postgres -c "createdb shop && psql -qc \"create table t as select generate_series(1, 1000) i\" shop"
		su postgres -c "psql -Atc \"select sum(i) from t\" shop"
		service postgresql stop
		pg_lsclusters -h'
	[ "$status" = 0 ]
	grep -qx 500500 <<<"$output"
	[[ ${lines[-1]} == *' down '* ]]
	owner=$(uid_of postgres)
	[ "$(stat -c '%u %a' "$D/volume/db")" = "$owner 700" ]
	[ -s "$D/volume/db/PG_VERSION" ]
	run find "$D/volume/db" ! -uid "$owner"
	[ -z "$output" ]
}

@test "a commit of a running PostgreSQL has all its data" {
	bin=/usr/lib/postgresql/$postgresql/bin
	ct-run -d --name db -u postgres -w /tmp "$img" sh -c "$bin/initdb -N -D /var/lib/postgresql/db && exec $bin/postgres -D /var/lib/postgresql/db"
	wait_until ct-exec -u postgres db psql -c 'select 1'
	ct-exec -u postgres db psql -qc 'create table t as select generate_series(1, 100000) i'
	copy=$(ct-commit db)
	run ct-exec -n -u postgres db psql -Atc 'insert into t values (0) returning 42'
	[ "${lines[0]}" = 42 ]

	ct-run -d --name again -u postgres "$copy" "$bin/postgres" -D /var/lib/postgresql/db
	wait_until ct-exec -u postgres again psql -c 'select 1'
	run ct-exec -n -u postgres again psql -Atc 'select count(*), sum(i) from t'
	[ "$output" = '100000|5000050000' ]

	kill -INT "$(ct pid db)"	# its fast shutdown
	wait_until sh -c '[ "$(ct-ps --no-header -o status db)" = "exited 0" ]'
	run ct-logs db
	[[ $output == *'database system is shut down'* ]]
}

@test "tar packs and unpacks the whole system, owners and all" {
	inside '
		tar -C / --one-file-system -cf /tmp/all.tar bin etc home lib root usr/bin usr/sbin var/lib/dpkg
		mkdir /tmp/copy
		tar -C /tmp/copy -xpf /tmp/all.tar
		for dir in etc home usr/bin; do
			diff <(cd /$dir; find . ! -type d -printf "%p %m %u %g %s %l\n" | sort) \
				<(cd /tmp/copy/$dir; find . ! -type d -printf "%p %m %u %g %s %l\n" | sort) || true
		done'
	[ "$status" = 0 ]
	# Files mounted in /etc (hosts, hostname, resolv.conf) are not packed.
	run ! grep -E '^[<>]' <(grep -vE '^[<>] \./(hosts|hostname|resolv\.conf) ' <<<"$output")
	[ "$(on_disk /tmp/copy/home/someone '%u')" = 1000 ]
}

@test "links, renames, locks, watches, holes, direct and shared blocks work" {
	inside '
		cd /tmp
		echo a >a; ln a b; mv b /srv/b; stat -c %h /srv/b
		exec 9>lock; flock 9; not flock -n lock true
		truncate -s 10G big; stat -c "%s %b" big
		dd if=/dev/zero of=direct bs=1M count=2 oflag=direct status=none
		cp --reflink=always direct shared; cmp direct shared
		fallocate -l 5M full; stat -c %s full
		mkfifo fifo; cat fifo & echo through >fifo; wait $!
		python3 -c "
import ctypes, os
c = ctypes.CDLL(None)
fd = c.inotify_init1(0)
c.inotify_add_watch(fd, b\"/tmp\", 0x100)
open(\"/tmp/watched\", \"w\")
print(os.read(fd, 100)[16:].rstrip(b\"\\0\").decode())"'
	[ "$status" = 0 ]
	[ "$output" = $'2\n10737418240 0\n5242880\nthrough\nwatched' ]
}

@test "operations that concern the host are refused with a clear error" {
	inside '
		set +e
		refused() { why=$("$@" 2>&1 >/dev/null) && echo "done: $*"; echo "$1: ${why%%$'"'\n'"'*}"; }
		refused mount -t tmpfs none /mnt
		refused mount -o remount,rw /proc/sys
		refused umount /proc/sys
		refused unshare -U true
		refused unshare -n true
		refused dmesg
		refused mknod /tmp/sda b 8 0
		refused hostname other
		# As chattr +i does, which Debian 13 no longer has in every system.
		refused perl -e "open F, q(<), q(/etc/passwd); \$flags = pack(q(l!), 0x10); ioctl(F, 0x40086602, \$flags) or die qq(immutable: \$!\n)"
		refused chown 65536 /tmp
		refused sysctl -w kernel.shmmax=1
		refused sysctl -w net.ipv4.ip_forward=1
		refused date -s 12:00
		refused nice -n -1 true
		refused setfattr -n trusted.x -v 1 /etc/passwd
		find /proc/sys /sys -type f -writable'
	[ "$output" = 'mount: mount: /mnt: permission denied.
mount: mount: /proc/sys: permission denied.
umount: umount: /proc/sys: must be superuser to unmount.
unshare: unshare: unshare failed: Operation not permitted
unshare: unshare: unshare failed: Operation not permitted
dmesg: dmesg: read kernel buffer failed: Operation not permitted
mknod: mknod: /tmp/sda: Operation not permitted
hostname: hostname: you must be root to change the host name
perl: immutable: Operation not permitted
chown: chown: changing ownership of '"'/tmp'"': Invalid argument
sysctl: sysctl: permission denied on key "kernel.shmmax"
sysctl: sysctl: permission denied on key "net.ipv4.ip_forward"
date: date: cannot set date: Operation not permitted
done: nice -n -1 true
nice: nice: cannot set niceness: Permission denied
setfattr: setfattr: /etc/passwd: Operation not permitted' ]
}

@test "a shell on a terminal has job control, and script, tmux and sudo have terminals of their own" {
	# Its message shows that it continues: only then does it have the terminal and get the key.
	cat >"$D/job" <<-'END'
		import os, signal
		signal.signal(signal.SIGINT, signal.SIG_DFL)
		signal.signal(signal.SIGCONT, lambda *_: os.write(1, b"back\n"))
		os.write(1, b"begun\n")
		while True: signal.pause()
	END
	run run_tty 'wait:# ' 'type:python3 /mnt/job\r' wait:begun 'type:\x1a' wait:Stopped 'wait:# ' \
		'type:fg\r' wait:back 'type:\x03' 'wait:# ' \
		'type:script -qc "tty; stty size" /dev/null\r' 'wait:/dev/pts/1' 'wait:24 80' 'wait:# ' \
		'type:tmux\r' 'wait:0:bash' 'type:echo in-$((40 + 2))\r' 'wait:in-42' 'type:exit\r' 'wait:exited' 'wait:# ' \
		'type:sudo -u someone sh -c "id -un; tty"\r' 'wait:someone' 'wait:/dev/pts/' 'wait:# ' \
		'type:exit 9\r' -- ct-run --name c -v "$D:/mnt:ro" -e 'PS1=# ' -e TERM=xterm "$img" bash --norc --noediting
	echo "$output" | cat -v
	[ "$status" = 9 ]
}
