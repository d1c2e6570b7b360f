"""Every page held to WCAG in a real browser."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import nbformat
import pytest
from browser import Browser, chromium, executable

import frikommune as fk
from frikommune import appendix, batch
from frikommune.dataroom import DataRoom
from frikommune.demo import demo
from frikommune.shipped import notebook_file
from frikommune.trials import load_trials
from frikommune.words import of

pytestmark = pytest.mark.skipif(executable() is None, reason="Chromium is not installed")

DRAWS = 19
HEAVIEST = 400_000  # bytes
VIEWS = [
    ("phone", {"width": 320}),
    ("desk", {"width": 1280}),
    ("dark", {"width": 1280, "scheme": "dark"}),
    ("print", {"width": 700, "media": "print"}),
]


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Make a page of the trial's notebook without a kernel: cell by cell, here, on the embedded figures."""
    folder, room = tmp_path_factory.mktemp("pages"), fk.open_room()
    together = fk.network_answers(room, draws=DRAWS)
    answers = cache(lambda key: fk.trial_answers(room, fk.trial(key), draws=DRAWS))
    others = cache(lambda key: fk.alternatives(answers(key), draws=DRAWS))

    def made(key: str, lang: str) -> Path:
        about = fk.trial(key)
        known = {"fk": fk, "about": about, "room": room, "answers": answers(key), "together": together, "lang": lang}
        return page_of(appendix.TRIAL_NOTEBOOK, about, known | {"seed": 1, "others": others(key)}, folder)

    return made


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> DataRoom:
    """Return a small synthetic room with persons."""
    folder = tmp_path_factory.mktemp("register")
    demo(folder, size=0.1)
    return fk.open_room(folder)


def page_of(name: str, about: fk.Trial, known: dict[str, object], folder: Path) -> Path:
    """Make a page of a notebook whose first cells have been run: `known` is what they named."""
    notebook, lang = nbformat.read(notebook_file(name), as_version=4), str(known["lang"])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = shown(cell.source.splitlines()[-1], known)
    path = folder / f"{name}-{about.key}-{lang}.html"
    title = of(about, "title", lang)
    path.write_text(appendix._page(notebook, notebook=name, title=title, lang=lang, made=""), encoding="utf-8")
    return path


def shown(line: str, known: dict[str, object]) -> list[nbformat.NotebookNode]:
    """Return the output of a cell's last line, if it is an expression."""
    if not isinstance(ast.parse(line).body[0], ast.Expr):
        return []
    thing = eval(line, known)  # noqa: S307 - a line of our own notebook
    if thing is None:
        return []
    html = thing._repr_mimebundle_()["text/html"] if isinstance(thing, fk.figures.Figure) else thing._repr_html_()
    return [nbformat.v4.new_output("execute_result", {"text/html": html}, execution_count=1)]


@pytest.mark.slow
@pytest.mark.parametrize("key", load_trials())
def test_axe_finds_nothing_on_any_page_in_any_view(tab: Browser, pages: Callable[[str, str], Path], key: str) -> None:
    """WCAG 2.1 A and AA and axe's best practice, narrow, wide, dark and in print; nothing is asked of any host."""
    for lang, views in (("da", VIEWS), ("en", VIEWS[1:2])):
        page = pages(key, lang)
        assert page.stat().st_size < HEAVIEST
        for name, view in views:
            tab.open(page, **view)
            assert not tab.violations(), (lang, name)
            assert tab.asked_for() == [page.as_uri()]
            assert not tab.complaints()
            if name == "phone":
                assert tab.run("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_reaches_everything_and_is_seen_to(tab: Browser, pages: Callable[[str, str], Path]) -> None:
    """The tab key begins at the skip link, stops at all links, tables, figures and what opens, outlined and in view."""
    for width in (320, 1280):
        tab.open(pages("rehab_jaf", "da"), width=width)
        stops = tab.tabbed()
        assert [stop["index"] for stop in stops] == list(range(len(stops)))
        reached = "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]"
        assert len(stops) == tab.run(f"{reached}.filter(each => each.checkVisibility()).length")
        assert all(stop["outlined"] and stop["inView"] for stop in stops)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("2-case-duration", "rehab_laegeattest"),
        ("3-sick-leave", "rehab_jaf"),
        ("4-employment", "rehab_jaf"),
        ("6-savings", "laegeattest_sdp"),
    ],
)
def test_axe_finds_nothing_on_a_page_of_each_other_notebook(
    tab: Browser, register: DataRoom, tmp_path: Path, name: str, key: str
) -> None:
    """Durations, employment and savings are held to the same, in both languages and every view."""
    about = fk.trial(key)
    known: dict[str, object] = {"fk": fk, "about": about, "room": register, "trial": key}
    if name == "6-savings":
        known["found"] = fk.sections.published_savings_net(draws=DRAWS, seed=1)
    else:
        table = next(each for each, notebook in batch.NOTEBOOKS.items() if notebook == name)
        known["found"] = fk.register_answers(register, about, table, draws=DRAWS, seed=1)
        known["drawn"] = None if table == "months" else fk.pictures(register, about, known["found"], seed=1)
    for lang in ("da", "en"):
        page = page_of(name, about, known | {"lang": lang}, tmp_path)
        assert page.stat().st_size < HEAVIEST
        for view, options in VIEWS:
            tab.open(page, **options)
            assert not tab.violations(), (lang, view)
            assert tab.asked_for() == [page.as_uri()]
            assert not tab.complaints()


