"""What a request's `scope` asks for."""

from dataclasses import dataclass

from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.permissions import OIDC, delegated_names
from o365desk.practice.tenant import GRAPH_APP_ID, AppRegistration, Tenant

_DEFAULT = ".default"
_BESIDE = frozenset({"openid", "offline_access", "profile"})


@dataclass(frozen=True)
class Asked:
    """The scopes asked for: `texts` as sent, `names` as Graph and OpenID Connect call them."""

    texts: tuple[str, ...]
    names: frozenset[str]
    everything: bool  # /.default was asked

    def needed(self, app: AppRegistration) -> frozenset[str]:
        """What must have been consented to."""
        return self.names | app.delegated if self.everything else self.names

    def granted_text(self, granted: frozenset[str], graph: str) -> str:
        """The `scope` of a token answer: all that was asked, as it was asked, and what else was granted."""
        prefix = f"{graph}/" if any("://" in text for text in self.texts) else ""
        also = sorted(granted - self.names - {"offline_access"})
        rest = [name if name in OIDC else prefix + name for name in also]
        return " ".join(dict.fromkeys([*self.texts, *rest]))


def _resource(tenant: Tenant, text: str) -> tuple[str, str]:
    """The resource and the name of one scope; a name alone means Graph's."""
    if "://" not in text and not text.startswith(GRAPH_APP_ID):
        return "", text
    resource, _, name = text.rpartition("/")
    if resource.rstrip("/") not in (tenant.addresses.graph, GRAPH_APP_ID):
        raise Refusal(500011, resource=resource, tenant=tenant.home.company)
    return resource, name


def asked(tenant: Tenant, app: AppRegistration, text: str) -> Asked:
    """The delegated scopes of a sign-in or renewal; Refusal if they are not valid."""
    if not text.strip():
        raise Refusal(900144, parameter="scope")
    names: set[str] = set()
    everything = False
    for scope in text.split():
        _, name = _resource(tenant, scope)
        if name == _DEFAULT:
            everything = True
        elif name in OIDC:
            names.add(name)
        elif name.lower() in delegated_names():
            names.add(delegated_names()[name.lower()])
        else:
            raise Refusal(650053, app=app.title, scope=name)
    if everything and names - OIDC:
        raise Refusal(70011, scope=text)
    return Asked(tuple(text.split()), frozenset(names), everything)


def asked_by_app(tenant: Tenant, text: str) -> str:
    """The scope of an app-only request, which must be /.default of Graph; else Refusal.

    What asks for an ID token or a refresh token may stand beside it and brings neither: MSAL for Go and
    azure-identity for Java always send it.
    """
    scopes = [scope for scope in text.split() if scope not in _BESIDE]
    if not text.strip():
        raise Refusal(900144, parameter="scope")
    if len(scopes) > 1:
        raise Refusal(70011, scope=text)
    _, name = _resource(tenant, scopes[0]) if scopes else ("", "")
    if name != _DEFAULT or name == scopes[0]:
        raise Refusal(1002012, scope=text)
    return scopes[0]
