"""The panel: cell means by unit and period, made of cells, standardised, and taken from one another."""

from frikommune.panel.casemix import Standardised, standardised
from frikommune.panel.making import panel_of, starts_of
from frikommune.panel.noun import Panel, difference

__all__ = ["Panel", "Standardised", "difference", "panel_of", "standardised", "starts_of"]
