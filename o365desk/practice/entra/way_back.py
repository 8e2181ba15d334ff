"""The way back to the app: with a code, with an error, or with what an administrator answered."""

from uuid import uuid4

from o365desk.practice.entra import claims, html
from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.entra.flows import Flow
from o365desk.practice.entra.grants import Grant, Signed
from o365desk.practice.entra.token_endpoint import Grants
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Answer, html_answer, redirect_answer


class WayBack:
    """See the module. On a device there is no app to go back to: a page says how it ended."""

    def __init__(self, tenant: Tenant, grants: Grants) -> None:
        self._tenant = tenant
        self._grants = grants

    def with_code(self, flow: Flow, signed: Signed) -> Answer:
        """The sign-in is finished."""
        flow.stage = "done"
        if flow.device is not None:
            flow.device.signed = signed
            text = f"You have signed in to {flow.app.title} on your device. You may now close this window."
            return html_answer(200, html.notice("You are signed in", text))
        grant = Grant(
            flow.app, signed, flow.asked, self._tenant.now(), flow.redirect, flow.challenge, flow.nonce,
            flow.capable, flow.max_age is not None,
        )  # fmt: skip
        values = {"code": self._grants.new_code(grant)}
        if flow.client_info:
            values["client_info"] = claims.client_info(signed)
        if flow.state is not None:
            values["state"] = flow.state
        return self._back(flow, values | {"session_state": str(uuid4())})

    def with_error(self, flow: Flow, refusal: Refusal, **more: str) -> Answer:
        """Goes back to the app with an error (on a device: says so, and tells the device)."""
        flow.stage = "done"
        if flow.device is not None:
            flow.device.declined = True
            return html_answer(200, html.notice("Sign-in was declined", "You may now close this window."))
        body = refusal.body(self._tenant.now(), str(uuid4()))
        values = {
            "error": body["error"],
            "error_description": body["error_description"],
            "error_uri": body["error_uri"],
        }
        values |= more
        if flow.state is not None:
            values["state"] = flow.state
        return self._back(flow, values)

    def cancelled(self, flow: Flow) -> Answer:
        """The person gave up before signing in. The app is told so, without a number."""
        if flow.kind.startswith("adminconsent"):
            return self.with_admin_consent(flow, accepted=False)
        if flow.device is not None:
            return self.with_error(flow, Refusal(65004))
        flow.stage = "done"
        state = {} if flow.state is None else {"state": flow.state}
        return self._back(flow, {"error": "access_denied", "error_subcode": "cancel"} | state)

    def with_admin_consent(self, flow: Flow, accepted: bool) -> Answer:
        """An administrator has answered for everybody."""
        second, tenant_id = flow.kind == "adminconsent v2", self._tenant.home.tenant_id
        state = {} if flow.state is None else {"state": flow.state}
        if not accepted:
            if not second:
                refused = {"error": "permission_denied", "error_description": "The admin canceled the request"}
                return redirect_answer(flow.redirect, refused | state)
            description = str(Refusal(65004).body(self._tenant.now(), str(uuid4()))["error_description"])
            refused = {"admin_consent": "True", "error": "consent_required", "error_description": description}
            return redirect_answer(flow.redirect, refused | state)
        if flow.asked.everything:
            self._tenant.consents.grant_all(flow.app)
        else:
            self._tenant.consents.grant(flow.app, flow.asked.names, None)
        if not second:
            return redirect_answer(flow.redirect, {"tenant": tenant_id, **state, "admin_consent": "True"})
        scope = " ".join(flow.asked.texts)
        return redirect_answer(
            flow.redirect, {"admin_consent": "True", "tenant": tenant_id, "scope": scope, **state}
        )

    @staticmethod
    def _back(flow: Flow, values: dict[str, str]) -> Answer:
        if flow.mode == "form_post":
            return html_answer(200, html.form_post(flow.redirect, values))
        return redirect_answer(flow.redirect, values, flow.mode)
