"""
config.toml and the environment: what is read, and what is said when something is wrong.
"""

import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import date, time
from pathlib import Path

import pytest

from bot.config import Config, ConfigError, Secret, keys, load_config

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


@pytest.fixture
def load(tmp_path):
    """Write a config.toml into a folder of its own and load it."""

    def load(text: str, env: Mapping[str, str] | None = None) -> Config:
        file = tmp_path / "config.toml"
        file.write_text(text, encoding="utf-8")
        return load_config(file, env or {})

    return load


@pytest.fixture
def problems(load):
    """Load what must not load and return the problems, without the name of the file."""

    def problems(text: str, env: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as raised:
            load(text, env)
        return [re.sub(r"^.*?config\.toml: ", "", problem) for problem in raised.value.problems]

    return problems


def test_the_example_names_every_key_and_no_other():
    """Whoever reads the example has seen all there is to set."""
    shown = {}
    section = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if named := re.fullmatch(r"\[(\w+)\]", line):
            section = named[1]
        elif key := re.match(r"(?:# )?(\w+) = ", line):
            shown.setdefault(section, set()).add(key[1])

    assert {section: set(names) for section, names in keys().items()} == shown


def test_the_example_holds_the_defaults():
    """A copy of the example that nobody changed means the same as no file at all."""
    example = load_config(EXAMPLE, {})
    bare = load_config(None, {})

    assert bare.organisation == example.organisation
    assert bare.programme == example.programme
    assert bare.server == example.server
    assert EXAMPLE.parent / "telemachy.db" == Path(example.database.url.reveal().removeprefix("sqlite:///"))
    assert "sqlite:///telemachy.db" == bare.database.url.reveal()
    assert EXAMPLE.parent / bare.mail.folder == example.mail.folder
    assert bare.slack == example.slack
    assert bare.teams == example.teams


def test_every_key_of_the_example_is_explained():
    """Above each key, or above the run of keys it belongs to, stands a comment."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    bare = [line for before, line in itertools.pairwise(lines) if " = " in line and before.startswith("[")]

    assert [] == bare


def test_what_a_deployment_says_is_read(load):
    """Each kind of value arrives in its own type."""
    config = load(
        """
        [organisation]
        name = "Ithaca Shipping"
        time_zone = "Europe/Ljubljana"
        country = "de-by"
        working_days = ["thu", "mon"]
        opens = 08:30:00
        closes = "16:30"
        holidays = [2027-12-31, 2027-12-24]
        [server]
        port = 9000
        public_url = "https://mentoring.example.org/"
        [mail]
        host = "smtp.example.org"
        sender = "Mentoring <mentoring@example.org>"
        """
    )

    assert "Europe/Ljubljana" == config.organisation.time_zone
    assert "DE-BY" == config.organisation.country
    assert (0, 3) == config.organisation.working_days
    assert (time(8, 30), time(16, 30)) == (config.organisation.opens, config.organisation.closes)
    assert (date(2027, 12, 24), date(2027, 12, 31)) == config.organisation.holidays
    assert 9000 == config.server.port
    assert "https://mentoring.example.org" == config.server.public_url
    assert "Mentoring <mentoring@example.org>" == config.mail.sender


def test_a_configuration_is_frozen():
    """Nobody changes the configuration of a running process."""
    config = load_config(None, {})

    with pytest.raises(FrozenInstanceError):
        config.server.port = 1  # type: ignore[misc]


def test_a_file_saved_by_a_windows_editor_is_read(tmp_path):
    """A byte order mark at the start is no error."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf[server]\r\nport = 9000\r\n")

    assert 9000 == load_config(file, {}).server.port


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[mial]\nhost = ''", "[mial]: is not known (did you mean mail?)"),
        ("[server]\nPrt = 1", "[server] Prt: is not known (did you mean port?)"),
        (
            "[server]\nzzz = 1",
            "[server] zzz: is not known; known here: host, port, public_url, link_key_file",
        ),
        ("server = 8080", "server: must be a section: write [server] on a line of its own"),
        (
            '[server]\nport = "8080"',
            '[server] port: must be a whole number from 1 to 65535, without quotes, not "8080"',
        ),
        (
            "[server]\nport = true",
            "[server] port: must be a whole number from 1 to 65535, without quotes, not true",
        ),
        (
            "[server]\nport = 70000",
            "[server] port: must be a whole number from 1 to 65535, without quotes, not 70000",
        ),
        (
            "[programme]\nfile = '~no such user/x.toml'",
            '[programme] file: names the home of somebody who is not known on this machine: "~no such user/x.toml"',
        ),
        (f"[programme]\nfile = '{300 * 'x'}'", "[programme] file: is longer than a path may be"),
        ("[server]\nhost = 1", "[server] host: must be a text in quotes, not 1"),
        (
            '[server]\npublic_url = "example.org"',
            '[server] public_url: must be a whole address such as https://mentoring.example.org, not "example.org"',
        ),
        (
            '[server]\npublic_url = "https://example.org/mentoring/"',
            (
                "[server] public_url: must end with the host, as https://example.org does: the bot answers at a "
                'name of its own, not below a path as in "https://example.org/mentoring/"'
            ),
        ),
        (
            '[organisation]\ntime_zone = "Europe/Lubljana"',
            (
                "[organisation] time_zone: unknown time zone 'Europe/Lubljana' (did you mean Europe/Ljubljana?): "
                "write an IANA name such as Europe/Ljubljana"
            ),
        ),
        (
            '[organisation]\nworking_days = ["monday"]',
            '[organisation] working_days: has "monday"; the weekdays are mon, tue, wed, thu, fri, sat, sun',
        ),
        (
            "[organisation]\nworking_days = []",
            '[organisation] working_days: must be a list of weekdays such as ["mon", "tue"], not []',
        ),
        (
            '[organisation]\nopens = "9 o\'clock"',
            '[organisation] opens: must be a time such as "09:00", not "9 o\'clock"',
        ),
        (
            '[organisation]\nopens = "09:00+02:00"',
            "[organisation] opens: must be a time without a zone, because it is meant where each person lives: 09:00",
        ),
        (
            '[organisation]\nopens = "18:00"',
            "[organisation] closes: must be later than opens, which is 18:00",
        ),
        (
            '[organisation]\nholidays = ["2027-12-24"]',
            (
                "[organisation] holidays: must be a list of days without quotes such as [2027-12-24], "
                'not ["2027-12-24"]'
            ),
        ),
        (
            '[organisation]\nlanguage = "English"',
            '[organisation] language: must be a language code such as en or de, not "English"',
        ),
        (
            '[mail]\nsecurity = "startls"',
            '[mail] security: must be one of starttls, tls, none, not "startls" (did you mean starttls?)',
        ),
        (
            '[mail]\nsender = "nobody"',
            '[mail] sender: must be an e-mail address such as "Mentoring <mentoring@example.org>", not "nobody"',
        ),
        (
            '[mail]\nhost = "smtp.example.org"',
            "[mail] sender: is missing: with a host, say whom the e-mails come from",
        ),
        (
            '[mail]\nuser = "bot"',
            "[mail] user: has no password: set TELEMACHY_MAIL_PASSWORD, or password_file",
        ),
        (
            "[mail]\nfolder = ''",
            "[mail] folder: is empty: name a folder, which is made when it is first needed",
        ),
        (
            '[database]\nurl = "mysql://db/x"',
            '[database] url: must be a text such as "sqlite:///telemachy.db" or "postgresql://…"',
        ),
        (
            '[database]\nurl = "sqlite:///:memory:"',
            "[database] url: names no file, so all would be forgotten at a restart: write sqlite:///telemachy.db",
        ),
        (
            '[organisation]\nprivacy_url = "http://example.org"',
            (
                "[organisation] privacy_url: must be the address of a page such as https://www.example.org/privacy, "
                'not "http://example.org"'
            ),
        ),
        (
            '[teams]\nmode = "yes"',
            '[teams] mode: must be one of off, on, not "yes"',
        ),
        (
            "[teams]\ntenants = ['']",
            '[teams] tenants: must be a list of ids such as ["0a1b2c3d-0000-0000-0000-000000000000"], not [""]',
        ),
        (
            '[teams]\ngraph_url = "http://graph.microsoft.com"',
            (
                "[teams] graph_url: must be an address that begins with https://, unless it is this machine, "
                'not "http://graph.microsoft.com"'
            ),
        ),
        (
            '[slack]\nmode = "sockets"',
            '[slack] mode: must be one of off, socket, http, not "sockets" (did you mean socket?)',
        ),
        (
            '[slack]\nhistory = "yes"',
            '[slack] history: must be true or false, without quotes, not "yes"',
        ),
        (
            '[slack]\nworkspaces = ["ithaca"]',
            (
                '[slack] workspaces: must be a list of ids such as ["T0123ABCD"], which begin with T for a workspace and '
                'with E for an Enterprise Grid organisation, not ["ithaca"]'
            ),
        ),
        (
            '[slack]\napi_url = "http://slack.com/api/"',
            (
                "[slack] api_url: must be an address such as https://slack.com/api/, by https unless it is this machine, "
                'not "http://slack.com/api/"'
            ),
        ),
    ],
)
def test_a_problem_names_its_place_and_the_fix(problems, text, problem):
    """What is wrong is said with section, key, and what to write instead."""
    assert [problem] == problems(text)


