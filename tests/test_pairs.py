"""A value goes where the text names it, however far the name stands from it, and in whatever syntax."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

import logscrub
from logscrub.api import EngineName, engines
from logscrub.detect.pairs import named_values

SECRET = "tulip7Orange"
NAMES = ("password", "clientSecret", "X-Api-Key", "refresh_token", "dbPassword", "Authorization")
SYNTAXES: dict[str, Callable[[str, str], str]] = {
    "object of util.inspect": lambda name, value: f"saved {{ name: '{name}', value: '{value}' }}",
    "object with more members": lambda name, value: f'{{ type: "text", key: "{name}", required: true, val: "{value}" }}',
    "value before name": lambda name, value: f"{{ value: `{value}`, field: `{name}` }}",
    "object in a string": lambda name, value: "body " + json.dumps(json.dumps({"header": name, "value": value})),
    "JSON patch": lambda name, value: json.dumps({"op": "replace", "path": f"/user/{name}", "value": value}),
    "changelog": lambda name, value: json.dumps({"field": name, "from": value, "to": value}),
    "hash of Ruby": lambda name, value: f'{{:name=>"{name}", :value=>"{value}", :kind=>:string}}',
    "map of Clojure": lambda name, value: f'{{:k "{name}" :v "{value}"}}',
    "struct of Go": lambda name, value: f'Setting{{Key:"{name}", Value:"{value}", Dirty:true}}',
    "array of PHP": lambda name, value: f'array(2) {{ ["name"]=> string(8) "{name}" ["value"]=> string(14) "{value}" }}',
    "with a type between": lambda name, value: f"PutParameter Name=/prod/crm/{name} Type=SecureString Value={value}",
    "elements of XML": lambda name, value: f"<ns2:key>{name}</ns2:key><ns2:val><![CDATA[{value}]]></ns2:val>",
    "lines of YAML": lambda name, value: f"- name: {name}\n  type: text\n  value: {value}\n- name: port",
    "block of YAML behind its name": lambda name, value: f"- name: {name}\n  value: >-\n    {value}\n- name: port",
    "list of YAML": lambda name, value: f"{name}:\n  - {value}\n  - {value}\nport: 8080",
    "line within brackets": lambda name, value: f'set {{ name = "{name}"\n  value = "{value}" -> (sensitive) }}',
    "pair": lambda name, value: f"[ '{name}', '{value}' ]",
    "pairs": lambda name, value: json.dumps({"params": [["page", "1"], [name, value]]}),
    "pair of bytes": lambda name, value: f"[(b'{name}', b'{value}')]",
    "tuple of Elixir": lambda name, value: f'[{{"accept", "*/*"}}, {{"{name}", "{value}"}}]',
    "tuple of Erlang": lambda name, value: f'[{{port,80}},{{{name.replace("-", "_")},<<"{value}">>}}]',
    "pair without quotes": lambda name, value: f"form=[(page, 1), ({name.replace('-', '_')}, {value})]",
    "arguments by name": lambda name, value: f"Setting(name='{name}', default=None, value='{value}')",
    "parameters of CloudFormation": lambda name, value: json.dumps({"ParameterKey": name, "ParameterValue": value}),
    "parameter of FHIR": lambda name, value: json.dumps({"name": name, "valueString": value}),
    "id beside a name": lambda name, value: f'{{ id: "{name}", name: "row", value: "{value}" }}',
    "property list": lambda name, value: f"<dict><key>{name}</key><string>{value}</string></dict>",
    "which of several": lambda name, value: f'{name}_previous = "{value}"',
    "call": lambda name, value: f'setenv("{name}", "{value}")',
    "method": lambda name, value: f'request.setHeader("{name}", "{value}");',
    "function that is not known": lambda name, value: f'f("{name}", "{value}")',
    "PHP": lambda name, value: f'a:1:{{s:{len(name)}:"{name}";s:{len(value)}:"{value}";}}',
    "row of a table": lambda name, value: f"| id | 4 |\n| {name} | {value} |",
    "element": lambda name, value: f"<config><{name}>{value}</{name}></config>",
    "CDATA": lambda name, value: f"<c:{name}><![CDATA[{value}]]></c:{name}>",
    "entry": lambda name, value: f'<entry key="{name}">{value}</entry>',
    "attributes": lambda name, value: f'<property name="{name}" value="{value}"/>',
    "multipart": lambda name, value: f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--b--',
    "block of YAML": lambda name, value: f"id: 4\n{name}: |\n  {value}\nnext: 5",
}


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_named_value_goes_and_nothing_else(syntax: str, engine: EngineName) -> None:
    for name in NAMES:
        text = SYNTAXES[syntax](name, SECRET)
        records = [json.dumps({"level": "INFO", "message": text}), *([] if "\n" in text else [text])]  # a line is a record
        for record in records:
            out = logscrub.scrub(record, engine=engine).output
            assert SECRET not in out, name
            bare = out
            for placeholder in ("<SECRET>", "<PERSON>"):  # a header's name can look like a person's
                bare = bare.replace(placeholder, "")
            assert len(bare) >= len(record) - 2 * len(SECRET) - len(name), name


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_value_under_a_name_that_tells_nothing_stays(syntax: str, engine: EngineName) -> None:
    text = SYNTAXES[syntax]("retries", "twice")
    assert logscrub.scrub(text, engine=engine).output == text


@pytest.mark.parametrize(
    "text",
    [
        "columns ['user', 'email', 'password']",
        'hasPermission("user", "ADMIN")',
        'translate("title", "Save")',
        "| user | email |",
        "| title | done |",
        "{ name: 'password', type: 'string', required: true }",
        "<version>Overview</version>",
        "{ name: 'password', label: 'title', value: 3 }",
    ],
)
def test_lists_of_names_and_calls_are_no_values(text: str) -> None:
    assert logscrub.scrub(text).output == text


@pytest.mark.parametrize("opening", ["{", "<", "[", "('a'", "| a ", "<a>", 'name="a"', "a: |\n  ", "{ name: '", 's:1:"a";'])
def test_hostile_texts_name_little(opening: str) -> None:
    assert sum(value.end - value.start for value in named_values(opening * 5_000)) <= len(opening) * 5_000
