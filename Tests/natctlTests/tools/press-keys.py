"""press-keys.py [columns=N] [at=WORD] [times=N] [close=WORD] COMMAND...: runs COMMAND at a terminal of
its own, N columns wide, and presses Ctrl-C each time it says WORD, "ready" unless told otherwise, N
times at most; closes the terminal when it says the other WORD; prints what the terminal gets, and
exits with COMMAND's status."""

import fcntl
import os
import pty
import struct
import sys
import termios

arguments = sys.argv[1:]
options = {"columns": "80", "at": "ready", "times": "1000"}
while arguments[0].partition("=")[0] in (*options, "close"):
    name, _, value = arguments.pop(0).partition("=")
    options[name] = value
child, terminal = pty.fork()
if child == 0:
    size = struct.pack("HHHH", 24, int(options["columns"]), 0, 0)
    fcntl.ioctl(1, termios.TIOCSWINSZ, size)
    os.execvp(arguments[0], arguments)
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
    if "close" in options and options["close"].encode() in heard:
        break
    while min(heard.count(options["at"].encode()), int(options["times"])) > presses:
        presses += 1
        os.write(terminal, b"\x03")
os.close(terminal)
sys.stdout.buffer.write(heard)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
