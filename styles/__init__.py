"""QML styles and QPT print layouts, as package data so that the library and the plugin find them by name."""
