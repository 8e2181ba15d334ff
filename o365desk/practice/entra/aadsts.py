"""The refusals of the sign-in service: number, HTTP status, OAuth error, sub-error, text."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

# number: (status, error, suberror, text)
_REFUSALS: dict[int, tuple[int, str, str, str]] = {
    # The documented error of a declined device code sign-in; its number is not known.
    0: (
        400, "authorization_declined", "",
        "The end user denied the authorization request.",
    ),
    1002012: (
        400, "invalid_scope", "",
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value"
        " with /.default suffixed to the resource identifier (application ID URI).",
    ),
    16000: (
        400, "interaction_required", "",
        "Either multiple user identities are available for the current request or selected account is not "
        "supported for the scenario.",
    ),
    500011: (
        400, "invalid_resource", "",
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can "
        "happen if the application has not been installed by the administrator of the tenant or consented "
        "to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
    ),
    50011: (
        400, "invalid_request", "",
        "The redirect URI '{redirect}' specified in the request does not match the redirect URIs configured"
        " for the application '{client}'. Make sure the redirect URI sent in the request matches one added "
        "to your application in the Azure portal.",
    ),
    500112: (
        400, "invalid_grant", "",
        "The reply address '{redirect}' does not match the reply address provided when requesting "
        "Authorization code.",
    ),
    500121: (
        400, "access_denied", "",
        "Authentication failed during strong authentication request.",
    ),
    50020: (
        400, "invalid_grant", "",
        "User account '{user}' from identity provider '{idp}' does not exist in tenant '{tenant}' and cannot "
        "access the application '{client}'({app}) in that tenant. The account needs to be added as an external "
        "user in the tenant first. Sign out and sign in again with a different Azure Active Directory user "
        "account.",
    ),
    50027: (
        401, "invalid_client", "",
        "JWT token is invalid or malformed.",
    ),
    50034: (
        400, "invalid_grant", "",
        "The user account {user} does not exist in the {tenant} directory. To sign into this application, "
        "the account must be added to the directory.",
    ),
    50049: (
        400, "invalid_instance", "",
        "Unknown or invalid instance.",
    ),
    50053: (
        400, "invalid_grant", "",
        "The account is locked, you've tried to sign in too many times with an incorrect user ID or "
        "password.",
    ),
    50055: (
        400, "invalid_grant", "user_password_expired",
        "The password is expired.",
    ),
    50057: (
        400, "invalid_grant", "",
        "The user account is disabled.",
    ),
    50058: (
        400, "login_required", "",
        "A silent sign-in request was sent but no user is signed in.",
    ),
    50059: (
        400, "invalid_request", "",
        "No tenant-identifying information found in either the request or implied by any provided "
        "credentials.",
    ),
    50076: (
        400, "invalid_grant", "basic_action",
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        "you must use multi-factor authentication to access '{resource}'.",
    ),
    50089: (
        400, "invalid_grant", "",
        "Authentication failed due to flow token expired. Please sign in again.",
    ),
    50105: (
        400, "invalid_grant", "",
        "Your administrator has configured the application {app} ('{client}') to block users unless they "
        "are specifically granted ('assigned') access to the application. The signed in user '{user}' is "
        "blocked because they are not a direct member of a group with access, nor had access directly "
        "assigned by an administrator.",
    ),
    50126: (
        400, "invalid_grant", "",
        "Error validating credentials due to invalid username or password.",
    ),
    501481: (
        400, "invalid_grant", "",
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    ),
    50173: (
        400, "invalid_grant", "",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user "
        "might have changed or reset their password. The grant was issued on '{issued}' and the "
        "TokensValidFrom date (before which tokens are not valid) for this user is '{revoked}'.",
    ),
    50194: (
        400, "invalid_request", "",
        "Application '{client}'({app}) is not configured as a multi-tenant application. Usage of the "
        "/common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific "
        "endpoint or configure the application to be multi-tenant.",
    ),
    53003: (
        400, "invalid_grant", "message_only",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token "
        "issuance.",
    ),
    54005: (
        400, "invalid_grant", "",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an "
        "existing refresh token.",
    ),
    65001: (
        400, "invalid_grant", "consent_required",
        "The user or administrator has not consented to use the application with ID '{client}' named "
        "'{app}'. Send an interactive authorization request for this user and resource.",
    ),
    65004: (
        400, "access_denied", "",
        "User declined to consent to access the app.",
    ),
    650053: (
        400, "invalid_client", "",
        "The application '{app}' asked for scope '{scope}' that doesn't exist on the resource "
        "'00000003-0000-0000-c000-000000000000'. Contact the app vendor.",
    ),
    70000: (
        400, "invalid_grant", "",
        "Provided grant is invalid or malformed.",
    ),
    700016: (
        400, "unauthorized_client", "",
        "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen "
        "if the application has not been installed by the administrator of the tenant or consented to by "
        "any user in the tenant. You may have sent your authentication request to the wrong tenant.",
    ),
    700021: (
        401, "invalid_client", "",
        "Client assertion application identifier doesn't match 'client_id' parameter.",
    ),
    700023: (
        401, "invalid_client", "",
        "Client assertion audience claim does not match Realm issuer.",
    ),
    700024: (
        401, "invalid_client", "",
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from "
        "{starts}, expiry time of assertion {expires}.",
    ),
    700025: (
        401, "invalid_client", "",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    700027: (
        401, "invalid_client", "",
        "The certificate with identifier used to sign the client assertion is not registered on "
        "application. [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}']",
    ),
    70003: (
        400, "unsupported_grant_type", "",
        "The app requested an unsupported grant type '{grant}'.",
    ),
    700054: (
        400, "unsupported_response_type", "",
        "response_type '{response_type}' is not enabled for the application.",
    ),
    70043: (
        400, "invalid_grant", "token_expired",
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The "
        "token was issued on {issued} and the maximum allowed lifetime for this request is {time}.",
    ),
    70044: (
        400, "interaction_required", "",
        "The session has expired or is invalid due to sign-in frequency checks by conditional access.",
    ),
    70008: (
        400, "invalid_grant", "",
        "The provided authorization code or refresh token has expired due to inactivity. Send a new "
        "interactive authorization request for this user and resource.",
    ),
    700082: (
        400, "invalid_grant", "",
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive"
        " for 90.00:00:00.",
    ),
    7000112: (
        400, "unauthorized_client", "",
        "Application '{client}'({app}) is disabled.",
    ),
    70011: (
        400, "invalid_scope", "",
        "The provided request must include a 'scope' input parameter. The provided value for the input "
        "parameter 'scope' is not valid. The scope {scope} is not valid.",
    ),
    70016: (
        400, "authorization_pending", "",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    ),
    70018: (
        400, "bad_verification_code", "",
        "Invalid verification code due to User typing in wrong user code for device code flow. "
        "Authorization is not approved.",
    ),
    70020: (
        400, "expired_token", "",
        "The provided value for the input parameter 'device_code' is not valid. This device code has "
        "expired.",
    ),
    7000215: (
        401, "invalid_client", "",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
        "value, not the client secret ID, for a secret added to app '{client}'.",
    ),
    7000216: (
        401, "invalid_client", "",
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant "
        "type.",
    ),
    7000218: (
        401, "invalid_client", "",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    7000222: (
        401, "invalid_client", "",
        "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create "
        "new keys for your app, or consider using certificate credentials for added security.",
    ),
    7000229: (
        401, "invalid_client", "",
        "The client application {client} is missing service principal in the tenant {tenant}.",
    ),
    90002: (
        400, "invalid_tenant", "",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing "
        "into the correct cloud. Check with your subscription administrator, this may happen if there are "
        "no active subscriptions for the tenant.",
    ),
    900023: (
        400, "invalid_request", "",
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    ),
    90033: (
        503, "temporarily_unavailable", "",
        "A transient error has occurred. Please try again.",
    ),
    90055: (
        429, "temporarily_unavailable", "",
        "The server is terminating the request because it is overloaded by too many requests.",
    ),
    90023: (
        400, "invalid_request", "",
        "{problem}",
    ),
    900144: (
        400, "invalid_request", "",
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    900561: (
        400, "invalid_request", "",
        "The endpoint only accepts {accepted} requests. Received a {method} request.",
    ),
    9002313: (
        400, "invalid_request", "",
        "Invalid request. Request is malformed or invalid.",
    ),
    90094: (
        400, "access_denied", "",
        "An administrator of {tenant} has set a policy that prevents you from granting {app} the "
        "permissions it is requesting. Contact an administrator of {tenant}, who can grant permissions to "
        "this application on your behalf.",
    ),
}  # fmt: skip


class Refusal(Exception):  # noqa: N818 - a refusal is the outcome, not a mistake of ours
    """Thrown where a request must be refused; `number` is the AADSTS number."""

    def __init__(self, number: int, **words: str) -> None:
        super().__init__(number)
        self.number = number
        self.status, self.error, self.suberror, text = _REFUSALS[number]
        self.text = text.format_map(_Blank(words))

    def body(self, now: float, correlation: str) -> dict[str, Any]:
        """The JSON body: error, error_description, error_codes, timestamp, ids, error_uri, suberror if any."""
        moment, trace = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ"), str(uuid4())
        prefix = f"AADSTS{self.number}: " if self.number else ""
        body = {
            "error": self.error,
            "error_description": (
                f"{prefix}{self.text}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {moment}"
            ),
            "error_codes": [self.number] if self.number else [],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        return body | ({"suberror": self.suberror} if self.suberror else {})


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"
