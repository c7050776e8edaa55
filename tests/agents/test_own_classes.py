"""A user's own class by name, from a file of theirs."""

import sys

import pytest

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
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        named_class("policy", "needs_more:Policy", {})
