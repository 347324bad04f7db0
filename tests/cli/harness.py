"""Runs command lines and compares exit status and output with what is expected."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time


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
        self.failures = 0
        self.count = 0
        self.servers = []

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    def run(self, words, timeout=120, **environment):
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
        print("%s %s" % ("FAIL" if problems else "ok  ", what))
        if problems:
            self.failures += 1
            print("     $ %s" % " ".join(words))
            for problem in problems:
                print("     " + problem)
            for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
                print("".join("     %s| %s\n" % (name, line) for line in text.splitlines()[:20]), end="")
        return result

    def start_server(self, home=None, arguments=()):
        """A server on free ports, once it answers."""
        home = home or self.environment["SLIPWAY_HOME"]
        log = open(self.path / "serve.log", "ab")
        server = subprocess.Popen(["slipway", "serve", "--port", "0", "--tls-port", "0", "--gateway-port", "0", *arguments],
                                  cwd=self.path, env={**self.environment, "SLIPWAY_HOME": home}, stdout=log,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.servers.append(server)
        for _ in range(200):
            if server.poll() is not None:
                raise RuntimeError("the server did not start:\n" + (self.path / "serve.log").read_text()[-2000:])
            if self.run(["slipway", "workspace", "list", "-o", "none"], SLIPWAY_HOME=home).returncode == 0:
                return server
            time.sleep(0.1)
        raise RuntimeError("the server never answered:\n" + (self.path / "serve.log").read_text()[-2000:])

    def close(self):
        for server in self.servers:
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)
                try:
                    server.wait(20)
                except subprocess.TimeoutExpired:
                    server.kill()
        shutil.rmtree(self.path, ignore_errors=True)
