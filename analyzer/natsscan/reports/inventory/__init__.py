"""The inventory: all that is known of one code base, as a page or a document."""
