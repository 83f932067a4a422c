from __future__ import annotations

from natsscan.model.source import FileKind
from natsscan.patches import brokerfiles, dockerfile, env, make, packages, shell, yaml
from natsscan.patches.place import Editor

# The editor for each kind of file that one can edit.
EDITORS: dict[FileKind, Editor] = {
    FileKind.CABAL: packages.read,
    FileKind.HPACK: packages.read,
    FileKind.NIX: packages.read,
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
