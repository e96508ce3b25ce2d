"""Times completion in interactive shells: from the Tab key until the word is complete on the screen."""
import os
import pty
import re
import select
import shutil
import statistics
import time

# What starts a shell on the terminal, with completion for ct loaded and the prompt "ready>".
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             "PS1='ready> '; . /usr/share/bash-completion/bash_completion; . %(build)s/ct.bash"),
    "zsh": (["zsh", "-f", "-i"],
            "PS1='ready> '; fpath=(%(dir)s/zsh $fpath); autoload -Uz compinit; compinit -u -D"),
    "fish": (["fish", "--private", "-i"],
             "function fish_prompt; echo -n 'ready> '; end; source %(completions)s/ct.fish"),
}


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home, TERM="xterm", COLUMNS="200")
            os.execvp(command[0], command)

    def read_until(self, found, seconds=20):
        """Reads what the shell prints until found(text), without escape sequences, is true."""
        text, end = "", time.monotonic() + seconds
        while not found(text):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the shell has printed only %r" % text)
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]", "",
                          text + os.read(self.fd, 65536).decode(errors="replace"))
        return text

    def drain(self, seconds):
        """Reads what the shell prints until it has been silent for so long."""
        while select.select([self.fd], [], [], seconds)[0]:
            os.read(self.fd, 65536)

    def type(self, text):
        os.write(self.fd, text.encode())

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def measure(shell, world, words, runs):
    """words: what is typed before the Tab key, and what it adds. Gives the medians in ms."""
    command, load = SHELLS[shell]
    home = os.path.join(world.dir, "home-" + shell)
    os.makedirs(home)
    os.makedirs(world.dir + "/zsh", exist_ok=True)
    completions = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../completions")
    shutil.copy(completions + "/ct.zsh", world.dir + "/zsh/_ct")
    terminal = Terminal(command, home)
    terminal.type(load % {"build": world.build, "dir": world.dir, "completions": completions} + "; echo load''ed\n")
    terminal.read_until(lambda text: re.search("loaded\r?\n(.|\n)*ready> ", text))
    medians = {}
    for name, (typed, added) in words.items():
        times = []
        for _ in range(runs + 1):
            terminal.type("\x15" + typed)
            terminal.drain(0.3)
            begin = time.monotonic()
            terminal.type("\t")
            terminal.read_until(lambda text: added in text)
            times.append((time.monotonic() - begin) * 1000)
        medians[name] = statistics.median(times[1:])    # the first loads what is loaded once
    terminal.close()
    return medians
