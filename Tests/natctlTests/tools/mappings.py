"""The table of the simulated gateway, as the sessions of other clients show it."""
import os
import urllib.request


def lines():
    """A line for each mapping."""
    page = os.environ["NATCTL_LOCATION"].replace("rootDesc.xml", "mappings")
    with urllib.request.urlopen(page) as answer:
        return answer.read().decode().splitlines()


def show():
    """Prints each mapping without its seconds, or that there is none."""
    present = lines()
    for transport, port, endpoint, _, technique, *words in map(str.split, present):
        print("table", transport, port, endpoint, technique, *words)
    if not present:
        print("table empty")
