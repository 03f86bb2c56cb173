"""Calls every operation of the fake AWS with boto3, whose models are AWS's own, and checks that it refuses what AWS refuses.

    python3 tests/fake-aws/boto3_check.py target/debug/fake-aws

Needs tools/requirements/test.txt. Prints `N passed, N failed`; exits with 1 if any failed.
"""

import datetime
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

STAGES = 700
ALL_STAGES = (
    "SELECT resourceId, resourceType, configuration.clientCertificateId, configuration.deploymentId, "
    "configuration.canarySettings.deploymentId WHERE resourceType IN ('AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage')"
)
NOW = datetime.datetime.now(datetime.timezone.utc)


class Account:
    """One account's clients. No retries, so that refusals are seen."""

    def __init__(self, url, region, keys, validate=True):
        self.session = boto3.Session(
            aws_access_key_id=keys[0], aws_secret_access_key=keys[1],
            aws_session_token=keys[2] if len(keys) > 2 else None, region_name=region,
        )
        settings = Config(retries={"total_max_attempts": 1}, parameter_validation=validate)
        for name, service in SERVICES.items():
            setattr(self, name, self.session.client(service, endpoint_url=url, config=settings))


SERVICES = {"gateway": "apigateway", "gateway_v2": "apigatewayv2", "config": "config", "tagging": "resourcegroupstaggingapi", "acm": "acm", "sts": "sts",
            "cloudwatch": "cloudwatch", "organizations": "organizations", "account": "account", "ec2": "ec2", "cloudformation": "cloudformation", "functions": "lambda",
            "s3": "s3", "elb": "elbv2"}
results = []


def check(what, passed, details=""):
    results.append(bool(passed))
    print(f"{'ok  ' if passed else 'FAIL'} {what}{'' if passed else f': {details}'}", flush=True)


def refused(what, code, status, call, **arguments):
    """Checks that the call fails with this code; returns the error."""
    try:
        response = call(**arguments)
    except ClientError as error:
        got = (error.response["Error"]["Code"].split("#")[-1], error.response["ResponseMetadata"]["HTTPStatusCode"])
        check(f"{what}: {code}", got == (code, status), f"{got} {error}")
        return error
    check(f"{what}: {code}", False, f"response: {response}")
    return None


def evaluation(number, **other):
    return {
        "ComplianceResourceType": "AWS::ApiGateway::Stage",
        "ComplianceResourceId": f"arn:aws:apigateway:eu-west-1::/restapis/x{number}/stages/s",
        "ComplianceType": "NON_COMPLIANT", "Annotation": f"number {number}", "OrderingTimestamp": NOW, **other,
    }


def gateway(own):
    apis = [api for page in own.gateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 50}) for api in page["items"]]
    check("GetRestApis pages", len(apis) > 50 and len({api["id"] for api in apis}) == len(apis), len(apis))
    stages = {api["id"]: own.gateway.get_stages(restApiId=api["id"])["item"] for api in apis[:5]}
    check("GetStages", all(stages.values()) and all("deploymentId" in stage for all_ in stages.values() for stage in all_))
    pages = list(own.gateway.get_paginator("get_client_certificates").paginate(PaginationConfig={"PageSize": 150}))
    certificates = [one for page in pages for one in page["items"]]
    check("GetClientCertificates pages", len(pages) == 2 and len(certificates) == 280, (len(pages), len(certificates)))
    first = certificates[0]
    check("a PEM with carriage returns", first["pemEncodedCertificate"].startswith("-----BEGIN CERTIFICATE-----\r\nMII"))
    check("365 days", abs((first["expirationDate"] - first["createdDate"]).days - 365) < 1, first)
    check("GetClientCertificate", own.gateway.get_client_certificate(clientCertificateId=first["clientCertificateId"])["pemEncodedCertificate"] == first["pemEncodedCertificate"])
    refused("an unknown certificate", "NotFoundException", 404, own.gateway.get_client_certificate, clientCertificateId="nosuch1")
    refused("an unknown API", "NotFoundException", 404, own.gateway.get_stages, restApiId="nosuch1")
    api, listed = next((api, all_[0]) for api, all_ in stages.items())
    alone = own.gateway.get_stage(restApiId=api, stageName=listed["stageName"])
    check("GetStage", {key: value for key, value in alone.items() if key != "ResponseMetadata"} == listed, alone)
    refused("an unknown stage", "NotFoundException", 404, own.gateway.get_stage, restApiId=api, stageName="nosuch")
    refused("a stage of an unknown API", "NotFoundException", 404, own.gateway.get_stage, restApiId="nosuch1", stageName="prod")
    refused("limit 501", "BadRequestException", 400, own.gateway.get_client_certificates, limit=501)
    refused("an unknown position", "BadRequestException", 400, own.gateway.get_rest_apis, position="nosuch")
    pause()
    api, stage = next((api, all_[0]["stageName"]) for api, all_ in stages.items())
    export = own.gateway.get_export(restApiId=api, stageName=stage, exportType="oas30", parameters={"extensions": "integrations"}, accepts="application/json")
    document = json.loads(export["body"].read())
    check("GetExport", document["openapi"].startswith("3.0") and "paths" in document, document)
    refused("an export of another kind", "BadRequestException", 400, own.gateway.get_export, restApiId=api, stageName=stage, exportType="wsdl")
    made = own.gateway.generate_client_certificate(description="made here", tags={"owner": "team-boto"})
    check("GenerateClientCertificate", made["description"] == "made here" and made["tags"] == {"owner": "team-boto"}, made)
    patch = [{"op": "replace", "path": "/clientCertificateId", "value": made["clientCertificateId"]}]
    updated = own.gateway.update_stage(restApiId=api, stageName=stage, patchOperations=patch)
    check("UpdateStage attaches", updated.get("clientCertificateId") == made["clientCertificateId"], updated)
    dangling = [{"op": "replace", "path": "/clientCertificateId", "value": "nosuch1"}]
    refused("attaching what is not there", "BadRequestException", 400, own.gateway.update_stage, restApiId=api, stageName=stage, patchOperations=dangling)
    refused("deleting what is attached", "ConflictException", 409, own.gateway.delete_client_certificate, clientCertificateId=made["clientCertificateId"])
    arn = f"arn:aws:apigateway:eu-west-1::/restapis/{api}/stages/{stage}"
    history = own.config.get_resource_config_history(resourceType="AWS::ApiGateway::Stage", resourceId=arn)["configurationItems"]
    check("UpdateStage creates an item", json.loads(history[0]["configuration"])["clientCertificateId"] == made["clientCertificateId"], history)
    detached = own.gateway.update_stage(restApiId=api, stageName=stage, patchOperations=[{"op": "remove", "path": "/clientCertificateId"}])
    check("UpdateStage detaches", "clientCertificateId" not in detached, detached)
    own.gateway.delete_client_certificate(clientCertificateId=made["clientCertificateId"])
    refused("what was deleted", "NotFoundException", 404, own.gateway.get_client_certificate, clientCertificateId=made["clientCertificateId"])
    own.gateway.tag_resource(resourceArn=arn, tags={"owner": "team-tagged", "a/b": "c d"})
    listed = own.tagging.get_resources(ResourceARNList=[arn])["ResourceTagMappingList"]
    check("TagResource", {tag["Key"]: tag["Value"] for tag in listed[0]["Tags"]}.items() >= {"owner": "team-tagged", "a/b": "c d"}.items(), listed)
    refused("tagging what is not there", "NotFoundException", 404, own.gateway.tag_resource, resourceArn=arn + "x", tags={"a": "b"})
    refused("a tag's value with a character that AWS doesn't allow", "BadRequestException", 400, own.gateway.tag_resource, resourceArn=arn, tags={"a": "b;c"})
    refused("51 tags", "LimitExceededException", 429, own.gateway.generate_client_certificate, tags={f"k{n}": "v" for n in range(51)})
    own.gateway.untag_resource(resourceArn=arn, tagKeys=["a/b", "nosuch", "owner"])
    listed = own.tagging.get_resources(ResourceARNList=[arn])["ResourceTagMappingList"]
    check("UntagResource", not {"owner", "a/b"} & {tag["Key"] for tag in listed[0]["Tags"]}, listed)
    refused("untagging what is not there", "NotFoundException", 404, own.gateway.untag_resource, resourceArn=arn + "x", tagKeys=["a"])


