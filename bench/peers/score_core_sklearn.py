"""scikit-learn's side of `score-core`, on one thread.

fit WORK DATA.csv TARGET   trains the same kind of forest on the same features
time WORK ROUND            one round of measurements, as one line of JSON
"""

import json
import pickle
import statistics
import sys
import time

import numpy
import pandas
from sklearn.ensemble import RandomForestClassifier


def features(work, rows):
    values = numpy.fromfile(f"{work}/features.f32", dtype=numpy.float32)
    return values.reshape(rows, -1)


def fit(work, data, target):
    labels = pandas.read_csv(data)[target].to_numpy()
    forest = RandomForestClassifier(n_estimators=500, max_depth=10, random_state=42, n_jobs=2)
    forest.fit(features(work, len(labels)), labels)
    forest.n_jobs = 1
    with open(f"{work}/sklearn.pickle", "wb") as file:
        pickle.dump((forest, len(labels)), file)


def seconds(body):
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


def measure(work, round_number):
    with open(f"{work}/sklearn.pickle", "rb") as file:
        forest, rows = pickle.load(file)
    matrix = features(work, rows)
    order = numpy.random.default_rng(1000 + round_number).permutation(rows)[:4000]
    one = statistics.median(seconds(lambda: forest.predict_proba(matrix[i : i + 1])) for i in order[:30])
    start = time.process_time()
    forest.predict_proba(matrix[order])
    batch = (time.process_time() - start) / len(order)
    print(json.dumps({"one_ns": one * 1e9, "batch_ns": batch * 1e9}))


if sys.argv[1] == "fit":
    fit(*sys.argv[2:5])
else:
    measure(sys.argv[2], int(sys.argv[3]))
