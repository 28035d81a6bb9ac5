//! A disk of libata that answers from the pages that the drivers are tested on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth_drivers::ata::cdb::Cdb;
use hearth_drivers::ata::sg::{Answer, SgError, Transport};

use crate::sensors::drive::worker::Place;
use crate::sensors::kept::locked;
use crate::sensors::testing::Files;

const IDENTIFY: &[u8] = include_bytes!("../../../../drivers/fixtures/ata_identify/hard-disk.bin");
const DATA: &[u8] = include_bytes!("../../../../drivers/fixtures/ata_smart/hard-disk.bin");
const LIMITS: &[u8] = include_bytes!("../../../../drivers/fixtures/ata_thresholds/hard-disk.bin");
const LOG: &[u8] = include_bytes!("../../../../drivers/fixtures/ata_selftest/short.bin");
const SCT: &[u8] = include_bytes!("../../../../drivers/fixtures/ata_sct/hard-disk.bin");
const INQUIRY: &[u8] = include_bytes!("../../../../drivers/fixtures/scsi_inquiry/sas.bin");

/// How the disk is at the moment, and what it heard.
#[derive(Debug)]
pub(super) struct Mood {
    /// COUNT of CHECK POWER MODE: 0 sleeps, 0xff is awake.
    pub(super) power: u8,
    /// The status byte of self-tests: 0xf7 runs with 70 % left.
    pub(super) self_test: u8,
    /// What every command fails with.
    pub(super) fault: Option<SgError>,
    /// Command, or the feature of SMART, and the low byte of LBA.
    pub(super) heard: Vec<(u8, u8)>,
}

/// The disk; its mood is shared with the test.
pub(super) struct Fake(pub(super) Arc<Mutex<Mood>>);

impl Fake {
    /// An awake disk whose self-test runs.
    pub(super) fn new() -> (Self, Arc<Mutex<Mood>>) {
        let mood = Mood { power: 0xff, self_test: 0xf7, fault: None, heard: Vec::new() };
        let mood = Arc::new(Mutex::new(mood));
        (Self(Arc::clone(&mood)), mood)
    }
}

/// `sda` below the root of `files`.
pub(super) fn sda(files: &Files) -> Place {
    Place::new(files.root(), "sda")
}

fn with(data: &mut [u8], page: &[u8]) -> Answer {
    data[..page.len()].copy_from_slice(page);
    Answer::new(true, page.len(), &[])
}

/// The sense data that the registers come in.
fn left(count: u8, lba: [u8; 3], status: u8, error: u8) -> Answer {
    let [low, mid, high] = lba;
    let descriptor = [9, 12, 0, error, 0, count, 0, low, 0, mid, 0, high, 0x40, status];
    Answer::new(false, 0, &[&[0x72, 1, 0, 0x1d, 0, 0, 0, 14][..], &descriptor].concat())
}

fn smart_data(self_test: u8) -> Vec<u8> {
    let mut page = DATA.to_vec();
    page[511] = page[511].wrapping_add(page[363]).wrapping_sub(self_test);
    page[363] = self_test;
    page
}

impl Transport for Fake {
    fn send(&mut self, cdb: &Cdb, data: &mut [u8], _timeout: Duration) -> Result<Answer, SgError> {
        let mut mood = locked(&self.0);
        if let Some(fault) = mood.fault {
            return Err(fault);
        }
        let bytes = cdb.as_bytes();
        if bytes[0] == 0x12 && bytes[1] & 1 == 0 {
            return Ok(with(data, INQUIRY));
        }
        if bytes[0] == 0x12 && bytes[2] == 0x89 {
            let mut page = vec![0, 0x89, 2, 0x38];
            page.resize(60, b' ');
            page.extend(IDENTIFY);
            return Ok(with(data, &page));
        }
        let (command, feature, low) = (bytes[14], bytes[4], bytes[8]);
        mood.heard.push((if command == 0xb0 { feature } else { command }, low));
        Ok(match (command, feature, low) {
            (0xe5, ..) => left(mood.power, [0; 3], 0x50, 0),
            (0xb0, 0xd0, _) => with(data, &smart_data(mood.self_test)),
            (0xb0, 0xd1, _) => with(data, LIMITS),
            (0xb0, 0xd5, 0xe0) => with(data, SCT),
            (0xb0, 0xd5, 0x06) => with(data, LOG),
            (0xb0, 0xda, _) => left(0, [0, 0x4f, 0xc2], 0x50, 0),
            (0xb0, 0xd4, _) => {
                mood.self_test = if low == 0x7f { 0x10 } else { 0xf9 };
                left(0, [0, 0x4f, 0xc2], 0x50, 0)
            }
            _ => left(0, [0; 3], 0x51, 4),
        })
    }
}
