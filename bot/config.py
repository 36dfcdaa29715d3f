"""
Read config.toml and the environment into one frozen value, or say everything that is wrong with them.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from dataclasses import replace as with_changes
from datetime import date, time
from pathlib import Path
from typing import TypeVar

from bot import config_values as values
from bot.config_together import together
from bot.config_values import Secret as Secret
from bot.config_values import Security, SlackMode, TeamsMode

# Longer than any connection string or password; what is longer is some other file, named by mistake.
_LONGEST_SECRET = 4096


class ConfigError(Exception):
    """Name every problem of a configuration, one a line, each with its place and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


# --- the tree ----------------------------------------------------------------------------------------------

_T = TypeVar("_T")


def _key(read: Callable[[object], _T], default: _T, env: str = "") -> _T:
    """Declare a key of the file: how its value is read and, for a secret, which variable may hold it."""
    return field(default=default, metadata={"read": read, "env": env})


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Whom the deployment serves, and how people work there unless their own entry says otherwise."""

    name: str = _key(values.text, "")
    language: str = _key(values.language, "en")
    time_zone: str = _key(values.zone, "UTC")
    country: str = _key(values.country, "")
    working_days: tuple[int, ...] = _key(values.weekdays, (0, 1, 2, 3, 4))  # Monday is 0
    opens: time = _key(values.time_of_day, time(9))
    closes: time = _key(values.time_of_day, time(17))
    holidays: tuple[date, ...] = _key(values.days, ())
    website: str = _key(values.page_url, "")
    privacy_url: str = _key(values.page_url, "")
    terms_url: str = _key(values.page_url, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Which programme people live; without a file, the onboarding programme that is part of telemachy."""

    file: Path | None = _key(values.path, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """
    Where everything is kept, and for how many days what nobody needs any more; 0 is for ever.

    The URL may hold a password, so it is a secret as a whole.
    """

    url: Secret = _key(values.database_url, Secret("sqlite:///telemachy.db"), env="TELEMACHY_DATABASE_URL")
    keep_days: int = _key(values.keep_days, 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the process listens, and how the outside reaches it."""

    host: str = _key(values.text, "127.0.0.1")
    port: int = _key(values.port, 8080)
    public_url: str = _key(values.public_url, "")
    # Signs the links of messages and the sessions of browsers; the newest first, and all of them open.
    link_key: tuple[Secret, ...] = _key(values.secrets, (), env="TELEMACHY_LINK_KEY")

    @property
    def only_here(self) -> bool:
        """Tell whether nothing outside this machine can reach the process."""
        return self.host in values.HERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """How e-mail leaves: through the SMTP server `host` or, while that is empty, as files in `folder`."""

    host: str = _key(values.text, "")
    port: int = _key(values.port, 587)
    security: Security = _key(values.security, "starttls")
    sender: str = _key(values.address, "")
    user: str = _key(values.text, "")
    password: Secret = _key(values.secret, Secret(), env="TELEMACHY_MAIL_PASSWORD")
    folder: Path = _key(values.folder, Path("mail"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """
    How the bot lives in Slack: not at all, behind a firewall ("socket"), or with a public address ("http").

    Either one workspace by its `bot_token`, or as many as install it by `client_id`, secret and keys.
    """

    mode: SlackMode = _key(values.slack_mode, "off")
    workspaces: tuple[str, ...] = _key(values.slack_workspaces, ())
    history: bool = _key(values.switch, False)
    group_messages: bool = _key(values.switch, False)
    files: bool = _key(values.switch, False)
    client_id: str = _key(values.text, "")
    api_url: str = _key(values.api_url, "https://slack.com/api/")
    bot_token: Secret = _key(values.secret, Secret(), env="TELEMACHY_SLACK_BOT_TOKEN")
    app_token: Secret = _key(values.secret, Secret(), env="TELEMACHY_SLACK_APP_TOKEN")
    signing_secret: tuple[Secret, ...] = _key(values.secrets, (), env="TELEMACHY_SLACK_SIGNING_SECRET")
    client_secret: Secret = _key(values.secret, Secret(), env="TELEMACHY_SLACK_CLIENT_SECRET")
    token_keys: tuple[Secret, ...] = _key(values.secrets, (), env="TELEMACHY_SLACK_TOKEN_KEYS")

    @property
    def by_oauth(self) -> bool:
        """Tell whether workspaces install the app by themselves, as opposed to one token in the configuration."""
        return bool(self.client_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """
    How the bot lives in Microsoft Teams: as the registration `app_id` of the tenant `tenant_id`.

    It proves who it is by a secret or a certificate. Without `tenants`, only its own tenant is answered.
    """

    mode: TeamsMode = _key(values.teams_mode, "off")
    app_id: str = _key(values.identifier, "")
    tenant_id: str = _key(values.identifier, "")
    tenants: tuple[str, ...] = _key(values.identifiers, ())
    certificate: Path | None = _key(values.path, None)
    graph: bool = _key(values.switch, False)
    development: bool = _key(values.switch, False)
    login_url: str = _key(values.microsoft_url, "https://login.microsoftonline.com/")
    openid_url: str = _key(
        values.document_url, "https://login.botframework.com/v1/.well-known/openidconfiguration"
    )
    graph_url: str = _key(values.microsoft_url, "https://graph.microsoft.com/v1.0/")
    client_secret: Secret = _key(values.secret, Secret(), env="TELEMACHY_TEAMS_CLIENT_SECRET")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a deployment may set; the defaults are good for a first look on one machine."""

    organisation: Organisation = Organisation()
    programme: Programme = Programme()
    database: Database = Database()
    server: Server = Server()
    mail: Mail = Mail()
    slack: Slack = Slack()
    teams: Teams = Teams()


# --- reading -----------------------------------------------------------------------------------------------


def load_config(path: Path | None, env: Mapping[str, str], *, whole: bool = True) -> Config:
    """
    Read the file, if there is one, and the secrets of the environment; ConfigError says all that is wrong.

    Relative paths are looked up from the file's folder, so it does not matter where the process starts. Before a
    platform has handed out its secrets there can be none: then it is not the `whole` that is read.
    """
    raw = {} if path is None else _parsed(path)
    place, folder = (str(path), path.parent) if path else ("configuration", Path())
    reading = _Reading(raw, place, folder, env, whole)
    config = reading.config()
    if reading.problems:
        raise ConfigError(reading.problems)
    return config


def keys() -> dict[str, tuple[str, ...]]:
    """Return what a file may hold: each section's keys."""
    return {section.name: tuple(_names(section)) for section in fields(Config)}


class _Reading:
    """One reading of one file: the problems gather here, so that a person hears of all of them at once."""

    def __init__(
        self, raw: dict[str, object], place: str, folder: Path, env: Mapping[str, str], whole: bool
    ) -> None:
        self._raw = raw
        self._place = place
        self._folder = folder
        self._env = env
        self._whole = whole
        self.problems: list[str] = []

    def config(self) -> Config:
        self._refuse_unknown(self._raw, [section.name for section in fields(Config)], "[{}]")
        self._notice_misspelt_variables()
        sections = {section.name: self._section(section) for section in fields(Config)}
        config = Config(**sections)  # type: ignore[arg-type]  # each section is built by its own class
        if not self.problems:
            for where, problem in together(config, self._folder, self._whole):
                self._say(where, problem)
        return self._anchored(config)

    def _section(self, section: Field[object]) -> object:
        table = self._raw.get(section.name, {})
        if not isinstance(table, dict):
            self._say(section.name, f"must be a section: write [{section.name}] on a line of its own")
            table = {}
        ours = [key.name for key in _fields_of(section)]
        others = {name: value for name, value in table.items() if name not in ours}
        self._refuse_unknown(others, list(_names(section)), f"[{section.name}] {{}}")
        found = {}
        for key in _fields_of(section):
            where, value = self._find(section.name, key, table)
            if value is None:
                continue
            try:
                found[key.name] = key.metadata["read"](value)
            except ValueError as error:
                self._say(where, str(error))
        return type(section.default)(**found)

    def _find(self, section: str, key: Field[object], table: dict[str, object]) -> tuple[str, object]:
        """Return where a value stands, and the value: a variable wins over what the file says."""
        env = key.metadata["env"]
        where = f"[{section}] {key.name}"
        if not env:
            return where, table.get(key.name)
        if key.name in table and (
            key.metadata["read"] in values.SECRETS or values.holds_password(table[key.name])
        ):
            self._say(
                where,
                f"passwords do not belong in this file: set {env}, or write it to a file and name that "
                f"with {key.name}_file",
            )
        elif env in self._env:
            return env, self._env[env]
        elif f"{key.name}_file" in table and self._whole:
            return f"{where}_file", self._secret_file(f"{where}_file", table[f"{key.name}_file"])
        elif key.name in table:
            return where, table[key.name]
        return where, None

    def _secret_file(self, where: str, value: object) -> str | None:
        try:
            file = self._folder / values.text(value)
            with file.open(encoding="utf-8") as opened:
                text = opened.read(_LONGEST_SECRET + 1).strip()
        except (OSError, UnicodeDecodeError) as error:
            self._say(
                where,
                f"cannot read {values.shown(value)}: {getattr(error, 'strerror', '') or 'it is not a text'}",
            )
        except ValueError as error:
            self._say(where, str(error))
        else:
            if text and len(text) <= _LONGEST_SECRET and "\n" not in text:
                return text
            self._say(where, f"{values.shown(value)} must hold the secret on one line, and nothing else")
        return None

    def _anchored(self, config: Config) -> Config:
        """Resolve what is relative against the file's folder."""
        programme, mail, database, teams = config.programme, config.mail, config.database, config.teams
        if programme.file:
            programme = with_changes(programme, file=self._folder / programme.file)
        mail = with_changes(mail, folder=self._folder / mail.folder)
        database = with_changes(database, url=values.database_url(database.url.reveal(), self._folder))
        if teams.certificate:
            teams = with_changes(teams, certificate=self._folder / teams.certificate)
        if teams.tenant_id and not teams.tenants:
            teams = with_changes(teams, tenants=(teams.tenant_id,))
        return with_changes(config, programme=programme, mail=mail, database=database, teams=teams)

    def _refuse_unknown(self, table: dict[str, object], known: list[str], where: str) -> None:
        for name in table:
            if name not in known:
                near = values.meant(name, known) or f"; known here: {', '.join(known)}"
                self._say(where.format(name), f"is not known{near}")

    def _notice_misspelt_variables(self) -> None:
        known = [key.metadata["env"] for section in fields(Config) for key in _fields_of(section)]
        for name in sorted(self._env):
            # Others may use the prefix for their own ends; only what looks like one of ours is a slip.
            if name.startswith("TELEMACHY_") and name not in known and values.meant(name, known, 0.85):
                self._say(name, f"is not a variable telemachy reads{values.meant(name, known, 0.85)}")

    def _say(self, where: str, problem: str) -> None:
        self.problems.append(f"{self._place}: {where}: {problem}")


def _parsed(path: Path) -> dict[str, object]:
    data = b""
    try:
        data = path.read_bytes()
        return tomllib.loads(data.decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            [f"{path}: there is no such file; copy config.example.toml and change what you need"]
        ) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}: must be saved as UTF-8; line {line} is not"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: is not TOML: {error}"]) from None


def _fields_of(section: Field[object]) -> tuple[Field[object], ...]:
    # A section's default is an instance of its class, which is closer at hand than the annotation's text.
    return fields(section.default)  # type: ignore[arg-type]


def _names(section: Field[object]) -> Iterator[str]:
    """Name what may stand in the file: a secret only by the file that holds it."""
    for key in _fields_of(section):
        if key.metadata["read"] not in values.SECRETS:
            yield key.name
        if key.metadata["env"]:
            yield f"{key.name}_file"
