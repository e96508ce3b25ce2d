# Containers as units of systemd, after an orderly reboot.
# shellcheck disable=SC2154 # run sets output
load boot.bash

@test "the machine has booted again, and no unit has failed" {
	[ "$(cat /proc/sys/kernel/random/boot_id)" != "$(cat "$kept/boot_id")" ]
	systemctl is-system-running --wait || :
	[ -z "$(systemctl --failed --no-legend 'ct*')" ]
	[ "$(property ActiveState ct-store)" = active ]
}

@test "containers of units are back with their addresses, ports and volumes" {
	all_back
	[ "$(query 'select boot from boots')" = 1 ]
}

# The journal of the shutdown.
shutdown() {
	journalctl -b -1 | sed '1,/the tests have ended/d'
}

@test "the shutdown stopped them in time, and the database in its own way" {
	shutdown | grep 'database system is shut down'
	run ! grep -E 'ct[@-][a-z]*\.service: .*(timed out|Failed with)' <(shutdown)
}

@test "the shutdown does not try to unmount the store of running containers" {
	shutdown | grep 'var-lib-ct' || :
	run ! grep -E 'Failed unmounting.*/var/lib/ct' <(shutdown)
}

@test "a container without a unit does not run, and starts again by hand, with its volume" {
	[ "$(ct ps -r --no-header -o name | sort | xargs)" = 'db site web' ]
	ct start by-hand
	wait_until sh -c "[ \$(ct exec -n by-hand cat /data/lines | wc -l) = 2 ]"
}

# What the next boot expects.
@test "a row is committed and containers run at the reset" {
	query 'insert into boots values (2)'
	ct run -d --rm --name gone web sleep 100000
	cat /proc/sys/kernel/random/boot_id >"$kept/boot_id"
}
