"""Words from which a practice tenant's people, groups and plans are made."""

COMPANIES = ("Fabelhaft", "Lindgruen", "Ostwind", "Kirschbaum", "Nordlicht", "Silberbach")
WORDS = ("amber", "birch", "cobalt", "delta", "ember", "fjord", "grove", "harbor", "island", "juniper", "kestrel",
         "lagoon", "meadow", "nickel", "orchard", "pepper", "quartz", "river", "saddle", "timber")  # fmt: skip

COUNTRIES = {"DE": "Germany", "US": "United States", "GB": "United Kingdom", "IE": "Ireland", "FR": "France",
             "JP": "Japan", "IN": "India"}  # fmt: skip
PLACES = (
    ("Berlin", "DE", "de-DE", "+49 30"), ("Munich", "DE", "de-DE", "+49 89"), ("Dublin", "IE", "en-IE", "+353 1"),
    ("Paris", "FR", "fr-FR", "+33 1"), ("London", "GB", "en-GB", "+44 20"), ("Seattle", "US", "en-US", "+1 206"),
    ("Tokyo", "JP", "ja-JP", "+81 3"), ("Pune", "IN", "en-IN", "+91 20"),
)  # fmt: skip
DEPARTMENTS = (
    ("Sales", ("Sales Manager", "Account Executive", "Sales Assistant")),
    ("Finance", ("Accountant", "Controller", "Payroll Clerk")),
    ("Engineering", ("Engineer", "Senior Engineer", "Team Lead", "Architect")),
    ("Human Resources", ("Recruiter", "HR Partner")),
    ("IT", ("System Administrator", "Help Desk Technician", None)),
    ("Production", ("Operator", "Shift Lead", None)),
    ("Marketing", ("Designer", "Writer", "Campaign Manager")),
)


def _plain(names: str) -> tuple[tuple[str, str], ...]:
    ascii_of = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "ç": "c", "ñ": "n", "ø": "o"})
    return tuple((name, name.lower().translate(ascii_of)) for name in names.split())


GIVEN = _plain(
    "Anna Ben Clara David Emma Felix Greta Hans Ida Jonas Karin Lars Maria Nils Olga Paul Rosa Sven Tina Uwe "
    "Vera "
    "Walter Xenia Yusuf Zoe Aisha Bruno Chiara Diego Elif Farid Giulia Hiro Ines Jamal Kaito Lucia Mateo Nadia "
    "Omar Priya Quentin Ravi Sofia Tariq Ugo Wei Yara Jürgen Käthe René François"
)
SURNAMES = _plain(
    "Schmidt Müller Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Richter Klein Wolf "
    "Neumann "
    "Schwarz Braun Zimmermann Krüger Hartmann Lange Werner Krause Lehmann Köhler Maier Murphy Kelly Byrne Ryan "
    "Walsh Smith Jones Taylor Brown Wilson Martin Bernard Dubois Moreau Laurent Garcia Lopez Rossi Russo Ferrari "
    "Tanaka "
    "Suzuki Sato Kumar Sharma Patel Singh Khan Yilmaz Nowak Kowalski Novak Horvat Jensen Nielsen Sørensen Peña"
)

SPECIAL = (
    # given name, surname, local part of the user principal name: what trips up programs
    ("Siobhán", "O'Brien", "siobhan.o'brien"), ("Jörg", "Müller", "joerg.mueller"), ("明", "李", "ming.li"),
    ("Lea", "Plus", "lea+plus"), ("Anna", "Schmidt", "anna.schmidt"), ("Anna", "Schmidt", "anna.schmidt.b"),
    ("Zoë", "de la Cruz-Núñez", "zoe.delacruz"), ("Null", "Nobody", "null.nobody"),
    ("Max", "D'Angelo", "max.dangelo"),
    ("Robert", "100% & Sons", "robert.sons"), ("Ann", "Lee", "ann.lee"), ("Annette", "Leeds", "annette.leeds"),
)  # fmt: skip

LARGE_GROUP, LICENSED_GROUP, OWNED_GROUP, RESTRICTED_GROUP = 0, 1, 2, 10
SPECIAL_GROUPS = (
    ("security", "Everybody and everything"), ("security", "Licensed: Power BI Pro"),
    ("security", "Project Falcon"),
    ("m365", "Project Falcon"), ("dynamic", "All of Sales"), ("mail-security", "Building alerts"),
    ("distribution", "Company news"), ("synced", "Domain Staff"), ("role", "Help desk administrators"),
    ("hidden", "Works council"), ("security", "O'Brien's team"), ("m365", "Müller & Söhne"),
)  # fmt: skip
GROUP_KINDS = ("security", "m365", "security", "m365", "distribution", "security", "dynamic", "m365")

PLANS = (
    # part number, state, spare seats (10,000 and more: so many in all), applies to
    ("ENTERPRISEPACK", "Enabled", 2), ("SPB", "Enabled", 25), ("EMS", "Enabled", 100),
    ("EXCHANGESTANDARD", "Enabled", 10), ("MCOMEETADV", "Enabled", 5), ("FLOW_FREE", "Enabled", 1_000_000),
    ("VISIOCLIENT", "Suspended", 20), ("PROJECTPROFESSIONAL", "Warning", 8), ("POWER_BI_PRO", "Enabled", -4),
    ("WINDOWS_STORE", "Enabled", 25, "Company"), ("Microsoft_Teams_Rooms_Basic", "Enabled", 10),
    ("Microsoft_Teams_Rooms_Pro", "Enabled", 2),
)  # fmt: skip
PLAN_MIXES: tuple[tuple[str, ...], ...] = (
    ("ENTERPRISEPACK",), ("ENTERPRISEPACK", "EMS"), ("SPB",), ("ENTERPRISEPACK", "FLOW_FREE"), (),
    ("EXCHANGESTANDARD", "MCOMEETADV"), ("ENTERPRISEPACK", "EMS", "POWER_BI_PRO"), ("EXCHANGESTANDARD",), (),
)  # fmt: skip
RARE_PLANS: dict[int, tuple[str, ...]] = {
    50: ("VISIOCLIENT",), 60: ("VISIOCLIENT",), 70: ("VISIOCLIENT",), 80: ("PROJECTPROFESSIONAL",),
    90: ("PROJECTPROFESSIONAL",), 100: ("PROJECTPROFESSIONAL",), 110: ("Microsoft_Teams_Rooms_Basic",),
    120: ("Microsoft_Teams_Rooms_Pro",),
}  # fmt: skip

# ISO 3166-1: what a usage location can be.
_ISO_3166 = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW "
    "BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
    "FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN "
    "IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME "
    "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF "
    "PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE "
    "YT ZA ZM ZW"
)  # fmt: skip
ISO_COUNTRIES = frozenset(_ISO_3166.split())