def stages_v2(own, having):
    """Stages of WebSocket APIs, through API Gateway's version 2."""
    pause()
    rows = [row for row in having if row["resourceType"] == "AWS::ApiGatewayV2::Stage"]
    _, _, api, _, name = rows[0]["resourceId"].split("::")[1].split("/")
    shown = own.gateway_v2.get_stage(ApiId=api, StageName=name)
    check("GetStage of version 2", (shown["StageName"], shown["ClientCertificateId"], shown["DeploymentId"]) == (
        name, rows[0]["configuration"]["clientCertificateId"], rows[0]["configuration"]["deploymentId"]), shown)
    check("with dates", isinstance(shown["CreatedDate"], datetime.datetime) and shown["LastUpdatedDate"] >= shown["CreatedDate"], shown)
    items = own.gateway_v2.get_stages(ApiId=api)["Items"]
    pages = list(own.gateway_v2.get_paginator("get_stages").paginate(ApiId=api, PaginationConfig={"PageSize": 1}))
    check("GetStages of version 2 pages", len(pages) == len(items) and [page["Items"][0] for page in pages] == items, pages)
    pages = list(own.gateway_v2.get_paginator("get_apis").paginate(PaginationConfig={"PageSize": 50}))
    apis = [one for page in pages for one in page["Items"]]
    check("GetApis pages", len(pages) > 1 and {one["ProtocolType"] for one in apis} == {"HTTP", "WEBSOCKET"} and api in {one["ApiId"] for one in apis}, len(apis))
    made = own.gateway.generate_client_certificate()["clientCertificateId"]
    updated = own.gateway_v2.update_stage(ApiId=api, StageName=name, ClientCertificateId=made)
    check("UpdateStage of version 2", updated["ClientCertificateId"] == made and own.gateway_v2.get_stage(ApiId=api, StageName=name) ["ClientCertificateId"] == made, updated)
    refused("attaching what is not there in version 2", "BadRequestException", 400, own.gateway_v2.update_stage, ApiId=api, StageName=name, ClientCertificateId="nosuch1")
    http = next(one["ApiId"] for one in apis if one["ProtocolType"] == "HTTP")
    refused("a certificate of an HTTP API", "BadRequestException", 400, own.gateway_v2.update_stage, ApiId=http,
            StageName=own.gateway_v2.get_stages(ApiId=http)["Items"][0]["StageName"], ClientCertificateId=made)
    items = own.gateway_v2.get_stages(ApiId=api)["Items"]
    pause()
    refused("an unknown stage of version 2", "NotFoundException", 404, own.gateway_v2.get_stage, ApiId=api, StageName="nosuch")
    refused("an unknown API of version 2", "NotFoundException", 404, own.gateway_v2.get_stages, ApiId="nosuch1")
    refused("maxResults 501", "BadRequestException", 400, own.gateway_v2.get_stages, ApiId=api, MaxResults="501")
    rest = own.gateway.get_rest_apis(limit=1)["items"][0]["id"]
    refused("a REST API in version 2", "NotFoundException", 404, own.gateway_v2.get_stages, ApiId=rest)
    refused("a WebSocket API in version 1", "NotFoundException", 404, own.gateway.get_stages, restApiId=api)


def resources(own):
    """Calls that only stagecert's peers make."""
    pause()
    for one in own.gateway.get_rest_apis(limit=500)["items"]:
        pause(0.5)
        if len(own.gateway.get_resources(restApiId=one["id"])["items"]) > 2:
            break
    check("GetRestApi", own.gateway.get_rest_api(restApiId=one["id"])["endpointConfiguration"] == one["endpointConfiguration"])
    pause()
    pages = list(own.gateway.get_paginator("get_resources").paginate(restApiId=one["id"], embed=["methods"], PaginationConfig={"PageSize": 2}))
    found = [resource for page in pages for resource in page["items"]]
    check("GetResources pages", len(pages) > 1 and len({resource["path"] for resource in found}) == len(found), pages)
    methods = [(resource["id"], *method) for resource in found for method in resource.get("resourceMethods", {}).items()]
    check("with methods", methods and all(method["methodIntegration"]["type"] for _, _, method in methods), methods)
    plain = own.gateway.get_resources(restApiId=one["id"])["items"]
    check("without methods", all(method == {} for resource in plain for method in resource.get("resourceMethods", {}).values()), plain)
    response = own.gateway.get_method(restApiId=one["id"], resourceId=methods[0][0], httpMethod=methods[0][1])
    check("GetMethod", response["methodIntegration"] == methods[0][2]["methodIntegration"] and response["authorizationType"] == "NONE", response)
    refused("a method that is not there", "NotFoundException", 404, own.gateway.get_method, restApiId=one["id"], resourceId=methods[0][0], httpMethod="PUT")
    refused("a resource that is not there", "NotFoundException", 404, own.gateway.get_method, restApiId=one["id"], resourceId="nosuch", httpMethod="GET")
    http = next(it for it in methods if it[2]["methodIntegration"]["type"].startswith("HTTP") and it[1] == "GET")
    pause()
    invoked = own.gateway.test_invoke_method(restApiId=one["id"], resourceId=http[0], httpMethod="GET", pathWithQueryString="/r0")
    check("TestInvokeMethod", invoked["status"] == 200 and ": Received response. Status: 200, " in invoked["log"], invoked)
    refused("a test of a method that is not there", "NotFoundException", 404, own.gateway.test_invoke_method,
            restApiId=one["id"], resourceId=http[0], httpMethod="PUT")
    refused("a test with an unknown certificate", "NotFoundException", 404, own.gateway.test_invoke_method,
            restApiId=one["id"], resourceId=http[0], httpMethod="GET", clientCertificateId="nosuch")
    refused("resources of no API", "NotFoundException", 404, own.gateway.get_resources, restApiId="nosuch1")
    check("GetAuthorizers", own.gateway.get_authorizers(restApiId=one["id"])["items"] == [])
    check("GetDomainNames", own.gateway.get_domain_names()["items"] == [])
    names = [one["RegionName"] for one in own.ec2.describe_regions()["Regions"]]
    check("DescribeRegions", names == ["eu-west-1"], names)


