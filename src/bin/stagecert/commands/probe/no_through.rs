//! Replaces `through.rs` in a program that is built without the feature `fleet`.

use std::future::ready;

use stagecert::Failure;
use stagecert::failure::Unsupported;
use stagecert::resources::probe_result::{NotProbed, Probe};

use crate::args::{Label, LiveArgs, ThroughArgs};

/// A request through API Gateway: never, in this program.
pub(super) enum Through {
    #[expect(dead_code, reason = "this program makes none")]
    Made(Box<Probe>, Vec<NotProbed>),
    #[expect(dead_code, reason = "this program makes none")]
    Described(String),
}

pub(super) async fn run(_: &ThroughArgs, _: &Label, _: &LiveArgs, _: bool) -> Result<Through, Failure> {
    ready(Err(Failure::NotSupported(Unsupported::LiveAccounts { feature: "fleet" }))).await
}
