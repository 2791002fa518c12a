"""transmission-session.py COUNT: runs transmission-cli until it has made COUNT mappings, and ends it;
prints the table before and after."""
import signal
import subprocess
import sys
import tempfile
import time

import mappings


def wait(wanted):
    end = time.monotonic() + 40
    while len(mappings.lines()) != wanted and time.monotonic() < end:
        time.sleep(0.1)
    mappings.show()


with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/laundry", "wb") as payload:
        payload.write(bytes(100_000))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(["transmission-create", "-o", "torrent", "laundry"], check=True, **quiet)
    client = subprocess.Popen(
        ["transmission-cli", "-m", "-p", "51413", "-g", "settings", "-w", ".", "torrent"], **quiet)
    wait(int(sys.argv[1]))
    client.send_signal(signal.SIGINT)
    client.wait()
    wait(0)
