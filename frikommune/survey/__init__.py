"""Surveys: items, answers and everybody who was asked, as far as reading goes."""

from frikommune.survey.layout import RESPONDENT
from frikommune.survey.mapping import SurveyMapping, read_survey_mapping
from frikommune.survey.reading import Survey, flat, surveyxact

__all__ = ["RESPONDENT", "Survey", "SurveyMapping", "flat", "read_survey_mapping", "surveyxact"]
