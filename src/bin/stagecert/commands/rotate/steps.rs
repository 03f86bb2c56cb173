//! `rotate switch`, `rollback`, `finish` and `cancel`.

use std::fmt::Write as _;

use jiff::SignedDuration;
use stagecert::Failure;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::rotation_state::{ROTATED, Rotated, SWITCHED, rotated};
use stagecert::resources::stage_arn::StageArn;
use stagecert::rotate::attach::{Change, roll_back as attach_old, switch as attach_new};
use stagecert::rotate::finish::{cancel as delete_new, finish as delete_old};
use stagecert::rotate::refusal::{Refusal, Stop};
use stagecert::rotate::rotation::Rotation;
use stagecert::rotate::select::Target;
use stagecert::rotate::step::{Command, ensure_alone, may_cancel, may_finish, may_roll_back, may_switch};

use super::page::{self, Row};
use super::watch::Watch;
use super::{SETTLE, Session, confirm, dry_run, is_text};
use crate::args::{RotateFinishArgs, RotateStepArgs, RotateSwitchArgs};
use crate::exit_status::ExitStatus;

/// What AWS says about the moment from which a certificate is presented.
const REDEPLOYMENT: &str = "AWS's pages disagree on whether the API has to be redeployed before it presents the new \
                            certificate. It was not redeployed: check at the backend which certificate arrives";

pub(super) async fn switch(args: &RotateSwitchArgs, out: &mut String) -> Result<ExitStatus, Stop> {
    let (session, targets) = Session::of_step(&args.step).await?;
    let selected = session.selected(&targets)?;
    let mut changes = Vec::new();
    for rotation in &selected {
        ensure_alone(rotation, &session.rotations)?;
        changes.push((*rotation, may_switch(rotation, args.untested, session.now)?));
    }
    let home = session.live.account_region();
    if args.step.dry_run {
        for (rotation, stages) in &changes {
            for stage in stages {
                dry_run::attach(stage, &rotation.new, out);
            }
            dry_run::tag(home, &rotation.new, (SWITCHED, &session.now.to_string()), out);
        }
        return Ok(ExitStatus::NothingFailed);
    }
    let all: Vec<StageArn> = changes.iter().flat_map(|(_, stages)| stages.iter().cloned()).collect();
    let watch = args.watch.map(|duration| Watch::of(&session, &all, (duration, args.watch_interval)));
    let watch = watch.transpose()?;
    if let Some(watch) = &watch {
        watch.ensure_readable(session.now).await?;
    }
    let mut question = String::new();
    for (rotation, stages) in &changes {
        described("attach", rotation.new.as_str(), stages, &mut question);
    }
    if !confirm::is_confirmed(&args.step, &question) {
        let _ = writeln!(out, "{question}nothing was switched: --yes switches the stages");
        return Ok(ExitStatus::SomethingFailed);
    }
    for (rotation, stages) in &changes {
        let done = |stage: &StageArn, change| attached(stage, change, rotation.new.as_str(), out);
        attach_new(&session.live, &session.live, rotation, stages, session.now, done).await?;
        let _ = writeln!(
            out,
            "all stages have certificate {}\n{REDEPLOYMENT}\nnext: {}, after the stages have settled; to go back: {}",
            rotation.new,
            page::next_command(Command::Finish, rotation),
            page::next_command(Command::Rollback, rotation),
        );
        session.send(Command::Switch, rotation).await?;
    }
    let is_worse = match &watch {
        Some(watch) => watch.run(crate::clock::now(), out).await?,
        None => false,
    };
    if !is_worse {
        return end(&session, &selected, &args.step, out).await;
    }
    roll_back_now(&session, &selected, out).await?;
    end(&session, &selected, &args.step, out).await?;
    Ok(ExitStatus::SomethingFailed)
}

/// Attaches the old certificates again, because the metrics are worse.
async fn roll_back_now(session: &Session, selected: &[&Rotation], out: &mut String) -> Result<(), Stop> {
    for rotation in &session.current(selected).await? {
        let stages = may_roll_back(rotation, session.now)?;
        let old = rotation.state.replaces.as_str();
        let done = |stage: &StageArn, change| attached(stage, change, old, out);
        attach_old(&session.live, &session.live, rotation, &stages, done).await?;
        let _ = writeln!(out, "rolled back: no stage of the rotation has certificate {}", rotation.new);
        session.send(Command::Rollback, rotation).await?;
    }
    Ok(())
}

