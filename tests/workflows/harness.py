"""A server with a home, a Git repository and the command line, for the suites of workflows."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from ports import serve_ports  # noqa: E402

WAIT = 180  # seconds; the machine may be slow and loaded


class World:
    def __init__(self, build):
        self.bin = pathlib.Path(build).resolve() / "bin"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-workflows-"))
        self.home = self.folder / "home"
        self.repository = self.folder / "repo"
        self.environment = dict(os.environ, SLIPWAY_HOME=str(self.home), HOME=str(self.folder), SLIPWAY_USER="tester",
                                AZURE_CONFIG_DIR=str(self.folder / "azure"), GIT_CONFIG_GLOBAL="/dev/null",
                                GIT_AUTHOR_NAME="t", GIT_AUTHOR_EMAIL="t@example.org", GIT_COMMITTER_NAME="t",
                                GIT_COMMITTER_EMAIL="t@example.org")
        for name in ("SLIPWAY_URL", "SLIPWAY_TOKEN", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GITHUB_TOKEN"):
            self.environment.pop(name, None)
        self.environment["SLIPWAY_SDK"] = str(self.bin.parent)
        self.server = None
        self.ports = serve_ports()
        self.serve_arguments = []

    def serve_command(self, *more):
        return [self.bin / "slipway-serve", *self.ports, *more, *self.serve_arguments]

    def start(self, with_gateway=False):
        log = open(self.folder / "serve.log", "ab")
        gateway = [] if with_gateway else ["--no-gateway"]
        self.server = subprocess.Popen(self.serve_command(*gateway), env=self.environment, stdout=log, stderr=log,
                                       cwd=self.folder)
        self.wait(lambda: self.run("workspace", "list", check=False).returncode == 0, "the server")

    def try_to_start(self):
        """What a server says that cannot start."""
        done = subprocess.run(self.serve_command("--no-gateway"), env=self.environment, text=True, capture_output=True,
                              timeout=WAIT, cwd=self.folder)
        if done.returncode == 0:
            raise AssertionError(f"the server did start: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def stop(self, with_signal=signal.SIGTERM):
        if not self.server:
            return
        self.server.send_signal(with_signal)
        self.server.wait(WAIT)
        self.server = None

    def close(self):
        try:
            self.stop()
        finally:
            self.end_jobs()
            shutil.rmtree(self.folder, ignore_errors=True)

    def end_jobs(self):
        """Jobs outlive their server: those of this world alone."""
        mark = f"SLIPWAY_WORKFLOW_JOB={self.folder}/".encode()
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                pass

    def run(self, *words, check=True, cwd=None, **options):
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        done = subprocess.run([self.bin / "slipway", *map(str, words)], env=self.environment, text=True,
                              capture_output=True, timeout=WAIT, cwd=cwd or self.repository if self.repository.exists()
                              else self.folder, errors="replace", **options)
        if check and done.returncode != 0:
            raise AssertionError(f"slipway {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *words, **options):
        return json.loads(self.run(*words, **options).stdout)

    def git(self, *words, cwd=None):
        return subprocess.run(["git", *words], cwd=cwd or self.repository, env=self.environment, check=True, text=True,
                              capture_output=True).stdout.strip()

    def make_repository(self, files=None):
        self.repository.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit(files or {"README.md": "x\n"})

    def commit(self, files, message="change"):
        for path, text in files.items():
            file = self.repository / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def show(self, run):
        return self.json("workflow", "show", run)

    def wait(self, condition, what):
        give_up = time.monotonic() + WAIT
        while time.monotonic() < give_up:
            value = condition()
            if value:
                return value
            time.sleep(0.2)
        raise AssertionError(f"waited {WAIT} s in vain for {what}; the server's log:\n"
                             + (self.folder / "serve.log").read_text(errors="replace")[-3000:])

    def wait_for_end(self, run):
        def ended():
            shown = self.show(run)
            return shown if shown["status"] == "completed" else None
        return self.wait(ended, f"the end of run {run}")

    def wait_for_run(self, workflow, count=1, event=None):
        """Runs of a workflow's name, once there are so many; oldest first."""
        def found():
            runs = [run for run in self.json("workflow", "list") if run["workflow"] == workflow
                    and (event is None or run["event"] == event)]
            return runs[::-1] if len(runs) >= count else None
        return self.wait(found, f"{count} runs of '{workflow}'")

    def log(self, run, job):
        return self.run("workflow", "logs", run, "--job", job).stdout

    def raw_logs(self, run, job_key):
        """What the steps' logs hold, as they are on disk."""
        folders = sorted((self.home / "workflows" / str(run)).glob("*/*"))
        texts = []
        for folder in folders:
            description = folder / "job.json"
            if description.exists() and json.loads(description.read_text())["job"]["key"] == job_key:
                for file in sorted((folder / "logs").glob("*.txt"), key=lambda file: int(file.stem)):
                    texts.append(file.read_text(errors="replace"))
        return "".join(texts)


def runs(words):
    """Does a process run whose command line holds these words?"""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if line.startswith(words):
                return True
        except OSError:
            pass
    return False


def job_of(run, key):
    for job in run["jobs"]:
        if job["key"] == key:
            return job
    raise AssertionError(f"run {run['id']} has no job '{key}': {[job['key'] for job in run['jobs']]}")


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: {actual!r}, not {wanted!r}")
