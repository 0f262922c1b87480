"""Writes trained weights as ONNX for the package: python -m training.export RUN/best.pt OUT.onnx.

Weights are stored in half precision and computed with in single; the file says how far its answers are from the network's own.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from training.network import UNet
from training.spine import SECOND
from training.tasks import TASKS, Task

SMALLEST_HALVED = 64


class Shares(torch.nn.Module):
    """The network with its scores turned into probabilities."""

    def __init__(self, network: UNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Probability per class."""
        return self.network(image).softmax(dim=1)


def write(network: UNet, channels: int, target: Path) -> None:
    """The network with free sizes, its larger weights in half precision."""
    axes, example = {2: "x", 3: "y", 4: "z"}, torch.zeros(1, channels, 64, 64, 64)
    torch.onnx.export(Shares(network.eval()), (example,), str(target), dynamo=False, opset_version=17, input_names=["image"],
                      output_names=["share"], dynamic_axes={"image": axes, "share": axes})  # fmt: skip
    model = onnx.load(str(target))
    halve(model)
    onnx.checker.check_model(model)
    target.write_bytes(model.SerializeToString())


def halve(model: onnx.ModelProto) -> None:
    """Stores large weights as float16, each followed by a cast back to float32."""
    graph, casts = model.graph, []
    for number, weight in enumerate(graph.initializer):
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < SMALLEST_HALVED:
            continue
        name = weight.name
        graph.initializer[number].CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT, name=f"{name}.cast"))
    for node in reversed(casts):
        graph.node.insert(0, node)


def compare(network: UNet, task: Task, target: Path, bank: Path | None, crops: int = 6) -> float:
    """Largest fall in any class's Dice between the network's own labels and the file's, on the second generator's crops."""
    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    worst = 1.0
    for number in range(crops):
        image = task.draw((901, number), SECOND, False, bank)[0][0][None]
        with torch.no_grad():
            own = network(torch.from_numpy(image)).argmax(dim=1).numpy()
        stored = session.run(None, {"image": image})[0].argmax(axis=1)
        for code in np.unique(own):
            both = int(((own == code) & (stored == code)).sum())
            worst = min(worst, 2 * both / int((own == code).sum() + (stored == code).sum()))
    return 1 - worst


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--bank", type=Path, help="as for training, for lesions")
    args = parser.parse_args()
    kept = torch.load(args.weights, weights_only=True)
    task = TASKS[kept["task"]]
    network = UNet(task.channels, len(task.classes))
    network.load_state_dict(kept["mean"])
    write(network, task.channels, args.target)
    told = {name: kept[name] for name in ("task", "step", "minutes", "seed", "version", "judged")}
    sha = hashlib.sha256(args.target.read_bytes()).hexdigest()
    fall = round(compare(network, task, args.target, args.bank), 5)
    print({**told, "sha256": sha, "bytes": args.target.stat().st_size, "worst_dice_fall": fall})  # noqa: T201


if __name__ == "__main__":
    main()
