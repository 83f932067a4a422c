"""What natsscan brings along: rule files, read into typed objects and checked, and templates, with text made inert."""
