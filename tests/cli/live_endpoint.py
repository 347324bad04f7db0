"""An endpoint with a model-only deployment `fast` (all traffic) and a Python scoring script `script`."""
import tiny_model

ENVIRONMENT = "name: python\nversion: 1\nimage: none\nslipway: {provider: native, programs: [python3]}\n"
# Does what the request tells it; what `init` does, MODE tells.
SCRIPT = """\
import json, os, time

def init():
    mode = os.environ.get("MODE")
    print("init in mode", mode)
    if mode == "raise": raise RuntimeError("no weights today")
    if mode == "hang": time.sleep(600)
    if mode == "exit": os._exit(7)

def run(data):
    order = json.loads(data)
    if order.get("do") == "crash": os._exit(9)
    if order.get("do") == "hang": time.sleep(600)
    if order.get("do") == "doze": time.sleep(0.02)
    if order.get("do") == "raise": raise ValueError("a bad row")
    if order.get("do") == "pid": return os.getpid()
    print("scored |", order.get("id"))
    return {"ok": order.get("id")}
"""
DEPLOYMENT = """\
name: {name}
endpoint_name: {endpoint}
model: azureml:tiny@latest
code_configuration: {{code: ./scoring, scoring_script: score.py}}
environment: azureml:python:1
environment_variables: {{MODE: "{mode}"}}
instance_type: any
instance_count: 1
request_settings: {{request_timeout_ms: {timeout_ms}}}
readiness_probe: {{initial_delay: {start_seconds}, period: 1, failure_threshold: 1}}
"""
GOOD_ROWS = {"data": [{"age": 1, "income": 2, "balance": 1}, {"age": 1, "income": 1, "balance": 9}]}


def write_files(scratch):
    (scratch.path / "tiny.onnx").write_bytes(tiny_model.tiny_model())
    scratch.write("python.yml", ENVIRONMENT)
    scratch.write("scoring/score.py", SCRIPT)


def write_deployment(scratch, endpoint, name, mode="", file="script.yml", timeout_ms=30_000, start_seconds=60):
    """Times that a busy machine keeps; who waits for one to run out gives a shorter one."""
    return scratch.write(file, DEPLOYMENT.format(name=name, endpoint=endpoint, mode=mode, timeout_ms=timeout_ms, start_seconds=start_seconds))


def create(scratch, endpoint):
    """Shows each step as a command line of its own; returns a Caller."""
    write_files(scratch)
    scratch.write("endpoint.yml", "name: %s\nauth_mode: key\n" % endpoint)
    scratch.write("fast.yml", "name: fast\nendpoint_name: %s\nmodel: azureml:tiny@latest\ninstance_type: any\n"
                              "instance_count: 1\n" % endpoint)
    write_deployment(scratch, endpoint, "script")
    slipway = lambda what, *words: scratch.expect(what, ["slipway", *words, "-o", "none"], 0, out="")  # noqa: E731
    slipway("a model that no library of ours wrote is registered", "model", "create", "--name", "tiny", "--path",
            "tiny.onnx", "--type", "custom_model")
    slipway("an environment for scripts", "environment", "create", "-f", "python.yml")
    slipway("an endpoint", "online-endpoint", "create", "-f", "endpoint.yml")
    slipway("a model-only deployment goes live", "online-deployment", "create", "-f", "fast.yml")
    slipway("a scoring script goes live", "online-deployment", "create", "-f", "script.yml")
    return scratch.caller(endpoint)
