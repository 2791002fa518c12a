#!/usr/bin/env python3
"""Runs commands on the lab's hosts for the tests: a JSON request a line in, an answer a line out.

{"start": [COMMAND...], "host": HOST}     -> {"process": NUMBER}
{"signal": SIGNAL, "process": NUMBER}     -> {}
{"finish": NUMBER, "timeout": SECONDS}    -> {"status", "output", "errors", "seconds"}

`status` is 128+n after signal n, as a shell says it; a command that outlives its timeout is
killed (137). The lab ends with the agent, and the agent with its input."""

import json
import subprocess
import sys
import time


class Started:
    """A command that runs on one of the hosts."""

    def __init__(self, host, command):
        self.since = time.monotonic()
        # `ip netns exec` becomes the command, so a signal reaches it and nobody else.
        self.child = subprocess.Popen(
            ["ip", "netns", "exec", host, *command], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, timeout):
        try:
            output, errors = self.child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.child.kill()
            output, errors = self.child.communicate()
        status = self.child.returncode
        return {
            "status": status if status >= 0 else 128 - status,
            "output": output.decode(errors="replace"),
            "errors": errors.decode(errors="replace"),
            "seconds": time.monotonic() - self.since,
        }


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
        else:
            answer = running[request["finish"]].finish(request["timeout"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
