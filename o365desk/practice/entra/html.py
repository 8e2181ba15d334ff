"""The pages that people see while signing in to the practice tenant. Plain HTML: keyboard, light and dark."""

from html import escape

_STYLE = """
:root{color-scheme:light dark;--bg:#eef1f4;--card:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--go:#0b6bcb;
--on:#fff;--bad:#b3261e;--mark:#7a4b00;--markbg:#fff3d6}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--card:#1e242b;--ink:#e8eaed;--soft:#a2abb5;--line:#3a424b;
--go:#6cb6ff;--on:#10151b;--bad:#ff8a80;--mark:#ffd98a;--markbg:#3a2f14}}
*{box-sizing:border-box}body{margin:0;font:16px/1.45 system-ui,sans-serif;background:var(--bg);color:var(--ink)}
.mark{background:var(--markbg);color:var(--mark);text-align:center;padding:.6rem 1rem;font-weight:600}
main{max-width:30rem;margin:2rem auto;background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:1.6rem 1.8rem}h1{font-size:1.35rem;margin:.2rem 0 .8rem}p{margin:.5rem 0}.soft{color:var(--soft)}
.bad{color:var(--bad);white-space:pre-line;overflow-wrap:anywhere}form{margin:0}
label{display:block;margin:.8rem 0 .2rem}
input:not([type=hidden]):not([type=checkbox]){width:100%;padding:.55rem .6rem;font:inherit;color:inherit;
background:var(--bg);border:1px solid var(--line);border-radius:6px}
button{font:inherit;padding:.5rem 1.1rem;border-radius:6px;border:1px solid var(--line);background:none;
color:inherit;cursor:pointer}button.go{background:var(--go);border-color:var(--go);color:var(--on);font-weight:600}
button.tile{display:block;width:100%;text-align:left;margin:.4rem 0;padding:.6rem .8rem;overflow-wrap:anywhere}
button.tile small{display:block;color:var(--soft)}button:hover{border-color:var(--go)}
:focus-visible{outline:3px solid var(--go);outline-offset:2px}.row{display:flex;gap:.6rem;margin-top:1.1rem}
ul{padding-left:1.2rem}li{margin:.35rem 0}li small{display:block;color:var(--soft)}
hr{border:0;border-top:1px solid var(--line);margin:1.2rem 0}
"""


