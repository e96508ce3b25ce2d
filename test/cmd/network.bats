load helper
load lan

# Containers on networks, from the first packet to the last rule. The host here has an uplink to
# wan (192.0.2.2), which has no route to containers.
setup() {
	D=$BATS_TEST_TMPDIR
	busybox_image
	ct-net down
	uplink
}

teardown() {
	remove_containers
	lan_down
}

# NAME OPTION...: a container that can be asked from and served at like any `ns`.
contain() {
	local name=$1
	shift
	ct-run -d --name "$name" "$@" "$img" sleep 1000 >"$D/$name.id"
	ns_pid["$name"]=$(ct pid "$name")
}

address() {
	ct-ps --no-header -o ip "$1"
}

# OCTETS: an address of the default network.
at() {
	echo "${CT_SUBNET%.0.0/16}.$1"
}

# Prints the lines of a container's /etc/hosts about other containers.
others() {
	ct-exec "$1" grep -v -e localhost -e "$(cat "$D/$1.id")" /etc/hosts | sort | xargs
}

# A run

@test "a container has eth0 with an address, reaches the outside, and leaves nothing at its end" {
	ct-run "$img" true
	facts >"$D/before"
	serve wan 80
	contain web
	ip=$(address web)
	[[ $ip == "${CT_SUBNET%.0.0/16}".* ]]
	[ "$(ct-exec web ip -o -4 addr show eth0 | awk '{ print $4 }')" = "$ip/16" ]
	[ "$(ct-exec web ip route | awk '/^default/ { print $3, $5 }')" = "$(at 0.1) eth0" ]
	# shellcheck disable=SC2086 # four numbers
	[ "$(ct-exec web cat /sys/class/net/eth0/address)" = "$(printf '02:42:%02x:%02x:%02x:%02x' ${ip//./ })" ]
	ns web ip link show "veth1_$(cat "$D/web.id")"
	ip link show "veth0_$(cat "$D/web.id")" | grep "master $CT_BRIDGE"
	[ "$(ask web 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	[ "$(ask web 192.0.2.2 80 udp)" = "wan from 192.0.2.1" ]
	kill "${served[@]}"
	ct-rm -f web
	same_facts "$D/before" <(facts)
}

@test "users of a container ping and listen on any port without privileges" {
	contain web
	[ "$(nsenter -t "${ns_pid[web]}" -U -n -S 1000 -G 1000 /usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/lan.py" ping 192.0.2.2)" = 192.0.2.2 ]
	ct-exec -d -u 1000 web nc -l -p 80 -e true
	wait_until ct-exec web sh -c 'netstat -lnt | grep :80'
	[ "$(ct-run --network none --cap-drop ALL -u 1000 "$img" cat /proc/sys/net/ipv4/ping_group_range)" = $'0\t65535' ]
}

@test "the first container has the first address, and a restarted one keeps its address" {
	contain one
	contain two
	first=$(address one)
	[ "$first" != "$(address two)" ]
	ct-kill one
	ct-wait one
	[ -z "$(address one)" ]
	ct-start one
	[ "$(address one)" = "$first" ]
}

# CONTAINER [COMMAND...]: prints the container's name for ip netns. The command is put before ct-inspect.
netns() {
	basename "$("${@:2}" ct-inspect "$1" | jq -r '.[0].NetworkSettings.SandboxKey')"
}

@test "ip netns exec works on a running container and leaves nothing" {
	contain web
	name=$(netns web)
	[ "$(ip netns exec "$name" ip -o -4 addr show eth0 | awk '{ print $4 }')" = "$(address web)/16" ]
	contain alone --network none
	ip netns exec "$(netns alone)" ip link show lo
	# A name of another owner is left alone.
	rm "/run/netns/$name"
	echo mine >"/run/netns/$name"
	ct-kill web
	ct-wait web
	ct-start web
	ct-rm -f web alone
	[ "$(cat /run/netns/*)" = mine ]
	rm "/run/netns/$name"
}

@test "network namespaces of the default set are named after the id, those of other sets differ" {
	usual() {
		env -u CT_RUN CT_ROOT="$D/root" "$@"
	}
	usual ct-store up
	usual ct-init -n bb "$busybox"
	a=$(usual ct-run -d --network none bb sleep 1000)
	[ "$(netns "$a" usual)" = "$a" ]
	contain b --network none
	name=$(netns b)
	[[ $name =~ ^$(cat "$D/b.id")-[0-9a-f]{8}$ ]]
	ct-net connect --explain b 2>&1 | sed -n 's/^# same: //p' | sed ':a; /\\$/ { N; s/\\\n[[:space:]]*//; ta; }' >"$D/said"	# lines whole again
	grep -q " netns $name$" "$D/said"
	grep -q "ip netns exec $name ip " "$D/said"
	usual ct-rm -f "$a" bb
	usual ct-store down
}

@test "containers of two sets with the same id run side by side with host ids of their own" {
	sets() {
		CT_ROOT=$D/root$1 CT_RUN=$D/run$1 CT_CGROUP=$CT_CGROUP/$1 "${@:2}"
	}
	declare -A id range
	for n in 1 2 3; do
		sets $n ct-store up
		sets $n ct-init -n bb "$busybox"
		id[$n]=$(sets $n ct-run -d --network none bb sleep 1000)
		range[$n]=$(sets $n ct-exec "${id[$n]}" cat /proc/self/uid_map | xargs)
	done
	[ "${id[1]}${id[2]}" = "${id[2]}${id[3]}" ]
	[ "$(printf '%s\n' "${range[@]}" | sort -u | wc -l)" = 3 ]
	# A restarted container has the same range as before.
	sets 2 ct-kill "${id[2]}"
	sets 2 ct-wait "${id[2]}"
	sets 2 ct-start "${id[2]}"
	[ "$(sets 2 ct-exec "${id[2]}" cat /proc/self/uid_map | xargs)" = "${range[2]}" ]
	# ... unless another set has claimed it meanwhile.
	claim=$(grep -l "$D/run2/" /run/ct-userns/*)
	sets 2 ct-kill "${id[2]}"
	sets 2 ct-wait "${id[2]}"
	[ ! -e "$claim" ]
	stat -c '%d %i %n' "$D" >"$claim"
	sets 2 ct-start "${id[2]}"
	[ "$(sets 2 ct-exec "${id[2]}" cat /proc/self/uid_map | xargs)" != "${range[2]}" ]
	rm "$claim"
	for n in 1 2 3; do
		sets $n ct-rm -f "${id[$n]}" bb
		sets $n ct-store down
	done
	[ -z "$(ls -A /run/ct-userns)" ]
}

@test "without a usable network, one line says why and which option does without" {
	ip link add up1 type bridge
	ip addr add "$(at 7.1)/24" dev up1
	ip link set up1 up
	run ct-run "$img" true
	[ "$status" -eq 125 ]
	[ "$output" = "ct-run: network default: $CT_SUBNET: overlaps the host's route $(at 7.0)/24 of interface up1 (CT_SUBNET=... chooses another) (--network none does without)" ]
	run ct-run --network nosuch "$img" true
	[ "$status" -eq 125 ]
	[ "$output" = "ct-run: --network: nosuch: no such network ('ct net ls' lists them)" ]
	[ -z "$(find "$CT_RUN" -mindepth 1 ! -path "$CT_RUN/net")" ]
	ct-run --network none "$img" true
}

@test "a run fails if no address is free, and takes over the address of a dead container" {
	CT_SUBNET=10.9.0.0/30
	contain one
	[ "$(address one)" = 10.9.0.2 ]
	run ct-run "$img" true
	[ "$status" -eq 125 ]
	[ "$output" = "ct-run: network default: no free address in 10.9.0.0/30" ]
	kill -9 "$(sed -n 's/^supervisor=//p' "$CT_RUN/$(cat "$D/one.id")/state")"
	wait_until sh -c '[ "$(ct-ps --no-header -o status one)" != running ]'
	[ "$(ct-run "$img" ip -o -4 addr show eth0 | awk '{ print $4 }')" = 10.9.0.2/30 ]
	ct-rm one
}

@test "a container asks an outside resolver, and none on the host's loopback" {
	printf 'nameserver 127.0.0.53\nnameserver 192.0.2.2\n' >"$D/resolv.conf"
	mount --bind "$D/resolv.conf" /etc/resolv.conf
	(ns_exec="exec" ns wan /usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/lan.py" names 0.0.0.0 53 www.test=192.0.2.7 3>&-) &
	served+=("$!")
	wait_until ns wan sh -c 'ss -lnu | grep :53'
	[ "$(ct-run "$img" cat /etc/resolv.conf)" = "nameserver 192.0.2.2" ]
	ct-run "$img" nslookup -type=a www.test | grep -F 192.0.2.7
	# If only the host's loopback answers, the upstream servers of systemd-resolved are used.
	printf 'nameserver 127.0.0.53\noptions edns0\n' >"$D/resolv.conf"
	[ "$(ct-run "$img" cat /etc/resolv.conf)" = "options edns0" ]
	mkdir -p /run/systemd/resolve
	printf 'nameserver 2001:db8::1\nnameserver 192.0.2.2\nsearch test\n' >/run/systemd/resolve/resolv.conf
	[ "$(ct-run "$img" cat /etc/resolv.conf)" = $'nameserver 192.0.2.2\nsearch test' ]
	[ "$(ct-run --dns 192.0.2.3 "$img" cat /etc/resolv.conf)" = $'nameserver 192.0.2.3\nsearch test' ]
	rm -r /run/systemd
	# With --dns other servers are asked, and the names are searched as before.
	printf 'domain a.test\nnameserver 192.0.2.9\nsearch b.test\noptions ndots:2\n' >"$D/resolv.conf"
	[ "$(ct-run --dns 192.0.2.2 --dns 192.0.2.3 "$img" cat /etc/resolv.conf)" = \
		$'nameserver 192.0.2.2\nnameserver 192.0.2.3\ndomain a.test\nsearch b.test\noptions ndots:2' ]
	[ "$(ct-run --network host --dns 192.0.2.2 "$img" cat /etc/resolv.conf)" = \
		$'nameserver 192.0.2.2\ndomain a.test\nsearch b.test\noptions ndots:2' ]
	umount /etc/resolv.conf
	ct-run --dns 192.0.2.2 "$img" nslookup -type=a www.test | grep -F 192.0.2.7
}

@test "after the host became a router, the next run lifts ct's restrictions of links" {
	ns_make lan
	ns_link up1 198.51.100.1/24 lan 198.51.100.2/24
	ns lan ip route add default via 198.51.100.1
	ns wan ip route add 198.51.100.0/24 via 192.0.2.1
	serve lan 80
	contain web
	mute wan 198.51.100.2 80
	sysctl -q -w net.ipv4.ip_forward=1
	ct-run "$img" true
	[ "$(ask wan 198.51.100.2 80)" = "lan from 192.0.2.2" ]
}

# Ports

@test "a published port is reached from outside, the host, its loopback, neighbours and itself" {
	contain web -p 8080:80 -p 8080:80/udp
	contain other
	serve web 80
	for nf in 0 1; do
		bridge_nf $nf
		for protocol in tcp udp; do
			[ "$(ask wan 192.0.2.1 8080 $protocol)" = "web from 192.0.2.2" ]
			[[ "$(ask - 192.0.2.1 8080 $protocol)" == "web from "* ]]
			[ "$(ask - 127.0.0.1 8080 $protocol)" = "web from $(at 0.1)" ]
			[ "$(ask other 192.0.2.1 8080 $protocol)" = "web from $(at 0.1)" ]
			[ "$(ask web 192.0.2.1 8080 $protocol)" = "web from $(at 0.1)" ]
		done
	done
}

@test "a published port is not reachable more widely than asked" {
	ip addr add 192.0.2.3/24 dev up0
	contain web -p 127.0.0.1:8080:80 -p 192.0.2.3:8081:80
	contain other
	serve web 80
	serve - 90 127.0.0.1
	ns wan ip route add "$CT_SUBNET" via 192.0.2.1
	[ "$(ask - 127.0.0.1 8080)" = "web from $(at 0.1)" ]
	[ "$(ask wan 192.0.2.3 8081)" = "web from 192.0.2.2" ]
	mute wan 192.0.2.1 8080
	mute wan 192.0.2.1 8081
	mute wan "$(address web)" 80
	mute other "$(at 0.1)" 8080
	mute other "$(at 0.1)" 90
	mute - 127.0.0.1 8081
}

@test "ports are accepted in every form, and listed" {
	contain web -p 8001:81 -p 127.0.0.1:8002:82/udp -p 8010-8012:90-92 -p 127.0.0.1::83 -p 84/TCP
	serve web 92
	[ "$(ask wan 192.0.2.1 8012)" = "web from 192.0.2.2" ]
	run ct-ps --json web
	[[ $(jq -r '.ports | join(" ")' <<<"$output") =~ ^'0.0.0.0:8001->81/tcp 127.0.0.1:8002->82/udp 0.0.0.0:8010->90/tcp 0.0.0.0:8011->91/tcp 0.0.0.0:8012->92/tcp 127.0.0.1:'[0-9]+'->83/tcp 0.0.0.0:'[0-9]+'->84/tcp'$ ]]
	[ "$(jq -r .ip <<<"$output")" = "$(address web)" ]
	run ct-inspect web
	[ "$(jq -c '.[0].NetworkSettings | [.IPAddress, .Gateway, .IPPrefixLen, .Ports."82/udp", .Networks.default.MacAddress]' <<<"$output")" = \
		"[\"$(address web)\",\"$(at 0.1)\",16,[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8002\"}],\"$(ct-exec web cat /sys/class/net/eth0/address)\"]" ]
	for port in x 0:80 80:0 80:70000 1-2:3 2-1:2-1 a:80:80 80/icmp 1:2:3:4 ::80 300.0.0.1:1:1; do
		run ct-run -p "$port" "$img" true
		[ "$status" -eq 125 ]
		[[ $output == "ct-run: --publish: $port: not "* ]]
	done
	run ct-run -p 80 --network none "$img" true
	[ "$output" = "ct-run: --publish 80: needs a network, not --network none" ]
}

@test "a published port is held while the container runs, and free afterwards" {
	contain web -p 8080:80 -p 127.0.0.1:9090:80/udp
	run ct-run -p 8080:80 "$img" true
	[ "$status" -eq 125 ]
	[ "$output" = "ct-run: port 8080/tcp: Address already in use" ]
	run ! timeout 5 busybox nc -l -p 8080 -e true
	run ct-run -p 192.0.2.77:80:80 "$img" true
	[ "$output" = "ct-run: port 192.0.2.77:80/tcp: Cannot assign requested address" ]
	ct-kill web
	ct-wait web
	wait_until ct-run -p 8080:80 -p 127.0.0.1:9090:80/udp "$img" true
	serve - 8080
	run ct-run -p 8080:80 "$img" true
	[ "$output" = "ct-run: port 8080/tcp: Address already in use" ]
	run ct-start web
	[ "$output" = "ct-start: web: port 8080/tcp: Address already in use" ]
}

@test "a dead container's port can be reused, and removing that container keeps the new owner's port" {
	contain web -p 8080:80
	kill -9 "$(sed -n 's/^supervisor=//p' "$CT_RUN/$(cat "$D/web.id")/state")"
	wait_until sh -c '[ "$(ct-ps --no-header -o status web)" != running ]'
	contain next -p 8080:80
	serve next 80
	[ "$(ask wan 192.0.2.1 8080)" = "next from 192.0.2.2" ]
	ct-rm web
	[ "$(ask wan 192.0.2.1 8080)" = "next from 192.0.2.2" ]
}

# Names

@test "containers of a network resolve each other's names, also of later containers, until they end" {
	contain first
	contain second
	[ "$(others first)" = "$(address second) second" ]
	[ "$(others second)" = "$(address first) first" ]
	ct-run "$img" ping -c 1 -W 5 first >/dev/null
	ct-exec first ping -c 1 -W 5 second >/dev/null
	# A container without a name learns all names, and adds none.
	[ "$(ct-run --add-host mine:192.0.2.9 "$img" sh -c 'grep -c -e first -e second -e "192.0.2.9.mine" /etc/hosts')" = 3 ]
	ct-exec first sh -c 'printf "192.0.2.8 own" >>/etc/hosts'
	contain third
	[ "$(ct-exec first tail -n 2 /etc/hosts)" = "192.0.2.8 own"$'\n'"$(address third)	third" ]
	ct-rm -f second third
	[ "$(others first)" = "192.0.2.8 own" ]
	ct-net create web
	contain apart --network web
	[ -z "$(others apart)" ]
	[ "$(others first)" = "192.0.2.8 own" ]
	[ ! -s "$(ct path first)/etc/hosts" ]
}

@test "a container that blocks writes to its hosts file harms only itself" {
	contain bad
	contain good
	hosts=$(etc_of "$(cat "$D/bad.id")")/hosts
	/usr/bin/python3 -I -S - "$hosts" "$(stat -c %u "$hosts")" 3>&- <<-'END' >"$D/leased" &
		import fcntl, os, signal, sys
		fd = os.open(sys.argv[1], os.O_RDONLY)
		os.setuid(int(sys.argv[2]))
		fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
		print("yes", flush=True)
		signal.signal(signal.SIGIO, signal.SIG_IGN)
		signal.pause()
	END
	served+=("$!")
	wait_until grep yes "$D/leased"
	contain late
	[ "$(others good | wc -w)" = 4 ]
	[ "$(others bad)" = "$(address good) good" ]
	ct-rm -f late
	[ "$(others good)" = "$(address bad) bad" ]
}

@test "a container's files of /etc have a bounded size, and filling them harms no other container" {
	contain full
	contain good
	for file in hosts hostname resolv.conf; do
		run -1 ct-exec full dd if=/dev/zero of="/etc/$file" bs=1M count=100
		[[ $output == *"No space left on device"* ]]
	done
	# ct-store(5): 2 MiB, of which the directory takes none.
	[ "$(ct-exec full stat -c %s /etc/hosts /etc/hostname /etc/resolv.conf | awk '{ n += $1 } END { print n }')" -le $((2 << 20)) ]
	[ "$(du -s --apparent-size -B1 "$CT_RUN" | cut -f 1)" -lt $((1 << 20)) ]
	contain late
	[ "$(others good)" = "$(printf '%s\n' "$(address full) full" "$(address late) late" | sort | xargs)" ]
	[ "$(others late)" = "$(printf '%s\n' "$(address full) full" "$(address good) good" | sort | xargs)" ]
	# With free space again it learns new names like the others.
	ct-exec full sh -c ': >/etc/hosts; : >/etc/hostname; : >/etc/resolv.conf'
	contain last
	ct-exec full grep -qx "$(address last)	last" /etc/hosts
	ct-rm -f full good late last
}

@test "containers of an older ct, with files of /etc in CT_RUN, learn the names of new ones" {
	contain old
	local old
	old=$(cat "$D/old.id")
	cp -p "$(etc_of "$old")"/* "$CT_RUN/$old/"
	rm "$CT_RUN/$old/etc"
	contain new
	grep -x "$(address new)	new" "$CT_RUN/$old/hosts"
	ct-cp old:/etc/hosts "$D/hosts"
	cmp "$D/hosts" "$CT_RUN/$old/hosts"
	ct-rm -f new
	run ! grep new "$CT_RUN/$old/hosts"
	ct-rm -f old
}

# Networks by name

@test "containers on different networks do not reach each other, even by way of the host" {
	ct-net create web
	contain one
	contain two --network web
	serve one 80
	serve two 80
	serve wan 80
	[ "$(ask two 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	for nf in 0 1; do
		bridge_nf $nf
		mute one "$(address two)" 80
		mute two "$(address one)" 80
	done
}

@test "an internal network does not reach the outside, containers of an isolated one do not reach each other" {
	ct-net create --internal inside
	ct-net create --isolated alone
	contain in1 --network inside
	contain in2 --network inside
	contain al1 --network alone
	contain al2 --network alone
	serve wan 80
	serve in2 80
	serve al2 80
	[ "$(ask in1 "$(address in2)" 80)" = "in2 from $(address in1)" ]
	mute in1 192.0.2.2 80
	[ "$(ask al1 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	mute al1 "$(address al2)" 80
}

@test "the same addresses in two sets of networks do not conflict" {
	contain one
	serve one 80
	ns_make elsewhere
	ns_link up2 198.51.100.1/24 elsewhere 198.51.100.2/24
	ns elsewhere env CT_RUN="$D/run2" ct-net up
	c=$(ns elsewhere env CT_RUN="$D/run2" CT_ROOT="$CT_ROOT" ct-run -d "$img" sleep 1000)
	ns_pid[two]=$(sed -n 's/^pid=//p' "$D/run2/$c/state")
	serve two 80
	[ "$(ns two ip -o -4 addr show eth0 | awk '{ print $4 }' | cut -d. -f1,2)" = "$(at 0 | cut -d. -f1,2)" ]
	mute one "$(ns two ip -o -4 addr show eth0 | awk '{ sub("/.*", "", $4); print $4 }')" 80
	ns elsewhere env CT_RUN="$D/run2" ct-rm -f "$c"
	ns elsewhere env CT_RUN="$D/run2" ct-net down
}

@test "a container that forges another's address changes nothing for the host and its neighbours" {
	contain bad --cap-add NET_ADMIN --cap-add NET_RAW
	contain good
	serve good 80
	mac=$(ct-exec bad cat /sys/class/net/eth0/address)
	gateway=$(ip -o link show "$CT_BRIDGE" | sed 's/.*ether \([^ ]*\).*/\1/')
	ask - "$(address good)" 80
	ask good "$(at 0.1)" 80 || true
	forge bad "$mac" "$(at 0.1)" "$(address good)"
	forge bad "$mac" "$(address good)" "$(at 0.1)"
	[ "$(ns good ip neigh show "$(at 0.1)" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')" = "$gateway" ]
	[ "$(ask - "$(address good)" 80)" = "good from $(at 0.1)" ]
	ct-exec bad ip addr add "$(at 99.99)/16" dev eth0
	run ! ns bad ping -q -c 1 -W 0.3 -I "$(at 99.99)" 192.0.2.2
}

# Another container's network

@test "--network container:ID shares that container's network, ID map, names and loopback" {
	contain web
	serve web 80 127.0.0.1
	c=$(ct-run -d --network container:web "$img" sleep 1000)
	ns_pid[beside]=$(ct pid "$c")
	[ "$(ask beside 127.0.0.1 80)" = "web from 127.0.0.1" ]
	[ "$(ct-exec "$c" sh -c 'readlink /proc/self/ns/net /proc/self/ns/user; cat /proc/self/uid_map /etc/hosts; touch /x; stat -c %u /x')" = \
		"$(ct-exec web sh -c 'readlink /proc/self/ns/net /proc/self/ns/user; cat /proc/self/uid_map /etc/hosts; echo 0')" ]
	[ "$(ct-exec "$c" cat /proc/1/comm)" = sleep ]
	contain later
	ct-exec "$c" grep -q later /etc/hosts
	ct-exec "$c" sh -c 'echo 192.0.2.8 beside >>/etc/hosts'
	ct-exec web grep -qx '192.0.2.8 beside' /etc/hosts
	[ "$(ct-cp "$c:/etc/hosts" - | tar xO)" = "$(ct-exec web cat /etc/hosts)" ]
	[ "$(ct-exec "$c" cat /etc/hostname)" = "$c" ]
	run ct-run --network "container:$c" "$img" true
	[ "$output" = "ct-run: --network container:$c: it is itself on the network of web" ]
	run ct-run --network container:nosuch "$img" true
	[ "$output" = "ct-run: --network container: nosuch: no such container" ]
	contain host --network host
	run ct-run --network container:host "$img" true
	[ "$output" = "ct-run: $(cat "$D/host.id"): is on the host's own network (--network host)" ]
	# Where the user mounted something over one of the files, it is a copy of the container's own.
	echo '192.0.2.7 mine' >"$D/mine"
	contain covered -v "$D/mine:/etc/hosts" --dns 192.0.2.3
	run -0 ct-run --network container:covered "$img" cat /etc/hosts /etc/resolv.conf
	[[ $output == *"$(address covered)	$(cat "$D/covered.id") covered"* ]]
	[[ $output == *"nameserver 192.0.2.3"* && $output != *mine* ]]
	ct-rm -f covered
	# The host ids are held as long as one of the two lives.
	slot=$(readlink "$CT_RUN/$c/userns")
	ct-rm -f web
	grep -x ".* $CT_RUN/$c" "/run/ct-userns/$slot"
	[ "$(ct-exec "$c" ip -o link | wc -l)" = 1 ]
	ct-rm -f "$c" later host
	[ -z "$(find "$CT_RUN" -maxdepth 1 -name 'ps_*')$(ls -A /run/ct-userns)" ]
}

@test "a first process on another container's network that cannot be watched is ended, and the run fails" {
	type strace || skip 'strace is not installed'
	[ "$B" = "${B%asan}" ] || skip 'the sanitizers do not run below strace'
	c=$(ct-run -d --network none "$img" sleep 1000)
	run -125 timeout -k 1 60 strace -qq -o /dev/null -e inject=pidfd_open:error=EMFILE:when=1 \
		ct-run --network "container:$c" "$img" sleep 1000
	[ "$output" = 'ct-run: a process in new namespaces: Too many open files' ]
	[ "$(ct-ps -q)" = "$c" ]
}

@test "a container whose network another one uses is not removed, and the error names the user" {
	contain web
	c=$(ct-run -d --network container:web "$img" sleep 1000)
	run ct-rm web
	[ "$status" -eq 1 ]
	[ "$output" = "ct-rm: web: its network is used by $c ('ct rm -f' removes it anyway)" ]
	ct-kill web
	ct-wait web
	run ct prune
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run ct-rm "$(cat "$D/web.id")"
	[ "$status" -eq 1 ]
	[[ $output == "ct-rm: $(cat "$D/web.id"): its network is used by $c "* ]]
	# An ended container can be started again, so it still uses the network.
	ct-kill "$c"
	ct-wait "$c"
	run ct-rm web
	[ "$status" -eq 1 ]
	ct-rm "$c" web
	[ -z "$(ct-ps -q)" ]
}

# Changes of a running container

@test "ct-net publish and unpublish change the ports of a running container" {
	contain web
	serve web 80
	mute wan 192.0.2.1 8080
	[ "$(ct-net publish web 8080:80)" = 8080/tcp ]
	[ "$(ask wan 192.0.2.1 8080)" = "web from 192.0.2.2" ]
	run ! timeout 5 busybox nc -l -p 8080 -e true
	[ "$(ct-ps --json web | jq -r '.ports[]')" = '0.0.0.0:8080->80/tcp' ]
	run ct-net publish web 8080:81
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: port 8080/tcp: Address already in use" ]
	port=$(ct-net publish web 127.0.0.1::80)
	[ "$(ask - 127.0.0.1 "$(cut -d: -f2 <<<"${port%/tcp}")")" = "web from $(at 0.1)" ]
	ct-net publish web 8081-8082:80-81/udp
	ct-net unpublish web 8080 "$port" 8081-8082/udp
	mute wan 192.0.2.1 8080
	[ "$(ct-ps --json web | jq -c .ports)" = '[]' ]
	run ct-net unpublish web 8080
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: 8080: web: no such port is published" ]
	ct-run -p 8080:80 "$img" true
	contain alone --network none
	run ct-net publish alone 80:80
	[ "$output" = "ct-net: alone: not connected to a network that can be reached from outside" ]
}

@test "connect after disconnect publishes the ports again, except unpublished ones" {
	ct-net create web
	contain one -p 8080:80 -p 127.0.0.1::81 -p 8053:53/udp
	ct-net publish one 8082:82
	serve one 80
	serve one 82
	before=$(ct-ps --json one | jq -c .ports)
	mac=$(ct-exec one cat /sys/class/net/eth0/address)
	ct-net disconnect one
	[ "$(ct-ps --json one | jq -c .ports)" = '[]' ]
	mute wan 192.0.2.1 8080
	ct-net connect one
	[ "$(ct-exec one cat /sys/class/net/eth0/address)" = "$mac" ]
	[ "$(ct-ps --json one | jq -c .ports)" = "$before" ]
	[ "$(ask wan 192.0.2.1 8080)" = "one from 192.0.2.2" ]
	run ! timeout 5 busybox nc -l -p 8080 -e true
	# On whichever network it is next, and not those that were taken back.
	ct-net disconnect one
	ct-net unpublish one 8080
	run ct-net unpublish one 8080
	[ "$output" = "ct-net: 8080: one: no such port is published" ]
	ct-net connect --network web one
	mute wan 192.0.2.1 8080
	[ "$(ask wan 192.0.2.1 8082)" = "one from 192.0.2.2" ]
	[ "$(ct-ps --json one | jq -r '.ports | length')" = 3 ]
	ct-rm -f one
	ct-run -p 8082:80 "$img" true
}

@test "connect names a port that was taken meanwhile, and the container stays disconnected" {
	contain one -p 8080:80 -p 8081:80
	ct-net disconnect one
	contain two -p 8081:80
	run ct-net connect one
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: port 8081/tcp: Address already in use" ]
	[ -z "$(address one)" ]
	run ! ct-exec one ip link show eth0
	ct-rm -f two
	ct-net connect one
	[ "$(ct-ps --json one | jq -r '.ports | join(" ")')" = "0.0.0.0:8080->80/tcp 0.0.0.0:8081->80/tcp" ]
}

@test "ct-net connect and disconnect change the networks of a running container" {
	ct-net create web
	contain one
	contain two --network web
	contain none --network none
	serve wan 80
	serve two 80
	ct-net connect --network web one
	[ "$(ask one "$(address two)" 80)" = "two from $(ct-exec one ip -o -4 addr show eth1 | awk '{ sub("/.*", "", $4); print $4 }')" ]
	ct-exec one grep -q two /etc/hosts
	ct-exec two grep -q one /etc/hosts
	run ct-net connect --network web one
	[ "$output" = "ct-net: one: already connected to network web" ]
	run ct-net disconnect one
	[ "$output" = "ct-net: one: connected to several networks (choose one with --network)" ]
	ct-net publish one 8080:80
	ct-net disconnect --network default one
	[ "$(ct-ps --json one | jq -c .ports)" = '[]' ]
	[ "$(ask one 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	ct-net disconnect one
	[ "$(ct-exec one ip -o link | wc -l)" = 1 ]
	run ! ct-exec two grep -q one /etc/hosts
	run ct-net disconnect one
	[ "$output" = "ct-net: one: not connected to any network" ]
	ct-net connect none
	[ "$(ask none 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	contain host --network host
	run ct-net connect host
	[ "$output" = "ct-net: host: uses the host's network" ]
	ct-kill two
	ct-wait two
	run ct-net connect two
	[ "$output" = "ct-net: two: not running" ]
}

@test "each step of ct-net works alone, and together the steps make a network" {
	contain web --network none
	serve wan 80
	run ct-net pair web
	[ "$output" = "ct-net: network default: no bridge ('ct-net bridge' makes it)" ]
	ct-net bridge
	ip -o -4 addr show "$CT_BRIDGE" | grep -F "$(at 0.1)/16"
	run ct-net address web
	[ "$output" = "ct-net: web: no veth pair ('ct-net pair' makes it)" ]
	ct-net pair web
	[ -z "$(ct-exec web ip -o -4 addr show eth0)" ]
	ct-net address web
	[ "$(ct-exec web ip route | grep -c default)" = 0 ]
	ct-exec web ping -c 1 -W 5 "$(at 0.1)"
	ct-net route web
	mute web 192.0.2.2 80
	ct-net nat
	[ "$(ask web 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	contain other
	[ "$(others other)" = "$(address web) web" ]
}

@test "--explain prints for each step shell that does the same" {
	contain web --network none
	serve wan 80
	for step in bridge 'pair web' 'address web' 'route web' nat; do
		# shellcheck disable=SC2086 # a word or two
		ct-net ${step% *} --explain ${step#"${step% *}"} 2>&1 | sed -n 's/^# same: //p' >>"$D/script"
	done
	ct-net publish --explain web 8080:80 2>&1 | sed -n 's/^# same: //p' >>"$D/publish"
	[ "$(ask web 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	ct-net down -f
	mute web 192.0.2.2 80
	# Errors of the shell are reported, too.
	run dash -e "$D/script"
	[ "$status" -eq 0 ]
	[ "$(ask web 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	serve web 80
	mute wan 192.0.2.1 8080
	dash -e "$D/publish"
	[ "$(ask wan 192.0.2.1 8080)" = "web from 192.0.2.2" ]
	ip link del "$CT_BRIDGE"
	nft flush ruleset
}

@test "ct-net down refuses while containers are on a network; -f disconnects them with a message" {
	contain web -p 8080:80
	read -r id <"$D/web.id"
	run ct-net down
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: network default: $id is on it" ]
	run ct-net down -f
	[ "$status" -eq 0 ]
	[ "$output" = "ct-net: $id: disconnected from network default" ]
	[ "$(ct-exec web ip -o link | wc -l)" = 1 ]
	run ! ip link show "$CT_BRIDGE"
	[ -z "$(nft list ruleset)" ]
	ct-net connect web
	ct-exec web ping -c 1 -W 5 192.0.2.2
}

@test "a port that a killed ct-net publish left can be published again" {
	contain web
	flock -F "$CT_RUN/net" sleep 1000 3>&- &
	served+=("$!")
	wait_until grep "FLOCK.* $! " /proc/locks
	ct-net publish web 8080-8082:80-82 3>&- &
	wait_until grep -e "-> FLOCK.* $! " /proc/locks
	kill -9 "$!"
	kill "${served[0]}"
	await "${served[0]}"
	served=()
	run ct-run -p 8082:80 "$img" true
	[ "$output" = "ct-run: port 8082/tcp: Address already in use" ]
	[ "$(ct-net publish web 8080-8082:80-82 | wc -l)" = 3 ]
	# A second attempt does not release a recorded port.
	run ct-net publish web 8082-8083:82-83
	[ "$output" = "ct-net: port 8082/tcp: Address already in use" ]
	run ct-run -p 8082:80 "$img" true
	[ "$output" = "ct-run: port 8082/tcp: Address already in use" ]
}

@test "ct-net publish restores flushed rules" {
	contain web -p 8080:80
	serve web 80
	nft flush ruleset
	ct-net publish web 8081:80
	for port in 8080 8081; do
		[ "$(ask wan 192.0.2.1 $port)" = "web from 192.0.2.2" ]
	done
}

@test "the next run restores flushed rules" {
	contain web -p 8080:80
	serve web 80
	nft flush ruleset
	mute wan 192.0.2.1 8080
	ct-run "$img" true
	[ "$(ask wan 192.0.2.1 8080)" = "web from 192.0.2.2" ]
}

@test "two hundred concurrent runs have different addresses and leave nothing, even if a third of the supervisors are killed" {
	ct-net up
	facts >"$D/before"
	runs=()
	for i in $(seq 200); do
		ct-run -d -p "$((3000 + i)):80" "$img" sleep 1000 >"$D/o.$i" 2>"$D/e.$i" &
		runs+=("$!")
	done
	wait "${runs[@]}"
	[ -z "$(cat "$D"/e.*)" ]
	[ "$(ct-ps -r --no-header -o ip | sort -u | wc -l)" -eq 200 ]
	i=0
	for state in "$CT_RUN"/ps_*/state; do
		((++i % 3)) && continue
		# Kills the supervisor alone, or its first process at the same time.
		victims=("$(sed -n 's/^supervisor=//p' "$state")")
		((i % 2)) || victims+=("$(sed -n 's/^pid=//p' "$state")")
		kill -9 "${victims[@]}"
	done
	wait_until sh -c '[ "$(ct-ps -r -q | wc -l)" -eq 134 ]'
	ct-ps -q | ct-rm -f -
	same_facts "$D/before" <(facts)
}
