//! Runs the real program, and measures its time and memory.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What the program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) duration: Duration,
    /// The most memory that the program had, in kB.
    pub(crate) peak: u64,
}

impl Ran {
    /// The results.
    pub(crate) fn probes(&self) -> Vec<Value> {
        let document: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        fits(&document);
        document["probes"].as_array().unwrap().clone()
    }
}

/// Runs `stagecert probe` with these arguments.
pub(crate) fn probe<A: AsRef<str>>(arguments: &[A]) -> Ran {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_stagecert"))
        .arg("probe")
        .args(arguments.iter().map(AsRef::as_ref))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let reader = |mut from: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut text = String::new();
            from.read_to_string(&mut text).unwrap();
            text
        })
    };
    let out = reader(Box::new(child.stdout.take().unwrap()));
    let err = reader(Box::new(child.stderr.take().unwrap()));
    let (status, peak) = wait(&mut child);
    let (out, err) = (out.join().unwrap(), err.join().unwrap());
    Ran { status, out, err, duration: start.elapsed(), peak }
}

/// Waits for the end; returns the exit status and the last known peak of memory.
fn wait(child: &mut Child) -> (i32, u64) {
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or(peak);
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap(), peak);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Fails unless the document is as docs/probe.schema.json describes it.
fn fits(document: &Value) {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/probe.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
