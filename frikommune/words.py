"""The sentences of a page, in Danish and English, with numbers and dates set as the language sets them.

`data/words.toml` and `data/words_register.toml` hold every phrase in both languages. A
sentence with a number in it is made here, never by hand.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal, Self

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from latex2mathml.converter import convert
from markupsafe import Markup, escape

from frikommune.checks import Reason
from frikommune.errors import UnknownName
from frikommune.schema import Indicator
from frikommune.shipped import read_toml

Lang = Literal["da", "en"]
_COUNTS = {"placebos", "spoilt", "treated", "units"}
_CHANGES = {"effect", "low", "high", "bound", "drift", "without", "other"}
_TENTH = 0.1  # below it a p-value is set with three decimals
_LOCALES = {"da": "da", "en": "en_GB"}  # 1 July 2017, as the texts of the trials have it
LANGUAGES: tuple[Lang, ...] = ("da", "en")


class Numeral(str):
    """A number as a language sets it, which remembers what it is: a worksheet gets the number, a page the text.

    Attributes:
        value: The number, with no more decimals than the text shows.
        style: How a worksheet is to show it.
    """

    __slots__ = ("style", "value")
    value: float
    style: str

    def __new__(cls, text: str, value: float, style: str) -> Self:
        """Make a text that remembers its number."""
        made = super().__new__(cls, text)
        made.value, made.style = value, style
        return made

    def __getnewargs__(self) -> tuple[str, float, str]:  # type: ignore[override]
        return str(self), self.value, self.style


class Numerals(str):
    """Several numbers said in one phrase, such as an effect with its interval: a worksheet gets a column of each.

    Attributes:
        parts: What each number is, and the number.
    """

    __slots__ = ("parts",)
    parts: tuple[tuple[str, Numeral], ...]

    def __new__(cls, text: str, parts: Mapping[str, Numeral]) -> Self:
        """Make a text that remembers its numbers."""
        made = super().__new__(cls, text)
        made.parts = tuple(parts.items())
        return made

    def __getnewargs__(self) -> tuple[str, dict[str, Numeral]]:  # type: ignore[override]
        return str(self), dict(self.parts)


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


def number(value: float, lang: str, *, decimals: int = 0, signed: bool = False) -> Numeral:
    """Set a number with a true minus, and a plus when it is a change."""
    places = f"{'.' if decimals else ''}{'0' * decimals}"
    style = f"#,##0{places}"
    if math.isinf(value):
        return Numeral("−∞" if value < 0 else "∞", value, style)
    rounded = round(value, decimals) + 0.0  # no minus zero
    text = format_decimal(rounded, format=style, locale=_LOCALES[language(lang)]).replace("-", "−")
    plus = "+" if signed and rounded > 0 else ""
    return Numeral(plus + text, rounded, f"+{style};-{style};{style}" if signed else style)


def percent(share: float, lang: str, *, decimals: int = 0) -> Numeral:
    """Set a share as percent, whole by default."""
    style = f"#,##0{'.' if decimals else ''}{'0' * decimals} %"
    text = format_percent(share, format=style, locale=_LOCALES[language(lang)]).replace("-", "−")
    return Numeral(text, round(share, decimals + 2), style)


def small(p: float, lang: str) -> Numeral:
    """Set a p-value: two decimals, three when it is below a tenth; it is never 0, and below a thousandth it says so."""
    if round(p, 3) == 0:
        least = number(0.001, lang, decimals=3)
        return Numeral(f"< {least}", least.value, f'"< "{least.style}')
    return number(p, lang, decimals=3 if round(p, 3) < _TENTH else 2)


def day(when: date, lang: str) -> str:
    """Set a date in full."""
    return format_date(when, format="long", locale=_LOCALES[language(lang)])


def month(when: str, lang: str) -> str:
    """Set a month such as "2019-10" in full."""
    year, number_of = when.split("-")
    return format_date(date(int(year), int(number_of), 1), format="MMMM y", locale=_LOCALES[language(lang)])


def span(ends: tuple[str, str], lang: str) -> str:
    """Set a span of periods; quarters are "2017K3" in Danish."""
    first, last = (end.replace("Q", "K") if language(lang) == "da" else end for end in ends)
    return first if first == last else f"{first}–{last}"


def listed(items: Iterable[str], lang: str) -> str:
    """Set a list with commas and "and"."""
    return format_list(list(items), locale=_LOCALES[language(lang)])


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


def uncapital(text: str) -> str:
    """Return a text as it stands inside a sentence; an abbreviation keeps its capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def paragraphs(texts: Iterable[str]) -> Prose:
    """Set texts as paragraphs."""
    return Prose(Markup("\n").join(Markup("<p>{}</p>").format(text) for text in texts))


def formula(tex: str, lang: str) -> Prose:
    """Set a formula as MathML, which browsers show and screen readers read without help.

    Args:
        tex: The formula in LaTeX, without dollar signs.
        lang: Language.
    """
    mathml = Markup(convert(tex, display="block"))  # noqa: S704 - a formula of our own
    # It scrolls where it is wider than the screen, and must be reached by keyboard to do so.
    frame = Markup('<div class="formula" role="group" aria-label="{}" tabindex="0">{}</div>')
    return Prose(frame.format(say("formula", lang), mathml))


def together(parts: Iterable[Prose]) -> Prose:
    """Set texts one after the other."""
    return Prose(Markup("\n").join(each.html for each in parts))


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
