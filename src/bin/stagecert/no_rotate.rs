//! Replaces `commands/rotate/` in a program that is built without the feature `rotate`.

use stagecert::Failure;
use stagecert::failure::Unsupported;

use crate::exit_status::ExitStatus;

pub(crate) fn rotate() -> Result<ExitStatus, Failure> {
    Err(Failure::NotSupported(Unsupported::LiveAccounts { feature: "rotate" }))
}
