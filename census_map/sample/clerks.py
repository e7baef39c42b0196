"""The roster as clerks type it: a sheet each committee, with a layout and slips of its own."""

from dataclasses import dataclass, field

from census_map.sample.chance import Chance
from census_map.sample.households import Household
from census_map.sample.spelling import Clerk

Cell = str | int
CLASS_WORDS = {1: "常住", 2: "短期外出", 3: "全家外出", 4: "空挂户", 5: "已拆迁", 6: "外籍", 7: "已去世", 8: "空户"}


@dataclass(frozen=True)
class Form:
    """
    How a clerk lays out her sheet.

    Attributes
    ----------
    columns
        Header and field, left to right.
    header_row
        Row of the headers, from 1; what stands above are titles.
    bands
        Merged headers above the headers: text, first and last column, from 0.
    words
        Classes in words instead of numbers.
    """

    columns: tuple[tuple[str, str], ...]
    header_row: int
    bands: tuple[tuple[str, int, int], ...] = ()
    words: bool = False

    @property
    def apart(self) -> bool:
        """Whether block, entrance and room have columns of their own."""
        return any(name == "room" for _header, name in self.columns)


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    """Read 'header=field' pairs."""
    return tuple((pair.split("=")[0], pair.split("=")[1]) for pair in text.split())


_PERSONAL = {"name_blank", "identity_wrong", "identity_missing", "identity_lower", "phone_dashes"}
_COUNTS = "户籍人数=registered 现住人数=present 外出人数=absent"
FORMS = {
    "estate": (
        Form(
            _columns(
                "序号=serial 户主姓名=head 身份证号=identity 联系电话=phone 住址=address "
                f"{_COUNTS} 户别=kind 居住情况=klass 备注=remark"
            ),
            2,
            words=True,
        ),
        Form(
            _columns(
                "编号=serial 住址=address 楼号=block 单元=entrance 室号=room 姓名=head 公民身份号码=identity "
                "手机=phone 户口人数=registered 常住人数=present 外出人口=absent 户类型=kind 户分类=klass 说明=remark"
            ),
            3,
            (("房屋位置", 1, 4), ("户主信息", 5, 7), ("人口（人）", 8, 10)),
        ),
    ),
    "old_town": (
        Form(
            _columns(
                "序号=serial 详细地址=address 户主=head 证件号码=identity 电话=phone "
                "户籍人口=registered 实住人数=present 户籍外出人数=absent 户分类=klass 备注=remark"
            ),
            2,
        ),
        Form(
            _columns(
                "户编号=serial 户主姓名=head 居住地址=address 公民身份号码=identity 联系方式=phone "
                f"{_COUNTS} 户类别=kind 住户情况=klass"
            ),
            3,
            words=True,
        ),
    ),
    "village": (
        Form(
            _columns(
                "组别=group 序号=serial 户主姓名=head 门牌地址=address 身份证号码=identity 手机号码=phone "
                "在册人数=registered 居住人数=present 人不在人数=absent 户情况=klass 备注=remark"
            ),
            3,
            words=True,
        ),
        Form(
            _columns(
                "户号=serial 户主=head 家庭住址=address 联系电话=phone 身份证号码=identity "
                f"{_COUNTS} 分类=klass 附注=remark"
            ),
            2,
        ),
    ),
}


@dataclass
class Sheet:
    """
    One sheet of the roster.

    Attributes
    ----------
    name, title, note
        Tab; first row, merged over all columns; second row where the headers stand in the third.
    form
        Layout.
    rows
        Row of the sheet from 1 and its cells, in the order of the form's columns.
    totals
        The last row.
    merged
        Cells joined down the first column: text, first and last row.
    """

    name: str
    title: str
    note: str
    form: Form
    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)
    totals: tuple[int, list[Cell]] = (0, [])
    merged: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Typed:
    """Where a household stands in the workbook, what stands there, and the noise in it."""

    household: Household
    sheet: str
    row: int
    cells: dict[str, Cell]
    noise: tuple[str, ...]


