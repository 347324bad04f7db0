"""The example's five workflows as they are, from a push to production: on real data when it stands beside the project."""

import json
import shutil
from datetime import datetime

from harness import HERE, expect, job_of

EXAMPLE = HERE.parent.parent / "examples/credit-card-default"
REAL_DATA = HERE.parent.parent.parent / "shared/data/credit-card-default"
MODEL, REGISTRY = "credit-card-default", "shared"
STAGES = ("staging", "production")


def logs_of(world, run):
    return world.run("workflow", "logs", run, check=False).stdout[-3000:]


def report(run):
    """How long its jobs took, waiting for people left out."""
    at = datetime.fromisoformat
    jobs = [f"{job['key']} {(at(job['completed_at']) - at(job['started_at'])).total_seconds():.1f} s" for job in run["jobs"]
            if job["started_at"] and job["completed_at"]]
    print(f"  {run['workflow']}: {', '.join(jobs)}", flush=True)


def wait_for_gate(world, run, name):
    world.wait(lambda: world.show(run)["status"] in ("waiting", "completed"), name)
    expect(world.show(run)["status"], "waiting", f"{name}: {logs_of(world, run)}")


def approve(world, run, name):
    """What has to be approved waits, and goes on to success once it is."""
    wait_for_gate(world, run, name)
    world.run("workflow", "approve", run, "--as", "alice")
    ended = world.wait_for_end(run)
    expect(ended["conclusion"], "success", f"{name}: {logs_of(world, run)}")
    report(ended)


def endpoint_of(stage):
    return f"credit-{stage.lower()}-oe"


def make_stages(world):
    for name in STAGES:
        world.run("workspace", "create", "--name", name)
    world.run("registry", "create", "--name", REGISTRY)
    world.run("environment-gate", "create", "--name", "Staging", "--target-workspace", "staging")
    world.run("environment-gate", "create", "--name", "Production", "--target-workspace", "production", "--reviewers", "alice")
    world.run("environment-gate", "variable", "set", "--name", "REGISTRY_NAME", "--value", REGISTRY)
    for gate in ("Staging", "Production"):
        world.run("environment-gate", "variable", "set", "--name", "ENDPOINT_NAME", "--value", endpoint_of(gate), "-e", gate)


def make_example(world):
    shutil.copytree(EXAMPLE, world.repository, dirs_exist_ok=True)
    data = REAL_DATA
    if not data.exists():
        data = world.folder / "data"
        world.run("example", "data", "--output", data)
    shutil.copy(data / "curated/01.csv", world.repository / "core/data/credit-card-default/curated/01.csv")
    world.commit({})
    world.run("workflow", "validate")


def expect_quality(world, run):
    quality = world.wait_for_end(run)
    report(quality)
    expect(job_of(quality, "secrets")["conclusion"], "success", "no keys in the files")
    for job, tool in (("format", "clang-format-14"), ("analyse", "cppcheck")):
        if shutil.which(tool):
            expect(job_of(quality, job)["conclusion"], "success", f"{job}: {world.log(quality['id'], job)[-2000:]}")


def push(world):
    head, parent = world.git("rev-parse", "HEAD"), world.git("rev-parse", "HEAD^")
    started = world.json("workflow", "on-push", "--before", parent, "--after", head, "--ref", "main")
    runs = {run["workflow"]: run["id"] for run in started}
    expect(sorted(runs), ["Code Quality", "Create Data Assets", "Create Environments"], "started by the push")
    for name in ("Create Data Assets", "Create Environments"):
        approve(world, runs[name], name)
    for place in (("-w", "staging"), ("--registry-name", REGISTRY)):
        names = {each["name"] for each in world.json("environment", "list", *place)}
        expect(names, {f"{MODEL}-{each}" for each in ("train", "score", "drift")}, f"environments of {place}")
    for workspace in STAGES:
        expect([each["name"] for each in world.json("data", "list", "-w", workspace)], [MODEL], workspace)
    expect_quality(world, runs["Code Quality"])


def answer_of(world, workspace):
    answered = world.run("online-endpoint", "invoke", "--name", endpoint_of(workspace), "-w", workspace,
                         "--request-file", "core/deploy/online/sample.json", "-o", "tsv")
    return json.loads(answered.stdout)


def deliver(world):
    build = world.json("workflow", "run", "build-model.yml", "-i", "trials=2")["id"]
    built = world.wait_for_end(build)
    expect(built["conclusion"], "success", f"Build Model: {logs_of(world, build)}")
    report(built)
    model = world.json("model", "list", "--name", MODEL, "-w", "staging")[0]
    expect(model["tags"]["run_id"], str(build), "the model says which run made it")
    expect(model["tags"]["commit"], world.git("rev-parse", "HEAD"), "and of which commit")

    deploy = world.wait_for_run("Deploy Model for Online Inference")[0]["id"]
    wait_for_gate(world, deploy, "Deploy Model for Online Inference")
    staged = answer_of(world, "staging")
    expect(world.json("online-endpoint", "list", "-w", "production"), [], "nothing in production before the approval")
    approve(world, deploy, "Deploy Model for Online Inference")
    expect(answer_of(world, "production"), staged, "production answers as staging did")
    version = model["version"]
    deployed = world.json("online-deployment", "show", "--endpoint-name", endpoint_of("production"), "--name",
                          f"version-{version}", "-w", "production")
    expect(deployed["model"], f"azureml://registries/{REGISTRY}/models/{MODEL}/versions/{version}", "the model of production")
    traffic = world.json("online-endpoint", "show", "--name", endpoint_of("production"), "-w", "production")["traffic"]
    expect(traffic, {f"version-{version}": 100}, "the traffic of production")


def check_example(world):
    world.stop()
    world.start(with_gateway=True)
    make_example(world)
    make_stages(world)
    push(world)
    deliver(world)