def test_all_problems_are_said_at_once(problems):
    """Nobody starts the process five times to hear of five slips."""
    found = problems("[mial]\n[server]\nport = 0\nhots = ''\n[mail]\nport = 'x'\n")

    assert ["[mial]", "[server] hots", "[server] port", "[mail] port"] == [
        line.split(": ")[0] for line in found
    ]


def test_malformed_toml_names_line_and_column(problems):
    """A slip in the syntax is found without reading the whole file."""
    [problem] = problems("[server]\nport = \n")

    assert "at line 2, column 8" in problem


def test_a_missing_file_says_what_to_copy(tmp_path):
    """Whoever starts without a file learns where one comes from."""
    with pytest.raises(ConfigError, match=r"copy config\.example\.toml"):
        load_config(tmp_path / "config.toml", {})


@pytest.mark.parametrize("content", [b"\xff\xfe[\x00", None])
def test_what_is_no_text_file_is_an_error(tmp_path, content):
    """A file in another encoding and a folder are named, not met with a traceback."""
    file = tmp_path / "config.toml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)

    with pytest.raises(
        ConfigError, match=r"config\.toml: (must be saved as UTF-8; line 1 is not|cannot be read)"
    ):
        load_config(file, {})


def test_a_missing_programme_file_is_named(problems, tmp_path):
    """The whole path is said, so that a wrong folder is seen."""
    assert [f"[programme] file: there is no file '{tmp_path / 'ours.toml'}'"] == problems(
        "[programme]\nfile = 'ours.toml'"
    )


