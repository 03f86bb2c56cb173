//! A stage of a plan: who manages it, and its backends.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;
use stagecert::Failure;
use stagecert::quote::printable;
use stagecert::resources::backend::{Backend, StageBackends};
use stagecert::resources::origin::Scheme;
use stagecert::resources::stage_arn::StageArn;
use stagecert::rotate::overlap::{Overlap, overlap};
use stagecert::rotate::plan::PlannedStage;

use crate::probed;

/// What a plan adds to the JSON of a rotation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::commands::rotate) struct PlanRow {
    pub(super) expires: Option<Timestamp>,
    pub(super) owner: Option<String>,
    pub(super) certificates_used: usize,
    pub(super) stages: Vec<StageRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::commands::rotate) struct StageRow {
    stage: String,
    api_name: Option<String>,
    /// The CloudFormation stack that manages the stage.
    stack: Option<String>,
    /// `None` if they could not be read.
    backends: Option<Vec<BackendRow>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BackendRow {
    backend: String,
    server: Option<String>,
    overlap: String,
}

/// The `Server` headers of probes, by host and port.
pub(super) struct Servers(HashMap<(String, u16), String>);

impl Servers {
    /// The headers in the results of `stagecert probe`.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut servers = HashMap::new();
        for path in paths {
            for probe in probed::file(path)?.probes {
                if let Some(server) = probe.server {
                    servers.insert((probe.host, probe.port), server);
                }
            }
        }
        Ok(Self(servers))
    }

    fn of(&self, backend: &Backend) -> Option<&str> {
        let origin = backend.server.origin()?;
        self.0.get(&(origin.host.clone(), origin.port)).map(String::as_str)
    }
}

/// The backends of stages, and what is known about their servers.
pub(super) struct Backends {
    by_stage: HashMap<StageArn, StageBackends>,
    servers: Servers,
}

impl Backends {
    pub(super) fn new(stages: Vec<StageBackends>, servers: Servers) -> Self {
        Self { by_stage: stages.into_iter().map(|it| (it.stage.clone(), it)).collect(), servers }
    }

    pub(super) fn text(&self, stage: &PlannedStage, out: &mut String) {
        let api = stage.api_name.as_deref().map(|name| format!(" ({})", printable(name))).unwrap_or_default();
        let _ = writeln!(out, "  stage {}{api}", stage.arn.label());
        let _ = match &stage.stack {
            Some(stack) => writeln!(
                out,
                "    managed by the CloudFormation stack {stack}: change its template too, or the next deployment restores \
                 the old id"
            ),
            None => writeln!(
                out,
                "    not managed by CloudFormation, by its tags; if Terraform manages it, set client_certificate_id there, \
                 or the next apply restores the old id"
            ),
        };
        if stage.is_web_socket() {
            let _ = writeln!(
                out,
                "    WebSocket API: `test` can't call its backends, and `switch` needs --untested"
            );
        }
        let Some(known) = self.by_stage.get(&stage.arn) else {
            let _ = writeln!(out, "    its backends could not be read");
            return;
        };
        for backend in &known.backends {
            self.backend_text(backend, out);
        }
        for gap in &known.gaps {
            let _ = writeln!(out, "    backends may be missing, because {gap}");
        }
    }

    fn backend_text(&self, backend: &Backend, out: &mut String) {
        let name = &backend.server;
        if is_plain(backend) {
            let _ = writeln!(out, "    backend {name}: http, so no certificate is presented to it");
            return;
        }
        let _ = match overlap(self.servers.of(backend)) {
            (Overlap::Breaks, software) => writeln!(
                out,
                "    backend {name}: {} uses OpenSSL, which verifies only the first of two such certificates in one \
                 file: the overlap would break it; docs/rotation.md shows how to avoid that",
                software.unwrap_or("the server")
            ),
            (Overlap::Works, software) => {
                writeln!(
                    out,
                    "    backend {name}: {} accepts both certificates",
                    software.unwrap_or("the server")
                )
            }
            (Overlap::Unknown, _) => writeln!(
                out,
                "    backend {name}: unknown server; if it uses OpenSSL (nginx, Apache, HAProxy, Node.js, Python), the \
                 overlap breaks it: see docs/rotation.md"
            ),
        };
    }

    pub(super) fn row(&self, stage: &PlannedStage) -> StageRow {
        let row = |backend: &Backend| BackendRow {
            backend: backend.server.to_string(),
            server: self.servers.of(backend).map(printable),
            overlap: if is_plain(backend) {
                "none".to_owned()
            } else {
                overlap(self.servers.of(backend)).0.as_ref().to_owned()
            },
        };
        StageRow {
            stage: stage.arn.label(),
            api_name: stage.api_name.as_deref().map(printable),
            stack: stage.stack.clone(),
            backends: self.by_stage.get(&stage.arn).map(|known| known.backends.iter().map(row).collect()),
        }
    }
}

/// Whether the backend is called without TLS.
fn is_plain(backend: &Backend) -> bool {
    backend.server.scheme() == Some(Scheme::Http)
}
