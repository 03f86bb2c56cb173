//! `rotate`: replaces a certificate that API Gateway generated, step by step.

mod confirm;
mod dry_run;
mod page;
mod plan;
mod start;
mod status;
mod steps;
mod test;
mod watch;

use jiff::{SignedDuration, Timestamp};
use stagecert::Failure;
use stagecert::aws::{Aws, LiveRotation, Metrics};
use stagecert::deadline::Deadline;
use stagecert::resources::rotation_state::TagProblem;
use stagecert::rotate::inventory::Inventory;
use stagecert::rotate::operations::{Operations, Reads, StepEvent};
use stagecert::rotate::refusal::{Refusal, Stop};
use stagecert::rotate::rotation::{Rotation, rotations};
use stagecert::rotate::select::{self, Target};
use stagecert::rotate::step::Command;

use crate::args::{RotateAccountArgs, RotateCommand, RotateStepArgs, TableFormat};
use crate::exit_status::ExitStatus;
use crate::region::ensure_region;

/// The time to settle if `finish` names no other.
const SETTLE: SignedDuration = SignedDuration::from_hours(24);

pub(crate) async fn run(command: &RotateCommand, out: &mut String) -> Result<ExitStatus, Failure> {
    let format = match command {
        RotateCommand::Plan(args) => args.account.format,
        RotateCommand::Status(args) => args.account.format,
        RotateCommand::Start(args) => args.step.account.format,
        RotateCommand::Test(args) => args.step.account.format,
        RotateCommand::Switch(args) => args.step.account.format,
        RotateCommand::Finish(args) => args.step.account.format,
        RotateCommand::Rollback(args) | RotateCommand::Cancel(args) => args.account.format,
    };
    let done = match command {
        RotateCommand::Plan(args) => plan::run(args, out).await,
        RotateCommand::Start(args) => start::run(args, out).await,
        RotateCommand::Test(args) => test::run(args, out).await,
        RotateCommand::Switch(args) => steps::switch(args, out).await,
        RotateCommand::Rollback(args) => steps::roll_back(args, out).await,
        RotateCommand::Finish(args) => steps::finish(args, out).await,
        RotateCommand::Cancel(args) => steps::cancel(args, out).await,
        RotateCommand::Status(args) => status::run(args, out).await,
    };
    match done {
        Ok(status) => Ok(status),
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Refused(refusal)) if is_invalid_input(&refusal) => {
            Err(Failure::Malformed { field: "rotate".into(), problem: refusal.to_string() })
        }
        Err(Stop::Refused(refusal)) => {
            page::refused(&refusal, format, out)?;
            Ok(ExitStatus::SomethingFailed)
        }
    }
}

/// Whether a refusal is about what a person typed, which is an error.
fn is_invalid_input(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::NoStage(_) | Refusal::NoCertificate(_) | Refusal::NoPath(_) | Refusal::NoBackend { .. }
    )
}

/// An account and Region with what exists there now.
struct Session {
    live: LiveRotation,
    metrics: Metrics,
    inventory: Inventory,
    /// The rotations in progress, the oldest first.
    rotations: Vec<Rotation>,
    problems: Vec<TagProblem>,
    now: Timestamp,
}

impl Session {
    async fn open(args: &RotateAccountArgs, bus: Option<&str>) -> Result<Self, Failure> {
        let aws = Aws::load_profile(args.region.as_deref(), args.profile.as_deref()).await?;
        ensure_region(&aws)?;
        let home = aws.home(None, Deadline::none()).await?;
        let account = args.account.as_deref().unwrap_or(&home.account);
        let reached = aws.assume_account(&home, account, args.role_name.as_deref()).await?;
        let now = crate::clock::now();
        let live = reached.rotation(&home.region, bus, now)?;
        let metrics = reached.metrics(&home.region);
        let inventory = live.inventory().await?;
        let (rotations, problems) = rotations(&inventory);
        Ok(Self { live, metrics, inventory, rotations, problems, now })
    }

    async fn of_step(args: &RotateStepArgs) -> Result<(Self, Vec<Target>), Stop> {
        let targets = targets(&args.targets)?;
        Ok((Self::open(&args.account, args.event_bus.as_deref()).await?, targets))
    }

    /// The rotations that the targets name.
    fn selected(&self, targets: &[Target]) -> Result<Vec<&Rotation>, Refusal> {
        select::rotations(&self.rotations, &self.problems, &self.inventory, targets)
    }

    /// Sends an event for a step that was done, if there is an event bus.
    async fn send(&self, command: Command, rotation: &Rotation) -> Result<(), Failure> {
        let home = self.live.account_region();
        let event = StepEvent {
            account_id: home.account.clone(),
            aws_region: home.region.clone(),
            step: command.into(),
            stages: rotation.state.stages.clone(),
            old_certificate: rotation.state.replaces.clone(),
            new_certificate: rotation.new.clone(),
        };
        self.live.send(&event).await
    }

    /// The rotations with these new certificates as they are now.
    async fn current(&self, selected: &[&Rotation]) -> Result<Vec<Rotation>, Failure> {
        let (all, _) = rotations(&self.live.inventory().await?);
        Ok(all.into_iter().filter(|it| selected.iter().any(|known| known.new == it.new)).collect())
    }
}

fn targets(texts: &[String]) -> Result<Vec<Target>, Failure> {
    let parse = |text: &String| {
        Target::parse(text).map_err(|problem| Failure::Malformed { field: "API/STAGE".into(), problem })
    };
    texts.iter().map(parse).collect()
}

/// Whether people read the output.
fn is_text(args: &RotateAccountArgs) -> bool {
    args.format == TableFormat::Table
}
