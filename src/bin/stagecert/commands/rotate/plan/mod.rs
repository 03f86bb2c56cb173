//! `rotate plan`: what a rotation affects.

pub(super) mod stage;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::SignedDuration;
use stagecert::account::listing::Listing;
use stagecert::checks::owner_tag::{Settings, owner};
use stagecert::parameters::Parameters;
use stagecert::quote::printable;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::rotate::plan::{DEFAULT_QUOTA, Plan, acm, expiring, plan, stages};
use stagecert::rotate::refusal::Stop;
use stagecert::rotate::select::{self, Target};
use stagecert::scan::Observer;
use stagecert::scan::backends::backends;

use self::stage::{Backends, PlanRow, Servers};
use super::page::{self, Row};
use super::{SETTLE, Session, is_text, targets};
use crate::args::RotatePlanArgs;
use crate::exit_status::ExitStatus;
use crate::output;

/// The number of unused certificates that are listed; the rest are only counted.
const MAX_LISTED: usize = 20;

pub(super) async fn run(args: &RotatePlanArgs, out: &mut String) -> Result<ExitStatus, Stop> {
    let parameters = args.parameters.parameters()?;
    let servers = Servers::read(&args.probes)?;
    let targets = targets(&args.targets)?;
    let session = Session::open(&args.account, None).await?;
    let (ids, in_acm) = selected(args, &session, &targets, &parameters)?;
    let backends = read_backends(&session, &ids, servers).await;
    let mut rows = Vec::new();
    for id in &ids {
        let planned = plan(&session.inventory, &session.rotations, id);
        let owner = owner_of(&session, &planned, &parameters.owner_tag);
        text(&session, &planned, owner.as_deref(), &backends, out);
        rows.push(row(&session, &planned, owner, &backends));
    }
    for label in &in_acm {
        rows.extend(acm_stage(&session, label, out));
    }
    summary(&session, ids.len(), out);
    if !is_text(&args.account) {
        out.clear();
        page::json(rows, out)?;
    }
    Ok(ExitStatus::NothingFailed)
}

/// The certificates to plan, each once, and the stages with ACM certificates.
fn selected(
    args: &RotatePlanArgs,
    session: &Session,
    targets: &[Target],
    parameters: &Parameters,
) -> Result<(Vec<CertificateId>, Vec<String>), Stop> {
    let (mut ids, mut in_acm) = (Vec::new(), Vec::new());
    if args.expiring {
        let days = parameters.certificate_expiry.expiry_window_days;
        ids = expiring(&session.inventory, SignedDuration::from_hours(24 * i64::from(days)), session.now);
    }
    for target in targets {
        match target {
            Target::Stage(label) if acm(&session.inventory, label).is_some() => in_acm.push(label.clone()),
            target => ids.extend(select::certificates(&session.inventory, std::slice::from_ref(target))?),
        }
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    Ok((ids, in_acm))
}

/// The backends of the planned stages. Those that can't be read are noted, and count as unknown.
async fn read_backends(session: &Session, ids: &[CertificateId], servers: Servers) -> Backends {
    let listing = Listing { stages: stages(&session.inventory, ids), ..Listing::default() };
    let account = session.live.account();
    let parameters = Parameters::default();
    let found = Box::pin(backends(account, &listing, &parameters, session.now, Observer::default())).await;
    for failure in &found.failures {
        output::note(&format!("backends are missing: {}", failure.message()));
    }
    Backends::new(found.stages, servers)
}

fn owner_of(session: &Session, planned: &Plan, settings: &Settings) -> Option<String> {
    let certificate = session.inventory.certificate(&planned.certificate);
    let certificate = certificate.map(|known| &known.certificate.tags);
    let of_stage = session.inventory.stages_with(&planned.certificate).find_map(|stage| {
        owner(Some(&stage.tags), None, settings).or_else(|| owner(Some(&stage.api_tags), None, settings))
    });
    of_stage.or_else(|| owner(None, certificate, settings)).map(printable)
}

fn text(session: &Session, planned: &Plan, owner: Option<&str>, backends: &Backends, out: &mut String) {
    let expires = match planned.not_after {
        Some(at) => {
            format!("expires at {at} ({} days)", at.duration_since(session.now).as_hours().div_euclid(24))
        }
        None => "expires at an unknown time".into(),
    };
    let owner = owner.map_or_else(|| "no owner".to_owned(), |owner| format!("owner {owner}"));
    let _ = writeln!(out, "certificate {}: {expires}, {owner}", planned.certificate);
    if planned.stages.len() > 1 {
        let _ = writeln!(out, "  {} stages have it, so they are rotated together:", planned.stages.len());
    }
    for stage in &planned.stages {
        backends.text(stage, out);
    }
    match (&planned.rotation, &planned.obstacle) {
        (_, Some(obstacle)) => {
            let _ = writeln!(out, "  refused: {}", printable(&obstacle.to_string()));
        }
        (Some(rotation), None) => page::text(rotation, SETTLE, session.now, out),
        (None, None) => {
            let stage = planned.stages.first().map(|stage| stage.arn.label()).unwrap_or_default();
            let _ = writeln!(out, "  next: stagecert rotate start {stage}");
        }
    }
    out.push('\n');
}

fn row(session: &Session, planned: &Plan, owner: Option<String>, backends: &Backends) -> Row {
    let plan = PlanRow {
        expires: planned.not_after,
        owner,
        certificates_used: session.inventory.certificates.len(),
        stages: planned.stages.iter().map(|stage| backends.row(stage)).collect(),
    };
    let mut row = match &planned.rotation {
        Some(rotation) => Row::of(rotation, SETTLE, session.now),
        None => Row {
            stages: planned.stages.iter().map(|stage| stage.arn.label()).collect(),
            old_certificate: Some(planned.certificate.clone()),
            new_certificate: None,
            step: "planned",
            next: Some("start"),
            since: None,
            problems: Vec::new(),
            plan: None,
        },
    };
    row.problems.extend(planned.obstacle.as_ref().map(ToString::to_string));
    Row { plan: Some(plan), ..row }
}

/// A stage with an ACM certificate, for which there is nothing to rotate.
fn acm_stage(session: &Session, label: &str, out: &mut String) -> Option<Row> {
    let id = acm(&session.inventory, label)?;
    let _ = writeln!(
        out,
        "stage {label} has ACM certificate {id}: it is renewed or imported again under the same ARN, so there is nothing \
         to rotate\n  \
         watch: that ACM's renewal succeeds (`aws acm describe-certificate`, or ACM's expiration events), and that every \
         backend trusts the issuer or the new certificate before that\n"
    );
    Some(Row {
        stages: vec![label.to_owned()],
        old_certificate: Some(id.clone()),
        new_certificate: None,
        step: "renewed-in-place",
        next: None,
        since: None,
        problems: Vec::new(),
        plan: None,
    })
}

fn summary(session: &Session, count: usize, out: &mut String) {
    let used = session.inventory.certificates.len();
    let noun = if count == 1 { "certificate" } else { "certificates" };
    let _ = writeln!(
        out,
        "{count} {noun} to rotate; {used} exist, and the quota is {DEFAULT_QUOTA} unless it was raised"
    );
    if used < DEFAULT_QUOTA {
        return;
    }
    let unused = session.inventory.unused();
    let names: Vec<&str> = unused.iter().take(MAX_LISTED).map(CertificateId::as_str).collect();
    let _ = match names.len() {
        0 => writeln!(out, "  all are used by stages: request a quota increase (L-824C9E42)"),
        _ => writeln!(out, "  {} are used by no stage: {}", unused.len(), names.join(", ")),
    };
}