def test_paths_start_at_the_file(load, tmp_path):
    """It does not matter from which folder the process starts."""
    (tmp_path / "ours.toml").touch()
    config = load(
        "[programme]\nfile = 'ours.toml'\n[mail]\nfolder = 'post'\n[database]\nurl = 'sqlite:///data/t.db'"
    )

    assert tmp_path / "ours.toml" == config.programme.file
    assert tmp_path / "post" == config.mail.folder
    assert f"sqlite:///{tmp_path}/data/t.db" == config.database.url.reveal()


def test_postgresql_is_reached_by_psycopg_whatever_the_url_is_called(load):
    """The short names that hosting companies hand out work."""
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        config = load(f"[database]\nurl = '{scheme}://bot@db/telemachy'")

        assert "postgresql+psycopg://bot@db/telemachy" == config.database.url.reveal()


@pytest.mark.parametrize(
    "text",
    [
        "[mail]\npassword = 'penelope'",
        "[database]\nurl = 'postgresql://bot:penelope@db/telemachy'",
        "[database]\nurl = 'postgresql://bot@db/telemachy?password=penelope'",
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(problems, text):
    """The message says where a password may stand, and does not show it."""
    [problem] = problems(text)

    assert "passwords do not belong in this file: set TELEMACHY_" in problem
    assert "penelope" not in problem


def test_a_wrong_url_is_not_repeated(problems):
    """The whole URL counts as a secret, also when it is wrong."""
    [problem] = problems("", {"TELEMACHY_DATABASE_URL": "mysql://bot:penelope@db/x"})

    assert problem.startswith("TELEMACHY_DATABASE_URL: must be")
    assert "penelope" not in problem


def test_secrets_come_from_the_environment(load):
    """A variable is enough, and wins over the file."""
    config = load(
        "[database]\nurl = 'sqlite:///other.db'\n[mail]\nuser = 'bot'",
        {"TELEMACHY_MAIL_PASSWORD": "penelope", "TELEMACHY_DATABASE_URL": "postgresql://b:c@db/t"},
    )

    assert "penelope" == config.mail.password.reveal()
    assert "postgresql+psycopg://b:c@db/t" == config.database.url.reveal()


def test_secrets_come_from_a_file(load, tmp_path):
    """A file named by the key is read, without the line end that editors leave."""
    (tmp_path / "password").write_text("penelope\n")
    config = load("[mail]\nuser = 'bot'\npassword_file = 'password'")

    assert "penelope" == config.mail.password.reveal()


@pytest.mark.parametrize("content", ["", "one\ntwo\n", "x" * 5000])
def test_a_file_that_holds_no_secret_is_refused(problems, tmp_path, content):
    """An empty file, or one that holds something else, is not taken for a password."""
    (tmp_path / "password").write_text(content)
    found = problems("[mail]\npassword_file = 'password'")

    assert ['[mail] password_file: "password" must hold the secret on one line, and nothing else'] == found


def test_a_missing_secret_file_is_named(problems):
    """A wrong path to a password is an error and not an empty password."""
    found = problems("[mail]\npassword_file = 'nowhere'")

    assert ['[mail] password_file: cannot read "nowhere": No such file or directory'] == found


def test_a_password_never_travels_readable(problems):
    """With an account on another machine, the connection must be private."""
    found = problems(
        "[mail]\nhost = 'smtp.example.org'\nsender = 'a@example.org'\nuser = 'bot'\nsecurity = 'none'",
        {"TELEMACHY_MAIL_PASSWORD": "penelope"},
    )

    assert [
        '[mail] security: would send the password readable for everyone: use "starttls" or "tls"'
    ] == found


def test_a_misspelt_variable_is_noticed(problems):
    """A variable that nearly has one of our names is a slip, not somebody else's."""
    found = problems("", {"TELEMACHY_MAIL_PASWORD": "x", "TELEMACHY_TEST_PG": "y"})

    assert [
        "TELEMACHY_MAIL_PASWORD: is not a variable telemachy reads (did you mean TELEMACHY_MAIL_PASSWORD?)"
    ] == found


def test_a_secret_hides_itself(load):
    """Neither repr nor str nor a format shows what a secret holds, alone or inside the configuration."""
    secret = Secret("penelope")
    config = load("[mail]\nuser = 'bot'", {"TELEMACHY_MAIL_PASSWORD": "penelope"})

    assert "penelope" not in f"{secret} {secret!r} {config} {config!r}"
    assert secret
    assert not Secret("")


def test_the_example_is_toml_that_anyone_can_read():
    """The example parses with the sections in the order of the configuration."""
    assert list(keys()) == list(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))


# --- Slack -----------------------------------------------------------------------------------

BOT, APP = {"TELEMACHY_SLACK_BOT_TOKEN": "xoxb-1"}, {"TELEMACHY_SLACK_APP_TOKEN": "xapp-1"}
SIGNING = {"TELEMACHY_SLACK_SIGNING_SECRET": "athena"}
INSTALLING = {"TELEMACHY_SLACK_CLIENT_SECRET": "argos", "TELEMACHY_SLACK_TOKEN_KEYS": "new, old"}
PUBLIC = "[server]\npublic_url = 'https://mentoring.example.org'\n"


def test_slack_is_off_unless_it_is_asked_for(load):
    """Secrets that lie around switch nothing on."""
    assert "off" == load("", BOT | APP).slack.mode


@pytest.mark.parametrize(
    ("text", "env"),
    [
        ("[slack]\nmode = 'socket'", BOT | APP),
        (f"{PUBLIC}[slack]\nmode = 'http'", BOT | SIGNING),
        ("[server]\npublic_url = 'http://localhost:8080'\n[slack]\nmode = 'http'", BOT | SIGNING),
        (f"{PUBLIC}[slack]\nmode = 'http'\nclient_id = '1.2'", SIGNING | INSTALLING),
        (f"{PUBLIC}[slack]\nmode = 'socket'\nclient_id = '1.2'", APP | INSTALLING),
    ],
)
def test_each_way_into_slack_needs_its_own_secrets_and_no_more(load, text, env):
    """Socket Mode needs no address and no signing secret, a single workspace no client and no key."""
    assert load(text, env).slack.mode in ("socket", "http")


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        (
            "[slack]\nmode = 'socket'",
            BOT,
            [
                '[slack] mode: "socket" needs an app-level token: set TELEMACHY_SLACK_APP_TOKEN, or app_token_file',
            ],
        ),
        (
            "[slack]\nmode = 'http'",
            BOT,
            [
                (
                    '[slack] mode: "http" needs the signing secret, by which a request is known to be Slack\'s: '
                    "set TELEMACHY_SLACK_SIGNING_SECRET, or signing_secret_file"
                ),
                '[server] public_url: is missing: [slack] mode = "http" needs the address at which the bot is reached',
            ],
        ),
        (
            "[server]\npublic_url = 'http://mentoring.example.org'\n[slack]\nmode = 'http'",
            BOT | SIGNING,
            ["[server] public_url: must begin with https:// because Slack takes no other address"],
        ),
        (
            "[slack]\nmode = 'socket'",
            APP,
            [
                (
                    '[slack] mode: "socket" needs a token to call Slack with: set TELEMACHY_SLACK_BOT_TOKEN for one '
                    "workspace, or client_id, TELEMACHY_SLACK_CLIENT_SECRET and TELEMACHY_SLACK_TOKEN_KEYS for several"
                ),
            ],
        ),
        (
            "[slack]\nmode = 'socket'\nclient_id = '1.2'",
            APP,
            [
                "[server] public_url: is missing: [slack] client_id needs the address at which the bot is reached",
                "[slack] client_id: has no secret: set TELEMACHY_SLACK_CLIENT_SECRET, or client_secret_file",
                (
                    "[slack] client_id: needs a key that keeps the tokens of the workspaces secret: make one with "
                    "`telemachy slack new-key` and set TELEMACHY_SLACK_TOKEN_KEYS, or token_keys_file"
                ),
            ],
        ),
        (
            f"{PUBLIC}[slack]\nmode = 'socket'\nclient_id = '1.2'",
            APP | BOT | INSTALLING,
            [
                "[slack] client_id: is for several workspaces, and TELEMACHY_SLACK_BOT_TOKEN for one: leave one out",
            ],
        ),
        (
            "[slack]\nmode = 'socket'",
            {"TELEMACHY_SLACK_BOT_TOKEN": "xapp-1", "TELEMACHY_SLACK_APP_TOKEN": "xoxb-1"},
            [
                (
                    "TELEMACHY_SLACK_BOT_TOKEN: must begin with xoxb-: it is the Bot User OAuth Token of the page "
                    "OAuth & Permissions"
                ),
                (
                    "TELEMACHY_SLACK_APP_TOKEN: must begin with xapp-: it is an app-level token of the page "
                    "Basic Information"
                ),
            ],
        ),
    ],
)
def test_what_slack_lacks_is_named_with_its_fix(problems, text, env, found):
    """Key, variable and what to set stand in the message; the secrets that are there do not."""
    assert found == problems(text, env)


