"""Migration checklists in Markdown: read, judged against a scanned tree, ticked in place, and written anew."""
