use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::ata::page::SECTOR_BYTES;
use crate::ata::sg::{Answer, SgError};
use crate::file::Errno;

const IDENTIFY: &[u8] = include_bytes!("../../../fixtures/ata_identify/hard-disk.bin");
const SMART: &[u8] = include_bytes!("../../../fixtures/ata_smart/hard-disk.bin");
const LIMITS: &[u8] = include_bytes!("../../../fixtures/ata_thresholds/hard-disk.bin");
const SELF_TESTS: &[u8] = include_bytes!("../../../fixtures/ata_selftest/short.bin");
const SCT: &[u8] = include_bytes!("../../../fixtures/ata_sct/hard-disk.bin");
const SAS_INQUIRY: &[u8] = include_bytes!("../../../fixtures/scsi_inquiry/sas.bin");
const WARM: &[u8] = include_bytes!("../../../fixtures/scsi_log/temperature.bin");
const FAILING: &[u8] = include_bytes!("../../../fixtures/scsi_log/exceptions.bin");

/// How the way to a drive translates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As libata does: it has ATA INFORMATION and both blocks.
    Libata,
    /// As a USB bridge: no such page, the long block.
    Bridge,
    /// As an old USB bridge: the short block alone.
    ShortBridge,
    /// As a bridge that loses the registers.
    Lossy,
    /// No ATA: a USB stick.
    Stick,
    /// No ATA: a SAS drive.
    Sas,
}

/// A drive that answers blocks as the specifications say, and notes them.
struct Fake {
    way: Way,
    /// COUNT of CHECK POWER MODE.
    mode: u8,
    heard: Rc<RefCell<Vec<u8>>>,
    fault: Option<SgError>,
}

fn fake(way: Way, mode: u8) -> (Fake, Rc<RefCell<Vec<u8>>>) {
    let heard = Rc::new(RefCell::new(Vec::new()));
    (Fake { way, mode, heard: Rc::clone(&heard), fault: None }, heard)
}

fn refused(code: u8) -> Answer {
    Answer::new(false, 0, &[0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, code, 0, 0, 0, 0, 0])
}

fn with(data: &mut [u8], page: &[u8]) -> Answer {
    data[..page.len()].copy_from_slice(page);
    Answer::new(true, page.len(), &[])
}

impl Fake {
    fn left(&self, count: u8, lba: [u8; 3], status: u8) -> Answer {
        let [low, mid, high] = lba;
        let descriptor = [9, 12, 0, 0, 0, count, 0, low, 0, mid, 0, high, 0x40, status];
        let sense = [&[0x72, 1, 0, 0x1d, 0, 0, 0, 14][..], &descriptor].concat();
        match self.way {
            Way::Lossy => Answer::new(true, 0, &[]),
            _ => Answer::new(false, 0, &sense),
        }
    }

    fn ata(&self, command: u8, feature: u8, lba_low: u8, data: &mut [u8]) -> Answer {
        self.heard.borrow_mut().push(if command == 0xb0 { feature } else { command });
        match (command, feature, lba_low) {
            (0xe5, _, _) => self.left(self.mode, [0; 3], 0x50),
            (0xec, _, _) => with(data, IDENTIFY),
            (0xb0, 0xd0, _) => with(data, SMART),
            (0xb0, 0xd1, _) => with(data, LIMITS),
            (0xb0, 0xda, _) => self.left(0, [0, 0x4f, 0xc2], 0x50),
            (0xb0, 0xd5, 0xe0) => with(data, SCT),
            (0xb0, 0xd5, 0x06) => with(data, SELF_TESTS),
            (0xb0, 0xd4, 0x01 | 0x7f) => self.left(0, [0, 0x4f, 0xc2], 0x50),
            // Aborted: ERR in STATUS, ABRT in ERROR.
            _ => Answer::new(
                false,
                0,
                &[0x72, 0x0b, 0, 0, 0, 0, 0, 14, 9, 12, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x51],
            ),
        }
    }

