"""transmission-session.py COUNT [LEFT]: runs transmission-cli until there are COUNT mappings, and ends
it; prints the table before and, where LEFT mappings are to be left, after."""
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
    # It sends no two requests by NAT-PMP within 8 s, so that a delete as early as this is missing.
    if len(sys.argv) > 2:
        wait(int(sys.argv[2]))
