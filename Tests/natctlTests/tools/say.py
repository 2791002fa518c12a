"""say.py tcp|udp ADDRESS PORT WORD: sends WORD and prints the answer, "refused" or "silent"."""
import socket
import sys

transport, address, port, word = sys.argv[1:]
kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
peer = socket.socket(socket.AF_INET, kind)
# A closed port answers at once; only a lost answer waits this long.
peer.settimeout(5)
try:
    peer.connect((address, int(port)))
    peer.send(word.encode())
    print(peer.recv(2048).decode() or "closed")
except (ConnectionRefusedError, ConnectionResetError):
    print("refused")
except TimeoutError:
    print("silent")
