//! Configuration items of stages: how they are created, and the two forms in which AWS returns
//! them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::model::{ApiKind, History, Item, Region, StageState};

impl Region {
    /// Appends an item to a stage's history.
    pub(crate) fn record(&mut self, resource_id: &str, mut item: Item) {
        if let Some(certificate) = item.state.as_ref().and_then(|state| state.certificate.clone()) {
            self.ever_used_by.entry(certificate).or_default().insert(resource_id.into());
        }
        let history = self.histories.get_mut(resource_id).expect("a stage has a history from the start");
        if let Some(before) = history.items.last() {
            item.captured = item.captured.max(before.captured + SignedDuration::from_millis(1));
        }
        history.items.push(item);
    }

    pub(crate) fn next_item(
        &mut self,
        status: &'static str,
        captured: Timestamp,
        created: Timestamp,
        state: Option<Arc<StageState>>,
    ) -> Item {
        self.sequence += 1;
        Item { sequence: self.sequence, status, captured, created, state }
    }

    /// The latest item that advanced queries return, given the index's lag.
    pub(crate) fn indexed<'h>(&self, history: &'h History) -> Option<&'h Item> {
        let newest = self.sequence.saturating_sub(self.options.query_lag);
        if self.options.unrecorded.contains(history.kind.stage_type()) {
            return None;
        }
        let behind = self.behind(&self.options.index_behind, history);
        let mut known = history.items.iter().rev().skip(behind);
        known.find(|item| item.sequence <= newest).filter(|item| item.state.is_some())
    }

    /// The item that `BatchGetResourceConfig` returns; an item without state belongs to a stage
    /// that is no longer recorded.
    pub(crate) fn latest(&self, history: &History) -> Option<Item> {
        let behind = self.behind(&self.options.latest_behind, history);
        let item = history.items.iter().rev().nth(behind)?;
        let excluded = self.options.unrecorded.contains(history.kind.stage_type());
        let item = if excluded && item.state.is_some() {
            Item { status: "ResourceNotRecorded", state: None, ..item.clone() }
        } else {
            item.clone()
        };
        let shown = item.state.is_some()
            || (item.status == "ResourceNotRecorded" && self.options.shows_unrecorded_items);
        shown.then_some(item)
    }

    fn behind(&self, lags: &BTreeMap<String, usize>, history: &History) -> usize {
        // Few worlds lag, so the ARN is built only if this one does.
        if lags.is_empty() {
            return 0;
        }
        let collection = if history.kind == ApiKind::Rest { "restapis" } else { "apis" };
        let arn = self.apigateway_arn(&format!("/{collection}/{}/stages/{}", history.api, history.name));
        lags.get(&arn).copied().unwrap_or_default()
    }
}

