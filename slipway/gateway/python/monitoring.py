"""Data collection from Python scoring scripts, under the names and with the interface of Azure's package
azureml-ai-monitoring:

    from azureml.ai.monitoring import Collector
    from azureml.ai.monitoring.context import BasicCorrelationContext

    inputs = Collector(name="model_inputs", on_error=lambda error: print("not collected:", error))
    context = inputs.collect(data_frame)

worker_shim.py loads it and connects it with the gateway, which writes the records. Needs nothing but Python's standard
library; data frames bring their own pandas.
"""

import types
import uuid

__version__ = "slipway"


class CorrelationContext:
    """What the records of one call share: an id."""

    def get_id(self):
        raise NotImplementedError


class BasicCorrelationContext(CorrelationContext):
    """A given id; without one, a new one."""

    def __init__(self, id=None):  # the name is the interface's
        self._id = str(id) if id is not None else str(uuid.uuid4())

    def get_id(self):
        return self._id


class Gateway:
    """Where collected rows go; set by connect()."""

    enabled = frozenset()
    send = None  # send(collection, correlation_id, rows as JSON text, type's name)
    request_id = staticmethod(lambda: None)


def full_name(value):
    return f"{type(value).__module__}.{type(value).__qualname__}"


def rows_of(data):
    """A data frame's rows as the JSON text of a list of records."""
    if not (type(data).__name__ == "DataFrame" and callable(getattr(data, "to_json", None))):
        raise TypeError(f"data type ({full_name(data)}) not supported, supported types: pandas.core.frame.DataFrame")
    return data.to_json(orient="records", date_format="iso")


class Collector:
    """Collects data frames under a name that the deployment's data_collector knows. A failure is raised, or handed to
    on_error when there is one."""

    def __init__(self, name, *, on_error=None):
        if on_error is not None and not callable(on_error):
            raise TypeError("on_error has to be a function of one argument, the exception")
        self.name = name
        self.on_error = on_error
        self.is_enabled = isinstance(name, str) and name.lower() in Gateway.enabled
        if not self.is_enabled:
            self._fail(Exception(f"collection {name} is not enabled or not found in the config: add it to the "
                                 "deployment's data_collector"))

    def collect(self, data, correlation_context=None):
        """Gives the context for further records of the same call: the one given, or the request's."""
        if correlation_context is None:
            correlation_context = BasicCorrelationContext(Gateway.request_id())
        if not self.is_enabled:
            return correlation_context
        try:
            Gateway.send(self.name, correlation_context.get_id(), rows_of(data), full_name(data))
        except Exception as error:  # whatever it is, it is on_error's
            self._fail(error)
        return correlation_context

    def _fail(self, error):
        if self.on_error is None:
            raise error
        self.on_error(error)


def connect(enabled, send, request_id):
    Gateway.enabled = frozenset(name.lower() for name in enabled)
    Gateway.send = staticmethod(send)
    Gateway.request_id = staticmethod(request_id)


def modules():
    """The modules of Azure's package, by their names."""
    context = types.ModuleType("azureml.ai.monitoring.context")
    context.CorrelationContext = CorrelationContext
    context.BasicCorrelationContext = BasicCorrelationContext
    collector = types.ModuleType("azureml.ai.monitoring.collector")
    collector.Collector = Collector
    package = types.ModuleType("azureml.ai.monitoring")
    package.__path__ = []
    package.__version__ = __version__
    package.Collector = Collector
    package.context = context
    package.collector = collector
    return {module.__name__: module for module in (package, context, collector)}
