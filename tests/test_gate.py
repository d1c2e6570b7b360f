import base64
import io
import random
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from time import sleep

import nbformat
import openpyxl
import pandas as pd
import planted
import pytest
from matplotlib.figure import Figure as Canvas
from PIL import Image, PngImagePlugin

from frikommune import Counts, release
from frikommune.disclosure import Secret, keyed
from frikommune.errors import BadData, PageRefused
from frikommune.gate import check_notebook, check_page, findings, folder_tables, refuse_other_files, write_list
from frikommune.gate.passing import notebook_findings
from frikommune.shell import wrap
from frikommune.tables import Table, counts

RNG = random.Random(20)


def person() -> str:
    """Make the ten digits of a date-valid CPR number that begins with 0, so that nine digits are one too."""
    born = date(1950, 1, 1) + timedelta(days=RNG.randrange(17_000))
    return f"0{RNG.randrange(1, 10)}{born:%m%y}{RNG.randrange(4)}{RNG.randrange(1000):03d}"


def packed(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def png(word: str, *, compressed: bool = False) -> str:
    info, stream = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_text("Comment", word, zip=compressed)
    Image.new("RGB", (2, 2)).save(stream, "PNG", pnginfo=info)
    return packed(stream.getvalue())


# How a number is written, and where it may stand: every pair is a leak of its own.
WRITTEN: dict[str, Callable[[str], str]] = {
    "hyphen": lambda n: f"{n[:6]}-{n[6:]}",
    "bare": lambda n: n,
    "blank": lambda n: f"{n[:6]} {n[6:]}",
    "no-break hyphen": lambda n: f"{n[:6]}\u2011{n[6:]}",
    "parted": lambda n: f"{n[:2]}.{n[2:4]}.{n[4:6]}-{n[6:]}",
    "lost zero": lambda n: n[1:],
    "lost zero, hyphen": lambda n: f"{n[1:6]}-{n[6:]}",
    "wide digits": lambda n: "".join(chr(ord(each) + 0xFEE0) for each in n),
    "unseen": lambda n: f"{n[:3]}\u200b{n[3:]}",
}
PLACES: dict[str, Callable[[str], str]] = {
    "text": lambda n: f"<p>Borgeren {n} blev hørt.</p>",
    "cell": lambda n: f"<table><caption>T</caption><tr><th scope='col'>A</th></tr><tr><td>{n}</td></tr></table>",
    "inline": lambda n: f"<p>Borgeren <b>{n[:4]}</b><span>{n[4:]}</span> her</p>",
    "entities": lambda n: "<p>" + "".join(f"&#{ord(each)};" for each in n) + "</p>",
    "attribute": lambda n: f"<p title='{n}'>x</p>",
    "data attribute": lambda n: f"<p data-row='{{&quot;a&quot;: &quot;{n}&quot;}}'>x</p>",
    "id": lambda n: f"<p id='sag_{n}'>x</p>" if n.isdigit() and len(n) == 10 else f"<p id='{n}'>x</p>",
    "link": lambda n: f"<a href='#x?b={n}'>x</a>",
    "comment": lambda n: f"<!-- {n} -->",
    "svg text": lambda n: f"<svg><g><text x='1' y='2'>{n}</text></g></svg>",
    "svg title": lambda n: f"<svg><title>{n}</title></svg>",
    "svg parts": lambda n: f"<svg><text><tspan>{n[:3]}</tspan><tspan>{n[3:]}</tspan></text></svg>",
    "metadata": lambda n: f"<svg><metadata><desc>{n}</desc></metadata></svg>",
    "style": lambda n: f"<style>p::after {{ content: '{n}' }}</style>",
    "base64 text": lambda n: f"<img alt='x' src='data:text/plain;base64,{packed(f'borger {n} her')}'>",
    "base64 svg": lambda n: f"<img alt='x' src='data:image/svg+xml;base64,{packed(f'<svg><text>{n}</text></svg>')}'>",
    "base64 twice": lambda n: f"<p>{packed(packed(f'en borger med {n} her'))}</p>",
    "compressed": lambda n: f"<p data-x='{packed(zlib.compress(f'a table: {n} and more'.encode()))}'></p>",
    "plain uri": lambda n: f"<img alt='x' src='data:image/svg+xml,<svg><text>{n}</text></svg>'>",
    "json": lambda n: f'<script type=\'application/json\'>{{"rows": [["{n}", 851]]}}</script>',
    "template": lambda n: f"<template><p>{n}</p></template>",
}
SVG = '<svg role="img" aria-describedby="d"><title>t</title><desc id="d">d</desc>{}</svg>'


def scatter(persons: int) -> str:
    canvas, stream = Canvas(), io.StringIO()
    canvas.subplots().scatter(range(persons), [RNG.random() for _ in range(persons)])
    canvas.savefig(stream, format="svg")
    return stream.getvalue().partition("<svg")[2].join(["<svg", ""])


def plotted(persons: int) -> str:
    canvas, stream = Canvas(), io.StringIO()
    canvas.subplots().plot(range(persons), [RNG.random() for _ in range(persons)], "o")
    canvas.savefig(stream, format="svg")
    return stream.getvalue().partition("<svg")[2].join(["<svg", ""])


FRAME = pd.DataFrame({"weeks": [3, 9, 27, 41], "kommune": [851, 860, 787, 810], "exit": ["job", "sick", "job", "job"]})
TRACE = 'Traceback (most recent call last):\n  File "x.py", line 3, in run\n    weeks = 41\nValueError: bad value'
KEY = keyed(["0101701234"], Secret(b"sixteen bytes or more"))[0]
CAPTION = "<table><caption>T</caption><tr>{}</tr></table>"

BY_HAND: list[tuple[str, str]] = [
    ("a person key", f"<p>{KEY}</p>"),
    ("a person key", f"<p data-key='{KEY}'></p>"),
    ("a person key", f"<svg><text>{KEY}</text></svg>"),
    ("a person key", f"<p>{packed(f'person {KEY} was here')}</p>"),
    *[("a person key", CAPTION.format(f"<th scope='col'>{name}</th>")) for name in (
        "CPR", "cpr-nr.", "CPR nummer", "cprnr", "Personnummer", "person_key", "PNR", "borger_id", "person-id")],
    ("a person key", "<p data-x='{\"cpr\": 1}'></p>"),
    ("a data frame", FRAME._repr_html_()),
    ("a data frame", f"<pre>{FRAME}</pre>"),
    ("a data frame", f"<pre>{FRAME['weeks']}</pre>"),
    ("a data frame", f"<pre>{FRAME.to_csv()}</pre>"),
    ("a data frame", f"<pre>{FRAME.to_csv(sep=';')}</pre>"),
    ("a data frame", f"<pre>{FRAME.to_csv(sep=chr(9))}</pre>"),
    ("a data frame", f"<pre>{FRAME.to_json(orient='records')}</pre>"),
    ("a data frame", f"<p data-rows='{FRAME.to_json(orient='records')}'></p>"),
    ("a data frame", f"<pre>{FRAME.to_string(index=True)}</pre>"),
    ("a data frame", f"<img alt='x' src='data:text/csv;base64,{packed(FRAME.to_csv())}'>"),
    ("a data frame", "<table><tr><td>1</td><td>2</td></tr></table>"),
    ("a data frame", CAPTION.format("</tr><tr>".join("<td>7</td>" for _ in range(300)))),
    ("a data frame", "<pre>┌───────┐\n│ weeks │\n└───────┘</pre>"),
    ("a data frame", "<pre>shape: (4, 3)</pre>"),
    ("a data frame", "<pre>[1200 rows x 4 columns]</pre>"),
    ("a data frame", "<pre>pyarrow.Table\nweeks: int64</pre>"),
    ("a traceback", f"<pre>{TRACE}</pre>"),
    ("a traceback", "<pre>ValueError: invalid literal for int()</pre>"),
    ("a traceback", "<pre>----> 3 weeks = int(value)</pre>"),
    ("a traceback", "<pre><span class='ansi-red-fg'>KeyError</span></pre>"),
    ("a traceback", "<div class='traceback'>x</div>"),
    ("a traceback", "<pre>╭─ locals ─╮ row = 3</pre>"),
    ("a traceback", f"<p>{packed(TRACE)}</p>"),
    ("a drawing with a mark for each person", scatter(60)),
    ("a drawing with a mark for each person", scatter(600)),
    ("a drawing with a mark for each person", plotted(60)),
    ("a drawing with a mark for each person", SVG.format("<g>" + "<circle cx='1' cy='2' r='1'/>" * 300 + "</g>")),
    ("a drawing with a mark for each person", SVG.format("<g>" + "<g><use href='#m'/></g>" * 300 + "</g>")),
    ("a drawing with a mark for each person", SVG.format("<g>" + "<path d='M 1 2 L 1 7'/>" * 300 + "</g>")),
    ("a drawing with a mark for each person", f"<img alt='' src='data:image/svg+xml;base64,{packed(scatter(60))}'>"),
    *[("a link to a host", text) for text in (
        "<a href='https://example.org'>x</a>", "<a href='//example.org'>x</a>", "<img alt='' src='http://a.dk/x.png'>",
        "<style>@import 'x.css'</style>", "<p style='background: url(https://a.dk/x.png)'>x</p>",
        "<img alt='' srcset='a.png 1x, https://a.dk/b.png 2x'>", "<svg><image xlink:href='https://a.dk/x'/></svg>",
        "<a href='HTTPS://a.dk'>x</a>", "<a ping='https://a.dk' href='#x'>x</a>", "<link href='https://a.dk/x.css'>",
        "<blockquote cite='https://a.dk'>x</blockquote>", "<video poster='//a.dk/x'></video>", "<a href='ftp://a.dk'>x</a>",
        "<a href='\\\\server\\share'>x</a>", "<a href='mailto:a@b.dk'>x</a>")],
    *[("a script", text) for text in (
        "<script>1</script>", "<p onclick='x()'>x</p>", "<a href='javascript:x()'>x</a>", "<iframe></iframe>",
        "<object></object>", "<embed>", "<meta http-equiv='refresh' content='1'>", "<form></form>", "<base href='x'>",
        "<canvas></canvas>", "<svg onload='x()'></svg>")],
    *[("an absolute path", f"<p>Læst fra {path}.</p>") for path in (
        "/home/ane/data.csv", "/tmp/x", "C:\\Users\\ane\\data.csv", "E:\\ProjektDB\\704", "\\\\srv01\\deling\\fil",
        "/Users/ane/x.sav", "D:/data/x", "/mnt/data/x.parquet", "~/data/x.csv", "file:/data/x",
        "/projekt/704/data.dta")],
    ("an absolute path", "<p title='/home/ane/data.csv'>x</p>"),
    ("an absolute path", f"<p>{packed('read from /home/ane/data.csv today')}</p>"),
    ("an absolute path", "<a href='file:///home/ane/data.csv'>x</a>"),
    ("a CPR number", f"<img alt='x' src='data:image/png;base64,{png('borger 010170-1234')}'>"),
    ("a CPR number", f"<img alt='x' src='data:image/png;base64,{png('borger 010170-1234', compressed=True)}'>"),
    ("a CPR number", "<p>a101701234,851,3</p>".replace("a", "")),
    ("a CPR number", "<p>%30%31%30%31%37%30%2D1234</p>"),
    ("a CPR number", "<p data-x='\\u0030\\u003101701234'></p>"),
]  # fmt: skip


def corpus() -> Iterator[tuple[str, str, str]]:
    """Yield every planted leak: what it is called, its kind, and the page that holds it."""
    for how, write in WRITTEN.items():
        for where, put in PLACES.items():
            for turn in range(2):
                yield f"{how}, {where}, {turn}", "a CPR number", put(write(person()))
    for at, (kind, text) in enumerate(BY_HAND):
        yield f"{kind}, {at}", kind, text

    for how, (kind, text) in planted.PAGES.items():
        yield f"{kind}, {how}", kind, text


LEAKS = list(corpus())


def test_every_planted_leak_is_caught() -> None:
    """More than three hundred, generated and made by hand, each found by its kind, alone and on a page."""
    assert len(LEAKS) >= 300
    assert [name for name, kind, text in LEAKS if kind not in {each.kind for each in findings(text)}] == []


def test_a_leak_is_caught_within_a_page_and_its_value_is_not_told() -> None:
    """The message has the kind and the line, and nothing of what was found."""
    for name, kind, text in RNG.sample(LEAKS, 40):
        page = wrap(f"<h2>Metode</h2>\n{text}", title="T", lang="da")
        with pytest.raises(PageRefused) as refused:
            check_page(page, name="x.html")
        assert kind in str(refused.value), name
        assert "line" in str(refused.value)
        assert not re.search(r"\d{5}|home|Projekt|[0-9a-f]{32}", str(refused.value)), name


def notebook(*outputs: object) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_markdown_cell("# T")]
    cells += [nbformat.v4.new_code_cell("x", outputs=[each]) for each in outputs]
    injected = nbformat.v4.new_code_cell("data = '/home/ane/x'", metadata={"tags": ["injected-parameters"]})
    return nbformat.v4.new_notebook(cells=[cells[0], injected, *cells[1:]])


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (nbformat.v4.new_output("stream", text="010170-1234\n"), "a CPR number"),
        (nbformat.v4.new_output("stream", name="stderr", text=TRACE), "a traceback"),
        (nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[]), "a traceback"),
        (nbformat.v4.new_output("display_data", {"text/plain": str(FRAME)}), "a data frame"),
        (nbformat.v4.new_output("display_data", {"image/png": png("010170-1234")}), "a CPR number"),
        (nbformat.v4.new_output("display_data", {"image/svg+xml": scatter(60)}), "a drawing with a mark"),
        (nbformat.v4.new_output("display_data", {"application/json": {"a": ["0101701234"]}}), "a CPR number"),
        (nbformat.v4.new_output("display_data", {"application/javascript": "x"}), "a script"),
    ],
)
def test_an_executed_notebook_is_refused_by_its_cell(output: object, kind: str) -> None:
    """Whatever the format of the output; the cell's number is that of the notebook as it is shipped."""
    fine = nbformat.v4.new_output("display_data", {"text/html": "<p>12 uger</p>", "text/plain": "Prose"})
    check_notebook(notebook(fine), name="n")
    with pytest.raises(PageRefused, match=rf"{kind}.*\(cell 3\)"):
        check_notebook(notebook(fine, output), name="n")


