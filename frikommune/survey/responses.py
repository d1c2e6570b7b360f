"""One question as put to one group in one round: who was asked, who answered, and what."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frikommune.errors import BadData
from frikommune.survey.items import Item

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_NEEDED = ("respondent", "kommune_kode", "trial", "role", "wave", "item", "answer", "weight", "invited")
NONE = -1  # the position of an answer that is not on the scale, or not there


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Responses:
    """One question, one group, one round. Rows are persons: they stay in the house.

    Those who came through an open link chose themselves: they are counted, and are in no share.

    Attributes:
        item: The question.
        trial: Key of the trial.
        role: Who was asked.
        wave: The round.
        place: Municipality of each invited person [invited].
        answer: Position of the answer on the scale, NONE where there is none [invited].
        weight: Persons that each stands for [invited].
        respondent: Their keys [invited].
        links: Answers through an open link, left out.
        outside: Answers that are not on the scale, such as "don't know": among the invited, without an answer.
        known: Whether it is known who was invited; otherwise only those who answered are here.
        weighted: Whether there are weights; otherwise everybody counts as one.
    """

    item: Item
    trial: str
    role: str
    wave: str
    place: NDArray[np.int64]
    answer: NDArray[np.int64]
    weight: Floats
    respondent: NDArray[Any]
    links: int = 0
    outside: int = 0
    known: bool = True
    weighted: bool = True

    @property
    def answered(self) -> Flags:
        """Who gave an answer on the scale [invited]."""
        return self.answer != NONE

    @property
    def agrees(self) -> Floats:
        """1 for those who agree, 0 for all others [invited]."""
        positions = [self.item.scale.answers.index(each) for each in self.item.scale.agree]
        return np.isin(self.answer, positions).astype(np.float64)

    @property
    def score(self) -> Floats:
        """The answer as a number from 1 up, NaN where there is none [invited]."""
        return np.where(self.answered, self.answer + 1.0, np.nan)

    def __repr__(self) -> str:
        return (
            f"Responses to {self.item.key} ({self.trial}, {self.role}, {self.wave}): {int(self.answered.sum())} of "
            f"{len(self.place)} answered in {len(np.unique(self.place))} municipalities"
        )


def responses(frame: pd.DataFrame, about: Item, *, trial: str, role: str, wave: str) -> Responses:
    """Take one question of one group and round from the table `survey`.

    Args:
        frame: The table `survey` of a data room.
        about: The question.
        trial: Key of the trial.
        role: Who was asked.
        wave: The round.

    Raises:
        BadData: A column is missing, nobody was asked, a respondent is there twice, an answer is not one of the
            scale's, or some of the invited have a weight and some none.
    """
    missing = [column for column in _NEEDED if column not in frame.columns]
    if missing:
        raise BadData(f"The survey lacks {', '.join(missing)}: the columns of the table survey were expected.")
    mine = frame[
        (frame["trial"] == trial) & (frame["role"] == role) & (frame["wave"] == wave) & (frame["item"] == about.key)
    ]
    if mine.empty or mine["respondent"].duplicated().any():
        raise BadData(
            f"{about.key} has {len(mine)} rows of {mine['respondent'].nunique()} respondents for {trial}, {role}, "
            f"{wave}: one row for each respondent was expected."
        )
    # A blank may be anybody: only those known to have come through a link are left out.
    through_link = mine["invited"].astype("boolean").eq(other=False).fillna(value=False).to_numpy(bool)
    links = int(through_link.sum())
    asked = mine[~through_link]
    if asked.empty:
        raise BadData(f"{about.key} was only answered through open links for {trial}, {role}, {wave}: nothing follows.")
    known = bool(asked["invited"].notna().all())
    places = asked["answer"].map({each: at for at, each in enumerate(about.scale.answers)}).fillna(NONE)
    outside = _off_scale(asked["answer"], about)
    kept = np.ones(len(asked), dtype=bool) if known else (places != NONE).to_numpy()
    weight, weighted = _weights(asked, about)
    return Responses(
        item=about,
        trial=trial,
        role=role,
        wave=wave,
        place=asked["kommune_kode"].to_numpy(np.int64)[kept],
        answer=places.to_numpy(np.int64)[kept],
        weight=weight[kept],
        respondent=asked["respondent"].to_numpy()[kept],
        links=links,
        outside=outside,
        known=known,
        weighted=weighted,
    )


def rounds(frame: pd.DataFrame, trial: str) -> tuple[tuple[str, str, str], ...]:
    """Return every role, item and round of a trial that the table `survey` holds, rounds in order."""
    mine = frame.loc[frame["trial"] == trial, ["role", "item", "wave"]].drop_duplicates()
    found = {(str(role), str(key), str(wave)) for role, key, wave in mine.itertuples(index=False)}
    return tuple(sorted(found))


def _off_scale(answers: pd.Series, about: Item) -> int:
    """Count the answers outside the scale; one that nobody has named is a fault."""
    given = answers.dropna()
    unknown = int((~given.isin([*about.scale.answers, *about.scale.outside])).sum())
    if unknown:
        raise BadData(
            f"{about.key} has {unknown} answers that are not on its scale: {', '.join(about.scale.answers)} or "
            f"{', '.join(about.scale.outside) or 'a blank'} were expected; name the others in the scale."
        )
    return int(given.isin(about.scale.outside).sum())


def _weights(asked: pd.DataFrame, about: Item) -> tuple[Floats, bool]:
    weight = pd.to_numeric(asked["weight"], errors="coerce")
    blank = int(weight.isna().sum())
    if blank == len(weight):
        return np.ones(len(weight)), False
    if blank or (weight <= 0).any():
        raise BadData(
            f"{about.key}: {blank} of {len(weight)} invited have no weight, {int((weight <= 0).sum())} one of 0: "
            "weights above 0 for all or for none were expected."
        )
    return weight.to_numpy(np.float64), True
