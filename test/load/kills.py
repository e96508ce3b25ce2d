"""Random commands and random kills, compared with a model of what may be true.

	kills.py IMAGE SECONDS SEED WORKERS

Each worker has containers of its own and executes one random command after the other on them. A killer sends
SIGKILL to a supervisor, a first process or a running command. After each command the worker looks at its
containers: what no kill has touched is exactly what the command makes of it; what a kill has touched is one of the
states that the command and the kill can lead to. Runs below test/run: pids are those of a namespace of its own.

The seed decides which commands a worker executes and whom the killer chooses; when something happens differs.
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT, RUN = os.environ["CT_ROOT"], os.environ["CT_RUN"]
PATIENCE = 60
PRESENT = ("created", "running", "paused", "exited 3", "killed 9", "dead")


class Fault(Exception):
    """Something is true that must not be."""


class Container:
    """What a worker knows of a container."""

    def __init__(self, name, kind, network):
        self.name, self.kind, self.network = name, kind, network
        self.program = kind  # of the container that is there: "long" or "short"
        self.id, self.status, self.removed_at_end = None, "absent", False


def ended_by_itself(c):
    return "absent" if c.removed_at_end else "exited 3"


def after_start(c):
    return {"running"} if c.program == "long" else {ended_by_itself(c)}


def after_kill(status, c):
    """The states that SIGKILL for the supervisor or the first process can lead to."""
    if status not in ("running", "paused"):
        return {status}
    return {status, "dead", "absent" if c.removed_at_end else "killed 9"}


# COMMAND: the states in which it succeeds, and the state after that; None: the same. In other states it is refused.
COMMANDS = {
    "run": ({"absent"}, "start"),
    "run-rm": ({"absent"}, "start"),
    "run-attached": ({"absent"}, "exited 3"),
    "create": ({"absent"}, "created"),
    "start": ({"created", "running", "exited 3", "killed 9", "dead"}, "start"),
    "exec": ({"running"}, None),
    "exec-detached": ({"running"}, None),
    "kill": ({"running", "paused"}, "killed 9"),
    "pause": ({"running"}, "paused"),
    "unpause": ({"paused"}, "running"),
    "commit": (set(PRESENT), None),
    "cp-in": (set(PRESENT), None),
    "cp-out": (set(PRESENT), None),
    "logs": (set(PRESENT), None),
    "update": (set(PRESENT), None),
    "rm": ({"created", "exited 3", "killed 9", "dead"}, "absent"),
    "rm-forced": ({"absent", *PRESENT}, "absent"),
}
MAKING = ("run", "run-rm", "run-attached", "create")
STARTING = (*MAKING, "start")
OFTEN = ["run", "run", "start", "commit", "commit", "exec", "rm-forced"]


def after_command(command, status, c):
    good, to = COMMANDS[command]
    if status not in good or to is None:
        return {status}
    if to == "start":
        return after_start(c)
    return {"absent"} if to == "killed 9" and c.removed_at_end else {to}


def may_be(command, c, hit, client_killed):
    """The states after a command, if kills hit the container or the command itself."""
    states = after_command(command, c.status, c)
    if client_killed:
        states |= {c.status}
        if command == "rm-forced":
            states |= after_kill(c.status, c)
    if hit:
        if command in STARTING and c.status in COMMANDS[command][0]:
            states |= after_kill("running", c)
        for _ in range(2):
            states |= {s for status in (states | {c.status}) for s in after_kill(status, c)}
            states |= {s for status in set(states) for s in after_command(command, status, c)}
    return states


def arguments(command, c, image, work):
    program = ["sleep", "1000"] if c.kind == "long" else ["sh", "-c", "exit 3"]
    options = ["--name", c.name, *c.network, image, *program]
    return {
        "run": ["ct-run", "-d", *options],
        "run-rm": ["ct-run", "-d", "--rm", *options],
        "run-attached": ["ct-run", "--name", c.name, *c.network, image, "sh", "-c", "exit 3"],
        "create": ["ct-create", *options],
        "start": ["ct-start", c.name],
        "exec": ["ct-exec", c.name, "true"],
        "exec-detached": ["ct-exec", "-d", c.name, "sleep", "1000"],
        "kill": ["ct-kill", c.name],
        "pause": ["ct-pause", c.name],
        "unpause": ["ct-unpause", c.name],
        "commit": ["ct-commit", c.name, "made-" + c.name],
        "cp-in": ["ct-cp", sys.argv[0], c.name + ":/tmp"],
        "cp-out": ["ct-cp", c.name + ":/etc/passwd", os.path.join(work, c.name)],
        "logs": ["ct-logs", c.name],
        "update": ["ct-update", "-m", "64m", c.name],
        "rm": ["ct-rm", c.name],
        "rm-forced": ["ct-rm", "-f", c.name, "made-" + c.name],
    }[command]


def start_time(pid):
    """None if the process has ended, even if nobody has reaped it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def processes_of(ident):
    """(pid, start time) of the first process and of the supervisor."""
    try:
        with open(f"{RUN}/{ident}/state", encoding="latin-1") as f:
            state = dict(line.rstrip("\n").split("=", 1) for line in f if "=" in line)
        return [(int(state["pid"]), state["start"]), (int(state["supervisor"]), state["supervisor-start"])]
    except (OSError, KeyError, ValueError):
        return []


