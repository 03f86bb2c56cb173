"""Runs an Automation document against a fake account, as Systems Manager would.

Usage: automation.py, with a JSON object on standard input: `document`, `statements` (those of the
role, with ARNs as text), `schema` (of documents) and `scenarios`. It prints one JSON object with the
violations of the schema and what each scenario did.

The scripts run unchanged. Their boto3 clients serialize each request, and the fake answers it if the
role's statements allow it.
"""

import json
import re
import sys
import time
from urllib.parse import parse_qs, quote, unquote, urlsplit

import boto3
import botocore.awsrequest
import botocore.exceptions
import jsonschema

REGION = "eu-west-1"
ACCOUNT = "111122223333"
GLOBALS = {
    "global:REGION": REGION,
    "global:ACCOUNT_ID": ACCOUNT,
    "automation:EXECUTION_ID": "4105a4fc-f944-11e6-9d32-0a1b2c3d4e5f",
}
PAGE_SIZE = 2
PEM_LINES = 18


class Killed(BaseException):
    """Ends an execution, which no script can catch."""


class Automation:
    """One execution of a document."""

    def __init__(self, document, parameters):
        self.document = document
        self.values = dict(GLOBALS)
        declared = document["parameters"]
        unknown = parameters.keys() - declared.keys()
        if unknown:
            raise ValueError(f"unknown parameters: {unknown}")
        for name, parameter in declared.items():
            value = parameters.get(name, parameter.get("default"))
            if value is None or not re.search(parameter.get("allowedPattern", ""), value):
                raise ValueError(f"parameter {name}: {value}")
            self.values[name] = value

    def run(self):
        steps = {step["name"]: step for step in self.document["mainSteps"]}
        step = self.document["mainSteps"][0]
        attempts = {}
        while True:
            for attempt in range(1, step["maxAttempts"] + 1):
                attempts[step["name"]] = attempt
                try:
                    self.execute(step)
                    failure = None
                    break
                except Exception as error:  # noqa: BLE001
                    failure = f"{step['name']}: {type(error).__name__}: {error}"
            if failure is not None:
                return {"status": "Failed", "failure": failure, "attempts": attempts}
            if step.get("isEnd"):
                outputs = {name: self.values[name] for name in self.document["outputs"]}
                return {"status": "Success", "outputs": outputs, "attempts": attempts}
            step = steps[step["nextStep"]]

    def execute(self, step):
        inputs = step["inputs"]
        script = inputs["Script"]
        if "{{" in script:
            raise ValueError("Systems Manager would replace text in the script")
        scope = {}
        exec(compile(script, step["name"], "exec"), scope)  # noqa: S102
        payload = scope[inputs["Handler"]](self.resolve(inputs["InputPayload"]), {})
        payload = json.loads(json.dumps(payload))
        for output in step["outputs"]:
            value = payload[output["Selector"].removeprefix("$.Payload.")]
            is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
            if not {"String": isinstance(value, str), "StringList": is_list}[output["Type"]]:
                raise ValueError(f"output {output['Name']}: {value} is no {output['Type']}")
            self.values[f"{step['name']}.{output['Name']}"] = value

    def resolve(self, value):
        if isinstance(value, dict):
            return {key: self.resolve(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        match = re.fullmatch(r"\{\{ ([\w:.]+) \}\}", value)
        return value if match is None else self.values[match[1]]


class Account:
    """The stages and certificates of an account, and what was called."""

    def __init__(self, world, statements):
        self.world = {"quota": 60, "faults": {}, **world}
        self.statements = statements
        self.calls = []
        self.events = []
        self.requests = 0
        self.listings = 0
        self.rivals = {}

    def answer(self, request, service):
        url = urlsplit(request.url)
        path = re.sub("^/v2/", "/", url.path)
        if service.startswith("apigateway"):
            operation = f"{request.method} {path}"
            self.allow(f"apigateway:{request.method}", f"arn:aws:apigateway:{REGION}::{path}")
        else:
            operation = request.headers["X-Amz-Target"].decode().rsplit(".")[-1]
            resource = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default" if service == "events" else "*"
            self.allow(f"{service}:{operation}", resource)
        self.requests += 1
        kill = self.world.get("kill", {})
        if kill.get("before") == self.requests:
            raise Killed
        fault = self.world["faults"].pop(operation, None)
        if fault == "refused":
            return 429, {"__type": "TooManyRequestsException", "message": "Too Many Requests"}
        body = json.loads(request.body or b"{}")
        answer = self.dispatch(operation, parse_qs(url.query), body)
        if kill.get("after") == self.requests:
            raise Killed
        if fault == "lost":
            raise botocore.exceptions.ConnectionClosedError(endpoint_url=request.url)
        return answer

    def allow(self, action, resource):
        self.calls.append(f"{action} {resource}")
        for statement in self.statements:
            forms = [re.escape(form).replace(r"\*", ".*") for form in statement["Resource"]]
            if action in statement["Action"] and any(re.fullmatch(form, resource) for form in forms):
                return
        raise PermissionError(f"not authorized to perform {action} on {resource}")

    def dispatch(self, operation, query, body):
        if operation == "SelectResourceConfig":
            return 200, self.select(body)
        if operation == "PutEvents":
            return 200, self.put_events(body)
        if operation == "GET /clientcertificates":
            return 200, self.list_certificates(int(query.get("position", ["0"])[0]))
        if operation == "POST /clientcertificates":
            return self.generate(body)
        if match := re.fullmatch("GET /clientcertificates/(.+)", operation):
            return 200, self.certificate(match[1])
        if match := re.fullmatch("GET /(restapis|apis)/(.+)/stages/(.+)", operation):
            stage = self.world["stages"].get(f"{match[1]}/{match[2]}/{unquote(match[3])}")
            return (404, {"__type": "NotFoundException"}) if stage is None else (200, stage)
        raise NotImplementedError(operation)

    def select(self, body):
        form = r"SELECT resourceId, configuration\.clientCertificateId WHERE resourceType IN \('AWS::ApiGateway::Stage'"
        form += r", 'AWS::ApiGatewayV2::Stage'\)( AND configuration\.clientCertificateId = '(\w+)')?"
        wanted = re.fullmatch(form, body["Expression"])[2]
        rows = []
        for key, certificate in self.world.get("index", self.index()).items():
            kind, api, name = key.split("/")
            if wanted in (None, certificate):
                resource = f"arn:aws:apigateway:{REGION}::/{kind}/{api}/stages/{name}"
                rows.append({"resourceId": resource, "configuration": {"clientCertificateId": certificate}})
        at = int(body.get("NextToken", "0"))
        more = {"NextToken": str(at + PAGE_SIZE)} if at + PAGE_SIZE < len(rows) else {}
        return {"Results": [json.dumps(row) for row in rows[at : at + PAGE_SIZE]], **more}

    def index(self):
        stages = self.world["stages"].items()
        return {key: stage["clientCertificateId"] for key, stage in stages if "clientCertificateId" in stage}

    def list_certificates(self, at):
        ids = list(self.world["certificates"])
        generated = [one for one in ids if one.startswith("new")]
        if at == 0 and generated:
            self.listings += 1
        # `stagecert rotate start` deletes its certificate if it is the younger one.
        if self.listings == self.world.get("vanish"):
            ids = [one for one in ids if one not in self.rivals]
            for one in self.rivals:
                self.world["certificates"].pop(one, None)
        if self.listings <= self.world.get("stale", 0):
            ids = [one for one in ids if one not in generated]
        more = {"position": str(at + PAGE_SIZE)} if at + PAGE_SIZE < len(ids) else {}
        return {"item": [self.certificate(one) for one in ids[at : at + PAGE_SIZE]], **more}

    def certificate(self, identifier):
        # API Gateway's lines end with CRLF, except the last one.
        lines = ["-----BEGIN CERTIFICATE-----", *[f"{identifier}+{n}" for n in range(PEM_LINES - 2)]]
        pem = "\r\n".join([*lines, "-----END CERTIFICATE-----"])
        known = self.world["certificates"][identifier]
        return {"clientCertificateId": identifier, "pemEncodedCertificate": pem, "createdDate": 1, **known}

    def generate(self, body):
        if body.get("tags"):
            resource = quote(f"arn:aws:apigateway:{REGION}::/clientcertificates/", safe="") + "*"
            self.allow("apigateway:PUT", f"arn:aws:apigateway:{REGION}::/tags/{resource}")
        certificates = self.world["certificates"]
        if len(certificates) >= self.world["quota"]:
            return 429, {"__type": "LimitExceededException", "message": "Maximum number of certificates reached"}
        number = 1 + sum(one.startswith("new") for one in certificates)
        identifier = f"new{number}"
        certificates[identifier] = {**body, "createdDate": 1000 + number}
        self.rivals = self.world.pop("rivals", {})
        certificates.update(self.rivals)
        return 201, self.certificate(identifier)

    def put_events(self, body):
        [entry] = body["Entries"]
        if self.world["faults"].pop("entry", None):
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}
        self.events.append(entry)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "0b1b2c3d"}]}


