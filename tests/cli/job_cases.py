"""Jobs grown up: sweeps and their trials, reuse that explains itself, timelines, comparisons, lineage, no orphans."""
import json
import os
import re

from harness import wait_until

ENVIRONMENT = "name: shell\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh, curl]}\n"
# Logs metric $1 with value $2 to the run that a step is.
LOG = ('log() { curl -sf -H "Authorization: Bearer $MLFLOW_TRACKING_TOKEN" -H "Content-Type: application/json" '
       '-d "{\\"run_id\\":\\"$MLFLOW_RUN_ID\\",\\"key\\":\\"$1\\",\\"value\\":$2,\\"timestamp\\":1}" '
       '"$MLFLOW_TRACKING_URI/api/2.0/mlflow/runs/log-metric" >/dev/null; }')
ENDED = ("Completed", "Failed", "Canceled")


def submit(scratch, name, text):
    file = scratch.write(name + ".yml", text)
    result = scratch.run(["slipway", "job", "create", "-f", file, "--name", name, "-o", "none"])
    if result.returncode != 0:
        raise RuntimeError(result.stderr)


def job_of(scratch, name):
    return json.loads(scratch.run(["slipway", "job", "show", "-n", name]).stdout)


def wait_for_end(scratch, name):
    wait_until("the end of job '%s'" % name, lambda: job_of(scratch, name)["status"] in ENDED)
    return job_of(scratch, name)


def prepare(scratch):
    scratch.write("environment.yml", ENVIRONMENT)
    scratch.expect("an environment for jobs", ["slipway", "environment", "create", "-f", "environment.yml", "-o", "none"], 0)


SWEEP = """\
type: sweep
compute: azureml:cpu-cluster
sampling_algorithm: {type: bayesian, seed: 3}
search_space:
  x: {type: uniform, min_value: 0, max_value: 1}
  model:
    type: choice
    values: [{depth: {type: randint, upper: 5}}, plain]
objective: {goal: maximize, primary_metric: score}
limits: {max_total_trials: 14, max_concurrent_trials: 2}
trial:
  environment: azureml:shell:1
  command: >-
    LOG; log score ${{search_space.x}}; echo model ${{search_space.model}} $[[depth ${{search_space.model.depth}}]]
""".replace("LOG", LOG)


