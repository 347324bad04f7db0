"""A real Slurm cluster of one node, this machine: munged, slurmctld and slurmd on the loopback, with a configuration, keys and state
of their own in a scratch folder."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from packages import install  # noqa: E402
from ports import free_port  # noqa: E402

PACKAGES = ["slurmctld", "slurmd", "slurm-client", "munge"]
PROGRAMS = ["slurmctld", "slurmd", "sbatch", "munged"]
SECONDS = 120

CONFIGURATION = """\
ClusterName=slipway
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/munge.socket
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=2
SchedulerParameters=sched_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def why_missing():
    """"" once the daemons are installed; installs them where that can be done."""
    if os.geteuid() != 0:
        return "the daemons are started as root"
    if all(shutil.which(program) for program in PROGRAMS):
        return ""
    return install(PACKAGES)


class Cluster:
    """Runs while the block does."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-slurm-"))
        self.processes = []
        for name in ("state", "spool", "munge"):
            (self.folder / name).mkdir(mode=0o755)
        self.folder.chmod(0o755)
        host = socket.gethostname().split(".")[0]
        self.configuration = self.folder / "slurm.conf"
        self.configuration.write_text(CONFIGURATION.format(host=host, folder=self.folder, ports=[free_port(), free_port()]))
        self.environment = dict(os.environ, SLURM_CONF=str(self.configuration))
        key = self.folder / "munge/key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        try:
            self.start(["munged", "--foreground", "--force", "--key-file=%s" % key, "--socket=%s/munge/munge.socket" % self.folder,
                        "--pid-file=%s/munge/pid" % self.folder, "--log-file=%s/munge/log" % self.folder,
                        "--seed-file=%s/munge/seed" % self.folder, "--num-threads=2"])
            self.wait_for("munged's socket", (self.folder / "munge/munge.socket").exists)
            self.start(["slurmctld", "-D", "-c"])
            self.start(["slurmd", "-D", "-N", host])
            self.wait_for("an idle node", lambda: self.ask("sinfo", "-h", "-o", "%T").startswith("idle"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, words):
        output = open(self.folder / (words[0] + ".out"), "ab")
        self.processes.append(subprocess.Popen(words, env=self.environment, stdout=output, stderr=subprocess.STDOUT, cwd=self.folder,
                                               stdin=subprocess.DEVNULL))

    def ask(self, *words):
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=SECONDS)
        return done.stdout.strip()

    def wait_for(self, what, holds):
        deadline = time.monotonic() + SECONDS
        while not holds():
            if time.monotonic() > deadline:
                logs = "\n".join("%s: %s" % (log.name, log.read_text(errors="replace")[-1500:]) for log in self.folder.glob("*.log"))
                logs += "\n".join("%s: %s" % (log.name, log.read_text(errors="replace")[-500:]) for log in self.folder.glob("*.out"))
                raise RuntimeError("waited in vain for %s\n%s" % (what, logs))
            time.sleep(0.1)
