/// The outcome of a command that did not fail. Errors exit with status 2.
pub(crate) enum ExitStatus {
    /// Status 0: no check failed.
    NothingFailed,
    /// Status 1: at least one check failed.
    SomethingFailed,
}
