"""The page that results.md is."""

import datetime
import os
import pathlib
import platform
import re
import statistics
from collections import Counter

from programs import CODES, PROGRAMS

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
    head, rows = ["", "limit", *(f"`{code}`" for code in CODES)], []
    for name, step, limits, runs in measured(results):
        cells = []
        for code in CODES:
            told = runs[-1]["found"].get(code)
            kinds = ", ".join(f"{found} of {fail}" for found, fail in (told["Rest"], told["WebSocket"])) if told else "-"
            cells.append(kinds + (f", +{told['wrong']}" if told and told["wrong"] else ""))
        rows.append([title(name, step), limits, *cells])
    return markdown(head, rows)


def measured(results):
    """Program, step, limits and runs in the order of the table."""
    for name, (_, steps) in PROGRAMS.items():
        for limits in ("on", "off"):
            for step in steps:
                if f"{name}|{step}|{limits}" in results:
                    yield name, step, limits, results[f"{name}|{step}|{limits}"]


def title(name, step):
    return f"{name}, {step}" if step else name


def spread(values, digits=1):
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
