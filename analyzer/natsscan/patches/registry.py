from __future__ import annotations

from natsscan.model.source import FileKind
from natsscan.patches import brokerfiles, dockerfile, env, make, nix, packages, python_packages, shell, yaml
from natsscan.patches.place import Editor

# The editor for each kind of file that one can edit.
EDITORS: dict[FileKind, Editor] = {
    FileKind.CABAL: packages.read,
    FileKind.HPACK: packages.read,
    FileKind.CABAL_PROJECT: packages.read,
    FileKind.STACK: packages.read,
    FileKind.REQUIREMENTS: python_packages.read,
    FileKind.PYPROJECT: python_packages.read,
    FileKind.SETUP_CFG: python_packages.read,
    FileKind.SETUP_PY: python_packages.read,
    FileKind.PIPFILE: python_packages.read,
    FileKind.CONDA: python_packages.read,
    FileKind.PYTHON_LOCK: python_packages.read,
    FileKind.NIX: nix.read,
    FileKind.YAML: yaml.read,
    FileKind.HELM_CHART: yaml.read,
    FileKind.HELM_VALUES: yaml.read,
    FileKind.HELM_TEMPLATE: yaml.read,
    FileKind.COMPOSE: yaml.read,
    FileKind.SHELL: shell.read,
    FileKind.MAKE: make.read,
    FileKind.DOCKERFILE: dockerfile.read,
    FileKind.ENV: env.read,
    FileKind.BROKER_CONFIG: brokerfiles.read,
}
