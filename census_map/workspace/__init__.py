"""The workspace: the GeoPackage that holds a township's census map, and the verbs that fill it."""

from census_map.workspace.workspace import Workspace, Write

__all__ = ["Workspace", "Write"]
