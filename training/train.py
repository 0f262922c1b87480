"""Trains a network on simulated crops: python -m training.train RUN --task anatomy --minutes 9 --resume.

RUN/weights.pt keeps the network and its running mean, RUN/optimiser.pt the rest that resuming needs, RUN/steps.csv and
RUN/judged.csv the curves. SIGTERM saves and ends. Runs stop by steps; --minutes cuts them into pieces. What is kept for use
(RUN/best.pt) is chosen on the second generator alone. On a GPU give --device cuda, a batch of 4 to 8 and as many workers as
there are cores: painting is what takes time.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from training.losses import loss_of, tally
from training.network import UNet
from training.spine import FIRST, SECOND
from training.tasks import TASKS, Example, Task

JUDGED, MEAN_KEEPS, TOP_RATE = 32, 0.995, 2e-3
# How many images of a study are there, about.
SHOWN = 3


class Paintings(Dataset[Any]):
    """Painting number n: a fresh spine under the first law, acquired twice."""

    def __init__(self, run: Run, first: int, count: int) -> None:
        self.task, self.seed, self.bank, self.first, self.count = run.task, run.seed, run.bank, first, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> list[tuple[torch.Tensor, ...]]:
        examples = self.task.draw((self.seed, self.first + index), FIRST, None, self.bank)
        return [tuple(torch.from_numpy(part) for part in example) for example in examples]


def version(task: Task) -> str:
    """Digest of the sources that make the crops and the network: what the card calls the generator's version."""
    sha = hashlib.sha256()
    for name in task.sources:
        sha.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return sha.hexdigest()


def rate(step: int, steps: int) -> float:
    """Learning rate of the one-cycle schedule: up over a tenth, down along a cosine to a hundredth."""
    share = min(step / max(steps, 1), 1.0)
    if share < 0.1:
        return TOP_RATE * (0.1 + 0.9 * share / 0.1)
    return TOP_RATE * (0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * (share - 0.1) / 0.9))))


def emphasis(step: int, steps: int) -> float:
    """How much rare classes weigh in the cross-entropy: much at first, until they are learned at all; little at the end."""
    return 1 + 9 * max(1 - step / max(steps, 1), 0.0) ** 2


class Run:
    """A training run in a folder."""

    def __init__(self, folder: Path, name: str, seed: int, steps: int, device: str, bank: Path | None) -> None:
        torch.manual_seed(seed)
        self.folder, self.seed, self.steps, self.device, self.bank = folder, seed, steps, device, bank
        self.name, self.task = name, TASKS[name]
        task = self.task
        self.network, self.mean = (
            UNet(task.channels, len(task.classes)).to(device, memory_format=torch.channels_last_3d) for _ in range(2)
        )
        self.mean.load_state_dict(self.network.state_dict())
        self.optimiser = torch.optim.AdamW(self.network.parameters(), TOP_RATE, weight_decay=1e-3)
        self.step, self.minutes, self.best = 0, 0.0, 0.0
        self.stop = False

    def resume(self) -> None:
        """Takes up what was saved; without it, begins."""
        if not (self.folder / "weights.pt").exists():
            return
        kept = torch.load(self.folder / "weights.pt", self.device, weights_only=True)
        self.network.load_state_dict(kept["network"])
        self.mean.load_state_dict(kept["mean"])
        self.step, self.minutes, self.best = kept["step"], kept["minutes"], kept["best"]
        if (self.folder / "optimiser.pt").exists():
            self.optimiser.load_state_dict(torch.load(self.folder / "optimiser.pt", self.device, weights_only=True))

    def begin(self, file: Path) -> None:
        """Starts from what fits of the weights that an earlier run kept, with a fresh schedule and optimiser.

        Another task's first layer is added to this one's own, so that sequences may come to differ; its head goes to the classes
        of the same name.
        """
        kept = torch.load(file, self.device, weights_only=True)
        was, own = TASKS[kept.get("task", self.name)], self.network.state_dict()
        for name, values in kept["mean"].items():
            if own[name].shape == values.shape:
                own[name] = values.float()
            elif name.startswith("down.0"):
                own[name] += values.float() / SHOWN
            else:
                for number, label in enumerate(was.classes):
                    if label in self.task.classes:
                        own[name][self.task.classes.index(label)] = values[number]
        for network in (self.network, self.mean):
            network.load_state_dict(own)

    def save(self) -> None:
        """Weights and optimiser, each replaced whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {"network": self.network.state_dict(), "mean": self.mean.state_dict(), "step": self.step, "seed": self.seed,
                "minutes": self.minutes, "best": self.best, "task": self.name, "version": version(self.task)}  # fmt: skip
        for name, what in (("weights.pt", kept), ("optimiser.pt", self.optimiser.state_dict())):
            torch.save(what, self.folder / f"{name}.part")
            (self.folder / f"{name}.part").replace(self.folder / name)

    def learn(self, image: torch.Tensor, truth: torch.Tensor, counts: torch.Tensor) -> float:
        """One step; returns the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate(self.step, self.steps)
        image, truth, counts = (part.to(self.device, non_blocking=True) for part in (image, truth, counts))
        with torch.autocast(self.device, torch.bfloat16):
            scores = self.network(image.to(memory_format=torch.channels_last_3d))
        loss = loss_of(scores.float(), truth, counts, self.task.loss, self.task.rare, emphasis(self.step, self.steps))
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        keeps = min(MEAN_KEEPS, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.mean.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, 1 - keeps)
        self.step += 1
        return float(loss.detach())

    def judge(self, examples: list[Any]) -> dict[str, float]:
        """Dice per class and the first class's volume bias on the second generator's hold-out, running mean of the weights."""
        self.mean.eval()
        total = torch.zeros(len(self.task.classes), 3, dtype=torch.float64)
        with torch.no_grad():
            for image, truth, counts in examples:
                scores = self.mean(image[None].float().to(self.device)).cpu()
                total += tally(scores, truth[None].long(), counts[None])
        drawn, true, both = total.T
        dice = {
            name: float(2 * both[k] / (drawn[k] + true[k]).clamp(min=1))
            for k, name in enumerate(self.task.classes)
            if k
        }
        return {**dice, "bias": float(drawn[1] / true[1].clamp(min=1) - 1)}


