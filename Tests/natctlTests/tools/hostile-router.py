"""hostile-router.py KIND COMMAND...: runs COMMAND beside a router on 127.0.0.1 that answers searches,
descriptions and NAT-PMP with what no router should send, and ends with its status."""

import os
import socket
import subprocess
import sys
import threading

kind, command = sys.argv[1], sys.argv[2:]
REPLY = (
    b"HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
    b"USN: uuid:Tom's-%d\r\nEXT:\r\nX-Name: Tom's %s\r\n"
    b"LOCATION: http://127.0.0.1:5000/d.xml\r\n\r\n")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n"
NAMED = (
    b"<?xml version='1.0' encoding='%s'?><root><device><friendlyName>Tom's M%cller %c</friendlyName>"
    b"<manufacturer>Acm%c</manufacturer><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1"
    b"</deviceType></device></root>")


def body():
    if kind == "endless":
        yield b"<root><device><friendlyName>Tom's</friendlyName>"
        for _ in range(10 << 10):
            yield b"<x>" + b"Tom's" * 200 + b"</x>"
    elif kind == "binary":
        yield bytes(range(256)) * 100 + b"Tom's"
    elif kind == "controls":
        yield NAMED % (b"UTF-8", 0x1B, 0x07, 0x08)
    else:
        yield NAMED % (b"UTF-8", 0xFC, 0xE9, 0xE9)


def web():
    server = socket.create_server(("127.0.0.1", 5000))
    while True:
        connection, _ = server.accept()
        try:
            connection.recv(65536)
            connection.sendall(HEAD)
            for piece in body():
                connection.sendall(piece)
        except OSError:
            pass
        connection.close()


def search():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 1900))
    while True:
        _, client = server.recvfrom(65536)
        for number in range(400 if kind == "flood" else 1):
            padding = os.urandom(600) if kind == "flood" else b"\xfc"
            server.sendto(REPLY % (number, padding), client)


def mapping():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 5351))
    while True:
        _, client = server.recvfrom(65536)
        server.sendto(b"\x07\x80" + b"Tom's secret" * 80, client)


for serve in web, search, mapping:
    threading.Thread(target=serve, daemon=True).start()
sys.exit(subprocess.call(command))
