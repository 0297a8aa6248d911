"""Runs aws-cli's command lines in one process, which starts in half a second where each `aws` would.

stdin: one JSON object a line, {"argv": [...], "env": {...}}; stdout: {"code", "stdout", "stderr"} for each, in order.
"""

import functools
import io
import json
import os
import sys

import botocore.loaders
import botocore.session
from awscli.clidriver import create_clidriver

# The API models are the same for every command line: they are read once.
shared = functools.lru_cache(maxsize=None)(botocore.loaders.create_loader)
botocore.session.create_loader = botocore.loaders.create_loader = shared

# Set by awscli when it is imported: where its own data lie.
DATA_PATH = os.environ["AWS_DATA_PATH"]


def run(argv, env):
    os.environ.clear()
    os.environ.update(env, AWS_DATA_PATH=DATA_PATH)
    out, err = io.StringIO(), io.StringIO()
    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        code = create_clidriver().main(["elasticache", *argv])
    except SystemExit as leaving:
        code = leaving.code or 0
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    return {"code": code, "stdout": out.getvalue(), "stderr": err.getvalue()}


for line in sys.stdin:
    request = json.loads(line)
    sys.stdout.write(json.dumps(run(request["argv"], request["env"])) + "\n")
    sys.stdout.flush()
