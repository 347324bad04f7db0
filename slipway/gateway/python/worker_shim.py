"""Runs a Python scoring script for the Slipway gateway: init() once, run(...) for every request.

The gateway starts it as `python3 worker_shim.py SCRIPT` with its socket as descriptor 3; the messages are described in
docs/formats/worker-protocol.md, the contract of scripts is the one of Azure Machine Learning's inference server. Needs
nothing but Python's standard library.
"""

import builtins
import email
import email.policy
import importlib
import importlib.util
import inspect
import io
import json
import logging
import os
import socket
import struct
import sys
import threading
import time
import traceback
import types
import urllib.parse

READY, FAILED, REQUEST, ANSWER, ROWS, PING, PONG = 1, 2, 3, 4, 5, 6, 7
TAKES_HTTP = 1
RUN_FAILED, HAS_EXEC_TIME = 1, 2
BOOT_ERROR_EXIT = 3
JSON_TYPE = "application/json"
RUN_ERROR = "An unexpected error occurred in scoring script. Check the logs for more info."
INTERNAL_ERROR = "An unexpected internal error occurred. Check the logs for more info."


class Headers(dict):
    """Header fields; names are looked up without case."""

    def __init__(self, pairs):
        super().__init__()
        self._names = {}
        for name, value in pairs:
            self._names[name.lower()] = name
            self[name] = value

    def get(self, name, default=None):
        return super().get(self._names.get(name.lower(), name), default)

    def __getitem__(self, name):
        return super().__getitem__(self._names.get(name.lower(), name))

    def __contains__(self, name):
        return name.lower() in self._names


class MultiDict(dict):
    """Several values a key; looking one up gives the first, as in Flask's requests."""

    def __init__(self, pairs):
        super().__init__()
        for key, value in pairs:
            self.setdefault(key, []).append(value)

    def __getitem__(self, key):
        return super().__getitem__(key)[0]

    def get(self, key, default=None, type=None):
        if key not in self:
            return default
        try:
            return type(self[key]) if type else self[key]
        except ValueError:
            return default

    def getlist(self, key):
        return list(super().get(key, []))

    def items(self, multi=False):
        return [(key, value) for key, values in super().items() for value in (values if multi else values[:1])]

    def values(self):
        return [value for _, value in self.items()]

    def to_dict(self, flat=True):
        return dict(self.items()) if flat else {key: self.getlist(key) for key in self}


class UploadedFile(io.BytesIO):
    """A file of a multipart form."""

    def __init__(self, part):
        super().__init__(part.get_payload(decode=True) or b"")
        self.filename = part.get_filename()
        self.name = part.get_param("name", header="Content-Disposition")
        self.content_type = part.get_content_type()
        self.stream = self

    def save(self, target):
        if hasattr(target, "write"):
            target.write(self.getvalue())
        else:
            with open(target, "wb") as file:
                file.write(self.getvalue())


