"""A home whose file system runs full; needs a file system of a few megabytes, thus root."""
import json
import os
import re
import subprocess

import live_endpoint
from harness import wait_until

ENVIRONMENT = "name: shell\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh]}\n"
BYTES = 64 << 20
FULL = r"no space left|disk is full"


class SmallDisk:
    """A tmpfs that can be filled to its last byte."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=%d" % BYTES, "none", str(folder)]
        self.is_mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0

    def fill(self):
        with open(self.folder / "filling", "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass

    def free(self):
        (self.folder / "filling").unlink()

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


def requests(call, count):
    return [call(live_endpoint.GOOD_ROWS, "fast", "full-%d" % number)[0] for number in range(count)]


def refused(scratch):
    def is_refused(what, *words):
        scratch.expect("full: %s is refused" % what, ["slipway", *words], 1, out="", err="(?i)" + FULL)

    is_refused("a job", "job", "create", "-f", "job.yml", "--name", "while-full")
    is_refused("an endpoint", "online-endpoint", "create", "--name", "while-full-oe")
    is_refused("an upload", "data", "create", "--name", "while-full", "--path", "scoring")
    scratch.expect("full: what is there can be read", ["slipway", "online-endpoint", "list", "--query", "[].name", "-o", "tsv"], 0, out=r"^disk-oe\n$")


def recovered(scratch):
    scratch.expect("freed: nothing was half applied", ["slipway", "job", "list"], 0, out=r"^\[\]\n$")
    scratch.expect("freed: a job runs", ["slipway", "job", "create", "-f", "job.yml", "--name", "afterwards", "--stream"], 0, out=r"Completed")
    scratch.expect("freed: an endpoint is made", ["slipway", "online-endpoint", "create", "--name", "afterwards-oe", "-o", "none"], 0, out="")
    scratch.expect("freed: the same upload works", ["slipway", "data", "create", "--name", "while-full", "--path", "scoring", "--query",
                                                    "version", "-o", "tsv"], 0, out=r"^1\n$")


def count_rows(scratch):
    result = scratch.run(["slipway", "query", "AmlOnlineEndpointTrafficLog | where XMSClientRequestId startswith 'full-' | count"])
    return json.loads(result.stdout)[0]["Count"] if result.returncode == 0 else result.stderr


def a_full_disk(scratch):
    disk = SmallDisk(scratch.path / "disk")
    if not disk.is_mounted:
        print("skip a full disk: no file system can be mounted here")
        return
    home = scratch.environment["SLIPWAY_HOME"]
    scratch.environment["SLIPWAY_HOME"] = str(disk.folder / "home")
    try:
        walk(scratch, disk)
    finally:
        scratch.stop_servers()
        disk.close()
        scratch.environment["SLIPWAY_HOME"] = home


def walk(scratch, disk):
    server = scratch.start_server()
    scratch.write("shell.yml", ENVIRONMENT)
    scratch.write("job.yml", "command: echo hello\nenvironment: azureml:shell:1\n")
    scratch.run(["slipway", "environment", "create", "-f", "shell.yml"])
    call = live_endpoint.create(scratch, "disk-oe")
    disk.fill()
    refused(scratch)
    scratch.check("full: endpoints are scored", requests(call, 500) == [200] * 500)
    scratch.check("full: by scripts, too", call({"id": 1}, "script")[0] == 200)
    scratch.expect("full: a query says why it cannot see the newest", ["slipway", "query", "AmlOnlineEndpointTrafficLog | count"], 1,
                   out="", err="(?i)" + FULL)
    server.kill()
    server.wait()
    scratch.check("full, the server killed: endpoints are scored", requests(call, 10) == [200] * 10)
    gateway = (disk.folder / "home/gateway/address.json").read_text()
    # What the disk still takes decides whether it starts; it is to say that the disk is full either way.
    started = scratch.run(["timeout", "10", "slipway", "serve", "--port", "0", "--tls-port", "0", "--gateway-port", "0"])
    scratch.check("full: a starting server says so", started.returncode in (1, 124) and re.search("(?i)" + FULL, started.stderr), started)
    pid = json.loads(gateway)["pid"]
    scratch.check("and leaves the gateway alone", os.path.exists("/proc/%d" % pid), gateway)
    disk.free()
    scratch.start_server()
    recovered(scratch)
    wait_until("the log store's recovery", lambda: count_rows(scratch) == 510)
    scratch.check("freed: the log has every request that was answered meanwhile", count_rows(scratch) == 510, count_rows(scratch))
    call.close()


CASES = [a_full_disk]
