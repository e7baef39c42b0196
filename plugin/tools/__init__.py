"""The drawing tools: one map tool a file. A tool asks its handler what would be done, and never touches a layer."""
