"""Putting a tool of ours on the map, and giving the map back as it was."""

from qgis.gui import QgsMapCanvas, QgsMapTool

from ..messages import Messages


class BorrowedMap:
    """Holds the map while she points or draws for one of the roster's windows."""

    def __init__(self, canvas: QgsMapCanvas, messages: Messages) -> None:
        self._canvas, self._messages = canvas, messages
        self._tool: QgsMapTool | None = None
        self._before: QgsMapTool | None = None

    def use(self, tool: QgsMapTool, note: str) -> None:
        """Put a tool on the map and say what she is to do with it."""
        self.give_back()
        self._before, self._tool = self._canvas.mapTool(), tool
        self._canvas.setMapTool(tool)
        self._messages.note(note)

    def give_back(self) -> None:
        """Put back the tool that was there before; nothing happens when the map is not borrowed."""
        tool, self._tool = self._tool, None
        if tool is None:
            return
        if self._canvas.mapTool() is tool:
            if self._before is not None:
                self._canvas.setMapTool(self._before)
            else:
                self._canvas.unsetMapTool(tool)
        self._before = None
        tool.deleteLater()
        self._messages.clear()
