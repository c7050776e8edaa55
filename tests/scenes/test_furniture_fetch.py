"""Fetching ends with all libraries of a package in the store or with what was there before, never in between."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from furniture_samples import write_deb, write_library

from activevision.commands.scenes import FetchScenes
from activevision.errors import UserError
from activevision.scenes.furniture import FURNITURE_ALL, fetch_furniture, store
from activevision.scenes.furniture.library import Library
from activevision.scenes.furniture.sources import PACKAGES
from activevision.scenes.furniture.store import stored_libraries


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path / "cache"))


def sample_deb(folder: Path, package: str = "sample", libraries: tuple[str, ...] = ("One", "Two")) -> Path:
    files = {"usr/share/doc/readme": b"text", "usr/share/other.jar": b"not a zip"}
    for name in libraries:
        files[f"usr/share/furniture/{name}.sh3f"] = write_library(folder / f"{name}.sh3f", name).read_bytes()
    return write_deb(folder / f"{package}_1-1_all.deb", files)


def without(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *rest: None if name == program else found(name, *rest))


@pytest.mark.parametrize("reader", ["dpkg-deb", "python"])
def test_a_debian_package_is_unpacked_with_and_without_dpkg(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reader == "python":
        without(monkeypatch, "dpkg-deb")
    elif shutil.which("dpkg-deb") is None:
        pytest.skip("there is no dpkg-deb here")
    folder = fetch_furniture(sample_deb(tmp_path))
    assert set(stored_libraries()) == {"One", "Two"}
    assert len(Library(stored_libraries()["Two"]).meshes("box")) == 2
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_every_kind_of_source_gives_the_same_library_and_keeps_the_others(tmp_path: Path) -> None:
    file = write_library(tmp_path / "renamed.sh3f", "One")
    fetch_furniture(write_library(tmp_path / "b.sh3f", "Two"))
    fetch_furniture(file)
    from_file = stored_libraries()["One"].name
    (tmp_path / "package/usr/share").mkdir(parents=True)
    shutil.copy(file, tmp_path / "package/usr/share/x.sh3f")
    fetch_furniture(tmp_path / "package")
    assert stored_libraries()["One"].name == from_file
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "unpacked")
    fetch_furniture(tmp_path / "unpacked")
    assert stored_libraries()["One"].name == from_file
    assert set(stored_libraries()) == {"One", "Two"}


def test_a_newer_library_takes_the_place_of_the_older_one(tmp_path: Path) -> None:
    fetch_furniture(write_library(tmp_path / "a.sh3f", "One"))
    old = stored_libraries()["One"]
    fetch_furniture(write_library(tmp_path / "b.sh3f", "One", shade=9))
    assert stored_libraries()["One"] != old
    assert not old.exists()


@pytest.mark.parametrize("dies_at", ["unpacking", "storing the second library", "the index"])
def test_a_killed_fetch_leaves_what_was_there_before(
    dies_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_furniture(write_library(tmp_path / "a.sh3f", "One", shade=9))
    before = stored_libraries()
    package = sample_deb(tmp_path)
    copy, copies = shutil.copyfileobj, []

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    def copy_until_killed(source: Any, target: Any, length: int) -> None:
        copies.append(target)
        if len(copies) == {"unpacking": 1, "storing the second library": 5}.get(dies_at):
            target.write(source.read(100))
            raise KeyboardInterrupt
        copy(source, target, length)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", copy_until_killed)
        if dies_at == "the index":
            patch.setattr(store, "write_json", die)
        with pytest.raises(KeyboardInterrupt):
            fetch_furniture(package)
    assert stored_libraries() == before
    assert Library(before["One"]).models
    fetch_furniture(package)
    assert set(stored_libraries()) == {"One", "Two"}


def test_a_damaged_index_counts_as_nothing_fetched(tmp_path: Path) -> None:
    fetch_furniture(write_library(tmp_path / "a.sh3f", "One"))
    (store.store_folder() / "index.json").write_text('{"One": ')
    assert stored_libraries() == {}
    fetch_furniture(tmp_path / "a.sh3f")
    assert set(stored_libraries()) == {"One"}


@pytest.mark.parametrize("reader", ["dpkg-deb", "python"])
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_package_cut_short_adds_nothing(
    reader: str, part: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reader == "python":
        without(monkeypatch, "dpkg-deb")
    package = sample_deb(tmp_path)
    data = package.read_bytes()
    package.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(UserError, match="not a whole Debian package"):
        fetch_furniture(package)
    assert stored_libraries() == {}


def test_a_library_with_a_damaged_model_is_not_taken(tmp_path: Path) -> None:
    data = bytearray(write_library(tmp_path / "a.sh3f", "One").read_bytes())
    data[data.index(b"usemtl wood")] ^= 1
    (tmp_path / "a.sh3f").write_bytes(data)
    with pytest.raises(UserError, match="damaged at"):
        fetch_furniture(tmp_path / "a.sh3f")
    assert stored_libraries() == {}


def test_wrong_sources_are_user_errors_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "picture.sh3f").write_bytes(b"\x89PNG")
    (tmp_path / "text.deb").write_bytes(b"hello")
    (tmp_path / "empty").mkdir()
    write_deb(tmp_path / "other_1_all.deb", {"usr/bin/tool": b"x"})
    for source, reason in {
        "gone.deb": "no file or folder",
        "picture.sh3f": "not furniture",
        "text.deb": "not a Debian package",
        "empty": "no furniture in",
        "other_1_all.deb": "no furniture in",
    }.items():
        with pytest.raises(UserError, match=reason) as caught:
            fetch_furniture(tmp_path / source)
        assert "\n" not in str(caught.value)
    assert stored_libraries() == {}


def test_without_apt_or_room_on_the_disk_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "apt-get")
    with pytest.raises(UserError, match=r"no apt-get here.*--from"):
        fetch_furniture()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))
    with pytest.raises(UserError, match="ACTIVEVISION_CACHE"):
        fetch_furniture()


def fake_apt(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, lists: bool, network: bool, sources: tuple[Path, ...] = ()
) -> Path:
    """An apt-get that knows the packages of ``folder`` once it has lists, its own or the private ones of an update.

    The non-free ones it knows only after an update with other sources than the user's, which are ``sources``.
    """
    script = folder / "bin" / "apt-get"
    script.parent.mkdir()
    log = folder / "log"
    other = folder / "other.list"
    other.write_text("deb http://elsewhere/apt stable main\n")
    targets = "".join(f"Debian|{path}:1\nDebian|{path}:2\n" for path in sources) + f"Other|{other}:1\n"
    script.write_text(f"""#!/bin/sh
