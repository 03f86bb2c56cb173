"""Compares expected and actual values, and counts the results."""


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, what, expected, found, output=""):
        """`output` is printed only if they differ."""
        equal = expected == found
        self.holds(what, equal, f"{found}" if equal else f"expected {expected}, found {found}\n{output}")

    def holds(self, what, passed, details=""):
        self.passed, self.failed = self.passed + bool(passed), self.failed + (not passed)
        status, shown = ("ok  ", details[:160]) if passed else ("FAIL", details)
        print(f"{status} {what}{': ' if details else ''}{shown}", flush=True)
