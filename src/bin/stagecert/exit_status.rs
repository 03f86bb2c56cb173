/// What a command found. Errors have a status of their own: 2.
pub(crate) enum ExitStatus {
    /// Status 0: no check failed.
    NothingFailed,
    /// Status 1: at least one check failed.
    SomethingFailed,
}