    fn scsi(&self, cdb: &[u8], data: &mut [u8]) -> Answer {
        let room = data.len();
        match (cdb[0], cdb[1] & 1, cdb[2]) {
            (0x12, 0, _) if self.way == Way::Sas => with(data, &SAS_INQUIRY[..room.min(96)]),
            (0x12, 0, _) => {
                let mut inquiry = SAS_INQUIRY.to_vec();
                inquiry[8..16].copy_from_slice(b"ATA     ");
                with(data, &inquiry)
            }
            (0x12, 1, 0x89) if self.way == Way::Libata => {
                let mut page = vec![0, 0x89, 2, 0x38];
                page.resize(60, b' ');
                page.extend(IDENTIFY);
                with(data, &page)
            }
            (0x12, 1, 0x80) if self.way == Way::Sas => with(data, &[0, 0x80, 0, 4, b'Z', b'1', b'Z', b'0']),
            (0x03, ..) if self.way == Way::Sas => {
                let qualifier = if self.mode == 0 { (0x5e, 4) } else { (0, 0) };
                with(data, &[0x70, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, qualifier.0, qualifier.1, 0, 0, 0, 0])
            }
            (0x4d, _, page) if self.way == Way::Sas => {
                self.heard.borrow_mut().push(page & 0x3f);
                match page & 0x3f {
                    0x00 => with(data, &[0, 0, 0, 4, 0, 0x0d, 0x10, 0x2f]),
                    0x0d => with(data, WARM),
                    0x2f => with(data, FAILING),
                    _ => refused(0x24),
                }
            }
            _ => refused(0x24),
        }
    }
}

impl Transport for Fake {
    fn send(&mut self, cdb: &Cdb, data: &mut [u8], timeout: Duration) -> Result<Answer, SgError> {
        assert_eq!(timeout, TIMEOUT);
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let data = &mut data[..cdb.data_bytes];
        let bytes = cdb.as_bytes();
        let long = matches!(self.way, Way::Libata | Way::Bridge | Way::Lossy);
        Ok(match bytes[0] {
            0x85 if long => self.ata(bytes[14], bytes[4], bytes[8], data),
            0xa1 if long || self.way == Way::ShortBridge => self.ata(bytes[9], bytes[3], bytes[5], data),
            0x85 | 0xa1 => refused(0x20),
            _ => self.scsi(bytes, data),
        })
    }
}