class AMLRequest:
    """What run() gets under @rawhttp: the members of Flask's request that scripts use."""

    def __init__(self, method, target, headers, data):
        parts = urllib.parse.urlsplit(target)
        self.method = method
        self.path = parts.path
        self.url = target
        self.full_path = target
        self.query_string = parts.query.encode("latin-1")
        self.headers = headers
        self.args = MultiDict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.data = data
        self.content_length = len(data)
        self.content_type = headers.get("Content-Type", "")
        self.mimetype = self.content_type.split(";")[0].strip().lower()
        self._form = None

    @property
    def is_json(self):
        return self.mimetype == "application/json" or (self.mimetype.startswith("application/") and self.mimetype.endswith("+json"))

    @property
    def stream(self):
        return io.BytesIO(self.data)

    def get_data(self, cache=True, as_text=False, parse_form_data=False):
        return self.data.decode() if as_text else self.data

    def get_json(self, force=False, silent=False, cache=True):
        if not (force or self.is_json):
            if silent:
                return None
            raise TypeError(f"the request's Content-Type is '{self.content_type}', not application/json")
        try:
            return json.loads(self.data)
        except ValueError:
            if silent:
                return None
            raise

    @property
    def json(self):
        return self.get_json()

    @property
    def form(self):
        return self._forms()[0]

    @property
    def files(self):
        return self._forms()[1]

    def _forms(self):
        if self._form is None:
            fields, files = [], []
            if self.mimetype == "application/x-www-form-urlencoded":
                fields = urllib.parse.parse_qsl(self.data.decode("utf-8", "replace"), keep_blank_values=True)
            elif self.mimetype == "multipart/form-data":
                head = f"Content-Type: {self.content_type}\r\n\r\n".encode("latin-1")
                for part in email.message_from_bytes(head + self.data, policy=email.policy.HTTP).walk():
                    name = part.get_param("name", header="Content-Disposition")
                    if part.is_multipart() or name is None:
                        continue
                    if part.get_filename() is not None:
                        files.append((name, UploadedFile(part)))
                    else:
                        fields.append((name, (part.get_payload(decode=True) or b"").decode("utf-8", "replace")))
            self._form = MultiDict(fields), MultiDict(files)
        return self._form


class AMLResponse:
    """An answer whose status, headers and bytes the script chooses."""

    def __init__(self, message, status_code=200, response_headers=None, json_str=False, run_function_failed=False):
        self.status_code = status_code
        self.headers = dict(response_headers or {})
        self.run_function_failed = run_function_failed
        if message is None:
            message, json_str = {}, True
        if json_str:
            message = json.dumps(message)
            self.headers.setdefault("Content-Type", JSON_TYPE)
        self.body = message if isinstance(message, bytes) else str(message).encode()
        if not any(name.lower() == "content-type" for name in self.headers):
            self.headers["Content-Type"] = "text/html; charset=utf-8"


class RawHttp:
    """The module-wide flag that @rawhttp sets."""

    is_set = False

    @classmethod
    def decorate(cls, function):
        cls.is_set = True
        return function


def provide_packages(name):
    """Makes the package importable, and those it is in; a package of that name that is installed stays what it is."""
    names = name.split(".")
    for depth in range(1, len(names) + 1):
        part = ".".join(names[:depth])
        if part in sys.modules:
            continue
        try:
            importlib.import_module(part)
        except ImportError:
            sys.modules[part] = types.ModuleType(part)
            sys.modules[part].__path__ = []
            if depth > 1:
                setattr(sys.modules[".".join(names[:depth - 1])], names[depth - 1], sys.modules[part])


