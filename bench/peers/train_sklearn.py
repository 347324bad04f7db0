"""The part of `train` that is scikit-learn's: the same pipeline as slipway::sdk::Classifier on one split.

Usage: FOLDER TARGET SEED DEPTH CRITERION THREADS; prints seconds and metrics as JSON.
"""

import json
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
forest = RandomForestClassifier(500, max_depth=int(depth), criterion=criterion, random_state=int(seed),
                                n_jobs=int(threads))
pipeline = make_pipeline(columns, forest)
begin = time.perf_counter()
pipeline.fit(train, train_labels)
seconds = time.perf_counter() - begin
scores = pipeline.predict_proba(test)[:, 1]
print(json.dumps({"seconds": seconds, "roc_auc": roc_auc_score(test_labels, scores),
                  "accuracy": accuracy_score(test_labels, scores > 0.5), "f1_score": f1_score(test_labels, scores > 0.5)}))
