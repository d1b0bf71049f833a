"""The installed charging profiles: how they come in, whom they replace, and when they go."""

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.profiles import Installed
from vcp_abstraction.facts.transactions import Transaction


def adopt(cp: Charger, evse: EvseFacts) -> None:
    """The profile that came along with a remote start becomes its transaction's (1.6 §5.16.2, 2.0.1 K05)."""
    held, transaction = evse.held, evse.transaction
    evse.held = None
    if held is None or transaction is None or transaction.remote_start is None:
        return
    if held.token.equals(transaction.token):
        install(cp, Installed(profile=held.profile, evse=evse.id, transaction=transaction.id))


def install(cp: Charger, new: Installed) -> None:
    """Puts a profile in, in the stead of those that it replaces."""
    cp.profiles.installed = [each for each in cp.profiles.installed if not replaces(cp, new, each)]
    cp.profiles.installed.append(new)
    cp.touch("profiles")


def replaces(cp: Charger, new: Installed, old: Installed) -> bool:
    """Whether one takes the other's place: the same id; also the same purpose, stack level and place (1.6 §5.16.3),
    unless such a one is refused where both would be valid at a time, and kept where not (2.0.1 K01.FR.05, FR.06)."""
    if old.profile.purpose == "external" or new.profile.purpose == "external":
        return old.profile.purpose == new.profile.purpose and old.evse == new.evse
    return old.profile.id == new.profile.id or (
        cp.manners.same_profile == "replaced"
        and old.profile.purpose == new.profile.purpose
        and old.profile.stack_level == new.profile.stack_level
        and old.evse == new.evse
    )


def forget(cp: Charger, transaction: Transaction) -> None:
    """A transaction is over: its own profiles go (1.6 §3.13.1, K01.FR.07)."""
    kept = [each for each in cp.profiles.installed if each.transaction != transaction.id]
    if len(kept) != len(cp.profiles.installed):
        cp.profiles.installed = kept
        cp.touch("profiles")


def keep_within(cp: Charger, evses: int) -> None:
    """The charger has other hardware now: profiles of EVSEs that are gone go too."""
    kept = [each for each in cp.profiles.installed if each.evse <= evses]
    if len(kept) != len(cp.profiles.installed):
        cp.profiles.installed = kept
        cp.touch("profiles")


def drop_expired(cp: Charger) -> None:
    """A profile past its validity will never count again: it makes room."""
    valid = [e for e in cp.profiles.installed if e.profile.valid_to is None or e.profile.valid_to > cp.now]
    if len(valid) != len(cp.profiles.installed):
        cp.profiles.installed = valid
        cp.touch("profiles")
