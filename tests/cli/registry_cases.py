"""Registries between a staging and a production workspace, and between two servers; promotions and the audit log."""
import concurrent.futures
import hashlib
import json
import signal
import sqlite3
import urllib.error
import urllib.request

import tiny_model
from harness import wait_until
from job_cases import LOG

ENVIRONMENT = "name: shell\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh, curl]}\n"
COMPONENT = ("name: count\nversion: 1\ntype: command\ninputs: {rows: {type: uri_folder}}\noutputs: {out: {type: uri_folder}}\n"
             "code: ./count\nenvironment: azureml:shell:1\ncommand: sh count.sh ${{inputs.rows}} > ${{outputs.out}}/count\n")
JOB = """\
type: pipeline
experiment_name: shared
inputs:
  rows: {type: uri_folder, path: azureml://registries/shared/data/table/versions/1}
  model: {type: custom_model, path: azureml://registries/shared/models/tiny/labels/latest}
settings: {default_compute: azureml:cpu-cluster}
jobs:
  count:
    type: command
    component: azureml://registries/shared/components/count/versions/1
    inputs: {rows: "${{parent.inputs.rows}}"}
  look:
    type: command
    environment: azureml://registries/shared/environments/shell/labels/latest
    inputs: {model: "${{parent.inputs.model}}"}
    outputs: {seen: {type: uri_folder}}
    command: wc -c < ${{inputs.model}} > ${{outputs.seen}}/bytes
outputs: {}
"""
DEPLOYMENT = "name: blue\nendpoint_name: {endpoint}\nmodel: {model}\ninstance_type: any\ninstance_count: 1\n"
ROWS = {"data": [{"age": 1, "income": 2, "balance": 1}]}
SHARE = ["slipway", "az", "ml", "model", "share", "--name", "tiny", "--version", "1", "--registry-name", "shared",
         "--share-with-name", "tiny", "--share-with-version", "1", "-w", "staging", "-o", "none"]


def az(*words):
    return ["slipway", "az", "ml", *words]


def home_of(scratch, name="home"):
    return scratch.path / name