def metrics(own, gateway):
    """CloudWatch's metrics of a stage that was called through the gateway."""
    pause()
    for api in own.gateway.get_rest_apis(limit=500)["items"]:
        pause(0.2)
        stages = own.gateway.get_stages(restApiId=api["id"])["item"]
        if stages:
            break
    for _ in range(3):
        urllib.request.urlopen(f"{gateway}/{api['id']}/{stages[0]['stageName']}/r0").read()
    try:
        urllib.request.urlopen(f"{gateway}/{api['id']}/nosuch/r0")
        status = 200
    except urllib.error.HTTPError as error:
        status = error.code
    check("a request to a stage that is not there", status == 403, status)

    def query(name, statistic, **other):
        dimensions = [{"Name": "ApiName", "Value": api["name"]}, {"Name": "Stage", "Value": stages[0]["stageName"]}]
        metric = {"Namespace": "AWS/ApiGateway", "MetricName": name, "Dimensions": dimensions}
        return {"Id": f"m{name.lower()}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic, **other}}

    now = datetime.datetime.now(datetime.timezone.utc)
    hours = {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(minutes=2)}
    asked = [query("Count", "Sum"), query("4XXError", "Sum"), query("5XXError", "Sum"), query("IntegrationLatency", "Average")]
    response = own.cloudwatch.get_metric_data(MetricDataQueries=asked, ScanBy="TimestampAscending", **hours)["MetricDataResults"]
    by_id = {one["Id"]: one for one in response}
    check("GetMetricData", sum(by_id["mcount"]["Values"]) == 3 and not any(by_id["m5xxerror"]["Values"] + by_id["m4xxerror"]["Values"]), response)
    minutes = by_id["mcount"]["Timestamps"]
    check("by minute", all(minute.second == 0 and now - minute < datetime.timedelta(minutes=2) for minute in minutes), minutes)
    check("with latencies", all(value >= 0 for value in by_id["mintegrationlatency"]["Values"]) and by_id["mcount"]["StatusCode"] == "Complete", response)
    before = {"StartTime": now - datetime.timedelta(hours=2), "EndTime": now - datetime.timedelta(hours=1)}
    check("not before", own.cloudwatch.get_metric_data(MetricDataQueries=asked[:1], **before)["MetricDataResults"][0]["Values"] == [])
    refused("a start after the end", "ValidationError", 400, own.cloudwatch.get_metric_data, MetricDataQueries=asked, StartTime=now, EndTime=now)
    refused("another period", "ValidationError", 400, own.cloudwatch.get_metric_data, MetricDataQueries=[query("Count", "Sum", Period=300)], **hours)


def queries(own):
    rows, token, pages = [], None, 0
    while True:
        page = own.config.select_resource_config(Expression=ALL_STAGES, Limit=100, **({"NextToken": token} if token else {}))
        rows += [json.loads(row) for row in page["Results"]]
        pages, token = pages + 1, page.get("NextToken")
        if not token:
            break
    check("SelectResourceConfig pages", (len(rows), pages) == (STAGES, 7), (len(rows), pages))
    check("every stage once", len({row["resourceId"] for row in rows}) == STAGES)
    kinds = {row["resourceType"] for row in rows}
    check("both types of stages", kinds == {"AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"}, kinds)
    having = [row for row in rows if row["configuration"].get("clientCertificateId")]
    check("an absent certificate is an absent key", 0 < len(having) < STAGES)
    check("unselected fields are absent", all(set(row) == {"resourceId", "resourceType", "configuration"} for row in rows))
    certificate = having[0]["configuration"]["clientCertificateId"]
    expected = {row["resourceId"] for row in having if row["configuration"]["clientCertificateId"] == certificate}
    found = own.config.select_resource_config(Expression=f"{ALL_STAGES} AND configuration.clientCertificateId = '{certificate}'", Limit=100)
    check("stages with a certificate", {json.loads(row)["resourceId"] for row in found["Results"]} == expected, found)
    apis = own.config.select_resource_config(Expression="SELECT resourceId, configuration.protocolType WHERE resourceType = 'AWS::ApiGatewayV2::Api'", Limit=100)
    protocols = {json.loads(row)["configuration"]["protocolType"] for row in apis["Results"]}
    check("protocols of V2 APIs", protocols == {"HTTP", "WEBSOCKET"}, protocols)
    one = json.loads(apis["Results"][0])["resourceId"]
    single = own.config.select_resource_config(Expression=f"SELECT resourceId, configuration.protocolType WHERE resourceType = 'AWS::ApiGatewayV2::Api' AND resourceId = '{one}'")
    check("the protocol of one", len(single["Results"]) == 1, single)
    integrations = own.config.select_resource_config(Expression="SELECT resourceId, configuration WHERE resourceType = 'AWS::ApiGatewayV2::Integration'", Limit=100)
    check("integrations", all(json.loads(row)["configuration"]["IntegrationType"] for row in integrations["Results"]))
    default = own.config.select_resource_config(Expression=ALL_STAGES)
    check("25 rows by default", len(default["Results"]) == 25, len(default["Results"]))
    for expression in ["SELECT resourceId FROM x", "SELECT restApiId WHERE resourceType = 'x'", "SELECT resourceId WHERE resourceType = 'x"]:
        refused(expression, "InvalidExpressionException", 400, own.config.select_resource_config, Expression=expression)
    refused("an unknown page token", "InvalidNextTokenException", 400, own.config.select_resource_config, Expression=ALL_STAGES, NextToken="nosuch")
    refused("another query's page token", "InvalidNextTokenException", 400, own.config.select_resource_config,
            Expression=ALL_STAGES + " AND configuration.clientCertificateId = 'x'", NextToken=default["NextToken"])
    return [row["resourceId"] for row in rows if row["resourceType"] == "AWS::ApiGateway::Stage"], having


def items(own, raw, arns):
    keys = [{"resourceType": "AWS::ApiGateway::Stage", "resourceId": arn} for arn in arns]
    response = own.config.batch_get_resource_config(resourceKeys=keys[:100])
    found = response["baseConfigurationItems"]
    check("BatchGetResourceConfig", len(found) == 100 and isinstance(found[0]["configurationItemCaptureTime"], datetime.datetime))
    missing = own.config.batch_get_resource_config(resourceKeys=[{**keys[0], "resourceId": keys[0]["resourceId"] + "x"}])
    check("unknown resources are absent", missing["baseConfigurationItems"] == [] == missing["unprocessedResourceKeys"], missing)
    refused("101 keys", "ValidationException", 400, raw.config.batch_get_resource_config, resourceKeys=keys[:101])
    refused("no keys", "ValidationException", 400, raw.config.batch_get_resource_config, resourceKeys=[])
    pages = own.config.get_paginator("get_resource_config_history").paginate(
        resourceType="AWS::ApiGateway::Stage", resourceId=arns[0], laterTime=NOW + datetime.timedelta(days=1), PaginationConfig={"PageSize": 1})
    response = [item for page in pages for item in page["configurationItems"]]
    check("GetResourceConfigHistory pages", response and response[-1]["configurationItemStatus"] == "ResourceDiscovered", response)
    check("the format of an item", isinstance(response[0]["configuration"], str) and response[0]["configurationStateId"].isdigit() and response[0]["relationships"][0]["relationshipName"] == "Is contained in ")
    refused("an unknown resource", "ResourceNotDiscoveredException", 400, own.config.get_resource_config_history, resourceType="AWS::ApiGateway::Stage", resourceId="nosuch")


def put(own, raw, token):
    response = own.config.put_evaluations(ResultToken=token, Evaluations=[evaluation(n) for n in range(100)])
    check("PutEvaluations takes 100", response["FailedEvaluations"] == [], response)
    own.config.put_evaluations(ResultToken=token, Evaluations=[evaluation(n, ComplianceType="COMPLIANT") for n in range(100, 130)])
    own.config.put_evaluations(ResultToken=token, Evaluations=[evaluation(500, ComplianceType="NOT_APPLICABLE", Annotation="x" * 256)])
    own.config.put_evaluations(ResultToken=token, Evaluations=[])
    pages = own.config.get_paginator("get_compliance_details_by_config_rule").paginate(ConfigRuleName="stagecert", PaginationConfig={"PageSize": 100})
    pages = [page["EvaluationResults"] for page in pages]
    check("GetComplianceDetailsByConfigRule pages", [len(page) for page in pages] == [100, 31], [len(page) for page in pages])
    stored = {one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]: one for page in pages for one in page}
    mine = stored[evaluation(7)["ComplianceResourceId"]]
    check("results are stored", mine["ComplianceType"] == "NON_COMPLIANT" and mine["Annotation"] == "number 7", mine)
    kept = mine["EvaluationResultIdentifier"]["OrderingTimestamp"]
    check("with its timestamp", abs((kept - NOW).total_seconds()) < 0.002, kept)
    check("and when it was recorded and invoked", mine["ConfigRuleInvokedTime"] <= mine["ResultRecordedTime"], mine)
    only = own.config.get_compliance_details_by_config_rule(ConfigRuleName="stagecert", ComplianceTypes=["COMPLIANT"], Limit=100)
    check("by compliance type", len(only["EvaluationResults"]) == 30, len(only["EvaluationResults"]))
    own.config.put_evaluations(ResultToken="TESTMODE", TestMode=True, Evaluations=[evaluation(900)])
    after = own.config.get_compliance_details_by_config_rule(ConfigRuleName="stagecert", ComplianceTypes=["NON_COMPLIANT"], Limit=100)
    check("TestMode stores nothing", len(after["EvaluationResults"]) == 100 and "NextToken" not in after)
    one = own.config.get_compliance_details_by_resource(ResourceType="AWS::ApiGateway::Stage", ResourceId=evaluation(7)["ComplianceResourceId"])
    check("GetComplianceDetailsByResource", one["EvaluationResults"] == [mine], one["EvaluationResults"])
    none = own.config.get_compliance_details_by_resource(ResourceType="AWS::ApiGateway::Stage", ResourceId=evaluation(7)["ComplianceResourceId"], ComplianceTypes=["COMPLIANT"])
    check("of a resource, by compliance type", none["EvaluationResults"] == [], none["EvaluationResults"])
    refused("an unknown rule", "NoSuchConfigRuleException", 400, own.config.get_compliance_details_by_config_rule, ConfigRuleName="nosuch")
    refused("a rule name of 65", "ValidationException", 400, raw.config.get_compliance_details_by_config_rule, ConfigRuleName="x" * 65)
    refused("Limit 101", "ValidationException", 400, raw.config.get_compliance_details_by_config_rule, ConfigRuleName="stagecert", Limit=101)
    call = raw.config.put_evaluations
    refused("an unknown result token", "InvalidResultTokenException", 400, call, ResultToken="nosuch", Evaluations=[evaluation(1)])
    refused("no result token", "ValidationException", 400, call, Evaluations=[evaluation(1)])
    refused("101 evaluations", "ValidationException", 400, call, ResultToken=token, Evaluations=[evaluation(n) for n in range(101)])
    for what, code, other in [
        ("257 characters of annotation", "ValidationException", {"Annotation": "x" * 257}),
        ("an empty annotation", "ValidationException", {"Annotation": ""}),
        ("a bad compliance type", "ValidationException", {"ComplianceType": "FINE"}),
        ("INSUFFICIENT_DATA", "InvalidParameterValueException", {"ComplianceType": "INSUFFICIENT_DATA"}),
        ("a bad resource type", "InvalidParameterValueException", {"ComplianceResourceType": "AWS::Nothing::Here"}),
        ("a resource id of 769", "ValidationException", {"ComplianceResourceId": "x" * 769}),
        ("no timestamp", "ValidationException", {"OrderingTimestamp": None}),
    ]:
        one = {key: value for key, value in evaluation(1, **other).items() if value is not None}
        refused(what, code, 400, call, ResultToken=token, Evaluations=[one])


def rules(own, raw):
    listed = own.config.describe_config_rules()["ConfigRules"]
    check("DescribeConfigRules", [one["ConfigRuleName"] for one in listed] == ["stagecert"] and listed[0]["ConfigRuleState"] == "ACTIVE", listed)
    named = own.config.describe_config_rules(ConfigRuleNames=["stagecert"])["ConfigRules"]
    check("by name", named == listed and "Scope" not in named[0] and json.loads(named[0]["InputParameters"]) == {}, named)
    refused("a rule that is not there", "NoSuchConfigRuleException", 400, own.config.describe_config_rules, ConfigRuleNames=["stagecert", "nosuch"])
    refused("26 rules", "ValidationException", 400, raw.config.describe_config_rules, ConfigRuleNames=["stagecert"] * 26)
    refused("an unknown page of rules", "InvalidNextTokenException", 400, own.config.describe_config_rules, NextToken="nosuch")
    status = own.config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    check("DescribeConfigurationRecorderStatus", len(status) == 1 and status[0]["recording"] is True and status[0]["lastStatus"] == "Success", status)
    check("its dates", isinstance(status[0]["lastStartTime"], datetime.datetime) and "lastStopTime" not in status[0], status)
    named = own.config.describe_configuration_recorder_status(ConfigurationRecorderNames=["default"])["ConfigurationRecordersStatus"]
    check("a recorder by name", [one["name"] for one in named] == ["default"], named)
    refused("a recorder that is not there", "NoSuchConfigurationRecorderException", 400, own.config.describe_configuration_recorder_status, ConfigurationRecorderNames=["nosuch"])


