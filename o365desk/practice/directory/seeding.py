"""The people, accounts and devices that a practice tenant is made with."""

import itertools
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from random import Random

from o365desk.practice.directory import names
from o365desk.practice.directory.membership import Entity

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PLAIN_MEMBER = "b79fbf4d-3ef9-4689-8143-76b194e85509"

GUESTS_DOMAIN = "partner.example"
"""The domain of the guests, which belongs to the other tenant."""

KINDS_OF_ACCOUNT = (
    # kind, local part, given name, surname, state
    ("admin", "admin", "Alex", "Admin", "ok"),
    ("break-glass", "break-glass", "Emergency", "Access", "ok"),
    ("user", "una.user", "Una", "User", "ok"),
    ("guest", "gus.guest", "Gus", "Guest", "ok"),
    ("locked", "lou.locked", "Lou", "Locked", "locked"),
    ("disabled", "dee.disabled", "Dee", "Disabled", "disabled"),
    ("expired", "eli.expired", "Eli", "Expired", "password_expired"),
)


@dataclass(frozen=True)
class Account:
    """Somebody who can try to sign in. `state` is ok, locked, disabled, deleted or password_expired."""

    kind: str
    username: str
    password: str = field(repr=False)
    user: Entity
    state: str

    @property
    def oid(self) -> str:
        """The object id in the directory."""
        return str(self.user["id"])

    @property
    def administrator(self) -> bool:
        """Whether this is a Global Administrator."""
        return self.kind in ("admin", "break-glass")

    @property
    def member(self) -> bool:
        """Whether this is a member, not a guest: members may read the directory."""
        return bool(self.user["userType"] == "Member")

    @property
    def wids(self) -> list[str]:
        """The template ids of the directory roles."""
        return [GLOBAL_ADMINISTRATOR, PLAIN_MEMBER] if self.administrator else [PLAIN_MEMBER]


def free_name(local: str, domain: str, taken: Container[str]) -> str:
    """A principal name with this local part, numbered if need be, that is not among those (in lower case)."""
    for number in itertools.count(1):
        found = f"{local}{number if number > 1 else ''}@{domain}"
        if found.lower() not in taken:
            return found
    raise AssertionError("there are numbers enough")


