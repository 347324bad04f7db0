"""The client dies while it uploads."""
import json
import random
import subprocess
import time


def a_client_is_killed_over_an_upload(scratch):
    generator = random.Random(5)
    scratch.start_server()
    folder = scratch.path / "big"
    folder.mkdir()
    for number in range(40):
        (folder / ("part%02d" % number)).write_bytes(generator.randbytes(500_000))
    create = ["slipway", "data", "create", "--name", "big", "--path", "big", "--query", "version", "-o", "tsv"]
    for _ in range(4):
        client = subprocess.Popen(create, cwd=scratch.path, env=scratch.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0.01, 0.2))
        client.kill()
        client.wait()
    scratch.expect("the server goes on", ["slipway", "workspace", "list", "-o", "none"], 0, out="")
    listed = scratch.run(["slipway", "data", "list", "--name", "big"]).stdout  # nothing when no client came to its end
    version = str(len(json.loads(listed or "[]")) + 1)
    scratch.expect("the same upload works afterwards", create, 0, out=r"^%s\n$" % version)
    scratch.expect("and is whole", ["slipway", "data", "show", "-n", "big", "-v", version, "--query", "path"], 0, out=r"azureml://")
    stored = scratch.path / "home/datastores/workspaceblobstore/LocalUpload"
    files = {file.name: file.read_bytes() for file in stored.rglob("part*")}
    scratch.check("all files are there, byte for byte", files == {file.name: file.read_bytes() for file in folder.iterdir()}, sorted(files))
    scratch.check("no half file is left", not [file for file in stored.rglob("*") if file.is_file() and not file.name.startswith("part")],
                  list(stored.rglob("*"))[:5])


SCENARIOS = [a_client_is_killed_over_an_upload]
