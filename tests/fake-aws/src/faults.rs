//! What goes wrong, and when: planned by operation and by which call of it.

use std::fmt;
use std::sync::{Arc, Mutex};

use crate::gate::Gate;
use crate::wire::{Protocol, Refusal};
use crate::world::World;

/// Something that goes wrong with one call.
#[derive(Clone)]
pub enum Fault {
    /// The service's own throttling error; API Gateway's with `Retry-After: 1`.
    Throttle,
    /// Status 500.
    Http500,
    /// The connection ends without an answer.
    ConnectionReset,
    /// No answer ever comes.
    Hang,
    /// The headers promise more than is sent; then the connection ends.
    TruncatedBody,
    /// Status 200 with a body that is no JSON (XML, CBOR).
    MalformedJson,
    /// The caller lacks the permission.
    AccessDenied,
    /// A page token that was good is good no more: refused in each service's own way, on a first page too.
    ExpiredPageToken,
    /// `PutEvaluations` takes all but these.
    FailedEvaluations(Refused),
    /// `InvalidResultTokenException`.
    ExpiredResultToken,
    /// `BatchGetResourceConfig` leaves every key unprocessed.
    UnprocessedKeys,
    /// `SelectResourceConfig` leaves these rows out, as if they had slipped between two pages.
    MissingRows(Vec<String>),
    /// The call is held up at a gate before anything is looked at: what is answered is the world after the gate.
    HoldRequest(Gate),
    /// The call is answered, and the answer held up: it is of the world before the gate.
    HoldAnswer(Gate),
    /// The world changes just before the call is answered.
    Before(Arc<dyn Fn(&mut World) + Send + Sync>),
}

/// Which evaluations Config refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The first of the call.
    First,
    /// All of the call.
    All,
    /// Those of these resources.
    Ids(Vec<String>),
}

impl Fault {
    /// A change of the world just before the call is answered, such as a stage deleted between two calls.
    pub fn before(change: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        Self::Before(Arc::new(change))
    }

    /// What the service says, where the fault is a refusal.
    pub(crate) fn refusal(
        &self,
        service: &str,
        protocol: Protocol,
        caller: &str,
        operation: &str,
    ) -> Option<Refusal> {
        match self {
            Self::Throttle => Some(throttled(service, protocol)),
            Self::Http500 => {
                Some(Refusal::with_status(500, "InternalFailure", "The request processing has failed."))
            }
            Self::AccessDenied => {
                let code = if protocol == Protocol::Query { "AccessDenied" } else { "AccessDeniedException" };
                let status = if matches!(protocol, Protocol::Json | Protocol::Cbor) { 400 } else { 403 };
                let told = format!("User: {caller} is not authorized to perform: {service}:{operation}");
                Some(Refusal::with_status(status, code, told))
            }
            _ => None,
        }
    }
}

/// The refusal of one call too many.
pub(crate) fn throttled(service: &str, protocol: Protocol) -> Refusal {
    match (service, protocol) {
        ("apigateway", _) => Refusal {
            retry_after: Some(1),
            ..Refusal::with_status(429, "TooManyRequestsException", "Too Many Requests")
        },
        ("tagging", _) => Refusal::new("ThrottledException", "Rate exceeded"),
        (_, Protocol::Query) => Refusal::new("Throttling", "Rate exceeded"),
        _ => Refusal::new("ThrottlingException", "Rate exceeded"),
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailedEvaluations(refused) => write!(f, "FailedEvaluations({refused:?})"),
            Self::MissingRows(rows) => write!(f, "MissingRows({rows:?})"),
            Self::HoldRequest(_) => f.write_str("HoldRequest"),
            Self::HoldAnswer(_) => f.write_str("HoldAnswer"),
            Self::Before(_) => f.write_str("Before(…)"),
            Self::Throttle => f.write_str("Throttle"),
            Self::Http500 => f.write_str("Http500"),
            Self::ConnectionReset => f.write_str("ConnectionReset"),
            Self::Hang => f.write_str("Hang"),
            Self::TruncatedBody => f.write_str("TruncatedBody"),
            Self::MalformedJson => f.write_str("MalformedJson"),
            Self::AccessDenied => f.write_str("AccessDenied"),
            Self::ExpiredPageToken => f.write_str("ExpiredPageToken"),
            Self::ExpiredResultToken => f.write_str("ExpiredResultToken"),
            Self::UnprocessedKeys => f.write_str("UnprocessedKeys"),
        }
    }
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub struct Faults {
    planned: Mutex<Vec<Planned>>,
}

#[derive(Debug)]
struct Planned {
    operation: String,
    account: Option<String>,
    /// Calls that pass before it strikes.
    to_pass: usize,
    always: bool,
    fault: Fault,
}

impl Faults {
    /// Strikes the `nth` call of an operation from now, counted from 1, and no other.
    pub fn at(&self, operation: &str, nth: usize, fault: Fault) {
        self.plan(operation, None, nth, false, fault);
    }

    /// The same for calls in one account.
    pub fn at_in(&self, account: &str, operation: &str, nth: usize, fault: Fault) {
        self.plan(operation, Some(account), nth, false, fault);
    }

    /// Strikes every call of an operation.
    pub fn always(&self, operation: &str, fault: Fault) {
        self.plan(operation, None, 1, true, fault);
    }

    /// The same for calls in one account.
    pub fn always_in(&self, account: &str, operation: &str, fault: Fault) {
        self.plan(operation, Some(account), 1, true, fault);
    }

    /// Strikes every call of an operation from the `nth` on.
    pub fn from(&self, operation: &str, nth: usize, fault: Fault) {
        self.plan(operation, None, nth, true, fault);
    }

    /// Nothing goes wrong any more.
    pub fn clear(&self) {
        self.planned.lock().expect("nobody panics while planning").clear();
    }

    /// How many planned faults have not struck yet, those that always strike aside.
    pub fn left(&self) -> usize {
        self.planned.lock().expect("nobody panics while planning").iter().filter(|one| !one.always).count()
    }

    fn plan(&self, operation: &str, account: Option<&str>, nth: usize, always: bool, fault: Fault) {
        assert!(nth > 0, "calls are counted from 1");
        let planned = Planned {
            operation: operation.into(),
            account: account.map(Into::into),
            to_pass: nth - 1,
            always,
            fault,
        };
        self.planned.lock().expect("nobody panics while planning").push(planned);
    }

    /// The fault that strikes this call.
    pub(crate) fn strike(&self, operation: &str, account: &str) -> Option<Fault> {
        let mut planned = self.planned.lock().expect("nobody panics while planning");
        let mut struck = None;
        planned.retain_mut(|one| {
            let meant = one.operation == operation && one.account.as_deref().is_none_or(|of| of == account);
            if !meant {
                return true;
            }
            if one.to_pass > 0 {
                one.to_pass -= 1;
                return true;
            }
            if struck.is_some() {
                return true;
            }
            struck = Some(one.fault.clone());
            one.always
        });
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_the_call_it_is_planned_for() {
        let faults = Faults::default();
        faults.at("GetStages", 2, Fault::Http500);
        faults.always_in("1", "GetStages", Fault::Throttle);
        assert!(matches!(faults.strike("GetStages", "1"), Some(Fault::Throttle)));
        assert!(matches!(faults.strike("GetStages", "2"), Some(Fault::Http500)));
        assert!(faults.strike("GetStages", "2").is_none());
        assert!(faults.strike("GetExport", "1").is_none());
        assert_eq!(faults.left(), 0);
    }
}
