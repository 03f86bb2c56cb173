//! `backend-enforced`: whether the backends of a stage require its certificate, from the results of
//! `stagecert probe`. The scan and the report show it; it is no result in AWS Config.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::checks::severity::Severity;
use crate::checks::verdict::Verdict;
use crate::evaluation::tally::Share;
use crate::resources::account_region::AccountRegion;
use crate::resources::probe_result::{NotProbed, Probe, ProbeVerdict, ProbedStage};
use crate::resources::stage_arn::StageArn;
use crate::scan::probes::ProbeFile;

/// The code of the check.
pub const CODE: &str = "backend-enforced";
/// A probe that is older than this proves nothing about today: 30 days.
pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Why a stage has its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A backend can be called without the certificate.
    NotEnforced,
    /// At least one backend is unknown: it was not probed, the probe was inconclusive or can't
    /// reach it.
    Undetermined,
    /// All backends enforced the certificate, but a probe is more than 30 days old.
    Old,
    /// All backends enforce the certificate.
    Enforced,
}

/// The finding of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackendEnforced<'a> {
    /// Always [`CODE`].
    pub check: &'static str,
    /// Failed if a backend can be called without the certificate, passed if all enforce it, and
    /// otherwise not applicable.
    pub verdict: Verdict,
    /// Only if the check failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Why.
    pub reason: Reason,
    /// One line about all backends, which names those that matter. It contains untrusted text.
    pub text: String,
    /// The latest probe of each URL, the most urgent first.
    pub probes: Vec<ProbedBackend<'a>>,
    /// The backends that were not probed.
    #[serde(rename = "notProbed", serialize_with = "urls", skip_serializing_if = "Vec::is_empty")]
    pub not_probed: Vec<&'a NotProbed>,
}

/// The latest probe of a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProbedBackend<'a> {
    /// The URL.
    pub url: &'a str,
    /// The verdict.
    pub verdict: ProbeVerdict,
    /// When it was made.
    pub at: Timestamp,
    /// Whether it was made more than 30 days before the scan.
    pub old: bool,
    /// What was observed.
    pub text: &'a str,
}

/// The results of one or more files.
#[derive(Clone, Debug, Default)]
pub struct Probes {
    probes: Vec<Probe>,
    not_probed: Vec<NotProbed>,
    /// The indexes of both lists by stage.
    by_stage: HashMap<ProbedStage, (Vec<usize>, Vec<usize>)>,
}

/// How many of the backends enforce the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Enforcing {
    /// The backends, by host and port, that enforced it within 30 days before the scan on all
    /// paths that were probed.
    pub enforced: usize,
    /// All backends that were probed or should have been.
    pub backends: usize,
    /// The backends whose latest probe is more than 30 days old.
    pub old: usize,
}

impl From<Enforcing> for Share {
    fn from(enforcing: Enforcing) -> Self {
        Self { part: enforcing.enforced, whole: enforcing.backends }
    }
}

impl Probes {
    /// The results of these files. If a URL was probed several times for a stage, the latest
    /// result counts.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = ProbeFile>) -> Self {
        let mut all = Self::default();
        for file in files {
            all.probes.extend(file.probes);
            all.not_probed.extend(file.not_probed);
        }
        for (at, probe) in all.probes.iter().enumerate() {
            for stage in &probe.stages {
                all.by_stage.entry(stage.clone()).or_default().0.push(at);
            }
        }
        for (at, other) in all.not_probed.iter().enumerate() {
            for stage in &other.stages {
                all.by_stage.entry(stage.clone()).or_default().1.push(at);
            }
        }
        all
    }

    /// The number of results that name no stage, because a URL was probed: they count for the key
    /// figure, but for no stage.
    #[must_use]
    pub fn without_stage(&self) -> usize {
        self.probes.iter().filter(|probe| probe.stages.is_empty()).count()
    }

    /// The finding of a stage at the instant `now`; `None` if no result is about the stage.
    #[must_use]
    pub fn finding(
        &self,
        place: &AccountRegion,
        stage: &StageArn,
        now: Timestamp,
    ) -> Option<BackendEnforced<'_>> {
        let (probes, others) = self.by_stage.get(&ProbedStage::new(place, stage))?;
        let mut probes = latest(probes.iter().filter_map(|at| self.probes.get(*at)), now);
        probes.sort_by_key(|probe| (probe.verdict, probe.url));
        let covered: BTreeSet<String> = probes.iter().map(|probe| authority_of(probe.url)).collect();
        let others = others.iter().filter_map(|at| self.not_probed.get(*at));
        let mut not_probed: Vec<&NotProbed> =
            others.filter(|it| !covered.contains(&authority_of(&it.url))).collect();
        not_probed.sort_by_key(|it| &it.url);
        not_probed.dedup_by_key(|it| &it.url);
        Some(BackendEnforced::of(probes, not_probed))
    }

    /// How many of all backends in these results enforce the certificate at the instant `now`;
    /// `None` if there are no results.
    #[must_use]
    pub fn enforcing(&self, now: Timestamp) -> Option<Enforcing> {
        let mut backends: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        let authorities = latest_of_authorities(&self.probes, now);
        for (authority, enforced, old) in authorities {
            let known = backends.entry(authority).or_insert((true, false));
            *known = (known.0 && enforced, known.1 || old);
        }
        for other in &self.not_probed {
            backends.entry(authority_of(&other.url)).or_insert((false, false));
        }
        (!backends.is_empty()).then(|| Enforcing {
            enforced: backends.values().filter(|(enforced, old)| *enforced && !old).count(),
            backends: backends.len(),
            old: backends.values().filter(|(_, old)| *old).count(),
        })
    }
}

