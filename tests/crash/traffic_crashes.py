"""Gateway, server or worker die while an endpoint is called."""
import http.client
import json
import os
import signal
import threading
import time

import live_endpoint
from harness import wait_until

ENDPOINT = "crash-oe"


class Traffic:
    """Calls a deployment over and over from a thread of its own, and keeps what was answered 200 and what was not."""

    def __init__(self, scratch, deployment):
        self.call = scratch.caller(ENDPOINT)
        self.deployment = deployment
        self.acknowledged, self.refused = [], []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        number = 0
        while not self.stop.is_set():
            request_id = "%s-%d" % (self.deployment, number)
            number += 1
            body = live_endpoint.GOOD_ROWS if self.deployment == "fast" else {"id": request_id}
            try:
                status, answer = self.call(body, self.deployment, request_id)
            except (OSError, http.client.HTTPException) as error:
                self.refused.append(repr(error))
                time.sleep(0.01)
                continue
            if status == 200:
                self.acknowledged.append(request_id)
            else:
                self.refused.append("%d %s" % (status, answer))

    def __enter__(self):
        self.thread.start()
        wait_until("the first answers", lambda: len(self.acknowledged) >= 5)
        return self

    def wait_for_more(self, count=20):
        wanted = len(self.acknowledged) + count
        wait_until("%d answers more" % count, lambda: len(self.acknowledged) >= wanted, detail=lambda: self.refused[-3:])

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        self.call.close()


def query(scratch, text):
    result = scratch.run(["slipway", "query", text])
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    return json.loads(result.stdout)


def check_log(scratch, traffic):
    """Every request that was answered 200 is one row."""
    rows = query(scratch, "AmlOnlineEndpointTrafficLog | where ResponseCode == 200 and DeploymentName == '%s' "
                          "| summarize rows = count() by id = XMSClientRequestId | order by id asc" % traffic.deployment)
    count = {row["id"]: row["rows"] for row in rows}
    missing = [one for one in traffic.acknowledged if one not in count]
    scratch.check("all %d answered requests are in the traffic log" % len(traffic.acknowledged), not missing, missing[:5])
    doubled = [one for one in count if count[one] != 1]
    scratch.check("each once", not doubled, doubled[:5])


def check_console(scratch, traffic):
    rows = query(scratch, "AmlOnlineEndpointConsoleLog | where Message startswith 'scored |' "
                          "| summarize rows = count() by id = trim(' ', tostring(split(Message, '|')[1]))")
    count = {row["id"]: row["rows"] for row in rows}
    missing = [one for one in traffic.acknowledged if one not in count]
    scratch.check("and so is what their script printed", not missing, missing[:5])
    doubled = [one for one in count if count[one] != 1]
    scratch.check("once, too", not doubled, doubled[:5])


def gateway_pid(scratch):
    return json.loads((scratch.path / "home/gateway/address.json").read_text())["pid"]


def start(scratch):
    server = scratch.start_server()
    live_endpoint.create(scratch, ENDPOINT).close()
    return server


def the_gateway_is_killed(scratch):
    start(scratch)
    with Traffic(scratch, "fast") as fast, Traffic(scratch, "script") as script:
        for _ in range(3):
            fast.wait_for_more()
            script.wait_for_more()
            pid = gateway_pid(scratch)
            os.kill(pid, signal.SIGKILL)
            wait_until("another gateway", lambda: gateway_pid(scratch) != pid)
            started = time.monotonic()
            fast.wait_for_more(1)
            script.wait_for_more(1)
            scratch.check("the gateway scores again (%.1f s)" % (time.monotonic() - started), True)
    for traffic in (fast, script):
        check_log(scratch, traffic)
    check_console(scratch, script)


def the_server_is_killed(scratch):
    server = start(scratch)
    pid = gateway_pid(scratch)
    with Traffic(scratch, "fast") as fast, Traffic(scratch, "script") as script:
        server.kill()
        server.wait()
        fast.wait_for_more(50)
        script.wait_for_more(50)
        scratch.start_server()
        fast.wait_for_more()
        script.wait_for_more()
    scratch.check("the gateway never failed a request meanwhile", not fast.refused + script.refused, (fast.refused + script.refused)[:3])
    scratch.check("the new server took it over", gateway_pid(scratch) == pid, (gateway_pid(scratch), pid))
    for traffic in (fast, script):
        check_log(scratch, traffic)
    check_console(scratch, script)


def a_worker_is_killed(scratch):
    start(scratch)
    call = scratch.caller(ENDPOINT)
    with Traffic(scratch, "fast") as fast:
        for _ in range(2):
            status, pid = call({"do": "pid"}, "script")
            scratch.check("the worker answers", status == 200, pid)
            os.kill(int(pid), signal.SIGKILL)
            answer = wait_until("another worker", lambda: (lambda a: a if a[0] == 200 else None)(call({"do": "pid"}, "script")))
            scratch.check("the worker is back", answer[1] != pid, answer)
        status, answer = call({"do": "crash"}, "script")
        scratch.check("a worker that dies over a request fails this request", status == 424 and "ended" in answer, (status, answer))
        wait_until("another worker", lambda: call({"do": "pid"}, "script")[0] == 200)
        fast.wait_for_more()
    scratch.check("the other deployment never noticed", not fast.refused, fast.refused[:3])
    check_log(scratch, fast)
    rows = query(scratch, "AmlOnlineEndpointEventLog | where DeploymentName == 'script' | distinct Name")
    scratch.check("the event log tells of it", len(rows) >= 2, rows)


def damage_record(segment, request_id):
    """Changes a byte of the record of a request, in the middle of a segment."""
    place = segment.read_bytes().index(b'"%s"' % request_id.encode())
    with open(segment, "r+b") as file:
        file.seek(place + 1)
        file.write(b"?")


def a_segment_is_damaged(scratch):
    server = start(scratch)
    call = scratch.caller(ENDPOINT)
    server.kill()  # the gateway goes on, and nobody empties its spool
    server.wait()
    ids = ["kept-%d" % number for number in range(20)]
    scratch.check("requests are answered", {call(live_endpoint.GOOD_ROWS, "fast", one)[0] for one in ids} == {200})
    call.close()
    segment = max((scratch.path / "home/spool/gateway").glob("*.segment"))
    os.kill(gateway_pid(scratch), signal.SIGKILL)
    damage_record(segment, ids[7])
    scratch.start_server()
    rows = query(scratch, "AmlOnlineEndpointTrafficLog | where XMSClientRequestId startswith 'kept-' | summarize rows = count() by id = XMSClientRequestId")
    scratch.check("all records but the damaged one are in the log, once", {row["id"]: row["rows"] for row in rows} ==
                  {one: 1 for one in ids if one != ids[7]}, rows)
    scratch.check("the segment is in quarantine, with the reason",
                  sorted(file.name for file in (scratch.path / "home/spool/quarantine").iterdir()) ==
                  ["gateway-%s.reason.txt" % segment.stem, "gateway-%s.segment" % segment.stem],
                  list((scratch.path / "home/spool").rglob("*")))
    events = query(scratch, "AmlOnlineEndpointEventLog | where Name == 'LogSegmentDamaged' | project Message")
    scratch.check("the event log tells of it", len(events) == 1 and "the checksum does not match" in events[0]["Message"], events)
    scratch.expect("and so does the doctor", ["slipway", "doctor", "-o", "table"], 1, out=r"quarantine.*the checksum does not match")


SCENARIOS = [the_gateway_is_killed, the_server_is_killed, a_worker_is_killed, a_segment_is_damaged]
