"""
console.py FILE: types in the examples of README.md or of a manual page, and compares
what comes with what they show. Status 1, and what differed on stdout, if they lie.

An example is a block of text: indented by four spaces or fenced by ``` in README.md,
between ".Bd -literal" and ".Ed" in a manual page. In it
	# COMMAND or $ COMMAND	is typed; it goes on in lines that begin with "> "
	anything else		is all that the command says, stdout and stderr together
All examples of a file are typed in the order they stand in, in one `sh` in an empty
directory. A command must succeed (the status of one that is to fail is shown by "; echo $?").

What differs from day to day need not be the same:
	img_42003 ps_42002 vol_42002	an id: another one, but each time the same
	sha256:6667...			a digest: likewise, from then on also without "sha256:"
	605356032			a number of five digits or more: likewise
	Sun Nov 22 02:52:42 UTC 2026	a time, also 2026-11-22T02:52:42.123Z or 02:52:42: some time
	spaces and tabs			some
	...				anything; as a line of its own: any lines
Ids in a command are those that came where the example shows them. Where CT_ROOT, CT_RUN, CT_CGROUP,
CT_BRIDGE and CT_SUBNET are something else, their defaults are shown and typed all the same (/ct
before /ps_N only, ct0 alone or in names that begin with it, 10.142. and 10.143. of addresses).

A block of README.md without a command, or after "<!-- not run: WHY -->", is not typed; one
that has neither is an error. In a manual page (EXAMPLES) that is the line  .\\" not run: WHY
"""
import os, re, select, signal, subprocess, sys

TOKEN = re.compile(r'''
	(?P<any>\.\.\.)
	|(?P<sum>(?<!sha256:)\b[0-9a-f]{64}\b)
	|(?P<same>\b(?:img|ps|vol)_\d+\b|\bsha256:[0-9a-f]{64}\b|(?<![\w.])\d{5,}(?![\w.]))
	|(?P<time>[A-Z][a-z]{2}\ [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d\ UTC\ \d{4}
		|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)|\b\d\d:\d\d:\d\d\b)
	|(?P<space>[ \t]+)''', re.X)
SOME = [(r'(?:img|ps|vol)_', lambda t: t.split('_')[0] + r'_\d+'), (r'sha256:', lambda t: r'sha256:[0-9a-f]{64}'),
	(r'\d', lambda t: r'\d{5,}')]
TIMES = [r'[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}',
	 r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)', r'\d\d:\d\d:\d\d']
PATIENCE = 60


def pattern(line, known):
	"""The regular expression that a shown line is, and which of its groups is what."""
	out, groups, at = '', {}, 0
	for token in TOKEN.finditer(line):
		out += re.escape(line[at:token.start()])
		at, text = token.end(), token.group()
		if token.lastgroup == 'any':
			out += '.*'
		elif token.lastgroup == 'space':
			out += r'[ \t]+'
		elif token.lastgroup == 'time':
			out += next(t for t in TIMES if re.fullmatch(t, text))
		elif token.lastgroup == 'sum':
			out += known.get('sha256:' + text, text).replace('sha256:', '')
		elif text in known:
			out += re.escape(known[text])
		elif text in groups:
			out += '(?P=%s)' % groups[text]
		else:
			groups[text] = 'g%d' % len(groups)
			out += '(?P<%s>%s)' % (groups[text], next(f(text) for start, f in SOME if re.match(start, text)))
	return out + re.escape(line[at:]) + r'[ \t]*', groups


def match(shown, came, known):
	"""What is known once these lines were seen; None if they are others."""
	if not shown:
		return known if not came else None
	if shown[0] == '...':
		for skip in range(len(came) + 1):
			found = match(shown[1:], came[skip:], known)
			if found is not None:
				return found
		return None
	if not came:
		return None
	text, groups = pattern(shown[0], known)
	found = re.fullmatch(text, came[0])
	if not found:
		return None
	new = {token: found.group(group) for token, group in groups.items()}
	if set(new.values()) & set(known.values()):
		return None
	return match(shown[1:], came[1:], {**known, **new})


