"""What must hold of the requests of a load, whatever was done to the platform meanwhile. Times are of the monotonic clock."""
import dataclasses

FOREVER = float("inf")


@dataclasses.dataclass
class Request:
    id: str
    kind: str  # "good", "bad", "stranger" (wrong key), "lost" (unknown deployment)
    pinned: str  # the deployment it named; "" when the traffic chose
    connected: float  # when its connection was opened
    start: float
    end: float = FOREVER
    status: int = 0  # 0: no whole answer
    deployment: str = ""  # which one answered
    answer: str = ""
    version: int = 0  # of the script that answered


EXPECTED = {"good": 200, "bad": 424, "stranger": 401, "lost": 404}


class Timeline:
    """A setting's values one after the other. While a change is under way both may be in force."""

    def __init__(self, now, value):
        self.changes = [[now, now, value]]  # when it was begun, when it was certainly done, to what

    def begin(self, now, value):
        self.changes.append([now, FOREVER, value])

    def settle(self, now):
        self.changes[-1][1] = now

    @property
    def last(self):
        return self.changes[-1][2]

    def possible(self, start, end):
        """The values that may have been in force at some time from `start` to `end`."""
        nexts = [change[1] for change in self.changes[1:]] + [FOREVER]
        return [value for (begun, _, value), replaced in zip(self.changes, nexts) if begun <= end and replaced >= start]


@dataclasses.dataclass
class Outage:
    """What was killed, and until when requests may feel it."""
    what: str  # "gateway", or the deployment whose worker it was
    begin: float
    end: float = FOREVER

    def excuses(self, request):
        if request.status == 0:  # a connection of that time may break later, when it is used again
            return self.what == "gateway" and self.begin <= request.end and min(request.connected, request.start) <= self.end
        is_touched = self.begin <= request.end and request.start <= self.end
        if self.what == "gateway":
            return is_touched and request.status == 424 and "not ready" in request.answer.lower()
        return is_touched and request.status == 424 and request.deployment == self.what and (
            "ended while it ran" in request.answer or "not ready" in request.answer.lower())


class History:
    def __init__(self, now, traffic, versions):
        self.traffic = Timeline(now, traffic)
        self.versions = {name: Timeline(now, version) for name, version in versions.items()}
        self.outages = []

    def complaint(self, request):
        """What is wrong with how a request ended; "" when nothing is."""
        if request.status != EXPECTED[request.kind]:
            if any(outage.excuses(request) for outage in self.outages):
                return ""
            return "%d instead of %d" % (request.status, EXPECTED[request.kind])
        if request.kind in ("stranger", "lost"):
            return ""
        allowed = {request.pinned} if request.pinned else frozenset().union(*self.traffic.possible(request.start, request.end))
        if request.deployment not in allowed:
            return "answered by '%s', which was not one of %s" % (request.deployment, sorted(allowed))
        if request.kind == "good" and request.deployment in self.versions:
            versions = self.versions[request.deployment].possible(request.start, request.end)
            if request.version not in versions:
                return "answered by version %d of '%s', which was not one of %s" % (request.version, request.deployment, versions)
        return ""
