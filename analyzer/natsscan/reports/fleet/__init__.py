"""Many repositories as one system: a page, a document, and data for programs."""