def test_every_leak_in_a_notebook_is_caught() -> None:
    """Metadata, attachments, names, every format of output, and text in pieces."""
    found = {how: notebook_findings(nbformat.from_dict(leaky)) for how, (_, leaky) in planted.NOTEBOOKS.items()}
    assert [how for how, (kind, _) in planted.NOTEBOOKS.items() if kind not in {each.kind for each in found[how]}] == []


def test_hashes_stand_in_the_origin_of_a_page_alone() -> None:
    """A key hashed with SHA-256 is a person key; the hashes of the data files are known by where they stand."""
    digest = "a3" * 32
    assert [each.kind for each in findings(f"<p>Borger {digest} her</p>")] == ["a person key"]
    assert findings(f"<div data-origin='{{&quot;plan&quot;:&quot;{digest}&quot;}}'>x</div>") == ()


def test_rows_are_no_released_table_by_name_alone() -> None:
    """What stands where a page carries a released table must be one."""
    rows = "{&quot;rows&quot;:[[3,851],[9,860],[27,787]]}"
    kinds = {each.kind for each in findings(f"<table data-released='{rows}'><caption>c</caption></table>")}
    assert "a data frame" in kinds


@pytest.mark.parametrize(
    "text",
    [
        "10.1093/biomet/70.1.41", "ISBN 978-87-02-12345-6", "ISBN 9788702123456", "CVR 29189846", "EAN 5798000354678",
        "01.01.2019-31.12.2020", "31.12.2020 kl. 12:34", "lov nr. 1234 af 01/01/2019", "IBAN DK5000400440116243",
        "arXiv 1012.3456", "j.nr. 2015-4537", "1.234.567.890", "ISSN 1234-5678", "2,5-3,5", "km/t", "og/eller 3/4",
        "P-nummer 1003000077", "P-nr. 1010123456", "produktionsenhed 1005123456",
    ],
)  # fmt: skip
def test_numbers_of_books_firms_and_laws_raise_no_alarm(text: str) -> None:
    """They are written much as numbers of persons are."""
    assert findings(f"<p>Det er {text} i alt.</p>") == ()


