"""Alerts that tell somebody: web hooks, mails and commands of an action group, against real servers of both kinds."""
import asyncore
import hashlib
import hmac
import http.server
import json
import smtpd  # noqa: a real SMTP server of Debian 12's Python
import threading

import harness
import live_endpoint
from harness import wait_until

SECRET = "not so secret"
ENVIRONMENT = "name: told\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh]}\n"
GROUP = """\
name: ops
webhooks:
  - {name: hook, uri: "http://127.0.0.1:%d/hook", secret: %s}
emails:
  - {name: mail, address: ops@example.org}
commands:
  - {name: keep, command: 'cp "$SLIPWAY_ALERT_FILE" "%s/told-$SLIPWAY_ALERT_CONDITION.json"'}
jobs:
  - name: retrain
    create_job: {command: "true", environment: "azureml:told:1"}
"""
RULE = """\
name: quiet
query: AppTraces | where Message has 'never said'
evaluation_frequency: PT1S
window_size: PT1M
time_aggregation: Count
operator: LessThan
threshold: 1
severity: 1
action_groups: [ops]
custom_properties: {pipeline: retrain}
cool_down: PT1H
"""


class Hook(http.server.BaseHTTPRequestHandler):
    """Refuses the first call with 503, takes the others."""
    calls = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.calls.append((self.path, self.headers, body))
        self.send_response(503 if len(self.calls) == 1 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Mailbox(smtpd.SMTPServer):
    mails = []

    def process_message(self, peer, mailfrom, rcpttos, data, **_):
        self.mails.append((mailfrom, rcpttos, data.decode()))


def start_receivers():
    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    mailbox = Mailbox(("127.0.0.1", 0), None)
    threading.Thread(target=lambda: asyncore.loop(timeout=0.1), daemon=True).start()
    return hook.server_address[1], mailbox.socket.getsockname()[1]


def receivers(scratch):
    hook_port, mail_port = start_receivers()
    scratch.start_server(arguments=["--mail-server", "smtp://127.0.0.1:%d" % mail_port, "--mail-from", "slipway@example.org"])
    scratch.write("told.yml", ENVIRONMENT)
    scratch.run(["slipway", "environment", "create", "-f", "told.yml", "-o", "none"])
    scratch.write("group.yml", GROUP % (hook_port, SECRET, scratch.path))
    scratch.expect("an action group", ["slipway", "action-group", "create", "-f", "group.yml", "-o", "none"], 0, out="")
    shown = scratch.expect("it is shown without its secret", ["slipway", "action-group", "show", "-n", "ops"], 0, out=r'"webhooks"')
    scratch.check("really without", SECRET not in shown.stdout, shown.stdout)
    scratch.write("broken.yml", (GROUP % (hook_port, SECRET, scratch.path)).replace("address:", "adress:"))
    scratch.expect("a misspelt key", ["slipway", "action-group", "create", "-f", "broken.yml"], 1, out="",
                   err=r"broken\.yml:5:\d+: .*did you mean 'address'\?")


def freezing(scratch):
    scratch.expect("alerts are frozen", ["slipway", "alert", "freeze", "--reason", "release week", "--as", "ada"], 0, out=r'"by": "ada",.*"is_frozen": true')
    scratch.write("rule.yml", RULE.replace("name: quiet", "name: cold"))
    scratch.expect("a rule that fires at once", ["slipway", "alert", "create", "-f", "rule.yml", "-o", "none"], 0, out="")
    reason = wait_until("its event", lambda: scratch.tsv("alert", "history", "-n", "cold", "--query",
                                                         "[0].deliveries[?kind=='job'].result | [0]"))
    scratch.check("started nothing", "release week" in reason, reason)
    scratch.expect("alerts are let go", ["slipway", "alert", "unfreeze", "--as", "grace"], 0, out=r'"is_frozen": false')
    scratch.expect("both are on record", ["slipway", "audit", "list", "--action", "alert", "--query", "[?contains(action, 'freeze')].[actor,action,reason]", "-o", "tsv"],
                   0, out=r"^grace\talert\.unfreeze\t\S*\nada\talert\.freeze\trelease week\n$")
    scratch.expect("a group that a rule uses stays", ["slipway", "action-group", "delete", "-n", "ops", "--yes"], 1, out="",
                   err=r"the alert rule 'cold' uses the action group 'ops'")
    scratch.expect("the rule goes", ["slipway", "alert", "delete", "-n", "cold", "--yes"], 0, out="")


def telling(scratch):
    Hook.calls.clear()
    Mailbox.mails.clear()
    scratch.write("rule.yml", RULE.replace("[ops]", "[opps]"))
    scratch.expect("an action group that is not there", ["slipway", "alert", "create", "-f", "rule.yml"], 1, out="", err=r"did you mean 'ops'\?")
    scratch.write("rule.yml", RULE)
    scratch.expect("a rule", ["slipway", "alert", "create", "-f", "rule.yml", "-o", "none"], 0, out="")

    def is_told():
        events = json.loads(scratch.run(["slipway", "alert", "history", "-n", "quiet"]).stdout)
        return events and all(delivery["state"] != "Pending" for delivery in events[0]["deliveries"])

    wait_until("everybody is told", is_told)
    states = scratch.tsv("alert", "history", "-n", "quiet", "--query", "[0].deliveries[].state | join(' ', @)")
    scratch.check("all of it worked", states == "Done Done Done Done", scratch.tsv("alert", "history", "-n", "quiet", "--query", "[0]"))
    path, headers, body = Hook.calls[-1]
    alert = json.loads(body)
    scratch.check("the web hook was told twice, since it refused once", len(Hook.calls) == 2 and path == "/hook", len(Hook.calls))
    scratch.check("in the common alert schema", alert["schemaId"] == "azureMonitorCommonAlertSchema" and
                  alert["data"]["essentials"]["severity"] == "Sev1" and alert["data"]["customProperties"] == {"pipeline": "retrain"}, alert)
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    scratch.check("signed", headers["X-Slipway-Signature"] == signature, headers["X-Slipway-Signature"])
    sender, recipients, mail = Mailbox.mails[-1]
    scratch.check("the mail came", (sender, recipients) == ("slipway@example.org", ["ops@example.org"]) and "Alert rule  quiet" in mail, mail)
    scratch.check("the command had the alert", json.loads((scratch.path / "told-Fired.json").read_text()) == alert)
    job = scratch.tsv("alert", "history", "-n", "quiet", "--query", "[0].deliveries[?kind=='job'].result | [0]")
    scratch.check("the job ran", wait_until("the job's end", lambda: scratch.tsv("job", "show", "-n", job, "--query", "status") == "Completed"))


def testing(scratch):
    scratch.expect("a rule over past data", ["slipway", "alert", "test", "-n", "quiet", "--last", "10m"], 0,
                   out=r'"evaluations": 601', err=r"would have fired 1 times")
    scratch.expect("a span that is none", ["slipway", "alert", "test", "-n", "quiet", "--last", "soon"], 1, out="", err=r"--last 'soon' is not a span")
    scratch.expect("too long a span", ["slipway", "alert", "test", "-n", "quiet", "--last", "30d"], 1, out="", err=r"at most 20000 are made")
    scratch.expect("a group's receivers", ["slipway", "action-group", "test", "-n", "ops", "-o", "table"], 1,
                   out=r"hook +webhook +Succeeded.*\nmail +email +Succeeded.*\nkeep +command +Succeeded.*\nretrain +job +Failed .*is started, not told")


DRIFTED = """\
name: drifted
query: |
  AmlOnlineEndpointConsoleLog
  | where Message startswith 'scored |'
  | extend credit_limit = todouble(trim(' ', tostring(split(Message, '|')[1])))
evaluation_frequency: PT1S
window_size: PT15S
time_aggregation: Average
metric_measure_column: credit_limit
operator: GreaterThan
threshold: 300000
dimensions:
  - {name: DeploymentName, operator: Include, values: ["*"]}
action_groups: [flow]
cool_down: PT1H
create_job:
  type: pipeline
  jobs:
    train: {command: "echo trained >> %s", environment: "azureml:told:1", compute: "azureml:cpu-cluster"}
"""
RETRAIN = """\
name: Retrain
on:
  workflow_dispatch: {inputs: {reason: {type: string}}}
  alert: {rules: [drifted]}
jobs:
  a: {runs-on: x, steps: [{run: "echo because of ${{ github.event_name }} ${{ inputs.reason }}"}]}
"""
FLOW = "name: flow\nworkflows:\n  - {name: retrain, workflow: retrain.yml, inputs: {reason: drift}}\n"


def drifted_traffic(scratch):
    """From requests to an endpoint to a retraining and back, by the real clock."""
    call = live_endpoint.create(scratch, "drift-oe")
    scratch.write(".github/workflows/retrain.yml", RETRAIN)
    for words in (["init", "-q", "-b", "main"], ["add", ".github"], ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x"]):
        scratch.run(["git", *words])
    scratch.expect("a repository is watched", ["slipway", "workflow", "on-push", "-o", "none"], 0)
    scratch.write("flow.yml", FLOW)
    scratch.expect("a group that starts a workflow", ["slipway", "action-group", "create", "-f", "flow.yml", "-o", "none"], 0, out="")
    effects = scratch.path / "trained"
    scratch.write("drifted.yml", DRIFTED % effects)
    scratch.expect("a rule on what is asked", ["slipway", "alert", "create", "-f", "drifted.yml", "-o", "none"], 0, out="")
    events = lambda: json.loads(scratch.run(["slipway", "alert", "history", "-n", "drifted"]).stdout or "[]")  # noqa: E731

    def send_until(what, limit, holds):
        def sent():
            status, answer = call({"id": limit}, deployment="script")
            if status != 200:
                raise RuntimeError(answer)
            return holds()
        return wait_until(what, sent)

    send_until("normal requests are in the log", 160_000, lambda: int(scratch.tsv(
        "query", "AmlOnlineEndpointConsoleLog | where Message startswith 'scored |' | count", "--query", "[0].Count")) > 3)
    scratch.check("normal requests fire nothing", events() == [], events())
    fired = send_until("drifted requests fire", 900_000, events)[0]
    scratch.check("for the deployment that was asked", fired["dimensions"] == {"DeploymentName": "script"} and fired["value"] > 300_000, fired)
    scratch.expect("as the table of firings says", ["slipway", "alert", "history", "-n", "drifted", "-o", "table"], 0,
                   out=r"^Rule +For +Fired at .*\n.*drifted +DeploymentName=script +\d{4}-", err="")
    done = lambda: scratch.tsv("alert", "history", "-n", "drifted", "--query", "[-1].deliveries[].state | join(' ', @)")  # noqa: E731
    send_until("job and workflow are started", 900_000, lambda: done() == "Done Done")
    job = events()[0]["job"]
    send_until("the pipeline's end", 900_000, lambda: scratch.tsv("job", "show", "-n", job, "--query", "status") == "Completed")
    send_until("normal requests resolve it", 160_000, lambda: events()[0].get("resolved_at"))
    scratch.check("one pipeline ran", effects.read_text() == "trained\n", effects.read_text())
    runs = lambda: json.loads(scratch.run(["slipway", "workflow", "list"]).stdout)  # noqa: E731
    wait_until("both runs' end", lambda: [run["status"] for run in runs()] == ["completed"] * 2, detail=lambda: json.dumps(runs()))
    scratch.check("the workflow ran for the action group and for its trigger",
                  sorted((run["event"], run["conclusion"]) for run in runs()) == [("alert", "success"), ("workflow_dispatch", "success")], runs())
    scratch.expect("the rule goes", ["slipway", "alert", "delete", "-n", "drifted", "--yes"], 0, out="")


def metric_rules(scratch):
    rule = ("type: metric\nname: refused\nendpoint_name: drift-oe\nevaluation_frequency: PT1S\nwindow_size: PT1H\nconditions:\n"
            "  - metric: RequestsPerMinute\n    time_aggregation: Total\n    operator: GreaterThan\n    threshold: 0\n"
            "    dimensions: [{name: deployment, values: ['*']}, {name: statusCodeClass, operator: Exclude, values: [4xx]}]\n")
    for what, old, new, err in (
            ("a metric that is nearly there", "RequestsPerMinute", "RequestPerMinute", r"an online endpoint has no metric 'RequestPerMinute'; did you mean 'RequestsPerMinute'\?"),
            ("a dimension that is nearly there", "name: deployment", "name: deploymnt", r"no dimension 'deploymnt'; did you mean 'deployment'\?"),
            ("an operator that is none", "Exclude", "Without", r"refused\.yml:\d+:\d+: .*'Without' is not one of Include, Exclude")):
        scratch.write("refused.yml", rule.replace(old, new))
        scratch.expect(what, ["slipway", "alert", "create", "-f", "refused.yml"], 1, out="", err=err)
    scratch.write("metric.yml", rule.replace("refused", "asked"))
    scratch.expect("a metric rule split by deployment", ["slipway", "alert", "create", "-f", "metric.yml"], 0, out=r'"operator": "Exclude"')
    found = wait_until("its event, when the minute is over", lambda: json.loads(scratch.run(["slipway", "alert", "history", "-n", "asked"]).stdout))
    scratch.check("of the deployment that was asked", found[0]["dimensions"] == {"deployment": "script", "statusCodeClass": "2xx"}, found)
    scratch.run(["slipway", "alert", "delete", "-n", "asked", "--yes"])


def azure_commands(scratch):
    az = ["slipway", "az", "monitor"]
    workspace = scratch.tsv("az", "monitor", "log-analytics", "workspace", "show", "--query", "id")
    create = [*az, "scheduled-query", "create", "-g", "local", "-n", "errors", "--scopes", workspace, "--condition-query",
              "Q=AppTraces | where SeverityLevel >= 3", "--window-size", "15m", "--action-groups", "ops", "--custom-properties", "a=b", "--condition"]
    condition = "count 'Q' > 3 at least 2 violations out of 4 aggregated points"
    scratch.expect("a log alert by flags", [*create, condition], 0,
                   out=r'"numberOfEvaluationPeriods": 4.*"query": "AppTraces \| where SeverityLevel >= 3".*"windowSize": "PT15M"', err="")
    scratch.expect("a condition with a slip", [*create, "count 'Q' more 3"], 1, out="",
                   err=r"--condition: expected an operator: =, >, >=, < or <=\ncount 'Q' more 3\n          \^\n")
    scratch.expect("a query that is not there", [*create, "count 'P' > 3"], 1, out="", err=r"names the query 'P', which --condition-query does not have; did you mean 'Q'\?")
    scratch.expect("it is disabled", [*az, "scheduled-query", "update", "-g", "local", "-n", "errors", "--disabled", "true"], 0, out=r'"enabled": false.*"windowSize": "PT15M"')
    scratch.expect("it is one of the rules", ["slipway", "alert", "show", "-n", "errors"], 0, out=r'"min_failing_periods_to_alert": 2.*"is_enabled": false')
    scratch.expect("in the list", [*az, "scheduled-query", "list", "-o", "table"], 0, out=r"\nerrors +3 +False +PT5M +PT15M")
    scratch.expect("it goes", [*az, "scheduled-query", "delete", "-g", "local", "-n", "errors", "--yes"], 0, out="")
    group = [*az, "action-group", "create", "-g", "local", "-n", "pager", "--action"]
    scratch.expect("an action group by flags", [*group, "webhook", "hook", "http://127.0.0.1:9/x", "usecommonalertschema", "--action", "email", "team", "a@b.c"], 0,
                   out=r'"emailAddress": "a@b.c".*"groupShortName": "pager".*"serviceUri": "http://127.0.0.1:9/x"', err="")
    scratch.expect("a kind that is not there", [*group, "sms", "me", "1", "555"], 1, out="", err=r"--action sms: receivers of this kind are not supported: email and webhook are")
    scratch.expect("the group goes", [*az, "action-group", "delete", "-g", "local", "-n", "pager", "--yes"], 0, out="")
    endpoint = scratch.tsv("online-endpoint", "show", "-n", "drift-oe", "--query", "id")
    create = [*az, "metrics", "alert", "create", "-g", "local", "-n", "slow", "--scopes", endpoint, "--severity", "1", "--action", "ops", "team=ml", "--condition"]
    scratch.expect("a metric alert by flags", [*create, "max RequestLatency_P99 > 50 where deployment includes blue or green"], 0,
                   out=r'"webHookProperties": \{\s+"team": "ml".*"StaticThresholdCriterion".*"values": \[\s+"blue",\s+"green"', err="")
    scratch.expect("a dynamic threshold", [*create, "avg RequestLatency > dynamic medium 2 of 4"], 1, out="", err=r"dynamic thresholds are not supported")
    scratch.expect("it is shown", [*az, "metrics", "alert", "show", "-g", "local", "-n", "slow"], 0, out=r'"severity": 1')
    scratch.expect("and goes", [*az, "metrics", "alert", "delete", "-g", "local", "-n", "slow", "--yes"], 0, out="")
    scratch.expect("a rule that is not there", [*az, "metrics", "alert", "show", "-g", "local", "-n", "slow"], 3, out="", err=r"no alert rule 'slow'")


CASES = [receivers, freezing, telling, testing, drifted_traffic, metric_rules, azure_commands]

if __name__ == "__main__":
    import sys
    one = harness.Scratch(sys.argv[1])
    try:
        for case in CASES:
            case(one)
    finally:
        one.close()
