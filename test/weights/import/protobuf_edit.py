# SPDX-License-Identifier: MIT
"""Protobuf messages as lists of (field number, wire type, value): enough to take an ONNX file apart and put it together
otherwise, without its schema (protobuf.dev, "Encoding")."""


def varint(value):
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def decode(data):
    fields, at = [], 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = read_varint(data, at)
        elif wire == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = {1: 8, 5: 4}[wire]
            value, at = data[at:at + size], at + size
        fields.append((number, wire, value))
    return fields


def encode(fields):
    out = bytearray()
    for number, wire, value in fields:
        out += varint(number << 3 | wire)
        out += varint(value) if wire == 0 else varint(len(value)) + value if wire == 2 else value
    return bytes(out)


# Field numbers of onnx.proto.
MODEL_GRAPH, GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT = 7, 1, 5, 11
NODE_INPUT, NODE_OUTPUT, NODE_OP, NODE_ATTRIBUTE = 1, 2, 4, 5
TENSOR_DIMS, TENSOR_TYPE, TENSOR_FLOATS, TENSOR_NAME, TENSOR_RAW = 1, 2, 4, 8, 9


def get(fields, number):
    return [value for n, _, value in fields if n == number]


def edit_graph(model, change):
    """The model with change(fields of its graph) -> fields in place of them."""
    return encode([(n, w, encode(change(decode(v))) if n == MODEL_GRAPH else v) for n, w, v in decode(model)])


def initializer_names(model):
    graph = decode(get(decode(model), MODEL_GRAPH)[0])
    return [get(decode(t), TENSOR_NAME)[0].decode() for t in get(graph, GRAPH_INITIALIZER)]


def rename_initializers(model, new_name):
    """Every initialiser gets the name new_name(its name), where it stands and where it is used."""
    names = {name.encode(): new_name(name).encode() for name in initializer_names(model)}

    def change(graph):
        result = []
        for number, wire, value in graph:
            if number == GRAPH_INITIALIZER:
                value = encode([(n, w, names[v] if n == TENSOR_NAME else v) for n, w, v in decode(value)])
            elif number == GRAPH_NODE:
                value = encode([(n, w, names.get(v, v) if n == NODE_INPUT else v) for n, w, v in decode(value)])
            result.append((number, wire, value))
        return result
    return edit_graph(model, change)


def initializers_as_constants(model):
    """Every initialiser becomes a Constant operation."""
    def change(graph):
        nodes, rest = [], []
        for number, wire, value in graph:
            if number != GRAPH_INITIALIZER:
                rest.append((number, wire, value))
                continue
            attribute = encode([(1, 2, b"value"), (5, 2, value), (20, 0, 4)])
            name = get(decode(value), TENSOR_NAME)[0]
            nodes.append((GRAPH_NODE, 2, encode([(NODE_OUTPUT, 2, name), (NODE_OP, 2, b"Constant"),
                                                 (NODE_ATTRIBUTE, 2, attribute)])))
        return nodes + rest
    return edit_graph(model, change)


def without_initializer(model, name):
    return edit_graph(model, lambda graph: [
        f for f in graph if not (f[0] == GRAPH_INITIALIZER and get(decode(f[2]), TENSOR_NAME) == [name.encode()])])


def rename_operation(model, old, new):
    return edit_graph(model, lambda graph: [
        (n, w, encode([(m, x, new if m == NODE_OP and v == old else v) for m, x, v in decode(value)])
         if n == GRAPH_NODE else value) for n, w, value in graph])


def raw_as_floats(model):
    """raw_data of initialisers as packed float_data: the other way in which ONNX stores float32."""
    def change(graph):
        return [(n, w, encode([(TENSOR_FLOATS if m == TENSOR_RAW else m, x, v) for m, x, v in decode(value)])
                 if n == GRAPH_INITIALIZER and get(decode(value), TENSOR_TYPE) == [1] else value)
                for n, w, value in graph]
    return edit_graph(model, change)


def reversed_nodes(model):
    """Operations and initialisers in the opposite order: no reader may rely on it."""
    return edit_graph(model, lambda graph: [f for f in graph if f[0] not in (GRAPH_NODE, GRAPH_INITIALIZER)] +
                      [f for f in graph if f[0] in (GRAPH_NODE, GRAPH_INITIALIZER)][::-1])
