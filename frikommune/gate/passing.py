"""The gate itself: a page or an executed notebook passes, or is refused with the kind and the place of each finding."""

from collections.abc import Iterator
from itertools import groupby

from nbformat import NotebookNode

from frikommune.errors import PageRefused
from frikommune.gate.finding import Finding, Kind
from frikommune.gate.markup import all_kinds, markup_findings

_MARKED_UP = {"text/html", "image/svg+xml", "text/markdown"}
_MOST_TOLD = 5
_INJECTED = "injected-parameters"  # the cell that papermill adds, which is none of the notebook's own


def check_page(html: str, *, name: str) -> None:
    """Let a finished page pass, or refuse it.

    Args:
        html: The page.
        name: Its file name, for the message.

    Raises:
        PageRefused: It holds something that must not be published; the message says what kind and on which line.
    """
    _refuse(findings(html), name)


def check_notebook(executed: NotebookNode, *, name: str) -> None:
    """Let an executed notebook pass, or refuse it.

    Args:
        executed: The notebook with its outputs.
        name: Its name, for the message.

    Raises:
        PageRefused: A cell holds something that must not be published; the message says what kind and which cell.
    """
    _refuse(notebook_findings(executed), name)


def findings(html: str) -> tuple[Finding, ...]:
    """Say what a page, or an SVG file, holds that must not be published."""
    return tuple(markup_findings(html))


def notebook_findings(executed: NotebookNode) -> tuple[Finding, ...]:
    """Say what an executed notebook holds that must not be published, by the number of the cell, the first being 1.

    Code and what is printed never reach a page, so paths in them are no finding; anything of a person is.
    """
    injected = [_INJECTED in cell.metadata.get("tags", []) for cell in executed.cells]
    numbers = [at + 1 - sum(injected[: at + 1]) for at in range(len(injected))]
    places = ["the parameters" if put else f"cell {at}" for put, at in zip(injected, numbers, strict=True)]
    found = [each for cell, place in zip(executed.cells, places, strict=True) for each in _cell(cell, place)]
    beside = (Finding(each, "the metadata") for each in _in_code(str(executed.metadata)))
    return tuple(dict.fromkeys([*found, *beside]))


def _cell(cell: NotebookNode, place: str) -> Iterator[Finding]:
    beside = f"{cell.metadata} {cell.get('attachments', '')} {cell.get('id', '')}"
    yield from (Finding(kind, place) for kind in _in_code(beside))
    if cell.cell_type == "markdown":
        yield from markup_findings(cell.source, place)
        return
    yield from (Finding(kind, place) for kind in _in_code(cell.source))
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            yield Finding("a traceback", place)
            yield from (Finding(kind, place) for kind in _in_code(str(output)))
        elif output.output_type == "stream":
            yield from (Finding(kind, place) for kind in all_kinds("".join(output.text), paths=False, depth=0))
        else:
            yield from (Finding(kind, place) for kind in _in_code(str(output.get("metadata", {}))))
            for kind, content in output.get("data", {}).items():
                yield from _content(kind, content, place)


# Code may speak of errors and data types; a number of a person it may not hold.
_IN_CODE = {"a CPR number", "a person key"}


def _in_code(text: str) -> Iterator[Kind]:
    return (kind for kind in all_kinds(text, paths=False, depth=0) if kind in _IN_CODE)


def _content(kind: str, content: object, place: str) -> Iterator[Finding]:
    text = "".join(content) if isinstance(content, list) else str(content)
    if kind in _MARKED_UP:
        yield from markup_findings(text, place)
    elif "javascript" in kind:
        yield Finding("a script", place)
    else:
        yield from (Finding(each, place) for each in all_kinds(text, paths=True, depth=0))


def _refuse(found: tuple[Finding, ...], name: str) -> None:
    if not found:
        return
    told = [
        f"{kind} ({', '.join(each.place for each in group)})"
        for kind, group in groupby(sorted(found[:_MOST_TOLD], key=lambda each: each.kind), key=lambda each: each.kind)
    ]
    more = f" and {len(found) - _MOST_TOLD} findings more" if len(found) > _MOST_TOLD else ""
    raise PageRefused(f"{name} holds {'; '.join(told)}{more}: take it out, and show tables of people released.")
