"""The official clients of Azure Monitor, Application Insights, Kusto and OpenTelemetry, and one of MLflow, unchanged, against a server.

They are fetched with npm (logs/package.json) and kept in the build folder. Each script of logs/ is one client; it prints
its checks. Skipped by name when npm, node or the registry is missing.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "cli"))
import harness  # noqa: E402

SCRIPTS = ["monitor_query", "monitor_query_logs", "monitor_ingestion", "insights2", "insights3", "kusto", "otlp", "mlflow_runs"]
INSTALL_SECONDS = 600
SCRIPT_SECONDS = 300


def install(build):
    """The folder with the scripts and their packages; a text that says why there is none."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm and node are not installed"
    folder = build / "log-clients"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (FOLDER / "logs/package.json").read_text()
    stamp = folder / "installed.json"
    for script in (FOLDER / "logs").glob("*"):
        shutil.copy(script, folder / script.name)
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    try:
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=folder, timeout=INSTALL_SECONDS,
                              capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        return "the package registry does not answer"
    if done.returncode != 0:
        return "the packages cannot be fetched: " + done.stderr.strip()[:300]
    stamp.write_text(wanted)
    return folder


def settings_of(scratch):
    home = pathlib.Path(scratch.environment["SLIPWAY_HOME"])
    server = json.loads((home / "server.json").read_text())
    return {
        "SLIPWAY_PLAIN_URL": server["url"],
        "SLIPWAY_TLS_URL": "https://localhost:%s" % server["tls_port"],
        "SLIPWAY_TOKEN": json.loads((home / "credentials").read_text())["token"],
        "SLIPWAY_WORKSPACE": scratch.tsv("az", "monitor", "log-analytics", "workspace", "show", "--query", "customerId"),
        "NODE_EXTRA_CA_CERTS": str(home / "tls/ca.pem"),
        # Debian 12's Node 18 has the Web Crypto API behind a flag, and takes "localhost" for ::1 first. Newer ones do without.
        "NODE_OPTIONS": "--experimental-global-webcrypto --dns-result-order=ipv4first",
        "APPLICATION_INSIGHTS_NO_STATSBEAT": "1",
        "OTEL_TRACES_SAMPLER": "always_on",
    }


def add_client_row(settings):
    """The row that several scripts look for."""
    row = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "iKey": settings["SLIPWAY_WORKSPACE"],
           "data": {"baseType": "MessageData", "baseData": {"message": "client row"}}}
    done = subprocess.run(["curl", "-sS", "--fail", "--data-binary", json.dumps([row]), settings["SLIPWAY_PLAIN_URL"] + "/v2/track"],
                          capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError("the client row is not taken: " + done.stderr)


def run_script(folder, name, settings):
    """The number of failed checks."""
    environment = dict(os.environ, **settings)
    try:
        done = subprocess.run(["node", str(folder / (name + ".cjs"))], cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=SCRIPT_SECONDS)
    except subprocess.TimeoutExpired:
        print("FAIL %s: does not end" % name)
        return 1
    failures = count = 0
    for line in done.stdout.splitlines():
        if not line.startswith('{"what"'):
            continue
        check = json.loads(line)
        count += 1
        failures += not check["ok"]
        print("%s %s: %s" % ("ok  " if check["ok"] else "FAIL", name, check["what"]))
        if not check["ok"]:
            print("     " + check["detail"][:1500])
    if count == 0:
        print("FAIL %s: checks nothing: %s" % (name, (done.stdout + done.stderr)[-1500:]))
        return 1
    return failures


def run(build, only=()):
    folder = install(build)
    if isinstance(folder, str):
        print("skip the clients of logs: " + folder)
        return 0
    failures = 0
    scratch = harness.Scratch(build)
    try:
        scratch.start_server(arguments=["--no-gateway"])
        settings = settings_of(scratch)
        add_client_row(settings)
        for name in only or SCRIPTS:
            failures += run_script(folder, name, settings)
        if failures:
            print(scratch.server_log())
    finally:
        scratch.close()
    return failures


if __name__ == "__main__":
    count = run(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:])
    print("%d failures" % count)
    sys.exit(1 if count else 0)
