#!/usr/bin/env python3
"""crowd.py NATCTL [COUNT]: scans a crowd of simulated UPnP devices on loopback; JSON out.

Out: {"devices", "seconds", "firstRowMilliseconds", "kilobytes"}: how many rows NATCTL upnp-scan
printed, how long it took, how long its first row came after the first answer to its search was
sent, and its peak memory. Every device has an address of its own, 127.1.0.1 and up.
Wants a network of its own: unshare --net --map-root-user Scripts/crowd.py .build/natctl"""

import json
import os
import socket
import subprocess
import sys
import threading
import time

GROUP = "239.255.255.250"
SERVICES = ["WANIPConnection", "WANCommonInterfaceConfig", "Layer3Forwarding", "DeviceProtection",
            "ContentDirectory", "ConnectionManager", "AVTransport", "RenderingControl"]


def description(number):
    services = "".join(
        f"<service><serviceType>urn:schemas-upnp-org:service:{name}:1</serviceType>"
        f"<serviceId>urn:upnp-org:serviceId:{name}1</serviceId><controlURL>/ctl/{name}</controlURL>"
        f"<eventSubURL>/evt/{name}</eventSubURL><SCPDURL>/{name}.xml</SCPDURL></service>\n"
        for name in SERVICES)
    return (
        '<?xml version="1.0"?>\n<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion>'
        "<major>1</major><minor>0</minor></specVersion><device><deviceType>urn:schemas-upnp-org:"
        f"device:MediaServer:1</deviceType><friendlyName>Device {number}</friendlyName>"
        f"<manufacturer>Crowd</manufacturer><modelName>Number {number}</modelName>"
        f"<UDN>uuid:{number:032x}</UDN><serviceList>{services}</serviceList></device></root>\n")


class Crowd:
    """Devices that answer each search for everything once, and serve their descriptions."""

    def __init__(self, count):
        self.addresses = [f"127.1.{index // 250}.{index % 250 + 1}" for index in range(count)]
        self.first_answer = None
        self.search = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.search.bind((GROUP, 1900))
        self.search.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
            socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1"))
        self.server = socket.create_server(("", 0), backlog=64)
        self.port = self.server.getsockname()[1]
        self.senders = []
        for address in self.addresses:
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sender.bind((address, 0))
            self.senders.append(sender)

    def start(self):
        for work in (self.answer, self.serve):
            threading.Thread(target=self.forever, args=[work], daemon=True).start()

    @staticmethod
    def forever(work):
        while True:
            work()

    def answer(self):
        request, client = self.search.recvfrom(2000)
        if b"ST: ssdp:all" not in request:
            return
        for address, sender in zip(self.addresses, self.senders):
            if self.first_answer is None:
                self.first_answer = time.perf_counter()
            sender.sendto(
                (f"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nST: upnp:rootdevice\r\n"
                 f"LOCATION: http://{address}:{self.port}/d.xml\r\nSERVER: Crowd/1 UPnP/1.1 c/1\r\n"
                 f"USN: uuid:{address}::upnp:rootdevice\r\n\r\n").encode(), client)
            # A thousand devices do not answer in the same millisecond (MX).
            time.sleep(0.001)

    def serve(self):
        connection, _ = self.server.accept()
        with connection:
            connection.recv(4000)
            number = self.addresses.index(connection.getsockname()[0])
            body = description(number).encode()
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
                + body)


def main():
    natctl, count = sys.argv[1], int((sys.argv[2:] or ["500"])[0])
    for command in ("link set lo up multicast on", f"route add {GROUP} dev lo"):
        subprocess.run(["ip", *command.split()], check=True)
    crowd = Crowd(count)
    crowd.start()
    begin = time.perf_counter()
    child = subprocess.Popen(
        [natctl, "upnp-scan", "--interface", "lo"], stdout=subprocess.PIPE, bufsize=0)
    rows, first_row = b"", None
    while more := child.stdout.read(65536):
        first_row = first_row or time.perf_counter()
        rows += more
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begin
    if status != 0 or first_row is None or crowd.first_answer is None:
        sys.exit(f"crowd.py: natctl ended with {status} and {len(rows)} bytes")
    print(json.dumps({
        "devices": len({row for row in rows.splitlines() if not row.startswith(b" ")}),
        "seconds": seconds,
        "firstRowMilliseconds": (first_row - crowd.first_answer) * 1000,
        "kilobytes": usage.ru_maxrss}))


if __name__ == "__main__":
    main()
