"""Logs through the command line: charts, CSV, tables, following rows, upkeep."""
import json
import subprocess
import time
import urllib.request


def track(scratch, message):
    """Sends one trace as an SDK does."""
    home = scratch.environment["SLIPWAY_HOME"]
    with open(home + "/server.json") as file:
        url = json.load(file)["url"]
    key = scratch.tsv("az", "monitor", "log-analytics", "workspace", "show", "--query", "customerId")
    item = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "iKey": key,
            "data": {"baseType": "MessageData", "baseData": {"message": message}}}
    urllib.request.urlopen(url + "/v2/track", json.dumps(item).encode(), timeout=60).read()


def outputs(scratch):
    query = "print k = 'a,b', n = 2 | union (print k = 'c', n = 1) | sort by n desc | render barchart"
    scratch.expect("a query prints CSV", ["slipway", "query", query, "-o", "csv"], 0, out=r'^k,n\n"a,b",2\nc,1\n$')
    scratch.expect("a query draws its chart", ["slipway", "query", query, "-o", "chart"], 0, out="a,b │█+ 2\nc   │█+[^ ]* 1\n")
    scratch.expect("without render the rows tell the kind", ["slipway", "query", "range t from datetime(2026-01-01) to datetime(2026-01-03) step 1d | extend n = dayofmonth(t)", "-o", "chart"], 0,
                   out=r"3 ┤.*\*\n.*2026-01-01T00:00:00Z +2026-01-03T00:00:00Z\n.*\* n")
    scratch.expect("what has no numbers is not drawn", ["slipway", "query", "print 'x'", "-o", "chart"], 1, out="", err="nothing to draw")
    asked = "declare query_parameters(n:long, s:string = 'x'); print n, s"
    scratch.expect("parameters stand beside a query", ["slipway", "query", asked, "--param", "n=5", "s=a | b's", "-o", "csv"], 0, out="5,a [|] b's\n")
    scratch.expect("a parameter has a name", ["slipway", "query", asked, "--param", "5"], 1, out="", err="--param takes NAME=VALUE")
    scratch.expect("a parameter without a value is named", ["slipway", "query", asked], 1, out="", err="the parameter 'n' was given no value")
    scratch.expect("az takes its own offsets", ["slipway", "az", "monitor", "app-insights", "query", "--app", "x", "--analytics-query", "print 1", "--offset", "1y"], 1, out="", err=r"--offset '1y' is not a span such as")


def tables(scratch):
    scratch.expect("a custom table is made", ["slipway", "logs", "table", "create", "-n", "Orders_CL", "--columns", "TimeGenerated=datetime", "Customer=string", "Amount=real", "--retention-time", "30", "-o", "table"], 0,
                   out=r"Orders_CL +CustomLog +30")
    scratch.expect("with a name that says so", ["slipway", "logs", "table", "create", "-n", "Orders", "--columns", "a=string"], 1, err="'_CL' at the end")
    scratch.expect("its retention is changed as with az", ["slipway", "az", "monitor", "log-analytics", "workspace", "table", "update", "-n", "Orders_CL", "-g", "local", "--workspace-name", "default", "--retention-time", "60", "--query", "properties.retentionInDays"], 0, out=r"^60\n$")
    scratch.expect("and it is queried", ["slipway", "query", "Orders_CL | count", "-o", "tsv"], 0, out=r"^0\n$")
    scratch.expect("and deleted", ["slipway", "logs", "table", "delete", "-n", "Orders_CL", "--yes"], 0, out="")
    scratch.expect("unknown tables are not found", ["slipway", "logs", "table", "show", "-n", "Orders_CL"], 3, out="", err="Orders_CL")


def following(scratch):
    track(scratch, "before")
    tail = subprocess.Popen(["slipway", "logs", "tail", "traces", "--where", "message has 'row'", "--count", "1", "-o", "json"], cwd=scratch.path,
                            env=scratch.environment, stdout=subprocess.PIPE, text=True)
    # The first poll of a tail asks for what is there already; rows are sent until it has seen one that came after.
    number = 0
    while tail.poll() is None and number < 600:
        number += 1
        track(scratch, "row %d" % number)
        time.sleep(0.2)
    printed = tail.communicate(timeout=120)[0]
    scratch.check("logs tail prints a row when it comes", '"message":"row' in printed, printed)
    scratch.expect("an unknown table is named", ["slipway", "logs", "tail", "trace"], 1, out="", err="did you mean 'traces'")


def upkeep(scratch):
    scratch.expect("a backup is written", ["slipway", "logs", "backup", "backup", "-o", "none"], 0, out="")
    scratch.expect("but not over another", ["slipway", "logs", "backup", "backup"], 1, err="there already")
    count = scratch.tsv("query", "traces | where message == 'before' | count")
    track(scratch, "lost")
    scratch.expect("it is restored", ["slipway", "logs", "restore", "backup", "--yes", "-o", "none"], 0, out="", err="What was there is in")
    scratch.check("and its rows are there", scratch.tsv("query", "traces | where message in ('before', 'lost') | count") == count)
    scratch.expect("what is sound is told", ["slipway", "logs", "fsck", "--query", "[?!ok]"], 0, out=r"^\[\]\n$")
    scratch.expect("sealing tells the files", ["slipway", "logs", "seal", "-o", "json"], 0, out=r"^\[\]\n$")
    scratch.expect("a purge tells the rows", ["slipway", "logs", "purge", "--query", "rows"], 0, out=r"^0\n$")


CASES = [outputs, tables, following, upkeep]
