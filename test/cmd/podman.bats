# podman with ct-oci as its runtime: every command does what it does with crun. Each test is a function
# that runs podman with one of them and prints what it sees; `alike` runs the function with both and
# compares. podman's images, state and locks are the test's own.
# shellcheck disable=SC2016,SC2317 # programs for shells inside; `alike` calls the functions
load helper
load engines

# Without CAP_SYS_RESOURCE the limits that podman chooses could not be raised.
config() {
	cat <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
		[engine]
		runtime = "ct-oci"
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		lock_type = "file"
		infra_image = "localhost/pause"
		static_dir = "$engine/libpod"
		volume_path = "$engine/volumes"
		stop_timeout = 1
		[engine.runtimes]
		ct-oci = ["$B/ct-oci"]
	END
}

setup_file() {
	sandbox_up
	engine=$CT_TEST_DIR/podman
	mkdir "$engine"
	config >"$engine/containers.conf"
	# crun refuses a host that has cgroup v1 and v2 side by side. podman makes directories there.
	! mountpoint -q /sys/fs/cgroup/unified || {
		umount /sys/fs/cgroup/unified
		mount -t tmpfs tmpfs /sys/fs/cgroup/unified
		touch "$engine/hybrid"
	}
	ls -d /sys/fs/cgroup/{,pids/}libpod_parent >"$engine/parents" 2>/dev/null || :
	podman_setup
	"$CT_TESTS/busybox" "$CT_TEST_DIR/busybox"
	tar -C "$CT_TEST_DIR/busybox" -c . | p import -q - busybox
	tar -C "$CT_TEST_DIR/busybox" -c . | p import -q -c 'CMD ["sleep", "1000"]' - pause
}

teardown_file() {
	podman_setup
	p rmi -af >/dev/null
	[ ! -e "$engine/hybrid" ] || umount /sys/fs/cgroup/unified
	# Of conmon, and of kube play, which has no option for it.
	[ -s "$engine/parents" ] || remove_groups libpod_parent
	remove_groups "${CT_CGROUP#/}"
	sandbox_down
}

remove_groups() {
	find /sys/fs/cgroup -depth -type d -path "/sys/fs/cgroup*/$1*" -exec rmdir {} + 2>/dev/null || :
}

setup() {
	podman_setup
	D=$BATS_TEST_TMPDIR
	cd "$D" || return	# where conmon makes a file when a container has too little memory
}

teardown() {
	p pod rm -af -t 0 >/dev/null
	p rm -af -t 0 >/dev/null
	p volume prune -f >/dev/null
}

podman_setup() {
	engine=$CT_TEST_DIR/podman
	export CONTAINERS_CONF=$engine/containers.conf
	# The timers of health checks are systemd's.
	export DISABLE_HC_SYSTEMD=true PODMAN_IGNORE_CGROUPSV1_WARNING=1
	runtime=ct-oci other=crun
}

# p ARGUMENT...: podman. Prints the status as a last line if it is not 0.
p() {
	local status=0
	timeout 180 podman --root "$engine/root" --runroot "$engine/run" --tmpdir "$engine/tmp" \
		--storage-driver vfs --runtime "$runtime" "$@" || status=$?
	[ "$status" = 0 ] || echo "status $status"
}

# p_ok ARGUMENT...: whether podman ends with status 0.
p_ok() {
	! p "$@" | grep -q '^status '
}

# p_run ARGUMENT...: podman run, without a network.
p_run() {
	p run --network none --cgroup-parent "$CT_CGROUP" "$@"
}

# p_back NAME ARGUMENT...: podman run -d.
p_back() {
	p_run -d --name "$@" >/dev/null
}

# logged TEXT: waits until the container c has printed it.
logged() {
	wait_until logs_have "$1"
}

logs_have() {
	p logs c 2>&1 | grep -q -- "$1"
}

