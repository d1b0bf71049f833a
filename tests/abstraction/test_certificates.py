"""Certificates: roots that the backend installs, and the charger's own (whitepaper and 2.0.1: A02, M03 to M05)."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from abstraction.story import NOON, Story
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from vcp_contracts import commands as c
from vcp_contracts.chores import ChoreDone, ChoreFailed, KeyMade
from vcp_contracts.link import LinkFailed
from vcp_contracts.outcomes import Answered, SigningAnswer
from vcp_contracts.requests import (
    DeleteCertificate,
    InstallRoot,
    ListCertificates,
    SettingToWrite,
    TakeCertificate,
    Trigger,
    WriteSettings,
)
from vcp_contracts.settings import name_of_key

DAY = timedelta(days=1)


class Authority:
    """A root of the test's own, and what it signs."""

    def __init__(self, name: str, *, above: "Authority | None" = None, ca: bool = True) -> None:
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        above = above or self
        self.certificate = above.signs(self.name, self.key.public_key(), ca=ca)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def signs(
        self,
        subject: x509.Name,
        key: Any,
        *,
        ca: bool = False,
        begins: datetime = NOON - DAY,
        days: int = 365,
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder(self.name, subject, key, 77, begins, begins + days * DAY)
        return builder.add_extension(x509.BasicConstraints(ca, None), critical=True).sign(self.key, SHA256())


def named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def install(story: Story, pem: str, use: Any = "backend_root") -> tuple[str, str | None]:
    reply = story.request(InstallRoot, use=use, certificate=pem)
    return reply.result, reply.detail


def listed(story: Story, *uses: Any) -> Any:
    return story.request(ListCertificates, uses=uses or None)


# --- roots -----------------------------------------------------------------------------------------------------------


def test_a_root_is_installed_listed_trusted_and_deleted():
    story = Story().online()
    root = Authority("root")
    assert listed(story).result == "not_found"
    assert install(story, root.pem) == ("accepted", None)
    (found,) = listed(story, "backend_root").certificates
    key = root.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert found.certificate.model_dump() == {
        "algorithm": "SHA256",
        "issuer_name": sha256(root.name.public_bytes()).hexdigest(),
        "issuer_key": sha256(key).hexdigest(),
        "serial": "4d",
    }
    assert listed(story, "manufacturer_root").result == "not_found"
    story.do(c.GoOffline)
    story.do(c.GoOnline)
    assert story.said[-1].authorities == (root.pem,)
    story.link_up()
    asked = found.certificate.model_copy(update={"serial": "004D"})
    assert story.request(DeleteCertificate, certificate=asked).result == "accepted"
    assert story.request(DeleteCertificate, certificate=asked).result == "not_found"


def test_a_link_that_breaks_is_made_anew_with_the_roots_that_are_installed_then():
    story = Story().online()
    root = Authority("root")
    install(story, root.pem)
    assert [(word.type, word.authorities) for word in story.said[1:]] == [("tune_link", (root.pem,))]
    story.said.clear()
    (found,) = listed(story).certificates
    story.request(DeleteCertificate, certificate=found.certificate)
    assert [(word.type, word.authorities) for word in story.said[2:]] == [("tune_link", ())]


def test_the_same_root_twice_is_one():
    story = Story().online()
    root = Authority("root")
    assert [install(story, root.pem)[0] for _ in range(2)] == ["accepted", "accepted"]
    assert len(listed(story).certificates) == 1


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        ("", "no certificate in PEM form"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "no certificate in PEM form"),
        (Authority("no authority", ca=False).pem, "not one valid certificate of an authority"),
        (Authority("a").pem + Authority("b").pem, "not one valid certificate of an authority"),
    ],
)
def test_what_is_no_root_is_rejected(pem: str, why: str):
    assert install(Story().online(), pem) == ("rejected", why)


def test_a_full_store_rejects():
    story = Story(settings={"CertificateStoreMaxLength": "1"}).online()
    assert install(story, Authority("one").pem)[0] == "accepted"
    assert install(story, Authority("two").pem) == ("rejected", "the certificate store is full")


def test_with_the_additional_check_a_new_root_is_signed_by_the_old():
    story = Story(settings={"AdditionalRootCertificateCheck": "true"}).online()
    old = Authority("old")
    assert install(story, old.pem)[0] == "accepted"
    assert install(story, Authority("stranger").pem) == ("rejected", "not signed by the root before")
    assert install(story, Authority("new", above=old).pem) == ("accepted", None)


