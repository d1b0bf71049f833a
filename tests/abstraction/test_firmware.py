"""Firmware: fetched, checked, installed when nobody charges, started; and every way in which that goes wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any

from abstraction.story import NOON, Story
from vcp_abstraction.due import next_due
from vcp_abstraction.facts.security import Root
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.chores import (
    ChainChecked,
    CheckChain,
    ChoreFailed,
    ChoresUp,
    DropChore,
    FetchFile,
    FileFetched,
)
from vcp_contracts.configuration import ChargePointConfiguration, SecurityConfiguration
from vcp_contracts.values import SettingName, Signing

FILE = "https://files.example/vcp-2.1.0.bin"
FETCHED = FileFetched(size=12, sha256="ab" * 32)
GONE = ChoreFailed(why="not_found", detail="404")
SIGNING = Signing(certificate="-----BEGIN CERTIFICATE-----", signature="c2lnbmVk")


def update(story: Story, **fields: Any) -> Any:
    return story.request(r.UpdateFirmware, **({"location": FILE, "retrieve_at": story.now} | fields))


def tracked(story: Story, number: int = 7, **fields: Any) -> Any:
    return update(story, request_id=number, tracked=True, **fields)


def charging(style: str = "three") -> Story:
    story = Story(style).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.words()
    return story


def later(story: Story, seconds: float) -> None:
    """Time passes, and the backend answers all that it is told meanwhile."""
    story.answer_all()
    while seconds > 0:
        story.wait(min(seconds, 30))
        seconds -= 30
        story.answer_all()
    story.wait(0)


def stages(story: Story) -> list[str]:
    """All that the backend was told of firmware; it answers everything."""
    story.answer_all()
    return [w.stage for w in story.ever_said if w.type == "report_firmware"]


def test_firmware_is_fetched_installed_and_started():
    story = Story(firmware_version="1.0", restart_s=1).online()
    reply = update(story)
    assert (reply.type, reply.result) == ("firmware_update", "accepted")
    assert story.words() == ["firmware_update", "firmware downloading"]
    [fetch] = story.chores
    assert isinstance(fetch, FetchFile)
    assert fetch.location == FILE
    story.answer()
    story.worked(FETCHED)
    assert story.words() == ["firmware downloaded"]
    story.answer_all()
    assert story.words() == ["status 1.0 unavailable/unavailable", "firmware installing"]
    later(story, 2)
    story.answer_all()
    assert "close_link" in story.words()
    later(story, 1)
    assert story.words() == ["open_link"]
    story.link_up()
    boot = story.answer()
    assert (boot.type, boot.reason, boot.firmware_version) == ("boot", "firmware_update", "2.1.0")
    story.answer_all()
    assert story.words() == [
        "boot",
        "firmware installed",
        "status 0.0 available/available",
        "status 1.0 available/available",
    ]
    assert [e.stage for e in story.seen("firmware_step")] == [
        "downloading",
        "downloaded",
        "installing",
        "install_rebooting",
        "installed",
    ]


def test_a_numbered_update_tells_every_stage_with_its_number():
    story = Story("stream").online()
    story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(install_s=5))
    reply = tracked(
        story,
        retrieve_at=story.now + timedelta(minutes=1),
        install_at=story.now + timedelta(minutes=10),
    )
    assert reply.result == "accepted"
    later(story, 60)
    story.worked(FETCHED)
    later(story, 9 * 60 + 5)
    story.answer_all()
    later(story, 1)
    story.link_up()
    assert stages(story) == [
        "download_scheduled",
        "downloading",
        "downloaded",
        "install_scheduled",
        "installing",
        "install_rebooting",
        "installed",
    ]
    assert {w.request_id for w in story.ever_said if w.type == "report_firmware"} == {7}


def test_a_failed_download_is_tried_again_as_often_as_was_asked():
    story = Story().online()
    update(story, retries=2, retry_interval_s=60)
    for _ in range(2):
        story.worked(GONE)
        later(story, 59)
        assert story.chores[-1].type == "fetch_file"
        count = len(story.chores)
        later(story, 1)
        assert len(story.chores) == count + 1
    story.worked(GONE)
    assert stages(story) == [
        "downloading",
        "download_paused",
        "downloading",
        "download_paused",
        "downloading",
        "download_failed",
    ]
    assert story.seen("firmware_step")[-1].detail == "not_found: 404"
    assert story.cp.facts.firmware.update is None


def test_without_a_number_of_retries_it_is_tried_once():
    story = Story().online()
    update(story)
    story.worked(GONE)
    assert stages(story) == ["downloading", "download_failed"]


def test_a_location_of_another_kind_is_not_tried():
    story = Story(settings={"SupportedFileTransferProtocols": "FTP"}).online()
    update(story)
    assert stages(story) == ["downloading", "download_failed"]
    assert story.chores == []


def test_a_running_session_is_waited_for_and_what_is_idle_is_closed():
    story = Story(evses=[{}, {}]).online()
    story.do(c.PlugIn, evse=1)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.words()
    update(story)
    story.worked(FETCHED)
    story.answer_all()
    assert "status 2.0 unavailable/unavailable" in story.words()
    result = story.do(c.PresentToken, token="CARD2", evse=2)
    assert result.status == "rejected"
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    later(story, 2)
    assert stages(story) == [
        "downloading",
        "downloaded",
        "install_scheduled",
        "installing",
        "install_rebooting",
    ]


def test_where_the_setting_says_so_new_sessions_may_start_while_it_waits():
    story = charging("stream")
    story.do(c.WriteSetting, name="ChargingStation.AllowNewSessionsPendingFirmwareUpdate", value="true")
    tracked(story)
    story.worked(FETCHED)
    assert story.cp.facts.firmware.stage == "install_scheduled"
    assert story.do(c.PresentToken, token="CARD1").status == "done"


def test_each_failure_can_be_ordered():
    ends = {
        "download": ["downloading", "download_failed"],
        "verification": ["downloading", "downloaded", "install_verification_failed"],
        "installation": ["downloading", "downloaded", "installing", "installation_failed"],
    }
    for failure, told in ends.items():
        story = Story().online()
        story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(failure=failure))
        update(story)
        if failure != "download":
            story.worked(FETCHED)
        later(story, 2)
        assert stages(story) == told
        assert story.cp.firmware_version is None
        assert story.words()[-1] != "status 1.0 unavailable/unavailable"
        assert story.do(c.PlugIn).status == "done"
        assert story.do(c.PresentToken, token="CARD1").status == "done"


def test_steps_last_as_long_as_was_said():
    story = Story().online()
    story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(download_s=60, verify_s=30, install_s=120))
    update(story)
    story.worked(FETCHED)
    later(story, 59)
    assert stages(story) == ["downloading"]
    later(story, 1)
    assert stages(story) == ["downloading", "downloaded"]
    later(story, 29)
    assert stages(story) == ["downloading", "downloaded"]
    later(story, 1)
    assert stages(story)[-1] == "installing"
    later(story, 119)
    assert stages(story)[-1] == "installing"
    later(story, 1)
    assert stages(story)[-1] == "install_rebooting"


def test_hours_of_it_pass_at_once_on_the_chargers_own_clock():
    story = Story().online()
    story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(install_s=3600))
    update(story, retrieve_at=story.now + timedelta(hours=8))
    story.do(c.AdvanceClock, seconds=8 * 3600)
    story.worked(FETCHED)
    story.do(c.AdvanceClock, seconds=3600)
    assert stages(story)[-1] == "install_rebooting"


def test_a_date_stays_that_date_when_the_clock_is_set_and_a_length_stays_as_long():
    story = Story().online()
    story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(install_s=100))
    update(story, retrieve_at=NOON + timedelta(hours=1))
    story.do(c.SetClock, time=NOON + timedelta(minutes=59))
    later(story, 60)
    story.worked(FETCHED)
    story.do(c.SetClock, time=datetime(2020, 1, 1, tzinfo=UTC))
    later(story, 99)
    assert stages(story)[-1] == "installing"
    later(story, 1)
    assert stages(story)[-1] == "install_rebooting"


def test_the_version_is_what_the_tester_or_the_file_says():
    for location, wanted, version in (
        ("ftp://u:p@files.example/fw/charger_v3.2.1-rc2.tar.gz", None, "3.2.1-rc2"),
        ("https://files.example/latest.bin?sig=1", None, "latest"),
        ("https://files.example/", None, "updated"),
        (FILE, "9.9", "9.9"),
    ):
        story = Story().online()
        story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(install_s=0, version=wanted))
        update(story, location=location)
        story.worked(FETCHED)
        story.answer_all()
        assert story.cp.firmware_version == version


def test_what_was_installed_stays_until_it_is_configured_otherwise():
    configuration: dict[str, Any] = {
        "firmware_version": "1.0",
        "url": "ws://backend/ocpp",
        "protocols": ("three",),
    }
    story = Story(**configuration).online()
    story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(install_s=0))
    update(story)
    story.worked(FETCHED)
    story.answer_all()
    assert story.cp.firmware_version == "2.1.0"
    same = ChargePointConfiguration(**configuration)
    story.do(c.Provision, configuration=same.model_copy(update={"labels": {"a": "b"}}))
    assert story.cp.firmware_version == "2.1.0"
    story.do(c.Provision, configuration=same.model_copy(update={"firmware_version": "3.0"}))
    assert story.cp.firmware_version == "3.0"


def test_a_restart_that_fails_leaves_the_old_firmware():
    story = Story(firmware_version="1.0").online()
    story.do(c.SetBehaviour, restart_failures=1, firmware=c.FirmwareBehaviour(install_s=0))
    update(story)
    story.worked(FETCHED)
    assert stages(story)[-2:] == ["install_rebooting", "installation_failed"]
    assert story.cp.firmware_version == "1.0"


def test_a_second_update_takes_the_place_of_the_first():
    story = Story("stream").online()
    tracked(story, 7)
    reply = tracked(story, 8)
    assert reply.result == "accepted_canceled"
    assert isinstance(story.chores[1], DropChore)
    assert story.chores[1].chore == story.chores[0].id
    story.worked(FETCHED, story.chores[0])
    assert story.cp.facts.firmware.update.result is None
    story.answer_all()
    assert [(w.stage, w.request_id) for w in story.ever_said if w.type == "report_firmware"] == [
        ("downloading", 7),
        ("download_failed", 7),
        ("downloading", 8),
    ]


def test_an_installation_under_way_can_not_be_replaced():
    story = Story("stream").online()
    tracked(story, 7)
    story.worked(FETCHED)
    assert story.cp.facts.firmware.stage == "installing"
    assert tracked(story, 8).result == "rejected"
    assert story.request(r.Reset, when="now", restart="application").result == "rejected"


def test_a_request_that_can_not_be_refused_is_told_as_a_failed_download():
    story = Story().online()
    update(story)
    story.worked(FETCHED)
    update(story)
    assert stages(story) == ["downloading", "downloaded", "installing", "download_failed"]


# --- signed ----------------------------------------------------------------------------------------------------------


def test_signed_firmware_is_answered_once_its_certificate_was_checked():
    story = Story().online()
    story.hear(
        r.UpdateFirmware(
            **story.fact(),
            message_id="b1",
            location=FILE,
            retrieve_at=NOON,
            request_id=7,
            tracked=True,
            signing=SIGNING,
        )
    )
    assert story.words() == []
    [check] = story.chores
    assert isinstance(check, CheckChain)
    assert (check.certificate, check.time) == (SIGNING.certificate, NOON)
    story.worked(ChainChecked(good=True))
    reply = story.said[0]
    assert (reply.type, reply.result, reply.request) == ("firmware_update", "accepted", check.cause)
    assert story.said[1].after == reply.request
    assert story.words() == ["firmware_update", "firmware downloading 7"]
    assert story.chores[-1].signing == SIGNING
    story.worked(FETCHED.model_copy(update={"signature_good": True}))
    assert stages(story) == ["downloading", "downloaded", "signature_verified", "installing"]


def signed(story: Story) -> None:
    story.hear(
        r.UpdateFirmware(
            **story.fact(),
            message_id="b1",
            location=FILE,
            retrieve_at=story.now,
            request_id=7,
            tracked=True,
            signing=SIGNING,
        )
    )


def test_a_bad_certificate_ends_it_before_it_began():
    story = Story().online()
    signed(story)
    story.worked(ChainChecked(good=False, detail="expired"))
    assert [(w.type, w.result, w.detail) for w in story.said] == [
        ("firmware_update", "invalid_certificate", "expired")
    ]
    assert story.cp.facts.firmware.update is None


def test_a_bad_certificate_can_be_ordered():
    for failure, told in (("certificate", "invalid_certificate"), ("revoked", "revoked_certificate")):
        story = Story().online()
        story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(failure=failure))
        signed(story)
        assert [(w.type, w.result) for w in story.said] == [("firmware_update", told)]
        assert story.chores == []


def test_the_certificate_is_held_against_the_makers_roots():
    story = Story().online()
    story.cp.certificates.roots += [Root(use="manufacturer_root", pem="M"), Root(use="backend_root", pem="B")]
    story.cp.touch("certificates")
    signed(story)
    assert story.chores[0].roots == ("M",)


def test_a_certificate_that_nobody_can_check_is_refused_in_time():
    story = Story().online()
    signed(story)
    later(story, 30)
    assert [(w.type, w.result) for w in story.said] == [("firmware_update", "rejected")]


def test_without_a_worker_signed_firmware_is_refused_before_the_wire_gives_up():
    story = Story().online()
    signed(story)
    for _ in range(11):
        story.wait(1)
        # workers that come and go buy no time
        story.hear(ChoresUp(id="w-up", owner="w"))
    assert [word.type for word in story.said] == []
    story.wait(1)
    reply = story.said[0]
    assert (reply.type, reply.result) == ("firmware_update", "rejected")
    assert reply.detail == "the certificate can't be checked"


def test_a_transfer_trusts_the_roots_that_are_installed():
    story = Story().online()
    uses: list[Any] = ["backend_root", "manufacturer_root", "v2g_root"]
    story.cp.certificates.roots = [Root(use=use, pem=use) for use in uses]
    story.cp.touch("certificates")
    update(story)
    assert story.chores[-1].authorities == ("backend_root", "manufacturer_root")


def test_while_a_certificate_is_checked_another_update_is_refused():
    story = Story().online()
    signed(story)
    assert tracked(story, 8).result == "rejected"


def test_a_bad_signature_ends_it_before_the_installation():
    for result, failure in ((False, None), (None, None), (True, "signature")):
        story = Story().online()
        story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(failure=failure))
        signed(story)
        story.worked(ChainChecked(good=True))
        story.worked(FETCHED.model_copy(update={"signature_good": result}))
        assert stages(story) == ["downloading", "downloaded", "invalid_signature"]


def test_unsigned_firmware_can_be_refused_by_a_setting():
    story = Story(settings={"UnsignedFirmware": "false"}).online()
    reply = update(story)
    assert (reply.type, reply.reason) == ("declined", "not_supported")
    assert story.chores == []


# --- triggers --------------------------------------------------------------------------------------------------------


def triggered(story: Story, **fields: Any) -> str:
    assert story.request(r.Trigger, what="firmware", **fields).result == "accepted"
    story.answer_all()
    report = next(w for w in reversed(story.ever_said) if w.type == "report_firmware")
    assert report.triggered
    return f"{report.stage} {report.request_id}"


def test_a_trigger_is_answered_with_the_last_stage_or_idle():
    story = Story("stream").online()
    assert triggered(story, tracked=True) == "idle None"
    tracked(story)
    assert triggered(story, tracked=True) == "downloading 7"
    assert triggered(story) == "downloading None"
    story.worked(GONE)
    assert triggered(story, tracked=True) == "download_failed 7"
    assert triggered(story) == "idle None"


def test_after_an_installation_there_is_nothing_to_tell():
    story = Story("stream").online()
    story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(install_s=0))
    tracked(story)
    story.worked(FETCHED)
    story.answer_all()
    later(story, 1)
    story.link_up()
    story.answer_all()
    assert triggered(story, tracked=True) == "idle None"


# --- mishaps ---------------------------------------------------------------------------------------------------------


def test_a_new_worker_gets_what_the_old_one_had_in_hand():
    story = Story().online()
    update(story)
    story.hear(ChoresUp(id="w-up", owner="w2"))
    first, again = story.chores
    assert first == again
    story.worked(FETCHED)
    story.worked(FETCHED)
    assert stages(story) == ["downloading", "downloaded", "installing"]


def test_a_worker_that_never_answers_is_asked_twice_then_the_download_has_failed():
    story = Story().online()
    update(story)
    later(story, 605)
    assert [chore.id for chore in story.chores] == [story.chores[0].id] * 2
    later(story, 605)
    assert stages(story) == ["downloading", "download_failed"]
    assert story.seen("firmware_step")[-1].detail.startswith("forsaken")


def test_without_a_link_it_goes_on_and_is_told_later():
    story = Story().online()
    story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(failure="installation"))
    update(story)
    story.answer_all()
    story.do(c.GoOffline)
    story.worked(FETCHED)
    later(story, 2)
    story.do(c.GoOnline)
    story.link_up()
    assert stages(story) == ["downloading", "downloaded", "installing", "installation_failed"]


def test_a_power_cut_begins_the_download_anew():
    story = Story().online()
    update(story)
    story.do(c.PowerOff)
    assert isinstance(story.chores[1], DropChore)
    assert next_due(story.cp) is None
    story.do(c.PowerOn)
    later(story, 0)
    assert story.chores[2].type == "fetch_file"
    assert story.chores[2].id != story.chores[0].id


def test_a_power_cut_while_installing_begins_that_anew():
    story = Story().online()
    update(story)
    story.worked(FETCHED)
    story.do(c.PowerCycle)
    later(story, 0)
    assert [e.stage for e in story.seen("firmware_step")][-2:] == ["installing", "installing"]
    later(story, 2)
    assert story.cp.firmware_version == "2.1.0"


def test_a_retired_charger_wants_nothing_any_more():
    story = Story().online()
    update(story)
    story.do(c.Retire)
    assert isinstance(story.chores[1], DropChore)


def test_a_transfer_trusts_whom_the_link_trusts():
    security = SecurityConfiguration(ca_label="test", insecure=True)
    story = Story(security=security).online()
    update(story)
    assert (story.chores[0].ca_label, story.chores[0].insecure) == ("test", True)


def test_the_new_version_is_a_setting_that_can_be_read():
    story = Story("stream", firmware_version="1.0").online()
    story.do(c.SetBehaviour, firmware=c.FirmwareBehaviour(install_s=0))
    tracked(story)
    story.worked(FETCHED)
    story.answer_all()
    later(story, 1)
    story.link_up()
    story.answer_all()
    name = SettingName(component="ChargingStation", variable="FirmwareVersion")
    reply = story.request(r.ReadSettings, names=(name,))
    assert reply.settings[0].value == "2.1.0"
