#!/usr/bin/python3
"""bench.py [--rows NAME,...] [--runs N] [--check] [--accept] [--svg FILE] [--json FILE]
bench.py --growth [--sizes N,...] [--svg FILE] [--json FILE]
bench.py --completion [--sizes N]

Times ct beside its peers and prints medians, spread and ratios. Every figure is the wall time
of whole commands that take turns in one run (stopwatch.c), so a busy or a slow machine
changes both sides of a ratio. Absolute times are of this machine only.

--check compares the ratios with the accepted ones (accepted.json beside this file) and fails
if one is worse by more than a tenth; --accept writes the accepted ones anew. --growth times
commands with more and more containers in the store, --completion the Tab key of interactive shells.
Started by `make bench`, which installs the peers; runs in namespaces of its own.
"""
import argparse
import completion
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ACCEPTED = os.path.join(HERE, "accepted.json")
PODMAN = ["podman", "--cgroup-manager", "cgroupfs", "--events-backend", "none"]
PODMAN_RUN = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]


class Skip(Exception):
    """A row that cannot be measured here, and why."""


class World:
    """A store, a bundle and a registry of the benchmark's own, made when a row first asks."""

    def __init__(self, build):
        self.dir = tempfile.mkdtemp(prefix="ct-bench.", dir=os.environ.get("TMPDIR", "/tmp"))
        self.build = build
        tag = self.dir.rsplit(".", 1)[1]
        os.environ.update(
            CT_ROOT=self.dir + "/root", CT_RUN="/run/ct-bench", CT_CGROUP="/ct-bench." + tag,
            CT_BRIDGE="b" + tag, CT_SUBNET="10.201.0.0/16",
            PATH=build + ":" + HERE + "/../../test:" + os.environ["PATH"])
        self.undo = []
        self.made = {}
        sh("ct-store up 2>/dev/null && ct-net up 2>/dev/null")

    def once(self, name, make):
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]

    def busybox_dir(self):
        def make():
            path = self.dir + "/busybox"
            sh(HERE + "/../busybox " + path)
            return path
        return self.once("busybox-dir", make)

    def busybox(self):
        return self.once("busybox", lambda: out("ct-init -n bench-busybox " + self.busybox_dir()))

    def bundle(self, runtime="crun"):
        """An OCI bundle of the same root file system, with a network namespace and no terminal."""
        def make():
            need(runtime)
            path = self.dir + "/bundle"
            os.makedirs(path, exist_ok=True)
            sh("cp -a %s %s/rootfs" % (self.busybox_dir(), path))
            sh("cd %s && %s spec" % (path, runtime))
            with open(path + "/config.json") as f:
                config = json.load(f)
            config["process"].update(terminal=False, args=["/bin/busybox", "true"])
            config["root"]["readonly"] = False
            with open(path + "/config.json", "w") as f:
                json.dump(config, f)
            return path
        return self.once("bundle", make)

    def sleeping_bundle(self):
        def make():
            path = self.dir + "/sleeping"
            shutil.copytree(self.bundle(), path, symlinks=True)
            with open(path + "/config.json") as f:
                config = json.load(f)
            config["process"]["args"] = ["/bin/busybox", "sleep", "1000"]
            with open(path + "/config.json", "w") as f:
                json.dump(config, f)
            return path
        return self.once("sleeping", make)

    def podman(self):
        def make():
            need("podman")
            root = self.dir + "/podman"
            base = PODMAN + ["--root", root, "--runroot", root + "-run", "--tmpdir", root + "-tmp"]
            sh("tar -C %s -c . | %s import - bench:latest" % (self.busybox_dir(), " ".join(base)))
            self.undo.append(lambda: subprocess.run(base + ["rm", "-af"], **QUIET))
            return base
        return self.once("podman", make)

    def tree(self):
        """About 600 MB in 30,000 files, half of it incompressible, as a large image is."""
        def make():
            path = self.dir + "/tree"
            block = os.urandom(1 << 20)
            text = (b"The quick brown fox jumps over the lazy dog. " * 600)[:20000]
            for d in range(300):
                os.makedirs("%s/usr/lib/d%d" % (path, d))
                for f in range(100):
                    at = (d * 7919 + f * 104729) % (len(block) - 6000)
                    with open("%s/usr/lib/d%d/f%d" % (path, d, f), "wb") as o:
                        o.write(block[at:at + 5000] + text[:15000])
            return path
        return self.once("tree", make)

    def registry(self):
        """A registry on loopback with bench/one:1 (one layer), bench/four:1 (four) and bench/plus:1 (one more)."""
        def make():
            need("docker-registry")
            need("skopeo")
            config = self.dir + "/registry.yml"
            with open(config, "w") as f:
                f.write("version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: %s/registry}\n"
                        "http: {addr: '127.0.0.1:5099'}\n" % self.dir)
            server = subprocess.Popen(["docker-registry", "serve", config], **QUIET)
            self.undo.append(server.kill)
            wait_for("curl -fs http://127.0.0.1:5099/v2/")
            sh("%s/make-images %s %s 127.0.0.1:5099" % (HERE, self.tree(), self.dir))
            return "127.0.0.1:5099"
        return self.once("registry", make)

    def close(self):
        for undo in reversed(self.undo):
            undo()
        sh("ct-ps -q | ct-rm -f -; ct-images -q | ct-rm -f -; ct-net down; ct-store down", check=False)
        shutil.rmtree(self.dir, ignore_errors=True)