def kill_exactly(pid, start):
    """Kills the process with this start time, and no other that has its number by now."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if start_time(pid) == start:
            signal.pidfd_send_signal(fd, signal.SIGKILL)
    except OSError:
        pass
    finally:
        os.close(fd)


def with_environment(tag):
    """The processes with this in their environment, except zombies."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if tag.encode() in f.read().split(b"\0") and start_time(pid) is not None:
                    found.append(int(pid))
        except OSError:
            pass
    return found


def output(*argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise Fault(f"{' '.join(argv)}: status {done.returncode}: {done.stderr}")
    return done.stdout


def listed():
    """name -> (id, status) of all containers."""
    rows = (line.split("\t") for line in output("ct-ps", "--no-header", "-o", "name,id,status").splitlines())
    return {name: (ident, status) for name, ident, status in rows}


class Worker(threading.Thread):
    def __init__(self, number, load):
        super().__init__()
        self.load, self.random = load, random.Random(f"{load.seed}/{number}")
        network = [] if number % 2 else ["--network", "none"]
        if number % 4 == 1:
            network = ["-p", f"127.0.0.1:{20000 + number}:80"]
        self.containers = [Container(f"w{number}a", "long", network), Container(f"w{number}b", "short", ["--network", "none"])]
        self.client, self.client_killed, self.hits, self.trail = None, False, [], []
        self.tag, self.said = "", tempfile.TemporaryFile()  # pylint: disable=consider-using-with

    def run(self):
        try:
            while not self.load.stop.is_set():
                self.one(self.random.choice(self.containers))
        except Fault as fault:
            self.load.fail(f"{fault}\n" + "\n".join(self.trail[-12:]))
        except Exception as error:  # pylint: disable=broad-except # a test that broke has failed
            self.load.fail(repr(error))

    def execute(self, argv):
        self.tag = f"LOAD_COMMAND={self.containers[0].name}.{len(self.trail)}."
        name, value = self.tag.split("=")
        with self.load.lock:
            self.client_killed = False
            self.client = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                           stderr=self.said, env={**os.environ, name: value})
        try:
            status = self.client.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Fault(f"{' '.join(argv)}: hangs") from None
        with self.load.lock:
            self.client = None
        self.said.seek(0)
        error = self.said.read().decode(errors="replace").strip()
        self.said.seek(0)
        self.said.truncate()
        return status, error

    def one(self, c):
        command = self.random.choice(OFTEN + list(COMMANDS))
        if command in MAKING and c.status == "absent":
            c.removed_at_end = command == "run-rm"
            c.program = "short" if command == "run-attached" else c.kind
        argv = arguments(command, c, self.load.image, self.load.work)
        status, error = self.execute(argv)
        if self.client_killed and command in STARTING:
            self.remove_for_good(c)
        elif self.client_killed and command not in ("exec", "exec-detached"):
            self.wait_for_children(lambda: None)
        elif command == "kill" or command in STARTING and c.program == "short":
            subprocess.run(["ct-wait", c.name], capture_output=True, timeout=PATIENCE, check=False)
        hits = self.settle()
        hit = any(ident != other.id for ident, _ in hits for other in self.containers if other is not c)
        self.trail.append(f"{c.name} {c.status}: {' '.join(argv)}: status {status}{' (killed)' * self.client_killed}"
                          f"{' (container hit)' * hit}: {error}")
        self.check_status(command, c, argv, status, error, hit)
        self.observe(c, command, hits, hit)

    def wait_for_children(self, meanwhile):
        """Waits for the children of the killed command, which go on."""
        end = time.monotonic() + PATIENCE
        while children := with_environment(self.tag):
            meanwhile()
            if time.monotonic() > end:
                raise Fault(f"processes {children} of a killed command do not end: {self.trail[-1]}")
            time.sleep(0.01)

    def remove_for_good(self, c):
        """A killed start may still make the container, for nobody, or may have left parts: ct-rm -f removes all."""
        remove = lambda: output("ct-rm", "-f", c.name)
        self.wait_for_children(remove)
        remove()

    def check_status(self, command, c, argv, status, error, hit):
        text = f"{c.name} {c.status}: {' '.join(argv)}: status {status}: {error}"
        if status < 0 and not self.client_killed and not (hit and status == -9) or status in (134, 139):
            raise Fault(f"{text}: crashed")
        if self.client_killed or hit:
            return
        good = c.status in COMMANDS[command][0]
        expected = 3 if good and command == "run-attached" else 0
        if good and status != expected or not good and status == 0:
            raise Fault(f"{text}: expected {'success' if good else 'a refusal'}")

    def settle(self):
        """Waits until the processes that were hit have ended; returns the hits since the last call."""
        with self.load.lock:
            hits, self.hits = self.hits, []
        end = time.monotonic() + PATIENCE
        for ident, processes in hits:
            while any(start_time(pid) == start for pid, start in processes):
                # A frozen process dies when it is thawed.
                subprocess.run(["ct-unpause", ident], capture_output=True, timeout=PATIENCE, check=False)
                if time.monotonic() > end:
                    raise Fault(f"{ident}: its processes {processes} were killed and do not end")
                time.sleep(0.01)
        return hits

    def observe(self, c, command, hits, hit):
        may = {other: {other.status} for other in self.containers}
        may[c] = may_be(command, c, hit, self.client_killed)
        if self.client_killed and command in STARTING:
            may[c] = {"absent"}
        for other in self.containers:
            if other is not c and any(ident == other.id for ident, _ in hits):
                may[other] = after_kill(other.status, other)
        end = time.monotonic() + 5
        while True:
            there = listed()
            now = {other: there.get(other.name, (None, "absent")) for other in self.containers}
            wrong = [other for other in now if now[other][1] not in may[other]]
            if not wrong:
                break
            late = self.settle()
            for other in self.containers:
                if any(ident == now[other][0] or ident == other.id for ident, _ in late):
                    may[other] |= {s for status in may[other] for s in after_kill(status, other)}
            if time.monotonic() > end:
                raise Fault("; ".join(f"{o.name}: is {now[o][1]}, and may be {sorted(may[o])} after {command}" for o in wrong))
            time.sleep(0.05)
        for other, (ident, status) in now.items():
            other.id, other.status = ident, status
        if c.status == "running" and (command == "commit" or hits):
            self.check_that_it_goes_on(c)

    def check_that_it_goes_on(self, c):
        done = subprocess.run(["ct-exec", c.name, "true"], capture_output=True, timeout=PATIENCE, check=False)
        with self.load.lock:
            if done.returncode and not self.hits:
                raise Fault(f"{c.name}: is running, but ct-exec ends with {done.returncode}: {done.stderr!r}")


