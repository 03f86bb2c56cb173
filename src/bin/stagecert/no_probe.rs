//! Replaces `commands/probe` in a program that is built without the feature `probe`.

use stagecert::Failure;

use crate::exit_status::ExitStatus;

pub(crate) fn probe() -> Result<ExitStatus, Failure> {
    Err(Failure::NotSupported("probes: this program was built without the feature `probe`".into()))
}
