"""All verbs of the program, each in a module of its own."""

from census_map.cli import coverage_repair, coverage_split  # noqa: F401  each puts its verb into the group `coverage`
from census_map.cli.add import add
from census_map.cli.check import check
from census_map.cli.coverage import coverage_app
from census_map.cli.demo import demo
from census_map.cli.export import export
from census_map.cli.new import new
from census_map.cli.number import number
from census_map.cli.print_command import print_sheets
from census_map.cli.program import new_program
from census_map.cli.repair import repair
from census_map.cli.roster import roster
from census_map.cli.sign import lock, sign, unlock
from census_map.cli.split import split
from census_map.i18n import _

app = new_program()
app.command(help=_("Run the main job on the sample township, end to end."))(demo)
app.command(help=_("Make a workspace from the census areas of a township."))(new)
app.command(help=_("Add the rows of a file: buildings, dwellings, roads and more."))(add)
app.command(help=_("Split census areas into mini-areas."))(split)
app.command(help=_("Give mini-areas, buildings and dwellings their numbers."))(number)
app.command(help=_("Sign mini-areas off at one level."))(sign)
app.command(help=_("Lock mini-areas."))(lock)
app.command(help=_("Unlock mini-areas, with a reason."))(unlock)
app.command(help=_("Run the check rules over a workspace."))(check)
app.command(help=_("Mend the borders of mini-areas by rule."))(repair)
app.command("print", help=_("Print the sheets of mini-areas."))(print_sheets)
app.command(help=_("Write the package for the county office."))(export)
app.add_typer(coverage_app, name="coverage", help=_("Check, repair and split any polygon file."))
app.add_typer(roster, name="roster", help=_("The household roster: import, link, lists."))
