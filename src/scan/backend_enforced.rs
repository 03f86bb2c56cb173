//! `backend-enforced`: whether the backends of a stage require its certificate, from the results of
//! `stagecert probe`. The scan and the report show it; it is no result in AWS Config.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::checks::severity::Severity;
use crate::checks::verdict::Verdict;
use crate::evaluation::tally::Share;
use crate::resources::account_region::AccountRegion;
use crate::resources::backend::{Backend, StageBackends};
use crate::resources::origin::Origin;
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
    pub not_probed: Vec<Unprobed>,
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
    /// Whether API Gateway calls it through a VPC link.
    #[serde(skip)]
    private: bool,
    /// Whether API Gateway made the request.
    #[serde(skip)]
    through: bool,
}

/// A backend that was not probed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unprobed {
    /// The URL, as far as it is known.
    pub url: String,
    /// Why it was not probed.
    pub reason: String,
}

/// The results of one or more files.
#[derive(Clone, Debug, Default)]
pub struct Probes {
    probes: Vec<Probe>,
    not_probed: Vec<NotProbed>,
    /// The indexes of both lists by stage.
    by_stage: HashMap<ProbedStage, (Vec<usize>, Vec<usize>)>,
}

/// How many of the backends of the scanned stages enforce the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Enforcing {
    /// The backends, by account, Region, host and port, that enforced it within 30 days before the
    /// scan on all paths that were probed.
    pub enforced: usize,
    /// All backends that were probed or should have been.
    pub backends: usize,
    /// The backends with a probe that is more than 30 days old.
    pub old: usize,
}

impl From<Enforcing> for Share {
    fn from(enforcing: Enforcing) -> Self {
        Self { part: enforcing.enforced, whole: enforcing.backends }
    }
}

impl Enforcing {
    /// The figure for these findings of stages; `None` without any. A backend counts once per
    /// account and Region, with its worst result.
    #[must_use]
    pub fn of<'f>(
        findings: impl IntoIterator<Item = (&'f AccountRegion, BackendEnforced<'f>)>,
    ) -> Option<Self> {
        let mut backends: BTreeMap<(&AccountRegion, String), (bool, bool)> = BTreeMap::new();
        for (place, finding) in findings {
            let probed = finding.probes.iter().map(|it| {
                (origin_of(it.url), it.verdict == ProbeVerdict::Enforced && !it.is_elsewhere(), it.old)
            });
            let unprobed = finding.not_probed.iter().map(|it| (origin_of(&it.url), false, false));
            for (origin, enforced, old) in probed.chain(unprobed) {
                let known = backends.entry((place, origin)).or_insert((true, false));
                *known = (known.0 && enforced, known.1 || old);
            }
        }
        (!backends.is_empty()).then(|| Self {
            enforced: backends.values().filter(|(enforced, old)| *enforced && !old).count(),
            backends: backends.len(),
            old: backends.values().filter(|(_, old)| *old).count(),
        })
    }
}

impl Probes {
    /// The results of these files.
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

    /// The number of results that name no stage, because a URL was probed: no
    /// stage has them.
    #[must_use]
    pub fn without_stage(&self) -> usize {
        self.probes.iter().filter(|probe| probe.stages.is_empty()).count()
    }

    /// The finding of a stage at the instant `now`; `None` if no result is about the stage.
    ///
    /// With `deployed`, what is known to be deployed on the stage, results about other servers
    /// don't count, and a server without a result keeps the stage from passing.
    #[must_use]
    pub fn finding(
        &self,
        place: &AccountRegion,
        stage: &StageArn,
        deployed: Option<&StageBackends>,
        now: Timestamp,
    ) -> Option<BackendEnforced<'_>> {
        let (probes, others) = self.by_stage.get(&ProbedStage::new(place, stage))?;
        let mut probes = latest(probes.iter().filter_map(|at| self.probes.get(*at)), now);
        probes.sort_by_key(|probe| (probe.verdict, probe.url));
        let others = others.iter().filter_map(|at| self.not_probed.get(*at));
        let mut expected: Vec<(Unprobed, bool)> = match deployed {
            Some(deployed) => {
                let servers = deployed_servers(deployed);
                let is_deployed =
                    |url: &str| servers.iter().any(|(it, _)| origin_of(&it.url) == origin_of(url));
                // A canary or an API that can't be exported may call others.
                if deployed.gaps.is_empty() {
                    probes.retain(|probe| is_deployed(probe.url));
                }
                let gaps = deployed.gaps.iter().map(|gap| {
                    let url = format!("unknown backends of {}", stage.label());
                    (Unprobed { url, reason: gap.to_string() }, false)
                });
                gaps.chain(servers.clone()).collect()
            }
            None => others
                .map(|it| (Unprobed { url: it.url.clone(), reason: it.reason.clone() }, it.private))
                .collect(),
        };
        expected
            .retain(|(unprobed, private)| !probes.iter().any(|probe| probe.covers(&unprobed.url, *private)));
        let mut not_probed: Vec<Unprobed> = expected.into_iter().map(|(unprobed, _)| unprobed).collect();
        not_probed.sort();
        not_probed.dedup_by(|one, other| one.url == other.url);
        Some(BackendEnforced::of(probes, not_probed, deployed.is_some()))
    }
}

