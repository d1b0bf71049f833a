"""Each code of a violation: frames that earn it, and legal neighbours, which are held against nobody. Both versions.

A story is the frames that a backend sends, or a function that plays more than that. What makes a neighbour legal stands
beside it, with its clause where the text has one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c
from vcp_contracts.chores import ChainChecked, FileFetched
from vcp_contracts.violations import Code

V16, V201 = "ocpp1.6", "ocpp2.0.1"
BOTH = (V16, V201)

ONE_VERSION: Mapping[Code, tuple[str, str]] = {
    "call_field_count": (V201, "1.6 bounds no list in a message of the backend's"),
    "answer_field_count": (V201, "1.6 bounds no list in an answer of the backend's"),
    "transaction_id_used": (V16, "2.0.1 has the charging station name its transactions"),
    "firmware_half_signed": (V201, "1.6 demands both in its schema"),
}
"""Codes that one version alone can earn, and why."""

OF_FIELD_RULES: frozenset[Code] = frozenset(
    {"call_field_rule", "call_field_advice", "answer_field_rule", "answer_field_advice"}
)
"""Each row of the tables behind these has its breach and its neighbour in `handler/dialects/test_field_rules.py`."""

Play = Callable[[Wired], None]


@dataclass(frozen=True)
class Story:
    """What a backend does. `earns`: the codes told of it, in order; for a neighbour what it earns all the same."""

    code: Code
    name: str
    play: Play
    versions: tuple[str, ...] = BOTH
    earns: tuple[Code, ...] = ()
    fields: Mapping[str, Any] | None = None
    """Of the charger's configuration."""
    begin: Play | None = None
    """Before the charger goes online."""


BREACHES: list[Story] = []
NEIGHBOURS: list[Story] = []


def frames(*texts: str | bytes) -> Play:
    """The backend sends these, each when what came before is done."""

    def play(it: Wired) -> None:
        for text in texts:
            it.says(text)

    return play


def at_once(*texts: str) -> Play:
    """The backend sends these, one behind the other."""

    def play(it: Wired) -> None:
        it.says_at_once(*texts)

    return play


def then(*plays: Play) -> Play:
    """One after the other."""

    def play(it: Wired) -> None:
        for each in plays:
            each(it)

    return play


def waits(seconds: float) -> Play:
    return lambda it: it.wait(seconds)


def does(command: type[c.Command], **fields: Any) -> Play:
    """Somebody touches the charger."""

    def play(it: Wired) -> None:
        it.do(command, **fields)

    return play


def to(action: str, *texts: str | bytes) -> Play:
    """The backend leaves the charger's own call open, and then sends these. `#` is the call's id."""

    def play(it: Wired) -> None:
        it.answers[action] = None
        ASKS[action](it)
        assert it.open_call is not None
        assert it.open_call[2] == action
        frames(*texts)(it)

    return play


ASKS: Mapping[str, Play] = {
    "BootNotification": does(c.Ask, word="boot"),
    "Heartbeat": does(c.Ask, word="beat"),
    "Authorize": does(c.Ask, word="authorize", token="T"),
    "StatusNotification": does(c.Ask, word="status"),
}


def breach(code: Code, name: str, play: Play, versions: tuple[str, ...] = BOTH, **more: Any) -> None:
    BREACHES.append(Story(code, name, play, versions, **{"earns": (code,), **more}))


def neighbour(code: Code, name: str, play: Play, versions: tuple[str, ...] = BOTH, **more: Any) -> None:
    NEIGHBOURS.append(Story(code, name, play, versions, **more))


# --- the frame -------------------------------------------------------------------------------------------------------

CLEAR = '[2,"1","ClearCache",{}]'
BEATEN = '[3,"#",{"currentTime":"2026-06-01T12:00:00Z"}]'
DEEP = "[" * 200 + "]" * 200


def says_no_text(it: Wired, detail: str, **more: Any) -> None:
    assert it.link is not None
    it.link.breach(detail, **more)


