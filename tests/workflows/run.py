#!/usr/bin/env python3
"""Black-box tests of workflows: run.py BUILD_FOLDER [NAME-PART]."""

import sys
import time
import traceback

import crash_cases
import event_cases
import example_cases
import file_cases
from harness import World


def checks():
    yield "refused", [file_cases.check_refused], True
    yield "files", [file_cases.check_files], False
    for module in (event_cases, example_cases, crash_cases):
        functions = [each for name, each in vars(module).items() if name.startswith("check_")]
        if module is crash_cases:
            yield "crashes", functions, True
            continue
        for each in functions:
            yield each.__name__[len("check_"):], [each], True


def main():
    build, part = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    failed = 0
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
            failed += 1
            print(f"FAIL  {name}\n{traceback.format_exc()}", flush=True)
        finally:
            world.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
