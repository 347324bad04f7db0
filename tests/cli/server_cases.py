"""What the command line says with a server behind it."""
import json
import os

ENVIRONMENT = "name: shell\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh]}\n"


def assets(scratch):
    scratch.write("environment.yml", ENVIRONMENT)
    scratch.expect("an environment is created", ["slipway", "environment", "create", "-f", "environment.yml", "-o", "none"], 0, out="")
    scratch.expect("its definition cannot be changed", ["slipway", "environment", "create", "-f", "environment.yml", "--set", "image=other"], 1,
                   err=r"shell")
    scratch.expect("an unknown asset", ["slipway", "data", "show", "-n", "nothing", "-v", "1"], 3, out="", err=r"nothing")
    scratch.write("folder/a.csv", "a,b\n1,2\n")
    scratch.expect("a folder becomes version 1", ["slipway", "data", "create", "--name", "table", "--path", "folder", "--query", "version", "-o", "tsv"], 0, out=r"^1\n$")
    scratch.expect("and then version 2", ["slipway", "data", "create", "--name", "table", "--path", "folder", "--query", "version", "-o", "tsv"], 0, out=r"^2\n$")
    scratch.expect("the newest version comes first", ["slipway", "data", "list", "--name", "table", "--query", "[].version", "-o", "tsv"], 0, out=r"^2\n1\n$")
    scratch.expect("nothing found prints one line", ["slipway", "data", "list", "--query", "[?name=='x']"], 0, out=r"^\[\]\n$")
    scratch.expect("an archived version is hidden", ["slipway", "data", "archive", "--name", "table", "--version", "2"], 0, out="")
    scratch.expect("from lists", ["slipway", "data", "list", "--name", "table", "--query", "[].version", "-o", "tsv"], 0, out=r"^1\n$")
    scratch.expect("tags become text", ["slipway", "data", "update", "--name", "table", "--version", "1", "--set", "tags.run=123", "--query", "tags.run"], 0, out=r'^"123"\n$')


def jobs(scratch):
    scratch.write("good.yml", "command: echo hello ${{inputs.who}}; echo done > ${{outputs.out}}/x\nenvironment: azureml:shell:1\n"
                              "inputs: {who: world}\noutputs: {out: }\n")
    result = scratch.expect("a command runs", ["slipway", "job", "create", "-f", "good.yml", "--stream"], 0, out=r"hello world\n.*Status: Completed")
    name = json.loads(result.stdout[result.stdout.index("{"):])["name"] if "{" in result.stdout else "none"
    scratch.expect("its state is Completed", ["slipway", "job", "show", "-n", name, "--query", "status", "-o", "tsv"], 0, out=r"^Completed\n$")
    scratch.expect("its output is downloaded", ["slipway", "job", "download", "-n", name, "--output-name", "out", "-p", "got"], 0, out="")
    scratch.check("the downloaded file is there", os.path.exists(scratch.path / "got/named-outputs/out/x"))
    scratch.write("bad.yml", "command: echo before; echo the reason >&2; exit 3\nenvironment: azureml:shell:1\n")
    scratch.expect("a failing command shows exit code and log tail", ["slipway", "job", "create", "-f", "bad.yml", "--stream"], 1,
                   out=r"the reason", err=r"failed: .*3.*the reason")
    scratch.write("late.yml", "command: sleep 600\nenvironment: azureml:shell:1\nlimits: {timeout: 1}\n")
    scratch.expect("one that takes too long fails, too", ["slipway", "job", "create", "-f", "late.yml", "--stream"], 1,
                   out=r"Status: Canceled", err=r"was canceled: it ran longer than its limit of 1 s")
    scratch.expect("a folder that cannot be made is no missing output", ["slipway", "job", "download", "-n", name, "--all", "-p", "bad.yml/got"], 3, out="",
                   err=r"--download-path: .*bad\.yml/got")
    scratch.write("unknown.yml", "command: echo\nenvironment: azureml:nothing:1\n")
    scratch.expect("an unknown environment is refused at once", ["slipway", "job", "create", "-f", "unknown.yml"], 3, out="", err=r"nothing")
    scratch.write("compute.yml", "command: echo\nenvironment: azureml:shell:1\ncompute: azureml:nowhere\n")
    scratch.expect("an unknown compute is refused at once", ["slipway", "job", "create", "-f", "compute.yml"], 3, out="", err=r"nowhere")
    scratch.expect("an unknown job", ["slipway", "job", "show", "-n", "nothing"], 3, out="", err=r"nothing")
    scratch.expect("a name that is taken", ["slipway", "job", "create", "-f", "good.yml", "--name", name], 1, out="", err=r"exists already")


LOANS = "\n".join(["income,job,borrower,late"] + ["%d,%s,person %d,%s" % (1000 + i * 37 % 3000, "ab"[i % 2], i, "no" if i * 37 % 3000 > 1500 else "yes")
                                                 for i in range(400)]) + "\n"


