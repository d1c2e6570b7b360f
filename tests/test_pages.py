import html
import os
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import nbformat
import openpyxl
import pytest

from frikommune import appendix
from frikommune.appendix import check_parameters, make_page
from frikommune.errors import BadData, PageRefused, UnknownName
from frikommune.origin import read_origin
from frikommune.verifying import Verified, verify

QUICK = {"draws": 199}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two pages and the index through the command line, as a user does."""
    out = tmp_path_factory.mktemp("appendices")
    done = frikommune(
        "run", "rehab_jaf", "indsatsplan_6mdr", "--notebook", "1-trial", "--out", str(out), "-p", "draws=199"
    )
    assert done.returncode == 0, done.stderr
    assert f"2 of 2 pages made. Index: {out / 'index.html'}" in done.stdout
    return out


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "rehab_jaf.html").read_text(encoding="utf-8")


def frikommune(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "frikommune", *arguments], capture_output=True, text=True, check=False)


class Outline(HTMLParser):
    """Collects what a screen reader would meet."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_page_has_language_title_one_heading_and_landmarks(page: str) -> None:
    """A reader who cannot see it knows where they are."""
    outline = Outline(page)
    assert outline.all("html")[0]["lang"] == "da"
    assert (
        len(outline.all("h1")) == len(outline.all("main")) == len(outline.all("nav")) == len(outline.all("header")) == 1
    )
    assert "<title>Rehabiliteringsteams: Jobafklaringssager på rehabiliteringsmøde</title>" in page
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_every_inner_link_has_its_target(page: str) -> None:
    """The contents lead where they say, and labels point at something."""
    outline = Outline(page)
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [str(attributes["href"])[1:] for attributes in outline.all("a") if str(attributes["href"]).startswith("#")]
    labels = [str(attributes["aria-labelledby"]) for _, attributes in outline.tags if "aria-labelledby" in attributes]
    assert set(links + labels) <= set(ids)


def test_every_figure_is_an_image_with_words(page: str) -> None:
    """A drawing is one image with a name and a description made of its numbers; its text is text."""
    outline = Outline(page)
    drawings = outline.all("svg")
    assert len(drawings) == page.count("<desc") >= 2
    for each in drawings:
        assert each["role"] == "img"
        assert f'<title id="{each["aria-labelledby"]}">' in page
        words = re.search(rf'<desc id="{each["aria-describedby"]}">([^<]+)', page)
        assert words is not None
        assert re.search(r"\d", words[1])


def test_every_table_has_a_caption_and_every_heading_a_scope(page: str) -> None:
    """No cell is without its heading."""
    outline = Outline(page)
    assert len(outline.all("table")) == len(outline.all("caption")) >= 4
    assert all(attributes.get("scope") in ("col", "row") for attributes in outline.all("th"))


def test_a_page_asks_nothing_of_any_host(page: str) -> None:
    """No script, no outside style, image, font or frame; addresses stand only in names of XML dialects."""
    outline = Outline(page)
    assert not any(outline.all(tag) for tag in ("script", "link", "iframe", "img", "object"))
    assert not [address for address in re.findall(r"https?://[^\"' )]+", page) if "www.w3.org" not in address]
    assert "default-src 'none'" in page


def test_synthetic_pages_say_so_and_cite_their_documents(page: str) -> None:
    """The municipal figures are made up, the published ones are not, and both are said."""
    assert "syntetiske" in page
    assert "Syntetiske tal" in page
    assert "Status på frikommuneforsøg i Nordjylland" in page
    assert "1.200 af 1.500 = 80 %" in page


def test_no_star_no_significance_no_code_and_no_path(page: str) -> None:
    """A page holds answers: no jargon, no code, no trace of the machine."""
    for word in ("ignifi", "import frikommune", "Traceback", str(Path.home()), tempfile.gettempdir(), str(Path.cwd())):
        assert word not in page


def test_a_trial_without_known_municipalities_has_a_page_all_the_same(folder: Path) -> None:
    """What is not known is said, and the eleven are shown together."""
    page = (folder / "indsatsplan_6mdr.html").read_text(encoding="utf-8")
    assert "det er ikke oplyst, hvilke kommuner der deltog" in page
    assert "De elleve kommuner under ét" in page