def load_beside(name):
    """A module of the file `name`.py beside this one."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    spec = importlib.util.spec_from_file_location("slipway_" + name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def provide_schemas():
    """Makes inference_schema importable where it is not installed."""
    if importlib.util.find_spec("inference_schema") is None:
        sys.modules.update(load_beside("request_schemas").modules())


def provide_collector(channel, current):
    """Makes azureml.ai.monitoring this gateway's. Azure's own package, when it is installed, makes way: it would look for
    a collector beside the container."""
    monitoring = load_beside("monitoring")
    enabled = [name for name in os.environ.get("SLIPWAY_COLLECTIONS", "").split(",") if name]
    monitoring.connect(enabled, channel.send_rows, lambda: current.request_id)
    provide_packages("azureml.ai")
    modules = monitoring.modules()
    sys.modules.update(modules)
    sys.modules["azureml.ai"].monitoring = modules["azureml.ai.monitoring"]


def provide_modules():
    """Makes the import paths of the inference server's request and response classes resolve to this file's."""
    contents = {"aml_request": {"rawhttp": RawHttp.decorate, "AMLRequest": AMLRequest},
                "aml_response": {"AMLResponse": AMLResponse}}
    for package in ("azureml_inference_server_http.api", "azureml.contrib.services"):
        try:
            if importlib.util.find_spec(package):
                continue
        except ImportError:
            pass
        provide_packages(package)
        for name, members in contents.items():
            module = types.ModuleType(f"{package}.{name}")
            vars(module).update(members)
            sys.modules[module.__name__] = module
            setattr(sys.modules[package], name, module)


class ConsoleFormat:
    """The two line formats of the inference server: `legacy` (before 0.8, "time | logger | LEVEL | text", what published
    KQL queries split at '|'; the root logger shows INFO) and `current` ("time L [pid] logger - text"). SLIPWAY_LOG_FORMAT
    chooses; legacy is the default."""

    def __init__(self):
        self.is_legacy = os.environ.get("SLIPWAY_LOG_FORMAT", "legacy") != "current"

    def formatter(self):
        if self.is_legacy:
            formatter = logging.Formatter("%(asctime)s | %(name)s | %(levelname)s | %(message)s")
        else:
            formatter = logging.Formatter("%(asctime)s %(initial)s [%(process)d] %(name)s - %(message)s")
        formatter.converter = time.gmtime
        return formatter

    def install(self):
        def add_initial(record):
            record.initial = record.levelname[0]
            return True

        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(self.formatter())
        handler.addFilter(add_initial)
        logger = logging.getLogger("azmlinfsrv")
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        logger.propagate = False
        if self.is_legacy:
            logging.getLogger().setLevel(logging.INFO)
            logging.getLogger().addHandler(handler)
        else:
            self.replace_print()
        return logger

    @staticmethod
    def replace_print():
        plain_print = builtins.print
        print_logger = logging.getLogger("azmlinfsrv.print")

        def logged_print(*values, sep=" ", end="\n", file=None, flush=False):
            if file is not None and file is not sys.stdout:
                return plain_print(*values, sep=sep, end=end, file=file, flush=flush)
            text = io.StringIO()
            plain_print(*values, sep=sep, end="", file=text)
            print_logger.info(text.getvalue())

        builtins.print = logged_print


class Script:
    """The user's module, checked as the inference server checks it."""

    def __init__(self, path):
        sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
        spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
        if spec is None or spec.loader is None:
            raise ImportError(f"'{path}' is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        for name in ("init", "run"):
            if not callable(getattr(module, name, None)):
                raise AttributeError(f"the scoring script has no function {name}()")
        self.init = module.init
        self.run = module.run
        self._read_parameters()
        self.schema = self._read_schema()

    def _read_parameters(self):
        parameters = inspect.signature(self.run).parameters.values()
        for parameter in parameters:
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError("run() must not have positional-only, *args or **kwargs parameters")
        self.names = [parameter.name for parameter in parameters if parameter.name != "request_headers"]
        self.takes_headers = len(self.names) < len(parameters)
        if not self.names:
            raise TypeError("run() needs a parameter for the request's data")
        self.required = [parameter.name for parameter in parameters
                         if parameter.name in self.names and parameter.default is parameter.empty]

    def _read_schema(self):
        """The schemas of a decorated run(); None of any other."""
        tools = sys.modules.get("inference_schema.schema_util")  # there once a script has imported the decorators
        if tools is None or not tools.is_schema_decorated(self.run):
            return None
        if RawHttp.is_set:
            raise TypeError("run() cannot have both @rawhttp and a schema: with @rawhttp it gets the whole request")
        return {"input": tools.get_input_schema(self.run), "output": tools.get_output_schema(self.run),
                "versions": tools.get_supported_versions(self.run)}

    def call(self, arguments, headers):
        extra = {"request_headers": dict(headers)} if self.takes_headers else {}
        return self.run(**arguments, **extra)


def query_as_json(request):
    """GET's query as a JSON text: values are decoded where they are JSON, repeated keys become lists."""
    def decoded(text):
        try:
            return json.loads(text)
        except ValueError:
            return text

    values = {key: [decoded(text) for text in request.args.getlist(key)] for key in request.args}
    return json.dumps({key: texts[0] if len(texts) == 1 else texts for key, texts in values.items()})


class BadRequest(Exception):
    """A request that does not get as far as run()."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def body_as_object(request):
    """The JSON object that a decorated run() takes its parameters from."""
    if not request.is_json:
        raise BadRequest(415, "Expects Content-Type to be application/json")
    if not request.data:
        raise BadRequest(400, "POST body is empty. Expecting a JSON dictionary.")
    try:
        body = json.loads(request.data)
    except ValueError as error:
        raise BadRequest(400, f"POST body could not be decoded as JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadRequest(400, "POST body should be a JSON dictionary.")
    return body


class Answer:
    """What goes back to the gateway."""

    def __init__(self, status, body, headers=None, run_failed=False, exec_ms=None):
        self.status = status
        self.body = body
        self.headers = headers or {"Content-Type": JSON_TYPE}
        self.run_failed = run_failed
        self.exec_ms = exec_ms

    @classmethod
    def message(cls, status, text, run_failed=False):
        return cls(status, json.dumps({"message": text}).encode(), run_failed=run_failed)

    def header_block(self):
        lines = []
        for name, value in self.headers.items():
            if name.lower() in ("content-length", "connection", "transfer-encoding"):
                continue
            values = [str(value)] if name.lower() == "content-type" else str(value).split(",")
            lines += [f"{name}: {part.strip()}\r\n" for part in values]
        return "".join(lines).replace("\0", " ").encode("latin-1", "replace")

    def encode(self):
        flags = (RUN_FAILED if self.run_failed else 0) | (HAS_EXEC_TIME if self.exec_ms is not None else 0)
        headers = self.header_block()
        payload = struct.pack("<HBd", self.status, flags, self.exec_ms or 0.0)
        return payload + struct.pack("<I", len(headers)) + headers + struct.pack("<I", len(self.body)) + self.body


class Channel:
    """The gateway's socket; any thread of the script may send on it."""

    def __init__(self):
        self.connection = socket.socket(fileno=3)
        os.set_inheritable(3, False)
        self.lock = threading.Lock()

    def send(self, kind, payload):
        with self.lock:
            self.connection.sendall(struct.pack("<IB", len(payload), kind) + payload)

    def send_rows(self, *texts):
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        self.send(ROWS, b"".join(struct.pack("<I", len(text)) + text for text in encoded))

    def receive(self):
        """Kind and payload of the next message; None at the end."""
        header = self._receive_bytes(5)
        if header is None:
            return None
        size, kind = struct.unpack("<IB", header)
        payload = self._receive_bytes(size)
        return None if payload is None else (kind, payload)

    def _receive_bytes(self, size):
        parts = []
        while size > 0:
            part = self.connection.recv(min(size, 1 << 20))
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Current:
    """The request under way."""

    request_id = None


class Server:
    def __init__(self, channel, script, logger, current):
        self.channel = channel
        self.script = script
        self.logger = logger
        self.current = current

    def serve(self):
        while (message := self.channel.receive()) is not None:
            kind, payload = message
            if kind == PING:
                self.channel.send(PONG, payload)
            elif kind == REQUEST:
                answer = self._answer(payload)
                # What was printed must be on its way before the answer is, so that logs precede answers.
                sys.stdout.flush()
                sys.stderr.flush()
                self.channel.send(ANSWER, answer.encode())

    def _answer(self, payload):
        texts, at = [], 0
        for _ in range(4):
            (size,) = struct.unpack_from("<I", payload, at)
            texts.append(payload[at + 4:at + 4 + size])
            at += 4 + size
        method, target, header_block, data = texts
        pairs = [line.split(": ", 1) for line in header_block.decode("latin-1").split("\r\n") if ": " in line]
        request = AMLRequest(method.decode(), target.decode("latin-1"), Headers(pairs), data)
        self.current.request_id = request.headers.get("x-request-id")
        started = time.perf_counter()
        answer = self._run(request)
        elapsed_ms = (time.perf_counter() - started) * 1000
        self.logger.info("%s %s %d %.3fms %d", request.method, request.url, answer.status, elapsed_ms, len(answer.body))
        return answer

    def _run(self, request):
        try:
            arguments = self._arguments(request)
        except BadRequest as error:
            return Answer.message(error.status, str(error))
        started = time.perf_counter()
        try:
            result = self.script.call(arguments, request.headers)
        except Exception:
            self.logger.error("Encountered Exception: %s", traceback.format_exc())
            return Answer.message(500, RUN_ERROR, run_failed=True)
        return self._encode(result, (time.perf_counter() - started) * 1000)

    def _arguments(self, request):
        """What run() is called with, by parameter."""
        if self.script.schema is not None:
            return self._arguments_by_schema(request)
        name = self.script.names[0]
        if RawHttp.is_set:
            return {name: request}
        if request.method == "GET":
            return {name: query_as_json(request)}
        if request.content_type.startswith("application/x-www-form-urlencoded"):
            return {name: ""}  # the inference server's framework consumes a form; scripts see nothing of it
        try:
            return {name: request.data.decode("utf-8")}
        except UnicodeDecodeError as error:
            raise BadRequest(400, f"Input cannot be decoded as UTF-8: {error}") from error

    def _arguments_by_schema(self, request):
        given = json.loads(query_as_json(request)) if request.method == "GET" else body_as_object(request)
        for name in self.script.required:
            if name not in given:
                raise BadRequest(400, f"A value is not provided for the '{name}' parameter.")
        return {name: given[name] for name in self.script.names if name in given}

    def _encode(self, result, exec_ms):
        if isinstance(result, AMLResponse):
            failed = result.run_function_failed or result.status_code >= 500
            return Answer(result.status_code, result.body, result.headers, failed, exec_ms)
        try:
            body = json.dumps({} if result is None else result).encode()
        except (TypeError, ValueError):
            self.logger.error("run() returned what is not JSON: %s", traceback.format_exc())
            return Answer.message(500, INTERNAL_ERROR)
        return Answer(200, body, exec_ms=exec_ms)


def list_model_folder(logger):
    """The model folder's tree (200 lines at most), which explains most failures of init()."""
    root = os.environ.get("AZUREML_MODEL_DIR", "")
    lines = []
    for folder, _, files in os.walk(root):
        lines += [os.path.join(folder, name) for name in sorted(files)]
    logger.info("The model folder %s holds:\n%s", root, "\n".join(lines[:200]))


def refuse(channel, logger, error):
    logger.error("%s", "".join(traceback.format_exception(error)))
    sys.stdout.flush()
    channel.send(FAILED, f"{type(error).__name__}: {error}".encode("utf-8", "replace"))
    sys.exit(BOOT_ERROR_EXIT)


def main():
    channel, current = Channel(), Current()
    sys.stdout.reconfigure(line_buffering=True, errors="surrogateescape")
    sys.stderr.reconfigure(line_buffering=True)
    logger = ConsoleFormat().install()
    provide_modules()
    provide_schemas()
    provide_collector(channel, current)
    try:
        script = Script(sys.argv[1])
    except BaseException as error:  # a script may well call sys.exit
        refuse(channel, logger, error)
    try:
        logger.info("Invoking user's init function")
        script.init()
    except BaseException as error:
        list_model_folder(logger)
        refuse(channel, logger, error)
    logger.info("Worker with pid %d ready for serving traffic", os.getpid())
    sys.stdout.flush()
    schema = b"" if script.schema is None else json.dumps(script.schema, default=str).encode()
    channel.send(READY, bytes([TAKES_HTTP if RawHttp.is_set else 0]) + schema)
    Server(channel, script, logger, current).serve()


if __name__ == "__main__":
    main()
