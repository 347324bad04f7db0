"""Schemas of what Python scoring scripts take and answer, under the names and with the interface of Microsoft's package
inference-schema:

    from inference_schema.schema_decorators import input_schema, output_schema
    from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType

    @input_schema("data", PandasParameterType(pandas.DataFrame({"age": [41], "job": ["clerk"]})))
    def run(data):
        return model.predict(data).tolist()

worker_shim.py offers it to scripts whose environment does not have the package. Needs nothing but Python's standard
library; arrays and data frames bring their own NumPy and pandas.
"""

import base64
import copy
import datetime
import functools
import inspect
import io
import json
import types

VERSIONS = ["2.0", "3.0", "3.1"]  # of the API's description

_schemas = {}  # "module.function": {"input_schema": …, "output_schema": …}


class AbstractParameterType:
    """How a value comes as JSON. `sample_input` says what it looks like."""

    def __init__(self, sample_input):
        self.sample_input = sample_input
        self.sample_data_type = type(sample_input)

    def deserialize_input(self, input_data):
        raise NotImplementedError

    def input_to_swagger(self):
        raise NotImplementedError

    def supported_versions(self):
        return list(VERSIONS)


class StandardPythonParameterType(AbstractParameterType):
    """Python's own types. Of lists and dicts the outermost kind is checked; parameter types inside are converted."""

    def deserialize_input(self, input_data):
        kind = self.sample_data_type
        if kind in (bytes, bytearray):
            input_data = kind(base64.b64decode(input_data))
        elif kind in (datetime.datetime, datetime.date, datetime.time):
            input_data = kind.fromisoformat(input_data)
        is_whole_float = kind is float and type(input_data) is int
        if not is_whole_float and not isinstance(input_data, list if kind is tuple else kind):
            raise ValueError(f"the input has to be of the type {kind.__name__}, not {type(input_data).__name__}")
        return self._deserialize_members(input_data)

    def _deserialize_members(self, value):
        sample = self.sample_input
        if isinstance(sample, dict):
            inner = {key: part for key, part in sample.items() if isinstance(part, AbstractParameterType)}
            missing = [key for key in inner if key not in value]
            if missing:
                raise ValueError(f"the input lacks the key '{missing[0]}'")
            return {key: inner[key].deserialize_input(part) if key in inner else part for key, part in value.items()}
        if isinstance(sample, (list, tuple)) and sample and isinstance(sample[0], AbstractParameterType):
            return [sample[0].deserialize_input(part) for part in value]
        return value

    def input_to_swagger(self):
        return swagger_of(self.sample_input)