def request(home, method, path, body=None):
    """(status, JSON) of the server that has the home."""
    server = json.loads((home / "server.json").read_text())["url"]
    token = json.loads((home / "credentials").read_text())["token"]
    asked = urllib.request.Request(server + path, json.dumps(body).encode() if body is not None else None,
                                   {"Authorization": "Bearer " + token, "Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=120) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def share_path(workspace):
    return ("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
            "Microsoft.MachineLearningServices/workspaces/%s/slipway/share" % workspace)


def blob_file(home, content):
    """Where the registries of a home keep this content."""
    digest = hashlib.sha256(content).hexdigest()
    found = list(home.glob("registries/*/blobs/sha256/%s/%s" % (digest[:2], digest[2:])))
    return found[0] if found else None


def registries(scratch):
    scratch.write("registry.yml", "name: shared\nlocation: local\ndescription: what staging and production share\ntags: {team: risk}\n"
                                  "replication_locations: [{location: local}]\n")
    scratch.expect("a registry is created", az("registry", "create", "-f", "registry.yml", "--query", "name", "-o", "tsv"), 0, out=r"^shared\n$")
    scratch.expect("and shown", az("registry", "show", "-n", "shared", "--query", "[description,tags.team]", "-o", "tsv"), 0,
                   out=r"what staging and production share\n?\t?risk")
    scratch.expect("and listed", az("registry", "list", "-o", "table"), 0, out=r"shared +local")
    scratch.expect("and updated", az("registry", "update", "-n", "shared", "--set", "tags.team=credit", "--query", "tags.team", "-o", "tsv"), 0,
                   out=r"^credit\n$")
    scratch.expect("a name that cannot be", az("registry", "create", "-n", "x"), 1, out="", err=r"3 to 33 characters")
    scratch.expect("the one that comes with Slipway", az("registry", "create", "-n", "slipway"), 1, out="", err=r"comes with Slipway")
    scratch.expect("which is listed", az("registry", "list", "-o", "table"), 0, out=r"slipway +local")
    in_slipway = ("--registry-name", "slipway")
    scratch.expect("what comes with it is listed", az("component", "list", *in_slipway, "--query", "[].name", "-o", "tsv"), 0,
                   out=r"^split\ndata-quality\ntrain-tabular\ncompare\nregister\ndrift\nexport\n$")
    scratch.expect("a component is shown with its inputs", az("component", "show", "-n", "train-tabular", *in_slipway, "--query", "inputs.algorithm.default",
                                                              "-o", "tsv"), 0, out=r"^random_forest\n$")
    scratch.expect("which nobody created at a time", az("component", "show", "-n", "drift", *in_slipway, "--query", "creation_context.created_at"), 0,
                   out=r"^$|null")
    scratch.expect("and the environment", az("environment", "show", "-n", "steps", "--label", "latest", *in_slipway, "--query", "version", "-o", "tsv"), 0,
                   out=r"^1\n$")
    scratch.expect("a component that is not there", az("component", "show", "-n", "splt", "-v", "1", *in_slipway), 3, out="", err=r"did you mean 'split'")
    for change in (("registry", "delete", "-n", "slipway", "-y"), ("registry", "update", "-n", "slipway", "--set", "tags.a=b"),
                   ("component", "archive", "-n", "split", *in_slipway)):
        scratch.expect("it does not change: " + " ".join(change[:2]), az(*change), 1, out="", err=r"comes with Slipway")
    scratch.write("typo.yml", "name: other\nlocaton: here\n")
    scratch.expect("a key that is none", az("registry", "create", "-f", "typo.yml"), 1, out="", err=r"typo\.yml:2:1: .*did you mean 'location'")
    scratch.expect("an unknown registry", az("model", "list", "--registry-name", "shred"), 3, out="", err=r"did you mean 'shared'")
    for name in ("staging", "production"):
        scratch.expect("the workspace %s" % name, az("workspace", "create", "-n", name, "-o", "none"), 0, out="")


def sharing(scratch):
    (scratch.path / "tiny.onnx").write_bytes(tiny_model.tiny_model())
    scratch.write("shell.yml", ENVIRONMENT)
    scratch.write("component.yml", COMPONENT)
    scratch.write("count/count.sh", "cat \"$1\"/*.csv | wc -l\n")
    scratch.write("table/a.csv", "a,b\n1,2\n3,4\n")
    scratch.expect("a model in staging", az("model", "create", "-n", "tiny", "-p", "tiny.onnx", "-w", "staging", "-o", "none"), 0, out="")
    scratch.expect("is shared", SHARE, 0, out="")
    scratch.expect("and again, which changes nothing", SHARE, 0, out="")
    scratch.expect("the registry lists it, newest first", az("model", "list", "-n", "tiny", "--registry-name", "shared", "--query", "[0].version"), 0,
                   out=r'^"1"\n$')
    scratch.expect("and says where it came from", az("model", "show", "-n", "tiny", "-v", "1", "--registry-name", "shared", "--query",
                                                     "properties.\"slipway.statement\""), 0, out=r"workspaces/staging")
    scratch.expect("an environment is made in the registry", az("environment", "create", "-f", "shell.yml", "--registry-name", "shared", "-o", "none"),
                   0, out="")
    scratch.expect("and found by the workflow's query", az("environment", "list", "--registry-name", "shared", "--query", "[?name=='shell'].latest_version",
                                                           "-o", "tsv"), 0, out=r"^1\n$")
    scratch.expect("an environment of staging", az("environment", "create", "-f", "shell.yml", "-w", "staging", "-o", "none"), 0, out="")
    scratch.expect("is shared under another name", az("environment", "share", "-n", "shell", "-v", "1", "--registry-name", "shared", "--share-with-name",
                                                      "shared-shell", "--share-with-version", "2", "-w", "staging", "--query", "[name,version]", "-o", "tsv"),
                   0, out=r"^shared-shell\n?\t?2\n$")
    scratch.expect("a component of staging", az("component", "create", "-f", "component.yml", "-w", "staging", "-o", "none"), 0, out="")
    scratch.expect("takes its environment and code along", az("component", "share", "-n", "count", "-v", "1", "--registry-name", "shared", "-w", "staging",
                                                              "--query", "[environment,code]", "-o", "tsv"), 0,
                   out=r"azureml://registries/shared/environments/shell/versions/1\s+azureml://registries/shared/codes/[0-9a-f]+/versions/1")
    scratch.expect("data of staging", az("data", "create", "-n", "table", "-p", "table", "-w", "staging", "-o", "none"), 0, out="")
    scratch.expect("is shared, too", az("data", "share", "-n", "table", "-v", "1", "--registry-name", "shared", "--share-with-name", "table",
                                        "--share-with-version", "1", "-w", "staging", "-o", "none"), 0, out="")
    scratch.expect("a local folder becomes a model of the registry", az("model", "create", "-n", "direct", "-v", "1", "-p", "table", "--registry-name",
                                                                        "shared", "--query", "path", "-o", "tsv"), 0,
                   out=r"^azureml://registries/shared/models/direct/versions/1\n$")
    scratch.expect("other content is refused by what differs", az("model", "create", "-n", "direct", "-v", "1", "-p", "count", "--registry-name", "shared"),
                   1, out="", err=r"differs in .*file 'count/count\.sh' \(is new\)|already")
    scratch.expect("a component straight into the registry", az("component", "create", "-f", "component.yml", "--registry-name", "shared", "--set",
                                                                "name=straight", "-o", "none"), 0, out="")


def using(scratch):
    scratch.write("job.yml", JOB)
    result = scratch.expect("a pipeline of production runs on shared assets alone", az("job", "create", "-f", "job.yml", "-w", "production", "--stream"), 0,
                            out=r"Status: Completed")
    name = json.loads(result.stdout[result.stdout.index("{"):])["name"] if "{" in result.stdout else "none"
    steps = scratch.run(az("job", "list", "--parent-job-name", name, "-w", "production", "--query", "[].name", "-o", "tsv")).stdout.split()
    scratch.check("two steps ran", len(steps) == 2, steps)
    for step in steps:
        scratch.run(az("job", "download", "-n", step, "--all", "-p", "got", "-w", "production"))
    counts = [path.read_text().strip() for path in (scratch.path / "got").rglob("count")] + \
             [path.read_text().strip() for path in (scratch.path / "got").rglob("bytes")]
    scratch.check("and saw the files", counts == ["3", str(len(tiny_model.tiny_model()))], counts)
    scratch.expect("a registry's model is downloaded", az("model", "download", "-n", "tiny", "-v", "1", "--registry-name", "shared", "-p", "down"), 0, out="")
    scratch.check("with its file", (scratch.path / "down/tiny/tiny.onnx").read_bytes() == tiny_model.tiny_model())
    scratch.expect("a model of production is made of it", az("model", "create", "-n", "copied", "-p", "azureml://registries/shared/models/tiny/versions/1",
                                                             "-w", "production", "-o", "none"), 0, out="")
    scratch.expect("an endpoint of production", az("online-endpoint", "create", "-n", "shared-oe", "-w", "production", "-o", "none"), 0, out="")
    scratch.write("deployment.yml", DEPLOYMENT.format(endpoint="shared-oe", model="azureml://registries/shared/models/tiny/labels/latest"))
    scratch.expect("a registry's model goes live", az("online-deployment", "create", "-f", "deployment.yml", "-w", "production", "--query", "model",
                                                      "-o", "tsv"), 0, out=r"^azureml://registries/shared/models/tiny/versions/1\n$")
    scratch.write("rows.json", json.dumps(ROWS))
    scratch.expect("and answers", az("online-endpoint", "invoke", "-n", "shared-oe", "-r", "rows.json", "-w", "production"), 0, out=r"predictions")


SHARED = "azureml://registries/shared/"
COMPLETE = r"is not a complete reference: azureml://registries/<registry>/models/<name>/versions/<version>"
# What is near a reference, and how the error names what would be right.
NEAR_MISSES = [
    ("models", "azureml://registries/shred/models/tiny/versions/1", r"there is no registry 'shred'.*did you mean 'shared'"),
    ("models", SHARED + "models/tyny/versions/1", r"the registry 'shared': there is no model 'tyny'.*did you mean 'tiny'"),
    ("models", SHARED + "models/tiny/versions/7", r"the registry 'shared': there is no version '7' of the model 'tiny'.*the newest is '1'"),
    ("models", SHARED + "models/tiny/labels/newest", r"'newest' is not a label: only 'latest' is"),
    ("models", SHARED + "models/tiny/versions", COMPLETE),
    ("models", SHARED + "model/tiny/versions/1", COMPLETE),
    ("models", SHARED + "models/tiny/version/1", COMPLETE),
    ("models", SHARED + "data/table/versions/1", COMPLETE),
    ("environments", SHARED + "environments/shel/versions/1", r"there is no environment 'shel'.*did you mean 'shell'"),
    ("components", SHARED + "components/cuont/versions/1", r"there is no component 'cuont'; did you mean 'count'\?\n$"),
    ("data", SHARED + "data/tabel/versions/1", r"there is no data 'tabel'.*did you mean 'table'"),
]


def status_of(error):
    return 3 if "there is no" in error else 1


def near_misses(scratch):
    """References that are nearly right: the error says which, what is wrong and what would be right."""
    for kind, reference, error in NEAR_MISSES:
        parts = {"model": SHARED + "models/tiny/versions/1", "environment": SHARED + "environments/shell/versions/1"}
        if kind == "components":
            scratch.write("near.yml", "type: pipeline\nsettings: {default_compute: azureml:cpu-cluster}\njobs:\n  a: {type: command, component: '%s', "
                                      "inputs: {rows: {type: uri_folder, path: 'azureml:table:1'}}}\n" % reference)
        else:
            path = reference if kind != "environments" else parts["model"]
            model_type = "uri_folder" if kind == "data" else "custom_model"
            environment = reference if kind == "environments" else parts["environment"]
            scratch.write("near.yml", "command: echo ${{inputs.given}}\nenvironment: '%s'\ninputs:\n  given: {type: %s, path: '%s'}\n"
                          % (environment, model_type, path))
        scratch.expect("a job with %s" % reference, az("job", "create", "-f", "near.yml", "-w", "staging"), status_of(error), out="", err=error)
    for model, error in ((each[1], each[2]) for each in NEAR_MISSES if each[0] == "models"):
        scratch.write("near-deployment.yml", DEPLOYMENT.format(endpoint="shared-oe", model=model).replace("blue", "near"))
        scratch.expect("a deployment with %s" % model, az("online-deployment", "create", "-f", "near-deployment.yml", "-w", "production"), status_of(error), out="", err=error)


EVERYWHERE = """\
type: pipeline
inputs:
  rows: {type: mltable, path: azureml://registries/shared/data/lines/labels/latest}
settings: {default_compute: azureml:cpu-cluster}
jobs:
  look:
    type: sweep
    trial: azureml://registries/shared/components/see/labels/latest
    search_space: {depth: {type: choice, values: [1, 2]}}
    objective: {primary_metric: f1, goal: maximize}
    sampling_algorithm: grid
    limits: {max_total_trials: 2, max_concurrent_trials: 2}
    inputs: {rows: "${{parent.inputs.rows}}"}
"""
SEE = ("name: see\nversion: 1\ntype: command\ninputs: {rows: {type: mltable}, depth: {type: integer}}\n"
       "environment: azureml://registries/shared/environments/shell/versions/1\n"
       "command: >-\n  test -e ${{inputs.rows}}/MLTable && { %s; log f1 ${{inputs.depth}}; }\n" % LOG)


def everywhere(scratch):
    """Other places of references: sweeps, schedules, MLTables, deployments' environments; other verbs with --registry-name."""
    scratch.write("lines/MLTable", "paths: [{file: ./a.csv}]\ntransformations: [{read_delimited: {delimiter: ','}}]\n")
    scratch.write("lines/a.csv", "a,b\n1,2\n")
    scratch.write("lines.yml", "name: lines\nversion: 1\ntype: mltable\npath: ./lines\n")
    in_registry = ("--registry-name", "shared")
    scratch.expect("a table straight into the registry", az("data", "create", "-f", "lines.yml", *in_registry, "--query", "path", "-o", "tsv"), 0,
                   out=r"^azureml://registries/shared/data/lines/versions/1\n$")
    scratch.write("see.yml", SEE)
    scratch.expect("a component in the registry names the registry's environment", az("component", "create", "-f", "see.yml", *in_registry, "-o", "none"), 0,
                   out="")
    scratch.write("everywhere.yml", EVERYWHERE)
    scratch.expect("a sweep of a registry's component over a registry's table", az("job", "create", "-f", "everywhere.yml", "-w", "production", "--stream"), 0,
                   out=r"Status: Completed")
    scratch.write("schedule.yml", "name: often\ntrigger: {type: recurrence, frequency: day, interval: 1}\ncreate_job: ./everywhere.yml\n")
    scratch.expect("a schedule", az("schedule", "create", "-f", "schedule.yml", "-w", "production", "-o", "none"), 0, out="")
    triggered = scratch.expect("starts it", ["slipway", "schedule", "trigger", "-n", "often", "-w", "production", "--query", "job_name", "-o", "tsv"], 0)
    scratch.expect("to its end", az("job", "stream", "-n", triggered.stdout.strip(), "-w", "production"), 0, out=r"Status: Completed")
    scratch.expect("goes", az("schedule", "disable", "-n", "often", "-w", "production", "-o", "none"), 0)
    scratch.write("score.yml", "name: plain\nversion: 1\nimage: none\nslipway: {provider: native, programs: [python3]}\n")
    scratch.expect("an environment to score in", az("environment", "create", "-f", "score.yml", *in_registry, "-o", "none"), 0, out="")
    scratch.write("script/score.py", "def init():\n    pass\n\n\ndef run(text):\n    return 'scored by the registry'\n")
    scratch.write("scripted.yml", "name: scripted\nendpoint_name: shared-oe\nmodel: {0}models/tiny/labels/latest\nenvironment: {0}environments/plain/labels/latest\n"
                                  "code_configuration: {{code: script, scoring_script: score.py}}\ninstance_type: any\ninstance_count: 1\n".format(SHARED))
    scratch.expect("a deployment with a registry's model and environment", az("online-deployment", "create", "-f", "scripted.yml", "-w", "production", "--query",
                                                                              "[model,environment]", "-o", "tsv"), 0,
                   out=r"^azureml://registries/shared/models/tiny/versions/1\s+azureml://registries/shared/environments/plain/versions/1\n$")
    scratch.expect("answers", az("online-endpoint", "invoke", "-n", "shared-oe", "-d", "scripted", "-r", "rows.json", "-w", "production"), 0,
                   out=r"scored by the registry")
    for noun, name in (("model", "direct"), ("data", "table"), ("environment", "plain"), ("component", "count")):
        which = ("-n", name, "-v", "1", *in_registry)
        names = az(noun, "list", *in_registry, "--query", "[].name", "-o", "tsv")
        scratch.expect("the tags of a %s" % noun, az(noun, "update", *which, "--set", "tags.checked=yes", "--query", "tags.checked", "-o", "tsv"), 0, out=r"^yes\n$")
        scratch.expect("are kept", az(noun, "show", *which, "--query", "tags.checked", "-o", "tsv"), 0, out=r"^yes\n$")
        scratch.expect("a %s is archived" % noun, az(noun, "archive", "-n", name, *in_registry), 0, out="")
        scratch.check("and not listed", name not in scratch.run(names).stdout.split(), scratch.run(names).stdout)
        scratch.expect("but still used by its version", az(noun, "show", *which, "--query", "name", "-o", "tsv"), 0, out=r"^%s\n$" % name)
        scratch.expect("a %s is back" % noun, az(noun, "restore", "-n", name, *in_registry), 0, out="")
        scratch.check("and listed", name in scratch.run(names).stdout.split(), scratch.run(names).stdout)
        scratch.expect("its newest by label", az(noun, "show", "-n", name, "--label", "latest", *in_registry, "--query", "version", "-o", "tsv"), 0, out=r"^1\n$")
    for noun in ("model", "data", "environment", "component"):
        scratch.expect("%s and an unknown registry" % noun, az(noun, "list", "--registry-name", "shred"), 3, out="", err=r"did you mean 'shared'")
    scratch.expect("an empty name of a registry is no workspace", az("model", "list", "--registry-name", ""), 1, out="", err=r"--registry-name is empty")
    scratch.expect("a model into what comes with Slipway", az("model", "create", "-n", "mine", "-v", "1", "-p", "rows.json", "--registry-name", "slipway"), 1,
                   out="", err=r"the registry 'slipway' comes with Slipway: it can be read, not changed")
    scratch.expect("what is stated does not change", az("model", "update", "-n", "direct", "-v", "1", *in_registry, "--set", "type=mlflow_model"), 1, out="",
                   err=r"type")


def parallel(scratch):
    home = home_of(scratch)
    (scratch.path / "other.bin").write_bytes(b"something else")
    scratch.expect("a second model", az("model", "create", "-n", "busy", "-p", "tiny.onnx", "-w", "staging", "-o", "none"), 0, out="")
    body = {"kind": "models", "name": "busy", "version": "1", "registry": "shared"}
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: request(home, "POST", share_path("staging"), body), range(50)))
    statuses = sorted(status for status, _ in answers)
    scratch.check("50 shares at once: one makes the version, none fails", statuses == [200] * 49 + [201], statuses)
    digests = {answer["properties"]["properties"]["slipway.tree_sha256"] for _, answer in answers}
    scratch.check("and all tell the same content", len(digests) == 1, digests)
    scratch.expect("the next version of other content", az("model", "create", "-n", "busy", "-p", "other.bin", "-w", "staging", "-o", "none"), 0, out="")
    scratch.expect("does not fit under the old one", az("model", "share", "-n", "busy", "-v", "2", "--registry-name", "shared", "--share-with-version", "1",
                                                       "--share-with-name", "busy", "-w", "staging"), 1, out="",
                   err=r"has a version '1' of the model 'busy' already, and it differs in file 'other\.bin' \(is new\)")


