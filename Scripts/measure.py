#!/usr/bin/env python3
"""measure.py RUNS: times whole processes, all variants in turn; JSON in, JSON out.

In:  {NAME: {"command": [WORD...], and perhaps "before": [WORD...], "after": [WORD...],
      "environment": {...}}}
Out: {NAME: {"milliseconds": MEDIAN, "most": 95TH PERCENTILE, "statuses": [...],
      "kilobytes": LARGEST PEAK}}

"{port}" in a word is another port in each run; "before" prepares and "after" cleans up, untimed.
Each command runs once before anything is timed, so that no figure is of a cold disk. A peak below
this interpreter's own is not seen: the kernel starts a child's account with its parent's memory."""

import json
import math
import os
import statistics
import sys
import time

FIRST_PORT = 20000


class Variant:
    """One of the commands that are compared."""

    def __init__(self, command, before=None, after=None, environment=None):
        self.command = command
        self.before = before
        self.after = after
        self.environment = {**os.environ, **(environment or {})}
        self.milliseconds = []
        self.statuses = set()
        self.kilobytes = 0

    def measure(self, port, counts=True):
        if self.before:
            self.spawn(self.before, port)
        status, seconds, kilobytes = self.spawn(self.command, port)
        if self.after:
            self.spawn(self.after, port)
        if counts:
            self.milliseconds.append(seconds * 1000)
            self.statuses.add(status)
            self.kilobytes = max(self.kilobytes, kilobytes)

    def spawn(self, command, port):
        words = [word.replace("{port}", str(port)) for word in command]
        quiet = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0)
                 for descriptor in (0, 1, 2)]
        begin = time.perf_counter()
        child = os.posix_spawnp(words[0], words, self.environment, file_actions=quiet)
        _, status, usage = os.wait4(child, 0)
        return (os.waitstatus_to_exitcode(status), time.perf_counter() - begin, usage.ru_maxrss)

    def result(self):
        return {
            "milliseconds": statistics.median(self.milliseconds),
            "most": sorted(self.milliseconds)[math.ceil(0.95 * len(self.milliseconds)) - 1],
            "statuses": sorted(self.statuses),
            "kilobytes": self.kilobytes,
        }


def main():
    runs = int(sys.argv[1])
    variants = {name: Variant(**described) for name, described in json.load(sys.stdin).items()}
    for run in range(runs + 1):
        for variant in variants.values():
            variant.measure(FIRST_PORT + run, counts=run > 0)
    print(json.dumps({name: variant.result() for name, variant in variants.items()}))


if __name__ == "__main__":
    main()