breach("frame_unread", "no UTF-8", lambda it: says_no_text(it, "1007 invalid UTF-8"))
neighbour("frame_unread", "letters of any script", frames('[2,"1","DataTransfer",{"vendorId":"Zoë €"}]'))
breach("frame_not_text", "the same call in a binary message", frames(CLEAR.encode()))
neighbour("frame_not_text", "in a text", frames(CLEAR))
breach("frame_not_json", "half an array", frames('[2,"1","ClearCache",{}'))
breach("frame_not_json", "a byte order mark (RFC 8259 §8.1)", frames("\ufeff" + CLEAR))
neighbour("frame_not_json", "blanks and lines around", frames('\r\n [ 2 ,\t"1" , "ClearCache" , { } ]\n \n'))
neighbour("frame_not_json", "letters written as escapes", frames('[2,"\\u0031","Clear\\u0043ache",{}]'))
neighbour(
    "frame_not_json",
    "a name that stands there twice (RFC 8259 §4: SHOULD be unique)",
    frames('[2,"1","DataTransfer",{"vendorId":"V","vendorId":"V"}]'),
)
breach("frame_not_array", "an object", frames("{}"))
breach("frame_not_array", "nothing in it", frames("[]"))
neighbour("frame_not_array", "an array", frames(CLEAR))
for number in (1, 5, 6, 9):
    breach("frame_type", f"type {number}", frames(f'[{number},"1","ClearCache",{{}}]'))
neighbour("frame_type", "type 2", frames(CLEAR))
neighbour("frame_type", "type 3", to("Heartbeat", BEATEN))
neighbour("frame_type", "type 4", to("Heartbeat", '[4,"#","InternalError","",{}]'))
breach("frame_elements", "a call of 3", frames('[2,"1","ClearCache"]'))
breach("frame_elements", "a call of 5", frames('[2,"1","ClearCache",{},{}]'))
breach("frame_elements", "an answer of 2", to("Heartbeat", '[3,"#"]'))
breach("frame_elements", "an answer of 4", to("Heartbeat", '[3,"#",{},{}]'))
neighbour("frame_elements", "a call of 4", frames(CLEAR))
neighbour("frame_elements", "an answer of 3", to("Heartbeat", BEATEN))
breach("frame_id", "37 characters", frames('[2,"' + 37 * "x" + '","ClearCache",{}]'))
breach("frame_id", "a number", frames('[2,1,"ClearCache",{}]'))
breach("frame_id", "no id of an error", to("Heartbeat", '[4,null,"InternalError","",{}]'))
for id in (36 * "x", "1", "-1", "a b/ü", "8f3b0f8e-5a5f-4d37-9a39-0c9b3f4d1a2b"):
    neighbour("frame_id", id, frames(f'[2,"{id}","ClearCache",{{}}]'))
neighbour("frame_id", "36 letters beyond ASCII", frames('[2,"' + 36 * "ü" + '","ClearCache",{}]'))
breach("frame_action", "a number", frames('[2,"1",7,{}]'))
breach("frame_action", "an empty text", frames('[2,"1","",{}]'))
neighbour("frame_action", "a name", frames(CLEAR))
breach("frame_payload", "a list", frames('[2,"1","ClearCache",[]]'))
breach("frame_payload", "a text", frames('[2,"1","ClearCache","{}"]'))
breach("frame_payload", "a list as answer", to("StatusNotification", '[3,"#",[]]'))
neighbour(
    "frame_payload", "null for an empty one (1.6 §4.2.1; part 4 §4.1.5)", frames('[2,"1","ClearCache",null]')
)
neighbour("frame_payload", "null for an empty answer", to("StatusNotification", '[3,"#",null]'))
breach("frame_error_code", "a number", to("Heartbeat", '[4,"#",7,"",{}]'))
breach("frame_error_code", "none", to("Heartbeat", '[4,"#",null,"",{}]'))
neighbour("frame_error_code", "a text", to("Heartbeat", '[4,"#","NotSupported","",{}]'))
breach("frame_error_parts", "4 elements", to("Heartbeat", '[4,"#","InternalError",""]'))
breach("frame_error_parts", "6 elements", to("Heartbeat", '[4,"#","InternalError","",{},{}]'))
breach("frame_error_parts", "no description", to("Heartbeat", '[4,"#","InternalError",null,{}]'))
breach("frame_error_parts", "null for no details", to("Heartbeat", '[4,"#","InternalError","",null]'))
breach(
    "frame_error_parts",
    "256 characters",
    to("Heartbeat", f'[4,"#","InternalError","{256 * "x"}",{{}}]'),
    (V201,),
)
neighbour("frame_error_parts", "nothing to say", to("Heartbeat", '[4,"#","InternalError","",{}]'))
neighbour(
    "frame_error_parts", "any details", to("Heartbeat", '[4,"#","InternalError","x",{"a":[{"b":null}]}]')
)
neighbour(
    "frame_error_parts", "255 characters", to("Heartbeat", f'[4,"#","InternalError","{255 * "x"}",{{}}]')
)
neighbour(
    "frame_error_parts",
    "1.6 sets no bound to the description",
    to("Heartbeat", f'[4,"#","InternalError","{9_000 * "x"}",{{}}]'),
    (V16,),
)
LONG = '[2,"1","DataTransfer",{"vendorId":"V","data":"%s"}]'
breach("frame_too_long", "more than is read", frames(LONG % ("x" * 1_048_576)))
breach(
    "frame_too_long", "so long that the socket gives up", lambda it: says_no_text(it, "1009", too_long=True)
)
neighbour("frame_too_long", "a million", frames(LONG % ("x" * 1_000_000)))
breach(
    "frame_beyond_limits",
    "deeper than is read",
    frames(f'[2,"1","DataTransfer",{{"vendorId":"V","data":{DEEP}}}]'),
)
breach(
    "frame_beyond_limits",
    "a number beyond all bounds",
    frames('[2,"1","DataTransfer",{"vendorId":"V","data":1e400}]'),
)
neighbour("frame_beyond_limits", "brackets in a text", frames(LONG % DEEP))
neighbour(
    "frame_beyond_limits",
    "as deep as is read",
    frames(f'[2,"1","DataTransfer",{{"vendorId":"V","data":{DEEP[110:-110]}}}]'),
    (V201,),
)

