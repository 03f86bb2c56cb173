//! From a request to a response: caller, target, injected faults, rate limits, the operation
//! itself, and the log.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use serde_json::Value;

use crate::faults::{Fault, Faults, throttled};
use crate::gate::Gate;
use crate::limits::Limits;
use crate::log::{Log, LoggedCall, crossed};
use crate::operations::invocations::Invocation;
use crate::operations::{self, Call};
use crate::routes::{RoutedRequest, route};
use crate::wire::{Output, Protocol, Refusal, Reply, Request};
use crate::world::{Key, Presigned, World};

/// State shared by all connections.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) limits: Limits,
    pub(crate) latency_millis: AtomicU64,
}

/// The outcome of a request.
#[derive(Debug)]
pub(crate) enum Action {
    Reply(Reply),
    /// A response of which half is sent.
    Truncated(Reply),
    Reset,
    Hang,
    /// Process the request again after the gate opens.
    Retry(Gate),
    /// Call a backend, whose response is part of the reply, to which the fault then happens.
    Invoke(Box<Invocation>, Option<Fault>),
    /// Send the response after the gate opens.
    Delayed(Gate, Reply),
}

impl Shared {
    pub(crate) fn lock_world(&self) -> MutexGuard<'_, World> {
        // If a test panics while it holds the world, the server must still be able to shut down.
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn handle(&self, request: &Request) -> Action {
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
        let routed = match route(request, scope.as_ref().map(|scope| scope.service)) {
            Ok(routed) => routed,
            Err(problem) => {
                call.input = problem.as_str().into();
                let refusal = Refusal::with_status(404, "UnknownOperationException", problem);
                return self.refuse(call, Protocol::Json, refusal);
            }
        };
        (call.operation, call.input) = (routed.operation, routed.input.clone());
        let mut world = self.lock_world();
        let presigned =
            routed.input["signature"].as_str().and_then(|signature| world.presigned.get(signature));
        let caller = if routed.operation == "GetPresignedObject" {
            if let Some(presigned) = presigned {
                call.region.clone_from(&presigned.region);
            }
            Ok(anonymous(presigned))
        } else {
            caller(&world, scope.as_ref(), &routed, request)
        };
        let key = match caller {
            Ok(key) => key,
            Err(refusal) => return self.refuse(call, routed.protocol, refusal),
        };
        (call.account, call.role) = (key.account.clone(), key.role.clone());
        if routed.service != "sts" {
            call.crossed = crossed(&world, &key.account, &call.region, &routed.input);
        }
        let fault = self.faults.next_fault(routed.operation, &key.account);
        match &fault {
            Some(Fault::Before(change)) => change(&mut world),
            Some(Fault::HoldRequest(gate)) => return Action::Retry(gate.clone()),
            _ => {}
        }
        let refusal = fault
            .as_ref()
            .and_then(|fault| fault.refusal(routed.service, routed.protocol, &key.arn, routed.operation));
        if let Some(refusal) = refusal {
            return self.refuse(call, routed.protocol, refusal);
        }
        match fault {
            Some(Fault::ConnectionReset) => {
                self.log.push(call);
                return Action::Reset;
            }
            Some(Fault::Hang) => {
                self.log.push(call);
                return Action::Hang;
            }
            _ => {}
        }
        if !self.limits.admit(&key.account, &call.region, routed.service, routed.operation) {
            return self.refuse(call, routed.protocol, throttled(routed.service, routed.protocol));
        }
        let output = operations::call(
            routed.service,
            routed.operation,
            &mut Call {
                world: &mut world,
                key_id: &call.key_id,
                key: &key,
                region: &call.region,
                host: request.header("host"),
                input: &routed.input,
                fault: fault.as_ref(),
            },
        );
        call.error = output.as_ref().err().map(|refusal| refusal.code.clone());
        if let Ok(Output::Invocation(invocation)) = output {
            call.status = 200;
            self.log.push(call);
            return Action::Invoke(invocation, fault);
        }
        let reply = Reply::of(routed.protocol, output);
        call.status = reply.status;
        self.log.push(call);
        faulted(fault, reply)
    }

    fn refuse(&self, mut call: LoggedCall, protocol: Protocol, refusal: Refusal) -> Action {
        (call.status, call.error) = (refusal.status, Some(refusal.code.clone()));
        self.log.push(call);
        Action::Reply(Reply::of(protocol, Err(refusal)))
    }
}

/// What a fault that happens after the call is processed does to the reply.
pub(crate) fn faulted(fault: Option<Fault>, mut reply: Reply) -> Action {
    match fault {
        Some(Fault::HoldResponse(gate)) => Action::Delayed(gate, reply),
        Some(Fault::LostResponse) => Action::Reset,
        Some(Fault::TruncatedBody) => Action::Truncated(reply),
        Some(Fault::MalformedJson) => {
            reply.status = 200;
            reply.body = b"{\"Results\": [<html>".to_vec();
            Action::Reply(reply)
        }
        Some(Fault::Answer(status, body)) => {
            (reply.status, reply.body) = (status, body.into_bytes());
            Action::Reply(reply)
        }
        _ => Action::Reply(reply),
    }
}

/// The parts of `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
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

/// The caller of a presigned URL, who needs no credentials; the account is that of the URL.
fn anonymous(presigned: Option<&Presigned>) -> Key {
    Key {
        account: presigned.map(|presigned| presigned.account.clone()).unwrap_or_default(),
        role: None,
        arn: "anonymous".into(),
        session_token: None,
        expires: None,
        assumed_by: None,
    }
}

/// The owner of the credentials. Signatures are not checked, because every account has the same
/// secret.
fn caller(
    world: &World,
    scope: Option<&Scope<'_>>,
    routed: &RoutedRequest,
    request: &Request,
) -> Result<Key, Refusal> {
    let refused = |code: &str, query_code: &str, message: &str| match routed.protocol {
        Protocol::Query => Refusal::with_status(403, query_code, message),
        Protocol::Ec2 => Refusal::with_status(401, "AuthFailure", message),
        Protocol::S3 => {
            let code = match query_code {
                "MissingAuthenticationToken" => "AccessDenied",
                "InvalidClientTokenId" => "InvalidAccessKeyId",
                other => other,
            };
            Refusal::with_status(403, code, message)
        }
        Protocol::Json | Protocol::Cbor | Protocol::Rest => Refusal::with_status(403, code, message),
    };
    let none = "Missing Authentication Token";
    let missing = || refused("MissingAuthenticationTokenException", "MissingAuthenticationToken", none);
    let scope = scope.ok_or_else(missing)?;
    if scope.service != routed.service {
        let message = format!("Credential should be scoped to correct service: '{}'.", routed.service);
        return Err(refused("InvalidSignatureException", "SignatureDoesNotMatch", &message));
    }
    let invalid = || {
        let message = "The security token included in the request is invalid.";
        refused("UnrecognizedClientException", "InvalidClientTokenId", message)
    };
    let key = world.keys.get(scope.key_id).ok_or_else(invalid)?;
    let token = request.headers.get("x-amz-security-token");
    if key.session_token.is_some() && key.session_token.as_ref() != token {
        return Err(invalid());
    }
    if key.expires.is_some_and(|end| end <= world.clock.real()) {
        let message = "The security token included in the request is expired";
        return Err(refused("ExpiredTokenException", "ExpiredToken", message));
    }
    // Treated like a Region that the account hasn't opted in to.
    let global = ["sts", "organizations", "account", "s3"].contains(&routed.service);
    if !global && world.try_region(&key.account, scope.region).is_none() {
        return Err(invalid());
    }
    Ok(key.clone())
}
