"""Builds the documentation site with mdBook, to target/site, and checks all of its links.

    python3 tools/build_site.py

Copies the pages of docs/SUMMARY.md to target/pages, and with them the files that they link to.
Pages keep their paths in the repository, so links between them stay as they are. Needs mdBook on
the PATH.
"""

import html.parser
import pathlib
import posixpath
import re
import shutil
import subprocess
import sys
import urllib.parse

import check_links
from check_links import ROOT, SUMMARY

PAGES = ROOT / "target" / "pages"
SITE = ROOT / "target" / "site"


def main():
    if shutil.which("mdbook") is None:
        sys.exit("make site needs mdBook: cargo install --locked mdbook")
    copy_pages()
    subprocess.run(["mdbook", "build"], cwd=ROOT, check=True)
    documents = {path: Document(path) for path in sorted(SITE.rglob("*.html"))}
    problems = [problem for document in documents.values() for problem in broken_links(document, documents)]
    print("\n".join(problems + [f"target/site: {len(documents)} pages, {len(problems)} broken links"]))
    sys.exit(1 if problems else 0)


def copy_pages():
    shutil.rmtree(PAGES, ignore_errors=True)
    pages = [check_links.resolved(SUMMARY, link)[0] for link in check_links.links(SUMMARY)]
    linked = {target for page in pages for link in check_links.links(page)
              if (target := check_links.resolved(page, link)[0]) and target.is_file()}
    for path in {*pages, *linked}:
        copy = PAGES / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    (PAGES / "SUMMARY.md").write_text(re.sub(r"\]\(([^)]+)\)", from_root, SUMMARY.read_text()))


def from_root(link):
    """A link of docs/SUMMARY.md as seen from the root of the repository."""
    return f"]({posixpath.normpath(posixpath.join('docs', link[1]))})"


class Document(html.parser.HTMLParser):
    """The links and ids of a page of the site."""

    def __init__(self, path):
        super().__init__()
        self.path, self.links, self.ids = path, [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and tag != "base" and value:
                self.links.append(value)
            if name == "id":
                self.ids.add(value)


def broken_links(document, documents):
    """One sentence for each relative link of the page that leads nowhere."""
    for link in document.links:
        if re.match(r"[a-z][a-z0-9+.-]*:|//|/", link):
            continue
        path, _, anchor = urllib.parse.unquote(link.partition("?")[0]).partition("#")
        target = (document.path.parent / path).resolve() if path else document.path
        if target.is_dir():
            target /= "index.html"
        name = document.path.relative_to(SITE)
        if not target.is_file():
            yield f"{name}: {link}: there is no such page"
        elif anchor and target in documents and anchor not in documents[target].ids:
            yield f"{name}: {link}: there is no such heading"


if __name__ == "__main__":
    main()
