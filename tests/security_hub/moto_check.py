"""Runs the real function against moto's Security Hub and event bus, and reads the findings and events back.

    python tests/security_hub/moto_check.py target/debug/bootstrap target/debug/fake-aws

The fake AWS answers all other calls, so this also shows that AWS_ENDPOINT_URL_SECURITYHUB and
AWS_ENDPOINT_URL_EVENTBRIDGE are respected. Imported findings are checked against botocore's model of
BatchImportFindings.
"""

import json
import os
import pathlib
import queue
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.validate import ParamValidator

REGION = "eu-west-1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RuntimeApi(BaseHTTPRequestHandler):
    """Lambda's Runtime API: one event at a time, one response each."""

    # Not `responses`, which the base class has for its status lines.
    events, outcomes, arn = queue.Queue(), queue.Queue(), ""

    def do_GET(self):
        body = json.dumps(self.events.get()).encode()
        self.send_response(200)
        for name, value in {
            "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 120_000),
            "Lambda-Runtime-Invoked-Function-Arn": self.arn,
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.outcomes.put((self.path.rsplit("/", 1)[-1], json.loads(body or b"null")))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class MailerRuntimeApi(RuntimeApi):
    """That of the mailer."""

    events, outcomes = queue.Queue(), queue.Queue()


def invoke(event, api=RuntimeApi):
    api.events.put(event)
    kind, response = api.outcomes.get(timeout=120)
    assert kind == "response", response
    return response


def await_http(url):
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError as error:
            if hasattr(error, "code"):
                return
            time.sleep(0.1)
    raise SystemExit(f"{url} does not respond")


def main(bootstrap, fake_aws):
    moto_port = free_port()
    moto_url = f"http://127.0.0.1:{moto_port}"
    moto_server = pathlib.Path(sys.executable).parent / "moto_server"
    processes = [subprocess.Popen([moto_server, "-H", "127.0.0.1", "-p", str(moto_port)], stderr=subprocess.DEVNULL)]
    try:
        processes.append(subprocess.Popen([fake_aws, "--stages", "40", "--seed", "3"], stdout=subprocess.PIPE, text=True))
        settings = dict(word.split("=", 1) for word in processes[-1].stdout.readline().split())
        keys = dict(word.split("=", 1) for word in processes[-1].stdout.readline().split())
        await_http(moto_url)
        account = keys["account"]
        RuntimeApi.arn = f"arn:aws:lambda:{REGION}:{account}:function:stagecert"
        def start(api, extra):
            """Starts the function with a separate Runtime API."""
            runtime = ThreadingHTTPServer(("127.0.0.1", 0), api)
            threading.Thread(target=runtime.serve_forever, daemon=True).start()
            environment = {
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": "stagecert",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": keys["AWS_ACCESS_KEY_ID"],
                "AWS_SECRET_ACCESS_KEY": keys["AWS_SECRET_ACCESS_KEY"],
                "AWS_ENDPOINT_URL": settings["AWS_ENDPOINT_URL"],
            }
            processes.append(subprocess.Popen([bootstrap], stdout=subprocess.DEVNULL, env=environment | extra))

        start(RuntimeApi, {"AWS_ENDPOINT_URL_SECURITYHUB": moto_url, "AWS_ENDPOINT_URL_EVENTBRIDGE": moto_url})
        start(MailerRuntimeApi, {"STAGECERT_EMAILS_TABLE": "stagecert-emails", "AWS_ENDPOINT_URL": moto_url})
        check(moto_url, account, keys)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def check_mailer(client, details, account):
    """Sends emails about the events, and reads them back. Returns their number."""
    dynamodb, sns, sqs = client("dynamodb"), client("sns"), client("sqs")
    dynamodb.create_table(
        TableName="stagecert-emails",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    topic = sns.create_topic(Name="security")["TopicArn"]
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def mail(*bodies):
        return invoke({"Records": [{"messageId": "1", "body": json.dumps(body)} for body in bodies]}, MailerRuntimeApi)

    # The owner tag of a stage is LOW: it is left to the digest.
    urgent = [one for one in details if one["severity"] in ("HIGH", "CRITICAL")][:5]
    other = [one for one in details if one["severity"] in ("LOW", "MEDIUM")][:5]
    assert urgent and other, details
    chosen = urgent + other
    events = [{"recipient": topic, "account": account, "type": "Stage Finding Change", "detail": one} for one in chosen]
    log = mail(*events)
    assert (log["kind"], log["eventsStored"], log["eventsDropped"], log["emailsSent"]) == ("emails", len(chosen), 0, 0), log
    log = mail(*events)
    assert (log["eventsStored"], log["eventsDropped"]) == (0, len(chosen)), log
    log = mail({"run": "urgent", "time": "2026-11-21T08:00:00Z"}, {"run": "digest", "time": "2026-11-21T08:00:00Z"})
    assert log["emailsSent"] == len(urgent) + 1, log
    log = mail({"run": "urgent", "time": "2026-11-21T08:01:00Z"}, {"run": "digest", "time": "2026-11-21T08:01:00Z"})
    assert log["emailsSent"] == 0, log
    inbox = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            inbox.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    subjects = sorted(email["Subject"] for email in inbox)
    expected = sorted([f"{one['severity']}: " for one in urgent] + ["stagecert: daily digest: "])
    assert all(one.startswith(start) for one, start in zip(subjects, expected, strict=True)), subjects
    print("\n".join(subjects))
    # What is left in the table is only what was sent.
    kinds = {item["pk"]["S"].split(" ")[0] for item in dynamodb.scan(TableName="stagecert-emails")["Items"]}
    assert kinds == {"known", "sent"}, kinds
    return len(inbox)


def check(moto_url, account, keys):
    def client(service):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=moto_url,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        )

    hub, events, sqs = client("securityhub"), client("events"), client("sqs")
    hub.enable_security_hub()
    url = sqs.create_queue(QueueName="received")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="received", EventPattern=json.dumps({"source": ["stagecert"]}))
    events.put_targets(Rule="received", Targets=[{"Id": "1", "Arn": arn}])

    def findings():
        found = [one for page in hub.get_paginator("get_findings").paginate() for one in page["Findings"]]
        return {one["Id"]: one for one in found}

    def sweep(checks=None, events="off"):
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        return invoke(
            {
                "version": "1.0",
                "invokingEvent": json.dumps(
                    {"awsAccountId": account, "notificationCreationTime": now, "messageType": "ScheduledNotification"}
                ),
                "ruleParameters": json.dumps({"securityHub": "on", "events": events, **({"checks": checks} if checks else {})}),
                "resultToken": keys["result_token"],
                "eventLeftScope": False,
                "configRuleArn": f"arn:aws:config:{REGION}:{account}:config-rule/config-rule-a1b2c3",
                "configRuleName": "stagecert",
                "accountId": account,
            }
        )

    response = sweep()
    first = findings()
    assert response["findingsImported"] == len(first) > 40 * 2, (response, len(first))
    shape = hub.meta.service_model.operation_model("BatchImportFindings").input_shape
    everything = list(first.values())
    for at in range(0, len(everything), 100):
        report = ParamValidator().validate({"Findings": everything[at : at + 100]}, shape)
        assert not report.has_errors(), report.generate_report()
    statuses = {one["Compliance"]["Status"] for one in everything}
    assert statuses == {"PASSED", "FAILED"}, statuses
    for one in everything:
        assert one["RecordState"] == "ACTIVE", one["Id"]
        assert one["CreatedAt"] == one["UpdatedAt"] == one["LastObservedAt"], one["Id"]

    time.sleep(1)
    response = sweep()
    second = findings()
    assert first.keys() == second.keys(), "the IDs stay the same"
    updated = [name for name, before in first.items() if second[name]["UpdatedAt"] != before["UpdatedAt"]]
    # Almost none is due within seconds.
    assert response["findingsImported"] == len(updated) <= 2, (response, updated)
    for name, before in first.items():
        assert second[name]["CreatedAt"] == before["CreatedAt"], name

    time.sleep(1)
    response = sweep("owner-tag")
    third = findings()
    for name, before in second.items():
        keeps = name.endswith("/owner-tag")
        assert third[name]["RecordState"] == ("ACTIVE" if keeps else "ARCHIVED"), name
        assert third[name]["CreatedAt"] == before["CreatedAt"], name
        assert third[name]["Compliance"]["Status"] == before["Compliance"]["Status"], name
    worst = next(one for one in second.values() if one["Compliance"]["Status"] == "FAILED")
    print(json.dumps(worst, indent=2))

    sweep(events="on")
    changes = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            changes.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert {change["detail-type"] for change in changes} == {"Stage Finding Change"}, changes
    assert all(change["resources"] == [change["detail"]["resourceId"]] for change in changes)
    assert all(change["detail"]["whatToDo"] for change in changes)
    emails = check_mailer(client, [change["detail"] for change in changes], account)
    print(
        f"moto: {len(second)} findings imported once, read back and archived, {len(statuses)} statuses; "
        f"{len(changes)} events delivered, {emails} emails sent"
    )


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
