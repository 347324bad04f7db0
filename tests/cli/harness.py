"""Runs command lines and compares exit status and output with what is expected."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from ports import serve_ports  # noqa: E402


# Far more than anything takes here, also on a machine that is busy with other things: only what never comes runs into it.
PATIENCE = 120


def wait_until(what, holds, seconds=PATIENCE, detail=lambda: ""):
    """Waits for a condition and returns its (true) value; a condition that never holds is an error, which `detail` tells more of."""
    deadline = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > deadline:
            raise RuntimeError("waited %d s in vain: %s\n%s" % (seconds, what, detail()))
        time.sleep(0.05)


class Caller:
    """Calls an online endpoint as any client would: HTTPS, a bearer key, one connection while it holds."""

    def __init__(self, uri, key, ca):
        self.uri = urllib.parse.urlsplit(uri)
        self.key = key
        self.context = ssl.create_default_context(cafile=ca)
        self.connection = None

    def __call__(self, body, deployment=None, request_id=None, key=None):
        """(status, answer). OSError or http.client.HTTPException when there is no whole answer."""
        headers = {"Authorization": "Bearer " + (self.key if key is None else key), "Content-Type": "application/json"}
        if deployment:
            headers["azureml-model-deployment"] = deployment
        if request_id:
            headers["x-ms-client-request-id"] = request_id
        body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        try:
            if not self.connection:
                self.connection = http.client.HTTPSConnection(self.uri.hostname, self.uri.port, timeout=PATIENCE, context=self.context)
            self.connection.request("POST", self.uri.path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def conclude(counts, what):
    """Prints how many checks there were and, once more and last, what each failed one said; the exit status of the suite.

    Where only the end of a long output is kept, that end has to tell what failed.
    """
    count = sum(number for number, _ in counts)
    reports = [report for _, some in counts for report in some]
    print("%d %s, %d failures" % (count, what, len(reports)))
    print("\n".join(reports), end="\n" if reports else "", flush=True)
    return 1 if reports else 0


class Scratch:
    """A scratch folder with a home, a configuration folder and files, and the programs of a build."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="slipway-cli-"))
        self.environment = {
            "HOME": str(self.path),
            "PATH": "%s:%s" % (self.build / "bin", os.environ.get("PATH", "/usr/bin:/bin")),
            "SLIPWAY_HOME": str(self.path / "home"),
            "AZURE_CONFIG_DIR": str(self.path / "azure"),
            "SLIPWAY_SDK": str(self.build),
            "LANG": "C.UTF-8",
        }
        self.failures = []  # what each failed check printed
        self.count = 0
        self.servers = []
        self.ports = {}  # of each home, for all lives of its server

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    def run(self, words, timeout=2 * PATIENCE, **environment):
        return subprocess.run(words, cwd=self.path, env={**self.environment, **environment}, text=True, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)

    def expect(self, what, words, status, out=None, err=None, **environment):
        """`out` and `err` are regular expressions that have to be found ("" = nothing may be printed)."""
        self.count += 1
        result = self.run(words, **environment)
        problems = []
        if result.returncode != status:
            problems.append("exit status %d, expected %d" % (result.returncode, status))
        for name, text, pattern in (("stdout", result.stdout, out), ("stderr", result.stderr, err)):
            if pattern == "" and text:
                problems.append("%s is not empty" % name)
            elif pattern and not re.search(pattern, text, re.S):
                problems.append("%s has no match of %r" % (name, pattern))
        if problems:
            lines = ["$ " + " ".join(words), *problems]
            for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
                lines += ["%s| %s" % (name, line) for line in text.splitlines()[:20]]
            self.fail(what, lines)
        else:
            print("ok   %s" % what)
        return result

    def fail(self, what, lines):
        self.failures.append("\n".join(["FAIL " + what, *("     " + line for line in lines)]))
        print(self.failures[-1])

    def tsv(self, *words, **environment):
        """What a command line prints with `-o tsv`; it has to succeed."""
        result = self.run(["slipway", *words, "-o", "tsv"], **environment)
        if result.returncode != 0:
            raise RuntimeError("slipway %s: %s" % (" ".join(words), result.stderr))
        return result.stdout.strip()

    def check(self, what, holds, detail=""):
        """Something that is no command line's output."""
        self.count += 1
        if holds:
            print("ok   %s" % what)
        else:
            self.fail(what, [str(detail)])
        return holds

    def caller(self, endpoint, home=None, workspace="default"):
        home = home or self.environment["SLIPWAY_HOME"]
        which = ["-n", endpoint, "-w", workspace]
        return Caller(self.tsv("online-endpoint", "show", *which, "--query", "scoring_uri", SLIPWAY_HOME=home),
                      self.tsv("online-endpoint", "get-credentials", *which, "--query", "primaryKey", SLIPWAY_HOME=home),
                      home + "/tls/ca.pem")

    def start_server(self, home=None, arguments=()):
        """A server on ports that are its home's, once it answers."""
        home = home or self.environment["SLIPWAY_HOME"]
        ports = self.ports.setdefault(home, serve_ports())
        log = open(self.path / "serve.log", "ab")
        server = subprocess.Popen(["slipway", "serve", *ports, *arguments],
                                  cwd=self.path, env={**self.environment, "SLIPWAY_HOME": home}, stdout=log,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.servers.append(server)
        def answers():
            if server.poll() is not None:
                raise RuntimeError("the server did not start:\n" + self.server_log())
            return self.run(["slipway", "workspace", "list", "-o", "none"], SLIPWAY_HOME=home).returncode == 0

        wait_until("the server's first answer", answers, detail=self.server_log)
        return server

    def server_log(self):
        return (self.path / "serve.log").read_text()[-2000:]

    def process_ids(self):
        """All processes that have this scratch folder in their environment."""
        for folder in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % folder, "rb") as file:
                    is_ours = str(self.path).encode() in file.read()
            except OSError:
                continue
            if is_ours:
                yield int(folder)

    def processes(self):
        """Their command lines."""
        found = []
        for process in self.process_ids():
            try:
                with open("/proc/%d/cmdline" % process, "rb") as file:
                    found.append(file.read().replace(b"\0", b" ").decode())
            except OSError:
                pass
        return found

    def check_nothing_runs(self, what):
        """That all processes of ours are gone; an orphan may take a moment to go."""
        try:
            wait_until(what, lambda: not self.processes())
        except RuntimeError:
            pass
        self.check(what, not self.processes(), self.processes())

    def stop_servers(self):
        for server in self.servers:
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)
                try:
                    server.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    server.kill()

    def close(self):
        self.stop_servers()
        for process in self.process_ids():  # a gateway outlives a server that was killed
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.path, ignore_errors=True)