@test "run has the output and the status of the program" {
	steps() {
		p_run --rm busybox echo hello
		p_run --rm busybox sh -c 'echo out; echo err >&2; exit 7' 2>&1 | sort
		echo data | p_run --rm -i busybox cat
		p_run --rm busybox /etc/passwd 2>/dev/null
		p_run --rm busybox /none 2>/dev/null
		p_run --rm -w /tmp -e A=b -h name busybox sh -c 'pwd; echo $A; hostname'
		p_run --rm --workdir /new busybox pwd
		p_run --rm --entrypoint /bin/echo busybox entry
	}
	alike steps
	printed hello out err 'status 7' data 'status 126' 'status 127' /tmp b name entry
}

@test "a container has the mounts, devices and limits that crun gives it" {
	steps() {
		p_run --rm busybox sh -c 'cut -d " " -f 2,3 /proc/mounts | grep -v /unified | sort'
		p_run --rm busybox sh -c 'cd /dev; for f in *; do [ -L "$f" ] && readlink "$f" || stat -c "%n %F %a %t %T" "$f"; done'
		p_run --rm --device /dev/loop-control:/dev/mine busybox stat -c '%F %a %t %T' /dev/mine
		p_run --rm --ulimit core=0:0 --ulimit nofile=100:200 --ulimit nproc=1024:1024 busybox sh -c 'ulimit -c; ulimit -n; ulimit -Hn'
		p_run --rm --sysctl kernel.msgmax=4096 busybox cat /proc/sys/kernel/msgmax
		p_run --rm --oom-score-adj 100 --umask 077 busybox sh -c 'cat /proc/self/oom_score_adj; umask'
		p_run --rm --tmpfs /t:size=1m,mode=1777 --shm-size 1m busybox sh -c 'df -k /t /dev/shm | sed 1d'
		p_run --rm --uts host --ipc host --pid host busybox sh -c 'for n in uts ipc pid; do readlink /proc/self/ns/$n; done'
	}
	alike steps
	printed 'null character special file 666 1 3' 100 200 4096 0077
}

@test "a terminal is given to run and exec" {
	steps() {
		p_run --rm -t busybox sh -c 'test -t 0 && test -t 1 && test -t 2 && tty'
		p_back c -t busybox sleep 1000
		p exec -t c sh -c 'test -t 1 && echo terminal'
		run_tty size:33x77 'wait:# ' 'type:stty size\r' 'wait:33 77' 'type:exit 5\r' -- \
			podman --root "$engine/root" --runroot "$engine/run" --tmpdir "$engine/tmp" --storage-driver vfs \
			--runtime "$runtime" run --network none --cgroup-parent "$CT_CGROUP" --rm -it busybox sh >/dev/null || echo "shell $?"
	}
	alike steps
	printed $'/dev/pts/0\r' $'terminal\r' 'shell 5'
}

@test "exec runs other programs in a container" {
	steps() {
		p_back c -e A=b --workdir /tmp busybox sleep 1000
		p exec c sh -c 'pwd; echo $A; exit 3'
		p exec -e A=c -w /etc c sh -c 'pwd; echo $A'
		p exec -u 33:100 c id
		p exec -u nobody c sh -c 'id -u; grep Cap /proc/self/status'
		p exec --privileged c grep CapEff /proc/self/status
		echo data | p exec -i c cat
		p exec c /none 2>/dev/null
		p exec c /etc/passwd 2>/dev/null
		p exec -d c sh -c 'echo detached >/tmp/x' >/dev/null
		wait_until p_ok exec c grep -q detached /tmp/x
		p exec c cat /tmp/x
		p exec c sh -c 'kill -15 $$'
		p top c args | sed '1d; s/ *$//'
	}
	alike steps
	printed /tmp b 'status 3' /etc c 'uid=33(www-data) gid=100(users)' data 'status 127' 'status 126' detached 'status 143' 'sleep 1000'
}

@test "logs has both streams, also while the container runs" {
	steps() {
		p_back c busybox sh -c 'echo one; echo two >&2; echo three; exec sleep 1000'
		logged three
		p logs c 2>/dev/null
		{ p logs c >/dev/null; } 2>&1
		p logs --tail 1 c 2>/dev/null
		p kill c >/dev/null
		p wait c
		p logs -f c 2>&1 | sort
	}
	alike steps
	printed one two three 137
}

