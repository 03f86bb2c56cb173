//! `rotate test`: API Gateway calls the backends with both certificates.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stagecert::quote::printable;
use stagecert::resources::rotation_state::{TESTED, Tested};
use stagecert::rotate::refusal::Stop;
use stagecert::rotate::rotation::Rotation;
use stagecert::rotate::step::{Command, ensure_alone};
use stagecert::rotate::test::{Request, StageTest, TestedStage, prepare, test};

use super::page::{self, Row};
use super::{SETTLE, Session, confirm, dry_run, is_text};
use crate::args::RotateTestArgs;
use crate::exit_status::ExitStatus;

pub(super) async fn run(args: &RotateTestArgs, out: &mut String) -> Result<ExitStatus, Stop> {
    let (session, targets) = Session::of_step(&args.step).await?;
    let selected = session.selected(&targets)?;
    let request = request(args);
    let mut prepared = Vec::new();
    for rotation in &selected {
        ensure_alone(rotation, &session.rotations)?;
        prepared.push((*rotation, prepare(&session.live, &session.inventory, rotation, &request).await?));
    }
    if args.step.dry_run {
        for (rotation, stages) in &prepared {
            commands(&session, rotation, stages, out);
        }
        return Ok(ExitStatus::NothingFailed);
    }
    let mut question = String::new();
    for stage in prepared.iter().flat_map(|(_, stages)| stages) {
        let (label, uri) = (stage.arn.label(), printable(&stage.uri));
        let _ = writeln!(
            question,
            "call {} {} of {label}, which reaches {uri}: with the new certificate, the old one and none",
            stage.method.as_ref(),
            printable(&stage.path),
        );
    }
    if !confirm::is_confirmed(&args.step, &question) {
        let _ = writeln!(out, "{question}nothing was called: --yes calls the backends");
        return Ok(ExitStatus::SomethingFailed);
    }
    for (rotation, stages) in &prepared {
        let tested = test(&session.live, rotation, stages, session.now, |done| result(done, out)).await?;
        recorded(rotation, tested, out);
        session.send(Command::Test, rotation).await?;
    }
    if !is_text(&args.step.account) {
        out.clear();
        let current = session.current(&selected).await?;
        page::json(current.iter().map(|it| Row::of(it, SETTLE, session.now)).collect(), out)?;
    }
    Ok(ExitStatus::NothingFailed)
}

fn request(args: &RotateTestArgs) -> Request {
    let paths: BTreeMap<String, String> =
        args.path.iter().filter_map(|(stage, path)| Some((stage.clone()?, path.clone()))).collect();
    let path = args.path.iter().rev().find(|(stage, _)| stage.is_none()).map(|(_, path)| path.clone());
    Request { method: args.method, path, paths }
}

fn commands(session: &Session, rotation: &Rotation, stages: &[TestedStage], out: &mut String) {
    for stage in stages {
        let old =
            rotation.old.filter(|old| !old.is_expired(session.now)).map(|_| Some(&rotation.state.replaces));
        let certificates: Vec<_> =
            [Some(Some(&rotation.new)), old, Some(None)].into_iter().flatten().collect();
        dry_run::invoke(stage, &certificates, out);
    }
    let _ = writeln!(out, "# If the new and the old certificate were accepted:");
    let now = session.now.to_string();
    dry_run::tag(session.live.account_region(), &rotation.new, (TESTED, &now), out);
}

fn result(done: &StageTest, out: &mut String) {
    let _ = writeln!(out, "{}:", printable(&done.label));
    let _ = writeln!(out, "  with the new certificate, the backend {}", done.new);
    match &done.old {
        Some(old) => {
            let _ = writeln!(out, "  with the old certificate, the backend {old}");
        }
        None => {
            let _ = writeln!(out, "  not called with the old certificate, which is no longer valid");
        }
    }
    let _ = writeln!(out, "  without a certificate, the backend {}", done.none);
}

fn recorded(rotation: &Rotation, tested: Tested, out: &mut String) {
    if !tested.enforced {
        let _ = writeln!(
            out,
            "not enforced: a backend accepts requests without a certificate, so this test can't show whether it trusts \
             the new one"
        );
    }
    let _ = writeln!(
        out,
        "the test is recorded and valid for one day\nnext: {}",
        page::next_command(Command::Switch, rotation)
    );
}
