//! `rotate start`: generates the new certificate and writes its PEM.

use std::fmt::Write as _;
use std::path::Path;

use stagecert::Failure;
use stagecert::quote::printable;
use stagecert::rotate::inventory::GeneratedCertificate;
use stagecert::rotate::operations::Reads;
use stagecert::rotate::refusal::Stop;
use stagecert::rotate::rotation::{Rotation, rotations};
use stagecert::rotate::select::{self, Target};
use stagecert::rotate::start::{Generation, Start, generate, start};
use stagecert::rotate::step::{Command, ensure_alone};

use super::page::{self, Row};
use super::{SETTLE, Session, confirm, dry_run, is_text};
use crate::args::RotateStartArgs;
use crate::exit_status::ExitStatus;
use crate::output::{self, Access};

pub(super) async fn run(args: &RotateStartArgs, out: &mut String) -> Result<ExitStatus, Stop> {
    let (session, targets) = Session::of_step(&args.step).await?;
    let home = session.live.account_region();
    let starts = proposed(&session, &targets)?;
    let generations = || {
        starts.iter().filter_map(|start| match start {
            Start::Generate(generation) => Some(generation),
            Start::Continue(_) => None,
        })
    };
    let mut question = String::new();
    for generation in generations() {
        described(generation, &mut question);
    }
    if args.step.dry_run {
        let folder = args.output.display().to_string();
        generations().for_each(|generation| dry_run::generate(home, generation, &folder, out));
        return Ok(ExitStatus::NothingFailed);
    }
    ensure_folder(&args.output)?;
    if !question.is_empty() && !confirm::is_confirmed(&args.step, &question) {
        let _ = writeln!(out, "{question}nothing was generated: --yes generates it");
        return Ok(ExitStatus::SomethingFailed);
    }
    let mut started = Vec::new();
    for one in starts {
        let is_new = matches!(one, Start::Generate(_));
        let rotation = match one {
            Start::Continue(rotation) => *rotation,
            Start::Generate(generation) => {
                let made = generate(&session.live, &session.live, &session.inventory, &generation).await?;
                of_new(&session, made)?
            }
        };
        started.push((rotation, is_new));
    }
    let certificates = session.live.certificates().await?;
    for (rotation, _) in &started {
        let path = args.output.join(format!("{}.pem", rotation.new));
        let new = certificates.iter().find(|known| *known.id() == rotation.new);
        let pem = new.map(|new| new.pem.replace("\r\n", "\n")).unwrap_or_default();
        output::write(&path, &format!("{}\n", pem.trim_end()), Access::Umask)?;
        note(rotation, &path, out);
    }
    // Last, so that the PEM is written even if the event can't be sent.
    for (rotation, _) in started.iter().filter(|(_, is_new)| *is_new) {
        session.send(Command::Start, rotation).await?;
    }
    if !is_text(&args.step.account) {
        out.clear();
        page::json(started.iter().map(|(it, _)| Row::of(it, SETTLE, session.now)).collect(), out)?;
    }
    Ok(ExitStatus::NothingFailed)
}

/// What to do for each target. A rotation in progress is only continued.
fn proposed(session: &Session, targets: &[Target]) -> Result<Vec<Start>, Stop> {
    let mut starts: Vec<Start> = Vec::new();
    let mut new_targets = Vec::new();
    for target in targets {
        select::ensure_understood(&session.problems, &session.inventory, target)?;
        match session.selected(std::slice::from_ref(target)) {
            Ok(found) => {
                for rotation in found {
                    ensure_alone(rotation, &session.rotations)?;
                    starts.push(Start::Continue(Box::new(rotation.clone())));
                }
            }
            Err(_) => new_targets.push(target.clone()),
        }
    }
    for id in select::certificates(&session.inventory, &new_targets)? {
        starts.push(start(&session.inventory, &session.rotations, &id)?);
    }
    Ok(starts)
}

/// The rotation of a certificate that was just generated.
fn of_new(session: &Session, made: GeneratedCertificate) -> Result<Rotation, Failure> {
    let mut inventory = session.inventory.clone();
    let id = made.id().clone();
    inventory.certificates.push(made);
    rotations(&inventory).0.into_iter().find(|rotation| rotation.new == id).ok_or_else(|| {
        Failure::Malformed {
            field: format!("certificate {id}"),
            problem: "API Gateway generated it without the requested tags".into(),
        }
    })
}

/// The folder must exist before a certificate is generated whose PEM is written to it.
fn ensure_folder(folder: &Path) -> Result<(), Failure> {
    let failed = |source| Failure::File { path: format!("{}{}", output::OPTION, folder.display()), source };
    match std::fs::metadata(folder) {
        Ok(known) if known.is_dir() => Ok(()),
        Ok(_) => Err(failed(std::io::ErrorKind::NotADirectory.into())),
        Err(error) => Err(failed(error)),
    }
}

fn described(generation: &Generation, out: &mut String) {
    let stages = printable(&generation.stages.join(", "));
    let _ = writeln!(out, "generate a certificate that replaces {} on {stages}", generation.old);
    if generation.stages.len() > 1 {
        let _ = writeln!(out, "  these stages have the same certificate, so they are rotated together");
    }
}

/// The note for the owner of the backends.
fn note(rotation: &Rotation, path: &Path, out: &mut String) {
    let stages = printable(&rotation.state.stages.join(", "));
    let _ = writeln!(
        out,
        "certificate {} replaces {} on {stages}; its PEM is in {}\n\n\
         For the owner of the backends of {stages}:\n  \
         API Gateway will present a new client certificate to your servers. Configure each of them to\n  \
         accept the certificate in {}.pem in addition to the current one, and keep the current one.\n  \
         A server that uses OpenSSL (nginx, Apache, HAProxy, Node.js, Python) verifies only the first of\n  \
         two such certificates in one file: docs/rotation.md shows what to do instead.\n\n\
         next: {}",
        rotation.new,
        rotation.state.replaces,
        printable(&path.display().to_string()),
        rotation.new,
        page::next_command(stagecert::rotate::step::next(rotation, SETTLE, crate::clock::now()), rotation),
    );
}
