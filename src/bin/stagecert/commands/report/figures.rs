//! The key figures in words, beside those of an earlier time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::SignedDuration;
use stagecert::evaluation::tally::{Share, WINDOWS};
use stagecert::parameters::Parameters;
use stagecert::resources::account_region::AccountRegion;
use stagecert::scan::figures::{Figures, Observation};
use stagecert::scan::remediation::{Remediation, remediation};

use super::Reported;
use super::text::counted;

/// One figure, or some that belong together.
pub(super) struct Card {
    pub(super) title: &'static str,
    pub(super) value: String,
    pub(super) detail: String,
    pub(super) lines: Vec<String>,
    pub(super) trend: Option<Trend>,
    /// What exactly is counted.
    pub(super) meaning: &'static str,
}

/// What it was, and whether it is better now.
pub(super) struct Trend {
    pub(super) text: String,
    pub(super) word: &'static str,
}

/// The figures of some places now and, of the same places, at the first time that is known.
struct Compared {
    /// In words, such as `2026-10-21`.
    since: String,
    /// Which part of the report's places, unless it is all.
    partly: Option<String>,
    before: Figures,
    now: Figures,
}

/// The cards, in the order in which they are read.
pub(super) fn cards(reports: &[Reported], earlier: &[Reported], parameters: &Parameters) -> Vec<Card> {
    let observations: Vec<Observation<'_>> = reports.iter().map(Reported::observation).collect();
    let figures = Figures::of(&observations, parameters);
    let compared = compare(&observations, earlier, parameters);
    let was = compared.as_ref();
    vec![
        Card {
            title: "Stages that present a certificate",
            trend: was.and_then(|it| it.share(|figures| figures.presenting)),
            meaning: "Of the stages that certificate-attached applies to, those that pass it: the certificate exists, counts and, if it \
                is ACM's, is issued. It applies to stages with HTTP backends and to those of which nobody can tell. What is deployed is \
                looked at only where it decides, so a stage with a certificate counts whether or not it has HTTP backends; one without, \
                and without HTTP backends, does not.",
            ..share(figures.presenting, "with HTTP backends")
        },
        Card {
            title: "Certificates that end",
            trend: was.and_then(|it| {
                it.count(
                    |figures| figures.expiry.map(|expiry| expiry.expired + expiry.within[0]),
                    "expired or within 30 days",
                )
            }),
            meaning: "Certificates that stages name and that exist, each once in an account and Region. Expired: not-after has passed. Within N days: not \
                expired, and not-after is at most N times 24 hours away, so 60 days hold those of 30. The earlier counts of the \
                certificate's own date and AWS's. Without date: nothing about it can be read.",
            ..expiry(&figures)
        },
        Card {
            title: "Stages with an owner",
            trend: was.and_then(|it| it.share(|figures| figures.owned_stages)),
            meaning: "Of the stages that were evaluated, those with an owner tag that counts on the stage itself (ownerTagKeys, \
                ownerTagPattern).",
            ..share(figures.owned_stages, "evaluated")
        },
        Card {
            title: "Certificates with an owner",
            trend: was.and_then(|it| it.share(|figures| figures.owned_certificates)),
            meaning: "Of the certificates that stages name and that exist, each once in an account and Region, those with an owner tag \
                that counts.",
            ..share(figures.owned_certificates, "that stages name")
        },
        Card {
            title: "Certificates that are shared",
            trend: was.and_then(|it| {
                it.count(|figures| figures.sharing.map(|sharing| sharing.shared.part), "shared")
            }),
            meaning: "Certificates that more than one stage of the account and Region presents, stages outside includeStages among them. \
                Allowed: certificateSharing allows it on each of those stages.",
            ..sharing(&figures)
        },
        Card {
            title: "Certificates that no stage has",
            trend: was.and_then(|it| it.count(|figures| figures.unused.map(|unused| unused.part), "unused")),
            meaning: "Certificates that API Gateway generated and that no stage of the account and Region has, excluded stages among them. \
                An account may have 60 certificates in a Region. It is not known where not every stage could be listed.",
            ..unused(&figures)
        },
        Card {
            title: "Mean time to remediate",
            meaning: "A finding is a check that failed for a stage. It is remediated when a later snapshot says that the check passed, and \
                took from the first snapshot in which it failed to the first in which it passed; at least, to the last in which it \
                failed. What began and ended between two snapshots is not seen, and neither instant is known better than the snapshots \
                lie apart. In the mean are neither findings that are still open, nor those whose stage is gone or whose check no \
                longer applies.",
            ..remediated(reports, earlier)
        },
    ]
}

