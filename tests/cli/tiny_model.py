#!/usr/bin/env python3
"""A classifier small enough to reckon by hand, written as ONNX without an ONNX library: tiny_model.py FILE.

Three float columns `age`, `income`, `balance`; the label is 1 where `age + 2 * income - 3 * balance > 0`, and its
probability is the logistic function of that sum. The wire format is Protocol Buffers', the field numbers onnx.proto's.
"""
import pathlib
import struct
import sys

COLUMNS = ("age", "income", "balance")
FLOAT, INT64 = 1, 7  # TensorProto.DataType


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """One field of a message: a whole number, a float, or bytes, text or messages with their length before them."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def attribute(name, value):
    kinds = {int: (3, 2), str: (4, 3), float: (7, 6)}  # type of (an element of) the value: field of AttributeProto, its type
    if isinstance(value, list):
        number, kind = {int: (8, 7), float: (7, 6)}[type(value[0])]
    else:
        number, kind = kinds[type(value)]
    values = value if isinstance(value, list) else [value]
    return field(1, name) + b"".join(field(number, one) for one in values) + field(20, kind)


def node(operator, domain, inputs, outputs, **attributes):
    return (b"".join(field(1, name) for name in inputs) + b"".join(field(2, name) for name in outputs) +
            field(4, operator) + b"".join(field(5, attribute(*pair)) for pair in attributes.items()) + field(7, domain))


def tensor_of(name, element, shape):
    """ValueInfoProto; a dimension of None is free."""
    dims = b"".join(field(1, field(2, "N") if size is None else field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, element) + field(2, dims)))


def tiny_model():
    nodes = [node("Concat", "", COLUMNS, ["features"], axis=1),
             node("LinearClassifier", "ai.onnx.ml", ["features"], ["label", "probabilities"], classlabels_ints=[0, 1],
                  coefficients=[-1.0, -2.0, 3.0, 1.0, 2.0, -3.0], intercepts=[0.0, 0.0], multi_class=0,
                  post_transform="LOGISTIC")]
    graph = (b"".join(field(1, one) for one in nodes) + field(2, "tiny") +
             b"".join(field(11, tensor_of(name, FLOAT, (None, 1))) for name in COLUMNS) +
             field(12, tensor_of("label", INT64, (None,))) + field(12, tensor_of("probabilities", FLOAT, (None, 2))))
    opsets = [field(1, "") + field(2, 13), field(1, "ai.onnx.ml") + field(2, 1)]
    return field(1, 8) + b"".join(field(8, opset) for opset in opsets) + field(7, graph)


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_bytes(tiny_model())
