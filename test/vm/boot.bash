# shellcheck shell=bash disable=SC2034 # the tests use what is set here
# Tools of boot1.bats, boot2.bats and boot3.bats, which run as root in a guest with systemd, without a sandbox:
# the guest is thrown away. $kept is a directory that all boots see.
bats_require_minimum_version 1.5.0
kept=/ct/kept
bin=/usr/lib/postgresql/15/bin

# wait_until COMMAND...: polls until the command succeeds; fails after 600 s, because the guest is emulated.
wait_until() {
	local end=$((SECONDS + 600))
	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "in vain: waited until $*" >&2
			return 1
		fi
		sleep 0.1
	done
}

# field COLUMN CONTAINER: one column of ct-ps.
field() {
	ct ps --no-header -o "$1" "$2"
}

# property NAME UNIT
property() {
	systemctl show --value -p "$1" "$2"
}

# serves PORT TEXT: a web server answers with the text on this port of the host.
serves() {
	[ "$(curl -sf --max-time 5 "http://127.0.0.1:$1/")" = "$2" ]
}

query() {
	ct exec -n -u postgres db psql -Atqc "$1"
}

# The addresses and ports of the containers that units start.
addresses() {
	ct ps --no-header -o name,id,ip,ports web site db | sort
}

# The containers of units run as they did before: addresses, published ports, volume.
all_back() {
	local unit
	for unit in ct@web ct@db ct-site; do
		wait_until systemctl is-active "$unit"
	done
	wait_until serves 8080 'page of web'
	wait_until serves 8081 'page of site'
	wait_until query 'select 1'
	diff "$kept/addresses" <(addresses) >&2
}

# What systemd and the containers have said lately, if the test has failed.
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || {
		systemctl --no-legend --all list-units 'ct*'
		journalctl -n 60 -o short-monotonic -u 'ct*'
	}
}
