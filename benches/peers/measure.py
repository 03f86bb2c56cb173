"""Measures a program's duration, processor time and peak memory."""

import os
import pathlib
import subprocess
import time

POLL = 0.01


class Measured:
    """A running program: `seconds` of wall time, `processor` seconds, `peak` in bytes, exit
    `status`.
    """

    def __init__(self, command, environment, log, cwd=None):
        self.began = time.monotonic()
        self.peak = 0
        # Passes on no profile, proxy or credentials of this shell.
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        with open(log, "ab") as output:
            self.process = subprocess.Popen(command, env=kept | environment, stdout=output, stderr=output, cwd=cwd)

    def wait(self, until=lambda: False, timeout=3600):
        """Waits until the program exits, or kills it once `until()` is true."""
        usage = None
        while usage is None:
            self.peak = max(self.peak, resident(self.process.pid))
            ended, status, used = os.wait4(self.process.pid, os.WNOHANG)
            late = time.monotonic() - self.began > timeout
            if ended:
                usage = used
            elif until() or late:
                self.process.kill()
                _, status, usage = os.wait4(self.process.pid, 0)
            else:
                time.sleep(POLL)
        self.seconds = time.monotonic() - self.began
        self.processor = usage.ru_utime + usage.ru_stime
        self.status = os.waitstatus_to_exitcode(status)
        self.process.returncode = self.status
        return self


def resident(pid):
    """Returns the sum of the peak resident sizes of a process and its descendants, in bytes.

    `ru_maxrss` doesn't work here: a small program inherits the value of the process that started it."""
    total, left = 0, [pid]
    while left:
        pid = left.pop()
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            left += pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            continue
        marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
        total += int(marks[0]) * 1024 if marks else 0
    return total
