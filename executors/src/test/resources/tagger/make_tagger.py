"""Makes the taggers of this folder (pip install onnx): what a WD14 model is from the outside, small enough to reckon by hand.

Tag i has the probability sigmoid(w_i . mean + b_i), where mean is the average [blue, green, red] of the 32 x 32 picture.
dynamic/ takes any batch; fixed/ takes exactly two pictures, as some published models take exactly one. slow/ is dynamic/
with a loop that changes nothing and takes seconds.
"""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TAGS = [  # id, name, category, count, weights for blue, green and red, bias
    (1, "general", 9, 900, (0, 0, 0), 4),
    (2, "sensitive", 9, 90, (0, 0, 0), -4),
    (3, "questionable", 9, 9, (0, 0, 0), -4),
    (4, "explicit", 9, 1, (0, 0, 0), -4),
    (10, "red_background", 0, 50, (-4, -4, 4), -1),
    (11, "green_background", 0, 40, (-4, 4, -4), -1),
    (12, "blue_background", 0, 30, (4, -4, -4), -1),
    (13, "white_border", 0, 20, (2, 2, 2), -4.2),
    (14, ">_<", 0, 10, (0, 0, 3), -2.5),
    (15, "o_o", 0, 10, (3, 0, 0), -2.5),
    (20, "ruby_(gem)", 4, 5, (-3, -3, 3), -2.6),
]


ROUNDS = 500_000


def slow():
    """Multiplies the logits by one, again and again."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Mul", ["in", "one"], ["out"])],
        "round",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("in", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("out", TensorProto.FLOAT, None),
        ],
    )
    return helper.make_node("Loop", ["rounds", "true", "logits"], ["same"], body=body)


def model(batch, loop=False):
    weights = np.array([tag[4] for tag in TAGS], np.float32).T / 255  # [3, tags]
    bias = np.array([tag[5] for tag in TAGS], np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2], keepdims=0),
            helper.make_node("MatMul", ["mean", "weights"], ["scaled"]),
            helper.make_node("Add", ["scaled", "bias"], ["logits"]),
            *([slow()] if loop else []),
            helper.make_node("Sigmoid", ["same" if loop else "logits"], ["predictions"]),
        ],
        "tagger",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [batch, 32, 32, 3])],
        [helper.make_tensor_value_info("predictions", TensorProto.FLOAT, [batch, len(TAGS)])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")]
        + loop * [
            numpy_helper.from_array(np.array(ROUNDS), "rounds"),
            numpy_helper.from_array(np.array(True), "true"),
            numpy_helper.from_array(np.float32(1), "one"),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made


if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    for name, batch in (("dynamic", "batch"), ("fixed", 2), ("slow", "batch")):
        folder = here / name
        folder.mkdir(exist_ok=True)
        onnx.save(model(batch, name == "slow"), folder / "model.onnx")
        lines = ["tag_id,name,category,count"] + [f"{i},{name},{c},{n}" for i, name, c, n, _, _ in TAGS]
        (folder / "selected_tags.csv").write_text("\n".join(lines) + "\n")
