"""What natsscan knows: rule files read into typed objects and checked."""