fn ata(way: Way, bus: Bus) -> Ata<Fake> {
    match Disk::open(fake(way, 0xff).0, bus) {
        Ok(Disk::Ata(ata)) => ata,
        Ok(Disk::Sas(_)) => panic!("taken for a SAS drive"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_drive_of_libata_is_known_without_being_reached() {
    let (fake, heard) = fake(Way::Libata, 0x00);
    let Ok(Disk::Ata(mut drive)) = Disk::open(fake, Bus::Other) else { panic!("an ATA drive") };
    assert_eq!(drive.identity().model.as_bytes(), b"ST8000VN004-2M2101");
    assert!(heard.borrow().is_empty(), "{:x?}", heard.borrow());
    // It sleeps: its power mode is all that it is asked.
    assert_eq!(drive.poll(), Ok(Poll::Asleep));
    assert_eq!(*heard.borrow(), [0xe5]);
}

#[test]
fn a_drive_that_is_awake_gives_all_it_has() {
    let (fake, heard) = fake(Way::Libata, 0xff);
    let Ok(Disk::Ata(mut drive)) = Disk::open(fake, Bus::Other) else { panic!("an ATA drive") };
    let Ok(Poll::Awake(reading)) = drive.poll() else { panic!("it is awake") };
    assert_eq!((reading.power, reading.health), (PowerMode::Active, Some(Health::Passed)));
    assert_eq!(reading.data, smart::parse_data(SMART).unwrap());
    assert_eq!(reading.thresholds, Some(smart::parse_thresholds(LIMITS).unwrap()));
    assert_eq!(reading.sct.unwrap().celsius, Some(38));
    // The extended log is refused here, so that the short one is taken.
    assert_eq!(reading.log, Some(selftest_log::parse(SELF_TESTS).unwrap()));
    assert_eq!(*heard.borrow(), [0xe5, 0xd0, 0xd1, 0xda, 0xd5, 0x2f, 0xd5]);
    heard.borrow_mut().clear();
    drive.poll().unwrap();
    assert!(!heard.borrow().contains(&0xd1), "thresholds are read once");
}

#[test]
fn usb_bridges_are_tried_with_either_block_and_sticks_are_left_alone() {
    assert_eq!(ata(Way::Bridge, Bus::Usb).through(), PassThrough::Sixteen);
    let mut short = ata(Way::ShortBridge, Bus::Usb);
    assert_eq!(short.through(), PassThrough::Twelve);
    assert!(matches!(short.poll(), Ok(Poll::Awake(_))));
    let (stick, heard) = fake(Way::Stick, 0xff);
    let refusal = Disk::open(stick, Bus::Usb).err().unwrap();
    assert!(matches!(refusal, DriveError::Refused { key: 5, code: 0x20, .. }), "{refusal}");
    assert!(heard.borrow().is_empty());
}

#[test]
fn a_sleeping_drive_behind_a_bridge_is_not_woken_to_be_known() {
    for way in [Way::Bridge, Way::ShortBridge] {
        let (fake, heard) = fake(way, 0x00);
        assert_eq!(Disk::open(fake, Bus::Usb).err(), Some(DriveError::Asleep));
        assert_eq!(*heard.borrow(), [0xe5]);
    }
}

#[test]
fn a_bridge_that_loses_registers_is_not_asked_what_could_wake_the_drive() {
    let (fake, heard) = fake(Way::Lossy, 0xff);
    let error = Disk::open(fake, Bus::Usb).err().unwrap();
    assert_eq!(error, DriveError::NoRegisters { command: "CHECK POWER MODE" });
    assert!(!heard.borrow().contains(&0xec));
}

#[test]
fn self_tests_are_started_and_refused_ones_say_so() {
    let mut drive = ata(Way::Libata, Bus::Other);
    assert_eq!(drive.self_test(SelfTest::Short), Ok(()));
    assert_eq!(drive.self_test(SelfTest::Abort), Ok(()));
    let command = "SMART EXECUTE OFF-LINE IMMEDIATE";
    assert_eq!(
        drive.self_test(SelfTest::Extended),
        Err(DriveError::Failed { command, status: 0x51, error: 4 })
    );
}

#[test]
fn a_sas_drive_gives_the_pages_that_it_lists() {
    let (fake, heard) = fake(Way::Sas, 0xff);
    let Ok(Disk::Sas(mut drive)) = Disk::open(fake, Bus::Other) else { panic!("a SAS drive") };
    assert_eq!(drive.inquiry().product.as_bytes(), b"ST4000NM0023");
    assert_eq!(drive.serial().unwrap().as_bytes(), b"Z1Z0");
    let Ok(Poll::Awake(reading)) = drive.poll() else { panic!("it is awake") };
    assert_eq!((reading.celsius, reading.celsius_max), (Some(34), Some(60)));
    assert!(reading.exceptions.unwrap().is_failing);
    assert_eq!((reading.starts, reading.reads, reading.self_test), (None, None, None));
    assert_eq!(*heard.borrow(), [0x00, 0x0d, 0x2f, 0x10], "no page is asked that is not listed");
}

#[test]
fn a_stopped_sas_drive_is_left_to_sleep() {
    let (fake, heard) = fake(Way::Sas, 0x00);
    let Ok(Disk::Sas(mut drive)) = Disk::open(fake, Bus::Other) else { panic!("a SAS drive") };
    heard.borrow_mut().clear();
    assert_eq!(drive.poll(), Ok(Poll::Asleep));
    assert!(heard.borrow().is_empty());
}

#[test]
fn smart_that_is_off_and_ways_that_fail_are_errors_with_their_cause() {
    let mut drive = ata(Way::Libata, Bus::Other);
    drive.identity.smart = SmartSupport::Disabled;
    assert_eq!(drive.poll(), Err(DriveError::NoSmart { support: SmartSupport::Disabled }));
    drive.identity.smart = SmartSupport::Enabled;
    drive.line.transport.fault = Some(SgError::TimedOut(5000));
    let error = drive.poll().unwrap_err();
    assert_eq!(error.to_string(), "CHECK POWER MODE: no answer within 5000 ms");
    assert!(!error.is_gone() && !error.is_permission());
    drive.line.transport.fault = Some(SgError::Gone);
    assert!(drive.poll().unwrap_err().is_gone());
    drive.line.transport.fault = Some(SgError::Os(Errno(libc::EPERM)));
    assert!(drive.poll().unwrap_err().is_permission());
}

#[test]
fn whatever_comes_back_is_an_answer_or_an_error() {
    /// Answers every block with the same bytes.
    struct Noise(u8);

    impl Transport for Noise {
        fn send(&mut self, _cdb: &Cdb, data: &mut [u8], _timeout: Duration) -> Result<Answer, SgError> {
            data.fill(self.0);
            Ok(Answer::new(self.0 & 1 == 0, data.len(), &[self.0; SECTOR_BYTES]))
        }
    }

    for byte in 0..=u8::MAX {
        for bus in [Bus::Usb, Bus::Other] {
            match Disk::open(Noise(byte), bus) {
                Ok(Disk::Ata(mut drive)) => drop(drive.poll()),
                Ok(Disk::Sas(mut drive)) => drop(drive.poll()),
                Err(_) => {}
            }
        }
    }
}