QUIET = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def sh(command, check=True):
    subprocess.run(["sh", "-c", command], check=check, stdout=subprocess.DEVNULL)


def out(command):
    return subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def need(program):
    if not shutil.which(program):
        raise Skip(program + " is not installed")


def wait_for(command, seconds=10):
    for _ in range(50 * seconds):
        if subprocess.run(["sh", "-c", command], **QUIET).returncode == 0:
            return
        time.sleep(0.02)
    raise Skip("in vain: " + command)


def turns(world, runs, gap, *commands):
    """Wall times in milliseconds of each command, taken in turns."""
    argv = [world.build + "/bench/stopwatch", str(runs), str(gap)]
    for command in commands:
        argv += ["--"] + (["sh", "-c", command] if isinstance(command, str) else list(command))
    times = [[] for _ in commands]
    for line in subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
        which, took, status = map(int, line.split())
        if status:
            raise Skip("command %d failed with wait status %d: %s" % (which, status, commands[which]))
        times[which].append(took / 1000)
    return times


def pair(ours, peer, runs=None, gaps=(0, 100)):
    """A row whose two commands take turns, back to back and idle."""
    def measure(world, args):
        a, b = ours(world), peer(world)
        return {("idle" if gap else "back"): turns(world, runs or args.runs, gap, a, b) for gap in gaps}
    return measure


def ct_run(*options, command=("true",)):
    return lambda w: ["ct-run", "--rm", *options, (w.busybox(), "bench-busybox")[1], *command]


def crun(world):
    return ["crun", "run", "--bundle", world.bundle(), "bench-crun"]


def runc(world):
    need("runc")
    return ["runc", "run", "--bundle", world.bundle(), "bench-runc"]


def ct_oci(world):
    return ["ct-oci", "run", "--bundle", world.bundle(), "bench-oci"]


def podman_run(world):
    return world.podman() + ["run", "--rm", "--network", "none"] + PODMAN_RUN + ["bench:latest", "true"]


def bound(world):
    image = world.busybox()
    return [world.build + "/bench/bound", "-s", "%s/%s/rootfs" % (os.environ["CT_ROOT"], image),
            os.environ["CT_ROOT"] + "/tmp/bound", os.environ["CT_CGROUP"].strip("/") + "-bound", "/bin/busybox", "true"]


def many(world, args):
    """200 detached containers, 16 at a time, until all run."""
    ours = "seq 200 | xargs -P 16 -I{} ct-run -d --network none --name many{} bench-busybox sleep 1000"
    peer = "seq 200 | xargs -P 16 -I{} crun run -d --bundle %s many{}" % world.sleeping_bundle()
    world.busybox()
    times = [[], []]
    for _ in range(3):
        times[0].append(clock(ours))
        clock("ct-ps -q | ct-rm -f -")
        times[1].append(clock(peer))
        clock("seq 200 | xargs -n 1 -I{} crun delete -f many{}")
    return {"back": times}


def clock(command):
    begin = time.monotonic()
    subprocess.run(["sh", "-c", command], check=True, **QUIET)
    return (time.monotonic() - begin) * 1000


