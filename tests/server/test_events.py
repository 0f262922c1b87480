"""What changes in the worklist, told as it happens."""

import asyncio
import json

from server.rooms import Room

from thecal.archive import studies
from thecal.server.events import _changes


async def told(room: Room, since: int, count: int) -> list[str]:
    heard = []
    async for line in _changes(room.application.room, since):
        heard.append(line)
        if len(heard) == count:
            break
    return heard


def test_a_changed_study_and_a_deleted_one_are_told(room: Room) -> None:
    tick = studies.last_tick(room.application.room.archive)
    room.set("compartment", {"state": "extradural"}, 0)
    opening, changed = asyncio.run(told(room, tick, 2))
    assert opening.startswith("retry:")
    event, data = changed.strip().split("\n")
    assert event == "event: study"
    assert json.loads(data.removeprefix("data: "))["version"] == 1
    tick = studies.last_tick(room.application.room.archive)
    room.browser.delete(room.url)
    gone = asyncio.run(told(room, tick, 2))[1]
    assert gone == f'event: gone\ndata: "{room.study}"\n\n'


def test_events_end_with_the_server(room: Room) -> None:
    room.application.room.foreman.stopping.set()
    assert asyncio.run(told(room, 0, 99)) == ["retry: 1000\n\n"]
