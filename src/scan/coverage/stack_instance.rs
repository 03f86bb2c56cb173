//! Stack instances: the stacks of a StackSet, one per account and Region.

/// A stack instance, as `ListStackInstances` returns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackInstance {
    /// The name of its StackSet.
    pub stack_set: String,
    /// The account ID.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The organizational unit through which it was deployed, if any.
    pub organizational_unit: Option<String>,
    /// `CURRENT`, `OUTDATED` or `INOPERABLE`.
    pub status: String,
    /// `SUCCEEDED`, `FAILED` and so on; empty if AWS returns none.
    pub detailed_status: String,
    /// AWS's explanation of the status.
    pub status_reason: Option<String>,
}

/// What the statuses of a stack instance mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// The stack is up to date.
    Current,
    /// An operation on the stack is waiting or running.
    InProgress,
    /// The stack is missing, out of date or can't be updated.
    Failed,
    /// The account is suspended.
    Suspended,
}

impl StackInstance {
    /// What its statuses mean. Unknown statuses count as failed: a false alarm is better than a
    /// missing rule.
    #[must_use]
    pub fn state(&self) -> InstanceState {
        match (self.status.as_str(), self.detailed_status.as_str()) {
            (_, "SKIPPED_SUSPENDED_ACCOUNT") => InstanceState::Suspended,
            ("CURRENT", "SUCCEEDED" | "") => InstanceState::Current,
            ("CURRENT" | "OUTDATED", "PENDING" | "RUNNING") => InstanceState::InProgress,
            _ => InstanceState::Failed,
        }
    }

    /// The statuses and AWS's reason, for a person.
    #[must_use]
    pub fn explanation(&self) -> String {
        let statuses = [self.status.as_str(), self.detailed_status.as_str()];
        let statuses =
            statuses.into_iter().filter(|status| !status.is_empty()).collect::<Vec<_>>().join(", ");
        let reason = self.status_reason.as_deref().unwrap_or("AWS gives no reason");
        format!("StackSet {}: {statuses}: {reason}", self.stack_set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_current_and_running_instances_are_not_failed() {
        use InstanceState::{Current, Failed, InProgress, Suspended};
        for (status, detailed, expected) in [
            ("CURRENT", "SUCCEEDED", Current),
            ("CURRENT", "", Current),
            ("CURRENT", "RUNNING", InProgress),
            ("OUTDATED", "PENDING", InProgress),
            ("OUTDATED", "RUNNING", InProgress),
            ("OUTDATED", "SUCCEEDED", Failed),
            ("OUTDATED", "FAILED", Failed),
            ("OUTDATED", "CANCELLED", Failed),
            ("OUTDATED", "", Failed),
            ("CURRENT", "FAILED", Failed),
            ("INOPERABLE", "INOPERABLE", Failed),
            ("INOPERABLE", "PENDING", Failed),
            ("CURRENT", "FAILED_IMPORT", Failed),
            ("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT", Suspended),
            ("NEW", "NEW", Failed),
            ("", "", Failed),
        ] {
            let instance = StackInstance {
                status: status.into(),
                detailed_status: detailed.into(),
                ..StackInstance::default()
            };
            assert_eq!(instance.state(), expected, "{status} {detailed}");
        }
    }
}
