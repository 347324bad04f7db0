"""A real podman with storage, configuration and images of its own in a scratch folder; no network is needed: the images are made from
busybox."""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from packages import install  # noqa: E402

PACKAGES = ["podman", "crun", "busybox-static"]
APPLETS = "sh cat chmod cp echo env false grep head id kill ls mkdir mv ps rm seq sleep stat touch true tr wc wget".split()
SECONDS = 120


def why_missing():
    """"" once podman is installed; installs it where that can be done."""
    if os.geteuid() != 0:
        return "podman is tried as root"
    if shutil.which("podman") and pathlib.Path("/bin/busybox").exists():
        return ""
    return install(PACKAGES)


class CannotRun(Exception):
    """What keeps containers from running on this machine."""


class Engine:
    """Its images and containers are gone after the block."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-podman-"))
        storage = self.folder / "storage.conf"
        storage.write_text('[storage]\ndriver = "vfs"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' % (self.folder, self.folder))
        self.configuration = self.folder / "containers.conf"
        self.environment = {"CONTAINERS_CONF": str(self.configuration), "CONTAINERS_STORAGE_CONF": str(storage)}
        try:
            self.configure("crun")
            self.make_image("localhost/tiny:1", "first")
            self.choose_runtime()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        self.run("rm", "--force", "--all", "--time", "0")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *words):
        return subprocess.run(["podman", *words], env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=SECONDS,
                              stdin=subprocess.DEVNULL)

    def configure(self, runtime):
        limits = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}  # podman's own may be more than root may set
        values = {name: resource.getrlimit(limit)[1] for name, limit in limits.items()}
        values = {name: 4096 if value == resource.RLIM_INFINITY else min(value, 4096) for name, value in values.items()}
        ulimits = ["%s=%d:%d" % (name, value, value) for name, value in values.items()]
        self.configuration.write_text('[containers]\ndefault_ulimits = %s\n[engine]\ncgroup_manager = "cgroupfs"\nruntime = "%s"\n'
                                      % (json.dumps(ulimits), runtime))

    def choose_runtime(self):
        """crun, or runc where crun does not know the machine's cgroups."""
        failures = []
        for runtime in ("crun", "runc"):
            if not shutil.which(runtime) and install([runtime]):
                continue
            self.configure(runtime)
            done = self.run("run", "--rm", "--network", "host", "localhost/tiny:1", "true")
            if done.returncode == 0:
                return
            failures.append("%s: %s" % (runtime, done.stderr.strip()[-300:]))
        raise CannotRun("; ".join(failures))

    def make_image(self, name, content):
        """busybox, what it says, and a conda that makes an environment of one program."""
        root = self.folder / "root"
        shutil.rmtree(root, ignore_errors=True)
        for folder in ("bin", "etc", "tmp"):
            (root / folder).mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin/busybox")
        for applet in APPLETS:
            (root / "bin" / applet).symlink_to("busybox")
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (root / "etc/content").write_text(content + "\n")
        conda = root / "bin/conda"
        conda.write_text('#!/bin/sh\n[ "$1 $2" = "env create" ] || exit 1\nmkdir -p "$5/bin"\n'
                         'printf "#!/bin/sh\\ngrep -c . %s\\n" "$7" >"$5/bin/packages"\nchmod 755 "$5/bin/packages"\n')
        conda.chmod(0o755)
        archive = self.folder / "image.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(root, ".")
        done = self.run("import", "--change", "ENV IMAGE_SAYS=hello", "--change", "USER 1234", str(archive), name)
        if done.returncode != 0:
            raise CannotRun("podman import: " + done.stderr.strip()[-300:])

    def containers(self):
        return self.run("ps", "--all", "--quiet").stdout.split()