/// The servers that are deployed on a stage, each with whether it is private.
fn deployed_servers(deployed: &StageBackends) -> Vec<(Unprobed, bool)> {
    let of_backend = |backend: &Backend| {
        let url = match backend.server.origin() {
            Some(origin) => format!("{origin}/"),
            None => backend.server.to_string(),
        };
        (Unprobed { url, reason: "no result is about it".into() }, backend.vpc_link.is_some())
    };
    deployed.backends.iter().map(of_backend).collect()
}

impl ProbedBackend<'_> {
    /// Whether the result is about a backend with this URL: a private one may be another server
    /// than the one that its name leads to, unless API Gateway called it.
    fn covers(&self, url: &str, private: bool) -> bool {
        origin_of(self.url) == origin_of(url) && (!private || self.through)
    }

    /// Whether another server may have been contacted than the one that API Gateway calls.
    fn is_elsewhere(&self) -> bool {
        self.private && !self.through
    }
}

impl<'a> BackendEnforced<'a> {
    fn of(probes: Vec<ProbedBackend<'a>>, not_probed: Vec<Unprobed>, is_complete: bool) -> Self {
        let failed: Vec<&ProbedBackend<'_>> = probes.iter().filter(|it| it.verdict.is_failure()).collect();
        let unclear: Vec<&ProbedBackend<'_>> =
            probes.iter().filter(|it| !it.verdict.is_conclusive()).collect();
        let elsewhere: Vec<&ProbedBackend<'_>> = probes.iter().filter(|it| it.is_elsewhere()).collect();
        let old: Vec<&ProbedBackend<'_>> = probes.iter().filter(|it| it.old).collect();
        let plain = not_probed.iter().find(|it| it.url.starts_with("http://"));
        let (reason, text) = if let Some(first) = failed.first() {
            let what = match first.verdict {
                ProbeVerdict::Forgeable => "accepts a forged certificate",
                ProbeVerdict::Plaintext => "is called without TLS",
                _ => "answers without the certificate",
            };
            (Reason::NotEnforced, format!("{} {what}{}", first.url, others(failed.len())))
        } else if let Some(plain) = plain.filter(|_| is_complete) {
            (Reason::NotEnforced, format!("{} is called without TLS", plain.url))
        } else if let Some(first) = unclear.first() {
            let text = format!("{} is {}{}", first.url, first.verdict, others(unclear.len()));
            (Reason::Undetermined, text)
        } else if let Some(first) = not_probed.first() {
            let text = format!("{} was not probed{}: {}", first.url, others(not_probed.len()), first.reason);
            (Reason::Undetermined, text)
        } else if let Some(first) = elsewhere.first() {
            let text = format!(
                "{} is private (VPC link), and its name may lead to another server{}",
                first.url,
                others(elsewhere.len())
            );
            (Reason::Undetermined, text)
        } else if let Some(first) = old.first() {
            (Reason::Old, format!("{} enforced the certificate{}", first.url, others(old.len())))
        } else if probes.is_empty() {
            (Reason::Undetermined, "no result is about what is deployed".to_owned())
        } else {
            let which = if is_complete { "backends" } else { "probed backends" };
            (Reason::Enforced, format!("{0} of {0} {which} enforce the certificate", probes.len()))
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

/// The result that counts for each URL, from its results in the order of time; of several at the
/// same instant, the most urgent one is the last.
fn latest<'a>(probes: impl Iterator<Item = &'a Probe>, now: Timestamp) -> Vec<ProbedBackend<'a>> {
    let mut sorted: Vec<&Probe> = probes.collect();
    sorted.sort_by_key(|probe| (probe.at, Reverse(probe.verdict)));
    let mut latest: BTreeMap<&str, &Probe> = BTreeMap::new();
    for probe in sorted {
        match latest.entry(&probe.url) {
            Entry::Vacant(entry) => _ = entry.insert(probe),
            Entry::Occupied(mut entry) if replaces(probe, entry.get()) => _ = entry.insert(probe),
            Entry::Occupied(_) => {}
        }
    }
    let backend = |probe: &'a Probe| ProbedBackend {
        url: &probe.url,
        verdict: probe.verdict,
        at: probe.at,
        old: now.duration_since(probe.at) > MAX_AGE,
        text: &probe.text,
        private: probe.private,
        through: is_through(probe),
    };
    latest.into_values().map(backend).collect()
}

/// Whether a later result replaces an earlier one: a failure remains until a result shows the
/// opposite, and that an impostor was accepted until an impostor is refused.
fn replaces(later: &Probe, earlier: &Probe) -> bool {
    match (earlier.verdict, later.verdict) {
        (ProbeVerdict::Forgeable, ProbeVerdict::Enforced) => later.impostor.is_some(),
        (earlier, later) => !earlier.is_failure() || later.is_conclusive(),
    }
}

fn is_through(probe: &Probe) -> bool {
    probe.without_certificate.gateway.is_some()
}

/// The scheme, host and port of a URL; the URL itself if it is none.
fn origin_of(url: &str) -> String {
    Origin::parse(url).map_or_else(|_| url.to_owned(), |(origin, _)| origin.to_string())
}

fn urls<S: Serializer>(not_probed: &[Unprobed], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(not_probed.iter().map(|it| &it.url))
}

#[cfg(test)]
#[path = "backend_enforced_tests.rs"]
mod tests;
