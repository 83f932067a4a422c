"""Patches for what a migration has to change, from findings and the mapping; nothing here touches a file."""