def remove_many(world, args):
    world.busybox()
    bundle = world.sleeping_bundle()
    times = [[], []]
    for _ in range(3):
        clock("seq 200 | xargs -P 4 -I{} ct-run -d --network none bench-busybox sleep 1000")
        times[0].append(clock("ct-ps -q | ct-rm -f -"))
        clock("seq 200 | xargs -P 4 -I{} crun run -d --bundle %s many{}" % bundle)
        times[1].append(clock("seq 200 | xargs -n 1 -I{} crun delete -f many{}"))
    return {"back": times}


def exec_row(world, args):
    world.busybox()
    container = out("ct-run -d --network none bench-busybox sleep 1000")
    subprocess.run(["crun", "run", "-d", "--bundle", world.sleeping_bundle(), "bench-exec"], check=True, **QUIET)
    try:
        return {name: turns(world, args.runs, gap, ["ct-exec", container, "true"],
                            ["crun", "exec", "bench-exec", "/bin/busybox", "true"])
                for name, gap in (("back", 0), ("idle", 100))}
    finally:
        sh("crun delete -f bench-exec; ct-rm -f " + container, check=False)


def clean(*commands):
    """Runs what is not timed, and leaves no dirty pages to the timed command that follows."""
    for command in commands:
        sh(command + " >/dev/null 2>&1", check=False)
    os.sync()


def pull_row(image, layers, end=""):
    """end: what the peer does at last."""
    def measure(world, args):
        registry = world.registry()
        need("igzip")
        name = "%s/bench/%s:1" % (registry, image)
        ours = "ct-pull --tls-verify=false " + name
        where = os.environ["CT_ROOT"] + "/tmp/untar"
        digests = out("ct-pull --tls-verify=false --print layers %s | jq -r .digest" % name).split()
        assert len(digests) == layers
        peer = "mkdir %s; " % where + "".join(
            "curl -s http://%s/v2/bench/%s/blobs/%s | igzip -d | tar -x -C %s; " % (registry, image, digest, where)
            for digest in digests) + end % dict(where=where)
        times = [[], []]
        for _ in range(5):
            clean("ct-rm -f " + name)
            times[0].append(clock(ours))
            clean("rm -rf " + where)
            times[1].append(clock(peer))
            clean("rm -rf " + where)
        return {"back": times}
    return measure


def pull_podman(world, args):
    registry = world.registry()
    base = " ".join(world.podman())
    times = [[], []]
    for _ in range(2):
        clean("ct-rm -f %s/bench/one:1" % registry)
        times[0].append(clock("ct-pull --tls-verify=false %s/bench/one:1" % registry))
        clean("%s rmi -f %s/bench/one:1" % (base, registry))
        times[1].append(clock("%s pull --tls-verify=false %s/bench/one:1" % (base, registry)))
    return {"back": times}


def second_image(world, args):
    registry = world.registry()
    times = [[], []]
    for _ in range(5):
        clean("ct-rm -f %s/bench/plus:1 %s/bench/one:1" % (registry, registry))
        times[1].append(clock("ct-pull --tls-verify=false %s/bench/one:1" % registry))
        times[0].append(clock("ct-pull --tls-verify=false %s/bench/plus:1" % registry))
    return {"back": times}


def init_row(end=""):
    def measure(world, args):
        archive = world.dir + "/tree.tar"
        if not os.path.exists(archive):
            sh("tar -C %s -cf %s ." % (world.tree(), archive))
        where = os.environ["CT_ROOT"] + "/tmp/untar"
        peer = "mkdir %s && tar -x -C %s -f %s; %s" % (where, where, archive, end % dict(where=where))
        times = [[], []]
        for _ in range(5):
            clean()
            times[0].append(clock("ct-init -n bench-tree - <" + archive))
            clean("ct-rm -f bench-tree")
            times[1].append(clock(peer))
            clean("rm -rf " + where)
        return {"back": times}
    return measure


def commit_row(world, args):
    world.busybox()
    def written(megabytes):
        c = out("ct-run -d --network none bench-busybox sh -c 'dd if=/dev/zero of=/big bs=1M count=%d 2>/dev/null; "
                "sync; echo ready; exec sleep 1000'" % megabytes)
        wait_for("ct-logs %s | grep -q ready" % c, seconds=300)
        return c
    small, large = written(10), written(3000)
    times = [[], []]
    for _ in range(args.runs):
        for i, c in ((0, large), (1, small)):
            begin = time.monotonic()
            image = out("ct-commit " + c)
            times[i].append((time.monotonic() - begin) * 1000)
            sh("ct-rm " + image)
    sh("ct-rm -f %s %s" % (small, large))
    return {"back": times}