def a_bayesian_sweep(scratch):
    submit(scratch, "bayes", SWEEP)
    job = wait_for_end(scratch, "bayes")
    scratch.check("a Bayesian sweep completes", job["status"] == "Completed", job.get("error"))
    trials = json.loads(scratch.run(["slipway", "job", "trials", "bayes", "-o", "json"]).stdout)
    best = max(trials, key=lambda trial: trial["best"])
    scratch.check("it has made all its trials", len(trials) == 14, len(trials))
    scratch.check("the best of them is told", best["isBest"] and job["best_child_run_id"] == best["name"], trials)
    early = sorted(trial["best"] for trial in trials[:10])
    late = sorted(trial["best"] for trial in trials[10:])
    scratch.check("once it has learnt, it looks where the good ones are", late[len(late) // 2] > early[len(early) // 2], (early, late))
    nested = [trial for trial in trials if "model.depth" in trial["values"]]
    scratch.check("a nested value is there with its choice alone", 0 < len(nested) < len(trials), [trial["values"] for trial in trials])
    scratch.expect("as a table", ["slipway", "job", "trials", "bayes"], 0, out=r"Trial .*Model.*Score.*bayes_0.*\*")
    scratch.expect("the artifacts have a page", ["slipway", "job", "download", "-n", "bayes", "-p", "bayes"], 0)
    page = scratch.path / "bayes/artifacts/sweep/trials.html"
    scratch.check("with a line a trial", page.exists() and page.read_text().count("<path") == 14)
    scratch.check("and a CSV file", len((scratch.path / "bayes/artifacts/sweep/trials.csv").read_text().splitlines()) == 15)
    first = job_of(scratch, nested[0]["name"])
    log = scratch.run(["slipway", "job", "stream", "-n", nested[0]["name"]]).stdout
    scratch.check("the command got the nested value",
                  re.search(r'model \{"depth":%s\} depth %s' % ((nested[0]["values"]["model.depth"],) * 2), log) or
                  re.search(r"model \{depth:%s\} depth %s" % ((nested[0]["values"]["model.depth"],) * 2), log), (first, log))


def a_metric_that_never_comes(scratch):
    text = SWEEP.replace("bayesian, seed: 3", "random").replace("log score", "log scroe").replace("max_total_trials: 14", "max_total_trials: 50")
    submit(scratch, "slip", text)
    job = wait_for_end(scratch, "slip")
    scratch.check("a sweep whose metric is never logged fails", job["status"] == "Failed", job)
    message = job["error"]["message"]
    scratch.check("naming what was logged", "'score'" in message and "scroe" in message, message)
    trials = json.loads(scratch.run(["slipway", "job", "trials", "slip", "-o", "json"]).stdout)
    scratch.check("after its first trials, not after all fifty", len(trials) <= 4, len(trials))
    scratch.expect("a job that is no sweep has no trials", ["slipway", "job", "trials", trials[0]["name"]], 1, err="not a sweep")


# Trials follow one another; the second one is bad, and logs until it is stopped.
STOPPED = """\
type: sweep
compute: azureml:cpu-cluster
sampling_algorithm: grid
search_space: {x: {type: choice, values: [9, 1, 10]}}
objective: {goal: maximize, primary_metric: score}
limits: {max_total_trials: 3, max_concurrent_trials: 1}
early_termination: POLICY
trial:
  environment: azureml:shell:1
  command: >-
    LOG; for i in $(seq 1 200); do log score ${{search_space.x}}; [ $i -ge 3 ] && [ ${{search_space.x}} != 1 ] && break; sleep 0.1; done; true
""".replace("LOG", LOG.replace('\\"timestamp\\":1', '\\"timestamp\\":$i'))
POLICIES = {
    "bandit-slack": "{type: bandit, slack_factor: 0.2, evaluation_interval: 1, delay_evaluation: 2}",
    "bandit-amount": "{type: bandit, slack_amount: 3, evaluation_interval: 2}",
    "median": "{type: median_stopping, evaluation_interval: 1, delay_evaluation: 1}",
    "truncation": "{type: truncation_selection, truncation_percentage: 50, evaluation_interval: 1}",
}


def policies_stop_bad_trials(scratch):
    for name, policy in POLICIES.items():
        submit(scratch, name, STOPPED.replace("POLICY", policy))
    for name in POLICIES:
        job = wait_for_end(scratch, name)
        trials = json.loads(scratch.run(["slipway", "job", "trials", name, "-o", "json"]).stdout)
        scratch.check("a sweep with %s completes" % name, job["status"] == "Completed", job)
        ends = {trial["values"]["x"]: trial["status"] for trial in trials}
        scratch.check("its bad trial alone was stopped", ends == {"9": "Completed", "1": "Canceled", "10": "Completed"}, trials)
        best = {trial["values"]["x"]: trial["isBest"] for trial in trials}
        scratch.check("and another one is the best", best == {"9": False, "1": False, "10": True}, trials)


PIPELINE = """\
type: pipeline
settings: {{default_compute: azureml:cpu-cluster}}
inputs: {{rows: {{type: uri_folder, path: azureml:rows@latest}}}}
jobs:
  prep:
    code: ./src
    command: sh prep.sh ${{{{inputs.rows}}}} > ${{{{outputs.out}}}}/x
    environment: azureml:shell:1
    inputs: {{rows: "${{{{parent.inputs.rows}}}}"}}
    outputs: {{out: }}
  fit:
    command: >-
      cat ${{{{inputs.in}}}}/x; dd if=/dev/zero of=/dev/null bs=400M count=1 2>/dev/null; echo {word}; {log}; log f1 {value}; echo m > ${{{{outputs.model}}}}/m
    environment: azureml:shell:1
    inputs: {{in: "${{{{parent.jobs.prep.outputs.out}}}}"}}
    outputs: {{model: {{type: custom_model, name: credit}}}}
"""


def pipeline(word="one", value=0.5):
    return PIPELINE.format(word=word, value=value, log=LOG)


def reuse_explains_itself(scratch):
    scratch.write("src/prep.sh", "cat $1/*\n")
    scratch.write("rows/day1.csv", "1\n")
    scratch.run(["git", "init", "-q", "."])
    scratch.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--allow-empty", "-m", "first"])
    scratch.expect("data", ["slipway", "data", "create", "--name", "rows", "--path", "rows", "--type", "uri_folder", "-o", "none"], 0)
    submit(scratch, "p1", pipeline())
    scratch.check("a pipeline runs", wait_for_end(scratch, "p1")["status"] == "Completed")
    submit(scratch, "p2", pipeline("two", 0.6))
    scratch.check("and again with another command", wait_for_end(scratch, "p2")["status"] == "Completed")
    scratch.expect("the step that did not change was taken over", ["slipway", "job", "explain-reuse", "p2_prep"], 0,
                   out=r"took over the outputs of p1_prep")
    scratch.expect("the other one says what differs", ["slipway", "job", "explain-reuse", "p2_fit"], 0,
                   out=r"differ.* from p1_fit.*command +changed +…? ?.*one;.*-> .*two;")
    scratch.write("rows/day2.csv", "2\n")
    scratch.write("src/prep.sh", "cat $1/*  # all days\n")
    scratch.run(["slipway", "data", "create", "--name", "rows", "--path", "rows", "--type", "uri_folder", "-o", "none"])
    submit(scratch, "p3", pipeline("two", 0.6))
    wait_for_end(scratch, "p3")
    scratch.expect("of folders the files are named", ["slipway", "job", "explain-reuse", "p3_prep"], 0,
                   out=r"code +changed.*prep\.sh +changed.*inputs\.rows +changed.*day2\.csv +added")
    scratch.expect("the whole pipeline is explained", ["slipway", "job", "explain-reuse", "p3", "-o", "tsv", "--query", "[].step"], 0,
                   out=r"fit\nprep|prep\nfit")
    submit(scratch, "p4", pipeline("two", 0.6).replace("settings: {", "settings: {force_rerun: true, "))
    wait_for_end(scratch, "p4")
    scratch.expect("force_rerun is told", ["slipway", "job", "explain-reuse", "p4_prep"], 0, out=r"force_rerun: true")
    scratch.check("and nothing was taken over", "reused_from" not in job_of(scratch, "p4_prep"))
    scratch.expect("a job to compare with can be named", ["slipway", "job", "explain-reuse", "p4_fit", "--with", "p1_fit"], 0,
                   out=r"from p1_fit")
    scratch.expect("one that is not there is not found", ["slipway", "job", "explain-reuse", "p4_fit", "--with", "none"], 3, err="none")


def timelines_and_comparisons(scratch):
    scratch.expect("a timeline shows what ran and what was cached", ["slipway", "job", "timeline", "p2"], 0,
                   out=r"prep +Cached.*fit +Completed .*#")
    rows = json.loads(scratch.run(["slipway", "job", "timeline", "p1", "-o", "json"]).stdout)
    fit = next(row for row in rows if row["name"] == "fit")
    scratch.check("as data with what a step used", fit["run_seconds"] >= 0 and fit["cpu_seconds"] > 0 and fit["peak_memory_bytes"] > 0, fit)
    scratch.check("job show has it too", job_of(scratch, "p1_fit")["resource_use"]["cpu_seconds"] > 0)
    scratch.expect("two pipelines are compared step by step", ["slipway", "job", "compare", "p1", "p2"], 0,
                   out=r"fit: metric f1 +0\.5 +0\.6.*fit: command ")
    scratch.expect("a job does not differ from itself", ["slipway", "job", "compare", "p1_fit", "p1_fit"], 0, out="do not differ")
    scratch.expect("code files are compared", ["slipway", "job", "compare", "p1_prep", "p3_prep", "-o", "json"], 0, out=r"code/prep\.sh")


def lineage_both_ways(scratch):
    up = scratch.expect("a model leads back", ["slipway", "lineage", "azureml:credit:1"], 0,
                        out=r"made from.*job:p1_fit.*job:p1_prep.*data:rows:1").stdout
    scratch.check("to the commit of its code", "commit:" in up, up)
    scratch.expect("data leads to the model", ["slipway", "lineage", "data:rows:1", "--direction", "down"], 0,
                   out=r"became.*job:p1_prep.*model:credit:1")
    answer = json.loads(scratch.run(["slipway", "lineage", "model:credit:1", "-o", "json"]).stdout)
    scratch.check("as data too", {"id", "kind", "name", "version", "facts"} <= set(answer["nodes"][0]), answer["nodes"][:1])
    scratch.expect("what is not there is not found", ["slipway", "lineage", "model:credits:1"], 3, err=r"did you mean 'model:credit:1'")


def downloads_what_there_is(scratch):
    outputs = "environment: azureml:shell:1\noutputs: {full: {type: uri_folder}, empty: {type: uri_folder}, note: {type: uri_file}}\n"
    submit(scratch, "half", "command: mkdir ${{outputs.full}}/sub; echo x > ${{outputs.full}}/sub/x; echo n > ${{outputs.note}}\n" + outputs)
    submit(scratch, "nothing", "command: exit 1\n" + outputs)
    for name, status in (("half", 0), ("nothing", 0)):
        wait_for_end(scratch, name)
        scratch.expect("all of job '%s' is downloaded" % name, ["slipway", "job", "download", "-n", name, "--all", "-p", name], status)
    got = scratch.path / "half/named-outputs"
    scratch.check("with folders and what is in them", (got / "full/sub/x").read_text() == "x\n" and list((got / "empty").iterdir()) == [])
    scratch.check("and files", [file.read_text() for file in (got / "note").iterdir()] == ["n\n"], list(got.rglob("*")))
    scratch.check("of a job that failed, its log", (scratch.path / "nothing/artifacts/user_logs/std_log.txt").exists())


def no_orphans(scratch):
    pids = scratch.path / "pids"
    command = ("setsid sh -c 'sleep 1000 >/dev/null 2>&1 & echo $! >> {0}'; "
               "setsid env -i /bin/sh -c 'sleep 1000 >/dev/null 2>&1 & echo $! >> {0}'; {1}")
    alive = lambda: [pid for pid in pids.read_text().split() if os.path.exists("/proc/%s" % pid)
                     and open("/proc/%s/stat" % pid).read().rsplit(")", 1)[1].split()[0] != "Z"]
    submit(scratch, "daemons", "command: >-\n  %s\nenvironment: azureml:shell:1\n" % command.format(pids, "sleep 1000"))
    wait_until("both daemons", lambda: pids.exists() and len(pids.read_text().split()) == 2)
    scratch.check("two daemons of a job live", len(alive()) == 2, alive())
    scratch.expect("the job is cancelled", ["slipway", "job", "cancel", "-n", "daemons"], 0)
    scratch.check("it ends as such", wait_for_end(scratch, "daemons")["status"] == "Canceled")
    wait_until("the end of its daemons", lambda: not alive())
    scratch.check("with all that it had started", not alive(), alive())


CASES = [prepare, a_bayesian_sweep, a_metric_that_never_comes, policies_stop_bad_trials, reuse_explains_itself, timelines_and_comparisons, lineage_both_ways, downloads_what_there_is, no_orphans]
