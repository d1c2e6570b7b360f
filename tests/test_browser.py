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

    def made(key: str, lang: str) -> Path:
        about = fk.trial(key)
        known = {"fk": fk, "about": about, "room": room, "answers": answers(key), "together": together, "lang": lang}
        notebook = nbformat.read(notebook_file(appendix.TRIAL_NOTEBOOK), as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = shown(cell.source.splitlines()[-1], known)
        path = folder / f"{key}-{lang}.html"
        named = {"notebook": appendix.TRIAL_NOTEBOOK, "title": of(about, "title", lang), "lang": lang}
        path.write_text(appendix._page(notebook, **named, made=""), encoding="utf-8")
        return path

    return made


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
    """The tab key begins at the skip link, stops at every link and table in order, each outlined and in view."""
    for width in (320, 1280):
        tab.open(pages("rehab_jaf", "da"), width=width)
        stops = tab.tabbed()
        assert [stop["index"] for stop in stops] == list(range(len(stops)))
        assert len(stops) == tab.run("document.querySelectorAll('a[href], [tabindex=\"0\"]').length")
        assert all(stop["outlined"] and stop["inView"] for stop in stops)


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
