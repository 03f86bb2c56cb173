//! `rotate switch --watch`: compares the metrics of the stages with those before the switch.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use stagecert::Failure;
use stagecert::aws::Metrics;
use stagecert::resources::stage_arn::{StageArn, StageType};
use stagecert::rotate::refusal::{Refusal, Stop};
use stagecert::rotate::watch::{BASELINE, Watched, watch};

use super::Session;
use crate::output;

/// The stages to watch, and how.
pub(super) struct Watch<'a> {
    metrics: &'a Metrics,
    /// The stages with the names of their APIs.
    stages: Vec<(&'a StageArn, &'a str)>,
    /// The stages that have no metrics by stage.
    unwatched: Vec<&'a StageArn>,
    duration: Duration,
    interval: Duration,
}

impl<'a> Watch<'a> {
    /// The watch of these stages.
    ///
    /// # Errors
    /// `NoName`, or `SharedName` if another REST API has the same name as the API of a stage: in
    /// CloudWatch, a stage of a REST API is identified by the API's name.
    pub(super) fn of(
        session: &'a Session,
        stages: &'a [StageArn],
        (duration, interval): (Duration, Duration),
    ) -> Result<Self, Refusal> {
        let inventory = &session.inventory;
        let mut watched = Vec::new();
        let (rest, unwatched): (Vec<_>, Vec<_>) =
            stages.iter().partition(|stage| stage.stage_type() == StageType::RestApi);
        for stage in rest {
            let name = inventory.stage(&stage.label()).and_then(|it| it.api_name.as_deref());
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                return Err(Refusal::NoName(stage.label()));
            };
            let is_other =
                |arn: &StageArn| arn.stage_type() == StageType::RestApi && arn.api_id() != stage.api_id();
            let others: BTreeSet<&str> = inventory
                .stages
                .iter()
                .filter(|it| is_other(&it.arn) && it.api_name.as_deref() == Some(name))
                .map(|it| it.arn.api_id())
                .collect();
            if !others.is_empty() {
                let others = others.into_iter().map(str::to_owned).collect();
                return Err(Refusal::SharedName { stage: stage.label(), name: name.to_owned(), others });
            }
            watched.push((stage, name));
        }
        Ok(Self { metrics: &session.metrics, stages: watched, unwatched, duration, interval })
    }

    /// Reads the metrics once, so that a missing permission is found before the switch.
    ///
    /// # Errors
    /// `Operation` of `GetMetricData`.
    pub(super) async fn ensure_readable(&self, now: Timestamp) -> Result<(), Failure> {
        for (stage, name) in &self.stages {
            self.metrics.minutes(name, stage.stage_name(), now - BASELINE, now).await?;
        }
        Ok(())
    }

    /// Watches the stages until the time is over or one of them is worse; `true` if one is.
    ///
    /// # Errors
    /// `Operation` of `GetMetricData`: the switch remains, but is no longer watched.
    pub(super) async fn run(&self, switched: Timestamp, out: &mut String) -> Result<bool, Stop> {
        let begun = tokio::time::Instant::now();
        let mut latest;
        loop {
            tokio::time::sleep(self.interval.min(self.duration.saturating_sub(begun.elapsed()))).await;
            latest = Vec::new();
            let now = crate::clock::now();
            for (stage, name) in &self.stages {
                let start = switched - BASELINE - SignedDuration::from_mins(1);
                let read = self.metrics.minutes(name, stage.stage_name(), start, now).await;
                if read.is_err() {
                    let _ = writeln!(out, "the stages keep the new certificate, but are no longer watched");
                }
                let minutes = read?;
                let found = watch(&minutes, switched);
                if let Watched::Worse { .. } = found {
                    let _ = writeln!(out, "{}: {found}", stage.label());
                    return Ok(true);
                }
                output::note(&format!("{}: {found}", stage.label()));
                latest.push((stage, found));
            }
            if begun.elapsed() >= self.duration {
                break;
            }
        }
        for (stage, found) in latest {
            let _ = writeln!(out, "{}: {found}", stage.label());
        }
        for stage in &self.unwatched {
            let _ =
                writeln!(out, "{}: not watched, because WebSocket stages have other metrics", stage.label());
        }
        Ok(false)
    }
}
