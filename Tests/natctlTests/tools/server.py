"""server.py: answers each TCP connection and UDP datagram on 127.0.0.1 with what it got, reversed.

Prints the TCP and the UDP port on a line each, and runs until it is killed.
"""
import socket
import threading

tcp = socket.create_server(("127.0.0.1", 0))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
print(tcp.getsockname()[1], udp.getsockname()[1], sep="\n", flush=True)


def answer_datagrams():
    while True:
        data, peer = udp.recvfrom(2048)
        udp.sendto(data[::-1], peer)


threading.Thread(target=answer_datagrams, daemon=True).start()
while True:
    connection, _ = tcp.accept()
    with connection:
        connection.sendall(connection.recv(2048)[::-1])
