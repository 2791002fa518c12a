"""wire.py QUESTION...: asks the simulated gateway and prints what the wire shows, a line each.

  HEX           a datagram to port 5351, in hexadecimal: its answer, with "late" after two seconds
  search        M-SEARCH to port 1900: the status, with "late" after two seconds
  get PATH      the status, or "hung" or "refused", and whether the document is "whole" or "cut"
  add LEASE     AddPortMapping of TCP 45000: the same with "closed", and what the body holds
  lease         the lease that GetSpecificPortMappingEntry shows
  table         how many mappings there are
"""
import http.client
import os
import re
import socket
import sys
import time
from urllib.parse import urlsplit

SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:2"
KEY = {"NewRemoteHost": "", "NewExternalPort": 45000, "NewProtocol": "TCP"}


def ask(port, request):
    """The answer to a datagram, and the word for one that was long in coming."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    start = time.monotonic()
    client.send(request)
    answer = client.recv(2048)
    return answer, " late" if time.monotonic() - start > 2 else ""


def exchange(method, path, body=None):
    """The status and text of an answer by HTTP."""
    host = urlsplit(os.environ["NATCTL_LOCATION"]).netloc
    connection = http.client.HTTPConnection(host, timeout=3)
    try:
        connection.request(method, path, body, {"SOAPACTION": '""'})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except http.client.RemoteDisconnected:
        return "closed", ""
    except ConnectionRefusedError:
        return "refused", ""
    except TimeoutError:
        return "hung", ""


def call(action, arguments):
    values = "".join(f"<{name}>{value}</{name}>" for name, value in arguments.items())
    return exchange(
        "POST", "/ctl/IPConn",
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<u:{action} xmlns:u="{SERVICE}">{values}</u:{action}></s:Body></s:Envelope>')


def content(text):
    """What a body is, by its first word that tells and its end."""
    found = re.search("html|[A-Za-z]+Response|Fault", text)
    is_whole = re.search("</(html|s:Envelope|root)>\\s*$", text)
    return found.group() if found and is_whole else "cut" if text else "empty"


for question in sys.argv[1:]:
    match question.split():
        case ["search"]:
            search = b'M-SEARCH * HTTP/1.1\r\nMAN:"ssdp:discover"\r\nST:upnp:rootdevice\r\n\r\n'
            answer, late = ask(1900, search)
            print(answer.split(b"\r\n")[0].decode() + late)
        case ["get", path]:
            status, text = exchange("GET", path)
            print(status, "whole" if text.rstrip().endswith(("</root>", "</html>")) else "cut")
        case ["add", lease]:
            status, text = call("AddPortMapping", KEY | {
                "NewInternalPort": 8080, "NewInternalClient": "127.0.0.1", "NewEnabled": 1,
                "NewPortMappingDescription": "", "NewLeaseDuration": lease})
            print(status, content(text))
        case ["lease"]:
            text = call("GetSpecificPortMappingEntry", KEY)[1]
            print(repr(re.search("<NewLeaseDuration>(.*)</NewLeaseDuration>", text).group(1)))
        case ["table"]:
            print(len(exchange("GET", "/mappings")[1].splitlines()))
        case [*words]:
            answer, late = ask(5351, bytes.fromhex("".join(words)))
            print(answer.hex() + late)
