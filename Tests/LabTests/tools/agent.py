#!/usr/bin/env python3
"""Runs commands on the lab's hosts for the tests: a JSON request a line in, an answer a line out.

{"start": [COMMAND...], "host": HOST}     -> {"process": NUMBER}
{"signal": SIGNAL, "process": NUMBER}     -> {}
{"look": NUMBER}                          -> {"output", "errors"}, what it has written so far
{"finish": NUMBER, "timeout": SECONDS}    -> {"status", "output", "errors", "seconds"}

`status` is 128+n after signal n, as a shell says it; a command that outlives its timeout is
killed (137). The lab ends with the agent, and the agent with its input."""

import json
import os
import subprocess
import sys
import tempfile
import time


class Started:
    """A command that runs on one of the hosts."""

    def __init__(self, host, command):
        self.since = time.monotonic()
        # Files, because what it leaves running would hold a pipe open, and a full pipe stops it.
        self.output = tempfile.TemporaryFile()
        self.errors = tempfile.TemporaryFile()
        # `ip netns exec` becomes the command, so a signal reaches it and nobody else.
        self.child = subprocess.Popen(
            ["ip", "netns", "exec", host, *command], stdin=subprocess.DEVNULL,
            stdout=self.output, stderr=self.errors)

    def look(self):
        return {"output": text(self.output), "errors": text(self.errors)}

    def finish(self, timeout):
        try:
            status = self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.child.kill()
            status = self.child.wait()
        return {
            "status": status if status >= 0 else 128 - status,
            "seconds": time.monotonic() - self.since,
            **self.look(),
        }


def text(file):
    # The descriptor is the child's as well, and so is the place where it writes.
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode(errors="replace")


def main():
    running = []
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            running.append(Started(request["host"], request["start"]))
            answer = {"process": len(running) - 1}
        elif "signal" in request:
            running[request["process"]].child.send_signal(request["signal"])
            answer = {}
        elif "look" in request:
            answer = running[request["look"]].look()
        else:
            answer = running[request["finish"]].finish(request["timeout"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
