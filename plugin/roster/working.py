"""The lists at work: the map follows, missing buildings are marked, registers settled, workbooks written."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import QgsGeometry
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, Qt, QTimer

from census_map.i18n import _, ngettext
from census_map.task import Report

from .. import layers
from ..messages import Messages
from ..tasks import Background
from ..township import Township
from ..work import Desk
from .borrowing import BorrowedMap
from .key import Key
from .linking import MARGIN_M, Linking
from .lists import MISSED, ListsDialog, made_text
from .mark_tool import HINTS, MarkTool

if TYPE_CHECKING:
    from census_map.roster.marking import Marked

    from .library.results import Rows


class ListWork(QObject):
    """Opens the window with the lists and does what it asks for."""

    def __init__(
        self, iface: QgisInterface, township: Township, desk: Desk, background: Background, messages: Messages,
        key: Key, linking: Linking, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._iface, self._township, self._desk = iface, township, desk
        self._background, self._messages, self._key, self._linking = background, messages, key, linking
        self._map = BorrowedMap(iface.mapCanvas(), messages)
        self.window: ListsDialog | None = None
        self._last = ""
        self._waiting = False
        linking.ended.connect(self.close)
        linking.outdated.connect(self._begin_again)
        linking.begun.connect(self._go_on)

    def begin(self, path: Path, choose: str = "") -> None:
        """Make the lists and show them, beginning with one of them; the passphrase is known."""
        self._linking.with_sitting(path, lambda: self._make(choose))

    def _make(self, choose: str) -> None:
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
            return
        service, wanted = self._key.service, [choose or MISSED]

        def finish(lists: "Sequence[Rows] | None", error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
            elif lists is not None:
                self._show(lists, choose)

        self._background.run(
            _("Making the lists"), lambda report: service.call("lists.work_lists", wanted, report=report), finish
        )

    def make_list(self, name: str) -> None:
        """Make a list that was chosen in the window."""
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
            return
        service = self._key.service

        def finish(lists: "Sequence[Rows] | None", error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
            elif lists is not None and self.window is not None:
                self.window.show_list(next(rows for rows in lists if rows.name == name))

        self._background.run(
            _("Making the lists"), lambda report: service.call("lists.work_lists", [name], report=report), finish
        )

    def _show(self, lists: "Sequence[Rows]", choose: str) -> None:
        if self.window is not None:
            self.window.show_lists(lists, choose=choose)
        else:
            from .library.lists import register_of  # noqa: PLC0415  brings geopandas along

            registers = frozenset(rows.name for rows in lists if register_of(rows.name))
            self.window = window = ListsDialog(lists, registers, self._iface.mainWindow())
            window.shown.connect(self._show_rows)
            window.export_asked.connect(self.export)
            window.mark_asked.connect(self.mark)
            window.settle_asked.connect(self.settle)
            window.list_asked.connect(self.make_list)
            window.finished.connect(lambda _code: self._map.give_back())
            corner = self._iface.mainWindow().geometry().bottomRight()
            window.move(corner.x() - window.width() - 8, corner.y() - window.height() - 8)
            window.show_lists(lists, choose=choose)
        self.window.show()
        self.window.raise_()

    def close(self) -> None:
        """Take the window away."""
        self._map.give_back()
        window, self.window = self.window, None
        self._last = window.name if window is not None and window.isVisible() else ""
        if window is not None:
            window.close()
            window.deleteLater()

    def _begin_again(self) -> None:
        """Show the lists anew after somebody else has changed the township, such as by taking a step back."""
        path = self._township.path
        if not self._last or path is None:
            return
        if self._linking.dock.isVisible():
            self._waiting = True
        else:
            QTimer.singleShot(0, lambda: self.begin(path, self._last))

    def _go_on(self) -> None:
        if self._waiting:
            self._waiting = False
            QTimer.singleShot(0, lambda: self._make(self._last))

    def _show_rows(self, table: str, uids: tuple[str, ...]) -> None:
        place = layers.place_of(self._township.layers, table, uids)
        if place is not None and not place.isEmpty():
            self._desk.show_place(place, margin=MARGIN_M)

    def export(self, out: Path, wanted: list[str], names: bool) -> None:  # noqa: FBT001  a Qt slot
        """Write lists as a workbook."""
        path, window, service = self._township.path, self.window, self._key.service
        if path is None or window is None or self._background.busy:
            return
        passphrase = self._key.of(path) or ""

        def finish(made: Path | None, error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
            elif made is not None and self.window is not None:
                self.window.say(made_text(made))

        self._background.run(
            _("Writing the workbook"),
            lambda report: service.call("lists.write_lists", path, passphrase, out, wanted, names=names, report=report),
            finish,
        )

    def settle(self, name: str, keys: tuple[str, ...], state: str) -> None:
        """Say that rows of a register are settled, or open again; one step."""
        from .library.lists import register_of  # noqa: PLC0415  brings geopandas along

        path, kind, service = self._township.path, register_of(name), self._key.service
        if path is None or kind is None:
            return
        passphrase = self._key.of(path) or ""

        def work(report: Report) -> int:
            self._linking.expect_change()
            count: int = service.call("field.settle", path, passphrase, kind, keys, state, report=report)
            return count

        self._desk.start(_("Settling an entry"), work, lambda _count: self._settled(name))

    def _settled(self, name: str) -> None:
        self._linking.look_again()
        self._make(name)

    def mark(self, shape: str) -> None:
        """Let her draw the missing building of the chosen row on the map."""
        layer = self._township.layers.get("building")
        if layer is None or self.window is None or self.window.row < 0:
            return
        canvas = self._iface.mapCanvas()
        tool = MarkTool(canvas, layer, shape)
        tool.drawn.connect(self._drawn)
        tool.left.connect(self._map.give_back)
        self._map.use(tool, _(HINTS[shape]))
        canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drawn(self, ground: QgsGeometry) -> None:
        path, window, service = self._township.path, self.window, self._key.service
        self._map.give_back()
        if path is None or window is None:
            return
        row, households, address = window.row, window.households(), window.address.text().strip()
        wkb = bytes(ground.asWkb())

        def work(report: Report) -> "Marked":
            self._linking.expect_change()
            done: Marked = service.call(
                "hand.mark", path, wkb, households, address=address, use="residential", report=report
            )
            return done

        self._desk.start(_("Marking a missing building"), work, lambda marked: self._marked(marked, row))

    def _marked(self, marked: "Marked", row: int) -> None:
        self._linking.look_again()
        text = ngettext(
            "The building is marked, {n} household lives in it now.",
            "The building is marked, {n} households live in it now.",
            marked.households,
        ).format(n=f"{marked.households:,}")
        if marked.overlaps:
            self._messages.warn(text + " " + _("It covers another building: look at the place, or take it back."))
        else:
            self._messages.done(text)
        if self.window is not None:
            self.window.drop_row(MISSED, row)