impl History {
    /// `configuration` as in events, or null if there is none.
    pub fn configuration(&self, item: &Item, dates: Dates) -> Value {
        let Some(state) = &item.state else { return Value::Null };
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.into(), value);
        put("stageName", self.name.clone().into());
        put("deploymentId", state.deployment.clone().into());
        if let Some(certificate) = &state.certificate {
            put("clientCertificateId", certificate.clone().into());
        }
        if self.kind == ApiKind::Rest {
            if let Some(canary) = &state.canary {
                put(
                    "canarySettings",
                    json!({"percentTraffic": 10.0, "deploymentId": canary, "useStageCache": false}),
                );
            }
            put("cacheClusterEnabled", false.into());
            put("cacheClusterStatus", "NOT_AVAILABLE".into());
            put("methodSettings", json!({"*/*": {"metricsEnabled": true, "cachingEnabled": false}}));
            put("tracingEnabled", false.into());
        } else {
            put("defaultRouteSettings", json!({"detailedMetricsEnabled": false}));
            put("routeSettings", json!({}));
            put("stageVariables", json!({}));
        }
        put("createdDate", dates.show(item.created));
        put("lastUpdatedDate", dates.show(item.captured));
        Value::Object(fields)
    }

    fn relationships(&self, region: &Region, item: &Item, name: &str) -> Value {
        if item.state.is_none() {
            return json!([]);
        }
        let collection = if self.kind == ApiKind::Rest { "restapis" } else { "apis" };
        json!([{
            "resourceId": region.apigateway_arn(&format!("/{collection}/{}", self.api)),
            "resourceName": self.api_name,
            "resourceType": self.kind.api_type(),
            name: "Is contained in ",
        }])
    }

    fn tags(&self, item: &Item) -> Value {
        item.state.as_ref().map_or_else(|| json!({}), |state| json!(state.tags))
    }

    /// The item as in an event.
    pub fn event_form(&self, region: &Region, resource_id: &str, item: &Item) -> Value {
        let Value::Object(mut fields) = self.summary(region, resource_id, item) else { unreachable!() };
        fields.insert("relatedEvents".into(), json!([]));
        fields.insert("relationships".into(), self.relationships(region, item, "name"));
        fields.insert("configuration".into(), self.configuration(item, Dates::Words));
        fields.insert("supplementaryConfiguration".into(), json!({}));
        fields.insert("tags".into(), self.tags(item));
        Value::Object(fields)
    }

    /// The summary that an event contains if the item is too large.
    pub fn summary(&self, region: &Region, resource_id: &str, item: &Item) -> Value {
        json!({
            "configurationItemVersion": "1.3",
            "configurationItemCaptureTime": text(item.captured),
            "configurationStateId": item.captured.as_millisecond(),
            "awsAccountId": region.account,
            "configurationItemStatus": item.status,
            "resourceType": self.kind.stage_type(),
            "resourceId": resource_id,
            "resourceName": self.name,
            "ARN": resource_id,
            "awsRegion": region.name,
            "availabilityZone": "Not Applicable",
            "configurationStateMd5Hash": "",
            "resourceCreationTime": text(item.created),
        })
    }

    /// The item as `GetResourceConfigHistory` returns it.
    pub fn api_form(&self, region: &Region, resource_id: &str, item: &Item) -> Value {
        let Value::Object(mut fields) = self.base_form(region, resource_id, item) else { unreachable!() };
        fields.insert("configurationItemMD5Hash".into(), "".into());
        fields.insert("tags".into(), self.tags(item));
        fields.insert("relatedEvents".into(), json!([]));
        fields.insert("relationships".into(), self.relationships(region, item, "relationshipName"));
        Value::Object(fields)
    }

    /// The item as `BatchGetResourceConfig` returns it, without tags.
    pub fn base_form(&self, region: &Region, resource_id: &str, item: &Item) -> Value {
        let mut form = json!({
            "version": "1.3",
            "accountId": region.account,
            "configurationItemCaptureTime": seconds(item.captured),
            "configurationItemStatus": item.status,
            "configurationStateId": item.captured.as_millisecond().to_string(),
            "arn": resource_id,
            "resourceType": self.kind.stage_type(),
            "resourceId": resource_id,
            "resourceName": self.name,
            "awsRegion": region.name,
            "availabilityZone": "Not Applicable",
            "resourceCreationTime": seconds(item.created),
            "supplementaryConfiguration": {},
        });
        if item.state.is_some() {
            form["configuration"] = self.configuration(item, Dates::Words).to_string().into();
        }
        form
    }
}

/// The format of dates inside a configuration.
#[derive(Clone, Copy, Debug)]
pub enum Dates {
    /// `Sep 15, 2025 7:41:26 AM`: in items.
    Words,
    /// RFC 3339: in advanced queries.
    Text,
}

impl Dates {
    fn show(self, at: Timestamp) -> Value {
        match self {
            Self::Words => at.strftime("%b %-d, %Y %-I:%M:%S %p").to_string().into(),
            Self::Text => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
        }
    }
}

/// An instant as events write it: RFC 3339 with milliseconds.
pub fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// An instant as AWS's JSON writes it: seconds since 1970, with a fraction.
pub fn seconds(at: Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "present-day milliseconds are below 2^53")]
    let seconds = at.as_millisecond() as f64 / 1000.0;
    json!(seconds)
}
