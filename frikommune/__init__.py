"""frikommune: from an evaluator's data to an answer that can be defended.

panel = fk.Panel.from_frame(frame, unit="kommune", period="quarter", outcome="rate", start="start", n="people")
effect = fk.did(panel)
how = fk.infer(effect)
verdict = fk.judge(effect, how, margin=0.2)
"""

import lazy_loader

# Loaded at once: the room has the name of its function, and whichever comes later would be the package's.
from frikommune.cells import cells as cells

# The other names stand in `__init__.pyi`, and each loads its room when it is asked for: whoever counts a register
# waits for nothing that estimates, and whoever estimates for nothing that draws.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