def memory_row(world, args):
    """Proportional set size in kB of a detached container's supervisor, and of conmon."""
    world.busybox()
    def pss(pattern):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    line = f.read()
                if pattern in line:
                    with open("/proc/%s/smaps_rollup" % pid) as f:
                        return next(int(l.split()[1]) for l in f if l.startswith("Pss:"))
            except (OSError, StopIteration):
                pass
        raise Skip("no process with %r" % pattern)
    sh("ct-run -d --network none --name bench-pss bench-busybox sleep 1000")
    sh(" ".join(world.podman() + ["run", "-d", "--network", "none"] + PODMAN_RUN + ["bench:latest", "sleep", "1000"]))
    ours, peer = pss(b"ct-run"), pss(b"conmon")
    sh("ct-rm -f bench-pss")
    return {"back": [[ours], [peer]]}


def stream_row(options, peer):
    def measure(world, args):
        world.busybox()
        big = world.dir + "/gigabyte"
        if not os.path.exists(big):
            sh("yes 'a line of about sixty characters, as programs write them to logs' | head -c 1000000000 >" + big)
        times = [[], []]
        log = os.environ["CT_ROOT"] + "/tmp/log"
        for _ in range(5):
            clean()
            times[0].append(clock("ct-run --rm --network none %s bench-busybox cat <%s | cat >/dev/null" % (options, big)))
            clean()
            times[1].append(clock(peer % dict(big=big, log=log)))
        return {"back": times}
    return measure


def ps_row(world, args):
    world.busybox()
    base = world.podman()
    n = len(out("ct-ps -q").split())
    sh("seq %d | xargs -P 4 -I{} ct-run --only snapshot bench-busybox" % (1000 - n))
    for _ in range(100):
        subprocess.run(base + ["create", "--network", "none"] + PODMAN_RUN + ["bench:latest", "true"], check=True, **QUIET)
    times = turns(world, args.runs, 0, ["ct-ps"], base + ["ps", "-a"])
    sh("ct-ps -q | ct-rm -f -")
    return {"back": times}


def python_row(world, args):
    tree = out(HERE + "/../debian-full")
    sh("ct-images -q bench-debian >/dev/null 2>&1 || ct-init -n bench-debian " + tree)
    image = out("ct-images -q bench-debian")
    warm = os.environ["CT_ROOT"] + "/warm"
    sh("btrfs subvolume snapshot %s/%s/rootfs %s" % (os.environ["CT_ROOT"], image, warm))
    try:
        return {name: turns(world, args.runs, gap,
                            ["ct-run", "--rm", "--network", "none", "bench-debian", "python3", "-c", "pass"],
                            ["chroot", warm, "python3", "-c", "pass"])
                for name, gap in (("back", 0), ("idle", 100))}
    finally:
        sh("btrfs subvolume delete " + warm)


# Twenty steps of the kinds that change files and that do not; {} is content that one row changes.
BUILD_STEPS = (["ENV A=1", "WORKDIR /app", "LABEL purpose=bench"]
               + ["COPY file-%d /app/" % i for i in range(4)] + ["RUN echo %d >>/count" % i for i in range(4)]
               + ["COPY . /app/all/", "USER 1000", "USER root", "RUN mkdir -p /srv/data && chown 33:33 /srv/data"]
               + ["COPY {} /app/changed"] + ["RUN cp /count /count-%d" % i for i in range(2)]
               + ["EXPOSE 80", "CMD [\"/bin/sh\"]"])


def build_context(world):
    def make():
        path = world.dir + "/context"
        os.makedirs(path)
        for i in range(4):
            with open("%s/file-%d" % (path, i), "wb") as f:
                f.write(os.urandom(100000))
        with open(path + "/Dockerfile", "w") as f:
            f.write("\n".join(["FROM localhost/bench:latest"] + BUILD_STEPS).replace("{}", "file-0") + "\n")
        sh("ct-tag %s localhost/bench:latest" % world.busybox())
        return path
    return world.once("context", make)


def build_row(options, runs):
    """Builds with the network of a run, and podman's without one; both have a cache after the first build."""
    def measure(world, args):
        context = build_context(world)
        podman = world.podman() + ["build", "-q", "--network", "none"] + PODMAN_RUN
        sh("ct-build -q %s && %s %s" % (context, " ".join(podman), context))
        return {"back": turns(world, runs, 0, ["ct-build", "-q", *options, context], podman + [*options, context])}
    return measure


