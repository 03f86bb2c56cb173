"""Starts moto's server with the fixes that stagecert's templates need: `moto_server.py -H HOST -p PORT`."""

import sys

from moto.ssm.models import Parameter


def fix_parameters():
    """Lets moto create a tagged `AWS::SSM::Parameter`: CloudFormation's tags are a map there, moto expects a list."""
    create = Parameter.create_from_cloudformation_json.__func__

    def create_with_tags(cls, resource_name, cloudformation_json, *arguments, **more):
        properties = dict(cloudformation_json["Properties"])
        tags = properties.get("Tags")
        if isinstance(tags, dict):
            properties["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return create(cls, resource_name, {**cloudformation_json, "Properties": properties}, *arguments, **more)

    Parameter.create_from_cloudformation_json = classmethod(create_with_tags)


if __name__ == "__main__":
    from moto.server import main

    fix_parameters()
    main(sys.argv[1:])
