"""Runs the time benchmark and prints the time per stage: `make bench`. Not a test: times on a
shared machine vary.

Each line has the median, minimum and maximum of ten samples. Arguments such as `fleet/10000` are
passed to Criterion.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_COST = 10.0  # microseconds per stage, at any size
MAX_GROWTH = 1.2  # the cost per stage among 1,000,000 stages, divided by that among 10,000


def main() -> None:
    command = ["cargo", "bench", "--locked", "--package", "throughput", "--bench", "time", "--", *sys.argv[1:]]
    subprocess.run(command, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    medians = {}
    print(f"{'stages':>20}  {'µs/stage':>10}  {'fastest':>7}  {'slowest':>7}")
    for group, counts in (
        ("fleet", (1_000, 10_000, 100_000, 1_000_000)),
        ("account", (10_000, 100_000, 1_000_000)),
        ("peers", (1_000, 10_000, 100_000)),
    ):
        for count in counts:
            folder = target / "criterion" / group / str(count) / "new"
            if not folder.is_dir():
                continue
            sample = json.loads((folder / "sample.json").read_text())
            stages = json.loads((folder / "benchmark.json").read_text())["throughput"]["Elements"]
            costs = [time / rounds / stages / 1000 for time, rounds in zip(sample["times"], sample["iters"])]
            medians[group, count] = statistics.median(costs)
            print(f"{group:>8} {count:>11,}  {statistics.median(costs):>10.2f}  {min(costs):>7.2f}  {max(costs):>7.2f}")
    for group in ("fleet", "account"):
        if {(group, 10_000), (group, 1_000_000)} <= medians.keys():
            growth = medians[group, 1_000_000] / medians[group, 10_000]
            print(f"{group}: a stage among 1,000,000 costs {growth:.2f} times one among 10,000 (at most {MAX_GROWTH})")
    print(f"slowest: {max(medians.values()):.2f} µs per stage (at most {MAX_COST:.0f})")


main()
