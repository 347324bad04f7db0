"""What the command line says by itself, without a server."""

PIPELINE = """\
type: pipeline
inputs:
  raw: {type: uri_folder, path: azureml:raw@latest}
jobs:
  prep:
    command: echo ${{inputs.raw}} > ${{outputs.clean}}/x
    environment: azureml:e:1
    inputs: {raw: "${{parent.inputs.raw}}"}
    outputs: {clean: }
  fit:
    command: cat ${{inputs.data}}/x
    environment: azureml:e:1
    inputs:
      data: ${{parent.jobs.prep.outputs.clean}}
"""


def yaml_complaints(scratch):
    def job(what, text, err):
        scratch.write("job.yml", text)
        scratch.expect(what, ["slipway", "job", "create", "-f", "job.yml"], 1, out="", err=err)

    job("a misspelt key gets its place and the nearest key", "comand: echo\ncommand: echo\nenvironment: azureml:e:1\n",
        r"job\.yml:1:1: comand: a command job has no key 'comand'; did you mean 'command'\?")
    job("a wrong type gets its place", "command: echo\nenvironment: azureml:e:1\nlimits: {timeout: soon}\n",
        r"job\.yml:3:19: limits\.timeout: a whole number is needed here, not 'soon'")
    job("all complaints are told at once", "type: pipeline\ninputs: []\njobs: {}\n",
        r"job\.yml:2:9: inputs: keys and values.*job\.yml:3:7: jobs: must not be empty")
    job("broken YAML gets its place", "command: [\n", r"job\.yml:\d+:\d+: not valid YAML")
    job("a missing file is named in full", "command: echo\nenvironment: azureml:e:1\ncode: ./nowhere\n",
        r"job\.yml:3:7: code: no file or folder '/.*/nowhere'")
    job("a binding to nothing names the nearest step", PIPELINE.replace("jobs.prep.outputs", "jobs.prp.outputs"),
        r"job\.yml:14:13: jobs\.fit\.inputs\.data: the pipeline has no step 'prp'; did you mean 'prep'\?")
    job("a cycle is shown", PIPELINE.replace('"${{parent.inputs.raw}}"', '"${{parent.jobs.fit.outputs.m}}"').replace(
        "cat ${{inputs.data}}/x", "cat ${{inputs.data}}/x > ${{outputs.m}}/y") + "    outputs: {m: }\n",
        r"the steps wait for each other: fit -> prep -> fit")
    job("a step cannot read its own output", PIPELINE.replace("jobs.prep.outputs.clean", "jobs.fit.outputs.m").replace(
        "cat ${{inputs.data}}/x", "cat ${{inputs.data}}/x > ${{outputs.m}}/y") + "    outputs: {m: }\n",
        r"job\.yml:14:13: jobs\.fit\.inputs\.data: the step takes its own output 'm' as an input")
    job("a reference without a version says what is right", "command: echo\nenvironment: azureml:e\n",
        r"'azureml:e' names no version: write 'azureml:e:<version>' or 'azureml:e@latest'")
    job("a step that is not supported yet is named", "type: pipeline\njobs:\n  a: {type: parallel}\n",
        r"a step of type 'parallel' is not supported yet")
    scratch.expect("a file that is not there", ["slipway", "job", "create", "-f", "none.yml"], 1, out="", err=r"no file '/.*/none\.yml'")
    scratch.write("job.yml", "command: echo\nenvironment: azureml:e:1\n")
    scratch.expect("an override that is none", ["slipway", "job", "create", "-f", "job.yml", "--set", "x"], 1,
                   err=r"--set takes KEY=VALUE, not 'x'")
    scratch.expect("an override of an unknown key", ["slipway", "job", "create", "-f", "job.yml", "--set", "input.x=1"], 1,
                   err=r"--set input\.x: input: a command job has no key 'input'; did you mean 'inputs'\?")


def other_complaints(scratch):
    scratch.write("code/score.py", "")
    deployment = ("name: blue\nendpoint_name: an-oe\nmodel: azureml:m:1\ncode_configuration: {code: code, scoring_script: score.py}\n"
                  "environment: azureml:e:1\ninstance_type: any\ninstance_count: 1\n")
    cases = (
        ("data", "name: x\npth: .\n", r"file\.yml:2:1: pth: a data asset has no key 'pth'; did you mean 'path'\?"),
        ("data", "name: x\npath: ./nowhere\n", r"file\.yml:2:7: path: no file or folder '/.*/nowhere'"),
        ("environment", "name: x\nversion: 1\nimag: y\n", r"file\.yml:3:1: imag: .*did you mean 'image'\?"),
        ("model", "name: x\npath: ./nowhere\ntype: custom_model\n", r"file\.yml:2:7: path: no file or folder"),
        ("component", "name: x\ntype: command\ncomand: y\nenvironment: azureml:e:1\n", r"file\.yml:3:1: comand: .*did you mean 'command'\?"),
        ("online-endpoint", "name: x-oe\nauth_mode: kee\n", r"file\.yml:2:12: auth_mode: 'kee' is not one of .*did you mean 'key'\?"),
        ("online-deployment", deployment.replace("instance_count: 1", "instance_count: one"),
         r"file\.yml:7:17: instance_count: a whole number is needed here, not 'one'"),
        ("online-deployment", deployment.replace("instance_count", "instance_cuont"), r"file\.yml:7:1: instance_cuont: .*did you mean 'instance_count'\?"),
        ("online-deployment", deployment.replace("score.py", "scor.py"), r"file\.yml:4:\d+: code_configuration\.scoring_script: no file '/.*/code/scor\.py'"),
        ("schedule", "name: x\ntrigger: {type: cron, expression: 5}\ncreate_job: ./nowhere.yml\n", r"file\.yml:3:13: no file '/.*/nowhere\.yml'"),
        ("alert", "name: x\nqery: T\n", r"file\.yml:2:1: qery: .*did you mean 'query'\?"))
    for group, text, err in cases:
        scratch.write("file.yml", text)
        scratch.expect("%s: %s" % (group, err.split(": ", 1)[1][:40]), ["slipway", group, "create", "-f", "file.yml"], 1, out="", err=err)


