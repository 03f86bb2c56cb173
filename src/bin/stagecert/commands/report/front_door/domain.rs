//! A custom domain name as a table row.

use stagecert::checks::Check;
use stagecert::checks::verdict::Verdict;
use stagecert::evaluation::front_door::{EvaluatedResource, Expires};
use stagecert::resources::api::ApiArn;

use super::card::{Outcome, StepText, shown_steps};
use crate::commands::report::rows::Instant;
use crate::commands::report::text::Text;
use crate::commands::report::{Reported, rows};
use crate::filter::Filter;
use crate::front_door_words::without_name;

/// The number of dates and of APIs that a domain lists; the rest are only counted.
const MAX_LISTED: usize = 10;

/// A domain.
pub(in crate::commands::report) struct Domain {
    pub(in crate::commands::report) label: Text,
    pub(in crate::commands::report) account_region: Option<Text>,
    pub(in crate::commands::report) result: Outcome,
    /// The answers about the truststore and the TLS policy, if these checks were run and passed.
    pub(in crate::commands::report) truststore: Option<Text>,
    pub(in crate::commands::report) tls_policy: Option<Text>,
    pub(in crate::commands::report) dates: Vec<Date>,
    pub(in crate::commands::report) more_dates: usize,
    /// The APIs to which it leads.
    pub(in crate::commands::report) leads_to: Text,
    pub(in crate::commands::report) is_recorded: bool,
    pub(in crate::commands::report) steps: Vec<StepText>,
}

/// When a CA or a certificate expires.
pub(in crate::commands::report) struct Date {
    pub(in crate::commands::report) what: &'static str,
    pub(in crate::commands::report) certificate: Text,
    pub(in crate::commands::report) not_after: Instant,
}

impl Domain {
    /// The row of a domain, with its account and Region if there are `several`.
    pub(super) fn of(
        report: &Reported,
        resource: &EvaluatedResource,
        filter: &Filter,
        several: bool,
    ) -> Self {
        // What failed is in another column.
        let answer = |check: Check| {
            let mut findings = resource.findings.iter();
            let finding = findings.find(|finding| finding.check() == check)?;
            let text = finding.to_string();
            (finding.verdict() != Verdict::Failed).then(|| Text::of(without_name(&text, resource)))
        };
        let dates = resource.dates.iter().take(MAX_LISTED).map(|date| Date {
            what: match date.what {
                Expires::Ca => "CA",
                Expires::ServerCertificate => "server certificate",
                Expires::OwnershipCertificate => "ownership verification certificate",
            },
            certificate: Text::of(&date.certificate),
            not_after: Instant::of(date.not_after),
        });
        Self {
            label: Text::of(resource.subject.label()),
            account_region: several.then(|| Text::of(rows::account_region(&report.account_region))),
            // The columns say what passed.
            result: Outcome { why: None, ..Outcome::of(report, resource, filter) },
            truststore: answer(Check::Truststore),
            tls_policy: answer(Check::TlsPolicy),
            dates: dates.collect(),
            more_dates: resource.dates.len().saturating_sub(MAX_LISTED),
            leads_to: leads_to(&resource.leads_to),
            is_recorded: resource.is_recorded,
            steps: shown_steps(report, resource, filter),
        }
    }
}

fn leads_to(apis: &[ApiArn]) -> Text {
    let mut ids: Vec<String> = apis.iter().take(MAX_LISTED).map(|arn| arn.id().to_owned()).collect();
    if apis.len() > MAX_LISTED {
        ids.push(format!("and {} more", apis.len() - MAX_LISTED));
    }
    Text::of(if ids.is_empty() { "no API".to_owned() } else { ids.join(", ") })
}
