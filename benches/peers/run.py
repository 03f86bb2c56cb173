"""stagecert and its peers on the same account, one after another: time, memory, calls, and what each finds.

    make peers
    python3 benches/peers/run.py --bootstrap target/release/bootstrap --stagecert target/release/stagecert \
        --fake-aws target/release/fake-aws --only Prowler --runs 1

Installs the peers by name, in the versions of requirements-*.txt, each into a virtual environment of its own under
target/peers, and writes results.md beside this file, from everything that target/peers/results.json holds: a run with `--only`
replaces its own rows. The account is the fake AWS's (tests/fake-aws), made anew for each run and without a call in it that is
not the program's. With the limit off, ours still keeps its own pace for API Gateway.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import venv

import table
from programs import PROGRAMS
from fake_aws import FakeAws

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUIREMENTS = {"prowler": "bin/prowler", "custodian": "bin/custodian", "boto3": "bin/python"}
ACCOUNT = {"stages": 1500, "apis": 500, "certificates": 60}
# What of the time is start-up: an account that has nothing.
EMPTY = {"stages": 0, "apis": 0, "certificates": 1}


def main():
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    programs = {name: str(path.resolve()) for name, path in vars(options).items() if name in ("bootstrap", "stagecert", "fake-aws")}
    programs |= {name: installed(name, options.folder) for name in REQUIREMENTS}
    kept = options.folder / "results.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    for name in options.only or PROGRAMS:
        for limits in options.limits:
            rows = repeated(programs, name, ACCOUNT, limits, options)
            results |= {f"{name}|{step}|{limits}": row for step, row in rows.items()}
            kept.write_text(json.dumps(results))
        rows = repeated(programs, name, EMPTY, "off", options)
        results |= {f"{name}|{step}|empty": row for step, row in rows.items()}
        kept.write_text(json.dumps(results))
    written = table.page(results, ACCOUNT, options.latency, versions(programs))
    (HERE / "results.md").write_text(written)
    print(written)


def repeated(programs, name, account, limits, options):
    """The rows of one program: a step, and its runs."""
    run, steps = PROGRAMS[name]
    rows = {}
    for number in range(options.runs):
        with FakeAws(programs["fake-aws"], **account, limits=limits, latency=options.latency) as fake_aws:
            truth = fake_aws.ask("truth")
            for step in steps:
                with tempfile.TemporaryDirectory(prefix="stagecert-peers-") as folder:
                    measured, found = run(programs, fake_aws, pathlib.Path(folder))
                row = {
                    "seconds": measured.seconds, "processor": measured.processor, "peak": measured.peak,
                    "calls": fake_aws.ask("calls"), "found": compared(truth, found), "account": kinds(truth),
                }
                rows.setdefault(step, []).append(row)
                print(f"{name} {step}, limit {limits}, {account['stages']} stages, run {number + 1}: {measured.seconds:.1f} s, "
                      f"{measured.peak / 1e6:.0f} MB, {sum(row['calls'].values())} calls", file=sys.stderr, flush=True)
        # The pace makes these alike: no more of them than are asked for.
        if rows[steps[0]][0]["seconds"] > options.slow and number + 1 >= options.slow_runs:
            break
    return rows


def compared(truth, found):
    """For each question that was asked: how many fail and how many of them were found, by the kind of API; and how many were
    reported that don't fail."""
    told = {}
    for code, seen in found.items():
        told[code] = {"wrong": sum(code not in truth[arn]["failed"] for arn in seen)}
        for kind in ("Rest", "WebSocket"):
            fail = {arn for arn, stage in truth.items() if code in stage["failed"] and stage["kind"] == kind}
            told[code][kind] = [len(seen & fail), len(fail)]
    return told


def kinds(truth):
    """How many stages of which kind of API the account has, and how many APIs."""
    apis = {(arn.split("/stages/")[0], stage["kind"]) for arn, stage in truth.items()}
    every = ("Rest", "WebSocket", "Http")
    return {kind: [sum(of == kind for _, of in apis), sum(stage["kind"] == kind for stage in truth.values())] for kind in every}


def installed(name, folder):
    """The program of a peer, in a virtual environment that holds what its requirements say."""
    requirements, own = HERE / f"requirements-{name}.txt", folder / name
    stamp = own / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        print(f"installing {requirements.read_text().strip()}", file=sys.stderr, flush=True)
        venv.create(own, clear=True, with_pip=True)
        subprocess.run([own / "bin/pip", "install", "--quiet", "--requirement", requirements], check=True)
        stamp.write_text(requirements.read_text())
    return str((own / REQUIREMENTS[name]).absolute())


def versions(programs):
    """Names and versions of what was compared."""
    told = [subprocess.run([programs["stagecert"], "--version"], capture_output=True, text=True, check=True).stdout.strip()]
    told += [(HERE / f"requirements-{name}.txt").read_text().strip().replace("==", " ") for name in REQUIREMENTS]
    return [*told, f"Python {sys.version.split()[0]}"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    release = ROOT / "target/release"
    for name in ("bootstrap", "stagecert", "fake-aws"):
        parser.add_argument(f"--{name}", type=pathlib.Path, default=release / name)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "target/peers", help="environments and results.json")
    parser.add_argument("--only", action="append", choices=PROGRAMS, metavar="PROGRAM", help=", ".join(PROGRAMS))
    parser.add_argument("--limits", nargs="+", choices=["on", "off"], default=["on", "off"])
    parser.add_argument("--latency", type=int, default=0, help="milliseconds that each answer takes; AWS's is not nothing")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--slow", type=float, default=60, help="seconds; what takes longer runs --slow-runs times")
    parser.add_argument("--slow-runs", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
