"""count-interrupts.py: wants two SIGINTs, and waits a moment for more; ends with status 5."""

import signal

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
for count in (1, 2):
    print("ready", flush=True)
    signal.sigwait([signal.SIGINT])
# A second delivery of the same key would be on its way by now.
more = signal.sigtimedwait([signal.SIGINT], 0.5)
print("interrupts:", 2 if more is None else 3, flush=True)
raise SystemExit(5)