def test_figures_are_saved_beside_the_pages(folder: Path, page: str) -> None:
    """The drawing on the page is the file in the folder, as SVG and PNG."""
    svg = (folder / "figures" / "rehab_jaf" / "placebos.svg").read_text(encoding="utf-8")
    assert (folder / "figures" / "rehab_jaf" / "placebos.png").read_bytes().startswith(b"\x89PNG")
    assert svg.startswith("<svg")
    assert re.search(r'<desc id="placebos-desc">([^<]+)', svg)[1] in page  # type: ignore[index]


def test_the_tables_of_a_page_lie_beside_it_as_a_workbook(folder: Path, page: str) -> None:
    """One sheet for each table that the page shows of results, with the same caption; how it was made stays there."""
    book = openpyxl.load_workbook(folder / "rehab_jaf.xlsx")
    captions = dict(re.findall(r'<caption id="([^"]+)-caption">([^<]+)', page))
    captions.pop("origin")
    assert {each.title: each["A1"].value for each in book} == {
        key[:31]: html.unescape(text) for key, text in captions.items()
    }


def test_the_index_leads_to_every_page(folder: Path) -> None:
    """One line a trial, with a link where there is a page."""
    index = (folder / "index.html").read_text(encoding="utf-8")
    links = [attributes["href"] for attributes in Outline(index).all("a")]
    assert {"rehab_jaf.html", "indsatsplan_6mdr.html"} <= set(links)
    assert sorted(path.name for path in folder.glob("*.html")) == [
        "index.html",
        "indsatsplan_6mdr.html",
        "rehab_jaf.html",
    ]


def test_a_page_is_verified_byte_by_byte(folder: Path, tmp_path: Path) -> None:
    """Made again in this process it is the same; one that was changed, or whose data were, is not."""
    assert verify(folder / "rehab_jaf.html") == Verified(())
    changed = tmp_path / "rehab_jaf.html"
    html = (folder / "rehab_jaf.html").read_text(encoding="utf-8")
    changed.write_text(html.replace("&#34;numpy&#34;:&#34;", "&#34;numpy&#34;:&#34;0."), encoding="utf-8")
    found = verify(changed, data=str(folder / "demo")).differences
    assert found[0].startswith("numpy was 0.")
    assert re.fullmatch(r"The page differs in 1 lines, the first of them line \d+\.", found[-1])
    with pytest.raises(BadData, match="give it with --data FOLDER"):
        verify(changed)


def test_one_digit_changed_is_said_by_the_command(folder: Path, tmp_path: Path) -> None:
    """The last digit of a number in a table is another: the line is told, and the exit code is 1."""
    html = (folder / "rehab_jaf.html").read_text(encoding="utf-8")
    at = next(re.finditer(r'<td class="number">[^<]*(\d)</td>', html)).start(1)
    changed = tmp_path / "rehab_jaf.html"
    changed.write_text(f"{html[:at]}{(int(html[at]) + 1) % 10}{html[at + 1 :]}", encoding="utf-8")
    done = frikommune("verify", str(changed), "--data", str(folder / "demo"))
    assert (done.returncode, "The page differs in 1 lines" in done.stdout) == (1, True)