class NumpyParameterType(AbstractParameterType):
    """Nested lists that become an array of the sample's element type and, but for the first dimension, shape."""

    def __init__(self, sample_input, enforce_column_type=True, enforce_shape=True):
        import numpy
        if not isinstance(sample_input, numpy.ndarray):
            raise TypeError(f"the sample has to be a NumPy array, not {type(sample_input).__name__}")
        super().__init__(sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape

    def deserialize_input(self, input_data):
        import numpy
        if isinstance(input_data, numpy.ndarray):
            return input_data
        if not isinstance(input_data, list):
            raise ValueError(f"the input has to be a list, not {type(input_data).__name__}")
        if self.sample_input.dtype.names:
            names = self.sample_input.dtype.names
            input_data = [tuple(row[name] for name in names) if isinstance(row, dict) else tuple(row) for row in input_data]
        array = numpy.array(input_data, dtype=self.sample_input.dtype if self.enforce_column_type else None)
        if self.enforce_shape:
            check_shape(array.shape, self.sample_input.shape)
        return array

    def input_to_swagger(self):
        schema = swagger_of(self.sample_input.tolist())
        schema["format"] = "numpy.ndarray"
        return schema


class PandasParameterType(AbstractParameterType):
    """JSON in one of pandas' orientations that becomes a data frame with the sample's column types and their number."""

    def __init__(self, sample_input, enforce_column_type=True, enforce_shape=True, apply_column_names=False, orient="records"):
        import pandas
        if not isinstance(sample_input, pandas.DataFrame):
            raise TypeError(f"the sample has to be a data frame, not {type(sample_input).__name__}")
        orients = ("split", "records", "index", "columns", "values", "table")
        if orient not in orients:
            raise ValueError(f"orient is one of {', '.join(orients)}, not '{orient}'")
        super().__init__(sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape
        self.apply_column_names = apply_column_names
        self.orient = orient

    def deserialize_input(self, input_data):
        import pandas
        if isinstance(input_data, pandas.DataFrame):
            return input_data
        if not isinstance(input_data, (list, dict)):
            raise ValueError(f"the input has to be a list or an object, not {type(input_data).__name__}")
        frame = pandas.read_json(io.StringIO(json.dumps(input_data)), orient=self.orient, dtype=False)
        if self.apply_column_names:
            frame.columns = self.sample_input.columns.copy()
        if self.enforce_column_type:
            frame = self._typed(frame)
        if self.enforce_shape:
            check_shape(frame.shape, self.sample_input.shape)
        return frame

    def _typed(self, frame):
        import pandas
        types_of_sample = self.sample_input.dtypes.to_dict()
        wanted = {column: types_of_sample.get(column, object) for column in frame.columns}
        for column, kind in wanted.items():
            if str(kind).startswith("timedelta"):
                frame[column] = pandas.to_timedelta(frame[column])
        return frame.astype(wanted)

    def input_to_swagger(self):
        schema = swagger_of(json.loads(self.sample_input.to_json(orient=self.orient, date_format="iso")))
        schema["format"] = f"pandas.DataFrame:{self.orient}"
        return schema


def check_shape(shape, wanted):
    if len(shape) != len(wanted):
        raise ValueError(f"the input has {len(shape)} dimensions, {len(wanted)} are expected")
    for axis in range(1, len(wanted)):
        if shape[axis] != wanted[axis]:
            raise ValueError(f"the input has {shape[axis]} values along dimension {axis}, {wanted[axis]} are expected")


def swagger_of(sample):
    """The schema of a sample, with the sample as its example."""
    if isinstance(sample, AbstractParameterType):
        return sample.input_to_swagger()
    if isinstance(sample, dict):
        parts = {key: swagger_of(part) for key, part in sample.items()}
        example = {key: part.pop("example") for key, part in parts.items()}
        return {"type": "object", "required": list(parts), "properties": parts, "example": example}
    if isinstance(sample, (list, tuple, range)):
        parts = [swagger_of(part) for part in sample]
        example = [part.pop("example") for part in parts]
        return {"type": "array", "items": parts[-1] if parts else {"type": "object"}, "example": example}
    return swagger_of_scalar(sample)


def swagger_of_scalar(sample):
    if isinstance(sample, bool):
        return {"type": "boolean", "example": sample}
    if isinstance(sample, int):
        return {"type": "integer", "format": "int64", "example": sample}
    if isinstance(sample, float):
        return {"type": "number", "format": "double", "example": sample}
    if isinstance(sample, str):
        return {"type": "string", "example": sample}
    if isinstance(sample, (bytes, bytearray)):
        return {"type": "string", "format": "byte", "example": base64.b64encode(sample).decode()}
    for kind, name in ((datetime.datetime, "date-time"), (datetime.date, "date"), (datetime.time, "time")):
        if isinstance(sample, kind):
            return {"type": "string", "format": name, "example": sample.isoformat()}
    return {"type": "object", "example": str(sample)}


# --- decorators ---


def name_of(function):
    original = inspect.unwrap(function)
    return f"{original.__module__}.{original.__qualname__}"


def check_type(param_type):
    if not isinstance(param_type, AbstractParameterType):
        raise TypeError(f"a parameter type is expected, such as StandardPythonParameterType(…), not {type(param_type).__name__}")


def input_schema(param_name, param_type, convert_to_provided_type=True, optional=False):
    """Says what a parameter of run() looks like, and has it converted to that type."""
    check_type(param_type)

    def decorate(function):
        signature = inspect.signature(function)
        if param_name not in signature.parameters:
            raise ValueError(f"{name_of(function)}() has no parameter '{param_name}', which input_schema describes")
        add_input(function, list(signature.parameters), param_name, param_type.input_to_swagger())

        @functools.wraps(function)
        def converted(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            is_left_out = param_name not in bound.arguments or (optional and not bound.arguments[param_name])
            if convert_to_provided_type and not is_left_out:
                bound.arguments[param_name] = param_type.deserialize_input(bound.arguments[param_name])
            return function(*bound.args, **bound.kwargs)

        return converted

    return decorate


def add_input(function, parameters, param_name, schema):
    known = _schemas.setdefault(name_of(function), {})
    whole = known.setdefault("input_schema", {"type": "object", "properties": {name: {} for name in parameters},
                                              "example": {name: "" for name in parameters}})
    schema = copy.deepcopy(schema)
    whole["example"][param_name] = schema.pop("example")
    whole["properties"][param_name] = schema


def output_schema(output_type):
    """Says what run() answers; nothing is converted."""
    check_type(output_type)

    def decorate(function):
        known = _schemas.setdefault(name_of(function), {})
        if "output_schema" in known:
            raise ValueError(f"{name_of(function)}() has an output schema already")
        known["output_schema"] = output_type.input_to_swagger()
        return function

    return decorate


# --- what servers ask ---


def is_schema_decorated(function):
    return name_of(function) in _schemas


def schema_of(function, which):
    return copy.deepcopy(_schemas.get(name_of(function), {}).get(which, {"type": "object"}))


def modules():
    """The modules of Microsoft's package, by their names."""
    contents = {
        "inference_schema": {},
        "inference_schema.schema_decorators": {"input_schema": input_schema, "output_schema": output_schema},
        "inference_schema.schema_util": {
            "is_schema_decorated": is_schema_decorated,
            "get_input_schema": lambda function: schema_of(function, "input_schema"),
            "get_output_schema": lambda function: schema_of(function, "output_schema"),
            "get_supported_versions": lambda function: list(VERSIONS),
            "get_schemas_dict": lambda: copy.deepcopy(_schemas)},
        "inference_schema.parameter_types": {},
        "inference_schema.parameter_types.abstract_parameter_type": {"AbstractParameterType": AbstractParameterType},
        "inference_schema.parameter_types.standard_py_parameter_type": {"StandardPythonParameterType": StandardPythonParameterType},
        "inference_schema.parameter_types.numpy_parameter_type": {"NumpyParameterType": NumpyParameterType},
        "inference_schema.parameter_types.pandas_parameter_type": {"PandasParameterType": PandasParameterType},
    }
    made = {}
    for name, members in contents.items():
        module = made[name] = types.ModuleType(name)
        vars(module).update(members)
        module.__path__ = []
        if "." in name:
            parent, own = name.rsplit(".", 1)
            setattr(made[parent], own, module)
    return made
