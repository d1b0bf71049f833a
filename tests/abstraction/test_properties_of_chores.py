"""Firmware, logs, certificates and their slow work amid everything else that may happen to a charger: random stories."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from abstraction.story import NOON
from abstraction.test_certificates import DAY, Authority, named
from abstraction.test_properties import TIMES, AnyStory, Said, one
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.chores import ChainChecked, ChoreFailed, ChoresUp, FileFetched, FileStored, KeyMade
from vcp_contracts.requests import Reply
from vcp_contracts.values import Signing

LOCATIONS = st.sampled_from(["https://u:p@files.example/fw-2.1.bin", "ftp://files.example/", "nowhere", ""])
AUTHORITY = Authority("any")
KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
KEY_NAME = sha256(KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
CHAINS = st.sampled_from(
    [
        "no certificate",
        AUTHORITY.pem,
        *(
            AUTHORITY.signs(named("CP001"), KEY, begins=begins, days=days).public_bytes(Encoding.PEM).decode()
            for begins in (NOON - DAY, NOON + timedelta(hours=1))
            for days in (2, 400)
        ),
    ]
)
RESULTS = st.sampled_from(
    [
        KeyMade(csr="csr", public_key=KEY_NAME),
        KeyMade(csr="csr", public_key=KEY_NAME),
        FileFetched(size=1, sha256="00"),
        FileFetched(size=1, sha256="00", signature_good=True),
        FileStored(size=1),
        ChainChecked(good=True),
        ChainChecked(good=False),
        ChoreFailed(why="unreachable"),
    ]
)
WANTED = st.one_of(
    one(r.Trigger, what=st.just("certificate")),
    one(r.TakeCertificate, chain=CHAINS),
    one(r.InstallRoot, use=st.just("backend_root"), certificate=CHAINS),
    one(
        r.UpdateFirmware,
        location=LOCATIONS,
        retrieve_at=TIMES,
        install_at=[NOON + timedelta(minutes=5)],
        retries=[0, 1, 10**12],
        retry_interval_s=[0, 60, 10**15],
        request_id=[7],
        tracked=[True],
        signing=[Signing(certificate="c", signature="s")],
    ),
    one(
        r.UploadLog,
        location=LOCATIONS,
        kind=st.sampled_from(["diagnostics", "security"]),
        since=st.none() | TIMES,
        retries=[1, 10**12],
        retry_interval_s=[0, 10**15],
        request_id=[7],
        tracked=[True],
    ),
    one(r.Trigger, what=st.sampled_from(["firmware", "upload"]), tracked=[True]),
)
MANNERS = st.one_of(
    one(c.WriteSetting, name=st.just("CpoName"), value=st.sampled_from(["Acme", "Acme", ""])),
    one(c.WriteSetting, name=st.just("CertificateRenewalLead"), value=st.sampled_from(["0", "3600"])),
    one(c.RenewCertificate),
    one(
        c.SetBehaviour,
        firmware=st.builds(
            c.FirmwareBehaviour,
            failure=st.sampled_from(["none", "none", "download", "verification", "installation", "revoked"]),
            download_s=st.sampled_from([0, 5]),
            verify_s=st.sampled_from([0, 5]),
            install_s=st.sampled_from([0, 5, 86_400]),
        ),
    ),
    one(
        c.SetBehaviour,
        upload=st.builds(
            c.UploadBehaviour,
            failure=st.sampled_from(["none", "none", "upload", "no_log"]),
            upload_s=st.sampled_from([0, 5]),
        ),
    ),
)


class AnyStoryWithSlowWork(AnyStory):
    """Updates and uploads are asked for, and their chores end in any way and order."""

    @rule(said=MANNERS)
    def set_manners(self, said: Said) -> None:
        self.story.do(said[0], **said[1])

    @precondition(lambda self: self.story.cp.online)
    @rule(said=WANTED)
    def want_slow_work(self, said: Said) -> None:
        """Answered at once, but for signed firmware: that may be answered when its certificate was checked."""
        kind, fields = said
        request = kind(**self.story.fact(), message_id="b1", **fields)
        decision = self.story.hear(request)
        replies = [word.request for word in decision.to_handler if isinstance(word, Reply)]
        checking = self.story.cp.facts.firmware.checking
        later = checking is not None and checking.request.id == request.id
        assert replies == ([] if later else [request.id])

    @precondition(lambda self: self.story.chores)
    @rule(result=RESULTS, which=st.integers(0, 2))
    def a_chore_ends(self, result: Any, which: int) -> None:
        """One that is out, one that ended before, or one that was dropped."""
        chores = [chore for chore in self.story.chores if chore.type != "drop_chore"]
        self.story.worked(result, chores[-1 - min(which, len(chores) - 1)])

    @precondition(lambda self: self.story.cp.awaits_chores)
    @rule()
    def another_worker_comes(self) -> None:
        self.story.hear(ChoresUp(id="wu", owner="w2"))

    @invariant()
    def a_certificate_is_asked_for_once_at_a_time(self) -> None:
        cp = self.story.cp
        keys = [kept for kept in cp.facts.chores.values() if kept.order.type == "make_key"]
        made = cp.certificates.signing is None or cp.certificates.signing.public_key is not None
        assert len(keys) == (0 if made else 1)

    @invariant()
    def every_chore_is_waited_for(self) -> None:
        facts = self.story.cp.facts
        files = {id for id, kept in facts.chores.items() if kept.order.type != "make_key"}
        waiting = (facts.firmware.update, facts.firmware.checking, facts.upload.current)
        assert files == {one.chore for one in waiting if one is not None and one.chore is not None}


class AnyStoryWithSlowWorkInAStreamOfEvents(AnyStoryWithSlowWork):
    """The same towards a backend that is told of sessions as a stream of events."""

    style = "stream"


class TestThreeMessages(AnyStoryWithSlowWork.TestCase):  # type: ignore[name-defined]
    settings = settings(
        max_examples=30,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


class TestStreamOfEvents(AnyStoryWithSlowWorkInAStreamOfEvents.TestCase):  # type: ignore[name-defined]
    settings = TestThreeMessages.settings
