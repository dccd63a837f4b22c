# SPDX-License-Identifier: MIT
"""Checkpoints that nobody should have to trust, in named classes. corpus() yields (class, name, bytes, words that the
refusal must have). Written with the standard library alone."""

import base64
import io
import json
import pickle
import struct
import sys
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "weights" / "import"))
import protobuf_edit as onnx  # noqa: E402  (the path first)

CANARY = "canary-that-no-import-may-create"


def student(hidden=4, layers=1, rbf=2, max_z=1):
    """Name -> (shape, numbers) of a minute model."""
    shapes = {"embedding.weight": (max_z + 1, hidden), "rbf.centers": (rbf,), "rbf.widths": (rbf,),
              "energy_head.0.weight": (hidden // 2, hidden), "energy_head.0.bias": (hidden // 2,),
              "energy_head.2.weight": (hidden // 4, hidden // 2), "energy_head.2.bias": (hidden // 4,),
              "energy_head.4.weight": (1, hidden // 4), "energy_head.4.bias": (1,)}
    for layer in range(layers):
        p = f"interactions.{layer}."
        shapes |= {p + "message.rbf_to_scalar.0.weight": (hidden, rbf), p + "message.rbf_to_scalar.0.bias": (hidden,),
                   p + "message.rbf_to_scalar.2.weight": (3 * hidden, hidden),
                   p + "message.rbf_to_scalar.2.bias": (3 * hidden,), p + "update.mixing_matrix": (3, 3),
                   p + "update.update_mlp.0.weight": (hidden, 2 * hidden), p + "update.update_mlp.0.bias": (hidden,),
                   p + "update.update_mlp.2.weight": (3 * hidden, hidden),
                   p + "update.update_mlp.2.bias": (3 * hidden,)}
    result = {}
    for name, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        result[name] = (shape, [0.25 * ((7 * i) % 5 - 2) + 0.125 for i in range(count)])
    result["rbf.centers"] = ((rbf,), [5.0 * k / (rbf - 1) for k in range(rbf)])
    result["rbf.widths"] = ((rbf,), [5.0 / rbf] * rbf)
    return result


# --- pickles, assembled by hand ----------------------------------------------------------------------

def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value):
    return pickle.dumps(value, 2)[2:-1]  # without PROTO and STOP


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def tuple_of(*parts):
    return b"(" + b"".join(parts) + b"t"


def storage(key, elements, kind="FloatStorage"):
    return tuple_of(text("storage"), name("torch", kind), text(key), text("cpu"), integer(elements)) + b"Q"


def tensor(key, shape, strides=None, offset=0, elements=None, kind="FloatStorage"):
    count = 1
    for extent in shape:
        count *= extent
    if strides is None:
        strides, run = [], 1
        for extent in reversed(shape):
            strides.insert(0, run)
            run *= extent
    return (name("torch._utils", "_rebuild_tensor_v2") +
            tuple_of(storage(key, count if elements is None else elements, kind), integer(offset),
                     tuple_of(*map(integer, shape)), tuple_of(*map(integer, strides)), b"\x89",
                     name("collections", "OrderedDict") + b")R") + b"R")


def dictionary(items):
    return b"}(" + b"".join(key + value for key, value in items) + b"u"


def archive(pickled, entries, prefix="archive/", compression=zipfile.ZIP_STORED, extra=()):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        file.writestr(prefix + "data.pkl", pickled)
        for key, data in entries.items():
            file.writestr(f"{prefix}data/{key}", data)
        for path, data in extra:
            file.writestr(path, data)
    return buffer.getvalue()


def checkpoint(change=lambda items, entries: None, **options):
    """A good .pt file, but for what change(items, entries) does to it."""
    items, entries = {}, {}
    for number, (key, (shape, values)) in enumerate(student().items()):
        items[key] = tensor(str(number), shape)
        entries[str(number)] = struct.pack(f"<{len(values)}f", *values)
    change(items, entries)
    pickled = b"\x80\x02" + dictionary([(text(k), v) for k, v in items.items()]) + b"."
    return archive(pickled, entries, **options)


def with_pickle(pickled):
    return archive(pickled, {})


class Calls:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def code_pickles():
    import os
    touch = f"touch {CANARY}"
    yield "os_system", with_pickle(pickle.dumps({"w": Calls(os.system, touch)}, 2)), '"posix.system"'
    yield "os_system_protocol4", with_pickle(pickle.dumps({"w": Calls(os.system, touch)}, 4)), '"posix.system"'
    yield "os_system_protocol0", with_pickle(pickle.dumps({"w": Calls(os.system, touch)}, 0)), '"posix.system"'
    yield "eval", with_pickle(pickle.dumps([Calls(eval, f"open('{CANARY}', 'w')")], 2)), '"__builtin__.eval"'
    yield "exec", with_pickle(pickle.dumps([Calls(exec, f"open('{CANARY}', 'w')")], 4)), '"builtins.exec"'
    yield "open", with_pickle(pickle.dumps(Calls(open, CANARY, "w"), 4)), '"io.open"'
    yield "getattr", with_pickle(name("builtins", "getattr") + b"."), '"builtins.getattr"'
    yield "import", with_pickle(name("builtins", "__import__") + b"."), '"builtins.__import__"'
    yield "whole_module", with_pickle(name("__main__", "StudentForceField") + b")\x81}b."), '"__main__.StudentForceField"'
    yield "torch_load", with_pickle(name("torch.serialization", "load") + b"."), '"torch.serialization.load"'
    yield "numpy_scalar", with_pickle(name("numpy.core.multiarray", "scalar") + b"."), '"numpy.core.multiarray.scalar"'
    yield "inst", with_pickle(f"(S'{CANARY}'\nios\nsystem\n.".encode()), "STRING"
    yield "inst_without_text", with_pickle(b"(ios\nsystem\n."), "INST"
    yield "obj", with_pickle(b"(" + name("torch", "Size") + b"o."), "OBJ"
    yield "newobj", with_pickle(name("torch", "Size") + b")\x81."), "NEWOBJ"
    yield "newobj_ex", with_pickle(name("torch", "Size") + b")}\x92."), "NEWOBJ_EX"
    yield "ext", with_pickle(b"\x82\x01."), "EXT1"
    yield "reduce_text", with_pickle(text("os.system") + b")R."), "no named function"
    yield "reduce_storage_type", with_pickle(name("torch", "FloatStorage") + b")R."), "cannot be understood"
    yield "build_on_list", with_pickle(b"]}b."), "BUILD"
    yield "build_on_tensor", checkpoint(lambda items, _: items.update(x=tensor("0", (1,)) + b"}b")), "BUILD"
    yield "stack_global", with_pickle(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."), '"os.system"'
    hidden = "collections\nOrderedDict\nos"
    yield "line_in_name", with_pickle(b"\x80\x04" + text(hidden) + text("system") + b"\x93."), "wants to run code"
    yield "legacy_os_system", pickle.dumps({"w": Calls(os.system, touch)}, 2), '"posix.system"'


def damaged_pickles():
    yield "empty", with_pickle(b""), "ends in the middle"
    yield "cut", with_pickle(b"\x80\x02}(X\x10\x00\x00\x00emb"), "ends in the middle"
    yield "no_stop", with_pickle(b"\x80\x02}"), "ends in the middle"
    yield "empty_stack", with_pickle(b"\x80\x02."), "empty stack"
    yield "length_2_63", with_pickle(b"\x80\x04\x8d" + struct.pack("<Q", 1 << 63) + b"x."), "ends in the middle"
    yield "memo_2_32", with_pickle(b"Nr\xff\xff\xff\xff."), "memo"
    yield "many_values", with_pickle(b"(" + b"]" * 400_000 + b"t."), "too many values"
    yield "deep_stack", with_pickle(b"N" + b"2" * 1_200_000 + b"."), "stack too deep"
    yield "many_marks", with_pickle(b"(" * 1_200_000 + b"."), "too many marks"
    yield "not_a_dictionary", with_pickle(b"\x80\x02]."), "not a dictionary"
    yield "itself", with_pickle(b"\x80\x02}q\x00" + text("model") + b"h\x00s."), "contains itself"
    yield "itself_deep", with_pickle(b"\x80\x02}q\x00" + text("a") + b"}" + text("b") + b"h\x00ss."), "contains itself"
    nested = b"}"
    for _ in range(40):
        nested = b"}" + text("k") + nested + b"s"
    yield "nested_deeply", with_pickle(b"\x80\x02" + nested + b"."), "nested too deeply"
    laughs = b"]q\x00" + b"".join(b"](" + b"h" + bytes([i]) + (b"h" + bytes([i])) * 9 + b"eq" + bytes([i + 1])
                                  for i in range(60))
    yield "billion_laughs", with_pickle(b"\x80\x02" + laughs + b"."), "not a dictionary"
    long_key = b"\x80\x02}q\x00(" + text("k" * 100_000) + b"q\x01" + b"}" + b"h\x01}" * 50 + b"u."
    yield "legacy_text_of_24_MiB", b"\x80\x02" + b"X" + struct.pack("<I", 24 << 20) + bytes(24 << 20), "ends in the middle"
    yield "long_keys", with_pickle(long_key), "too long"


def tensors():
    def put(key, value):
        return lambda items, _: items.update({key: value})

    big = 1 << 63
    yield "negative_extent", checkpoint(put("rbf.widths", tensor("2", (-2,), (1,), elements=2))), "negative"
    yield "negative_stride", checkpoint(put("rbf.widths", tensor("2", (2,), (-1,), elements=2))), "negative"
    yield "negative_offset", checkpoint(put("rbf.widths", tensor("2", (2,), offset=-1))), "negative"
    yield "extent_2_63", checkpoint(put("rbf.widths", tensor("2", (big,), (1,), elements=2))), "integer too large"
    yield "extent_2_62", checkpoint(put("rbf.widths", tensor("2", (big // 2,), (1,), elements=2))), "rbf.widths"
    yield "stride_2_62", checkpoint(put("rbf.widths", tensor("2", (2,), (big // 2,), elements=2))), "rbf.widths"
    yield "product_overflows", checkpoint(put("embedding.weight", tensor("0", (1 << 40, 1 << 40), (0, 0), elements=8))), \
        "out of range"
    yield "huge_by_stride_0", checkpoint(put("embedding.weight", tensor("0", (119, 512), (0, 0), elements=8))), "wrong shape"
    yield "offset_outside", checkpoint(put("rbf.widths", tensor("2", (2,), offset=1))), "rbf.widths"
    yield "elements_2_62", checkpoint(put("rbf.widths", tensor("2", (2,), elements=big // 2))), "shorter than it claims"
    yield "storage_missing", checkpoint(lambda _, entries: entries.pop("3")), "missing"
    yield "storage_cut", checkpoint(lambda _, entries: entries.update({"0": b"\0" * 7})), "shorter than it claims"
    yield "storage_of_two_types", checkpoint(put("rbf.widths", tensor("1", (1,), kind="DoubleStorage"))), "two types"
    yield "storage_of_integers", checkpoint(put("rbf.widths", tensor("2", (2,), kind="IntStorage"))), "floating-point"
    yield "storage_outside", checkpoint(put("rbf.widths", tensor("../../../../etc/passwd", (2,)))), "missing"
    yield "many_axes", checkpoint(put("rbf.widths", tensor("2", (1,) * 40, elements=2))), "too many axes"
    yield "strides_missing", checkpoint(put("rbf.widths", tensor("2", (2,), ()))), "as many strides"
    yield "nan", checkpoint(lambda _, e: e.update({"0": struct.pack("<8f", *([0.5] * 7), float("nan"))})), "not finite"
    yield "infinity", checkpoint(lambda _, e: e.update({"0": struct.pack("<8f", *([0.5] * 7), float("inf"))})), "infinity"
    yield "width_zero", checkpoint(lambda _, e: e.update({"2": b"\0" * 8})), "rbf.widths"
    yield "missing_tensor", checkpoint(lambda items, _: items.pop("energy_head.0.bias")), "energy_head.0.bias"
    yield "extra_tensor", checkpoint(put("energy_head.6.bias", tensor("2", (2,)))), "does not have"
    yield "wrong_shape", checkpoint(put("energy_head.0.bias", tensor("0", (5,), elements=8))), "wrong shape"
    yield "seventeen_layers", checkpoint(
        put("interactions.16.update.mixing_matrix", tensor("0", (3, 3), (0, 0), elements=8))), "does not have"


def archives():
    good = checkpoint()
    yield "cut_in_half", good[:len(good) // 2], "ZIP"
    yield "directory_cut", good[:-30], "ZIP"
    yield "only_a_magic_number", b"PK\x03\x04", "ZIP"
    yield "garbage_behind_magic", b"PK\x03\x04" + bytes(range(256)) * 20, "ZIP"
    # One byte of the first tensor's numbers changed: the checksum knows.
    at = good.index(struct.pack("<8f", *student()["embedding.weight"][1]))
    yield "checksum", good[:at] + bytes([good[at] ^ 1]) + good[at + 1:], "damaged"
    yield "big_endian", checkpoint(extra=[("archive/byteorder", "big")]), "byte order"
    yield "byte_order_nonsense", checkpoint(extra=[("archive/byteorder", "lit\x00tle")]), "byte order"
    yield "byte_order_huge", checkpoint(extra=[("archive/byteorder", "little" * 100)]), "byte order"
    yield "no_pickle", archive(b"", {}, prefix="x/").replace(b"data.pkl", b"data.pkx"), "not a PyTorch"
    yield "two_pickles", checkpoint(extra=[("other/data.pkl", b"N.")]), "two pickles"
    yield "torchscript", checkpoint(extra=[("archive/constants.pkl", b"N."), ("archive/code/m.py", "")]), "TorchScript"
    zeros = b"\0" * (100 << 20)
    packed = zipfile.ZIP_DEFLATED
    yield "bomb_in_storage", checkpoint(lambda _, e: e.update({"0": zeros}), compression=packed), "too much"
    yield "bomb_in_pickle", archive(b"\x80\x02" + zeros, {}, compression=packed), "too much"
    wrong_size = bytearray(archive(b"\x80\x02}.", {"0": b"\0" * (1 << 20)}, compression=packed))
    yield "size_2_32", bytes(wrong_size).replace(struct.pack("<I", 1 << 20), b"\xff\xff\xff\x7f"), "archive"
    claims = checkpoint(lambda _, e: e.update({"0": b"\0" * (1 << 20)}), compression=packed)
    yield "claims_less", claims.replace(struct.pack("<I", 1 << 20), struct.pack("<I", 64)), "archive"
    overlapping = bytearray(good)
    directory = overlapping.index(b"PK\x01\x02")
    while directory != -1:  # every entry is the first one, packed over and over
        overlapping[directory + 20:directory + 24] = struct.pack("<I", len(good) // 2)
        directory = overlapping.find(b"PK\x01\x02", directory + 4)
    yield "overlapping_entries", bytes(overlapping), "ZIP"
    names = archive(b"\x80\x02}.", {}, extra=[(f"archive/data/{i}", b"") for i in range(21_000)])
    yield "many_entries", names, "too many entries"
    same = io.BytesIO()
    with zipfile.ZipFile(same, "w") as file:
        file.writestr("archive/data.pkl", b"\x80\x02}.")
        file.writestr("archive/data/0", b"1234")
        file.writestr("archive/data/1", b"5678")
    yield "one_name_twice", same.getvalue().replace(b"data/1", b"data/0"), "ZIP"
    encrypted = bytearray(good)
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    yield "encrypted", bytes(encrypted), "archive"
    npy = b"\x93NUMPY\x01\0" + struct.pack("<H", 70)
    for case, header, words in (
            ("npy_objects", "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "kind that is not read"),
            ("npy_big_endian", "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "kind that is not read"),
            ("npy_shape_2_63", "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }", "shape"),
            ("npy_shape_overflow", "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "shape")):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("embedding.weight.npy", npy[:8] + struct.pack("<H", len(header)) + header.encode() + b"\0" * 4)
        yield case, buffer.getvalue(), words


def safetensors():
    def write(header, data=b"", length=None):
        encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(encoded) if length is None else length) + encoded + data

    def entry(begin, end, shape, dtype="F32"):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    yield "length_2_63", struct.pack("<Q", 1 << 63) + b"{}", ""
    yield "length_beyond_file", write({"a": entry(0, 4, [1])}, length=1 << 20), "too long"
    yield "only_a_length", struct.pack("<Q", 2) + b"{", "too long"
    yield "not_json", write(b"{" + b"x" * 20), "JSON"
    yield "nested_json", write(b'{"a":' + b"[" * 5000), "nested"
    yield "key_twice", write(b'{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":1}', b"\0" * 4), "twice"
    yield "overlap", write({"a": entry(0, 8, [2]), "b": entry(4, 12, [2])}, b"\0" * 12), "overlap"
    yield "gap", write({"a": entry(0, 4, [1]), "b": entry(8, 12, [1])}, b"\0" * 12), "gap"
    yield "data_left", write({"a": entry(0, 4, [1])}, b"\0" * 12), "belong to no tensor"
    yield "offsets_outside", write({"a": entry(0, 400, [100])}, b"\0" * 4), "not a part of the file"
    yield "offsets_backwards", write({"a": entry(4, 0, [1])}, b"\0" * 4), "not a part of the file"
    yield "offsets_negative", write({"a": entry(-4, 0, [1])}, b"\0" * 4), "sizes"
    yield "offsets_2_64", write(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]}}'), "sizes"
    yield "shape_2_63", write({"a": entry(0, 4, [1 << 63])}, b"\0" * 4), "sizes"
    yield "shape_overflows", write({"a": entry(0, 4, [1 << 52, 1 << 52])}, b"\0" * 4), "shape"
    yield "shape_fraction", write({"a": entry(0, 4, [1.5])}, b"\0" * 4), "sizes"
    yield "unknown_dtype", write({"a": entry(0, 4, [1], "F31")}, b"\0" * 4), "dtype"
    yield "many_axes", write({"a": entry(0, 4, [1] * 50)}, b"\0" * 4), "too many axes"
    yield "many_values", write(b'{"a":[' + b"{}," * 200_000 + b"{}]}"), "too many values"
    yield "many_numbers", write(b'{"a":[' + b"1," * 900_000 + b"1]}"), "too many numbers"
    yield "long_text", write(b'{"' + b"a" * (4 << 20)), "JSON"
    yield "numbers_of_16_MiB", write(b'{"a":[' + b"1," * ((8 << 20) - 8) + b"1]}"), "too many numbers"
    many = '{"format": "fusemd-model", "provenance": [' + "[]," * 1_000_000 + "[]]}"
    yield "header_of_fusemd_with_many_values", write({"__metadata__": {"fusemd_model": many}} | {
        key: entry(16 * i, 16 * i + 16, [2, 2]) for i, key in enumerate(
            ["embedding.weight", "interactions.0.message.rbf_to_scalar.0.weight"])}, b"\0" * 32), "too many values"
    yield "bad_header_of_fusemd", write({"__metadata__": {"fusemd_model": '{"format": "fusemd-model"'}}), "student"


def seed_json():
    def write(change=lambda data: None):
        data = {"format": "mlff-student-weights-v1", "config": {}, "missing": [], "tensors": {
            key: {"shape": list(shape), "dtype": "float32", "encoding": "base64-le",
                  "data": base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()}
            for key, (shape, values) in student().items()}}
        change(data)
        return json.dumps(data).encode()

    def tensor_with(**fields):
        return write(lambda data: data["tensors"]["rbf.widths"].update(fields))

    yield "another_format", write(lambda data: data.update(format="mlff-teacher")), "format"
    yield "a_fusemd_model", write(lambda data: data.update(format="fusemd-model")), "nothing to import"
    yield "no_format", b'{"tensors": {}}', "format"
    yield "bad_base64", tensor_with(data="AAAA*AAAAAA="), "base64"
    yield "other_size", tensor_with(data="AAAA"), "another size"
    yield "shape_2_63", tensor_with(shape=[1 << 63]), "sizes"
    yield "shape_2_52", tensor_with(shape=[1 << 52, 1 << 52]), "another size"
    yield "shape_negative", tensor_with(shape=[-2]), "sizes"
    yield "big_endian", tensor_with(encoding="base64-be"), "encoding"
    yield "float16", tensor_with(dtype="float16"), "dtype"
    yield "nan", tensor_with(data=base64.b64encode(struct.pack("<2f", 1.0, float("nan"))).decode()), "NaN"
    yield "contradiction", write(lambda data: data["config"].update(hidden_dim=128)), "contradicts itself"
    yield "cutoff_nan", write(lambda data: data["config"].update(cutoff=float("nan"))), "JSON"
    yield "nested", b'{"format": ' + b"[" * 100_000, "nested"
    yield "cut", write()[:-100], "JSON"
    yield "text_of_24_MiB", b'{"format": "' + b"a" * (24 << 20), "JSON"
    yield "text_of_24_MiB_escaped", b'{"format": "' + b"\\u00e4" * (4 << 20) + b'"}', "format"
    yield "data_of_24_MiB", tensor_with(data="A" * (24 << 20)), "another size"


def onnx_files():
    def model(nodes=(), initializers=(), more=()):
        graph = onnx.encode([(1, 2, n) for n in nodes] + [(5, 2, t) for t in initializers] + list(more))
        return onnx.encode([(1, 0, 7), (2, 2, b"pytorch"), (7, 2, graph)])

    def initializer(key, dims, data, kind=1, extra=()):
        return onnx.encode([(1, 0, d) for d in dims] + [(2, 0, kind), (8, 2, key), (9, 2, data)] + list(extra))

    def node(op, inputs, outputs):
        return onnx.encode([(1, 2, i) for i in inputs] + [(2, 2, o) for o in outputs] + [(4, 2, op)])

    good = (Path(__file__).resolve().parents[1] / "fuzz" / "checkpoint" / "onnx" / "student.onnx").read_bytes()
    weights = initializer(b"w", [2, 2], b"\0" * 16)
    yield "cut", good[:len(good) // 2], "protobuf"
    yield "field_of_24_MiB", good + onnx.encode([(15, 2, bytes(24 << 20))] * 1) + b"\x3b", "wire type"
    yield "nodes_of_24_MiB", model([b""] * (12 << 20)), "too many operations"
    yield "cut_in_a_tensor", good[:-9], ""
    yield "no_graph", onnx.encode([(1, 0, 7), (2, 2, b"pytorch")]), "not an ONNX model"
    yield "text", b"These are not the weights you are looking for.\n" * 10, "protobuf"
    yield "zeros", bytes(1000), "protobuf"
    yield "length_2_63", b"\x08\x07\x3a" + onnx.varint(1 << 63) + b"x", "too early"
    yield "endless_number", b"\x08" + b"\xff" * 30, "ten bytes"
    yield "group", b"\x08\x07\x3b", "wire type"
    yield "two_graphs", model() + model(), "two graphs"
    yield "empty_graph", model(), "embedding"
    yield "dims_2_63", model(initializers=[initializer(b"w", [1 << 63], b"\0" * 4)]), "negative extent"
    yield "dims_overflow", model(initializers=[initializer(b"w", [1 << 40, 1 << 40], b"\0" * 4)]), "another size"
    yield "data_short", model(initializers=[initializer(b"w", [4], b"\0" * 4)]), "another size"
    yield "data_in_pieces", model(initializers=[initializer(b"w", [2], b"\0" * 4, extra=[(9, 2, b"\0" * 4)])]), "several"
    yield "external_data", model(initializers=[
        initializer(b"w", [1], b"", extra=[(13, 2, onnx.encode([(1, 2, b"location"), (2, 2, b"/etc/passwd")])),
                                           (14, 0, 1)])]), "another file"
    yield "many_axes", model(initializers=[initializer(b"w", [1] * 30, b"\0" * 4)]), "too many axes"
    yield "tensor_twice", model(initializers=[weights, weights]), "given twice"
    yield "value_made_twice", model([node(b"Neg", [b"a"], [b"b"])] * 2), "made twice"
    yield "circle", model([node(b"Identity", [b"a"], [b"b"]), node(b"Identity", [b"b"], [b"a"]),
                           node(b"Gather", [b"a", b"z"], [b"s"])]), "embedding"
    yield "many_nodes", model([node(b"", [], [])] * 30_000), "too many operations"
    yield "many_tensors", model(initializers=[initializer(b"%d" % i, [], b"\0" * 4) for i in range(21_000)]), "too many"
    yield "many_values", model([node(b"Sum", [b"a"] * 250_000, [b"b"])]), "too many values"
    yield "two_embeddings", model([node(b"Gather", [b"w", b"z"], [b"a"]), node(b"Gather", [b"w", b"y"], [b"b"])],
                                  [weights]), "embedding"
    yield "embedding_alone", model([node(b"Gather", [b"w", b"z"], [b"s"])], [weights]), "filter"
    yield "nan", onnx.edit_graph(good, lambda graph: [
        (n, w, onnx.encode([(m, x, struct.pack("<f", float("nan")) * (len(v) // 4) if m == onnx.TENSOR_RAW else v)
                            for m, x, v in onnx.decode(value)]) if n == onnx.GRAPH_INITIALIZER else value)
        for n, w, value in graph]), ""
    name_of = next(n for n in onnx.initializer_names(good) if n.endswith("energy_head.0.bias"))
    yield "initializer_missing", onnx.without_initializer(good, name_of), "energy_head.0.bias"


def other_files():
    yield "empty", b"", "an empty file"
    yield "blanks", b" \n" * 50, ""
    yield "hdf5", b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"
    yield "gzip", b"\x1f\x8b" + zlib.compress(b"x"), "gzip"
    yield "tar", bytes(257) + b"ustar\0" + bytes(500), "tar"
    yield "npy", b"\x93NUMPY\x01\0" + bytes(100), "NumPy"
    yield "picture", b"\x89PNG\r\n\x1a\n" + bytes(200), ""
    yield "newer_pickle", b"\x80\x09" + bytes(100), ""
    big_legacy = b"".join(pickle.dumps(x, 2) for x in (0x1950a86a20f9469cfc6c, 1001, {"little_endian": False}))
    yield "legacy_big_endian", big_legacy + b"}.].", "byte order"
    yield "legacy_alone", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "ends in the middle"


CLASSES = {"pickles_with_code": code_pickles, "damaged_pickles": damaged_pickles, "tensors": tensors,
           "archives": archives, "safetensors": safetensors, "seed_json": seed_json, "onnx": onnx_files,
           "other_files": other_files}


def corpus():
    for kind, cases in CLASSES.items():
        for case, data, words in cases():
            yield kind, case, data, words
