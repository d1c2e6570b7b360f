import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from frikommune import __version__

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it where nothing of the checkout can be seen."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    zipfile.ZipFile(built).extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_holds_data_notebooks_and_shell(wheel: Path) -> None:
    """What the package reads travels in it."""
    inside = {
        str(path.relative_to(wheel / "frikommune")) for path in (wheel / "frikommune").rglob("*") if path.is_file()
    }
    assert {"_shipped/data/trials.toml", "_shipped/notebooks/1-trial.ipynb", "shell/page.css", "py.typed"} <= inside
    assert {path.name for path in (ROOT / "data").iterdir() if path.is_file()} <= {Path(name).name for name in inside}


def test_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """The package of the wheel, started elsewhere, finds its trials and its notebook."""
    code = (
        "import frikommune, frikommune.shipped as s; from frikommune.appendix import check_parameters;"
        "print(len(frikommune.load_trials()), check_parameters({'seed': '3'}), s.ROOT)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"18 {{'seed': 3}} {wheel / 'frikommune' / '_shipped'}"


def test_one_list_of_dependencies() -> None:
    """environment.yml defers to pyproject.toml: it names Python and pip, and installs the locked packages."""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = re.findall(r"^  - ([a-z]+)", text.partition("dependencies:")[2], re.MULTILINE)
    assert names == ["python", "pip", "pip"]
    assert f"python{project['requires-python']}" in text
    assert "- -r requirements.lock" in text


def test_every_dependency_is_locked() -> None:
    """The lock file pins each dependency once for every Python, with hashes, and names no host."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.match(r"[A-Za-z0-9_.-]+", each)[0].lower() for each in wanted} <= pinned  # type: ignore[index]
    assert "--hash=sha256:" in lock
    assert "://" not in lock


def test_the_readme_opens_with_the_two_commands() -> None:
    """Whoever comes first sees how to make the pages and how to test."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [line.split("#")[0].strip() for line in text.splitlines() if line.strip().startswith("make ")][:2] == [
        "make appendices",
        "make test",
    ]


def test_the_version_is_the_same_everywhere() -> None:
    """The citation and the change log name the version that runs."""
    assert f"version: {__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_tree_speaks_of_no_machine() -> None:
    """No path of somebody's disk stands in a committed file."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    texts = [ROOT / name for name in files if not name.endswith((".lock", ".png", ".parquet", ".sav", ".xlsx"))]
    if not texts:
        pytest.skip("Not a git checkout: there is no list of committed files to go through.")
    pattern = re.compile("/" + r"(work|root|farm)" + "/")
    assert not [path for path in texts if path.is_file() and pattern.search(path.read_text("utf-8", errors="ignore"))]


def test_what_draws_is_loaded_when_it_is_asked_for() -> None:
    """Whoever counts and estimates does not wait for what draws; all public names are there all the same."""
    code = (
        "import sys, frikommune as fk; before = 'matplotlib' in sys.modules;"
        "missing = [each for each in fk.__all__ if not hasattr(fk, each)];"
        "print(before, missing, 'matplotlib' in sys.modules, set(fk.__all__) <= set(dir(fk)), callable(fk.cells))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "[]", "True", "True", "True"]
