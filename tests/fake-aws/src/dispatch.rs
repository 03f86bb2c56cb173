//! From a request to an answer: who calls, what of, what goes wrong, is it too often; then the operation, and the log.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use serde_json::Value;

use crate::faults::{Fault, Faults, throttled};
use crate::gate::Gate;
use crate::limits::Limits;
use crate::log::{Log, LoggedCall, crossed};
use crate::operations::{self, Call};
use crate::routes::{Asked, route};
use crate::wire::{Protocol, Refusal, Reply, Request};
use crate::world::{Key, World};

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) limits: Limits,
    pub(crate) latency_millis: AtomicU64,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Reply(Reply),
    /// Half of it is sent.
    Truncated(Reply),
    Reset,
    Hang,
    /// It is asked again after the gate.
    AskAgain(Gate),
    /// It is sent after the gate.
    PreviousResult(Gate, Reply),
}

impl Shared {
    pub(crate) fn lock_world(&self) -> MutexGuard<'_, World> {
        // A test that panics while it holds the world must still see the server end.
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let scope = Scope::of(request.header("authorization"));
        let mut call = LoggedCall {
            operation: "?",
            service: scope.as_ref().map_or_else(String::new, |scope| scope.service.into()),
            account: String::new(),
            region: scope.as_ref().map_or_else(String::new, |scope| scope.region.into()),
            key_id: scope.as_ref().map_or_else(String::new, |scope| scope.key_id.into()),
            role: None,
            at: Instant::now(),
            status: 0,
            error: None,
            input: Value::Null,
            crossed: None,
        };
        let asked = match route(request) {
            Ok(asked) => asked,
            Err(problem) => {
                call.input = problem.as_str().into();
                let refusal = Refusal::with_status(404, "UnknownOperationException", problem);
                return self.refuse(call, Protocol::Json, refusal);
            }
        };
        (call.operation, call.input) = (asked.operation, asked.input.clone());
        let mut world = self.lock_world();
        let key = match caller(&world, scope.as_ref(), &asked, request) {
            Ok(key) => key,
            Err(refusal) => return self.refuse(call, asked.protocol, refusal),
        };
        (call.account, call.role) = (key.account.clone(), key.role.clone());
        if asked.service != "sts" {
            call.crossed = crossed(&world, &key.account, &call.region, &asked.input);
        }
        let fault = self.faults.strike(asked.operation, &key.account);
        match &fault {
            Some(Fault::Before(change)) => change(&mut world),
            Some(Fault::HoldRequest(gate)) => return Answer::AskAgain(gate.clone()),
            _ => {}
        }
        let refusal = fault
            .as_ref()
            .and_then(|fault| fault.refusal(asked.service, asked.protocol, &key.arn, asked.operation));
        if let Some(refusal) = refusal {
            return self.refuse(call, asked.protocol, refusal);
        }
        match fault {
            Some(Fault::ConnectionReset) => {
                self.log.push(call);
                return Answer::Reset;
            }
            Some(Fault::Hang) => {
                self.log.push(call);
                return Answer::Hang;
            }
            _ => {}
        }
        if !self.limits.admit(&key.account, &call.region, asked.service, asked.operation) {
            return self.refuse(call, asked.protocol, throttled(asked.service, asked.protocol));
        }
        let said = operations::answer(
            asked.service,
            asked.operation,
            &mut Call {
                world: &mut world,
                key_id: &call.key_id,
                key: &key,
                region: &call.region,
                input: &asked.input,
                fault: fault.as_ref(),
            },
        );
        call.error = said.as_ref().err().map(|refusal| refusal.code.clone());
        let mut reply = Reply::of(asked.protocol, said);
        call.status = reply.status;
        self.log.push(call);
        match fault {
            Some(Fault::HoldAnswer(gate)) => Answer::PreviousResult(gate, reply),
            Some(Fault::TruncatedBody) => Answer::Truncated(reply),
            Some(Fault::MalformedJson) => {
                reply.status = 200;
                reply.body = b"{\"Results\": [<html>".to_vec();
                Answer::Reply(reply)
            }
            _ => Answer::Reply(reply),
        }
    }

    fn refuse(&self, mut call: LoggedCall, protocol: Protocol, refusal: Refusal) -> Answer {
        (call.status, call.error) = (refusal.status, Some(refusal.code.clone()));
        self.log.push(call);
        Answer::Reply(Reply::of(protocol, Err(refusal)))
    }
}

/// What `Credential=KEY/DATE/REGION/SERVICE/aws4_request` says.
struct Scope<'r> {
    key_id: &'r str,
    region: &'r str,
    service: &'r str,
}

impl<'r> Scope<'r> {
    fn of(authorization: &'r str) -> Option<Self> {
        let (_, credential) = authorization.split_once("Credential=")?;
        let credential = credential.split([',', ' ']).next()?;
        match credential.split('/').collect::<Vec<_>>().as_slice() {
            [key_id, _, region, service, "aws4_request"] => Some(Self { key_id, region, service }),
            _ => None,
        }
    }
}

/// Whose the credentials are. Their signature is not checked: the secret is everybody's.
fn caller(
    world: &World,
    scope: Option<&Scope<'_>>,
    asked: &Asked,
    request: &Request,
) -> Result<Key, Refusal> {
    let query = asked.protocol == Protocol::Query;
    let refused = |code: &str, query_code: &str, told: &str| {
        Refusal::with_status(403, if query { query_code } else { code }, told)
    };
    let none = "Missing Authentication Token";
    let missing = || refused("MissingAuthenticationTokenException", "MissingAuthenticationToken", none);
    let scope = scope.ok_or_else(missing)?;
    if scope.service != asked.service {
        let told = format!("Credential should be scoped to correct service: '{}'.", asked.service);
        return Err(refused("InvalidSignatureException", "SignatureDoesNotMatch", &told));
    }
    let invalid = || {
        let told = "The security token included in the request is invalid.";
        refused("UnrecognizedClientException", "InvalidClientTokenId", told)
    };
    let key = world.keys.get(scope.key_id).ok_or_else(invalid)?;
    let token = request.headers.get("x-amz-security-token");
    if key.session_token.is_some() && key.session_token.as_ref() != token {
        return Err(invalid());
    }
    if key.expires.is_some_and(|end| end <= world.clock.real()) {
        let told = "The security token included in the request is expired";
        return Err(refused("ExpiredTokenException", "ExpiredToken", told));
    }
    // As a Region that the account has not opted in to.
    let global = ["sts", "organizations", "account"].contains(&asked.service);
    if !global && world.try_region(&key.account, scope.region).is_none() {
        return Err(invalid());
    }
    Ok(key.clone())
}
