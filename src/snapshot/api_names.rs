use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use crate::snapshot::Snapshot;

/// Config's resource types of APIs.
const REST_API: &str = "AWS::ApiGateway::RestApi";
const V2_API: &str = "AWS::ApiGatewayV2::Api";

impl Snapshot {
    /// Adds names of APIs, by API ARN, to the rows of these APIs, or in new rows.
    pub(crate) fn add_api_names(&mut self, names: BTreeMap<String, String>) {
        let known: HashMap<String, usize> = self
            .apis
            .iter()
            .enumerate()
            .filter_map(|(at, row)| Some((row.get("resourceId")?.as_str()?.to_owned(), at)))
            .collect();
        for (arn, name) in names {
            let row = known.get(&arn).and_then(|at| self.apis.get_mut(*at));
            let configuration = row.and_then(|row| row.get_mut("configuration")?.as_object_mut());
            match configuration {
                Some(configuration) => _ = configuration.insert("name".into(), name.into()),
                None => self.apis.push(json!({
                    "resourceId": arn,
                    "resourceType": if arn.contains("/restapis/") { REST_API } else { V2_API },
                    "configuration": {"name": name},
                })),
            }
        }
    }
}