def checked(*pems: str) -> Story:
    """A charger with one root of the backend's at a time, and these installed in turn."""
    story = Story(url="wss://b", settings={"AdditionalRootCertificateCheck": "true"}).online()
    for pem in pems:
        assert install(story, pem) == ("accepted", None)
    return story


def again(story: Story, *path: Authority) -> Any:
    """The charger connects anew; returns the order. The backend is verified by this path."""
    story.do(c.GoOffline)
    story.do(c.GoOnline)
    order = next(word for word in reversed(story.said) if word.type == "open_link")
    story.link_up(trust_path=[sha256(one.certificate.public_bytes(Encoding.DER)).hexdigest() for one in path])
    return order


def test_the_root_before_is_trusted_until_a_link_has_stood_with_its_successor():
    old = Authority("old")
    new = Authority("new", above=old)
    story = checked(old.pem, new.pem)
    assert again(story, old).authorities == (old.pem, new.pem)
    both = listed(story).certificates
    assert len(both) == 2
    assert again(story, new, old).authorities == (old.pem, new.pem)
    (left,) = listed(story).certificates
    assert left == both[1]
    assert left.certificate.issuer_name == sha256(old.name.public_bytes()).hexdigest()
    assert again(story, new).authorities == (new.pem,)


def test_the_next_root_is_signed_by_the_one_in_force_and_only_one_falls_back():
    old = Authority("old")
    new = Authority("new", above=old)
    newest = Authority("newest", above=new)
    story = checked(old.pem, new.pem)
    assert install(story, Authority("late", above=old).pem) == ("rejected", "not signed by the root before")
    assert install(story, newest.pem) == ("accepted", None)
    assert again(story, new).authorities == (new.pem, newest.pem)


def test_a_full_store_has_room_for_a_successor():
    old = Authority("old")
    settings = {"AdditionalRootCertificateCheck": "true", "CertificateStoreMaxLength": "1"}
    story = Story(settings=settings).online()
    assert install(story, old.pem)[0] == "accepted"
    assert install(story, Authority("new", above=old).pem)[0] == "accepted"


def test_a_root_that_the_link_stands_on_is_not_deleted():
    story = Story(url="wss://b", security={"ca_label": "test"}).online()
    used, other = Authority("used"), Authority("other")
    install(story, used.pem)
    install(story, other.pem)
    again(story, used)
    first, second = (found.certificate for found in listed(story).certificates)
    refused = story.request(DeleteCertificate, certificate=first)
    assert (refused.result, refused.detail) == ("failed", "it is in use")
    assert story.request(DeleteCertificate, certificate=second).result == "accepted"


def test_the_last_root_of_a_secured_link_stays():
    story = Story(url="wss://b", security={"profile": 2}).online()
    install(story, Authority("root").pem)
    (found,) = listed(story).certificates
    assert story.request(DeleteCertificate, certificate=found.certificate).result == "failed"


def test_an_installed_root_lets_the_profile_be_raised():
    story = Story(security={"basic": True}).online()
    item = SettingToWrite(name=name_of_key("SecurityProfile"), value="2")
    assert story.request(WriteSettings, settings=(item,)).settings[0].result == "bad_value"
    install(story, Authority("root").pem)
    assert story.request(WriteSettings, settings=(item,)).settings[0].result == "accepted"


# --- the charger's own -----------------------------------------------------------------------------------------------


def signing(story: Story) -> ec.EllipticCurvePrivateKey:
    """The backend triggers, the key is made, and the backend will sign."""
    assert story.request(Trigger, what="certificate").result == "accepted"
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    (chore,) = story.cp.facts.chores
    made = KeyMade(csr="-----CSR-----", public_key=sha256(public).hexdigest())
    story.hear(ChoreDone(id="d", charge_point="CP001", chore=chore, result=made))
    assert story.said[-1].type == "ask_signing"
    assert story.said[-1].csr == "-----CSR-----"
    story.outcome(Answered, answer=SigningAnswer(accepted=True))
    return key


def take(story: Story, *certificates: x509.Certificate) -> tuple[str, str | None]:
    chain = "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)
    reply = story.request(TakeCertificate, chain=chain)
    return reply.result, reply.detail


def a_charger(style: str = "three", **more: Any) -> Story:
    return Story(style, **{"serial_number": "SN-1", "settings": {"CpoName": "Acme"}} | more).online()


