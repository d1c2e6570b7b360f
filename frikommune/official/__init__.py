"""What the official municipal series can and cannot show for a trial: the whole way from room to verdict."""

from frikommune.official.answers import Answer, Local, network_answers, official_panel, trial_answers
from frikommune.official.history import History, histories

__all__ = ["Answer", "History", "Local", "histories", "network_answers", "official_panel", "trial_answers"]
