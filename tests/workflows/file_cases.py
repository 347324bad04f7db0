"""The files of cases/: each is started by hand, and ends as its comment says."""

import json
import shutil

from harness import HERE, expect, job_of, runs


def expectation_of(file):
    lines = [line[2:] for line in file.read_text().splitlines() if line.startswith("#%")]
    return json.loads(" ".join(lines))


def prepare(world):
    world.make_repository()
    world.git("checkout", "-q", "-b", "other")
    world.commit({"other.txt": "other branch file\n"})
    world.git("checkout", "-q", "main")
    shutil.copytree(HERE / "repository", world.repository, dirs_exist_ok=True)
    shutil.copytree(HERE / "cases", world.repository / ".github/workflows", dirs_exist_ok=True)
    world.commit({})
    world.start()
    world.run("workspace", "create", "--name", "staging-ws")
    world.run("environment-gate", "variable", "set", "--name", "REGION", "--value", "north")
    world.run("environment-gate", "create", "--name", "Staging", "--target-workspace", "staging-ws")
    world.run("environment-gate", "variable", "set", "-e", "Staging", "--name", "TIER", "--value", "staging")
    world.run("environment-gate", "secret", "set", "-e", "Staging", "--name", "STAGING_PASSWORD", input="staging-password\n")
    world.run("environment-gate", "secret", "set", "--name", "PASSWORD", input="correct-horse")
    world.run("environment-gate", "secret", "set", "--name", "TOKEN", input="called-token")
    world.run("environment-gate", "secret", "set", "--name", "STRUCTURED",
              input='{"a": "piece-of-json", "b": "second-line-secret"}')


def start(world, file, wanted):
    words = ["workflow", "run", file.name]
    for name, value in wanted.get("inputs", {}).items():
        words += ["-i", f"{name}={value}"]
    done = world.run(*words, check=False)
    if "dispatch" in wanted:
        expect(done.returncode, 1, f"{file.name}: exit status")
        if wanted["dispatch"] not in done.stderr:
            raise AssertionError(f"{file.name}: no '{wanted['dispatch']}' in {done.stderr}")
        return None
    if done.returncode != 0:
        raise AssertionError(f"{file.name}: {done.stderr}")
    return json.loads(done.stdout)["id"]


def check_job(name, run, key, wanted):
    job = job_of(run, key)
    for field in ("conclusion", "name", "environment_url"):
        if field in wanted:
            expect(job[field], wanted[field], f"{name}: {field} of '{key}'")
    if "steps" in wanted:
        expect([step["conclusion"] for step in job["steps"]], wanted["steps"], f"{name}: steps of '{key}'")
    if "outcomes" in wanted:
        expect([step["outcome"] for step in job["steps"]], wanted["outcomes"], f"{name}: outcomes of '{key}'")
    if "outputs" in wanted:
        expect(job["outputs"], wanted["outputs"], f"{name}: outputs of '{key}'")
    if "reason" in wanted and wanted["reason"] not in (job["reason"] or ""):
        raise AssertionError(f"{name}: '{key}' says {job['reason']!r}, not '{wanted['reason']}'")


def check(world, file, run, wanted):
    name = file.name
    text = world.run("workflow", "logs", run["id"]).stdout[-3000:] if "log_bytes" not in wanted else ""
    expect(run["conclusion"], wanted["conclusion"], f"{name}: {run['reason']}\n{text}\nconclusion")
    for key, job in wanted.get("jobs", {}).items():
        check_job(name, run, key, job)
    if "names" in wanted:
        expect(sorted(job["name"] for job in run["jobs"]), sorted(wanted["names"]), f"{name}: names of the jobs")
    for key, texts in wanted.get("log", {}).items():
        log = world.raw_logs(run["id"], key)
        for each in texts:
            if each not in log:
                raise AssertionError(f"{name}: no '{each}' in the log of '{key}':\n{log[-3000:]}")
    for key, texts in wanted.get("absent", {}).items():
        log = world.raw_logs(run["id"], key)
        for each in texts:
            if each in log:
                raise AssertionError(f"{name}: '{each}' stands in the log of '{key}':\n{log[-3000:]}")
    for key, size in wanted.get("log_bytes", {}).items():
        if len(world.raw_logs(run["id"], key)) < size:
            raise AssertionError(f"{name}: the log of '{key}' has fewer than {size} bytes")
    for key, annotations in wanted.get("annotations", {}).items():
        actual = [[each["level"], each["message"], each["file"] or "", each["line"]] for each in job_of(run, key)["annotations"]]
        expect(actual, annotations, f"{name}: annotations of '{key}'")
    if "artifacts" in wanted:
        artifacts = world.json("workflow", "artifacts", run["id"])
        expect([each["name"] for each in artifacts], wanted["artifacts"], f"{name}: artifacts")
        for each in artifacts:
            folder = world.folder / "artifacts" / str(run["id"]) / each["name"]
            world.run("workflow", "download", run["id"], "--name", each["name"], "-p", folder)
            sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
            expect((len(sizes), sum(sizes)), (each["files"], each["bytes"]), f"{name}: files of the artifact {each['name']}")
    for key, texts in wanted.get("summary", {}).items():
        summary = "".join(file.read_text() for file in (world.home / "workflows" / str(run["id"])).glob("*/*/summary.md"))
        for each in texts:
            if each not in summary:
                raise AssertionError(f"{name}: no '{each}' in the summary: {summary}")
    for word in wanted.get("gone", []):
        if runs(word):
            raise AssertionError(f"{name}: '{word}' still runs")


def check_files(world):
    prepare(world)
    world.run("workflow", "validate")
    started = []
    failures = []
    for file in sorted((HERE / "cases").glob("*.yml")):
        wanted = expectation_of(file)
        try:
            run = start(world, file, wanted)
            if run:
                started.append((file, run, wanted))
        except AssertionError as failure:
            failures.append(str(failure))
    for file, run, wanted in started:
        try:
            check(world, file, world.wait_for_end(run), wanted)
        except AssertionError as failure:
            failures.append(str(failure))
    if failures:
        raise AssertionError(f"{len(failures)} files:\n" + "\n".join(failures))
    print(f"  {len(list((HERE / 'cases').glob('*.yml')))} files end as they should")


def check_refused(world):
    failures = []
    files = sorted((HERE / "refused").rglob("*.yml"))
    for file in files:
        lines = file.read_text().splitlines()
        wanted = next(line[3:] for line in lines if line.startswith("#! "))
        done = world.run("workflow", "validate", file, "-o", "table", check=False)
        if done.returncode != 1 or wanted not in done.stdout:
            failures.append(f"{file.name}: exit {done.returncode}, no '{wanted}' in\n{done.stdout}{done.stderr}")
            continue
        line = next((line[3:].strip() for line in lines if line.startswith("#@ ")), None)
        if line and f"{file}:{line}:" not in done.stdout:
            failures.append(f"{file.name}: not at line {line}:\n{done.stdout}")
    if failures:
        raise AssertionError("\n".join(failures))
    print(f"  {len(files)} files are refused with a reason")