def hold_out(task: Task, bank: Path | None, seed: int = 900) -> list[Any]:
    """Examples of the second generator: a quarter at 2 mm where that is learnt, none ever learnt from."""
    examples = []
    for number in range(JUDGED // 2):
        for image, truth, counts in task.draw((seed, number), SECOND, number % 4 == 3, bank):
            examples.append((torch.from_numpy(image).half(), torch.from_numpy(truth), torch.from_numpy(counts)))
    return examples


def _begin_painting(_: int) -> None:
    # A signal sent to the whole group is the trainer's to answer: it saves, then ends its painters.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(1)


def batches(run: Run, workers: int, size: int) -> Iterator[tuple[torch.Tensor, ...]]:
    """Batches from the run's step on, in an order that the seed alone decides."""
    done = run.step * size // 2
    paintings = Paintings(run, done, (run.steps * size + 1) // 2 - done)
    loader = DataLoader(paintings, batch_size=None, num_workers=workers, prefetch_factor=8 if workers else None,
                        worker_init_fn=_begin_painting)  # fmt: skip
    held: list[Example] = []
    for examples in loader:
        held += examples
        while len(held) >= size:
            image, truth, counts = (torch.stack(parts) for parts in zip(*held[:size], strict=True))
            yield image, truth.long(), counts
            held = held[size:]


def train(run: Run, minutes: float, workers: int, every: int, size: int) -> None:
    """Steps until the run is done, its piece of time is over or it is told to stop."""
    run.folder.mkdir(parents=True, exist_ok=True)
    examples, began, losses = hold_out(run.task, run.bank), time.monotonic(), []
    for image, truth, counts in batches(run, workers, size):
        tick = time.monotonic()
        losses.append(run.learn(image, truth, counts))
        # A pause from outside is no work: no step is counted as longer than ten seconds.
        run.minutes += min(time.monotonic() - tick, 10.0) / 60
        if run.step % 25 == 0:
            note(
                run.folder / "steps.csv",
                {"step": run.step, "minutes": round(run.minutes, 3), "loss": round(float(np.mean(losses)), 4)},
            )
            losses = []
        if run.step % every == 0 or run.step >= run.steps:
            judge(run, examples)
        if run.stop or run.step >= run.steps or time.monotonic() - began > minutes * 60:
            break
    run.save()


def judge(run: Run, examples: list[Any]) -> None:
    """Measures on the hold-out, notes it, saves, and keeps the weights where they are the best so far."""
    found = run.judge(examples)
    note(run.folder / "judged.csv", {"step": run.step, **{name: round(value, 4) for name, value in found.items()}})
    score = run.task.worth(found)
    if score > run.best:
        run.best = score
        torch.save({"mean": run.mean.state_dict(), "step": run.step, "minutes": run.minutes, "seed": run.seed,
                    "judged": found, "task": run.name, "version": version(run.task)}, run.folder / "best.pt")  # fmt: skip
    run.save()


def note(file: Path, row: dict[str, Any]) -> None:
    """One more line of a table."""
    fresh = not file.exists()
    with file.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, row)
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--task", choices=sorted(TASKS), default="anatomy")
    parser.add_argument("--minutes", type=float, default=9.0, help="length of this piece")
    parser.add_argument("--steps", type=int, default=6000, help="length of the whole run")
    parser.add_argument("--every", type=int, default=250, help="steps between two judgements")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--batch", type=int, default=1, help="examples a step")
    parser.add_argument(
        "--bank", type=Path, help="folder with the banks first/ and second/ (training.bank), for lesions"
    )
    parser.add_argument("--begin", type=Path, help="weights to start from where the run's folder has none")
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    run = Run(args.run, args.task, args.seed, args.steps, args.device, args.bank)
    if args.begin:
        run.begin(args.begin)
    if args.resume:
        run.resume()
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "stop", True))
    train(run, args.minutes, args.workers, args.every, args.batch)


if __name__ == "__main__":
    main()
