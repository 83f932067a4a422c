"""The part of GitHub's REST API that reviews need, with its rules.

https://docs.github.com/en/rest/pulls/reviews, /pulls/comments, /issues/comments; the limits of a body are GitHub's.
"""

from __future__ import annotations

from typing import Any

from tests.forges.server import FakeForge, Reply, Request, commentable, routed

LONGEST_BODY = 65_536


class FakeGitHub(FakeForge):
    """One repository with one pull request. `login` is whose the token is; `patches` are the diffs of its files."""

    def __init__(self, patches: dict[str, str], base: str = "b" * 40, head: str = "a" * 40) -> None:
        super().__init__()
        self.patches, self.base, self.head = patches, base, head
        self.login = "github-actions[bot]"
        self.refuses: set[str] = set()  # paths that are refused, though the diff has them
        self.comments: list[dict[str, Any]] = []
        self.reviews: list[dict[str, Any]] = []
        self.remarks: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Reply:
        if self.is_read_only and request.method != "GET" and request.path != "/graphql":
            return Reply(403, {"message": "Resource not accessible by integration"})
        repo = "/repos/acme/shop"
        return routed(
            [
                ("POST", "/graphql", lambda _: Reply(200, {"data": {"viewer": {"login": self.login}}})),
                ("GET", f"{repo}/pulls/7", self.pull),
                ("GET", f"{repo}/pulls/7/files", self.files),
                ("GET", f"{repo}/issues/7/comments", lambda r: self.page(r, self.comments)),
                ("POST", f"{repo}/issues/7/comments", self.add_comment),
                ("PATCH", rf"{repo}/issues/comments/(\d+)", self.edit_comment),
                ("DELETE", rf"{repo}/issues/comments/(\d+)", lambda r, id_: self.delete(self.comments, id_)),
                ("GET", f"{repo}/pulls/7/reviews", lambda r: self.page(r, self.reviews)),
                ("POST", f"{repo}/pulls/7/reviews", self.add_review),
                ("GET", f"{repo}/pulls/7/comments", lambda r: self.page(r, self.remarks)),
                ("POST", f"{repo}/pulls/7/comments", self.add_remark),
                ("DELETE", rf"{repo}/pulls/comments/(\d+)", lambda r, id_: self.delete(self.remarks, id_)),
            ],
            request,
        )

    def say(self, login: str, body: str, **more: Any) -> dict[str, Any]:
        return {"id": self.new_id(), "user": {"login": login}, "body": body, **more}

    def pull(self, _: Request) -> Reply:
        repo = {"full_name": "acme/shop", "html_url": "https://github.example/acme/shop"}
        return Reply(200, {"base": {"sha": self.base, "ref": "main", "repo": repo}, "head": {"sha": self.head}})

    def files(self, request: Request) -> Reply:
        return self.page(request, [{"filename": name, "patch": patch} for name, patch in self.patches.items()])

    def add_comment(self, request: Request) -> Reply:
        body = request.body["body"]
        if not body or len(body) > LONGEST_BODY:
            return _invalid(f"body is too long (maximum is {LONGEST_BODY} characters)")
        self.comments.append(self.say(self.login, body))
        return Reply(201, self.comments[-1])

    def edit_comment(self, request: Request, id_: str) -> Reply:
        comment = next(each for each in self.comments if each["id"] == int(id_))
        if comment["user"]["login"] != self.login:
            return Reply(403, {"message": "Must have admin rights to Repository."})
        if len(request.body["body"]) > LONGEST_BODY:
            return _invalid(f"body is too long (maximum is {LONGEST_BODY} characters)")
        comment["body"] = request.body["body"]
        return Reply(200, comment)

    def delete(self, those: list[dict[str, Any]], id_: str) -> Reply:
        comment = next((each for each in those if each["id"] == int(id_)), None)
        if comment is None:
            return Reply(404, {"message": "Not Found"})
        if comment["user"]["login"] != self.login:
            return Reply(403, {"message": "Must have admin rights to Repository."})
        those.remove(comment)
        return Reply(204)

    def add_review(self, request: Request) -> Reply:
        asked = request.body
        if asked["event"] not in ("COMMENT", "APPROVE", "REQUEST_CHANGES"):
            return _invalid("event is not included in the list")
        if asked["commit_id"] != self.head:
            return _invalid("The commit_id is not part of the pull request")
        if not asked["body"] or len(asked["body"]) > LONGEST_BODY:
            return _invalid("body is too long, or blank")
        problems = [problem for each in asked["comments"] for problem in self.problems(each)]
        if problems:
            return Reply(422, {"message": "Unprocessable Entity", "errors": problems})  # and nothing is posted
        self.reviews.append(self.say(self.login, asked["body"]))
        self.remarks += [self.say(self.login, c["body"], **_place(c)) for c in asked["comments"]]
        return Reply(200, self.reviews[-1])

    def add_remark(self, request: Request) -> Reply:
        problems = self.problems(request.body)
        if request.body["commit_id"] != self.head or problems:
            return _invalid(*problems)
        self.remarks.append(self.say(self.login, request.body["body"], **_place(request.body)))
        return Reply(201, self.remarks[-1])

    def problems(self, comment: dict[str, Any]) -> list[str]:
        """Return what GitHub has against a comment."""
        first, last = comment.get("start_line", comment["line"]), comment["line"]
        side = ("LEFT", "RIGHT").index(comment["side"])
        hunks = [{numbers[side] for numbers in hunk} for hunk in commentable(self.patches.get(comment["path"], ""))]
        found = []
        if comment["path"] in self.refuses or not any(last in hunk for hunk in hunks):
            found.append("Pull request review thread line must be part of the diff")
        if "start_line" in comment and first >= last:
            found.append("Pull request review thread start line must precede the end line.")
        if not any(first in hunk and last in hunk for hunk in hunks):
            found.append("Pull request review thread start line must be part of the same hunk as the line.")
        if "start_line" in comment and comment.get("start_side") != comment["side"]:
            found.append("side is not what it should be")
        if len(comment["body"]) > LONGEST_BODY:
            found.append("body is too long")
        return found


def _place(comment: dict[str, Any]) -> dict[str, Any]:
    return {key: comment[key] for key in ("path", "line", "side", "start_line") if key in comment}


def _invalid(*problems: str) -> Reply:
    return Reply(422, {"message": "Validation Failed", "errors": [{"message": each} for each in problems]})
