#!/usr/bin/env python3
"""Checks every schema against its examples and against what the encoders write. Usage: check_schemas.py
PRINT_SAMPLES"""
import json
import pathlib
import subprocess
import sys

import jsonschema

root = pathlib.Path(__file__).resolve().parents[3]
validators = {}
for folder in ("schemas/kafka", "schemas/webhooks"):
    for path in sorted((root / folder).glob("*.schema.json")):
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        validators[path.name.removesuffix(".schema.json")] = validator
        if not schema.get("examples"):
            sys.exit(f"{path}: has no example")
        for example in schema["examples"]:
            validator.validate(example)

lines = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout.splitlines()
for line in lines:
    name, sample = line.split("\t", 1)
    validators[name].validate(json.loads(sample))
if len(lines) < 6:
    sys.exit(f"only {len(lines)} samples")
print(f"{len(validators)} schemas, {len(lines)} samples: fine")
