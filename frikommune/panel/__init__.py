"""The panel: cell means by unit and period, made of cells, standardised, and taken from one another."""

from frikommune.panel.casemix import Standardised, standardised
from frikommune.panel.making import panel_of, starts_of
from frikommune.panel.noun import Panel, difference
from frikommune.panel.opinions import opinion_panel

__all__ = ["Panel", "Standardised", "difference", "opinion_panel", "panel_of", "standardised", "starts_of"]
