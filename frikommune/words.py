"""The sentences of a page, in Danish and English, with numbers and dates set as the language sets them.

`data/words.toml` and `data/words_register.toml` hold every phrase in both languages. A
sentence with a number in it is made here, never by hand.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from frikommune.checks import Reason
from frikommune.errors import UnknownName
from frikommune.schema import Indicator
from frikommune.shipped import read_toml

Lang = Literal["da", "en"]
_COUNTS = {"placebos", "spoilt", "treated", "units"}
_CHANGES = {"effect", "low", "high", "bound", "drift", "without", "other"}
_TENTH = 0.1  # below it a p-value is set with three decimals
LANGUAGES: tuple[Lang, ...] = ("da", "en")


@dataclass(frozen=True, slots=True)
class Prose:
    """Text that is ready for a page.

    Attributes:
        html: The text as HTML.
    """

    html: Markup

    def _repr_html_(self) -> str:
        return str(self.html)

    def __str__(self) -> str:
        return self.html.striptags()


def language(lang: str) -> Lang:
    """Return a language that pages can be in.

    Raises:
        UnknownName: It is none of them.
    """
    for known in LANGUAGES:
        if lang == known:
            return known
    raise UnknownName.among("language", lang, LANGUAGES)


def say(key: str, lang: str, **filled: object) -> str:
    """Return a phrase, filled.

    Args:
        key: Name of the phrase in `data/words.toml`.
        lang: Language.
        filled: What its gaps hold, already set as the language sets it.

    Raises:
        KeyError: There is no such phrase, or a gap is not filled: a bug, which the tests look for.
    """
    return phrases()[key][language(lang)].format(**filled)


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """Return every phrase in every language."""
    return read_toml("words.toml") | read_toml("words_register.toml")


def of(thing: object, name: str, lang: str) -> str:
    """Return the attribute of a thing that is in a language, such as `label_da`."""
    return str(getattr(thing, f"{name}_{language(lang)}"))


def number(value: float, lang: str, *, decimals: int = 0, signed: bool = False) -> str:
    """Set a number with a true minus, and a plus when it is a change."""
    if math.isinf(value):
        return "−∞" if value < 0 else "∞"
    rounded = round(value, decimals) + 0.0  # no minus zero
    text = format_decimal(rounded, format=f"#,##0{'.' if decimals else ''}{'0' * decimals}", locale=language(lang))
    plus = "+" if signed and rounded > 0 else ""
    return plus + text.replace("-", "−")


def percent(share: float, lang: str, *, decimals: int = 0) -> str:
    """Set a share as percent, whole by default."""
    pattern = f"#,##0{'.' if decimals else ''}{'0' * decimals} %"
    return format_percent(share, format=pattern, locale=language(lang)).replace("-", "−")


def small(p: float, lang: str) -> str:
    """Set a p-value: two decimals, three when it is below a tenth."""
    return number(p, lang, decimals=3 if round(p, 3) < _TENTH else 2)


def day(when: date, lang: str) -> str:
    """Set a date in full."""
    return format_date(when, format="long", locale=language(lang))


def span(ends: tuple[str, str], lang: str) -> str:
    """Set a span of periods; quarters are "2017K3" in Danish."""
    first, last = (end.replace("Q", "K") if language(lang) == "da" else end for end in ends)
    return first if first == last else f"{first}–{last}"


def listed(items: Iterable[str], lang: str) -> str:
    """Set a list with commas and "and"."""
    return format_list(list(items), locale=language(lang))


def counted(key: str, n: int, lang: str) -> str:
    """Return the phrase for none, one or several of a thing."""
    form = {0: "0", 1: "1"}.get(n, "n")
    return say(f"{key}_{form}", lang, n=number(n, lang))


def reason(why: Reason, about: Indicator, lang: str) -> str:
    """Say why something is said of a series."""
    filled = {name: _set(name, value, about.decimals, lang) for name, value in why.numbers}
    return say(f"reason_{why.key}", lang, unit=of(about, "unit", lang), **filled)


def capital(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def paragraphs(texts: Iterable[str]) -> Prose:
    """Set texts as paragraphs."""
    return Prose(Markup("\n").join(Markup("<p>{}</p>").format(text) for text in texts))


def bullets(texts: Iterable[str]) -> Prose:
    """Set texts as a list."""
    items = Markup("\n").join(Markup("<li>{}</li>").format(text) for text in texts)
    return Prose(Markup("<ul>\n{}\n</ul>").format(items))


def terms(pairs: Iterable[tuple[str, str]]) -> Prose:
    """Set pairs of a term and what is said of it."""
    items = Markup("\n").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*pair) for pair in pairs)
    return Prose(Markup("<dl>\n{}\n</dl>").format(items))


def warning(text: str) -> Prose:
    """Set a warning that stands out by more than its colour."""
    return Prose(Markup('<p class="warning" role="note">{}</p>').format(escape(text)))


def _set(name: str, value: float, decimals: int, lang: str) -> str:
    if name == "p":
        return small(value, lang)
    if name == "year":
        return f"{value:.0f}"
    if name == "share":
        return percent(value, lang)
    if name in _COUNTS:
        return number(value, lang)
    if name == "breakdown":
        return number(value, lang, decimals=2)
    # A ceiling may be far smaller than anything the series can show: never set it as nothing.
    return number(value, lang, decimals=decimals + 2 * (name == "ceiling"), signed=name in _CHANGES)
