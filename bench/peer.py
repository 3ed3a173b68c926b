# The usual choice: a Python component that asks with boto3 and speaks IPC with awscrt.
import json, sys, time
import boto3, botocore.config
try:
    import awscrt.eventstream, awscrt.io, awscrt.mqtt  # what the IPC client loads
except ImportError:
    pass
endpoint, project, job = sys.argv[1:4]
client = boto3.client("lookoutvision", region_name="eu-west-1", endpoint_url=endpoint,
                      aws_access_key_id="x", aws_secret_access_key="x",
                      config=botocore.config.Config(retries={"max_attempts": 1}))
answer = client.describe_model_packaging_job(ProjectName=project, JobName=job)
print(json.dumps({"status": answer["ModelPackagingDescription"]["Status"]}), flush=True)
time.sleep(3600)
