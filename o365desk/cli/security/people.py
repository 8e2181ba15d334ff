"""`o365desk roles` and `o365desk partners`: who is who in a workspace."""

from typing import Annotated, Any

import typer

from o365desk.cli.printing import print_json, print_table, say
from o365desk.cli.session import DONE, Json, services
from o365desk.model.access.people import Partner, People, Person, Role, same_address
from o365desk.model.access.security import WhoKind
from o365desk.model.text import wording
from o365desk.services.workspace import people_file

roles = typer.Typer(help="Give and take the roles of a workspace.", no_args_is_help=True)
partners = typer.Typer(help="Keep the partners: companies whose people may query.", no_args_is_help=True)

Address = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS",
        help="A UPN, a mail address or an account of this computer; of a group, its mail address or id.",
    ),
]
Company = Annotated[str, typer.Argument(metavar="COMPANY", help="The partner company's name.")]

_WORDS = {" ".join(role.casefold().split()): role for role in Role}


def _role(text: str) -> Role:
    found = _WORDS.get(" ".join(text.casefold().replace("-", " ").replace("_", " ").split()))
    if found is None:
        known = ", ".join(f"“{role}”" for role in Role)
        raise typer.BadParameter(f"there is no “{text}”; there are {known}", param_hint="ROLE")
    return found


# --- roles --------------------------------------------------------------------------------------------------------


def _person_as_json(person: Person) -> dict[str, str]:
    return {
        "address": person.address,
        "role": person.role.value,
        "kind": person.kind.value,
        "name": person.name,
    }


@roles.command("list")
def roles_list(context: typer.Context, json: Json = False) -> int:
    """List who has which role."""
    people = services(context).people.load().people
    if json:
        print_json([_person_as_json(each) for each in people.persons])
    elif people.persons:
        rows = [(each.address, each.role.value, each.kind.value, each.name) for each in people.persons]
        print_table(("Address", "Role", "Kind", "Name"), rows)
    else:
        say("No roles yet: whoever opens this workspace is its Administrator.")
    return DONE


@roles.command("set")
def roles_set(
    context: typer.Context,
    address: Address,
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="administrator, manage-datasources or user, in any case.")
    ],
    group: Annotated[bool, typer.Option("--group", help="The address is a group's.")] = False,
    json: Json = False,
) -> int:
    """Give a person or a group a role, in place of the one that they have. The first role that is given makes
    you Administrator too. Only an Administrator may: else exit code 4."""
    chosen = _role(role)
    app = services(context)
    first = not app.people.load().people.persons
    people = app.people.set_role(address, chosen, group=group)
    person = _named(people, address)
    if json:
        print_json(_person_as_json(person))
    say(f"“{person.address}” has the role {person.role} now.")
    others = [each.address for each in people.persons if each is not person]
    if first and others:
        say(f"You, “{others[0]}”, are {Role.ADMINISTRATOR}: this workspace has roles from now on.")
    return DONE


@roles.command("remove")
def roles_remove(
    context: typer.Context,
    address: Address,
    group: Annotated[bool, typer.Option("--group", help="The address is a group's.")] = False,
    json: Json = False,
) -> int:
    """Take somebody's role away. The last Administrator stays. Only an Administrator may: else exit code 4."""
    app = services(context)
    before = app.people.load().people
    app.people.remove_role(address, group=group)
    person = _named(before, address)
    if json:
        print_json(_person_as_json(person))
    say(f"“{person.address}” ({_kind(person)}) has no role any more.")
    return DONE


@roles.command("restore")
def roles_restore(context: typer.Context, json: Json = False) -> int:
    """Put workspace.json back, where it is missing or holds no roles any more: as this computer saw it last with
    roles in it. It gives nobody what they did not have, so anybody may."""
    people = services(context).people.restore()
    if json:
        print_json([_person_as_json(each) for each in people.persons])
    say(f"{people_file.NAME} is back, with {wording.many(len(people.persons), 'role')}.")
    say("Somebody may have changed it elsewhere since this computer saw it: look at o365desk roles list.")
    return DONE


@roles.command("begin-anew")
def roles_begin_anew(
    context: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help="Really forget them.")] = False,
) -> int:
    """Forget that this workspace had roles, where workspace.json is missing: then it belongs to whoever opens it,
    and whoever gives the first role becomes Administrator. Without --apply it says what it would do."""
    services(context).people.begin_anew(really=apply)
    if not apply:
        say("This computer would forget that the workspace had roles: whoever opens it could do everything.")
        say("Nothing was changed. To put the roles back instead: o365desk roles restore. To go on: --apply.")
        return DONE
    say("The workspace begins anew: whoever opens it is its Administrator, until the first role is given.")
    return DONE


def _named(people: People, address: str) -> Person:
    return next(each for each in people.persons if same_address(each.address) == same_address(address))


def _kind(person: Person) -> str:
    return f"{'a group' if person.kind is WhoKind.GROUP else 'a person'}, {person.role} until now"


# --- partners -----------------------------------------------------------------------------------------------------


def _partner_as_json(partner: Partner) -> dict[str, Any]:
    return {
        "company": partner.company,
        "contactName": partner.contact_name,
        "contactEmail": partner.contact_email,
        "users": list(partner.users),
        "domains": list(partner.domains),
    }


@partners.command("list")
def partners_list(context: typer.Context, json: Json = False) -> int:
    """List the partners, their main contacts, and whose addresses are theirs."""
    people = services(context).people.load().people
    if json:
        print_json([_partner_as_json(each) for each in people.partners])
    elif people.partners:
        rows = [
            (each.company, each.contact_name, each.contact_email, ", ".join(each.users), ", ".join(each.domains))
            for each in people.partners
        ]
        print_table(("Company", "Main contact", "Email", "Users", "Domains"), rows)
    else:
        say("No partners yet. Add one: o365desk partners set --help")
    return DONE


@partners.command("set")
def partners_set(
    context: typer.Context,
    company: Company,
    contact_name: Annotated[str, typer.Option("--contact-name", help="The main contact's name.")],
    contact_email: Annotated[str, typer.Option("--contact-email", help="The main contact's mail address.")],
    user: Annotated[
        list[str] | None,
        typer.Option(
            "--user", metavar="ADDRESS", help="One of its people; may be given often.", show_default=False
        ),
    ] = None,
    domain: Annotated[
        list[str] | None,
        typer.Option(
            "--domain",
            metavar="D",
            help="A domain of its people's addresses; may be given often.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Add a partner, or replace all that is known of it: users and domains that are not named are its no longer.
    Only an Administrator may: else exit code 4."""
    people = services(context).people.set_partner(company, contact_name, contact_email, user or (), domain or ())
    partner = _of(people, company)
    if json:
        print_json(_partner_as_json(partner))
    say(f"The partner “{partner.company}” is kept.")
    if not partner.users and not partner.domains:
        say("It has neither users nor domains yet: nobody is taken for one of its people.")
    return DONE


@partners.command("remove")
def partners_remove(context: typer.Context, company: Company, json: Json = False) -> int:
    """Take a partner away. Only an Administrator may: else exit code 4."""
    app = services(context)
    before = app.people.load().people
    app.people.remove_partner(company)
    partner = _of(before, company)
    if json:
        print_json(_partner_as_json(partner))
    say(f"“{partner.company}” is no partner any more.")
    return DONE


def _of(people: People, company: str) -> Partner:
    return next(each for each in people.partners if same_address(each.company) == same_address(company))