def build_changed(world, args):
    """The sixteenth of twenty steps has another content each time, against a build without cache."""
    context = build_context(world)
    with open(world.dir + "/changed", "w") as f:
        f.write("\n".join(["FROM localhost/bench:latest"] + BUILD_STEPS).replace("{} /app/changed", "<<E /app/changed\nCONTENT\nE") + "\n")
    change = "sed s/CONTENT/$$/ %s/changed | ct-build -q -f - %s" % (world.dir, context)
    sh(change)
    return {"back": turns(world, 8, 0, change, ["ct-build", "-q", "--no-cache", context])}


# ct reports an image when it is on the disk; tar and podman do not wait for that.
ON_DISK = "sync -f %(where)s"

# name, what ours does, the peer, the limit of the ratio (back to back, idle), how it is measured
ROWS = [
    ("start", "ct-run --rm --network none IMAGE true", "crun run", (0.5, 0.5), pair(ct_run("--network", "none"), crun)),
    ("start-net", "ct-run --rm IMAGE true", "crun run", (0.7, 0.6), pair(ct_run(), crun)),
    ("start-podman", "ct-run --rm --network none IMAGE true", "podman run --rm --network none", (0.03, 0.03),
     pair(ct_run("--network", "none"), podman_run, runs=8)),
    ("start-bound", "ct-run --rm --network none IMAGE true", "the lower bound", (1.5, 1.5),
     pair(ct_run("--network", "none"), bound)),
    ("oci", "ct-oci run", "crun run of the same bundle", (0.6, 0.6), pair(ct_oci, crun)),
    ("oci-runc", "ct-oci run", "runc run of the same bundle", (0.4, 0.5), pair(ct_oci, runc)),
    ("many", "200 x ct-run -d, 16 at a time", "crun run -d", (0.7, None), many),
    ("remove", "ct-rm -f of 200 running", "200 x crun delete -f", (0.2, None), remove_many),
    ("exec", "ct-exec CONTAINER true", "crun exec", (0.4, None), exec_row),
    ("pull-one", "ct-pull of 600 MB, one layer", "curl | igzip -d | tar -x", (0.8, None), pull_row("one", 1)),
    ("pull-disk", "ct-pull of 600 MB, one layer", "curl | igzip -d | tar -x; sync", (None, None), pull_row("one", 1, ON_DISK)),
    ("pull-four", "ct-pull of 600 MB, four layers", "curl | igzip -d | tar -x", (0.7, None), pull_row("four", 4)),
    ("pull-podman", "ct-pull of 600 MB, one layer", "podman pull", (0.25, None), pull_podman),
    ("pull-second", "ct-pull of one more small layer", "its first pull", (0.02, None), second_image),
    ("init", "ct-init - of a 600 MB tar", "tar -x", (1.0, None), init_row()),
    ("init-disk", "ct-init - of a 600 MB tar", "tar -x; sync", (None, None), init_row(ON_DISK)),
    ("commit", "ct-commit with 3 GB written", "with 10 MB written", (1.2, None), commit_row),
    ("memory", "the supervisor's memory (PSS, kB)", "conmon's", (0.25, None), memory_row),
    ("stream", "1 GB through ct-run IMAGE cat, logged", "cat | tee LOG | cat", (0.9, None),
     stream_row("", "cat <%(big)s | tee %(log)s | cat >/dev/null; rm -f %(log)s")),
    ("stream-none", "the same with --log none", "cat | cat", (1.2, None),
     stream_row("--log none", "cat <%(big)s | cat >/dev/null")),
    ("ps", "ct-ps with 1,000 containers", "podman ps -a with 100", (0.1, None), ps_row),
    ("build", "ct-build of 20 steps, no cache", "podman build", (0.25, None), build_row(["--no-cache"], 5)),
    ("build-cached", "ct-build of 20 cached steps", "podman build", (0.1, None), build_row([], 10)),
    ("build-changed", "ct-build, step 16 of 20 changed", "ct-build without cache", (0.6, None), build_changed),
    ("python", "python3 -c pass in a fresh container", "by chroot in a warm subvolume", (1.6, None), python_row),
]


def spread(times):
    return "%.1f (%.1f-%.1f)" % (statistics.median(times), min(times), max(times))


def ratio(times):
    """The median of the ratios pair by pair."""
    return statistics.median(a / b for a, b in zip(*times))


