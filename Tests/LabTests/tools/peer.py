#!/usr/bin/env python3
"""peer.py serve tcp|udp PORT[-PORT]               answers whoever asks, in the background
                                                at every address of both families
peer.py reach tcp|udp|http ADDRESS PORT[-PORT]  asks; prints each port's answer, a line each
peer.py await tcp|udp|http ADDRESS PORT         asks until there is an answer; prints the instant

A server answers with "TRANSPORT PORT", one of HTTP with its status line. Where none is reached the
line is "refused" (an RST or an ICMP error came back) or "silent", and the status 1. The instant is
that of the first question that was answered, in seconds since 1970; after a minute it is given up,
with status 1."""

import itertools
import os
import selectors
import socket
import sys
import time

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "http": socket.SOCK_STREAM}
QUESTIONS = {"tcp": b"", "udp": b"?", "http": b"HEAD / HTTP/1.0\r\n\r\n"}
PATIENCE = 1.0


def ports(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def serve(transport, numbers):
    """Returns to the caller's shell as soon as every port is open."""
    selector = selectors.DefaultSelector()
    for port, family in itertools.product(numbers, (socket.AF_INET, socket.AF_INET6)):
        server = socket.socket(family, KINDS[transport])
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        server.bind(("", port))
        if transport == "tcp":
            server.listen(64)
        selector.register(server, selectors.EVENT_READ, f"{transport} {port}".encode())
    if os.fork():
        return
    os.setsid()
    for descriptor in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    while True:
        for key, _ in selector.select():
            if transport == "tcp":
                connection, _ = key.fileobj.accept()
                with connection:
                    connection.sendall(key.data)
            else:
                # The answer leaves from the address that was asked: a host has several of IPv6.
                _, own, _, peer = key.fileobj.recvmsg(100, 100)
                key.fileobj.sendmsg([key.data], own, 0, peer)


def reach(transport, address, port, patience=PATIENCE):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, KINDS[transport]) as client:
        client.settimeout(patience)
        try:
            client.connect((address, port))
            client.sendall(QUESTIONS[transport])
            return client.recv(100).decode().partition("\r\n")[0]
        except TimeoutError:
            return "silent"
        except OSError:
            return "refused"


def wait_for(transport, address, port):
    """Asks twenty times a second; what is not answered at once is asked again."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        asked = time.time()
        if reach(transport, address, port, 0.5) not in ("", "refused", "silent"):
            return asked
        time.sleep(max(0, asked + 0.05 - time.time()))
    return None


def main():
    action, transport, *rest = sys.argv[1:]
    if action == "serve":
        serve(transport, ports(rest[0]))
        return 0
    if action == "await":
        instant = wait_for(transport, rest[0], int(rest[1]))
        print("never" if instant is None else instant)
        return 1 if instant is None else 0
    answers = [reach(transport, rest[0], port) for port in ports(rest[1])]
    print("\n".join(answers))
    return 1 if {"refused", "silent"} & set(answers) else 0


if __name__ == "__main__":
    sys.exit(main())
