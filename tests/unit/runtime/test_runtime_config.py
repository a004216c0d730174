# SPDX-License-Identifier: Apache-2.0
"""`cinema.toml`: what is wrong in it is told with its key, its value and what is allowed."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ssh.watch import MONITOR_MOST_S
from hall_runtime.config import ConfigRefused, SiteConfig, load_config, parse_config
from statemachines.session_events import SessionSettings
from statemachines.words import Role

PATH = Path("cinema.toml")
TEXT = """\
projection_fps = 24
[site]
id = "rialto"
name = "Rialto"
state = "/var/lib/projectionist"
[kernel]
source = "netlink"
buffer_mib = 16
[ssh]
authority = "/etc/projectionist/ca"
user = "reel"
source_address = ["10.0.0.0/8"]
certificate_s = 900
rotate_s = [540, 600.5]
[[servers]]
id = "p1"
host = "10.0.0.11"
host_key = "ssh-ed25519 AAAA"
[[servers]]
id = "s1"
host = "10.0.0.12"
port = 2222
host_ca = "ssh-ed25519 AAAA"
[[halls]]
id = "h1"
name = "Großes Haus"
projection = "p1"
sound = "s1"
programme = { gauge = 70, feet = [1400, 600] }
[[halls]]
id = "h2"
name = "Studio"
projection = "p1"
"""


def parsed(text: str = TEXT) -> SiteConfig:
    return parse_config(PATH, text)


def problems(old: str, new: str) -> list[str]:
    """Return what is told of the configuration after an exchange of text."""
    assert old in TEXT
    with pytest.raises(ConfigRefused) as refused:
        parsed(TEXT.replace(old, new, 1))
    assert str(refused.value).startswith("cinema.toml cannot be used:\n")
    return refused.value.problems


def test_a_site_is_read_as_it_is_written() -> None:
    config = parsed()
    one, two = (config.settings_of(hall) for hall in config.halls)
    assert (one.roles, one.gauge, one.feet, one.dts) == (tuple(Role), 70, (1400, 600), True)
    assert (two.roles, two.dts) == ((Role.PROJECTION,), False)
    assert config.ssh.session_settings() == SessionSettings(rotate_min_ns=540 * 10**9, rotate_max_ns=600_500_000_000)
    assert config.state == Path("/var/lib/projectionist")
    assert config.server("s1").port == 2222


@pytest.mark.parametrize(
    ("old", "new", "heard_over_a_link"),
    [
        ("", "", {"p1", "s1"}),
        ('host = "10.0.0.11"', 'host = "127.0.0.1"', {"s1"}),
        ('host = "10.0.0.11"', 'host = "::1"', {"s1"}),
        ('host = "10.0.0.11"', 'host = "localhost"', {"s1"}),
        ('host = "10.0.0.11"', 'host = "127.0.0.1"\nwatch = true', {"p1", "s1"}),
        ('host = "10.0.0.11"', 'host = "proj.rialto.example"', {"p1", "s1"}),
        ('host = "10.0.0.11"', 'host = "10.0.0.11"\nwatch = false', {"s1"}),
        ('source = "netlink"', 'source = "socket"\nsocket = "/run/booth"', set()),
        ("buffer_mib", 'synth_uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"\nbuffer_mib', set()),
        ('sound = "s1"', "", {"p1"}),
    ],
)
def test_which_servers_are_heard_over_a_watch_link(old: str, new: str, heard_over_a_link: set[str]) -> None:
    assert old in TEXT
    config = parsed(TEXT.replace(old, new, 1))
    assert {server.id for server in config.servers if config.is_watched(server)} == heard_over_a_link


def test_a_server_is_believed_about_the_seats_that_it_serves() -> None:
    config = parsed()
    assert config.seats_of(config.server("p1")) == {("h1", Role.PROJECTION), ("h2", Role.PROJECTION)}
    assert config.seats_of(config.server("s1")) == {("h1", Role.SOUND)}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("port = 2222", 'watch = "yes"', ("servers.1.watch = 'yes'", "valid boolean")),
        ('id = "rialto"', 'id = "Rialto!"', ("site.id = 'Rialto!'", "[a-z0-9]{1,16}")),
        ('id = "rialto"', "id = 7", ("site.id = 7", "valid string")),
        ('id = "rialto"\n', "", ("site.id", "missing")),
        ('name = "Rialto"', 'name = ""', ("site.name = ''", "at least 1 character")),
        ('name = "Rialto"', 'name = "Rialto"\ncolour = 3', ("site.colour", "unknown key")),
        ("[kernel]", "[kernels]", ("kernels", "unknown key")),
        ('state = "/var/lib/projectionist"', 'state = "/a\\u0000b"', ("site.state", "no NUL")),
        ('state = "/var', f'state = "/{"x" * 90}', ("site.state", "at most 90 bytes")),
        ('source = "netlink"', 'source = "telepathy"', ("kernel.source = 'telepathy'", "'netlink' or 'socket'")),
        ('source = "netlink"', 'source = "socket"', ("kernel", "needs `socket`")),
        ("buffer_mib = 16", "buffer_mib = 4096", ("kernel.buffer_mib = 4096", "less than or equal to 1024")),
        ("buffer_mib = 16", "buffer_mib = true", ("kernel.buffer_mib = True", "valid integer")),
        ('user = "reel"', 'user = "-oProxy"', ("ssh.user = '-oProxy'", "[a-z_]")),
        ('["10.0.0.0/8"]', '["10.0.0.0/33"]', ("ssh.source_address.0 = '10.0.0.0/33'", "IPv4 or IPv6 network")),
        ("certificate_s = 900", "certificate_s = 600", ("ssh: rotate_s", "both below certificate_s (600)")),
        ("certificate_s = 900", "certificate_s = 5", ("ssh.certificate_s = 5", "greater than or equal to 30")),
        (
            "certificate_s = 900",
            f"certificate_s = {MONITOR_MOST_S}",
            (f"ssh.certificate_s = {MONITOR_MOST_S}", "less than or equal to 3600"),
        ),
        ("[540, 600.5]", "[600, 540]", ("ssh: rotate_s is [earliest, latest]",)),
        ("[540, 600.5]", "[540]", ("ssh.rotate_s.1", "missing")),
        ("[540, 600.5]", "[true, 600]", ("ssh.rotate_s.0 = True", "valid number")),
        ("[540, 600.5]", '"often"', ("ssh.rotate_s = 'often'", "valid tuple")),
        ("[540, 600.5]", f"[1{'0' * 400}, 2]", ("ssh.rotate_s.0",)),
        ("[540, 600.5]", "[nan, inf]", ("ssh.rotate_s.0", "ssh.rotate_s.1")),
        ("port = 2222", "port = 0", ("servers.1.port = 0", "greater than or equal to 1")),
        ('host_key = "ssh-ed25519 AAAA"\n', "", ("servers.0", "exactly one of host_key and host_ca")),
        ("port = 2222", 'host_key = "ssh-ed25519 AAAA"', ("servers.1", "exactly one of host_key and host_ca")),
        ('host_key = "ssh-ed25519 AAAA"', 'host_key = "trust me"', ("servers.0.host_key = 'trust me'", "ssh|ecdsa")),
        ('id = "s1"', 'id = "p1"', ("servers: id = 'p1' is there twice",)),
        ('id = "h2"', 'id = "h1"', ("halls: id = 'h1' is there twice",)),
        ('sound = "s1"', 'sound = "s9"', ("hall 'h1': sound = 's9' is no server", "allowed: p1, s1")),
        ('projection = "p1"', 'projection = ["p1", "s1"]', ("halls.0.projection = ['p1', 's1']", "two projectors")),
        ('projection = "p1"\nsound', "sound", ("halls.0.projection", "missing")),
        ("gauge = 70", "gauge = 8", ("halls.0.programme.gauge = 8", "16, 35 or 70")),
        ("feet = [1400, 600]", "feet = []", ("halls.0.programme.feet = []", "at least 1 item")),
        ("feet = [1400, 600]", "feet = [1400, 2]", ("halls.0.programme.feet.1 = 2", "greater than or equal to 20")),
        ("[kernel]", "[alarms]\nafter_s = 0\n[kernel]", ("alarms.after_s = 0", "greater than or equal to 1")),
        ("[kernel]", '[alarms]\nwebhook = "alarms.example"\n[kernel]', ("alarms.webhook = 'alarms.example'", "https?")),
        ("[kernel]", '[alarms]\nmail_to = ["anna"]\n[kernel]', ("alarms.mail_to.0 = 'anna'", "@")),
        ("[kernel]", '[deploy]\nsigners = ["me"]\n[kernel]', ("deploy.signers.0 = 'me'", "ssh|ecdsa")),
        ("[kernel]", '[alarms]\nsmtp_password = "x"\n[kernel]', ("alarms.smtp_password", "unknown key")),
        ("projection_fps = 24", 'projection_fps = "24"', ("projection_fps = '24'", "valid integer")),
        ("[site]", "[site", ("not TOML", "line 2")),
        ("[[halls]]", "[halls]", ("not TOML",)),
        ("24", f"2{'4' * 5000}", ("not TOML", "4300 digits")),
        ("24", "[" * 3000, ("not TOML",)),
    ],
)
def test_a_mistake_is_told_with_its_key_its_value_and_what_is_allowed(
    old: str, new: str, told: tuple[str, ...]
) -> None:
    said = "\n".join(problems(old, new))
    assert all(words in said for words in told), said
    assert len(said) < 400


def test_every_mistake_is_told_at_once() -> None:
    assert len(problems('id = "rialto"\nname = "Rialto"', 'id = "R"\nname = 3\ncolour = "red"')) == 3


def test_nothing_is_assumed_of_an_empty_file() -> None:
    with pytest.raises(ConfigRefused) as refused:
        parsed("")
    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["site", "ssh", "servers", "halls"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes('[site]\nname = "Großes Haus"'.encode("latin-1"))
    for path in (tmp_path / "none.toml", tmp_path / "latin.toml", tmp_path):
        with pytest.raises(ConfigRefused, match="it cannot be read"):
            load_config(path)


_VALUES = st.recursive(
    st.one_of(
        st.integers().map(str),
        st.integers(min_value=10**320, max_value=10**340).map(str),
        st.floats().map(str),
        st.booleans().map(json.dumps),
        st.text(max_size=30).map(json.dumps),
        st.just("1979-05-27T07:32:00Z"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(st.sampled_from(("gauge", "feet", "id", "x")), inner).map(
            lambda pair: f"{{ {pair[0]} = {pair[1]} }}"
        ),
    ),
    max_leaves=4,
)
_LINES = TEXT.splitlines()


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """A configuration in which lines went astray: another value, gone, twice, elsewhere, or cut."""
    lines = list(_LINES)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        key, equals, _value = lines[place].partition(" = ")
        match draw(st.sampled_from(("value", "gone", "twice", "moved", "cut"))):
            case "value" if equals:
                lines[place] = f"{key} = {draw(_VALUES)}"
            case "gone":
                del lines[place]
            case "twice":
                lines.insert(place, lines[place])
            case "moved":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
            case _:
                lines[place] = lines[place][: draw(st.integers(0, len(lines[place])))]
    return "\n".join(lines)


@given(st.one_of(spoiled(), st.text(max_size=200), st.binary(max_size=200).map(lambda data: data.decode("latin-1"))))
@settings(max_examples=400, deadline=None)
def test_whatever_a_file_says_it_is_a_site_or_refused(text: str) -> None:
    site, problems = read(text)
    assert (site is None) == bool(problems)
    assert all(problem.strip() for problem in problems)
    if site is not None:
        assert all(site.server(hall.projection).id == hall.projection for hall in site.halls)
        assert all(site.settings_of(hall).roles for hall in site.halls)


def read(text: str) -> tuple[SiteConfig | None, list[str]]:
    try:
        return parsed(text), []
    except ConfigRefused as refused:
        return None, refused.problems