pub(super) async fn roll_back(args: &RotateStepArgs, out: &mut String) -> Result<ExitStatus, Stop> {
    let (session, targets) = Session::of_step(args).await?;
    let selected = session.selected(&targets)?;
    let mut changes = Vec::new();
    for rotation in &selected {
        ensure_alone(rotation, &session.rotations)?;
        changes.push((*rotation, may_roll_back(rotation, session.now)?));
    }
    let home = session.live.account_region();
    if args.dry_run {
        for (rotation, stages) in &changes {
            for stage in stages {
                dry_run::attach(stage, &rotation.state.replaces, out);
            }
            dry_run::untag(home, &rotation.new, &[SWITCHED.to_owned()], out);
        }
        return Ok(ExitStatus::NothingFailed);
    }
    let mut question = String::new();
    for (rotation, stages) in &changes {
        described("attach", rotation.state.replaces.as_str(), stages, &mut question);
    }
    if !confirm::is_confirmed(args, &question) {
        let _ = writeln!(out, "{question}nothing was rolled back: --yes rolls the stages back");
        return Ok(ExitStatus::SomethingFailed);
    }
    for (rotation, stages) in &changes {
        let old = rotation.state.replaces.as_str();
        let done = |stage: &StageArn, change| attached(stage, change, old, out);
        attach_old(&session.live, &session.live, rotation, stages, done).await?;
        for (label, id) in rotation.changed() {
            let id = id.map_or_else(|| "no certificate".to_owned(), |id| format!("certificate {id}"));
            let _ = writeln!(out, "{label}: left alone, because it has {id}");
        }
        let _ = writeln!(
            out,
            "no stage of the rotation has certificate {}\nnext: {}, or {}",
            rotation.new,
            page::next_command(Command::Switch, rotation),
            page::next_command(Command::Cancel, rotation),
        );
        session.send(Command::Rollback, rotation).await?;
    }
    end(&session, &selected, args, out).await
}

pub(super) async fn finish(args: &RotateFinishArgs, out: &mut String) -> Result<ExitStatus, Stop> {
    let settle = SignedDuration::try_from(args.settle).unwrap_or(SignedDuration::MAX);
    let (session, targets) = Session::of_step(&args.step).await?;
    let selected = match session.selected(&targets) {
        Ok(selected) => selected,
        Err(refusal) => return finished_before(&session, &targets, refusal, &args.step, out),
    };
    for rotation in &selected {
        ensure_alone(rotation, &session.rotations)?;
        may_finish(rotation, settle, session.now)?;
    }
    let home = session.live.account_region();
    if args.step.dry_run {
        for rotation in &selected {
            let times = Rotated { start: rotation.started.unwrap_or(session.now), end: session.now };
            dry_run::delete(home, &rotation.state.replaces, out);
            dry_run::tag(home, &rotation.new, (ROTATED, &times.to_string()), out);
            dry_run::untag(home, &rotation.new, &rotation.state.keys(), out);
        }
        return Ok(ExitStatus::NothingFailed);
    }
    let question = deletions(selected.iter().map(|rotation| &rotation.state.replaces));
    if !confirm::is_confirmed(&args.step, &question) {
        let _ = writeln!(out, "{question}nothing was deleted: --yes deletes it");
        return Ok(ExitStatus::SomethingFailed);
    }
    for rotation in &selected {
        delete_old(&session.live, &session.live, &rotation.new, settle, session.now).await?;
        let _ = writeln!(
            out,
            "the rotation is finished: certificate {} is deleted; remove it from the backends' trust as well",
            rotation.state.replaces
        );
        session.send(Command::Finish, rotation).await?;
    }
    ended(&selected, "finished", &args.step, out)
}

