//! A thousand backends: time, memory and connections of the real program.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::certificates::Certificates;
use crate::command::probe;
use crate::configurations::reaching;
use crate::server::{BOTH, ClientAuth, Server, config, handshake, request};

const BACKENDS: u32 = 1000;
/// The time that the server takes to answer.
const DELAY: Duration = Duration::from_millis(20);

#[test]
fn a_thousand_backends_take_bounded_time_memory_and_connections() {
    let first = u32::from(Ipv4Addr::new(127, 0, 1, 0));
    let addresses = || (first..first + BACKENDS).map(Ipv4Addr::from);
    let certificates = Certificates::for_addresses(addresses().map(IpAddr::V4));
    let (open, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let most_open = Arc::clone(&most);
    let config = config(&certificates, ClientAuth::Optional, BOTH);
    let server = Server::tcp(move |stream| {
        most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let mut tls = handshake(&config, stream).unwrap();
        request(&mut tls);
        thread::sleep(DELAY);
        tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        // The connection counts until the server closes it, after the client did.
        while tls.sock.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {}
        open.fetch_sub(1, Ordering::SeqCst);
    });
    let mut arguments = reaching(&certificates);
    arguments
        .extend(addresses().flat_map(|it| ["--url".to_owned(), format!("https://{it}:{}/", server.port)]));
    let ran = probe(&arguments);
    let most = most_open.load(Ordering::SeqCst);
    let probes = ran.probes();
    println!(
        "{} backends, {} connections, at most {} at once: {} ms, {} MB",
        probes.len(),
        server.accepted(),
        most,
        ran.duration.as_millis(),
        ran.peak / 1000
    );
    let hosts: Vec<&str> = probes.iter().map(|it| it["host"].as_str().unwrap()).collect();
    assert!(addresses().map(|it| it.to_string()).eq(hosts.iter().copied()), "in the order of the arguments");
    assert!(probes.iter().all(|it| it["verdict"] == "open"), "{}", ran.out);
    assert_eq!(server.accepted(), 2 * BACKENDS as usize);
    assert!((32..=64).contains(&most), "{most} at once");
    assert!(ran.duration < Duration::from_mins(1), "{:?}", ran.duration);
    assert!(ran.peak < 64_000, "{} kB", ran.peak);
}
