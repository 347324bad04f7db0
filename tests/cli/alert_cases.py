"""Alerts that tell somebody: web hooks, mails and commands of an action group, against real servers of both kinds."""
import asyncore
import hashlib
import hmac
import http.server
import json
import smtpd  # noqa: a real SMTP server of Debian 12's Python
import threading

import harness
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
    scratch.expect("alerts are frozen", ["slipway", "alert", "freeze", "--reason", "release week"], 0, out=r'"is_frozen": true')
    scratch.write("rule.yml", RULE.replace("name: quiet", "name: cold"))
    scratch.expect("a rule that fires at once", ["slipway", "alert", "create", "-f", "rule.yml", "-o", "none"], 0, out="")
    reason = wait_until("its event", lambda: scratch.tsv("alert", "history", "-n", "cold", "--query",
                                                         "[0].deliveries[?kind=='job'].result | [0]"))
    scratch.check("started nothing", "release week" in reason, reason)
    scratch.expect("alerts are let go", ["slipway", "alert", "unfreeze"], 0, out=r'"is_frozen": false')
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


CASES = [receivers, freezing, telling, testing]

if __name__ == "__main__":
    import sys
    one = harness.Scratch(sys.argv[1])
    try:
        for case in CASES:
            case(one)
    finally:
        one.close()