@test "stop, kill, restart and wait" {
	steps() {
		p_back c busybox sh -c 'trap "echo got TERM; exit 3" TERM; trap "echo got USR1" USR1; echo ready; while :; do sleep 0.05; done'
		logged ready
		p kill -s USR1 c
		logged USR1
		p inspect -f '{{.State.Status}}' c
		p stop c
		p logs c
		p wait c
		p inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' c
		p start c
		p kill c
		p wait c
		p restart -t 0 c >/dev/null
		p inspect -f '{{.State.Status}}' c
		p rm -f -t 0 c >/dev/null
		p ps -a --format '{{.Names}}'
		p kill c 2>/dev/null
	}
	alike steps
	printed 'got TERM' running 3 '3 false' 137 running 'status 125'
}

@test "pause freezes a container and unpause thaws it" {
	steps() {
		p_back c busybox sleep 1000
		p pause c >/dev/null
		p inspect -f '{{.State.Status}}' c
		p exec c true 2>/dev/null
		p unpause c >/dev/null
		p inspect -f '{{.State.Status}}' c
		p exec c echo thawed
		p pause c >/dev/null
		p rm -f -t 0 c >/dev/null
		p ps -aq
	}
	alike steps
	printed paused running thawed
}

@test "stats counts processes and memory" {
	steps() {
		p_back c --memory 64m busybox sh -c 'sleep 1000 & exec sleep 1001'
		wait_until p_ok exec c grep -l 1001 /proc/1/cmdline
		p stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' c | sed 's/ [0-9.]*[kM]\{0,1\}B \// some/'
	}
	alike steps
	printed 'c 2 some 67.11MB'
}

@test "a health check runs its command in the container" {
	steps() {
		p_back c --health-cmd 'test -e /tmp/well' --health-interval disable --health-retries 1 busybox sleep 1000
		p healthcheck run c | tail -n 1
		p inspect -f '{{.State.Health.Status}}' c
		p exec c touch /tmp/well
		p healthcheck run c
		p inspect -f '{{.State.Health.Status}}' c
	}
	alike steps
	printed unhealthy healthy
}

@test "memory, processes and processors are limited" {
	steps() {
		p_run --rm --memory 32m --memory-reservation 16m --pids-limit 20 --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 busybox sh -c '
			cd /sys/fs/cgroup
			cat memory/memory.limit_in_bytes memory/memory.soft_limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us cpu/cpu.shares cpuset/cpuset.cpus 2>/dev/null ||
				cat memory.max memory.low pids.max cpu.max cpu.weight cpuset.cpus'
		p_run --rm --memory 20m --memory-swap 20m busybox sh -c 'dd if=/dev/zero of=/dev/null bs=60M count=1' 2>/dev/null
		p_run --rm --pids-limit 5 busybox sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo all' 2>/dev/null
	}
	alike steps
	printed 33554432 20 0 'status 137'
}

@test "update changes the limits of a running container" {
	steps() {
		p_back c --memory 64m --cgroupns private busybox sleep 1000
		p update --memory 32m --cpu-shares 300 c >/dev/null
		p exec c sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.shares 2>/dev/null || cat memory.max cpu.weight'
	}
	alike steps
	printed 33554432
}

