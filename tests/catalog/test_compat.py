"""The rules of a layer with a library's API: every symbol has a home or is refused, and nothing is made up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog
from natsscan.catalog.compat import Compat, Home, HomeKind, Refused, compat_of
from natsscan.catalog.rulefiles import bundled
from natsscan.generate.haskell import PACKAGES, fixed_modules, module_path
from natsscan.model.errors import InputError
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolId, SymbolKind

LIBRARY = """\
kind: library
id: post
title: a library
language: haskell
packages: [post]
modules:
  Data.Post:
    functions:
      send: {operation: publish, arguments: [channel]}
    types:
      Letter: {operation: type, constructors: {Letter: {operation: message, fields: {body: body}}}}
      Box: {operation: type}
  Data.Post.Lifted:
    reexports: {Data.Post: [Letter]}
    functions:
      send: {operation: publish, arguments: [channel]}
"""
LAYER = """\
kind: compat
id: post-compat
title: a layer
links: []
library: post
package: nats-post
modules: {Data.Post: Nats.Post, Data.Post.Lifted: Nats.Post.Lifted}
homes:
  Nats.Post.Internal:
    types: [Letter]
    functions: [send, Data.Post.Lifted.send]
refused:
  symbols: {Box: There are no boxes.}
  properties: [{operation: publish, argument: weight, functions: [send], message: Nothing has a weight.}]
"""


@pytest.fixture(scope="module")
def amqp(catalog: Catalog) -> Compat:
    found = compat_of(catalog.compat, "haskell-amqp")
    assert found is not None
    return found


def symbol(catalog: Catalog, module: str, name: str, space: Namespace = Namespace.VALUE) -> LibrarySymbol:
    return catalog.symbols[space, SymbolId(module, name)]


def test_every_module_and_symbol_of_amqp_has_its_place(catalog: Catalog, amqp: Compat) -> None:
    assert (amqp.package, compat_of(catalog.compat, "unknown")) == ("nats-amqp", None)
    modules = {module for module, library in catalog.modules.items() if library == "haskell-amqp"}
    assert set(amqp.modules) == modules and len(set(amqp.modules.values())) == len(modules)
    assert all(amqp.home_of(each) for each in catalog.symbols.values() if each.library == "haskell-amqp")


def test_constructors_and_fields_live_with_their_type(catalog: Catalog, amqp: Compat) -> None:
    field = amqp.home_of(symbol(catalog, "Network.AMQP", "msgBody"))
    assert field == amqp.home_of(symbol(catalog, "Network.AMQP", "Message", Namespace.TYPE))
    assert isinstance(field, Home) and (field.name, field.kind) == ("Message", HomeKind.TYPE)


def test_one_name_of_two_modules_has_two_homes(catalog: Catalog, amqp: Compat) -> None:
    homes = [amqp.home_of(symbol(catalog, module, "consumeMsgs")) for module in ("Network.AMQP", "Network.AMQP.Lifted")]
    assert homes[0] != homes[1]


def test_what_is_refused_says_why(catalog: Catalog, amqp: Compat) -> None:
    refused = amqp.home_of(symbol(catalog, "Network.AMQP", "rabbitCRdemo"))
    assert isinstance(refused, Refused) and refused.message.endswith(".")


def test_the_fixed_modules_export_what_the_rules_say_of_them(catalog: Catalog, amqp: Compat) -> None:
    modules = fixed_modules(amqp.library)
    for each in catalog.symbols.values():
        home = amqp.home_of(each) if each.library == amqp.library else None
        if isinstance(home, Home) and each.kind in (SymbolKind.FUNCTION, SymbolKind.TYPE):
            text = "".join(exporting(modules, home.module))
            assert re.search(rf"(?<![\w']){re.escape(home.name)}(?![\w'])", text), (home.module, home.name)


def exporting(modules: dict[str, str], name: str) -> list[str]:
    """Return the export list of a module, and those of modules of the layer that it passes on as a whole."""
    head = modules[module_path(name)].partition("\nwhere\n")[0]
    return [
        head,
        *(t for each in re.findall(r"^ +module ([\w.]+)", head, re.MULTILINE) for t in exporting(modules, each)),
    ]


def test_packages_are_those_that_the_client_lacks(amqp: Compat) -> None:
    assert not set(amqp.packages.values()) & set(PACKAGES)
    texts = "".join(fixed_modules(amqp.library).values())
    assert all(re.search(rf"^import {re.escape(module)}\b", texts, re.MULTILINE) for module in amqp.packages)


def loaded(tmp_path: Path, layer: str) -> Catalog:
    (tmp_path / "library.yaml").write_text(LIBRARY)
    (tmp_path / "layer.yaml").write_text(layer)
    return load_catalog([tmp_path])


def test_a_layer_of_ones_own(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, LAYER)
    layer = compat_of(catalog.compat, "post")
    assert layer is not None and layer.package == "nats-post"
    assert layer.home_of(symbol(catalog, "Data.Post", "body")) == Home("Nats.Post.Internal", "Letter", HomeKind.TYPE)
    assert layer.home_of(symbol(catalog, "Data.Post", "Box", Namespace.TYPE)) == Refused("There are no boxes.")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("Data.Post.Lifted.send]", "]", 8, "Data.Post.Lifted.send is in no home and not in refused.symbols"),
        ("types: [Letter]", "types: []", 8, "Data.Post.Letter is in no home"),
        ("[send, ", "[send, post, ", 11, "the library has no post that could be here"),
        ("types: [Letter]", "types: [Letter, send]", 10, "the library has no send that could be here"),
        ("types: [Letter]", "types: [Letter, Box]", 13, "Data.Post.Box has a home or a refusal already"),
        ("symbols: {Box:", "symbols: {body: x, Box:", 13, "the library has no body that could be here"),
        ("functions: [send], m", "functions: [post], m", 14, "the library has no post"),
        ("library: post", "library: mail", 5, "no library file has the id mail"),
        ("Data.Post: Nats", "Data.Mail: Nats", 7, "Data.Mail is no module of post"),
        (", Data.Post.Lifted: Nats.Post.Lifted", "", 7, "nothing takes the place of Data.Post.Lifted"),
        ("operation: publish,", "operation: shout,", 14, "shout"),
        ("package:", "packet:", 1, "packet"),
    ],
)
def test_a_layer_that_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert LAYER.count(old) == 1
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, LAYER.replace(old, new))
    assert re.match(rf".*layer\.yaml:{line}: .*{re.escape(said)}", str(caught.value)), str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_layers_of_one_library_are_refused(tmp_path: Path) -> None:
    text = (bundled("rules") / "nats" / "haskell-compat.yaml").read_text()
    (tmp_path / "again.yaml").write_text(text)
    with pytest.raises(InputError, match=r"again\.yaml:\d+: there is a layer for haskell-amqp already"):
        load_catalog([tmp_path])