# --- who may speak when ----------------------------------------------------------------------------------------------

SLOW = {
    "name": "slow",
    "when": {"action": "ClearCache", "kind": "call"},
    "then": {"do": "delay", "delay_s": 60},
}


def calls_slowly(it: Wired, after_s: float) -> None:
    """The charger takes a minute to answer; the backend gives its call up, and makes another."""
    it.rules(SLOW)
    it.says(CLEAR)
    it.wait(after_s)
    it.says('[2,"2","DataTransfer",{"vendorId":"V"}]')


breach("call_too_early", "two calls at once", at_once(CLEAR, '[2,"2","ClearCache",{}]'))
breach("call_too_early", "while the first is unanswered", lambda it: calls_slowly(it, 9))
neighbour("call_too_early", "its time is the backend's own affair (§4.1.1)", lambda it: calls_slowly(it, 10))
neighbour("call_too_early", "one after the other", frames(CLEAR, '[2,"2","ClearCache",{}]'))
neighbour(
    "call_too_early", "while the charger's own call is open (§4.1.1, note)", to("Heartbeat", CLEAR, BEATEN)
)
neighbour("call_too_early", "right behind an answer", then(to("Heartbeat"), at_once(BEATEN, CLEAR)))
MANY = [f'[2,"{n}","ClearCache",{{}}]' for n in range(501)]
breach(
    "calls_without_end",
    "501 calls at once",
    at_once(*MANY),
    earns=("call_too_early",) * 499 + ("calls_without_end",),
)
neighbour("calls_without_end", "501 calls, each answered before the next", frames(*MANY))
OTHER = {V16: '[2,"1","Reset",{"type":"Soft"}]', V201: '[2,"1","Reset",{"type":"OnIdle"}]'}
for version, other in OTHER.items():
    breach("call_id_used", "for another message", frames(CLEAR, other), (version,))
DATA = '[2,"1","DataTransfer",{"vendorId":"V","messageId":"M"}]'
neighbour("call_id_used", "the same message again (errata: a retry)", frames(DATA, DATA))
neighbour(
    "call_id_used",
    "the same again, written otherwise",
    frames(DATA, '[2, "1", "DataTransfer", {"messageId": "M", "vendorId": "V"}]'),
)
neighbour("call_id_used", "another id", frames(CLEAR, CLEAR.replace('"1"', '"01"')))


def reconnects(it: Wired) -> None:
    it.lose()
    it.back()


def calls_on_both_links(it: Wired) -> None:
    it.says(CLEAR)
    reconnects(it)
    it.says(CLEAR)


neighbour("call_id_used", "the same on the next connection", calls_on_both_links)


def boots(verdict: str, interval: int = 600) -> Play:
    def begin(it: Wired) -> None:
        it.answers["BootNotification"] = lambda _: {
            "status": verdict,
            "currentTime": it.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "interval": interval,
        }

    return begin


def is_accepted_at_last(it: Wired) -> None:
    """An order for a link that was given while the boot was rejected outlives that verdict."""
    it.do(c.GoOffline)
    it.do(c.GoOnline)
    del it.answers["BootNotification"]
    it.wait(600)
    assert it.view.boot.verdict == "accepted"
    reconnects(it)
    it.says(CLEAR)