def type_sheet(
    name: str, title: str, form: Form, households: list[Household], chance: Chance
) -> tuple[Sheet, list[Typed]]:
    """
    Type one sheet.

    Parameters
    ----------
    name, title
        Tab and title.
    form
        Layout.
    households
        Rows in the order in which they are typed.
    chance
        The clerk's moods.
    """
    clerk = Clerk(chance, careless=chance.between(0.7, 1.4))
    note = "填报单位（盖章）：            填报日期：2026年10月20日" if form.header_row == 3 else ""
    sheet = Sheet(name, title, note, form)
    typed: list[Typed] = []
    row = form.header_row
    last_unit: int | None = None
    for serial, household in enumerate(households, start=1):
        row += 1 + int(chance.number() < 0.002)  # now and then an empty row
        cells, noise = _cells(household, serial, form, clerk, chance)
        if household.what == "second" and household.unit == last_unit and not form.apart and chance.number() < 0.3:
            cells["address"], noise = "同上", ["ditto", *(kind for kind in noise if kind in _PERSONAL)]
        last_unit = household.unit
        sheet.rows.append((row, [cells[column] for _header, column in form.columns]))
        typed.append(Typed(household, name, row, cells, tuple(noise)))
    sums = {column: sum(getattr(each, column) for each in households) for column in ("registered", "present", "absent")}
    total: list[Cell] = [sums.get(column, "") for _header, column in form.columns]
    total[0] = "合计"
    sheet.totals = (row + 1, total)
    _merge_groups(sheet, typed)
    return sheet, typed


def _cells(
    household: Household, serial: int, form: Form, clerk: Clerk, chance: Chance
) -> tuple[dict[str, Cell], list[str]]:
    place = household.place
    cells: dict[str, Cell] = {"serial": serial, "group": f"{place.group}组" if place.group else ""}
    if form.apart and place.kind == "estate":
        cells["address"], cells["block"], cells["entrance"], cells["room"], noise = clerk.write_apart(place)
    else:
        cells["address"], noise = clerk.write(place)
        cells["block"] = cells["entrance"] = cells["room"] = ""
    if chance.number() < 0.0015:
        cells.update({"address": "", "block": "", "entrance": "", "room": ""})
        noise = ["no_address"]
    cells["kind"] = "集体户" if household.what == "collective" else "家庭户"
    cells["klass"] = CLASS_WORDS[household.klass] if form.words else household.klass
    cells["registered"], cells["present"], cells["absent"] = household.registered, household.present, household.absent
    cells["remark"] = _remark(household, chance)
    noise = [*noise, *_personal(cells, household, chance)]
    return cells, noise


def _personal(cells: dict[str, Cell], household: Household, chance: Chance) -> list[str]:
    """Type name, identity number and telephone, with the usual slips."""
    head, identity, phone = household.head, household.identity, household.phone
    noise = []
    draw = chance.numbers(4)
    if draw[0] < 0.03 and len(head) == 2:
        head, noise = f"{head[0]}  {head[1]}", ["name_blank"]
    if identity and draw[1] < 0.004:
        wrong = str((int(identity[16]) + 1) % 10)
        identity, noise = identity[:16] + wrong + identity[17], [*noise, "identity_wrong"]
    elif identity and draw[1] < 0.012:
        identity, noise = "", [*noise, "identity_missing"]
    elif identity.endswith("X") and draw[1] < 0.2:
        identity, noise = identity.lower(), [*noise, "identity_lower"]
    if phone and draw[2] < 0.02:
        phone, noise = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}", [*noise, "phone_dashes"]
    elif draw[2] < 0.1:
        phone = ""
    cells["head"], cells["identity"], cells["phone"] = head or ("空房" if draw[3] < 0.4 else ""), identity, phone
    return noise


def _remark(household: Household, chance: Chance) -> str:
    if household.what == "nominal":
        return chance.one_of(["人户分离", "寄挂", "户口空挂在此", ""])
    if household.what == "demolished":
        return chance.one_of(["已拆迁", "过渡安置", "2019年拆除", ""])
    if household.registered == 0 and household.present and chance.number() < 0.5:
        return chance.one_of(["租户", "租住", "房东在外地"])
    if chance.number() < 0.002:
        return chance.one_of(["=1+1 请核", "@待核", "+86号段", "-"])
    return chance.one_of(["党员户", "独居老人", "低保", "户主在外务工"]) if chance.number() < 0.02 else ""


def _merge_groups(sheet: Sheet, typed: list[Typed]) -> None:
    """Join the cells of a villagers' group down the first column, as a tidy clerk does."""
    if sheet.form.columns[0][1] != "group":
        return
    start = 0
    for k in range(1, len(typed) + 1):
        if (
            k == len(typed)
            or typed[k].cells["group"] != typed[start].cells["group"]
            or typed[k].row != typed[k - 1].row + 1
        ):
            if k - start > 1 and typed[start].cells["group"]:
                sheet.merged.append((str(typed[start].cells["group"]), typed[start].row, typed[k - 1].row))
            start = k
