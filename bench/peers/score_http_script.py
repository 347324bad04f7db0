"""The Python scoring script of `score-http`: reads the rows and answers a constant, so that what is measured is the way there."""
import json


def init():
    pass


def run(data):
    rows = json.loads(data)["data"]
    return {"predictions": [0.123456] * len(rows)}
