"""Opens connections, asks once on each and leaves them open: what one costs the server. Usage: PORT PID COUNT [tls]

Prints {"connections", "kilobytes_each"}: the growth of the process' resident memory."""
import json
import os
import resource
import socket
import ssl
import sys

port, pid, count, tls = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), "tls" in sys.argv[4:]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def resident():
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def connect():
    raw = socket.create_connection(("127.0.0.1", port))
    connection = context.wrap_socket(raw) if tls else raw
    connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answer = b""
    while not answer.endswith(b"Healthy"):
        answer += connection.recv(4096)
    return connection


warm = [connect() for _ in range(100)]
before = resident()
kept = [connect() for _ in range(count)]
print(json.dumps({"connections": count, "kilobytes_each": round((resident() - before) / count / 1024, 2)}))
