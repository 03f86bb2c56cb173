"""What was meant against what is there, counted."""


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, what, meant, found):
        self.holds(what, meant == found, f"{found}" if meant == found else f"meant {meant}, found {found}")

    def holds(self, what, fits, told=""):
        self.passed, self.failed = self.passed + bool(fits), self.failed + (not fits)
        print(f"{'ok  ' if fits else 'FAIL'} {what}{': ' if told else ''}{told[:160] if fits else told}", flush=True)
