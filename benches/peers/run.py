"""Runs stagecert and comparable programs on the same account: time, memory, calls, findings.

    make peers
    python3 benches/peers/run.py \
        --bootstrap target/release/bootstrap --stagecert target/release/stagecert \
        --fake-aws target/release/fake-aws --only Prowler --runs 1

Installs each peer in the versions of tools/requirements/peers-*.txt, into its own virtual
environment under target/peers. Writes results.md in this folder from all rows in
target/peers/results.json; a run with `--only` replaces its own rows. Each run gets a new account
of the fake AWS (tests/fake-aws), which gets no other calls. With `--limits off`, stagecert still
limits its own rate of calls to API Gateway.
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
REQUIREMENT_FILES = ROOT / "tools" / "requirements"
PROGRAM_OPTIONS = ("bootstrap", "stagecert", "fake_aws")
ACCOUNT = {"stages": 1500, "apis": 500, "certificates": 60}
# An empty account shows how much of the time is start-up.
EMPTY = {"stages": 0, "apis": 0, "certificates": 1}


def main():
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    programs = {name: str(path.resolve()) for name, path in vars(options).items() if name in PROGRAM_OPTIONS}
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
    """Returns the rows of one program: the runs of each step."""
    run, steps = PROGRAMS[name]
    rows = {}
    for number in range(options.runs):
        with FakeAws(programs["fake_aws"], **account, limits=limits, latency=options.latency) as fake_aws:
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
        # The rate limit makes slow runs alike, so a few are enough.
        if rows[steps[0]][0]["seconds"] > options.slow and number + 1 >= options.slow_runs:
            break
    return rows


def compared(truth, found):
    """Returns for each check how many stages fail it and how many of them were found, by type of
    API, and
    how many passing stages were reported."""
    counts = {}
    for code, seen in found.items():
        counts[code] = {"wrong": sum(code not in truth[arn]["failed"] for arn in seen)}
        for kind in ("Rest", "WebSocket"):
            fail = {arn for arn, stage in truth.items() if code in stage["failed"] and stage["kind"] == kind}
            counts[code][kind] = [len(seen & fail), len(fail)]
    return counts


def kinds(truth):
    """Returns how many APIs and stages of each type the account has."""
    apis = {(arn.split("/stages/")[0], stage["kind"]) for arn, stage in truth.items()}
    every = ("Rest", "WebSocket", "Http")
    return {kind: [sum(of == kind for _, of in apis), sum(stage["kind"] == kind for stage in truth.values())] for kind in every}


def installed(name, folder):
    """Returns the program of a peer, after installing its locked packages into a virtual
    environment.
    """
    requirements, own = REQUIREMENT_FILES / f"peers-{name}.txt", folder / name
    stamp = own / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        print(f"installing {requested(name)}", file=sys.stderr, flush=True)
        venv.create(own, clear=True, with_pip=True)
        pip = [own / "bin/pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        subprocess.run([*pip, "--requirement", requirements], check=True)
        stamp.write_text(requirements.read_text())
    return str((own / REQUIREMENTS[name]).absolute())


def requested(name):
    """Returns the package of a peer, as `NAME==VERSION`."""
    return (REQUIREMENT_FILES / f"peers-{name}.in").read_text().strip()


def versions(programs):
    """Returns names and versions of the programs that were compared."""
    names = [subprocess.run([programs["stagecert"], "--version"], capture_output=True, text=True, check=True).stdout.strip()]
    names += [requested(name).replace("==", " ") for name in REQUIREMENTS]
    return [*names, f"Python {sys.version.split()[0]}"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    release = ROOT / "target/release"
    for name in ("bootstrap", "stagecert", "fake-aws"):
        parser.add_argument(f"--{name}", type=pathlib.Path, default=release / name)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "target/peers", help="environments and results.json")
    parser.add_argument("--only", action="append", choices=PROGRAMS, metavar="PROGRAM", help=", ".join(PROGRAMS))
    parser.add_argument("--limits", nargs="+", choices=["on", "off"], default=["on", "off"])
    parser.add_argument("--latency", type=int, default=0, help="milliseconds that each response takes; 0 is less than AWS's")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--slow", type=float, default=60, help="seconds after which a program runs only --slow-runs times")
    parser.add_argument("--slow-runs", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
