//! Fault injection: faults are scheduled by operation and call number.

use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::gate::Gate;
use crate::wire::{Protocol, Refusal};
use crate::world::World;

/// A fault injected into one call.
#[derive(Clone)]
pub enum Fault {
    /// The service's own throttling error; API Gateway adds `Retry-After: 1`.
    Throttle,
    /// An HTTP 500 response.
    Http500,
    /// The connection closes without a response.
    ConnectionReset,
    /// No response is ever sent.
    Hang,
    /// The call is processed, and the connection closes without a response.
    LostResponse,
    /// The headers promise more than is sent before the connection closes.
    TruncatedBody,
    /// Status 200 with a body that isn't valid JSON (XML, CBOR).
    MalformedJson,
    /// The call is processed, and this status and body are the response: a wrong answer.
    Answer(u16, String),
    /// The caller lacks the permission.
    AccessDenied,
    /// A page token that is no longer valid. Each service refuses it in its own way, even on a
    /// first page.
    ExpiredPageToken,
    /// `PutEvaluations` accepts all but these.
    FailedEvaluations(Refused),
    /// `InvalidResultTokenException`.
    ExpiredResultToken,
    /// `BatchGetResourceConfig` leaves every key unprocessed.
    UnprocessedKeys,
    /// A page of `SelectResourceConfig`, or of a list of the front door's services, omits these
    /// rows, as if they had been missed between two pages. A row of a list is meant by the text of
    /// any of its members, such as a name, an ID or an ARN.
    MissingRows(Vec<String>),
    /// The same calls return an empty page, and say that there are no more.
    EmptyList,
    /// The call waits at a gate before it is processed, so the response shows the world after the
    /// gate opens.
    HoldRequest(Gate),
    /// The response waits at a gate, so it shows the world before the gate opens.
    HoldResponse(Gate),
    /// The world changes just before the call is answered.
    Before(Arc<dyn Fn(&mut World) + Send + Sync>),
}

/// Which evaluations Config refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The first evaluation of the call.
    First,
    /// All evaluations of the call.
    All,
    /// The evaluations of these resources.
    Ids(Vec<String>),
}

impl Fault {
    /// A change to the world just before the call is answered, for example a stage deleted between
    /// two calls.
    pub fn before(change: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        Self::Before(Arc::new(change))
    }

    /// Whether the fault hides a row of a list from the caller.
    pub(crate) fn hides(&self, row: &Value) -> bool {
        match self {
            Self::EmptyList => true,
            Self::MissingRows(rows) => {
                let texts = row.as_object().into_iter().flat_map(|members| members.values());
                texts.filter_map(Value::as_str).any(|text| rows.iter().any(|row| row == text))
            }
            _ => false,
        }
    }

    /// The service's response if the fault is a refusal.
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
                let xml = matches!(protocol, Protocol::Ec2 | Protocol::S3);
                let code = if xml { "InternalError" } else { "InternalFailure" };
                Some(Refusal::with_status(500, code, "The request processing has failed."))
            }
            Self::AccessDenied => {
                let code = match protocol {
                    Protocol::Query | Protocol::S3 => "AccessDenied",
                    Protocol::Ec2 => "UnauthorizedOperation",
                    Protocol::Json | Protocol::Cbor | Protocol::Rest => "AccessDeniedException",
                };
                let status = if matches!(protocol, Protocol::Json | Protocol::Cbor) { 400 } else { 403 };
                let message = format!("User: {caller} is not authorized to perform: {service}:{operation}");
                Some(Refusal::with_status(status, code, message))
            }
            _ => None,
        }
    }
}

