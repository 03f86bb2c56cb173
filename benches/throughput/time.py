"""Runs the benchmark of time and says what judging a stage costs: `make bench`. No test: a shared machine's clock proves nothing.

Each figure is the median of ten samples with the fastest and the slowest. Arguments go to Criterion, such as `fleet/10000`.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST = 10.0  # microseconds a stage, at any size
MOST_GROWTH = 1.2  # of a million stages' cost a stage over that of ten thousand


def main() -> None:
    command = ["cargo", "bench", "--locked", "--package", "throughput", "--bench", "time", "--", *sys.argv[1:]]
    subprocess.run(command, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    medians = {}
    print(f"{'stages':>20}  {'µs a stage':>10}  {'fastest':>7}  {'slowest':>7}")
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
            print(f"{group}: a stage among 1,000,000 costs {growth:.2f} times one among 10,000 (bound {MOST_GROWTH})")
    print(f"dearest: {max(medians.values()):.2f} µs a stage (bound {MOST:.0f})")


main()