def calls_behind_the_boot(verdict: str) -> Play:
    """The backend says that it takes the charger, and has its first question right behind."""

    def play(it: Wired) -> None:
        it.answers["BootNotification"] = None
        it.wait(600)
        time = it.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        said = it.says_at_once(
            f'[3,"#",{{"status":"{verdict}","currentTime":"{time}","interval":600}}]',
            '[2,"1","DataTransfer",{"vendorId":"V"}]',
        )
        assert any(text.startswith('[3,"1",') for text in said)

    return play


def by_rule(verdict: str) -> Play:
    """A rule gives the charger this verdict; to the backend it is accepted."""

    def begin(it: Wired) -> None:
        payload = {"status": verdict, "currentTime": "2001-01-01T00:00:00Z", "interval": -5}
        it.rules({"name": "no", "when": {"word": "boot"}, "then": {"do": "answer", "payload": payload}})

    return begin


breach("call_not_registered", "after Rejected", frames(CLEAR), begin=boots("Rejected"))
neighbour("call_not_registered", "after Pending (1.6 §4.2; B02.FR.01)", frames(CLEAR), begin=boots("Pending"))
neighbour("call_not_registered", "after Accepted", frames(CLEAR))
neighbour("call_not_registered", "on a later link", is_accepted_at_last, begin=boots("Rejected"))
for verdict in ("Accepted", "Pending"):
    neighbour(
        "call_not_registered",
        f"right behind {verdict}",
        calls_behind_the_boot(verdict),
        begin=boots("Rejected"),
    )
neighbour("call_not_registered", "a rule rejected the charger", frames(CLEAR), begin=by_rule("Rejected"))


def answers_after(seconds: float) -> Play:
    def play(it: Wired) -> None:
        to("Heartbeat")(it)
        sent = it.open_call
        assert sent is not None
        it.wait(seconds)
        it.says(BEATEN.replace("#", sent[1]))

    return play


def sends(text: str | None = None, **call: Any) -> Play:
    """Somebody writes to the backend by hand, and it says nothing to that for a minute."""

    def play(it: Wired) -> None:
        it.answers["*"] = None
        it.do(c.SendRaw, **({"text": text} if text is not None else call), unchecked=True)
        it.wait(60)

    return play


SECOND = {"call_timeout_s": 1.0}
breach("answer_missing", "none in 30 s", then(to("Heartbeat"), waits(30)))
neighbour("answer_missing", "in time", answers_after(29.9))
neighbour(
    "answer_missing",
    "the time was made shorter than anyone needs",
    then(to("Heartbeat"), waits(5)),
    fields=SECOND,
)
neighbour("answer_missing", "the link was lost", then(to("Heartbeat"), Wired.lose, waits(60)))
neighbour(
    "answer_missing",
    "what breaks OCPP may be dropped (part 4 §4.2.3)",
    sends(action="BrewCoffee", payload={}),
)
neighbour("answer_missing", "no call", sends('[2,"x"'))
neighbour(
    "answer_missing",
    "its error named no call (part 4 §4.2.3)",
    then(to("Heartbeat", '[4,"-1","RpcFrameworkError","",{}]'), waits(60)),
    (V201,),
)
breach("answer_late", "after 31 s", answers_after(31), earns=("answer_missing", "answer_late"))
breach("answer_late", "after a second, and ten", answers_after(10), fields=SECOND)
neighbour("answer_late", "after a second, and less than ten", answers_after(9.9), fields=SECOND)


def answers_again(it: Wired) -> None:
    last = next(call for call in reversed(it.calls) if call[2] == "Heartbeat")
    it.says(BEATEN.replace("#", last[1]))


breach("answer_twice", "twice the same", then(answers_after(1), answers_again))
TRIED = {
    "call_timeout_s": 12.0,
    "settings": {"TransactionMessageAttempts": "3", "TransactionMessageRetryInterval": "5"},
}
STARTED = {
    V16: '[3,"#",{"idTagInfo":{"status":"Accepted"},"transactionId":7}]',
    V201: '[3,"#",{"idTokenInfo":{"status":"Accepted"}}]',
}
START = {V16: "StartTransaction", V201: "TransactionEvent"}


def charges(it: Wired, evse: int = 1, token: str = "CARD1") -> None:
    it.do(c.PlugIn, evse=evse)
    it.do(c.PresentToken, evse=evse, token=token)


def answers_each_try(it: Wired) -> None:
    """The message goes out again under its id, and each copy is answered once."""
    start = START[it.subprotocol]
    it.answers[start] = None
    charges(it)
    first = it.open_call
    assert first is not None
    it.wait(17)
    again = it.open_call
    assert again is not None
    assert again[1] == first[1]
    it.answers[start] = it.well(start)
    text = STARTED[it.subprotocol].replace("#", first[1])
    it.says(text)
    it.says(text)