def test_several_secrets_stand_side_by_side(load):
    """While a secret is being changed, both hold, the newer one first; a trailing comma is a slip."""
    slack = load("", {"TELEMACHY_SLACK_SIGNING_SECRET": "new, old,"}).slack

    assert ["new", "old"] == [one.reveal() for one in slack.signing_secret]
    assert "new" not in repr(slack)


@pytest.mark.parametrize("key", ["bot_token", "app_token", "signing_secret", "client_secret", "token_keys"])
def test_no_secret_of_slack_stands_in_the_file(problems, key):
    """Each has a variable and a file of its own, which the message names."""
    [problem] = problems(f"[slack]\n{key} = 'penelope'")

    assert (
        f"set TELEMACHY_SLACK_{key.upper()}, or write it to a file and name that with {key}_file" in problem
    )
    assert "penelope" not in problem


def test_the_slash_at_the_end_of_the_api_is_ours_to_keep(load):
    """Both ways to write the address mean the same."""
    assert (
        "https://slack.example.org/api/"
        == load("[slack]\napi_url = 'https://slack.example.org/api'").slack.api_url
    )


# --- Teams -----------------------------------------------------------------------------------

APP_ID, TENANT = "8f14e45f-0000-4000-8000-00000000c0de", "c4ca4238-0000-4000-8000-00000000feed"
REGISTERED = f"{PUBLIC}[teams]\nmode = 'on'\napp_id = '{APP_ID.upper()}'\ntenant_id = '{TENANT}'\n"
LINK_KEY = {"TELEMACHY_LINK_KEY": "a" * 40}
CLIENT = {"TELEMACHY_TEAMS_CLIENT_SECRET": "calypso"}
STAND_IN = "[teams]\nmode = 'on'\ndevelopment = true\n"


