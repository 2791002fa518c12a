#!/usr/bin/env python3
"""measure-held.py NATCTL LIFETIME: what NATCTL costs while it holds a thousand mappings; JSON out.

Out: {"kilobytes": MOST RESIDENT MEMORY, "core": SHARE OF A CORE BETWEEN RENEWALS,
      "busiest": SHARE OF THE FIRST RENEWALS IN THEIR BUSIEST SECOND}

Runs behind a simulated gateway that grants LIFETIME seconds. Between renewals is from two seconds
after the last grant until the first half of that lifetime is almost over."""

import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

COUNT = 1000


class Held:
    """A natctl that holds, and when it has told what."""

    def __init__(self, program):
        # As text, because each document has every assignment; verbose, because it tells renewals.
        command = [program, "map", "tcp", f"20000-{19999 + COUNT}", "--via", "pcp",
                   "--lifetime", sys.argv[2], "--keep", "-v"]
        self.child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.instants = collections.defaultdict(list)
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            # "2026-11-25 17:04:05  renewed tcp ..."
            with self.changed:
                self.instants[line.split()[2]].append(time.monotonic())
                self.changed.notify_all()

    def wait_for(self, event, limit):
        with self.changed:
            enough = self.changed.wait_for(lambda: len(self.instants[event]) >= COUNT, limit)
        if not enough:
            sys.exit(f"{len(self.instants[event])} of {COUNT} were {event} in {limit} s")

    def seconds_on_a_core(self):
        """Of all its threads, those that have ended included."""
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kilobytes(self):
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])


def busiest_second(instants):
    """The share of them that lies in the second that has most."""
    instants = sorted(instants)
    most = max(sum(1 for other in instants if first <= other < first + 1) for first in instants)
    return most / len(instants)


def main():
    held = Held(sys.argv[1])
    held.wait_for("mapped", 60)
    half = time.monotonic() + int(sys.argv[2]) / 2
    time.sleep(2)
    begin, worked = time.monotonic(), held.seconds_on_a_core()
    kilobytes = held.kilobytes()
    time.sleep(half - 3 - begin)
    core = (held.seconds_on_a_core() - worked) / (time.monotonic() - begin)
    held.wait_for("renewed", int(sys.argv[2]) / 2)
    kilobytes = max(kilobytes, held.kilobytes())
    held.child.send_signal(signal.SIGTERM)
    if held.child.wait(30) != 128 + signal.SIGTERM:
        sys.exit(f"natctl ended with {held.child.returncode}")
    print(json.dumps({"kilobytes": kilobytes, "core": core,
                      "busiest": busiest_second(held.instants["renewed"][:COUNT])}))


if __name__ == "__main__":
    main()
