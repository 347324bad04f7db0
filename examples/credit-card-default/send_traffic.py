#!/usr/bin/env python3
"""Sends rows of a CSV file to an online endpoint, as any client would: HTTPS, one connection, a bearer key.

    send_traffic.py --url SCORING_URI --key KEY --csv FILE [--requests N] [--rows ROWS_PER_REQUEST] [--ca CA_FILE]

Prints the number of requests and rows, the failures and the latency in milliseconds.
"""
import argparse
import csv
import http.client
import json
import ssl
import sys
import time
import urllib.parse


def read_records(path):
    def value(text):
        try:
            return int(text) if text.lstrip("-").isdigit() else float(text)
        except ValueError:
            return text or None

    with open(path, newline="") as file:
        return [{name: value(text) for name, text in row.items()} for row in csv.DictReader(file)]


def batches(records, rows, requests):
    """Bodies of `rows` records each; the file is read over and over until there are `requests` (0: once through)."""
    if requests == 0:
        requests = -(-len(records) // rows)
    for number in range(requests):
        start = number * rows % len(records)
        yield json.dumps({"data": records[start:start + rows]})


def connect(url, ca):
    if url.scheme == "http":
        return http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    return http.client.HTTPSConnection(url.hostname, url.port, timeout=30, context=ssl.create_default_context(cafile=ca))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--csv", required=True)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--deployment")
    parser.add_argument("--ca")
    arguments = parser.parse_args()

    url = urllib.parse.urlsplit(arguments.url)
    connection = connect(url, arguments.ca)
    headers = {"Authorization": "Bearer " + arguments.key, "Content-Type": "application/json"}
    if arguments.deployment:
        headers["azureml-model-deployment"] = arguments.deployment
    latencies, answered_by, failures = [], {}, 0
    for body in batches(read_records(arguments.csv), arguments.rows, arguments.requests):
        start = time.perf_counter()
        connection.request("POST", url.path, body, headers)
        response = connection.getresponse()
        text = response.read()
        latencies.append((time.perf_counter() - start) * 1000)
        name = response.getheader("azureml-model-deployment", "?")
        answered_by[name] = answered_by.get(name, 0) + 1
        if response.status != 200:
            failures += 1
            print("status %d: %s" % (response.status, text[:300].decode("utf-8", "replace")), file=sys.stderr)
    latencies.sort()

    def quantile(share):
        return latencies[min(len(latencies) - 1, int(share * len(latencies)))]

    print("%d requests of %d rows, %d failed; latency ms: p50 %.2f  p90 %.2f  p99 %.2f  max %.2f" % (
        len(latencies), arguments.rows, failures, quantile(.5), quantile(.9), quantile(.99), latencies[-1]))
    print("answered by: " + ", ".join("%s %d" % pair for pair in sorted(answered_by.items())))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