def tampering(scratch):
    content = b"weights that count"
    (scratch.path / "weights.bin").write_bytes(content)
    scratch.expect("a model to tamper with", az("model", "create", "-n", "victim", "-v", "1", "-p", "weights.bin", "--registry-name", "shared", "-o", "none"),
                   0, out="")
    file = blob_file(home_of(scratch), content)
    file.chmod(0o644)
    file.write_bytes(b"weights that cheat")
    scratch.expect("is not handed out", az("model", "download", "-n", "victim", "-v", "1", "--registry-name", "shared", "-p", "down"), 1, out="",
                   err=r"'weights\.bin' was tampered with")
    scratch.write("tampered.yml", DEPLOYMENT.format(endpoint="shared-oe", model="azureml://registries/shared/models/victim/versions/1").replace("blue", "green"))
    scratch.expect("and not loaded", az("online-deployment", "create", "-f", "tampered.yml", "-w", "production"), 1, out="", err=r"tampered with")


def keys(scratch):
    scratch.expect("this server's key is trusted", ["slipway", "registry", "keys", "list", "-o", "table"], 0, out=r"this server +trusted +\S{44}(?!.*1970)")
    mode = (home_of(scratch) / "registry-signing.pem").stat().st_mode & 0o777
    scratch.check("its file is its owner's alone", mode == 0o600, oct(mode))
    scratch.expect("signatures are demanded", ["slipway", "registry", "keys", "require", "-n", "shared", "-o", "none"], 0, out="")
    scratch.expect("signed content passes", az("model", "download", "-n", "tiny", "-v", "1", "--registry-name", "shared", "-p", "signed"), 0, out="")
    scratch.expect("the key is revoked", ["slipway", "registry", "keys", "revoke", "-k", "this server", "--reason", "lost", "-o", "none"], 0, out="")
    scratch.expect("its content does not", az("model", "download", "-n", "tiny", "-v", "1", "--registry-name", "shared", "-p", "signed"), 1, out="",
                   err=r"revoked")
    key = scratch.tsv("registry", "keys", "list", "--query", "[0].key")
    scratch.expect("until it is trusted again", ["slipway", "registry", "keys", "trust", "-k", key, "-n", "this server", "-o", "none"], 0, out="")
    scratch.expect("a text that is no key", ["slipway", "registry", "keys", "trust", "-k", "abc"], 1, out="", err=r"32 bytes")
    scratch.expect("changes of trust are on record", ["slipway", "audit", "list", "--action", "key", "-o", "table"], 0,
                   out=r"key\.trust.*key\.revoke.*lost")