@test "a read-only root and volumes" {
	steps() {
		mkdir -p "$D/dir"
		echo host >"$D/dir/file"
		p_run --rm --read-only busybox sh -c 'for f in /x /etc/x /tmp/x /run/x /dev/shm/x; do touch $f 2>/dev/null; echo $f $?; done'
		p_run --rm --read-only --read-only-tmpfs=false busybox touch /tmp/x 2>/dev/null
		p_run --rm -v "$D/dir:/v" busybox sh -c 'cat /v/file; echo inside >/v/new'
		cat "$D/dir/new"
		p_run --rm -v "$D/dir:/v:ro" busybox touch /v/x 2>/dev/null
		p_run --rm -v "$D/dir/file:/etc/f:ro" busybox cat /etc/f
		p_run --rm -v named:/data busybox sh -c 'echo kept >/data/f'
		p_run --rm -v named:/data busybox cat /data/f
		p_run --rm --mount "type=bind,source=$D/dir,target=/m,readonly,bind-propagation=rslave" busybox sh -c 'cat /m/file; grep -c " /m .* ro,.*master:" /proc/self/mountinfo'
		p_run --rm -v /anonymous busybox sh -c 'touch /anonymous/x && echo made'
		p_run --rm -v "$D/dir:/v:noexec,nosuid,nodev" busybox sh -c 'grep " /v " /proc/mounts | cut -d " " -f 4 | tr , "\n" | grep "^no[esd]" | sort'
		p volume rm named
	}
	alike steps
	printed '/x 1' '/tmp/x 0' 'status 1' host inside kept made named noexec nosuid nodev
}

@test "users, groups and ids of a user namespace" {
	steps() {
		p_run --rm --user 1000:1000 busybox id
		p_run --rm --user nobody busybox id
		p_run --rm --user 33 --group-add 100 --group-add 777 busybox id
		p_run --rm --user nobody:users busybox sh -c 'id -un; touch /x' 2>/dev/null
		p_run --rm --uidmap 0:100000:1000 --gidmap 0:200000:1000 busybox sh -c 'id -u; cat /proc/self/uid_map /proc/self/gid_map; stat -c "%u %g" /etc/passwd'
	}
	alike steps
	printed 'uid=1000(1000) gid=1000(1000) groups=1000(1000)' nobody 0 '         0     100000       1000'
}

@test "capabilities are added and dropped" {
	caps='grep Cap /proc/self/status; grep NoNewPrivs /proc/self/status'
	steps() {
		p_run --rm busybox sh -c "$caps"
		p_run --rm --cap-add SYS_PTRACE,NET_RAW --cap-drop CHOWN busybox sh -c "$caps"
		p_run --rm --cap-drop all busybox sh -c "$caps"
		p_run --rm --cap-drop all --cap-add KILL --user 33 busybox sh -c "$caps"
		p_run --rm --security-opt no-new-privileges busybox sh -c "$caps"
		p_run --rm --privileged busybox sh -c "$caps; ls /dev | grep -c . | sed 's/[0-9][0-9].*/many/'"
		p_run --rm --cap-drop chown busybox chown 1 /etc/passwd 2>/dev/null
	}
	alike steps
	printed $'CapBnd:\t0000000000000000' $'NoNewPrivs:\t1' 'status 1'
}

@test "a seccomp profile is applied" {
	profile='{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"],'
	profile+=' "action": "SCMP_ACT_ERRNO", "errnoRet": 28}, {"names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS"}]}'
	steps() {
		echo "$profile" >"$D/profile"
		p_run --rm busybox grep Seccomp: /proc/self/status
		p_run --rm --security-opt seccomp=unconfined busybox grep Seccomp: /proc/self/status
		p_run --rm --security-opt "seccomp=$D/profile" busybox mkdir /tmp/x 2>&1
		p_run --rm --security-opt "seccomp=$D/profile" busybox sh -c 'kill -0 1' 2>/dev/null
		p_back c --security-opt "seccomp=$D/profile" busybox sleep 1000
		p exec c mkdir /tmp/x 2>&1
		p_run --rm busybox unshare -m true 2>&1
	}
	alike steps
	printed $'Seccomp:\t2' $'Seccomp:\t0' "mkdir: can't create directory '/tmp/x': No space left on device" 'status 159'
}

@test "masked and read-only paths" {
	steps() {
		p_run --rm busybox sh -c 'for f in /proc/kcore /proc/keys /proc/timer_list; do wc -c <$f; done; ls /proc/acpi /sys/firmware; echo 1 >/proc/sys/kernel/domainname; touch /proc/irq/x' 2>/dev/null
		p_run --rm --security-opt unmask=/proc/acpi --security-opt mask=/etc/group busybox sh -c 'wc -c </etc/group' 2>/dev/null
		p_run --rm --privileged busybox sh -c 'grep -c "^tmpfs /proc\|^tmpfs /sys/firmware" /proc/mounts'
	}
	alike steps
	printed 0 'status 1'
}

