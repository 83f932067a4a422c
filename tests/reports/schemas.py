from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest


def check_schema(document: object, name: str) -> None:
    """Check a document against a published schema; where the schemas are not at hand, the test is skipped from here."""
    folder = os.environ.get("NATSSCAN_SCHEMAS")
    if not folder:
        pytest.skip(f"NATSSCAN_SCHEMAS names no folder with {name}")
    schema: Any = json.loads(Path(folder, name).read_text())
    kind = jsonschema.validators.validator_for(schema)
    kind(schema, format_checker=kind.FORMAT_CHECKER).validate(document)
