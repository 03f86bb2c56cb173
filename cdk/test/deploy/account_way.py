"""The way `account`: function, role, rule and alerts of one account and Region, deployed, read back and destroyed."""

import ast
import base64
import hashlib
import io
import json
import zipfile

from botocore.exceptions import ClientError
from emulator import ACCOUNT, Emulator, Stack
from skipped import create_skipped

REGION, STACK, FUNCTION = "eu-west-1", "stagecert-eu-west-1", "stagecert-evaluator"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{FUNCTION}"
RULE = "stagecert-api-client-certificates"
EMAIL = "security@example.com"
TAGS = {"application": "stagecert", "cost-center": "42"}

# What the function may do with every check on: action by action.
PERMISSIONS = {
    ("acm:DescribeCertificate", f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/*"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/clientcertificates"),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/restapis/*/stages/*/exports/*"),
    ("config:BatchGetResourceConfig", "*"),
    ("config:GetComplianceDetailsByConfigRule", f"arn:aws:config:{REGION}:{ACCOUNT}:config-rule/*"),
    ("config:GetResourceConfigHistory", "*"),
    ("config:PutEvaluations", "*"),
    ("config:SelectResourceConfig", "*"),
    ("logs:CreateLogStream", LOG_GROUP),
    ("logs:PutLogEvents", LOG_GROUP),
    ("tag:GetResources", "*"),
}


def without_alerts(checks, program, architecture):
    """With settings that are not the defaults. Returns the zip that was published."""
    settings = {"memoryMegabytes": 256, "timeoutSeconds": 300, "reservedConcurrency": 2, "logRetentionDays": 30}
    configuration = {
        "way": "account",
        "targets": {"regions": [REGION]},
        "rule": {"frequency": "Six_Hours", "parameters": {"expiryWindowDays": 90}},
        "function": {"architecture": architecture, "code": str(program.parent), **settings},
        "tags": TAGS,
    }
    with Emulator() as emulator:
        stack = deploy(checks, emulator, configuration)
        checks.equal("skipped, and created by hand", ["AWS::Config::ConfigRule"], stack.by_hand)
        package = function(checks, emulator, stack, program, architecture, settings)
        role(checks, emulator, stack)
        rule(checks, emulator, "Six_Hours", {"expiryWindowDays": "90"})
        tags(checks, emulator, stack)
        destroy(checks, emulator)
    return package


def with_alerts(checks, program, architecture):
    """With the defaults, and without tags: moto can't take those of a key."""
    configuration = {
        "way": "account",
        "targets": {"regions": [REGION]},
        "function": {"architecture": architecture, "code": str(program.parent)},
        "alerts": {"email": EMAIL},
        "tags": {},
    }
    settings = {"memoryMegabytes": 128, "timeoutSeconds": 900, "reservedConcurrency": 1, "logRetentionDays": 365}
    with Emulator() as emulator:
        stack = deploy(checks, emulator, configuration)
        function(checks, emulator, stack, program, architecture, settings)
        role(checks, emulator, stack)
        rule(checks, emulator, "TwentyFour_Hours", {})
        alerts(checks, emulator, stack)
        destroy(checks, emulator)
        key = emulator.client("kms", REGION).list_keys()["Keys"]
        checks.equal("destroyed, but the key of the alerts stays", 1, len(key))


def deploy(checks, emulator, configuration):
    emulator.synthesize(configuration, REGION)
    emulator.cdk("bootstrap")
    emulator.cdk("deploy", "--all", "--require-approval", "never")
    stack = Stack(emulator, REGION, STACK)
    [name] = stack.of_type("AWS::Lambda::Function")
    stack.values[f"{name}.Arn"] = emulator.client("lambda", REGION).get_function(FunctionName=FUNCTION)[
        "Configuration"]["FunctionArn"]
    stack.by_hand = create_skipped(checks, emulator, REGION, stack)
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
    [policy] = json.loads(client.get_policy(FunctionName=FUNCTION)["Policy"])["Statement"]
    checks.equal("function: who may invoke it", {"Service": "config.amazonaws.com"}, policy["Principal"])
    checks.equal("function: to do what", "lambda:InvokeFunction", policy["Action"])
    checks.equal(
        "function: from where", {"StringEquals": {"AWS:SourceAccount": ACCOUNT}}, policy["Condition"]
    )
    groups = emulator.client("logs", REGION).describe_log_groups()["logGroups"]
    retention = {group["logGroupName"]: group.get("retentionInDays") for group in groups}
    log_group = f"/aws/lambda/{FUNCTION}"
    checks.equal("log group: retention in days", {log_group: settings["logRetentionDays"]}, retention)
    # moto keeps no LoggingConfig: what CloudFormation was given.
    [name] = stack.of_type("AWS::Lambda::Function")
    checks.equal(
        "function: logging, as CloudFormation was given it",
        {"ApplicationLogLevel": "INFO", "LogFormat": "JSON", "LogGroup": log_group, "SystemLogLevel": "WARN"},
        stack.resolved(stack.resources[name]["Properties"]["LoggingConfig"]),
    )
    return code(checks, emulator, stack.resources[name]["Properties"]["Code"], program, configuration)


def code(checks, emulator, where, program, configuration):
    """The zip that CDK published, and that it is what the function has."""
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
    package = emulator.client("s3", REGION).get_object(Bucket=bucket, Key=where["S3Key"])["Body"].read()
    checks.equal("code: size of the zip", len(package), configuration["CodeSize"])
    sha = base64.b64encode(hashlib.sha256(package).digest()).decode()
    checks.equal("code: SHA-256 of the zip", sha, configuration["CodeSha256"])
    with zipfile.ZipFile(io.BytesIO(package)) as files:
        checks.equal("code: files in the zip", ["bootstrap"], files.namelist())
        mode = files.getinfo("bootstrap").external_attr >> 16
        checks.holds("code: everybody may run it", mode & 0o555 == 0o555, f"{mode:o}")
        checks.holds("code: the program, byte for byte", files.read("bootstrap") == program.read_bytes())
    return package


def role(checks, emulator, stack):
    iam = emulator.client("iam", REGION)
    [name] = [stack.physical_ids[name] for name in stack.of_type("AWS::IAM::Role")]
    found = iam.get_role(RoleName=name)["Role"]
    checks.equal(
        "role: of the function", found["Arn"],
        emulator.client("lambda", REGION).get_function(FunctionName=FUNCTION)["Configuration"]["Role"],
    )
    [trust] = found["AssumeRolePolicyDocument"]["Statement"]
    checks.equal(
        "role: who may assume it",
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}, trust,
    )
    managed = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    checks.equal("role: managed policies", [], managed)
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in inline]
    # moto gives an inline policy that came from CloudFormation as Python prints it.
    documents = [ast.literal_eval(document) if isinstance(document, str) else document for document in documents]
    statements = [statement for document in documents for statement in document["Statement"]]
    checks.equal("role: effects", {"Allow"}, {statement["Effect"] for statement in statements})
    granted = [
        # AWS's `Arn` of a log group ends in `:*`, its streams; moto's doesn't.
        (action, resource.removesuffix(":*"))
        for statement in statements
        for action in several(statement["Action"])
        for resource in several(statement["Resource"])
    ]
    checks.equal("role: permissions", sorted(PERMISSIONS), sorted(granted))


def rule(checks, emulator, frequency, parameters):
    [found] = emulator.client("config", REGION).describe_config_rules()["ConfigRules"]
    checks.equal("rule, by hand: name", RULE, found["ConfigRuleName"])
    checks.equal("rule, by hand: function", ARN, found["Source"]["SourceIdentifier"])
    triggers = {
        detail["MessageType"]: detail.get("MaximumExecutionFrequency") for detail in found["Source"]["SourceDetails"]
    }
    meant = {
        "ConfigurationItemChangeNotification": None,
        "OversizedConfigurationItemChangeNotification": None,
        "ScheduledNotification": frequency,
    }
    checks.equal("rule, by hand: triggers", meant, triggers)
    kinds = ["AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"]
    checks.equal("rule, by hand: resource types", kinds, found["Scope"]["ComplianceResourceTypes"])
    checks.equal("rule, by hand: parameters", parameters, json.loads(found["InputParameters"]))


def tags(checks, emulator, stack):
    [name] = [stack.physical_ids[name] for name in stack.of_type("AWS::IAM::Role")]
    of_role = emulator.client("iam", REGION).list_role_tags(RoleName=name)["Tags"]
    found = {
        "role": {tag["Key"]: tag["Value"] for tag in of_role},
        "log group": emulator.client("logs", REGION).list_tags_for_resource(resourceArn=LOG_GROUP)["tags"],
    }
    for what, of_it in found.items():
        checks.equal(f"{what}: tags", TAGS, of_it)
    # moto keeps none of a function that comes from CloudFormation.
    [name] = stack.of_type("AWS::Lambda::Function")
    given = {tag["Key"]: tag["Value"] for tag in stack.resources[name]["Properties"]["Tags"]}
    checks.equal("function: tags, as CloudFormation was given them", TAGS, given)


def alerts(checks, emulator, stack):
    sns, kms = emulator.client("sns", REGION), emulator.client("kms", REGION)
    [topic] = [stack.physical_ids[name] for name in stack.of_type("AWS::SNS::Topic")]
    [key] = [stack.physical_ids[name] for name in stack.of_type("AWS::KMS::Key")]
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    checks.equal(
        "topic: key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}", attributes["KmsMasterKeyId"]
    )
    checks.equal("key: rotates", True, kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
    for what, policy, actions in [
        ("key", kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"], ["kms:Decrypt", "kms:GenerateDataKey*"]),
        ("topic, by hand", attributes["Policy"], ["sns:Publish"]),
    ]:
        document = json.loads(policy) if isinstance(policy, str) else policy
        [statement] = [
            statement for statement in document["Statement"]
            if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        ]
        checks.equal(f"{what}: what CloudWatch may", actions, several(statement["Action"]))
        own = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*"}}
        checks.equal(f"{what}: for alarms of this account", own, statement["Condition"])
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    checks.equal("subscription, by hand", ("email", EMAIL), (subscription["Protocol"], subscription["Endpoint"]))
    found = emulator.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
    checks.equal("alarms, by hand: metrics", ["Errors", "Throttles"], sorted(alarm["MetricName"] for alarm in found))
    for alarm in found:
        what = f"alarm {alarm['MetricName']}, by hand"
        checks.equal(f"{what}: tells", [topic], alarm["AlarmActions"])
        checks.equal(f"{what}: of", [{"Name": "FunctionName", "Value": FUNCTION}], alarm["Dimensions"])


def destroy(checks, emulator):
    emulator.cdk("destroy", "--all", "--force")
    left = {
        "functions": emulator.client("lambda", REGION).list_functions()["Functions"],
        "roles": [
            role["RoleName"] for role in emulator.client("iam", REGION).list_roles()["Roles"]
            if "stagecert" in role["RoleName"]
        ],
        "log groups": emulator.client("logs", REGION).describe_log_groups()["logGroups"],
        "topics": emulator.client("sns", REGION).list_topics()["Topics"],
    }
    for what, still in left.items():
        checks.equal(f"destroyed: {what}", [], still)
    try:
        emulator.client("cloudformation", REGION).describe_stacks(StackName=STACK)
        checks.holds("destroyed: stack", False, "still there")
    except ClientError as refused:
        checks.holds("destroyed: stack", "does not exist" in str(refused), str(refused))


def several(value):
    return value if isinstance(value, list) else [value]
