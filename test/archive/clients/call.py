"""Calls DescribeModelPackagingJob or pages through ListModelPackagingJobs with boto3; writes JSON."""

import json
import sys

import boto3
import botocore.config
import botocore.exceptions

wanted = json.loads(sys.argv[1])
session = boto3.session.Session(region_name="eu-central-1", **wanted["credentials"])
client = session.client(
    "lookoutvision",
    endpoint_url=wanted["endpoint"],
    verify=wanted.get("ca"),
    config=botocore.config.Config(retries={"total_max_attempts": wanted["attempts"], "mode": "standard"}),
)
try:
    if "job" in wanted:
        found = client.describe_model_packaging_job(ProjectName=wanted["project"], JobName=wanted["job"])
        answer = found.get("ModelPackagingDescription")
    else:
        pages = client.get_paginator("list_model_packaging_jobs").paginate(
            ProjectName=wanted["project"], PaginationConfig={"PageSize": wanted["pageSize"]}
        )
        answer = [job for page in pages for job in page["ModelPackagingJobs"]]
    json.dump({"answer": answer}, sys.stdout, default=lambda time: time.isoformat())
except botocore.exceptions.ClientError as error:
    told = {"name": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    json.dump({"error": told}, sys.stdout)