def measure_row(world, args, row):
    name, ours, peer, limits, measure = row
    result = {"row": name, "work": ours, "peer": peer}
    try:
        for state, times in measure(world, args).items():
            result[state] = {"ours": statistics.median(times[0]), "peer": statistics.median(times[1]),
                             "ratio": round(ratio(times), 3), "limit": limits[state == "idle"]}
            print("%-12s %-5s %-24s %-24s %7.3f  %s" %
                  (name, state, spread(times[0]), spread(times[1]), ratio(times),
                   "at most %s" % limits[state == "idle"] if limits[state == "idle"] else ""), flush=True)
    except Skip as why:
        result["skipped"] = str(why)
        print("%-12s not measured: %s" % (name, why), flush=True)
    except subprocess.CalledProcessError as failure:
        result["skipped"] = str(failure)
        print("%-12s failed: %s" % (name, failure), flush=True)
    return result


def chart(results):
    """A bar a row: ct's time as a part of its peer's, on a logarithmic scale around 1."""
    import math
    bars = [(r["work"], r["peer"], r["back"]["ratio"]) for r in results if "back" in r]
    bottom = 26 * len(bars) + 60
    scale = lambda x: 760 + 110 * max(-2, min(1, math.log10(x)))
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" width="960" height="%d" font-family="sans-serif" font-size="12">' % (bottom + 20),
             '<rect width="960" height="%d" fill="white"/>' % (bottom + 20),
             '<text x="10" y="20" font-size="14">Time of ct as a part of the time of its peer (left of the line ct is faster)</text>']
    for x in (0.01, 0.1, 1, 10):
        lines.append('<line x1="{0:.0f}" y1="34" x2="{0:.0f}" y2="{1}" stroke="{2}"/><text x="{0:.0f}" y="{3}" text-anchor="middle">{4:g}</text>'.format(
            scale(x), bottom - 16, "black" if x == 1 else "#ccc", bottom, x))
    for i, (work, peer, value) in enumerate(bars):
        y = 40 + 26 * i
        left, right = sorted((scale(1), scale(value)))
        lines.append('<text x="10" y="%d">%s <tspan fill="#777">beside %s</tspan></text>' % (y + 13, work, peer))
        lines.append('<rect x="%.0f" y="%d" width="%.0f" height="16" fill="%s"/>' %
                     (left, y, max(1, right - left), "#2a7" if value <= 1 else "#c64"))
        lines.append('<text x="%.0f" y="%d">%.2f</text>' % (scale(1) + 4 if value <= 1 else right + 4, y + 13, value))
    return "\n".join(lines + ["</svg>"]) + "\n"


def growth(world, sizes, runs):
    """Medians in ms of commands with so many containers in the store, and as many names of the image."""
    image = world.busybox()
    commands = {
        "ct-ps": ["ct-ps"],
        "ct-ps -q": ["ct-ps", "-q"],
        "ct-images -q": ["ct-images", "-q"],
        "completion": ["ct-ps", "--no-header", "-o", "id,name"],
        "ct-run": ct_run("--network", "none")(world),
        "ct-rm": "ct-run --only snapshot bench-busybox | ct-rm -",
    }
    results = []
    for n in sizes:
        have = len(out("ct-ps -q").split())
        sh("seq %d %d | xargs -r -P 4 -I{} ct-run --only snapshot --name many{} bench-busybox" % (have + 1, n))
        sh("seq %d %d | xargs -r -P 4 -I{} ct-tag %s bench-many:{}" % (have + 1, n, image))
        times = turns(world, runs, 0, *commands.values())
        results.append({"containers": n, **{name: statistics.median(t) for name, t in zip(commands, times)}})
        print("%7d  " % n + "  ".join("%s %.1f" % (name, results[-1][name]) for name in commands), flush=True)
    return results