def test_teams_is_off_unless_it_is_asked_for(load):
    """Secrets that lie around switch nothing on."""
    assert "off" == load("", LINK_KEY | CLIENT).teams.mode


def test_teams_answers_its_own_tenant_and_no_other(load):
    """Without a list of tenants there is one on it; ids are read as Microsoft's tokens write them."""
    teams = load(REGISTERED, LINK_KEY | CLIENT).teams

    assert (APP_ID, (TENANT,)) == (teams.app_id, teams.tenants)


def test_a_certificate_takes_the_place_of_the_secret(load, tmp_path):
    """A registration with a certificate needs no secret; the path starts at the file."""
    (tmp_path / "teams.pem").touch()

    teams = load(REGISTERED + "certificate = 'teams.pem'", LINK_KEY).teams

    assert tmp_path / "teams.pem" == teams.certificate


def test_a_stand_in_on_this_machine_needs_no_registration(load):
    """With the switch for development, id, tenant, secret, address and key may be missing."""
    config = load(STAND_IN + "login_url = 'http://127.0.0.1:9/login'")

    assert config.teams.development
    assert "http://127.0.0.1:9/login/" == config.teams.login_url


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        (
            "[teams]\nmode = 'on'",
            {},
            [
                (
                    "[teams] app_id: is missing: set it to the Application (client) ID of the app's page in the "
                    "Microsoft Entra admin center (App registrations, Overview)"
                ),
                (
                    "[teams] tenant_id: is missing: set it to the Directory (tenant) ID of the app's page in the "
                    "Microsoft Entra admin center (App registrations, Overview)"
                ),
                '[server] public_url: is missing: [teams] mode = "on" needs the address at which Teams and browsers reach the bot',
                (
                    '[teams] mode: "on" needs a proof of who the bot is: set TELEMACHY_TEAMS_CLIENT_SECRET, or '
                    "client_secret_file, or certificate"
                ),
                (
                    '[server] link_key: [teams] mode = "on" needs a key that signs links and sessions: make one with '
                    "`telemachy new-key` and set TELEMACHY_LINK_KEY, or link_key_file"
                ),
            ],
        ),
        (
            REGISTERED.replace("https://", "http://"),
            LINK_KEY | CLIENT,
            ["[server] public_url: must begin with https:// because Teams takes no other address"],
        ),
        (
            REGISTERED.replace(TENANT, "ithaca.example.org"),
            LINK_KEY | CLIENT,
            [
                (
                    "[teams] tenant_id: must be the Directory (tenant) ID of the app's page in the Microsoft Entra "
                    'admin center (App registrations, Overview), and "ithaca.example.org" is not'
                ),
            ],
        ),
        (
            REGISTERED + f"tenants = ['{APP_ID}']",
            LINK_KEY | CLIENT,
            [f"[teams] tenants: leaves out the bot's own tenant: add {TENANT}"],
        ),
        (
            REGISTERED + "login_url = 'http://localhost:9'",
            LINK_KEY | CLIENT,
            ["[teams] login_url: must begin with https:// except with development = true"],
        ),
        (
            REGISTERED,
            CLIENT | {"TELEMACHY_LINK_KEY": f"{'a' * 40}, ithaca"},
            [
                (
                    "[server] link_key: is short enough to be guessed: make one of at least 32 characters with "
                    "`telemachy new-key`"
                ),
            ],
        ),
        (
            f"[server]\nhost = '0.0.0.0'\n{STAND_IN}",
            {},
            [
                (
                    "[teams] development: takes unsigned messages, so whoever reaches the port could speak for anybody: "
                    'set [server] host = "127.0.0.1", or take development away'
                ),
            ],
        ),
    ],
)
def test_what_teams_lacks_is_named_with_its_fix(problems, text, env, found):
    """Key, variable and what to set stand in the message; the secrets that are there do not."""
    assert found == problems(text, env)