def page(title: str, inner: str) -> str:
    """A whole page; `inner` is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)} – practice tenant</title>"
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f'<link rel="icon" href="data:,"><style>{_STYLE}</style></head><body><div class="mark" role="note">'
        f"Practice tenant — not Microsoft</div><main><h1>{escape(title)}</h1>{inner}</main></body></html>"
    )


def notice(title: str, text: str) -> str:
    """A page that only says something."""
    return page(title, f"<p>{escape(text)}</p>" if text else "")


def refusal(description: str) -> str:
    """The page of an AADSTS refusal that is not sent back to the app."""
    return page(
        "Sorry, but we’re having trouble signing you in.", f'<p class="bad" role="alert">{escape(description)}</p>'
    )


def blocked() -> str:
    """What a web filter on the way might send instead of an answer."""
    text = "<p>This page was blocked by the web filter of Example Corp.</p><p>Category: uncategorised</p>"
    return page("Access denied by policy", text)


def _hidden(values: dict[str, str]) -> str:
    """`values` as hidden inputs of a form."""
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in values.items()
    )


def _form(step: str, inner: str, **hidden: str) -> str:
    return f'<form method="post" action="/common/practice/{step}">{_hidden(hidden)}{inner}</form>'


def _problem(text: str) -> str:
    return f'<p class="bad" role="alert">{escape(text)}</p>' if text else ""


def pick_account(flow: str, app: str, tiles: list[tuple[str, str, str]], hint: str, problem: str) -> str:
    """The account picker. `tiles` are (user name, display name, remark)."""
    buttons = "".join(
        f'<button class="tile" name="tile" value="{escape(name)}">{escape(title)}'
        f"<small>{escape(name)}{' · ' + escape(remark) if remark else ''}</small></button>"
        for name, title, remark in tiles
    )
    cancel = '<button name="answer" value="cancel">Cancel</button>'
    typed = (
        f'<label for="u">User name</label><input id="u" name="username" value="{escape(hint)}" '
        'autocomplete="username" autocapitalize="none" spellcheck="false"><label for="p">Password</label>'
        '<input id="p" name="password" type="password" autocomplete="current-password">'
        f'<div class="row"><button class="go">Sign in</button>{cancel}</div>'
    )
    inner = (
        f'<p class="soft">to continue to {escape(app)}</p>{_problem(problem)}{_form("login", buttons, flow=flow)}'
        f'<hr><p class="soft">or type one</p>{_form("login", typed, flow=flow)}'
    )
    return page("Pick an account", inner)


def ask_password(flow: str, username: str, told: str, problem: str) -> str:
    """The page for the password of an account that was picked; `told` is it: nobody learns it elsewhere."""
    inner = (
        f'<input type="hidden" name="username" value="{escape(username)}"><label for="p">Password</label>'
        '<input id="p" name="password" type="password" autocomplete="current-password" autofocus>'
        f'<p class="soft">In this practice tenant it is <code>{escape(told)}</code>.</p>'
        '<div class="row"><button class="go">Sign in</button>'
        '<button name="answer" value="cancel">Cancel</button></div>'
    )
    return page(
        "Enter password",
        f'<p class="soft">{escape(username)}</p>{_problem(problem)}{_form("login", inner, flow=flow, picked="1")}',
    )


def pick_sign_out(address: str, tiles: list[tuple[str, str, str]], hidden: dict[str, str]) -> str:
    """Which account to sign out of. `tiles` are (hint, display name, user name)."""
    buttons = "".join(
        f'<button class="tile" name="logout_hint" value="{escape(hint)}">{escape(title)}'
        f"<small>{escape(name)}</small></button>"
        for hint, title, name in tiles
    )
    return page(
        "Which account do you want to sign out of?",
        f'<form method="post" action="{escape(address)}">{_hidden(hidden)}{buttons}</form>',
    )


def second_factor(flow: str, username: str) -> str:
    """The page of multifactor authentication."""
    buttons = (
        '<div class="row"><button class="go" name="answer" value="approve" autofocus>Approve</button>'
        '<button name="answer" value="deny">Deny</button></div>'
    )
    return page(
        "Approve sign-in request",
        f'<p>{escape(username)}</p><p class="soft">Your organisation asks for a second proof. Here you answer '
        f"for the phone.</p>{_form('mfa', buttons, flow=flow)}",
    )


def consent(flow: str, app: str, username: str, asked: list[tuple[str, str]], for_all: bool, admin: bool) -> str:
    """The consent page. `for_all`: an administrator's consent for everybody; `admin`: offer that as a choice."""
    items = "".join(f"<li>{escape(name)}<small>{escape(text)}</small></li>" for name, text in asked)
    choice = (
        '<p><label><input type="checkbox" name="everybody" value="1"> Consent on behalf of your organisation'
        "</label></p>"
        if admin
        else ""
    )
    buttons = (
        f'{choice}<div class="row"><button name="answer" value="cancel">Cancel</button>'
        '<button class="go" name="answer" value="accept">Accept</button></div>'
    )
    extra = " for everybody in your organisation" if for_all else ""
    return page(
        "Permissions requested",
        f'<p class="soft">{escape(username)}</p><p>{escape(app)} would like to{extra}:</p><ul>{items}</ul>'
        f"{_form('consent', buttons, flow=flow)}",
    )


def need_approval(flow: str, app: str, description: str) -> str:
    """The page for people who may not consent."""
    button = '<div class="row"><button name="answer" value="return">Return to the application</button></div>'
    return page(
        "Need admin approval",
        f"<p>{escape(app)} needs permission that only an administrator can grant.</p>"
        f'<p class="bad" role="alert">{escape(description)}</p>{_form("approval", button, flow=flow)}',
    )


def enter_code(problem: str) -> str:
    """The page on which the code of a device is typed."""
    field = (
        '<label for="c">Code</label><input id="c" name="user_code" autofocus autocomplete="off" spellcheck="false">'
        '<div class="row"><button class="go">Next</button></div>'
    )
    return page(
        "Enter code",
        f'<p class="soft">Enter the code shown in your app.</p>{_problem(problem)}'
        f'<form method="post" action="/common/oauth2/deviceauth">{field}</form>',
    )


def form_post(address: str, values: dict[str, str]) -> str:
    """Sends `values` back to the app; by itself where scripts run, else by the button."""
    return page(
        "Back to the application",
        f'<form method="post" action="{escape(address)}">{_hidden(values)}<p>You are being sent back to the '
        'application.</p><div class="row"><button class="go">Continue</button></div></form>'
        "<script>document.forms[0].submit()</script>",
    )
