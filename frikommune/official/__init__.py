"""What the official municipal series can and cannot show for a trial: the whole way from room to verdict."""

from frikommune.official.alternatives import Alternatives, alternatives
from frikommune.official.answers import Answer, Local, network_answers, official_panel, trial_answers
from frikommune.official.history import History, histories

__all__ = [
    "Alternatives",
    "Answer",
    "History",
    "Local",
    "alternatives",
    "histories",
    "network_answers",
    "official_panel",
    "trial_answers",
]
