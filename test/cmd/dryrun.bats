#!/usr/bin/env bats
# shellcheck disable=SC2154 # img, busybox are the helper's
load helper

# A run, and the script that --dry-run prints for it: the same facts, the same output, the same status.

setup_file() {
	sandbox_up
	busybox_image
	mkdir "$CT_TEST_DIR/shared"
	echo theirs >"$CT_TEST_DIR/shared/file"
	chmod 755 "$CT_TEST_DIR" "$CT_TEST_DIR/shared"
	ct-run -v kept:/kept "$img" sh -c 'echo kept >/kept/file'
	# Prints the program's own view, and stays until its input ends.
	cat >"$CT_TEST_DIR/shared/look" <<-'END'
		for kind in cgroup ipc mnt net pid time user uts; do echo "$kind $(readlink /proc/self/ns/$kind)"; done
		awk '{
			split($0, half, " - "); split(half[2], fs, " ")
			n = split($6, all, ","); kept = ""
			for (i = 1; i <= n; i++) if (all[i] ~ /^(ro|rw|nosuid|nodev|noexec)$/) kept = kept " " all[i]
			print "mount", $5, $5 ~ "^/etc/" ? "" : fs[1], kept
		}' /proc/self/mountinfo | sort
		echo "host $(hostname)"
		echo "user $(id)"
		for map in uid_map gid_map; do awk '{ print $1, $3 }' /proc/self/$map; done
		cat /proc/self/setgroups /proc/self/limits /proc/self/oom_score_adj /proc/self/coredump_filter /proc/self/cgroup
		sed -n '/^Cap/p; /^Groups/p; /^NoNew/p; /^Sig[BIC]/p; /^Umask/p; /^Cpus_a/p' /proc/self/status
		awk '{ print "process", $5, $6, $7, $18, $19, $41 }' /proc/self/stat; ls /proc/self/fd
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range
		find /dev ! -path '/dev/pts/*' -exec stat -c '%n %f %u:%g %t %T' {} + | sort
		for link in /proc/self/cwd /proc/self/root /proc/1/exe; do readlink $link; done
		for link in $(ls /sys/class/net); do ! grep -q "^ *$link:" /proc/net/dev || echo "link $link"; done
		echo "pid $$"
		echo "here $(pwd)"
		env | grep -v -e HOSTNAME -e SHLVL | sort
		echo "process 1: $(tr '\0' ' ' </proc/1/cmdline | head -c 4)"
		ulimit -n
		[ $# = 0 ] || cat "$@" 2>&1
		echo ready
		read -r _
		exit 7
	END
}

setup() {
	busybox_image
	D=$BATS_TEST_TMPDIR
}

# The limits of the one group there is.
limits() {
	find /sys/fs/cgroup -path "*$CT_CGROUP/*" \( -name memory.limit_in_bytes -o -name memory.memsw.limit_in_bytes \
		-o -name pids.max -o -name cpu.shares -o -name cpu.cfs_quota_us -o -name cpuset.cpus -o -name memory.max \
		-o -name memory.swap.max -o -name cpu.weight -o -name cpu.max \) \
		-exec sh -c 'for f; do echo "${f##*/} $(cat "$f")"; done' sh {} + | LC_ALL=C sort
}

# The command's output, its limits while it runs, and its status, in the file; the kinds of
# namespaces are said to be ours or others.
watched() {
	local file=$1
	shift
	rm -f "$BATS_TEST_TMPDIR/in" "$file" # or an earlier run's "ready" could be seen
	mkfifo "$BATS_TEST_TMPDIR/in"
	"$@" <"$BATS_TEST_TMPDIR/in" >"$file" 2>"$file.err" 10>&- 251>&- 252>&- 253>&- 254>&- 255>&- &	# a shell closes but 3 to 9
	exec 7>"$BATS_TEST_TMPDIR/in"
	wait_until grep -q -e ready "$file" || cat "$file.err"
	limits >"$file.limits"
	echo >&7
	exec 7>&-
	await $!
	echo "status $status" >>"$file"
	cat "$file.limits" >>"$file"
	ours_or_own "$file"
}

