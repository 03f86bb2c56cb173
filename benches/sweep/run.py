"""Measures sweeps of accounts of growing size: memory, calls, and when each call is made.

    python3 benches/sweep/run.py --bootstrap target/release/bootstrap \
        --fake-aws target/release/fake-aws [--stages 100,6000,100000]

Uses the fake AWS on this machine, without TLS and with API Gateway's rate limit. Each account is
swept twice, the second time without changes. `appliesTo=all-stages` avoids exports, which are
limited to three per second and would take most of the time.
"""

import argparse
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "peers"))
from measure import Measured
from runtime import Runtime
from fake_aws import FakeAws

PARAMETERS = {"appliesTo": "all-stages"}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bootstrap", required=True)
    options.add_argument("--fake-aws", required=True)
    options.add_argument("--stages", default="100,6000,100000")
    options = options.parse_args()
    sizes = [int(size) for size in options.stages.split(",")]
    sweeps = {}
    with tempfile.TemporaryDirectory() as folder:
        for stages in sizes:
            apis = max(1, stages // 3)
            with FakeAws(options.fake_aws, stages, apis, 60, "on", 0) as account:
                for which in ("first", "second"):
                    sweeps[stages, which] = sweep(options.bootstrap, account, pathlib.Path(folder) / "log")
    print_results(sweeps)


def sweep(program, account, log):
    event = account.ask("event") | {"ruleParameters": json.dumps(PARAMETERS)}
    account.ask("calls")
    runtime = Runtime(event, f"arn:aws:lambda:{account.region}:{account.account}:function:stagecert")
    environment = account.environment | {
        "AWS_LAMBDA_RUNTIME_API": runtime.address,
        "AWS_LAMBDA_FUNCTION_NAME": "stagecert",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    }
    ran = Measured([program], environment, log).wait(until=runtime.done.is_set)
    path, answer = runtime.answer
    if not path.endswith("/response"):
        sys.exit(f"the sweep failed: {answer.decode()}")
    times = account.ask("times")
    return {"seconds": ran.seconds, "processor": ran.processor, "peak": ran.peak, "times": times, "report": json.loads(answer)}


def print_results(sweeps):
    print("| stages | sweep | seconds | processor s | peak MB | evaluations put | calls |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for (stages, which), ran in sweeps.items():
        calls = sum(count for _, _, count in ran["times"].values())
        cells = [f"{stages:,}", which, f"{ran['seconds']:.1f}", f"{ran['processor']:.2f}", f"{ran['peak'] / 1e6:.0f}"]
        print("| " + " | ".join([*cells, f"{ran['report']['evaluationsPut']:,}", f"{calls:,}"]) + " |")
    for (stages, which), ran in sweeps.items():
        print(f"\nThe {which} sweep of {stages:,} stages: seconds from the first call to the first and last call of each operation.\n")
        print("| operation | first | last | calls |\n| --- | ---: | ---: | ---: |")
        for operation, (first, last, count) in sorted(ran["times"].items(), key=lambda item: item[1][0]):
            print(f"| {operation} | {first:.1f} | {last:.1f} | {count:,} |")


main()
