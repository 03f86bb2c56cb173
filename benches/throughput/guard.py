"""Counts the instructions of judging a stage and fails where they are not those in `instructions.json`: `make instruction-guard`.

Instructions, because a shared machine's clock proves nothing. A round is measured as the difference between three rounds and
one, so that building the account does not count.

    python3 benches/throughput/guard.py            compares
    python3 benches/throughput/guard.py --record   writes the figures of this compiler and processor, on purpose

They depend on the compiler and the processor's family, little on the machine (the C library chooses `memcpy` by it, and hash
maps have a seed a process). So they are of the release profile, which is one codegen unit, and are kept by host triple.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORD = pathlib.Path(__file__).with_name("instructions.json")
PROGRAM = "rounds"
TOLERANCE = 0.10

# What is measured, and what is lost when it grows.
MEASURED = {
    ("fleet", 10_000): "what judging a stage costs, and with it how many stages a sweep of 15 minutes can hold",
    ("peers", 10_000): "what judging one of ten thousand peers costs, which a search through all of them would make quadratic",
}
# (what, small, large, most): instructions a stage may grow so much, from an account of the small size to one of the large.
GROWTH = (
    ("account", 2_000, 40_000, 1.10),
    # A binary search among the peers: four steps more for sixteen times as many.
    ("peers", 1_000, 16_000, 1.20),
)


def main() -> int:
    recording = sys.argv[1:] == ["--record"]
    if sys.argv[1:] and not recording:
        print(__doc__)
        return 2
    if not shutil.which("valgrind"):
        return unchecked("valgrind is not installed (Debian, Ubuntu: apt-get install valgrind)")
    compiler = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    release, host = (re.search(rf"^{key}: (.*)$", compiler, re.M)[1] for key in ("release", "host"))
    program = build()

    costs = {}
    for account, stages in {*MEASURED, *((what, size) for what, *sizes, _ in GROWTH for size in sizes)}:
        costs[account, stages] = instructions_a_stage(program, account, stages)
    failures = []
    for account, small, large, most in GROWTH:
        grown = costs[account, large] / costs[account, small]
        print(f"{account}: a stage among {large:,} costs {grown:.3f} times one among {small:,}; at most {most}")
        if grown > most:
            failures.append(
                f"judging is no longer linear: {account}, {costs[account, small]:,.0f} instructions a stage among "
                f"{small:,} and {costs[account, large]:,.0f} among {large:,}. Something is searched through for each stage."
            )

    figures = {f"{account} {stages}": round(costs[account, stages]) for account, stages in MEASURED}
    records = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if recording:
        records[host] = {"rustc": release, "profile": "release", "instructionsAStage": figures}
        RECORD.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n")
        print(f"recorded for {host}, rustc {release}: {figures}")
        return report(failures)
    if host not in records:
        status = unchecked(f"{RECORD.name} holds no figures for {host}: `--record` writes them")
        return report(failures) or status
    record = records[host]
    for (account, stages), why in MEASURED.items():
        name = f"{account} {stages}"
        was, now = record["instructionsAStage"][name], figures[name]
        print(f"{name}: {now:,} instructions a stage, recorded {was:,} ({now / was - 1:+.1%})")
        if abs(now / was - 1) > TOLERANCE:
            other = "" if record["rustc"] == release else (
                f" The figure is rustc {record['rustc']}'s and this is {release}: try that one first."
            )
            failures.append(
                f"{name}: {now:,} instructions a stage, {now / was - 1:+.1%} from the recorded {was:,}. That is {why}.{other} "
                "If it is meant: `python3 benches/throughput/guard.py --record`, and the commit says why."
            )
    return report(failures)


def build() -> pathlib.Path:
    command = ["cargo", "build", "--locked", "--release", "--package", "throughput", "--bin", PROGRAM]
    messages = subprocess.run(
        [*command, "--message-format", "json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    built = (json.loads(line).get("executable") for line in messages.splitlines())
    return pathlib.Path(next(path for path in built if path))


def instructions_a_stage(program: pathlib.Path, account: str, stages: int) -> float:
    (once, count), (thrice, _) = (counted(program, account, stages, rounds) for rounds in (1, 3))
    return (thrice - once) / 2 / count


def counted(program: pathlib.Path, account: str, stages: int, rounds: int) -> tuple[int, int]:
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    run = subprocess.run([*command, program, account, str(stages), str(rounds)], capture_output=True, text=True)
    counts = re.search(r"I\s+refs:\s+([\d,]+)", run.stderr)
    if run.returncode != 0 or not counts:
        sys.exit(f"valgrind did not count: {run.stderr}")
    count, judged = map(int, run.stdout.split())
    assert judged == count * rounds and count > 0, run.stdout
    return int(counts[1].replace(",", "")), count


def unchecked(why: str) -> int:
    print(f"instruction guard: NOT CHECKED: {why}")
    # Where nobody reads along, what is not checked has failed.
    return 1 if os.environ.get("CI") else 0


def report(failures: list[str]) -> int:
    for failure in failures:
        print(f"instruction guard: FAILED: {failure}")
    return 1 if failures else 0


sys.exit(main())
