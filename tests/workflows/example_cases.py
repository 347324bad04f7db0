"""The example's workflows that need no training: code quality, data assets, environments; on a push, as they are."""

import shutil

from harness import HERE, expect, job_of

EXAMPLE = HERE.parent.parent / "examples/credit-card-default"


def check_example(world):
    shutil.copytree(EXAMPLE, world.repository, dirs_exist_ok=True)
    data = world.repository / "core/data/credit-card-default/curated"
    (data / "01.csv").write_text("".join(f"{i},{i + 1}\n" for i in range(10)))
    world.commit({})
    world.run("workflow", "validate")
    for name in ("staging", "production"):
        world.run("workspace", "create", "--name", name)
    world.run("environment-gate", "create", "--name", "Staging", "--target-workspace", "staging")
    world.run("environment-gate", "create", "--name", "Production", "--target-workspace", "production", "--reviewers", "alice")
    head, parent = world.git("rev-parse", "HEAD"), world.git("rev-parse", "HEAD^")
    started = world.json("workflow", "on-push", "--before", parent, "--after", head, "--ref", "main")
    runs = {run["workflow"]: run["id"] for run in started}
    expect(sorted(runs), ["Code Quality", "Create Data Assets", "Create Environments"], "started by the push")
    for name in ("Create Data Assets", "Create Environments"):
        world.wait(lambda: world.show(runs[name])["status"] in ("waiting", "completed"), name)
        expect(world.show(runs[name])["status"], "waiting", f"{name}: {world.run('workflow', 'logs', runs[name]).stdout[-2000:]}")
        world.run("workflow", "approve", runs[name], "--as", "alice")
        shown = world.wait_for_end(runs[name])
        expect(shown["conclusion"], "success", f"{name}: {world.run('workflow', 'logs', runs[name], '--failed').stdout[-2000:]}")
    for workspace in ("staging", "production"):
        names = {each["name"] for each in world.json("environment", "list", "-w", workspace)}
        expect(names, {f"credit-card-default-{each}" for each in ("train", "score", "drift")}, f"environments of {workspace}")
        expect([each["name"] for each in world.json("data", "list", "-w", workspace)], ["credit-card-default"], workspace)
    quality = world.wait_for_end(runs["Code Quality"])
    expect(job_of(quality, "secrets")["conclusion"], "success", "no keys in the files")
    for job, tool in (("format", "clang-format-14"), ("analyse", "cppcheck")):
        if shutil.which(tool):
            expect(job_of(quality, job)["conclusion"], "success", f"{job}: {world.log(quality['id'], job)[-2000:]}")
