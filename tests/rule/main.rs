//! The rule from event to evaluations, on accounts given as snapshots: exactly what would be put.
#![cfg(test)]

mod batches;
mod change;
mod change_exports;
mod confirmation;
mod deployments;
mod evaluate;
mod eventbridge;
mod events;
mod evidence;
mod exemptions;
mod faults;
mod faulty;
mod finding_change_owners;
mod finding_changes;
mod front_door;
mod front_door_events;
mod front_door_example;
mod function_events;
mod last_reminders;
mod mailer;
mod parameters;
mod partitions;
mod progress;
mod reasons;
mod security_hub;
mod sweep;
mod unlisted;
