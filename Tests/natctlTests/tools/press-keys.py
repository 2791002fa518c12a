"""press-keys.py COMMAND...: runs COMMAND at a terminal of its own, and presses Ctrl-C each time it
says "ready"; prints what it says, and exits with its status."""

import os
import pty
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
heard = b""
presses = 0
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:  # Linux's way to say that nobody has the terminal open any more
        break
    if not more:
        break
    heard += more
    while heard.count(b"ready") > presses:
        presses += 1
        os.write(terminal, b"\x03")
sys.stdout.buffer.write(heard)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
