"""Values that stand apart from their names: under a type, beside a path, in a form, in a part of a body, as bytes.

Each kind of value is drawn into each syntax by a seed; all values are invented.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from logscrub import api

KEY = b"0123456789abcdef0123456789abcdef"
VALUES = {
    "description": ["my landlord refuses the deposit", "please move my mother to the quiet ward"],
    "password": ["tulip7Orange", "Harbour9!Kite"],
    "displayName": ["Gunhild Strand", "Kwabena Achterberg"],
    "phoneNumber": ["+49 171 5550199", "+44 20 7946 0958"],
}
WRAPPERS = ["S", "stringValue", "string_value", "String", "string", "Some", "raw", "rendered", "en", "de-DE", "pt_BR"]


def _wrapped(k: str, v: str, chance: random.Random) -> list[str]:
    w = chance.choice(WRAPPERS)
    return [
        json.dumps({"id": 4, k: {w: v}, "n": 1}),
        json.dumps({"message": json.dumps({k: {w: v}})}),
        f"item {{ id: 4, {k}: {{ '{w}': '{v}' }} }}",
        f'item {{"{k}":{{"{w}":"{v}"}}}} saved',
    ]


def _wrapped_deeper(k: str, v: str, chance: random.Random) -> list[str]:
    return [
        json.dumps({k: {"L": [{"S": v}, {"S": v}]}}),
        json.dumps({k: {"SS": [v, v]}}),
        json.dumps({"profile": {"M": {k: {"S": v}}}}),
        json.dumps({"fields": {k: {"arrayValue": {"values": [{"stringValue": v}]}}}}),
        f"item {{ {k}: {{ L: [ {{ S: '{v}' }} ] }} }}",
    ]


def _issues(k: str, v: str, chance: random.Random) -> list[str]:
    told = chance.choice(["received", "input"])
    return [
        json.dumps({"code": "invalid_literal", "path": ["user", k], "message": "bad", told: v}),
        json.dumps({told: v, "code": "invalid_literal", "path": ["user", k], "message": "bad"}),
        json.dumps({"loc": ["body", k], "type": "too_short", "input": v}),
        json.dumps({"instancePath": f"/user/{k}", "schemaPath": "#/x", "message": "must match", "data": v}),
        json.dumps({"field": k, "rejectedValue": v, "objectName": "user"}),
        json.dumps({"value": v, "property": k, "constraints": {"minLength": "short"}}),
        f"{{ code: 'invalid_literal', path: [ 'user', '{k}' ], received: '{v}' }}",
        f"[{{'type': 'too_short', 'loc': ('body', '{k}'), 'msg': 'short', 'input': '{v}'}}]",
        f"{{ instancePath: '/user/{k}', params: {{ limit: 8 }}, data: '{v}' }}",
        f"Field error in object 'user' on field '{k}': rejected value [{v}]; codes [Size.user]",
        f"User validation failed: Path `{k}` (`{v}`) is shorter than the minimum",
        f"parameter '{k}' has invalid value '{v}'",
        f"ConstraintViolationImpl{{interpolatedMessage='too short', propertyPath={k}, invalidValue='{v}'}}",
    ]


def _bodies(k: str, v: str, chance: random.Random) -> list[str]:
    indent = chance.choice(["", "  "])
    kind = chance.choice(["", f"{indent}Content-Type: text/plain\n"])
    part = f'{indent}--b\n{indent}Content-Disposition: form-data; name="{k}"\n{kind}\n{indent}{v}\n{indent}--b--\n'
    return [
        part,
        part.replace("\n", "\r\n"),
        f"INFO    2026-11-17T09:15:38.315Z 214deaff-f633-43a3-a2fb-fd5df6219cff sent\n{part}",
    ]


def _spread(k: str, v: str, chance: random.Random) -> list[str]:
    members = {str(i): n for i, n in enumerate(v.encode())}
    return [json.dumps({k: members}), json.dumps({k: members}, separators=(",", ":")), json.dumps({"args": [{k: members}]})]


SYNTAXES: dict[str, Callable[[str, str, random.Random], list[str]]] = {
    "under a type": _wrapped,
    "under types": _wrapped_deeper,
    "beside a path": _issues,
    "in a part of a body": _bodies,
    "as bytes": _spread,
}


def scrubbed(text: str, engine: api.EngineName) -> str:
    return api.scrub(text, key=KEY, engine=engine).output


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("syntax", sorted(SYNTAXES))
def test_a_value_apart_from_its_name_goes(syntax: str, seed: int, engine: api.EngineName) -> None:
    chance = random.Random(f"{syntax} {seed}")
    for name, values in VALUES.items():
        value = chance.choice(values)
        for text in SYNTAXES[syntax](name, value, chance):
            out = scrubbed(text + "\n", engine)
            numbers = ", ".join(f'"{i}": {n}' for i, n in enumerate(value.encode()))[:60]
            assert value[:7] not in out, text
            assert value[-6:] not in out, text
            assert numbers not in out and numbers.replace(" ", "") not in out, text
            assert name in out


OPTIONS = ["-d", "--data", "--data-raw", "--data-urlencode", "-F"]


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("option", OPTIONS)
def test_a_form_in_quotes_ends_with_them(option: str, quote: str, engine: api.EngineName) -> None:
    for name, values in VALUES.items():
        out = scrubbed(f"curl {option} {quote}{name}={values[0]}{quote} https://x.example/api/v2/things\n", engine)
        assert out.startswith(f"curl {option} {quote}{name}=<")
        assert out.endswith(f">{quote} https://x.example/api/v2/things\n")
        out = scrubbed(f"curl {option} {quote}id=4&{name}={values[1]}&kind=bug{quote} https://x.example/api\n", engine)
        assert out.startswith(f"curl {option} {quote}id=4&{name}=<")
        assert out.endswith(f">&kind=bug{quote} https://x.example/api\n")


@pytest.mark.parametrize("engine", api.engines())
def test_a_value_ends_with_the_quotes_before_its_name(engine: api.EngineName) -> None:
    out = scrubbed('saved "summary=my landlord refuses the deposit" level=info dur=12ms\n', engine)
    assert out == 'saved "summary=<CONTENT>" level=info dur=12ms\n'


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize(
    "text",
    [
        '{"histogram":{"0":5,"1":12,"2":7,"3":0,"4":1,"5":2}}',
        "{ retries: { '0': 5, '1': 12, '2': 7, '3': 0, '4': 1, '5': 2 } }",
        '{"path":["user","age"],"code":"invalid_type","expected":"number","received":"string"}',
        '{"instancePath":"/user/age","keyword":"type","message":"must be integer","data":"x1"}',
        "Field error in object 'user' on field 'age': rejected value [x1]; codes [typeMismatch]",
        '{"level":{"S":"info"},"retries":{"N":"3"},"flags":{"SS":["a1","b2"]}}',
        'Content-Disposition: form-data; name="kind"\n\nbug in the parser\n--b--',
    ],
)
def test_what_only_looks_like_it_stays(text: str, engine: api.EngineName) -> None:
    assert scrubbed(text + "\n", engine) == text + "\n"


@pytest.mark.parametrize("engine", api.engines())
def test_a_part_of_a_body_ends_at_its_boundary(engine: api.EngineName) -> None:
    text = '--b\nContent-Disposition: form-data; name="password"\n\ntulip7Orange\n--b--\nstatus 200 for request seven\n'
    assert scrubbed(text, engine) == text.replace("tulip7Orange", "<PASSWORD>")


@pytest.mark.parametrize("engine", api.engines())
def test_a_name_without_its_part_takes_one_line_of_the_next_record_at_most(engine: api.EngineName) -> None:
    text = 'Content-Disposition: form-data; name="password"\n' + "retrying in 250 ms\n" * 3
    assert scrubbed(text, engine).endswith("retrying in 250 ms\n" * 2)


DEEP: list[Callable[[str], object]] = [
    lambda value: {"secrets": {"stripe": {"live": value}}},
    lambda value: {"credentials": {"primary": {"user": "svc", "word": value}}},
    lambda value: {"authorization": {"scheme": "Hawk", "parameters": {"mac": value}}},
    lambda value: {"signingKeys": {"2025-11": {"material": value}}},
]


@pytest.mark.parametrize("make", DEEP)
@pytest.mark.parametrize("head", ["", "computed values: "])
def test_all_in_an_object_of_secrets_is_secret_however_deep(make: Callable[[str], object], head: str) -> None:
    value = "We2Ix7Fw9ERCZ46yAw0iqrGAD31"
    for engine in api.engines():
        assert value not in api.scrub(head + json.dumps(make(value)), key=KEY, engine=engine).output


def test_facts_about_secrets_stay() -> None:
    kept = json.dumps(
        {"authorization": {"type": "oauth2", "scopes": {"read": "all of it"}}, "tokens": {"input": {"cached": 1234}}}
    )
    assert all(api.scrub(kept, key=KEY, engine=engine).output == kept for engine in api.engines())


HOLDERS = [
    "cfg {n}={{staging={a}, live={b}}} loaded",
    "Audit({n}=Change(old={a}, new={b}), ts=1767225600)",
    "{n}: Map(2) {{ 'staging' => '{a}', 'live' => '{b}' }}",
    "{n}: Set(2) {{ '{a}', '{b}' }}",
    "{n}:map[live:{b} staging:{a}]",
    '{n}: Rotation {{ cur: "{a}", prev: "{b}" }}',
    '%{{{n}: %{{eu: "{a}", us: "{b}"}}}}',
    '{{:{n} {{:eu "{a}", :us "{b}"}}}}',
    "[{n}] => Array ( [eu] => {a} [us] => {b} )",
    "<{n}><eu>{a}</eu><us>{b}</us></{n}>",
    "?{n}[eu]={a}&{n}[us]={b}",
    "{n}=({a} {b})",
    "cfg:\n{n}:\n  - {a}\n  - {b}\nport: 80",
    "{n}:\n  eu: {a}\n  us: {b}\nport: 80",
    'plan\n  + name  = "{n}"\n  + value = "{a}"\n',
    '{{"message": "cfg:\\n{n}:\\n  - {a}\\n  - {b}\\nport: 80"}}',
    '{{"message": "{n}:\\n  eu: {a}\\n  us: {b}\\nport: 80"}}',
    '{{"message": "[{n}]\\neu = {a}\\nus = {b}"}}',
]


@pytest.mark.parametrize("name", ["passwords", "apiKeys", "signing_secrets", "dbPassword", "recoveryCodes"])
@pytest.mark.parametrize("syntax", HOLDERS)
@pytest.mark.parametrize("engine", api.engines())
def test_all_that_the_name_of_a_secret_holds_goes(syntax: str, name: str, engine: api.EngineName) -> None:
    one, other = "brook_Lantern41", "qX7rT2mB9vK4sLw8"
    out = api.scrub(syntax.format(n=name, a=one, b=other), key=KEY, engine=engine).output
    assert one not in out and other not in out


@pytest.mark.parametrize(
    "text",
    [
        "tokens={prompt=1532, completion=220, total=1752}",
        "token: Token { type: 'Bearer', expires: 3600, scope: 'read:jira' }",
        "password: { required: true, min: 8, max: 64 }",
        "password=Schema(min_length=8, max_length=128)",
        "session={duration=120ms, retries=3}",
        "apiKey: ApiKey(expires=2026-01-01, status=active)",
        '"password" -> "required"',
        "<tokens><count>12</count></tokens>",
        "keys: { primary: 'id', foreign: 'user_id' }",
        "tokens[i] = next.tokens[0]",
    ],
)
@pytest.mark.parametrize("engine", api.engines())
def test_what_is_said_about_secrets_in_a_holder_stays(text: str, engine: api.EngineName) -> None:
    assert api.scrub(text, key=KEY, engine=engine).output == text
