//! Command descriptor blocks: the bytes that ask, built by pure functions.
//!
//! ATA commands travel as ATA PASS-THROUGH (16) or (12) of SAT-4; the task file's fields are those of ACS-3.

use super::SECTOR_BYTES;

/// Longest block that is built here.
pub const CDB_BYTES_MAX: usize = 16;

const INQUIRY: u8 = 0x12;
const REQUEST_SENSE: u8 = 0x03;
const LOG_SENSE: u8 = 0x4d;
const SEND_DIAGNOSTIC: u8 = 0x1d;
const ATA_PASS_THROUGH_16: u8 = 0x85;
const ATA_PASS_THROUGH_12: u8 = 0xa1;

const IDENTIFY_DEVICE: u8 = 0xec;
const CHECK_POWER_MODE: u8 = 0xe5;
const READ_LOG_EXT: u8 = 0x2f;
const SMART: u8 = 0xb0;
const SMART_READ_DATA: u8 = 0xd0;
const SMART_READ_THRESHOLDS: u8 = 0xd1;
const SMART_EXECUTE_OFFLINE_IMMEDIATE: u8 = 0xd4;
const SMART_READ_LOG: u8 = 0xd5;
const SMART_RETURN_STATUS: u8 = 0xda;
/// What the middle and high byte of a SMART command's LBA must be.
const SMART_KEY: u32 = 0x00c2_4f00;

/// PROTOCOL of the pass-through: no data.
const NON_DATA: u8 = 3;
/// PROTOCOL of the pass-through: data towards the host.
const PIO_DATA_IN: u8 = 4;
/// CK_COND: the registers come back in the sense data, whatever the outcome.
const CK_COND: u8 = 0x20;
/// T_DIR from the device, BYT_BLOK in blocks, T_LENGTH in the count field.
const FROM_DEVICE_IN_BLOCKS: u8 = 0x0e;

/// A block and the data that it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cdb {
    bytes: [u8; CDB_BYTES_MAX],
    length: usize,
    /// Bytes that are to come back; 0 for a command without data.
    pub data_bytes: usize,
}

impl Cdb {
    /// The block itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }

    fn new<const N: usize>(block: [u8; N], data_bytes: usize) -> Self {
        const { assert!(N <= CDB_BYTES_MAX) };
        let mut bytes = [0; CDB_BYTES_MAX];
        bytes.iter_mut().zip(block).for_each(|(place, byte)| *place = byte);
        Self { bytes, length: N, data_bytes }
    }
}

/// Which of the two blocks a device takes. USB bridges often take the shorter one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassThrough {
    /// 16 bytes, every ATA command.
    Sixteen,
    /// 12 bytes, 28-bit commands only.
    Twelve,
}

/// A self-test, as EXECUTE OFF-LINE IMMEDIATE names it (ACS-3, subcommands of SMART).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTest {
    /// Minutes: electronics and a part of the surface.
    Short,
    /// Hours: the whole surface.
    Extended,
    /// Ends the one that runs.
    Abort,
}

impl SelfTest {
    /// The subcommand for a test in the background, which waits for the drive's other work.
    const fn ata_subcommand(self) -> u8 {
        match self {
            Self::Short => 0x01,
            Self::Extended => 0x02,
            Self::Abort => 0x7f,
        }
    }

    /// The SELF-TEST CODE of SEND DIAGNOSTIC (SPC-5), again in the background.
    const fn scsi_code(self) -> u8 {
        match self {
            Self::Short => 0b001,
            Self::Extended => 0b010,
            Self::Abort => 0b100,
        }
    }
}

/// An ATA command: the fields of the task file that the commands here use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtaCommand {
    command: u8,
    feature: u8,
    lba: u64,
    blocks: u8,
    needs_48_bits: bool,
}

impl AtaCommand {
    const fn plain(command: u8, blocks: u8) -> Self {
        Self { command, feature: 0, lba: 0, blocks, needs_48_bits: false }
    }

    const fn smart(feature: u8, lba_low: u8, blocks: u8) -> Self {
        let lba = (SMART_KEY | lba_low as u32) as u64;
        Self { command: SMART, feature, lba, blocks, needs_48_bits: false }
    }

