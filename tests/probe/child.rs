//! Servers in other programs.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A server that is killed at the end of a test.
pub(crate) struct ChildServer {
    child: Child,
    pub(crate) port: u16,
}

impl ChildServer {
    /// Starts a program that listens on the port that `arguments` is given, and waits until it
    /// does. `None` if the program isn't installed.
    pub(crate) fn start(program: &str, arguments: impl Fn(u16) -> Vec<String>) -> Option<Self> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            // The port may be taken again before the program listens, so it is tried again.
            let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
            let spawned = Command::new(program)
                .args(arguments(port))
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            let mut child = match spawned {
                Ok(child) => child,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
                Err(error) => panic!("{program}: {error}"),
            };
            while child.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Some(Self { child, port });
                }
                assert!(Instant::now() < deadline, "{program} doesn't listen");
                thread::sleep(Duration::from_millis(10));
            }
            assert!(Instant::now() < deadline, "{program} ends at once");
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