def deployments(own, other, accounts):
    """What the commands on a deployment call."""
    sets = own.cloudformation.list_stack_sets(Status="ACTIVE")["Summaries"]
    check("ListStackSets", [one["StackSetName"] for one in sets] == ["stagecert"], sets)
    check("ListStackSets as a delegated administrator", own.cloudformation.list_stack_sets(CallAs="DELEGATED_ADMIN")["Summaries"] == [])
    check("DescribeStackSet", own.cloudformation.describe_stack_set(StackSetName="stagecert")["StackSet"]["StackSetName"] == "stagecert")
    instances = own.cloudformation.list_stack_instances(StackSetName="stagecert")["Summaries"]
    member = accounts[1]["account"]
    shown = [(one["Account"], one["Status"], one["StackInstanceStatus"]["DetailedStatus"], one["OrganizationalUnitId"]) for one in instances]
    check("ListStackInstances", shown == [(member, "CURRENT", "SUCCEEDED", "r-fake")], shown)
    refused("an unknown StackSet", "StackSetNotFoundException", 404, own.cloudformation.list_stack_instances, StackSetName="nosuch")
    refused("another account's StackSet", "StackSetNotFoundException", 404, other.cloudformation.list_stack_instances, StackSetName="stagecert")
    region = instances[0]["Region"]
    targets = {"OrganizationalUnitIds": ["r-fake"], "Accounts": [member], "AccountFilterType": "INTERSECTION"}
    for operation in (own.cloudformation.update_stack_instances, own.cloudformation.create_stack_instances):
        response = operation(StackSetName="stagecert", DeploymentTargets=targets, Regions=[region], OperationId="op-1")
        check(operation.__name__, response["OperationId"] == "op-1", response)
    refused("no targets", "ValidationError", 400, own.cloudformation.update_stack_instances, StackSetName="stagecert", Regions=[region], OperationId="op-2")
    settings = own.functions.get_account_settings()["AccountLimit"]
    check("GetAccountSettings", (settings["ConcurrentExecutions"], settings["UnreservedConcurrentExecutions"]) == (1000, 1000), settings)
    status = own.config.describe_config_rule_evaluation_status(ConfigRuleNames=["stagecert"])["ConfigRulesEvaluationStatus"]
    check("DescribeConfigRuleEvaluationStatus", [one["FirstEvaluationStarted"] for one in status] == [True] and status[0]["LastSuccessfulEvaluationTime"] < NOW, status)
    refused("an unknown rule's status", "NoSuchConfigRuleException", 400, own.config.describe_config_rule_evaluation_status, ConfigRuleNames=["nosuch"])
    recorders = own.config.describe_configuration_recorders()["ConfigurationRecorders"]
    check("DescribeConfigurationRecorders", [one["recordingGroup"]["allSupported"] for one in recorders] == [True], recorders)
    children = own.organizations.list_accounts_for_parent(ParentId="r-fake")["Accounts"]
    check("ListAccountsForParent", {one["Id"] for one in children} == {one["account"] for one in accounts}, children)
    check("ListOrganizationalUnitsForParent", own.organizations.list_organizational_units_for_parent(ParentId="r-fake")["OrganizationalUnits"] == [])
    check("ListAWSServiceAccessForOrganization", own.organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == [])
    refused("an unknown parent", "ParentNotFoundException", 400, own.organizations.list_accounts_for_parent, ParentId="r-none")
    filters = [{"Key": "stagecert:deployment", "Values": ["stagecert"]}]
    check("GetResources with TagFilters", own.tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"] == [])


def aggregated(own):
    """The results of all accounts, in an aggregator. They were put before."""
    name = "organization"
    rules = own.config.describe_aggregate_compliance_by_config_rules(ConfigurationAggregatorName=name, Filters={"ConfigRuleName": "stagecert"})
    rules = rules["AggregateComplianceByConfigRules"]
    check("DescribeAggregateComplianceByConfigRules", [one["ConfigRuleName"] for one in rules] == ["stagecert"], rules)
    place = {"AccountId": rules[0]["AccountId"], "AwsRegion": rules[0]["AwsRegion"]}
    details = own.config.get_aggregate_compliance_details_by_config_rule(
        ConfigurationAggregatorName=name, ConfigRuleName="stagecert", ComplianceType="NON_COMPLIANT", **place)["AggregateEvaluationResults"]
    check("GetAggregateComplianceDetailsByConfigRule", details and all(one["ComplianceType"] == "NON_COMPLIANT" for one in details), len(details))
    expression = ("SELECT accountId, awsRegion, configuration.configRuleList WHERE resourceType = 'AWS::Config::ResourceCompliance' "
                  "AND configuration.complianceType = 'NON_COMPLIANT' AND configuration.configRuleList.configRuleName LIKE 'stage%'")
    rows = own.config.select_aggregate_resource_config(ConfigurationAggregatorName=name, Expression=expression)["Results"]
    check("ResourceCompliance", rows and json.loads(rows[0])["configuration"]["configRuleList"][0]["configRuleName"] == "stagecert", rows[:1])
    refused("an unknown aggregator's rules", "NoSuchConfigurationAggregatorException", 400,
            own.config.describe_aggregate_compliance_by_config_rules, ConfigurationAggregatorName="nosuch")


def tags(own, raw, arns):
    listed = own.tagging.get_resources(ResourceARNList=arns[:100])["ResourceTagMappingList"]
    check("GetResources omits untagged resources", 0 < len(listed) < 100 and all(one["Tags"] for one in listed), len(listed))
    refused("101 ARNs", "InvalidParameterException", 400, raw.tagging.get_resources, ResourceARNList=arns[:101])
    refused("ARNs and a page size", "InvalidParameterException", 400, own.tagging.get_resources, ResourceARNList=arns[:1], ResourcesPerPage=10)
    pages = list(own.tagging.get_paginator("get_resources").paginate(ResourceTypeFilters=["acm"], PaginationConfig={"PageSize": 2}))
    found = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
    check("GetResources pages", len(pages) > 1 and len(set(found)) == len(found) and all(":acm:" in arn for arn in found), found)
    refused("an unknown page", "InvalidParameterException", 400, own.tagging.get_resources, PaginationToken="nosuch")


def acm(own, raw, having):
    arn = next(id_ for id_ in (row["configuration"]["clientCertificateId"] for row in having) if id_.startswith("arn:"))
    response = own.acm.describe_certificate(CertificateArn=arn)["Certificate"]
    check("DescribeCertificate", response["Status"] in ("ISSUED", "EXPIRED") and isinstance(response["NotAfter"], datetime.datetime), response)
    refused("an unknown ACM certificate", "ResourceNotFoundException", 400, own.acm.describe_certificate, CertificateArn=arn[:-4] + "0000")
    refused("what is no ARN", "ValidationException", 400, raw.acm.describe_certificate, CertificateArn="x")
    return arn


def sts(url, region, accounts, own, other):
    me = own.sts.get_caller_identity()
    check("GetCallerIdentity", me["Account"] == accounts[0]["account"] and ":assumed-role/" in me["Arn"], me)
    role = f"arn:aws:iam::{accounts[1]['account']}:role/{accounts[1]['role']}"
    given = own.sts.assume_role(RoleArn=role, RoleSessionName="boto3")
    keys = given["Credentials"]
    check("AssumeRole", keys["Expiration"] > NOW and given["AssumedRoleUser"]["Arn"].endswith("/boto3"), given)
    there = Account(url, region, (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
    check("its credentials belong to the other account", there.sts.get_caller_identity()["Account"] == accounts[1]["account"])
    theirs = there.config.put_evaluations(ResultToken=accounts[1]["result_token"], Evaluations=[evaluation(1)])
    check("results can be put with them", theirs["FailedEvaluations"] == [])
    refused("one's own credentials with another's token", "InvalidResultTokenException", 400, own.config.put_evaluations, ResultToken=accounts[1]["result_token"], Evaluations=[evaluation(1)])
    refused("a role that does not trust", "AccessDenied", 403, other.sts.assume_role, RoleArn=role.replace(accounts[1]["account"], accounts[0]["account"]), RoleSessionName="boto3")
    refused("a role that is not there", "AccessDenied", 403, own.sts.assume_role, RoleArn=role + "x", RoleSessionName="boto3")
    without = Account(url, region, (keys["AccessKeyId"], keys["SecretAccessKey"]))
    refused("without the session token", "UnrecognizedClientException", 403, without.config.select_resource_config, Expression=ALL_STAGES)
    stranger = Account(url, region, ("AKIAAAAAAAAAAAAAAAAA", "x"))
    refused("an unknown key: Config", "UnrecognizedClientException", 403, stranger.config.select_resource_config, Expression=ALL_STAGES)
    refused("an unknown key: API Gateway", "UnrecognizedClientException", 403, stranger.gateway.get_rest_apis)
    refused("an unknown key: tagging", "UnrecognizedClientException", 403, stranger.tagging.get_resources)
    refused("an unknown key: STS", "InvalidClientTokenId", 403, stranger.sts.get_caller_identity)
    elsewhere = Account(url, "ap-south-2", (accounts[0]["AWS_ACCESS_KEY_ID"], "x"))
    refused("a Region that is not there", "UnrecognizedClientException", 403, elsewhere.config.select_resource_config, Expression=ALL_STAGES)


def fleet(program):
    """Calls across accounts and Regions: 25 accounts with 2 Regions each."""
    count, regions = 25, 2
    command = [program, "--stages", "500", "--seed", "3", "--accounts", str(count), "--regions", str(regions)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fake_aws:
        try:
            where = dict(re.findall(r"(\S+?)=(\S+)", fake_aws.stdout.readline()))
            accounts = [dict(re.findall(r"(\S+?)=(\S+)", fake_aws.stdout.readline())) for _ in range(count)]
            url, region, name = where["AWS_ENDPOINT_URL"], where["AWS_REGION"], where["aggregator"]
            keys = [(one["AWS_ACCESS_KEY_ID"], one["AWS_SECRET_ACCESS_KEY"]) for one in accounts]
            own, raw, member = Account(url, region, keys[0]), Account(url, region, keys[0], validate=False), Account(url, region, keys[1])
            pages = list(own.organizations.get_paginator("list_accounts").paginate())
            listed = [one for page in pages for one in page["Accounts"]]
            check("ListAccounts pages", [len(page["Accounts"]) for page in pages] == [20, 5], [len(page["Accounts"]) for page in pages])
            check("every account once", {one["Id"] for one in listed} == {one["account"] for one in accounts})
            first = listed[0]
            check("the format of an account", first["State"] == "ACTIVE" == first["Status"] and isinstance(first["JoinedTimestamp"], datetime.datetime), first)
            refused("a member that lists accounts", "AccessDeniedException", 400, member.organizations.list_accounts)
            refused("MaxResults 21", "InvalidInputException", 400, raw.organizations.list_accounts, MaxResults=21)
            refused("an unknown page of accounts", "InvalidInputException", 400, own.organizations.list_accounts, NextToken="nosuch")
            pages = list(member.account.get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 1}))
            response = {one["RegionName"]: one["RegionOptStatus"] for page in pages for one in page["Regions"]}
            check("ListRegions pages", len(pages) == 4 and sorted(response.values()) == ["DISABLED", "DISABLED", "ENABLED", "ENABLED_BY_DEFAULT"], response)
            enabled = member.account.list_regions(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])["Regions"]
            check("the enabled Regions", [one["RegionName"] for one in enabled] == ["eu-west-1", "us-east-1"], enabled)
            refused("MaxResults 51", "ValidationException", 400, raw.account.list_regions, MaxResults=51)
            call, query = own.config.select_aggregate_resource_config, "SELECT accountId, awsRegion, " + ALL_STAGES.removeprefix("SELECT ")
            pages = list(own.config.get_paginator("select_aggregate_resource_config").paginate(ConfigurationAggregatorName=name, Expression=query, Limit=100))
            rows = [json.loads(row) for page in pages for row in page["Results"]]
            check("SelectAggregateResourceConfig pages", (len(rows), len({row["resourceId"] for row in rows}), len(pages)) == (500, 500, 5), (len(rows), len(pages)))
            check("from every account and Region", len({(row["accountId"], row["awsRegion"]) for row in rows}) == count * regions)
            small = [json.loads(row) for page in own.config.get_paginator("select_aggregate_resource_config").paginate(
                ConfigurationAggregatorName=name, Expression=query, Limit=7) for row in page["Results"]]
            check("the same in pages of any size", small == rows, len(small))
            refused("an unknown aggregator", "NoSuchConfigurationAggregatorException", 400, call, ConfigurationAggregatorName="nosuch", Expression=query)
            refused("another account's aggregator", "NoSuchConfigurationAggregatorException", 400, member.config.select_aggregate_resource_config,
                    ConfigurationAggregatorName=name, Expression=query)
            refused("a name of 257", "ValidationException", 400, raw.config.select_aggregate_resource_config, ConfigurationAggregatorName="x" * 257, Expression=query)
            refused("Limit 101 of an aggregator", "ValidationException", 400, raw.config.select_aggregate_resource_config, ConfigurationAggregatorName=name, Expression=query, Limit=101)
            refused("what is no expression", "InvalidExpressionException", 400, call, ConfigurationAggregatorName=name, Expression="SELECT resourceId FROM x")
            refused("an unknown page of an aggregator", "InvalidNextTokenException", 400, call, ConfigurationAggregatorName=name, Expression=query, NextToken="nosuch")
            pages = list(own.config.get_paginator("describe_configuration_aggregator_sources_status").paginate(
                ConfigurationAggregatorName=name, PaginationConfig={"PageSize": 30}))
            sources = [one for page in pages for one in page["AggregatedSourceStatusList"]]
            check("DescribeConfigurationAggregatorSourcesStatus pages", (len(pages), len(sources)) == (2, count * regions), (len(pages), len(sources)))
            check("the format of a source", sources[0]["LastUpdateStatus"] == "SUCCEEDED" and isinstance(sources[0]["LastUpdateTime"], datetime.datetime), sources[0])
        finally:
            fake_aws.kill()


def front_door(program):
    """Calls that read the front door: domain names, truststores, load balancers and VPC endpoints."""
    command = [program, "--stages", "300", "--seed", "11", "--accounts", "2", "--domains", "130", "--private-apis", "40", "--limits", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fake_aws:
        try:
            where = dict(re.findall(r"(\S+?)=(\S+)", fake_aws.stdout.readline()))
            accounts = [dict(re.findall(r"(\S+?)=(\S+)", fake_aws.stdout.readline())) for _ in range(2)]
            url, region = where["AWS_ENDPOINT_URL"], where["AWS_REGION"]
            keys = [(one["AWS_ACCESS_KEY_ID"], one["AWS_SECRET_ACCESS_KEY"]) for one in accounts]
            own, other, raw = Account(url, region, keys[0]), Account(url, region, keys[1]), Account(url, region, keys[0], validate=False)
            domains(own, raw)
            exports(own)
            truststores(own, other, accounts[0]["account"], region)
            balancers(own, raw, url)
            network(own, other, raw)
            recorded(own, raw, accounts[0]["result_token"])
            stranger = Account(url, region, ("AKIAAAAAAAAAAAAAAAAA", "x"))
            refused("an unknown key: EC2", "AuthFailure", 401, stranger.ec2.describe_vpc_endpoints)
            refused("an unknown key: ELB", "InvalidClientTokenId", 403, stranger.elb.describe_load_balancers)
            refused("an unknown key: S3", "InvalidAccessKeyId", 403, stranger.s3.get_object, Bucket="b", Key="k")
        finally:
            fake_aws.kill()


def every(client, operation, key, page=7, **arguments):
    """All items of all pages, and the number of pages."""
    if client.can_paginate(operation):
        pages = list(client.get_paginator(operation).paginate(PaginationConfig={"PageSize": page}, **arguments))
    else:
        size, ask, given = ("PageSize", "Marker", "NextMarker") if operation.startswith("describe") else ("MaxResults", "NextToken", "NextToken")
        call, pages = getattr(client, operation), []
        while not pages or given in pages[-1]:
            more = {ask: pages[-1][given]} if pages else {}
            pages.append(call(**{size: page if size == "PageSize" else str(page)}, **more, **arguments))
    return [one for page in pages for one in page.get(key, [])], len(pages)


def domains(own, raw):
    all_, pages = every(own.gateway, "get_domain_names", "items", page=50)
    private = [one for one in all_ if one["endpointConfiguration"]["types"] == ["PRIVATE"]]
    public = [one for one in all_ if one not in private]
    check("GetDomainNames pages", pages == 3 and len(public) == 130 and len({(one["domainName"], one.get("domainNameId")) for one in all_}) == len(all_), (pages, len(all_)))
    check("private domain names have IDs and ARNs with an account", private and all(
        one["domainNameArn"].endswith(f"/domainnames/{one['domainName']}+{one['domainNameId']}") and one["domainNameArn"].split(":")[4] for one in private), private[:1])
    check("public domain names have neither", all("domainNameId" not in one and one["domainNameArn"].endswith(f"::/domainnames/{one['domainName']}") for one in public))
    check("certificates", all(one.get("regionalCertificateArn" if one["endpointConfiguration"]["types"] == ["REGIONAL"] else "certificateArn") for one in all_))
    mutual = [one for one in public if "mutualTlsAuthentication" in one]
    check("mutual TLS", mutual and len(mutual) < 130 and all(one["mutualTlsAuthentication"]["truststoreUri"].startswith("s3://") and one["securityPolicy"] == "TLS_1_2" for one in mutual))
    check("with warnings, and with unpinned truststores", any(one["mutualTlsAuthentication"].get("truststoreWarnings") for one in mutual)
          and any("truststoreVersion" not in one["mutualTlsAuthentication"] for one in mutual), mutual[:2])
    check("with ownership certificates", any("ownershipVerificationCertificateArn" in one for one in mutual))
    kinds = {own.acm.describe_certificate(CertificateArn=one["regionalCertificateArn"])["Certificate"]["Type"] for one in mutual}
    check("of ACM and imported", kinds == {"AMAZON_ISSUED", "IMPORTED"}, kinds)
    check("of every status", {one["domainNameStatus"] for one in all_} >= {"AVAILABLE", "UPDATING", "FAILED", "PENDING_CERTIFICATE_REIMPORT"}, {one["domainNameStatus"] for one in all_})
    alone = own.gateway.get_domain_name(domainName=mutual[0]["domainName"])
    check("GetDomainName", {key: value for key, value in alone.items() if key != "ResponseMetadata"} == mutual[0], alone)
    alone = own.gateway.get_domain_name(domainName=private[0]["domainName"], domainNameId=private[0]["domainNameId"])
    policy = json.loads(json.loads(f'"{alone["policy"]}"'))
    check("the policy of a private domain name is escaped", alone["policy"].startswith('{\\"') and "\\/" in alone["policy"] and policy["Version"] == "2012-10-17", alone["policy"])
    refused("a private domain name without its ID", "NotFoundException", 404, own.gateway.get_domain_name, domainName=private[0]["domainName"])
    refused("an unknown domain name", "NotFoundException", 404, own.gateway.get_domain_name, domainName="nosuch.example.com")
    refused("limit 501 of domain names", "BadRequestException", 400, own.gateway.get_domain_names, limit=501)
    refused("an unknown position of domain names", "BadRequestException", 400, own.gateway.get_domain_names, position="nosuch")
    check("domain names of other accounts", own.gateway.get_domain_names(resourceOwner="OTHER_ACCOUNTS")["items"] == [])
    refused("an unknown owner", "BadRequestException", 400, raw.gateway.get_domain_names, resourceOwner="ME")
    first = own.gateway.get_domain_name_access_associations(limit=1)
    second = own.gateway.get_domain_name_access_associations(limit=500, position=first["position"])["items"]
    found = first["items"] + second
    check("GetDomainNameAccessAssociations pages", len(second) > 0 and {one["domainNameArn"] for one in found} == {one["domainNameArn"] for one in private}
          and all(one["accessAssociationSource"].startswith("vpce-") and one["accessAssociationSourceType"] == "VPCE" for one in found), found)
    listed, pages = every(own.gateway_v2, "get_domain_names", "Items", page=50)
    check("GetDomainNames of version 2", pages == 3 and [one["DomainName"] for one in listed] == [one["domainName"] for one in public], len(listed))
    same = {one["domainName"]: one["mutualTlsAuthentication"] for one in mutual}
    check("with the same truststores", {one["DomainName"]: one["MutualTlsAuthentication"]["TruststoreUri"] for one in listed if "MutualTlsAuthentication" in one}
          == {name: one["truststoreUri"] for name, one in same.items()})
    check("and configurations", all(one["DomainNameConfigurations"][0]["EndpointType"] in ("REGIONAL", "EDGE") for one in listed))
    by_name, modes = {}, {one["domainName"]: one["routingMode"] for one in public}
    for name in modes:
        by_name[name], pages = every(own.gateway_v2, "get_api_mappings", "Items", page=1, DomainName=name)
        old, _ = every(own.gateway, "get_base_path_mappings", "items", page=1, domainName=name)
        same = {(one["ApiMappingKey"] or "(none)", one["ApiId"], one.get("Stage")) for one in by_name[name]}
        if same != {(one["basePath"], one["restApiId"], one.get("stage")) for one in old}:
            check(f"the mappings of {name} in both versions", False, (same, old))
    flat = [one for all_ in by_name.values() for one in all_]
    check("GetApiMappings and GetBasePathMappings", len(flat) > 130 and any(one["ApiMappingKey"] == "v2/orders" for one in flat)
          and any(one["ApiMappingKey"] == "" for one in flat) and any("Stage" not in one for one in flat), len(flat))
    theirs = own.gateway.get_base_path_mappings(domainName=private[0]["domainName"], domainNameId=private[0]["domainNameId"])["items"]
    check("mappings of a private domain name", theirs[0]["basePath"] == "(none)" and theirs[0]["stage"] == "prod", theirs)
    refused("mappings of a private domain name in version 2", "NotFoundException", 404, own.gateway_v2.get_api_mappings, DomainName=private[0]["domainName"])
    refused("mappings of an unknown domain name", "NotFoundException", 404, own.gateway.get_base_path_mappings, domainName="nosuch.example.com")
    refused("an unknown page of mappings", "BadRequestException", 400, own.gateway_v2.get_api_mappings, DomainName=mutual[0]["domainName"], NextToken="nosuch")
    rules = {name: own.gateway_v2.list_routing_rules(DomainName=name)["RoutingRules"] for name in modes}
    name, found = max(rules.items(), key=lambda one: len(one[1]))
    check("ListRoutingRules", len(found) == 2 and found[0]["Priority"] < found[1]["Priority"]
          and found[0]["Actions"][0]["InvokeApi"]["ApiId"] and found[0]["Conditions"][0]["MatchBasePaths"]["AnyOf"] == ["orders"], found)
    first = own.gateway_v2.list_routing_rules(DomainName=name, MaxResults=1)
    second = own.gateway_v2.list_routing_rules(DomainName=name, MaxResults=1, NextToken=first["NextToken"])
    check("in pages", first["RoutingRules"] + second["RoutingRules"] == found and "NextToken" not in second, (first, second))
    check("rules of a private domain name", own.gateway_v2.list_routing_rules(DomainName=private[0]["domainName"], DomainNameId=private[0]["domainNameId"])["RoutingRules"] == [])
    refused("MaxResults 101 of rules", "BadRequestException", 400, raw.gateway_v2.list_routing_rules, DomainName=name, MaxResults=101)
    refused("rules of an unknown domain name", "NotFoundException", 404, own.gateway_v2.list_routing_rules, DomainName="nosuch.example.com")
    check("every routing mode", set(modes.values()) == {"BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING"}, set(modes.values()))


def exports(own):
    apis, _ = every(own.gateway, "get_rest_apis", "items", page=100)
    private = [one for one in apis if one["endpointConfiguration"]["types"] == ["PRIVATE"]]
    check("private APIs", len(private) == 40 and any("policy" not in one for one in private) and all(one["endpointConfiguration"]["vpcEndpointIds"] for one in private), private[:1])
    one = next(one for one in private if "policy" in one)
    check("GetRestApi has the escaped policy", own.gateway.get_rest_api(restApiId=one["id"])["policy"] == one["policy"])
    policy = json.loads(json.loads(f'"{one["policy"]}"'))
    check("which is a policy", policy["Statement"][0]["Action"] == "execute-api:Invoke" and "\\/" in one["policy"], policy)

    def export(kind, extensions, api, stage="prod"):
        response = own.gateway.get_export(restApiId=api, stageName=stage, exportType=kind, parameters={"extensions": extensions}, accepts="application/json")
        return json.loads(response["body"].read())

    name = "x-amazon-apigateway-endpoint-configuration"
    document = export("oas30", "apigateway", one["id"])
    check("GetExport has the policy", document["x-amazon-apigateway-policy"] == policy, document)
    endpoint = {"disableExecuteApiEndpoint": False, "vpcEndpointIds": one["endpointConfiguration"]["vpcEndpointIds"]}
    check("and the endpoint configuration of the server", document["servers"][0][name] == endpoint and name not in document, document)
    check("with integrations", "x-amazon-apigateway-integration" in json.dumps(document))
    swagger = export("swagger", "apigateway", one["id"])
    check("at the top of Swagger 2.0", swagger[name] == endpoint, swagger)
    plain = export("oas30", "integrations", one["id"])
    check("only if asked for", "x-amazon-apigateway-policy" not in plain and name not in plain["servers"][0], plain)
    differs = 0
    for api in (one for one in apis if one not in private):
        stage = own.gateway.get_stages(restApiId=api["id"])["item"][0]["stageName"]
        try:
            deployed = export("oas30", "apigateway", api["id"], stage)["servers"][0][name]
        except ClientError:
            continue
        differs += deployed["disableExecuteApiEndpoint"] != api["disableExecuteApiEndpoint"]
    check("deployed flags can differ from current ones", differs > 0, differs)
    apis, _ = every(own.gateway_v2, "get_apis", "Items", page=10)
    check("GetApis has endpoints and flags", {one["DisableExecuteApiEndpoint"] for one in apis} == {True, False}
          and all(one["ApiEndpoint"].startswith("wss:" if one["ProtocolType"] == "WEBSOCKET" else "https:") for one in apis), apis[:1])
    alone = own.gateway_v2.get_api(ApiId=apis[0]["ApiId"])
    check("GetApi", {key: value for key, value in alone.items() if key != "ResponseMetadata"} == apis[0], alone)
    refused("an unknown API of version 2", "NotFoundException", 404, own.gateway_v2.get_api, ApiId="nosuch1")


def truststores(own, other, account, region):
    named = lambda name: f"{name}-{account}-{region}"
    pinned = {}
    for one in every(own.gateway, "get_domain_names", "items", page=500)[0]:
        truststore = one.get("mutualTlsAuthentication")
        if truststore:
            bucket, key = truststore["truststoreUri"].removeprefix("s3://").split("/", 1)
            pinned.setdefault(bucket, []).append((key, truststore.get("truststoreVersion")))
    check("truststores in buckets of every kind", {name.split("-")[0] for name in pinned} == {"truststores", "unversioned", "denied", "elsewhere", "foreign"}, set(pinned))
    bucket = named("truststores")
    key, version = next((key, version) for key, version in pinned[bucket] if version)
    pem = own.s3.get_object(Bucket=bucket, Key=key, VersionId=version)
    body = pem["Body"].read()
    check("GetObject of a version", pem["VersionId"] == version and pem["ContentLength"] == len(body) > 0 and isinstance(pem["LastModified"], datetime.datetime), pem)
    bodies = [own.s3.get_object(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))["Body"].read() for key, version in pinned[bucket]]
    check("truststores of certificates and others", any(b"BEGIN CERTIFICATE" in body for body in bodies) and any(b"BEGIN CERTIFICATE" not in body for body in bodies))
    newer = [key for key, version in pinned[bucket] if version and own.s3.get_object(Bucket=bucket, Key=key)["VersionId"] != version]
    check("GetObject of the newest version", 0 < len(newer) < len(pinned[bucket]), newer)
    head = own.s3.head_object(Bucket=bucket, Key=newer[0])
    newest = own.s3.get_object(Bucket=bucket, Key=newer[0])
    check("HeadObject", (head["VersionId"], head["ContentLength"], head["ETag"]) == (newest["VersionId"], newest["ContentLength"], newest["ETag"]), head)
    part = own.s3.get_object(Bucket=bucket, Key=key, VersionId=version, Range="bytes=0-9")
    check("a range", part["Body"].read() == body[:10] and part["ContentRange"] == f"bytes 0-9/{len(body)}", part)
    refused("a range after the end", "InvalidRange", 416, own.s3.get_object, Bucket=bucket, Key=key, Range="bytes=1000000-")
    versions = own.s3.list_object_versions(Bucket=bucket, Prefix=newer[0])["Versions"]
    check("ListObjectVersions", [one["IsLatest"] for one in versions[:2]] == [True, False] and versions[0]["VersionId"] == newest["VersionId"], versions)
    all_, pages = every(own.s3, "list_object_versions", "Versions", page=10, Bucket=bucket)
    check("in pages", pages > 1 and len({(one["Key"], one["VersionId"]) for one in all_}) == len(all_) >= len(pinned[bucket]), (pages, len(all_)))
    plain = own.s3.get_object(Bucket=named("unversioned"), Key=pinned[named("unversioned")][0][0])
    check("an object without versions", "VersionId" not in plain, plain)
    same = own.s3.get_object(Bucket=named("unversioned"), Key=pinned[named("unversioned")][0][0], VersionId="null")
    check("is version null", same["ETag"] == plain["ETag"], same)
    refused("an unknown key", "NoSuchKey", 404, own.s3.get_object, Bucket=bucket, Key="nosuch.pem")
    refused("an unknown version", "NoSuchVersion", 404, own.s3.get_object, Bucket=bucket, Key=key, VersionId="nosuch")
    refused("an unknown bucket", "NoSuchBucket", 404, own.s3.get_object, Bucket="nosuch", Key=key)
    refused("an object in a bucket that refuses all", "AccessDenied", 403, own.s3.get_object, Bucket=named("denied"), Key=pinned[named("denied")][0][0])
    refused("an object of another account", "AccessDenied", 403, own.s3.get_object, Bucket=named("foreign"), Key=pinned[named("foreign")][0][0])
    refused("one's object for another account", "AccessDenied", 403, other.s3.get_object, Bucket=bucket, Key=key)
    refused("HeadObject of an unknown key", "404", 404, own.s3.head_object, Bucket=bucket, Key="nosuch.pem")
    key = pinned[named("elsewhere")][0][0]
    there = own.s3.get_object(Bucket=named("elsewhere"), Key=key)
    check("an object of another Region, to which boto3 is redirected", there["ResponseMetadata"]["RetryAttempts"] == 1 and there["ContentLength"] > 0, there)
    scope = f"AWS4-HMAC-SHA256 Credential={own.session.get_credentials().access_key}/20261101/{region}/s3/aws4_request, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(f"{own.s3.meta.endpoint_url}/{named('elsewhere')}/{key}", headers={"Authorization": scope})
    try:
        urllib.request.build_opener().open(request)
        status, bucket_region = 200, None
    except urllib.error.HTTPError as error:
        status, bucket_region = error.code, error.headers.get("x-amz-bucket-region")
    check("with 301 and the bucket's Region", (status, bucket_region) == (301, "us-west-2"), (status, bucket_region))


def fetch(location, **headers):
    """Status and body of a presigned URL."""
    try:
        with urllib.request.urlopen(urllib.request.Request(location, headers=headers)) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def balancers(own, raw, url):
    elb = own.elb
    all_, pages = every(elb, "describe_load_balancers", "LoadBalancers")
    check("DescribeLoadBalancers pages", pages > 1 and {one["Type"] for one in all_} == {"application", "network"} and len({one["LoadBalancerArn"] for one in all_}) == len(all_), len(all_))
    check("with security groups", all(one["SecurityGroups"] for one in all_ if one["Type"] == "application"))
    first = all_[0]
    check("by ARN and name", elb.describe_load_balancers(LoadBalancerArns=[first["LoadBalancerArn"]])["LoadBalancers"] == [first]
          and elb.describe_load_balancers(Names=[first["LoadBalancerName"]])["LoadBalancers"] == [first])
    refused("an unknown load balancer", "LoadBalancerNotFound", 400, elb.describe_load_balancers, LoadBalancerArns=[first["LoadBalancerArn"] + "x"])
    refused("PageSize 401", "ValidationError", 400, raw.elb.describe_load_balancers, PageSize=401)
    refused("an unknown marker", "ValidationError", 400, elb.describe_load_balancers, Marker="nosuch")
    refused("21 load balancers", "ValidationError", 400, elb.describe_load_balancers, LoadBalancerArns=[first["LoadBalancerArn"]] * 21)
    listeners = [one for balancer in all_ for one in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]]
    two = next(one for one in all_ if len(elb.describe_listeners(LoadBalancerArn=one["LoadBalancerArn"])["Listeners"]) > 1)
    found, pages = every(elb, "describe_listeners", "Listeners", page=1, LoadBalancerArn=two["LoadBalancerArn"])
    check("DescribeListeners pages", pages == 2 and {one["Protocol"] for one in found} == {"HTTP", "HTTPS"}, found)
    own_ = [one["MutualAuthentication"] for one in listeners if "MutualAuthentication" in one]
    check("mutual authentication of every mode", {one["Mode"] for one in own_} == {"verify", "passthrough", "off"}, own_)
    verify = [one for one in own_ if one["Mode"] == "verify"]
    check("its members", {one["IgnoreClientCertificateExpiry"] for one in own_} == {True, False} and {one["TrustStoreAssociationStatus"] for one in verify} == {"active", "removed"}
          and all(one["AdvertiseTrustStoreCaNames"] == "off" for one in verify), verify[:1])
    check("listeners without it", any("MutualAuthentication" not in one for one in listeners))
    check("by ARN", elb.describe_listeners(ListenerArns=[found[1]["ListenerArn"], found[0]["ListenerArn"]])["Listeners"] == found)
    refused("listeners of nothing", "ValidationError", 400, elb.describe_listeners)
    refused("an unknown listener", "ListenerNotFound", 400, elb.describe_listeners, ListenerArns=[found[0]["ListenerArn"] + "x"])
    refused("listeners of an unknown load balancer", "LoadBalancerNotFound", 400, elb.describe_listeners, LoadBalancerArn=two["LoadBalancerArn"] + "x")
    rules = {one["ListenerArn"]: elb.describe_rules(ListenerArn=one["ListenerArn"])["Rules"] for one in listeners}
    arn, more = max(rules.items(), key=lambda one: len(one[1]))
    check("DescribeRules", len(more) == 2 and [one["IsDefault"] for one in more] == [False, True] and more[1]["Priority"] == "default"
          and more[0]["Conditions"][0]["Field"] == "path-pattern" and more[0]["Actions"][0]["Type"] == "forward", more)
    check("in pages", [one["RuleArn"] for one in every(elb, "describe_rules", "Rules", page=1, ListenerArn=arn)[0]] == [one["RuleArn"] for one in more])
    check("by ARN", elb.describe_rules(RuleArns=[more[0]["RuleArn"]])["Rules"] == more[:1])
    refused("an unknown rule", "RuleNotFound", 400, elb.describe_rules, RuleArns=[more[0]["RuleArn"] + "x"])
    refused("rules of an unknown listener", "ListenerNotFound", 400, elb.describe_rules, ListenerArn=arn + "x")
    refused("rules of nothing", "ValidationError", 400, elb.describe_rules)
    kinds = {action["Type"] for all_ in rules.values() for rule in all_ for action in rule["Actions"]}
    check("actions", kinds == {"forward", "redirect"}, kinds)
    groups, pages = every(elb, "describe_target_groups", "TargetGroups")
    check("DescribeTargetGroups pages", pages > 1 and {one["TargetType"] for one in groups} == {"ip", "alb"} and all(one["LoadBalancerArns"] for one in groups), groups[:1])
    used = next(one for one in groups if one["TargetType"] == "ip")
    check("by load balancer, ARN and name", elb.describe_target_groups(LoadBalancerArn=used["LoadBalancerArns"][0])["TargetGroups"] == [used]
          == elb.describe_target_groups(TargetGroupArns=[used["TargetGroupArn"]])["TargetGroups"] == elb.describe_target_groups(Names=[used["TargetGroupName"]])["TargetGroups"])
    refused("an unknown target group", "TargetGroupNotFound", 400, elb.describe_target_groups, Names=["nosuch"])
    refused("target groups of an unknown load balancer", "LoadBalancerNotFound", 400, elb.describe_target_groups, LoadBalancerArn=first["LoadBalancerArn"] + "x")
    health = elb.describe_target_health(TargetGroupArn=used["TargetGroupArn"])["TargetHealthDescriptions"]
    check("DescribeTargetHealth", len(health) == 2 and all(one["Target"]["Id"].startswith("10.") and one["TargetHealth"]["State"] == "healthy" for one in health), health)
    check("of one target", elb.describe_target_health(TargetGroupArn=used["TargetGroupArn"], Targets=[{"Id": health[1]["Target"]["Id"]}])["TargetHealthDescriptions"] == health[1:])
    chained = next(one for one in groups if one["TargetType"] == "alb")
    target = elb.describe_target_health(TargetGroupArn=chained["TargetGroupArn"])["TargetHealthDescriptions"][0]["Target"]["Id"]
    check("a load balancer as target", ":loadbalancer/app/" in target, target)
    refused("health of an unknown target group", "TargetGroupNotFound", 400, elb.describe_target_health, TargetGroupArn=used["TargetGroupArn"] + "x")
    trust_stores(own, url, verify)


