#!/usr/bin/env python3
"""Black-box tests of workflows: run.py BUILD_FOLDER [NAME-PART]."""

import sys
import time
import traceback

import crash_cases
import event_cases
import example_cases
import file_cases
import postgres_cases
from harness import World


def checks():
    yield "refused", [file_cases.check_refused], True
    yield "files", [file_cases.check_files], False
    for module in (event_cases, example_cases, postgres_cases, crash_cases):
        functions = [each for name, each in vars(module).items() if name.startswith("check_")]
        if module is crash_cases:
            yield "crashes", functions, True
            continue
        for each in functions:
            yield each.__name__[len("check_"):], [each], True


def main():
    build, part = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    reports = []
    for name, functions, is_simple in checks():
        if part not in name:
            continue
        world = World(build)
        began = time.monotonic()
        try:
            if is_simple:
                world.make_repository()
                world.start()
            for function in functions:
                function(world)
            print(f"ok    {name}  ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception:
            reports.append(f"FAIL  {name}\n{traceback.format_exc()}")
            print(reports[-1], flush=True)
        finally:
            world.close()
    print(f"{len(reports)} failures", *reports, sep="\n", flush=True)  # again, and last: only the end of a long output may be kept
    return 1 if reports else 0


if __name__ == "__main__":
    sys.exit(main())
