//! The network's counters by three ways, alternately in one run: one netlink dump, `/proc/net/dev`, and `/proc/net/dev`
//! with the files of sysfs that say what the dump says besides.
//!
//! `cargo bench -p hearth-drivers --bench netdev` prints the median of a reading in nanoseconds, and each as a multiple of
//! the dump. `/proc/net/dev` alone has traffic and nothing of state, carrier or size, so that the dump competes with the
//! third.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use hearth_drivers::file::KernelText;
use hearth_drivers::link_tree::LinkTree;
use hearth_drivers::netlink::LinkReader;
use hearth_drivers::proc::net_dev;

/// Measurements of each way.
const ROUNDS: usize = 1001;
/// Room for links.
const LINKS_MAX: usize = 256;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new("/");
    let mut reader = LinkReader::open(LINKS_MAX)?;
    let mut text = KernelText::open(root, net_dev::PATH, net_dev::DELIVERY)?;
    let mut tree = LinkTree::open(root)?;
    let links = reader.read()?.links.len();
    let mut spent_ns = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        black_box(reader.read()?.links.len());
        spent_ns[0].push(begun.elapsed().as_nanos());
        let begun = Instant::now();
        net_dev::parse(text.read()?, |name, counters| {
            black_box((name, counters));
        })?;
        spent_ns[1].push(begun.elapsed().as_nanos());
        let begun = Instant::now();
        black_box(tree.read()?.links.len());
        spent_ns[2].push(begun.elapsed().as_nanos());
    }
    println!("{links} links, median of {ROUNDS} readings{:>16} {:>8}", "ns", "to dump");
    let ways = ["netlink dump", "/proc/net/dev, traffic alone", "/proc/net/dev and sysfs"];
    let medians = spent_ns.map(median_ns);
    for (way, median) in ways.iter().zip(medians) {
        let hundredths = median * 100 / medians[0].max(1);
        println!("{way:<40}{median:>10} {:>5}.{:02}", hundredths / 100, hundredths % 100);
    }
    Ok(())
}

fn median_ns(mut spent_ns: Vec<u128>) -> u128 {
    spent_ns.sort_unstable();
    spent_ns.get(spent_ns.len() / 2).copied().unwrap_or_default()
}