def test_the_order_for_a_key_names_what_the_certificate_must_say():
    story = a_charger()
    story.request(Trigger, what="certificate")
    (kept,) = story.cp.facts.chores.values()
    assert (kept.order.common_name, kept.order.organization, kept.order.label) == ("SN-1", "Acme", "CP001#0")
    assert story.request(Trigger, what="certificate").result == "rejected"


def test_a_signed_certificate_is_used_for_the_next_link():
    story = a_charger(security={"basic": True})
    root = Authority("root")
    between = Authority("between", above=root)
    install(story, root.pem)
    key = signing(story)
    own = between.signs(named("SN-1"), key.public_key())
    assert take(story, own, between.certificate) == ("accepted", None)
    item = SettingToWrite(name=name_of_key("SecurityProfile"), value="3")
    assert story.request(WriteSettings, settings=(item,)).settings[0].result == "accepted"
    order = story.said[-1]
    assert (order.type, order.url, order.key_label) == ("open_link", "wss://backend/ocpp", "CP001#0")
    assert order.certificate.count("BEGIN CERTIFICATE") == 2
    assert not order.security.basic


def with_certificate(style: str = "three", *, days: int = 365, **more: Any) -> Story:
    """A charger at profile 3 whose certificate the backend has signed, and whose link stands with it."""
    story = a_charger(style, url="wss://b", security={"certificate_label": "cp"}, **more)
    assert take(story, Authority("root").signs(named("SN-1"), signing(story).public_key(), days=days))[0] == (
        "accepted"
    )
    story.link_up()
    story.answer_all()
    story.said.clear()
    return story


def test_a_new_certificate_is_shown_at_once():
    story = a_charger(url="wss://b", security={"certificate_label": "cp"})
    own = Authority("root").signs(named("SN-1"), signing(story).public_key())
    story.said.clear()
    assert take(story, own)[0] == "accepted"
    assert [word.type for word in story.said][:3] == ["certificate_taken", "close_link", "open_link"]
    assert story.said[2].key_label == "CP001#0"


@pytest.mark.parametrize(
    ("why", "tls"),
    [("tls", "own_certificate"), ("protocol", None), ("http", None), ("unauthorized", None)],
)
def test_a_new_certificate_that_the_backend_refuses_is_given_up(why: str, tls: str | None):
    story = with_certificate()
    own = Authority("root").signs(named("SN-1"), signing(story).public_key())
    assert take(story, own)[0] == "accepted"
    assert (story.said[-1].key_label, story.said[-1].tries) == ("CP001#1", 3)
    order = story.cp.facts.link.order
    failed = {"charge_point": "CP001", "order": order, "why": why, "tls": tls}
    story.hear(LinkFailed(id="f", **failed))
    assert story.said[-1].key_label == "CP001#0"
    assert story.seen("security_event_raised")[-1].kind == "invalid_own_certificate"
    story.said.clear()
    story.hear(LinkFailed(id="g", **failed | {"order": story.cp.facts.link.order}))
    assert story.words() == []


@pytest.mark.parametrize(("why", "tls"), [("unreachable", None), ("tls", "certificate"), ("timeout", None)])
def test_a_backend_that_is_away_says_nothing_about_a_certificate(why: Any, tls: Any):
    story = with_certificate()
    assert take(story, Authority("root").signs(named("SN-1"), signing(story).public_key()))[0] == "accepted"
    order = story.cp.facts.link.order
    story.hear(LinkFailed(id="f", charge_point="CP001", order=order, why=why, tls=tls))
    assert story.said[-1].key_label == "CP001#1"


def test_a_future_certificate_is_shown_on_its_first_day():
    story = with_certificate()
    future = Authority("root").signs(named("SN-1"), signing(story).public_key(), begins=NOON + DAY)
    story.said.clear()
    assert take(story, future)[0] == "accepted"
    assert story.words() == ["certificate_taken"]
    story.do(c.AdvanceClock, seconds=86_400)
    (order,) = [word for word in story.said if word.type == "open_link"]
    assert order.key_label == "CP001#1"


def test_where_no_certificate_comes_the_backend_is_asked_again_after_twice_the_time():
    story = a_charger("stream")
    signing(story)
    story.said.clear()
    asked = []
    for _ in range(200):
        story.wait(1)
        asked += [(story.now - NOON).total_seconds() for word in story.words() if word == "ask_signing"]
        if story.cp.facts.lanes.in_flight is not None:
            story.outcome(Answered, answer=SigningAnswer(accepted=True))
    assert asked == [30.0, 90.0]


