"""The page that results.md is."""

import datetime
import os
import pathlib
import platform
import re
import statistics
from collections import Counter

from programs import CODES, PROGRAMS

NOTES = """\
- The account holds every reason that stagecert can give, in shares that no real account has: a third of the stages without a
  certificate, a tenth with an id that does not exist, a tenth of the certificates not yet valid. Read the findings as which
  reasons a program knows, not as how often it errs.
- Prowler asks one question and stagecert four; Prowler's one check reads what all of its checks about API Gateway need. Cloud
  Custodian's filters can put three of the four. Both see no stage of a WebSocket API, and neither what is deployed.
- `+N` of `certificate-attached` are stages whose deployed backends are not HTTP: AWS's own rule calls them NOT_APPLICABLE.
- With the limit on, API Gateway takes 10 calls a second with a burst of 40, and GetResources 5 in 2 seconds; nobody else calls.
  stagecert keeps to 3 a second in either case, and leaves the rest to deployments.
- An API has one or two methods here, and dozens in practice: each costs Prowler a GetMethod.
- A network's latency and TLS are not in it: it costs those most who call most. `--latency` adds the first.
- stagecert reads Config, which has to record stages. The others need no Config.
- The first sweep exports the stages that have no certificate to see what is deployed; the second finds that in its own results,
  but for what API Gateway can't export."""
SERVICES = {"apigateway": "API Gateway", "config": "Config", "tagging": "tagging", "acm": "ACM"}


def page(results, account, latency, versions):
    """Markdown, of rows by `program|step|limits`."""
    some = next(rows[0] for key, rows in results.items() if not key.endswith("|empty"))
    kinds = ", ".join(
        f"{apis} {name} APIs with {stages} stages"
        for name, (apis, stages) in zip(("REST", "WebSocket", "HTTP"), some["account"].values())
    )
    parts = [
        "# stagecert and its peers",
        "Made by `make peers`; benches/peers/run.py says how.",
        f"- {datetime.date.today()}; {machine()}\n- {'; '.join(versions)}\n- an account of {account['apis']} APIs, "
        f"{account['stages']} stages and {account['certificates']} client certificates, on the same machine ({kinds}; certificates of ACM beside them); each "
        f"answer takes {latency} ms and what it takes to make it, without TLS",
        "## Time, memory, calls",
        "Median (least to most) of the runs. \"Start\" is the same on an account that has no API. Peak memory is that of the process "
        "and its children. Calls are requests as the account got them, of the last run; those that API Gateway refused as too many (429) "
        "are among them, and once more under \"refused\".",
        costs(results),
        "## Findings",
        "Of the stages that fail each question, by an oracle that shares no code with any of them, how many were found: those of "
        "REST APIs, and those of WebSocket APIs. `+N` were reported and don't fail; `-` is not asked.",
        findings(results),
        "## What to read it with",
        NOTES,
    ]
    return "\n\n".join(parts) + "\n"


def costs(results):
    head = ["", "limit", "seconds", "of it start", "processor s", "peak MB", *SERVICES.values(), "other", "refused", "runs"]
    rows = []
    for name, step, limits, runs in measured(results):
        empty = results.get(f"{name}|{step}|empty")
        services = Counter()
        for call, count in runs[-1]["calls"].items():
            service = call.split()[0]
            services[service if service in SERVICES else "other"] += count
        refused = sum(count for call, count in runs[-1]["calls"].items() if call.endswith(" 429"))
        rows.append([
            title(name, step), limits, spread([run["seconds"] for run in runs]),
            spread([run["seconds"] for run in empty]) if empty else "", spread([run["processor"] for run in runs]),
            spread([run["peak"] / 1e6 for run in runs], 0), *(services[service] or "" for service in SERVICES),
            services["other"] or "", refused or "", len(runs),
        ])
    return markdown(head, rows)


def findings(results):
    """A row a program where all of its runs found the same."""
    rows = {}
    for name, step, limits, runs in measured(results):
        cells = []
        for code in CODES:
            told = runs[-1]["found"].get(code)
            kinds = ", ".join(f"{found} of {fail}" for found, fail in (told["Rest"], told["WebSocket"])) if told else "-"
            cells.append(kinds + (f", +{told['wrong']}" if told and told["wrong"] else ""))
        rows.setdefault(name, {})[title(name, step), limits] = cells
    alike = {name: len({tuple(cells) for cells in own.values()}) == 1 for name, own in rows.items()}
    lines = []
    for name, own in rows.items():
        shown = [((name, "on, off" if len({limits for _, limits in own}) > 1 else next(iter(own))[1]), next(iter(own.values())))]
        lines += [[*key, *cells] for key, cells in (shown if alike[name] else own.items())]
    return markdown(["", "limit", *(f"`{code}`" for code in CODES)], lines)


def measured(results):
    """Program, step, limits and runs in the order of the table."""
    for name, (_, steps) in PROGRAMS.items():
        for limits in ("on", "off"):
            for step in steps:
                if f"{name}|{step}|{limits}" in results:
                    yield name, step, limits, results[f"{name}|{step}|{limits}"]


def title(name, step):
    return f"{name}, {step}" if step else name


def spread(values, digits=None):
    digits = (2 if max(values) < 10 else 1) if digits is None else digits
    middle, least, most = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least} to {most})"


def markdown(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def machine():
    """Processor and cores, load; no name."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", info)
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores ({model[1] if model else 'unknown'}), "
        f"{int(memory[1]) // 1024**2} GiB; load {os.getloadavg()[2]:.1f} over the last quarter of an hour"
    )
