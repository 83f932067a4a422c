"""The part of GitLab's REST API that reviews need, with its rules: https://docs.gitlab.com/api/discussions/."""

from __future__ import annotations

from typing import Any

from tests.forges.server import FakeForge, Reply, Request, commentable, routed

LONGEST_NOTE = 1_000_000
ME, OTHER = 11, 12


class FakeGitLab(FakeForge):
    """One project with one merge request. `diffs` are those of its files by path: the path before, and the diff."""

    def __init__(self, diffs: dict[str, tuple[str, str]], base: str = "b" * 40, head: str = "a" * 40) -> None:
        super().__init__()
        self.diffs, self.base, self.head = diffs, base, head
        self.refuses: set[str] = set()
        self.discussions: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Reply:
        if self.is_read_only and request.method != "GET":
            return Reply(403, {"error": "insufficient_scope"})
        here = "/api/v4/projects/acme%2Fshop/merge_requests/7"
        return routed(
            [
                ("GET", "/api/v4/user", lambda _: Reply(200, {"id": ME})),
                ("GET", here, self.merge_request),
                ("GET", f"{here}/versions", lambda r: self.page(r, [self.version()])),
                ("GET", f"{here}/diffs", self.list_diffs),
                ("GET", f"{here}/discussions", lambda r: self.page(r, self.discussions)),
                ("POST", f"{here}/discussions", self.add_discussion),
                ("POST", f"{here}/notes", self.add_note),
                ("PUT", rf"{here}/notes/(\d+)", self.edit_note),
                ("DELETE", rf"{here}/notes/(\d+)", lambda r, id_: self.delete(id_)),
                ("DELETE", rf"{here}/discussions/\w+/notes/(\d+)", lambda r, id_: self.delete(id_)),
            ],
            request,
        )

    def say(self, author: int, body: str, **more: Any) -> dict[str, Any]:
        """Begin a discussion, or a note that stands alone."""
        note = {"id": self.new_id(), "author": {"id": author}, "body": body, "system": False, **more}
        self.discussions.append({"id": f"d{note['id']}", "notes": [note]})
        return note

    def bodies(self) -> list[str]:
        return [talk["notes"][0]["body"] for talk in self.discussions]

    def version(self) -> dict[str, Any]:
        return {"base_commit_sha": self.base, "start_commit_sha": "5" * 40, "head_commit_sha": self.head}

    def merge_request(self, _: Request) -> Reply:
        return Reply(200, {"web_url": "https://gitlab.example/acme/shop/-/merge_requests/7", "target_branch": "main"})

    def list_diffs(self, request: Request) -> Reply:
        found = [{"new_path": new, "old_path": old, "diff": diff} for new, (old, diff) in self.diffs.items()]
        return self.page(request, found)

    def add_note(self, request: Request) -> Reply:
        body = request.body["body"]
        if not body or len(body) > LONGEST_NOTE:
            return Reply(400, {"message": '400 (Bad request) "Note is too long" not given'})
        return Reply(201, self.say(ME, body))

    def edit_note(self, request: Request, id_: str) -> Reply:
        note = next(n for talk in self.discussions for n in talk["notes"] if n["id"] == int(id_))
        if note["author"]["id"] != ME:
            return Reply(403, {"message": "403 Forbidden"})
        note["body"] = request.body["body"]
        return Reply(200, note)

    def delete(self, id_: str) -> Reply:
        for talk in self.discussions:
            for note in talk["notes"]:
                if note["id"] == int(id_):
                    if note["author"]["id"] != ME:
                        return Reply(403, {"message": "403 Forbidden"})
                    talk["notes"].remove(note)
                    self.discussions = [each for each in self.discussions if each["notes"]]
                    return Reply(204)
        return Reply(404, {"message": "404 Not found"})

    def add_discussion(self, request: Request) -> Reply:
        position = request.body["position"]
        wanted = {"base_sha": self.base, "start_sha": "5" * 40, "head_sha": self.head, "position_type": "text"}
        path = position["new_path"]
        old_path, diff = self.diffs.get(path, ("", ""))
        if (
            any(position[key] != value for key, value in wanted.items())
            or position["old_path"] != old_path
            or (position.get("old_line"), position.get("new_line"))
            not in {at for hunk in commentable(diff) for at in hunk}
            or path in self.refuses
        ):
            return Reply(400, {"message": '400 (Bad request) "Note {:line_code=>[\\"can\'t be blank\\"]}" not given'})
        return Reply(201, self.say(ME, request.body["body"], position=position))
