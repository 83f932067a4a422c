"""The one place where the stages meet: from a project on disk to a report."""
