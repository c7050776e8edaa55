"""The recogniser: encoder + linear classifier, trained on single views."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from activevision.agents.config import RecogniserConfig
from activevision.agents.evidence import Evidence
from activevision.agents.views import LabelledViews
from activevision.encoders.augmentation import augment
from activevision.encoders.backbones import Encoder, description, rebuilt
from activevision.errors import UserError
from activevision.files import atomic_write
from activevision.progress import progress

_BATCH = 512


class ViewRecogniser(nn.Module):
    """encoder → dropout → linear → log-posterior / temperature.

    ``descriptor`` is the encoder whose features go beside the log-likelihoods: the pretrained one, left as it was, so
    that recognisers trained on other objects describe a view alike and a policy learnt with one works with the next.
    """

    temperature: torch.Tensor

    def __init__(self, encoder: Encoder, descriptor: Encoder, classes: tuple[str, ...]):
        super().__init__()
        self.encoder = encoder
        self.descriptor = descriptor.eval().requires_grad_(False)
        self.classes = tuple(classes)
        self.feature_size = descriptor.embedding
        self.dropout = nn.Dropout(0.3)
        self.classifier = nn.Linear(encoder.embedding, len(classes))
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (B, C), before calibration, of images (B, 3, H, W)."""
        return self.classifier(self.dropout(torch.relu(self.encoder(images))))

    @torch.no_grad()
    def evidence(self, observation: Mapping[str, Any], info: Mapping[str, Any]) -> Evidence:
        """Evidence of ``observation["rgb"]`` (N, H, W, 3) uint8; nothing else is looked at."""
        frames = observation["rgb"]
        self.eval()
        scores, features = [], []
        for start in range(0, len(frames), _BATCH):
            images = _images(frames[start : start + _BATCH])
            scores.append(torch.log_softmax(self(images) / self.temperature, dim=-1))
            features.append(self.descriptor(images))
        return Evidence(torch.cat(scores).numpy(), torch.cat(features).numpy())


def train_recogniser(
    encoder: Encoder, views: LabelledViews, config: RecogniserConfig, seed: int, what: str = "Training the recogniser"
) -> ViewRecogniser:
    """Fine-tune a copy of ``encoder`` with a classifier on every one of the views; same seed, same weights.

    UserError where some of them have no label.
    """
    if (views.labels < 0).any():
        raise UserError("views without labels cannot teach a recogniser: collect some of a catalogue with classes.")
    frames = views.frames.reshape(-1, *views.frames.shape[2:])
    labels = torch.from_numpy(np.repeat(views.labels, views.frames.shape[1]))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = ViewRecogniser(copy.deepcopy(encoder), copy.deepcopy(encoder), views.classes).train()
        model.encoder.requires_grad_(True)
        trained = [p for p in model.parameters() if p.requires_grad]
        per_epoch = len(labels) // config.batch_size or 1
        total = config.epochs * per_epoch
        optimiser = torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=config.learning_rate, total_steps=total, pct_start=0.15
        )
        with progress(what, total * config.batch_size, "views") as advance:
            for step in range(total):
                generator = np.random.default_rng([seed, step])
                if step % per_epoch == 0:
                    order = np.random.default_rng([seed, step, 1]).permutation(len(labels))
                index = order[step % per_epoch * config.batch_size :][: config.batch_size]
                batch = torch.from_numpy(frames[index][:, None]).permute(0, 1, 4, 2, 3)
                images = augment(batch, config.shift, config.jitter, generator)[:, 0]
                flip = torch.from_numpy(generator.random(len(index)) < 0.5)  # a mirrored chair is a chair
                images = torch.where(flip[:, None, None, None], images.flip(-1), images)
                loss = nn.functional.cross_entropy(model(images), labels[index], label_smoothing=config.label_smoothing)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                advance(config.batch_size)
    return model.eval()


def save_recogniser(path: Path, model: ViewRecogniser) -> None:
    """Write weights and what is needed to rebuild them into one ``.safetensors`` file, with a checksum."""
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    facts: dict[str, Any] = {"classes": list(model.classes), **description(model.encoder)}
    facts["sha256"] = _checksum(weights)
    with atomic_write(path) as file:  # one entry of metadata, because safetensors writes several in random order
        file.write(save(weights, {"recogniser": json.dumps(facts)}))


def load_recogniser(path: Path) -> ViewRecogniser:
    """The recogniser of a file that ``save_recogniser`` wrote; UserError when there is none or it is damaged."""
    try:
        content = path.read_bytes()
        weights = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        facts = json.loads(header["__metadata__"]["recogniser"])
    except FileNotFoundError:
        raise UserError(f"no recogniser {path}: give a folder that `activevision train` wrote.") from None
    except (SafetensorError, KeyError, ValueError) as error:
        raise UserError(f"recogniser {path} is damaged ({error}): delete it and train again.") from None
    try:
        if _checksum(weights) != facts["sha256"]:
            raise UserError(f"recogniser {path} is damaged (checksums differ): delete it and train again.")
        encoder, descriptor = (rebuilt(facts) for _ in range(2))
        model = ViewRecogniser(encoder, descriptor, tuple(facts["classes"]))
        model.load_state_dict(weights)
    except (KeyError, TypeError, RuntimeError) as error:  # the checksum is of the weights, not of their names
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"recogniser {path} is damaged ({reason}): delete it and train again.") from None
    return model.eval()


def _checksum(weights: Mapping[str, torch.Tensor]) -> str:
    hasher = hashlib.sha256()
    for name in sorted(weights):
        hasher.update(weights[name].numpy().tobytes())
    return hasher.hexdigest()


def _images(frames: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(np.array(frames)).permute(0, 3, 1, 2)
