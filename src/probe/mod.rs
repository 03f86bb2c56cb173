//! Sends requests to backends, to see whether they refuse a request without API Gateway's client
//! certificate. The function never links it.
//!
//! The verdict is pure ([`verdict`]), from what each request showed ([`observation`]).

mod address;
mod closing;
mod counted;
mod exchange;
mod handshake;
mod impostor;
mod observation;
mod refusal;
mod resolve;
mod roots;
pub mod through;
mod verdict;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::quote::brief;
use crate::resources::origin::{Origin, Scheme};
use crate::resources::probe_result::{Outcome, Probe, ProbeAttempts, ProbeVerdict, ProbedStage, TlsVersion};
use crate::resources::resolve_override::ResolveOverride;
use address::ensure_permitted;
use exchange::{Exchange, Exchanged};
use handshake::Witness;
pub use impostor::Impostor;
use observation::{End, Observation};
pub use roots::Verification;
use verdict::Evidence;

/// The number of backends that are probed at once. Each has at most one connection.
pub const CONCURRENCY: usize = 64;
/// The maximum length of a problem, in characters.
const MAX_PROBLEM: usize = 300;

/// What to probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The scheme, host and port.
    pub origin: Origin,
    /// The path and query, starting with `/`.
    pub path: String,
    /// The stages that call the backend.
    pub stages: Vec<ProbedStage>,
}

/// How to probe.
#[derive(Debug)]
pub struct Prober {
    /// How servers' certificates are verified.
    pub verification: Arc<Verification>,
    /// Whether to send requests to a server whose certificate does not verify.
    pub insecure: bool,
    /// The certificate to present in further requests.
    pub impostor: Option<Impostor>,
    /// Whether loopback and private addresses may be contacted.
    pub allow_private: bool,
    /// The addresses to use instead of those of DNS; the last one for a host and port counts.
    pub overrides: Vec<ResolveOverride>,
    /// The maximum duration of one request, from name resolution to the end of the body.
    pub timeout: Duration,
    /// The time of the results.
    pub at: Timestamp,
}

impl Prober {
    /// Probes all targets, at most [`CONCURRENCY`] at once. The results are in the order of the
    /// targets; `on_done` is called after each.
    pub async fn probe_all(&self, targets: Vec<Target>, mut on_done: impl FnMut(&Probe)) -> Vec<Probe> {
        let probes = targets.into_iter().enumerate();
        let probes = probes.map(|(index, target)| async move { (index, self.probe(target).await) });
        let mut probes = stream::iter(probes).buffer_unordered(CONCURRENCY);
        let mut results = Vec::new();
        while let Some((index, probe)) = probes.next().await {
            on_done(&probe);
            results.push((index, probe));
        }
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, probe)| probe).collect()
    }

    /// Probes one target, with at most one connection at a time and at most four requests.
    pub async fn probe(&self, target: Target) -> Probe {
        if target.origin.scheme == Scheme::Http {
            let text = "http has no certificates, so nothing was sent".to_owned();
            return self.result(target, ProbeVerdict::Plaintext, text, Collected::default());
        }
        let deadline = Instant::now() + self.timeout;
        let mut collected = Collected::default();
        let addresses = match self.addresses(&target.origin, deadline, &mut collected).await {
            Ok(addresses) => addresses,
            Err(problem) => {
                let text = format!("nothing was sent: {problem}");
                collected.add_problem(&problem);
                return self.result(target, ProbeVerdict::Unreachable, text, collected);
            }
        };
        self.send(&target, &addresses, deadline, &mut collected).await;
        let evidence = Evidence {
            path: &target.path,
            without: &collected.without,
            impostor: self.impostor.as_ref().map(|_| collected.impostor.as_slice()),
        };
        let (verdict, text) = (evidence.verdict(), evidence.text());
        self.result(target, verdict, text, collected)
    }

    /// The addresses of a host, all of which may be contacted.
    async fn addresses(
        &self,
        origin: &Origin,
        deadline: Instant,
        collected: &mut Collected,
    ) -> Result<Vec<IpAddr>, String> {
        let found = timeout_at(deadline, resolve::addresses(origin, &self.overrides)).await;
        let addresses = found.unwrap_or_else(|_| Err("name resolution: no answer in time".into()))?;
        let permitted = ensure_permitted(&addresses, self.allow_private);
        collected.is_refused = permitted.is_err();
        permitted.map(|()| addresses)
    }

    /// Sends the requests: first without a certificate, then with the impostor's in the versions in
    /// which that can change the verdict.
    async fn send(
        &self,
        target: &Target,
        addresses: &[IpAddr],
        deadline: Instant,
        collected: &mut Collected,
    ) {
        let mut deadline = Some(deadline);
        let mut exchange = || Exchange {
            origin: &target.origin,
            path: &target.path,
            addresses,
            insecure: self.insecure,
            deadline: deadline.take().unwrap_or_else(|| Instant::now() + self.timeout),
        };
        for version in TlsVersion::ALL {
            let witness = Witness::new(Arc::clone(&self.verification), None);
            let exchanged = exchange().run(version, &witness).await;
            let outcome = exchanged.observation.outcome();
            let observation = collected.add(exchanged);
            collected.without.push(observation);
            if outcome == Outcome::Unreachable {
                return;
            }
        }
        let Some(impostor) = &self.impostor else { return };
        if collected.without.iter().any(|it| it.outcome() == Outcome::Answered) {
            return;
        }
        for version in collected.versions_for_impostor() {
            let witness = Witness::new(Arc::clone(&self.verification), Some(impostor.key()));
            let exchanged = exchange().run(version, &witness).await;
            let observation = collected.add(exchanged);
            collected.impostor.push(observation);
        }
    }

    fn result(&self, target: Target, verdict: ProbeVerdict, text: String, collected: Collected) -> Probe {
        let Target { origin, path, stages } = target;
        let impostor = (!collected.impostor.is_empty()).then(|| attempts(&collected.impostor));
        Probe {
            url: format!("{origin}{path}"),
            address: collected.address,
            permitted: !collected.is_refused,
            verdict,
            text,
            problems: collected.problems,
            asked: asked(&collected.without),
            hints: collected.hints,
            hint_count: collected.hint_count,
            protocol: collected.without.iter().find(|it| it.is_established).map(|it| it.version),
            server: collected.server,
            without_certificate: attempts(&collected.without),
            impostor,
            with_certificate: None,
            stages,
            at: self.at,
            host: origin.host,
            port: origin.port,
        }
    }
}

