"""Debian's packages of servers that suites start, where they can be installed."""
import os
import subprocess


def install(packages):
    """"" once they are installed, else why they are not. Suites run side by side: one waits while another installs."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    command = ["apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", *packages]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    return "" if done.returncode == 0 else "the packages %s cannot be installed: %s" % (" ".join(packages), done.stderr.strip()[-300:])
