"""The table of the simulated gateway, as the sessions of other clients show it."""
import http.client
import os
import urllib.parse


def lines():
    """A line for each mapping."""
    place = urllib.parse.urlsplit(os.environ["NATCTL_LOCATION"]).netloc
    host, _, port = place.rpartition(":")
    # The zone of a link-local address is no part of what Python calls a URL's host.
    connection = http.client.HTTPConnection(host.strip("[]").replace("%25", "%"), int(port))
    connection.request("GET", "/mappings", headers={"Host": "gateway"})
    return connection.getresponse().read().decode().splitlines()


def show():
    """Prints each mapping without its seconds, or that there is none."""
    present = lines()
    for transport, port, endpoint, _, technique, *words in map(str.split, present):
        print("table", transport, port, endpoint, technique, *words)
    if not present:
        print("table empty")


if __name__ == "__main__":
    show()
