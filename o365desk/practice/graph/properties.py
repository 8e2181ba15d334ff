"""Which properties the objects of Graph have: by default, on request, only singly, or not for anybody here."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True, eq=False)
class ObjectKind:
    """A kind of object, by Microsoft's metadata for v1.0. `empty`: what stands for no value, if that is not null.

    `single_only` are properties that no list can answer; Graph says 501 to them. `refused` are those for which it
    wants a permission that no app can be given here: status, code and text of its refusal.
    """

    type_name: str
    default: tuple[str, ...]
    known: frozenset[str]
    single_only: frozenset[str]
    empty: dict[str, Any]
    refused: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    paged: bool = True

    @cached_property
    def spelled(self) -> dict[str, str]:
        """The properties by their names in lower case."""
        return {name.lower(): name for name in self.known}


def _kind(
    type_name: str,
    default: str,
    more: str = "",
    *,
    single: str = "",
    collections: str = "",
    empty: dict[str, Any] | None = None,
    refused: dict[str, tuple[int, str, str]] | None = None,
    paged: bool = True,
) -> ObjectKind:
    names = frozenset(f"{default} {more} {single}".split())
    lists: dict[str, Any] = {name: [] for name in collections.split() if name in names}
    nothing = lists | (empty or {})
    once = frozenset(single.split())
    return ObjectKind(type_name, tuple(default.split()), names, once, nothing, refused or {}, paged)


_DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
_NEVER = "0001-01-01T00:00:00Z"
# Of the metadata's collections; assignedLabels, identities and the like may be null there, and come as [] too.
_COLLECTIONS = (
    "assignedLabels assignedLicenses assignedPlans businessPhones groupTypes identities imAddresses infoCatalogs "
    "interests licenseAssignmentStates marketingNotificationEmails onPremisesProvisioningErrors otherMails "
    "pastProjects provisionedPlans proxyAddresses resourceBehaviorOptions resourceProvisioningOptions "
    "responsibilities schools securityComplianceNotificationMails securityComplianceNotificationPhones "
    "serviceProvisioningErrors servicePlans skills subscriptionIds technicalNotificationMails verifiedDomains "
    "creationOptions"
)

USERS = _kind(
    "microsoft.graph.user",
    "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname "
    "userPrincipalName id",
    "accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo city companyName "
    "consentProvidedForMinor country createdDateTime creationType customSecurityAttributes deletedDateTime "
    "department employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState "
    "externalUserStateChangeDateTime faxNumber identities identityParentId imAddresses isManagementRestricted "
    "isResourceAccount lastPasswordChangeDateTime legalAgeGroupClassification mailNickname "
    "onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId "
    "onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName "
    "onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies "
    "passwordProfile postalCode preferredDataLocation provisionedPlans proxyAddresses securityIdentifier "
    "serviceProvisioningErrors showInAddressList signInActivity signInSessionsValidFromDateTime state "
    "streetAddress usageLocation userType",
    single="licenseAssignmentStates aboutMe birthday deviceEnrollmentLimit hireDate interests mailboxSettings "
    "mySite pastProjects preferredName print responsibilities schools skills",
    collections=_COLLECTIONS,
    empty={"birthday": _NEVER, "hireDate": _NEVER, "deviceEnrollmentLimit": 5},
    refused={
        "signInActivity": (
            403,
            "Authentication_MSGraphPermissionMissing",
            "Calling principal does not have required MSGraph permissions AuditLog.Read.All",
        ),
        "mailboxSettings": (403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
        "customSecurityAttributes": _DENIED,
        "employeeLeaveDateTime": _DENIED,
    },
)
BASIC = ("displayName", "givenName", "id", "mail", "surname", "userPrincipalName")
GROUPS = _kind(
    "microsoft.graph.group",
    "id deletedDateTime classification createdDateTime description displayName expirationDateTime groupTypes "
    "isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState "
    "onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName "
    "onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses "
    "renewedDateTime securityEnabled securityIdentifier theme visibility",
    "assignedLabels assignedLicenses creationOptions hasMembersWithLicenseErrors infoCatalogs "
    "isManagementRestricted licenseProcessingState onPremisesExtensionAttributes onPremisesProvisioningErrors "
    "organizationId resourceBehaviorOptions resourceProvisioningOptions serviceProvisioningErrors uniqueName",
    single="accessType allowExternalSenders autoSubscribeNewMembers hideFromAddressLists hideFromOutlookClients "
    "isArchived isFavorite isSubscribedByMail unseenConversationsCount unseenCount unseenMessagesCount "
    "welcomeMessageEnabled",
    collections=_COLLECTIONS,
    empty=dict.fromkeys(
        ("allowExternalSenders", "autoSubscribeNewMembers", "hideFromAddressLists", "hideFromOutlookClients",
         "isSubscribedByMail"), False
    ) | {"unseenCount": 0},
)  # fmt: skip
MEMBERS = _kind(
    "microsoft.graph.directoryObject",
    " ".join(USERS.default),
    " ".join((USERS.known - USERS.single_only) | (GROUPS.known - GROUPS.single_only)) + " operatingSystem",
    collections=_COLLECTIONS,
    refused=USERS.refused,
)
DEVICES = _kind("microsoft.graph.device", "id displayName operatingSystem", "accountEnabled deviceId")
ORGANIZATION = _kind(
    "microsoft.graph.organization",
    "id deletedDateTime businessPhones city country countryLetterCode createdDateTime displayName "
    "onPremisesSyncEnabled postalCode preferredLanguage state street technicalNotificationMails tenantType "
    "verifiedDomains",
    "assignedPlans defaultUsageLocation isMultipleDataLocationsForServicesEnabled marketingNotificationEmails "
    "onPremisesLastSyncDateTime partnerTenantType privacyProfile provisionedPlans "
    "securityComplianceNotificationMails securityComplianceNotificationPhones",
    single="mobileDeviceManagementAuthority",
    collections=_COLLECTIONS,
    empty={"mobileDeviceManagementAuthority": "unknown"},
    paged=False,
)
LICENSE_DETAILS = _kind("microsoft.graph.licenseDetails", "id skuId skuPartNumber servicePlans", paged=False)
SKUS = _kind(
    "microsoft.graph.subscribedSku",
    "accountName accountId appliesTo capabilityStatus consumedUnits id skuId skuPartNumber subscriptionIds "
    "prepaidUnits servicePlans",
    paged=False,
)

# How names are spelled in bodies, by the same in lower case.
_IN_BODIES = (
    "addLicenses removeLicenses skuId disabledPlans ids types securityEnabledOnly password "
    "forceChangePasswordNextSignIn forceChangePasswordNextSignInWithMfa division costCenter @odata.id "
    "members@odata.bind owners@odata.bind"
)
SPELLED = {name.lower(): name for name in (*USERS.known, *GROUPS.known, *_IN_BODIES.split())}

# The words of paths (lower case) that are not identifiers.
SEGMENTS = frozenset(
    {"$count", "$ref", "delta", "members", "transitivemembers", "owners", "memberof", "transitivememberof",
     "licensedetails", "assignlicense", "reprocesslicenseassignment", "approleassignments", "validateproperties",
     "getbyids", "getmembergroups", "manager", "photo", "$value", "revokesigninsessions",
     "microsoft.graph.user", "microsoft.graph.group", "microsoft.graph.device"}
)  # fmt: skip
