"""Data assets of a live server, metrics, schedules and alerts that start real jobs."""
import json

from harness import wait_until

ENVIRONMENT = "name: auto\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh]}\n"
PIPELINE = """\
type: pipeline
settings: {default_compute: azureml:cpu-cluster}
inputs: {rows: {type: uri_file, path: "azureml:people@latest"}}
jobs:
  look:
    command: slipway data head ${{inputs.rows}} -o table
    environment: azureml:auto:1
    inputs: {rows: "${{parent.inputs.rows}}"}
"""
ALERT = """\
name: refusals
query: AmlOnlineEndpointTrafficLog | where ResponseCode >= 400
evaluation_frequency: PT1S
window_size: PT1H
time_aggregation: Count
operator: GreaterThan
threshold: 0
mute_actions_duration: PT30M
create_job: {type: pipeline, job: ./pipeline.yml}
"""


def data_assets(scratch):
    scratch.write("people.csv", "age,job\n41,clerk\n29,\n")
    scratch.write("auto.yml", ENVIRONMENT)
    scratch.run(["slipway", "environment", "create", "-f", "auto.yml", "-o", "none"])
    scratch.expect("a file is no folder", ["slipway", "data", "create", "--name", "people", "--path", "people.csv"], 1, out="",
                   err=r"type uri_folder needs a folder, '/.*/people\.csv' is a file \(type uri_file\)")
    scratch.expect("a file becomes a data asset", ["slipway", "data", "create", "--name", "people", "--path", "people.csv", "--type",
                                                   "uri_file", "-o", "none"], 0, out="")
    scratch.expect("its first rows", ["slipway", "data", "head", "people", "-o", "table"], 0, out=r"Age +Job\n.*41 +clerk\n29 *\n$", err="")
    scratch.expect("a version's", ["slipway", "data", "head", "azureml:people:1", "--query", "[0].job", "-o", "tsv"], 0, out=r"^clerk\n$")
    scratch.expect("its profile", ["slipway", "data", "profile", "people", "-o", "table"], 0, out=r"\nage +long +0 .*\njob +string +1 ", err="")
    scratch.write("leaky.csv", "age,job,again,y\n" + "".join("%d,clerk,%d,%d\n" % (i, i % 2, i % 2) for i in range(60)))
    quality = ["slipway", "data", "quality", "--data", "leaky.csv", "--target", "y", "-o", "none"]
    scratch.expect("its quality", [*quality[:4], "people", "-o", "table"], 0, out=r"[Vv]erdict")
    scratch.expect("checks that fail are told", quality, 0, out="", err=r"[1-9]\d* checks failed")
    scratch.expect("and can be a gate", [*quality, "--fail-on", "error"], 1, out="", err=r"[1-9]\d* checks failed")
    scratch.write("clean.csv", "age,income,y\n" + "".join("%d,%.2f,%d\n" % (20 + i * 37 % 53, i * 7919 % 1000 / 7, i * 31 % 17 % 2) for i in range(60)))
    scratch.expect("which others pass", [*quality[:4], "clean.csv", *quality[5:], "--fail-on", "error"], 0, out="", err="0 checks failed")
    scratch.expect("an asset that is nearly there", ["slipway", "data", "head", "peple"], 3, out="", err=r"no data 'peple'; did you mean 'people'\?")
    scratch.expect("a version that is not", ["slipway", "data", "show", "-n", "people", "-v", "7"], 3, out="",
                   err=r"no version '7' of the data 'people'; the newest is '1'")


def job_references(scratch):
    def refused(what, old, new, status, err):
        scratch.write("refused.yml", PIPELINE.replace(old, new))
        scratch.expect(what, ["slipway", "job", "create", "-f", "refused.yml"], status, out="", err=err)

    before = scratch.tsv("job", "list", "--query", "length(@)")
    refused("an unknown data asset", "people@latest", "peple@latest", 3, r"input 'rows': there is no data 'peple'; did you mean 'people'\?")
    refused("an unknown version", "people@latest", "people:9", 3, r"there is no version '9' of the data 'people'; the newest is '1'")
    refused("an unknown label", "people@latest", "people@lates", 1, r"'lates' is not a label: only 'latest' is")
    refused("an unknown environment", "azureml:auto:1", "azureml:atuo:1", 3, r"^error: step 'look': environment: there is no environment "
                                                                            r"'atuo'; did you mean 'auto'\?\n$")
    refused("an unknown compute", "cpu-cluster", "cpu-clster", 3, r"no compute 'cpu-clster'; did you mean 'cpu-cluster'\?")
    scratch.check("none of them left a job", scratch.tsv("job", "list", "--query", "length(@)") == before)


def malformed_data_in_a_job(scratch):
    scratch.write("broken.csv", "age,job\n41,clerk,7\n")
    scratch.expect("a malformed file can be an asset", ["slipway", "data", "create", "--name", "broken", "--path", "broken.csv", "--type",
                                                        "uri_file", "-o", "none"], 0, out="")
    err = r"broken\.csv:2:10: .*the line has 3 fields, the first line has 2"
    scratch.expect("its head tells where it is malformed", ["slipway", "data", "head", "broken"], 1, out="", err=err)
    scratch.write("broken.yml", PIPELINE.replace("people@latest", "broken@latest"))
    scratch.expect("and so does the job that reads it", ["slipway", "job", "create", "-f", "broken.yml", "--stream"], 1,
                   err=r"step 'look' failed with exit code 1.*" + err)