def promotion(scratch):
    promote = ["slipway", "promote", "model", "tiny:1", "--from", "staging", "--to", "production", "--registry", "shared", "--as", "ada"]
    scratch.expect("without a terminal, --yes has to be given", promote, 1, out="", err=r"tiny:1, the first in production.*--yes")
    scratch.expect("a promotion without a gate", promote + ["--yes", "--query", "status", "-o", "tsv"], 0, out=r"^Promoted\n$", err=r"signed with")
    scratch.expect("the target has it in production", az("model", "show", "-n", "tiny", "-v", "1", "-w", "production", "--query", "[stage,path]", "-o", "tsv"),
                   0, out=r"Production\s+azureml://registries/shared/models/tiny/versions/1")
    scratch.expect("a gate", ["slipway", "environment-gate", "create", "-n", "production", "--reviewers", "grace", "-w", "production", "-o", "none"], 0, out="")
    scratch.expect("a second version", az("model", "create", "-n", "tiny", "-p", "tiny.onnx", "-w", "staging", "-o", "none"), 0, out="")
    second = [word.replace("tiny:1", "tiny:2") for word in promote]
    scratch.expect("--yes cannot stand for a reviewer", second + ["--yes"], 1, out="", err=r"needs an approval by grace")
    result = scratch.expect("it waits", second + ["--query", "[name,status]", "-o", "json"], 0, out=r"Waiting", err=r"in place of version 1.*waits for grace")
    name = json.loads(result.stdout)[0]
    scratch.expect("nobody else approves", ["slipway", "promote", "approve", "-n", name, "-w", "production", "--as", "ada"], 1, out="", err=r"reviewers are grace")
    scratch.expect("the reviewer does", ["slipway", "promote", "approve", "-n", name, "-w", "production", "--as", "grace", "--comment", "good", "--query",
                                         "status", "-o", "tsv"], 0, out=r"^Promoted\n$", err=r"To serve it: .*--set model=azureml:tiny:2 -w production, then "
                   r"slipway rollout start --endpoint shared-oe --to version-2 --steps 10,50,100 --guard 'error_rate<1%' -w production")
    scratch.expect("the version before is retired", az("model", "list", "-n", "tiny", "-w", "production", "--query", "[].[version,stage]", "-o", "tsv"), 0,
                   out=r"^2\tProduction\n1\tArchived\n$")
    for version in ("1", "2"):
        scratch.write("serving.yml", "name: version-%s\nendpoint_name: serving-oe\nmodel: azureml:tiny:%s\ninstance_type: any\ninstance_count: 1\n" % (version, version))
        if version == "1":
            scratch.expect("an endpoint", az("online-endpoint", "create", "-n", "serving-oe", "-w", "production", "-o", "none"), 0, out="")
        scratch.expect("serves version %s" % version, az("online-deployment", "create", "-f", "serving.yml", "-w", "production", "-o", "none"), 0, out="")
    scratch.expect("the new one gets the traffic", az("online-endpoint", "update", "-n", "serving-oe", "--traffic", "version-2=100 version-1=0", "-w", "production",
                                                      "-o", "none"), 0, out="")
    scratch.expect("the evidence tells where it is deployed", [word.replace("tiny:1", "busy:1") for word in promote], 0, out=r"Waiting",
                   err=r"version 1 is not deployed in the target yet")
    scratch.expect("and what it would replace", promote, 0, out=r"Waiting",
                   err=r"deployed serving-oe/version-1: version 1, 0 % of the traffic.*serving-oe/version-2: version 2, 100 % of the traffic")
    scratch.expect("one command rolls back", ["slipway", "promote", "rollback", "-n", "tiny", "-w", "production", "--as", "ada", "--reason", "errors", "--query",
                                              "status", "-o", "tsv"], 0, out=r"^RolledBack\n$", err=r"Version 1 of 'tiny' is in production again.*serving-oe: 100 % of the traffic went from 'version-2' back to 'version-1'")
    scratch.expect("the traffic too", az("online-endpoint", "show", "-n", "serving-oe", "-w", "production", "--query", "traffic"), 0, out=r'"version-1": 100')
    scratch.expect("the audit log tells of it", ["slipway", "audit", "list", "--action", "promotion.rollback", "--query", "[0].evidence.traffic", "-o", "tsv"], 0,
                   out=r"serving-oe")
    scratch.expect("and the history stays", ["slipway", "promote", "list", "-w", "production", "-o", "table"], 0, out=r"RolledBack +ada +1 +grace.*Promoted")