def guid(random: Random) -> str:
    """A GUID of version 4."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def password(random: Random) -> str:
    """A password that can be typed."""
    return f"{random.choice(names.WORDS)}-{random.choice(names.WORDS)}-{random.randint(100, 999)}"


class People:
    """Makes them, all from one source of chance, which the rest of the directory is made from too."""

    def __init__(self, random: Random, company: str, domain: str, mail_domain: str) -> None:
        self._random = random
        self._company = company
        self._domain = domain
        self._mail_domain = mail_domain

    def account(self, kind: str, local: str, given: str, surname: str, state: str) -> Account:
        """Somebody who can try to sign in."""
        known_as = f"{local}@{GUESTS_DOMAIN if kind == 'guest' else self._domain}"
        guest = kind == "guest" and self._mail_domain != GUESTS_DOMAIN  # there they are at home
        upn = f"{local}_{GUESTS_DOMAIN}#EXT#@{self._domain}" if guest else known_as
        user = self._user(given, surname, upn, self._random.getrandbits(64))
        user |= {"accountEnabled": state != "disabled", "jobTitle": None if kind != "admin" else "Administrator"}
        if guest:
            user |= {"userType": "Guest", "mail": known_as, "usageLocation": None}
        return Account(kind, known_as, password(self._random), user, state)

    def _user(self, given: str, surname: str, upn: str, bits: int) -> Entity:
        """One member; `bits` decides what is left to chance."""
        city, country, language, phone = names.PLACES[bits % len(names.PLACES)]
        department, titles = names.DEPARTMENTS[(bits >> 8) % len(names.DEPARTMENTS)]
        local = upn.partition("@")[0]
        mail = None if (bits >> 16) % 29 == 0 else f"{local}@{self._mail_domain}"
        day = (bits >> 24) % 2400
        created = f"{2018 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T08:{day % 60:02}:00Z"
        number = f"{phone} {(bits >> 32) % 9_000_000 + 1_000_000}"
        return {
            "id": guid(self._random),
            "displayName": f"{surname}{given}" if given and ord(given[0]) > 0x3000 else f"{given} {surname}",
            "givenName": given,
            "surname": surname,
            "mail": mail,
            "userPrincipalName": upn,
            "jobTitle": titles[(bits >> 12) % len(titles)],
            "department": None if (bits >> 20) % 13 == 0 else department,
            "officeLocation": f"{city} {(bits >> 40) % 9 + 1}",
            "mobilePhone": number if (bits >> 44) % 3 else None,
            "businessPhones": [] if (bits >> 48) % 4 == 0 else [number + "0"],
            "preferredLanguage": language if (bits >> 50) % 2 else None,
            "accountEnabled": True,
            "userType": "Member",
            "companyName": self._company,
            "country": names.COUNTRIES[country],
            "city": city,
            "usageLocation": None if (bits >> 52) % 17 == 0 else country,
            "employeeId": f"{(bits >> 36) % 900_000 + 100_000}",
            "createdDateTime": created,
            "onPremisesSyncEnabled": None,
            "assignedLicenses": [],
            "mailNickname": local.replace("'", ""),
            "otherMails": [],
            "proxyAddresses": [] if mail is None else [f"SMTP:{mail}"],
        }

    def people(self, count: int) -> list[Entity]:
        """Everybody else: first the names that trip up programs."""
        taken: Counter[str] = Counter()
        people: list[Entity] = []
        bits, domain = self._random.getrandbits, self._domain
        for n in range(count):
            chance = bits(64)
            if n < len(names.SPECIAL):
                given, surname, local = names.SPECIAL[n]
            else:
                given, given_ascii = names.GIVEN[chance % len(names.GIVEN)]
                surname, surname_ascii = names.SURNAMES[(chance >> 9) % len(names.SURNAMES)]
                local = f"{given_ascii}.{surname_ascii}"
            taken[local] += 1
            if taken[local] > 1:
                local = f"{local}{taken[local]}"
            people.append(self._user(given, surname, f"{local}@{domain}", bits(64)))
        self._mark(people[len(names.SPECIAL) :])
        return people

    def newcomer(self, taken: Container[str], created: str) -> Entity:
        """Somebody new, by a principal name that is not among those (in lower case)."""
        given, given_ascii = self._random.choice(names.GIVEN)
        surname, surname_ascii = self._random.choice(names.SURNAMES)
        upn = free_name(f"{given_ascii}.{surname_ascii}", self._domain, taken)
        user = self._user(given, surname, upn, self._random.getrandbits(64))
        return user | {"createdDateTime": created}

    def _mark(self, people: list[Entity]) -> None:
        """Fifteen guests in all (one is an account), twenty disabled (one likewise), ten synced."""
        for user in people[:14]:
            local = user["mailNickname"]
            user |= {
                "userPrincipalName": f"{local}_{GUESTS_DOMAIN}#EXT#@{self._domain}",
                "mail": f"{local}@{GUESTS_DOMAIN}",
                "otherMails": [f"{local}@{GUESTS_DOMAIN}"],
                "userType": "Guest",
                "usageLocation": None,
            }
        for user in people[14:33]:
            user["accountEnabled"] = False
        for user in people[33:43]:
            user["onPremisesSyncEnabled"] = True

    def device(self, number: int) -> Entity:
        """A computer, which can be a member of a group too."""
        return {"id": guid(self._random), "displayName": f"DESKTOP-{number:05}", "operatingSystem": "Windows"}


def organization(tenant_id: str, company: str, domain: str, mail_domain: str) -> Entity:
    """The tenant's own entry."""
    return {
        "id": tenant_id,
        "deletedDateTime": None,
        "businessPhones": [],
        "city": "Practice Town",
        "country": None,
        "countryLetterCode": "DE",
        "createdDateTime": "2018-01-08T08:00:00Z",
        "displayName": company,
        "onPremisesSyncEnabled": True,
        "postalCode": None,
        "preferredLanguage": "en",
        "state": None,
        "street": None,
        "technicalNotificationMails": [f"admin@{mail_domain}"],
        "tenantType": "AAD",
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": name == mail_domain,
                "isInitial": name == domain,
                "name": name,
                "type": "Managed",
            }
            for name in (domain, mail_domain)
        ],
    }  # fmt: skip
