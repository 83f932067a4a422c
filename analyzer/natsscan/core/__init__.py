"""The small language that every front end lowers to; it knows no grammar."""
