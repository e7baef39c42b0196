"""The household roster: read, understand, keep encrypted, link to the map, compare, list (docs/domain.md section 6)."""
