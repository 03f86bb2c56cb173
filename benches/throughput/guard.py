"""Counts the instructions for evaluating a stage, and compares them with `instructions.json`:
`make instruction-guard`.

It counts instructions, as times on a shared machine vary. A round is the difference between three
rounds and one, so creating the account doesn't count.

    python3 benches/throughput/guard.py            compares
    python3 benches/throughput/guard.py --record   records the figures of this compiler and processor

The figures depend on the compiler and the processor's architecture, and little on the machine (it
decides which `memcpy` the C library uses; hash maps have a random seed). So they are recorded per
host triple, for the release profile, which has one codegen unit.
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

# What is measured, and what its growth costs.
MEASURED = {
    ("fleet", 10_000): "the cost of a stage, which limits how many stages a sweep of 15 minutes can evaluate",
    ("peers", 10_000): "the cost of one of ten thousand peers, which a linear search would make quadratic",
}
# (account, small, large, limit): the most that instructions per stage may grow between these sizes.
GROWTH = (
    ("account", 2_000, 40_000, 1.10),
    # Binary search: four more steps for sixteen times as many peers.
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
        costs[account, stages] = instructions_per_stage(program, account, stages)
    failures = []
    for account, small, large, limit in GROWTH:
        grown = costs[account, large] / costs[account, small]
        print(f"{account}: a stage among {large:,} costs {grown:.3f} times one among {small:,}; at most {limit}")
        if grown > limit:
            failures.append(
                f"evaluation is no longer linear: {account}, {costs[account, small]:,.0f} instructions per stage among "
                f"{small:,} and {costs[account, large]:,.0f} among {large:,}. Something is searched linearly for each stage."
            )

    figures = {f"{account} {stages}": round(costs[account, stages]) for account, stages in MEASURED}
    records = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if recording:
        records[host] = {"rustc": release, "profile": "release", "instructionsPerStage": figures}
        RECORD.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n")
        print(f"recorded for {host}, rustc {release}: {figures}")
        return report(failures)
    if host not in records:
        status = unchecked(f"{RECORD.name} has no figures for {host}: `--record` writes them")
        return report(failures) or status
    record = records[host]
    for (account, stages), why in MEASURED.items():
        name = f"{account} {stages}"
        was, now = record["instructionsPerStage"][name], figures[name]
        print(f"{name}: {now:,} instructions per stage, recorded {was:,} ({now / was - 1:+.1%})")
        if abs(now / was - 1) > TOLERANCE:
            other = "" if record["rustc"] == release else (
                f" It was recorded with rustc {record['rustc']}, and this is {release}: try that compiler first."
            )
            failures.append(
                f"{name}: {now:,} instructions per stage, {now / was - 1:+.1%} from the recorded {was:,}. That is {why}.{other} "
                "If this is intended, run `python3 benches/throughput/guard.py --record` and say why in the commit."
            )
    return report(failures)


def build() -> pathlib.Path:
    command = ["cargo", "build", "--locked", "--release", "--package", "throughput", "--bin", PROGRAM]
    messages = subprocess.run(
        [*command, "--message-format", "json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    built = (json.loads(line).get("executable") for line in messages.splitlines())
    return pathlib.Path(next(path for path in built if path))


def instructions_per_stage(program: pathlib.Path, account: str, stages: int) -> float:
    (one_round, count), (three_rounds, _) = (counted(program, account, stages, rounds) for rounds in (1, 3))
    return (three_rounds - one_round) / 2 / count


def counted(program: pathlib.Path, account: str, stages: int, rounds: int) -> tuple[int, int]:
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    run = subprocess.run([*command, program, account, str(stages), str(rounds)], capture_output=True, text=True)
    counts = re.search(r"I\s+refs:\s+([\d,]+)", run.stderr)
    if run.returncode != 0 or not counts:
        sys.exit(f"valgrind counted nothing: {run.stderr}")
    count, evaluated = map(int, run.stdout.split())
    assert evaluated == count * rounds and count > 0, run.stdout
    return int(counts[1].replace(",", "")), count


def unchecked(why: str) -> int:
    print(f"instruction guard: NOT CHECKED: {why}")
    # In CI, a skipped check is a failed one.
    return 1 if os.environ.get("CI") else 0


def report(failures: list[str]) -> int:
    for failure in failures:
        print(f"instruction guard: FAILED: {failure}")
    return 1 if failures else 0


sys.exit(main())
