"""Which properties the objects of Graph have: by default, on request, only singly, or not from "
"the directory."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of object. `elsewhere` are real properties that no list can answer; Graph says 501 to them."""

    type_name: str
    default: tuple[str, ...]
    known: frozenset[str]
    single_only: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    paged: bool = True


def _kind(
    type_name: str, default: str, more: str = "", single: str = "", gone: str = "", paged: bool = True
) -> Kind:
    names = frozenset((default + " " + more + " " + single).split())
    return Kind(
        type_name, tuple(default.split()), names, frozenset(single.split()), frozenset(gone.split()), paged
    )  # fmt: skip


USERS = _kind(
    "microsoft.graph.user",
    "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname "
    "userPrincipalName id",
    "accountEnabled ageGroup assignedLicenses assignedPlans city companyName consentProvidedForMinor country "
    "createdDateTime creationType deletedDateTime department employeeHireDate employeeId employeeOrgData "
    "employeeType externalUserState externalUserStateChangeDateTime faxNumber identities imAddresses "
    "isResourceAccount "
    "lastPasswordChangeDateTime legalAgeGroupClassification mailNickname onPremisesDistinguishedName "
    "onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId onPremisesLastSyncDateTime "
    "onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled "
    "onPremisesUserPrincipalName otherMails passwordPolicies passwordProfile postalCode provisionedPlans "
    "proxyAddresses securityIdentifier serviceProvisioningErrors showInAddressList "
    "signInSessionsValidFromDateTime "
    "state streetAddress usageLocation userType",
    "licenseAssignmentStates",
    "aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName responsibilities "
    "schools skills signInActivity",
)
BASIC = ("displayName", "givenName", "id", "mail", "surname", "userPrincipalName")
GROUPS = _kind(
    "microsoft.graph.group",
    "id deletedDateTime classification createdDateTime description displayName expirationDateTime groupTypes "
    "isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState "
    "onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName "
    "onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses "
    "renewedDateTime securityEnabled securityIdentifier theme visibility",
    "assignedLabels assignedLicenses creationOptions isManagementRestricted licenseProcessingState "
    "onPremisesProvisioningErrors resourceBehaviorOptions resourceProvisioningOptions "
    "serviceProvisioningErrors "
    "uniqueName",
    "",
    "allowExternalSenders autoSubscribeNewMembers hideFromAddressLists hideFromOutlookClients "
    "isSubscribedByMail "
    "unseenCount isArchived",
)
MEMBERS = _kind(
    "microsoft.graph.directoryObject",
    " ".join(USERS.default),
    " ".join(USERS.known) + " operatingSystem " + " ".join(GROUPS.known),
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
    paged=False,
)
LICENSE_DETAILS = _kind("microsoft.graph.licenseDetails", "id skuId skuPartNumber servicePlans", paged=False)
SKUS = _kind(
    "microsoft.graph.subscribedSku",
    "accountName accountId appliesTo capabilityStatus consumedUnits id skuId skuPartNumber subscriptionIds "
    "prepaidUnits servicePlans",
    paged=False,
)

# The words of paths (lower case) that are not identifiers.
SEGMENTS = frozenset(
    {"$count", "$ref", "delta", "members", "transitivemembers", "owners", "memberof", "transitivememberof",
     "licensedetails", "assignlicense", "reprocesslicenseassignment", "approleassignments", "validateproperties",
     "getbyids", "manager", "photo", "$value", "revokesigninsessions",
     "microsoft.graph.user", "microsoft.graph.group", "microsoft.graph.device"}
)  # fmt: skip
