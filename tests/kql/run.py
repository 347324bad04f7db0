#!/usr/bin/env python3
"""Compares this compiler with the language's own parser and binder (the npm package @kusto/language-service-next): every
query of the scripts beside this file is accepted by both or refused by both, and has columns of the same names and
types. Differences that are meant stand in oracle/exceptions.txt with their reasons. Takes the build folder, where the
package is kept. Skips when npm, node or the registry is missing."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = "@kusto/language-service-next"
VERSION = "12"


def skip(reason):
    print("skipped: " + reason)
    sys.exit(0)


def install(build):
    folder = build / "kql-oracle"
    found = folder / "node_modules" / PACKAGE
    if (found / "bridge.min.js").exists():
        return found
    if not shutil.which("npm") or not shutil.which("node"):
        skip("npm and node are not installed")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", f"{PACKAGE}@{VERSION}"]
    try:
        done = subprocess.run(command, cwd=folder, timeout=300, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        skip("the package registry does not answer")
    if done.returncode != 0:
        skip("the package cannot be fetched: " + done.stderr.strip()[:200])
    return found


def our_answers(build, scratch):
    program = build / "logstore_test"
    if not program.exists():
        skip("logstore_test is not built")
    answers = scratch / "answers.jsonl"
    environment = dict(os.environ, SLIPWAY_KQL_ANSWERS=str(answers))
    done = subprocess.run([program, "--gtest_filter=*KqlScript*", "--gtest_brief=1"], env=environment,
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("the scripts fail already:\n" + done.stdout[-2000:])
    return [json.loads(line) for line in answers.read_text().splitlines()]


def their_answers(package, questions, scratch):
    asked = scratch / "questions.json"
    asked.write_text(json.dumps(questions))
    done = subprocess.run(["node", HERE / "oracle" / "ask.js", asked, package], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("the oracle fails:\n" + done.stderr[-2000:])
    return json.loads(done.stdout)


def fold(query):
    return " ".join(query.split())


def read_exceptions():
    """Folded queries; each stands below the comment that says why."""
    lines = (HERE / "oracle" / "exceptions.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def difference(ours, theirs):
    errors = theirs["errors"]
    if ours.get("unsupported"):
        return None
    if "error" in ours:
        return None if errors else "refused here alone: " + ours["error"].splitlines()[0]
    if errors:
        first = errors[0]
        return f"accepted here alone: {first['code']} {first['message']} (at {first['start']})"
    if theirs["open"]:
        return None
    columns = [f"{column['name']}:{column['type']}" for column in theirs["columns"]]
    # The binder adds the number of the match to every scan; the engine does when it is asked to.
    if "| scan " in ours["query"] and "with_match_id" not in ours["query"]:
        columns = [column for column in columns if column != "match_id:long"]
    if ours["columns"] == columns:
        return None
    return "columns\n    here  " + " ".join(ours["columns"]) + "\n    there " + " ".join(columns)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    package = install(build)
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        ours = our_answers(build, scratch)
        theirs = their_answers(package, [{"tables": a["tables"], "query": a["query"]} for a in ours], scratch)
    exceptions, used, differences = read_exceptions(), set(), 0
    for our, their in zip(ours, theirs):
        found = difference(our, their)
        if not found:
            continue
        query = fold(our["query"])
        used.add(query)
        if query in exceptions:
            continue
        differences += 1
        print(f"{our['file']}: {query}\n  {found}")
    stale = exceptions - used
    for query in stale:
        print("no difference any more: " + query)
    print(f"{len(ours)} queries asked, {differences} differences, {len(exceptions)} known ones")
    sys.exit(1 if differences or stale else 0)


if __name__ == "__main__":
    main()