def trust_stores(own, url, verify):
    elb = own.elb
    all_, pages = every(elb, "describe_trust_stores", "TrustStores")
    check("DescribeTrustStores pages", pages > 1 and {one["TrustStoreArn"] for one in verify} <= {one["TrustStoreArn"] for one in all_}, len(all_))
    one = next(one for one in all_ if one["TotalRevokedEntries"] and one["NumberOfCaCertificates"])
    check("by ARN and name", elb.describe_trust_stores(TrustStoreArns=[one["TrustStoreArn"]])["TrustStores"] == [one] == elb.describe_trust_stores(Names=[one["Name"]])["TrustStores"])
    refused("an unknown trust store", "TrustStoreNotFound", 400, elb.describe_trust_stores, Names=["nosuch"])
    store = verify[0]["TrustStoreArn"]
    used = elb.describe_trust_store_associations(TrustStoreArn=store)["TrustStoreAssociations"]
    check("DescribeTrustStoreAssociations", len(used) == 1 and ":listener/app/" in used[0]["ResourceArn"], used)
    refused("associations of an unknown trust store", "TrustStoreNotFound", 400, elb.describe_trust_store_associations, TrustStoreArn=store + "x")
    arn = one["TrustStoreArn"]
    revocations = elb.describe_trust_store_revocations(TrustStoreArn=arn)["TrustStoreRevocations"]
    check("DescribeTrustStoreRevocations", revocations[0] == {"TrustStoreArn": arn, "RevocationId": 1, "RevocationType": "CRL", "NumberOfRevokedEntries": 3}, revocations)
    check("by ID", elb.describe_trust_store_revocations(TrustStoreArn=arn, RevocationIds=[1])["TrustStoreRevocations"] == revocations)
    refused("an unknown revocation", "RevocationIdNotFound", 400, elb.describe_trust_store_revocations, TrustStoreArn=arn, RevocationIds=[2])
    refused("revocations of an unknown trust store", "TrustStoreNotFound", 400, elb.describe_trust_store_revocations, TrustStoreArn=arn + "x")
    location = elb.get_trust_store_ca_certificates_bundle(TrustStoreArn=arn)["Location"]
    status, bundle = fetch(location)
    check("GetTrustStoreCaCertificatesBundle", location.startswith(url + "/") and status == 200 and bundle.count(b"BEGIN CERTIFICATE") == one["NumberOfCaCertificates"], (status, bundle))
    refused("the bundle of an unknown trust store", "TrustStoreNotFound", 400, elb.get_trust_store_ca_certificates_bundle, TrustStoreArn=arn + "x")
    status, body = fetch(location[:-4] + "0000")
    check("a wrong signature", status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in body, (status, body))
    status, body = fetch(location.split("?")[0])
    check("no signature", status == 404, (status, body))
    status, body = fetch(location.replace("/bundle?", "/other?"))
    check("another path", status == 403, (status, body))
    scope = "AWS4-HMAC-SHA256 Credential=AKIA/20261101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    status, body = fetch(location, Authorization=scope)
    check("a presigned URL that is signed again", status == 400 and b"<Code>InvalidArgument</Code>" in body, (status, body))
    status, crl = fetch(elb.get_trust_store_revocation_content(TrustStoreArn=arn, RevocationId=1)["Location"])
    check("GetTrustStoreRevocationContent", status == 200 and (crl.startswith(b"-----BEGIN X509 CRL") or crl[:1] == b"\x30"), (status, crl[:40]))
    refused("the content of an unknown revocation", "RevocationIdNotFound", 400, elb.get_trust_store_revocation_content, TrustStoreArn=arn, RevocationId=9)
    refused("the content of an unknown trust store", "TrustStoreNotFound", 400, elb.get_trust_store_revocation_content, TrustStoreArn=arn + "x", RevocationId=1)


