use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Failure;
use crate::event::{RawItem, from_json, instant};
use crate::resources::account_region::{AccountRegion, is_account_id, is_partition, is_region};
use crate::snapshot::front_door::FrontDoorItems;
use crate::snapshot::schema::{AcmCertificate, ClientCertificate, EvaluationResult, ResourceTagMapping};

/// The version of the snapshot format.
const VERSION: u64 = 1;
/// The maximum number of rows of one list: ten times the stages of the largest supported account.
///
/// The limit bounds memory, because a row of two bytes in the file takes 16 times as much memory.
const MAX_ROWS: usize = 1_000_000;

/// A snapshot: lists from AWS's responses, any of which may be missing in the file.
///
/// To take a snapshot of a live account, start with [`Snapshot::new`], add the items of AWS
/// responses unchanged to the lists, and write [`Snapshot::to_json`] to a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    snapshot_version: u64,
    /// When the snapshot was taken, which is the time that a scan of it uses as the current time.
    #[serde(deserialize_with = "instant")]
    pub taken_at: Timestamp,
    partition: String,
    account_id: String,
    aws_region: String,
    /// Rows of `SelectResourceConfig` for `AWS::ApiGateway::Stage` and `AWS::ApiGatewayV2::Stage`:
    /// `resourceId`, `resourceType`, `configuration`.
    #[serde(default, deserialize_with = "rows")]
    pub stages: Vec<Value>,
    /// Rows of `SelectResourceConfig` for `AWS::ApiGatewayV2::Api`, whose `protocolType`
    /// distinguishes WebSocket APIs from HTTP APIs, and for `AWS::ApiGateway::RestApi`, of which
    /// only the name is read.
    #[serde(default, deserialize_with = "rows")]
    pub apis: Vec<Value>,
    /// Rows of `SelectResourceConfig` for `AWS::ApiGatewayV2::Integration`.
    #[serde(default, deserialize_with = "rows")]
    pub integrations: Vec<Value>,
    /// Items of `GetClientCertificates`.
    #[serde(default)]
    pub client_certificates: Vec<ClientCertificate>,
    /// The `Certificate`s from `DescribeCertificate`.
    #[serde(default)]
    pub acm_certificates: Vec<AcmCertificate>,
    /// Items of `GetResources` of the Resource Groups Tagging API.
    #[serde(default)]
    pub resource_tag_mapping_list: Vec<ResourceTagMapping>,
    /// Documents from `GetExport` (`oas30`, `extensions=integrations`) by stage ARN.
    #[serde(default)]
    pub exports: BTreeMap<String, Value>,
    /// Integration types from API Gateway's `GetResources` (`embed=methods`) by API id, only for
    /// APIs with a canary.
    #[serde(default)]
    pub current_integrations: BTreeMap<String, Vec<String>>,
    /// Items of `GetComplianceDetailsByConfigRule`.
    #[serde(default)]
    pub evaluation_results: Vec<EvaluationResult>,
    /// Items of `GetResourceConfigHistory`.
    #[serde(default)]
    pub configuration_items: Vec<RawItem>,
    /// What leads to the APIs and what guards it; `None` if it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front_door: Option<FrontDoorItems>,
}

impl Snapshot {
    /// An empty snapshot of an account and Region.
    #[must_use]
    pub fn new(account_region: &AccountRegion, taken_at: Timestamp) -> Self {
        Self {
            snapshot_version: VERSION,
            taken_at,
            partition: account_region.partition.clone(),
            account_id: account_region.account.clone(),
            aws_region: account_region.region.clone(),
            stages: Vec::new(),
            apis: Vec::new(),
            integrations: Vec::new(),
            client_certificates: Vec::new(),
            acm_certificates: Vec::new(),
            resource_tag_mapping_list: Vec::new(),
            exports: BTreeMap::new(),
            current_integrations: BTreeMap::new(),
            evaluation_results: Vec::new(),
            configuration_items: Vec::new(),
            front_door: None,
        }
    }

