# containerd with ct-oci as its runtime, by ctr and the shim of runc: every command does what it does with
# runc. Each test is a function that prints what it sees; `alike` runs it with both and compares.
# containerd's images, state and sockets are the test's own.
# shellcheck disable=SC2016,SC2317 # programs for shells inside; `alike` calls the functions
load helper
load engines

config() {
	cat <<-END
		version = 2
		root = "$engine/root"
		state = "$engine/state"
		disabled_plugins = ["io.containerd.internal.v1.opt"]
		[grpc]
		address = "$socket"
		[plugins."io.containerd.grpc.v1.cri"]
		sandbox_image = "localhost/pause:latest"
		restrict_oom_score_adj = true
		[plugins."io.containerd.grpc.v1.cri".containerd]
		snapshotter = "native"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.ct-oci]
		runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.ct-oci.options]
		BinaryName = "$B/ct-oci"
		SystemdCgroup = false
		[plugins."io.containerd.grpc.v1.cri".cni]
		conf_dir = "$engine/cni"
	END
}

setup_file() {
	sandbox_up
	engine_setup
	mkdir "$engine"
	config >"$engine/config.toml"
	# Its log is for a failed test. The shims have descriptors of their own, but not those of bats.
	containerd --config "$engine/config.toml" >"$engine/log" 2>&1 3>&- 4>&- &
	echo $! >"$engine/pid"
	wait_until c_ok version
	"$CT_TESTS/busybox" "$CT_TEST_DIR/busybox"
	ct-init -n "$image" "$CT_TEST_DIR/busybox" >/dev/null
	printf 'FROM %s\nCMD ["sleep", "1000"]\n' "$image" | ct-build -q -t localhost/pause:latest - >/dev/null
	ct-save "$image" | c image import --snapshotter native - >/dev/null
	for name in "$image" localhost/pause:latest; do
		ct-save "$name" | c -n k8s.io image import --snapshotter native - >/dev/null
	done
}

teardown_file() {
	engine_setup
	kill "$(cat "$engine/pid")"
	wait_until test ! -e "/proc/$(cat "$engine/pid")"
	# Of the containers' parent.
	find /sys/fs/cgroup -depth -type d -path "/sys/fs/cgroup*$CT_CGROUP*" -exec rmdir {} + 2>/dev/null || :
	sandbox_down
}

setup() {
	engine_setup
	D=$BATS_TEST_TMPDIR
}

teardown() {
	local id
	for id in $(c task ls -q); do
		c task rm -f "$id"
	done >/dev/null
	for id in $(c container ls -q); do
		c container rm "$id"
	done
}

engine_setup() {
	engine=$CT_TEST_DIR/containerd
	socket=/run/ct-containerd
	image=localhost/busybox:latest
	runtime=$B/ct-oci other=/usr/sbin/runc
	tries=3	# on a busy machine ctr may lose the output of a process that ends at once
}

# c ARGUMENT...: ctr. Prints the status as a last line if it is not 0.
c() {
	local status=0
	timeout 60 ctr --address "$socket" "$@" || status=$?
	[ "$status" = 0 ] || echo "status $status"
}

# c_ok ARGUMENT...: whether ctr ends with status 0.
c_ok() {
	! c "$@" | grep -q '^status '
}

# c_run [OPTION...] ID COMMAND [ARG...]
c_run() {
	local options=()
	while [[ $1 == -* ]]; do
		options+=("$1")
		shift
	done
	c run --snapshotter native --runc-binary "$runtime" --cgroup "$CT_CGROUP/$1" "${options[@]}" "$image" "$@"
}

