#!/usr/bin/env python3
"""Writes `events/*.json`: events about stages of the example account, as AWS Config sends them to
a rule.

    python3 tools/make_events.py

Reads `examples/account.json`, which `tools/make_example_account.py` writes. A second run changes
nothing.
"""

import json
from pathlib import Path

from config_item import event_form, later, recorded_configuration, relationships
from example_account import ACCOUNT, DELETED, REGION, TAKEN_AT, api_named

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT_JSON = json.loads((ROOT / "examples" / "account.json").read_text())
ROWS = {row["resourceId"]: row for row in ACCOUNT_JSON["stages"]}
TAGS = {
    mapping["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in mapping["Tags"]}
    for mapping in ACCOUNT_JSON["resourceTagMappingList"]
}
RULE_ID = "config-rule-a1b2c3"
RESULT_TOKEN = "eyJlbmNyeXB0ZWREYXRhIjoic2FtcGxlIiwiaXYiOiJzYW1wbGUifQ==.sample"


def main():
    directory = ROOT / "events"
    directory.mkdir(exist_ok=True)
    for name, content in events().items():
        (directory / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


def events():
    without_parameters = event(change("customers", "dev", status="ResourceDiscovered", diff=created()))
    del without_parameters["ruleParameters"]
    without_mode = event(oversized(history_item("reports", "staging", "ResourceDeleted"), "DELETE"))
    del without_mode["evaluationMode"]
    deployed = changed("DeploymentId", "e2sk8v", "x8f2kq")
    return {
        "change-ok": event(change("orders", "prod", diff=deployed)),
        "change-discovered": without_parameters,
        "change-attached-shared": event(change("catalog", "prod", diff=changed("ClientCertificateId", None, "u7k1ed"))),
        "change-detached": event(change("invoices", "dev", diff=changed("ClientCertificateId", "m8vo4h", None))),
        "change-websocket": event(change("notifications", "prod", diff=changed("ClientCertificateId", None, "d0xj5u"))),
        "change-http-api": event(documented_change("website", "$default")),
        "change-deleted": event(deletion("invoices", "ResourceDeleted", "2026-11-20T14:22:50.907Z")),
        "change-deleted-not-recorded": event(
            deletion("shipping", "ResourceDeletedNotRecorded", "2026-11-20T16:05:33.152Z")),
        "change-not-recorded": event(not_recorded("thumbnails", "prod", "2026-11-20T17:48:09.386Z")),
        "change-left-scope": event(change("orders", "dev"), eventLeftScope=True),
        "change-other-resource-type": event(change_of_rest_api("orders", "2026-11-19T08:14:26.071Z")),
        "oversized": event(
            oversized(history_item("orders", "test", "OK"), "UPDATE"),
            ruleParameters=json.dumps({"certificateSharing": "same-api", "expiryWindowDays": "90"})),
        "oversized-deleted": without_mode,
        "scheduled": event(scheduled()),
        "snapshot-delivered": event(snapshot_delivered()),
        "message-type-unknown": event({"messageType": "SomethingNew", "recordVersion": "1.0"}),
        "proactive": event(proactive(), evaluationMode="PROACTIVE"),
        "testmode": event(change("orders", "prod", diff=deployed), resultToken="TESTMODE"),
        "malformed": event(change_without_resource_id("orders", "prod")),
    }


def event(invoking_event, **others):
    """Returns the complete event: the invoking event and the properties of the rule."""
    return {
        "version": "1.0",
        "invokingEvent": json.dumps(invoking_event, separators=(",", ":")),
        "ruleParameters": "{}",
        "resultToken": RESULT_TOKEN,
        "eventLeftScope": False,
        "executionRoleArn": (
            f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
        "configRuleArn": f"arn:aws:config:{REGION}:{ACCOUNT}:config-rule/{RULE_ID}",
        "configRuleName": "stagecert",
        "configRuleId": RULE_ID,
        "accountId": ACCOUNT,
        "evaluationMode": "DETECTIVE",
    } | others


def change(api_name, stage_name, status="OK", diff=None):
    api, row = api_named(api_name), row_of(api_name, stage_name)
    item = event_form(api, row, status, TAGS.get(row["resourceId"], {}), recorded_configuration(row))
    return change_notification(item, diff)


def change_notification(item, diff):
    return {
        "configurationItemDiff": diff,
        "configurationItem": item,
        "notificationCreationTime": later(item["configurationItemCaptureTime"], seconds=3),
        "messageType": "ConfigurationItemChangeNotification",
        "recordVersion": "1.3",
    }


def documented_change(api_name, stage_name):
    """Returns a change with only the fields that AWS documents."""
    whole = change(api_name, stage_name)
    return {key: whole[key] for key in ("configurationItem", "messageType")}


def deletion(api_name, status, captured):
    """Returns the deletion of a stage. Only the diff contains its configuration."""
    api, stage = api_named(api_name), DELETED[api_name]
    row = api.stage_row(stage)
    item = event_form(api, row | {"configurationItemCaptureTime": captured}, status, {}, None)
    configuration = recorded_configuration(row)
    properties = {
        "Relationships.0": property_change(relationships(api, configuration, "name")[0], None),
        "Configuration": property_change(configuration, None),
    }
    return change_notification(item, {"changedProperties": properties, "changeType": "DELETE"})


def not_recorded(api_name, stage_name, captured):
    """Returns an item of an existing stage that is no longer recorded."""
    row = row_of(api_name, stage_name) | {"configurationItemCaptureTime": captured}
    return change_notification(event_form(api_named(api_name), row, "ResourceNotRecorded", {}, None), None)


def change_of_rest_api(api_name, captured):
    """Returns a change of the API itself, which a rule gets if its scope includes more than
    stages.
    """
    api = api_named(api_name)
    row = {
        "resourceType": "AWS::ApiGateway::RestApi",
        "resourceId": api.arn(),
        "configurationItemCaptureTime": captured,
        "configuration": {"stageName": api.name},
    }
    configuration = {
        "id": api.id,
        "name": api.name,
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": ["REGIONAL"]},
    }
    item = event_form(api, row, "OK", {}, configuration)
    item["relationships"] = []
    return change_notification(item, None)


def change_without_resource_id(api_name, stage_name):
    whole = change(api_name, stage_name)
    del whole["configurationItem"]["resourceId"]
    return whole


def oversized(item, change_type):
    """Returns a change whose item is too large to send: a summary of an item in the history."""
    summary = {
        "changeType": change_type,
        "configurationItemVersion": item["version"],
        "configurationItemCaptureTime": item["configurationItemCaptureTime"],
        "configurationStateId": int(item["configurationStateId"]),
        "awsAccountId": item["accountId"],
        "configurationItemStatus": item["configurationItemStatus"],
        "resourceType": item["resourceType"],
        "resourceId": item["resourceId"],
        "resourceName": item["resourceName"],
        "ARN": item["arn"],
        "awsRegion": item["awsRegion"],
        "availabilityZone": item["availabilityZone"],
        "configurationStateMd5Hash": item["configurationItemMD5Hash"],
        "resourceCreationTime": item["resourceCreationTime"],
    }
    return {
        "configurationItemSummary": summary,
        "notificationCreationTime": later(item["configurationItemCaptureTime"], seconds=3),
        "messageType": "OversizedConfigurationItemChangeNotification",
        "recordVersion": "1.0",
    }


def scheduled():
    return {
        "awsAccountId": ACCOUNT,
        "notificationCreationTime": later(TAKEN_AT, seconds=0),
        "messageType": "ScheduledNotification",
        "recordVersion": "1.0",
    }


def snapshot_delivered():
    file = f"{ACCOUNT}_Config_{REGION}_ConfigSnapshot.json.gz"
    return {
        "configSnapshotId": "1c7b2f60-58de-4a93-9c04-e3a1d7f6b825",
        "s3ObjectKey": f"AWSLogs/{ACCOUNT}/Config/{REGION}/2026/11/21/ConfigSnapshot/{file}",
        "s3Bucket": f"config-bucket-{ACCOUNT}",
        "notificationCreationTime": later(TAKEN_AT, seconds=0),
        "messageType": "ConfigurationSnapshotDeliveryCompleted",
        "recordVersion": "1.1",
    }


def proactive():
    """Returns a proactive evaluation. AWS documents no such event; the keys are from
    StartResourceEvaluation.
    """
    configuration = {"RestApiId": api_named("orders").id, "StageName": "preview", "DeploymentId": "a6td1z"}
    return {
        "ResourceDetails": {
            "ResourceId": "PreviewStage",
            "ResourceType": "AWS::ApiGateway::Stage",
            "ResourceConfiguration": json.dumps(configuration, separators=(",", ":")),
            "ResourceConfigurationSchemaType": "CFN_RESOURCE_SCHEMA",
        },
        "messageType": "ConfigurationItemChangeNotification",
    }


def created():
    return {"changedProperties": {}, "changeType": "CREATE"}


def changed(name, previous, updated):
    return {"changedProperties": {f"Configuration.{name}": property_change(previous, updated)}, "changeType": "UPDATE"}


def property_change(previous, updated):
    change_type = "CREATE" if previous is None else "DELETE" if updated is None else "UPDATE"
    return {"previousValue": previous, "updatedValue": updated, "changeType": change_type}


def row_of(api_name, stage_name):
    return ROWS[f"{api_named(api_name).arn()}/stages/{stage_name}"]


def history_item(api_name, stage_name, status):
    arn = f"{api_named(api_name).arn()}/stages/{stage_name}"
    items = ACCOUNT_JSON["configurationItems"]
    return next(item for item in items if item["arn"] == arn and item["configurationItemStatus"] == status)


if __name__ == "__main__":
    main()
