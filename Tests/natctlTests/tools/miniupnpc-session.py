"""Finds the gateway, maps, lists and unmaps by Python's miniupnpc; prints what it finds."""
import os
import subprocess
import sys

import miniupnpc

tools = os.path.dirname(__file__)
server = subprocess.Popen(
    [sys.executable, f"{tools}/server.py"], stdout=subprocess.PIPE, text=True)
port = int(server.stdout.readline())


def say(word):
    command = [sys.executable, f"{tools}/say.py", "tcp", "127.0.0.2", str(port), word]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.strip()


def entries():
    index = 0
    while entry := gateway.getgenericportmapping(index):
        external, transport, (client, internal), description = entry[:4]
        yield external == port, transport, client, internal == port, description
        index += 1


gateway = miniupnpc.UPnP(multicastif="127.0.0.1", discoverdelay=1000)
gateway.discover()
print("selected", gateway.selectigd() != "")
print("status", gateway.statusinfo()[0], gateway.connectiontype())
print("address", gateway.externalipaddress())
print("add", gateway.addportmapping(port, "TCP", gateway.lanaddr, port, "laundry", ""))
print(say("drawer"))
print("list", *entries())
print("read", gateway.getspecificportmapping(port, "TCP")[0])
print("delete", gateway.deleteportmapping(port, "TCP"))
print("read", gateway.getspecificportmapping(port, "TCP"))
print(say("drawer"))
server.kill()
