"""Ports of servers that are killed and started again."""
import random
import socket


def free_port():
    """A port that nobody has, below those that the kernel hands out: no connection takes it while its server is down."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def serve_ports():
    """What tells `slipway serve` its ports, for all lives of one home."""
    return [word for name in ("--port", "--tls-port", "--gateway-port") for word in (name, str(free_port()))]
