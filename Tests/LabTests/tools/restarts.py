#!/usr/bin/env python3
"""restarts.py NATCTL SECONDS: holds mappings while the router restarts every 5 s, then every 60 s.

On the lab's client, for half of SECONDS each. By each technique ten ports are held, with lifetimes
as short as the router grants them. The router must never forward a port twice; after a restart that
leaves it a minute all ports must be back within that minute, and at the end what the events have
told must be what the router has. A holder may use little of a core and no more memory than after
the first quarter, and its end leaves nothing.

Prints the figures. What is wrong goes to standard error; then the status is 1."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

# The shortest lifetime that miniupnpd grants by PCP is two minutes.
LIFETIMES = {"pcp": "120s", "nat-pmp": "16s", "upnp": "60s"}
COUNT = 10
# The longest pause after failures is 5 min.
PATIENCE = 330

natctl, seconds = sys.argv[1], float(sys.argv[2])
complaints = []


def complain(words):
    complaints.append(words)
    print(f"restarts.py: {words}", file=sys.stderr, flush=True)


class Holder:
    """A natctl that holds, and what it has told."""

    def __init__(self, technique, first):
        self.technique = technique
        self.told, self.counts = {}, {}
        self.child = subprocess.Popen(
            [natctl, "map", "tcp", f"{first}-{first + COUNT - 1}", "--via", technique, "--keep",
             "--lifetime", LIFETIMES[technique], "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            event = json.loads(line)
            kind, mapping = event["event"], event.get("mapping")
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if kind in ("mapped", "changed", "renewed"):
                self.told[mapping["internalPort"]] = mapping["externalPort"]
            elif kind in ("lost", "unmapped"):
                if self.told.pop(mapping["internalPort"], None) is None:
                    complain(f"{self.technique}: {kind} of what was not told: {mapping}")

    def kilobytes(self):
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def core_seconds(self):
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def on_router(*words):
    return subprocess.run(["ip", "netns", "exec", "router", *words], capture_output=True, text=True)


def rows():
    """Where the router's external ports lead."""
    rules = on_router("router-rules", "-v").stdout
    return sorted((int(to), int(port)) for port, to in re.findall(
        r"th dport (\d+).*dnat[^:]*:(\d+)|x^", rules) if port)


def back_within(limit):
    """Waits until all ports are there; how long that took, or `None`."""
    begin = time.monotonic()
    while time.monotonic() < begin + limit:
        if len(rows()) == COUNT * len(LIFETIMES):
            return time.monotonic() - begin
        time.sleep(0.2)
    return None


def restart():
    done = on_router("router-daemon", "restart")
    if done.returncode != 0:
        complain(f"the router does not restart: {done.stderr}")


def check_rows(what):
    inside = [to for to, _ in rows()]
    twice = sorted({port for port in inside if inside.count(port) > 1})
    if twice:
        complain(f"{what}: forwarded twice: {twice}")


def main():
    holders = [Holder(technique, 20000 + 100 * index)
               for index, technique in enumerate(LIFETIMES)]
    if back_within(30) is None:
        sys.exit(f"restarts.py: not mapped at first: {rows()}")
    begin, restarts, times = time.monotonic(), 0, []
    memory = None
    while time.monotonic() < begin + seconds / 2:
        restart()
        restarts += 1
        time.sleep(5)
        check_rows(f"restart {restarts}")
        if memory is None and time.monotonic() > begin + seconds / 4:
            memory = [holder.kilobytes() for holder in holders]
    memory = memory or [holder.kilobytes() for holder in holders]
    quiet = back_within(PATIENCE)
    if quiet is None:
        complain(f"not back after the restarts every 5 s: {rows()}")
    slow = 0
    while time.monotonic() < begin + seconds:
        restart()
        slow += 1
        taken = back_within(60)
        if taken is None:
            complain(f"slow restart {slow}: not back within a minute: {rows()}")
        else:
            times.append(taken)
            time.sleep(60 - taken)
        check_rows(f"slow restart {slow}")
    if back_within(PATIENCE) is None:
        complain(f"not back at the end: {rows()}")
    time.sleep(5)
    told = sorted(pair for holder in holders for pair in holder.told.items())
    if told != rows():
        complain(f"told {told}, and there is {rows()}")
    for holder, first in zip(holders, memory):
        last, share = holder.kilobytes(), holder.core_seconds() / (time.monotonic() - begin)
        if last > first * 1.25 + 2048:
            complain(f"{holder.technique}: {first} KB in the beginning, {last} KB at the end")
        if share > 0.25:
            complain(f"{holder.technique}: {share:.2f} of a core")
        holder.child.send_signal(signal.SIGTERM)
        status = holder.child.wait(30)
        holder.reader.join(5)
        if status != 128 + signal.SIGTERM:
            complain(f"{holder.technique} ends with {status}")
        print(f"{holder.technique}: {holder.counts}, {first} KB, then {last} KB, "
              f"{share:.3f} of a core", flush=True)
    leases = json.loads((pathlib.Path(os.environ["NATCTL_STATE"]) / "leases.json").read_text())
    if rows() or leases["leases"]:
        complain(f"left: {rows()}, {leases['leases']}")
    slowest = f"{max(times):.1f} s at most, {sorted(times)[len(times) // 2]:.1f} s as a rule" \
        if times else "never"
    print(f"{restarts} restarts every 5 s, back {quiet and round(quiet, 1)} s after the last; "
          f"{slow} every 60 s, back within {slowest}; {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