impl<'a> BackendEnforced<'a> {
    fn of(probes: Vec<ProbedBackend<'a>>, not_probed: Vec<&'a NotProbed>) -> Self {
        let failed: Vec<&ProbedBackend<'_>> = probes.iter().filter(|it| it.verdict.is_failure()).collect();
        let unclear: Vec<&ProbedBackend<'_>> =
            probes.iter().filter(|it| !it.verdict.is_conclusive()).collect();
        let old: Vec<&ProbedBackend<'_>> = probes.iter().filter(|it| it.old).collect();
        let total = probes.len() + not_probed.len();
        let (reason, text) = if let Some(first) = failed.first() {
            let what = match first.verdict {
                ProbeVerdict::Forgeable => "accepts a forged certificate",
                ProbeVerdict::Plaintext => "is called without TLS",
                _ => "answers without the certificate",
            };
            (Reason::NotEnforced, format!("{} {what}{}", first.url, others(failed.len())))
        } else if let Some(first) = unclear.first() {
            let text = format!("{} is {}{}", first.url, first.verdict, others(unclear.len()));
            (Reason::Undetermined, text)
        } else if let Some(first) = not_probed.first() {
            let text = format!("{} was not probed{}: {}", first.url, others(not_probed.len()), first.reason);
            (Reason::Undetermined, text)
        } else if let Some(first) = old.first() {
            (Reason::Old, format!("{} enforced the certificate{}", first.url, others(old.len())))
        } else {
            (Reason::Enforced, format!("{} of {total} backends enforce the certificate", probes.len()))
        };
        let mark = match old.iter().map(|it| it.at).min() {
            Some(at) => format!(" (probed {}, more than 30 days ago)", at.strftime("%Y-%m-%d")),
            None => String::new(),
        };
        let verdict = match reason {
            Reason::NotEnforced => Verdict::Failed,
            Reason::Enforced => Verdict::Passed,
            Reason::Undetermined | Reason::Old => Verdict::NotApplicable,
        };
        let severity = (verdict == Verdict::Failed).then_some(Severity::High);
        Self { check: CODE, verdict, severity, reason, text: text + &mark, probes, not_probed }
    }
}

fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => " and 1 more".into(),
        _ => format!(" and {} more", count - 1),
    }
}

/// The latest of these probes by URL. Of two at the same instant, the more urgent verdict counts.
fn latest<'a>(probes: impl Iterator<Item = &'a Probe>, now: Timestamp) -> Vec<ProbedBackend<'a>> {
    let mut latest: BTreeMap<&str, &Probe> = BTreeMap::new();
    for probe in probes {
        let known = latest.entry(&probe.url).or_insert(probe);
        if probe.at > known.at || (probe.at == known.at && probe.verdict < known.verdict) {
            *known = probe;
        }
    }
    let backend = |probe: &'a Probe| ProbedBackend {
        url: &probe.url,
        verdict: probe.verdict,
        at: probe.at,
        old: now.duration_since(probe.at) > MAX_AGE,
        text: &probe.text,
    };
    latest.into_values().map(backend).collect()
}

/// Whether each latest probe found that the backend enforces the certificate, and whether it is
/// old, with the backend's host and port.
fn latest_of_authorities(probes: &[Probe], now: Timestamp) -> Vec<(String, bool, bool)> {
    let row = |it: ProbedBackend<'_>| (authority_of(it.url), it.verdict == ProbeVerdict::Enforced, it.old);
    latest(probes.iter(), now).into_iter().map(row).collect()
}

/// The host and port of a URL; the URL itself if it is none.
fn authority_of(url: &str) -> String {
    crate::resources::origin::Origin::parse(url)
        .map_or_else(|_| url.to_owned(), |(origin, _)| origin.authority())
}

fn urls<S: Serializer>(not_probed: &[&NotProbed], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(not_probed.iter().map(|it| &it.url))
}

#[cfg(test)]
#[path = "backend_enforced_tests.rs"]
mod tests;
