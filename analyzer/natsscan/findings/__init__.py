"""From usages to findings: rules are applied, comments in the code obeyed."""
