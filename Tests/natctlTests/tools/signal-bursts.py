"""signal-bursts.py ROUNDS COMMAND...: starts COMMAND so often, and ends it by several signals within
some millionths of a second once it has printed a line. Prints each exit status that came, with 128
added to a signal's number; a command that outlives its time is killed (137)."""

import os
import random
import signal
import subprocess
import sys
import time

BURST = [signal.SIGHUP, signal.SIGPIPE, signal.SIGTERM]
GAP = 20e-6


def ended(command):
    """The status of a command that got a burst of signals."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    child.stdout.readline()
    for number in BURST:
        os.kill(child.pid, number)
        deadline = time.perf_counter() + random.uniform(0, GAP)
        while time.perf_counter() < deadline:
            pass
    try:
        child.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


statuses = {ended(sys.argv[2:]) for _ in range(int(sys.argv[1]))}
print(*sorted(statuses))