def metrics(scratch):
    scratch.write("measured.yml", "command: |\n  python3 -c \"import json, os, urllib.request as r; "
                                  "u = os.environ['MLFLOW_TRACKING_URI'] + '/api/2.0/mlflow/runs/log-metric'; "
                                  "b = json.dumps(dict(run_id=os.environ['MLFLOW_RUN_ID'], key='auc', value=0.75, timestamp=1, step=0)); "
                                  "r.urlopen(r.Request(u, b.encode(), {'Authorization': 'Bearer ' + os.environ['MLFLOW_TRACKING_TOKEN'], "
                                  "'Content-Type': 'application/json'}))\"\nenvironment: azureml:auto:1\n")
    scratch.expect("a job that logs a metric", ["slipway", "job", "create", "-f", "measured.yml", "--name", "measured", "--stream"], 0, out=r"Completed")
    scratch.expect("its metrics", ["slipway", "job", "metrics", "-n", "measured", "--query", "metrics.auc"], 0, out=r"^0\.75\n$", err="")
    scratch.expect("of a job that is not there", ["slipway", "job", "metrics", "-n", "nothing"], 3, out="", err=r"no job 'nothing'")


def wait_for_job(scratch, name):
    return wait_until("the end of '%s'" % name, lambda: (lambda s: s if s in ("Completed", "Failed") else None)(
        scratch.tsv("job", "show", "-n", name, "--query", "status")))


def schedules(scratch):
    scratch.write("pipeline.yml", PIPELINE)
    schedule = 'name: nightly\ntrigger: {type: cron, expression: "0 2 * * *"}\ncreate_job: ./pipeline.yml\n'
    scratch.write("schedule.yml", schedule)
    scratch.expect("a schedule", ["slipway", "schedule", "create", "-f", "schedule.yml", "-o", "none"], 0, out="")
    result = scratch.expect("is triggered by hand", ["slipway", "schedule", "trigger", "-n", "nightly"], 0, out=r'"job_name"')
    name = json.loads(result.stdout)["job_name"]
    scratch.check("its job is completed", wait_for_job(scratch, name) == "Completed")
    scratch.expect("and read the data", ["slipway", "job", "stream", "-n", name], 0, out=r"41 +clerk")
    scratch.expect("a schedule that is not there", ["slipway", "schedule", "trigger", "-n", "nightl"], 3, out="", err=r"no schedule 'nightl'")
    scratch.write("schedule.yml", schedule.replace("0 2", "99 2").replace("nightly", "never"))
    scratch.expect("a minute that is none", ["slipway", "schedule", "create", "-f", "schedule.yml"], 1, out="", err=r"'99' is not a minute")
    scratch.write("schedule.yml", schedule.replace("expression", "expresion").replace("nightly", "never"))
    scratch.expect("a misspelt key", ["slipway", "schedule", "create", "-f", "schedule.yml"], 1, out="",
                   err=r"schedule\.yml:2:\d+: trigger\.expresion: .*did you mean 'expression'\?")
    scratch.expect("nothing of it was stored", ["slipway", "schedule", "show", "-n", "never"], 3, out="")


def alerts(scratch):
    def refused(what, old, new, err):
        scratch.write("refused.yml", ALERT.replace(old, new))
        scratch.expect(what, ["slipway", "alert", "create", "-f", "refused.yml"], 1, out="", err=err)

    refused("an alert whose query cannot be parsed", "| where", "| wher", r"no operator 'wher'; did you mean 'where'\?\n.*\n +\^\^\^\^\n")
    refused("or names no column", "ResponseCode", "RsponseCode", r"'RsponseCode'; did you mean 'ResponseCode'\?\n.*\n +\^")
    refused("an operator that is none", "GreaterThan", "Greater", r"refused\.yml:6:11: operator: 'Greater' is not one of GreaterThan")
    scratch.expect("none was stored", ["slipway", "alert", "list"], 0, out=r"^\[\]\n$")
    scratch.write("alert.yml", ALERT)
    scratch.expect("an alert", ["slipway", "alert", "create", "-f", "alert.yml", "-o", "none"], 0, out="")
    name = wait_until("the alert's job", lambda: scratch.tsv("alert", "events", "-n", "refusals", "--query", "[0].job"))
    scratch.check("starts a job that is completed", wait_for_job(scratch, name) == "Completed", name)
    scratch.expect("it is in the list of events", ["slipway", "alert", "events", "-n", "refusals", "-o", "table"], 0,
                   out=r"Rule +Fired at +.*\nrefusals +\d{4}-.* %s +job create_job done\n$" % name, err="")
    scratch.expect("and on record", ["slipway", "audit", "list", "--action", "alert", "--subject", name, "-o", "table"], 0,
                   out=r"alert\.start-job +alert:refusals")
    scratch.expect("a rule that is not there", ["slipway", "alert", "events", "-n", "refusal"], 3, out="", err=r"no alert rule 'refusal'")


CASES = [data_assets, job_references, malformed_data_in_a_job, metrics, schedules, alerts]
