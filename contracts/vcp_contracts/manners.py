"""Manners: all facts in which OCPP versions behave differently, announced by the Handler per subprotocol."""

from typing import Literal

from pydantic import Field

from vcp_contracts.words import Value

StartPoint = Literal[
    "ev_connected", "authorized", "power_path_closed", "energy_transfer", "parking_bay_occupancy"
]


class Manners(Value):
    """How a charger behaves towards a backend that speaks one subprotocol.

    Each field is documented with its values for 1.6 | 2.0.1 in `docs/manners.md`. The subprotocol's name itself is an
    opaque token to the charger: stored and echoed, never compared.
    """

    speaks: frozenset[str] = frozenset()
    """Types of the actions that can be written; others are not queued."""
    session_style: Literal["three_messages", "event_stream"]
    """How a session is told: start, meter values and stop; or a stream of numbered events."""
    transactions_named_by: Literal["backend", "station"]
    start_points: frozenset[StartPoint] | None = None
    """What starts a transaction; None: the setting TxStartPoint says."""
    stop_points: frozenset[StartPoint] | None = None
    transaction_updates: Literal["meter_only", "every_change"]
    end_data_interval: Literal["sample_interval", "own_interval"]
    end_data_unless_set: Literal["nothing", "register"] = "register"
    """What is sampled for a transaction's end while the setting TxEndedMeasurands has not been written."""
    status_words: Literal["fine", "coarse"]
    status_scope: Literal["station_and_evse", "connector"]
    status_carries_fault: bool
    """Whether faults travel in the status report; otherwise they are events of their own."""
    status_after_reconnect: Literal["changed", "all_after_threshold"]
    station_availability: Literal["overwrites", "own_level"]
    """Availability of the whole station: written onto every connector, or a level of its own."""
    idle_meter_is_durable: bool
    """Whether meter values outside transactions are kept while offline."""
    triggered_meter_uses: Literal["sampled", "aligned"]
    pre_authorize_covers_list: bool
    cache_excludes_list: bool
    token_max: int = Field(gt=0)
    """Longest token value that the wire carries, in characters."""
    token_typed: bool
    anonymous_start: bool
    """Whether a session without a token can be told; otherwise the setting FreeToken is used."""
    reserved_remote_start: Literal["asks", "refused"] = "refused"
    """What becomes of a remote start with a token of unknown group where an EVSE is kept free for a group: the backend
    is asked for the token's group, or the start is refused at once."""
    unlock_in_transaction: Literal["ends_it", "refused"]
    rejected_gate: Literal["silent", "security_error"]
    """What becomes of the backend's calls while it has rejected the charger's boot."""
    power_limit_reading: Literal["total", "per_phase"]
    same_profile: Literal["replaced", "refused"] = "refused"
    """What a charging profile does to another one of its purpose, stack level and place."""
    own_default_profile: Literal["overrides", "pooled"] = "pooled"
    """How an EVSE's own default profiles stand to those of the station."""
    unnamed_tx_profile: Literal["current", "refused"] = "refused"
    """A transaction's profile that names no transaction."""
    schedule_start: Literal["optional", "strict"] = "strict"
    """Whether an absolute schedule may lack a start (it then starts with the transaction), and a relative one have one."""
    relative_station_limit: Literal["accepted", "refused"] = "refused"
    """A charging profile that limits the whole station, and starts when a car could first draw energy."""
    triggered_boot: Literal["until_accepted", "again_after_reconnect"] = "until_accepted"
    """When the backend may ask for a boot: while it has not accepted one, or also on each new link, once."""
    empty_list_version: Literal["kept", "zero"] = "kept"
    """The version that a local list without entries has: the one it was given, or 0."""
    listed_concurrent: Literal["valid", "invalid"] = "invalid"
    """Whether a token may charge that the local list says is in use elsewhere."""
    unplugged_transaction: Literal["waits", "times_out"] = "waits"
    """What becomes of a transaction that goes on without its cable: EVConnectionTimeOut ends it, or nothing does."""
    heartbeat_may_rest: bool = False
    """Whether the backend may set the interval of heartbeats to 0: none is sent then."""
    call_timeout_set_by: Literal["setting", "network_slot"] = "network_slot"
    """How the backend says how long the charger waits for an answer."""
    password_rule: Literal["hex_or_text", "text"]
    future_certificate: Literal["kept", "rejected"] = "rejected"
    """What becomes of a certificate of the charger that is not valid yet."""
    csr_retry: Literal["none", "back_off"] = "none"
    """Whether the backend is asked again where it promised a certificate and none comes."""
    security_profile_set_by: Literal["setting", "network_slot"] = "network_slot"
    """How the backend raises the security profile."""
    security_events: Literal["with_security_profile", "always"] = "with_security_profile"
    """When events of security are told, unless the setting SecurityEvents says otherwise."""
    resume_reset: bool
