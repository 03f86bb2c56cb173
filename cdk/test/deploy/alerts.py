"""The alerts of the way `account`: rules on the default bus, schedule and alarms, read back from what was deployed."""

import json

from emulator import ACCOUNT

EMAIL, OWNER = "security@example.com", "payments@example.com"
FUNCTION = "stagecert-evaluator"


def check(checks, emulator, region):
    rules(checks, emulator, region)
    schedule(checks, emulator, region)
    alarms(checks, emulator, region)


def rules(checks, emulator, region):
    events = emulator.client("events", region)
    bus = f"arn:aws:events:{region}:{ACCOUNT}:event-bus/stagecert"
    targets = {
        rule["Name"]: [target["Arn"] for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
        for rule in events.list_rules()["Rules"]
    }
    function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{FUNCTION}"
    meant = {
        "stagecert-alarms": [bus], "stagecert-changes": [bus], "stagecert-told": [bus], "stagecert-owners": [function],
    }
    checks.equal("rules on the default bus: where events go", meant, targets)


def schedule(checks, emulator, region):
    found = emulator.client("scheduler", region).get_schedule(Name="stagecert-reminders")
    checks.equal("schedule, by hand: when", "cron(0 8 * * ? *)", found["ScheduleExpression"])
    checks.equal(
        "schedule, by hand: whom", f"arn:aws:lambda:{region}:{ACCOUNT}:function:{FUNCTION}", found["Target"]["Arn"]
    )
    asked = json.loads(found["Target"]["Input"])
    place = (ACCOUNT, region, "30,14,7,1,0", "<aws.scheduler.scheduled-time>")
    checks.equal("schedule, by hand: what", place, tuple(asked[key] for key in ("accountId", "region", "days", "time")))


def alarms(checks, emulator, region):
    found = {
        alarm["AlarmName"]: (alarm["Namespace"], alarm["MetricName"])
        for alarm in emulator.client("cloudwatch", region).describe_alarms()["MetricAlarms"]
    }
    meant = {
        "stagecert-errors": ("AWS/Lambda", "Errors"),
        "stagecert-throttles": ("AWS/Lambda", "Throttles"),
        "stagecert-failed-events": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        "stagecert-no-sweep-all": ("stagecert", "SweepsSucceeded"),
    }
    checks.equal("alarms, by hand", meant, found)
