"""The sample township, as package data so that `census-map demo` finds it by name."""
