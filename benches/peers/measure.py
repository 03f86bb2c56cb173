"""How long a program takes, how much of the processor and how much memory."""

import os
import pathlib
import subprocess
import time

POLL = 0.01


class Measured:
    """A program that runs: `seconds` by the clock, `processor` seconds, `peak` in bytes, `status`."""

    def __init__(self, command, environment, log, cwd=None):
        self.began = time.monotonic()
        self.peak = 0
        # Nothing of this shell's: no profile, no proxy, no other credentials.
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        with open(log, "ab") as output:
            self.process = subprocess.Popen(command, env=kept | environment, stdout=output, stderr=output, cwd=cwd)

    def wait(self, until=lambda: False, timeout=3600):
        """Waits for its end, or until `until()`, and then ends it."""
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
    """The high-water marks of a process and its descendants together, in bytes.

    Not `ru_maxrss`: that of a small program is the one of the process that started it."""
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