def test_a_clock_that_is_set_changes_no_wait_and_no_date():
    story = with_certificate("stream")
    due = story.cp.certificates.renewal_due
    signing(story)
    story.do(c.SetClock, source="own", time=NOON + 20 * DAY)
    held = story.cp.certificates
    assert held.renewal_due == due
    assert held.signing is not None
    assert held.signing.ask_again_at == NOON + 20 * DAY + timedelta(seconds=30)


def test_a_certificate_that_was_no_good_is_not_asked_for_again():
    story = a_charger("stream")
    signing(story)
    assert take(story, Authority("stranger").certificate)[0] == "rejected"
    story.answer_all()
    story.words()
    story.wait(100)
    assert "ask_signing" not in story.words()


def test_without_back_off_the_backend_is_asked_once():
    story = a_charger()
    signing(story)
    story.words()
    story.wait(250)
    assert "ask_signing" not in story.words()


def test_a_request_to_sign_survives_the_link():
    story = a_charger()
    story.do(c.RenewCertificate)
    story.worked(KeyMade(csr="csr", public_key="00"))
    first = story.said[-1]
    story.do(c.GoOffline)
    story.do(c.GoOnline)
    story.link_up()
    (asked,) = [word for word in story.ever_said if word.type == "ask_signing" and word is not first]
    assert (asked.id, asked.csr) == (first.id, "csr")


def test_of_requests_to_sign_that_waited_for_a_link_only_the_last_is_sent():
    story = a_charger()
    story.do(c.GoOffline)
    for n in range(3):
        story.do(c.RenewCertificate)
        story.worked(KeyMade(csr=f"csr {n}", public_key=f"0{n}"))
    story.do(c.GoOnline)
    story.link_up()
    story.answer_all()
    assert [word.csr for word in story.ever_said if word.type == "ask_signing"] == ["csr 2"]


def test_a_certificate_is_renewed_a_month_before_its_end():
    story = with_certificate(days=365)
    story.do(c.AdvanceClock, seconds=333 * 86_400)
    assert story.cp.facts.chores == {}
    story.do(c.AdvanceClock, seconds=2 * 86_400)
    (kept,) = story.cp.facts.chores.values()
    assert (kept.order.type, kept.order.label) == ("make_key", "CP001#1")
    story.worked(KeyMade(csr="csr", public_key="00"))
    story.do(c.AdvanceClock, seconds=86_400)
    assert len(story.cp.facts.chores) == 1


def test_when_a_certificate_is_renewed_can_be_set():
    story = with_certificate(days=365, settings={"CpoName": "Acme", "CertificateRenewalLead": "864000"})
    assert story.cp.certificates.renewal_due == NOON + 354 * DAY
    story.do(c.WriteSetting, name="CertificateRenewalLead", value="0")
    assert story.cp.certificates.renewal_due is None


def test_a_short_certificate_is_renewed_when_a_third_of_it_is_left():
    assert with_certificate(days=9).cp.certificates.renewal_due == NOON + 5 * DAY


def test_a_certificate_that_comes_unasked_is_rejected_and_an_event():
    story = a_charger(style="stream")
    root = Authority("root")
    assert take(story, root.certificate) == ("rejected", "no certificate was asked for")
    assert [e.kind for e in story.seen("security_event_raised")][-1] == "invalid_own_certificate"


def test_certificates_that_do_not_fit():
    story = a_charger()
    root = Authority("root")
    install(story, root.pem)
    key = signing(story).public_key()
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    mine = named("SN-1")
    stranger = Authority("stranger")
    assert take(story, root.signs(mine, other))[1] == "the certificate is for another key"
    assert take(story, root.signs(named("SN-2"), key))[1] == "the certificate is for another name"
    late = root.signs(mine, key, begins=NOON - 10 * DAY, days=2)
    assert take(story, late)[1] == "the certificate is no longer valid"
    assert take(story, stranger.signs(mine, key))[1] == "the chain does not lead to a root that is installed"
    assert story.request(TakeCertificate, chain="x" * 10_001).detail == "the chain is too long"
    assert story.request(TakeCertificate, chain="x").detail == "no certificate in PEM form"
    assert take(story, root.signs(mine, key)) == ("accepted", None)


def test_a_future_certificate_waits_for_its_first_day():
    story = a_charger(url="wss://b", security={"certificate_label": "cp"})
    key = signing(story).public_key()
    root = Authority("root")
    assert take(story, root.signs(named("SN-1"), key, begins=NOON + DAY))[0] == "accepted"

    def next_order() -> Any:
        story.do(c.GoOffline)
        story.do(c.GoOnline)
        return next(word for word in reversed(story.said) if word.type == "open_link")

    assert (next_order().certificate, next_order().security.certificate_label) == (None, "cp")
    story.wait(2 * 86_400)
    assert next_order().key_label == "CP001#0"


