"""slow-reader.py COMMAND...: runs COMMAND with a standard output that is a full pipe, does not block
and is read after a while; prints what COMMAND has written, and exits with its status."""

import os
import subprocess
import sys
import time

reader, writer = os.pipe()
os.set_blocking(writer, False)
filled = 0
for size in (4096, 1):
    try:
        while True:
            filled += os.write(writer, b"x" * size)
    except BlockingIOError:
        pass
child = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
time.sleep(0.5)
with os.fdopen(reader, "rb") as pipe:
    written = pipe.read()
sys.stdout.buffer.write(written[filled:])
sys.exit(child.wait())
