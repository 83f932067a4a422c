"""The parts of SARIF 2.1.0 that natsscan writes, by their names in the standard.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What is optional there and None or empty here is left
out.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class _Object(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    pass


class Message(_Object, frozen=True):
    """A text; where GitHub and viewers can show Markdown, both."""

    text: str
    markdown: str | None = None


class Region(_Object, frozen=True):
    """Lines and columns from 1, columns in code points, the end exclusive."""

    start_line: int
    start_column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


class ArtifactLocation(_Object, frozen=True):
    """A file by its path from the root, as a URI."""

    uri: str
    uri_base_id: str


class PhysicalLocation(_Object, frozen=True):
    """A place in a file; `context_region` is all of what `region` is a part of."""

    artifact_location: ArtifactLocation
    region: Region | None = None
    context_region: Region | None = None


class Location(_Object, frozen=True):
    """A place that a message can refer to by its id."""

    physical_location: PhysicalLocation
    id: int | None = None
    message: Message | None = None


class Replacement(_Object, frozen=True):
    """What goes and what comes in its place."""

    deleted_region: Region
    inserted_content: Message | None = None


class ArtifactChange(_Object, frozen=True):
    """The replacements in one file."""

    artifact_location: ArtifactLocation
    replacements: list[Replacement]


class Fix(_Object, frozen=True):
    """A patch."""

    description: Message
    artifact_changes: list[ArtifactChange]


class Suppression(_Object, frozen=True):
    """A comment in the code that sets a finding aside."""

    kind: Literal["inSource", "external"]
    status: str
    justification: str | None = None


class ResultProperties(_Object, frozen=True):
    """What natsscan knows of a finding and SARIF has no name for; `patches` are the ids of those that answer it."""

    category: str
    effort: int
    operation: str
    symbol: str
    service: str
    patches: list[str] = []
    locations_left_out: int = 0


class Result(_Object, frozen=True):
    """A finding. `suppressions` is there also where it is empty: either all results have it or none."""

    rule_id: str
    rule_index: int
    level: str
    message: Message
    locations: list[Location]
    partial_fingerprints: dict[str, str]
    suppressions: list[Suppression]
    properties: ResultProperties
    baseline_state: str | None = None
    related_locations: list[Location] | None = None
    fixes: list[Fix] | None = None


class RuleProperties(_Object, frozen=True):
    """By these GitHub sorts and filters. `security-severity` is not among them: nothing here is a vulnerability."""

    tags: list[str]
    precision: str
    problem_severity: str = msgspec.field(name="problem.severity")


class Configuration(_Object, frozen=True):
    """How severe a rule is by default."""

    level: str


class Rule(_Object, frozen=True):
    """A rule with its page."""

    id: str
    name: str
    short_description: Message
    full_description: Message
    help: Message
    default_configuration: Configuration
    properties: RuleProperties
    help_uri: str | None = None


class NotificationRule(_Object, frozen=True):
    """A kind of notification."""

    id: str
    short_description: Message


class Driver(_Object, frozen=True):
    """The tool and its rules."""

    name: str
    version: str
    semantic_version: str
    rules: list[Rule]
    notifications: list[NotificationRule]


class Tool(_Object, frozen=True):
    """What made the log."""

    driver: Driver


class Reference(_Object, frozen=True):
    """A kind of notification by its id."""

    id: str


class Notification(_Object, frozen=True):
    """What people must know of how the run went."""

    descriptor: Reference
    level: str
    message: Message
    locations: list[Location] = []


class Invocation(_Object, frozen=True):
    """How the run went."""

    execution_successful: bool
    tool_execution_notifications: list[Notification]


class AutomationDetails(_Object, frozen=True):
    """What is scanned: everything up to the last slash tells one upload from another."""

    id: str


class UriBase(_Object, frozen=True):
    """What relative paths are relative to."""

    description: Message


class RunProperties(_Object, frozen=True):
    """What else tells one run from another."""

    root: str
    scope: list[str]
    rules_digest: str


class Run(_Object, frozen=True):
    """One scan."""

    tool: Tool
    automation_details: AutomationDetails
    invocations: list[Invocation]
    original_uri_base_ids: dict[str, UriBase]
    column_kind: str
    results: list[Result]
    properties: RunProperties


class Log(_Object, frozen=True):
    """The whole file."""

    schema: str = msgspec.field(name="$schema")
    version: str
    runs: list[Run]
