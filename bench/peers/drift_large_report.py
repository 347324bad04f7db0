"""Turns what bench/drift-large.sh measured into its result file. Usage: WORK_FOLDER ROWS CURRENT_ROWS COLUMNS"""
import json
import os
import sys

import results

work, rows, current, columns = sys.argv[1], *map(int, sys.argv[2:])


with open(os.path.join(work, "time")) as file:
    seconds, kilobytes = file.read().split()[-2:]
with open(os.path.join(work, "report.json")) as file:
    report = json.load(file)
shifted = sum(1 for column in report["columns"] if column["column"].endswith("9"))
if (report["reference_rows"], report["current_rows"], report["n_features"]) != (rows, current, columns):
    sys.exit("drift-large: the report is not of these tables")
found = [column["column"] for column in report["columns"] if column["drifted"]]
if any(not name.endswith("9") for name in found):
    sys.exit("drift-large: columns drifted that were not shifted: %s" % found)
what = "{:,} x {:,} against {:,}, Parquet".format(rows, columns, current)
held = 8e-6 * columns * (rows + current)


def figure(name, unit, value, target=None, met=None):
    return {"what": "%s, %s" % (name, what), "unit": unit, "ours": value, "peer": None, "peer_name": None, "ratio": None, "target": target, "met": met}


megabytes = int(kilobytes) / 1024
figures = [figure("a drift report", "s", float(seconds)), figure("largest memory", "MB", round(megabytes)),
           figure("the tables in memory would be", "MB", round(held)),
           figure("shifted columns that were found", "of %d" % shifted, len(found), "all", len(found) == shifted)]
print(results.document("drift-large", figures))
