"""Savings: what the documents imply, and what is left net of what comes instead."""

from frikommune.savings.inputs import (
    CertificateTrial,
    Fee,
    Input,
    certificate_trial,
    certificate_trials,
    fees,
    shipped_inputs,
)
from frikommune.savings.net import Saving, Swing, avoided_by, saving, total
from frikommune.savings.published import (
    Carried,
    Gap,
    PublishedSaving,
    counted_uses,
    gap,
    published_inputs,
    published_saving,
)

__all__ = [
    "Carried",
    "CertificateTrial",
    "Fee",
    "Gap",
    "Input",
    "PublishedSaving",
    "Saving",
    "Swing",
    "avoided_by",
    "certificate_trial",
    "certificate_trials",
    "counted_uses",
    "fees",
    "gap",
    "published_inputs",
    "published_saving",
    "saving",
    "shipped_inputs",
    "total",
]
