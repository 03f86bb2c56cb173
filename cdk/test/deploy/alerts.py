"""Reads back the deployed alerts: rules on the default bus, the schedule and the alarms."""

import json

from emulator import ACCOUNT

EMAIL, OWNER = "security@example.com", "payments@example.com"
FUNCTION = "stagecert-evaluator"

# moto doesn't support tags of keys, so the app can't create the topic with its key.
ALARM_TOPIC = f"arn:aws:sns:REGION:{ACCOUNT}:on-call"


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
    expected = {
        "stagecert-alarms": [bus],
        "stagecert-function-events": [bus],
        "stagecert-function-failures": [bus],
    }
    checks.equal("rules on the default bus: targets", expected, targets)
    queue = f"arn:aws:sqs:{region}:{ACCOUNT}:stagecert-failed-events"
    queues = {
        target.get("DeadLetterConfig", {}).get("Arn")
        for rule in targets
        for target in events.list_targets_by_rule(Rule=rule)["Targets"]
    }
    checks.equal("rules on the default bus: queue of undelivered events", {queue}, queues)


def schedule(checks, emulator, region):
    found = emulator.client("scheduler", region).get_schedule(Name="stagecert-reminders")
    checks.equal("schedule, created separately: time", "rate(1 hour)", found["ScheduleExpression"])
    checks.equal("schedule, created separately: window", {"Mode": "OFF"}, found["FlexibleTimeWindow"])
    checks.equal(
        "schedule, created separately: target", f"arn:aws:lambda:{region}:{ACCOUNT}:function:{FUNCTION}", found["Target"]["Arn"]
    )
    sent = json.loads(found["Target"]["Input"])
    expected = (ACCOUNT, region, "30,14,7,1,0", "<aws.scheduler.scheduled-time>")
    keys = ("accountId", "region", "days", "time")
    checks.equal("schedule, created separately: input", expected, tuple(sent[key] for key in keys))
    parameter = emulator.client("ssm", region).get_parameter(Name="/stagecert/last-reminders")["Parameter"]
    checks.equal("last reminder run", ("String", "none"), (parameter["Type"], parameter["Value"]))


def alarms(checks, emulator, region):
    alarms = emulator.client("cloudwatch", region).describe_alarms()["MetricAlarms"]
    found = {alarm["AlarmName"]: (alarm["Namespace"], alarm["MetricName"]) for alarm in alarms}
    expected = {
        "stagecert-errors": ("AWS/Lambda", "Errors"),
        "stagecert-throttles": ("AWS/Lambda", "Throttles"),
        "stagecert-failed-events": ("AWS/SQS", "NumberOfMessagesSent"),
        "stagecert-no-sweep-all": ("stagecert", "SweepsSucceeded"),
    }
    checks.equal("alarms, created separately", expected, found)
    topic = ALARM_TOPIC.replace("REGION", region)
    actions = {(*alarm["AlarmActions"], *alarm["OKActions"]) for alarm in alarms}
    checks.equal("alarms, created separately: topic that they notify", {(topic, topic)}, actions)