def answers_on_the_next_link(it: Wired) -> None:
    """What the charger could not know to have arrived goes out again; the backend answers both, on the link there is."""
    start = START[it.subprotocol]
    it.answers[start] = None
    charges(it)
    first = it.open_call
    assert first is not None
    reconnects(it)
    it.answers[start] = it.well(start)
    text = STARTED[it.subprotocol].replace("#", first[1])
    it.says(text)
    it.says(text)


neighbour(
    "answer_twice", "each copy of a message once", answers_each_try, fields=TRIED, earns=("answer_missing",)
)
neighbour("answer_twice", "one copy on each link", answers_on_the_next_link)
TWICE = {"name": "2", "when": {"word": "beat", "kind": "call"}, "then": {"do": "twice"}}
neighbour(
    "answer_twice",
    "a rule sent it twice",
    then(lambda it: it.rules(TWICE), answers_after(1), answers_again),
)
breach("answer_to_no_call", "a result", frames('[3,"zz",{}]'))
breach("answer_to_no_call", "an error", frames('[4,"zz","InternalError","",{}]'))
breach("answer_to_no_call", "a result can't be of what can't be read", frames('[3,"-1",{}]'))
UNREAD = '[4,"-1","GenericError","",{}]'
breach("answer_to_no_call", "1.6 has no such id", frames(UNREAD), (V16,))
neighbour("answer_to_no_call", "an error of what could not be read (part 4 §4.2.3)", frames(UNREAD), (V201,))
neighbour("answer_to_no_call", "nothing else can be said", then(sends('[2,"x"'), frames(UNREAD)))
neighbour("answer_to_no_call", "a call of the link before", then(to("Heartbeat"), reconnects, answers_again))
breach("error_code_unknown", "Oops", to("Heartbeat", '[4,"#","Oops","",{}]'))
breach("error_code_unknown", "an empty one", to("Heartbeat", '[4,"#","","",{}]'))
for code in (
    *("NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError", "GenericError"),
    *("PropertyConstraintViolation", "TypeConstraintViolation"),
    *(
        "FormationViolation",
        "FormatViolation",
        "OccurenceConstraintViolation",
        "OccurrenceConstraintViolation",
    ),
    *("MessageTypeNotSupported", "RpcFrameworkError"),
):
    # each version spells some of them in its own way, and backends speak several versions
    neighbour("error_code_unknown", code, to("Heartbeat", f'[4,"#","{code}","",{{}}]'))

# --- the payload -----------------------------------------------------------------------------------------------------

