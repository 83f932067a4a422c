from __future__ import annotations

from pathlib import Path

from natsscan.nats.artifacts.folder import keep


def test_names_that_no_file_can_have_stand_in_the_list_of_files_and_end_nothing(tmp_path: Path) -> None:
    (tmp_path / "streams").mkdir()
    (tmp_path / "streams/old.json").write_text("{}")
    before = ("streams/old.json", f"streams/{'a' * 5000}.json", "streams/a\0.json")
    keep(tmp_path, {"streams/new.json": "{}\n"}, before)
    assert sorted(path.name for path in (tmp_path / "streams").iterdir()) == ["new.json"]