def readme_blocks(lines):
	"""Blocks of (line number, text), and what excuses one from being typed."""
	block, fence, excuse, blank = [], None, None, True
	for number, line in enumerate(lines + [''], 1):
		if fence is not None:
			if line.startswith('```'):
				yield block, excuse
				block, fence, excuse = [], None, None
			else:
				block.append((number, line))
		elif line.startswith('```'):
			fence = line
		elif line.startswith('    ') and (block or blank):
			block.append((number, line[4:]))
		elif line.strip() == '' and block and number <= len(lines):
			block.append((number, ''))
		else:
			if block:
				while block[-1][1] == '':
					block.pop()
				yield block, excuse
				block, excuse = [], None
			said = re.fullmatch(r'<!-- not run: (.+) -->', line)
			if said or line.strip():
				excuse = said and said.group(1)
		blank = line.strip() == ''


def page_blocks(lines):
	block, inside, section, excuse = [], False, '', None
	for number, line in enumerate(lines, 1):
		if inside and line == '.Ed':
			if section == 'EXAMPLES' or commands(block):
				yield block, excuse
			block, inside, excuse = [], False, None
		elif inside:
			block.append((number, line.replace('\\&', '').replace('\\e', '\\')))
		elif line.startswith('.Sh '):
			section = line[4:]
		elif line.startswith('.\\" not run: '):
			excuse = line
		elif line.startswith('.Bd -literal'):
			inside = True


def commands(block):
	"""(line number, command, what it says) of each command."""
	out = []
	for number, line in block:
		if re.match('[#$] ', line):
			out.append((number, line[2:], []))
		elif line.startswith('> ') and out and not out[-1][2]:
			out[-1] = (out[-1][0], out[-1][1] + '\n' + line[2:], [])
		elif out:
			out[-1][2].append(line)
	for _, _, shown in out:
		while shown and shown[-1] == '':
			shown.pop()
	return out


def places():
	"""Where things are, and where they are said to be."""
	net = int(os.environ['CT_SUBNET'].split('.')[1])
	return [(os.environ['CT_ROOT'], '/var/lib/ct'), (os.environ['CT_RUN'], '/run/ct'),
		(os.environ['CT_CGROUP'] + '/ps_', '/ct/ps_'), (os.environ['CT_BRIDGE'], 'ct0'),
		('10.%d.' % net, '10.142.'), ('10.%d.' % (net + 1), '10.143.')]


class Shell:
	"""A shell that is told a command at a time."""

	def __init__(self, said):
		self.said = said
		self.status, theirs = os.pipe()
		self.process = subprocess.Popen(['sh'], stdin=subprocess.PIPE, pass_fds=[theirs], start_new_session=True)
		self.theirs = theirs
		os.set_inheritable(theirs, False)
		self.fd = theirs

	def type(self, command):
		"""Its status, or None if the shell is gone or has not come back; and what it said, in lines."""
		for real, shown in places():
			command = command.replace(shown, real)
		text = "{ %s\n} >'%s' 2>&1 </dev/null %d>&-; echo $? >&%d\n" % (command, self.said, self.fd, self.fd)
		status = None
		try:
			self.process.stdin.write(text.encode())
			self.process.stdin.flush()
			if select.select([self.status], [], [], PATIENCE)[0]:
				status = int(os.read(self.status, 16))
		except BrokenPipeError:
			pass
		with open(self.said, errors='replace') as f:
			said = f.read()
		for real, shown in places():
			said = said.replace(real, shown)
		return status, said.splitlines()

	def end(self):
		os.killpg(self.process.pid, signal.SIGKILL)
		self.process.wait()


def main():
	path = sys.argv[1]
	with open(path) as f:
		lines = f.read().splitlines()
	blocks = (readme_blocks if path.endswith('.md') else page_blocks)(lines)
	shell, known, faults, typed = Shell(os.path.join(os.environ['TMPDIR'], 'said')), {}, 0, 0
	name = os.path.basename(path)
	for block, excuse in blocks:
		todo = commands(block)
		if excuse:
			continue
		if not todo:
			faults += 1
			print('%s:%d: an example without a command, and nothing says why' % (name, block[0][0]))
		for number, command, shown in todo:
			real = re.sub(r'\b(?:img|ps|vol)_\d+\b', lambda id: known.get(id.group(), id.group()), command)
			status, came = shell.type(real)
			typed += 1
			found = match(shown, came, known)
			if found is not None and status == 0:
				known = found
				continue
			faults += 1
			print('%s:%d: %s\n  it shows:' % (name, number, command))
			print(''.join('\t%s\n' % line for line in shown) + '  it says, with status %s:' % status)
			print(''.join('\t%s\n' % line for line in came), end='')
			if status is None:
				break
	shell.end()
	if not typed:
		print('%s: no example' % name)
	sys.exit(1 if faults or not typed else 0)


main()
