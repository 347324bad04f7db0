#!/usr/bin/env python3
"""The loop closes, by the example's own files: run.py BUILD_FOLDER.

Traffic in production drifts, the drift pipeline says so, an alert starts the workflow "Retrain Model". A challenger that
is no better is not registered and the run says why; one that is better goes through staging, a test and an approval into
production, gets its traffic under guards, and the champion's deployment is there for the way back. Then: modes, and what
keeps an alert from starting anything.
"""
import csv
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/workflows"))
import harness  # noqa: E402
from harness import expect, job_of  # noqa: E402

harness.WAIT = 300  # programs are compiled
EXAMPLE = ROOT / "examples/credit-card-default"
MODEL = "credit-card-default"
REGISTRY = "shared"
ENDPOINT = "credit-oe"
TARGET = "default_payment_next_month"
RULE = "credit-card-default-retrain"


class Loop(harness.World):
    """Two workspaces; the workflows' home is production, where alerts fire."""

    def __init__(self, build):
        super().__init__(build)
        self.environment.update(SLIPWAY_SDK=str(pathlib.Path(build).resolve()),
                                PATH=f"{self.bin}:{os.environ.get('PATH', '/usr/bin:/bin')}")
        self.data = self.folder / "data"

    def production(self, *words, **options):
        return self.run(*words, "-w", "production", **options)

    def production_json(self, *words, **options):
        return json.loads(self.production(*words, **options).stdout)

    def show(self, run):
        return self.production_json("workflow", "show", run)

    def log(self, run, job):
        return self.production("workflow", "logs", run, "--job", job).stdout

    def job(self, file, *words):
        """A job of production, to its end."""
        name = self.production("job", "create", "-f", file, *words, "--query", "name", "-o", "tsv").stdout.strip()
        self.production("job", "stream", "-n", name, check=False)
        status = self.production("job", "show", "-n", name, "--query", "status", "-o", "tsv").stdout.strip()
        log = self.production("job", "stream", "-n", name, check=False).stdout
        expect(status, "Completed", f"{file}: {log[-2000:]}")
        return log

    def traffic(self):
        shares = self.production_json("online-endpoint", "show", "-n", ENDPOINT, "--query", "traffic")
        return {name: share for name, share in shares.items() if share}

    def send(self, file, *words):
        uri = self.production("online-endpoint", "show", "-n", ENDPOINT, "--query", "scoring_uri", "-o", "tsv").stdout.strip()
        key = self.production("online-endpoint", "get-credentials", "-n", ENDPOINT, "--query", "primaryKey", "-o", "tsv").stdout.strip()
        done = subprocess.run([sys.executable, EXAMPLE / "send_traffic.py", "--url", uri, "--key", key, "--csv", file, "--ca",
                               self.home / "tls/ca.pem", *words], text=True, capture_output=True, timeout=harness.WAIT)
        expect(done.returncode, 0, f"requests that failed: {done.stdout}{done.stderr}")
        return done.stdout

    def events(self):
        return self.production_json("alert", "history", "-n", RULE)


def read_rows(file):
    with open(file, newline="") as text:
        return list(csv.DictReader(text))


