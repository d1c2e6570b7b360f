"""Official tables from the network into a data room: the only room that talks to another machine.

A table is saved whole or not at all, with its provenance beside it, and is not fetched again while it is there.
"""

from frikommune.fetch.jobindsats import JOBINDSATS, TOKEN, fetch_jobindsats
from frikommune.fetch.statbank import STATBANK, fetch_statbank
from frikommune.fetch.store import Fetched
from frikommune.fetch.transport import Patience, Service

__all__ = ["JOBINDSATS", "STATBANK", "TOKEN", "Fetched", "Patience", "Service", "fetch_jobindsats", "fetch_statbank"]
