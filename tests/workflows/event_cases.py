"""Events, gates, concurrency, cancelling, re-running: what more than one run, or a person, has to do with."""

import json
import time

from harness import expect, job_of

SIMPLE = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: 'echo ${{ github.event_name }} ${{ github.sha }}'}]\n"


def workflow(name, on, jobs=SIMPLE, more=""):
    return f"name: {name}\non:\n{on}{more}{jobs}"


def check_push_filters(world):
    world.commit({
        ".github/workflows/all.yml": workflow("All", "  push:\n"),
        ".github/workflows/docs.yml": workflow("Docs", "  push:\n    paths: ['docs/**']\n"),
        ".github/workflows/release.yml": workflow("Release", "  push:\n    branches: ['release/**', '!release/**-rc']\n"),
        ".github/workflows/tags.yml": workflow("Tags", "  push:\n    tags: ['v[0-9]+']\n"),
        ".github/workflows/code.yml": workflow("Code", "  push:\n    paths-ignore: ['docs/**']\n"),
    })

    def started(*words, **options):
        return sorted(run["workflow"] for run in world.json("workflow", "on-push", *words, **options))

    world.commit({"docs/a.md": "x"})
    expect(started(), ["All", "Docs"], "a push of documents")
    world.commit({"src/a.c": "x"})
    expect(started(), ["All", "Code"], "a push of code")
    world.git("branch", "release/1")
    world.git("branch", "release/1-rc")
    expect("Release" in started("--ref", "release/1"), True, "a push to release/1")
    expect("Release" in started("--ref", "release/1-rc"), False, "a push to release/1-rc")
    world.git("tag", "v12")
    expect(started("--ref", "refs/tags/v12"), ["All", "Code", "Docs", "Tags"], "a push of a tag: paths do not count")
    head = world.git("rev-parse", "HEAD")
    hook = f"{world.git('rev-parse', 'HEAD^')} {head} refs/heads/main\n"
    expect(started(input=hook), ["All", "Code"], "lines of a post-receive hook")
    deletion = f"{head} {'0' * 40} refs/heads/gone\n"
    expect(started(input=deletion), [], "a deleted branch")
    for run in world.json("workflow", "list"):
        expect(world.wait_for_end(run["id"])["conclusion"], "success", run["workflow"])


def check_chain(world):
    world.commit({
        ".github/workflows/build.yml": workflow("Build", "  workflow_dispatch: {inputs: {fail: {type: boolean}}}\n",
                                                SIMPLE.replace("'echo", "'exit ${{ inputs.fail && 1 || 0 }}; echo")),
        ".github/workflows/deploy.yml": workflow(
            "Deploy", "  workflow_run: {workflows: [Build], types: [completed]}\n",
            "jobs:\n  a:\n    if: ${{ github.event.workflow_run.conclusion == 'success' }}\n    runs-on: ubuntu-latest\n"
            "    steps: [{run: 'echo after run ${{ github.event.workflow_run.id }} on ${{ github.event.workflow_run.head_branch }}'}]\n"),
        ".github/workflows/sent.yml": workflow("Sent", "  repository_dispatch: {types: [retrain]}\n",
                                               SIMPLE.replace("github.sha", "github.event.client_payload.why")),
    })
    good = world.json("workflow", "run", "build.yml")["id"]
    first = world.wait_for_end(world.wait_for_run("Deploy")[0]["id"])
    expect(first["conclusion"], "success", "what comes after a good build")
    log = world.log(first["id"], "a")
    expect(f"after run {good} on main" in log, True, f"the log of Deploy: {log}")
    world.json("workflow", "run", "build.yml", "-i", "fail=true")
    second = world.wait_for_end(world.wait_for_run("Deploy", 2)[1]["id"])
    expect(second["conclusion"], "skipped", "what comes after a bad build")
    expect([run["workflow"] for run in world.json("workflow", "send", "-t", "other")], [], "another type")
    sent = world.json("workflow", "send", "-t", "retrain", "--payload", '{"why": "drifted"}')[0]
    world.wait_for_end(sent["id"])
    expect("repository_dispatch drifted" in world.log(sent["id"], "a"), True, "the payload")


