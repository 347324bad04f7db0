"""A large table like a small one: its rows again and again, every number moved by a little noise.

Usage: FOLDER ROWS; FOLDER/train-0.csv becomes that long, test-0.csv stays.
"""

import sys

import numpy
import pandas

folder, rows = sys.argv[1], int(sys.argv[2])
small = pandas.read_csv(f"{folder}/train-0.csv")
random = numpy.random.RandomState(0)
large = small.iloc[numpy.arange(rows) % len(small)].reset_index(drop=True)
for name in large.columns:
    if large[name].dtype == float:
        large[name] = (large[name] * (1 + 0.01 * random.standard_normal(rows))).round(2)
large.to_csv(f"{folder}/train-0.csv", index=False)
