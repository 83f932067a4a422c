from __future__ import annotations

from natsscan.model.source import FileKind
from natsscan.surfaces.surface import Reader

# Which reader reads which kind of file.
READERS: dict[FileKind, Reader] = {}
