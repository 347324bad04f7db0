"""Requests that cannot be answered and workers that misbehave, on a live endpoint."""
import json

import live_endpoint
from harness import Caller, wait_until

ENDPOINT = "live-oe"


def refused_requests(scratch, call):
    def answers(what, status, text, body, **options):
        got_status, got = call(body, **options)
        scratch.check("%s: %d" % (what, status), got_status == status and text in got, (got_status, got[:300]))

    answers("a good request", 200, '"predictions":[1,0]', live_endpoint.GOOD_ROWS)
    answers("a request that is not JSON", 424, "the request is not valid JSON", "nope")
    answers("an empty one", 424, "the request is not valid JSON", "")
    answers("one that is cut off", 424, "the request is not valid JSON", '{"data": [{"age"')
    answers("one without rows", 424, "the request has no 'data'", '{"dta": []}')
    answers("a missing column", 424, "row 1 lacks column 'balance'",
            {"data": [{"age": 1, "income": 2, "balance": 1}, {"age": 1, "income": 2}]})
    answers("a wrong type", 424, "row 0, column 'balance': expected a number, got", {"data": [{"age": 1, "income": 2, "balance": "x"}]})
    call.close()
    answers("a wrong key", 401, "key", live_endpoint.GOOD_ROWS, key="wrong")
    answers("no key", 401, "", live_endpoint.GOOD_ROWS, key="")
    answers("an unknown deployment", 404, "'%s' has no deployment 'gren'" % ENDPOINT, live_endpoint.GOOD_ROWS, deployment="gren")
    answers("10 MB", 413, "", b'{"data": [' + b" " * 10_000_000 + b"]}")
    call.close()
    answers("and a good one again", 200, '"predictions":[1,0]', live_endpoint.GOOD_ROWS)


def refused_invocations(scratch):
    invoke = ["slipway", "online-endpoint", "invoke", "-n", ENDPOINT, "-r"]
    scratch.write("rows.json", json.dumps(live_endpoint.GOOD_ROWS))
    scratch.write("empty.json", "")
    scratch.write("text.json", "nope")
    scratch.write("column.json", '{"data": [{"age": 1, "income": 2}]}')
    scratch.expect("invoke prints the answer", invoke + ["rows.json"], 0, out=r"predictions.*\[1,0\]", err="")
    scratch.expect("an empty request file", invoke + ["empty.json"], 1, out="", err=r"424.*not valid JSON")
    scratch.expect("a request file that is not JSON", invoke + ["text.json"], 1, out="", err=r"424.*not valid JSON")
    scratch.expect("a request without a column", invoke + ["column.json"], 1, out="", err=r"row 0 lacks column 'balance'")
    scratch.expect("a request file that is not there", invoke + ["none.json"], 1, out="", err=r"no file 'none\.json'")
    scratch.expect("an unknown deployment", invoke + ["rows.json", "--deployment-name", "gren"], 1, out="", err=r"404.*no deployment 'gren'")
    scratch.expect("an unknown endpoint", ["slipway", "online-endpoint", "invoke", "-n", "live-o", "-r", "rows.json"], 3, out="",
                   err=r"no online endpoint 'live-o'; did you mean 'live-oe'\?")


def models_without_scores(scratch):
    (scratch.path / "cut.onnx").write_bytes((scratch.path / "tiny.onnx").read_bytes()[:200])
    scratch.expect("a damaged model is registered for scripts, and told",
                   ["slipway", "model", "create", "--name", "cut", "--path", "cut.onnx", "-o", "none"], 0, out="",
                   err=r"Only a scoring script can use this model: .*cut\.onnx: the file is not an ONNX model, or is damaged")
    scratch.expect("a good one is not", ["slipway", "model", "create", "--name", "tiny-again", "--path", "tiny.onnx", "-o", "none"], 0, out="",
                   err="")


def workers(scratch, call):
    def until_ready(deployment):
        return wait_until("the worker is back", lambda: call({"id": 1}, deployment)[0] == 200)

    def answers(what, status, text, body, deployment="script"):
        got_status, got = call(body, deployment)
        scratch.check("%s: %d" % (what, status), got_status == status and text in got, (got_status, got[:300]))

    answers("a script answers", 200, '"ok": "x"', {"id": "x"})
    answers("a script that raises", 424, "scoring script", {"do": "raise"})
    answers("and goes on", 200, '"ok": "y"', {"id": "y"})
    answers("one that crashes", 424, "The scoring process ended while it ran this request", {"do": "crash"})
    until_ready("script")
    answers("is started again, and answers", 200, '"ok": "z"', {"id": "z"})
    live_endpoint.write_deployment(scratch, ENDPOINT, "impatient", file="impatient.yml", timeout_ms=2_000)
    scratch.expect("a script with a short time-out", ["slipway", "online-deployment", "create", "-f", "impatient.yml", "-o", "none"], 0, out="")
    answers("one that hangs", 408, "", {"do": "hang"}, "impatient")
    until_ready("impatient")
    scratch.expect("is started again, too", ["slipway", "online-deployment", "get-logs", "-e", ENDPOINT, "-n", "impatient"], 0,
                   out=r"init in mode.*init in mode", err="")
    scratch.expect("its log tells of all that", ["slipway", "online-deployment", "get-logs", "-e", ENDPOINT, "-n", "script"], 0,
                   out=r"a bad row.*exited with code 9.*init in mode", err="")