def validation(scratch):
    scratch.write("good.yml", PIPELINE)
    scratch.write("bad.yml", PIPELINE.replace("command: cat", "comand: cat"))
    scratch.expect("a good job is valid", ["slipway", "job", "validate", "-f", "good.yml"], 0, out=r'"result": "Succeeded"', err="")
    scratch.expect("a bad job is not, and every complaint has its path",
                   ["slipway", "job", "validate", "-f", "bad.yml"], 1, out=r'"path": "jobs\.fit\.comand"', err="")


def usage(scratch):
    scratch.expect("a misspelt command", ["slipway", "job", "creat"], 2, out="",
                   err=r"'creat' is not a command of 'slipway job'; did you mean 'create'\?")
    scratch.expect("a misspelt flag", ["slipway", "job", "create", "--fiel", "x"], 2, err=r"did you mean 'file'\?")
    scratch.expect("a missing flag", ["slipway", "job", "show"], 2, err=r"required: --name/-n")
    scratch.expect("a group of the dialect that is not there yet", ["slipway", "batch-endpoint", "list"], 2, err=r"'slipway batch-endpoint' is not supported yet")
    scratch.expect("help of the program", ["slipway", "--help"], 0, out=r"Subgroups:.*online-endpoint", err="")
    scratch.expect("help of a group", ["slipway", "online-endpoint"], 0, out=r"Commands:.*invoke", err="")
    scratch.expect("help of a command", ["slipway", "job", "create", "-h"], 0, out=r"--file -f \[Required\]", err="")
    scratch.expect("an output format that is none", ["slipway", "version", "-o", "jsn"], 2, err=r"did you mean 'json'\?")
    scratch.expect("a query that cannot be parsed", ["slipway", "version", "--query", "[?"], 2, out="", err=r"argument --query")


def az(scratch):
    scratch.expect("the shim is written", ["slipway", "az-shim", "--install", "bin"], 0, out="")
    path = "%s:%s" % (scratch.path / "bin", scratch.environment["PATH"])
    scratch.expect("defaults are stored", ["az", "configure", "--defaults", "group=g", "workspace=w"], 0, out="", err="", PATH=path)
    scratch.expect("defaults are listed", ["az", "configure", "-l", "-o", "tsv"], 0, out=r"^group\t.*\tg\nworkspace\t.*\tw\n$", PATH=path)
    scratch.expect("an empty value clears a default", ["az", "configure", "--defaults", "group=", "workspace="], 0, PATH=path)
    scratch.expect("login is accepted", ["az", "login", "--service-principal", "-u", "x", "-p", "y", "--tenant", "z", "-o", "none"], 0, out="", PATH=path)
    scratch.expect("extensions are accepted", ["az", "extension", "add", "--name", "ml", "--version", "2.18.0"], 0, out="", PATH=path)
    scratch.expect("a group that no az has", ["az", "ml", "jbo", "list"], 2, out="", err=r"'jbo' is not a command of 'az ml'; did you mean 'job'\?", PATH=path)
    scratch.expect("a group of az that is not there", ["az", "storage", "blob", "list"], 2, out="", err=r"'az storage' is not supported yet", PATH=path)
    scratch.expect("a query that cannot be parsed gets a caret", ["az", "version", "--query", "foo["], 2, out="", err=r"argument --query.*\n +foo\[\n +\^", PATH=path)
    scratch.expect("a function that is none", ["az", "version", "--query", "foo(@)"], 1, out="", err=r"no function 'foo'", PATH=path)
    scratch.expect("errors name the command as it was typed", ["az", "ml", "job", "creat"], 2, err=r"'creat' is not a command of 'az ml job'", PATH=path)


def no_server(scratch):
    scratch.expect("a server that does not answer", ["slipway", "job", "list"], 1, out="",
                   err=r"no Slipway server answers at http://127\.0\.0\.1:9: start one with `slipway serve`", SLIPWAY_URL="http://127.0.0.1:9")
    scratch.expect("the doctor says so too", ["slipway", "doctor", "-o", "table"], 1, out=r"server +wrong +no Slipway server", SLIPWAY_URL="http://127.0.0.1:9")


CASES = [yaml_complaints, other_complaints, validation, usage, az, no_server]