/// What the requests to one backend showed.
#[derive(Debug, Default)]
struct Collected {
    without: Vec<Observation>,
    impostor: Vec<Observation>,
    hints: Vec<String>,
    hint_count: usize,
    address: Option<IpAddr>,
    /// Whether the host has an address that may not be contacted.
    is_refused: bool,
    server: Option<String>,
    problems: Vec<String>,
}

impl Collected {
    /// Adds what an exchange showed besides the observation, which is returned.
    fn add(&mut self, exchanged: Exchanged) -> Observation {
        let Exchanged { observation, witnessed, address } = exchanged;
        if witnessed.hint_count > self.hint_count {
            (self.hints, self.hint_count) = (witnessed.hints, witnessed.hint_count);
        }
        self.address = self.address.or(address);
        if let End::Response(response) = &observation.end
            && self.server.is_none()
        {
            self.server.clone_from(&response.server);
        }
        if let Some(problem) = witnessed.certificate_problem {
            self.add_problem(&format!("the server's certificate does not verify: {problem}"));
        }
        observation
    }

    fn add_problem(&mut self, problem: &str) {
        let problem = brief(problem, MAX_PROBLEM);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The versions in which the server requested a certificate and may have refused.
    fn versions_for_impostor(&self) -> Vec<TlsVersion> {
        let may_refuse =
            |it: &&Observation| it.asked && matches!(it.outcome(), Outcome::Refused | Outcome::Unclear);
        self.without.iter().filter(may_refuse).map(|it| it.version).collect()
    }
}

fn attempts(observations: &[Observation]) -> ProbeAttempts {
    let of = |version| observations.iter().find(|it| it.version == version).map(Observation::attempt);
    ProbeAttempts { tls13: of(TlsVersion::Tls13), tls12: of(TlsVersion::Tls12), gateway: None }
}

/// Whether the server requested a certificate in any version; `None` if no handshake got that far.
fn asked(observations: &[Observation]) -> Option<bool> {
    let asked = observations.iter().any(|it| it.asked);
    (asked || observations.iter().any(|it| it.is_established)).then_some(asked)
}
