"""A data room: which tables it holds, whether they are what they should be, and what was set aside on the way in."""

from frikommune.dataroom.checking import check
from frikommune.dataroom.opening import DataRoom, open_room
from frikommune.dataroom.report import Report, TableReport
from frikommune.dataroom.writing import write_templates

__all__ = ["DataRoom", "Report", "TableReport", "check", "open_room", "write_templates"]
