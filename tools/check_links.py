"""Checks that all relative links and anchors in the repository's Markdown files resolve, and that
docs/SUMMARY.md, the table of contents, names every page of docs/.

    python3 tools/check_links.py

Needs git and nothing but the standard library. Prints `N passed, N failed`, where each file counts.
"""

import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
SUMMARY = ROOT / "docs" / "SUMMARY.md"
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
HTML_LINK = re.compile(r"\b(?:href|src|srcset)=\"([^\"\s]+)[^\"]*\"")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+<?([^\s>]+)>?", re.M)


def main():
    problems = {page: broken_links(page) for page in markdown_files()}
    linked = {target for link in links(SUMMARY) if (target := resolved(SUMMARY, link)[0])}
    missing = set((ROOT / "docs").glob("*.md")) - linked - {SUMMARY}
    problems[SUMMARY] += [f"does not name {path.relative_to(ROOT)}" for path in sorted(missing)]
    for page, found in problems.items():
        for problem in found:
            print(f"{page.relative_to(ROOT)}: {problem}")
    failed = sum(bool(found) for found in problems.values())
    print(f"{len(problems) - failed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


def markdown_files():
    """The Markdown files that are in git or will be, as absolute paths."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.md"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [path for name in sorted(names) if name and (path := ROOT / name).exists()]


def broken_links(page):
    """One sentence for each link of the page that leads nowhere."""
    found = []
    for link in links(page):
        target, anchor = resolved(page, link)
        if target is None:
            continue
        if not target.exists():
            found.append(f"{link}: there is no such file")
        elif ROOT not in [target, *target.parents]:
            found.append(f"{link}: leaves the repository")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            found.append(f"{link}: there is no such heading")
    return found


def links(page):
    """The targets of all links and images of the page, without those in code."""
    text = prose(page)
    return LINK.findall(text) + HTML_LINK.findall(text) + REFERENCE.findall(text)


def resolved(page, link):
    """The file and the anchor that a relative link leads to; no file if the link is a URL."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", link):
        return None, None
    path, _, anchor = urllib.parse.unquote(link).partition("#")
    return ((page.parent / path).resolve() if path else page), anchor


def prose(page):
    """The text of the page with code blocks and inline code blanked out."""
    text = re.sub(r"^(```|~~~).*?^\1[ \t]*$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "`code`", text)


def anchors(page):
    """The anchors that GitHub and mdBook give to the page's headings, and explicit ones."""
    text = re.sub(r"^(```|~~~).*?^\1[ \t]*$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    found = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))
    for heading in re.findall(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", text, re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = sum(bool(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", anchor)) for anchor in found)
        found.add(f"{slug}-{number}" if number else slug)
    return found


if __name__ == "__main__":
    main()