def network(own, other, raw):
    ec2 = own.ec2
    endpoints, pages = every(ec2, "describe_vpc_endpoints", "VpcEndpoints")
    check("DescribeVpcEndpoints pages", (pages, len(endpoints)) == (6, 40), (pages, len(endpoints)))
    one = endpoints[0]
    check("the format of an endpoint", one["ServiceName"] == "com.amazonaws.eu-west-1.execute-api" and one["State"] == "available" and one["VpcEndpointType"] == "Interface"
          and len(one["NetworkInterfaceIds"]) == 2 and json.loads(one["PolicyDocument"])["Statement"] and one["OwnerId"] and one["Groups"][0]["GroupName"] == "endpoint", one)
    check("by ID", ec2.describe_vpc_endpoints(VpcEndpointIds=[one["VpcEndpointId"]])["VpcEndpoints"] == [one])
    by_vpc = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [one["VpcId"]]}, {"Name": "service-name", "Values": ["*.execute-api"]}])
    check("by filter", by_vpc["VpcEndpoints"] == [one], by_vpc)
    refused("an unknown endpoint", "InvalidVpcEndpointId.NotFound", 400, ec2.describe_vpc_endpoints, VpcEndpointIds=[one["VpcEndpointId"], "vpce-0"])
    refused("an endpoint of another account", "InvalidVpcEndpointId.NotFound", 400, other.ec2.describe_vpc_endpoints, VpcEndpointIds=[one["VpcEndpointId"]])
    refused("an unknown filter", "InvalidParameterValue", 400, ec2.describe_vpc_endpoints, Filters=[{"Name": "nosuch", "Values": ["x"]}])
    refused("an unknown page of endpoints", "InvalidNextToken", 400, ec2.describe_vpc_endpoints, NextToken="nosuch")
    interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=one["NetworkInterfaceIds"])["NetworkInterfaces"]
    check("DescribeNetworkInterfaces by ID", {it["NetworkInterfaceId"] for it in interfaces} == set(one["NetworkInterfaceIds"])
          and all(it["PrivateIpAddress"] == it["PrivateIpAddresses"][0]["PrivateIpAddress"] and it["InterfaceType"] == "vpc_endpoint" for it in interfaces), interfaces)
    group = one["Groups"][0]["GroupId"]
    same = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group]}])["NetworkInterfaces"]
    check("by group", same == interfaces, same)
    all_, pages = every(ec2, "describe_network_interfaces", "NetworkInterfaces", page=50)
    check("in pages", pages > 1 and len({it["NetworkInterfaceId"] for it in all_}) == len(all_) > 80 and any(it["Description"].startswith("ELB app/") and it["RequesterId"] == "amazon-elb" for it in all_), (pages, len(all_)))
    refused("an unknown interface", "InvalidNetworkInterfaceID.NotFound", 400, ec2.describe_network_interfaces, NetworkInterfaceIds=["eni-0"])
    refused("IDs and MaxResults", "InvalidParameterCombination", 400, ec2.describe_network_interfaces, NetworkInterfaceIds=one["NetworkInterfaceIds"], MaxResults=5)
    refused("MaxResults 4", "InvalidParameterValue", 400, raw.ec2.describe_network_interfaces, MaxResults=4)
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    check("DescribeSecurityGroups", found["GroupId"] == group and found["IpPermissions"][0]["FromPort"] == 443 and found["IpPermissionsEgress"][0]["IpProtocol"] == "-1"
          and "FromPort" not in found["IpPermissionsEgress"][0], found)
    all_, pages = every(ec2, "describe_security_groups", "SecurityGroups", page=20)
    sources = [permission for it in all_ for permission in it["IpPermissions"]]
    check("in pages", (pages, len(all_)) == (4, 80), (pages, len(all_)))
    check("from groups and ranges", any(it["UserIdGroupPairs"] and it["UserIdGroupPairs"][0]["UserId"] == found["OwnerId"] for it in sources) and any(it["IpRanges"] for it in sources))
    by_name = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["bal*"]}])["SecurityGroups"]
    check("by filter", len(by_name) == 40, len(by_name))
    refused("an unknown group", "InvalidGroup.NotFound", 400, ec2.describe_security_groups, GroupIds=["sg-0"])
    many = [{"Name": "group-id", "Values": [f"sg-{number}" for number in range(201)]}]
    refused("201 filter values", "FilterLimitExceeded", 400, ec2.describe_security_groups, Filters=many)
    refused("an unknown page of groups", "InvalidNextToken", 400, ec2.describe_security_groups, NextToken="nosuch")


