#!/usr/bin/env python3
"""Kills processes at any time and looks whether anything was lost, doubled or left behind: run.py BUILD_DIR [SCENARIO…].

Moments are drawn with fixed seeds; what a killed process was doing then is up to the machine, so every run tries others.
"""
import pathlib
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "cli")]
import alert_crashes  # noqa: E402
import harness  # noqa: E402
import job_crashes  # noqa: E402
import traffic_crashes  # noqa: E402
import upload_crashes  # noqa: E402

SCENARIOS = [*alert_crashes.SCENARIOS, *job_crashes.SCENARIOS, *traffic_crashes.SCENARIOS, *upload_crashes.SCENARIOS]


def main():
    wanted = sys.argv[2:]
    counts = []
    for scenario in SCENARIOS:
        if wanted and scenario.__name__ not in wanted:
            continue
        scratch = harness.Scratch(sys.argv[1])
        started = time.monotonic()
        print("-- %s" % scenario.__name__)
        try:
            scenario(scratch)
            scratch.stop_servers()
            scratch.check_nothing_runs("nothing is left behind")
        except Exception as error:  # the other scenarios say more
            scratch.check("%s ran to its end" % scenario.__name__, False, repr(error))
        finally:
            scratch.close()
        print("   %.1f s" % (time.monotonic() - started), flush=True)
        counts.append((scratch.count, scratch.failures))
    return harness.conclude(counts, "checks")


if __name__ == "__main__":
    sys.exit(main())
