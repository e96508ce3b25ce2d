# shellcheck disable=SC2004,SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# A container sends frames with the IPv4 address or the hardware address of another one, or of the gateway: the answers
# to them, and the trust in them, are for that one. (arp_spoofing.bats forges ARP, VLAN tags and LLC.)
load attack
load ../cmd/lan

setup() {
	busybox_setup
	for name in bad good; do
		ct-run -d --name $name "$img" sleep 1000 >"$D/$name.id"
		ns_pid[$name]=$(ct pid $name)
	done
	gateway=${CT_SUBNET%.0.0/16}.0.1
	mine=$(ct-ps --no-header -o ip bad)
	good=$(ct-ps --no-header -o ip good)
	listener=
}

teardown() {
	[ -z "$listener" ] || kill "$listener"
	remove_containers
}

# Prints what arrives at `good`: the payloads of frames that the function send has made.
listen() {
	nsenter -t "${ns_pid[good]}" -n timeout 100 python3 -c '
import re, socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("eth0", 0)); print("listening", flush=True)
while True:
    for word in re.findall(rb"<(\w+)>", s.recv(2000)): print(word.decode(), flush=True)' >"$D/heard" 3>&- &
	listener=$!
	wait_until grep -q listening "$D/heard"
}

# send [MAC ADDRESS TO WORD]...: `bad` sends UDP packets with WORD from ADDRESS, in frames from MAC to the hardware
# address TO, and then an honest packet with the word honest. MAC: "-" is the own one; a VLAN tag may follow the MAC.
send() {
	nsenter -t "${ns_pid[bad]}" -n python3 -c '
import socket, struct, sys
mine, good, *what = sys.argv[1:]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); s.bind(("eth0", 0))
own = s.getsockname()[4]
def checksum(b):
    n = sum(struct.unpack("!%dH" % (len(b) // 2), b)); n = (n & 0xffff) + (n >> 16)
    return ~(n + (n >> 16)) & 0xffff
for mac, address, to, word in zip(*[iter(what + ["-", mine, "ff:ff:ff:ff:ff:ff", "honest"])] * 4):
    text = b"<" + word.encode() + b">" * 40
    udp = struct.pack("!4H", 9, 9, 8 + len(text), 0) + text
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(address), socket.inet_aton(good))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    source = own if mac == "-" else bytes.fromhex(mac.replace(":", ""))
    s.send(bytes.fromhex(to.replace(":", "")) + source + b"\x08\x00" + ip + udp)' "$mine" "$good" "$@"
}

# The forged frames: the words are what is forged in them.
forgeries() {
	local all=ff:ff:ff:ff:ff:ff own
	own=$(ct-exec bad cat /sys/class/net/eth0/address)
	send - "$gateway" "$all" gateway - "$good" "$all" neighbour - 192.0.2.7 "$all" outside - 127.0.0.1 "$all" loopback \
		02:00:00:00:00:07 "$mine" "$all" unknown_mac \
		"$(ct-exec good cat /sys/class/net/eth0/address)" "$mine" "$all" mac_of_neighbour \
		"$(cat "/sys/class/net/$CT_BRIDGE/address")" "$mine" "$all" mac_of_gateway \
		"$own:81:00:00:01" "$mine" "$all" vlan "$own:88:a8:00:01" "$mine" "$all" provider_vlan
}

@test "a neighbour hears no frame with an address that is not the sender's" {
	listen
	forgeries
	wait_until grep -q honest "$D/heard"
	run cat "$D/heard"
	[ "$output" = $'listening\nhonest' ]
}

@test "without protection (no rules on the bridge): the neighbour hears all of them" {
	nft delete table bridge "ct_$CT_BRIDGE"
	listen
	heard() {
		forgeries
		[ "$(grep -vx listening "$D/heard" | sort -u | wc -l)" = 10 ]
	}
	wait_until heard
	ct-net up
}