def check_models_and_alerts(world):
    world.commit({".github/workflows/registered.yml": workflow(
        "Registered", "  model_registered: {models: ['credit*']}\n",
        SIMPLE.replace("github.sha", "github.event.model.name }}:${{ github.event.model.version"))})
    world.json("workflow", "on-push")  # the repository is watched from now on
    model = world.folder / "model"
    model.mkdir(exist_ok=True)
    (model / "weights.txt").write_text("1")
    for name in ("other", "credit-risk"):
        world.run("model", "create", "--name", name, "--version", "1", "--path", model, "--type", "custom_model")
    run = world.wait_for_end(world.wait_for_run("Registered")[0]["id"])
    expect("model_registered credit-risk:1" in world.log(run["id"], "a"), True, "the model in the event")
    expect(len(world.wait_for_run("Registered")), 1, "runs of one model")


ALARM = """\
name: alarm
query: AppTraces | where Message has 'never said'
evaluation_frequency: PT1S
window_size: PT1M
operator: %s
threshold: 1
"""


def check_schedules_and_alert_rules(world):
    """By the real clock: a cron of every minute, a rule that fires at once and then is over."""
    said = lambda *values: SIMPLE.replace("github.sha", " }} ${{ ".join(values))  # noqa: E731
    world.commit({
        ".github/workflows/clock.yml": workflow("Clock", "  schedule: [{cron: '* * * * *'}]\n",
                                                SIMPLE.replace("${{ github.sha }}", '"${{ github.event.schedule }}"')),
        ".github/workflows/alarm.yml": workflow("Alarm", "  alert: {rules: [alarm]}\n",
                                                said("github.event.action", "github.event.alert.rule", "github.event.alert.threshold")),
        ".github/workflows/over.yml": workflow("Over", "  alert: {types: [resolved]}\n", said("github.event.action")),
        ".github/workflows/other.yml": workflow("Other", "  alert: {rules: [another]}\n", said("github.event.action")),
        ".github/workflows/sent.yml": workflow("Sent", "  repository_dispatch: {types: [alert-fired]}\n", said("github.event.action")),
    })
    world.json("workflow", "on-push")  # the repository is watched from now on
    rule = world.folder / "alarm.yml"
    rule.write_text(ALARM % "LessThan")
    world.run("alert", "create", "-f", rule)
    fired = world.wait_for_end(world.wait_for_run("Alarm", event="alert")[0]["id"])
    expect(fired["conclusion"], "success", "the run of an alert")
    log = world.log(fired["id"], "a")
    expect("alert fired alarm 1" in log, True, f"the alert in the event: {log}")
    world.wait_for_end(world.wait_for_run("Sent", event="repository_dispatch")[0]["id"])
    rule.write_text(ALARM % "GreaterThan")
    world.run("alert", "create", "-f", rule)
    over = world.wait_for_end(world.wait_for_run("Over", event="alert")[0]["id"])
    expect("alert resolved" in world.log(over["id"], "a"), True, world.log(over["id"], "a"))
    clock = world.wait_for_end(world.wait_for_run("Clock", event="schedule")[0]["id"])
    expect("schedule * * * * *" in world.log(clock["id"], "a"), True, world.log(clock["id"], "a"))
    world.stop()
    world.start()  # what it saw before is not seen again
    later = world.wait_for_run("Clock", 2, event="schedule")
    expect(len({run["id"] for run in later}), len(later), "each minute's run")
    expect([len(world.wait_for_run(name)) for name in ("Alarm", "Sent", "Over")], [1, 1, 1], "runs of one firing")
    expect([run for run in world.json("workflow", "list") if run["workflow"] == "Other"], [], "runs of another rule")


