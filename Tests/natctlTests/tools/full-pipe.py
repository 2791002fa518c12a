"""full-pipe.py STREAM COMMAND...: becomes COMMAND, whose STREAM (1 or 2) is a full pipe that is not
read."""

import fcntl
import os
import sys

reader, writer = os.pipe()
flags = fcntl.fcntl(writer, fcntl.F_GETFL)
fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
for size in (4096, 1):
    try:
        while True:
            os.write(writer, b"x" * size)
    except BlockingIOError:
        pass
fcntl.fcntl(writer, fcntl.F_SETFL, flags)
# Without a reader writing would fail instead of waiting.
os.set_inheritable(reader, True)
os.dup2(writer, int(sys.argv[1]))
os.execvp(sys.argv[2], sys.argv[2:])