def recorded(own, raw, token):
    """Config's items of APIs, and results for them."""
    for kind, field in (("AWS::ApiGateway::RestApi", "id"), ("AWS::ApiGatewayV2::Api", "apiId")):
        expression = f"SELECT resourceId, resourceType, configuration.{field} WHERE resourceType = '{kind}'"
        pages = list(own.config.get_paginator("select_resource_config").paginate(Expression=expression, Limit=5))
        rows = [json.loads(row) for page in pages for row in page["Results"]]
        check(f"SelectResourceConfig of {kind}", len(pages) > 1 and all(row["resourceId"].endswith("/" + row["configuration"][field]) for row in rows), rows[:1])
        keys = [{"resourceType": kind, "resourceId": row["resourceId"]} for row in rows[:20]]
        items = own.config.batch_get_resource_config(resourceKeys=keys + [{"resourceType": kind, "resourceId": "nosuch"}])["baseConfigurationItems"]
        check("BatchGetResourceConfig", [item["resourceId"] for item in items] == [key["resourceId"] for key in keys] and json.loads(items[0]["configuration"])[field], items[:1])
        put = {"ComplianceResourceType": kind, "ComplianceResourceId": rows[0]["resourceId"], "ComplianceType": "NON_COMPLIANT", "OrderingTimestamp": NOW}
        check("PutEvaluations", own.config.put_evaluations(ResultToken=token, Evaluations=[put])["FailedEvaluations"] == [])
        listed = own.config.get_compliance_details_by_resource(ResourceType=kind, ResourceId=rows[0]["resourceId"])["EvaluationResults"]
        check("which is listed", [one["ComplianceType"] for one in listed] == ["NON_COMPLIANT"], listed)
    put = {"ComplianceResourceType": "AWS::ApiGateway::DomainName", "ComplianceResourceId": "d0.example.com", "ComplianceType": "COMPLIANT", "OrderingTimestamp": NOW}
    refused("a result of a domain name that Config doesn't list", "InvalidParameterValueException", 400, own.config.put_evaluations, ResultToken=token, Evaluations=[put])


