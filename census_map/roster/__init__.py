"""The household roster: read, understand, keep encrypted, link to the map, compare, list (DOMAIN.md section 6)."""
