"""The published savings, recomputed: what they imply, and what the sum of the parts leaves unexplained."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from frikommune.claims import Claim, Price, load_claims, unit_price
from frikommune.savings.inputs import CertificateTrial, Fee, Input, certificate_trial, certificate_trials, fees
from frikommune.shipped import read_toml
from frikommune.trials import trial

TOTAL = "general.laegeattest_besparelse_total"
_SLIDES = "slides_2020"


@dataclass(frozen=True, slots=True)
class PublishedSaving:
    """A published saving and what it implies.

    Attributes:
        about: Which certificate, and the claims.
        saving: The amount as published.
        count: The number of certificates as published.
        price: The price of one that follows, with the range that rounding allows [DKK].
        fees: Agreed fees of that certificate that were found.
        until: Last day that the count covers.
        months: Months from the earliest start of the trial to then.
    """

    about: CertificateTrial
    saving: Claim
    count: Claim
    price: Price
    fees: tuple[Fee, ...]
    until: date
    months: int


@dataclass(frozen=True, slots=True)
class Carried:
    """A published saving carried on at its own pace to a later day.

    Attributes:
        trial: Key of the trial.
        until: The day, no later than the day before the national law where one cuts it.
        amount: The saving by then [DKK].
    """

    trial: str
    until: date
    amount: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Why the published parts do not add up to the published total.

    Attributes:
        total: The total as published [DKK].
        parts: Sum of the three published parts [DKK].
        low: The least difference that rounding allows [DKK].
        high: The most [DKK].
        to_slides: The parts carried on at their own pace to the slides' month, the law left aside.
        to_law: The same cut at the national law.
        named: Trials behind the parts.
        claimed: Trials behind the total, by the slides.
    """

    total: float
    parts: float
    low: float
    high: float
    to_slides: tuple[Carried, ...]
    to_law: tuple[Carried, ...]
    named: int
    claimed: int

    @property
    def difference(self) -> float:
        """Total less parts [DKK]."""
        return self.total - self.parts

    @property
    def unexplained(self) -> float:
        """What is left when the parts are carried on to the slides at their own pace [DKK]."""
        return self.total - sum(each.amount for each in self.to_slides)

    @property
    def unexplained_by_trials(self) -> float:
        """What is left when they are cut at the national law [DKK]."""
        return self.total - sum(each.amount for each in self.to_law)


def published_saving(key: str) -> PublishedSaving:
    """Return the published saving of a trial, recomputed.

    Raises:
        UnknownName: The documents price no certificate of that trial.
    """
    about = certificate_trial(key)
    amount, count = load_claims()[about.saving], load_claims()[about.count]
    until = _last_day(amount.period)
    return PublishedSaving(
        about=about,
        saving=amount,
        count=count,
        price=unit_price(amount, count),
        fees=tuple(each for each in fees() if each.certificate == about.certificate),
        until=until,
        months=_months(trial(key).first_possible_start, until),
    )


def gap() -> Gap:
    """Return what the published total leaves unexplained, from the documents alone."""
    parts = [published_saving(key) for key in certificate_trials()]
    whole = load_claims()[TOTAL]
    ends = [each.saving.range for each in parts]
    slides = _last_day(f"–{read_toml('documents.toml')[_SLIDES]['date']}")
    return Gap(
        total=_value(whole),
        parts=sum(_value(each.saving) for each in parts),
        low=whole.range[0] - sum(high for _, high in ends),
        high=whole.range[1] - sum(low for low, _ in ends),
        to_slides=tuple(_carried(each, slides) for each in parts),
        to_law=tuple(_carried(each, _before_law(each, slides)) for each in parts),
        named=len(parts),
        claimed=int(_value(load_claims()["general.laegeattestforsoeg_antal"])),
    )


def published_inputs(key: str) -> tuple[Input, Input]:
    """Return the count and the implied price of a trial as inputs of `saving`.

    The price's range is that of the rounding; it does not widen with the fees, which agree with it. Drawn apart, they
    spread somewhat wider than the rounding of the amount itself.

    Raises:
        UnknownName: The documents price no certificate of that trial.
    """
    found = published_saving(key)
    low, high = found.count.range
    return (
        counted_uses(
            _value(found.count),
            low,
            high,
            source_da=_source(found.count, key, "da"),
            source_en=_source(found.count, key, "en"),
        ),
        Input(
            key="price",
            unit="DKK",
            low=found.price.low,
            likely=found.price.value,
            high=found.price.high,
            label_da=f"Pris for en attest ({found.about.certificate})",
            label_en=f"Price of a certificate ({found.about.certificate})",
            source_da=f"Beløb delt med antal: {_source(found.saving, key, 'da')}",
            source_en=f"Amount over count: {_source(found.saving, key, 'en')}",
            ours=False,
        ),
    )


def counted_uses(value: float, low: float, high: float, *, source_da: str, source_en: str) -> Input:
    """Return a number of uses as an input of `saving`.

    Args:
        value: The number [certificates].
        low: The least it can be.
        high: The most.
        source_da: Where it was counted, in Danish.
        source_en: The same in English; savings whose counts have the same source move together in `total`.
    """
    return Input(
        key="uses",
        unit="certificates",
        low=low,
        likely=value,
        high=high,
        label_da="Attester, der er undladt",
        label_en="Certificates left out",
        source_da=source_da,
        source_en=source_en,
        ours=False,
    )


def _value(claim: Claim) -> float:
    if claim.value is None:
        raise ValueError(f"{claim.key} is no number")
    return claim.value


def _source(claim: Claim, key: str, lang: str) -> str:
    document = read_toml("documents.toml")[claim.document]
    title = trial(key).title_da if lang == "da" else trial(key).title_en
    return f"{document[f'title_{lang}']} ({document['date']}), {title}"


def _carried(part: PublishedSaving, until: date) -> Carried:
    start = trial(part.about.trial).first_possible_start
    return Carried(part.about.trial, until, _value(part.saving) * _months(start, until) / part.months)


def _before_law(part: PublishedSaving, slides: date) -> date:
    law = trial(part.about.trial).national_law
    return slides if law.since is None else min(slides, date.fromordinal(law.since.toordinal() - 1))


def _last_day(period: str) -> date:
    """Return the last day before the month that a period ends in: the note of October counts to September."""
    year, month = map(int, period.rpartition("–")[2].split("-"))
    first = date(year, month, 1)
    return date.fromordinal(first.toordinal() - 1)


def _months(first: date, last: date) -> int:
    """Return the whole months from the first day of one month to the last day of another."""
    whole = last.day == monthrange(last.year, last.month)[1]
    return (last.year - first.year) * 12 + last.month - first.month + whole