def write_rows(file, rows):
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w", newline="") as text:
        writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def labelled(rows, seed, likely):
    """Rows with an outcome: where `likely(credit limit above the middle, coin)` says so, in nine of ten cases."""
    middle = sorted(float(row["credit_limit"]) for row in rows)[len(rows) // 2]
    coin = random.Random(seed)
    return [{**row, TARGET: likely(float(row["credit_limit"]) > middle, coin) == (coin.random() < 0.9)} for row in rows]


def put_labelled_traffic(world, version, rows):
    """Whoever knows the outcomes brings them to the workspace that trains."""
    folder = world.folder / f"labelled-{version}"
    write_rows(folder / "01.csv", rows)
    shutil.copy(EXAMPLE / "core/data/credit-card-default/curated/MLTable", folder)
    world.run("data", "create", "--name", f"{MODEL}-labelled-traffic", "--version", version, "--type", "mltable", "--path",
              folder, "-w", "staging", "-o", "none")


def prepare(world):
    """The example's repository with its own data, two environments, and a champion in both."""
    shutil.copytree(EXAMPLE, world.repository)
    for workflow in (world.repository / ".github/workflows").glob("*.yml"):
        if workflow.name != "retrain-model.yml":
            workflow.unlink()
    world.run("example", "data", "--output", world.data, "--rows", 10000, "--seed", 1, cwd=world.folder)
    shutil.copy(world.data / "curated/01.csv", world.repository / "core/data/credit-card-default/curated")
    alert = world.repository / "core/alerts/retrain.yml"
    alert.write_text(alert.read_text().replace("PT5M", "PT1S").replace("cool_down: P1D", "auto_mitigate: false")
                     .replace("runs: 3", "runs: 2"))
    world.git("init", "-q", "-b", "main")
    world.commit({})
    for workspace in ("staging", "production"):
        world.run("workspace", "create", "--name", workspace, "-o", "none")
    world.production("environment-gate", "create", "--name", "Staging", "--target-workspace", "staging", "-o", "none")
    world.production("environment-gate", "create", "--name", "Production", "--target-workspace", "production", "--reviewers",
                     "alice", "-o", "none")
    world.run("registry", "create", "--name", REGISTRY, "-o", "none")
    world.production("environment-gate", "variable", "set", "--name", "REGISTRY_NAME", "--value", REGISTRY, "-o", "none")
    for name, value in (("ENDPOINT_NAME", ENDPOINT), ("ROLLOUT_EVERY", "2s"), ("ROLLOUT_MIN_SAMPLES", "20"),
                        ("ROLLOUT_GUARDS", "error_rate<1% p99_ms<50x")):  # the machine may be loaded
        for gate in ("Staging", "Production"):
            world.production("environment-gate", "variable", "set", "--name", name, "--value",
                             value + ("-staging" if gate == "Staging" and name == "ENDPOINT_NAME" else ""), "-e", gate, "-o", "none")
    champion = world.folder / "champion"
    world.run("train", "--data", world.data / "curated/01.csv", "--target", TARGET, "--model", champion / "model", "--seed", 42,
              "--set", "n_estimators=100", "max_depth=8", "--no-importances", "-o", "none", cwd=world.folder)
    world.run("model", "create", "--name", MODEL, "--version", 1, "--type", "mlflow_model", "--path", champion / "model",
              "-w", "staging", "-o", "none")
    world.run("model", "share", "--name", MODEL, "--version", 1, "--registry-name", REGISTRY, "--share-with-name", MODEL,
              "--share-with-version", 1, "-w", "staging", "-o", "none")


def deploy_champion(world):
    world.run("environment", "create", "-f", "core/environments/score.yml", "--registry-name", REGISTRY, "-o", "none")
    world.production("environment", "create", "-f", "core/environments/drift.yml", "-o", "none")
    world.production("online-endpoint", "create", "-f", "core/deploy/online/endpoint.yml", "--name", ENDPOINT, "-o", "none")
    world.production("online-deployment", "create", "-f", "core/deploy/online/deployment.yml", "--name", "version-1",
                     "--endpoint-name", ENDPOINT, "--set", f"model=azureml://registries/{REGISTRY}/models/{MODEL}/versions/1",
                     f"environment=azureml://registries/{REGISTRY}/environments/{MODEL}-score/labels/latest", "-o", "none")
    expect(world.traffic(), {"version-1": 100}, "the champion's traffic")


def drift(world):
    """Drifted requests are exported and compared with the training data; staging gets what was exported."""
    for asset in ("curated", "inference-online"):
        world.production("data", "create", "-f", f"core/data/credit-card-default/{asset}.yml", "-o", "none")
    world.send(world.data / "inference/drifted/01.csv", "--rows", "20")
    world.job("core/pipelines/data_export.yml")
    log = world.job("core/pipelines/data_drift.yml")
    expect("the data set drifted" in log, True, log[-3000:])
    exported = world.folder / "exported"
    write_rows(exported / "01.csv", world.production_json("data", "head", f"{MODEL}-inference-online", "-n", "100000"))
    shutil.copy(EXAMPLE / "core/data/credit-card-default/curated/MLTable", exported)
    world.run("data", "create", "--name", f"{MODEL}-inference-online", "--version", 1, "--type", "mltable", "--path", exported,
              "-w", "staging", "-o", "none")
    expect(len(read_rows(exported / "01.csv")), 2000, "exported rows")


def watch(world):
    """A workflow is found by an alert once its repository had an event: the mode `suggest` is one, and does no harm."""
    run = world.production_json("workflow", "run", "retrain-model.yml", "-i", "mode=suggest", "-i", "reason=looking")["id"]
    shown = world.wait_for_end(run)
    expect({job["key"]: job["conclusion"] for job in shown["jobs"]}["train"], "skipped", "suggest trains nothing")
    expect("retraining is suggested: looking" in world.log(run, "decide"), True, world.log(run, "decide"))
    refused = world.production("workflow", "run", "retrain-model.yml", "-i", "mode=trian", check=False)
    expect(refused.returncode != 0 and "trian" in refused.stderr, True, refused.stderr)
    world.production("action-group", "create", "-f", "core/alerts/retrain-group.yml", "-o", "none")
    world.production("alert", "create", "-f", "core/alerts/retrain.yml", "-o", "none")
    return run


def started_by_alert(world, seen):
    """A run of the workflow that is none of `seen`; nobody else starts one."""
    def found():
        return next((run["id"] for run in world.production_json("workflow", "list") if run["id"] not in seen), None)
    return world.wait(found, "a start by the alert")


def refusal(world, text):
    """An event of the alert that started nothing, for that reason."""
    world.wait(lambda: any(delivery["state"] == "Failed" and text in delivery["result"] for event in world.events()
                           for delivery in event["deliveries"]), f"an event with '{text}'")


def versions(world):
    return [model["version"] for model in world.json("model", "list", "--name", MODEL, "-w", "staging")]


def check_not_better(world, seen):
    """Coins teach nothing: nothing is registered, and the run says why. Frozen before it ends: then no second one starts."""
    run = started_by_alert(world, seen)
    refusal(world, "still runs: no second one was started")
    world.production("alert", "freeze", "--reason", "the data change")
    shown = world.wait_for_end(run)
    expect(shown["conclusion"], "success", world.production("workflow", "logs", run, "--failed").stdout[-3000:])
    expect({job["key"]: job["conclusion"] for job in shown["jobs"]},
           {"decide": "success", "train": "success", "staging": "skipped", "production": "skipped", "crown": "skipped"}, "jobs")
    log = world.log(run, "train")
    expect("nothing is registered: " in log and "roc_auc is" in log, True, log[-3000:])
    expect(versions(world), ["1"], "versions in staging")
    refusal(world, "are frozen since")
    return run


def approve(world, run, in_production):
    def waits():
        shown = world.show(run)
        if shown["status"] == "completed":
            raise AssertionError(world.production("workflow", "logs", run, "--failed").stdout[-3000:])
        return job_of(shown, "production")["status"] == "waiting"
    world.wait(waits, "the gate of production")
    deployed = world.production_json("online-deployment", "list", "--endpoint-name", ENDPOINT)
    expect([each["name"] for each in deployed], in_production, "what is in production before somebody approved")
    refused = world.production("workflow", "approve", run, "--as", "mallory", check=False)
    expect(refused.returncode, 1, "an approval by somebody else")
    world.production("workflow", "approve", run, "--as", "alice", "--comment", "the evidence holds")


def wait_under_traffic(world, run):
    """The run at its end; requests come all the time, and every one is answered."""
    done, answered = threading.Event(), []

    def send():
        while not done.is_set():
            answered.append(world.send(world.data / "inference/stable/01.csv", "--requests", "100"))

    sender = threading.Thread(target=send)
    sender.start()
    try:
        shown = world.wait_for_end(run)
    finally:
        done.set()
        sender.join()
    expect(len(answered) > 0, True, "requests during the rollout")  # send() fails with one that was not answered
    return shown


def check_better(world, seen):
    """Rows that only the challenger understands: staging, test, approval, rollout under guards, production."""
    world.production("alert", "unfreeze")
    run = started_by_alert(world, seen)
    approve(world, run, ["version-1"])
    shown = wait_under_traffic(world, run)
    expect(shown["conclusion"], "success", world.production("workflow", "logs", run, "--failed").stdout[-3000:])
    expect(world.traffic(), {"version-2": 100}, "the challenger's traffic")
    rollout = world.production_json("rollout", "show", "--endpoint", ENDPOINT)
    expect(rollout["status"], "Completed", rollout)
    expect([guard["guard"] for guard in rollout["decisions"][-1]["guards"]], ["error_rate<1%", "p99_ms<50x"], "guards that held")
    model = world.json("model", "show", "--name", MODEL, "--version", 2, "-w", "staging")
    tags = {name: model["tags"].get(name) for name in ("verdict", "verdict_metric", "compared_with", "run_id", "champion")}
    expect(tags, {"verdict": "better", "verdict_metric": "roc_auc", "compared_with": f"azureml:{MODEL}:1", "run_id": str(run),
                  "champion": "yes"}, "what the model says of itself")
    expect(float(model["tags"]["improvement"]) > float(model["tags"]["margin"]), True, model["tags"])
    evidence = world.folder / "evidence"
    world.production("workflow", "download", run, "--name", "evidence", "-p", evidence)
    kept = json.loads(next(evidence.rglob("comparison.json")).read_text())
    expect((kept["verdict"], kept["champion_model"], kept["traffic"]["rows"]), ("better", f"azureml:{MODEL}:1", 2000), "evidence")
    expect(sorted(kept["traffic"]["estimated"]["roc_auc"]), ["challenger", "champion"], "estimates without labels")
    return run


def check_audit(world, runs):
    """Who decided what: both verdicts, what the alert started, the approval, each step of the rollout."""
    entries = world.json("audit", "list", "--max-results", "1000")
    found = {}
    for entry in entries:
        found.setdefault(entry["action"], []).append(entry)
    verdicts = [entry["reason"].split(":")[0] for entry in found["model.compare"]]
    expect((verdicts[0], len(verdicts), "better" in verdicts[1:]), ("better", 2, False), "verdicts, the newest first")
    expect(found["model.compare"][0]["subject"], f"azureml:{MODEL}:2", "what was decided about")
    expect(len(found["alert.start-workflow"]), 2, "starts by the alert")
    held = [entry["reason"] for entry in found["alert.hold-back"]]
    expect((any("frozen" in why for why in held), any("still runs" in why for why in held)), (True, True), f"starts held back: {held}")
    expect((found["workflow.approve"][0]["actor"], str(runs[1]) in found["workflow.approve"][0]["subject"]), ("alice", True), "approval")
    # A slow machine may hold for more requests before it advances.
    expect(sorted(action for action in found if action.startswith("rollout.") and action != "rollout.hold"),
           ["rollout.advance", "rollout.complete", "rollout.start"], "the rollout")


def check_budget(world):
    refusal(world, "budget of 2 starts")


def check_cool_down(world):
    """With budget left, the last start keeps the next one off for as long as the rule says."""
    alert = world.repository / "core/alerts/retrain.yml"
    alert.write_text(alert.read_text().replace("runs: 2", "runs: 20") + "cool_down: P1D\n")
    runs = len(world.production_json("workflow", "list"))
    world.production("alert", "create", "-f", alert, "-o", "none")
    refusal(world, "its cool-down lasts P1D: nothing was started")
    expect(len(world.production_json("workflow", "list")), runs, "runs of workflows")


def check_way_back(world):
    """The champion's deployment is as it was."""
    world.production("online-endpoint", "update", "--name", ENDPOINT, "--traffic", "version-1=100 version-2=0", "-o", "none")
    expect(world.traffic(), {"version-1": 100}, "traffic after the way back")
    expect("version-1 50" in world.send(world.data / "inference/stable/01.csv", "--requests", "50"), True, "who answers")


def check_train_only(world):
    """The mode `train` registers what is better than the champion of today, and deploys nothing."""
    world.production("alert", "freeze", "--reason", "by hand now")
    run = world.production_json("workflow", "run", "retrain-model.yml", "-i", "mode=train")["id"]
    shown = world.wait_for_end(run)
    expect(shown["conclusion"], "success", world.production("workflow", "logs", run, "--failed").stdout[-3000:])
    expect(job_of(shown, "staging")["conclusion"], "skipped", "nothing is deployed")
    expect(versions(world), ["3", "2", "1"], "versions in staging")
    model = world.json("model", "show", "--name", MODEL, "--version", 3, "-w", "staging")
    expect((model["tags"]["compared_with"], "champion" in model["tags"]), (f"azureml:{MODEL}:2", False), "the champion of today")


def champions(world):
    return world.json("model", "list", "--name", MODEL, "-w", "staging", "--query", "[?tags.champion=='yes'].version")


def check_taken_back(world):
    """A challenger that is better by the data, and breaks a guard under traffic: the champion keeps traffic and title."""
    before = champions(world)
    world.production("environment-gate", "variable", "set", "--name", "ROLLOUT_GUARDS", "--value", "error_rate<1% p50_ms>60000",
                     "-e", "Production", "-o", "none")
    run = world.production_json("workflow", "run", "retrain-model.yml", "-i", "mode=train-and-gate")["id"]
    approve(world, run, ["version-1", "version-2"])
    shown = wait_under_traffic(world, run)
    jobs = {job["key"]: job["conclusion"] for job in shown["jobs"]}
    expect((shown["conclusion"], jobs["staging"], jobs["production"], jobs["crown"]), ("failure", "success", "failure", "skipped"), jobs)
    newest = versions(world)[0]
    log = world.log(run, "production")
    expect(f"the rollout of version-{newest} ended: RolledBack" in log, True, log[-3000:])
    expect(world.traffic(), {"version-1": 100}, "traffic")
    rollout = world.production_json("rollout", "show", "--endpoint", ENDPOINT)
    verdicts = {guard["guard"]: guard["verdict"].lower() for guard in rollout["decisions"][-1]["guards"]}
    expect((rollout["status"], verdicts), ("RolledBack", {"error_rate<1%": "holds", "p50_ms>60000": "breached"}), rollout)
    expect(champions(world), before, "what the next challenger is compared with")
    recorded = world.json("audit", "list", "--action", "rollout.roll-back", "--max-results", "1")[0]
    expect("p50_ms>60000 is breached" in recorded["reason"], True, recorded)


def main():
    world = Loop(sys.argv[1])
    began = time.monotonic()

    def step(what, function, *arguments):
        value = function(world, *arguments)
        print(f"ok    {what}  ({time.monotonic() - began:.1f} s)", flush=True)
        return value

    try:
        world.start(with_gateway=True)
        step("a champion and a repository", prepare)
        step("the champion in production", deploy_champion)
        step("drift", drift)
        drifted = read_rows(world.data / "inference/drifted/01.csv")
        put_labelled_traffic(world, 1, labelled(drifted[:300], 1, lambda above, coin: coin.random() < 0.5))
        suggested = step("the alert, and the mode suggest", watch)
        run = step("not better: nothing is registered; one flight; frozen", check_not_better, {suggested})
        put_labelled_traffic(world, 2, labelled(drifted, 2, lambda above, coin: above))
        better = step("better: approved, rolled out under guards", check_better, {suggested, run})
        step("the audit log", check_audit, (run, better))
        step("the budget is spent", check_budget)
        step("the cool-down lasts", check_cool_down)
        step("the way back", check_way_back)
        put_labelled_traffic(world, 3, labelled(drifted, 3, lambda above, coin: not above))
        step("train only", check_train_only)
        step("a guard takes the traffic back", check_taken_back)
        return 0
    except Exception:
        print(f"FAIL\n{traceback.format_exc()}\n{(world.folder / 'serve.log').read_text(errors='replace')[-2000:]}", flush=True)
        return 1
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit(main())
