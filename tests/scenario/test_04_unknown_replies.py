# SPDX-License-Identifier: MIT
"""Law 1: a reply that is not fully understood counts for nothing, however much of it looks like
success. The rows are sent again with the same _id and the same bytes, and are marked only by a
reply that is understood."""

import json

import pytest

import checks
import slt
from gateway import Hangup, Reply, bulk_reply, item


def good(request):
    return [item(key, 201) for key in request.ids]


def whole(request):
    return bulk_reply(good(request)).body


def reply(body):
    return Reply(200, body)


def cut_off(request):
    answer = bulk_reply(good(request))
    answer.cut = len(answer.body) - 2
    return answer


def changed(change):
    """A reply of only good items, to which change(reply object, items) does something."""

    def make(request):
        items = good(request)
        body = {"took": 1, "errors": False, "items": items}
        change(body, items)
        return reply(body)

    return make


def inner(items, at=3):
    return items[at]["create"]


def swap_ids(body, items):
    inner(items, 1)["_id"], inner(items, 2)["_id"] = inner(items, 2)["_id"], inner(items, 1)["_id"]


def second_member(body, items):
    items[3]["index"] = dict(inner(items))


NOT_UNDERSTOOD = {
    "cut off": cut_off,
    "half of it": lambda request: reply(whole(request)[: len(whole(request)) // 2]),
    "last brace missing": lambda request: reply(whole(request)[:-1]),
    "empty": lambda request: reply(b""),
    "a proxy's page": lambda request: Reply(200, b"<html>created</html>", content_type="text/html"),
    "something behind it": lambda request: reply(whole(request) + b"}"),
    "an array": lambda request: reply(json.dumps(good(request)).encode()),
    "no items": changed(lambda body, items: body.pop("items")),
    "items null": changed(lambda body, items: body.update(items=None)),
    "items an object": changed(
        lambda body, items: body.update(items={str(i): one for i, one in enumerate(items)})
    ),
    "one less": changed(lambda body, items: items.pop()),
    "one more": changed(lambda body, items: items.append(item("999", 201))),
    "none at all": changed(lambda body, items: items.clear()),
    "another order": changed(swap_ids),
    "of another document": changed(lambda body, items: inner(items).update(_id="999")),
    "two members in an item": changed(second_member),
    "another action": changed(lambda body, items: items.__setitem__(3, {"index": inner(items)})),
    "an empty item": changed(lambda body, items: items.__setitem__(3, {})),
    "a null item": changed(lambda body, items: items.__setitem__(3, None)),
    "an item that is a list": changed(lambda body, items: items.__setitem__(3, [inner(items)])),
    "no status": changed(lambda body, items: inner(items).pop("status")),
    "status a text": changed(lambda body, items: inner(items).update(status="201")),
    "status null": changed(lambda body, items: inner(items).update(status=None)),
    "status 0": changed(lambda body, items: inner(items).update(status=0)),
    "errors true, yet no error": changed(lambda body, items: body.update(errors=True)),
    "an error, yet errors false": changed(
        lambda body, items: inner(items).update(status=400, error={"type": "t", "reason": "r"})
    ),
    "reset": lambda request: Hangup(),
}


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_sent_again_as_it_was(sqlite_sender, sink, name):
    """The first chunk's first reply tells of success that never was: the sink has stored
    nothing."""
    sender, logs = sqlite_sender
    sink.script = [NOT_UNDERSTOOD[name]]
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    first = sink.bulks[0].pairs
    again = [pair for request in sink.bulks[1:] for pair in request.pairs if pair[0] in dict(first)]
    assert again == first, "the same documents under the same keys, byte by byte"
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize(
    "name", ["cut off", "one less", "two members in an item", "a proxy's page", "another order"]
)
def test_stored_all_the_same(sender, logs, sink, name):
    """The cluster had taken the documents before its reply was lost: now it answers 409, and they
    are found there."""

    def step(request):
        sink.usual(request)
        return NOT_UNDERSTOOD[name](request)

    sink.script = [None, step]
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=40, already_there=20), result
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("name", ["cut off", "one less", "errors true, yet no error"])
def test_never_understood(sender, logs, sink, name):
    """The run ends by itself and leaves the rows unsent."""
    sink.script = [NOT_UNDERSTOOD[name]] * 1000
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1).send()
    assert result.status in (slt.UNAVAILABLE, slt.STOPPED) and result.seconds < 15, result
    assert result.summary["sent"] == 0 and 2 <= len(sink.bulks) < 100
    checks.untouched(logs, sink)


@pytest.mark.parametrize("status", [202, 204, 302, 305, 500, 503])
def test_success_of_another_kind(sender, logs, sink, status):
    """The status says that nothing is known, the body says that all is well: it is not believed."""
    sink.script = [lambda request: Reply(status, whole(request))]
    result = sender.send()
    assert result.status in (slt.DONE, slt.UNAVAILABLE, slt.STOPPED, slt.CONFIGURATION), result
    checks.settled(logs, sink)
