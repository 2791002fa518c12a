"""check-documents.py SCHEMA: for each line of JSON in, a line out: empty, or what is wrong with it.

SCHEMA is one of alternatives; what fits none is told by the one that shares most keys with it."""

import json
import sys

import jsonschema

Validator = jsonschema.Draft202012Validator

with open(sys.argv[1]) as file:
    schema = json.load(file)
Validator.check_schema(schema)
validator = Validator(schema, format_checker=Validator.FORMAT_CHECKER)


def closest(document):
    def shared(alternative):
        named = schema["$defs"][alternative["$ref"].rsplit("/", 1)[-1]]
        return len(named["properties"].keys() & document.keys())

    return {**max(schema["oneOf"], key=shared), "$defs": schema["$defs"]}


def problem(line):
    try:
        document = json.loads(line)
    except ValueError as error:
        return f"no JSON: {error}"
    if validator.is_valid(document):
        return ""
    if not isinstance(document, dict):
        return "no object"
    error = jsonschema.exceptions.best_match(
        validator.evolve(schema=closest(document)).iter_errors(document))
    return f"{error.json_path}: {error.message}" if error else "it fits several alternatives"


for line in sys.stdin:
    print(" ".join(problem(line).split()), flush=True)