class Body:
    """The body of a response, as urllib3 has it."""

    def __init__(self, text):
        self.text = text

    def stream(self, *_, **__):
        yield self.text


class Clients:
    """Makes the clients of the scripts. Their requests go to the account of the current scenario."""

    def __init__(self):
        self.session = boto3.Session("AKIDEXAMPLE", "secret", region_name=REGION)
        self.made = {}
        self.account = None

    def client(self, service, region_name, config=None):
        # Loading the model of a service takes longer than a scenario.
        key = (service, region_name, config is None)
        if key not in self.made:
            made = self.session.client(service, region_name=region_name, config=config)
            made.meta.events.register("before-send.*", lambda request, **_: self.send(request, service))
            self.made[key] = made
        return self.made[key]

    def send(self, request, service):
        status, answer = self.account.answer(request, service)
        headers = {"x-amzn-errortype": answer["__type"]} if "__type" in answer else {}
        return botocore.awsrequest.AWSResponse(request.url, status, headers, Body(json.dumps(answer).encode()))


def main():
    given = json.load(sys.stdin)
    time.sleep = lambda _: None
    clients = Clients()
    boto3.client = clients.client
    results = {}
    for name, scenario in given["scenarios"].items():
        statements = [one for one in given["statements"] if one["Sid"] != scenario.get("without")]
        account = clients.account = Account(scenario["world"], statements)
        runs = []
        for parameters in scenario["runs"]:
            try:
                runs.append(Automation(given["document"], parameters).run())
            except ValueError as error:
                runs.append({"status": "Refused", "failure": str(error)})
            except Killed:
                runs.append({"status": "Killed"})
        results[name] = {
            "runs": runs,
            "calls": account.calls,
            "events": account.events,
            "certificates": account.world["certificates"],
            "stages": account.world["stages"],
        }
    errors = jsonschema.Draft7Validator(given["schema"]).iter_errors(given["document"])
    violations = [f"{error.json_path}: {error.message}" for error in errors]
    json.dump({"results": results, "violations": violations}, sys.stdout)


main()
