"""What the page says first and last: the answer, how it was got, and under which settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.study.page.plots import related
from activevision.evaluation.study.results import EQUIVARIANCE, OUTCOMES
from activevision.pages.html import element
from activevision.pages.parts import definitions, section
from activevision.pages.words import NARROW_SPACE, duration, interval, listed, number

_MAIN, _OUTCOME = EQUIVARIANCE[0], next(iter(OUTCOMES))


def top(study: dict[str, Any]) -> Element:
    found, catalogue = study["findings"], study["catalogue"]
    return element(
        "header",
        element(
            "p",
            f"{study['question']} · {len(study['encoders'])} encoders · {catalogue['name']}, "
            f"{catalogue['scenes']} test objects, {len(catalogue['classes'])} classes",
            class_="kicker",
        ),
        element("h1", found["claim"]),
        [
            part
            for sentences in found["sentences"].values()
            for part in (
                element("p", " ".join(sentences[:2]), class_="amount"),
                element("p", " ".join(sentences[2:]), class_="lead further"),
            )
        ],
        element("div", [tile for agent in study["agents"] for tile in _tiles(study, agent)], class_="tiles"),
        [element("p", limit, class_="warning") for limit in found["limits"]],
    )


def _tiles(study: dict[str, Any], agent: str) -> list[Element]:
    row = related(study, agent, _OUTCOME, _MAIN)
    plain = _tile(row, f"rank correlation of R² and accuracy, {agent}")
    return [plain, _tile(row["partial"], "the same with the linear probe held fixed")]


def _tile(row: Mapping[str, Any], label: str) -> Element:
    known = row["rho"] is not None and None not in row["ci95"]
    return element(
        "div",
        element("b", number(row["rho"], 2, sign=True) if row["rho"] is not None else "–"),
        element("span", label),
        element("small", interval(row["ci95"], 1, 2)) if known else None,
        class_="tile",
        style="--c: var(--test-0)",
    )


def method(study: dict[str, Any]) -> Element:
    config = study["config"]
    runs, probes, agents = (config[f"{what}_seeds"] for what in ("encoder", "probe", "agent"))
    objects, count = study["catalogue"]["scenes"], len(study["encoders"])
    paragraphs = [
        f"Every objective trained the same network, {config['backbone']} with {config['embedding']} dimensions, on the "
        f"same films of {study['training_objects']} objects, on {_thousands(config['images'])} images in batches of "
        f"{config['batch']}, with the same optimiser. Only the windows differ: which frames of a film go together. The "
        f"encoder was then frozen. Agents see its standardised features and what linear classifiers on them say of the "
        f"class, cross-fitted over {config['folds']} parts of the training objects; nothing was fine-tuned.",
        f"The intervals are bootstrap percentiles of {_thousands(config['resamples'])} draws, on Fisher’s scale and "
        "moved so that their median lies on the estimate, since drawing objects and seeds anew adds their noise a "
        f"second time and so pulls correlations towards 0. Each draws with replacement {count} encoders of {count}; "
        f"{objects} test objects of {objects}, the same for all encoders, for the probes and for the agents; and for "
        f"every encoder drawn, {_seeds(runs, 'pretraining seed')}, and within, {_seeds(probes, 'probe seed')} and "
        f"{_seeds(agents, 'agent seed')}, of as many."
        + (
            " With one pretraining seed, what another one would have given is not in the intervals."
            if runs == 1
            else ""
        ),
        "The partial correlation is of ranks, with the rank by linear-probe accuracy held fixed: whether equivariance "
        "tells more about an agent than how well features show what is seen. Where less of a measure is better, as of "
        "an error, its ranks are turned round. p is the share of permutations with a correlation at least as large, "
        "either way.",
    ]
    cautions = [
        "Encoders are not a random sample of anything: they are objectives that were published, some of them alike.",
        f"The main relation is that of {study['measures'][_MAIN]['title']} with "
        f"{OUTCOMES[_OUTCOME].format(view=config['view'])}. The others are given beside it, and their intervals are "
        "not corrected for their number.",
        "A correlation over encoders is no cause: what makes an encoder equivariant may also make it better otherwise.",
        "One network, one catalogue, one view grid, short pretraining. Other settings may answer otherwise.",
    ]
    return section(
        "How it was measured",
        None,
        [element("p", paragraph, class_="method") for paragraph in paragraphs],
        element("h3", "What it does not tell"),
        element("ul", [element("li", caution) for caution in cautions], class_="limits"),
    )


def _seeds(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", NARROW_SPACE)


def settings(study: dict[str, Any], seconds: Mapping[str, float], command: str) -> Element:
    config, protocol = study["config"], study["protocol"]
    described = {
        "films": f"{config['films']} of each training object, {config['frames']} frames, {config['rate']:g} a second",
        "films for probes": f"{config['probe_films']} of training objects, one of each test object, "
        f"{config['probe_frames']} frames, {config['probe_rate']:g} a second",
        "agents": listed(study["agents"]),
        "PPO": f"{_thousands(config['ppo_steps'])} environment steps",
        "look-ahead": f"{_thousands(config['look_ahead_steps'])} optimiser steps",
        "starts": f"{config['starts']} of every test object and seed, the same for all",
        "protocol": f"{protocol['name']}: {len(protocol['elevations_deg'])} × {protocol['azimuths']} viewpoints, "
        f"{protocol['views']} views",
        "ambiguity": config["ambiguity"],
        "licence": study["catalogue"]["licence"],
    }
    return element(
        "section",
        element(
            "div",
            element("div", element("h2", "Settings"), definitions(described)),
            element("div", element("h2", "Versions"), definitions(study["versions"], "numbers")),
            element("div", element("h2", "Time"), definitions(_times(seconds), "numbers")) if seconds else None,
            class_="pair",
        ),
        element("h2", "The same again") if command else None,
        element("pre", element("code", command), class_="command") if command else None,
    )


def _times(seconds: Mapping[str, float]) -> dict[str, str]:
    return {stage: duration(spent) for stage, spent in seconds.items()} | {"all": duration(sum(seconds.values()))}
