"""From the formats that evaluators are given to the tables of the data room, column by column."""

from frikommune.records.statbank import Municipal, municipal

__all__ = ["Municipal", "municipal"]