    /// The snapshot in a JSON document.
    ///
    /// # Errors
    /// `Malformed`, with the field and the allowed values.
    pub fn parse(json: &str) -> Result<Self, Failure> {
        let snapshot: Self = from_json("snapshot", json)?;
        let allowed = |field: &str, fits: bool, allowed: String| {
            if fits {
                Ok(())
            } else {
                Err(Failure::malformed(format!("snapshot.{field}"), format!("allowed: {allowed}")))
            }
        };
        allowed("snapshotVersion", snapshot.snapshot_version == VERSION, VERSION.to_string())?;
        allowed("partition", is_partition(&snapshot.partition), "a partition, such as aws".into())?;
        allowed("accountId", is_account_id(&snapshot.account_id), "twelve digits".into())?;
        allowed("awsRegion", is_region(&snapshot.aws_region), "a Region, such as eu-west-1".into())?;
        Ok(snapshot)
    }

    /// The JSON document, which [`Snapshot::parse`] reads back to an equal snapshot.
    ///
    /// # Errors
    /// `Malformed` if serialization fails, which no snapshot is known to cause.
    pub fn to_json(&self) -> Result<String, Failure> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::malformed("snapshot", error.to_string()))?;
        Ok(text + "\n")
    }

    /// The account and Region of the snapshot.
    #[must_use]
    pub fn account_region(&self) -> AccountRegion {
        AccountRegion {
            partition: self.partition.clone(),
            account: self.account_id.clone(),
            region: self.aws_region.clone(),
        }
    }
}

/// A row of a Config advanced query: a JSON object, or its text, which is what `Results` contains
/// in AWS's responses and in the output of the AWS CLI.
struct Row(Value);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let row = match Value::deserialize(deserializer)? {
            Value::String(text) => serde_json::from_str(&text).unwrap_or_default(),
            row => row,
        };
        if row.is_object() {
            return Ok(Self(row));
        }
        Err(Error::custom("expected a row of SelectResourceConfig: a JSON object, or its text as in Results"))
    }
}

fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    struct Rows;

    impl<'de> Visitor<'de> for Rows {
        type Value = Vec<Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of rows")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Value>, A::Error> {
            let mut rows = Vec::new();
            while let Some(Row(row)) = list.next_element()? {
                if rows.len() >= MAX_ROWS {
                    return Err(A::Error::custom(format!("more than {MAX_ROWS} rows")));
                }
                rows.push(row);
            }
            Ok(rows)
        }
    }

    deserializer.deserialize_seq(Rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(list: &str, rows: &Value) -> Result<Snapshot, Failure> {
        let snapshot = json!({
            "snapshotVersion": 1, "takenAt": "2026-11-21T12:00:00Z", "partition": "aws",
            "accountId": "111122223333", "awsRegion": "eu-west-1", list: rows,
        });
        Snapshot::parse(&snapshot.to_string())
    }

    #[test]
    fn rows_may_be_text_as_the_aws_cli_prints_them() {
        let row = json!({"resourceId": "r", "configuration": {"clientCertificateId": "a\"b"}});
        for list in ["stages", "apis", "integrations"] {
            let texts = json!([row.to_string(), row, format!(" {row}\n")]);
            assert_eq!(with(list, &texts).unwrap(), with(list, &json!([row, row, row])).unwrap());
            for wrong in [
                json!("row"),
                json!("7"),
                json!("[{}]"),
                json!(""),
                json!("{} {}"),
                json!(7),
                json!([row]),
                Value::Null,
            ] {
                let failure = with(list, &json!([row, row, wrong])).unwrap_err().to_string();
                let expected =
                    format!("snapshot.{list}[2]: expected a row of SelectResourceConfig: a JSON object, or");
                assert!(failure.starts_with(&expected), "{failure}");
            }
        }
    }

    fn with_rows(count: usize) -> Result<Snapshot, Failure> {
        let rows = vec!["{}"; count].join(",");
        Snapshot::parse(&format!(
            r#"{{"snapshotVersion": 1, "takenAt": "2026-11-21T12:00:00Z", "partition": "aws",
            "accountId": "111122223333", "awsRegion": "eu-west-1", "stages": [{rows}]}}"#
        ))
    }

    #[test]
    fn a_list_with_too_many_rows_is_rejected() {
        assert_eq!(with_rows(MAX_ROWS).unwrap().stages.len(), MAX_ROWS);
        let refused = with_rows(MAX_ROWS + 1).unwrap_err().to_string();
        assert!(refused.starts_with("snapshot.stages: more than 1000000 rows at line 2"), "{refused}");
    }
}
