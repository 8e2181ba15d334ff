"""What Microsoft Graph v1.0 has besides what is modelled here, in lower case, by its published metadata.

Source: microsoftgraph/msgraph-metadata, schemas/v1.0-Prod.csdl of 2026-08-20. It keeps refusals honest: that Graph
can do what the practice tenant cannot is said only where it is so.
"""

from o365desk.practice.graph import properties


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Entity sets and singletons: what an address begins with behind the version.
ROOTS = _words(
    "admin agreementacceptances agreements appcatalogs applications applicationtemplates approleassignments "
    "auditlogs authenticationmethodconfigurations authenticationmethodspolicy "
    "certificatebasedauthconfiguration chats communications compliance connections contacts contracts copilot "
    "datapolicyoperations deviceappmanagement devicemanagement devices directory directoryobjects "
    "directoryroles directoryroletemplates domaindnsrecords domains drive drives education employeeexperience "
    "external filteroperators functions grouplifecyclepolicies groups groupsettings groupsettingtemplates "
    "identity identitygovernance identityprotection identityproviders informationprotection invitations me "
    "oauth2permissiongrants organization permissiongrants places planner policies print privacy reports "
    "rolemanagement schemaextensions scopedrolememberships search security serviceprincipals shares sites "
    "solutions storage subscribedskus subscriptions teams teamstemplates teamwork tenantrelationships users"
) | {"$batch", "$metadata"}
_USER = _words(
    "activities adhoccalls agreementacceptances approleassignments authentication calendar calendargroups "
    "calendars calendarview chats cloudclipboard cloudpcs contactfolders contacts createdobjects "
    "datasecurityandgovernance devicemanagementtroubleshootingevents directreports drive drives "
    "employeeexperience events extensions followedsites inferenceclassification insights joinedteams "
    "licensedetails mailfolders managedappregistrations manageddevices manager memberof messages "
    "oauth2permissiongrants onenote onlinemeetings onpremisessyncbehavior outlook owneddevices ownedobjects "
    "people permissiongrants photo photos planner presence registereddevices scopedrolememberof settings "
    "solutions sponsorof sponsors teamwork todo transitivememberof"
)
_GROUP = _words(
    "acceptedsenders approleassignments calendar calendarview conversations createdonbehalfof drive drives "
    "events extensions grouplifecyclepolicies memberof members memberswithlicenseerrors onenote "
    "onpremisessyncbehavior owners permissiongrants photo photos planner rejectedsenders settings sites team "
    "threads transitivememberof transitivemembers"
)
# Actions and functions on one object.
_DIRECTORY_OBJECT = _words("checkmembergroups checkmemberobjects getmembergroups getmemberobjects restore")
_USER_ACTIONS = _words(
    "assignlicense changepassword exportdeviceandappmanagementdata exportpersonaldata findmeetingtimes "
    "getmailtips getmanagedappdiagnosticstatuses getmanagedapppolicies getmanageddeviceswithappfailures "
    "reminderview removealldevicesfrommanagement reprocesslicenseassignment retryserviceprovisioning "
    "revokesigninsessions sendmail translateexchangeids wipemanagedappregistrationsbydevicetag"
)
_GROUP_ACTIONS = _words(
    "addfavorite assignlicense checkgrantedpermissionsforapp removefavorite renew resetunseencount "
    "retryserviceprovisioning subscribebymail unsubscribebymail validateproperties"
)


def _of(kind: properties.ObjectKind, relations: frozenset[str], actions: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in kind.known) | relations | actions | _DIRECTORY_OBJECT


# What can stand behind the id of an object of a collection.
SEGMENTS = {
    "users": _of(properties.USERS, _USER, _USER_ACTIONS),
    "groups": _of(properties.GROUPS, _GROUP, _GROUP_ACTIONS),
}
_ACTIONS = {"users": _USER_ACTIONS | _DIRECTORY_OBJECT, "groups": _GROUP_ACTIONS | _DIRECTORY_OBJECT}
RELATIONS = {"users": _USER, "groups": _GROUP}


def unknown_segment(parts: tuple[str, ...]) -> str | None:
    """The part of an address that Graph has nothing for, as far as is known here; None if there is none."""
    root = parts[0].lower()
    if root not in ROOTS:
        return parts[0]
    if len(parts) > 2 and root in SEGMENTS:
        segment = parts[2].lower().partition("(")[0].removeprefix("microsoft.graph.")
        if segment not in SEGMENTS[root] and not segment.startswith("$"):
            return parts[2]
    return None


def has(method: str, parts: tuple[str, ...]) -> bool:
    """Whether Graph surely has something at an address that is not modelled here."""
    root = parts[0].lower()
    if method == "GET":
        return len(parts) == 1 or (len(parts) == 3 and root in SEGMENTS and not parts[2].startswith("$"))
    return method == "POST" and len(parts) == 3 and parts[2].lower() in _ACTIONS.get(root, ())