def check_reviews(world):
    world.commit({".github/workflows/gated.yml": workflow(
        "Gated", "  workflow_dispatch:\n",
        "jobs:\n"
        "  staging: {environment: Free, runs-on: x, steps: [{run: 'true'}]}\n"
        "  production: {needs: staging, environment: Production, runs-on: x, steps: [{run: 'true'}]}\n"
        "  also: {needs: staging, environment: production, runs-on: x, steps: [{run: 'true'}]}\n"
        "  undo: {needs: [production, also], if: failure(), runs-on: x, steps: [{run: 'true'}]}\n"
        "  later: {needs: [production, also], environment: Production, runs-on: x, steps: [{run: 'true'}]}\n")})
    world.run("environment-gate", "create", "--name", "Production", "--reviewers", "alice", "bob", "--prevent-self-review", "true")

    def waiting(run, *jobs):
        def ready():
            shown = world.show(run)
            return shown if all(job_of(shown, job)["status"] == "waiting" for job in jobs) else None
        return world.wait(ready, f"{jobs} to wait")

    run = world.json("workflow", "run", "gated.yml")["id"]
    shown = waiting(run, "production", "also")
    expect(shown["status"], "waiting", "the run meanwhile")
    for name, why in (("mallory", "may not review"), ("", "may not review")):
        done = world.run("workflow", "approve", run, "--as", name or "local", check=False)
        expect((done.returncode, why in done.stderr), (1, True), f"an approval by '{name}': {done.stderr}")
    world.run("workflow", "approve", run, "--as", "alice", "--comment", "looks good")
    shown = waiting(run, "later")
    expect(job_of(shown, "also")["reviewed_by"], "alice", "one review covers what waits")
    expect(shown["reviews"][0]["comment"], "looks good", "the comment")
    recorded = world.json("audit", "list", "--action", "workflow.approve")[0]
    expect((recorded["actor"], recorded["reason"]), ("alice", "looks good"), "the review is on record")
    world.run("workflow", "approve", run, "--as", "bob", "--environment", "production")
    shown = world.wait_for_end(run)
    expect((shown["conclusion"], job_of(shown, "undo")["conclusion"]), ("success", "skipped"), "approved")

    run = world.json("workflow", "run", "gated.yml", "--as", "alice")["id"]
    waiting(run, "production", "also")
    done = world.run("workflow", "approve", run, "--as", "alice", check=False)
    expect("wants somebody else's review" in done.stderr, True, done.stderr)
    world.stop()
    world.start()  # what waits goes on waiting
    world.run("workflow", "reject", run, "--as", "bob")
    shown = world.wait_for_end(run)
    expect({job["key"]: job["conclusion"] for job in shown["jobs"]},
           {"staging": "success", "production": "failure", "also": "failure", "undo": "success", "later": "skipped"}, "rejected")
    done = world.run("workflow", "approve", run, "--as", "bob", check=False)
    expect((done.returncode, "has ended" in done.stderr), (1, True), done.stderr)

    run = world.json("workflow", "run", "gated.yml")["id"]
    waiting(run, "production", "also")
    world.run("environment-gate", "update", "--name", "Production", "--branches", "release/*")
    shown = world.wait_for_end(run)
    expect("may not use the environment" in job_of(shown, "production")["reason"], True, "a branch that is not allowed")


def check_secrets(world):
    world.run("environment-gate", "secret", "set", "--name", "KEY", input="top-secret-value\n")
    expect(world.json("environment-gate", "secret", "list"), [{"name": "KEY"}], "names alone")
    stored = b"".join(file.read_bytes() for file in world.home.glob("slipway.db*"))
    expect(b"top-secret-value" in stored, False, "the secret in the database")
    expect(oct((world.home / "workflow.key").stat().st_mode & 0o777), "0o600", "the key's mode")
    for name, value, why in (("GITHUB_X", "long enough", "no name of a variable"), ("1X", "long enough", "no name"), ("X", "abc", "at least 4")):
        done = world.run("environment-gate", "secret", "set", "--name", name, input=value, check=False)
        expect((done.returncode, why in done.stderr), (1, True), f"{name}: {done.stderr}")
    world.run("environment-gate", "create", "--name", "Production", "--reviewers", "alice", "--as", "carol")
    entries = world.json("audit", "list", "--action", "gate")
    expect([(entry["action"], entry["actor"], entry["subject"]) for entry in entries],
           [("gate.put", "carol", "Production"), ("gate.secret.put", "tester", "*/KEY")], "changes of gates are on record")
    expect((entries[0]["evidence"]["reviewers"], "top-secret" in json.dumps(entries)), ("alice", False), "the evidence")
    world.run("environment-gate", "secret", "delete", "--name", "key")
    expect(world.json("environment-gate", "secret", "list"), [], "deleted, whatever its case")