def test_the_text_of_figures_can_be_read_on_a_phone(tab: Browser, pages: Callable[[str, str], Path]) -> None:
    """At 320 pixels no letter of a drawing is set smaller than ten: the drawing scrolls in its frame instead."""
    tab.open(pages("formkrav_samtaler", "da"), width=320)
    smallest = """Math.min(...[...document.querySelectorAll('figure svg text')].map(each => {
      const drawing = each.closest('svg');
      const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
      return parseFloat(getComputedStyle(each).fontSize) * scale;
    }))"""
    assert tab.run(smallest) >= 10
    assert tab.run("document.documentElement.scrollWidth") <= 320


def test_the_skip_link_leads_into_the_content(tab: Browser, pages: Callable[[str, str], Path]) -> None:
    """The next stop after it is the first table, not the links above."""
    tab.open(pages("rehab_jaf", "da"), width=1280)
    tab.press("Tab")
    tab.press("Enter")
    assert tab.run("document.activeElement.id") == "content"
    tab.press("Tab")
    assert tab.run("document.activeElement.closest('main') !== null")


def test_the_short_answer_stands_on_the_first_screen(tab: Browser, pages: Callable[[str, str], Path]) -> None:
    """On a common desktop screen all five questions are answered above the fold."""
    for key in load_trials():
        tab.open(pages(key, "da"), width=1280)
        bottom = tab.run("document.querySelector('dl').getBoundingClientRect().bottom")
        assert bottom <= 900, key


def test_the_pdf_has_page_numbers_and_nothing_sticks_out(tab: Browser, pages: Callable[[str, str], Path]) -> None:
    """On A4 no table is wider than the paper, and links, contents and skip link are left out."""
    tab.open(pages("rehab_jaf", "da"), width=673, media="print")
    assert tab.run("document.documentElement.scrollWidth") <= 673
    hidden = "[...document.querySelectorAll('nav, .skip, .ways')].every(each => each.offsetParent === null)"
    assert tab.run(hidden)
    assert "counter(page)" in tab.run("document.querySelector('style').textContent")


def test_the_index_passes_too(tab: Browser, tmp_path: Path) -> None:
    """The page that leads to all others is held to the same."""
    page = tmp_path / "index.html"
    page.write_text(batch._index(tmp_path, {}, "da"), encoding="utf-8")
    for _, view in VIEWS:
        tab.open(page, **view)
        assert not tab.violations()
        assert tab.asked_for() == [page.as_uri()]


def test_the_browser_does_find_faults(tab: Browser, tmp_path: Path) -> None:
    """The check can fail: a page without language, with pale text, a script and a picture from a host."""
    page = tmp_path / "bad.html"
    page.write_text("<title>x</title><p style='color:#bbb'>bleg</p><img src='http://host.invalid/x.png'>")
    tab.open(page, width=1280)
    found = {each.split(":")[0] for each in tab.violations()}
    assert {"html-has-lang", "color-contrast", "image-alt"} <= found
    assert "http://host.invalid/x.png" in tab.asked_for()