def test_a_key_that_can_be_guessed_is_refused_without_teams_too(problems):
    """Pages are served for Slack as well: whoever guessed the key could sign in as anybody."""
    [problem] = problems(PUBLIC, {"TELEMACHY_LINK_KEY": "ithaca"})

    assert problem.startswith("[server] link_key: is short enough to be guessed")


def test_a_certificate_and_a_secret_are_one_too_many(problems, tmp_path):
    """It is never left open which of the two proves who the bot is; a file that is not there is named."""
    (tmp_path / "teams.pem").touch()

    assert ["[teams] certificate: is there and a client secret too: leave one out"] == problems(
        REGISTERED + "certificate = 'teams.pem'", LINK_KEY | CLIENT
    )
    assert [f"[teams] certificate: there is no file '{tmp_path / 'nowhere.pem'}'"] == problems(
        REGISTERED + "certificate = 'nowhere.pem'", LINK_KEY
    )


@pytest.mark.parametrize(
    ("section", "key", "variable"),
    [
        ("teams", "client_secret", "TELEMACHY_TEAMS_CLIENT_SECRET"),
        ("server", "link_key", "TELEMACHY_LINK_KEY"),
    ],
)
def test_no_secret_of_teams_stands_in_the_file(problems, section, key, variable):
    """Each has a variable and a file of its own, which the message names."""
    [problem] = problems(f"[{section}]\n{key} = 'penelope'")

    assert f"set {variable}, or write it to a file and name that with {key}_file" in problem
    assert "penelope" not in problem