def growth_chart(results):
    """A line a command over the number of containers; both axes are logarithmic."""
    import math
    x = lambda n: 60 + 150 * (math.log10(n) - 1)
    y = lambda ms: 330 - 80 * (math.log10(max(ms, 0.5)) + 0.31)
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" width="680" height="380" font-family="sans-serif" font-size="12">',
             '<rect width="680" height="380" fill="white"/>',
             '<text x="10" y="20">milliseconds of a command over the number of containers (both logarithmic)</text>']
    for ms in (1, 10, 100, 1000):
        lines.append('<line x1="60" y1="{0:.0f}" x2="510" y2="{0:.0f}" stroke="#ddd"/><text x="20" y="{0:.0f}">{1}</text>'.format(y(ms), ms))
    for r in results:
        lines.append('<text x="%.0f" y="360">%d</text>' % (x(r["containers"]), r["containers"]))
    names = [name for name in results[0] if name != "containers"]
    for i, name in enumerate(names):
        color = ("#2a7", "#27a", "#a72", "#c64", "#83a", "#555")[i % 6]
        points = " ".join("%.0f,%.0f" % (x(r["containers"]), y(r[name])) for r in results)
        lines.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (points, color))
        lines.append('<text x="530" y="%d" fill="%s">%s</text>' % (60 + 18 * i, color, name))
    return "\n".join(lines + ["</svg>"]) + "\n"


def compare(results):
    """Prints the ratios that are worse than the accepted ones by more than a tenth; gives how many."""
    if not os.path.exists(ACCEPTED):
        print("%s does not exist: --accept writes it" % ACCEPTED)
        return 1
    with open(ACCEPTED) as f:
        accepted = json.load(f)
    worse = 0
    for result in results:
        for state in ("back", "idle"):
            was = accepted.get(result["row"], {}).get(state)
            now = result.get(state, {}).get("ratio")
            if was and now and now > was * 1.1:
                worse += 1
                print("worse: %s, %s: %.3f, accepted is %.3f" % (result["row"], state, now, was))
    return worse


def main_growth(world, args):
    try:
        sizes = args.sizes or "10,100,1000,10000"
        results = growth(world, [int(n) for n in sizes.split(",")], max(3, args.runs // 4))
    finally:
        world.close()
    for file, text in ((args.json, json.dumps(results, indent=1)), (args.svg, growth_chart(results))):
        if file:
            with open(file, "w") as f:
                f.write(text)
    return 0


def main_completion(world, args):
    """With 1,000 containers; the words are complete when no other option, id or name begins so."""
    try:
        image, n = world.busybox(), int(args.sizes or 1000)
        sh("seq %d | xargs -P 4 -I{} ct-run --only snapshot --name many{} bench-busybox" % n)
        name = out("ct-run --only snapshot --name zebra bench-busybox")
        sh("ct-ps -q | grep '^%s' | grep -vx %s | ct-rm -" % (name[:-1], name))
        words = {"option": ("ct run --hostn", "ame"), "name": ("ct rm zeb", "ra"), "id": ("ct rm " + name[:-1], name[-1]),
                 "image": ("ct run --rm " + image[:-1], image[-1])}
        print("milliseconds from the Tab key to the word, with %d containers, in" % n)
        for shell in completion.SHELLS:
            medians = completion.measure(shell, world, words, args.runs)
            print("%-6s" % shell + "  ".join("%s %.1f" % pair for pair in medians.items()), flush=True)
    finally:
        world.close()
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default="")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--build", default=os.environ.get("B", "build"))
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--completion", action="store_true")
    parser.add_argument("--sizes")
    parser.add_argument("--json")
    parser.add_argument("--svg")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--accept", action="store_true")
    args = parser.parse_args()
    wanted = args.rows.split(",") if args.rows else [row[0] for row in ROWS]
    world = World(os.path.abspath(args.build))
    if args.growth:
        return main_growth(world, args)
    if args.completion:
        return main_completion(world, args)
    print("row          state ct: median (range)       peer: median (range)       ratio  limit   (ms; memory kB)")
    try:
        results = [measure_row(world, args, row) for row in ROWS if row[0] in wanted]
    finally:
        world.close()
    if any(r[s]["limit"] and r[s]["ratio"] > r[s]["limit"] for r in results for s in ("back", "idle") if s in r):
        print("test/bench/README says why rows stay above their limit")
    if args.json:
        with open(args.json, "w") as f:
            json.dump(results, f, indent=1)
    if args.svg:
        with open(args.svg, "w") as f:
            f.write(chart(results))
    if args.accept:
        accepted = {}
        if os.path.exists(ACCEPTED):
            with open(ACCEPTED) as f:
                accepted = json.load(f)
        accepted.update({r["row"]: {s: r[s]["ratio"] for s in ("back", "idle") if s in r} for r in results})
        with open(ACCEPTED, "w") as f:
            json.dump(accepted, f, indent=1)
            f.write("\n")
    return 1 if args.check and compare(results) else 0


if __name__ == "__main__":
    sys.exit(main())