    /// IDENTIFY DEVICE: one block.
    pub const IDENTIFY: Self = Self::plain(IDENTIFY_DEVICE, 1);
    /// CHECK POWER MODE: the answer is in the count register, see [`super::power`]. Wakes nothing.
    pub const CHECK_POWER_MODE: Self = Self::plain(CHECK_POWER_MODE, 0);
    /// SMART READ DATA: one block, see [`super::smart::parse_data`].
    pub const SMART_DATA: Self = Self::smart(SMART_READ_DATA, 0, 1);
    /// SMART READ ATTRIBUTE THRESHOLDS: one block, see [`super::smart::parse_thresholds`].
    pub const SMART_THRESHOLDS: Self = Self::smart(SMART_READ_THRESHOLDS, 0, 1);
    /// SMART RETURN STATUS: the answer is in the LBA registers, see [`super::smart::Health`].
    pub const SMART_STATUS: Self = Self::smart(SMART_RETURN_STATUS, 0, 0);

    /// SMART READ LOG: `blocks` of the log at `address`.
    #[must_use]
    pub const fn smart_log(address: u8, blocks: u8) -> Self {
        Self::smart(SMART_READ_LOG, address, blocks)
    }

    /// READ LOG EXT: `blocks` of the log at `address`, from its first. Not to be had through [`PassThrough::Twelve`].
    #[must_use]
    pub const fn log_ext(address: u8, blocks: u8) -> Self {
        Self { command: READ_LOG_EXT, feature: 0, lba: address as u64, blocks, needs_48_bits: true }
    }

    /// SMART EXECUTE OFF-LINE IMMEDIATE: starts or ends a self-test and returns at once.
    #[must_use]
    pub const fn self_test(test: SelfTest) -> Self {
        Self::smart(SMART_EXECUTE_OFFLINE_IMMEDIATE, test.ata_subcommand(), 0)
    }

    /// The command inside a SCSI block; `None` where the short block has no room for it.
    #[must_use]
    pub fn inside(self, through: PassThrough) -> Option<Cdb> {
        let (protocol, flags) =
            if self.blocks == 0 { (NON_DATA, CK_COND) } else { (PIO_DATA_IN, FROM_DEVICE_IN_BLOCKS) };
        let data_bytes = usize::from(self.blocks) * SECTOR_BYTES;
        let [low, mid, high, low_later, mid_later, high_later, ..] = self.lba.to_le_bytes();
        match through {
            PassThrough::Sixteen => {
                let extend = u8::from(self.needs_48_bits);
                let (feature, blocks, command) = (self.feature, self.blocks, self.command);
                let head = [ATA_PASS_THROUGH_16, protocol << 1 | extend, flags, 0, feature, 0, blocks];
                let [b0, b1, b2, b3, b4, b5, b6] = head;
                let lba = [low_later, low, mid_later, mid, high_later, high];
                let [l0, l1, l2, l3, l4, l5] = lba;
                let block = [b0, b1, b2, b3, b4, b5, b6, l0, l1, l2, l3, l4, l5, 0, command, 0];
                Some(Cdb::new(block, data_bytes))
            }
            PassThrough::Twelve if self.needs_48_bits => None,
            PassThrough::Twelve => {
                let head = [ATA_PASS_THROUGH_12, protocol << 1, flags, self.feature, self.blocks];
                let [b0, b1, b2, b3, b4] = head;
                let block = [b0, b1, b2, b3, b4, low, mid, high, 0, self.command, 0, 0];
                Some(Cdb::new(block, data_bytes))
            }
        }
    }
}

/// INQUIRY: the standard data, or a page of vital product data.
#[must_use]
pub fn inquiry(vital_page: Option<u8>, data_bytes: u16) -> Cdb {
    let [high, low] = data_bytes.to_be_bytes();
    let page = vital_page.unwrap_or(0);
    Cdb::new([INQUIRY, u8::from(vital_page.is_some()), page, high, low, 0], usize::from(data_bytes))
}

/// LOG SENSE: the cumulative values of a log page.
#[must_use]
pub fn log_sense(page: u8, data_bytes: u16) -> Cdb {
    const CUMULATIVE: u8 = 0b01 << 6;
    let [high, low] = data_bytes.to_be_bytes();
    let block = [LOG_SENSE, 0, CUMULATIVE | (page & 0x3f), 0, 0, 0, 0, high, low, 0];
    Cdb::new(block, usize::from(data_bytes))
}

