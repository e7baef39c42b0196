"""What can be done with a list that somebody sent: one entry a job, all of them done in the same window."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from census_map.i18n import N_
from census_map.roster.comparison_book import DEPARTMENTS
from census_map.schema import REGISTER

_COMPARED = ("head", "identity", "birth", "phone", "address", "building", "entrance", "floor", "room")
_PLACED = ("census_area", "mini_area", *_COMPARED)
_DEPARTMENTS = {name: title for name, (title, _side, _advice) in DEPARTMENTS.items() if name != "survey"}
_EACH = "each row says it"


@dataclass(frozen=True)
class Job:
    """
    One job; its texts are to be translated.

    Attributes
    ----------
    title, files_title, files_hint, onward
        Of the window; of its first page; text of the button that does it.
    verb
        Of the library.
    kind
        Kind of list as whose columns are looked at; empty for a roster, `department` for the one that is chosen.
    kinds, asked
        What she chooses between on the first page, and the words before it.
    option
        Name under which the verb is told what was chosen; empty: it is not.
    fixed
        Further options of the verb.
    fields
        The columns that matter; none: all of the kind.
    needs
        How many files; 0: any number.
    changes
        Whether the township is changed: one step that can be taken back.
    write, folder, names
        Verb that writes the workbook, or empty; whether it writes a folder; whether it may hold names.
    file
        Name that is proposed for it; `{file}` is the list.
    then, then_verb
        What the button onward does on the last page, in one step; empty: it saves the workbook, or closes.
    """

    title: str
    files_title: str
    files_hint: str
    onward: str
    verb: str
    kind: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    option: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    needs: int = 0
    changes: bool = False
    write: str = ""
    folder: bool = False
    names: bool = False
    file: str = ""
    then: str = ""
    then_verb: str = ""


JOBS: dict[str, Job] = {
    "visits": Job(
        N_("Take in a day's sheet of visits"), N_("1 Choose the day's sheets"),
        N_("A row a visit or call: household, day, outcome, appointment. A sheet taken in again doubles nothing."),
        N_("Take in"), "field.take_sheets", kind="visits", fixed={"what": "visits"}, changes=True,
    ),
    "registers": Job(
        N_("Take in a register's sheet"), N_("1 Choose the sheets"),
        N_("Nominal registrations, children not yet registered, no fixed abode …: a row an entry."),
        N_("Take in"), "field.take_sheets", kind="registers", fixed={"what": "registers"}, option="register",
        kinds={_EACH: N_("each row or sheet says it"), **dict(REGISTER)}, asked=N_("The rows belong to"), changes=True,
    ),
    "persons": Job(
        N_("Take in a list of persons"), N_("1 Choose the list"),
        N_("A row a person, with the household it belongs to. It goes into the encrypted roster alone."),
        N_("Take in"), "field.take_sheets", kind="persons", fixed={"what": "persons"}, changes=True,
    ),
    "update": Job(
        N_("Monthly update of the roster"), N_("1 Choose the new version of the roster"),
        N_("It is held against the roster of this township. Nothing is changed before you have seen it."),
        N_("See what changes"), "rosters.look_at_update", needs=1, write="rosters.write_update", names=True,
        file=N_("Update with {file}"), then=N_("Take it over"), then_verb="rosters.take_over",
    ),
    "compare": Job(
        N_("Compare with a department's list"), N_("1 Choose the list"),
        N_("The file as the department gave it: Excel or csv."), N_("Compare"), "departments.compare",
        kind="department", kinds=_DEPARTMENTS, asked=N_("The list comes from"), option="kind", fields=_COMPARED,
        write="departments.write_comparison", names=True, file=N_("Comparison with {file}"),
    ),
    "cut": Job(
        N_("Cut a department's list up by mini-area"), N_("1 Choose the list"),
        N_("Each enumerator gets the rows of her own mini-area, in a workbook of its own."), N_("Find the mini-areas"),
        "departments.cut", kind="department", kinds=_DEPARTMENTS, asked=N_("The list comes from"), option="kind",
        fields=_PLACED, write="departments.write_parts", folder=True, names=True,
    ),
    "surveys": Job(
        N_("Compare two surveys of our own"), N_("1 Choose the two surveys"),
        N_("Such as the households' own listing and one form a household: two files, one for each."), N_("Compare"),
        "departments.surveys", kind="survey", needs=2, write="departments.write_surveys", names=True,
        file=N_("Comparison with {file}"), then=N_("Enter the differences for supplementary registration"),
        then_verb="departments.register_differences",
    ),
    "vacancy": Job(
        N_("Vacancy by water and power"), N_("1 Choose the list of meters"),
        N_("A row a meter, with its address and its use: who uses some is not vacant."), N_("Compare"),
        "departments.vacancy", kind="utilities", write="departments.write_vacancy",
        file=N_("Vacancy with {file}"),
    ),
}  # fmt: skip


def chosen_kind(job: Job, chosen: str | None) -> str | None:
    """Give the kind of list that is looked at; None for a roster."""
    return chosen if job.kind == "department" else job.kind or None


def options_of(job: Job, chosen: str | None) -> dict[str, str | None]:
    """Give the options of a job's verb."""
    told = {job.option: None if chosen == _EACH else chosen} if job.option else {}
    return {**job.fixed, **told}
