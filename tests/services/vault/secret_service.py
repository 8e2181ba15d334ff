"""Run inside `dbus-run-session`: a Secret Service of our own, to which `keyring` speaks over a real D-Bus.

secret_service.py client MODE FOLDER    starts the service in MODE, uses a vault, and prints what came of it as JSON
secret_service.py serve MODE            the service: open, dismissed (locked, and the person says no), waiting
                                        (locked, and nobody answers), silent (it never answers at all)
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PREFIX = "org.freedesktop.Secret."
PROMPT = "/org/freedesktop/secrets/prompt/1"


class Service:
    """As much of the Secret Service as `keyring` uses, with the session algorithm "plain"."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._items: dict[str, tuple[dict[str, str], bytes]] = {}

    def answer(self, interface: str, method: str, path: str, body: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
        """The signature and the values of an answer."""
        name = f"_{interface.rpartition('.')[2]}_{method}"
        answered: tuple[str, tuple[Any, ...]] = getattr(self, name)(path, *body)
        return answered

    def _Properties_Get(self, path: str, interface: str, name: str) -> tuple[str, tuple[Any, ...]]:
        values = {"Label": ("s", "ours"), "Locked": ("b", self._mode != "open")}
        return "v", (values[name],)

    def _Service_OpenSession(self, path: str, algorithm: str, data: Any) -> tuple[str, tuple[Any, ...]]:
        if algorithm != "plain":
            raise NotImplementedError
        return "vo", (("s", ""), "/org/freedesktop/secrets/session/1")

    def _Service_Unlock(self, path: str, objects: list[str]) -> tuple[str, tuple[Any, ...]]:
        return "aoo", (objects, "/") if self._mode == "open" else ([], PROMPT)

    def _Prompt_Prompt(self, path: str, window: str) -> tuple[str, tuple[Any, ...]]:
        return "", ()

    def _Collection_SearchItems(self, path: str, wanted: dict[str, str]) -> tuple[str, tuple[Any, ...]]:
        return "ao", ([item for item, (has, _) in self._items.items() if wanted.items() <= has.items()],)

    def _Collection_CreateItem(self, path: str, properties: Any, secret: Any, replace: bool) -> tuple[str, Any]:
        attributes = dict(properties[PREFIX + "Item.Attributes"][1])
        same = [item for item, (has, _) in self._items.items() if has == attributes]
        item = same[0] if same and replace else f"/org/freedesktop/secrets/item/{len(self._items)}"
        self._items[item] = (attributes, bytes(secret[2]))
        return "oo", (item, "/")

    def _Item_GetSecret(self, path: str, session: str) -> tuple[str, tuple[Any, ...]]:
        return "(oayays)", ((session, b"", self._items[path][1], "text/plain"),)

    def _Item_Delete(self, path: str) -> tuple[str, tuple[Any, ...]]:
        del self._items[path]
        return "o", ("/",)


def serve(mode: str) -> None:
    """Answers until its standard input is closed with the process that started it."""
    from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    connection = open_dbus_connection("SESSION")
    connection.send_and_get_reply(message_bus.RequestName("org.freedesktop.secrets"))
    print("ready", flush=True)
    service = Service(mode)
    while True:
        message = connection.receive()
        fields = message.header.fields
        if message.header.message_type is not MessageType.method_call or mode == "silent":
            continue
        method, path = fields[HeaderFields.member], fields[HeaderFields.path]
        try:
            signature, body = service.answer(fields[HeaderFields.interface], method, path, message.body)
        except NotImplementedError:
            connection.send(new_error(message, "org.freedesktop.DBus.Error.NotSupported"))
            continue
        connection.send(new_method_return(message, signature or None, body))
        if method == "Prompt" and mode == "dismissed":
            told = DBusAddress(PROMPT, interface=PREFIX + "Prompt")
            connection.send(new_signal(told, "Completed", "bv", (True, ("ao", []))))


def client(mode: str, folder: str) -> None:
    """What a vault makes of the service."""
    from o365desk.model.secret import Secret
    from o365desk.services.vault.keychain import Keychain
    from o365desk.services.vault.vault import Vault

    serving = None
    if mode != "none":
        serving = subprocess.Popen([sys.executable, __file__, "serve", mode], stdout=subprocess.PIPE)
        assert serving.stdout
        assert serving.stdout.readline() == b"ready\n"
    try:
        vault = Vault(
            Path(folder), keychain=lambda: Keychain(probe_seconds=10 if mode in ("open", "dismissed") else 1)
        )
        began = time.monotonic()
        found: dict[str, Any] = {"kind": str(vault.kind), "locked": vault.locked, "description": vault.description}
        found["seconds"] = time.monotonic() - began
        if not vault.locked:
            vault.set("a", "n", Secret("hunter2-Ünï"))
            vault.set("a", "m", Secret("x"))
            vault.set("b", "n", Secret("y"))
            vault.set("a", "n", Secret("hunter2-Ünï-2"))
            other = Vault(Path(folder))
            kept = other.get("a", "n")
            found["kept"] = kept.reveal() if kept else None
            other.delete("a")
            found["after"] = [vault.has("a", "n"), vault.has("a", "m"), vault.has("b", "n")]
        print(json.dumps(found))
    finally:
        if serving:
            serving.kill()
            serving.wait()


if __name__ == "__main__":
    roles: dict[str, Callable[..., None]] = {"client": client, "serve": serve}
    roles[sys.argv[1]](*sys.argv[2:])