def harmless(count: int) -> Iterator[tuple[str, str]]:
    """Yield numbers and words that are none of a person, as pages have them."""
    for _ in range(count):
        yield (
            "phone",
            f"{RNG.randrange(20, 100)} {RNG.randrange(100):02d} {RNG.randrange(100):02d} {RNG.randrange(100):02d}",
        )
        yield "phone", f"+45 {RNG.randrange(20_000_000, 99_999_999)}"
        yield "case", f"{RNG.randrange(2015, 2022)}-{RNG.randrange(10**6):06d}"
        yield "case", f"{RNG.randrange(15, 22)}/{RNG.randrange(10**5):05d}"
        yield "case", f"27.69.48-A00-{RNG.randrange(1, 99)}-{RNG.randrange(15, 22)}"
        yield "decimal", f"{RNG.random():.10f}"
        yield "decimal", f"{RNG.uniform(-1000, 1000):.12f}".replace(".", ",")
        yield "amount", f"{RNG.randrange(10**6, 10**9):,}".replace(",", ".")
        yield "digest", f"{RNG.getrandbits(64):016x}…"
        yield "cvr", f"{RNG.randrange(10**7, 10**8)}"
        yield "ean", f"57980{RNG.randrange(10**8):08d}"
        yield "date", f"{RNG.randrange(1, 29):02d}.{RNG.randrange(1, 13):02d}.{RNG.randrange(2010, 2024)}"
        yield "period", f"{RNG.randrange(2010, 2020)}-{RNG.randrange(2020, 2024)}"
        yield "interval", f"{RNG.uniform(-2, 2):+.2f} ({RNG.uniform(-2, 2):+.2f} til {RNG.uniform(-2, 2):+.2f})"


