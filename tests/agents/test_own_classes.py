"""A user's own class by name, from a file of theirs."""

import sys

import numpy as np
import pytest

from activevision.agents.evidence import Evidence
from activevision.agents.named import named_class
from activevision.agents.policies import baseline
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND


def test_a_class_is_found_in_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "my_policies.py").write_text(
        "class Stay:\n    name = 'stay'\n    def __init__(self, protocol, seed): self.given = protocol, seed\n"
        "    def act(self, observation, belief): ...\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert baseline(LOOK_AROUND, "my_policies:Stay", 7).given == (LOOK_AROUND, 7)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rnadom", "did you mean 'random'"),
        ("no_such_module:Policy", "no module 'no_such_module'"),
        ("activevision.agents.policies.baselines:Randon", "no class 'Randon'"),
        ("activevision.agents.policies.baselines:np", "no class 'np'"),
    ],
)
def test_a_wrong_name_is_one_line(name, said):
    with pytest.raises(UserError, match=said):
        baseline(LOOK_AROUND, name, 0)


@pytest.mark.parametrize(("kind", "method"), [("policy", "act"), ("fusion", "init"), ("recogniser", "evidence")])
def test_a_class_that_cannot_do_what_its_kind_must_is_one_line(kind, method, tmp_path, monkeypatch):
    (tmp_path / f"idle_{kind}.py").write_text("class Idle: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=f"class 'Idle' has no method '{method}'"):
        named_class(kind, f"idle_{kind}:Idle", {})


def test_what_a_users_module_lacks_is_not_blamed_on_its_name(tmp_path, monkeypatch):
    (tmp_path / "needs_more.py").write_text("import a_package_that_is_not_there\nclass Policy: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"'needs_more' is there .*a_package_that_is_not_there"):
        named_class("policy", "needs_more:Policy", {})


def test_a_module_with_a_mistake_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "unfinished.py").write_text("class Policy:\n    def act(self\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"raised SyntaxError .*unfinished\.py, line 2"):
        named_class("policy", "unfinished:Policy", {})


def test_what_a_users_class_raises_is_one_line_with_its_place(tmp_path, monkeypatch):
    (tmp_path / "clumsy.py").write_text(
        "import numpy as np\n"
        "class Policy:\n"
        "    name = 'clumsy'\n"
        "    def __init__(self, protocol, seed): self.seed = seed\n"
        "    def act(self, observation, belief):\n"
        "        return np.stack([])\n"
        "class Fussy:\n"
        "    def __init__(self, protocol): ...\n"
        "    def act(self, observation, belief): ...\n"
        "class Nameless:\n"
        "    def __init__(self, protocol, seed): ...\n"
        "    def act(self, observation, belief): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    policy = baseline(LOOK_AROUND, "clumsy:Policy", 7)
    assert (policy.name, policy.seed) == ("clumsy", 7)
    with pytest.raises(UserError, match=r"policy 'clumsy:Policy' raised ValueError .*clumsy\.py, line 6"):
        policy.act({}, None)
    with pytest.raises(UserError, match="policy 'clumsy:Fussy' raised TypeError"):
        baseline(LOOK_AROUND, "clumsy:Fussy", 7)
    with pytest.raises(UserError, match="has no name"):
        baseline(LOOK_AROUND, "clumsy:Nameless", 7)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("belief.log_probs", "ndarray: return a Belief"),
        ("Belief(belief.log_probs[:, :2], belief.state)", r"shape \(4, 2\)"),
        ("Belief(belief.log_probs, belief.state[0])", r"state of shape \(0,\)"),
        ("Belief(np.exp(belief.log_probs), belief.state)", "sum to"),
        ("Belief(belief.log_probs * np.nan, belief.state)", "sum to nan"),
    ],
)
def test_a_fusion_that_does_not_give_probabilities_is_one_line(answer, said, tmp_path, monkeypatch):
    (tmp_path / "odd.py").write_text(
        "import numpy as np\n"
        "from activevision.agents.fusion import Belief, MeanPosterior\n"
        "class Odd(MeanPosterior):\n"
        "    name = 'odd'\n"
        "    def init(self, batch):\n"
        "        return Belief(np.full((batch, 3), -np.log(3)), np.zeros((batch, 0)))\n"
        f"    def update(self, belief, evidence, egomotion): return {answer}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    fusion = named_class("fusion", "odd:Odd", {})(3)
    evidence = Evidence(np.zeros((4, 3), np.float32), np.zeros((4, 0), np.float32))
    with pytest.raises(UserError, match=f"fusion 'odd:Odd' returned .*{said}"):
        fusion.update(fusion.init(4), evidence, np.zeros((4, 6), np.float32))
    sys.modules.pop("odd")