def test_another_version_rejects_a_future_certificate():
    story = a_charger(style="stream")
    key = signing(story).public_key()
    root = Authority("root")
    future = root.signs(named("SN-1"), key, begins=NOON + DAY)
    assert take(story, future) == ("rejected", "the certificate is not valid yet")


def test_without_an_organization_nothing_is_asked():
    story = Story().online()
    assert story.request(Trigger, what="certificate").result == "rejected"
    result = story.do(c.RenewCertificate)
    assert result is not None
    assert (result.status, result.reason) == (
        "rejected",
        "the organization is not set, which the certificate must name",
    )
    assert result.remedy == "write SecurityCtrlr.OrganizationName (CpoName)"


def test_while_a_key_is_being_made_there_is_nothing_to_write():
    story = a_charger()
    story.do(c.RenewCertificate)
    result = story.do(c.RenewCertificate)
    assert result is not None
    assert (result.status, result.reason, result.remedy) == ("rejected", "a key is being made", "wait for it")


def test_a_key_that_can_not_be_made_ends_it():
    story = a_charger()
    story.do(c.RenewCertificate)
    (chore,) = story.cp.facts.chores
    failed = ChoreFailed(why="permission", detail="no directory is set in VCP_KEYS")
    story.hear(ChoreDone(id="d", charge_point="CP001", chore=chore, result=failed))
    assert story.seen("action_ended")[-1].detail == "permission: no directory is set in VCP_KEYS"
    assert story.cp.certificates.signing is None


def test_a_backend_that_will_not_sign_ends_it():
    story = a_charger()
    story.do(c.RenewCertificate)
    (chore,) = story.cp.facts.chores
    story.hear(
        ChoreDone(id="d", charge_point="CP001", chore=chore, result=KeyMade(csr="csr", public_key="00"))
    )
    story.outcome(Answered, answer=SigningAnswer(accepted=False))
    assert take(story, Authority("root").certificate)[1] == "no certificate was asked for"


def test_the_charger_s_own_certificate_can_not_be_deleted():
    story = a_charger()
    key = signing(story).public_key()
    root = Authority("root")
    own = root.signs(named("SN-1"), key)
    assert take(story, own, root.certificate)[0] == "accepted"
    hashed = {
        "algorithm": "SHA256",
        "issuer_name": sha256(root.name.public_bytes()).hexdigest(),
        "issuer_key": sha256(
            root.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        ).hexdigest(),
        "serial": "4D",
    }
    reply = story.request(DeleteCertificate, certificate=hashed)
    assert (reply.result, reply.detail) == ("failed", "it is the charger's own")


# --- what can't work is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["three", "stream"])
def test_where_no_key_can_be_kept_none_is_asked_for(style: str):
    story = a_charger(style)
    why = "other users have rights on keys in VCP_KEYS. Remedy: chmod 700 it"
    story.around.secrets_flaw = why
    assert story.request(Trigger, what="certificate").result == "rejected"
    result = story.do(c.RenewCertificate)
    assert result is not None
    assert (result.status, result.reason) == ("rejected", f"a key can't be kept: {why}")
    assert result.remedy == "mend VCP_KEYS and start the services again"
    assert (story.chores, story.cp.certificates.signing) == ([], None)
    story.around.secrets_flaw = None
    assert story.request(Trigger, what="certificate").result == "accepted"


@pytest.mark.parametrize(("length", "result"), [(64, "accepted"), (65, "rejected")])
def test_a_name_that_no_certificate_can_have_is_refused_before_a_key_is_made(length: int, result: str):
    story = a_charger()
    story.do(c.WriteSetting, name="CpoName", value="x" * length)
    assert story.request(Trigger, what="certificate").result == result


def test_only_an_authority_stands_between_a_certificate_and_its_root():
    """RFC 5280 §4.2.1.9; A02: the chain is judged by the rules of X.509."""
    story = a_charger()
    root = Authority("root")
    install(story, root.pem)
    between = Authority("between", above=root, ca=False)
    own = between.signs(named("SN-1"), signing(story).public_key())
    refused = ("rejected", "the chain does not lead to a root that is installed")
    assert take(story, own, between.certificate) == refused