def check_concurrency(world):
    body = ("jobs:\n  a:\n    runs-on: x\n    steps:\n"
            "      - run: 'touch {0}/started-${{{{ github.run_id }}}}; while [ ! -e {0}/release ]; do sleep 0.05; done'\n")
    body = body.format(world.folder)
    group = "concurrency: {group: \"deploy-${{ github.ref }}\", cancel-in-progress: %s}\n"
    world.commit({".github/workflows/queue.yml": workflow("Queue", "  push:\n", body, group % "false"),
                  ".github/workflows/newest.yml": workflow("Newest", "  workflow_dispatch:\n", body,
                                                           (group % "true").replace("deploy", "newest"))})
    push = lambda: next(run["id"] for run in world.json("workflow", "on-push") if run["workflow"] == "Queue")
    first = push()
    world.wait(lambda: (world.folder / f"started-{first}").exists(), "the first push")
    second = push()
    third = push()
    world.wait(lambda: world.show(second)["status"] == "completed", "the second to be replaced")
    expect((world.show(second)["conclusion"], world.show(second)["jobs"][0]["steps"]), ("cancelled", []), "the second push")
    expect("replaced by run" in world.show(second)["reason"], True, world.show(second)["reason"])
    expect((world.show(first)["status"], world.show(third)["status"]), ("in_progress", "pending"), "first and third")
    one = world.json("workflow", "run", "newest.yml")["id"]
    world.wait(lambda: (world.folder / f"started-{one}").exists(), "the one to be cancelled")
    two = world.json("workflow", "run", "newest.yml")["id"]
    expect(world.wait_for_end(one)["conclusion"], "cancelled", "cancel-in-progress")
    (world.folder / "release").touch()
    for run in (first, third, two):
        expect(world.wait_for_end(run)["conclusion"], "success", f"run {run}")


def check_cancel_and_rerun(world):
    world.commit({".github/workflows/long.yml": workflow(
        "Long", "  workflow_dispatch:\n",
        "jobs:\n"
        "  a:\n    runs-on: x\n    steps:\n"
        f"      - run: 'touch {world.folder}/long; [ -e {world.folder}/short ] || exec sleep 600'\n"
        "      - {run: 'echo not reached'}\n"
        "      - {if: always(), run: 'echo cleaned up ${{ job.status }}'}\n"
        "  good: {runs-on: x, steps: [{run: 'true'}]}\n"
        "  b: {needs: a, runs-on: x, steps: [{run: 'true'}]}\n"
        "  c: {needs: a, if: always(), runs-on: x, steps: [{run: 'echo c ran'}]}\n")})
    run = world.json("workflow", "run", "long.yml")["id"]
    world.wait(lambda: (world.folder / "long").exists(), "the step")
    world.wait(lambda: job_of(world.show(run), "good")["status"] == "completed", "the good job")
    done = world.run("workflow", "rerun", run, check=False)
    expect("has not ended yet" in done.stderr, True, done.stderr)
    world.run("workflow", "cancel", run)
    shown = world.wait_for_end(run)
    expect(shown["conclusion"], "cancelled", "the run")
    expect({job["key"]: job["conclusion"] for job in shown["jobs"]},
           {"a": "cancelled", "good": "success", "b": "cancelled", "c": "success"}, "jobs")
    expect([step["conclusion"] for step in job_of(shown, "a")["steps"]], ["cancelled", "skipped", "success"], "steps")
    expect("cleaned up cancelled" in world.log(run, "a"), True, "always()")
    before = job_of(shown, "good")["completed_at"]
    (world.folder / "short").touch()
    world.run("workflow", "rerun", run, "--failed", "--as", "carol")
    shown = world.wait_for_end(run)
    expect((shown["conclusion"], shown["attempt"], shown["triggering_actor"]), ("success", 2, "carol"), "run again")
    expect(job_of(shown, "good")["completed_at"], before, "what was good is not run again")
    done = world.run("workflow", "rerun", run, "--failed", check=False)
    expect("no job" in done.stderr, True, done.stderr)
    done = world.run("workflow", "cancel", run, check=False)
    expect("has ended" in done.stderr, True, done.stderr)


