"""What the registers of persons show for a trial: cases, spells and months, from the room to the verdict."""

from frikommune.register.answers import Asked, Followed, Refused, register_answers
from frikommune.register.measures import Measure, as_series, benefits_of, measured, measures, notebooks_of
from frikommune.register.pictures import Pictures, pictures
from frikommune.register.tables import gap_rule, last_day, risk_of, weeks_in_job

__all__ = [
    "Asked",
    "Followed",
    "Measure",
    "Pictures",
    "Refused",
    "as_series",
    "benefits_of",
    "gap_rule",
    "last_day",
    "measured",
    "measures",
    "notebooks_of",
    "pictures",
    "register_answers",
    "risk_of",
    "weeks_in_job",
]