breach("call_unknown", "an action of nobody's", frames('[2,"1","BrewCoffee",{}]'))
breach("call_unknown", "names keep their case", frames('[2,"1","clearCache",{}]'))
neighbour(
    "call_unknown", "a vendor's own message", frames('[2,"1","DataTransfer",{"vendorId":"com.coffee"}]')
)
neighbour(
    "call_unknown",
    "of the security whitepaper",
    frames('[2,"1","GetInstalledCertificateIds",{"certificateType":"CentralSystemRootCertificate"}]'),
    (V16,),
)
neighbour(
    "call_unknown",
    "a signed message (part 4 §7), which nobody must take",
    frames('[2,"1","ClearCache-Signed",{"payload":"e30","protected":"e30","signature":"AA"}]'),
    (V201,),
)
neighbour(
    "call_unknown",
    "one that this charge point does not take",
    frames('[2,"1","ClearDisplayMessage",{"id":1}]'),
    (V201,),
)
breach("call_wrong_way", "a heartbeat", frames('[2,"1","Heartbeat",{}]'))
breach("call_wrong_way", "a boot", frames('[2,"1","BootNotification",{}]'))
neighbour("call_wrong_way", "data goes both ways", frames('[2,"1","DataTransfer",{"vendorId":"V"}]'))
breach("call_field_missing", "what kind of reset", frames('[2,"1","Reset",{}]'))
neighbour("call_field_missing", "no keys asks for all", frames('[2,"1","GetConfiguration",{}]'), (V16,))
neighbour(
    "call_field_missing", "any connector", frames('[2,"1","RemoteStartTransaction",{"idTag":"T"}]'), (V16,)
)
START_ANYWHERE = (
    '[2,"1","RequestStartTransaction",{"remoteStartId":1,"idToken":{"idToken":"T","type":"Central"}}]'
)
neighbour("call_field_missing", "any EVSE", frames(START_ANYWHERE), (V201,))
breach("call_field_extra", "one more", frames('[2,"1","ClearCache",{"x":1}]'))
breach(
    "call_field_extra",
    "of the other version",
    frames('[2,"1","ClearCache",{"customData":{"vendorId":"V"}}]'),
    (V16,),
)
neighbour(
    "call_field_extra",
    "anything in customData (part 4 §9)",
    frames('[2,"1","ClearCache",{"customData":{"vendorId":"V","x":{"y":[1]}}}]'),
    (V201,),
)
neighbour(
    "call_field_extra",
    "every field there is",
    frames('[2,"1","DataTransfer",{"vendorId":"V","messageId":"M","data":"D"}]'),
)
breach("call_field_count", "none", frames('[2,"1","GetVariables",{"getVariableData":[]}]'), (V201,))
ONE_READ = '[2,"1","GetVariables",{"getVariableData":[{"component":{"name":"C"},"variable":{"name":"V"}}]}]'
neighbour("call_field_count", "one", frames(ONE_READ), (V201,))
breach("call_field_type", "a number", frames('[2,"1","Reset",{"type":7}]'))
breach(
    "call_field_type",
    "null is no way to leave a field out (part 4 §4.1.5)",
    frames('[2,"1","DataTransfer",{"vendorId":"V","messageId":null}]'),
)
PROFILE = (
    '[2,"1","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,'
    '"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute","chargingSchedule":{'
    '"startSchedule":"%s","chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":%s}]}}}]'
)
NOW = "2026-06-01T12:00:00Z"
neighbour("call_field_type", "a whole number where any will do", frames(PROFILE % (NOW, "16")), (V16,))
neighbour(
    "call_field_type",
    "1.0 is an integer (draft 6 of JSON schema)",
    frames(START_ANYWHERE.replace(":1,", ":1.0,")),
    (V201,),
)
breach("call_field_value", "a word that is none", frames('[2,"1","Reset",{"type":"Warm"}]'))
breach("call_field_value", "no date", frames(PROFILE % ("yesterday", "16")), (V16,))
for limit in ("0", "0.1", "16.1", "16.3", "32.7"):
    neighbour("call_field_value", f"one decimal: {limit}", frames(PROFILE % (NOW, limit)), (V16,))
for time in (
    "2026-06-01T14:00:00+02:00",
    "2026-06-01T12:00:00.123456Z",
    "2026-06-01t12:00:00z",
    "2026-06-01T12:00:00-00:00",
):
    neighbour("call_field_value", f"an instant: {time}", frames(PROFILE % (time, "16")), (V16,))
neighbour(
    "call_field_value",
    "a text as long as it may be",
    frames(f'[2,"1","DataTransfer",{{"vendorId":"{255 * "v"}","messageId":"{50 * "m"}"}}]'),
)
FIRMWARE = '[2,"1","UpdateFirmware",{"requestId":0,"firmware":{"location":"dummy://dummy","retrieveDateTime":"%s"%s}}]'
SIGNED_ONLY = FIRMWARE % (NOW, ',"signature":"☺"')
neighbour(
    "call_field_value",
    "the answer has a status for a missing certificate (L01.FR.22)",
    frames(SIGNED_ONLY),
    (V201,),
    earns=("firmware_half_signed",),
)

STATUS = {V16: '{"idTagInfo":{"status":%s}%s}', V201: '{"idTokenInfo":{"status":%s}%s}'}


def judged(version: str, status: str = '"Accepted"', more: str = "") -> Play:
    return to("Authorize", '[3,"#",' + STATUS[version] % (status, more) + "]")


breach("answer_field_missing", "all", to("Heartbeat", '[3,"#",{}]'))
breach("answer_field_missing", "null for all", to("Heartbeat", '[3,"#",null]'))
neighbour("answer_field_missing", "an answer without fields", to("StatusNotification", '[3,"#",{}]'))
for version in BOTH:
    breach("answer_field_extra", "one more", judged(version, more=',"x":1'), (version,))
    neighbour("answer_field_extra", "all that is needed", judged(version), (version,))
    breach("answer_field_type", "a number", judged(version, "7"), (version,))
    breach("answer_field_value", "a word that is none", judged(version, '"Nice"'), (version,))
    for status in ("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"):
        neighbour("answer_field_value", status, judged(version, f'"{status}"'), (version,))
