"""The Python front end: LibCST to the core, and what names, attributes and methods lead to."""