echo "$@" >> {log}
known={"yes" if lists else ""}
command=; names=; print=; private=; parts=
while [ $# -gt 0 ]; do
  case "$1" in
    -o) shift; case "$1" in
      Dir::State::Lists=*) private="${{1#*=}}";;
      Dir::Etc::SourceParts=*) parts="${{1#*=}}";;
    esac;;
    --format) shift;;
    -*) [ "$1" = --print-uris ] && print=yes;;
    *) if [ -z "$command" ]; then command=$1; else names="$names $1"; fi;;
  esac; shift
done
if [ "$command" = indextargets ]; then printf '%s' '{targets}'; exit 0; fi
if [ "$command" = update ]; then
  [ -n "{"yes" if network else ""}" ] || {{ echo "E: Could not resolve the archive"; exit 100; }}
  touch "$private/list"
  if [ -n "$parts" ] && grep -qs non-free "$parts"/*; then cp "$parts"/* {folder}/seen/; touch "$private/non-free"; fi
  exit 0
fi
[ -n "$private" ] && [ -e "$private/list" ] && known=yes
[ -n "$known" ] || {{ echo "E: Unable to locate package"; exit 100; }}
for name in $names; do
  case "$name" in *nonfree) [ -e "$private/non-free" ] || {{ echo "E: Unable to locate package"; exit 100; }};; esac
  file={folder}/${{name}}_1-1_all.deb
  if [ -n "$print" ]; then echo "'http://archive/$name.deb' ${{name}}_1-1_all.deb $(stat -c %s $file) SHA256:0"
  elif [ -n "{"yes" if network else ""}" ]; then cp $file .
  else echo "E: Failed to fetch $name"; exit 100; fi
done
""")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    (folder / "seen").mkdir()
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    for number, package in enumerate(package for packages in PACKAGES.values() for package in packages):
        sample_deb(folder, package, (f"Library{number}",))
    return log


@pytest.mark.parametrize("lists", [True, False])
def test_apt_downloads_both_packages_with_private_lists_where_it_has_none(
    lists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = fake_apt(tmp_path, monkeypatch, lists=lists, network=True)
    fetch_furniture()
    assert set(stored_libraries()) == {"Library0", "Library1"}
    calls = log.read_text().splitlines()
    assert any(" update" in call for call in calls) is not lists
    assert "install" not in log.read_text()
    if not lists:
        assert all("Dir::State::Lists=" in call and "Dir::Cache=" in call for call in calls if " update" in call)


@pytest.mark.parametrize("lists", [True, False])
def test_without_a_network_apts_own_reason_is_passed_on(
    lists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_apt(tmp_path, monkeypatch, lists=lists, network=False)
    with pytest.raises(UserError, match="Failed to fetch" if lists else "Could not resolve") as caught:
        fetch_furniture()
    assert "--from" in str(caught.value)
    assert stored_libraries() == {}


_DEB822 = """Types: deb
URIs: http://archive/debian
Suites: stable stable-updates
Components: main
  contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://archive/security
Suites: stable-security
components: main
"""
_ONE_LINE = """# deb http://archive/old stable main
deb [arch=amd64 signed-by=/usr/share/keyrings/archive.gpg] http://archive/debian stable main contrib # ours
deb http://archive/security stable-security/updates main
deb-src http://archive/debian stable main
deb http://archive/flat ./
"""


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("form", ["sources", "list"])
def test_the_non_free_package_comes_from_the_users_own_archives(
    form: str, lists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / f"debian.{form}"
    sources.write_text(_DEB822 if form == "sources" else _ONE_LINE)
    log = fake_apt(tmp_path, monkeypatch, lists=lists, network=True, sources=(sources,))
    FetchScenes("furniture-all").run()
    assert set(stored_libraries()) == {"Library0", "Library1", "Library2"}
    assert "install" not in log.read_text()
    assert sources.read_text() == (_DEB822 if form == "sources" else _ONE_LINE)
    assert [path.name for path in (tmp_path / "seen").iterdir()] == [sources.name]  # of no other archive
    used = (tmp_path / "seen" / sources.name).read_text()
    if form == "sources":
        assert used == _DEB822.replace("Components: main\n  contrib", "Components: non-free").replace(
            "components: main", "Components: non-free"
        )
    else:
        assert used.splitlines() == [
            "deb [arch=amd64 signed-by=/usr/share/keyrings/archive.gpg] http://archive/debian stable non-free",
            "deb http://archive/security stable-security/updates non-free",
        ]


def test_furniture_asks_for_no_non_free_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = fake_apt(tmp_path, monkeypatch, lists=True, network=True)
    fetch_furniture()
    assert set(stored_libraries()) == {"Library0", "Library1"}
    assert "nonfree" not in log.read_text()
    assert "indextargets" not in log.read_text()


def test_without_debians_archives_nothing_is_fetched_and_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_apt(tmp_path, monkeypatch, lists=True, network=True)
    with pytest.raises(UserError, match=r"sweethome3d-furniture-nonfree.*add non-free to.*--from") as caught:
        fetch_furniture(components=FURNITURE_ALL.components)
    assert "\n" not in str(caught.value)
    assert stored_libraries() == {}
