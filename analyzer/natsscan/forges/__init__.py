"""Talking to the forges where people review changes. The only package that speaks HTTP."""