def audit(scratch):
    home = home_of(scratch)
    scratch.expect("decisions are listed", ["slipway", "audit", "list", "--action", "promotion", "-o", "table"], 0,
                   out=r"promotion\.rollback +ada.*promotion\.approve +grace.*good")
    entries = int(scratch.tsv("audit", "verify", "--query", "entries"))
    scratch.check("the chain holds", entries > 8, entries)
    body = {"kind": "models", "name": "tiny", "version": "1", "registry": "shared"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        def share(i):
            try:
                return request(home, "POST", share_path("staging"), {**body, "shareWithName": "crash-%d" % i})[0]
            except OSError:
                return None
        answers = pool.map(share, range(200))
        first = next(answers)
        pid = json.loads((home / "server.json").read_text())["pid"]
        server = next(each for each in scratch.servers if each.pid == pid)
        server.send_signal(signal.SIGKILL)
        server.wait()
        statuses = [first, *answers]
    scratch.check("the server was killed amid shares", 201 in statuses and None in statuses, statuses[:20])
    scratch.start_server()
    scratch.expect("the chain holds after kill -9", ["slipway", "audit", "verify", "-o", "none"], 0, out="")
    acknowledged = statuses.count(201)
    recorded = int(scratch.tsv("audit", "list", "--subject", "crash-", "--max-results", "1000", "--query", "length(@)"))
    scratch.check("what was acknowledged is on record", recorded >= acknowledged, (recorded, acknowledged))
    database = sqlite3.connect(home / "slipway.db")
    with database:
        database.execute("UPDATE audit_log SET body = replace(body, '\"actor\":\"grace\"', '\"actor\":\"mallory\"') WHERE body LIKE '%promotion.approve%'")
        sequence = database.execute("SELECT sequence FROM audit_log WHERE body LIKE '%promotion.approve%'").fetchone()[0]
    database.close()
    scratch.expect("a change is found where it was made", ["slipway", "audit", "verify"], 1, out="", err=r"entry %d was changed" % sequence)


def write_remote(scratch, name, home, **keys):
    server = json.loads((home / "server.json").read_text())
    lines = {"url": server["tls_url"], "token_file": str(home / "credentials"), "ca_file": str(home / "tls/ca.pem"), **keys}
    scratch.write("%s.yml" % name, "name: %s\nlocation: elsewhere\nslipway:\n%s" % (name, "".join("  %s: %s\n" % pair for pair in lines.items())))


def remote(scratch):
    hub = home_of(scratch, "hub")
    server = scratch.start_server(str(hub))
    at_hub = {"SLIPWAY_HOME": str(hub)}
    scratch.expect("a registry on another server", az("registry", "create", "-n", "central", "-o", "none"), 0, out="", **at_hub)
    write_remote(scratch, "central", hub)
    scratch.expect("a reference to it", az("registry", "create", "-f", "central.yml", "--query", "slipway.registry", "-o", "tsv"), 0, out=r"^central\n$")
    share = az("model", "share", "-n", "tiny", "-v", "1", "--registry-name", "central", "--share-with-name", "tiny", "--share-with-version", "1", "-w", "staging")
    scratch.expect("a model is shared into it", share + ["-o", "none"], 0, out="")
    scratch.expect("twice", share + ["-o", "none"], 0, out="")
    for where in ({}, at_hub):
        scratch.expect("both servers list it", az("model", "list", "--registry-name", "central", "--query", "[].name", "-o", "tsv"), 0, out=r"^tiny\n$", **where)
    scratch.expect("a component with its parts", az("component", "share", "-n", "count", "-v", "1", "--registry-name", "central", "-w", "staging", "-o", "none"),
                   0, out="")
    scratch.expect("data", az("data", "share", "-n", "table", "-v", "1", "--registry-name", "central", "--share-with-name", "table", "--share-with-version", "1",
                              "-w", "staging", "-o", "none"), 0, out="")
    scratch.write("remote.yml", "command: wc -c < ${{inputs.model}}\nenvironment: azureml://registries/central/environments/shell/versions/1\n"
                                "inputs:\n  model: {type: custom_model, path: azureml://registries/central/models/tiny/labels/latest}\n")
    scratch.expect("a job reads it", az("job", "create", "-f", "remote.yml", "-w", "production", "--stream"), 0,
                   out=r"%d\n.*Status: Completed" % len(tiny_model.tiny_model()))
    scratch.write("remote-deployment.yml", DEPLOYMENT.format(endpoint="shared-oe", model="azureml://registries/central/models/tiny/versions/1")
                  .replace("blue", "remote"))
    scratch.write("remote-pipeline.yml", JOB.replace("registries/shared", "registries/central"))
    scratch.expect("a pipeline runs on its component, environment, data and model", az("job", "create", "-f", "remote-pipeline.yml", "-w", "production", "--stream"),
                   0, out=r"Status: Completed")
    scratch.expect("a deployment loads it", az("online-deployment", "create", "-f", "remote-deployment.yml", "-w", "production", "-o", "none"), 0, out="")
    promoted = scratch.expect("a promotion through it waits", ["slipway", "promote", "model", "busy:2", "--from", "staging", "--to", "production", "--registry",
                                                               "central", "--as", "ada", "--query", "name", "-o", "tsv"], 0, err=r"waits for grace")
    scratch.expect("and is carried out", ["slipway", "promote", "approve", "-n", promoted.stdout.strip(), "-w", "production", "--as", "grace", "--query", "status",
                                          "-o", "tsv"], 0, out=r"^Promoted\n$")
    scratch.expect("with its files here", az("model", "show", "-n", "busy", "-v", "2", "-w", "production", "--query", "[stage,path]", "-o", "tsv"), 0,
                   out=r"Production\s+azureml://registries/central/models/busy/versions/2")
    scratch.expect("and its approver there", az("model", "show", "-n", "busy", "-v", "2", "--registry-name", "central", "--query",
                                                "properties.\"slipway.statement\"", "-o", "tsv"), 0, out=r'"approvedBy":"grace"', **at_hub)
    changes(scratch, at_hub)
    vanishing(scratch, hub, server, at_hub)


def changes(scratch, at_hub):
    """What is changed at the server that has the registry, as others see it; and that they cannot change it themselves."""
    there = ("--registry-name", "central")
    address = "azureml://registries/central/models/tiny/"
    scratch.expect("tags are set there", az("model", "update", "-n", "tiny", "-v", "1", *there, "--set", "tags.checked=yes", "-o", "none"), 0, **at_hub)
    scratch.expect("and seen here", az("model", "show", "-n", "tiny", "-v", "1", *there, "--query", "tags.checked", "-o", "tsv"), 0, out=r"^yes\n$")
    scratch.expect("a new version is shared there", az("model", "create", "-n", "tiny", "-v", "2", "-p", "other.bin", *there, "-o", "none"), 0, **at_hub)
    scratch.expect("and listed here", az("model", "list", "-n", "tiny", *there, "--query", "[].version", "-o", "tsv"), 0, out=r"^2\n1\n$")
    scratch.write("newest.yml", "command: wc -c < ${{inputs.model}}\nenvironment: azureml://registries/central/environments/shell/versions/1\n"
                                "inputs:\n  model: {type: custom_model, path: %slabels/latest}\n" % address)
    newest = az("job", "create", "-f", "newest.yml", "-w", "production", "--query", "inputs.model.path", "-o", "tsv")
    scratch.expect("'latest' is the new one", newest, 0, out=r"versions/2\n$")
    scratch.expect("the new one is archived there", az("model", "archive", "-n", "tiny", "-v", "2", *there), 0, **at_hub)
    scratch.expect("and not listed here", az("model", "list", "-n", "tiny", *there, "--query", "[].version", "-o", "tsv"), 0, out=r"^1\n$")
    scratch.expect("'latest' is the one before", newest, 0, out=r"versions/1\n$")
    scratch.write("archived.yml", (scratch.path / "newest.yml").read_text().replace("labels/latest", "versions/2"))
    scratch.expect("by its version it is still used", az("job", "create", "-f", "archived.yml", "-w", "production", "--stream"), 0, out=r"Status: Completed")
    for what, words in (("tags", ("update", "-n", "tiny", "-v", "1", "--set", "tags.a=b")), ("archiving", ("archive", "-n", "tiny")),
                        ("creating", ("create", "-n", "mine", "-v", "1", "-p", "other.bin"))):
        scratch.expect("%s from here" % what, az("model", *words, *there), 1, out="",
                       err=r"in the remote registry 'central' is not supported yet: do it at https://")
    scratch.expect("nothing came of it", az("model", "list", *there, "--query", "[].name", "-o", "tsv"), 0, out=r"^busy\ntiny\n$", **at_hub)


def vanishing(scratch, hub, server, at_hub):
    """The other server dies amid shares of a model of many files: each version is there with all its files, or not at all."""
    for i in range(40):
        scratch.write("large/part-%d" % i, "%d" % i * 20_000)
    scratch.expect("a model of many files", az("model", "create", "-n", "large", "-p", "large", "-w", "staging", "-o", "none"), 0, out="")
    body = {"kind": "models", "name": "large", "version": "1", "registry": "central"}
    home = home_of(scratch)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(request, home, "POST", share_path("staging"), {**body, "shareWithName": "large-%d" % i}) for i in range(40)]
        wait_until("the first files have arrived", lambda: len(list(hub.glob("registries/*/blobs/sha256/*/*"))) > 10)
        server.send_signal(signal.SIGKILL)
        server.wait()
        results = [answer.result() for answer in answers]
    statuses = [status for status, _ in results]
    scratch.check("shares into a dead server fail as such", 503 in statuses and set(statuses) <= {200, 201, 503},
                  [result for result in results if result[0] not in (200, 201, 503)])
    scratch.expect("a registry that is away is named", az("model", "list", "--registry-name", "central"), 1, out="", err=r"the registry 'central' at https://")
    restart(scratch)
    scratch.start_server(str(hub))
    names = scratch.tsv("model", "list", "--registry-name", "central", "--query", "[].name", **at_hub).split()
    whole = [name for name in names if name.startswith("large-")]
    scratch.check("what was acknowledged is there", len(whole) >= statuses.count(201), (whole, statuses))
    for name in whole[:3]:
        scratch.expect("every version there is whole", az("model", "download", "-n", name, "-v", "1", "--registry-name", "central", "-p", "whole"), 0, out="",
                       **at_hub)
    scratch.expect("sharing goes on where it broke off", az("model", "share", "-n", "large", "-v", "1", "--registry-name", "central", "--share-with-name",
                                                            "large-39", "-w", "staging", "-o", "none"), 0, out="")


def restart(scratch):
    """With the registry away."""
    mine = next(server for server in reversed(scratch.servers) if server.poll() is None)
    mine.send_signal(signal.SIGTERM)
    mine.wait(120)
    scratch.start_server()
    call = scratch.caller("shared-oe", workspace="production")
    seen = None

    def answers():
        nonlocal seen
        try:
            seen = call(ROWS, deployment="remote")
        except OSError as error:  # the gateway starts after the server's first answer
            seen = error
            return False
        return seen[0] == 200

    try:
        scratch.check("a deployment of a registry that is away works after a restart",
                      wait_until("the deployment answers", answers, detail=lambda: "%r at %s\n%s" % (seen, call.uri, scratch.server_log())))
    finally:
        call.close()


CASES = [registries, sharing, using, near_misses, everywhere, parallel, tampering, keys, promotion, remote, audit]
