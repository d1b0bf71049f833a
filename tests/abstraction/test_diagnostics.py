"""Logs: packed and uploaded for the backend; and every way in which that goes wrong."""

from datetime import timedelta
from typing import Any

from abstraction.story import NOON, Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.chores import ChoreFailed, DropChore, FileStored, StoreFile
from vcp_contracts.configuration import ClockConfiguration

FOLDER = "ftp://user:s3cret@files.example/in/"
STORED = FileStored(size=345)


def upload(story: Story, **fields: Any) -> Any:
    return story.request(r.UploadLog, **({"kind": "diagnostics", "location": FOLDER} | fields))


def tracked(story: Story, number: int = 8, **fields: Any) -> Any:
    return upload(story, request_id=number, tracked=True, **fields)


def stages(story: Story) -> list[str]:
    story.answer_all()
    return [w.stage for w in story.ever_said if w.type == "report_upload"]


def test_a_log_is_uploaded_under_the_name_that_was_told():
    story = Story().online()
    reply = upload(story, since=NOON - timedelta(hours=1))
    assert (reply.type, reply.result) == ("log_upload", "accepted")
    assert reply.file == "CP001-diagnostics-20260601T120000Z.tar.gz"
    [store] = story.chores
    assert isinstance(store, StoreFile)
    assert (store.name, store.location, store.kind, store.method) == (
        reply.file,
        FOLDER,
        "diagnostics",
        "put",
    )
    assert store.since == store.since_real == NOON - timedelta(hours=1)
    assert story.words() == ["log_upload", "upload uploading"]
    story.answer()
    story.worked(STORED)
    assert story.words() == ["upload uploaded"]
    assert [(e.stage, e.file, e.detail) for e in story.seen("upload_step")] == [
        ("uploading", reply.file, None),
        ("uploaded", reply.file, "345 bytes"),
    ]


def test_the_wanted_time_is_the_chargers_own():
    past = NOON - timedelta(days=365)
    story = Story(clock=ClockConfiguration(source="own", start=past)).online()
    upload(story, since=past, until=past + timedelta(hours=1))
    [store] = story.chores
    assert (store.since, store.since_real) == (past, NOON)
    assert store.until_real == NOON + timedelta(hours=1)


def test_a_failed_upload_is_tried_again_as_often_as_was_asked():
    story = Story().online()
    upload(story, retries=1, retry_interval_s=10)
    story.worked(ChoreFailed(why="unreachable"))
    story.wait(10)
    assert len(story.chores) == 2
    story.worked(STORED)
    assert stages(story) == ["uploading", "uploading", "uploaded"]


def test_a_numbered_upload_says_what_went_wrong():
    for why, told in (
        ("permission", "permission_denied"),
        ("protocol", "bad_message"),
        ("unsupported", "not_supported"),
        ("unreachable", "upload_failed"),
        ("internal", "upload_failed"),
    ):
        story = Story("stream").online()
        tracked(story)
        story.worked(ChoreFailed(why=why))
        story.answer_all()
        last = [w for w in story.ever_said if w.type == "report_upload"][-1]
        assert (last.stage, last.request_id) == (told, 8)


def test_each_failure_can_be_ordered():
    for failure, told in (
        ("upload", "upload_failed"),
        ("permission", "permission_denied"),
        ("bad_message", "bad_message"),
        ("not_supported", "not_supported"),
    ):
        story = Story("stream").online()
        story.do(c.SetBehaviour, upload=c.UploadBehaviour(failure=failure, upload_s=5))
        tracked(story)
        story.wait(4)
        assert stages(story) == ["uploading"]
        story.wait(1)
        assert stages(story) == ["uploading", told]
        assert story.chores == []


def test_where_there_is_no_log_nothing_is_uploaded():
    story = Story().online()
    story.do(c.SetBehaviour, upload=c.UploadBehaviour(failure="no_log"))
    reply = upload(story)
    assert (reply.result, reply.file) == ("rejected", None)
    assert story.words() == ["log_upload"]


def test_an_unknown_protocol_is_not_tried():
    story = Story("stream").online()
    tracked(story, location="gopher://files.example/in/")
    assert stages(story) == ["uploading", "not_supported"]
    assert story.chores == []


def test_a_second_upload_takes_the_place_of_the_first():
    story = Story("stream").online()
    tracked(story, 8)
    assert tracked(story, 9, kind="security").result == "accepted_canceled"
    assert isinstance(story.chores[1], DropChore)
    story.answer_all()
    assert [(w.stage, w.request_id) for w in story.ever_said if w.type == "report_upload"] == [
        ("uploading", 8),
        ("accepted_canceled", 8),
        ("uploading", 9),
    ]


def test_a_trigger_is_answered_with_uploading_or_idle():
    story = Story("stream").online()

    def triggered() -> tuple[str, int | None]:
        assert story.request(r.Trigger, what="upload", tracked=True).result == "accepted"
        story.answer_all()
        report = [w for w in story.ever_said if w.type == "report_upload"][-1]
        return report.stage, report.request_id

    assert triggered() == ("idle", None)
    tracked(story)
    assert triggered() == ("uploading", 8)
    story.worked(STORED)
    assert triggered() == ("idle", None)


def test_a_power_cut_begins_the_upload_anew():
    story = Story().online()
    upload(story)
    story.do(c.PowerCycle)
    story.wait(0)
    assert [chore.type for chore in story.chores] == ["store_file", "drop_chore", "store_file"]


def test_a_fast_clock_does_not_hurry_the_wire():
    story = Story(clock=ClockConfiguration(source="own", speed=1000)).online()
    upload(story)
    story.wait(600)
    assert len(story.chores) == 1
    story.worked(STORED)
    assert story.seen("upload_step")[-1].stage == "uploaded"