def scripts_that_never_start(scratch):
    for mode, err in (("raise", r"did not start: RuntimeError: no weights today.*the console's last lines:.*init in mode raise"),
                      ("exit", r"did not start: the worker process exited with code 7.*init in mode exit"),
                      ("hang", r"did not start: init\(\) was not done after 1\d s.*init in mode hang")):
        live_endpoint.write_deployment(scratch, ENDPOINT, "not-" + mode, mode, "never.yml", start_seconds=10)
        scratch.expect("init that does not do: %s" % mode, ["slipway", "online-deployment", "create", "-f", "never.yml"], 1, out="", err=err)
        scratch.expect("the deployment is failed", ["slipway", "online-deployment", "show", "-e", ENDPOINT, "-n", "not-" + mode, "--query",
                                                    "provisioning_state", "-o", "tsv"], 0, out=r"^Failed\n$")
    scratch.expect("its log can be read afterwards", ["slipway", "online-deployment", "get-logs", "-e", ENDPOINT, "-n", "not-raise"], 0,
                   out=r"RuntimeError: no weights today\nslipway: the deployment failed: [^\n]*no weights today\n$")


def refused_updates(scratch, call):
    update = ["slipway", "online-deployment", "update", "-e", ENDPOINT, "-n", "script", "--set", "environment_variables.MODE=raise", "-o", "none"]
    scratch.expect("an update that does not start is refused", update, 1, err=r"no weights today")
    status, answer = call({"id": "old"}, "script")
    scratch.check("and the old revision goes on", status == 200 and "old" in answer, (status, answer))
    scratch.expect("an unknown key is refused", ["slipway", "online-deployment", "update", "-e", ENDPOINT, "-n", "script", "--set",
                                                 "instance_cuont=2"], 1, out="", err=r"instance_cuont.*did you mean 'instance_count'\?")
    scratch.expect("an endpoint's, too", ["slipway", "online-endpoint", "update", "-n", ENDPOINT, "--set", "auth_mod=key"], 1, out="",
                   err=r"auth_mod.*did you mean 'auth_mode'\?")
    scratch.expect("traffic to nobody is refused", ["slipway", "online-endpoint", "update", "-n", ENDPOINT, "--traffic", "fst=100"], 1, out="",
                   err=r"'fst'")
    scratch.expect("traffic beyond 100 % is refused", ["slipway", "online-endpoint", "update", "-n", ENDPOINT, "--traffic", "fast=90 script=20"],
                   1, out="", err=r"110|100")
    scratch.expect("no half of it was applied", ["slipway", "online-endpoint", "show", "-n", ENDPOINT, "--query", "traffic.fast"], 0, out=r"^100\n$")


def no_traffic(scratch, call):
    scratch.expect("all traffic is taken away", ["slipway", "online-endpoint", "update", "-n", ENDPOINT, "--traffic", "fast=0", "-o", "none"], 0)
    answer = wait_until("no traffic", lambda: (lambda a: a if a[0] != 200 else None)(call(live_endpoint.GOOD_ROWS)))
    scratch.check("without traffic: 404", answer[0] == 404 and "traffic" in answer[1], answer)
    scratch.check("but a pinned deployment answers", call(live_endpoint.GOOD_ROWS, "fast")[0] == 200)


def tokens(scratch):
    scratch.write("token.yml", "name: token-oe\nauth_mode: aml_token\n")
    scratch.expect("an endpoint with tokens", ["slipway", "online-endpoint", "create", "-f", "token.yml", "-o", "none"], 0, out="")
    scratch.write("token-fast.yml", "name: fast\nendpoint_name: token-oe\nmodel: azureml:tiny:1\ninstance_type: any\ninstance_count: 1\n")
    scratch.expect("and a deployment", ["slipway", "online-deployment", "create", "-f", "token-fast.yml", "-o", "none"], 0, out="")
    uri = scratch.tsv("online-endpoint", "show", "-n", "token-oe", "--query", "scoring_uri")
    token = scratch.tsv("online-endpoint", "get-credentials", "-n", "token-oe", "--query", "accessToken")
    call = Caller(uri, token, scratch.environment["SLIPWAY_HOME"] + "/tls/ca.pem")
    scratch.check("a token opens it", call(live_endpoint.GOOD_ROWS)[0] == 200)
    for what, garbled in (("cut off", token[:-2]), ("with another end", token[:-4] + "AAAA"), ("with another beginning", "x" + token[1:])):
        status, answer = call(live_endpoint.GOOD_ROWS, key=garbled)
        scratch.check("a token that is %s: 401" % what, status == 401, (status, answer))
    call.close()


def live(scratch):
    call = live_endpoint.create(scratch, ENDPOINT)
    refused_requests(scratch, call)
    refused_invocations(scratch)
    models_without_scores(scratch)
    workers(scratch, call)
    scripts_that_never_start(scratch)
    refused_updates(scratch, call)
    no_traffic(scratch, call)
    tokens(scratch)
    rows = "AmlOnlineEndpointTrafficLog | where EndpointName == '%s' | summarize count() by ResponseCode | order by ResponseCode asc" % ENDPOINT
    scratch.expect("every kind of answer is in the log", ["slipway", "query", rows, "--query", "[].ResponseCode", "-o", "tsv"], 0,
                   out=r"^200\n401\n404\n408\n424\n$")
    call.close()


CASES = [live]
