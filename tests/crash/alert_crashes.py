"""The server dies between evaluating an alert rule, starting what it starts and telling whom it tells."""
import http.server
import json
import random
import threading
import time

from harness import wait_until
from job_crashes import kill, lines, start, wait_for_end

GROUP = 'name: ops\nwebhooks:\n  - {name: hook, uri: "http://127.0.0.1:%d/hook"}\n'
RULE = """\
name: %s
query: AppTraces | where Message has 'never said'
evaluation_frequency: PT1S
window_size: PT1M
operator: LessThan
threshold: 1
action_groups: [ops]
create_job: {command: "echo once >> %s", environment: "azureml:shell:1"}
"""


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what it is told; answers once `gate` is open."""
    told = []
    gate = threading.Event()

    def do_POST(self):
        alert = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]["essentials"]
        self.told.append((alert["alertRule"], alert["monitorCondition"]))
        self.gate.wait(60)
        try:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            pass  # the server is gone meanwhile

    def log_message(self, *_):
        pass


def start_with_hook(scratch):
    Hook.told.clear()
    Hook.gate.clear()
    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    server = start(scratch)
    scratch.write("group.yml", GROUP % hook.server_address[1])
    scratch.run(["slipway", "action-group", "create", "-f", "group.yml", "-o", "none"])
    return server


def create_rule(scratch, name):
    effects = scratch.path / ("effects-" + name)
    scratch.write("rule.yml", RULE % (name, effects))
    scratch.expect("a rule that fires at once", ["slipway", "alert", "create", "-f", "rule.yml", "-o", "none"], 0, out="")
    return effects


def events(scratch, rule):
    result = scratch.run(["slipway", "alert", "history", "-n", rule])
    return json.loads(result.stdout) if result.returncode == 0 else []


def check_one_firing(scratch, rule, effects):
    def is_over():
        found = events(scratch, rule)
        return found and all(delivery["state"] == "Done" for delivery in found[0]["deliveries"]) and found
    found = wait_until("everything about '%s' is done" % rule, is_over)
    scratch.check("it fired once", len(found) == 1, found)
    scratch.check("its job is completed", wait_for_end(scratch, found[0]["job"]) == "Completed")
    scratch.check("and ran once", lines(effects) == ["once"], lines(effects))
    scratch.check("the web hook was told", (rule, "Fired") in Hook.told, Hook.told)


def a_server_that_dies_while_it_tells(scratch):
    server = start_with_hook(scratch)
    effects = create_rule(scratch, "told")
    wait_until("the web hook is called", lambda: Hook.told)
    kill(server)  # evaluated, stored and started; the receiver has not answered
    Hook.gate.set()
    scratch.start_server()
    check_one_firing(scratch, "told", effects)
    scratch.check("the web hook was told again", Hook.told.count(("told", "Fired")) == 2, Hook.told)


def a_server_that_dies_at_any_moment_of_firing(scratch):
    generator = random.Random(23)
    server = start_with_hook(scratch)
    Hook.gate.set()
    for attempt in range(6):
        rule = "any%d" % attempt
        effects = create_rule(scratch, rule)
        time.sleep(generator.uniform(0, 0.15))
        kill(server)
        server = scratch.start_server()
        check_one_firing(scratch, rule, effects)
        scratch.run(["slipway", "alert", "delete", "-n", rule, "--yes"])


SCENARIOS = [a_server_that_dies_while_it_tells, a_server_that_dies_at_any_moment_of_firing]
