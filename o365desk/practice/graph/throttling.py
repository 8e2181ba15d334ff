"""Quotas of identity and access: token buckets per app and tenant, in resource units and in writes."""

from dataclasses import dataclass
from math import ceil

from o365desk.practice.graph.call import Call, GraphError

_MOST_SHARE = 1.8
_TOLD_FROM = 0.8
_RESERVE = 0.1  # of each quota: not for requests of low priority


@dataclass(frozen=True)
class Quota:
    """`size` in `seconds`, filled up evenly. Requests that are refused count too, down to `debt` of the size."""

    size: float
    seconds: float
    debt: float


@dataclass(frozen=True)
class _Profile:
    """`units` by how many users there are at least, the most first."""

    units: tuple[tuple[int, Quota], ...]
    writes: Quota


# Small, medium and large tenants by the documented limits; and numbers that tests reach.
_PROFILES = {
    "documented": _Profile(
        ((501, Quota(8000, 10, 0.8)), (50, Quota(5000, 10, 0.8)), (0, Quota(3500, 10, 0.8))), Quota(3000, 150, 0.8)
    ),
    "tight": _Profile(((0, Quota(60, 10, 0.2)),), Quota(40, 10, 0.2)),
}


class _Bucket:
    """What is left of one quota."""

    def __init__(self, quota: Quota, now: float) -> None:
        self.quota = quota
        self._left = quota.size
        self._at = now

    def fill(self, now: float) -> None:
        """Adds what came since last time; a clock that was put back adds nothing."""
        speed = self.quota.size / self.quota.seconds
        self._left = min(self.quota.size, self._left + max(0.0, now - self._at) * speed)
        self._at = now

    def wait(self, cost: float, low: bool) -> float:
        """Seconds until there will be enough; 0: there is now."""
        missing = cost + (self.quota.size * _RESERVE if low else 0) - self._left
        return max(0.0, missing * self.quota.seconds / self.quota.size)

    def take(self, cost: float) -> None:
        """Counts a request, accepted or not."""
        self._left = max(self._left - cost, -self.quota.debt * self.quota.size)

    @property
    def share(self) -> float:
        """How much of the quota is used, 1 being all."""
        return 1 - self._left / self.quota.size


class Throttle:
    """All buckets of one run."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str, str], _Bucket] = {}

    def forget(self) -> None:
        """Everything may be used up anew."""
        self._buckets.clear()

    def charge(self, profile: str, call: Call, units: int, writes: bool) -> dict[str, str]:
        """Counts a request; the headers that tell how much is used, or GraphError 429."""
        rules = _PROFILES.get(profile)
        if rules is None:
            return {}
        quota = next(quota for users, quota in rules.units if len(call.directory.users) >= users)
        charges = [(self._bucket(profile, call, "ReadWrite", quota), float(units), "ResourceUnitLimitExceeded")]
        if writes:
            charges.append((self._bucket(profile, call, "Write", rules.writes), 1.0, "WriteLimitExceeded"))
        low = call.request.headers.get("x-ms-throttle-priority", "").lower() == "low"
        refused = any(bucket.wait(cost, low) for bucket, cost, _ in charges)
        for bucket, cost, _ in charges:
            bucket.take(cost)
        share = max(bucket.share for bucket, _, _ in charges)
        told = {"x-ms-throttle-limit-percentage": f"{min(share, _MOST_SHARE):.2f}"} if share >= _TOLD_FROM else {}
        if refused:  # what was counted just now makes the wait longer
            waits = [(bucket.wait(cost, low), why) for bucket, cost, why in charges]
            raise _refusal(call, *max(waits), told)
        return told

    def _bucket(self, profile: str, call: Call, kind: str, quota: Quota) -> _Bucket:
        key = (profile, str(call.claims["appid"]), call.directory.tenant_id, kind)
        bucket = self._buckets.setdefault(key, _Bucket(quota, call.now))
        bucket.fill(call.now)
        return bucket


def _refusal(call: Call, wait: float, why: str, told: dict[str, str]) -> GraphError:
    error = GraphError(429, "TooManyRequests", "Too many requests.")
    error.headers |= told | {
        "Retry-After": f"{ceil(wait * 10) / 10:.1f}",
        "x-ms-throttle-scope": scope(
            "Write" if why.startswith("Write") else "ReadWrite", str(call.claims["appid"]), call.directory.tenant_id
        ),
        "x-ms-throttle-information": why,
    }
    return error


def scope(kind: str, app: str, tenant: str) -> str:
    """Whose quota was used up, as the header says it; `kind` is Read, Write or ReadWrite."""
    return f"Tenant_Application/{kind}/{app}/{tenant}"