/// REQUEST SENSE: how the drive is, its power condition among it. Wakes nothing.
#[must_use]
pub fn request_sense(data_bytes: u8) -> Cdb {
    Cdb::new([REQUEST_SENSE, 0, 0, 0, data_bytes, 0], usize::from(data_bytes))
}

/// SEND DIAGNOSTIC: starts or ends a self-test in the background of a SCSI drive.
#[must_use]
pub fn send_diagnostic(test: SelfTest) -> Cdb {
    Cdb::new([SEND_DIAGNOSTIC, test.scsi_code() << 5, 0, 0, 0, 0], 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sixteen(command: AtaCommand) -> Cdb {
        command.inside(PassThrough::Sixteen).unwrap()
    }

    #[test]
    fn smart_read_data_is_the_block_of_the_specification() {
        let cdb = sixteen(AtaCommand::SMART_DATA);
        let expected = [0x85, 0x08, 0x0e, 0, 0xd0, 0, 1, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0];
        assert_eq!((cdb.as_bytes(), cdb.data_bytes), (&expected[..], 512));
        let thresholds = sixteen(AtaCommand::SMART_THRESHOLDS);
        assert_eq!(thresholds.as_bytes()[4], 0xd1);
    }

    #[test]
    fn commands_without_data_ask_for_the_registers() {
        let power = sixteen(AtaCommand::CHECK_POWER_MODE);
        assert_eq!(power.as_bytes(), [0x85, 0x06, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe5, 0]);
        let status = sixteen(AtaCommand::SMART_STATUS);
        assert_eq!(status.as_bytes(), [0x85, 0x06, 0x20, 0, 0xda, 0, 0, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0]);
        assert_eq!((power.data_bytes, status.data_bytes), (0, 0));
    }

    #[test]
    fn a_log_is_named_in_the_low_byte_of_the_address() {
        let sct = sixteen(AtaCommand::smart_log(0xe0, 1));
        assert_eq!(sct.as_bytes(), [0x85, 0x08, 0x0e, 0, 0xd5, 0, 1, 0, 0xe0, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0]);
        let extended = sixteen(AtaCommand::log_ext(0x07, 2));
        assert_eq!(extended.as_bytes(), [0x85, 0x09, 0x0e, 0, 0, 0, 2, 0, 0x07, 0, 0, 0, 0, 0, 0x2f, 0]);
        assert_eq!(extended.data_bytes, 1024);
    }

    #[test]
    fn the_short_block_holds_the_same_command_unless_it_needs_48_bits() {
        let data = AtaCommand::SMART_DATA.inside(PassThrough::Twelve).unwrap();
        assert_eq!(data.as_bytes(), [0xa1, 0x08, 0x0e, 0xd0, 1, 0, 0x4f, 0xc2, 0, 0xb0, 0, 0]);
        assert_eq!(AtaCommand::log_ext(0x07, 1).inside(PassThrough::Twelve), None);
    }

    #[test]
    fn self_tests_run_in_the_background() {
        for (test, low, code) in
            [(SelfTest::Short, 0x01, 0x20), (SelfTest::Extended, 0x02, 0x40), (SelfTest::Abort, 0x7f, 0x80)]
        {
            let cdb = sixteen(AtaCommand::self_test(test));
            assert_eq!(
                cdb.as_bytes(),
                [0x85, 0x06, 0x20, 0, 0xd4, 0, 0, 0, low, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0]
            );
            assert_eq!(send_diagnostic(test).as_bytes(), [0x1d, code, 0, 0, 0, 0]);
        }
    }

    #[test]
    fn scsi_blocks_say_how_much_may_come_back() {
        assert_eq!(inquiry(None, 96).as_bytes(), [0x12, 0, 0, 0, 96, 0]);
        assert_eq!(inquiry(Some(0x89), 572).as_bytes(), [0x12, 1, 0x89, 2, 0x3c, 0]);
        assert_eq!(log_sense(0x0d, 256).as_bytes(), [0x4d, 0, 0x4d, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(request_sense(18).as_bytes(), [0x03, 0, 0, 0, 18, 0]);
    }
}
