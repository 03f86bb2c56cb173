//! nginx with a list of fingerprints, as docs/rotation.md recommends it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::backends::fingerprint;

/// A running nginx.
pub struct Nginx {
    child: Child,
    folder: PathBuf,
    port: u16,
}

/// The path of nginx, which is often outside of the PATH of other users than root.
pub fn path() -> Option<PathBuf> {
    let paths = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    std::env::split_paths(&paths).map(|folder| folder.join("nginx")).find(|path| path.exists())
}

/// A free port, because nginx can't choose one itself. It is below the ports of outgoing
/// connections, one of which could take it before nginx does.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let candidates = std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed));
    let mut ports = candidates.map(|number| 20_000 + (std::process::id() * 16 + number) % 10_000);
    let is_free = |port: &u32| TcpListener::bind(("127.0.0.1", *port as u16)).is_ok();
    ports.find(is_free).expect("the ports never end") as u16
}

impl Nginx {
    pub fn spawn(folder: &Path, trusted: &[String]) -> (u16, Self) {
        let port = free_port();
        configure(folder, port, trusted);
        let child = Command::new(path().unwrap())
            .args(["-e", "stderr", "-c"])
            .arg(folder.join("nginx.conf"))
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut nginx = Self { child, folder: folder.into(), port };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = nginx.child.try_wait().unwrap();
            let log = || std::fs::read_to_string(nginx.folder.join("log")).unwrap();
            assert!(ended.is_none(), "nginx doesn't start: {}", log());
            std::thread::sleep(Duration::from_millis(5));
        }
        (port, nginx)
    }

    /// Returns when no worker with the previous list is left.
    pub fn reload(&mut self, trusted: &[String]) {
        let old = self.workers();
        configure(&self.folder, self.port, trusted);
        self.signal("-HUP");
        // The old workers accept connections until they have read the signal.
        loop {
            let workers = self.workers();
            if !workers.is_empty() && workers.iter().all(|worker| !old.contains(worker)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    fn workers(&self) -> Vec<String> {
        let master = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{master}/task/{master}/children")).unwrap();
        children.split_whitespace().map(Into::into).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Unlike SIGKILL, this ends the workers too.
        self.signal("-TERM");
        let _ = self.child.wait();
    }
}

fn configure(folder: &Path, port: u16, trusted: &[String]) {
    let pins: String = trusted.iter().map(|pem| format!("{} 1; ", fingerprint("sha1", pem))).collect();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
        .collect();
    let folder = folder.display();
    let configuration = format!(
        "daemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}\
         keepalive_timeout 0;\nmap $ssl_client_fingerprint $accepted {{ default 0; {pins}}}\n\
         server {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate {folder}/server.pem;\n\
         ssl_certificate_key {folder}/server-key.pem;\nssl_verify_client optional_no_ca;\n\
         if ($accepted = 0) {{ return 403; }}\nlocation / {{ return 200; }}\n}}\n}}\n"
    );
    std::fs::write(folder.to_string() + "/nginx.conf", configuration).unwrap();
}
