"""Deploys, reads back and destroys the stack of deployment mode `account`."""

import ast
import base64
import hashlib
import io
import json
import zipfile

import alerts
from botocore.exceptions import ClientError
from emulator import ACCOUNT, CDK, Emulator, Stack
from skipped import create_skipped

REGION, STACK, FUNCTION = "eu-west-1", "stagecert-eu-west-1", "stagecert-evaluator"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{FUNCTION}"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:stagecert-failed-events"
RULE = "stagecert-api-client-certificates"
CONFIGURED_TAGS = {"application": "stagecert", "cost-center": "42"}
VERSION = json.loads((CDK / "package.json").read_text(encoding="utf-8"))["version"]
TAGS = {**CONFIGURED_TAGS, "stagecert:deployment": "stagecert", "stagecert:version": VERSION}

# The function's permissions with all checks enabled, as pairs of action and resource.
PERMISSIONS = {
    ("acm:DescribeCertificate", f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/*"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/clientcertificates"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/apis/*/stages"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/apis/*/stages/*"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/restapis/*/resources"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/restapis/*/stages"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/restapis/*/stages/*"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/restapis/*/stages/*/exports/*"),
    ("config:BatchGetResourceConfig", "*"),
    ("config:DescribeConfigRules", "*"),
    ("config:DescribeConfigurationRecorderStatus", "*"),
    ("config:GetComplianceDetailsByConfigRule", f"arn:aws:config:{REGION}:{ACCOUNT}:config-rule/*"),
    ("config:GetResourceConfigHistory", "*"),
    ("config:PutEvaluations", "*"),
    ("config:SelectResourceConfig", "*"),
    ("logs:CreateLogStream", LOG_GROUP),
    ("logs:PutLogEvents", LOG_GROUP),
    ("sqs:SendMessage", QUEUE),
    ("tag:GetResources", "*"),
}


def without_alerts(checks, program, architecture):
    """Deploys with settings that differ from the defaults. Returns the published zip file."""
    settings = {"memoryMegabytes": 256, "timeoutSeconds": 300, "reservedConcurrency": 2, "logRetentionDays": 30}
    configuration = {
        "deploymentMode": "account",
        "targets": {"regions": [REGION]},
        "rule": {"frequency": "Six_Hours", "parameters": {"expiryWindowDays": 90}},
        "function": {"architecture": architecture, "code": str(program.parent), **settings},
        "tags": CONFIGURED_TAGS,
    }
    with Emulator() as emulator:
        stack = deploy(checks, emulator, configuration)
        skipped = ["AWS::Config::ConfigRule", "AWS::Logs::QueryDefinition", "AWS::SQS::QueuePolicy"]
        checks.equal("resource types created separately", skipped, stack.created_separately)
        package = function(checks, emulator, stack, program, architecture, settings)
        queue(checks, emulator, stack)
        role(checks, emulator, stack, PERMISSIONS)
        rule(checks, emulator, "Six_Hours", {"expiryWindowDays": "90"})
        tags(checks, emulator, stack)
        destroy(checks, emulator)
    return package


def with_alerts(checks, program, architecture):
    """Deploys with the defaults, but with an existing topic for alarms, and without configured tags."""
    configuration = {
        "deploymentMode": "account",
        "targets": {"regions": [REGION]},
        "function": {"architecture": architecture, "code": str(program.parent)},
        "alerts": {"email": alerts.EMAIL, "owners": {"payments": alerts.OWNER}, "alarmTopic": alerts.ALARM_TOPIC},
        "tags": {},
    }
    settings = {"memoryMegabytes": 128, "timeoutSeconds": 900, "reservedConcurrency": 1, "logRetentionDays": 365}
    with Emulator() as emulator:
        # Without the stack that sends emails: moto doesn't support references to an event bus that
        # CloudFormation created.
        stack = deploy(checks, emulator, configuration, STACK, "--exclusively")
        function(checks, emulator, stack, program, architecture, settings)
        default_bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
        last_reminders = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/stagecert/last-reminders"
        of_alerts = {
            ("config:GetComplianceDetailsByResource", "*"),
            ("events:PutEvents", default_bus),
            ("ssm:GetParameter", last_reminders),
            ("ssm:PutParameter", last_reminders),
        }
        role(checks, emulator, stack, PERMISSIONS | of_alerts)
        rule(checks, emulator, "TwentyFour_Hours", {"events": "on"})
        alerts.check(checks, emulator, REGION)
        destroy(checks, emulator)


def deploy(checks, emulator, configuration, *stacks):
    emulator.synthesize(configuration, REGION)
    emulator.cdk("bootstrap")
    emulator.cdk("deploy", *(stacks or ["--all"]), "--require-approval", "never")
    stack = Stack(emulator, REGION, STACK)
    [name] = stack.of_type("AWS::Lambda::Function")
    stack.values[f"{name}.Arn"] = emulator.client("lambda", REGION).get_function(FunctionName=FUNCTION)[
        "Configuration"]["FunctionArn"]
    stack.created_separately = create_skipped(checks, emulator, REGION, stack)
    return stack


def function(checks, emulator, stack, program, architecture, settings):
    client = emulator.client("lambda", REGION)
    found = client.get_function(FunctionName=FUNCTION)
    configuration = found["Configuration"]
    checks.equal("function: ARN", ARN, configuration["FunctionArn"])
    checks.equal("function: runtime", "provided.al2023", configuration["Runtime"])
    checks.equal("function: architecture", [architecture], configuration["Architectures"])
    checks.equal("function: handler", "bootstrap", configuration["Handler"])
    checks.equal("function: memory", settings["memoryMegabytes"], configuration["MemorySize"])
    checks.equal("function: timeout", settings["timeoutSeconds"], configuration["Timeout"])
    checks.equal(
        "function: reserved concurrency", settings["reservedConcurrency"],
        found["Concurrency"]["ReservedConcurrentExecutions"],
    )
    statements = json.loads(client.get_policy(FunctionName=FUNCTION)["Policy"])["Statement"]
    [policy] = [one for one in statements if one["Principal"] != {"Service": "events.amazonaws.com"}]
    checks.equal("function: principal that may invoke it", {"Service": "config.amazonaws.com"}, policy["Principal"])
    checks.equal("function: permitted action", "lambda:InvokeFunction", policy["Action"])
    checks.equal(
        "function: permitted source", {"StringEquals": {"AWS:SourceAccount": ACCOUNT}}, policy["Condition"]
    )
    groups = emulator.client("logs", REGION).describe_log_groups()["logGroups"]
    retention = {group["logGroupName"]: group.get("retentionInDays") for group in groups}
    log_group = f"/aws/lambda/{FUNCTION}"
    checks.equal("log group: retention in days", {log_group: settings["logRetentionDays"]}, retention)
    # moto doesn't store LoggingConfig, so compare the template.
    [name] = stack.of_type("AWS::Lambda::Function")
    checks.equal(
        "function: logging, in the template",
        {"ApplicationLogLevel": "INFO", "LogFormat": "JSON", "LogGroup": log_group, "SystemLogLevel": "WARN"},
        stack.resolved(stack.resources[name]["Properties"]["LoggingConfig"]),
    )
    return code(checks, emulator, stack.resources[name]["Properties"]["Code"], program, configuration)


def code(checks, emulator, location, program, configuration):
    """Checks that the function has the zip file that CDK published. Returns the zip file."""
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
    package = emulator.client("s3", REGION).get_object(Bucket=bucket, Key=location["S3Key"])["Body"].read()
    checks.equal("code: size of the zip", len(package), configuration["CodeSize"])
    sha = base64.b64encode(hashlib.sha256(package).digest()).decode()
    checks.equal("code: SHA-256 of the zip", sha, configuration["CodeSha256"])
    with zipfile.ZipFile(io.BytesIO(package)) as files:
        checks.equal("code: files in the zip", ["bootstrap"], files.namelist())
        mode = files.getinfo("bootstrap").external_attr >> 16
        checks.holds("code: executable by everyone", mode & 0o555 == 0o555, f"{mode:o}")
        checks.holds("code: identical to the program", files.read("bootstrap") == program.read_bytes())
    return package


def queue(checks, emulator, stack):
    sqs = emulator.client("sqs", REGION)
    url = sqs.get_queue_url(QueueName=QUEUE.split(":")[-1])["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    checks.equal("queue of failed events: retention in days", 14, int(attributes["MessageRetentionPeriod"]) // 86400)
    # moto doesn't store the DeadLetterConfig of a function that CloudFormation created.
    [name] = stack.of_type("AWS::Lambda::Function")
    given = stack.resolved(stack.resources[name]["Properties"]["DeadLetterConfig"])
    checks.equal("function: queue of failed events, in the template", {"TargetArn": QUEUE}, given)
    [denied] = json.loads(attributes["Policy"])["Statement"]
    checks.equal(
        "queue of failed events, created separately: access without TLS", ("Deny", {"Bool": {"aws:SecureTransport": "false"}}),
        (denied["Effect"], denied["Condition"]),
    )


def role(checks, emulator, stack, permissions):
    iam = emulator.client("iam", REGION)
    name = emulator.client("lambda", REGION).get_function(FunctionName=FUNCTION)["Configuration"]["Role"].split("/")[-1]
    found = iam.get_role(RoleName=name)["Role"]
    checks.holds("role: belongs to the stack", name in stack.physical_ids.values(), name)
    [trust] = found["AssumeRolePolicyDocument"]["Statement"]
    checks.equal(
        "role: trust policy",
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}, trust,
    )
    managed = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    checks.equal("role: managed policies", [], managed)
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in inline]
    # moto returns an inline policy that CloudFormation created as Python's text form of a dict.
    documents = [ast.literal_eval(document) if isinstance(document, str) else document for document in documents]
    statements = [statement for document in documents for statement in document["Statement"]]
    checks.equal("role: effects", {"Allow"}, {statement["Effect"] for statement in statements})
    granted = [
        # AWS's `Arn` of a log group ends with `:*` for its streams; moto's doesn't.
        (action, resource.removesuffix(":*"))
        for statement in statements
        for action in list_of(statement["Action"])
        for resource in list_of(statement["Resource"])
    ]
    checks.equal("role: permissions", sorted(permissions), sorted(granted))


def rule(checks, emulator, frequency, parameters):
    [found] = emulator.client("config", REGION).describe_config_rules()["ConfigRules"]
    checks.equal("rule, created separately: name", RULE, found["ConfigRuleName"])
    checks.equal("rule, created separately: function", ARN, found["Source"]["SourceIdentifier"])
    triggers = {
        detail["MessageType"]: detail.get("MaximumExecutionFrequency") for detail in found["Source"]["SourceDetails"]
    }
    expected = {
        "ConfigurationItemChangeNotification": None,
        "OversizedConfigurationItemChangeNotification": None,
        "ScheduledNotification": frequency,
    }
    checks.equal("rule, created separately: triggers", expected, triggers)
    resource_types = ["AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"]
    checks.equal("rule, created separately: resource types", resource_types, found["Scope"]["ComplianceResourceTypes"])
    checks.equal("rule, created separately: parameters", parameters, json.loads(found["InputParameters"]))


def tags(checks, emulator, stack):
    [name] = [stack.physical_ids[name] for name in stack.of_type("AWS::IAM::Role")]
    of_role = emulator.client("iam", REGION).list_role_tags(RoleName=name)["Tags"]
    found = {
        "role": {tag["Key"]: tag["Value"] for tag in of_role},
        "log group": emulator.client("logs", REGION).list_tags_for_resource(resourceArn=LOG_GROUP)["tags"],
    }
    for what, of_it in found.items():
        checks.equal(f"{what}: tags", TAGS, of_it)
    # moto doesn't store the tags of a function that CloudFormation created.
    [name] = stack.of_type("AWS::Lambda::Function")
    given = {tag["Key"]: tag["Value"] for tag in stack.resources[name]["Properties"]["Tags"]}
    checks.equal("function: tags, in the template", TAGS, given)


def destroy(checks, emulator):
    emulator.cdk("destroy", STACK, "--exclusively", "--force")
    remaining = {
        "functions": emulator.client("lambda", REGION).list_functions()["Functions"],
        "roles": [
            role["RoleName"] for role in emulator.client("iam", REGION).list_roles()["Roles"]
            if "stagecert" in role["RoleName"]
        ],
        "log groups": emulator.client("logs", REGION).describe_log_groups()["logGroups"],
        "topics": emulator.client("sns", REGION).list_topics()["Topics"],
        "queues": emulator.client("sqs", REGION).list_queues().get("QueueUrls", []),
        "EventBridge rules": emulator.client("events", REGION).list_rules()["Rules"],
    }
    for what, resources in remaining.items():
        checks.equal(f"destroyed: {what}", [], resources)
    try:
        emulator.client("cloudformation", REGION).describe_stacks(StackName=STACK)
        checks.holds("destroyed: stack", False, "still exists")
    except ClientError as error:
        checks.holds("destroyed: stack", "does not exist" in str(error), str(error))


def list_of(value):
    return value if isinstance(value, list) else [value]
