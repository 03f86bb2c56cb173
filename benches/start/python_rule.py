"""The same start in Python: imports boto3, creates two clients, and calls AWS once per event."""

import http.client
import os

import boto3

config = boto3.client("config")
apigateway = boto3.client("apigateway")

runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
runtime.request("GET", "/2018-06-01/runtime/invocation/next")
runtime.getresponse().read()
config.select_resource_config(Expression="SELECT resourceId WHERE resourceType = 'AWS::ApiGateway::Stage'")
