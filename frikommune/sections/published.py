"""The ledger on the page: what was published, recomputed, with its kind of evidence kept apart."""

from collections.abc import Iterator

from frikommune.claims import Claim, Entry, Share, ledger
from frikommune.shipped import read_toml
from frikommune.tables import PACKED, Table, packed
from frikommune.trials import Trial
from frikommune.words import Prose, bullets, capital, month, number, of, paragraphs, percent, say

# An opinion never shares a table with an outcome; rules and dates are no results and are not shown.
_GROUPS = {"outcome": ("outcome",), "use": ("use", "saving"), "opinion": ("perception", "judgement", "claim")}


class Ledger(tuple[Table, ...]):
    """The tables of one trial's ledger, shown one after the other."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return "\n".join(table._repr_html_() for table in self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return {"text/html": self._repr_html_(), "text/plain": f"{len(self)} tables", PACKED: packed(self)}


def published(about: Trial | None, lang: str) -> Ledger | Prose:
    """Tabulate every published claim about a trial, or about the trials as a whole, recomputed where it can be."""
    entries = ledger(_key(about))
    tables = [
        _table(about, group, [entry for entry in entries if entry.claim.kind in kinds], lang)
        for group, kinds in _GROUPS.items()
        if any(entry.claim.kind in kinds for entry in entries)
    ]
    return Ledger(tables) if tables else paragraphs([say("ledger_empty", lang)])


def contradicted(about: Trial | None, lang: str) -> Prose:
    """Say which of the published claims disagree with each other, with themselves or with the law."""
    met = {each.key: each for entry in ledger(_key(about)) for each in entry.contradictions}
    return (
        bullets(of(each, "text", lang) for each in met.values())
        if met
        else paragraphs([say("contradictions_none", lang)])
    )


def _key(about: Trial | None) -> str | None:
    return None if about is None else about.key


def _table(about: Trial | None, group: str, entries: list[Entry], lang: str) -> Table:
    names, caption = ("what", "number", "recomputed", "grade", "document"), say(f"ledger_{group}", lang)
    return Table(
        key=f"ledger-{group}" if about else f"ledger-network-{group}",
        caption=caption if about else say("ledger_network", lang, caption=caption),
        headings=tuple(say(f"ledger_{name}", lang) for name in names),
        rows=tuple(_row(entry, lang) for entry in entries),
        note=say("ledger_note", lang),
        numeric=(1,),
    )


def _row(entry: Entry, lang: str) -> tuple[str, ...]:
    claim = entry.claim
    said = [*_recomputed(entry, lang), of(claim, "note", lang)]
    recomputed = " ".join(f"{capital(text.rstrip('.'))}." for text in said if text)
    document = read_toml("documents.toml")[claim.document]
    where = f"{document[f'title_{lang}']} ({month(document['date'], lang)}), {claim.heading_da}"
    return of(claim, "text", lang), printed(claim, lang), recomputed or "–", str(claim.grade), where


def printed(claim: Claim, lang: str) -> str:
    """Return the number of a claim as it was published, with its unit."""
    if claim.value is None:
        return claim.printed or say("no_number", lang)
    decimals = len(claim.printed.partition(".")[2])
    value = number(claim.value, lang, decimals=decimals)
    unit = f"unit_{claim.unit}"
    text = say(unit, lang, value=value) if claim.unit else value
    rounded = {"about", "just_under", "derived"} & {claim.rounding}
    return say(f"rounded_{claim.rounding}", lang, value=text) if rounded else text


def _recomputed(entry: Entry, lang: str) -> Iterator[str]:
    for share in entry.shares:
        yield from _share(share, lang)
    if entry.price is not None:
        low, high = number(entry.price.low, lang), number(entry.price.high, lang)
        yield say("price", lang, value=number(entry.price.value, lang, decimals=2), low=low, high=high)
    if entry.parts is not None:
        yield say("parts", lang, sum=number(entry.parts, lang))
    if entry.answers is not None:
        yield say("answers", lang, n=number(entry.answers, lang))
    if entry.answers_together is not None:
        yield say("answers_together", lang, n=number(entry.answers_together, lang))


def _share(share: Share, lang: str) -> Iterator[str]:
    filled = {
        "k": number(share.k, lang),
        "n": number(share.n, lang),
        "share": percent(share.k / share.n, lang),
        "low": percent(share.low, lang).removesuffix(" %"),
        "high": percent(share.high, lang),
    }
    base = of(share, "base", lang)
    yield say("share_base", lang, **filled, base=base) if base else say("share", lang, **filled)
    if share.worst is not None and share.best is not None:
        missing = round((share.best - share.worst) * share.k / share.worst)
        yield say(
            "share_bounds",
            lang,
            worst=percent(share.worst, lang),
            best=percent(share.best, lang),
            missing=number(missing, lang),
        )
