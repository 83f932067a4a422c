"""What earlier scans found out, kept in files: a place for them, and what tells whether a tree has changed."""