fn compare(now: &[Observation<'_>], earlier: &[Reported], parameters: &Parameters) -> Option<Compared> {
    let mut first: BTreeMap<&AccountRegion, Observation<'_>> = BTreeMap::new();
    for observation in earlier.iter().map(Reported::observation) {
        let known = first.entry(observation.account_region).or_insert(observation);
        if observation.at < known.at {
            *known = observation;
        }
    }
    let same: Vec<Observation<'_>> =
        now.iter().filter(|it| first.contains_key(it.account_region)).copied().collect();
    let days: Vec<String> = first.values().map(|it| it.at.strftime("%Y-%m-%d").to_string()).collect();
    let since = match (days.iter().min()?, days.iter().max()?) {
        (one, other) if one == other => one.clone(),
        (one, other) => format!("{one} to {other}"),
    };
    let partly =
        (same.len() < now.len()).then(|| format!("in {} of {}", same.len(), counted(now.len(), "place")));
    let before: Vec<Observation<'_>> = first.into_values().collect();
    Some(Compared {
        since,
        partly,
        before: Figures::of(&before, parameters),
        now: Figures::of(&same, parameters),
    })
}

impl Compared {
    fn share(&self, of: impl Fn(&Figures) -> Option<Share>) -> Option<Trend> {
        let (before, now) = (of(&self.before)?, of(&self.now)?);
        let better = (now.part * before.whole).cmp(&(before.part * now.whole));
        let told = |share: Share| format!("{} ({})", percent(share), so_many(share));
        Some(self.trend(better, &told(before), &told(now)))
    }

    /// A number of which less is better.
    fn count(&self, of: impl Fn(&Figures) -> Option<usize>, what: &str) -> Option<Trend> {
        let (before, now) = (of(&self.before)?, of(&self.now)?);
        Some(self.trend(before.cmp(&now), &format!("{before} {what}"), &format!("{now} {what}")))
    }

    /// Where the card counts more places than can be compared, what it says is not what has to be compared.
    fn trend(&self, better: Ordering, before: &str, now: &str) -> Trend {
        let text = match &self.partly {
            None => format!("{before} on {}", self.since),
            Some(partly) => format!("{partly} {before} on {}, {now} now", self.since),
        };
        Trend { text, word: word(better) }
    }
}

fn word(better: Ordering) -> &'static str {
    match better {
        Ordering::Greater => "better",
        Ordering::Equal => "unchanged",
        Ordering::Less => "worse",
    }
}

fn card(value: impl Into<String>, detail: impl Into<String>) -> Card {
    let (value, detail) = (value.into(), detail.into());
    Card { title: "", value, detail, lines: Vec::new(), trend: None, meaning: "" }
}

fn not_asked() -> Card {
    card("not known", "the check was not asked")
}

fn share(share: Option<Share>, of: &str) -> Card {
    match share {
        Some(share) => card(percent(share), format!("{} {of}", so_many(share))),
        None => not_asked(),
    }
}

fn expiry(figures: &Figures) -> Card {
    let Some(expiry) = figures.expiry else { return not_asked() };
    let mut lines: Vec<String> = WINDOWS
        .iter()
        .zip(expiry.within)
        .map(|(days, count)| format!("{count} within {days} days"))
        .collect();
    if expiry.undated > 0 {
        lines.push(format!("{} without a date", expiry.undated));
    }
    let detail = format!("expired, of {}", counted(expiry.certificates, "certificate"));
    Card { lines, ..card(expiry.expired.to_string(), detail) }
}

fn sharing(figures: &Figures) -> Card {
    let Some(sharing) = figures.sharing else { return not_asked() };
    let lines = match sharing.allowed {
        0 => Vec::new(),
        allowed => vec![format!("{allowed} of them as allowed")],
    };
    let detail = format!("of {}", counted(sharing.shared.whole, "certificate"));
    Card { lines, ..card(sharing.shared.part.to_string(), detail) }
}

fn unused(figures: &Figures) -> Card {
    match figures.unused {
        Some(unused) => card(unused.part.to_string(), format!("of {}", counted(unused.whole, "certificate"))),
        None => card("not known", "not every stage and certificate could be listed"),
    }
}

fn remediated(reports: &[Reported], earlier: &[Reported]) -> Card {
    let all: Vec<Observation<'_>> = reports.iter().chain(earlier).map(Reported::observation).collect();
    let Some(told) = remediation(&all) else {
        return card("not known", "it takes an earlier snapshot of the same account and Region (--since)");
    };
    let Remediation { remediated, mean, at_least, ended_otherwise, open } = told;
    let lines = vec![
        format!("{} still open", counted(open, "finding")),
        format!("{ended_otherwise} ended otherwise"),
    ];
    match (mean, at_least) {
        (Some(mean), Some(at_least)) => {
            let at_least =
                if at_least.is_zero() { String::new() } else { format!(", {} at least", duration(at_least)) };
            let detail = format!("over {}{at_least}", counted(remediated, "finding"));
            Card { lines, ..card(duration(mean), detail) }
        }
        _ => Card { lines, ..card("not known", "no finding was remediated between the snapshots") },
    }
}

fn duration(duration: SignedDuration) -> String {
    let hours = duration.as_hours();
    if hours < 48 {
        counted(usize::try_from(hours).unwrap_or_default(), "hour")
    } else {
        format!("{} days", hours / 24)
    }
}

fn percent(share: Share) -> String {
    match share.percent() {
        None => "–".into(),
        Some(0) if share.part > 0 => "<1%".into(),
        Some(percent) => format!("{percent}%"),
    }
}

fn so_many(share: Share) -> String {
    format!("{} of {}", share.part, share.whole)
}
