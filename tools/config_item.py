"""AWS Config's configuration item of a stage, in its two forms: in events and in
GetResourceConfigHistory.
"""

import json
from datetime import datetime, timedelta

from example_account import ACCOUNT, REGION

RESOURCE_CREATED = "2025-09-15T07:41:26.318Z"


def event_form(api, row, status, tags, configuration):
    """Returns the item as in an event: with `ARN` and `awsAccountId`; the configuration is an
    object.
    """
    return {
        "relatedEvents": [],
        "relationships": relationships(api, configuration, "name"),
        "configuration": configuration,
        "supplementaryConfiguration": {},
        "tags": tags,
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": row["configurationItemCaptureTime"],
        "configurationStateId": state_id(row),
        "awsAccountId": ACCOUNT,
        "configurationItemStatus": status,
        "resourceType": row["resourceType"],
        "resourceId": row["resourceId"],
        "resourceName": row["configuration"]["stageName"],
        "ARN": row["resourceId"],
        "awsRegion": REGION,
        "availabilityZone": "Not Applicable",
        "configurationStateMd5Hash": "",
        "resourceCreationTime": RESOURCE_CREATED,
    }


def api_form(api, row, status, tags, configuration):
    """Returns the item as in the API: with `arn` and `accountId`; state id and configuration are
    strings.
    """
    item = {
        "version": "1.3",
        "accountId": ACCOUNT,
        "configurationItemCaptureTime": row["configurationItemCaptureTime"],
        "configurationItemStatus": status,
        "configurationStateId": str(state_id(row)),
        "configurationItemMD5Hash": "",
        "recordingFrequency": "CONTINUOUS",
        "configurationItemDeliveryTime": later(row["configurationItemCaptureTime"], seconds=2),
        "arn": row["resourceId"],
        "resourceType": row["resourceType"],
        "resourceId": row["resourceId"],
        "resourceName": row["configuration"]["stageName"],
        "awsRegion": REGION,
        "availabilityZone": "Not Applicable",
        "resourceCreationTime": RESOURCE_CREATED,
        "tags": tags,
        "relatedEvents": [],
        "relationships": relationships(api, configuration, "relationshipName"),
        "supplementaryConfiguration": {},
    }
    if configuration is not None:
        item["configuration"] = json.dumps(configuration, separators=(",", ":"))
    return item


def recorded_configuration(row):
    """Returns the complete configuration that Config records: what a query selects, and the rest."""
    if row["resourceType"] == "AWS::ApiGatewayV2::Stage":
        rest = {"defaultRouteSettings": {"detailedMetricsEnabled": False}, "routeSettings": {}, "stageVariables": {}}
    else:
        rest = {
            "cacheClusterEnabled": False,
            "cacheClusterStatus": "NOT_AVAILABLE",
            "methodSettings": {"*/*": {"metricsEnabled": True, "loggingLevel": "ERROR", "cachingEnabled": False}},
            "tracingEnabled": False,
        }
    dates = {
        "createdDate": config_date(RESOURCE_CREATED),
        "lastUpdatedDate": config_date(row["configurationItemCaptureTime"]),
    }
    return row["configuration"] | rest | dates


def relationships(api, configuration, name_key):
    """Returns the relationship with the stage's API, or none if there is no configuration."""
    if configuration is None:
        return []
    kind = "AWS::ApiGateway::RestApi" if api.protocol == "REST" else "AWS::ApiGatewayV2::Api"
    return [{"resourceId": api.arn(), "resourceName": api.name, "resourceType": kind, name_key: "Is contained in "}]


def state_id(row):
    """Returns Config's id of an item: its capture time in milliseconds since 1970."""
    return round(datetime.fromisoformat(row["configurationItemCaptureTime"]).timestamp() * 1000)


def later(instant, seconds):
    """Returns the time that is this many seconds later, in the same format."""
    moved = datetime.fromisoformat(instant) + timedelta(seconds=seconds)
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def config_date(instant):
    """Returns a date in the format that configurations use: "Feb 21, 2022 6:37:48 PM"."""
    at = datetime.fromisoformat(instant)
    return f"{at:%b} {at.day}, {at.year} {at.hour % 12 or 12}:{at:%M:%S %p}"
