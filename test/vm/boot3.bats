# Containers as units of systemd, after a reset.
# shellcheck disable=SC2154 # run sets output
load boot.bash

@test "the machine has booted again without a shutdown, and no unit has failed" {
	[ "$(cat /proc/sys/kernel/random/boot_id)" != "$(cat "$kept/boot_id")" ]
	systemctl is-system-running --wait || :
	[ -z "$(systemctl --failed --no-legend 'ct*')" ]
}

@test "containers of units are back with their addresses, ports and volumes" {
	all_back
	[ "$(query 'select boot from boots' | xargs)" = '1 2' ]
}

@test "ct-store.service has removed the dead containers of --rm, and no others" {
	run -1 ct ps gone
	[ "$(field status by-hand)" = dead ]
	[ "$(ct ps -r --no-header -o name | sort | xargs)" = 'db site web' ]
}

@test "when the units have stopped, the store goes down and nothing is left" {
	systemctl stop ct@web ct@db ct-site
	[ -z "$(ct ps -r -q)" ]
	ct net down
	ct store down
	run ! findmnt /var/lib/ct
	[ -z "$(ip link show type veth)" ]
	[ -z "$(losetup -n -O BACK-FILE)" ]
}
