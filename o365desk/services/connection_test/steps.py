"""Test connection: a table of steps, and the verdict on each operation.

Three outcomes and no fourth: *passed* was proven, *failed* was disproven, *not proven* could not be found out.
*Skipped* is what was not asked for. A step whose ground is missing is never passed.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from o365desk import catalogue
from o365desk.catalogue import permissions
from o365desk.model.datasource import CLOUDS, DataSource, is_guid
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.report import Report, Step, Verdict
from o365desk.model.secret import Secret
from o365desk.model.status import Outcome, lifetimes
from o365desk.model.text import wording
from o365desk.services.connection_test import verdicts
from o365desk.services.connection_test.trial import Finding, TestContext, TestStep, found, run
from o365desk.services.graph import answers, objects
from o365desk.services.graph import client as graph
from o365desk.services.graph.client import Graph
from o365desk.services.http.proxy import proxy_for
from o365desk.services.http.session import LITTLE
from o365desk.services.http.trust import bundle_problem
from o365desk.services.signin import entra, msal_sign_in
from o365desk.services.signin.msal_sign_in import Token

SUCCEEDED = "Connection test succeeded"

CLOCK_LIMIT = 300
"""Seconds by which the computer's clock may be off: Microsoft's tolerance for signed assertions."""

CLOCK_WARNING = 30

_REHEARSED = timedelta(days=30)
"""A sign-in that is older is worth another."""


# --- offline ------------------------------------------------------------------------------------------------------


def _details(trial: TestContext) -> Finding:
    problems = trial.known.problems
    if not problems:
        return Finding(detail="all there")
    facts = tuple((problem.title, problem.remedy) for problem in problems)
    more = f" ({len(problems)} in all)" if len(problems) > 1 else ""
    # A vault that is locked is no fault of the details: nothing is known then.
    failed = [problem for problem in problems if problem.conclusive]
    outcome = Outcome.FAILED if failed else Outcome.NOT_PROVEN
    problems = (*failed, *(problem for problem in problems if not problem.conclusive))
    return Finding(outcome=outcome, problem=problems[0], detail=problems[0].title + more, facts=facts)


# --- the hosts ----------------------------------------------------------------------------------------------------


def _login_host(trial: TestContext) -> Finding:
    return _reach(trial, trial.source.login_root, "/common/v2.0/.well-known/openid-configuration", "login")


def _graph_host(trial: TestContext) -> Finding:
    # Without a token Graph answers 401 with its own error: that is reaching it.
    return _reach(trial, trial.source.graph_root, "/v1.0/organization", "graph")


def _reach(trial: TestContext, root: str, path: str, key: str) -> Finding:
    own = CLOUDS[trial.source.cloud].own_endpoints
    try:
        response = trial.line.send("GET", root + path, headers={"Accept": "application/json"}, most=LITTLE)
    except ProblemError as error:
        problem = error.problem
        if own and not problem.field and problem.code in ("dns", "refused"):
            problem = problem.with_(field=key, action=Action.FIELD)
        return found(problem)
    if key == "graph":
        if response.status_code >= 500:
            return found(answers.problem_of(response))
        answers.decode(response, "Microsoft Graph", key if own else "")
    else:
        msal_sign_in.refuse_busy(response)
        entra.decode(response, dict)
        trial.date_header, trial.date_seen = response.headers.get("Date", ""), trial.now()
    host = urlsplit(root).hostname or ""
    issuer, proxy = trial.line.issuers.get(host) or "unknown", proxy_for(root)
    facts = (("Host", urlsplit(root).netloc), ("Certificate issued by", issuer), ("Proxy", proxy or "none"))
    detail, unusable = issuer + (f", through {proxy}" if proxy else ""), bundle_problem()
    return Finding(
        detail=f"{detail}. {unusable}" if unusable else detail,
        facts=(*facts, ("Not trusted", unusable)) if unusable else facts,
        warning=bool(unusable),
    )


def _clock(trial: TestContext) -> Finding:
    theirs = answers.date_of(trial.date_header)
    if theirs is None:
        return Finding(outcome=Outcome.NOT_PROVEN, detail="The sign-in service did not tell the time.")
    off = (trial.date_seen - theirs).total_seconds()
    # The header has whole seconds, so up to one second is nobody's fault.
    words = "right" if abs(off) < 2 else f"{_span(abs(off))} {'ahead' if off > 0 else 'behind'}"
    if abs(off) > CLOCK_LIMIT:
        return found(
            Problem(
                title=f"This computer's clock is {words}",
                cause="When it is over 5 minutes off, certificates are refused and tokens seem expired.",
                remedy="Set the clock and the time zone, best automatically, and test again.",
                action=Action.RETRY,
                code="clock",
            )
        )
    return Finding(detail=words, warning=abs(off) > CLOCK_WARNING)


def _span(seconds: float) -> str:
    for limit, size, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds / 86_400:,.0f} days"


# --- the tenant and the token -------------------------------------------------------------------------------------


def _tenant(trial: TestContext) -> Finding:
    source = trial.source
    document = msal_sign_in.discover(source, trial.line)
    tenant = msal_sign_in.tenant_id(document)
    graph_host = str(document.get("msgraph_host") or "")
    facts = (
        ("Tenant ID", tenant or "not said"),
        ("Region", str(document.get("tenant_region_scope") or "not said")),
        ("Graph host", graph_host or "not said"),
    )
    elsewhere = other_cloud(source, graph_host)
    if elsewhere:
        return found(elsewhere)
    if is_guid(source.tenant) and tenant and tenant.lower() != source.tenant.lower():
        return found(_tenant_differs("The sign-in service", tenant, source))
    trial.document = document
    if not msal_sign_in.expected_tenant(source, document):
        detail = "The tenant was found, but its ID was not said: whose token this will be cannot be checked."
        return Finding(outcome=Outcome.NOT_PROVEN, detail=detail, facts=facts)
    mine = urlsplit(source.graph_root)
    if graph_host and graph_host not in (mine.netloc, mine.hostname):
        detail = f"{tenant}; it names another Graph host, {graph_host}: is this the tenant's cloud?"
        return Finding(detail=detail, facts=facts, warning=True)
    return Finding(detail=tenant, facts=facts)


def other_cloud(source: DataSource, graph_host: str) -> Problem | None:
    """The problem that a tenant lives in another of Microsoft's clouds, told by the Graph host that its discovery
    document names. Only where both are Microsoft's own and sign in at different hosts: GCC High and DoD share one,
    and own endpoints may have reasons of their own."""
    mine = CLOUDS[source.cloud]
    clouds = (cloud for cloud in CLOUDS.values() if cloud.graph and urlsplit(cloud.graph).netloc == graph_host)
    theirs = next(clouds, None)
    if mine.own_endpoints or theirs is None or theirs.login == mine.login:
        return None
    return Problem(
        title=f"The tenant lives in another cloud: {theirs.title}",
        cause=f"Its Microsoft Graph is {graph_host}, not {urlsplit(mine.graph).netloc}.",
        remedy=f"Set the cloud to {theirs.title}; the app must be registered there too.",
        field="cloud",
        action=Action.FIELD,
        code="other-cloud",
    )


def _tenant_differs(who: str, tenant: str, source: DataSource) -> Problem:
    return Problem(
        title="Another tenant answered",
        cause=f"{who} speaks of tenant {tenant}, but this data source is for {source.tenant}.",
        remedy="Correct the tenant, or authorise again with an account of it.",
        field="tenant",
        action=Action.AUTHORIZE if source.sign_in.delegated else Action.FIELD,
        code="other-tenant",
    )


def _token(trial: TestContext) -> Finding:
    token = trial.sign_ins.token(trial.source, trial.line, trial.typed, renew=True)
    trial.token = token
    minutes = max(0, round((token.expires - trial.now()).total_seconds() / 60))
    left = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    who = token.account or ("an administrator" if trial.source.sign_in.delegated else "the application itself")
    facts = (("Signed in as", who), ("Valid for", left))
    return Finding(detail=f"{left} left", facts=facts)


def _permissions(trial: TestContext) -> Finding:
    token, source = trial.got_token(), trial.source
    expected = msal_sign_in.expected_tenant(source, trial.document)
    if token.tenant and token.tenant.lower() != expected.lower():
        return found(_tenant_differs("The token", token.tenant, source))
    if not token.claims:
        return Finding(
            outcome=Outcome.NOT_PROVEN, detail="The token cannot be read, so what was consented to is not known."
        )
    missing, extra = verdicts.missing_permissions(trial), verdicts.extra_permissions(trial)
    # What a token carries of sign-in itself (openid, offline_access, …) says nothing about Graph.
    needed = [item.name for item in trial.plan if item.delegated == source.sign_in.delegated and "." in item.name]
    facts = (
        ("Needed", ", ".join(needed)),
        ("Granted", ", ".join(sorted(token.granted)) or "none"),
        ("More than needed", ", ".join(extra) or "none"),
    )
    if missing:
        return Finding(outcome=Outcome.FAILED, problem=_not_consented(token, missing), facts=facts)
    detail = f"all {len(needed)}" + (f", {len(extra)} more than needed" if extra else "")
    return Finding(detail=detail, warning=bool(extra), facts=facts)


def _not_consented(token: Token, missing: list[str]) -> Problem:
    kind = "delegated" if token.delegated else "application"
    if not token.granted:
        title, cause = (
            "Nobody has consented to this app yet",
            "The sign-in works, but its token carries no permission.",
        )
    else:
        title = f"{len(missing)} permission{'s are' if len(missing) > 1 else ' is'} missing"
        cause = f"Not consented to: {', '.join(missing)} ({kind})."
    return Problem(
        title=title,
        cause=cause,
        remedy=f"An administrator must consent to {', '.join(missing)} ({kind}): send the consent link, then "
        "test again. A link grants what the app registration lists: if it stays missing, add it there first.",
        action=Action.CONSENT,
        code="missing-permission",
    )


# --- what Graph answers -------------------------------------------------------------------------------------------


def _graph(trial: TestContext) -> Graph:
    def bearer(claims: str | None) -> Secret:
        if claims:
            trial.token = trial.sign_ins.token(trial.source, trial.line, trial.typed, claims=claims)
        return trial.got_token().value

    return Graph(trial.source.graph_root, trial.line, bearer, graph.IMPATIENT)


def _barred(trial: TestContext, request: str, asked: bool) -> Finding | None:
    """A finding if the token already tells that a read would be refused, None if it should be tried."""
    token = trial.got_token()
    enough = permissions.enough(request, trial.source.sign_in.delegated)
    if not token.claims or token.granted & set(enough):
        return None
    if not asked:
        return Finding(outcome=Outcome.SKIPPED, detail="Not asked for, and not consented to.")
    return Finding(outcome=Outcome.NOT_PROVEN, detail="Not tried: no permission for it was consented to.")


def _organisation(trial: TestContext) -> Finding:
    barred = _barred(trial, "GET /organization", asked=True)
    if barred:
        return barred
    answer, rows = _listed(_graph(trial), "/organization", ("id", "displayName", "verifiedDomains"))
    if not rows:
        return found(answers.no_list(answer.request_id))
    name, tenant = rows[0].get("displayName") or "", rows[0]["id"]
    expected = msal_sign_in.expected_tenant(trial.source, trial.document)
    if tenant.lower() != expected.lower():
        return found(_tenant_differs("Microsoft Graph", tenant, trial.source).with_(request_id=answer.request_id))
    domains = [domain["name"] for domain in rows[0].get("verifiedDomains") or ()]
    facts = (("Organisation", name), ("Tenant ID", tenant), ("Domains", ", ".join(domains)))
    return Finding(detail=name or tenant, facts=facts, request_id=answer.request_id)


def _users(trial: TestContext) -> Finding:
    return _count(trial, "GET /users", "/users", ("id", "userPrincipalName", "department"), asked=True)


def _groups(trial: TestContext) -> Finding:
    return _count(trial, "GET /groups", "/groups", ("id", "displayName"), asked=trial.source.read_write)


def _listed(
    client: Graph, path: str, select: tuple[str, ...], *, eventual: bool = False, **query: str
) -> tuple[graph.Answer, list[dict[str, Any]]]:
    """The first page of a list. Raises ProblemError."""
    options = {"$select": ",".join(select), **{f"${name}": value for name, value in query.items()}}
    answer = client.get(path, options, eventual=eventual, shape=objects.page(select))
    return answer, answer.body["value"]


def _count(trial: TestContext, request: str, path: str, select: tuple[str, ...], *, asked: bool) -> Finding:
    barred = _barred(trial, request, asked)
    if barred:
        return barred
    client = _graph(trial)
    try:
        answer, rows = _listed(client, path, select, eventual=True, top="1", count="true")
    except ProblemError as error:
        # Some tenants (B2C) know no advanced queries; the read itself is what has to be proven.
        if not error.problem.code.startswith(("Request_", "BadRequest")):
            raise
        answer, rows = _listed(client, path, select, top="1")
    count = answer.body.get("@odata.count")
    what = path.removeprefix("/")
    detail = f"{count:,} {what}" if isinstance(count, int) else f"read, {'at least ' if rows else ''}{len(rows)}"
    return Finding(detail=detail, request_id=answer.request_id)


def _licences(trial: TestContext) -> Finding:
    barred = _barred(trial, "GET /subscribedskus", asked=trial.source.read_write)
    if barred:
        return barred
    select = ("skuId", "skuPartNumber", "consumedUnits", "prepaidUnits")
    answer, rows = _listed(_graph(trial), "/subscribedSkus", select)
    facts = tuple((str(row.get("skuPartNumber")), f"{row.get('consumedUnits')} in use") for row in rows)
    plans = wording.many(len(rows), "plan")
    return Finding(detail=plans, facts=facts, request_id=answer.request_id)


# --- single sign-on and lifetimes ---------------------------------------------------------------------------------


def _single_sign_on(trial: TestContext) -> Finding:
    if not trial.source.sso:
        return Finding(outcome=Outcome.SKIPPED, detail="Not enabled.")
    lacking = [
        name
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "issuer")
        if not trial.document.get(name)
    ]
    if lacking:
        detail = f"The tenant's discovery document lacks {', '.join(lacking)}."
        return Finding(outcome=Outcome.NOT_PROVEN, detail=detail)
    registered, code = msal_sign_in.redirect_registered(trial.source, trial.line)
    facts = (("Redirect address", permissions.REDIRECT), ("Signing keys", str(trial.document["jwks_uri"])))
    if registered:
        return _rehearsed(trial, facts)
    if registered is None:
        detail = f"Whether {permissions.REDIRECT} is registered could not be told ({code})."
        return Finding(outcome=Outcome.NOT_PROVEN, detail=detail, facts=facts)
    problem = Problem(
        title="The redirect address is not registered for the app",
        cause=f"The sign-in service refuses to answer to {permissions.REDIRECT}.",
        remedy=f"In the app registration, under Authentication, add {permissions.REDIRECT} to “Mobile and desktop "
        "applications”.",
        action=Action.RETRY,
        code=code,
    )
    return Finding(outcome=Outcome.FAILED, problem=problem, facts=facts)


def _rehearsed(trial: TestContext, facts: tuple[tuple[str, str], ...]) -> Finding:
    """Whether somebody has signed in through the data source as it is: only that proves the rest."""
    latest = next(iter(trial.rehearsals), None)
    answers_to = f"the sign-in service answers to {permissions.REDIRECT}"
    if latest is None:
        problem = Problem(
            title="Nobody has signed in through it yet",
            cause=f"On this computer, with its details as they are. It is known that {answers_to}.",
            remedy="Rehearse a sign-in, which changes nothing: o365desk sso rehearse NAME.",
            code="not-rehearsed",
            conclusive=False,
        )
        return Finding(outcome=Outcome.NOT_PROVEN, detail=problem.title, problem=problem, facts=facts)
    now = trial.now()
    age = wording.age(latest.at, now)
    facts = (*facts, ("Last sign-in", f"{latest.account}, {age}"))
    detail = f"{answers_to}; {latest.account} signed in {age}"
    return Finding(detail=detail, facts=facts, warning=not timedelta(0) <= now - latest.at <= _REHEARSED)


def _lifetimes(trial: TestContext) -> Finding:
    now = trial.now()
    items = lifetimes(trial.source, trial.known)
    if not items:
        detail = (
            "When the client secret ends is not noted." if trial.source.sign_in == "secret" else "Nothing ends."
        )
        return Finding(outcome=Outcome.SKIPPED, detail=detail)
    facts = tuple((item.title, item.sentence(now)) for item in items)
    first = items[0]
    if first.ends > now or (first.key == "secret" and trial.passed("token")):
        wrong_note = " Yet it works: correct the date." if first.ends <= now else ""
        return Finding(detail=first.sentence(now) + wrong_note, facts=facts, warning=first.warning(now) is not None)
    authorisation = first.key == "authorisation"
    problem = Problem(
        title=first.sentence(now).rstrip("."),
        cause="An authorisation is for six months." if authorisation else "It cannot be used any more.",
        remedy="Authorise again." if authorisation else "Create a new one in the portal and enter it here.",
        field="" if authorisation else first.key,
        action=Action.AUTHORIZE if authorisation else Action.FIELD,
        code="ended",
    )
    return Finding(outcome=Outcome.FAILED, problem=problem, facts=facts)


TABLE = (
    TestStep(key="details", title="Details complete", check=_details),
    TestStep(key="login", title="Sign-in service reachable", check=_login_host, after=("details",)),
    TestStep(key="graph", title="Microsoft Graph reachable", check=_graph_host, after=("details",)),
    TestStep(key="clock", title="Clock", check=_clock, after=("login",)),
    TestStep(key="tenant", title="Tenant in this cloud", check=_tenant, after=("login",)),
    TestStep(key="token", title="Token", check=_token, after=("tenant",)),
    TestStep(key="permissions", title="Permissions", check=_permissions, after=("token",)),
    TestStep(key="organisation", title="Organisation", check=_organisation, after=("token", "graph")),
    TestStep(key="users", title="Users", check=_users, after=("token", "graph")),
    TestStep(key="groups", title="Groups", check=_groups, after=("token", "graph")),
    TestStep(key="licences", title="Licence plans", check=_licences, after=("token", "graph")),
    TestStep(key="sso", title="Single sign-on", check=_single_sign_on, after=("tenant",)),
    TestStep(key="lifetimes", title="Lifetimes", check=_lifetimes, ended=("token",)),
)
"""The test, in the order in which it is shown. Add a step here; window, command line and report follow."""


# --- the whole ---------------------------------------------------------------------------------------------------


def test(trial: TestContext, began: Callable[[TestStep, float], None], done: Callable[[Step], None]) -> Report:
    """Runs the whole table and sums it up. Raises CancelledError."""
    started = trial.now()
    seconds = run(TABLE, trial, began, done)
    steps = tuple(trial.steps[row.key] for row in TABLE)
    opinions = tuple(verdicts.verdict(operation, trial) for operation in catalogue.THE_TEN)
    beyond = [operation for operation in catalogue.OPERATIONS.values() if not operation.place]
    outcome, message, problem = _summary(steps, opinions)
    return Report(
        source=trial.source.name,
        outcome=outcome,
        message=message,
        started=started,
        seconds=seconds,
        steps=steps,
        operations=opinions,
        beyond=tuple(verdicts.verdict(operation, trial) for operation in beyond),
        problem=problem,
        account=trial.token.account if trial.token else "",
        tenant=msal_sign_in.tenant_id(trial.document),
    )


def _summary(steps: tuple[Step, ...], opinions: tuple[Verdict, ...]) -> tuple[str, str, Problem | None]:
    """The whole's outcome, its headline, and the problem that matters most: the first in the table's order, as each
    step rests on those before it."""
    for outcome, word in ((Outcome.FAILED, "failed"), (Outcome.NOT_PROVEN, "not proven")):
        steps_so = [step for step in steps if step.outcome is outcome]
        verdicts_so = [item for item in opinions if item.outcome is outcome]
        if steps_so or verdicts_so:
            problem = next((step.problem for step in steps_so if step.problem), None)
            first = steps_so[0] if steps_so else None
            text = f"{first.title}: {first.detail}" if first else f"{verdicts_so[0].title}: {verdicts_so[0].detail}"
            return word, problem.title if problem else text, problem
    return "succeeded", SUCCEEDED, None
