from __future__ import annotations

from natsscan.model.mapping import Fidelity

# How people call what becomes of a property.
FIDELITY = {
    Fidelity.NONE: "lost",
    Fidelity.APPROX: "changed",
    Fidelity.CONFIG: "kept by configuration",
    Fidelity.EXACT: "the same",
}
