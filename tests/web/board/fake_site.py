# SPDX-License-Identifier: Apache-2.0
"""A site that says what the API and the stream say, in memory: a test makes things happen to its halls."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.web.board.fake_graph import graph
from tests.web.board.fake_hall import BREAK, FakeHall, Json, now_ms
from tests.web.board.fake_pages import page

STATIC = Path(__file__).parents[3] / "web" / "board" / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
BEAT_S = 0.5
ANY_ORIGIN = (b"access-control-allow-origin", b"*")
CSP = b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"


class FakeSite:
    """An ASGI application. Attributes are for tests to set; `tell` sends what they changed."""

    def __init__(self) -> None:
        halls = [FakeHall(f"h{n}", f"Hall {n}") for n in (1, 2, 3, 4)]
        self.halls = {hall.id: hall for hall in halls}
        self.log: list[Json] = []
        self.runtime = "live"
        self.scope = "operate"
        self.held: asyncio.Event | None = None
        """While set and not released, requests stay `asked`."""
        self.lost: list[tuple[int, str]] = []
        """What comes in the place of the next answers to requests, which are carried out all the same."""
        self.asked: list[Json] = []
        self.posts: list[tuple[str, Json]] = []
        self.tickets: list[str] = []
        self.needs_ticket = False
        self.signed_in = True
        self.other_page = ""
        """What /other says: a page of somebody else, with no policy."""
        self.silent = False
        """The stream stays open and says nothing."""
        self.streams: list[str] = []
        """The query of each stream that was opened."""
        self._waiting: tuple[str, Json] = ("", {})
        self._told: tuple[str, str] | None = None
        self._viewers: dict[asyncio.Queue[bytes | None], None] = {}

    # What happens to halls.

    def insert_film(self, hall: str) -> None:
        self.halls[hall].film = True
        self.tell(hall, self.halls[hall].fire("film_inserted", "threading", "Threaded, ready to start"))

    def start(self, hall: str, frame: int = 18_240) -> None:
        self.halls[hall].frame = frame
        self.tell(hall, self.halls[hall].fire("show_started", "projecting", "Projecting"))

    def break_film(self, hall: str) -> None:
        self.halls[hall].broken = True
        self.halls[hall].alarm("film_break", BREAK)
        self.tell(hall, self.halls[hall].fire("film_broke", "fault", f"Fault: {BREAK}"))

    def end_reel(self, hall: str) -> None:
        self.tell(hall, self.halls[hall].fire("reel_end", "rewinding", "Rewinding"))

    def acknowledge(self, hall: str, alarm: str) -> None:
        mine = self.halls[hall]
        mine.alarms = [{**each, "state": "acknowledged"} if each["name"] == alarm else each for each in mine.alarms]
        mine.label = mine.label.replace("Fault:", "Fault, acknowledged:")
        self.tell(hall, mine.row("operator_requested", "internal", mine.state, "a person acknowledged an alarm"))

    def reset(self, hall: str) -> None:
        mine = self.halls[hall]
        mine.broken, mine.alarms = False, []
        self.tell(hall, mine.fire("reset", "threading", "Threading"))

    def tell(self, hall: str, row: Json) -> None:
        """Append a row, and send it with the hall."""
        row["pos"] = len(self.log) + 1
        self.log.append(row)
        self._send(_spelled("rows", {"events": [row], "halls": [self.halls[hall].view()]}, row["pos"]))

    def drop_viewers(self) -> None:
        """End every stream, as a server that is stopped does."""
        for viewer in list(self._viewers):
            viewer.put_nowait(None)

    def _send(self, message: bytes) -> None:
        for viewer in self._viewers:
            viewer.put_nowait(message)

    # What it says.

    def site(self) -> Json:
        return {
            "id": "rialto",
            "name": "Rialto",
            "version": "0.1.0",
            "zone": "Europe/Berlin",
            "now_ms": now_ms(),
            "pos": len(self.log),
            "runtime": self.runtime,
            "beat_ms": now_ms() - (0 if self.runtime == "live" else 60_000),
        }

    def board(self) -> Json:
        return {"site": self.site(), "halls": [self._beating(hall).view() for hall in self.halls.values()]}

    def _beating(self, hall: FakeHall) -> FakeHall:
        if hall.live:
            hall.beat_ms = now_ms()
        return hall

    def _beat(self) -> Json:
        trips = {"projection": 410, "sound": 520}
        beats = {
            hall.id: {"beat_ms": self._beating(hall).beat_ms, "live": hall.live, "round_trip_us": trips}
            for hall in self.halls.values()
        }
        return {"site": self.site(), "halls": beats}

    def past(self, hall: FakeHall, from_ms: int, to_ms: int) -> Json:
        step = (to_ms - from_ms) // 6
        names = ["idle", "threading", "projecting", "projecting", "threading", hall.state]
        states = [
            {"state": name, "from_ms": from_ms + n * step, "to_ms": from_ms + (n + 1) * step}
            for n, name in enumerate(names)
        ]
        keys: list[Json] = [
            {"state": "up", "from_ms": from_ms + n * step, "to_ms": from_ms + (n + 1) * step, "gen": n}
            for n in range(1, 6)
        ]
        lost = {**keys[2], "state": "backing_off", "to_ms": keys[2]["from_ms"] + 90_000}
        offsets = [[from_ms + 2 * step + n * 10_000, -6000 + 3000 * (n % 5)] for n in range(120)]
        return {
            "hall": hall.id,
            "from_ms": from_ms,
            "to_ms": to_ms,
            "states": states,
            "sessions": {"projection": keys, "sound": [*keys[:2], lost, *keys[3:]]},
            "offsets": offsets,
            "alarms": [
                {"name": each["name"], "words": each["words"], "from_ms": each["since_ms"], "to_ms": None}
                for each in hall.alarms
            ],
        }

    def at(self, hall: FakeHall, ms: int) -> Json:
        return {**FakeHall(hall.id, hall.name, since_ms=ms - 60_000).view(), "replayed": True, "at_ms": ms}

    # HTTP.

    async def __call__(self, scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        path, query = scope["path"], parse_qs(scope["query_string"].decode())
        if path == "/api/v1/stream":
            self.streams.append(scope["query_string"].decode())
            await self._stream(query, receive, send)
            return
        body = b"" if scope["method"] == "GET" else await _body(receive)
        status, kind, said = await self._answer(scope["method"], path, query, body)
        headers = [(b"content-type", kind.encode()), ANY_ORIGIN]
        if path != "/other":
            headers.append((b"content-security-policy", CSP))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    async def _answer(self, method: str, path: str, query: Any, body: bytes) -> tuple[int, str, bytes]:
        if path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            return 200, TYPES[file.suffix], file.read_bytes()
        if not path.startswith("/api/v1"):
            return 200, "text/html", (self.other_page if path == "/other" else page(path, self.scope)).encode()
        if not self.signed_in:
            return 401, "application/json", b'{"error": {"code": "no_login", "words": "Log in first."}}'
        said = await self._api(method, path.removeprefix("/api/v1"), query, body)
        if "/requests" in path and self.lost:
            status, instead = self.lost.pop(0)
            return status, "text/html", instead.encode()
        status = said.pop("status", 200)
        return status, "application/json", json.dumps(said).encode()

    async def _api(self, method: str, path: str, query: Any, body: bytes) -> Json:
        match path.strip("/").split("/"):
            case ["site"]:
                return self.site()
            case ["halls"]:
                return self.board()
            case ["stream", "tickets"]:
                self.tickets.append(f"ticket{len(self.tickets)}")
                return {"ticket": self.tickets[-1], "expires_ms": now_ms() + 60_000}
            case ["halls", hall, "graph"]:
                return graph(self.halls[hall])
            case ["halls", hall, "past"]:
                return self.past(self.halls[hall], int(query["from_ms"][0]), int(query["to_ms"][0]))
            case ["halls", hall, "at"]:
                return self.at(self.halls[hall], int(query["ms"][0]))
            case ["halls", hall, "requests"] if method == "POST":
                return await self._request(hall, json.loads(body))
            case ["requests", _]:
                return await self._answered()
            case ["events"]:
                return self._events(query)
            case _:
                return {"status": 404, "error": {"code": "not_found", "words": f"There is no {path} here."}}

    def _events(self, query: Any) -> Json:
        wanted = {name: query[name][0] for name in ("hall", "verdict", "kind") if name in query}
        found = [row for row in self.log if all(row[name] == value for name, value in wanted.items())]
        return {"events": found[::-1][: int(query["limit"][0])], "next": None}

    async def _request(self, hall: str, asked: Json) -> Json:
        self.posts.append((hall, asked))
        if self._waiting != (hall, asked):  # the same request sent again is one request
            self._waiting, self._told = (hall, asked), None
        return await self._answered()

    async def _answered(self) -> Json:
        hall, asked = self._waiting
        stage, reason = "asked", ""
        if self.held is None or self.held.is_set():
            stage, reason = self._told = self._told or self._done(hall, asked)
        return {
            "id": asked["id"],
            "hall": hall,
            "verb": asked["verb"],
            "args": asked["args"],
            "actor": "anna",
            "asked_ms": now_ms(),
            "expires_ms": now_ms() + 10_000,
            "stage": stage,
            "verdict": None,
            "reason": reason,
            "commands": [],
        }

    def _done(self, hall: str, asked: Json) -> tuple[str, str]:
        verb = asked["verb"]
        reason = "" if verb == "acknowledge" else self.halls[hall].why_not(verb)[1]
        if reason:
            mine = self.halls[hall]
            self.tell(hall, mine.row("operator_requested", "refusal", mine.state, reason, {"verb": verb}))
            return "refused", reason
        match verb:
            case "acknowledge":
                self.acknowledge(hall, asked["args"][0])
            case "reset":
                self.reset(hall)
            case "start":
                self.start(hall)
            case "emergency_stop":
                self.halls[hall].alarm("emergency_stop", "emergency stop")
                self.tell(hall, self.halls[hall].fire("emergency_stop", "fault", "Fault: emergency stop"))
            case _:
                raise NotImplementedError(verb)
        return "done", ""

    async def _stream(self, query: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        if not self.signed_in or (self.needs_ticket and query.get("ticket", [""])[0] not in self.tickets):
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), ANY_ORIGIN]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        after = int(query.get("last_event_id", [len(self.log)])[0])
        queue.put_nowait(_spelled("hello", {**self.board(), "gap": False}, after))
        missed = self.log[after:]
        if missed:
            queue.put_nowait(_spelled("rows", {"events": missed, "halls": []}, len(self.log)))
        self._viewers[queue] = None
        gone = asyncio.create_task(receive_disconnect(receive))
        try:
            while not gone.done():
                await self._say(queue, send)
        except EOFError:
            await send({"type": "http.response.body", "body": b""})
        finally:
            del self._viewers[queue]
            gone.cancel()

    async def _say(self, queue: asyncio.Queue[bytes | None], send: Callable[[Any], Any]) -> None:
        try:
            message = await asyncio.wait_for(queue.get(), BEAT_S)
        except TimeoutError:
            message = _spelled("beat", self._beat(), len(self.log))
        if message is None:
            raise EOFError
        if not self.silent:
            await send({"type": "http.response.body", "body": message, "more_body": True})


def _spelled(name: str, data: Json, pos: int) -> bytes:
    return f"id: {pos}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


async def _body(receive: Callable[[], Any]) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def receive_disconnect(receive: Callable[[], Any]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