/// The throttling error of a service.
pub(crate) fn throttled(service: &str, protocol: Protocol) -> Refusal {
    match (service, protocol) {
        ("apigateway", _) => Refusal {
            retry_after: Some(1),
            ..Refusal::with_status(429, "TooManyRequestsException", "Too Many Requests")
        },
        ("tagging", _) => Refusal::new("ThrottledException", "Rate exceeded"),
        (_, Protocol::Query) => Refusal::new("Throttling", "Rate exceeded"),
        (_, Protocol::Ec2) => Refusal::with_status(503, "RequestLimitExceeded", "Request limit exceeded."),
        (_, Protocol::S3) => Refusal::with_status(503, "SlowDown", "Please reduce your request rate."),
        _ => Refusal::new("ThrottlingException", "Rate exceeded"),
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailedEvaluations(refused) => write!(f, "FailedEvaluations({refused:?})"),
            Self::MissingRows(rows) => write!(f, "MissingRows({rows:?})"),
            Self::Answer(status, body) => write!(f, "Answer({status}, {body:?})"),
            Self::EmptyList => f.write_str("EmptyList"),
            Self::HoldRequest(_) => f.write_str("HoldRequest"),
            Self::HoldResponse(_) => f.write_str("HoldResponse"),
            Self::Before(_) => f.write_str("Before(…)"),
            Self::Throttle => f.write_str("Throttle"),
            Self::Http500 => f.write_str("Http500"),
            Self::ConnectionReset => f.write_str("ConnectionReset"),
            Self::Hang => f.write_str("Hang"),
            Self::LostResponse => f.write_str("LostResponse"),
            Self::TruncatedBody => f.write_str("TruncatedBody"),
            Self::MalformedJson => f.write_str("MalformedJson"),
            Self::AccessDenied => f.write_str("AccessDenied"),
            Self::ExpiredPageToken => f.write_str("ExpiredPageToken"),
            Self::ExpiredResultToken => f.write_str("ExpiredResultToken"),
            Self::UnprocessedKeys => f.write_str("UnprocessedKeys"),
        }
    }
}

/// The scheduled faults.
#[derive(Debug, Default)]
pub struct Faults {
    planned: Mutex<Vec<Planned>>,
}

#[derive(Debug)]
struct Planned {
    /// `None` for every operation.
    operation: Option<String>,
    account: Option<String>,
    /// The number of calls to let through first.
    calls_to_skip: usize,
    always: bool,
    fault: Fault,
}

impl Faults {
    /// Injects a fault into the `nth` call of an operation from now on (the first is 1), and no
    /// other.
    pub fn at(&self, operation: &str, nth: usize, fault: Fault) {
        self.plan(Some(operation), None, nth, false, fault);
    }

    /// Injects a fault into the `nth` call from now on, of any operation, and no other.
    pub fn at_call(&self, nth: usize, fault: Fault) {
        self.plan(None, None, nth, false, fault);
    }

    /// Like [`Faults::at`], for calls in one account.
    pub fn at_in(&self, account: &str, operation: &str, nth: usize, fault: Fault) {
        self.plan(Some(operation), Some(account), nth, false, fault);
    }

    /// Injects a fault into every call of an operation.
    pub fn always(&self, operation: &str, fault: Fault) {
        self.plan(Some(operation), None, 1, true, fault);
    }

    /// Like [`Faults::always`], for calls in one account.
    pub fn always_in(&self, account: &str, operation: &str, fault: Fault) {
        self.plan(Some(operation), Some(account), 1, true, fault);
    }

    /// Injects a fault into every call of an operation from the `nth` on.
    pub fn from(&self, operation: &str, nth: usize, fault: Fault) {
        self.plan(Some(operation), None, nth, true, fault);
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.planned.lock().expect("no thread panics while planning").clear();
    }

    /// The number of scheduled faults that haven't occurred yet, not counting permanent ones.
    pub fn left(&self) -> usize {
        self.planned.lock().expect("no thread panics while planning").iter().filter(|one| !one.always).count()
    }

    fn plan(&self, operation: Option<&str>, account: Option<&str>, nth: usize, always: bool, fault: Fault) {
        assert!(nth > 0, "calls are counted from 1");
        let planned = Planned {
            operation: operation.map(Into::into),
            account: account.map(Into::into),
            calls_to_skip: nth - 1,
            always,
            fault,
        };
        self.planned.lock().expect("no thread panics while planning").push(planned);
    }

    /// The fault of this call, if any.
    pub(crate) fn next_fault(&self, operation: &str, account: &str) -> Option<Fault> {
        let mut planned = self.planned.lock().expect("no thread panics while planning");
        let mut struck = None;
        planned.retain_mut(|one| {
            let meant = one.operation.as_deref().is_none_or(|of| of == operation)
                && one.account.as_deref().is_none_or(|of| of == account);
            if !meant {
                return true;
            }
            if one.calls_to_skip > 0 {
                one.calls_to_skip -= 1;
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
    fn a_fault_hits_the_call_it_was_scheduled_for() {
        let faults = Faults::default();
        faults.at("GetStages", 2, Fault::Http500);
        faults.always_in("1", "GetStages", Fault::Throttle);
        assert!(matches!(faults.next_fault("GetStages", "1"), Some(Fault::Throttle)));
        assert!(matches!(faults.next_fault("GetStages", "2"), Some(Fault::Http500)));
        assert!(faults.next_fault("GetStages", "2").is_none());
        assert!(faults.next_fault("GetExport", "1").is_none());
        assert_eq!(faults.left(), 0);
    }
}
