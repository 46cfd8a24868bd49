"""BERT (Devlin et al. 2019) as an ONNX graph of the operators that exporters write for it.

Layers with an even number have layer normalisation and GELU spelled out, as exporters before operator
set 17 do; those with an odd number have the operator `LayerNormalization`.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class Graph:
    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, value, dtype=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def whole(self, value):
        return self.constant(value, np.int64)

    def __call__(self, operator, *inputs, out=None, **attributes):
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], name=f"{operator}_{len(self.nodes)}", **attributes))
        return out


def size(g, value, axis):
    """A dimension as a vector of one element."""
    one = g("Gather", g("Shape", value), g.whole(axis), axis=0)
    return g("Unsqueeze", one, g.whole([0]))


def normalised(g, x, weights, prefix, epsilon, by_operator):
    scale, offset = g.constant(weights[prefix + ".weight"]), g.constant(weights[prefix + ".bias"])
    if by_operator:
        return g("LayerNormalization", x, scale, offset, axis=-1, epsilon=epsilon)
    centred = g("Sub", x, g("ReduceMean", x, axes=[-1]))
    variance = g("ReduceMean", g("Pow", centred, g.constant(2.0)), axes=[-1])
    deviation = g("Sqrt", g("Add", variance, g.constant(epsilon)))
    return g("Add", g("Mul", g("Div", centred, deviation), scale), offset)


def linear(g, x, weights, prefix):
    product = g("MatMul", x, g.constant(np.ascontiguousarray(weights[prefix + ".weight"].T)))
    return g("Add", g.constant(weights[prefix + ".bias"]), product)


def gelu(g, x):
    shares = g("Add", g("Erf", g("Div", x, g.constant(np.sqrt(2.0)))), g.constant(1.0))
    return g("Mul", g("Mul", x, shares), g.constant(0.5))


def mask(g):
    """0 where a token is seen and the smallest number elsewhere, for each pair of tokens."""
    wide = g("Unsqueeze", g("Unsqueeze", "attention_mask", g.whole([1])), g.whole([2]))
    length = size(g, "input_ids", 1)
    dims = g("Concat", size(g, "input_ids", 0), g.whole([1]), length, length, axis=0)
    # What exporters write for `expand`: dimensions of -1 become 1.
    ones = g("ConstantOfShape", g("Shape", dims), value=numpy_helper.from_array(np.array([1], dtype=np.int64)))
    dims = g("Where", g("Equal", dims, g("Mul", ones, g.whole(-1))), ones, dims)
    unseen = g("Sub", g.constant(1.0), g("Cast", g("Expand", wide, dims), to=TensorProto.FLOAT))
    hidden = g("Cast", unseen, to=TensorProto.BOOL)
    return g("Where", hidden, g.constant(np.finfo(np.float32).min), unseen)


def attention(g, x, weights, prefix, heads, seen):
    width = weights[prefix + ".self.query.weight"].shape[0]
    split = g("Concat", size(g, x, 0), size(g, x, 1), g.whole([heads]), g.whole([width // heads]), axis=0)

    def part(name, order):
        return g("Transpose", g("Reshape", linear(g, x, weights, f"{prefix}.self.{name}"), split), perm=order)

    query, key, value = part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1]), part("value", [0, 2, 1, 3])
    scores = g("Div", g("MatMul", query, key), g.constant(np.sqrt(width / heads)))
    shares = g("Softmax", g("Add", scores, seen), axis=-1)
    joined = g("Transpose", g("MatMul", shares, value), perm=[0, 2, 1, 3])
    whole = g("Concat", size(g, joined, 0), size(g, joined, 1), g.whole([width]), axis=0)
    return linear(g, g("Reshape", joined, whole), weights, f"{prefix}.output.dense")


def bert(weights, layers, heads, epsilon=1e-12):
    g = Graph()
    length = size(g, "input_ids", 1)
    positions = weights["embeddings.position_embeddings.weight"]
    ids = g("Slice", g.whole(np.arange(len(positions))[None]), g.whole([0]), length, g.whole([1]), g.whole([1]))
    words = g("Gather", g.constant(weights["embeddings.word_embeddings.weight"]), "input_ids", axis=0)
    kinds = g("Gather", g.constant(weights["embeddings.token_type_embeddings.weight"]), "token_type_ids", axis=0)
    places = g("Gather", g.constant(positions), ids, axis=0)
    x = g("Add", g("Add", words, kinds), places)
    x = normalised(g, x, weights, "embeddings.LayerNorm", epsilon, False)
    seen = mask(g)
    for layer in range(layers):
        prefix, by_operator = f"encoder.layer.{layer}", layer % 2 == 1
        x = g("Add", attention(g, x, weights, f"{prefix}.attention", heads, seen), x)
        x = normalised(g, x, weights, f"{prefix}.attention.output.LayerNorm", epsilon, by_operator)
        inner = gelu(g, linear(g, x, weights, f"{prefix}.intermediate.dense"))
        x = g("Add", linear(g, inner, weights, f"{prefix}.output.dense"), x)
        x = normalised(g, x, weights, f"{prefix}.output.LayerNorm", epsilon, by_operator)
    g("Identity", x, out="last_hidden_state")
    width = positions.shape[1]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in INPUTS]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", width])
    graph = helper.make_graph(g.nodes, "bert", inputs, [output], g.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def drawn(vocabulary, width, inner, layers, positions, seed):
    """Weights of a model that nobody trained."""
    random = np.random.default_rng(seed)

    def normal(*shape, scale=0.5):
        return (random.standard_normal(shape) * scale).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": normal(vocabulary, width),
        "embeddings.position_embeddings.weight": normal(positions, width),
        "embeddings.token_type_embeddings.weight": normal(2, width),
    }
    norms, lines = ["embeddings.LayerNorm"], {}
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}"
        norms += [f"{prefix}.attention.output.LayerNorm", f"{prefix}.output.LayerNorm"]
        lines |= {f"{prefix}.attention.self.{name}": (width, width) for name in ("query", "key", "value")}
        lines |= {
            f"{prefix}.attention.output.dense": (width, width),
            f"{prefix}.intermediate.dense": (inner, width),
            f"{prefix}.output.dense": (width, inner),
        }
    for name in norms:
        weights[name + ".weight"], weights[name + ".bias"] = 1 + normal(width, scale=0.1), normal(width, scale=0.1)
    for name, shape in lines.items():
        weights[name + ".weight"], weights[name + ".bias"] = normal(*shape, scale=0.3), normal(shape[0], scale=0.1)
    return weights
