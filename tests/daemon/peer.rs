//! Debian's node_exporter with its default collectors, on a port of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::client::Client;
use crate::exposition::{Family, parsed};

const PROGRAM: &str = "/usr/bin/prometheus-node-exporter";

/// What it says about itself rather than the machine.
const OWN: &[&str] = &["go_", "process_", "promhttp_", "node_scrape_", "node_exporter_"];

pub(crate) struct Peer {
    child: Child,
    address: SocketAddr,
}

impl Peer {
    /// Starts it and waits until it listens. `texts` is an empty directory, so that what scripts left on this machine
    /// is not taken for its own.
    pub(crate) fn start(texts: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("--web.listen-address=127.0.0.1:0")
            .arg(format!("--collector.textfile.directory={}", texts.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{PROGRAM} cannot be run ({error}): install Debian's prometheus-node-exporter")
            });
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let mut said = Vec::new();
        let address = loop {
            let Some(line) = lines.next() else { panic!("{PROGRAM} ended: {said:#?}") };
            if let Some((_, address)) = line.split_once("msg=\"Listening on\" address=") {
                break address.parse().expect("an address");
            }
            said.push(line);
        };
        // What it says later is not of interest, but must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// What it sees of the machine.
    pub(crate) fn families(&self) -> BTreeMap<String, Family> {
        let mut families = parsed("text", Client::tcp(self.address).get("/metrics").text());
        families.retain(|name, _| !OWN.iter().any(|own| name.starts_with(own)));
        families
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = ended {
            eprintln!("{PROGRAM} may still run: {error}");
        }
    }
}
