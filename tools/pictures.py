"""Generates the README's pictures in docs/pictures from the built-in example account.

    python3 tools/pictures.py PATH/TO/stagecert
    python3 tools/pictures.py --check PATH/TO/stagecert

scan-light.svg and scan-dark.svg show what `stagecert scan --example` prints on a terminal.
report-light.png and report-dark.png show the report's key figures, with two earlier scans as their
trend, and its timeline. They need Node, the packages of tests/report and Chromium.

--check generates nothing and fails if the pictures of the terminal are out of date.
"""

import fcntl
import html
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"

COLUMNS = 120
# The table has 36 stages; these APIs have one of each result, and "⋮" marks what is left out.
APIS = ("d5ok2y8vgj/", "e6zr1bu8ws/", "k3v9q0m2xa/", "m4xe8p2gtq/", "w9s3ld5ovi/t", "x2m7t9ajd4/")
PROMPT = "$ stagecert scan --example"

CELL_WIDTH = 8.4
LINE_HEIGHT = 19
MARGIN = 16
TITLE_BAR = 34
THEMES = {
    "light": {
        "ground": "#ffffff", "bar": "#eef0f3", "line": "#d0d7de", "text": "#1f2328",
        "quiet": "#656d76", "bad": "#b3131d", "good": "#116329", "warning": "#7d4e00",
    },
    "dark": {
        "ground": "#0d1117", "bar": "#161b22", "line": "#30363d", "text": "#e6edf3",
        "quiet": "#8d96a0", "bad": "#ff7b72", "good": "#56d364", "warning": "#e3b341",
    },
}
# The colors that the command line uses, by the parameters of their escape sequence.
COLORS = {"2": "quiet", "31": "bad", "32": "good", "33": "warning"}
ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")


def printed(command):
    """Returns what the command prints on a terminal of COLUMNS columns, as lines."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ.pop("NO_COLOR", None)
        # The size has to be set before the program starts, so the child sets its own.
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        os.execv(command[0], command)
    output = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux reports the end of a terminal as an error
            break
        if not chunk:
            break
        output += chunk
    os.waitpid(process, 0)
    return output.decode().replace("\r\n", "\n").rstrip("\n").split("\n")


def plain(line):
    return ESCAPE.sub("", line)


def excerpt(lines):
    """Returns the header, the rows of APIS and everything after the table."""
    end = next(index for index, line in enumerate(lines) if not plain(line).strip())
    kept = lines[:1]
    keep, gap = True, False
    for line in lines[1:end]:
        text = plain(line)
        if not text.startswith("  "):  # otherwise it continues the row above
            keep = text.split()[1].startswith(APIS)
        if keep:
            kept += [" ⋮"] if gap else []
            kept.append(line)
        gap = not keep
    return kept + lines[end:]


def runs(line):
    """Yields (column, text, color, bold) for each run of text in one style."""
    color, bold, column = "text", False, 0
    for index, part in enumerate(ESCAPE.split(line)):
        if index % 2:
            if part in ("", "0"):
                color, bold = "text", False
            else:
                for style in part.split(";"):
                    bold = bold or style == "1"
                    color = COLORS.get(style, color)
            continue
        for match in re.finditer(r"\S+(?: \S+)*", part):
            yield column + match.start(), match.group(), color, bold
        column += len(part)


def terminal_picture(lines, theme):
    colors = THEMES[theme]
    width = round(2 * MARGIN + COLUMNS * CELL_WIDTH)
    height = TITLE_BAR + MARGIN + LINE_HEIGHT * len(lines)
    picture = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14">',
        f"<title>{html.escape(PROMPT)}</title>",
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="{colors["ground"]}" stroke="{colors["line"]}"/>',
        f'<path d="M0.5 {TITLE_BAR - 6}.5V8.5a8 8 0 0 1 8-8H{width - 8.5}a8 8 0 0 1 8 8V{TITLE_BAR - 6}.5z" '
        f'fill="{colors["bar"]}" stroke="{colors["line"]}"/>',
        *(f'<circle cx="{MARGIN + 4 + 18 * dot}" cy="14.5" r="5" fill="{colors["line"]}"/>' for dot in range(3)),
    ]
    for row, line in enumerate(lines):
        y = TITLE_BAR + MARGIN + LINE_HEIGHT * row
        for column, text, color, bold in runs(line):
            x = MARGIN + column * CELL_WIDTH
            length = len(text) * CELL_WIDTH
            weight = ' font-weight="bold"' if bold else ""
            picture.append(
                f'<text x="{x:.1f}" y="{y}" fill="{colors[color]}"{weight} textLength="{length:.1f}" '
                f'lengthAdjust="spacingAndGlyphs">{html.escape(text)}</text>'
            )
    picture.append("</svg>")
    return "\n".join(picture) + "\n"


def terminal_pictures(stagecert):
    """Yields the path and the content of each picture of the terminal."""
    lines = [f"\x1b[2m{PROMPT}", *excerpt(printed([stagecert, "scan", "--example"]))]
    for theme in THEMES:
        yield PICTURES / f"scan-{theme}.svg", terminal_picture(lines, theme)


def check(stagecert):
    for path, picture in terminal_pictures(stagecert):
        if path.read_text(encoding="utf-8") != picture:
            sys.exit(f"{path.relative_to(ROOT)} is out of date: run `make pictures`")
    print("pictures: up to date")


def draw_report(stagecert):
    with tempfile.TemporaryDirectory() as folder:
        accounts = pathlib.Path(folder)
        subprocess.run(["node", ROOT / "tests/report/accounts.mjs", accounts], check=True)
        report = accounts / "report.html"
        earlier = [f"--since={accounts / name}" for name in ("october.json", "september.json")]
        command = [stagecert, "report", "--example", *earlier, "--output", report]
        status = subprocess.run(command).returncode
        if status != 1:  # something in the example fails
            sys.exit(f"stagecert report: exit status {status}")
        subprocess.run(["node", ROOT / "tests/report/pictures.mjs", report, PICTURES], check=True)


def generate(stagecert):
    PICTURES.mkdir(exist_ok=True)
    for path, picture in terminal_pictures(stagecert):
        path.write_text(picture, encoding="utf-8")
    draw_report(stagecert)
    for path in sorted(PICTURES.iterdir()):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def main():
    arguments = sys.argv[1:]
    action = check if arguments[:1] == ["--check"] else generate
    if len(arguments) != (2 if action is check else 1):
        sys.exit(__doc__)
    action(str(pathlib.Path(arguments[-1]).resolve()))


main()
