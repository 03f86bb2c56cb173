//! CloudWatch's `GetMetricData`, for the metrics of REST APIs' stages in `AWS/ApiGateway`.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Call;
use crate::traffic::{Minute, minute_of};
use crate::wire::{Output, Refusal, escaped};

/// One of the requested series.
struct Series {
    id: String,
    label: String,
    /// Instants and values, the latest first unless the caller wants the opposite.
    points: Vec<(Timestamp, f64)>,
}

pub(super) fn get_metric_data(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (start, end) = (instant(&call.input["StartTime"])?, instant(&call.input["EndTime"])?);
    if start >= end {
        return Err(Refusal::new("ValidationError", "The parameter StartTime must be less than EndTime."));
    }
    let queries = call.input["MetricDataQueries"].as_array().cloned().unwrap_or_default();
    if !(1..=500).contains(&queries.len()) {
        return Err(Refusal::new("ValidationError", "MetricDataQueries must have 1 to 500 members."));
    }
    let ascending = call.text("ScanBy") == Some("TimestampAscending");
    let is_query = call.text("Action").is_some();
    let clock = call.world.clock.clone();
    let region = call.home();
    let mut all = Vec::new();
    for query in &queries {
        let (metric, stat) = (&query["MetricStat"]["Metric"], &query["MetricStat"]["Stat"]);
        // No other period, and no expression: stagecert asks for neither.
        if number(&query["MetricStat"]["Period"]) != Some(60.0) {
            return Err(Refusal::new("ValidationError", "Only a MetricStat with a Period of 60 is known."));
        }
        let (name, stat) =
            (metric["MetricName"].as_str().unwrap_or_default(), stat.as_str().unwrap_or_default());
        let value = value_of(name, stat).ok_or_else(|| {
            Refusal::new("ValidationError", format!("The statistic {stat} of {name} is not known."))
        })?;
        let dimension = |name: &str| {
            let all = metric["Dimensions"].as_array().into_iter().flatten();
            all.clone().find(|one| one["Name"] == name).and_then(|one| one["Value"].as_str())
        };
        let minutes = dimension("ApiName").zip(dimension("Stage"));
        let minutes = minutes.filter(|_| metric["Namespace"] == "AWS/ApiGateway");
        let minutes = minutes.into_iter().flat_map(|(api, stage)| region.traffic.minutes(api, stage));
        // The start is rounded down; the end is not part of the range.
        let minutes = minutes.map(|(at, minute)| (minute_of(clock.served(at)), minute));
        let minutes = minutes.filter(|(at, _)| minute_of(start) <= *at && *at < end);
        let mut points: Vec<_> = minutes.map(|(at, minute)| (at, value(&minute))).collect();
        if !ascending {
            points.reverse();
        }
        let id = query["Id"].as_str().unwrap_or_default().to_owned();
        all.push(Series { id, label: name.to_owned(), points });
    }
    Ok(if is_query { Output::Xml(xml(&all)) } else { Output::Json(200, json(&all)) })
}

/// How a statistic of a metric is computed from a minute's requests.
fn value_of(metric: &str, statistic: &str) -> Option<fn(&Minute) -> f64> {
    Some(match (metric, statistic) {
        ("Count", "Sum") => |minute| f64::from(minute.requests),
        ("4XXError", "Sum") => |minute| f64::from(minute.client_errors),
        ("5XXError", "Sum") => |minute| f64::from(minute.server_errors),
        ("IntegrationLatency", "Average") => {
            |minute| minute.latency.as_secs_f64() * 1000.0 / f64::from(minute.requests)
        }
        _ => return None,
    })
}

/// An instant as text (query) or in seconds (JSON).
fn instant(value: &Value) -> Result<Timestamp, Refusal> {
    let read = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_f64().and_then(|seconds| {
            jiff::SignedDuration::try_from_secs_f64(seconds)
                .ok()
                .and_then(|since| Timestamp::UNIX_EPOCH.checked_add(since).ok())
        }),
    };
    read.ok_or_else(|| Refusal::new("ValidationError", format!("{value} is not an instant")))
}

/// A number, which is text in the query protocol.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn json(all: &[Series]) -> Value {
    let series = |one: &Series| {
        let timestamps: Vec<i64> = one.points.iter().map(|(at, _)| at.as_second()).collect();
        let values: Vec<f64> = one.points.iter().map(|(_, value)| *value).collect();
        json!({"Id": one.id, "Label": one.label, "StatusCode": "Complete", "Timestamps": timestamps, "Values": values})
    };
    json!({"MetricDataResults": all.iter().map(series).collect::<Vec<_>>(), "Messages": []})
}

fn xml(all: &[Series]) -> String {
    let mut results = String::new();
    for one in all {
        let (mut timestamps, mut values) = (String::new(), String::new());
        for (at, value) in &one.points {
            write!(timestamps, "<member>{at}</member>").expect("writing to a String never fails");
            write!(values, "<member>{value}</member>").expect("writing to a String never fails");
        }
        let (id, label) = (escaped(&one.id), escaped(&one.label));
        write!(
            results,
            "<member><Id>{id}</Id><Label>{label}</Label><StatusCode>Complete</StatusCode>\
             <Timestamps>{timestamps}</Timestamps><Values>{values}</Values></member>"
        )
        .expect("writing to a String never fails");
    }
    format!(
        "<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><GetMetricDataResult>\
         <MetricDataResults>{results}</MetricDataResults><Messages/></GetMetricDataResult><ResponseMetadata>\
         <RequestId>fake_aws</RequestId></ResponseMetadata></GetMetricDataResponse>"
    )
}