def curated(scratch):
    scratch.write("loans/loans.csv", LOANS)
    component = "    component: azureml://registries/slipway/components/%s\n"
    steps = ("  split:\n    type: command\n" + component % "split" + "    inputs: {data: \"${{parent.inputs.data}}\"}\n"
             "  train:\n    type: command\n" + component % "train-tabular" +
             "    inputs:\n      train: ${{parent.jobs.split.outputs.train}}\n      test: ${{parent.jobs.split.outputs.test}}\n"
             "      target: late\n      parameters: |\n        n_estimators=20\n        max_depth=5\n"
             "  register:\n    type: command\n" + component % "register" +
             "    inputs: {model: \"${{parent.jobs.train.outputs.model}}\", name: loans}\n")
    pipeline = "type: pipeline\ninputs:\n  data: {type: uri_file, path: loans/loans.csv}\nsettings: {default_compute: azureml:cpu-cluster}\njobs:\n"
    scratch.write("curated.yml", pipeline + steps)
    scratch.expect("curated components need YAML alone", ["slipway", "job", "create", "-f", "curated.yml", "--stream"], 0,
                   out=r"the fit took \d+\.\d\d s; the process held at most \d+ MB until then.*note: column 'borrower' holds 320 different texts in 320 rows.*Status: Completed")
    scratch.expect("and the model is registered", ["slipway", "model", "show", "-n", "loans", "-v", "1", "--query", "type", "-o", "tsv"], 0,
                   out=r"^mlflow_model\n$")
    scratch.expect("the table as an asset", ["slipway", "data", "create", "-n", "loans-table", "-p", "loans/loans.csv", "--type", "uri_file", "-o", "none"], 0, out="")
    scratch.write("schema.yml", "columns:\n  income: {type: text}\n  borrower: ignore\n")
    scratch.expect("is trained on from the command line", ["slipway", "train", "--data", "azureml:loans-table", "--target", "late", "--schema", "schema.yml",
                                                           "--set", "n_estimators=3", "--no-importances", "--query", "[target,train_rows]", "-o", "tsv"],
                   0, out=r"^late\s+320\n$", err=r"320 rows and 2 columns")
    scratch.expect("one that is not there", ["slipway", "train", "--data", "loans-tabl", "--target", "late"], 3, out="", err=r"--data: .*did you mean 'loans-table'")
    scratch.write("mistyped.yml", pipeline + steps.replace("components/split", "components/splt"))
    scratch.expect("a component that is not there is named", ["slipway", "job", "create", "-f", "mistyped.yml"], 3, out="",
                   err=r"did you mean 'split'")


def endpoints(scratch):
    scratch.expect("an endpoint is created", ["slipway", "online-endpoint", "create", "--name", "test-oe", "-o", "none"], 0, out="")
    scratch.expect("but not twice", ["slipway", "online-endpoint", "create", "--name", "test-oe"], 1, err=r"online-endpoint update")
    scratch.write("request.json", '{"data": []}')
    scratch.expect("without traffic it answers 404", ["slipway", "online-endpoint", "invoke", "-n", "test-oe", "-r", "request.json"], 1, out="", err=r"404")
    scratch.write("deployment.yml", "name: blue\nendpoint_name: test-oe\nmodel: azureml:nothing:1\ninstance_type: x\n")
    scratch.expect("a deployment of an unknown model", ["slipway", "online-deployment", "create", "-f", "deployment.yml"], 3, err=r"nothing")
    scratch.expect("a deployment of an unknown endpoint", ["slipway", "online-deployment", "create", "-f", "deployment.yml", "-e", "no-oe"], 1, err=r"'no-oe' does not exist")
    scratch.expect("deleting asks first", ["slipway", "online-endpoint", "delete", "-n", "test-oe"], 1, err=r"--yes")
    scratch.expect("and is done with --yes", ["slipway", "online-endpoint", "delete", "-n", "test-oe", "--yes"], 0, out="")


def queries(scratch):
    scratch.expect("a query that cannot be parsed gets a caret", ["slipway", "query", "AppTraces | wher x"], 1, out="", err=r"wher.*\^")
    scratch.expect("an operator that is not there yet is named", ["slipway", "query", "AppTraces | make-graph a --> b"], 1, out="", err=r"make-graph")
    scratch.expect("a table that is not there", ["slipway", "query", "Nothing | take 1"], 1, out="", err=r"Nothing")


def second_server(scratch):
    serve = ["timeout", "120", "slipway", "serve", "--port", "0", "--tls-port", "0", "--gateway-port", "0"]
    scratch.expect("a second server on one home is refused", serve, 1, err=r"home|lock|process")
    url = json.loads((scratch.path / "home/server.json").read_text())["url"]
    port = url.rsplit(":", 1)[1].strip("/")
    scratch.expect("a port that is taken is named", ["timeout", "120", "slipway", "serve", "--port", port, "--tls-port", "0", "--gateway-port", "0"],
                   1, err=port, SLIPWAY_HOME=str(scratch.path / "other-home"))
    gateway_port = str(json.loads((scratch.path / "home/gateway/address.json").read_text())["tls_port"])
    scratch.expect("a gateway's port that is taken, too", ["timeout", "120", "slipway", "serve", "--port", "0", "--tls-port", "0", "--gateway-port",
                                                           gateway_port], 1, err=gateway_port, SLIPWAY_HOME=str(scratch.path / "third-home"))
    for token in ("eyJhbGciOiJub25lIn0.e30.", "a b", "\u00fc"):
        scratch.expect("a garbled token is refused", ["slipway", "job", "list"], 1, out="", err=r"token", SLIPWAY_TOKEN=token)
    scratch.expect("a wrong token is refused", ["slipway", "job", "list"], 1, out="", err=r"SLIPWAY_TOKEN", SLIPWAY_TOKEN="wrong")


CASES = [assets, jobs, curated, endpoints, queries, second_server]
