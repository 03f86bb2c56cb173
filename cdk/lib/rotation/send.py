"""Sends the new certificate and the next command to the owner of the stages, as an event."""

import json

import boto3

MAX_LINES = 20


def send(event, context):
    region, new = event["region"], event["newCertificate"]
    certificate = boto3.client("apigateway", region_name=region).get_client_certificate(clientCertificateId=new)
    pem = certificate["pemEncodedCertificate"]
    lines = pem.splitlines()
    detail = {
        "eventVersion": 1,
        "deployment": event["deployment"],
        "accountId": event["accountId"],
        "awsRegion": region,
        "step": "start",
        "stages": event["stages"],
        "oldCertificate": event["oldCertificate"],
        "newCertificate": new,
        "owner": "" if event["owner"] == "(none)" else event["owner"],
        "stageList": " ".join(event["stages"]),
        "nextCommand": event["nextCommand"],
        "executionId": event["executionId"],
        "pem": pem,
        # The email has one of them in each line.
        "pemLines": lines if len(lines) <= MAX_LINES else ["(too long for an email: run the command above)"],
    }
    entry = {"Source": "stagecert", "DetailType": "Certificate Rotation Step", "Detail": json.dumps(detail)}
    response = boto3.client("events", region_name=region).put_events(Entries=[entry])
    if response["FailedEntryCount"]:
        raise RuntimeError(f"EventBridge refused the event: {response['Entries'][0].get('ErrorCode')}")
    return {"eventId": response["Entries"][0]["EventId"]}
