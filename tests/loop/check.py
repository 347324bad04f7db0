#!/usr/bin/env python3
"""Asks the demo's server what the scenario left: called by the demo before it ends, with `az` and `slipway` on the PATH."""
import json
import subprocess
import sys


def ask(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(result.stdout)


FAILURES = []


def expect(what, condition, seen):
    print("%s %s" % ("ok  " if condition else "FAIL", what))
    if not condition:
        print("     seen: %s" % (seen,))
        FAILURES.append(what)


def main():
    models = ask("az", "ml", "model", "list", "--name", "credit-card-default")
    expect("two model versions, the newest first", [m["version"] for m in models] == ["2", "1"], models)

    jobs = ask("az", "ml", "job", "list")
    statuses = [job["status"] for job in jobs]
    expect("every pipeline completed", set(statuses) == {"Completed"}, statuses)
    trainings = [job for job in jobs if job["display_name"] == "train-credit-card-default"]
    expect("one training by hand and one by the alert", len(trainings) == 2, trainings)

    steps = ask("az", "ml", "job", "list", "-p", trainings[-1]["name"])
    sweep = next(step for step in steps if step["type"] == "sweep")
    trials = ask("az", "ml", "job", "list", "-p", sweep["name"])
    expect("eight trials", len(trials) == 8, len(trials))

    endpoint = ask("az", "ml", "online-endpoint", "show", "-n", "credit-card-default-oe")
    expect("all traffic on green", endpoint["traffic"].get("green") == 100 and not endpoint["traffic"].get("blue"), endpoint)

    events = ask("slipway", "alert", "events", "-n", "credit-card-default-drift", "-o", "json")
    expect("the alert fired once", len(events) == 1, events)

    workspace = ask("az", "monitor", "log-analytics", "workspace", "show", "-g", "local", "-n", "default")["customerId"]
    overall = ask("az", "monitor", "log-analytics", "query", "-w", workspace, "--analytics-query",
                  "AppTraces | where Message has 'OverallDriftMetrics' | order by TimeGenerated asc "
                  "| project data=parse_json(Message).data | evaluate bag_unpack(data)")
    drifted = [str(row["dataset_drift"]).lower() for row in overall]
    expect("no drift with the stable batch, drift with the drifted one", drifted == ["false", "true"], overall)

    rows = ask("az", "monitor", "log-analytics", "query", "-w", workspace, "--analytics-query",
               "AmlOnlineEndpointConsoleLog | where Message has 'online/credit-card-default/1' and Message has 'InputData' "
               "| extend n = array_length(parse_json(tostring(split(Message, '|')[-1])).data) | summarize n = sum(n)")
    # 2 rows of sample.json, 1,000 single rows, 2 x 2,000 rows of batches, and what blue answered of the last 600.
    expect("every request is in the log", 5002 <= int(rows[0]["n"]) <= 5002 + 600, rows)

    live = ask("az", "monitor", "log-analytics", "query", "-w", workspace, "--analytics-query",
               "SlipwayDriftGauges | where EndpointName == 'credit-card-default-oe' and Feature == 'credit_limit' "
               "| summarize psi = max(Psi), chance = min(ExpectedPsi), n = max(SampleCount)")
    # Stable and drifted rows share the window here: the index rises, but not to where it alarms.
    expect("the live gauges saw the drifted rows", int(live[0]["n"]) > 1000 and float(live[0]["psi"]) > 5 * float(live[0]["chance"]), live)
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