def test_false_alarms_are_rare() -> None:
    """Phone and case numbers, long decimals, digests and dates: at most one in a thousand is taken for a leak."""
    tried = list(harmless(200))
    alarms = [kind for kind, text in tried if findings(f"<p>Tallet er {text} i alt.</p>")]
    assert len(alarms) <= len(tried) / 1000, alarms


def test_words_of_a_page_raise_no_alarm() -> None:
    """Prose, our own tables, released ones, figures of 98 municipalities and relative links pass."""
    table = Table("t", "Tal", ("A", "n"), tuple((f"Kommune {at}", f"{at},25") for at in range(98)), numeric=(1,))
    index = pd.MultiIndex.from_product([["a", "b", "c"], ["d", "e"]], names=["region", "exit"])
    people = counts(
        release(Counts("u", pd.Series([3, 30, 40, 50, 20, 60], index=index), "all")), caption="C", lang="da"
    )
    dots = SVG.format("<g>" + "<circle cx='1.25' cy='2.5' r='1'/>" * 98 + "</g>")
    prose = "<p>Kommunerne og/eller jobcentret 1/2/3, jf. § 23, 1. og/eller 3. pkt.; se Metode: effekt = −0,25.</p>"
    links = "<a href='index.html'>x</a><a href='#section-1'>y</a><p>Kilde: https://www.dst.dk</p>"
    page = wrap(prose + table._repr_html_() + people._repr_html_() + dots + links, title="T", lang="da")
    assert findings(page) == ()


