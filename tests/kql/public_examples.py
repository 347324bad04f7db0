#!/usr/bin/env python3
"""Runs the examples of the language's public documentation that bring their own data and show an answer.

    tests/kql/public_examples.py DOCS SLIPWAY [NAME …]

DOCS: a folder of the documentation's pages (Markdown; a bare git repository will do), which is not part of this project.
SLIPWAY: the program `slipway`, set up for a running server. NAME: the beginnings of pages' names. Prints each example that
does not give the page's answer, and how many did, were refused by name, or read tables that are not there."""
import collections
import csv
import io
import json
import pathlib
import re
import subprocess
import sys

PAGES = "data-explorer/kusto/query/"


def pages_of(docs):
    """(name, text) of every page."""
    if (docs / "HEAD").exists():
        git = ["git", "--git-dir", str(docs)]
        names = subprocess.run(git + ["ls-tree", "-r", "--name-only", "HEAD", PAGES], capture_output=True, text=True,
                               check=True).stdout.split()
        for name in names:
            if name.endswith(".md"):
                text = subprocess.run(git + ["show", "HEAD:" + name], capture_output=True, text=True, check=True).stdout
                yield pathlib.PurePath(name).stem, text
        return
    for path in sorted(docs.rglob("*.md")):
        yield path.stem, path.read_text(errors="replace")


def cells_of(line):
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]


def examples_of(text):
    """(query, header, rows) of each query with an answer below it."""
    blocks = re.compile(r"```\s*kusto\n(.*?)```(.*?)(?=```|\Z)", re.S)
    for match in blocks.finditer(text):
        lines = [line for line in match.group(2).split("\n")]
        start = next((i for i, line in enumerate(lines) if re.match(r"\*\*Output\*\*", line.strip())), None)
        if start is None:
            continue
        table = []
        for line in lines[start + 1:]:
            if line.strip().startswith("|") or (table and "|" in line):
                table.append(cells_of(line))
            elif table:
                break
        if len(table) >= 2:
            yield match.group(1), table[0], table[2:]


def canonical(text):
    """A value by what it says, however it is written."""
    text = re.sub(r"\\([*|_\[\]{}<>`\\])", r"\1", text.strip().strip("`").strip())
    text = text.replace("&nbsp;", " ").replace("<br>", " ").replace("&lt;", "<").replace("&gt;", ">")
    if text.lower() in ("", "null", "none"):
        return ""
    if text.lower() in ("true", "false"):
        return text.lower()
    try:
        return repr(float(text.replace(",", "") if re.fullmatch(r"-?[\d,]+(\.\d+)?", text) else text))
    except ValueError:
        pass
    when = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?Z?", text)
    if when:
        return f"{when.group(1)} {when.group(2)} {(when.group(3) or '.0').rstrip('0')}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return text + " 00:00:00 ."
    span = re.fullmatch(r"(-?(?:\d+\.)?\d\d:\d\d:\d\d)(\.\d+)?", text)
    if span:
        return span.group(1) + (span.group(2) or "").rstrip("0").rstrip(".")
    try:
        value = rounded(json.loads(text))
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    except ValueError:
        return re.sub(r"\s+", " ", text).strip('"').strip("'")


def rounded(value):
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return float("%.5g" % value)
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return canonical(value) if isinstance(value, str) else value


def same_cell(page, here):
    """Pages round numbers."""
    if page == here:
        return True
    try:
        return abs(float(page) - float(here)) <= 2e-5 * max(abs(float(page)), abs(float(here)))
    except ValueError:
        return False


def same_rows(page, here):
    """Whether the rows are the same in any order; pages leave empty cells at the end of a row away."""
    left = list(here)
    for row in page:
        padded = row + [""] * (len(left[0]) - len(row) if left else 0)
        found = next((other for other in left if len(other) == len(padded) and
                      all(same_cell(a, b) for a, b in zip(padded, other))), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def ask(slipway, query):
    done = subprocess.run([slipway, "query", query, "-o", "csv"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        return None, done.stderr.strip()
    rows = list(csv.reader(io.StringIO(done.stdout)))
    # A line without a cell is a row of one empty cell.
    return [[canonical(cell) for cell in row or [""]] for row in rows[1:]], ""


def main():
    docs, slipway, names = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    counts = collections.Counter()
    for name, text in pages_of(docs):
        if names and not any(name.startswith(wanted) for wanted in names):
            continue
        for query, header, rows in examples_of(text):
            answer, error = ask(slipway, query)
            wanted = [[canonical(cell) for cell in row] for row in rows]
            if answer is not None:
                same = same_rows(wanted, answer)
                counts["the page's answer" if same else "differs"] += 1
                if not same:
                    print(f"== {name}: differs\n{query.strip()}\n  page {header} {wanted[:6]}\n  here {answer[:6]}\n")
            elif "there is no table" in error:
                counts["other tables"] += 1
            elif "not supported" in error:
                counts["refused by name"] += 1
                print(f"== {name}: refused: {error.splitlines()[0]}\n")
            else:
                counts["fails"] += 1
                print(f"== {name}: fails\n{query.strip()}\n  {error}\n")
    print(dict(counts))


if __name__ == "__main__":
    main()
