//! The metrics of a REST API's stage, from CloudWatch.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::Failure;
use crate::aws::AssumedAccount;
use crate::aws::connect::call::Call;
use crate::aws::connect::query::{Form, Members};
use crate::aws::connect::service::Service;
use crate::aws::connect::service_endpoint::CLOUD_WATCH;
use crate::resources::account_region::AccountRegion;
use crate::rotate::watch::Minute;

/// The version of CloudWatch's API (botocore).
const VERSION: &str = "2010-08-01";
/// The metrics, each with its statistic.
const METRICS: [(&str, &str, &str); 4] = [
    ("requests", "Count", "Sum"),
    ("clientErrors", "4XXError", "Sum"),
    ("serverErrors", "5XXError", "Sum"),
    ("latency", "IntegrationLatency", "Average"),
];

/// The metrics of an account and Region.
#[derive(Debug)]
pub struct Metrics {
    service: Service,
    account_region: AccountRegion,
}

impl AssumedAccount<'_> {
    /// The metrics of this account in a Region.
    #[must_use]
    pub fn metrics(&self, region: &str) -> Metrics {
        let account_region = AccountRegion { region: region.into(), ..self.account_region.clone() };
        Metrics { service: self.service(CLOUD_WATCH, region), account_region }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetMetricDataResponse {
    get_metric_data_result: Page,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    metric_data_results: Members<Series>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Series {
    id: String,
    #[serde(default)]
    status_code: String,
    #[serde(default)]
    timestamps: Members<Timestamp>,
    #[serde(default)]
    values: Members<f64>,
}

impl Metrics {
    /// The minutes of a stage that have data, from `start` to before `end`, in order.
    ///
    /// CloudWatch identifies the stage by the name of its API, which several APIs may have.
    ///
    /// # Errors
    /// `Operation` of `GetMetricData`, also if CloudWatch couldn't read all of the data.
    pub async fn minutes(
        &self,
        api_name: &str,
        stage_name: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<Minute>, Failure> {
        let stage = format!("{api_name}/{stage_name}");
        let account_region = &self.account_region;
        let call = Call { operation: "GetMetricData", resource: &stage, account_region, limit: None };
        let (mut minutes, mut token, mut seen) = (BTreeMap::new(), None::<String>, None);
        loop {
            let form = form(api_name, stage_name, start, end).with_some("NextToken", token.as_deref());
            let sent = self.service.query::<GetMetricDataResponse>(call.operation, form);
            let sent = async { Some(sent.await.map(|response| response.get_metric_data_result)) };
            let Some(page) = call.page(sent, |page| page.next_token.as_deref(), &mut seen).await? else {
                break;
            };
            for series in page.metric_data_results.member {
                if !matches!(series.status_code.as_str(), "Complete" | "PartialData") {
                    let problem = format!("the status of {} is not Complete", series.id);
                    return Err(call.invalid_response(problem));
                }
                add(&series, &mut minutes);
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(minutes.into_values().collect())
    }
}

fn form(api_name: &str, stage_name: &str, start: Timestamp, end: Timestamp) -> Form {
    let second = |instant: Timestamp| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut form = Form::new("GetMetricData", VERSION)
        .with("StartTime", &second(start))
        .with("EndTime", &second(end))
        .with("ScanBy", "TimestampAscending");
    for (number, (id, name, statistic)) in METRICS.into_iter().enumerate() {
        let query = format!("MetricDataQueries.member.{}", number + 1);
        let metric = format!("{query}.MetricStat");
        let dimension = |at: usize| format!("{metric}.Metric.Dimensions.member.{at}");
        form = form
            .with(&format!("{query}.Id"), id)
            .with(&format!("{metric}.Metric.Namespace"), "AWS/ApiGateway")
            .with(&format!("{metric}.Metric.MetricName"), name)
            .with(&format!("{}.Name", dimension(1)), "ApiName")
            .with(&format!("{}.Value", dimension(1)), api_name)
            .with(&format!("{}.Name", dimension(2)), "Stage")
            .with(&format!("{}.Value", dimension(2)), stage_name)
            .with(&format!("{metric}.Period"), "60")
            .with(&format!("{metric}.Stat"), statistic);
    }
    form
}

fn add(series: &Series, minutes: &mut BTreeMap<Timestamp, Minute>) {
    for (at, value) in series.timestamps.member.iter().zip(&series.values.member) {
        let empty = Minute { at: *at, requests: 0.0, client_errors: 0.0, server_errors: 0.0, latency: None };
        let minute = minutes.entry(*at).or_insert(empty);
        match series.id.as_str() {
            "requests" => minute.requests = *value,
            "clientErrors" => minute.client_errors = *value,
            "serverErrors" => minute.server_errors = *value,
            _ => minute.latency = Some(*value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_by_minute() {
        let series = |id: &str, value: &str| {
            format!(
                "<member><Id>{id}</Id><Label>x</Label><StatusCode>Complete</StatusCode><Timestamps><member>2026-11-30T12:00:00Z\
                 </member><member>2026-11-30T12:01:00Z</member></Timestamps><Values><member>{value}</member><member>7</member>\
                 </Values></member>"
            )
        };
        let all: String =
            [("requests", "12.0"), ("clientErrors", "1"), ("serverErrors", "2"), ("latency", "33.5")]
                .into_iter()
                .map(|(id, value)| series(id, value))
                .collect();
        let body = format!(
            "<GetMetricDataResponse xmlns=\"http://x/\"><GetMetricDataResult><MetricDataResults>{all}</MetricDataResults>\
             <Messages/></GetMetricDataResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
             </GetMetricDataResponse>"
        );
        let response: GetMetricDataResponse = quick_xml::de::from_str(&body).unwrap();
        let mut minutes = BTreeMap::new();
        response
            .get_metric_data_result
            .metric_data_results
            .member
            .iter()
            .for_each(|it| add(it, &mut minutes));
        let first = *minutes.values().next().unwrap();
        let expected = Minute {
            at: "2026-11-30T12:00:00Z".parse().unwrap(),
            requests: 12.0,
            client_errors: 1.0,
            server_errors: 2.0,
            latency: Some(33.5),
        };
        assert_eq!((minutes.len(), first), (2, expected));
        let empty = "<GetMetricDataResponse><GetMetricDataResult><MetricDataResults/></GetMetricDataResult></GetMetricDataResponse>";
        let response: GetMetricDataResponse = quick_xml::de::from_str(empty).unwrap();
        assert!(response.get_metric_data_result.metric_data_results.member.is_empty());
    }
}