def test_the_tables_of_a_folder_are_read_and_listed(tmp_path: Path) -> None:
    """The list has a row for each table, with the smallest count shown and the rule, and no other file is sealed."""
    index = pd.Index(["a", "b", "c"], name="region")
    people = counts(release(Counts("u", pd.Series([3, 30, 40], index=index), "all")), caption="C", lang="da")
    plain = Table("t", "Tal", ("A", "n"), (("a", "1"),))
    (tmp_path / "x.html").write_text(wrap(people._repr_html_() + plain._repr_html_(), title="T", lang="da"))
    assert [each.n for each in folder_tables(tmp_path)["x.html"]] == [(None, None, 40, 73)]
    write_list(tmp_path, tmp_path / "tables.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "tables.xlsx").active.iter_rows(values_only=True))
    assert rows[1][:6] == ("x.html", "u", "all", 4, 2, 40)
    assert "at least 5 persons" in rows[1][6]
    assert rows[2][6] == "not a table of people"
    again = tmp_path / "again.xlsx"
    sleep(2)  # the clock of a ZIP file counts in steps of two seconds
    write_list(tmp_path, again)
    assert again.read_bytes() == (tmp_path / "tables.xlsx").read_bytes()
    refuse_other_files(tmp_path)
    (tmp_path / "x.parquet").write_bytes(b"")
    with pytest.raises(BadData, match="files that are not"):
        refuse_other_files(tmp_path)
    with pytest.raises(BadData, match="holds no page"):
        folder_tables(tmp_path / "nowhere")
