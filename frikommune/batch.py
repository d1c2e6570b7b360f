"""All trials: each page on its own, side by side, with an index that says which were made and which were not."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident

from markupsafe import Markup

from frikommune.appendix import TRIAL_NOTEBOOK, check_parameters, make_page, page_name, workbook_name
from frikommune.errors import UnknownName, UserError
from frikommune.gate import LIST, SEALED, check_page, refuse_other_files, write_list
from frikommune.municipalities import name_of
from frikommune.register import notebooks_of
from frikommune.shell import wrap
from frikommune.tables import Table
from frikommune.trials import Trial, load_trials, trial
from frikommune.words import listed, number, of, paragraphs, say

# The notebook about each table of persons.
NOTEBOOKS = {"cases": "2-case-duration", "spells": "3-sick-leave", "months": "4-employment"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one page.

    Attributes:
        trial: Key of the trial.
        fault: Why there is no page; none when there is.
        notebook: Name of the notebook.
    """

    trial: str
    fault: str | None
    notebook: str = TRIAL_NOTEBOOK

    @property
    def name(self) -> str:
        """Name of the page, without its ending."""
        return page_name(self.trial, self.notebook).removesuffix(".html")


def run(
    trials: Sequence[str],
    *,
    out: Path,
    figures: Path,
    parameters: dict[str, object],
    progress: Callable[[Outcome], None],
    executor: Executor | None = None,
    sealed: bool = False,
    tables: Collection[str] = (),
    notebooks: Collection[str] = (),
) -> list[Outcome]:
    """Make the pages of some trials, and an index of them.

    Args:
        trials: Keys of the trials.
        out: Folder for the pages.
        figures: Folder for the figures, one folder a trial inside it.
        parameters: Parameters of the notebook, the same for every trial.
        progress: Called as each page is done.
        executor: Where the pages are made; one page a core at a time by default.
        sealed: Whether to write nothing but HTML, PNG and XLSX, with a list of every table.
        tables: Tables of the data room: a notebook about persons is run where its table is there.
        notebooks: Notebooks to run; by default all that fit the trials' outcomes and the tables.

    Returns:
        What became of each page, in the order of the trials and notebooks.

    Raises:
        UnknownName: A trial or parameter is not there: found before anything is run.
        BadData: A parameter is of the wrong type, or a sealed folder holds other kinds of files.
        PageRefused: The index holds something that must not be published.
    """
    known, checked = check(trials, parameters)
    out, figures = out.resolve(), figures.resolve()
    if sealed:
        refuse_other_files(out, figures)
    wanted = pages(known, tables, notebooks)
    with executor or _pool(len(wanted)) as pool:
        jobs = {
            pool.submit(_one, {**checked, "trial": key}, notebook, out, figures, sealed): (key, notebook)
            for key, notebook in wanted
        }
        done: dict[tuple[str, str], Outcome] = {}
        for job in as_completed(jobs):
            key, notebook = jobs[job]
            done[key, notebook] = Outcome(key, _fault(job.exception()), notebook)
            progress(done[key, notebook])
    outcomes = [done[each] for each in wanted]
    index = _index(out, done, str(checked.get("lang", "da")))
    check_page(index, name="index.html")
    _write(out / "index.html", index.encode())
    if sealed:
        write_list(out, out / LIST)
    return outcomes


def check(trials: Sequence[str], parameters: dict[str, object]) -> tuple[list[Trial], dict[str, object]]:
    """Return the trials, each once, and the parameters in the notebook's own types.

    Raises:
        UnknownName: A trial or parameter is not there.
        BadData: A parameter is of the wrong type.
    """
    return [trial(key) for key in dict.fromkeys(trials)], check_parameters({"trial": "", **parameters})


def pages(trials: Sequence[Trial], tables: Collection[str], notebooks: Collection[str] = ()) -> list[tuple[str, str]]:
    """Return the pages to make, as trial and notebook.

    Args:
        trials: The trials.
        tables: Tables of the data room.
        notebooks: Notebooks to run; all that fit by default.

    Raises:
        UnknownName: There is no such notebook.
    """
    for each in notebooks:
        if each not in (TRIAL_NOTEBOOK, *NOTEBOOKS.values()):
            raise UnknownName.among("notebook", each, (TRIAL_NOTEBOOK, *NOTEBOOKS.values()))
    fitting = [
        (each.key, notebook)
        for each in trials
        for notebook in (TRIAL_NOTEBOOK, *(NOTEBOOKS[table] for table in notebooks_of(each) if table in tables))
    ]
    return [page for page in fitting if not notebooks or page[1] in notebooks]


def _pool(jobs: int) -> Executor:
    # Threads will do: each page is made by a kernel, which is a process of its own.
    return ThreadPoolExecutor(max_workers=max(1, min(jobs, os.cpu_count() or 1)))


def _one(parameters: dict[str, object], notebook: str, out: Path, figures: Path, sealed: bool) -> None:  # noqa: FBT001
    page = make_page(parameters, notebook=notebook)
    folder = figures / page.name.removesuffix(".html")
    for name, content in page.figures.items():
        if sealed and Path(name).suffix not in SEALED:
            continue
        _write(folder / name, content)
    if page.workbook is not None:
        _write(out / workbook_name(page.name), page.workbook)
    _write(out / page.name, page.html.encode())


def _fault(exception: BaseException | None) -> str | None:
    if exception is None:
        return None
    return str(exception) if isinstance(exception, UserError) else type(exception).__name__


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    temporary.write_bytes(content)
    temporary.replace(path)


def _index(out: Path, done: Mapping[tuple[str, str], Outcome], lang: str) -> str:
    """Return the index of every trial: also of pages that an earlier run made."""
    names = ("number", "trial", "municipalities", "state")
    table = Table(
        key="trials",
        caption=say("index_caption", lang),
        headings=tuple(say(f"index_{name}", lang) for name in names),
        rows=tuple(row for each in load_trials().values() for row in _lines(each, out, done, lang)),
    )
    intro = paragraphs([say("index_intro", lang, n=number(len(load_trials()), lang))])
    body = f"{intro.html}\n{table._repr_html_()}"
    return wrap(body, title=say("index_title", lang), lang=lang, home=False)


def _lines(about: Trial, out: Path, done: Mapping[tuple[str, str], Outcome], lang: str) -> Iterator[tuple[str, ...]]:
    """Return the line of a trial, and one for each of its pages about persons that is there or failed."""
    yield _line(about, out, TRIAL_NOTEBOOK, done.get((about.key, TRIAL_NOTEBOOK)), lang)
    for notebook in NOTEBOOKS.values():
        outcome = done.get((about.key, notebook))
        if outcome is not None or (out / page_name(about.key, notebook)).is_file():
            yield _line(about, out, notebook, outcome, lang)


def _line(about: Trial, out: Path, notebook: str, outcome: Outcome | None, lang: str) -> tuple[str, ...]:
    title = of(about, "title", lang)
    if notebook != TRIAL_NOTEBOOK:
        title = say(f"index_page_{notebook[0]}", lang, title=title)
    where = listed(sorted(map(name_of, about.municipalities)), lang) or say("unknown", lang)
    file = page_name(about.key, notebook)
    if outcome is not None and outcome.fault is not None:
        return about.number, title, where, say("index_failed", lang, why=outcome.fault)
    if not (out / file).is_file():
        return about.number, title, where, say("index_absent", lang)
    link = Markup('<a href="{}">{}</a>').format(file, title)
    return about.number, link, where, say("index_done" if outcome else "index_earlier", lang)
