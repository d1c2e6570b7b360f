"""The one pass: what a design needs of a register, by municipality and period."""

from frikommune.cells.risk import RiskTable, risk_table

__all__ = ["RiskTable", "risk_table"]
