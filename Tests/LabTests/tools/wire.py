#!/usr/bin/env python3
"""wire.py INTERFACE INTERFACE ROUND_TRIP_MS LOSS_PERCENT DUPLICATE_PERCENT

Carries Ethernet frames between two interfaces, late, lossy or doubled, as asked; in the background,
from its return to the end of the lab."""

import collections
import os
import random
import select
import socket
import sys
import time

ALL_PROTOCOLS = socket.htons(3)
# The kernel wakes a sleeper some tens of microseconds late; the rest is waited for awake.
AWAKE = 0.0003


def interface(name):
    """A packet socket on one interface, which need not have an address."""
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, ALL_PROTOCOLS)
    packets.bind((name, 0))
    packets.setblocking(False)
    return packets


def copies(loss, duplicate):
    """How often the next frame arrives."""
    if random.random() < loss:
        return 0
    return 2 if random.random() < duplicate else 1


def carry(near, far, delay, loss, duplicate):
    """Forwards until the end of the lab; one delay for all frames, so a queue keeps their order."""
    other = {near: far, far: near}
    due = collections.deque()
    while True:
        wait = max(0, due[0][0] - AWAKE - time.monotonic()) if due else None
        for source in select.select([near, far], [], [], wait)[0]:
            frame, (_, _, kind, *_) = source.recvfrom(70000)
            if kind == socket.PACKET_OUTGOING:
                continue
            arrival = time.monotonic() + delay
            for _ in range(copies(loss, duplicate)):
                due.append((arrival, other[source], frame))
        while due and due[0][0] <= time.monotonic():
            _, target, frame = due.popleft()
            try:
                target.send(frame)
            except OSError:
                pass  # a full queue or an interface that is down: a lost frame


def main():
    near, far = (interface(name) for name in sys.argv[1:3])
    round_trip, loss, duplicate = (float(number) for number in sys.argv[3:6])
    if os.fork():
        return  # what arrives from now on is kept by the sockets
    carry(near, far, round_trip / 2000, loss / 100, duplicate / 100)


if __name__ == "__main__":
    main()
