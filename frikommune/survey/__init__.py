"""Surveys: items, answers and everybody who was asked; shares with their intervals, and what the silent leave open."""

from frikommune.survey.items import Flag, Item, Scale, item, items, scales
from frikommune.survey.layout import RESPONDENT
from frikommune.survey.mapping import SurveyMapping, read_survey_mapping
from frikommune.survey.publishing import Bar, Opinion, diverging, opinions
from frikommune.survey.reading import Survey, flat, surveyxact
from frikommune.survey.responses import Responses, responses, rounds
from frikommune.survey.shares import Share, agreement, mean_score, shares
from frikommune.survey.silence import Bounds, Rate, Reweighted, response_rate, reweighted, worst_case
from frikommune.survey.waves import Change, change

__all__ = [
    "RESPONDENT",
    "Bar",
    "Bounds",
    "Change",
    "Flag",
    "Item",
    "Opinion",
    "Rate",
    "Responses",
    "Reweighted",
    "Scale",
    "Share",
    "Survey",
    "SurveyMapping",
    "agreement",
    "change",
    "diverging",
    "flat",
    "item",
    "items",
    "mean_score",
    "opinions",
    "read_survey_mapping",
    "response_rate",
    "responses",
    "reweighted",
    "rounds",
    "scales",
    "shares",
    "surveyxact",
    "worst_case",
]
