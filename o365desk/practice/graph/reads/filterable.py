"""What can be filtered, searched and sorted by, and what that takes: Microsoft's published matrix as data.

The tables follow concepts/includes/filter-directory-objects.md of microsoft-graph-docs-contrib; `endsWith` and
`$orderby` follow concepts/aad-advanced-queries.md, `id` and `groupTypes` the notes of the reference pages.
"""

from dataclasses import dataclass, replace

DEFAULT, ADVANCED, NOT = "D", "A", "-"
"""Works as it is; needs `ConsistencyLevel: eventual` with `$count=true`; is not supported."""


@dataclass(frozen=True)
class Rule:
    """One property. `edm` is its type, or its items'; each column is DEFAULT, ADVANCED or NOT."""

    name: str
    edm: str
    eq: str
    starts_with: str
    ends_with: str
    order: str  # ge le gt lt
    null: str  # eq null


@dataclass(frozen=True, eq=False)
class Rules:
    """A kind of object's, by lower-case name; `name/any` is a collection's item, `name/any/part` a part of it."""

    resource: str
    by_name: dict[str, Rule]
    counted: frozenset[str]  # collections whose `/$count` can be compared with 0, lower case
    tokenised: frozenset[str]  # searched word by word; everything else by its start
    sortable: dict[str, str]  # lower-case name: DEFAULT or ADVANCED
    always_advanced: bool = False
    unmodelled: frozenset[str] = frozenset()  # what Microsoft's table has and this one has not, lower case


def _rules(
    resource: str,
    rows: str,
    counted: str,
    tokenised: str,
    sortable: dict[str, str],
    always: bool = False,
    unmodelled: str = "",
) -> Rules:
    rules = [Rule(*row.split()) for row in rows.strip().splitlines()]
    return Rules(
        resource,
        {rule.name.lower(): rule for rule in rules},
        frozenset(counted.lower().split()),
        frozenset(tokenised.lower().split()),
        {name.lower(): takes for name, takes in sortable.items()},
        always,
        frozenset(unmodelled.lower().split()),
    )


USERS = _rules(
    "User",
    # property                    type          eq startsWith endsWith ge/le null
    """
    id                            String          D - - - -
    displayName                   String          D D - - A
    givenName                     String          D D - - A
    surname                       String          D D - - A
    mail                          String          D D A - A
    userPrincipalName             String          D D A - -
    jobTitle                      String          D D - - A
    department                    String          D D - - A
    officeLocation                String          A A - - A
    mobilePhone                   String          A A - - A
    businessPhones/any            String          A A - - -
    companyName                   String          A A - - A
    country                       String          D D - - A
    city                          String          D D - - A
    usageLocation                 String          D D - - A
    employeeId                    String          D - - - A
    accountEnabled                Boolean         D - - - -
    userType                      String          D - - - A
    createdDateTime               DateTimeOffset  D - - D A
    assignedLicenses/any/skuId    Guid            D - - - -
    onPremisesSyncEnabled         Boolean         D - - - A
    proxyAddresses/any            String          D D A - -
    otherMails/any                String          D D A - -
    imAddresses/any               String          D D - - -
    mailNickname                  String          D D - - A
    preferredLanguage             String          A A - - A
    postalCode                    String          A A - - A
    streetAddress                 String          A A - - A
    state                         String          D - - - A
    faxNumber                     String          A A - - A
    ageGroup                      String          D - - - -
    consentProvidedForMinor       String          D - - - -
    creationType                  String          D - - - -
    externalUserState             String          D - - - -
    employeeType                  String          A - - - -
    employeeHireDate              DateTimeOffset  A - - A -
    isResourceAccount             Boolean         D - - - -
    showInAddressList             Boolean         A - - - -
    onPremisesImmutableId         String          D - - - -
    onPremisesLastSyncDateTime    DateTimeOffset  D - - D -
    onPremisesSamAccountName      String          A A - - -
    onPremisesSecurityIdentifier  String          D - - - A
    """,
    counted="assignedLicenses otherMails proxyAddresses",
    tokenised="displayName",
    sortable={"displayName": DEFAULT, "userPrincipalName": DEFAULT, "createdDateTime": ADVANCED},
    unmodelled="signInActivity manager appRoleAssignments assignedPlans createdObjects "
    "employeeOrgData identities "
    "licenseDetails memberOf oauth2PermissionGrants onPremisesExtensionAttributes onPremisesProvisioningErrors "
    "ownedObjects passwordPolicies passwordProfile provisionedPlans scopedRoleMemberOf",
)
GROUPS = _rules(
    "Group",
    # property                      type          eq startsWith endsWith ge/le null
    """
    id                              String          D - - - -
    displayName                     String          D D - - A
    mail                            String          D D A - A
    mailNickname                    String          D D - - A
    description                     String          A A - - A
    groupTypes/any                  String          D - - - -
    securityEnabled                 Boolean         D - - - -
    mailEnabled                     Boolean         D - - - -
    isAssignableToRole              Boolean         D - - - -
    onPremisesSyncEnabled           Boolean         D - - - A
    membershipRuleProcessingState   String          D - - - -
    assignedLicenses/any/skuId      Guid            D - - - -
    hasMembersWithLicenseErrors     Boolean         D - - - -
    proxyAddresses/any              String          D D A - -
    classification                  String          D D - - -
    membershipRule                  String          D D - - -
    uniqueName                      String          D D - - -
    preferredLanguage               String          A A - - A
    resourceBehaviorOptions/any     String          D - - - -
    resourceProvisioningOptions/any String          D - - - -
    expirationDateTime              DateTimeOffset  A - - A -
    renewedDateTime                 DateTimeOffset  D - - D -
    onPremisesLastSyncDateTime      DateTimeOffset  D - - D -
    onPremisesSamAccountName        String          A A - - -
    onPremisesSecurityIdentifier    String          D - - - A
    """,
    counted="assignedLicenses proxyAddresses",
    tokenised="displayName description",
    sortable={"displayName": DEFAULT},
    unmodelled="appRoleAssignments createdOnBehalfOf infoCatalogs members "
    "onPremisesProvisioningErrors owners settings",
)
DEVICES = _rules(
    "Device",
    # property                    type          eq startsWith endsWith ge/le null
    """
    id                            String          D - - - -
    displayName                   String          D D - - A
    operatingSystem               String          D D - - A
    """,
    counted="",
    tokenised="displayName",
    sortable={"displayName": DEFAULT},
)
# Members, owners and what somebody is a member of are mixed: only what all of them can have, and always advanced.
OBJECTS = _rules(
    "DirectoryObject",
    # property                    type          eq startsWith endsWith ge/le null
    """
    id                            String          A - - - -
    displayName                   String          A A - - A
    mail                          String          A A A - A
    userPrincipalName             String          A A A - -
    description                   String          A A - - A
    """,
    counted="",
    tokenised="displayName description",
    sortable={"displayName": ADVANCED},
    always=True,
)


def _deleted(rules: Rules) -> Rules:
    """What lists of deleted objects take besides, by directory-deleteditems-list of the reference."""
    row = Rule("deletedDateTime", "DateTimeOffset", ADVANCED, NOT, NOT, ADVANCED, NOT)
    return replace(
        rules,
        by_name=rules.by_name | {"deleteddatetime": row},
        sortable=rules.sortable | {"deleteddatetime": ADVANCED},
    )


DELETED_USERS, DELETED_GROUPS = _deleted(USERS), _deleted(GROUPS)
