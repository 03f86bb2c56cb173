//! Response bodies in AWS's format.

use serde_json::{Value, json};

/// A response of `SelectResourceConfig`.
pub(crate) fn rows(rows: &[Value], next_token: Option<&str>) -> Value {
    let mut page = json!({
        "QueryInfo": {"SelectFields": [{"Name": "resourceId"}, {"Name": "resourceType"}]},
        "Results": rows.iter().map(Value::to_string).collect::<Vec<_>>(),
    });
    if let Some(token) = next_token {
        page["NextToken"] = token.into();
    }
    page
}

/// A row of a REST API's stage.
pub(crate) fn stage_row(api: &str, name: &str, certificate: Option<&str>) -> Value {
    let mut row = json!({
        "resourceId": stage_arn(api, name),
        "resourceType": "AWS::ApiGateway::Stage",
        "configuration": {"deploymentId": "dep1"},
    });
    if let Some(id) = certificate {
        row["configuration"]["clientCertificateId"] = id.into();
    }
    row
}

pub(crate) fn stage_arn(api: &str, name: &str) -> String {
    format!("arn:aws:apigateway:eu-west-1::/restapis/{api}/stages/{name}")
}

/// A client certificate as API Gateway lists it, valid to 2028-02-29T23:59:59Z.
pub(crate) fn client_certificate(id: &str) -> Value {
    json!({
        "clientCertificateId": id,
        "createdDate": 1_803_945_599,
        "expirationDate": 1_835_481_599,
        "pemEncodedCertificate": include_str!("../certificates/leap-day.pem").replace('\n', "\r\n"),
        "tags": {"owner": "team-a"},
    })
}

/// A response of `GetResources`: each of these ARNs with one owner.
pub(crate) fn owned(arns: &Value, owner: &str) -> Value {
    let mapping = |arn: &Value| json!({"ResourceARN": arn, "Tags": [{"Key": "owner", "Value": owner}]});
    let mappings: Vec<Value> = arns.as_array().unwrap().iter().map(mapping).collect();
    json!({"PaginationToken": "", "ResourceTagMappingList": mappings})
}

/// An API's export with one integration.
pub(crate) fn export(integration_type: &str) -> Value {
    json!({
        "openapi": "3.0.1",
        "info": {"title": "orders", "version": "2026-11-01T00:00:00Z"},
        "paths": {"/orders": {"get": {
            "responses": {"200": {"description": "200 response", "content": {}}},
            "x-amazon-apigateway-integration": {
                "type": integration_type,
                "httpMethod": "POST",
                "uri": "https://backend.example.com/orders",
                "passthroughBehavior": "when_no_match",
            },
        }}},
    })
}
