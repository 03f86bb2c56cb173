//! The gateway: serves requests to the stages of REST APIs, as `GET /API/STAGE/PATH`. It calls the
//! API's real backend, presents the certificate that the stage has at that moment, and counts the
//! requests for CloudWatch. For an API without one, `RegionOptions::backend` answers.

mod backend;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};

pub(crate) use self::backend::{Answer, BackendRequest, BackendResponse};
use crate::connections::Server;
use crate::dispatch::Shared;
use crate::model::ApiKind;
use crate::server::FakeAws;
use crate::world::World;

/// A running gateway. It shuts down when dropped.
#[derive(Debug)]
pub struct Gateway {
    server: Server,
}

impl Gateway {
    /// Serves the stages of a fake AWS on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If there is no free port.
    pub fn spawn(fake_aws: &FakeAws) -> io::Result<Self> {
        let shared = fake_aws.shared();
        let service = service_fn(move |request| respond(Arc::clone(&shared), request));
        Ok(Self { server: Server::spawn(0, service)? })
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.server.address.to_string()
    }

    /// The number of TCP connections opened so far.
    pub fn connections(&self) -> usize {
        self.server.accepted.load(Ordering::Relaxed)
    }
}

async fn respond(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let (api, stage) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let rest = format!("/{}", parts.next().unwrap_or_default());
    let target = shared.lock_world().target(api, stage, request.method().as_str(), &rest);
    let begun = Instant::now();
    let answer = match target {
        // As API Gateway responds to requests for a stage that doesn't exist.
        None => return Ok(reply(403, "{\"message\":\"Forbidden\"}".into())),
        Some(Target::Simulated(answer)) => answer,
        Some(Target::Real(request)) => request.send().await,
    };
    let (status, body) = match answer {
        Ok(response) => (response.status, response.body),
        Err(problem) => (500, format!("{{\"message\":\"Internal server error\",\"problem\":\"{problem}\"}}")),
    };
    shared.lock_world().count_request(api, stage, status, begun.elapsed());
    Ok(reply(status, body))
}

fn reply(status: u16, body: String) -> Response<String> {
    let status = hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::BAD_GATEWAY);
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// What responds to a request to a stage.
enum Target {
    Real(BackendRequest),
    Simulated(Answer),
}

impl World {
    /// What responds to a request to a stage; `None` if there is no such stage of a REST API.
    fn target(&mut self, api: &str, stage: &str, method: &str, path: &str) -> Option<Target> {
        let (account, region) = self.api_homes.get(api)?.clone();
        let offset = self.clock.offset();
        let region = self.accounts.get_mut(&account)?.regions.get_mut(&region)?;
        let api = region.apis.get(api).filter(|api| api.kind == ApiKind::Rest)?;
        let stage = api.stages.get(stage)?;
        let presented = match region.stale.get_mut(&stage.arn) {
            Some((old, left)) if *left > 0 => {
                *left -= 1;
                if left.is_multiple_of(2) { &stage.state.certificate } else { &*old }
            }
            _ => &stage.state.certificate,
        };
        // A certificate that no longer exists is not presented. UNVERIFIED: API Gateway might
        // refuse the request instead, which the client can't distinguish from a backend that does.
        let certificate = presented.as_ref().and_then(|id| region.certificates.get(id));
        if api.backend.is_none() {
            let id = certificate.map(|certificate| certificate.id.as_str());
            return Some(Target::Simulated(region.options.backend.answer(id)));
        }
        let identity = certificate.map(|certificate| certificate.identity(offset));
        let (url, ca) = (api.uri(path), region.options.backend_ca.clone());
        Some(Target::Real(BackendRequest { method: method.into(), url, ca, identity }))
    }

    fn count_request(&mut self, api: &str, stage: &str, status: u16, latency: std::time::Duration) {
        let Some((account, region)) = self.api_homes.get(api).cloned() else { return };
        let at = self.clock.certificates_now();
        let region = self.region_mut(&account, &region);
        let Some(api) = region.apis.get(api) else { return };
        region.traffic.count(&api.name, stage, at, status, latency);
    }

    /// Gives a REST API a real backend, such as `https://localhost:4433`.
    ///
    /// # Panics
    /// If there is no such API.
    pub fn set_backend(&mut self, api: &str, url: &str) {
        let (account, region) = self.api_homes.get(api).expect("the API exists").clone();
        let apis = &mut self.region_mut(&account, &region).apis;
        apis.get_mut(api).expect("the API exists").backend = Some(url.into());
    }
}
