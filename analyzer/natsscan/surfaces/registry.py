from __future__ import annotations

from natsscan.model.source import FileKind
from natsscan.surfaces import (
    brokerconfig,
    cabal,
    definitions,
    dockerfile,
    docs,
    hpack,
    make,
    nix,
    program_text,
    projects,
    python_packages,
    shell,
    yaml,
)
from natsscan.surfaces.surface import Reader

# Which reader reads which kind of file.
READERS: dict[FileKind, Reader] = {
    FileKind.BROKER_CONFIG: brokerconfig.read,
    FileKind.CABAL: cabal.read,
    FileKind.CABAL_PROJECT: projects.read,
    FileKind.COMPOSE: yaml.read,
    FileKind.CONDA: python_packages.read,
    FileKind.DOCKERFILE: dockerfile.read,
    FileKind.DOCS: docs.read,
    FileKind.ENV: shell.read,
    FileKind.HASKELL: program_text.read,
    FileKind.PYTHON: program_text.read,
    FileKind.HELM_CHART: yaml.read,
    FileKind.HELM_TEMPLATE: yaml.read,
    FileKind.HELM_VALUES: yaml.read,
    FileKind.HPACK: hpack.read,
    FileKind.JSON: definitions.read,
    FileKind.MAKE: make.read,
    FileKind.NIX: nix.read,
    FileKind.PIPFILE: python_packages.read,
    FileKind.PYPROJECT: python_packages.read,
    FileKind.PYTHON_LOCK: python_packages.read,
    FileKind.REQUIREMENTS: python_packages.read,
    FileKind.SETUP_CFG: python_packages.read,
    FileKind.SETUP_PY: python_packages.read,
    FileKind.SHELL: shell.read,
    FileKind.STACK: projects.read,
    FileKind.YAML: yaml.read,
}