# No line has more than 100 columns. The script is one of a POSIX shell, as far as a checker tells (the guest of test/vm has none).
checked() {
	expand "$1" | awk 'length > 100 { print; bad = 1 } END { exit bad }'
	! type shellcheck >/dev/null 2>&1 || shellcheck -s sh -S error "$1"
}

# same OPTION... [-- FILE...]: a run with these options and the script of it.
same() {
	local options=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
	[ $# = 0 ] || shift
	set -- ct-run "${options[@]}" -v "$CT_TEST_DIR/shared:/shared:ro" "$img" sh /shared/look "$@"
	facts >"$BATS_TEST_TMPDIR/before"
	"$1" --dry-run "${@:2}" >"$BATS_TEST_TMPDIR/script"
	checked "$BATS_TEST_TMPDIR/script"
	watched "$BATS_TEST_TMPDIR/real" "$@"
	ct-ps -q | ct-rm -f -
	watched "$BATS_TEST_TMPDIR/by-hand" dash "$BATS_TEST_TMPDIR/script"
	diff "$BATS_TEST_TMPDIR/real" "$BATS_TEST_TMPDIR/by-hand" || { cat "$BATS_TEST_TMPDIR/by-hand.err"; return 1; }
	grep -q '^status 7$' "$BATS_TEST_TMPDIR/real"
	facts >"$BATS_TEST_TMPDIR/after"
	same_facts "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "the script of a plain run does the same as the run" {
	same --network none -h web
}

@test "the script of a run with limits does the same as the run" {
	same --network none -h web -m 64m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 --pids-limit 50
}

@test "the script of a run as another user, with groups, does the same as the run" {
	same --network none -h web -u nobody -- /shared/file
}

@test "the script of a run with volumes of the host, some read-only, does the same as the run" {
	same --network none -h web -v "$CT_TEST_DIR/shared:/a/b:ro" -v "$CT_TEST_DIR/shared/file:/a/file" -- /a/b/file /a/file
}

@test "the script of a run with a named volume does the same as the run" {
	same --network none -h web -v kept:/kept -- /kept/file
}

@test "the script of a run with tmpfs does the same as the run" {
	same --network none -h web --tmpfs /mem --tmpfs /more:size=1m,noexec --shm-size 1m
}

@test "the script of a run on the host's network does the same as the run" {
	same --network host -h web --userns host
}

@test "the script of a run on a network, with a port, does the same as the run" {
	same --network default -h web -p 18080:80
	ct-net down
	# An address of that network, and the way out of it; the port leads there.
	cat >"$CT_TEST_DIR/shared/serve" <<-'END'
		ip -o -4 address show dev eth0 | awk '{ print $4 }'
		ip route
		cat /sys/class/net/eth0/address
		echo serving
		while :; do echo served | nc -l -p 80; done
	END
	for how in real by-hand; do
		if [ $how = real ]; then
			ct-run --rm -h web -p 18080:80 -v "$CT_TEST_DIR/shared:/shared:ro" "$img" sh /shared/serve >"$BATS_TEST_TMPDIR/$how" &
		else
			ct-run --dry-run -h web -p 18080:80 -v "$CT_TEST_DIR/shared:/shared:ro" "$img" sh /shared/serve >"$BATS_TEST_TMPDIR/script"
			checked "$BATS_TEST_TMPDIR/script"
			setsid dash "$BATS_TEST_TMPDIR/script" >"$BATS_TEST_TMPDIR/$how" 2>"$BATS_TEST_TMPDIR/err" &
		fi
		wait_until grep -q serving "$BATS_TEST_TMPDIR/$how" || cat "$BATS_TEST_TMPDIR/err"
		wait_until sh -c 'bash -c "exec 3<>/dev/tcp/127.0.0.1/18080; head -n 1 <&3" | grep -q served'
		find /sys/fs/cgroup -path "*$CT_CGROUP/*/cgroup.procs" -exec cat {} + | sort -u | xargs kill -KILL || :
		await $!
		ct-net down
	done
	for how in real by-hand; do	# the one has an address from the bottom, the other from the top
		read -r address <"$BATS_TEST_TMPDIR/$how"
		IFS=./ read -r a b c d _ <<<"$address"
		mac=$(printf '02:42:%02x:%02x:%02x:%02x' "$a" "$b" "$c" "$d")
		sed "s/${address%/*}/ADDRESS/; s/$mac/MAC/" "$BATS_TEST_TMPDIR/$how" >"$BATS_TEST_TMPDIR/$how.facts"
	done
	diff "$BATS_TEST_TMPDIR/real.facts" "$BATS_TEST_TMPDIR/by-hand.facts"
	grep -q '^default via .*\.0\.1 dev eth0' "$BATS_TEST_TMPDIR/by-hand"
	grep -qx MAC "$BATS_TEST_TMPDIR/real.facts"
	[ -z "$(nft list tables)" ]
}

# The rules and the forwarding of the host, without what differs between two containers.
filter_facts() {
	nft list ruleset | sed -E "s/${CT_SUBNET%.0.0/16}\.[0-9]+\.[0-9]+/ADDRESS/g; s/02:42:[0-9a-f:]+/MAC/g; s/${CT_BRIDGE}v[0-9a-f]+/LINK/g" |
		tr -s ' \t\n,' '\n' | sort
	for link in up0 up1 "$CT_BRIDGE"; do
		echo "$link $(cat "/proc/sys/net/ipv4/conf/$link/forwarding")"
	done
}

@test "a script makes the same rules as a run, on the same links, and takes them away" {
	ct-net down
	# One link leads to all other hosts, one to a single network.
	for i in 0 1; do
		ip link add up$i type veth peer name far$i
		echo 0 >/proc/sys/net/ipv4/conf/up$i/forwarding
		ip address add 192.0.2.$((i * 100 + 1))/28 dev up$i
		ip link set up$i up
	done
	ip route add default via 192.0.2.2
	for how in real by-hand; do
		mkfifo "$D/$how"
		set -- ct-run --rm -i -p 18081:80 "$img" sh -c 'echo up; read -r _'
		[ $how = real ] || {
			"$1" --dry-run "${@:2}" >"$D/script"
			set -- dash "$D/script"
		}
		"$@" <"$D/$how" >"$D/$how.out" 2>"$D/$how.err" &
		exec 7>"$D/$how"
		wait_until grep -q up "$D/$how.out"
		filter_facts >"$D/$how.facts"
		exec 7>&-
		await $!
		[ $how = by-hand ] || ct-net down
		[ -z "$(nft list tables)" ]
		[ "$(cat /proc/sys/net/ipv4/conf/up[01]/forwarding | xargs)" = '0 0' ]
		[ ! -e "/sys/class/net/$CT_BRIDGE" ]
	done
	diff "$D/real.facts" "$D/by-hand.facts"
	grep -qx 'up1 1' "$D/real.facts"
	ip link del up0
	ip link del up1
}

@test "the script of a run on another container's network does the same as the run" {
	c=$(ct-run -d --network none "$img" sleep 1000)
	facts >"$BATS_TEST_TMPDIR/before"
	ct-run --dry-run --network "container:$c" "$img" sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/user; id -u; ls /sys/class/net' >"$BATS_TEST_TMPDIR/script"
	run -0 dash "$BATS_TEST_TMPDIR/script"
	[ "${lines[0]}" = "$(ct-exec "$c" readlink /proc/self/ns/net)" ]
	[ "${lines[1]}" = "$(ct-exec "$c" readlink /proc/self/ns/user)" ]
	[ "${lines[2]}" = 0 ]
	[ "$(xargs <<<"${lines[*]:3}")" = lo ]
	run -1 grep -E '(^|[^a-z=-])ct( |-[a-z]+ )' "$BATS_TEST_TMPDIR/script"
	facts >"$BATS_TEST_TMPDIR/after"
	same_facts "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	ct-rm -f "$c"
}

@test "the script of a run with a read-only root does the same as the run" {
	same --network none -h web --read-only --tmpfs /tmp
}

@test "the script of a run with a name, an environment and a working directory does the same as the run" {
	same --network none -h box -w /var/tmp -e 'WORD=two words' -e "QUOTE='\"\$x" --dns 192.0.2.1 --add-host other:192.0.2.7 \
		-- /etc/hosts /etc/resolv.conf /etc/hostname
}

@test "the script of a run with the host's users does the same as the run" {
	same --network none -h web --userns host
}

@test "the script of a run with other capabilities does the same as the run" {
	same --network none -h web --cap-add NET_ADMIN --cap-drop CHOWN
	same --network none -h web --cap-drop ALL
}

@test "the script of a run with a device and resource limits does the same as the run" {
	same --network none -h web --device /dev/null:/dev/hole --ulimit nofile=100:200 -- /dev/hole
}

@test "the scripts of runs with an ID map of the user's and without a map do the same as the runs" {
	same --network none -h web --userns 0:1879048192:1,1:1879050000:2000
	same --network none -h web --userns unmapped
}

@test "the script of a run with --init ends with the same status" {
	ct-run --dry-run --network none --init "$img" sh -c 'echo out; exit 5' >"$BATS_TEST_TMPDIR/script"
	checked "$BATS_TEST_TMPDIR/script"
	grep -q '# approx' "$BATS_TEST_TMPDIR/script"
	run -5 dash "$BATS_TEST_TMPDIR/script"
	[ "$output" = out ]
}

@test "a script carries bytes unchanged and ends with 127 for a missing command" {
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	ct-run --dry-run --network none "$img" cat >"$BATS_TEST_TMPDIR/script"
	dash "$BATS_TEST_TMPDIR/script" <"$BATS_TEST_TMPDIR/data" | cmp - "$BATS_TEST_TMPDIR/data"
	ct-run --dry-run --network none "$img" no-such-command >"$BATS_TEST_TMPDIR/script"
	run -127 dash "$BATS_TEST_TMPDIR/script"
	ct-run --dry-run --network none "$img" sh -c 'kill -9 $$; sleep 1' >"$BATS_TEST_TMPDIR/script"
	dash "$BATS_TEST_TMPDIR/script"	# process 1 does not hear it
}

@test "a script that is ended by a signal removes everything it made" {
	gone() { facts >"$BATS_TEST_TMPDIR/after"; same_facts "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" 2>/dev/null; }
	up() { grep -q up "$BATS_TEST_TMPDIR/out"; }
	mounted() { find /sys/fs/cgroup -path "*$CT_CGROUP/by-hand-*" -name cgroup.procs -exec cat {} + | grep -q .; }
	facts >"$BATS_TEST_TMPDIR/before"
	# Another user's program, which hears nothing, has nothing to lose by it.
	ct-run --dry-run --network default -p 18081:80 -m 64m -u nobody -v kept:/kept "$img" \
		sh -c 'trap "" TERM INT HUP; echo up; while :; do sleep 0.05; done' >"$BATS_TEST_TMPDIR/script"
	for signal in 15:TERM 2:INT 1:HUP; do
		for when in 'test -d '"$CT_ROOT/by-hand-\$script" mounted up; do
			rm -f "$BATS_TEST_TMPDIR/out"
			env --default-signal dash "$BATS_TEST_TMPDIR/script" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &
			script=$!
			wait_until eval "$when"
			kill "-${signal#*:}" $script
			await $script
			echo "$signal $when $status"; cat "$BATS_TEST_TMPDIR/err"
			[ "$status" = $((128 + ${signal%:*})) ]
			wait_until gone
			run ! ls -d "$CT_ROOT"/by-hand-*
		done
	done
	ct-net down
}

@test "a script does not take over the published port of a container" {
	c=$(ct-run -d -p 18082:80 "$img" sleep 1000)
	nft list ruleset >"$BATS_TEST_TMPDIR/rules"
	ct-run --dry-run -p 18082:80 "$img" true >"$BATS_TEST_TMPDIR/script"
	run ! dash "$BATS_TEST_TMPDIR/script"
	nft list ruleset | diff "$BATS_TEST_TMPDIR/rules" -
	ct-rm -f "$c"
	ct-net down
}

@test "a script that fails at its first step removes nothing" {
	mkdir -p "$BATS_TEST_TMPDIR/mine/kept"
	ct-run --dry-run --network none "$img" true >"$BATS_TEST_TMPDIR/script"
	sed -i 's/^export home=.*/false/' "$BATS_TEST_TMPDIR/script"
	home=$BATS_TEST_TMPDIR/mine group=x made=x run -1 dash "$BATS_TEST_TMPDIR/script"
	[ -z "$output" ]
	[ -d "$BATS_TEST_TMPDIR/mine/kept" ]
}

@test "a script looks up the command in the container's PATH, its tools in the host's" {
	ct-run --dry-run --network none -e PATH=/no/such "$img" /bin/sh -c 'echo $PATH' >"$BATS_TEST_TMPDIR/script"
	[ "$(dash "$BATS_TEST_TMPDIR/script")" = /no/such ]
	umask 027
	[ "$(ct-run --dry-run --only uts -e 'word=two words' --rootfs / sh -c 'echo $word; umask; env | grep -e ^work= -e ^root= -e ^pwd=' |
		dash)" = $'two words\n0027' ]
}

@test "--dry-run changes nothing: it uses no id, pulls no image, brings up no store" {
	first=$(ct-run --only snapshot "$img")
	ct-run --dry-run "$img" true >"$BATS_TEST_TMPDIR/script"
	second=$(ct-run --only snapshot "$img")
	[ "${second#ps_}" = $((${first#ps_} + 1)) ]
	ct-rm "$first" "$second"
	run -125 ct-run --dry-run no-such-image true
	run -125 env CT_ROOT="$BATS_TEST_TMPDIR/none" ct-run --dry-run busybox true
	[ ! -e "$BATS_TEST_TMPDIR/none" ]
	[ ! -e "$BATS_TEST_TMPDIR/none.btrfs" ]
}

@test "steps without a standard tool are marked \"# approx\"" {
	ct-run --dry-run --network none "$img" true >"$BATS_TEST_TMPDIR/script"
	grep -q '# approx.*filter' "$BATS_TEST_TMPDIR/script"
	grep -q '# approx: in place of an idmapped mount' "$BATS_TEST_TMPDIR/script"
	[ "$(ct-run --dry-run --network none --userns host --privileged "$img" true | grep -c 'approx: ')" -le 2 ]
}

@test "quoted text in a script or in --explain cannot end its quotes or move the cursor" {
	D=$BATS_TEST_TMPDIR
	evil=$'\'"$(touch '"$D/out"$')`touch '"$D/out"$'`\nINSIDE\ntouch '"$D/out"$'\n\033[2J\xff;#'
	mkdir -p "$D/src$evil"
	echo data >"$D/src$evil/file"
	c=$(ct-run --only snapshot "$img")
	image=$(ct-commit -c "VOLUME $(jq -cn --arg a "/vol${evil//$'\xff'/}" '[$a]')" "$c")
	evil_run() {
		ct-run "$@" --rm --network none -h web -e "A=$evil" -e '-S touch=x' -e $'END=\n' -w "/w$evil" -v "$D/src$evil:/t$evil" \
			--tmpfs "/m$evil" "$image" sh -c 'env | sort; pwd; find /t* -type f -exec cat {} +; echo "$1"
				awk "{ print \$5 }" /proc/self/mountinfo | sort' sh "$evil"
	}
	evil_run >"$D/real"
	evil_run --dry-run >"$D/script"
	dash "$D/script" >"$D/by-hand"
	cmp "$D/real" "$D/by-hand"
	evil_run --explain >"$D/real" 2>"$D/said"
	cmp "$D/real" "$D/by-hand"
	run -1 env LC_ALL=C grep -P '[\x00-\x08\x0b-\x1f\x7f\xff]' "$D/script" "$D/said"
	[ ! -e "$D/out" ]
	ct-rm "$c" "$image"
}

@test "links of an image do not lead a script out of its root" {
	D=$BATS_TEST_TMPDIR
	mkdir -p "$D"/host/{vol,abs,etc} "$D/image$D"/host/{vol,abs,etc}
	echo secret >"$D/host/vol/secret"
	echo inner >"$D/image$D/host/vol/inner"
	cp -a "$busybox/." "$D/image"
	for link in vol abs etc; do
		rm -rf "$D/image/${link:?}"
		ln -s "$D/host/$link" "$D/image/$link"
	done
	ln -s "$D/host/new" "$D/image/new"
	ln -s ../../../../../../../../../.. "$D/image/up"
	c=$(ct-run --only snapshot "$(ct-init "$D/image")")
	image=$(ct-commit -c 'VOLUME ["/vol"]' -c "WORKDIR /up/$D/host/work" "$c")
	chmod 755 "$D/host"
	for how in '' --dry-run; do
		ct-run $how --rm --network none -v "$CT_TEST_DIR/shared:/abs/shared" -v kept:/abs/kept --tmpfs /abs/mem "$image" \
			sh -c 'ls /vol/ /up; cat /vol/inner; pwd; awk "{ print \$5 }" /proc/self/mountinfo | sort' >"$D/out$how"
	done
	dash "$D/out--dry-run" >"$D/by-hand"
	diff "$D/out" "$D/by-hand"
	grep -qx inner "$D/by-hand"
	ct-run --dry-run --network none --tmpfs /new/mem --device /dev/null:/new/null "$image" true >"$D/script"
	dash "$D/script" || :
	[ "$(cd "$D/host" && find . | sort | xargs)" = '. ./abs ./etc ./vol ./vol/secret' ]
}

@test "--dry-run prints a script for a bare run too" {
	ct-run --only uts,pid,mnt,proc -h box --rootfs / --dry-run sh -c 'echo $$; hostname; ps -e -o pid= -o comm=; :' >"$BATS_TEST_TMPDIR/script"
	checked "$BATS_TEST_TMPDIR/script"
	run -0 dash "$BATS_TEST_TMPDIR/script"
	[ "${lines[0]} ${lines[1]} ${#lines[@]}" = '1 box 4' ]
	ct-run --only user --userns 0:1000:1 --rootfs / --dry-run id -u >"$BATS_TEST_TMPDIR/script"
	checked "$BATS_TEST_TMPDIR/script"
	[ "$(setpriv --reuid 1000 --regid 1000 --clear-groups sh -c "TMPDIR=/tmp ct-run --only user --rootfs / --dry-run id -u | dash")" = 0 ]
}

@test "long words, paths and commands are broken into lines of at most 100 columns, and stay the same" {
	long=$(seq -s '' 100)
	ct-run --dry-run --network none -v "$CT_TEST_DIR/shared:/$long" -e "LONG='$(seq -s ' ' 100)" -w "/w$long" "$img" \
		sh -c 'echo "$LONG"; pwd; cat /"$1"/file' sh "$long" >"$BATS_TEST_TMPDIR/script"
	checked "$BATS_TEST_TMPDIR/script"
	run -0 dash "$BATS_TEST_TMPDIR/script"
	[ "$output" = "'$(seq -s ' ' 100)"$'\n'"/w$long"$'\ntheirs' ]
}