pub(super) async fn cancel(args: &RotateStepArgs, out: &mut String) -> Result<ExitStatus, Stop> {
    let (session, targets) = Session::of_step(args).await?;
    let selected = match session.selected(&targets) {
        Ok(selected) => selected,
        Err(Refusal::NoRotation(target)) => {
            let _ = writeln!(out, "no rotation is in progress for {target}: there is nothing to cancel");
            return ended(&[], "cancelled", args, out);
        }
        Err(refusal) => return Err(refusal.into()),
    };
    // With a stage as the target, two rotations of it can't be distinguished.
    if targets.iter().any(|target| matches!(target, Target::Stage(_))) {
        for rotation in &selected {
            ensure_alone(rotation, &session.rotations)?;
        }
    }
    for rotation in &selected {
        may_cancel(rotation)?;
    }
    if args.dry_run {
        for rotation in &selected {
            dry_run::delete(session.live.account_region(), &rotation.new, out);
        }
        return Ok(ExitStatus::NothingFailed);
    }
    let question = deletions(selected.iter().map(|rotation| &rotation.new));
    if !confirm::is_confirmed(args, &question) {
        let _ = writeln!(out, "{question}nothing was deleted: --yes deletes it");
        return Ok(ExitStatus::SomethingFailed);
    }
    for rotation in &selected {
        delete_new(&session.live, &session.live, &rotation.new).await?;
        let _ = writeln!(out, "the rotation is cancelled: certificate {} is deleted", rotation.new);
        session.send(Command::Cancel, rotation).await?;
    }
    ended(&selected, "cancelled", args, out)
}

/// A `finish` without a rotation in progress: done, if the certificates are from a rotation.
fn finished_before(
    session: &Session,
    targets: &[Target],
    refusal: Refusal,
    args: &RotateStepArgs,
    out: &mut String,
) -> Result<ExitStatus, Stop> {
    let Refusal::NoRotation(_) = refusal else { return Err(refusal.into()) };
    let mut done = String::new();
    for target in targets {
        let id = match target {
            Target::Stage(label) => {
                session.inventory.stage(label).and_then(|stage| stage.certificate.clone())
            }
            Target::Certificate(id) => Some(id.clone()),
        };
        let known = id.as_ref().and_then(|id| session.inventory.certificate(id));
        match known.and_then(|known| Some((known.id(), rotated(&known.certificate.tags)?))) {
            Some((id, times)) => {
                let _ = writeln!(done, "the rotation to certificate {id} was finished at {}", times.end);
            }
            None => return Err(refusal.into()),
        }
    }
    out.push_str(&done);
    ended(&[], "finished", args, out)
}

fn described(verb: &str, id: &str, stages: &[StageArn], out: &mut String) {
    if stages.is_empty() {
        let _ = writeln!(out, "record that all stages have certificate {id}");
    }
    for stage in stages {
        let _ = writeln!(out, "{verb} certificate {id} to stage {}", stage.label());
    }
}

fn deletions<'c>(ids: impl Iterator<Item = &'c CertificateId>) -> String {
    let mut text = String::new();
    for id in ids {
        let _ = writeln!(text, "delete certificate {id}");
    }
    text
}

fn attached(stage: &StageArn, change: Change, id: &str, out: &mut String) {
    let text = match change {
        Change::Attached => format!("has certificate {id} now"),
        Change::Unneeded => format!("had certificate {id} already"),
        Change::Gone => "no longer exists".to_owned(),
    };
    let _ = writeln!(out, "{}: {text}", stage.label());
}

/// The output after a step of rotations that are still in progress.
async fn end(
    session: &Session,
    selected: &[&Rotation],
    args: &RotateStepArgs,
    out: &mut String,
) -> Result<ExitStatus, Stop> {
    if !is_text(&args.account) {
        out.clear();
        let current = session.current(selected).await?;
        page::json(current.iter().map(|it| Row::of(it, SETTLE, session.now)).collect(), out)?;
    }
    Ok(ExitStatus::NothingFailed)
}

/// The output after the last step of rotations.
fn ended(
    selected: &[&Rotation],
    step: &'static str,
    args: &RotateStepArgs,
    out: &mut String,
) -> Result<ExitStatus, Stop> {
    if !is_text(&args.account) {
        out.clear();
        let rows = selected.iter().map(|rotation| Row::ended(rotation, step)).collect();
        page::json(rows, out).map_err(|failure: Failure| Stop::Failed(failure))?;
    }
    Ok(ExitStatus::NothingFailed)
}
