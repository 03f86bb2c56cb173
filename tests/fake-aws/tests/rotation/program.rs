//! The program as a person runs it, and as it ends: killed between two calls.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fake_aws::{Fault, Gate};

use crate::scene::{ACCOUNT, REGION, Scene};

/// The result of a run.
#[derive(Debug)]
pub struct ProgramRun {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// When a call is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before AWS processes the call.
    Before,
    /// After AWS has processed it, before the program has the response.
    After,
}

/// A program that waits for the response to a call.
pub struct Held {
    child: Child,
    gate: Gate,
}

impl Scene {
    /// Runs `stagecert rotate`.
    pub fn rotate(&self, arguments: &str) -> ProgramRun {
        ended(self.spawn(arguments))
    }

    /// Runs `stagecert rotate` until its call number `nth`, counted from 1. If it has fewer calls,
    /// it ends.
    pub fn rotate_until(&self, arguments: &str, nth: usize, when: When) -> Result<Held, ProgramRun> {
        let gate = Gate::default();
        let fault = match when {
            When::Before => Fault::HoldRequest(gate.clone()),
            When::After => Fault::HoldResponse(gate.clone()),
        };
        self.fake_aws.faults().at_call(nth, fault);
        self.hold(self.spawn(arguments), gate)
    }

    fn hold(&self, mut child: Child, gate: Gate) -> Result<Held, ProgramRun> {
        loop {
            if gate.wait_until_reached(Duration::from_millis(5)) {
                return Ok(Held { child, gate });
            }
            if child.try_wait().unwrap().is_some() {
                self.fake_aws.faults().clear();
                return Err(ended(child));
            }
        }
    }

    fn spawn(&self, arguments: &str) -> Child {
        let credentials = self.fake_aws.world().credentials(ACCOUNT);
        Command::new(program())
            .arg("rotate")
            .args(arguments.split_whitespace())
            .env_clear()
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", credentials.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key)
            .env("AWS_ENDPOINT_URL", self.fake_aws.url())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

impl Held {
    /// Kills the program. AWS never processes a call that it holds.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets the program continue until its next call of an operation, or until it ends.
    pub fn resume_until(self, scene: &Scene, operation: &str) -> Result<Self, ProgramRun> {
        let gate = Gate::default();
        scene.fake_aws.faults().at(operation, 1, Fault::HoldRequest(gate.clone()));
        self.gate.open();
        scene.hold(self.child, gate)
    }

    /// Lets the program continue until it ends.
    pub fn resume(self) -> ProgramRun {
        self.gate.open();
        ended(self.child)
    }
}

fn ended(child: Child) -> ProgramRun {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    ProgramRun { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// The program is built into the tests' own target directory.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("STAGECERT_PROGRAM") {
        return program.into();
    }
    let tests = std::env::current_exe().unwrap();
    tests.parent().and_then(|deps| deps.parent()).unwrap().join("stagecert")
}