@test "run has the output and the status of the program" {
	steps() {
		c_run --rm a echo hello
		c_run --rm b sh -c 'echo out; echo err >&2; exit 7' 2>&1 | sort
		c_run --rm --env=A=b --cwd=/tmp --read-only d sh -c 'echo $A; pwd; touch /x 2>/dev/null || echo read-only'
		c_run --rm --memory-limit=33554432 e sh -c 'grep memory: /proc/self/cgroup; grep Cap /proc/self/status'
		c_run --rm --seccomp g grep Seccomp: /proc/self/status
		c_run --rm --mount="type=bind,src=$D,dst=/v,options=rbind:ro" h sh -c 'touch /v/x 2>/dev/null || echo refused'
		c_run --rm i /none 2>/dev/null
		c_run --rm --privileged j grep CapEff /proc/self/status
	}
	alike steps
	printed hello out err 'status 7' b /tmp read-only $'Seccomp:\t2' refused 'status 1'
}

@test "a terminal is given to run and exec" {
	steps() {
		# ctr sets the size after the start.
		run_tty size:33x77 'wait:# ' 'type:until stty size | grep -x "33 77"; do sleep 0.05; done; exit 5\r' -- \
			ctr --address "$socket" run --snapshotter native --runc-binary "$runtime" --cgroup "$CT_CGROUP/t" --rm -t "$image" t sh >/dev/null ||
			echo "shell $?"
		c_run -d t sleep 1000
		run_tty 'wait:# ' 'type:tty; exit 6\r' 'wait:/dev/pts/' -- ctr --address "$socket" task exec -t --exec-id e t sh >/dev/null ||
			echo "exec $?"
	}
	alike steps
	printed 'shell 5' 'exec 6'
}

@test "task exec, ps, kill and delete" {
	steps() {
		c_run -d a sh -c 'trap "echo TERM >/term; exit 3" TERM; while :; do sleep 0.05; done'
		c task ls | awk '$1 == "a" { print $3 }'
		c task exec --exec-id e a sh -c 'echo inside; exit 4'
		c task exec --exec-id f --cwd /tmp --user 33:100 a sh -c 'pwd; id'
		c task exec --exec-id g a /none 2>/dev/null
		c task exec --exec-id h -d a sh -c 'echo $$ >/tmp/pid; exec sleep 1000'
		wait_until c_ok task exec --exec-id i a sh -c 'grep -l sleep.1000 /proc/[0-9]*/cmdline'
		c task ps a | sed 1d | grep -c .
		c task rm a 2>/dev/null
		c task kill -s TERM a
		wait_until stopped a
		c task rm a
		c task ls -q
		c_run -d b sleep 1000
		c task kill -s KILL --all b
		wait_until stopped b
		c task rm b
	}
	alike steps
	printed RUNNING inside 'status 4' /tmp 'uid=33(www-data) gid=100(users) groups=100(users)' 3 'status 1'
}

stopped() {
	[ "$(c task ls | awk -v id="$1" '$1 == id { print $3 }')" = STOPPED ]
}

@test "a task is paused and resumed" {
	steps() {
		c_run -d a sleep 1000
		c task pause a
		c task ls | awk '$1 == "a" { print $3 }'
		c task resume a
		c task ls | awk '$1 == "a" { print $3 }'
		c task exec --exec-id e a echo thawed
		c task pause a
		c task rm -f a >/dev/null
		c task ls -q
	}
	alike steps
	printed PAUSED RUNNING thawed
}

@test "metrics count the task's processes" {
	steps() {
		c_run -d --memory-limit=33554432 a sh -c 'sleep 1000 & exec sleep 1001'
		wait_until c_ok task exec --exec-id e a grep -l 1001 /proc/1/cmdline
		c task metrics --format json a | jq -c '[.pids.current, .memory.usage.limit, (.cpu | type), (.memory.usage.usage > 0)]'
	}
	alike steps
	printed '[2,33554432,"object",true]'
}

@test "two containers share namespaces by path" {
	steps() {
		c_run -d a sh -c 'echo served >/tmp/index.html; exec httpd -f -p 127.0.0.1:8080 -h /tmp'
		pid=$(c task ls | awk '$1 == "a" { print $2 }')
		c_run --rm --with-ns="network:/proc/$pid/ns/net" --with-ns="ipc:/proc/$pid/ns/ipc" --with-ns="uts:/proc/$pid/ns/uts" b \
			sh -c 'until wget -q -O - http://127.0.0.1:8080/; do sleep 0.05; done 2>/dev/null'
	}
	alike steps
	printed served
}

