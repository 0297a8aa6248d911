import json
import subprocess

import boto3
import pytest


@pytest.fixture(scope="session")
def elasticache(tmp_path_factory):
    """A client of an engine that lives as long as the test run."""
    state = ["--state-dir", str(tmp_path_factory.mktemp("cachectl"))]
    run = ["cachectl", "engine"]
    subprocess.run([*run, "start", "--port", "0", "--pace", "instant", *state], check=True)
    env = json.loads(subprocess.check_output([*run, "env", "--output", "json", *state]))
    yield boto3.client(
        "elasticache",
        endpoint_url=env["AWS_ENDPOINT_URL_ELASTICACHE"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    subprocess.run([*run, "stop", *state], check=True)
