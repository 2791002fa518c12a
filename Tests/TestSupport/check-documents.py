"""check-documents.py SCHEMA: for each line of JSON in, a line out: empty, or what is wrong with it.

SCHEMA is one of alternatives; what fits none is told by the one that shares most keys with it. Readers
must ignore keys that it does not name, and natctl prints none: a document must fit with every object
closed, and with an unknown key in each."""

import json
import sys

import jsonschema

Validator = jsonschema.Draft202012Validator


def closed(schema):
    """The schema with no keys but the named ones in any object that has to have some."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: closed(value) for key, value in schema.items()}
    if "required" in schema and "properties" in schema:
        copy["additionalProperties"] = False
    return copy


def extended(value):
    """The document with one more key in each object."""
    if isinstance(value, list):
        return [extended(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {**{key: extended(item) for key, item in value.items()}, "unknown": "?"}


def validator(schema):
    return Validator(schema, format_checker=Validator.FORMAT_CHECKER)


with open(sys.argv[1]) as file:
    schema = json.load(file)
Validator.check_schema(schema)
judge, strict_judge = validator(schema), validator(closed(schema))


def closest(document):
    def shared(alternative):
        named = schema["$defs"][alternative["$ref"].rsplit("/", 1)[-1]]
        return len(named["properties"].keys() & document.keys())

    strict = strict_judge.schema
    return {**max(strict["oneOf"], key=shared), "$defs": strict["$defs"]}


def problem(line):
    try:
        document = json.loads(line)
    except ValueError as error:
        return f"no JSON: {error}"
    if strict_judge.is_valid(document):
        return "" if judge.is_valid(extended(document)) else "an unknown key is not allowed"
    if not isinstance(document, dict):
        return "no object"
    error = jsonschema.exceptions.best_match(
        strict_judge.evolve(schema=closest(document)).iter_errors(document))
    return f"{error.json_path}: {error.message}" if error else "it fits several alternatives"


for line in sys.stdin:
    print(" ".join(problem(line).split()), flush=True)
