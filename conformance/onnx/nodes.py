"""Writes `nodes.json`: ONNX's own tests of single operators, those that an encoder of texts needs.

The `onnx` package ships the tests (`onnx.backend.test`) with inputs and outputs; nothing is computed
here. Left out: tests that take or give a tensor without elements, types that the evaluator does not
have, and tensors of more than 130 elements.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx.backend.test.loader import load_model_tests

OPERATORS = """Abs Add And Cast CastLike Clip Concat Constant ConstantOfShape Cos CumSum Div Equal Erf Exp
Expand Flatten Gather GatherElements GatherND Gelu Gemm Greater GreaterOrEqual Identity
LayerNormalization Less LessOrEqual Log MatMul Max Min Mod Mul Neg Not Or Pow Range Reciprocal ReduceMax
ReduceMean ReduceSum Relu Reshape Shape Sigmoid Sign Sin Size Slice Softmax Split Sqrt Squeeze Sub Tanh
Tile Transpose Trilu Unsqueeze Where Xor""".split()
TYPES = {1: "F32", 6: "I64", 7: "I64", 8: "Text", 9: "Bool", 11: "F64"}
ELEMENTS = 130
# Operators as the functions that define them: only of these, the others are no part of an encoder.
FUNCTIONS = ("test_layer_normalization", "test_gelu", "test_softmax")


def wanted(name):
    of_function = "_expanded" in name
    return not of_function or (name.startswith(FUNCTIONS) and not name.endswith("_ver18"))


def tensors(infos, arrays):
    out = []
    for info, array in zip(infos, arrays, strict=True):
        kind = TYPES.get(info.type.tensor_type.elem_type)
        if kind is None or not isinstance(array, np.ndarray | np.generic):
            return None
        array = np.asarray(array)
        if array.size == 0 or array.size > ELEMENTS:
            return None
        values = [repr(v) if isinstance(v, float) and not np.isfinite(v) else v for v in array.ravel().tolist()]
        out.append({"name": info.name, "kind": kind, "dims": list(array.shape), "values": values})
    return out


def case(test):
    model = test.model
    if model is None or not wanted(test.name) or not {node.op_type for node in model.graph.node} <= set(OPERATORS):
        return None
    for inputs, outputs in test.data_sets:
        given, expected = tensors(model.graph.input, inputs), tensors(model.graph.output, outputs)
        if given is None or expected is None:
            return None
        return {
            "name": test.name,
            "model": model.SerializeToString().hex(),
            "rtol": test.rtol,
            "atol": test.atol,
            "inputs": given,
            "outputs": expected,
        }
    return None


if __name__ == "__main__":
    found = []
    for test in load_model_tests(kind="node"):
        try:
            one = case(test)
        except (TypeError, ValueError):
            continue  # a sequence, or a type that numpy lacks
        if one:
            found.append(one)
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in found)
    head = json.dumps(f"onnx {onnx.__version__}, onnx.backend.test, kind node")
    path = pathlib.Path(__file__).parent / "nodes.json"
    path.write_text('{"source":%s,"cases":[\n%s\n]}\n' % (head, lines))
    print(len(found), "cases", path.stat().st_size, "bytes", file=sys.stderr)