# cri METHOD REQUEST [PATH]: cri.py has what they are.
cri() {
	timeout 60 /usr/bin/python3 "$BATS_TEST_DIRNAME/cri.py" "$socket" "$@"
}

# cri_start NAME CONFIG: a container of the pod $pod, whose config is $config; prints its id.
cri_start() {
	local id
	id=$(cri CreateContainer "{\"1\": \"$pod\", \"3\": $config, \"2\": {\"1\": {\"1\": \"$1\"}, \"2\": {\"1\": \"$image\"}, $2}}" 1)
	cri StartContainer "{\"1\": \"$id\"}"
	echo "$id"
}

# cri_exec ID COMMAND...: prints the output and the status.
cri_exec() {
	local request
	request=$(jq -nc --arg id "$1" '{"1": $id, "2": $ARGS.positional, "3": 20}' --args -- "${@:2}")
	cri ExecSync "$request" 1
	echo "status $(cri ExecSync "$request" 3)"
}

@test "the CRI plugin runs a pod of two containers with a volume" {
	steps() {
		# The namespace option: the host's network (2), which needs no CNI plugin.
		config="{\"1\": {\"1\": \"pod\", \"2\": \"uid-${runtime##*/}\", \"3\": \"default\"}, \"8\": {\"1\": \"$CT_CGROUP\", \"2\": {\"1\": {\"1\": 2}}}}"
		pod=$(cri RunPodSandbox "{\"1\": $config, \"2\": \"${runtime##*/}\"}" 1)
		mkdir -p "$D/shared"
		writer=$(cri_start writer "\"3\": [\"sh\", \"-c\", \"echo written >/shared/file; exec sleep 1000\"],
			\"7\": [{\"1\": \"/shared\", \"2\": \"$D/shared\"}], \"15\": {\"1\": {\"4\": 33554432}}")
		reader=$(cri_start reader "\"3\": [\"sleep\", \"1000\"], \"7\": [{\"1\": \"/shared\", \"2\": \"$D/shared\", \"3\": true}],
			\"15\": {\"2\": {\"5\": {\"1\": 33}, \"7\": true, \"11\": true}}")
		cri PodSandboxStatus "{\"1\": \"$pod\"}" 1.3
		cri ContainerStatus "{\"1\": \"$writer\"}" 1.3
		cri_exec "$reader" sh -c 'until cat /shared/file 2>/dev/null; do sleep 0.05; done'
		cri_exec "$reader" sh -c 'id; touch /x /shared/x; grep NoNewPrivs /proc/self/status'
		cri_exec "$writer" cat /sys/fs/cgroup/memory/memory.limit_in_bytes
		cri UpdateContainerResources "{\"1\": \"$writer\", \"2\": {\"4\": 67108864}}"
		cri_exec "$writer" cat /sys/fs/cgroup/memory/memory.limit_in_bytes
		cri_exec "$writer" sh -c 'exit 5'
		cri StopContainer "{\"1\": \"$writer\", \"2\": 0}"
		cri ContainerStatus "{\"1\": \"$writer\"}" 1.3
		cri ContainerStatus "{\"1\": \"$writer\"}" 1.7
		cri RemoveContainer "{\"1\": \"$writer\"}"
		cri StopPodSandbox "{\"1\": \"$pod\"}"
		cri ContainerStatus "{\"1\": \"$reader\"}" 1.7
		cri PodSandboxStatus "{\"1\": \"$pod\"}" 1.3
		cri RemovePodSandbox "{\"1\": \"$pod\"}"
		c -n k8s.io container ls -q
	}
	alike steps
	printed written 'status 0' 'uid=33(www-data) gid=33(www-data) groups=33(www-data)' $'NoNewPrivs:\t1' 33554432 67108864 'status 5' 137
}
