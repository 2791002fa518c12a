#!/usr/bin/env python3
"""kills.py NATCTL COUNT [PART...]: kills NATCTL at random instants, and looks at what is left.

On the lab's client. A PART is a technique, `file` or `crowd`; without one it is all of them. By a
technique, `map`, `unmap` and `map --keep` are killed COUNT times each. After each kill the lease
file must be whole, every port that the router forwards must have a lease, and the next `map` must
make one row, which `unmap` deletes. `file` maps with a full disk, in a folder that cannot be
written, and with a torn lease file; `crowd` starts fifty processes at once, of which some are
killed. $KILLS_SEED repeats a run.

Prints a line for each, with the counts. What is wrong goes to standard error; then the status is
1."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

TECHNIQUES = ["pcp", "nat-pmp", "upnp"]
COMMANDS = ["map", "unmap", "map --keep"]
PORT = 8080

natctl, count = sys.argv[1], int(sys.argv[2])
parts = sys.argv[3:] or [*TECHNIQUES, "file", "crowd"]
seed = int(os.environ.get("KILLS_SEED") or random.randrange(1 << 32))
chance = random.Random(seed)
state = pathlib.Path(os.environ["NATCTL_STATE"])
complaints = []


def complain(words):
    complaints.append(words)
    print(f"kills.py: {words} (seed {seed})", file=sys.stderr)


def start(words, folder=state):
    return subprocess.Popen(
        [natctl, *words.split()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "NATCTL_STATE": str(folder)})


def run(words, folder=state):
    child = start(words, folder)
    output, errors = child.communicate(timeout=60)
    return child.returncode, output.split(), errors.strip()


def rows():
    """The external ports that the router forwards."""
    rules = subprocess.run(
        ["ip", "netns", "exec", "router", "router-rules", "-v"], capture_output=True, text=True)
    return sorted(int(port) for port in re.findall(r"th dport (\d+)|dport (\d+)", rules.stdout)
                  for port in port if port)


def leases(folder=state):
    """The external ports of the leases; `None` when the file is no whole document."""
    try:
        text = (folder / "leases.json").read_text()
    except FileNotFoundError:
        return []
    try:
        records = json.loads(text)["leases"]
        return sorted(record["externalPort"] for record in records)
    except (ValueError, KeyError, TypeError) as error:
        complain(f"the lease file is torn: {error}: {text[:200]}")
        return None


def look(what):
    """What must hold at any moment at which no natctl runs."""
    known = leases()
    without = [port for port in rows() if known is not None and port not in known]
    if without:
        complain(f"{what}: rows without a lease: {without}")
    status, _, errors = run("list --leases --json")
    if status != 0:
        complain(f"{what}: list ends with {status}: {errors}")


def settle(what, via=""):
    """The next map makes one row, and unmap deletes it."""
    status, ports, errors = run(f"map tcp {PORT} {via} -q")
    if (status, ports) != (0, [str(PORT)]):
        complain(f"{what}: the next map ends with {status} and {ports}: {errors}")
    if rows() != [PORT]:
        complain(f"{what}: rows after the next map: {rows()}")
    status, _, errors = run("unmap --all -q")
    if status != 0 or rows():
        complain(f"{what}: rows after unmap, which ends with {status}: {rows()}: {errors}")


def duration(command, via):
    """How long an undisturbed run takes; of --keep, until some time after its mapping."""
    if command == "unmap":
        run(f"map tcp {PORT} {via}")
    begin = time.monotonic()
    run(f"{command.replace(' --keep', '')} tcp {PORT} {via if command != 'unmap' else ''}")
    taken = time.monotonic() - begin
    run("unmap --all -q")
    return taken + (0.3 if "--keep" in command else 0)


def kill(technique, command):
    """Kills the command COUNT times; returns how many of them had not ended by then."""
    via = f"--via {technique}"
    longest = max(duration(command, via) for _ in range(3))
    caught = 0
    for number in range(count):
        if command == "unmap" or chance.random() < 0.3:
            run(f"map tcp {PORT} {via}")
        child = start(f"{command} tcp {PORT} {via if command != 'unmap' else ''}")
        time.sleep(chance.uniform(0, longest))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        caught += child.returncode == -signal.SIGKILL
        what = f"{command} by {technique}, kill {number + 1}"
        look(what)
        settle(what, via)
    return caught


def in_folder(what, prepare):
    """Maps with a folder that `prepare` has made odd: the mapping is made, lease or not."""
    folder = pathlib.Path(os.environ["LAB_DIR"]) / "odd"
    folder.mkdir()
    prepare(folder)
    for technique in TECHNIQUES:
        status, ports, errors = run(f"map tcp {PORT} --via {technique} -q", folder)
        if (status, ports) != (0, [str(PORT)]) or rows() != [PORT]:
            complain(f"{what}: map by {technique} ends with {status} and {rows()}: {errors}")
        if "warning" not in errors:
            complain(f"{what}: map by {technique} does not warn")
        if leases(folder) is None:
            return
        run(f"unmap tcp {PORT} --via {technique} -q", folder)
        # Without a lease PCP's mapping is its nonce's alone.
        subprocess.run(["ip", "netns", "exec", "router", "router-daemon", "restart"], check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["umount", folder], stderr=subprocess.DEVNULL)
    shutil.rmtree(folder)
    print(f"{what}: {len(TECHNIQUES)} techniques", flush=True)


def full_disk(folder):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", folder], check=True)
    with open(folder / "filling", "wb") as file:
        try:
            file.write(bytes(1 << 20))
        except OSError:
            pass


def read_only(folder):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], check=True)


def torn(trials):
    run(f"map tcp {PORT} {PORT + 1} --via pcp")
    whole = (state / "leases.json").read_bytes()
    for _ in range(trials):
        (state / "leases.json").write_bytes(whole[:chance.randrange(1, len(whole) - 2)])
        status, _, errors = run(f"map tcp {PORT + 2} -q")
        if status != 0 or "warning" not in errors or leases() != [PORT + 2]:
            complain(f"torn: map ends with {status}, leases {leases()}: {errors}")
        for aside in state.glob("leases.json.damaged-*"):
            aside.unlink()
        run(f"unmap tcp {PORT + 2} -q")
    (state / "leases.json").write_bytes(whole)
    settle_all("torn")
    print(f"torn lease file: {trials} lengths", flush=True)


def settle_all(what):
    look(what)
    status, _, errors = run("unmap --all -q")
    if status != 0 or rows():
        complain(f"{what}: rows after unmap --all, which ends with {status}: {rows()}: {errors}")


def crowd(rounds):
    """Fifty at once, of which some are killed; the others' mappings all are there."""
    for number in range(rounds):
        children = {
            20000 + each: start(
                f"map tcp {20000 + each} --via {TECHNIQUES[each % 3]} --timeout 60s")
            for each in range(50)}
        time.sleep(chance.uniform(0, 2))
        killed = chance.sample(sorted(children), 10)
        for port in killed:
            children[port].send_signal(signal.SIGKILL)
        for child in children.values():
            child.communicate()
        missing = [port for port, child in children.items()
                   if child.returncode == 0 and port not in rows()]
        failed = [port for port, child in children.items() if child.returncode > 0]
        if missing or failed:
            complain(f"crowd {number + 1}: not mapped {missing}, failed {failed}")
        settle_all(f"crowd {number + 1}")
    print(f"fifty at once, ten killed: {rounds} times", flush=True)


def main():
    state.mkdir(mode=0o700, exist_ok=True)
    for part in parts:
        if part == "file":
            in_folder("full disk", full_disk)
            in_folder("folder that cannot be written", read_only)
            torn(max(2, count // 10))
        elif part == "crowd":
            crowd(max(1, count // 50))
        else:
            for command in COMMANDS:
                caught = kill(part, command)
                print(f"{command} by {part}: {count} kills, {caught} before the end", flush=True)
    print(f"{len(complaints)} complaints, seed {seed}")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