neighbour(
    "answer_field_extra",
    "anything in customData (part 4 §9)",
    judged(V201, more=',"customData":{"vendorId":"V","x":1}'),
    (V201,),
)
breach("answer_field_count", "none", judged(V201, '"Accepted","evseId":[]'), (V201,))
neighbour("answer_field_count", "one", judged(V201, '"Accepted","evseId":[1]'), (V201,))
neighbour("answer_field_type", "a text", judged(V16), (V16,))
BOOTED = '[3,"#",{"status":"Accepted","currentTime":"%s","interval":%s}]'


def boot_answered(time: str = NOW, interval: str = "600") -> Play:
    """The charger boots once more, and is answered so."""
    return to("BootNotification", BOOTED % (time, interval))


neighbour(
    "answer_field_type",
    "600.0 is an integer (draft 6 of JSON schema)",
    boot_answered(interval="600.0"),
    (V201,),
)

# --- what is said ----------------------------------------------------------------------------------------------------

breach("boot_interval_negative", "-1", boot_answered(interval="-1"))
for interval in ("0", "1", "86400", "2147483647"):
    neighbour("boot_interval_negative", interval, boot_answered(interval=interval))
neighbour("boot_interval_negative", "0, and not accepted (B02.FR.07)", frames(), begin=boots("Pending", 0))
neighbour("boot_interval_negative", "a rule said so", frames(), begin=by_rule("Accepted"))
breach("time_far_off", "behind", boot_answered("2026-06-01T11:54:59Z"))
breach("time_far_off", "ahead", to("Heartbeat", '[3,"#",{"currentTime":"2026-06-01T12:05:01Z"}]'))
neighbour("time_far_off", "five minutes", boot_answered("2026-06-01T12:05:00Z"))
neighbour("time_far_off", "elsewhere it is another hour", boot_answered("2026-06-01T17:30:00+05:30"))
neighbour("time_far_off", "in pieces of seconds", boot_answered("2026-06-01T12:00:00.999999999Z"))


def beats(it: Wired) -> None:
    it.do(c.Ask, word="beat")
    assert it.last("Heartbeat") == {}


def held_long(it: Wired) -> None:
    """The time was right when the backend told it."""
    then = {"do": "delay", "delay_s": 600}
    it.rules({"name": "late", "when": {"word": "beat", "kind": "result"}, "then": then})
    it.do(c.Ask, word="beat")
    it.wait(600)


neighbour(
    "time_far_off", "the charger's own clock is off", then(does(c.AdvanceClock, seconds=86_400.0), beats)
)
neighbour("time_far_off", "a rule kept the answer back", held_long, fields={"call_timeout_s": 600.0})
neighbour("time_far_off", "a rule said so", frames(), begin=by_rule("Accepted"))

TWO = {"evses": ({"connectors": ({},)}, {"connectors": ({},)})}


def named(*answers: tuple[str, int], between: Play | None = None) -> Play:
    """Sessions on two EVSEs, whose starts are answered with these verdicts and ids."""

    def play(it: Wired) -> None:
        for number, (status, id) in enumerate(answers):
            it.answers["StartTransaction"] = lambda _, status=status, id=id: {
                "idTagInfo": {"status": status},
                "transactionId": id,
            }
            charges(it, number % 2 + 1)
            if between is not None:
                between(it)

    return play


def unplugs(it: Wired) -> None:
    it.do(c.PresentToken, evse=1, token="CARD1")
    it.do(c.Unplug, evse=1)


breach(
    "transaction_id_used", "of one that is open", named(("Accepted", 7), ("Accepted", 7)), (V16,), fields=TWO
)
neighbour("transaction_id_used", "each its own", named(("Accepted", 7), ("Accepted", 8)), (V16,), fields=TWO)
for pair in ((0, -1), (-7, 0), (2_147_483_647, -2_147_483_648)):
    neighbour(
        "transaction_id_used",
        f"any integer: {pair}",
        named(*(("Accepted", id) for id in pair)),
        (V16,),
        fields=TWO,
    )
neighbour(
    "transaction_id_used",
    "of one that has ended, and was told so",
    then(named(("Accepted", 7)), unplugs, named(("Accepted", 7))),
    (V16,),
    fields=TWO,
)
OPEN = {**TWO, "settings": {"StopTransactionOnInvalidId": "false"}}
neighbour(
    "transaction_id_used",
    "of one that it refused",
    named(("Invalid", 7), ("Accepted", 7)),
    (V16,),
    fields=OPEN,
)
neighbour(
    "transaction_id_used",
    "of one that it refuses",
    named(("Accepted", 7), ("Invalid", 7)),
    (V16,),
    fields=OPEN,
)

