from __future__ import annotations

from dataclasses import replace

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.findings.judge import judge
from natsscan.model.source import FileKind
from natsscan.surfaces import brokerconfig
from tests.scanning import read_surface

LINE = "password = getPassword"


@pytest.mark.parametrize(("language", "shown"), [("broker-config", "password = ***"), ("haskell", LINE)])
def test_no_text_of_a_finding_holds_a_secret(catalog: Catalog, language: str, shown: str) -> None:
    usage = read_surface(brokerconfig.read, FileKind.BROKER_CONFIG, "rabbitmq.conf", "a = 1\n", catalog).usages[0]
    argument = replace(usage.arguments[0], text=LINE)
    changed = replace(usage, language=language, symbol=LINE, definition=LINE, arguments=(argument,))
    (finding,) = judge([changed], catalog, lambda _: LINE)

    told = finding.usage
    assert (finding.excerpt, told.symbol, told.definition, told.arguments[0].text) == (shown,) * 4
    assert ("getPassword" in str(finding)) is (shown == LINE)