def check_tampered_artifact(world):
    """What was uploaded is what is downloaded, by a job as by a person, or neither gets anything."""
    take = ("jobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/download-artifact@v4\n"
            "        with: {name: model, path: got, run-id: '${{ inputs.from }}', github-token: x}\n      - run: cat got/b/weights\n")
    make = ("jobs:\n  a:\n    runs-on: x\n    steps:\n      - run: mkdir -p m/b && echo good > m/b/weights && echo a > m/b.txt\n"
            "      - {uses: actions/upload-artifact@v4, with: {name: model, path: m}}\n")
    world.commit({".github/workflows/make.yml": workflow("Make", "  workflow_dispatch:\n", make),
                  ".github/workflows/take.yml": workflow("Take", "  workflow_dispatch: {inputs: {from: {}}}\n", take)})
    made = world.json("workflow", "run", "make.yml")["id"]
    expect(world.wait_for_end(made)["conclusion"], "success", "the upload")
    taken = world.json("workflow", "run", "take.yml", "-i", f"from={made}")["id"]
    expect(world.wait_for_end(taken)["conclusion"], "success", f"a download: {world.log(taken, 'a')}")
    file = world.home / "workflows" / str(made) / "artifacts/model/b/weights"
    good = file.read_text()
    for what, damage in (("other content", lambda: file.write_text("evil\n")), ("another file", lambda: (file.parent / "more").write_text("")),
                         ("a missing file", file.unlink)):
        damage()
        taken = world.json("workflow", "run", "take.yml", "-i", f"from={made}")["id"]
        expect(world.wait_for_end(taken)["conclusion"], "failure", what)
        expect("the artifact 'model' was tampered with" in world.log(taken, "a"), True, f"{what}: {world.log(taken, 'a')}")
        folder = world.folder / "downloaded"
        done = world.run("workflow", "download", made, "--name", "model", "-p", folder, check=False)
        expect((done.returncode, "was tampered with" in done.stderr, list(folder.rglob("*"))), (1, True, []), f"{what}: {done.stderr}")
        (file.parent / "more").unlink(missing_ok=True)
        file.write_text(good)
    taken = world.json("workflow", "run", "take.yml", "-i", f"from={made}")["id"]
    expect(world.wait_for_end(taken)["conclusion"], "success", "as it was")


def check_command_line(world):
    world.commit({".github/workflows/quick.yml": workflow("Quick", "  workflow_dispatch:\n", "jobs:\n"
                  "  one: {runs-on: x, steps: [{run: echo from one}]}\n"
                  "  two: {needs: one, runs-on: x, steps: [{run: echo from two}, {run: exit 4}]}\n")})
    done = world.run("workflow", "run", "Quick", "--stream", check=False)
    expect(done.returncode, 1, f"a failed run's exit status: {done.stdout}{done.stderr}")
    for text in ("[one] from one", "[two] from two", "error: exit code 4", "✓ one", "✗ two", "← one"):
        expect(text in done.stdout, True, f"'{text}' in {done.stdout}")
    run = world.json("workflow", "list")[0]["id"]
    failed = world.run("workflow", "logs", run, "--failed").stdout
    expect(("exit code 4" in failed, "from one" in failed), (True, False), failed)
    done = world.run("workflow", "run", "quik.yml", check=False)
    expect("did you mean 'quick.yml'" in done.stderr, True, done.stderr)
    done = world.run("workflow", "show", "x", check=False)
    expect("is not the number of a run" in done.stderr, True, done.stderr)
    (world.repository / "README.md").write_text("not committed\n")
    done = world.run("workflow", "run", "quick.yml")
    expect("not committed" in done.stderr, True, done.stderr)
    done = world.json("workflow", "run", "quick.yml", "--uncommitted")
    expect(done["sha"] != world.git("rev-parse", "HEAD"), True, "a commit of the files")
    world.git("checkout", "-q", "README.md")
    value = world.json("workflow", "eval", "contains(github.ref, 'MAIN') && needs.*.result", "-c", "-",
                       input=json.dumps({"github": {"ref": "refs/heads/main"}, "needs": {"a": {"result": "success"}}}))
    expect(value, ["success"], "eval")
    done = world.run("workflow", "eval", "foo(", check=False)
    expect((done.returncode, "there is no function 'foo'" in done.stderr), (1, True), done.stderr)


def check_git_hook(world):
    hook = world.repository / ".git/hooks/post-commit"
    hook.write_text(f"#!/bin/sh\nexec {world.bin}/slipway workflow on-push -o none < /dev/null\n")
    hook.chmod(0o755)
    world.commit({".github/workflows/hooked.yml": workflow("Hooked", "  push:\n")})
    hook.unlink()
    expect(world.wait_for_end(world.wait_for_run("Hooked")[0]["id"])["conclusion"], "success", "from a hook")
