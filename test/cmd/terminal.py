"""Runs a command on a terminal of its own, as a person at the keyboard would.

	terminal.py [STEP...] -- COMMAND [ARG...]

Steps, in order:
	size:ROWSxCOLUMNS	(before the command starts, if it stands first)
	wait:TEXT		until TEXT has come since what was waited for before
	type:TEXT		\\r, \\x03 and so on are escapes
	kill:SIGNAL		to the command
	make:FILE		creates the file, which tells another process how far this has come
	close			hang up
Prints what came (with plain newlines) and ends with the command's status, 128+N
for signal N; 124 if a text did not come in time (two minutes).
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time


class Terminal:
    def __init__(self, command, size):
        self.seen, self.mark, self.open = b"", 0, True
        self.patience = 120     # long, for a loaded machine
        # The child waits for the size: it may look at it before anything else.
        go_read, go_write = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.close(go_write)
            os.read(go_read, 1)
            os.close(go_read)
            try:
                os.execvp(command[0], command)
            except OSError as why:
                os.write(2, f"{command[0]}: {why.strerror}\n".encode())
            os._exit(127)
        os.close(go_read)
        self.resize(size)
        os.close(go_write)

    def resize(self, size):
        rows, columns = map(int, size.split("x"))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, timeout):
        """Takes in what has come; False at the end or when the time is up."""
        if not self.open or not select.select([self.fd], [], [], max(0, timeout))[0]:
            return False
        try:
            piece = os.read(self.fd, 65536)
        except OSError:     # EIO: the other side is closed
            piece = b""
        self.seen += piece
        self.open = bool(piece)
        return self.open

    def wait(self, text):
        end = time.monotonic() + self.patience
        while (at := self.seen.find(text, self.mark)) < 0:
            if not self.read(end - time.monotonic()):
                self.give_up(f"{text!r} did not come")
        self.mark = at + len(text)

    def show(self):
        sys.stdout.buffer.write(self.seen.replace(b"\r\n", b"\n"))
        sys.stdout.flush()

    def give_up(self, why):
        self.show()
        print(f"\nterminal: {why}", file=sys.stderr)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        sys.exit(124)

    def finish(self):
        """Waits until the command has ended, even if another process has the terminal open."""
        end = time.monotonic() + self.patience
        gone = os.pidfd_open(self.pid)
        while True:
            watched = [gone] + ([self.fd] if self.open else [])
            ready = select.select(watched, [], [], max(0, end - time.monotonic()))[0]
            if self.fd in ready:
                self.read(0)
            elif gone in ready:
                break
            else:
                self.give_up("the command did not end")
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.show()
        return status if status >= 0 else 128 - status


def unescape(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def main(argv):
    split = argv.index("--")
    steps, command = argv[:split], argv[split + 1:]
    size = "24x80"
    if steps and steps[0].startswith("size:"):
        size = steps.pop(0)[5:]
    terminal = Terminal(command, size)
    for step in steps:
        verb, _, value = step.partition(":")
        if verb == "wait":
            terminal.wait(unescape(value))
        elif verb == "type":
            os.write(terminal.fd, unescape(value))
        elif verb == "size":
            terminal.resize(value)
        elif verb == "kill":
            os.kill(terminal.pid, signal.Signals["SIG" + value])
        elif verb == "make":
            open(value, "x").close()
        elif verb == "close":
            os.close(terminal.fd)
            terminal.fd, terminal.open = -1, False
        else:
            terminal.give_up(f"{step}: no such step")
    return terminal.finish()


sys.exit(main(sys.argv[1:]))
