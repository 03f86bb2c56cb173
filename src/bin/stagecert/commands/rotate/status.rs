//! `rotate status`: the rotations in progress.

use std::fmt::Write as _;

use stagecert::quote::printable;
use stagecert::rotate::refusal::Stop;
use stagecert::rotate::step::ensure_alone;

use super::page::{self, Row};
use super::{SETTLE, Session, is_text};
use crate::args::RotateStatusArgs;
use crate::exit_status::ExitStatus;

pub(super) async fn run(args: &RotateStatusArgs, out: &mut String) -> Result<ExitStatus, Stop> {
    let session = Session::open(&args.account, None).await?;
    let all = &session.rotations;
    if !is_text(&args.account) {
        let mut rows: Vec<Row> = all.iter().map(|rotation| Row::of(rotation, SETTLE, session.now)).collect();
        for (row, rotation) in rows.iter_mut().zip(all) {
            row.problems.extend(ensure_alone(rotation, all).err().map(|conflict| conflict.to_string()));
        }
        rows.extend(session.problems.iter().map(Row::unknown));
        page::json(rows, out)?;
        return Ok(ExitStatus::NothingFailed);
    }
    for rotation in all {
        page::text(rotation, SETTLE, session.now, out);
        if let Err(conflict) = ensure_alone(rotation, all) {
            let _ = writeln!(out, "  problem: {conflict}");
        }
    }
    for problem in &session.problems {
        let _ = writeln!(out, "problem: {}", printable(&problem.to_string()));
    }
    let home = session.live.account_region();
    let _ = match all.len() {
        0 => writeln!(out, "no rotation is in progress in {home}"),
        1 => writeln!(out, "1 rotation is in progress in {home}"),
        count => writeln!(out, "{count} rotations are in progress in {home}"),
    };
    Ok(ExitStatus::NothingFailed)
}
