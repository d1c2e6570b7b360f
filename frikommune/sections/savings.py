"""What was saved on certificates: as published, why the parts are not the total, and net of what comes instead."""

from collections.abc import Iterator

from frikommune.savings import (
    Input,
    PublishedSaving,
    Saving,
    certificate_trial,
    certificate_trials,
    gap,
    published_inputs,
    published_saving,
    saving,
    total,
)
from frikommune.tables import Table
from frikommune.trials import trial
from frikommune.words import Prose, day, number, of, paragraphs, percent, say

_MILLION = 1e6


def savings_published(lang: str) -> Table:
    """Tabulate the published savings: amount, count, the price they imply, and the fees that were agreed."""
    return Table(
        key="savings-published",
        caption=say("savings_published_caption", lang),
        headings=tuple(
            say(key, lang)
            for key in (
                "savings_trial",
                "savings_certificate",
                "savings_amount",
                "savings_count",
                "savings_price",
                "savings_fees",
            )
        ),
        rows=tuple(_published(published_saving(key), lang) for key in certificate_trials()),
        note=say("savings_published_note", lang),
        numeric=(2, 3),
    )


def savings_gap(lang: str) -> Prose:
    """Say why the three published parts are not the published total."""
    found = gap()
    cut = [each for each, other in zip(found.to_law, found.to_slides, strict=True) if each.until < other.until]
    filled = {
        "total": _millions(found.total, lang),
        "parts": number(found.parts, lang),
        "low": _millions(found.low, lang, decimals=2),
        "high": _millions(found.high, lang, decimals=2),
    }
    return paragraphs(
        [
            say(
                "savings_gap_sum", lang, named=number(found.named, lang), claimed=number(found.claimed, lang), **filled
            ),
            say(
                "savings_gap_pace",
                lang,
                until=day(max(each.until for each in found.to_slides), lang),
                carried=_millions(found.total - found.unexplained, lang),
                left=_millions(found.unexplained, lang),
            ),
            *(
                say("savings_gap_law", lang, trial=of(trial(each.trial), "title", lang), until=day(each.until, lang))
                for each in cut
            ),
            say("savings_gap_left", lang, left=_millions(found.unexplained_by_trials, lang)),
        ]
    )


def published_savings_net(*, draws: int, seed: int) -> dict[str, Saving]:
    """Return what each published saving comes to net, by trial.

    Args:
        draws: How many times every input is drawn.
        seed: Seed of the draws.
    """
    return {key: saving(*published_inputs(key), draws=draws, seed=seed) for key in certificate_trials()}


def savings_net(found: dict[str, Saving], lang: str) -> Table:
    """Tabulate gross against net, trial by trial and together.

    Args:
        found: Savings by trial.
        lang: Language.
    """
    rows = [(of(trial(key), "title", lang), each) for key, each in found.items()]
    every = [*rows, (say("savings_together", lang), total(list(found.values())))]
    return Table(
        key="savings-net",
        caption=say("savings_net_caption", lang),
        headings=tuple(
            say(key, lang)
            for key in ("savings_trial", "savings_gross", "savings_net", "savings_range", "savings_positive")
        ),
        rows=tuple((name, *_net(each, lang)) for name, each in every),
        note=say("savings_net_note", lang, draws=number(len(every[0][1].draws), lang)),
        numeric=(1, 2, 3, 4),
    )


def savings_inputs(found: dict[str, Saving], key: str, lang: str) -> Table:
    """Tabulate what went into a trial's saving, with ranges and sources; what is ours is marked.

    Args:
        found: Savings by trial.
        key: Key of the trial.
        lang: Language.

    Raises:
        UnknownName: The documents price no certificate of that trial.
    """
    return Table(
        key="savings-inputs",
        caption=say("savings_inputs_caption", lang),
        headings=tuple(
            say(key, lang) for key in ("savings_input", "savings_likely", "savings_range", "savings_source")
        ),
        rows=tuple(_input(each, lang) for each in found[certificate_trial(key).trial].inputs),
        numeric=(1, 2),
    )


def savings_swings(found: dict[str, Saving], key: str, lang: str) -> Table:
    """Tabulate what each input does to a trial's net saving, the widest first: the numbers of a tornado figure.

    Args:
        found: Savings by trial.
        key: Key of the trial.
        lang: Language.

    Raises:
        UnknownName: The documents price no certificate of that trial.
    """
    one = found[certificate_trial(key).trial]
    return Table(
        key="savings-swings",
        caption=say("savings_swings_caption", lang, net=number(one.net, lang)),
        headings=tuple(say(key, lang) for key in ("savings_input", "savings_at_low", "savings_at_high")),
        rows=tuple(
            (of(each.about, "label", lang), number(each.at_low, lang), number(each.at_high, lang))
            for each in one.swings
        ),
        numeric=(1, 2),
    )


def _published(found: PublishedSaving, lang: str) -> tuple[str, ...]:
    fees = (f"{number(each.amount, lang)} ({day(each.since, lang)})" for each in found.fees)
    amount, count = found.saving.value or 0.0, found.count.value or 0.0
    price = found.price
    return (
        of(trial(found.about.trial), "title", lang),
        found.about.certificate,
        number(amount, lang),
        number(count, lang),
        say("savings_of", lang, **{name: number(getattr(price, name), lang) for name in ("value", "low", "high")}),
        "; ".join(fees),
    )


def _net(found: Saving, lang: str) -> Iterator[str]:
    yield number(found.gross, lang)
    yield number(round(found.median, -3), lang)
    yield say("savings_range_of", lang, **{name: number(round(getattr(found, name), -3), lang) for name in _ENDS})
    yield percent(found.positive, lang)


def _input(each: Input, lang: str) -> tuple[str, ...]:
    source = of(each, "source", lang)
    ends = {name: _set(getattr(each, name), each, lang) for name in _ENDS}
    return (
        of(each, "label", lang),
        _set(each.likely, each, lang),
        say("savings_range_of", lang, **ends),
        say("savings_ours", lang, source=source) if each.ours else source,
    )


def _set(value: float, about: Input, lang: str) -> str:
    if about.unit == "share":
        return percent(value, lang)
    return say(f"savings_unit_{about.unit}", lang, value=number(value, lang))


def _millions(value: float, lang: str, *, decimals: int = 1) -> str:
    return number(value / _MILLION, lang, decimals=decimals)


_ENDS = ("low", "high")
