"""Ends the programs of a supervisor that was killed itself.

Standard input carries a line for each program that started (`+PID SIGNAL`) or ended (`-PID`). The supervisor holds
the other end of that pipe, so the input ends when it is gone, however it went.
"""

import signal
import sys

from deploy.local.processes import ask_to_end, end_group

STOP_SECONDS = 15


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    running: dict[int, signal.Signals] = {}
    for line in sys.stdin:
        pid, *stop_signal = (int(word) for word in line[1:].split())
        if line.startswith("+"):
            running[pid] = signal.Signals(stop_signal[0])
        else:
            running.pop(pid, None)
    # The servers were started first: what uses them ends before they do.
    for pid in reversed(running):
        ask_to_end(pid, running[pid])
        end_group(pid, seconds=STOP_SECONDS)


if __name__ == "__main__":
    main()