def test_a_page_is_the_same_bytes_on_another_day_in_another_folder(page: str, folder: Path, tmp_path: Path) -> None:
    """Sealed, elsewhere, with another clock, time zone and order of hashes; and only files that may be taken home."""
    later = "import time\n_now = time.time\ntime.time = lambda: _now() + 400 * 86400\n"
    (tmp_path / "sitecustomize.py").write_text(later, encoding="utf-8")
    paths = os.pathsep.join([str(tmp_path), str(Path(appendix.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-m", "frikommune", "run", "rehab_jaf", "--notebook=1-trial", "--sealed",
         "--data", str(folder / "demo"), "--out", "sealed", "-p", "draws=199"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "7", "TZ": "Pacific/Kiritimati"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "sealed" / "rehab_jaf.html").read_text(encoding="utf-8") == page
    files = {each.suffix for each in (tmp_path / "sealed").rglob("*") if each.is_file()}
    assert files == {".html", ".png", ".xlsx"}
    again = frikommune("audit", str(tmp_path / "sealed"))
    assert (again.returncode, again.stdout) == (
        0,
        "2 pages, 0 released tables, 0 hidden cells: none known too closely.\n",
    )


def test_a_page_speaks_english(folder: Path) -> None:
    """In English it says the same in English, with where it comes from."""
    english = make_page({"trial": "rehab_jaf", "lang": "en", "data": str(folder / "demo"), **QUICK}).html
    assert '<html lang="en">' in english
    for word in ("Kort fortalt", "Metode", "kommunerne", "Evidensgrad", "Sådan er"):
        assert word not in english
    told = read_origin(english)
    assert told.command == "frikommune run rehab_jaf --lang en -p draws=199 -p seed=1"
    assert "municipal.parquet" in (told.data or {})
    assert "How this page was made" in english
    assert english.count("numeric=") == 0


def test_real_series_reach_the_page(real: Path) -> None:
    """The +0.75 is on the page with its drift and every method's answer, and is called no effect."""
    page = make_page({"trial": "mikrolaan", "data": str(real)}).html
    assert "+0,75 (−1,16 til +2,67)" in page
    assert "Nettoledige på kontanthjælp: placebosæt spredt over landet" in page
    assert "Nettoledige på kontanthjælp: placebosæt af kommuner, der ligger sammen" in page
    assert "Ved en grænse på 5 % gav den mest forsigtige metode" in page
    assert "kan ikke læses som en virkning" in page
    assert "Danmarks Statistik" in page
    assert "syntetiske" not in page.lower()
    assert str(real) not in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "mikrolan"), "There is no trial 'mikrolan': the nearest are mikrolaan."),
        (("run", "mikrolaan", "-p", "sed=2"), "There is no parameter of 1-trial 'sed': the nearest are seed."),
        (("run", "mikrolaan", "--data", "nowhere"), "There is no folder"),
        (("run", "mikrolaan", "-p", "lang=de"), "The parameter lang is given as --lang"),
        (("run", "mikrolaan", "--out", "README.md"), "README.md is a file"),
        (("run", "mikrolaan", "--sealed"), "--sealed takes --data FOLDER"),
        (("verify", "nowhere.html"), "There is no page nowhere.html"),
        (("audit", "tests/oracles"), "holds no page"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_sentence(arguments: tuple[str, ...], message: str) -> None:
    """The fault is on standard error, without a traceback, and nothing is made."""
    done = frikommune(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_parameters_are_held_to_the_notebooks_own_types() -> None:
    """Papermill would only log a wrong one."""
    assert check_parameters({"draws": "99"}) == {"draws": 99}
    with pytest.raises(BadData, match="draws takes a value of the type int"):
        check_parameters({"draws": "many"})
    with pytest.raises(UnknownName):
        check_parameters({"language": "da"})


def stand_in(monkeypatch: pytest.MonkeyPatch, file: Path, line: str) -> None:
    """Write a notebook of one line beside its parameters, and let its folder be where notebooks lie."""
    cells = [
        nbformat.v4.new_code_cell('trial: str = ""  # key', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(line),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), file)
    monkeypatch.setattr(appendix, "notebook_file", lambda name: file.parent / f"{name}.ipynb")


def test_a_notebook_that_failed_is_never_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback may hold anything: the page is refused, with the error's kind and message only."""
    stand_in(monkeypatch, tmp_path / "broken.ipynb", 'int("010190-1234")')
    with pytest.raises(PageRefused, match="ValueError") as refused:
        make_page({"trial": "mikrolaan"}, notebook="broken")
    assert "010190" not in str(refused.value)


def test_a_notebook_that_shows_a_person_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate stands between the notebook and the page: cell and kind are told, the number is not."""
    stand_in(monkeypatch, tmp_path / "leaky.ipynb", '"borger 010170" + "-1234"')
    with pytest.raises(PageRefused, match=r"leaky holds a CPR number \(cell 2\)") as refused:
        make_page({"trial": "mikrolaan"}, notebook="leaky")
    assert "010170" not in str(refused.value)