# podman 4.3 lets no process of a pod's cgroup use or make a device on cgroup v2: crun cannot make /dev/null there.
needs_pods() {
	local runtime=crun
	p pod create --name probe --network none --cgroup-parent "$CT_CGROUP" >/dev/null
	p_ok pod start probe || skip 'podman cannot start a pod with crun here'
	p pod rm -f -t 0 probe >/dev/null
}

@test "two containers of a pod share namespaces" {
	needs_pods
	steps() {
		p pod create --name pod --share net,ipc,uts,pid --network none --hostname podname --cgroup-parent "$CT_CGROUP" >/dev/null
		p run -d --pod pod --name server busybox sh -c 'echo served >/tmp/index.html; exec httpd -f -p 127.0.0.1:8080 -h /tmp' >/dev/null
		p run --pod pod --rm busybox sh -c 'until wget -q -O - http://127.0.0.1:8080/; do sleep 0.05; done 2>/dev/null; hostname; grep -l httpd /proc/[0-9]*/cmdline >/dev/null && echo seen'
		p pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}'
		p pod pause pod >/dev/null
		p inspect -f '{{.State.Status}}' server
		p pod unpause pod >/dev/null
		p pod stop -t 0 pod >/dev/null
		p wait server
		p pod start pod >/dev/null
		p inspect -f '{{.State.Status}}' server
		p pod rm -f -t 0 pod >/dev/null
		p ps -aq
	}
	alike steps
	printed served podname seen 'pod Running 2' paused 137 running
}

@test "kube play starts a pod of two containers with a volume" {
	needs_pods
	steps() {
		cat >"$D/pod.yaml" <<-END
			apiVersion: v1
			kind: Pod
			metadata:
			  name: play
			spec:
			  restartPolicy: Never
			  volumes:
			  - name: shared
			    hostPath:
			      path: $D/shared
			      type: DirectoryOrCreate
			  containers:
			  - name: writer
			    image: localhost/busybox
			    imagePullPolicy: Never
			    command: ["/bin/sh", "-c", "echo \$WHO >/shared/file; exec sleep 1000"]
			    env:
			    - name: WHO
			      value: writer
			    volumeMounts:
			    - name: shared
			      mountPath: /shared
			  - name: reader
			    image: localhost/busybox
			    imagePullPolicy: Never
			    command: ["/bin/sh", "-c", "until grep writer /shared/file 2>/dev/null; do sleep 0.05; done; exec sleep 1000"]
			    securityContext:
			      readOnlyRootFilesystem: true
			      runAsUser: 33
			    volumeMounts:
			    - name: shared
			      mountPath: /shared
			      readOnly: true
		END
		p kube play --network none "$D/pod.yaml" >/dev/null
		wait_until played
		p logs play-reader
		p exec play-reader /usr/bin/id -u
		p exec play-reader /bin/touch /x /shared/x 2>/dev/null
		p pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}'
		p kube down "$D/pod.yaml" >/dev/null
		p ps -aq
	}
	played() { p logs play-reader 2>&1 | grep -q writer; }
	alike steps
	printed writer 33 'status 1' 'play Running 3'
}

@test "init, a hook of the engine and the runtime's state" {
	steps() {
		p_back c --annotation key=value --hostname h busybox sleep 1000
		p inspect -f '{{.State.Status}} {{.State.Running}} {{.OCIRuntime}}' c | sed "s/$runtime/RUNTIME/"
		p rename c d
		p exec d hostname
		p container inspect -f '{{.State.Pid}}' d | grep -c '^[1-9]'
		p create --network none --cgroup-parent "$CT_CGROUP" --name e busybox echo started >/dev/null
		p inspect -f '{{.State.Status}}' e
		p container init e
		p inspect -f '{{.State.Status}}' e
		p start -a e
	}
	alike steps
	printed 'running true RUNTIME' h 1 created initialized started
}