class Killer(threading.Thread):
    def __init__(self, load):
        super().__init__()
        self.load, self.random, self.kills = load, random.Random(f"{load.seed}/killer"), {}

    def run(self):
        while not self.load.stop.wait(self.random.uniform(0.01, 0.3)):
            kind = self.random.choice(["client", "client", "supervisor", "first process"])
            worker = self.random.choice(self.load.workers)
            with self.load.lock:
                if kind == "client":
                    done = self.kill_client(worker)
                else:
                    done = self.kill_process(worker, kind)
                if done:
                    self.kills[done] = self.kills.get(done, 0) + 1

    @staticmethod
    def kill_client(worker):
        if not worker.client or worker.client.poll() is not None:
            return None
        worker.client_killed = True
        worker.client.kill()
        return os.path.basename(worker.client.args[0])

    def kill_process(self, worker, kind):
        c = self.random.choice(worker.containers)
        try:
            ident = os.readlink(f"{ROOT}/names/ps/{c.name}")
        except OSError:
            return None
        processes = processes_of(ident)
        if not processes:
            return None
        worker.hits.append((ident, processes))
        kill_exactly(*processes[kind == "supervisor"])
        return kind


class Load:
    def __init__(self, image, seed, workers):
        self.image, self.seed, self.lock, self.faults = image, seed, threading.Lock(), []
        self.stop, self.work = threading.Event(), os.environ["D"]
        self.workers = [Worker(n, self) for n in range(workers)]
        self.killer = Killer(self)

    def fail(self, text):
        self.faults.append(text)
        self.stop.set()

    def round(self, seconds):
        for thread in [*self.workers, self.killer]:
            thread.start()
        self.stop.wait(seconds)
        self.stop.set()
        for thread in [*self.workers, self.killer]:
            thread.join()
        if not self.faults:
            self.check_all()
        return self.faults

    def check_all(self):
        """After the last command: every name is known, every image is whole."""
        try:
            known = {c.name: c for w in self.workers for c in w.containers}
            for name, (ident, status) in listed().items():
                if name not in known:
                    raise Fault(f"{ident} {name!r} is {status}, and no command has made it")
            for ident in output("ct-images", "-q").split():
                if not os.path.exists(f"{ROOT}/{ident}/rootfs/bin/busybox"):
                    raise Fault(f"{ident}: is not whole")
        except Fault as fault:
            self.fail(str(fault))


def main():
    image, seconds, seed, workers = sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    load = Load(image, seed, workers)
    faults = load.round(seconds)
    done = sum(len(w.trail) for w in load.workers)
    print(f"# seed {seed}: {done} commands, killed: {load.killer.kills}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
