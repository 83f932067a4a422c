"""The route of Python code: imports of a library become those of a package in the service that has the same API."""
