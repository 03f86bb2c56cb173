"""Creates the resources that moto's CloudFormation skips, with the operations of their services.

boto3 validates the properties against AWS's model of each operation, and moto stores them, so that
they can be read back.
"""

import json

from botocore.validate import ParamValidator

# No other types may be skipped. Remove a type when moto supports it; add one when the app uses it.
KNOWN = {
    "AWS::CloudWatch::Alarm",
    "AWS::Config::ConfigRule",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::QueryDefinition",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}


def create_skipped(checks, emulator, region, stack):
    """Creates the skipped resources and returns their types."""
    skipped = stack.skipped()
    types = sorted({resource["Type"] for resource in skipped.values()})
    checks.holds("moto's CloudFormation skips only known types", KNOWN.issuperset(types), ", ".join(types))
    for name, resource in skipped.items():
        properties = stack.resolved(resource["Properties"])
        match resource["Type"]:
            case "AWS::CloudWatch::Alarm":
                emulator.client("cloudwatch", region).put_metric_alarm(**properties)
            case "AWS::Config::ConfigRule":
                parameters = json.dumps(properties.pop("InputParameters"))
                rule = {**properties, "InputParameters": parameters}
                emulator.client("config", region).put_config_rule(ConfigRule=rule)
            case "AWS::Lambda::EventInvokeConfig":
                emulator.client("lambda", region).put_function_event_invoke_config(**properties)
            case "AWS::Logs::QueryDefinition":
                # moto doesn't support this operation either, so only its model is checked.
                model = emulator.client("logs", region).meta.service_model.operation_model("PutQueryDefinition")
                arguments = {key[0].lower() + key[1:]: value for key, value in properties.items()}
                report = ParamValidator().validate(arguments, model.input_shape)
                checks.holds(f"query {properties['Name']}: matches AWS's model", not report.has_errors(), report.generate_report())
            case "AWS::Scheduler::Schedule":
                emulator.client("scheduler", region).create_schedule(**properties)
            case "AWS::S3::BucketPolicy":
                policy = json.dumps(properties["PolicyDocument"])
                emulator.client("s3", region).put_bucket_policy(Bucket=properties["Bucket"], Policy=policy)
            case "AWS::SQS::QueuePolicy":
                policy = json.dumps(properties["PolicyDocument"])
                for url in properties["Queues"]:
                    emulator.client("sqs", region).set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
            case "AWS::SNS::Subscription":
                emulator.client("sns", region).subscribe(**properties)
            case "AWS::SNS::TopicPolicy":
                policy = json.dumps(properties["PolicyDocument"])
                for topic in properties["Topics"]:
                    emulator.client("sns", region).set_topic_attributes(
                        TopicArn=topic, AttributeName="Policy", AttributeValue=policy
                    )
    return types
