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
            "cloudwatch": "cloudwatch", "organizations": "organizations", "account": "account", "ec2": "ec2", "cloudformation": "cloudformation", "functions": "lambda"}
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
    failed = results.count(False)
    print(f"{results.count(True)} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
