"""The part of `train` that is scikit-learn's: the same pipeline as slipway::sdk::Classifier on one split.

Usage: FOLDER TARGET SEED DEPTH CRITERION THREADS; prints seconds, memory and metrics as JSON. TREES in the environment
changes the number of trees.
"""

import json
import os
import resource
import sys
import time

import pandas
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

folder, target, seed, depth, criterion, threads = sys.argv[1:]
train = pandas.read_csv(f"{folder}/train-{seed}.csv")
test = pandas.read_csv(f"{folder}/test-{seed}.csv")
train_labels, test_labels = train.pop(target).astype(int), test.pop(target).astype(int)
texts = [name for name in train if train[name].dtype == object]
numbers = [name for name in train if name not in texts]
columns = ColumnTransformer([("numbers", SimpleImputer(strategy="median"), numbers),
                             ("texts", OneHotEncoder(handle_unknown="ignore"), texts)], sparse_threshold=0)
forest = RandomForestClassifier(int(os.environ.get("TREES", 500)), max_depth=int(depth), criterion=criterion, random_state=int(seed),
                                n_jobs=int(threads))
pipeline = make_pipeline(columns, forest)
with open("/proc/self/statm") as statm:
    data_mb = int(statm.read().split()[1]) * resource.getpagesize() / 2**20
begin, begin_cpu = time.perf_counter(), time.process_time()
pipeline.fit(train, train_labels)
seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
scores = pipeline.predict_proba(test)[:, 1]
print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "data_mb": data_mb, "peak_mb": peak_mb,
                  "roc_auc": roc_auc_score(test_labels, scores),
                  "accuracy": accuracy_score(test_labels, scores > 0.5),
                  "f1_score": f1_score(test_labels, scores > 0.5)}))