SESSIONS = {
    V16: (
        '[2,"1","RemoteStartTransaction",{"idTag":"T"}]',
        '[2,"2","RemoteStopTransaction",{"transactionId":1}]',
    ),
    V201: (START_ANYWHERE, '[2,"2","RequestStopTransaction",{"transactionId":"1"}]'),
}
for version, wishes in SESSIONS.items():
    for wish in wishes:
        pending = boots("Pending")
        breach("session_while_pending", wish[5:25], frames(wish), (version,), begin=pending)
        neighbour("session_while_pending", f"accepted {wish[5:25]}", frames(wish), (version,))
        neighbour(
            "session_while_pending",
            f"a rule {wish[5:25]}",
            frames(wish),
            (version,),
            begin=by_rule("Pending"),
        )
neighbour(
    "session_while_pending",
    "settings may be read (B02.FR.01)",
    frames(ONE_READ),
    (V201,),
    begin=boots("Pending"),
)
neighbour(
    "session_while_pending",
    "settings may be changed (§4.2)",
    frames('[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"60"}]'),
    (V16,),
    begin=boots("Pending"),
)
breach("firmware_half_signed", "no certificate", frames(SIGNED_ONLY), (V201,))
breach(
    "firmware_half_signed", "no signature", frames(FIRMWARE % (NOW, ',"signingCertificate":"PEM"')), (V201,)
)
neighbour("firmware_half_signed", "neither (L02)", frames(FIRMWARE % (NOW, "")), (V201,))
neighbour(
    "firmware_half_signed",
    "both",
    frames(FIRMWARE % (NOW, ',"signingCertificate":"PEM","signature":"c2ln"')),
    (V201,),
)


# --- the test --------------------------------------------------------------------------------------------------------


def told(story: Story, version: str) -> list[str]:
    fields: dict[str, Any] = dict(story.fields or {})
    if story.begin is not None:
        fields["online"] = False
    it = Wired(version, **fields)
    if story.begin is not None:
        story.begin(it)
        it.do(c.GoOnline)
    story.play(it)
    violations = it.seen("protocol_violation")
    assert {violation.subprotocol for violation in violations} <= {version}
    return [violation.code for violation in violations]


def cases(stories: list[Story]) -> list[Any]:
    return [
        pytest.param(story, version, id=f"{story.code}-{version}-{story.name[:60]}")
        for story in stories
        for version in story.versions
    ]


@pytest.mark.parametrize(("story", "version"), cases(BREACHES))
def test_a_breach_is_told(story: Story, version: str) -> None:
    assert told(story, version) == list(story.earns)


@pytest.mark.parametrize(("story", "version"), cases(NEIGHBOURS))
def test_what_is_legal_is_held_against_nobody(story: Story, version: str) -> None:
    assert told(story, version) == list(story.earns)


@pytest.mark.parametrize("stories", [BREACHES, NEIGHBOURS], ids=["breaches", "neighbours"])
def test_every_code_has_both_in_every_version_that_can_earn_it(stories: list[Story]) -> None:
    shown = {(story.code, version) for story in stories for version in story.versions}
    wanted = {
        (code, version)
        for code in get_args(Code)
        if code not in OF_FIELD_RULES
        for version in ((ONE_VERSION[code][0],) if code in ONE_VERSION else BOTH)
    }
    assert wanted - shown == set()


def test_every_breach_earns_its_code() -> None:
    assert [story.name for story in BREACHES if story.code not in story.earns] == []


def test_a_probe_for_signed_firmware_gets_the_status_that_it_asks_for() -> None:
    """2.0.1 L01.FR.22: no error, as nothing is wrong with the message; L01.FR.02: and the event is told."""
    it = Wired(V201)
    it.heard()
    [answer, *more] = it.says(SIGNED_ONLY)
    assert json.loads(answer) == [3, "1", {"status": "InvalidCertificate"}]
    assert any("InvalidFirmwareSigningCertificate" in text for text in more)


def test_firmware_without_a_signature_fails_when_it_is_there() -> None:
    """2.0.1 L01: a signature that is missing is an invalid one."""
    it = Wired(V201)
    it.do(c.WriteSetting, name="OCPPCommCtrlr.FileTransferProtocols", value="HTTPS")
    it.says((FIRMWARE % (NOW, ',"signingCertificate":"PEM"')).replace("dummy:", "https:"))
    it.worked(ChainChecked(good=True))
    it.worked(FileFetched(size=1, sha256="00"))
    it.wait(60)
    stages = [call[3]["status"] for call in it.calls if call[2] == "FirmwareStatusNotification"]
    assert stages == ["Downloading", "Downloaded", "InvalidSignature"]