def rates(own):
    pause(5)
    began, accepted, error = time.monotonic(), 0, None
    for _ in range(200):
        try:
            own.gateway.get_client_certificate(clientCertificateId="nosuch1")
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] != "NotFoundException":
                error = refusal
                break
        accepted += 1
    allowed = 40 + 10 * (time.monotonic() - began)
    check("a burst of 40, then 10 per second", 40 <= accepted <= allowed + 1, (accepted, allowed))
    response = error.response if error else {}
    check("429 with Retry-After", error and response["Error"]["Code"] == "TooManyRequestsException" and response["ResponseMetadata"]["HTTPStatusCode"] == 429
          and "retry-after" in response["ResponseMetadata"]["HTTPHeaders"], response)
    outcomes = []
    for _ in range(60):
        try:
            own.tagging.get_resources(ResourcesPerPage=1)
            outcomes.append("ok")
        except ClientError as refusal:
            outcomes.append(refusal.response["Error"]["Code"].split("#")[-1])
    check("15 GetResources per second", outcomes[:15] == ["ok"] * 15 and "ThrottledException" in outcomes, outcomes)


def pause(seconds=3):
    """Waits until API Gateway's token bucket is full."""
    time.sleep(seconds)


def main():
    command = [sys.argv[1], "--stages", str(2 * STAGES), "--seed", "7", "--accounts", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fake_aws:
        try:
            where = dict(re.findall(r"(\S+?)=(\S+)", fake_aws.stdout.readline()))
            accounts = [dict(re.findall(r"(\S+?)=(\S+)", fake_aws.stdout.readline())) for _ in range(2)]
            url, region = where["AWS_ENDPOINT_URL"], where["AWS_REGION"]
            keys = [(one["AWS_ACCESS_KEY_ID"], one["AWS_SECRET_ACCESS_KEY"]) for one in accounts]
            own, other, raw = Account(url, region, keys[0]), Account(url, region, keys[1]), Account(url, region, keys[0], validate=False)
            arns, having = queries(own)
            items(own, raw, arns)
            put(own, raw, accounts[0]["result_token"])
            rules(own, raw)
            deployments(own, other, accounts)
            aggregated(own)
            tags(own, raw, arns)
            acm(own, raw, having)
            sts(url, region, accounts, own, other)
            gateway(own)
            resources(own)
            stages_v2(own, having)
            metrics(own, where["gateway"])
            rates(own)
        finally:
            fake_aws.kill()
    fleet(sys.argv[1])
    front_door(sys.argv[1])
    failed = results.count(False)
    print(f"{results.count(True)} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
